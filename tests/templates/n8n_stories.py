"""How each template is started, and what has to stand in the tools at its end: all of it, nothing else."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

import requests

from sandbox import LedgerEntry
from tests.templates.n8n_scene import PHOTO, STRANGE, Entrance, Scene, by_creativeai, by_relay, by_shopify
from tests.templates.n8n_world import TEAM

TIMED_OUT = "Video generation timed out after 10 minutes"
VOICE_FAILED = "Voice generation failed"


class Story(Protocol):
    """`slug` is the template's folder, `opens` the addresses that need a key, with what refuses."""

    slug: str
    entrances: tuple[Entrance, ...]
    keyed: Mapping[str, int]
    jobs: int  # that one request comes to
    failing: int  # of them, from the first on, when a render fails
    asks: bool  # whether it is the template that asks CreativeAI
    calls_back: str  # part of the address that its jobs have
    silent: str  # kind of its jobs that have none

    def prepare(self, scene: Scene) -> None: ...
    def begin(self, scene: Scene) -> None: ...
    def seen(self, scene: Scene) -> Any: ...
    def completed(self, scene: Scene) -> Any: ...
    def failed(self, scene: Scene) -> Any: ...


def _started(answer: requests.Response, *fields: str) -> None:
    """By its caller's view: 202 with these, or 502 with the reason."""
    wanted = {202: set(fields), 502: {"error"}}
    assert set(answer.json()) == wanted[answer.status_code], answer.text


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _only(jobs: list[LedgerEntry]) -> LedgerEntry:
    [job] = jobs
    return job


class _Story:
    silent: str = ""

    def prepare(self, scene: Scene) -> None:
        """What has to be there before anything begins."""


class ImageToVideoAirtable(_Story):
    slug = "image-to-video-airtable"
    calls_back = "creativeai-image-to-video-done"
    jobs, failing, asks = 1, 1, True
    entrances = (Entrance("creativeai-image-to-video-done?sku=S", by_creativeai, STRANGE),)
    keyed: Mapping[str, int] = MappingProxyType({"webhook/creativeai-image-to-video": 403})

    def begin(self, scene: Scene) -> None:
        _started(scene.start("creativeai-image-to-video"), "sku", "id")

    def seen(self, scene: Scene) -> Any:
        return scene.records("Videos")

    def completed(self, scene: Scene) -> Any:
        return [self._record(scene, "Completed") | {"Video": scene.link()}]

    def failed(self, scene: Scene) -> Any:
        return [self._record(scene, "Failed") | {"Error": TIMED_OUT}]

    def _record(self, scene: Scene, status: str) -> dict[str, str]:
        about = {"SKU": scene.sku, "Title": scene.title, "Status": status}
        return about | {"Generation ID": _only(scene.jobs).id}


class ImageToVideoSheetsSlack(_Story):
    slug = "image-to-video-sheets-slack"
    calls_back = "creativeai-sheet-video-done"
    jobs, failing, asks = 1, 1, True
    entrances = (Entrance("creativeai-sheet-video-done?sku=S", by_creativeai, STRANGE),)
    keyed: Mapping[str, int] = MappingProxyType({})

    def prepare(self, scene: Scene) -> None:
        row = {"SKU": scene.sku, "Title": scene.title, "Image URL": PHOTO, "Prompt": "=1+1 turns slowly"}
        scene.world.list_products("Videos", [row, {"SKU": "DONE", "Image URL": PHOTO, "Status": "Completed"}])

    def begin(self, scene: Scene) -> None:
        scene.n8n.run("caiImageVideoG2", "Start by hand")

    def seen(self, scene: Scene) -> Any:
        return scene.rows("Videos"), scene.messages

    def completed(self, scene: Scene) -> Any:
        said = f"The video of {_escaped(scene.sku)} is ready: {scene.link()}"
        return self._rows(scene, Status="Completed", Video=scene.link()), [said]

    def failed(self, scene: Scene) -> Any:
        said = f"The video of {_escaped(scene.sku)} failed: {TIMED_OUT}."
        return self._rows(scene, Status="Failed", Error=TIMED_OUT), [said]

    def _rows(self, scene: Scene, **found: str) -> list[dict[str, str]]:
        about = {"SKU": scene.sku, "Title": scene.title, "Image URL": PHOTO, "Prompt": "=1+1 turns slowly"}
        kept = {"Generation ID": _only(scene.jobs).id}
        return [about | kept | found, {"SKU": "DONE", "Image URL": PHOTO, "Status": "Completed"}]


class ShopifyProductVideo(_Story):
    slug = "shopify-product-video"
    calls_back = "creativeai-shopify-video-done"
    jobs, failing, asks = 1, 1, True
    entrances = (
        Entrance("creativeai-shopify-video-done?product=P", by_creativeai, STRANGE),
        Entrance("shopify-product-created", by_shopify, {"id": 1, "title": "No picture", "images": []}),
    )
    keyed: Mapping[str, int] = MappingProxyType({})

    def __init__(self) -> None:
        self._products: dict[str, str] = {}

    def begin(self, scene: Scene) -> None:
        product = self._products[scene.sku] = scene.world.add_product(scene.title, scene.sku)
        told = {"admin_graphql_api_id": product, "title": scene.title, "images": [{"src": PHOTO}]}
        for _ in range(2):  # Shopify tells of it twice at times
            raw = str(told).replace("'", '"').encode()
            answer = scene.post("webhook/shopify-product-created", raw, by_shopify(raw))
            assert answer.status_code == 200, answer.text

    def seen(self, scene: Scene) -> Any:
        media = scene.world.media(self._products[scene.sku])
        return [(each["kind"], each["status"]) for each in media], scene.errors

    def completed(self, scene: Scene) -> Any:
        assert len(scene.jobs) == 1
        return [("VIDEO", "READY")], []

    def failed(self, scene: Scene) -> Any:
        return [], [f"CreativeAI could not create the video: {TIMED_OUT}"]


class CatalogueBatch(_Story):
    slug = "catalogue-batch"
    calls_back = "creativeai-batch-done"
    jobs, failing, asks = 1, 1, True
    entrances = (Entrance("creativeai-batch-done", by_creativeai, {"batch_id": "b", "status": "archived"}),)
    keyed: Mapping[str, int] = MappingProxyType({})

    def prepare(self, scene: Scene) -> None:
        scene.world.list_products("Catalogue", [self._row(scene, number) for number in (1, 2)])

    def begin(self, scene: Scene) -> None:
        scene.n8n.run("caiCatalogueBat4", "Start by hand")

    def seen(self, scene: Scene) -> Any:
        return scene.rows("Catalogue")

    def completed(self, scene: Scene) -> Any:
        return self._rows(scene, "Completed")

    def failed(self, scene: Scene) -> Any:
        return self._rows(scene, "Failed", Error=TIMED_OUT)

    def _rows(self, scene: Scene, status: str, **more: str) -> list[dict[str, str]]:
        """In the order in which they were sent."""
        videos = [job for job in scene.jobs if job.batch]
        return [
            self._row(scene, number)
            | {"Generation ID": job.id, "Status": status}
            | (more or {"Video": f"https://cdn.creativeai.run/output/{job.id}.mp4"})
            for number, job in enumerate(videos, 1)
        ]

    def _row(self, scene: Scene, number: int) -> dict[str, str]:
        about = {"SKU": f"{scene.sku}-{number}", "Title": scene.title, "Image URL": PHOTO}
        return about | ({"Prompt": "Turn it"} if number == 1 else {})


class CommercePipeline(_Story):
    slug = "commerce-pipeline"
    calls_back = "creativeai-product-film-done"
    silent = "image.edit"
    jobs, failing, asks = 4, 1, True
    entrances = (Entrance("creativeai-product-film-done?part=film&sku=S", by_creativeai, STRANGE),)
    keyed: Mapping[str, int] = MappingProxyType({"webhook/creativeai-product-film": 403})

    def begin(self, scene: Scene) -> None:
        _started(scene.start("creativeai-product-film"), "sku")

    def seen(self, scene: Scene) -> Any:
        return scene.records("Films"), scene.messages

    def completed(self, scene: Scene) -> Any:
        assert len(scene.jobs) == 4, scene.jobs
        film = scene.link("compose.generation")
        record = self._record(scene, "Completed") | {
            "Picture": scene.link("image.edit"),
            "Video": scene.link(),
            "Voice": scene.link("voice.generation"),
            "Film": film,
        }
        return [record], [f"The film of {_escaped(scene.title)} is ready: {film}"]

    def failed(self, scene: Scene) -> Any:
        return [self._record(scene, "Not started") | {"Error": "Image edit failed."}], []

    def _record(self, scene: Scene, status: str) -> dict[str, str]:
        return {"SKU": scene.sku, "Title": scene.title, "Status": status}


class TeamForm(_Story):
    slug = "team-form"
    calls_back = "creativeai-team-form-done"
    jobs, failing, asks = 1, 1, True
    entrances = (Entrance("creativeai-team-form-done?by=Ann", by_creativeai, STRANGE),)
    keyed: Mapping[str, int] = MappingProxyType({"form/creativeai-team": 401})
    job_input = "Voice"

    def begin(self, scene: Scene) -> None:
        fields = {"field-0": self.job_input, "field-1": "Say it", "field-2": PHOTO, "field-3": scene.title}
        form = f"{scene.n8n.url}/form/creativeai-team"
        page = requests.get(form, auth=TEAM, timeout=30)
        assert "Create with CreativeAI" in page.text
        answer = requests.post(
            form, files={name: (None, value) for name, value in fields.items()}, auth=TEAM, timeout=90
        )
        assert answer.ok, answer.text

    def seen(self, scene: Scene) -> Any:
        return scene.messages

    def completed(self, scene: Scene) -> Any:
        return [f"Ready for {_escaped(scene.title)}: {scene.link('voice.generation')}"]

    def failed(self, scene: Scene) -> Any:
        return [f"Failed for {_escaped(scene.title)}: {VOICE_FAILED}"]


class SignatureGuard(_Story):
    slug = "signature-guard"
    calls_back = "webhook/creativeai-guard"
    jobs, failing, asks = 2, 2, False
    entrances = (
        Entrance("creativeai-guard", by_creativeai, STRANGE),
        Entrance("creativeai-guard-no-code", by_creativeai, STRANGE),
    )
    keyed: Mapping[str, int] = MappingProxyType({})

    def begin(self, scene: Scene) -> None:
        for entrance in self.entrances:
            address = f"{scene.n8n.url}/webhook/{entrance.path}"
            scene.ask_creativeai({"prompt": "A mug", "webhook_url": address})

    def seen(self, scene: Scene) -> Any:
        ways = ("Your steps: completed", "Your steps: failed", "Nothing to do")
        tails = ("", " (no code)")
        return {way + tail: times for way in ways for tail in tails if (times := scene.ran(way + tail))}

    def completed(self, scene: Scene) -> Any:
        return {"Your steps: completed": 1, "Your steps: completed (no code)": 1}

    def failed(self, scene: Scene) -> Any:
        return {"Your steps: failed": 1, "Your steps: failed (no code)": 1}


class BehindTheRelay(_Story):
    slug = "behind-the-relay"
    calls_back = "/webhooks/creativeai"
    silent = "video.generation"  # the relay has no public address here: it polls
    jobs, failing, asks = 1, 1, True
    entrances = (Entrance("relay-delivery", by_relay, {"type": "result.processing", "data": {}}),)
    keyed: Mapping[str, int] = MappingProxyType({"webhook/relay-product-video": 403})

    def begin(self, scene: Scene) -> None:
        _started(scene.start("relay-product-video"), "sku", "job")

    def seen(self, scene: Scene) -> Any:
        records = [
            {name: value for name, value in each.items() if name != "Job ID" or not value}
            for each in scene.records("Videos")
        ]
        return records, scene.messages

    def completed(self, scene: Scene) -> Any:
        record = self._record(scene, "Completed") | {"Video": scene.link()}
        return [record], [f"Video ready for {scene.sku}: {scene.link()}"]

    def failed(self, scene: Scene) -> Any:
        return [self._record(scene, "Failed") | {"Error": TIMED_OUT}], [
            f"Video failed for {scene.sku}: {TIMED_OUT}"
        ]

    def _record(self, scene: Scene, status: str) -> dict[str, str]:
        about = {"SKU": scene.sku, "Title": scene.title, "Status": status}
        return about | {"Generation ID": _only(scene.jobs).id}


class RelayReport(_Story):
    """Nobody calls it, and it starts nothing: it reads what the relay has."""

    slug = "relay-report"
    calls_back = "nobody"
    jobs, failing, asks = 0, 0, False
    entrances: tuple[Entrance, ...] = ()
    keyed: Mapping[str, int] = MappingProxyType({})

    def begin(self, scene: Scene) -> None:
        scene.n8n.run("caiRelayReport09", "Report now")

    def seen(self, scene: Scene) -> Any:
        return scene.ran("Get failed deliveries"), scene.ran("Report"), scene.errors

    def completed(self, scene: Scene) -> Any:
        return 1, 1, []

    failed = completed


STORIES: tuple[Story, ...] = (
    ImageToVideoAirtable(),
    ImageToVideoSheetsSlack(),
    ShopifyProductVideo(),
    CatalogueBatch(),
    CommercePipeline(),
    TeamForm(),
    SignatureGuard(),
    BehindTheRelay(),
    RelayReport(),
)
