"""Shopify: videos and images become media of the product that they were made for.

https://shopify.dev/docs/apps/build/online-store/product-media
"""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from connectors.base import CheckResult, Connector, Done, Files, Memory, NotYet, Options, Pace
from connectors.shopify.attach import Attachment
from connectors.shopify.auth import Token
from connectors.shopify.client import Api, OutOfBudgetError
from connectors.shopify.errors import GIVE_SCOPE, SCOPE
from connectors.shopify.outputs import OtherKindError, alt_text, media_files_of, unknown_files
from connectors.shopify.products import find
from connectors.shopify.queries import PICTURE, SHOP, VERSION
from connectors.shopify.uploads import LARGEST, Uploads, target
from relay.http.client import Http
from relay.models.core import Result, ResultStatus

_SHOP = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
_UPLOADED = {"attaching", "media"}  # in the memory once all files are with Shopify
_TEST_FILE = "creativeai-relay-test.mp4"


class ShopifyOptions(Options):
    """Which store, and what lets the relay in: an access token, or client ID and client secret."""

    shop: str = Field(
        title="Store",
        description="The store's name at Shopify: it ends in .myshopify.com, whatever customers see.",
        examples=["clay-and-co.myshopify.com"],
    )
    access_token: SecretStr | None = Field(
        None,
        title="Access token",
        description="Of an app that has one: it starts with shpat_. Else use client ID and secret.",
        examples=["shpat_xxxxxxxxxxxxxxxx"],
    )
    client_id: str | None = Field(
        None,
        title="Client ID",
        description="In Shopify's Dev Dashboard: your app, Settings. App and store share an organization.",
        examples=["4d1f0e2a9b8c7d6e5f4a3b2c1d0e9f8a"],
    )
    client_secret: SecretStr | None = Field(
        None,
        validate_default=True,
        title="Client secret",
        description="Beside the client ID. It also proves that the store's own webhooks are genuine.",
        examples=["shpss_xxxxxxxxxxxxxxxx"],
    )
    client_secret_previous: SecretStr | None = Field(
        None,
        title="Previous client secret",
        description="While you change the secret: the store's webhooks are taken with either.",
        examples=["shpss_yyyyyyyyyyyyyyyy"],
    )
    video_prompt: str = Field(
        "",
        title="New products: what happens in the video",
        description="Each new product of the store gets a video of its first picture, after these words; "
        "{title}, {sku} and {handle} stand for the product's. Empty: new products start nothing. It costs "
        "credits for every product, and needs the store's products/create webhook.",
        examples=["The camera circles the {title} slowly"],
        max_length=2000,
    )
    video_seconds: int = Field(
        5,
        ge=3,
        le=15,
        title="New products: length of the video",
        description="Whole seconds, 3 to 15.",
        examples=["5"],
    )
    largest_video_mb: int = Field(
        200,
        ge=1,
        le=1024,
        title="Largest video in MB",
        description="A larger one is not fetched. Shopify itself takes 1024 MB.",
        examples=["200"],
    )

    @field_validator("shop")
    @classmethod
    def _is_a_store(cls, value: str) -> str:
        if not _SHOP.fullmatch(value):
            raise ValueError("must be the store's name at Shopify, such as clay-and-co.myshopify.com")
        return value

    @field_validator("video_prompt")
    @classmethod
    def _has_known_places(cls, value: str) -> str:
        unknown = [
            name for name in re.findall(r"{([^{}]*)}", value) if name not in ("title", "sku", "handle")
        ]
        if unknown:
            raise ValueError(
                f"has {{{unknown[0]}}}, which is not known; there are {{title}}, {{sku}}, {{handle}}"
            )
        return value.strip()

    @field_validator("client_secret")
    @classmethod
    def _there_is_a_way_in(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if not info.data.get("access_token") and not (value and info.data.get("client_id")):
            raise ValueError("enter an access token, or both client ID and client secret")
        return value


class Shopify(Connector):
    """Attaches to the product that the context names; a voice, a failure or a half-done one changes nothing.

    Nothing is attached twice: an attach without an answer is looked up on the product by the file's name, and
    the product carries a marker for each generation. What remains: an attach that Shopify carries out only
    after the relay checked the product, or whose file has no name of its own.
    """

    kind = "shopify"
    title = "Shopify"
    summary = "Each video or picture on the product that it was made for."
    needs = (
        f"An app of the Dev Dashboard with the access scope {SCOPE}, installed in the store.",
        "Its client ID and secret, or its access token.",
    )
    Options = ShopifyOptions
    pace = Pace(concurrency=1)

    def __init__(self, options: ShopifyOptions, http: Http) -> None:
        self._shop = options.shop
        token = Token(
            http,
            options.shop,
            fixed=options.access_token.get_secret_value() if options.access_token else "",
            client_id=options.client_id or "",
            client_secret=options.client_secret.get_secret_value() if options.client_secret else "",
        )
        self._api = Api(http, options.shop, token)
        self._uploads = Uploads(http, self._api, options.largest_video_mb)

    @property
    def target(self) -> str:
        return f"shopify:{self._shop}"

    def deliver(
        self, result: Result, context: Mapping[str, Any], key: str, memory: Memory, files: Files, now: int
    ) -> Done | NotYet:
        may_show = media_files_of(result, key, {})
        if result.status is not ResultStatus.COMPLETED or not (may_show or unknown_files(result, {})):
            return Done(note=_nothing(result))
        if not memory.keys() & _UPLOADED:
            staged = memory.get("staged", {})
            self._uploads.expect_next([each for each in may_show if str(each.number) not in staged], files)
        try:
            product = find(self._api, context, memory, now)
            if isinstance(product, NotYet):
                return product
            media_files = media_files_of(result, key, self._types(result, memory, files))
            if not media_files:
                return Done(note=_nothing(result))
            return Attachment(
                self._api,
                self._uploads,
                memory,
                files,
                product=product,
                generation_id=result.generation_id,
                media_files=media_files,
                alt=alt_text(result, context),
                link=self._page(product),
                now=now,
            ).advance()
        except OtherKindError as error:
            memory["types"] = {**memory.get("types", {}), str(error.number): error.mime}
            memory.save()
            return NotYet(1.0, f"A file is {error.mime} and not what it was announced as.")
        except OutOfBudgetError as error:
            return NotYet(error.retry_after or 1.0, error.message, holds=True)

    def _types(self, result: Result, memory: Memory, files: Files) -> Mapping[str, str]:
        """What the outputs are by their bytes, of those that were opened to know it. Each is opened once."""
        types: dict[str, str] = memory.get("types", {})
        for number, output in unknown_files(result, types).items():
            with files.open(output, largest=LARGEST) as file:
                types = {**types, number: file.type}
            memory["types"] = types
            memory.save()
        return types

    def product_picture(self, product: str, now: int) -> str:
        """Address of the first picture of this product (its gid) that is ready; "" while there is none.

        Raises RemoteError, OutOfBudgetError among them.
        """
        found = self._api.call(PICTURE, {"id": product}, now)["product"]
        pictures = (
            (each.get("image") or {}).get("url")
            for each in (found or {"media": {"nodes": []}})["media"]["nodes"]
        )
        return next(filter(None, pictures), "")

    def check(self) -> CheckResult:
        data = self._api.call(SHOP, {}, 0)
        scopes = {each["handle"] for each in data["currentAppInstallation"]["accessScopes"]}
        name = data["shop"]["name"]
        if SCOPE not in scopes:
            return CheckResult(
                False,
                f"The store {name} answers, but the app lacks the access scope {SCOPE}. {GIVE_SCOPE}",
            )
        if self._api.version != VERSION:
            return CheckResult(
                True,
                f"The store {name} answers, but with version {self._api.version} of its API. {VERSION}, "
                "which this relay knows, has ended: update the relay.",
                self._page(),
            )
        return CheckResult(
            True, f"The store {name} answers, and the relay may change its products.", self._page()
        )

    def test(self, key: str, now: int) -> CheckResult:
        """Asks for an upload place for a test video and leaves it empty: no product is touched unasked."""
        target(self._api, _TEST_FILE, "video/mp4", 1024, now)
        return CheckResult(
            True,
            "Shopify gave a place to upload a test video. Nothing was uploaded and no product was changed; "
            "a real result shows the rest.",
            self._page(),
        )

    def remove_test(self, written: Mapping[str, str]) -> CheckResult:
        return CheckResult(False, "There is nothing to remove: the test left nothing in the store.")

    def _page(self, product: str = "") -> str:
        """The admin's page of a product, or of the store."""
        store = f"https://admin.shopify.com/store/{self._shop.removesuffix('.myshopify.com')}"
        return f"{store}/products/{product.rpartition('/')[2]}" if product else store


def _nothing(result: Result) -> str:
    if result.status is ResultStatus.COMPLETED:
        return "Nothing was attached: a product shows videos and images only."
    return f"Nothing was attached: the result is {result.status}."
