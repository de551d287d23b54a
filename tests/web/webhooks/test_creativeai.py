"""Webhooks come in: what is answered 2xx is on disk, what is not ours leaves no trace, nothing is a 500."""

import contextlib
import html
import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.generation.adopt import running_elsewhere
from relay.models.job import JobStatus
from relay.web.webhooks.creativeai import LARGEST_BODY
from tests.intake.test_events import ANYTHING, FIELDS, OBJECT
from tests.web.site import N8N, PATH, Site
from tests.wire import SECRET, generation, sign

OpenSite = Callable[..., Site]
in_one_site = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def padded(size: int) -> bytes:
    """A correct webhook of exactly `size` bytes."""
    empty = len(json.dumps(generation("vgen_1", prompt="")))
    body = json.dumps(generation("vgen_1", prompt="x" * (size - empty))).encode()
    assert len(body) == size
    return body


# ---- taken


def test_a_new_webhook_is_202_and_all_of_it_is_on_disk(site: Site) -> None:
    raw = b' {"id":"vgen_1", "status":"completed",\n "later": [1.50, "\\u00e9"]}\n'
    answer = site.post(
        raw,
        path=f"{PATH}/shop%201",
        headers={
            "X-CreativeAI-Event": "video.generation.completed",
            "X-CreativeAI-Delivery-Id": "vgen_1",
            "X-CreativeAI-Attempt": "2",
            "User-Agent": "CreativeAI/1",
            "Cookie": "not=kept",
            "Authorization": "Bearer not-kept",
        },
    )
    assert answer.status_code == 202
    assert answer.get_json()["new"] is True
    ((event_id, delivery_id, status, name, label, secret),) = site.rows(
        "select id, delivery_id, status, name, label, secret from event"
    )
    assert answer.get_json()["event"] == event_id
    assert (delivery_id, status, name) == ("vgen_1", "completed", "video.generation.completed")
    assert (label, secret) == ("shop 1", "CREATIVEAI_WEBHOOK_SECRET")
    ((headers, body),) = site.rows("select headers, body from event_body where event_id = ?", event_id)
    assert body == raw
    assert json.loads(headers)["x-creativeai-attempt"] == "2"
    assert not json.loads(headers).keys() & {"cookie", "authorization", "host"}
    assert site.deliveries() == [("vgen_1", "completed", "pending")]


def test_the_same_webhook_again_is_200_with_the_first_events_id(site: Site) -> None:
    first = site.post(generation("vgen_1"))
    for _ in range(3):
        again = site.post(generation("vgen_1"))
        assert again.status_code == 200
        assert again.get_json() == {"event": first.get_json()["event"], "new": False}
    assert site.rows("select repeats, changed from event") == [(3, 0)]
    assert len(site.deliveries()) == 1


def test_another_body_under_a_known_id_and_status_is_counted_and_logged_and_the_first_is_kept(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first = site.post(generation("vgen_1", prompt="one"))
    assert site.post(generation("vgen_1", prompt="two")).get_json()["event"] == first.get_json()["event"]
    assert site.rows("select repeats, changed from event") == [(1, 1)]
    ((body,),) = site.rows("select body from event_body")
    assert json.loads(body)["prompt"] == "one"
    assert [vars(record)["changed"] for record in caplog.records] == [False, True]


def test_status_is_part_of_what_makes_an_event_known_in_whatever_spelling(site: Site) -> None:
    assert site.post(generation("vgen_1", "processing")).status_code == 202
    assert site.post(generation("vgen_1", "COMPLETED")).status_code == 202
    assert site.post(generation("vgen_1", "succeeded")).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "text/xml; charset=\xff",
        ";;;",
        "application/vnd.creativeai+json",
    ],
)
def test_any_content_type_is_accepted(site: Site, content_type: str) -> None:
    assert site.post(generation("vgen_1"), headers={"Content-Type": content_type}).status_code == 202
    ((body,),) = site.rows("select body from event_body")
    assert json.loads(body)["id"] == "vgen_1"


@pytest.mark.parametrize(
    ("path", "label"),
    [
        (PATH, ""),
        (f"{PATH}/", ""),
        (f"{PATH}/video", "video"),
        (f"{PATH}/video/", "video"),
        (f"{PATH}/%E2%9C%93", "\u2713"),
        (f"{PATH}/shop%2Fmugs", "shop/mugs"),
        (f"{PATH}/%22%3E%3Cscript%3E", '"><script>'),
        (f"{PATH}/%FF%ED%A0%80%00", None),
        (f"{PATH}/{'x' * 5_000}", "x" * 200),
        (f"{PATH}?sku=1&row=2", ""),
    ],
)
def test_the_last_part_of_the_address_is_a_label_of_any_kind(
    site: Site, path: str, label: str | None
) -> None:
    assert site.post(generation("vgen_1"), path=path).status_code == 202
    ((kept,),) = site.rows("select label from event")
    assert label is None or kept == label


def test_what_stands_behind_the_question_mark_is_the_generations_context(site: Site) -> None:
    site.post(generation("vgen_1", "processing"), path=f"{PATH}/video?sku=MUG-1&title=M%C3%BCsli+bowl")
    site.post(generation("vgen_1"), path=f"{PATH}?sku=OTHER&row=7")
    ((kept,),) = site.rows("select context from generation")
    assert json.loads(kept) == {"sku": "MUG-1", "title": "Müsli bowl", "row": "7"}


@pytest.mark.parametrize(
    ("secret", "name"),
    [
        ("the-new-secret", "CREATIVEAI_WEBHOOK_SECRET"),
        ("the-old-secret", "CREATIVEAI_WEBHOOK_SECRET_PREVIOUS"),
        ("rph_live_key", "CREATIVEAI_API_KEY"),
    ],
)
def test_each_configured_secret_is_accepted_and_only_its_name_is_kept(
    open_site: OpenSite, secret: str, name: str
) -> None:
    site = open_site(
        CREATIVEAI_WEBHOOK_SECRET="the-new-secret",
        CREATIVEAI_WEBHOOK_SECRET_PREVIOUS="the-old-secret",
        CREATIVEAI_API_KEY="rph_live_key",
    )
    assert site.post(generation("vgen_1"), secret=secret).status_code == 202
    assert site.rows("select secret from event") == [(name,)]
    site.close()
    kept = b"".join(path.read_bytes() for path in site.database.parent.glob("relay.db*"))
    assert secret.encode() not in kept


def test_many_at_once_are_each_on_disk_and_of_equals_one_is_new(site: Site) -> None:
    answers: list[int] = []

    def send(number: int) -> None:
        body = json.dumps(generation(f"vgen_{number % 8}")).encode()
        client = site.app.test_client()
        answers.append(
            client.post(PATH, data=body, headers={"X-CreativeAI-Signature": sign(body)}).status_code
        )

    threads = [threading.Thread(target=send, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] * 32 + [202] * 8
    assert site.count("event") == 8
    assert site.rows("select sum(repeats) from event") == [(32,)]


# ---- dedup on results, order, batches


def batch(*jobs: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"batch_id": "b_1", "object": "video.batch", "status": "completed", "jobs": list(jobs)} | fields


def job(name: str, status: str = "completed") -> dict[str, Any]:
    return {"id": name, "status": status, "output_url": f"https://cdn.creativeai.run/{name}.mp4"}


def test_a_batch_owes_one_delivery_per_child_by_the_childs_own_outcome(site: Site) -> None:
    jobs = job("vid_1"), job("vid_2", "failed"), job("vid_3", "processing")
    assert site.post(batch(*jobs)).status_code == 202
    assert site.deliveries() == [("vid_1", "completed", "pending"), ("vid_2", "failed", "pending")]
    assert site.count("event") == 1


def test_a_batch_that_comes_again_with_more_children_done_owes_only_the_new_ones(site: Site) -> None:
    first = site.post(batch(job("vid_1"), job("vid_2", "processing")))
    again = site.post(batch(job("vid_1"), job("vid_2")))
    assert (again.status_code, again.get_json()["event"]) == (200, first.get_json()["event"])
    assert site.deliveries() == [("vid_1", "completed", "pending"), ("vid_2", "completed", "pending")]


@pytest.mark.parametrize("child_first", [False, True])
def test_a_child_that_also_calls_back_by_itself_is_delivered_once(site: Site, child_first: bool) -> None:
    bodies = [batch(job("vid_1"), job("vid_2")), generation("vid_1")]
    for body in reversed(bodies) if child_first else bodies:
        assert site.post(body).status_code == 202
    assert site.deliveries() == [("vid_1", "completed", "pending"), ("vid_2", "completed", "pending")]


def test_a_captured_webhook_with_other_unsigned_headers_owes_nothing_new(site: Site) -> None:
    """The headers are not signed: whoever captured one may send it with any delivery id and name."""
    site.post(generation("vgen_1"))
    forged = {"X-CreativeAI-Delivery-Id": "other", "X-CreativeAI-Event": "video.generation.failed"}
    assert site.post(generation("vgen_1"), headers=forged).status_code == 202
    assert site.deliveries() == [("vgen_1", "completed", "pending")]


def test_completed_takes_the_place_of_a_failure_that_was_not_yet_delivered(site: Site) -> None:
    site.post(generation("vgen_1", "failed"))
    site.post(generation("vgen_1", "completed"))
    assert site.deliveries() == [("vgen_1", "completed", "pending"), ("vgen_1", "failed", "skipped")]


def test_a_failure_that_comes_late_is_kept_and_goes_nowhere(site: Site) -> None:
    site.post(generation("vgen_1", "completed"))
    assert site.post(generation("vgen_1", "failed")).status_code == 202
    assert site.deliveries() == [("vgen_1", "completed", "pending"), ("vgen_1", "failed", "skipped")]


def test_what_nobody_can_read_today_is_kept_for_tomorrow(site: Site) -> None:
    for number, body in enumerate(({}, {"id": "x", "status": "moonlit"}, {"status": ["?"], "data": 5})):
        headers = {"X-CreativeAI-Event": "hologram.melted"}
        assert site.post(body, headers=headers).status_code == 202, number
    assert site.count("event_body") == 3
    assert site.deliveries() == []


def test_a_new_status_word_with_a_known_outcome_in_the_events_name_still_arrives(site: Site) -> None:
    site.post({"id": "comp_1", "status": "moonlit"}, headers={"X-CreativeAI-Event": "compose.completed"})
    assert site.deliveries() == [("comp_1", "completed", "pending")]


def test_without_a_connection_results_are_kept_all_the_same(open_site: OpenSite) -> None:
    site = open_site()
    assert site.post(generation("vgen_1")).status_code == 202
    assert (site.count("result"), site.count("delivery")) == (1, 0)


# ---- refused


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "sha256=",
        "sha256=0",
        "x" * 9_000,
        "sha256=" + "g" * 64,
        "sha256=" + "\xff" * 64,
        sign(b"other"),
    ],
)
def test_what_nobody_we_know_signed_is_401_and_leaves_no_trace(site: Site, signature: str | None) -> None:
    headers = {} if signature is None else {"X-CreativeAI-Signature": signature}
    answer = site.post(generation("vgen_1"), secret=None, headers=headers)
    assert answer.status_code == 401
    assert answer.get_json()["error"].startswith("Not accepted: ")
    assert (site.count("event"), site.count("result")) == (0, 0)


def test_the_signature_is_of_the_bytes_and_not_of_what_they_mean(site: Site) -> None:
    body = json.dumps(generation("vgen_1"))
    respelled = json.dumps(json.loads(body), indent=1).encode()
    answer = site.post(respelled, headers={"X-CreativeAI-Signature": sign(body.encode())})
    assert answer.status_code == 401


def test_the_signature_is_judged_before_anything_is_parsed(site: Site) -> None:
    for body in (b"not json", b"\xff", b"[" * 500_000, b'{"a":' * 100_000, b""):
        assert site.post(body, secret="another secret").status_code == 401


def test_the_signature_is_judged_before_the_database_is_touched(open_site: OpenSite, tmp_path: Path) -> None:
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "relay.db").write_bytes(b"not a database" * 1000)
    site = open_site(tmp_path / "damaged", migrate=False)
    assert site.post(generation("vgen_1"), secret="another secret").status_code == 401
    assert site.post(generation("vgen_1")).status_code == 503


def test_without_any_secret_configured_everything_is_refused_with_what_to_do(open_site: OpenSite) -> None:
    site = open_site(CREATIVEAI_WEBHOOK_SECRET="")
    answer = site.post(generation("vgen_1"), secret="")
    assert answer.status_code == 401
    assert "CREATIVEAI_WEBHOOK_SECRET" in answer.get_json()["error"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"not json",
        b"id=vgen_1&status=completed",
        b"<xml/>",
        b"\x1f\x8b\x08\x00",
        b"\xff\xfe\xff",
        b"[" * 100_000,
        b'{"a":' * 100 + b"1" + b"}" * 100,
    ],
)
def test_authentic_bytes_that_hold_no_event_are_kept_for_a_person_to_see(site: Site, body: bytes) -> None:
    answer = site.post(body, headers={"X-CreativeAI-Delivery-Id": "vgen_1"})
    assert answer.status_code == 202
    assert site.rows("select delivery_id, status from event") == [("vgen_1", "unreadable")]
    assert site.rows("select body from event_body") == [(body,)]
    assert site.count("result") == 0
    site.post(generation("vgen_1"))
    assert [row[0] for row in site.rows("select generation_id from result")] == ["vgen_1"]


WHOLE = json.dumps(generation("vgen_1", prompt="Caf\u00e9"), ensure_ascii=False)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (WHOLE.encode("utf-8-sig"), "application/json"),
        (WHOLE.encode("utf-16"), "application/json"),
        (WHOLE.encode("latin-1"), "application/json; charset=iso-8859-1"),
        (WHOLE.encode("latin-1"), "application/json"),
        (WHOLE.encode(), "application/json; charset=nonsense"),
        (f"[{WHOLE}]".encode(), "application/json"),
        (json.dumps(WHOLE).encode(), "application/json"),
        (b'{"event": "video.generation.completed", "data": %s}' % WHOLE.encode(), "application/json"),
        (WHOLE.replace('"credits": 30', '"credits": NaN').encode(), "application/json"),
        (WHOLE.replace('"status"', '"status": "processing", "status"').encode(), "application/json"),
        (WHOLE.replace('"completed"', '"SUCCESS"').encode(), "application/json"),
        (WHOLE.replace("https:", " HTTPS:").encode(), "application/json"),
    ],
    ids=[
        *("bom", "utf-16", "latin-1", "latin-1 unsaid", "charset unknown", "list", "json in json"),
        *("envelope", "NaN", "a name twice", "synonym", "link"),
    ],
)
def test_an_authentic_webhook_gives_its_result_however_it_is_written(
    site: Site, body: bytes, content_type: str
) -> None:
    assert site.post(body, headers={"Content-Type": content_type}).status_code == 202
    ((generation_id, status, details),) = site.rows("select generation_id, status, details from result")
    assert (generation_id, status) == ("vgen_1", "completed")
    assert json.loads(details)["outputs"][0][0] == generation("vgen_1")["output_url"]


def test_a_list_of_events_gives_the_result_of_each(site: Site) -> None:
    body = json.dumps([generation("vgen_1"), generation("vgen_2", "failed"), generation(3, "moonlit")])
    assert site.post(body.encode(), headers={"X-CreativeAI-Delivery-Id": "dlv_7"}).status_code == 202
    assert site.rows("select generation_id, status from result order by 1") == [
        ("vgen_1", "completed"),
        ("vgen_2", "failed"),
    ]
    assert site.rows("select delivery_id, status from event") == [("dlv_7", "completed")]


def test_a_body_of_one_megabyte_is_taken_whole_and_one_byte_more_is_413(site: Site) -> None:
    largest = padded(LARGEST_BODY)
    assert site.post(largest).status_code == 202
    assert site.rows("select body from event_body") == [(largest,)]
    answer = site.post(padded(LARGEST_BODY + 1))
    assert answer.status_code == 413
    assert "Nothing was stored" in answer.get_json()["error"]
    assert site.count("event") == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_only_post_is_for_webhooks(site: Site, method: str) -> None:
    assert site.client.open(PATH, method=method).status_code == 405


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("//webhooks/creativeai", ""),
        ("/webhooks//creativeai", ""),
        ("///webhooks///creativeai///", ""),
        ("/webhooks/creativeai//", ""),
        ("//webhooks/creativeai//video//", "video"),
        ("/webhooks/creativeai/a/b", "a/b"),
        ("/Webhooks/CreativeAI", ""),
        ("webhooks/creativeai", ""),
        ("/webhooks/creativeai ", ""),
        ("/webhooks/creativeai\n", ""),
        ("/webhooks/creativeai/ video ", "video"),
        ("/./webhooks/creativeai/.", ""),
        ("/webhooks/creativeai\u00e2\u0080\u008b", ""),  # a zero width space
        ('/webhooks/creativeai",', ""),
        ("/webhooks/creativeai/video;x", "video;x"),
    ],
)
def test_a_sign_too_many_in_the_address_loses_no_webhook(site: Site, path: str, label: str) -> None:
    body = json.dumps(generation("vgen_1")).encode()
    answer = site.client.post(
        "/", data=body, headers={"X-CreativeAI-Signature": sign(body)}, environ_overrides={"PATH_INFO": path}
    )
    assert answer.status_code == 202
    assert site.rows("select label from event") == [(label,)]


@pytest.mark.parametrize(
    ("path", "query", "context"),
    [
        ("/webhooks/creativeai", "sku=MUG-1", {"sku": "MUG-1"}),
        ("/webhooks/creativeai?sku=MUG-1&row=7", "", {"sku": "MUG-1", "row": "7"}),
        ("/webhooks/creativeai&sku=MUG-1", "", {"sku": "MUG-1"}),
        ("/webhooks/creativeai/video?sku=MUG%2F1", "", {"sku": "MUG/1"}),
        ("/webhooks/creativeai?sku=no", "sku=MUG-1", {"sku": "MUG-1"}),
        ("/webhooks/creativeai?sku", "", {}),
        ("/webhooks/creativeai" + "?" * 5_000, "", {}),
    ],
)
def test_a_query_whose_question_mark_came_escaped_is_read_all_the_same(
    site: Site, path: str, query: str, context: dict[str, str]
) -> None:
    body = json.dumps(generation("vgen_1")).encode()
    answer = site.client.post(
        "/",
        data=body,
        headers={"X-CreativeAI-Signature": sign(body)},
        query_string=query,
        environ_overrides={"PATH_INFO": path},
    )
    assert answer.status_code == 202
    found = site.store.generation("vgen_1")
    assert found is not None
    assert found.context == context


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks",
        "/webhooks/creativeaix",
        "/webhooks/creativeai-x",
        "/webhookscreativeai",
        "/x/webhooks/creativeai",
        "/creativeai",
    ],
)
def test_another_address_is_not_the_webhooks(site: Site, path: str) -> None:
    assert site.post(generation("vgen_1"), path=path).status_code in (404, 405)
    assert site.count("event") == 0


# ---- the store cannot


def refused_for_now(site: Site, body: dict[str, Any]) -> str:
    """Asserts that `body` was neither taken nor lost in silence; the sentence that came back."""
    before = site.count("event")
    answer = site.post(body)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) <= 5, "the vendor comes again after 5 and 30 s"
    assert site.count("event") == before
    return str(answer.get_json()["error"])


def test_a_busy_database_is_503_and_the_next_attempt_is_taken(site: Site) -> None:
    other = sqlite3.connect(site.database, isolation_level=None)
    other.execute("begin immediate")
    assert "busy" in refused_for_now(site, generation("vgen_1"))
    other.execute("rollback")
    other.close()
    assert site.post(generation("vgen_1")).status_code == 202


def set_on(connections: list[sqlite3.Connection], pragma: str) -> None:
    for connection in connections:
        with contextlib.suppress(sqlite3.ProgrammingError):  # closed by now
            connection.execute(pragma)


def test_a_full_disk_is_503_and_the_next_attempt_is_taken(
    open_site: OpenSite, connections: list[sqlite3.Connection]
) -> None:
    site = open_site(**N8N)
    assert site.post(generation("vgen_0")).status_code == 202
    set_on(connections, "pragma max_page_count = 1")  # SQLite takes the present size for it
    assert "full" in refused_for_now(site, generation("vgen_1", prompt="x" * 500_000))
    set_on(connections, "pragma max_page_count = 100000")
    assert site.post(generation("vgen_1")).status_code == 202
    assert [row[0] for row in site.deliveries()] == ["vgen_0", "vgen_1"]


def test_a_read_only_database_is_503(open_site: OpenSite, connections: list[sqlite3.Connection]) -> None:
    site = open_site(**N8N)
    site.post(generation("vgen_0"))
    set_on(connections, "pragma query_only = on")
    assert "read-only" in refused_for_now(site, generation("vgen_1"))
    set_on(connections, "pragma query_only = off")


def test_a_database_that_cannot_be_opened_is_503(open_site: OpenSite, tmp_path: Path) -> None:
    (tmp_path / "data" / "relay.db").mkdir(parents=True)
    answer = open_site(migrate=False).post(generation("vgen_1"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_a_folder_that_is_no_folder_is_503(open_site: OpenSite, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    site = open_site(migrate=False, DATABASE_URL=f"sqlite:///{tmp_path}/file/relay.db")
    assert site.post(generation("vgen_1")).status_code == 503


def test_a_damaged_database_is_503(open_site: OpenSite, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "relay.db").write_bytes(b"\x00\xffnot a database" * 1000)
    assert open_site(migrate=False).post(generation("vgen_1")).status_code == 503


# ---- logs


def test_the_log_has_a_line_for_each_webhook_and_what_is_odd_but_no_secret_and_no_signature(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    site.post(generation("vgen_1"))
    site.post(generation("vgen_1"), secret=None)
    site.post(b"{")
    site.post(padded(LARGEST_BODY + 1))
    site.post(generation("vgen_2", "moonlit"))
    assert [record.getMessage() for record in caplog.records] == [
        "webhook",
        "webhook refused",
        "webhook unreadable",
        "webhook",
        "webhook status unknown",
        "webhook",
    ]
    assert (caplog.records[4].__dict__["generation_id"], caplog.records[4].__dict__["word"]) == (
        "vgen_2",
        "moonlit",
    )
    assert all(record.exc_info is None for record in caplog.records)
    text = " ".join(str(vars(record)) for record in caplog.records)
    assert SECRET not in text
    assert sign(json.dumps(generation("vgen_1")).encode()).removeprefix("sha256=") not in text


# ---- anything at all


@pytest.mark.slow
@in_one_site
@given(
    body=st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, ANYTHING)) | OBJECT,
    jobs=st.none() | st.lists(OBJECT | ANYTHING, max_size=3),
    name=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
)
def test_authentic_json_of_any_shape_is_taken(site: Site, body: dict[str, Any], jobs: Any, name: str) -> None:
    text = json.dumps(body if jobs is None else body | {"jobs": jobs})
    answer = site.post(text.encode(), headers={"X-CreativeAI-Event": name})
    strict = "NaN" not in text and "Infinity" not in text
    assert answer.status_code in ({200, 202} if strict else {400, 200, 202})


@in_one_site
@given(body=st.binary(max_size=300))
def test_authentic_bytes_of_any_kind_are_taken_or_refused_in_words(site: Site, body: bytes) -> None:
    answer = site.post(body)
    assert answer.status_code in {200, 202, 400}
    assert answer.get_json()


HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=120)


@pytest.mark.slow
@in_one_site
@given(
    headers=st.fixed_dictionaries(
        {},
        optional={
            "X-CreativeAI-Signature": HEADER | st.from_regex(r"sha256=[0-9a-fA-F]{62,66}", fullmatch=True),
            "X-CreativeAI-Event": HEADER,
            "X-CreativeAI-Delivery-Id": HEADER,
            "X-Creativeai-\xe9": HEADER,
            "Content-Type": HEADER,
            "Content-Encoding": HEADER,
            "Authorization": HEADER,
            "Cookie": HEADER,
            "X-Forwarded-For": HEADER,
        },
    )
)
def test_hostile_headers_are_401_and_never_500(site: Site, headers: dict[str, str]) -> None:
    assert site.post(generation("vgen_1"), secret=None, headers=headers).status_code == 401


@in_one_site
@given(name=HEADER, delivery_id=HEADER, other=HEADER)
def test_odd_headers_of_an_authentic_webhook_are_no_reason_to_refuse_it(
    site: Site, name: str, delivery_id: str, other: str
) -> None:
    headers = {
        "X-CreativeAI-Event": name,
        "X-CreativeAI-Delivery-Id": delivery_id,
        "X-CreativeAI-Something": other,
        "User-Agent": other,
        "Content-Type": other,
    }
    assert site.post(generation("vgen_1"), headers=headers).status_code in {200, 202}


@pytest.mark.parametrize("key", ["", "rph_live_key"])
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (generation("vgen_1", output_url=None), "CreativeAI says completed but names no file."),
        (generation("vgen_1", "moonlit"), 'CreativeAI reports the status "moonlit"'),
    ],
)
def test_what_a_webhook_leaves_open_is_shown_to_a_person_where_nobody_can_ask(
    tmp_path: Path, key: str, body: dict[str, Any], words: str
) -> None:
    """With an API key it is polled, and a person is told when that does not clear it up."""
    site = Site(tmp_path, **({"CREATIVEAI_API_KEY": key} if key else {}))
    now = time.time_ns() // 1_000_000
    site.store.create_jobs([running_elsewhere("vgen_1", {})], now=now)
    assert site.post(body).status_code == 202
    (job,) = site.store.jobs(limit=2)
    if key:
        assert (job.status, job.status_reason) == (JobStatus.PROCESSING, "")
    else:
        assert job.status is JobStatus.HELD
        assert job.status_reason.startswith(words)
        assert "set CREATIVEAI_API_KEY, and the relay asks" in job.status_reason
        assert words in html.unescape(site.page(f"/jobs/{job.id}").get_data(as_text=True))
    assert site.post(generation("vgen_1", "succeeded")).status_code in {200, 202}
    assert site.store.jobs(limit=2)[0].status is JobStatus.COMPLETED
    site.close()
