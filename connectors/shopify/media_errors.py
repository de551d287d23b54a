"""Media that Shopify could not process: whether another try may help, and what a person can do."""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.shopify.errors import STORE_FULL, store_is_full
from relay.errors import RemoteError

# https://shopify.dev/docs/api/admin-graphql/2026-10/enums/MediaErrorCode
_PASSES = ("MEDIA_TIMEOUT_ERROR", "UNKNOWN", "INVALID_SIGNED_URL")
_ADVICE = {
    "MODEL3D": "Shopify takes GLB and USDZ models up to 500 MB.",
    "VIDEO_THROTTLE": "Shopify takes 1000 videos a week: resend this one in a week.",
    "VIDEO_M": "Shopify takes videos of 1 second to 10 minutes, up to 3840 x 2160. Generate another one.",
    "VIDEO": "Shopify takes MP4, MOV and WebM, at most 10 minutes and 3840 x 2160.",
    "IMAGE": "Shopify takes PNG, JPEG, GIF, HEIC and WebP under 20 MB and 25 megapixels, at a public link.",
    "INVALID_IMAGE": "Shopify takes images under 20 MB and 25 megapixels.",
    "UNSUPPORTED_IMAGE": "Shopify takes PNG, JPEG, GIF, HEIC and WebP.",
    "DUPLICATE_FILENAME": "A file of this name is there already: delete it in the store's files.",
}


def may_pass(errors: Sequence[Mapping[str, Any]]) -> bool:
    """Whether these media errors may pass with one more attempt."""
    codes = [str(each.get("code", "")) for each in errors]
    return bool(codes) and all(code in _PASSES or code.endswith("_DOWNLOAD_FAILURE") for code in codes)


def failure(errors: Sequence[Mapping[str, Any]], link: str) -> RemoteError:
    """In Shopify's words and ours: the record's fault, or the store's where it takes no more files."""
    codes = list(dict.fromkeys(str(each.get("code", "")) for each in errors))
    words = next(
        (str(each[name]) for each in errors for name in ("details", "message") if each.get(name)), ""
    )
    if codes and store_is_full(codes[0]):
        return RemoteError(f"Shopify could not process it ({codes[0]}). {STORE_FULL}", "connection")
    advice = next((text for start, text in _ADVICE.items() if codes and codes[0].startswith(start)), "")
    reason = f"{', '.join(codes)}: {words}" if words else ", ".join(codes)
    return RemoteError(
        f"Shopify could not process it ({reason.rstrip('.')[:300]}). {advice or 'Generate it again.'} "
        f"What failed stays on the product until you delete it: {link}.",
        "record",
    )
