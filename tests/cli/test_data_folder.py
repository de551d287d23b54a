"""A data folder that cannot be written is one sentence, before anything starts."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deploy.dyno import unwritable
from tests.wire import free_port
from tests.wire.program import ROOT

pytestmark = pytest.mark.slow

WITH_KEY = {"SECRET_KEY": "a long key, set by the host"}


# File modes stop root too where it has no capabilities, as in a container that has dropped them.
WITHOUT_CAPABILITIES = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")


@contextmanager
def forbidden(folder: Path) -> Iterator[Sequence[str]]:
    """A folder that may only be read; gives what a program is started with."""
    folder.mkdir()
    if os.geteuid() == 0 and not shutil.which(WITHOUT_CAPABILITIES[0]):
        reason = "no file mode stops root, and setpriv (util-linux) is not here"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    with unwritable(folder):
        yield WITHOUT_CAPABILITIES if os.geteuid() == 0 else ()


def start(name: str, prefix: Sequence[str], environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PORT": str(free_port())}
    return subprocess.run(
        [*prefix, sys.executable, "-m", "relay", name],
        cwd=ROOT,
        env=given | environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("name", ["serve", "worker"])
@pytest.mark.parametrize("environ", [{}, WITH_KEY], ids=["its key is to be made", "with a key"])
def test_a_folder_that_may_not_be_written(tmp_path: Path, name: str, environ: dict[str, str]) -> None:
    """Such as a volume of root's in a container that does not run as root."""
    with forbidden(tmp_path / "volume") as prefix:
        ended = start(name, prefix, environ | {"DATA_DIR": str(tmp_path / "volume")})
    assert ended.returncode == 2, ended.stderr
    assert ended.stdout == ""
    assert ended.stderr.startswith("DATA_DIR: cannot be used: Permission denied: ")
    assert str(tmp_path / "volume") in ended.stderr
    assert f"runs as user {os.geteuid()}" in ended.stderr
    assert "RAILWAY_RUN_UID=0" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = start("serve", [], WITH_KEY | {"DATA_DIR": str(tmp_path / "file" / "data")})
    assert ended.returncode == 2
    assert ended.stderr.startswith("DATA_DIR: cannot be used: Not a directory")
