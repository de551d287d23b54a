"""A destination that asks to wait: people see it wherever the connection is shown, and end it."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from relay.bootstrap.app import make_file_source, make_worker
from relay.bootstrap.configuration import configure
from tests.commands import Run
from tests.web.api.client import Caller
from tests.web.connecting import reader_of
from tests.web.reading import Reader, forms_of
from tests.web.site import Site
from tests.wire import SECRET, Answer, Call, Receiver, generation, wait_until

BUSY = Answer(503, headers={"Retry-After": "999999999"})
WHY = "127.0.0.1 answered 503"


@dataclass
class Scene:
    """The connection n8n, whose address is busy until `well` is set; `good` is its neighbour on the host."""

    site: Site
    run: Callable[..., str]
    reader: Reader
    receiver: Receiver
    well: threading.Event = field(default_factory=threading.Event)

    def delivered(self, connection: str) -> int:
        return len(self.site.store.deliveries(limit=100, status="delivered", connection=connection))

    def in_hand(self) -> bool:
        return bool(self.site.rows("select id from delivery where leased_until is not null"))

    def read(self, path: str) -> str:
        return self.reader.open(path).words


@pytest.fixture
def scene(data_dir: Path, run: Run) -> Iterator[Scene]:
    """Six results for both: the first call to n8n was refused, and the worker goes on working."""
    made: Scene

    def answer(call: Call) -> Answer:
        return Answer() if call.path == "/good" or made.well.is_set() else BUSY

    with Receiver(lambda _: Answer()) as receiver:
        environ = {"SECRET_KEY": "k" * 24, "ALLOWED_HOSTS": receiver.host}
        site = Site(data_dir, **environ)
        made = Scene(site, lambda *words: run(*words, **environ).output, reader_of(site), receiver)
        for name, path in (("n8n", "/busy"), ("good", "/good")):
            made.reader.open("/connections/new/webhook")
            made.reader.press("Add connection", name=name, url=receiver.url(path))
        receiver.answer = answer
        given = {"DATA_DIR": str(data_dir), "CREATIVEAI_WEBHOOK_SECRET": SECRET, "ARCHIVE": "off", **environ}
        configuration = configure(given)
        worker = make_worker(configuration, site.store, make_file_source(configuration))
        thread = threading.Thread(target=worker.run)
        thread.start()
        try:
            for number in range(6):
                site.post(generation(f"vgen_{number}"))
            wait_until(lambda: made.delivered("good") == 6 and site.store.pauses() and not made.in_hand())
            yield made
        finally:
            worker.stop()
            thread.join(30)
            site.close()


def test_it_is_shown_as_a_pause_with_reason_and_end_and_the_neighbour_is_not(scene: Scene) -> None:
    pause = scene.site.store.pauses()["n8n"]
    assert pause.until is not None
    assert 0 < pause.until - pause.since <= 86_400_000, "a day at most"
    for path in ("/connections", "/connections/n8n", "/"):
        page = scene.read(path)
        assert WHY in page, path
        assert re.search(
            r"are kept until .*, or until you resume the connection\. \( ?in 23 hours ?\)", page
        ), path
    assert "Ready" not in scene.read("/connections/n8n")
    assert scene.read("/connections").count("Ready") == 1
    assert "good: paused" not in scene.read("/")
    assert WHY in scene.read("/setup")
    (delivery, *_) = scene.site.store.deliveries(limit=9, connection="n8n", status="retrying")
    page = scene.read(f"/deliveries/{delivery.id}")
    assert WHY in page
    assert "The next attempt" not in page
    listed = scene.run("connections", "list")
    (line,) = (line for line in listed.splitlines() if line.startswith("n8n "))
    assert "  paused  " in line
    assert WHY in line
    assert "good  webhook  ready" in listed
    assert re.search(f"note  n8n: Paused since .*: {WHY}.* are kept until", scene.run("check"))
    by_name = {each["name"]: each for each in Caller(scene.site).get("/api/connections").json["items"]}
    assert (by_name["n8n"]["state"], by_name["good"]["state"]) == ("paused", "ready")
    assert WHY in by_name["n8n"]["pause"]["reason"]
    assert by_name["n8n"]["pause"]["until"]
    assert by_name["good"]["pause"] is None


def by_page(scene: Scene) -> None:
    scene.reader.open("/connections/n8n")
    assert (
        "n8n is resumed; 6 pending deliveries are sent now." in scene.reader.press("Resume connection").words
    )


def by_command(scene: Scene) -> None:
    assert "n8n is resumed; 6 pending deliveries are sent now." in scene.run("connections", "resume", "n8n")


def by_resending_one(scene: Scene) -> None:
    (delivery, *_) = scene.site.store.deliveries(limit=9, connection="n8n", status="retrying")
    scene.reader.open(f"/deliveries/{delivery.id}")
    assert "1 delivery will be resent." in scene.reader.press("Resend delivery").words


def by_resending_many(scene: Scene) -> None:
    scene.reader.open("/deliveries/replay?connection=n8n&status=retrying")
    button = next(
        each for form in forms_of(scene.reader.page.text) for each in form.buttons if "Resend" in each
    )
    assert "will be resent." in scene.reader.press(button).words


def by_command_replay(scene: Scene) -> None:
    assert "6 deliveries will be resent." in scene.run("replay", "--connection", "n8n", "--yes")


def by_api_replay(scene: Scene) -> None:
    answer = Caller(scene.site).post("/api/deliveries/replay", {"connection": "n8n"})
    assert answer.json["summary"] == "6 deliveries will be resent."


def by_another_address(scene: Scene) -> None:
    scene.reader.open("/connections/n8n/edit")
    scene.reader.press("Save changes", url=scene.receiver.url("/other"))


def by_other_options(scene: Scene) -> None:
    scene.reader.open("/connections/n8n/edit")
    scene.reader.press("Save changes", secret="a signing secret of 24 letters")


@pytest.mark.heavy
@pytest.mark.parametrize(
    "end",
    [
        *(by_page, by_command, by_resending_one, by_resending_many, by_command_replay, by_api_replay),
        *(by_another_address, by_other_options),
    ],
    ids=lambda end: end.__name__,
)
def test_a_person_ends_it_at_once_and_all_is_delivered(scene: Scene, end: Callable[[Scene], None]) -> None:
    scene.well.set()
    end(scene)
    assert scene.site.store.pauses() == {}
    wait_until(lambda: scene.delivered("n8n") == 6)


def test_an_address_that_is_still_busy_is_paused_again_after_a_person_resumed(scene: Scene) -> None:
    first = scene.site.store.pauses()["n8n"]
    by_command(scene)
    again = wait_until(lambda: scene.site.store.pauses().get("n8n"))
    assert again.since > first.since


def test_a_resend_to_a_connection_that_a_person_paused_promises_nothing(scene: Scene) -> None:
    scene.run("connections", "pause", "n8n", "--why", "holidays")
    kept = "6 deliveries to n8n are kept: the connection is paused. Resume it to send them."
    assert kept in scene.run("replay", "--connection", "n8n", "--yes")
    answer = Caller(scene.site).post("/api/deliveries/replay", {"connection": "n8n"})
    assert (answer.json["count"], answer.json["summary"]) == (6, kept)
    (delivery, *_) = scene.site.store.deliveries(limit=1, connection="n8n")
    scene.reader.open(f"/deliveries/{delivery.id}")
    page = scene.reader.press("Resend delivery").words
    assert "1 delivery to n8n is kept: the connection is paused. Resume it to send it." in page
    assert "will be resent" not in page
    mixed = scene.run("replay", "--generation", "vgen_0", "--yes")
    one_kept = "1 delivery to n8n is kept: the connection is paused. Resume it to send it."
    assert mixed == f"1 delivery will be resent. {one_kept}\n"
    assert scene.site.store.pauses()["n8n"].why == "holidays"
