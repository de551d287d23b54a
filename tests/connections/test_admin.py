"""Adding, resuming and pausing a connection: the same rules by command and by page."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.commands import Run
from tests.web.connecting import reader_of
from tests.web.site import Site
from tests.wire import Receiver, generation

NOBODY = "127.0.0.1:1"  # refuses every connection


@dataclass(frozen=True)
class Door:
    """One way in. Each act gives the sentence that the person reads."""

    add: Callable[[str], str]
    resume: Callable[[], str]
    resume_anyway: Callable[[], str]
    pause: Callable[[], str]


def by_command(run: Run, site: Site, environ: Mapping[str, str]) -> Door:
    def act(*words: str, answers: str = "") -> str:
        return run("connections", *words, answers=answers, **environ).output

    return Door(
        add=lambda url: act("add", "webhook", "n8n", "--set", "url=-", answers=url),
        resume=lambda: act("resume", "n8n"),
        resume_anyway=lambda: act("resume", "n8n", "--anyway"),
        pause=lambda: act("pause", "n8n", "--why", "holidays"),
    )


def by_page(run: Run, site: Site, environ: Mapping[str, str]) -> Door:
    reader = reader_of(site)

    def add(url: str) -> str:
        reader.open("/connections/new/webhook")
        return reader.press("Add connection", name="n8n", url=url).words

    def act(button: str, **fields: str) -> str:
        reader.open("/connections/n8n")
        return reader.press(button, **fields).words

    def resume_anyway() -> str:
        reader.open("/connections/n8n?unwell=yes")
        return reader.press("Resume anyway").words

    return Door(
        add=add,
        resume=lambda: act("Resume connection"),
        resume_anyway=resume_anyway,
        pause=lambda: act("Pause connection", why="holidays"),
    )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def site(data_dir: Path, receiver: Receiver) -> Iterator[Site]:
    opened = Site(data_dir, SECRET_KEY="k" * 24, ALLOWED_HOSTS=f"{receiver.host},{NOBODY}")
    yield opened
    opened.close()


@pytest.fixture(params=[by_command, by_page], ids=["by command", "by page"])
def door(request: pytest.FixtureRequest, run: Run, site: Site, receiver: Receiver) -> Door:
    environ = {"SECRET_KEY": "k" * 24, "ALLOWED_HOSTS": f"{receiver.host},{NOBODY}"}
    made: Door = request.param(run, site, environ)
    return made


@pytest.mark.heavy
def test_what_works_gets_results_at_once(door: Door, site: Site, receiver: Receiver) -> None:
    said = door.add(receiver.url())
    assert "n8n works and gets results from now on: completed and failed of all types." in said
    assert len(receiver.calls) == 1, "it was checked"
    assert site.store.pauses() == {}


def test_what_does_not_work_is_kept_paused_with_the_reason(door: Door, site: Site) -> None:
    said = door.add(f"http://{NOBODY}/x")
    assert "n8n is added and paused, because its check failed: 127.0.0.1 does not accept" in said
    pause = site.store.pauses()["n8n"]
    assert pause.why.startswith("The check when it was added failed: 127.0.0.1 does not accept")
    assert pause.until is None
    site.post(generation("vgen_1"))
    assert site.deliveries() == [("vgen_1", "completed", "pending")]


def test_a_pause_ends_after_a_check_or_when_a_person_insists(door: Door, site: Site) -> None:
    door.add(f"http://{NOBODY}/x")
    assert "n8n stays paused, because its check failed: 127.0.0.1 does not accept" in door.resume()
    assert "n8n" in site.store.pauses()
    assert "n8n is resumed; 0 pending deliveries are sent now." in door.resume_anyway()
    assert site.store.pauses() == {}


def test_a_pause_by_hand_keeps_its_reason(door: Door, site: Site, receiver: Receiver) -> None:
    door.add(receiver.url())
    door.pause()
    assert site.store.pauses()["n8n"].why == "holidays"
    assert "n8n is resumed" in door.resume()


def test_a_name_is_taken_once(door: Door, site: Site, receiver: Receiver) -> None:
    door.add(receiver.url())
    assert "There is a connection of this name already." in door.add(receiver.url())
    assert site.count("connection") == 1
