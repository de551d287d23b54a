"""Slots per kind of call: twenty images whose answer takes long keep no other kind and no poll waiting."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from relay.generation.adopt import running_elsewhere
from relay.generation.worker import SLOTS
from relay.models.job import JobStatus
from relay.store.sqlite.store import SqliteStore
from tests.generation.test_worker import ask, made_queue, now_of, reaches, running
from tests.wire import wait_until


class SlowVendor:
    """Answers each call at once, but for those to the slow addresses, which hang until the end."""

    def __init__(self, *slow: str) -> None:
        self.calls: Counter[str] = Counter()
        self.go_on = threading.Event()
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                self._answer()

            def do_GET(self) -> None:
                self._answer()

            def log_message(self, *_: object) -> None:
                pass

            def _answer(self) -> None:
                call = f"{self.command} {self.path}"
                vendor.calls[call] += 1
                if any(each in call for each in slow):
                    vendor.go_on.wait(60)
                name = f"gen_{sum(vendor.calls.values())}"
                body = json.dumps({"id": name, "status": "processing"}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def number(self, part: str) -> int:
        return sum(count for call, count in self.calls.items() if part in call)

    @contextmanager
    def serving(self) -> Iterator["SlowVendor"]:
        self._thread.start()
        try:
            yield self
        finally:
            self.go_on.set()
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()


def test_slow_images_keep_no_video_voice_or_poll_waiting(store: SqliteStore) -> None:
    with SlowVendor("images").serving() as vendor, running(made_queue(store, vendor.url)):
        images = [ask(store, "image") for _ in range(20)]
        wait_until(lambda: vendor.number("images") == SLOTS)
        asked = [ask(store, kind) for kind in ("text-to-video", "voice", "upscale")]
        for job_id in asked:
            wait_until(reaches(store, job_id, JobStatus.PROCESSING), seconds=10)
        assert store.poll_job(asked[0], now=1)
        wait_until(lambda: vendor.number("GET"), seconds=10)
        assert vendor.number("images") == SLOTS
        waiting = [job_id for job_id in images if now_of(store, job_id).status is JobStatus.QUEUED]
        assert len(waiting) == 20 - SLOTS, "what has no free slot is not claimed"
        vendor.go_on.set()


def test_slow_polls_keep_no_submit_and_no_poll_of_another_kind_waiting(store: SqliteStore) -> None:
    with SlowVendor("GET").serving() as vendor, running(made_queue(store, vendor.url)):
        voices = [ask(store, "voice") for _ in range(SLOTS + 2)]
        for job_id in voices:
            wait_until(reaches(store, job_id, JobStatus.PROCESSING))
            assert store.poll_job(job_id, now=1)
        wait_until(lambda: vendor.number("GET") == SLOTS)
        video = ask(store)
        wait_until(reaches(store, video, JobStatus.PROCESSING), seconds=10)
        assert store.poll_job(video, now=1)
        wait_until(lambda: vendor.number("GET") == SLOTS + 1, seconds=10)
        vendor.go_on.set()


def test_slow_submits_of_a_kind_keep_no_poll_of_the_same_kind_waiting(store: SqliteStore) -> None:
    with SlowVendor("POST").serving() as vendor, running(made_queue(store, vendor.url)):
        for _ in range(SLOTS + 2):
            ask(store, "voice")
        wait_until(lambda: vendor.number("POST") == SLOTS)
        store.create_jobs([running_elsewhere("voice_1", {})], now=1)
        wait_until(lambda: vendor.number("GET"), seconds=10)
        vendor.go_on.set()
