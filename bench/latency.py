"""How long from the 202 to the outgoing call, on an idle machine?"""

import threading
import time
from pathlib import Path

from tests.wire import Connection, Receiver, RelayProcess, generation, new_generation_id, signed, wait_until
from tests.wire.program import SERVE


def run(folder: Path, count: int, pause: float = 0.1) -> list[float]:
    """Milliseconds from when the 202 was read to when the call had arrived; below 0: before it."""
    with Receiver() as receiver:
        environment = {"WEBHOOK_URL": receiver.url(), "ALLOWED_HOSTS": receiver.host}
        accepted: dict[str, int] = {}
        beat = threading.Event()
        with RelayProcess(folder, environment, program=SERVE) as relay, Connection(relay.port) as line:
            for number in range(count + 5):
                generation_id = new_generation_id()
                raw = signed(generation(generation_id))
                beat.wait(pause)
                if line.post(raw).status != 202:
                    raise RuntimeError("a webhook was not accepted")
                if number >= 5:
                    accepted[generation_id] = time.perf_counter_ns()
            wait_until(lambda: len(receiver.calls) >= count + 5)
        called = {call.json["data"]["generation_id"]: call.at for call in receiver.calls}
    return [(called[generation_id] - at) / 1e6 for generation_id, at in accepted.items()]
