"""Logs: one line per thing that happened, JSON where nobody watches, and never a secret."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from relay import logs

SECRET = "whsec-never-in-a-log"
Start = Callable[..., io.StringIO]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Sets logging up on a stream of its own; afterwards it is as it was."""
    root, urllib3 = logging.getLogger(), logging.getLogger("urllib3")
    before = root.level, list(root.handlers), urllib3.level
    root.handlers.clear()  # `force` closes those it finds: not pytest's

    def begin(*secrets: str, terminal: bool = False) -> io.StringIO:
        out = _Terminal() if terminal else io.StringIO()
        monkeypatch.setattr(sys, "stdout", out)
        logs.set_up(secrets)
        return out

    yield begin
    root.handlers[:] = before[1]
    root.setLevel(before[0])
    urllib3.setLevel(before[2])


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().split("\n")[:-1]]


def _break() -> None:
    raise RuntimeError(f"it broke near {SECRET}")


def _log_a_break() -> None:
    try:
        _break()
    except RuntimeError:
        logging.getLogger("relay.x").exception("attempt broke", extra={"delivery": "dlv_1"})


def test_away_from_a_terminal_each_line_is_one_json_object(start: Start) -> None:
    out = start()
    log = logging.getLogger("relay.x")
    log.info("webhook", extra={"event_id": "evt_1", "new": True, "sender": "first\nsecond\u2028third"})
    log.warning("%d left", 3)
    first, second = lines(out)
    assert out.getvalue().count("\n") == 2
    assert first.pop("time").startswith("2")
    assert first == {
        "level": "info",
        "event": "webhook",
        "event_id": "evt_1",
        "new": True,
        "sender": "first\nsecond\u2028third",
    }
    assert (second["level"], second["event"]) == ("warning", "3 left")


def test_at_a_terminal_there_are_words_on_one_line_that_cannot_paint_there(start: Start) -> None:
    out = start(terminal=True)
    logging.getLogger("relay.x").info("attempt", extra={"note": "a\n\x1b[2Jb\x9bc\rd", "status": 500})
    (line,) = out.getvalue().splitlines()
    assert line.endswith(r"attempt  note=a\n\x1b[2Jb\x9bc\rd status=500")


def test_below_info_nothing_is_written(start: Start) -> None:
    out = start()
    logging.getLogger("relay.x").debug("much ado")
    assert out.getvalue() == ""


@pytest.mark.parametrize("terminal", [False, True])
def test_a_secret_is_masked_wherever_it_stands(start: Start, terminal: bool) -> None:
    out = start(SECRET, terminal=terminal)
    log = logging.getLogger("other.library")
    log.info("calling with %s", SECRET)
    log.info("calling", extra={"url": f"https://example.com/{SECRET}", "deep": {"list": [SECRET]}})
    log.info(f"name {SECRET}")
    _log_a_break()
    assert SECRET not in out.getvalue()
    assert out.getvalue().count("********") >= 5


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize(
    "secret", ['quote"and\\backslash', "tab\tand\x7fdelete", "schlüssel-straße", "a-\x01-control"]
)
def test_a_secret_with_characters_that_are_escaped_is_masked_too(
    start: Start, secret: str, terminal: bool
) -> None:
    out = start(secret, terminal=terminal)
    logging.getLogger("x").warning("a secret", extra={"leak": f"<{secret}>"})
    assert "<********>" in out.getvalue()


def test_a_secret_that_begins_with_another_one_is_masked_whole(start: Start) -> None:
    out = start("shared-prefix", "shared-prefix-and-rest")
    logging.getLogger("x").warning("shared-prefix-and-rest")
    assert "rest" not in out.getvalue()


def test_a_short_word_is_no_secret_or_logs_would_be_full_of_stars(start: Start) -> None:
    out = start("", "a", "event")
    logging.getLogger("x").warning("an event")
    assert lines(out)[0]["event"] == "an event"


def test_a_traceback_stays_within_its_line_of_json(start: Start) -> None:
    out = start(SECRET)
    _log_a_break()
    (line,) = lines(out)
    assert line["event"] == "attempt broke"
    assert line["delivery"] == "dlv_1"
    assert line["traceback"].startswith("Traceback")
    assert "_break" in line["traceback"]


@pytest.mark.parametrize("terminal", [False, True])
def test_text_that_cannot_be_written_as_utf8_is_still_a_line(start: Start, terminal: bool) -> None:
    out = start(terminal=terminal)
    logging.getLogger("x").warning("lone \udc80", extra={"sender": "\ud83d", "thing": object()})
    out.getvalue().encode()
    assert r"\udc80" in out.getvalue()


def test_setting_up_twice_does_not_write_twice(start: Start) -> None:
    start()
    out = start()
    logging.getLogger("x").warning("once")
    assert len(lines(out)) == 1
