"""The API as a whole: for whoever has a token, and every refusal a problem that says what to do."""

import re
import sqlite3
from datetime import UTC, datetime

import pytest

from relay.web.api.problem import Problem
from relay.web.api.registry import OPERATIONS
from tests.web.api.client import PROBLEM, VOICE, Caller, errors, problem
from tests.web.conftest import OpenSite
from tests.web.site import N8N, Site

ADDRESSES = sorted({(each.method, re.sub(r"{\w+}", "x", each.path)) for each in OPERATIONS})
OPEN = {"/api", "/openapi.json"}


@pytest.fixture
def caller(open_site: OpenSite) -> Caller:
    return Caller(open_site(CREATIVEAI_API_KEY="key-of-the-test", **N8N))


# ---- who may


@pytest.mark.heavy
@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_nothing_is_told_without_a_token_that_holds(caller: Caller, method: str, path: str) -> None:
    revoked = Caller(caller.site, token="cr_revoked")
    caller.site.store.revoke_token(revoked.token_id, now=2)
    client = caller.site.client
    for headers in ({}, revoked.headers, {"Authorization": "Bearer cr_guessed"}):
        answer = client.open(path, method=method, data=b"{broken", headers=headers)
        assert "on the relay's page Settings" in problem(answer, 401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer realm=")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert client.open(path, method=method, headers=caller.headers).status_code != 401


def test_every_route_under_api_and_tasks_stands_in_the_table(site: Site) -> None:
    rules = {
        (method, rule.rule)
        for rule in site.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD"}
        if rule.rule.startswith(("/api", "/tasks"))
    }
    table = {(each.method, each.rule) for each in OPERATIONS}
    assert rules - {("GET", path) for path in OPEN} == table


@pytest.mark.parametrize("path", ["/api/nothing", "/api/", "/api//jobs", "/tasks", "/tasks/other"])
def test_who_has_no_token_does_not_learn_which_addresses_there_are(caller: Caller, path: str) -> None:
    problem(caller.site.client.get(path), 401)
    assert caller.get(path).status_code in (404, 308)


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic YWRtaW46eA==", "Token cr_of-the-test", "cr_of-the-test", "Bearer é\x80"],
)
def test_anything_but_a_bearer_token_is_refused(caller: Caller, header: str) -> None:
    problem(caller.site.client.get("/api/jobs", headers={"Authorization": header}), 401)


def test_the_admins_password_opens_no_api(caller: Caller) -> None:
    problem(caller.site.page("/api/jobs"), 401)


def test_the_word_bearer_may_be_written_in_any_case(caller: Caller) -> None:
    headers = {"Authorization": "bearer  cr_of-the-test"}
    assert caller.site.client.get("/api/jobs", headers=headers).status_code == 200


@pytest.mark.parametrize("path", sorted(OPEN))
def test_the_document_and_its_page_are_open(site: Site, path: str) -> None:
    assert site.client.get(path).status_code == 200


def test_the_rest_of_the_site_answers_as_before(site: Site) -> None:
    assert site.client.get("/healthz").status_code == 200
    assert site.client.get("/apiary").content_type != PROBLEM


# ---- problems


def test_an_unknown_address_and_method_are_problems(caller: Caller) -> None:
    assert "openapi.json" in problem(caller.get("/api/nothing"), 404)
    answer = caller.get("/api/queue/pause")
    problem(answer, 405)
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b"[]", b'"x"', b"{'kind': 1}", b"[" * 5000])
def test_what_is_no_json_object_is_malformed(caller: Caller, body: bytes) -> None:
    problem(caller.post("/api/jobs", data=body, content_type="application/json"), 400)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_another_type_of_body_is_refused(caller: Caller, content_type: str | None) -> None:
    detail = problem(caller.post("/api/jobs", data=b"{}", content_type=content_type), 415)
    assert "application/json" in detail


def test_a_body_beyond_the_cap_is_refused(caller: Caller) -> None:
    problem(caller.post("/api/jobs", VOICE | {"context": {"x": "y" * 1_000_001}}), 413)
    body = b"x" * 1_000_001
    problem(caller.post("/api/queue/pause", data=body, content_type="application/json"), 413)


def test_every_wrong_field_is_named_at_once(caller: Caller) -> None:
    found = errors(caller.post("/api/jobs", {"kind": 1, "context": {"row": [5]}, "hurry": True}))
    assert found == {
        "kind": "Input should be a valid string.",
        "input": "Enter a value.",
        "context.row": "Give a text, a number, true or false; leave the name out where there is no value.",
        "hurry": "There is no such field here.",
    }


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"limit": ["1", "2"]}, "limit"),
        ({"status": "sleeping"}, "status"),
        ({"page": 2}, "page"),
    ],
)
def test_a_wrong_or_unknown_parameter_is_named(caller: Caller, query: dict[str, object], field: str) -> None:
    assert list(errors(caller.get("/api/jobs", **query))) == [field]


def test_a_parameter_where_there_are_none_is_named(caller: Caller) -> None:
    assert list(errors(caller.get("/api/queue", verbose=1))) == ["verbose"]


def test_a_busy_database_is_503_and_says_when_to_come_again(
    caller: Caller, connections: list[sqlite3.Connection]
) -> None:
    writer = sqlite3.connect(caller.site.database, isolation_level=None)
    writer.execute("begin immediate")
    answer = caller.post("/api/jobs", VOICE)
    writer.close()
    assert "Try again" in problem(answer, 503)
    assert answer.headers["Retry-After"]
    assert caller.get("/api/jobs").json["items"] == []


def test_a_bug_is_a_problem_without_a_traceback(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_given: object) -> None:
        raise ZeroDivisionError("secret words")

    monkeypatch.setattr(caller.site.store, "events", broken)
    answer = caller.get("/api/events")
    assert "its log" in problem(answer, 500)
    assert "secret words" not in answer.text
    assert "ZeroDivision" not in answer.text


def test_a_problem_has_the_fields_of_the_rfc(caller: Caller) -> None:
    answer = caller.get("/api/jobs/x").json
    assert Problem.model_validate(answer).status == 404
    assert set(answer) == {"type", "title", "status", "detail"}


def test_answers_are_not_kept_and_not_guessed_at(caller: Caller) -> None:
    for answer in (caller.get("/api/jobs"), caller.get("/api/nothing"), caller.site.client.get("/api/jobs")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


# ---- in common


def test_times_are_utc_in_iso_8601(caller: Caller) -> None:
    job_id = caller.made()
    told = caller.get(f"/api/jobs/{job_id}").json["created_at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told)
    job = caller.site.store.job(job_id)
    assert job is not None
    assert datetime.fromisoformat(told) == datetime.fromtimestamp(job.created_at / 1000, UTC)


def test_a_list_goes_on_where_it_stopped_and_ends(caller: Caller) -> None:
    made = [caller.made() for _ in range(3)]
    first = caller.get("/api/jobs", limit=2).json
    rest = caller.get("/api/jobs", limit=2, before=first["next"]).json
    assert [each["id"] for each in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None
    assert caller.get("/api/jobs", limit=3).json["next"] is None
