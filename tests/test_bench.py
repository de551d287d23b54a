"""The bench counts only what is valid, and its ratios are those of the rounds. Nothing here is timed."""

import dataclasses
import json
import subprocess
import sys
import threading
from collections.abc import Sequence

import pytest

from bench.load import Client, Tally, webhooks, whole
from bench.measure import Sample, cpu_ratio, cpu_seconds, percentile, rate_ratio
from bench.neighbors import page, ratio
from bench.targets import TARGETS, Target
from tests.wire import Answer, Call, Receiver
from tests.wire.program import ROOT

TAKEN = Answer(202, body=b'{"event": "evt_1"}')


def _post_all(count: int, answers: Sequence[Answer], connections: int = 1) -> Tally:
    """What the load client makes of these answers, given in turn."""
    numbers = iter(range(count * 2))
    lock = threading.Lock()

    def answer(_: Call) -> Answer:
        with lock:
            return answers[next(numbers) % len(answers)]

    with Receiver(answer) as receiver:
        client = Client(receiver.port, connections, 202, b'"event"')
        return client.run(iter(webhooks(count)), seconds=20)


def test_the_load_client_counts_every_whole_answer_with_the_wanted_status_and_text() -> None:
    tally = _post_all(50, [TAKEN], connections=4)
    assert (tally.good, tally.bad, tally.ran_out) == (50, 0, True)


@pytest.mark.parametrize(
    "other",
    [Answer(500), Answer(200, body=TAKEN.body), Answer(202, body=b"{}"), Answer(503, body=TAKEN.body)],
    ids=["500", "200", "202 without an event", "503 with an event"],
)
def test_the_load_client_does_not_count_another_answer(other: Answer) -> None:
    tally = _post_all(10, [TAKEN, other])
    assert (tally.good, tally.bad) == (5, 5)
    assert tally.first_bad


def test_a_connection_that_is_cut_counts_as_bad_and_is_left() -> None:
    tally = _post_all(10, [TAKEN, TAKEN, Answer(cut=True)])
    assert (tally.good, tally.bad) == (2, 1)


def test_part_of_an_answer_is_not_whole() -> None:
    answer = TAKEN.bytes()
    assert [whole(answer[:end]) for end in range(len(answer))] == [0] * len(answer)
    assert whole(answer) == whole(answer + answer) == len(answer)
    assert whole(b"HTTP/1.1 204 X\r\nServer: x\r\n\r\n") == 29


def test_each_webhook_of_the_load_is_another_one_and_signed() -> None:
    raws = webhooks(20)
    assert len({raw.partition(b"X-CreativeAI-Delivery-Id: ")[2].partition(b"\r\n")[0] for raw in raws}) == 20
    assert all(b"X-CreativeAI-Signature: sha256=" in raw for raw in raws)


@pytest.mark.serial
def test_the_load_client_runs_as_a_process_and_prints_its_tally() -> None:
    with Receiver(lambda _: TAKEN) as receiver:
        command = [sys.executable, "-m", "bench.load", "--port", str(receiver.port), "--seconds", "20"]
        command += ["--connections", "2", "--count", "30", "--status", "202", "--text", '"event"']
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
        tally = json.loads(done.stdout)
        assert tally.keys() == {field.name for field in dataclasses.fields(Tally)}
        assert (tally["good"], tally["bad"]) == (30, 0)
        assert len(receiver.calls) == 30


def test_ratios_are_medians_of_the_rounds_not_ratios_of_medians() -> None:
    ours = [Sample(100, 1, 1), Sample(300, 1, 1), Sample(500, 1, 1)]
    theirs = [Sample(200, 1, 1), Sample(100, 1, 1), Sample(250, 1, 1)]
    assert rate_ratio(ours, theirs) == pytest.approx(2.0)
    assert cpu_ratio(ours, theirs) == pytest.approx(0.5)


def test_a_sample_has_a_rate_and_the_cpu_for_one() -> None:
    sample = Sample(count=500, seconds=2.0, cpu_seconds=0.25)
    assert sample.rate == pytest.approx(250)
    assert sample.cpu_each == pytest.approx(500)


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100), (0.001, 1)])
def test_a_percentile_is_a_value_that_was_measured(share: float, expected: float) -> None:
    assert percentile(list(range(100, 0, -1)), share) == expected


@pytest.mark.serial
def test_cpu_is_read_from_a_living_process() -> None:
    code = "import time\nwhile time.process_time() < 0.3: pass\nprint('done', flush=True)\ninput()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"done\n"
        assert cpu_seconds([process.pid]) >= 0.2
        process.communicate(b"\n", timeout=10)


def test_a_target_is_met_on_its_own_side_of_the_limit() -> None:
    least, most = Target("rate", 0.85, True, " x"), Target("time", 5, False, " ms")
    assert (least.met(0.85), least.met(0.84)) == (True, False)
    assert (most.met(5), most.met(5.01)) == (True, False)
    assert (least.wanted, most.wanted) == ("at least 0.85 x", "at most 5 ms")
    assert len({target.name for target in TARGETS}) == len(TARGETS)


def test_what_a_neighbor_costs_is_the_median_of_the_rounds() -> None:
    alone, beside = [[1.0] * 99 + [10.0], [2.0] * 100, [4.0] * 100], [[2.0] * 100, [2.0] * 100, [2.0] * 100]
    assert ratio(beside, alone, 0.5) == pytest.approx(1.0)
    text = page({"alone": alone, "beside": [[9.0] * 100] * 3}, count=100, pause=0.02)
    assert "| alone | 2.0 ms | 2.0 ms | 1.00 | 1.00 | yes |" in text
    assert "| beside | 9.0 ms | 9.0 ms | 4.50 | 4.50 | **no** |" in text
