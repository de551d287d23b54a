"""A disk that is full or read-only: who is refused hears 503, and afterwards all goes on by itself.

The disks are small ones in memory; without the right to mount they are skipped, see `make disk`.
"""

import errno
import subprocess
import sys
from collections.abc import Iterator, Mapping
from io import RawIOBase
from pathlib import Path

import pytest

from tests.wire import Connection, Receiver, RelayProcess, generation, new_generation_id, signed, wait_until
from tests.wire.program import ROOT, SERVE

MEGABYTES = 24
REFUSED_IN_A_ROW = 25
pytestmark = pytest.mark.slow


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "disk"
    path.mkdir()
    mounted = _run("mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(path))
    if mounted.returncode:
        pytest.skip(f"needs the right to mount, see make disk: {mounted.stderr.strip()}")
    yield path
    _run("umount", "--lazy", str(path))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def test_a_full_disk_loses_nothing_that_was_accepted_and_needs_no_restart(
    disk: Path, receiver: Receiver
) -> None:
    with _relay(disk, receiver) as relay, Connection(relay.port, timeout=60) as wire:
        accepted = {_sent(wire, new_generation_id())[0] for _ in range(20)}
        _fill(disk / "other-program.log")
        refused: list[str] = []
        while len(refused) < REFUSED_IN_A_ROW:
            id_, status = _sent(wire, new_generation_id())
            assert status in (202, 503)
            if status == 202:
                accepted.add(id_)
                refused.clear()
            else:
                refused.append(id_)
        assert relay.ready()
        (disk / "other-program.log").unlink()
        for id_ in refused:  # as the vendor does; what was refused has left nothing
            wait_until(lambda id_=id_: _sent(wire, id_)[1] == 202)  # type: ignore[misc]
        accepted |= set(refused)
        _all_delivered(relay, receiver, accepted)


def test_a_disk_that_is_read_only_at_the_start_is_said_and_the_next_start_goes_on(
    disk: Path, receiver: Receiver
) -> None:
    with _relay(disk, receiver) as relay, Connection(relay.port, timeout=60) as wire:
        accepted = {_sent(wire, new_generation_id())[0] for _ in range(20)}
    _remount(disk, "ro")
    said = _run(sys.executable, *SERVE, environment=relay._environment)
    assert said.returncode != 0
    assert "Traceback" not in said.stderr
    assert "Read-only file system" in said.stderr
    assert "Mount it for writing" in said.stderr
    _remount(disk, "rw")
    with relay.start():
        _all_delivered(relay, receiver, accepted)


def _relay(disk: Path, receiver: Receiver) -> RelayProcess:
    return RelayProcess(
        disk / "data", {"WEBHOOK_URL": receiver.url(), "ALLOWED_HOSTS": receiver.host, "SECRET_KEY": "k" * 40}
    ).start()


def _sent(wire: Connection, generation_id: str) -> tuple[str, int]:
    return generation_id, wire.post(signed(generation(generation_id))).status


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as filler:
        for size in (1_000_000, 4096):
            while _written(filler, size):
                pass


def _written(file: RawIOBase, size: int) -> bool:
    try:
        return bool(file.write(b"x" * size))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return False
        raise


def _all_delivered(relay: RelayProcess, receiver: Receiver, accepted: set[str]) -> None:
    """All of them and nothing else is stored, and delivered; a repeated call has the same id."""
    open_ones = "select count(*) from delivery where status in ('pending', 'retrying')"
    wait_until(lambda: relay.number(open_ones) == 0, 90, pause=0.1)
    with relay.database() as database:
        stored = {row[0] for row in database.execute("select generation_id from result")}
        assert database.execute("pragma integrity_check").fetchone()[0] == "ok"
    assert stored == accepted
    assert relay.number("select count(*) from delivery where status <> 'delivered'") == 0
    keys = [call.headers["webhook-id"] for call in receiver.calls]
    assert len(set(keys)) == len(accepted)


def _remount(disk: Path, how: str) -> None:
    done = _run("mount", "-o", f"remount,{how}", str(disk))
    assert done.returncode == 0, done.stderr


def _run(*words: str, environment: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        words, env=environment, capture_output=True, text=True, check=False, timeout=60, cwd=ROOT
    )
