"""Runs the relay's commands in this process, with the environment a test gives and nothing else."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from relay.cli.main import cli
from tests.wire import SECRET

Run = Callable[..., Result]


@contextmanager
def commands(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Logging is afterwards as it was."""
    root, urllib3 = logging.getLogger(), logging.getLogger("urllib3")
    level, handlers, urllib3_level = root.level, list(root.handlers), urllib3.level
    root.handlers.clear()

    def run(*words: str, answers: str = "", **environ: str) -> Result:
        with monkeypatch.context() as patch:
            given = {"DATA_DIR": str(data_dir), "CREATIVEAI_WEBHOOK_SECRET": SECRET}
            for name, value in (given | environ).items():
                patch.setenv(name, value)
            result = CliRunner().invoke(cli, list(words), input=answers, prog_name="relay")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    yield run
    root.handlers[:] = handlers
    root.setLevel(level)
    urllib3.setLevel(urllib3_level)
