"""Whatever comes over the wire is answered, never with 5xx, and harms neither the process nor the data.

FUZZ_TRIES sets how many (10,000 unless told), FUZZ_SEED where chance starts.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.acceptance.junk import Case, cases
from tests.wire import Connection, CutError, RelayProcess, generation, signed

pytestmark = pytest.mark.slow

PATIENCE = 10.0


def test_10000_odd_requests_get_no_5xx_and_leave_no_connection_hanging(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = int(os.environ.get("FUZZ_SEED", "20261123"))
    count = int(os.environ.get("FUZZ_TRIES", "10000"))
    answers: Counter[tuple[str, int]] = Counter()
    wrong: list[str] = []
    with RelayProcess(tmp_path) as relay:
        before = set(relay.processes())
        client = _Client(relay.port)
        for number, case in enumerate(cases(seed, count)):
            status = client.put(case)
            answers[case.name, status] += 1
            if status not in case.allowed and not (case.broken and status == 0):
                wrong.append(f"case {number} ({case.name}): {status} for {case.raw[:600]!r}")
        client.close()
        with capsys.disabled():
            print(f"\nfuzz: seed {seed}, {count} requests; 0 is a connection closed without an answer")
            for (name, status), times in sorted(answers.items()):
                print(f"  {name:<28}{status:>5}{times:>7}")
        assert wrong == [], f"{len(wrong)} answers, the first: {wrong[0]}"
        assert set(relay.processes()) == before
        with Connection(relay.port) as line:
            assert line.post(signed(generation("vgen_after_the_fuzz"))).status == 202
        new = sum(times for (_, status), times in answers.items() if status == 202)
        assert relay.number("select count(*) from event") == new + 1
        assert "Traceback" not in relay.log.read_text(errors="replace")


class _Client:
    """Keeps its connection as long as the server does; a request with broken framing gets one of its own."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._line: Connection | None = None

    def put(self, case: Case) -> int:
        """The status that came back, 0 where the line was closed instead. Silence raises TimeoutError."""
        line = None if case.broken else self._line
        line = line or Connection(self._port, PATIENCE)
        status, last = _exchange(line, case)
        if case.broken or last:
            line.close()
        if not case.broken:
            self._line = None if last else line
        return status

    def close(self) -> None:
        if self._line:
            self._line.close()


def _exchange(line: Connection, case: Case) -> tuple[int, bool]:
    try:
        line.send(case.raw)
        if case.broken:
            line.finish()
    except (ConnectionError, BrokenPipeError):
        pass  # answered before all was sent: the answer may still be there to read
    try:
        reply = line.receive()
    except CutError:
        return 0, True
    return reply.status, reply.last or reply.status == 413  # what is left of the body is not read there
