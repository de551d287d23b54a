"""Files that hang at the vendor's CDN hold up nobody: a real relay, its archive, and real sockets."""

import time
from pathlib import Path

import pytest

from tests.files import samples
from tests.wire import Answer, Call, Connection, Receiver, RelayProcess, generation, signed, wait_until

pytestmark = pytest.mark.slow

CDN = "https://cdn.creativeai.run"
RESULTS = 50
SECONDS = 5.0
DELIVERED = "select count(*) from delivery where status = 'delivered'"
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


def post_all(relay: RelayProcess) -> dict[str, int]:
    """When the webhook of each was sent, by time.perf_counter_ns()."""
    posted = {}
    with Connection(relay.port) as connection:
        for number in range(RESULTS):
            posted[name(number)] = time.perf_counter_ns()
            assert connection.post(signed(generation(name(number)))).status == 202
    return posted
