"""The demo's pipeline: a photo is edited, animated and given a voice, all created through the API."""

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
_INPUT = {
    "edit_prompt": "The teapot on a clean white table, soft shadow",
    "video_prompt": "The camera circles the teapot slowly",
    "voice_text": "Meet the teapot that keeps its warmth.",
}


@dataclass(frozen=True, slots=True)
class PipelineStatus:
    """Each step's status, and the generation of the last step; "" before there is one."""

    steps: Mapping[str, str]
    generation_id: str

    @property
    def ended(self) -> bool:
        return bool(self.generation_id) and set(self.steps.values()) == {"completed"}


class PipelineApi:
    """The relay's API, with the demo's own token."""

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
        """The pipeline's ID. Requested twice with one key: created, and paid for, once."""
        request = {"preset": "commerce", "input": _INPUT, "context": {"sku": SKU, "title": TITLE}}
        files = {"image": multipart.File("teapot.png", "image/png", _PHOTO.read_bytes())}
        body, kind = multipart.encode({"pipeline": json.dumps(request)}, files)
        headers = {**self._headers, "Content-Type": kind, "Idempotency-Key": "demo-pipeline"}
        first, again = (
            self._http.send("POST", f"{self._url}/api/pipelines", headers=headers, body=body).json()["id"]
            for _ in range(2)
        )
        if first != again:
            raise RuntimeError("One idempotency key created two pipelines.")
        return str(first)

    def status(self, pipeline_id: str) -> PipelineStatus:
        pipeline = self._get(f"/api/pipelines/{pipeline_id}")
        jobs = {step["step"]: step for step in pipeline["steps"]}
        made = self._get(f"/api/jobs/{jobs['compose']['id']}")["generations"]
        return PipelineStatus({name: jobs[name]["status"] for name in STEPS}, made[0]["id"] if made else "")

    def paid_once(self, sandbox: Sandbox) -> bool:
        """Whether CreativeAI's ledger has each step once: the crash did not make the relay pay twice."""
        paid = Counter(entry.kind for entry in sandbox.jobs if _is_of_pipeline(entry))
        return set(paid.values()) == {1} and len(paid) == len(STEPS)

    def _get(self, path: str) -> Any:
        return self._http.send("GET", self._url + path, headers=self._headers).json()


def _is_of_pipeline(entry: LedgerEntry) -> bool:
    """The demo's other jobs are videos from text, started without the relay."""
    return entry.kind != "video.generation" or "image_url" in entry.request
