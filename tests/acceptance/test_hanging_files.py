"""Files that hang at the vendor's CDN hold up nobody: a real relay, its archive, and real sockets."""

import time
from pathlib import Path

import pytest

from sandbox import ORIGINS, Config, Sandbox, serve
from tests.files import samples
from tests.wire import Answer, Call, Connection, Receiver, RelayProcess, generation, signed, wait_until
from tests.wire.vendor import PATH

pytestmark = pytest.mark.slow

CDN = "https://cdn.creativeai.run"
RESULTS = 50
SECONDS = 5.0
DELIVERED = "select count(*) from delivery where status = 'delivered'"
NO_TURN_SECONDS = 40.0  # half of what eight hanging files take, one after the other
VIDEO = Answer(body=samples.MP4, headers={"Content-Type": "video/mp4"})


def name(number: int) -> str:
    return f"vgen_{number:02}"


@pytest.mark.parametrize("hanging", [3, 20])
def test_the_results_beside_hanging_files_arrive_within_seconds_with_their_copies(
    tmp_path: Path, hanging: int
) -> None:
    """The hanging ones come first, and each of their calls is silent until it is given up."""
    silent = {f"/output/{name(number)}.mp4" for number in range(hanging)}

    def cdn_answer(call: Call) -> Answer:
        return Answer(after=600) if call.path in silent else VIDEO

    with Receiver(cdn_answer) as cdn, Receiver() as destination:
        environment = {
            "ARCHIVE": "local",
            "PUBLIC_URL": "https://relay.example.com",
            "WEBHOOK_URL": destination.url(),
            "ALLOWED_HOSTS": destination.host,
            "ORIGIN_MAP": f"{CDN}=http://{cdn.host}",
        }
        with RelayProcess(tmp_path / "data", environment) as relay:
            posted = post_all(relay)
            wait_until(lambda: relay.number(DELIVERED) == RESULTS, seconds=60)
    assert len(destination.calls) == RESULTS
    calls = {call.json["data"]["generation_id"]: call for call in destination.calls}
    took = {each: (calls[each].at - posted[each]) / 1e9 for each in posted}
    healthy = [name(number) for number in range(hanging, RESULTS)]
    assert {each: took[each] for each in healthy if took[each] > SECONDS} == {}
    assert max(took.values()) < SECONDS + 2  # those that hang, with the vendor's link
    links = {each: str(calls[each].json["data"]["outputs"][0]["url"]) for each in posted}
    assert [each for each in healthy if not links[each].startswith("https://relay.example.com/files/")] == []
    assert [links[name(number)] for number in range(hanging)] == [
        f"{CDN}/output/{name(number)}.mp4" for number in range(hanging)
    ]


def test_hanging_files_take_no_turn_of_a_store_which_has_one_at_a_time(tmp_path: Path) -> None:
    """Shopify gets the bytes, and here there is no copy: each file is fetched for its delivery.

    In the store's turn, eight hanging files that come first would keep all others waiting for 80 seconds.
    """
    hanging, results = 8, 24  # as many as Shopify's own limit of calls lets through at once
    silent = {f"/output/{name(number)}.mp4" for number in range(hanging)}

    def cdn_answer(call: Call) -> Answer:
        return Answer(after=600) if call.path in silent else VIDEO

    sandbox = serve(config=Config(paced=False, speed=1000))
    try:
        with Receiver(cdn_answer) as cdn:
            origins = dict.fromkeys(ORIGINS, sandbox.url) | {CDN: f"http://{cdn.host}"}
            environment = {
                "ORIGIN_MAP": ",".join(f"{origin}={url}" for origin, url in origins.items()),
                "SHOPIFY_SHOP": "sandbox.myshopify.com",
                "SHOPIFY_CLIENT_ID": "sandbox",
                "SHOPIFY_CLIENT_SECRET": "a secret of the store",
            }
            with RelayProcess(tmp_path / "data", environment) as relay:
                began = time.monotonic()
                post_all(relay, results, query="sku=MUG-1")
                wait_until(lambda: attached(sandbox) == results - hanging, 80, 0.2)
                took = time.monotonic() - began
                sentences = "select count(distinct delivery_id) from attempt where message like ?"
                wait_until(lambda: relay.number(sentences, "%gave no file%") == hanging)
    finally:
        sandbox.stop()
    assert took < NO_TURN_SECONDS


def attached(sandbox: Sandbox) -> int:
    return sum("RelayAttach" in each.body for each in sandbox.received("shopify"))


def post_all(relay: RelayProcess, results: int = RESULTS, query: str = "") -> dict[str, int]:
    """When the webhook of each was sent, by time.perf_counter_ns()."""
    posted = {}
    with Connection(relay.port) as connection:
        for number in range(results):
            posted[name(number)] = time.perf_counter_ns()
            webhook = signed(generation(name(number)), path=f"{PATH}?{query}")
            assert connection.post(webhook).status == 202
    return posted
