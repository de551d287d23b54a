"""People edit sheet, base, channel and shop in the middle of sixty results: nothing twice, nothing lost.

The worker, its store and the connectors are the real ones, against the sandbox over HTTP; time leaps. What a
person may do without harm is done while results arrive. What leaves no way to tell a row, record or channel
pauses the connection with words, and after the repair everything is complete.
"""

import dataclasses
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from relay.bootstrap.app import make_registry
from relay.bootstrap.configuration import configure
from relay.delivery.attempt import Destination
from relay.delivery.worker import DeliveryWorker
from relay.demo.destinations import add_products, environment_of
from relay.http.client import Http
from relay.models.core import Event, Output, Result, ResultStatus, RoutedResult
from relay.store.sqlite.store import SqliteStore
from sandbox import Config, Sandbox, serve
from tests.acceptance.leaping import LeapingStore, Time
from tests.connectors.files import GivenFiles
from tests.connectors.sheets.test_edited_by_people import Person
from tests.wire import wait_until

TOOLS = ("airtable", "sheets", "slack", "shopify")
BASE, TABLE = "appSandbox00000000", "tblSandbox00000000"
META = f"/v0/meta/bases/{BASE}/tables/{TABLE}"
TOKEN = {"Authorization": "Bearer patSandbox"}
WORDS = {
    "sheets": 'The column "Generation ID" is gone from the tab "Videos 2026"; rename it back or map it',
    "airtable": 'The field "Prompt" limits who may edit it',
    "slack": "Bring the channel back or choose another one",
}


class World:
    """A relay's worker and the sandbox, and what people do there."""

    def __init__(self, folder: Path) -> None:
        self.clock = Time(workers=1)
        self.sandbox: Sandbox = serve(config=Config(paced=False, clock=self.clock.seconds))
        http = Http(allowed_hosts=[self.sandbox.url.partition("//")[2]])
        add_products(http, self.sandbox, {"BOWL-1": "Bowl"})
        http.close()
        self.store = LeapingStore(folder / "relay.db", self.clock, longest=600.0)
        self.store.migrate()
        tools = destinations(self.sandbox, self.store, folder)
        self._worker = DeliveryWorker(self.store, lambda: tools, self.clock.ms, files=lambda *_: GivenFiles())
        self._running = threading.Thread(target=self._worker.run)
        self._running.start()

    def close(self) -> None:
        self._worker.stop()
        self._running.join()
        self.store.close()
        self.sandbox.stop()

    def accept(self, numbers: range) -> None:
        """Every fifth first fails, and completes later."""
        for number in numbers:
            statuses = ("failed", "completed") if number % 5 == 0 else ("completed",)
            for status in statuses:
                self._accept(f"vgen_{number}", status)

    def _accept(self, generation_id: str, status: str) -> None:
        link = Output(f"{self.sandbox.url}/output/{generation_id}.mp4", "video/mp4")
        outputs = (link,) * (status == "completed")
        result = Result(generation_id, ResultStatus(status), "video", outputs, prompt="A bowl turns")
        context = {"sku": "BOWL-1", "title": "Bowl"}
        now = self.clock.ms()
        event = Event(generation_id, status, "", "", "KEY", now, {}, b"{}", (result,), context)
        self.store.accept(event, [RoutedResult(result, TOOLS)])

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Time does not leap while people work; the worker goes on with what is due."""
        person = [("person", 1)]
        self.clock.hold(person)
        yield
        self.clock.drop(person)

    def finish_what_is_in_hand(self, tool: str) -> None:
        """A person needs a second from one edit to the next, in which a call that began before it ends."""
        begun = self._in_hand(tool)
        wait_until(lambda: not begun & self._in_hand(tool), seconds=60)

    def _in_hand(self, tool: str) -> set[tuple[str, int]]:
        found = self.store.deliveries(limit=1000, connection=tool)
        return {(each.id, each.attempt_count) for each in found if each.leased_until is not None}

    def delivered(self, tool: str) -> int:
        return len(self.store.deliveries(limit=1000, status="delivered", connection=tool))

    def book(self) -> dict[str, Any]:
        return dict(self.get("/sandbox/sheets/sandbox-sheet"))

    def get(self, path: str) -> Any:
        return requests.get(
            self.sandbox.url + path, headers={"Accept": "application/json"}, timeout=10
        ).json()

    def order(self, path: str, method: str = "POST", **what: Any) -> Any:
        answer = requests.request(method, self.sandbox.url + path, json=what, headers=TOKEN, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def product(self) -> dict[str, Any]:
        products = self.get("/sandbox/shopify")["products"]
        return dict(next(each for each in products if each["title"] == "Bowl"))


def destinations(sandbox: Sandbox, store: SqliteStore, folder: Path) -> Mapping[str, Destination]:
    """As the app makes them, but without a pace: the clock runs faster than calls can be made."""
    environment = {"DATA_DIR": str(folder), "SECRET_KEY": "a key for this test"} | environment_of(sandbox)
    made = make_registry(configure(environment), store).destinations()
    return {
        name: dataclasses.replace(
            made[name], connection=dataclasses.replace(made[name].connection, calls_per_second=None)
        )
        for name in TOOLS
    }


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def edit_without_harm(world: World, person: Person) -> None:
    person.rename("Results", "Videos 2026")
    world.finish_what_is_in_hand("sheets")  # Sheets appends by the tab's name, which is read right before
    person.duplicate("Videos 2026", "Results")  # a copy takes the old name
    world.order(META, "PATCH", name="Clips")
    fields = {each["name"]: each["id"] for each in world.get("/sandbox/airtable")["tables"][0]["fields"]}
    world.order(f"{META}/fields/{fields['Status']}", "PATCH", name="State")
    world.order("/sandbox/slack/channels", id="C0SANDBOX", name="videos-2026")
    world.order(
        "/sandbox/shopify/pictures", id=world.product()["id"], source="https://cdn.example.com/IMG_1.jpg"
    )
    world.order("/sandbox/shopify/edits", id=world.product()["id"], handle="bowl-2026", reverse_media=True)


def edit_with_harm(world: World, person: Person) -> None:
    person.write("'Videos 2026'!A1:B1", "Video ID", "Status")
    world.order("/sandbox/airtable/limits", base=BASE, table=TABLE, locked="Prompt")
    world.order("/sandbox/slack/channels", id="C0SANDBOX", is_archived=True)


def repair(world: World, person: Person) -> None:
    person.write("'Videos 2026'!A1:B1", "Generation ID", "Status")
    world.order("/sandbox/airtable/limits", base=BASE, table=TABLE)
    world.order("/sandbox/slack/channels", id="C0SANDBOX", is_archived=False)
    for tool in WORDS:
        world.store.resume(tool, now=world.clock.ms())


def test_people_who_edit_everything_midway_get_each_result_once(world: World) -> None:
    world.accept(range(20))
    wait_until(lambda: all(world.delivered(tool) >= 5 for tool in TOOLS), seconds=60)
    with world.at_work():
        person = Person(world)
        edit_without_harm(world, person)
        copied = tab(world, "Results")
    world.accept(range(20, 40))
    wait_until(lambda: all(world.delivered(tool) >= 20 for tool in TOOLS), seconds=60)
    with world.at_work():
        edit_with_harm(world, person)
    world.accept(range(40, 60))
    wait_until(lambda: world.store.pauses().keys() >= WORDS.keys(), seconds=60)
    for tool, words in WORDS.items():
        assert words in world.store.pauses()[tool].why
    with world.at_work():
        repair(world, person)
    wait_until(lambda: world.store.health().oldest_due_at is None, seconds=120, pause=0.1)
    everything = sorted(f"vgen_{number}" for number in range(60))
    assert {each.status for each in world.store.deliveries(limit=1000)} <= {"delivered", "skipped"}
    assert rows(world, "Videos 2026") == [(each, "completed") for each in everything]
    assert tab(world, "Results") == copied
    assert world.book()["tabs"][-1]["title"] == "Results"
    (table,) = world.get("/sandbox/airtable")["tables"]
    records = [each["fields"] for each in table["records"]]
    assert sorted((each["Generation ID"], each["State"]) for each in records) == [
        (each, "completed") for each in everything
    ]
    messages = world.get("/sandbox/slack")["channels"][0]["messages"]
    assert sorted(each["metadata"]["event_payload"]["key"] for each in messages) == everything
    assert {each["text"].split("\n")[0] for each in messages} == {"*Video ready*"}
    media = world.product()["media"]
    assert [each["source"] for each in media if each["kind"] == "IMAGE"] == [
        "https://cdn.example.com/IMG_1.jpg"
    ]
    ours = [each["id"] for each in media if each["kind"] == "VIDEO"]
    assert sorted(world.product()["metafields"].values()) == sorted(ours)
    assert len(world.product()["metafields"]) == 60


def tab(world: World, title: str) -> list[list[Any]]:
    (found,) = (each["values"] for each in world.book()["tabs"] if each["title"] == title)
    return list(found)


def rows(world: World, title: str) -> list[tuple[Any, ...]]:
    header, *found = tab(world, title)
    places = [header.index(name) for name in ("Generation ID", "Status")]
    return sorted(tuple(row[at] for at in places) for row in found)
