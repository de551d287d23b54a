"""A person changes the channel between two statuses: one message goes on, or the connection pauses."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from relay.errors import RemoteError
from tests.connectors.contract import FAILED, VIDEO, Kept
from tests.connectors.slack.sandboxed import CHANNEL, Slack, bring, running

TOKEN = "xoxb-sandbox"


@pytest.fixture
def slack() -> Iterator[Slack]:
    with running() as one:
        yield one


def channel(slack: Slack, **settings: Any) -> None:
    slack.order("channels", id=CHANNEL, **settings)


def delete(slack: Slack) -> None:
    for message in slack.messages():
        headers = {"Authorization": f"Bearer {TOKEN}"}
        asked = {"channel": CHANNEL, "ts": message["ts"]}
        answer = requests.post(f"{slack.sandbox.url}/api/chat.delete", json=asked, headers=headers, timeout=5)
        assert answer.json()["ok"]


FOLLOWED: dict[str, Callable[[Slack], object]] = {
    "nothing": lambda slack: None,
    "channel renamed": lambda slack: channel(slack, name="videos-2026"),
    "message deleted": delete,
}


@pytest.mark.parametrize("edit", FOLLOWED)
def test_there_is_one_message_with_the_last_status_in_the_same_channel(slack: Slack, edit: str) -> None:
    connector = slack.connector()
    _, memory = bring(slack, connector, FAILED, Kept())
    FOLLOWED[edit](slack)
    bring(slack, slack.connector(), VIDEO, memory)
    (message,) = slack.messages()
    assert message["text"].startswith("*Video ready*")


STOPPED: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "channel archived": ({"is_archived": True}, "Bring the channel back", {"is_archived": False}),
    "app removed from it": ({"is_member": False}, "invite the app", {"is_member": True}),
}


@pytest.mark.parametrize("edit", STOPPED)
def test_a_channel_that_takes_no_more_pauses_and_gets_each_once_after_the_repair(
    slack: Slack, edit: str
) -> None:
    change, says, repair = STOPPED[edit]
    connector = slack.connector()
    channel(slack, **change)
    kept = []
    for result in (FAILED, VIDEO):
        memory = Kept()
        with pytest.raises(RemoteError) as caught:
            bring(slack, connector, result, memory)
        assert caught.value.whose == "connection"
        assert says in caught.value.message
        kept.append(memory.after_crash())
    found = connector.check()
    assert not found.ok
    channel(slack, **repair)
    _, memory = bring(slack, connector, FAILED, kept[0])
    bring(slack, connector, VIDEO, memory)
    assert len(slack.messages()) == 1
