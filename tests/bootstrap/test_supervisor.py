"""`relay serve` as a host runs it: two children under one roof, whatever is killed."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.wire import Answer, Call, Receiver, RelayProcess, generation, new_generation_id, signed, wait_until
from tests.wire import Connection as Wire
from tests.wire.program import ROOT, SERVE

pytestmark = pytest.mark.slow


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


@pytest.fixture
def relay(tmp_path: Path, receiver: Receiver) -> Iterator[RelayProcess]:
    environment = {
        "WEBHOOK_URL": receiver.url(),
        "ALLOWED_HOSTS": receiver.host,
        "WEB_CONCURRENCY": "4",
    }
    with RelayProcess(tmp_path / "data", environment) as running:
        wait_until(lambda: running.web_worker() and running.delivery_worker())
        yield running


def test_the_program_takes_a_webhook_and_ends_when_told(tmp_path: Path, receiver: Receiver) -> None:
    """As a host starts it: by its command, on an empty folder."""
    environment = {"WEBHOOK_URL": receiver.url(), "ALLOWED_HOSTS": receiver.host}
    with RelayProcess(tmp_path / "data", environment, program=SERVE) as relay:
        wait_until(arrived(receiver, send(relay)))
        assert relay.stop() == 0


def send(relay: RelayProcess) -> str:
    """One signed webhook; its generation."""
    generation_id = new_generation_id()
    with Wire(relay.port) as wire:
        assert wire.post(signed(generation(generation_id))).status == 202
    return generation_id


def arrived(receiver: Receiver, generation_id: str) -> Callable[[], bool]:
    return lambda: generation_id in [call.json["data"]["generation_id"] for call in receiver.calls]


def test_a_webhook_goes_through(relay: RelayProcess, receiver: Receiver) -> None:
    wait_until(arrived(receiver, send(relay)))


def test_there_is_one_web_process_whatever_web_concurrency_says(relay: RelayProcess) -> None:
    """The roof, gunicorn, its one worker, and the delivery worker."""
    assert len(relay.processes()) == 4
    for _ in range(3):
        send(relay)
    assert len(relay.processes()) == 4


@pytest.mark.parametrize("which", ["web_worker", "master", "delivery_worker"])
def test_a_process_that_is_killed_comes_back_and_works(
    which: str, relay: RelayProcess, receiver: Receiver
) -> None:
    find: Callable[[], int | None] = getattr(relay, which)
    killed = find()
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: killed not in relay.processes())
    wait_until(lambda: len(relay.processes()) == 4 and find() not in (None, killed))
    relay.wait_ready()
    wait_until(arrived(receiver, send(relay)))


def test_what_was_in_hand_of_a_killed_worker_is_delivered_by_the_next(
    relay: RelayProcess, receiver: Receiver
) -> None:
    receiver.answer = lambda call: Answer(after=0 if len(receiver.calls) > 1 else 3600)
    generation_id = send(relay)
    wait_until(arrived(receiver, generation_id))
    killed = relay.delivery_worker()
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: len(receiver.calls) == 2)
    assert len({call.key for call in receiver.calls}) == 1
    wait_until(lambda: relay.number("select count(*) from delivery where status = 'delivered'") == 1)
    assert relay.number("select count(*) from attempt where outcome = 'interrupted'") == 1


IMPATIENT = """
from relay.bootstrap import web
from relay.cli.main import cli
web._HANGING_SECONDS = 2
cli(["serve"])
"""


def test_a_web_worker_that_stands_still_is_replaced_and_who_waits_is_answered(
    tmp_path: Path, receiver: Receiver
) -> None:
    environment = {"WEBHOOK_URL": receiver.url(), "ALLOWED_HOSTS": receiver.host}
    with RelayProcess(tmp_path / "data", environment, program=("-c", IMPATIENT)) as relay:
        stands_still = wait_until(relay.web_worker)
        os.kill(stands_still, signal.SIGSTOP)
        wait_until(arrived(receiver, send(relay)))
        assert relay.web_worker() != stands_still
        assert relay.stop() == 0


def test_a_web_worker_that_is_ended_for_that_writes_down_where_it_was(relay: RelayProcess) -> None:
    ended = relay.web_worker()
    assert ended is not None
    os.kill(ended, signal.SIGABRT)
    wait_until(lambda: relay.web_worker() not in (None, ended))
    assert "Fatal Python error: Aborted" in relay.log.read_text()
    send(relay)


def test_when_the_roof_is_killed_its_children_go_away(relay: RelayProcess) -> None:
    assert len(relay.processes()) == 4
    os.kill(relay.pid, signal.SIGKILL)
    wait_until(lambda: not relay.processes(), seconds=40)


def test_when_the_roof_is_killed_after_a_child_came_back_they_go_away_too(relay: RelayProcess) -> None:
    killed = relay.delivery_worker()
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: relay.delivery_worker() not in (None, killed))
    os.kill(relay.pid, signal.SIGKILL)
    wait_until(lambda: not relay.processes(), seconds=40)


def test_sigterm_ends_with_0_and_leaves_nobody(relay: RelayProcess) -> None:
    assert relay.stop() == 0


def test_sigterm_finishes_the_call_in_hand(relay: RelayProcess, receiver: Receiver) -> None:
    def slowly(call: Call) -> Answer:
        return Answer(after=1.5)

    receiver.answer = slowly
    wait_until(arrived(receiver, send(relay)))
    assert relay.stop() == 0
    assert relay.number("select count(*) from delivery where status = 'delivered'") == 1
    assert relay.number("select count(*) from attempt") == 1


def test_two_signals_at_once_end_as_well_as_one(relay: RelayProcess) -> None:
    """As Ctrl-C does, which every process of the terminal gets."""
    for pid in relay.processes():
        os.kill(pid, signal.SIGINT)
    assert relay.stop() == 0


@pytest.mark.serial
def test_an_idle_relay_leaves_the_processor_alone(relay: RelayProcess) -> None:
    """Ticks of 10 ms of the delivery worker in two seconds of nothing to do."""
    worker = relay.delivery_worker()
    assert worker is not None
    began, before = time.monotonic(), ticks(worker)
    wait_until(lambda: time.monotonic() - began > 2)
    assert ticks(worker) - before < 20


def ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_a_port_that_is_taken_is_one_sentence_and_changes_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run = subprocess.run(
            [sys.executable, "-m", "relay", "serve"],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "PORT": port,
                "LISTEN_HOST": "127.0.0.1",
                "DATA_DIR": str(tmp_path),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (run.returncode, run.stdout) == (1, "")
    assert len(run.stderr.splitlines()) == 1
    assert f"Port {port} on 127.0.0.1 is in use" in run.stderr
    assert not (tmp_path / "relay.db").exists(), "another relay may work on it"


def test_after_a_clean_stop_the_database_file_alone_has_every_webhook(
    relay: RelayProcess, tmp_path: Path
) -> None:
    for _ in range(20):
        send(relay)
    assert relay.stop() == 0
    assert not relay.database_path.with_name("relay.db-wal").exists()
    alone = tmp_path / "alone.db"
    shutil.copy(relay.database_path, alone)
    with closing(sqlite3.connect(alone)) as database:
        assert database.execute("select count(*) from event").fetchone() == (20,)


def test_at_its_start_it_says_where_it_is_what_is_missing_and_what_is_at_risk(tmp_path: Path) -> None:
    environment = {"LISTEN_HOST": "::", "CREATIVEAI_WEBHOOK_SECRET": "sandbox-signing-secret"}
    with RelayProcess(tmp_path / "data", environment) as relay:
        log = relay.log.read_text()
    assert f"http://[::1]:{relay.port}" in log
    assert "CREATIVEAI_API_KEY is not set" in log
    assert "ADMIN_PASSWORD is not set" in log
    assert "CREATIVEAI_WEBHOOK_SECRET is a secret of the sandbox" in log
