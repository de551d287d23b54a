"""Events: every documented webhook is read, and whatever else the vendor sends is kept, never refused."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.intake import events
from relay.models.core import Event, Output, Result, ResultStatus
from tests.reference.creativeai import webhook_samples
from tests.wire import generation

COMPLETED, FAILED, PROCESSING = ResultStatus.COMPLETED, ResultStatus.FAILED, ResultStatus.PROCESSING
CDN = "https://cdn.creativeai.run/output"


def parse(body: bytes | dict[str, Any], name: str = "", delivery_id: str = "", **headers: str) -> Event:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"x-creativeai-event": name, "x-creativeai-delivery-id": delivery_id} | headers
    return events.parse(
        raw, {n: v for n, v in given.items() if v}, label="shop", secret="KEY", received_at=1_700_000_000_000
    )


def only(body: dict[str, Any], name: str = "", delivery_id: str = "") -> Result:
    (result,) = parse(body, name, delivery_id).results
    return result


# ---- the reference's own webhooks


def documented(event: str) -> Event:
    sample = next(each for each in webhook_samples() if each.event == event)
    headers = {name.lower(): value for name, value in sample.headers.items()}
    return events.parse(sample.body.encode(), headers, label="", secret="KEY", received_at=1)


def test_every_documented_webhook_gives_results_that_lack_nothing() -> None:
    for sample in webhook_samples():
        event = documented(sample.event)
        assert (event.name, event.delivery_id) == (sample.event, sample.delivery_id)
        assert event.body == sample.body.encode()
        assert event.results
        for result in event.results:
            assert result.kind == sample.event.partition(".")[0]
            assert result.prompt
            assert result.credits is not None
            assert result.outputs if result.status is COMPLETED else result.error


def test_the_documented_video() -> None:
    event = documented("video.generation.completed")
    assert event.status == "completed"
    assert event.results == (
        Result(
            generation_id="vgen_mug1",
            status=COMPLETED,
            kind="video",
            outputs=(Output(f"{CDN}/mug1.mp4", "video/mp4"),),
            prompt="A clay mug turning on a wooden table, soft light",
            model="auto",
            model_actual="seedance-t2v",
            credits=30,
            completed_at="2026-02-03T09:12:30Z",
        ),
    )


def test_the_documented_failure() -> None:
    event = documented("video.generation.failed")
    assert event.status == "failed"
    assert event.results == (
        Result(
            generation_id="vgen_mug2",
            status=FAILED,
            kind="video",
            prompt="A clay mug falling in slow motion",
            model="auto",
            model_actual="kling-o3-pro-t2v",
            error="Video generation timed out after 10 minutes",
            error_code="generation_timeout",
            credits=0,
            credits_refunded=60,
            completed_at="2026-02-03T09:20:05Z",
        ),
    )


def test_the_documented_batch() -> None:
    event = documented("video.batch.completed")
    assert (event.delivery_id, event.status) == ("video_batch_mugs", "completed")
    assert [(r.generation_id, r.status, r.kind, r.vendor_batch_id, r.credits) for r in event.results] == [
        (f"vid_mug{n}", COMPLETED, "video", "video_batch_mugs", 30) for n in (1, 2, 3)
    ]
    assert [r.outputs[0].url for r in event.results] == [f"{CDN}/mug-{n}.mp4" for n in (1, 2, 3)]


def test_the_documented_image_and_voice() -> None:
    (image,) = documented("image.generation.completed").results
    assert (image.kind, image.outputs) == ("image", (Output(f"{CDN}/mug1.png", "image/png"),))
    (voice,) = documented("voice.generation.completed").results
    assert (voice.kind, voice.outputs) == ("voice", (Output(f"{CDN}/voice-mug1.mp3", "audio/mpeg"),))
    assert voice.prompt == "Meet the mug."


# ---- what makes it this event


def test_what_arrived_is_kept_as_it_was() -> None:
    raw = b' { "id" : "vgen_1",\n"status":"completed", "new_field": {"x": [1]} } '
    event = parse(raw, "video.generation.completed", "vgen_1", **{"content-type": "text/plain"})
    assert event.body == raw
    assert event.headers["content-type"] == "text/plain"
    assert (event.label, event.secret, event.received_at) == ("shop", "KEY", 1_700_000_000_000)
    assert event.digest == hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize(
    ("body", "header", "expected"),
    [
        ({"id": "vgen_1", "batch_id": "b_1"}, "from_header", "from_header"),
        ({"id": "vgen_1", "batch_id": "b_1"}, "", "vgen_1"),
        ({"id": "vgen_1"}, "  ", "vgen_1"),
        ({"batch_id": "b_1"}, "", "b_1"),
        ({"id": "", "batch_id": "b_1"}, "", "b_1"),
        ({"id": None, "batch_id": "b_1"}, "", "b_1"),
        ({"id": 4711}, "", "4711"),
        ({"id": 1234567890123456789012}, "", "1234567890123456789012"),
        ({"id": " vgen_1 "}, "", "vgen_1"),
    ],
)
def test_the_delivery_id_is_the_headers_then_the_bodys_then_the_batchs(
    body: dict[str, Any], header: str, expected: str
) -> None:
    assert parse(body, delivery_id=header).delivery_id == expected


@pytest.mark.parametrize("body", [{}, {"id": True}, {"id": 1.5}, {"id": ["vgen_1"]}, {"id": {"x": 1}}])
def test_without_any_id_the_bodys_hash_tells_two_events_apart(body: dict[str, Any]) -> None:
    event = parse(body)
    assert event.delivery_id == event.digest
    assert parse(body | {"x": 1}).delivery_id != event.delivery_id


def test_an_id_too_long_for_an_index_is_stood_in_for_by_its_hash() -> None:
    long = "v" * 100_000
    event = parse(generation(long))
    assert event.delivery_id == event.results[0].generation_id == hashlib.sha256(long.encode()).hexdigest()
    assert parse({}, delivery_id=long).delivery_id == event.delivery_id


# ---- the status


@pytest.mark.parametrize(
    ("word", "status"),
    [
        *((word, PROCESSING) for word in ("pending", "queued", "processing")),
        *((word, COMPLETED) for word in ("complete", "completed", "succeeded")),
        *((word, FAILED) for word in ("failed", "error")),
    ],
)
def test_every_documented_status_word_is_known_in_any_case(word: str, status: ResultStatus) -> None:
    for spelling in (word, word.upper(), word.title(), f" {word} "):
        event = parse(generation("vgen_1", spelling))
        assert event.status == status
        assert [result.status for result in event.results] == [status]


def test_an_unknown_status_is_kept_in_the_vendors_word_with_its_file() -> None:
    event = parse(generation("vgen_1", " Moonlit "))
    assert (event.status, event.results) == ("moonlit", ())
    (unclear,) = event.unclear
    assert (unclear.generation_id, unclear.word, unclear.links) == (
        "vgen_1",
        "Moonlit",
        (generation("vgen_1")["output_url"],),
    )
    assert len(parse(generation("vgen_1", "x" * 5_000)).status) == 200
    assert len(parse(generation("vgen_1", "x" * 5_000)).unclear[0].word) == 200


@pytest.mark.parametrize(
    ("status", "word"),
    [(None, ""), (5, "5"), (["odd"], '["odd"]'), ({"a": 1}, '{"a": 1}'), ("", ""), (True, "true")],
)
def test_without_a_known_status_the_events_name_ends_in_the_outcome(status: Any, word: str) -> None:
    assert only({"id": "comp_1", "status": status}, "compose.completed").status is COMPLETED
    assert only({"id": "comp_1", "status": status}, "compose.FAILED").status is FAILED
    for name in ("compose", ""):
        event = parse({"id": "comp_1", "status": status}, name)
        assert (event.status, event.results) == (word or name, ())
        assert event.unclear[0].word == word


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"output_url": f"{CDN}/a.mp4"}, COMPLETED),
        ({"status": None, "output_url": f"{CDN}/a.mp4"}, COMPLETED),
        ({"status": " ", "output_url": f"{CDN}/a.mp4"}, COMPLETED),
        ({"state": "SUCCEEDED", "output_url": None}, COMPLETED),
        ({"task_status": "failed"}, FAILED),
        ({"status": {"state": "completed"}}, COMPLETED),
        ({"status": ["completed"]}, COMPLETED),
        ({"status": {"name": "COMPLETED", "code": 2}}, COMPLETED),
        ({"status": {"value": "failed", "progress": 100}}, FAILED),
    ],
)
def test_a_status_is_found_where_it_is_and_a_file_that_nothing_contradicts_is_complete(
    body: dict[str, Any], status: ResultStatus
) -> None:
    assert only({"id": "vgen_1"} | body).status is status


def test_a_file_beside_an_error_is_not_taken_for_complete() -> None:
    event = parse({"id": "vgen_1", "output_url": f"{CDN}/a.mp4", "error": "Half of it is missing."})
    assert (event.results, event.unclear[0].links) == ((), (f"{CDN}/a.mp4",))


def test_an_outcome_in_the_events_name_saves_a_result_whose_status_word_is_new() -> None:
    assert only({"id": "vgen_1", "status": "moonlit"}, "video.generation.completed").status is COMPLETED
    assert only({"id": "vgen_1", "status": "moonlit"}, "video.generation.failed").status is FAILED


def test_a_status_word_that_we_know_counts_more_than_the_events_name() -> None:
    assert only({"id": "vgen_1", "status": "failed"}, "video.generation.completed").status is FAILED


# ---- names, kinds, unknown fields


@pytest.mark.parametrize(
    "name",
    ["", "video.generation.completed", "chart.generation.completed", "ping", "....", "é\u202e", "x" * 9_000],
)
def test_any_event_name_is_accepted(name: str) -> None:
    event = parse(generation("vgen_1"), name)
    assert event.name == name[:200]
    assert event.results[0].generation_id == "vgen_1"


@pytest.mark.parametrize(
    ("body", "name", "kind"),
    [
        ({"id": "x", "object": "image.generation"}, "video.generation.completed", "image"),
        ({"id": "x", "object": "Compose.Job"}, "", "compose"),
        ({"id": "img_1", "object": None}, "voice.generation.failed", "voice"),
        ({"id": "img_1", "object": "thing"}, "", "image"),
        ({"id": "vgen_i2v_1"}, "", "video"),
        ({"id": "vid_1"}, "", "video"),
        ({"id": "voice_1"}, "", "voice"),
        ({"id": "comp_1"}, "", "compose"),
        ({"id": "chart_1"}, "", "chart"),
        ({"id": "gen_1"}, "", "unknown"),
        ({"id": "bare"}, "", "unknown"),
        ({"id": "img_1", "object": ".x"}, "", "unknown"),
        ({"id": "img_1", "object": ["video.generation"]}, "", "image"),
    ],
)
def test_the_kind_is_the_objects_then_the_event_names_then_what_the_id_begins_with(
    body: dict[str, Any], name: str, kind: str
) -> None:
    assert only(body | {"status": "completed"}, name).kind == kind


def test_fields_that_nobody_knows_change_nothing() -> None:
    known = generation("vgen_1")
    unknown = {"adjusted_credits": 5, "debug": {"x": [None]}, "": "", "sound": True, "ж": "é" * 1000}
    assert parse(known | unknown).results == parse(known).results


# ---- what came of it


def urls(body: dict[str, Any]) -> list[str]:
    return [output.url for output in only({"id": "x", "status": "completed"} | body).outputs]


def test_the_output_is_output_url_else_every_link_in_data_else_url() -> None:
    four = [{"url": f"{CDN}/{n}.png"} for n in range(4)]
    assert urls({"output_url": f"{CDN}/a.mp4", "data": four, "url": f"{CDN}/b.mp4"}) == [f"{CDN}/a.mp4"]
    assert urls({"output_url": None, "data": four, "url": f"{CDN}/b.mp4"}) == [
        f"{CDN}/{n}.png" for n in range(4)
    ]
    assert urls({"data": [], "url": f"{CDN}/b.mp4"}) == [f"{CDN}/b.mp4"]
    assert urls({}) == []


def test_what_is_no_link_is_no_output_and_hides_none_that_is() -> None:
    odd = [None, "text", 5, {"url": None}, {"url": 5}, {"b64_json": "AAAA"}, {"url": f"{CDN}/a.png"}, []]
    assert urls({"output_url": "", "data": odd}) == [f"{CDN}/a.png"]
    assert urls({"output_url": "javascript:alert(1)", "url": f"{CDN}/b.mp4"}) == [f"{CDN}/b.mp4"]
    assert urls({"output_url": "/output/a.mp4", "data": {"url": "x"}, "url": ["x"]}) == []
    assert urls({"output_url": "file:///etc/passwd", "data": "x", "url": "data:text/html,x"}) == []
    assert urls({"output_url": "https:///a.mp4", "data": "https:", "url": "//"}) == []


@pytest.mark.parametrize(
    ("spelled", "link"),
    [
        (f" {CDN}/a.mp4 ", f"{CDN}/a.mp4"),
        (f"\n{CDN}/a.mp4\r\n", f"{CDN}/a.mp4"),
        (f"\u00a0{CDN}/a.mp4\u200b", f"{CDN}/a.mp4"),
        (f"\ufeff{CDN}/a.mp4", f"{CDN}/a.mp4"),
        (f"{CDN}/a\n.mp4", f"{CDN}/a.mp4"),
        (f"{CDN}/my cat.mp4?at=1 2", f"{CDN}/my%20cat.mp4?at=1%202"),
        ("HTTPS://cdn.creativeai.run/A.mp4", "https://cdn.creativeai.run/A.mp4"),
        ("Http://cdn.creativeai.run/a.mp4", "http://cdn.creativeai.run/a.mp4"),
        ("//cdn.creativeai.run/a.mp4", "https://cdn.creativeai.run/a.mp4"),
        (" //cdn.creativeai.run/a.mp4", "https://cdn.creativeai.run/a.mp4"),
        ([f"{CDN}/a.mp4"], f"{CDN}/a.mp4"),
        ({"url": f"{CDN}/a.mp4"}, f"{CDN}/a.mp4"),
        (f'"{CDN}/a.mp4"', f"{CDN}/a.mp4"),
        (f"<{CDN}/a.mp4>,", f"{CDN}/a.mp4"),
        (f'["{CDN}/a.mp4"]', f"{CDN}/a.mp4"),
        (f"{CDN}/a.mp4?of=https://x.test/b,https://c", f"{CDN}/a.mp4?of=https://x.test/b,https://c"),
    ],
)
def test_a_link_is_a_link_however_it_is_spelled(spelled: Any, link: str) -> None:
    assert urls({"output_url": spelled}) == [link]
    assert urls(
        {"output_url": None, "data": [spelled]} if isinstance(spelled, str) else {"url": spelled}
    ) == [link]


@pytest.mark.parametrize("between", [" ", "\n", ", ", " ;\r\n", '","', '", "'])
def test_several_links_in_one_text_are_as_many_files(between: str) -> None:
    both = [f"{CDN}/a.mp4", "HTTPS://cdn.creativeai.run/b.mp4"]
    assert urls({"output_url": between.join(both)}) == [f"{CDN}/a.mp4", "https://cdn.creativeai.run/b.mp4"]
    assert urls({"output_url": None, "data": [between.join(both)]})[1:] == [
        "https://cdn.creativeai.run/b.mp4"
    ]


@pytest.mark.parametrize(
    ("ending", "mime"),
    [
        ("a.mp4", "video/mp4"),
        ("a.PNG", "image/png"),
        ("a.jpg?token=x.gif", "image/jpeg"),
        ("a.webp#t=1.mp4", "image/webp"),
        ("a.wav", "audio/wav"),
        ("a", ""),
        ("a.exe", ""),
    ],
)
def test_a_files_type_is_told_by_its_ending(ending: str, mime: str) -> None:
    assert only({"id": "x", "status": "completed", "output_url": f"{CDN}/{ending}"}).outputs[0].type == mime


@pytest.mark.parametrize(
    ("fields", "error", "code"),
    [
        ({"error": {"message": "Timed out", "type": "server_error", "code": "t_o"}}, "Timed out", "t_o"),
        ({"error": {"message": "Timed out", "type": "server_error"}}, "Timed out", "server_error"),
        ({"error_message": "Timed out"}, "Timed out", ""),
        ({"error": {"message": "This", "code": "c"}, "error_message": "That"}, "This", "c"),
        ({"error": {"code": "c"}, "error_message": "That"}, "That", "c"),
        ({"error": "Timed out"}, "Timed out", ""),
        ({"error": None, "error_message": None}, "", ""),
        ({"error": ["x"], "error_message": {"x": 1}}, "", ""),
        ({"error": {"message": 5, "code": ["x"], "type": None}}, "", ""),
    ],
)
def test_both_shapes_of_an_error_are_read(fields: dict[str, Any], error: str, code: str) -> None:
    result = only({"id": "x", "status": "failed"} | fields)
    assert (result.error, result.error_code) == (error, code)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (30, 30.0),
        (0, 0.0),
        (2.5, 2.5),
        (-1, -1.0),
        ("30", None),
        (None, None),
        (True, None),
        ([], None),
        (10**290, 1e290),
        (10**400, None),
    ],
)
def test_credits_are_what_the_vendor_said_or_unknown(value: Any, expected: float | None) -> None:
    result = only({"id": "x", "status": "failed", "credits": value, "credits_refunded": value})
    assert (result.credits, result.credits_refunded) == (expected, expected)


def test_a_voices_text_is_its_prompt() -> None:
    assert only({"id": "voice_1", "status": "COMPLETED", "type": "VOICE", "text": "Hello"}).prompt == "Hello"
    assert only({"id": "x", "status": "completed", "prompt": "P", "text": "T"}).prompt == "P"


# ---- batches


def batch(*jobs: Any, **fields: Any) -> dict[str, Any]:
    return {
        "batch_id": "video_batch_1",
        "object": "video.batch",
        "status": "completed",
        "jobs": list(jobs),
    } | fields


def job(number: int, status: str = "completed", **fields: Any) -> dict[str, Any]:
    return {"id": f"vid_{number}", "status": status, "output_url": f"{CDN}/{number}.mp4"} | fields


def statuses(body: dict[str, Any], name: str = "") -> list[tuple[str, str]]:
    return [(result.generation_id, result.status.value) for result in parse(body, name).results]


def test_a_batchs_children_have_their_own_outcome_whatever_its_status_says() -> None:
    error = {"message": "Blocked", "code": "content_policy_violation"}
    body = batch(
        job(1), job(2, "FAILED", output_url=None, error=error), job(3, "processing"), completed=1, failed=1
    )
    for status in ("completed", "failed", "partially_completed", None):
        assert statuses(body | {"status": status}) == [
            ("vid_1", "completed"),
            ("vid_2", "failed"),
            ("vid_3", "processing"),
        ]
    failed = parse(body).results[1]
    assert (failed.error, failed.error_code) == ("Blocked", "content_policy_violation")
    assert {result.vendor_batch_id for result in parse(body).results} == {"video_batch_1"}


def test_a_batch_never_gives_a_result_of_its_own() -> None:
    assert statuses(batch()) == []
    assert statuses(batch(jobs=None)) == []
    assert statuses({"batch_id": "video_batch_1", "status": "completed"}, "video.batch.completed") == []
    assert parse(batch()).delivery_id == "video_batch_1"


def test_children_that_cannot_be_read_do_not_hide_the_others_and_are_not_dropped() -> None:
    odd = [None, 5, "vid_9", [], {}, {"id": None, "status": "completed"}, {"id": "vid_8"}, job(7, "moonlit")]
    assert statuses(batch(*odd, job(1))) == [("vid_1", "completed")]
    unclear = parse(batch(*odd, job(1))).unclear
    assert [(each.generation_id, each.word, each.vendor_batch_id) for each in unclear] == [
        ("video_batch_1", "completed", "video_batch_1"),
        ("vid_8", "", "video_batch_1"),
        ("vid_7", "moonlit", "video_batch_1"),
    ]
    assert unclear[2].links


@pytest.mark.parametrize(
    ("body", "word", "links"),
    [
        (batch({"status": "SUCCESS", "output_url": f"{CDN}/1.mp4"}), "completed", (f"{CDN}/1.mp4",)),
        (batch({"status": "moonlit"}), "moonlit", ()),
        (batch(), "completed", ()),
        (batch(status="failed", jobs=None), "failed", ()),
        (batch(jobs={"vid_1": job(1)}), "completed", ()),
        ({"batch_id": "video_batch_1", "status": "done", "videos": [job(1)]}, "completed", ()),
        ({"batch_id": "video_batch_1", "status": "moonlit"}, "moonlit", ()),
    ],
)
def test_what_a_batch_says_of_no_generation_by_its_id_is_left_open_and_not_dropped(
    body: dict[str, Any], word: str, links: tuple[str, ...]
) -> None:
    event = parse(body)
    (unclear,) = event.unclear
    assert event.results == ()
    assert (unclear.generation_id, unclear.vendor_batch_id) == ("video_batch_1", "video_batch_1")
    assert (unclear.word, unclear.links) == (word, links)


@pytest.mark.parametrize("body", [batch(status="queued"), batch({"status": "pending"}, status="processing")])
def test_a_batch_on_its_way_leaves_nothing_open(body: dict[str, Any]) -> None:
    assert (parse(body).results, parse(body).unclear) == ((), ())


def test_a_child_is_known_by_whatever_field_holds_its_id() -> None:
    assert statuses(
        batch({"generation_id": "vid_1", "status": "SUCCESS"}, {"task_id": 7, "status": "fail"})
    ) == [
        ("vid_1", "completed"),
        ("7", "failed"),
    ]


def test_twenty_children_give_twenty_results_in_their_order() -> None:
    assert statuses(batch(*map(job, range(20)))) == [(f"vid_{n}", "completed") for n in range(20)]


@pytest.mark.parametrize(
    "parent",
    [
        {"batch_id": None, "id": "video_batch_1"},
        {"batch_id": "video_batch_1", "id": "video_batch_1"},
        {"batch_id": None},
        {"batch_id": 17},
        {"object": None},
        {"object": None, "id": "video_batch_1"},
        {"object": None, "batch_id": None},
        {"object": None, "batch_id": None, "id": ""},
        {"object": "video.generation", "batch_id": "video_batch_1"},
    ],
)
def test_a_batch_is_expanded_however_it_names_itself(parent: dict[str, Any]) -> None:
    event = parse(batch(job(1), job(2)) | parent)
    assert [result.generation_id for result in event.results] == ["vid_1", "vid_2"]
    assert {result.vendor_batch_id for result in event.results} == {event.delivery_id}


def test_a_generation_that_tells_of_other_jobs_is_no_batch() -> None:
    body = generation("vgen_1", jobs=[job(1), job(2)])
    assert statuses(body) == [("vgen_1", "completed")]


@pytest.mark.parametrize(
    ("fields", "child", "name", "kind"),
    [
        ({}, {}, "", "video"),
        ({"object": None}, {}, "video.batch.completed", "video"),
        ({"object": None}, {}, "", "video"),
        ({"object": None}, {"id": "img_1"}, "", "image"),
        ({"object": "mixed.batch"}, {"object": "image.generation"}, "", "image"),
    ],
)
def test_a_childs_kind_is_its_own_then_its_batchs_then_what_its_id_begins_with(
    fields: dict[str, Any], child: dict[str, Any], name: str, kind: str
) -> None:
    (result,) = parse(batch(job(1, **child)) | fields, name).results
    assert result.kind == kind


def test_a_generation_of_a_batch_that_calls_back_by_itself_names_its_batch() -> None:
    result = only(generation("vid_1", batch_id="video_batch_1"))
    assert (result.generation_id, result.vendor_batch_id) == ("vid_1", "video_batch_1")


# ---- anything


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    *("id", "batch_id", "status", "object", "output_url", "data", "url", "jobs", "error", "error_message"),
    *("credits", "credits_refunded", "prompt", "text", "model", "model_actual", "completed_at", "type"),
)
WORDS = st.sampled_from(["completed", "FAILED", "pending", "vid_1", "https://x.example/a.png", "video.batch"])
OBJECT = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), ANYTHING | WORDS, max_size=12)


@pytest.mark.slow
@given(
    OBJECT,
    st.lists(OBJECT | ANYTHING, max_size=3),
    st.text(st.characters(max_codepoint=255), max_size=30),
    st.text(st.characters(max_codepoint=255), max_size=300),
)
def test_known_fields_of_any_type_never_break_it(
    body: dict[str, Any], jobs: list[Any], name: str, delivery_id: str
) -> None:
    for value in (body, body | {"jobs": jobs}, body | {"data": jobs}):
        event = parse(value, name, delivery_id)
        for text in (event.delivery_id, event.status, event.name):
            text.encode()
            assert len(text) <= 200
        assert event.delivery_id
        for result in event.results:
            assert 0 < len(result.generation_id) <= 200
            repr(result).encode()
            assert all(output.url.startswith(("https://", "http://")) for output in result.outputs)
