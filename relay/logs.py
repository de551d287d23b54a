"""Log lines: JSON on a host, plain text at a terminal, secrets masked in both."""

import contextlib
import json
import logging
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TextIO

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


@lru_cache(2)
def _utc(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Masked(logging.Formatter, ABC):
    """The last guard: the text of a known secret never reaches the log."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._secrets: list[str] = []
        self.add_secrets(secrets)

    def add_secrets(self, secrets: Iterable[str]) -> None:
        known = {secret for secret in secrets if len(secret) >= 8}
        spelled = {spelling for secret in known for spelling in _spellings(secret)}
        # The longest first: one may be the beginning of another.
        self._secrets = sorted(spelled.union(self._secrets), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        line = self.line(record)
        for secret in self._secrets:
            line = line.replace(secret, "********")
        return line.encode("utf-8", "backslashreplace").decode()  # a lone surrogate cannot be written

    @abstractmethod
    def line(self, record: logging.LogRecord) -> str:
        """What is written, secrets not masked yet."""


class _JsonLines(_Masked):
    def line(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _utc(int(record.created)),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        } | _extras(record)
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return _encode(line)


class _PlainText(_Masked):
    def line(self, record: logging.LogRecord) -> str:
        words = " ".join(f"{name}={value}" for name, value in _extras(record).items())
        line = one_line(f"{self.formatTime(record, '%H:%M:%S')} {record.getMessage()}  {words}".rstrip())
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _spellings(secret: str) -> tuple[str, ...]:
    """As it is, and as quotes, backslashes and control characters are written in JSON and in words."""
    return secret, json.dumps(secret, ensure_ascii=False)[1:-1], one_line(secret), repr(secret)[1:-1]


def one_line(text: str) -> str:
    """For a terminal: control characters are escaped, so that a response cannot change the screen."""
    return _CONTROL.sub(lambda control: repr(control[0])[1:-1], text)


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


class _Lines(logging.StreamHandler[TextIO]):
    """Each line is flushed, or, within `together`, all of them at its end."""

    held = False

    def flush(self) -> None:
        if not self.held:
            super().flush()


@contextlib.contextmanager
def together() -> Iterator[None]:
    """What is logged meanwhile is written at once, at the end. For one thread at a time, and not for long."""
    handlers = [each for each in logging.getLogger().handlers if isinstance(each, _Lines)]
    for handler in handlers:
        handler.held = True
    try:
        yield
    finally:
        for handler in handlers:
            handler.held = False
            handler.flush()


def set_up(secrets: Iterable[str]) -> None:
    """Called once per process, before anything is logged."""
    handler = _Lines(sys.stdout)
    handler.setFormatter((_PlainText if sys.stdout.isatty() else _JsonLines)(secrets))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # Never shown; docs.python.org/3/howto/logging.html#optimization
    logging.logThreads = logging.logMultiprocessing = logging.logProcesses = False
    logging.logAsyncioTasks = False  # type: ignore[attr-defined]  # Python 3.12 and newer
    logging._srcfile = None  # noqa: SLF001 - the documented way
    logging.getLogger("urllib3").setLevel(logging.ERROR)


def mask(secrets: Iterable[str]) -> None:
    """Mask these too: the secrets of a connection that was added while the process runs."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, _Masked):
            handler.formatter.add_secrets(secrets)
