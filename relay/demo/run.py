"""`relay demo`: the main task end to end on the sandbox, with realistic faults and one crash.

The relay is the real one, with its own processes, its own database in a temporary folder, and its
connectors. Only CreativeAI and the destinations are the sandbox's.
"""

import contextlib
import hashlib
import hmac
import json
import shutil
import signal
import sys
import tempfile
import webbrowser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import sandbox as sandboxes
from relay.bootstrap.store import open_store
from relay.demo import pipeline
from relay.demo.destinations import add_products, contents
from relay.demo.pipeline import PipelineApi
from relay.demo.process import PASSWORD, Relay, free_port, wait_for
from relay.demo.report import Job, expected_results, table
from relay.http.client import Http
from relay.store.contract.core import Store
from relay.web.auth import sign_in_path
from sandbox import API_KEY, Config, Fault, PlannedResponse, Sandbox

_SPEED = 60  # a render of two and a half minutes takes 2.5 s, a quarter of an hour 15 s
_CONFIG = Config(
    keys={API_KEY: sandboxes.UNLIMITED},
    speed=_SPEED,
    output_base="https://cdn.creativeai.run/output",  # the input of another job must be https
)
_JOBS: tuple[tuple[str, str, str, tuple[Fault, ...]], ...] = (  # SKU, product, prompt, faults
    ("CUP-7", "Travel mug", "A travel mug turning slowly on a white table", ()),
    ("BAG-2", "Backpack", "A backpack in the rain, close up", (Fault.DUPLICATE,)),
    ("RUN-9", "Running shoe", "A running shoe splashing through a puddle", (Fault.FAILED,)),
    ("LMP-1", "Lamp", "A lamp switched on in a dark room", (Fault.FAILED_THEN_COMPLETED,)),
    ("WCH-4", "Watch", "A watch face at golden hour", (Fault.TAMPERED,)),
    ("TNT-3", "Tent", "A tent under the milky way", (Fault.UNSIGNED,)),
    ("GRD-5", "Coffee grinder", "A coffee bean falling into a grinder", (Fault.LATE,)),
)
_Payload = str | Mapping[str, Any]
_MORE: dict[str, _Payload] = {
    "image.generation.completed": {
        "id": "img_demo",
        "object": "image.generation",
        "status": "completed",
        "prompt": "A mug on a clean background",
    },
    "video.batch.completed": {
        "batch_id": "video_batch_demo",
        "object": "video.batch",
        "status": "completed",
        "jobs": [
            {"id": "vid_demo1", "prompt": "Mug, front", "status": "completed"},
            {"id": "vid_demo2", "prompt": "Mug, back", "status": "failed", "error_message": "No capacity"},
        ],
    },
}


def run(*, once: bool, payloads: Path | None) -> int:
    """The exit code: 1 when anything is missing."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the relay is stopped too
    folder = Path(tempfile.mkdtemp(prefix="relay-demo-"))
    sandbox = sandboxes.serve(config=_CONFIG)
    relay = Relay(sandbox, folder, free_port(8000))
    try:
        complete = _play(sandbox, relay, payloads)
        if not once:
            _leave_open(sandbox, relay)
    finally:
        relay.stop()
        sandbox.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if complete else 1


def _play(sandbox: Sandbox, relay: Relay, payloads: Path | None) -> bool:
    http = Http(allowed_hosts=[sandbox.url.partition("//")[2], relay.url.partition("//")[2]])
    _say(f"Sandbox on {sandbox.url}, relay on {relay.url}")
    relay.start(http)

    _say("The receiver of the webhook connection is down: the next 4 calls get 503 with Retry-After: 3")
    sandbox.plan_response("demo", PlannedResponse(503, retry_after=3), times=4)
    titles = {sku: title for sku, title, _, _ in _JOBS}
    add_products(http, sandbox, titles | {pipeline.SKU: pipeline.TITLE})
    jobs = {_create_video(http, sandbox, relay, job): Job(job[0], job[3]) for job in _JOBS}
    pipelines = PipelineApi(http, relay.url, relay.database)
    pipeline_id = pipelines.start()
    _say("Created a pipeline: a photo is edited, animated and given a voice, joined to one video")
    posted: list[tuple[str, _Payload]] = [*_MORE.items(), *_from_folder(payloads)]
    for name, payload in posted:
        sandbox.send(relay.webhook_url, name, payload)
        sandbox.send(relay.webhook_url, name, payload)
    _say(
        f"Started {len(jobs)} videos; sent {len(posted)} sample payloads, each twice, and one forged webhook"
    )
    refused = _post_forged(http, relay)

    wait_for(lambda: sandbox.due == 0 and _only_the_late_one_is_left(sandbox), "the webhooks")
    _say("Crash: kill -9 for every process of the relay, with deliveries in progress")
    relay.kill()
    relay.start(http)
    _say("The relay is running again")

    with contextlib.suppress(TimeoutError):
        wait_for(lambda: pipelines.status(pipeline_id).ended, "the pipeline")
    wait_for(lambda: sandbox.pending == 0, "the late webhook")
    steps = pipelines.status(pipeline_id)
    _say("Pipeline: " + ", ".join(f"{name} {status}" for name, status in steps.steps.items()))
    jobs[steps.generation_id] = Job(pipeline.SKU, ())
    expected = expected_results(jobs, posted)
    store = open_store(relay.database)
    try:
        with contextlib.suppress(TimeoutError):
            wait_for(lambda: _all_settled(store, len(expected)), "the deliveries")
        lines, complete = table(expected, store, sandbox, contents(http, sandbox), jobs)
    finally:
        store.close()
    for line in lines:
        _say(line)
    tampered = sum(attempt.status == 401 for attempt in sandbox.attempts)
    _say(f"Rejected without a valid signature: {tampered + refused} (tampered, unsigned, forged)")
    paid = pipelines.paid_once(sandbox)
    complete = complete and refused == 1 and tampered > 0 and steps.ended and paid
    _say("Everything arrived." if complete else f"SOMETHING IS MISSING. The relay's log:\n{relay.log()}")
    return complete


def _create_video(
    http: Http, sandbox: Sandbox, relay: Relay, job: tuple[str, str, str, tuple[Fault, ...]]
) -> str:
    """The webhook's address names the product: nothing else that is sent comes back."""
    sku, title, prompt, faults = job
    if faults:
        sandbox.inject(*faults)
    address = f"{relay.webhook_url}?{urlencode({'sku': sku, 'title': title})}"
    body = json.dumps({"model": "auto", "prompt": prompt, "duration": 5, "webhook_url": address})
    headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"}
    answer = http.send("POST", f"{sandbox.url}/v1/video/generations", headers=headers, body=body.encode())
    return str(answer.json()["id"])


def _post_forged(http: Http, relay: Relay) -> int:
    """1 if the forged webhook was rejected, else 0."""
    body = b'{"id": "vgen_forged", "object": "video.generation", "status": "completed"}'
    signature = hmac.new(b"not the secret", body, hashlib.sha256).hexdigest()
    headers = {"X-CreativeAI-Signature": f"sha256={signature}", "X-CreativeAI-Delivery-Id": "vgen_forged"}
    return int(http.send("POST", relay.webhook_url, headers=headers, body=body).status == 401)


def _from_folder(payloads: Path | None) -> Iterator[tuple[str, str]]:
    """(event name, unchanged text) of each file; a file is named after its event."""
    for path in sorted(payloads.glob("*.json")) if payloads else ():
        yield path.stem, path.read_text(encoding="utf-8")


def _only_the_late_one_is_left(sandbox: Sandbox) -> bool:
    return sandbox.pending <= 1


def _all_settled(store: Store, minimum: int) -> bool:
    rows = store.deliveries(limit=10_000)
    return len(rows) >= 4 * minimum and all(row.due_at is None for row in rows)


def _leave_open(sandbox: Sandbox, relay: Relay) -> None:
    _say(f"Open {relay.url} (password {PASSWORD}). The results:")
    for path in ("shopify", "airtable", "sheets/sandbox-sheet", "slack"):
        _say(f"  {sandbox.url}/sandbox/{path}")
    _say(f"  {sandbox.url}/inbox/demo")
    _say("Ctrl-C stops the demo and removes its data.")
    webbrowser.open(relay.url + sign_in_path(relay.secret_key))
    with contextlib.suppress(KeyboardInterrupt):
        sandbox.wait()


def _say(line: str) -> None:
    print(line, flush=True)
