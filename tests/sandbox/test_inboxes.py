"""Inboxes keep what is posted to them, and answer as ordered beforehand."""

from sandbox import PlannedResponse, Sandbox
from tests.sandbox.client import Client


def test_what_is_posted_is_kept_with_its_headers(client: Client, sandbox: Sandbox) -> None:
    answer = client.call("POST", "/inbox/crm", data=b"<any thing>", headers={"X-Key": "7"})
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    (item,) = sandbox.received("crm")
    assert (item.body, item.headers["X-Key"], item.path) == ("<any thing>", "7", "/inbox/crm")
    assert sandbox.received("other") == []


def test_ordered_answers_are_given_once_each_and_in_order(client: Client, sandbox: Sandbox) -> None:
    asked = {"status": 503, "times": 2, "retry_after": 1, "body": "busy"}
    assert client.call("POST", "/sandbox/destinations/crm", json=asked).status_code == 202
    sandbox.plan_response("crm", PlannedResponse(410))
    answers = [client.call("POST", "/inbox/crm", data=b"x") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [503, 503, 410, 200]
    assert [answer.headers.get("Retry-After") for answer in answers] == ["1", "1", None, None]
    assert answers[0].text == "busy"
    assert [item.status for item in sandbox.received("crm")] == [503, 503, 410, 200]
    assert client.call("POST", "/inbox/other", data=b"x").status_code == 200


def test_an_answer_for_a_method_and_a_path_waits_for_such_a_request(client: Client, sandbox: Sandbox) -> None:
    sandbox.plan_response("sheets", PlannedResponse(429, method="GET", path="mine"))
    requests = (("GET", "other"), ("POST", "mine"), ("GET", "mine"), ("GET", "mine"))
    statuses = [client.call(method, f"/v4/spreadsheets/{book}").status_code for method, book in requests]
    assert [each == 429 for each in statuses] == [False, False, True, False]


def test_an_answer_without_a_status_cannot_be_ordered(client: Client) -> None:
    answer = client.call("POST", "/sandbox/destinations/crm", json={"times": 2})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "status"


def test_a_browser_sees_a_page_in_which_nothing_runs(client: Client) -> None:
    client.call("POST", "/inbox/crm", data=b"<script>alert(1)</script>")
    page = client.call("GET", "/inbox/crm", headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.headers["Content-Type"].startswith("text/html")
    assert "&lt;script&gt;" in page.text
    assert "<script>" not in page.text
    assert client.call("GET", "/inbox/crm").json()["received"][0]["body"] == "<script>alert(1)</script>"
