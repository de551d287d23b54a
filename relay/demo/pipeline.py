"""The demo's commerce chain: a photo is edited, set in motion and spoken to, all asked for over the API."""

import hashlib
import json
import secrets
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relay.bootstrap.store import open_store
from relay.creativeai import multipart
from relay.http.client import Http
from relay.sample_media import FOLDER
from sandbox import LedgerEntry, Sandbox

SKU, TITLE = "TEA-8", "Teapot"
STEPS = ("edit", "video", "voice", "compose")
_PHOTO = FOLDER / "sample.png"
_WISH = {
    "edit_prompt": "The teapot on a clean white table, soft shadow",
    "video_prompt": "The camera circles the teapot slowly",
    "voice_text": "Meet the teapot that keeps its warmth.",
}


@dataclass(frozen=True, slots=True)
class Chain:
    """How far it is: each step's status, and the generation that the last one made, "" so far."""

    steps: Mapping[str, str]
    generation_id: str

    @property
    def ended(self) -> bool:
        return bool(self.generation_id) and set(self.steps.values()) == {"completed"}


class ChainApi:
    """The relay's API under a token of the demo's own."""

    def __init__(self, http: Http, url: str, database: Path) -> None:
        self._http, self._url = http, url
        token = f"demo_{secrets.token_urlsafe(24)}"
        self._headers = {"Authorization": f"Bearer {token}"}
        store = open_store(database)
        try:
            digest = hashlib.sha256(token.encode()).hexdigest()
            store.add_token("demo", digest, now=time.time_ns() // 1_000_000)
        finally:
            store.close()

    def start(self) -> str:
        """The pipeline's id. Asked for twice with one key: it is made, and paid for, once."""
        asked = {"preset": "commerce", "input": _WISH, "context": {"sku": SKU, "title": TITLE}}
        files = {"image": multipart.File("teapot.png", "image/png", _PHOTO.read_bytes())}
        body, kind = multipart.encode({"pipeline": json.dumps(asked)}, files)
        headers = {**self._headers, "Content-Type": kind, "Idempotency-Key": "demo-chain"}
        first, again = (
            self._http.send("POST", f"{self._url}/api/pipelines", headers=headers, body=body).json()["id"]
            for _ in range(2)
        )
        if first != again:
            raise RuntimeError("One idempotency key made two pipelines.")
        return str(first)

    def look(self, pipeline_id: str) -> Chain:
        pipeline = self._get(f"/api/pipelines/{pipeline_id}")
        jobs = {step["step"]: step for step in pipeline["steps"]}
        made = self._get(f"/api/jobs/{jobs['compose']['id']}")["generations"]
        return Chain({name: jobs[name]["status"] for name in STEPS}, made[0]["id"] if made else "")

    def paid_once(self, sandbox: Sandbox) -> bool:
        """Whether CreativeAI's book has each step once: what the crash interrupted was not bought again."""
        bought = Counter(booking.kind for booking in sandbox.jobs if _is_of_chain(booking))
        return set(bought.values()) == {1} and len(bought) == len(STEPS)

    def _get(self, path: str) -> Any:
        return self._http.send("GET", self._url + path, headers=self._headers).json()


def _is_of_chain(booking: LedgerEntry) -> bool:
    """The demo's other jobs are videos from text, started past the relay."""
    return booking.kind != "video.generation" or "image_url" in booking.request
