"""The Airtable lookalike keeps typed records, merges on a column, refuses and throttles as Airtable does."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox import PlannedResponse, Sandbox
from tests.sandbox.client import Client, Clock

BASE = "appSandbox00000000"
VIDEOS = f"/v0/{BASE}/Videos"
NO_MODEL = "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"


@pytest.fixture
def sandbox(start: Callable[..., Sandbox]) -> Sandbox:
    return start(paced=False)


@pytest.fixture
def client(sandbox: Sandbox, connect: Callable[..., Client]) -> Client:
    return connect(sandbox, key="patAny.token")


def upsert(client: Client, *rows: dict[str, Any], merge_on: str = "Generation ID", **more: Any) -> Any:
    body = {
        "performUpsert": {"fieldsToMergeOn": [merge_on]},
        "records": [{"fields": row} for row in rows],
        **more,
    }
    return client.call("PATCH", VIDEOS, json=body)


def create(client: Client, *rows: dict[str, Any], **more: Any) -> Any:
    return client.call("POST", VIDEOS, json={"records": [{"fields": row} for row in rows], **more})


def refusal(answer: Any) -> tuple[int, str]:
    """Status and type of an error with a message."""
    error = answer.json()["error"]
    assert error["message"]
    return answer.status_code, error["type"]


def cells(client: Client) -> list[dict[str, Any]]:
    return [each["fields"] for each in client.call("GET", VIDEOS).json()["records"]]


def test_an_upsert_creates_what_is_not_there_and_updates_what_is(client: Client) -> None:
    first = upsert(client, {"Generation ID": "a", "Prompt": "A kite", "Kind": "video"}).json()
    (record,) = first["records"]
    assert (first["createdRecords"], first["updatedRecords"]) == ([record["id"]], [])
    assert record["id"].startswith("rec")
    assert record["createdTime"] == "2027-01-15T08:00:00.000Z"
    second = upsert(client, {"Generation ID": "a", "Prompt": "A boat"}, {"Generation ID": "b"}).json()
    assert second["updatedRecords"] == [record["id"]]
    assert second["createdRecords"] == [second["records"][1]["id"]]
    assert second["records"][0]["fields"] == {"Generation ID": "a", "Kind": "video", "Prompt": "A boat"}
    assert "details" not in second


def test_an_upsert_that_several_records_match_changes_nothing(client: Client) -> None:
    create(client, {"Generation ID": "a"}, {"Generation ID": "a"})
    answer = upsert(client, {"Generation ID": "new"}, {"Generation ID": "a", "Prompt": "x"})
    assert refusal(answer)[0] == 422
    assert cells(client) == [{"Generation ID": "a"}] * 2


@pytest.mark.parametrize(
    "body",
    [
        {"records": [{"fields": {"Kind": "x"}}]},
        {"records": [{"fields": {"Generation ID": None}}]},
        {"records": [{"fields": {"Generation ID": "a"}, "id": None}]},
        {"records": [{"fields": {"Generation ID": "a"}}] * 11},
        {"records": []},
        {"records": ["a"]},
        {"records": [{}]},
        {"performUpsert": {"fieldsToMergeOn": []}, "records": [{"fields": {}}]},
        {"performUpsert": {"fieldsToMergeOn": ["Link"]}, "records": [{"fields": {"Link": "https://x"}}]},
        [],
    ],
)
def test_an_upsert_that_breaks_a_rule_is_refused(client: Client, body: Any) -> None:
    how = {"performUpsert": {"fieldsToMergeOn": ["Generation ID"]}}
    answer = client.call("PATCH", VIDEOS, json=how | body if isinstance(body, dict) else body)
    assert refusal(answer) == (422, "INVALID_REQUEST_UNKNOWN")
    assert cells(client) == []


def test_what_is_not_json_is_refused(client: Client) -> None:
    assert refusal(client.call("PATCH", VIDEOS, data=b"{")) == (422, "INVALID_REQUEST_UNKNOWN")


def test_a_column_can_be_named_by_its_id(client: Client) -> None:
    (table,) = client.call("GET", f"/v0/meta/bases/{BASE}/tables").json()["tables"]
    assert (table["name"], table["primaryFieldId"]) == ("Videos", table["fields"][0]["id"])
    prompt = next(each for each in table["fields"] if each["name"] == "Prompt")
    assert prompt["type"] == "multilineText"
    answer = upsert(client, {"Generation ID": "a", prompt["id"]: "A kite"}, returnFieldsByFieldId=True).json()
    assert answer["records"][0]["fields"] == {table["primaryFieldId"]: "a", prompt["id"]: "A kite"}
    assert cells(client) == [{"Generation ID": "a", "Prompt": "A kite"}]


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ({"Promt": "x"}, "UNKNOWN_FIELD_NAME"),
        ({"Promt": None}, "UNKNOWN_FIELD_NAME"),
        ({"Credits": ""}, "INVALID_VALUE_FOR_COLUMN"),
        ({"Credits": "many"}, "INVALID_VALUE_FOR_COLUMN"),
        ({"Credits": True}, "INVALID_VALUE_FOR_COLUMN"),
        ({"Completed": ""}, "INVALID_VALUE_FOR_COLUMN"),
        ({"Completed": "soon"}, "INVALID_VALUE_FOR_COLUMN"),
        ({"Prompt": {"text": "x"}}, "INVALID_VALUE_FOR_COLUMN"),
        ({"Status": ""}, "INVALID_MULTIPLE_CHOICE_OPTIONS"),
        ({"Files": "https://example.com/a.png"}, "INVALID_VALUE_FOR_COLUMN"),
        ({"Files": ["https://example.com/a.png"]}, "INVALID_ATTACHMENT_OBJECT"),
        ({"Files": [{"url": "ftp://example.com"}]}, "INVALID_ATTACHMENT_OBJECT"),
        ({"Files": [{"url": "http://[::1"}]}, "INVALID_ATTACHMENT_OBJECT"),
    ],
)
def test_a_value_that_does_not_fit_its_column_is_refused_also_with_typecast(
    client: Client, cell: dict[str, Any], kind: str
) -> None:
    answer = upsert(client, {"Generation ID": "a"}, {"Generation ID": "b"} | cell, typecast=True)
    assert refusal(answer) == (422, kind)
    assert cells(client) == []


@pytest.mark.parametrize(
    ("cell", "kept", "kind"),
    [
        ({"Credits": "30"}, {"Credits": 30.0}, "INVALID_VALUE_FOR_COLUMN"),
        ({"Prompt": 7}, {"Prompt": "7"}, "INVALID_VALUE_FOR_COLUMN"),
        ({"Status": "completed"}, {"Status": "completed"}, "INVALID_MULTIPLE_CHOICE_OPTIONS"),
    ],
)
def test_typecast_converts_and_adds_options(
    client: Client, cell: dict[str, Any], kept: dict[str, Any], kind: str
) -> None:
    assert refusal(create(client, cell)) == (422, kind)
    assert create(client, cell, typecast=True).status_code == 200
    assert cells(client) == [kept]
    if "Status" in cell:
        assert create(client, cell).status_code == 200


def test_values_are_kept_as_their_columns_show_them(client: Client) -> None:
    times = {"Completed": "2026-11-18T10:26:39+02:00", "Links end": "2026-11-18"}
    create(client, {"Credits": 1.5, "Link": "https://x.example", **times})
    assert cells(client) == [
        {
            "Link": "https://x.example",
            "Links end": "2026-11-18T00:00:00.000Z",
            "Credits": 1.5,
            "Completed": "2026-11-18T08:26:39.000Z",
        }
    ]


def test_null_and_an_empty_text_clear_a_cell_and_others_stay(client: Client) -> None:
    upsert(client, {"Generation ID": "a", "Prompt": "x", "Credits": 3, "Error": "no", "Kind": "video"})
    upsert(client, {"Generation ID": "a", "Prompt": "", "Credits": None})
    assert cells(client) == [{"Generation ID": "a", "Error": "no", "Kind": "video"}]


def test_attachments_replace_the_cell_and_one_that_cannot_be_fetched_is_told(client: Client) -> None:
    files = [{"url": "https://example.com/a.png", "filename": "a.png"}]
    answer = upsert(client, {"Generation ID": "a", "Files": files}).json()
    assert "details" not in answer
    lost = [{"url": "https://gone.invalid/b.png"}, {"url": "https://example.com/c.png"}]
    answer = upsert(client, {"Generation ID": "a", "Files": lost}).json()
    assert answer["details"] == {"message": "partialSuccess", "reasons": ["attachmentsFailedUploading"]}
    (file,) = cells(client)[0]["Files"]
    assert (file["url"], file["id"][:3]) == ("https://example.com/c.png", "att")


def test_records_are_read_changed_and_deleted_by_their_id(client: Client) -> None:
    (record,) = create(client, {"Generation ID": "a", "Prompt": "x"}).json()["records"]
    one = f"{VIDEOS}/{record['id']}"
    assert client.call("GET", one).json() == record
    assert client.call("PATCH", one, json={"fields": {"Prompt": "y"}}).json()["fields"]["Prompt"] == "y"
    many = {"records": [{"id": record["id"], "fields": {"Prompt": "z"}}]}
    assert client.call("PATCH", VIDEOS, json=many).json()["records"][0]["fields"]["Prompt"] == "z"
    assert client.call("DELETE", one).json() == {"id": record["id"], "deleted": True}
    for method in ("GET", "DELETE"):
        answer = client.call(method, one)
        assert (answer.status_code, answer.json()) == (404, {"error": "NOT_FOUND"})
    assert refusal(client.call("PATCH", VIDEOS, json=many)) == (422, "ROW_DOES_NOT_EXIST")


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        ("{Generation ID}='a'", ["a"]),
        (" {Generation ID} = 'it\\'s' ", ["it's"]),
        ("{Generation ID}='back\\\\slash'", ["back\\slash"]),
        ("{Generation ID}='none'", []),
        ("", ["a", "it's", "back\\slash"]),
    ],
)
def test_records_are_found_by_the_text_of_a_column(client: Client, formula: str, found: list[str]) -> None:
    create(client, *({"Generation ID": each} for each in ("a", "it's", "back\\slash")))
    answer = client.call("GET", VIDEOS, params={"filterByFormula": formula, "pageSize": "3"})
    assert [each["fields"]["Generation ID"] for each in answer.json()["records"]] == found


@pytest.mark.parametrize("formula", ["{Generation ID}='it's'", "{Generation ID}=", "Generation ID='a'", "1"])
def test_a_formula_that_breaks_or_that_is_not_known_here_is_refused(client: Client, formula: str) -> None:
    answer = client.call("GET", VIDEOS, params={"filterByFormula": formula})
    assert refusal(answer) == (422, "INVALID_FILTER_BY_FORMULA")


def test_more_than_a_page_of_records_comes_in_several(client: Client) -> None:
    create(client, *({"Generation ID": str(number)} for number in range(5)))
    first = client.call("GET", VIDEOS, params={"pageSize": "3"}).json()
    second = client.call("GET", VIDEOS, params={"pageSize": "3", "offset": first["offset"]}).json()
    assert (len(first["records"]), len(second["records"]), "offset" in second) == (3, 2, False)
    assert client.call("GET", VIDEOS, params={"pageSize": "101"}).status_code == 422


@pytest.mark.parametrize(
    ("authorization", "kind"),
    [("", "AUTHENTICATION_REQUIRED"), ("Bearer keyOld", "UNAUTHORIZED"), ("Basic patAny", "UNAUTHORIZED")],
)
def test_only_a_personal_access_token_opens(client: Client, authorization: str, kind: str) -> None:
    answer = client.call("GET", VIDEOS, headers={"Authorization": authorization})
    assert refusal(answer) == (401, kind)


@pytest.mark.parametrize(
    "path",
    [f"/v0/{BASE}/Others", "/v0/appOther/Videos", "/v0/meta/bases/appOther/tables", "/v0/appOther/V/rec1"],
)
def test_an_unknown_base_or_table_is_refused_as_a_missing_permission(client: Client, path: str) -> None:
    assert refusal(client.call("GET", path)) == (403, NO_MODEL)


def test_other_tables_come_into_being_by_order(client: Client) -> None:
    asked = {"base": "appOther", "table": "My table", "columns": {"Id": "singleLineText", "N": "number"}}
    answer = client.call("POST", "/sandbox/airtable/tables", json=asked)
    assert answer.status_code == 201
    assert answer.json()["id"].startswith("tbl")
    assert client.call("POST", "/v0/appOther/My%20table", json={"records": [{"fields": {"N": 1}}]}).ok
    assert client.call("GET", f"/v0/appOther/{answer.json()['id']}").json()["records"][0]["fields"] == {
        "N": 1
    }


@pytest.mark.parametrize("columns", [{}, [], {"Id": "hologram"}, {"Id": ["number"]}])
def test_a_table_with_columns_nobody_knows_is_not_made(client: Client, columns: Any) -> None:
    asked = {"base": "appOther", "table": "T", "columns": columns}
    answer = client.call("POST", "/sandbox/airtable/tables", json=asked)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "columns")


def test_a_sixth_call_in_a_second_bars_the_base_and_each_call_bars_it_anew(
    start: Callable[..., Sandbox], connect: Callable[..., Client], clock: Clock
) -> None:
    client = connect(start(), key="patAny")
    other = {"base": "appOther", "table": "T", "columns": {"Id": "singleLineText"}}
    client.call("POST", "/sandbox/airtable/tables", json=other)
    assert [client.call("GET", VIDEOS).status_code for _ in range(6)] == [200] * 5 + [429]
    answer = client.call("GET", VIDEOS)
    assert answer.json() == {
        "errors": [{"error": "RATE_LIMIT_REACHED", "message": "Rate limit exceeded. Please try again later"}]
    }
    assert client.call("GET", "/v0/appOther/T").status_code == 200
    for wait, status in ((29, 429), (29.9, 429), (30, 200), (0.5, 200), (0.6, 200)):
        clock.now += wait
        assert client.call("GET", VIDEOS).status_code == status, wait
    assert [client.call("GET", VIDEOS).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_unpaced_it_takes_what_comes(client: Client) -> None:
    assert {client.call("GET", VIDEOS).status_code for _ in range(20)} == {200}


def test_any_other_answer_can_be_planned_and_nothing_is_written(client: Client, sandbox: Sandbox) -> None:
    sandbox.plan_response("airtable", PlannedResponse(503, "busy"))
    assert upsert(client, {"Generation ID": "a"}).status_code == 503
    assert cells(client) == []
    assert [each.status for each in sandbox.received("airtable")] == [503, 200]


def test_a_browser_sees_the_rows_in_a_page_in_which_nothing_runs(client: Client) -> None:
    create(client, {"Generation ID": "a", "Prompt": "<script>alert(1)</script>"})
    page = client.call("GET", "/sandbox/airtable", headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.headers["Content-Type"].startswith("text/html")
    assert "&lt;script&gt;" in page.text
    assert "<script>" not in page.text
    assert "<th>Generation ID" in page.text
    (table,) = client.call("GET", "/sandbox/airtable").json()["tables"]
    assert (table["base"], table["name"]) == (BASE, "Videos")
    assert table["records"][0]["fields"]["Prompt"] == "<script>alert(1)</script>"
