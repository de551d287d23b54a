"""The relay's own page in what is delivered: its address is ours alone, whatever a webhook's address says."""

import json
from pathlib import Path
from typing import Any

import pytest

import sandbox as sandboxes
from sandbox.slack.workspace import CHANNEL, TOKEN
from tests.web.site import Site
from tests.wire import Connection, RelayProcess, generation, signed, wait_until

PUBLIC = "https://relay.example.com"
STRANGER = "/webhooks/creativeai?job_url=https://evil.example/phishing&page=https://evil.example/phishing"
WAYS = {
    "incoming webhook": {"SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/abc"},
    "bot": {"SLACK_BOT_TOKEN": TOKEN, "SLACK_CHANNEL": CHANNEL},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("public_url", [PUBLIC, ""])
def test_slack_opens_our_page_where_there_is_one_and_never_a_strangers(
    data_dir: Path, way: str, public_url: str
) -> None:
    sandbox = sandboxes.serve()
    origins = f"https://slack.com={sandbox.url},https://hooks.slack.com={sandbox.url}"
    own = {"ORIGIN_MAP": origins, **({"PUBLIC_URL": public_url} if public_url else {})}
    try:
        with RelayProcess(data_dir, own | WAYS[way]) as relay, Connection(relay.port) as line:
            assert line.post(signed(generation("vgen_1", "failed"), path=STRANGER)).status == 202
            wait_until(lambda: relay.number("select count(*) from delivery where status = 'delivered'") == 1)
        (posted,) = [each for each in sandbox.received("slack") if "blocks" in each.body]
    finally:
        sandbox.stop()
    opened = [("Open job", f"{PUBLIC}/generations/vgen_1")] if public_url else []
    assert buttons(json.loads(posted.body)) == opened
    assert "evil.example" not in posted.body


def buttons(message: dict[str, Any]) -> list[tuple[str, str]]:
    actions = (block for block in message["blocks"] if block["type"] == "actions")
    return [(each["text"]["text"], each["url"]) for block in actions for each in block["elements"]]


def test_the_address_leads_to_the_last_delivery_of_a_generation_without_a_job(data_dir: Path) -> None:
    site = Site(data_dir, WEBHOOK_URL="https://n8n.example.com/webhook/x")
    try:
        site.post(generation("vgen_1"))
        answer = site.page("/generations/vgen_1")
        assert answer.status_code == 303
        assert "vgen_1" in site.page(answer.headers["Location"]).text
        assert site.page("/generations/nothing").status_code == 404
    finally:
        site.close()
