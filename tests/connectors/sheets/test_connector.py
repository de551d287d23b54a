"""Sheets: what each refusal means, a token that is minted once, and a form that takes what people paste."""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from responses import RequestsMock

import connectors
from connectors.base import Connector, Memory, NotYet
from relay.errors import RemoteError
from relay.http.client import Http
from tests.connectors.contract import (
    CONTEXT,
    KEY,
    NOW,
    VIDEO,
    Case,
    Kept,
    Refusal,
    StandingContract,
    asked,
    field_errors,
)
from tests.connectors.files import NoFiles
from tests.connectors.sheets.google import EMAIL, TOKEN_URL, account, private_key
from tests.reference.sheets import every_request_fits
from tests.samples import refusal, refusals

ID = "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms"
URL = f"https://sheets.googleapis.com/v4/spreadsheets/{ID}"
OPTIONS = {
    "service_account": account(),
    "spreadsheet": ID,
    "columns": "generation_id, status, prompt, links, error, context.sku=SKU",
}
HEADER = ["Generation ID", "Status", "Prompt", "All links", "Error", "SKU"]
Answer = tuple[int, dict[str, str], str]


@pytest.fixture(autouse=True)
def _only_what_google_describes() -> Iterator[None]:
    with every_request_fits():
        yield


class Google:
    """One tab that answers over `responses`: just enough to read back what was written."""

    def __init__(self, net: RequestsMock, refused: Refusal | Exception | None = None) -> None:
        self.rows: list[list[Any]] = [list(HEADER)]
        self.shown: list[Any] = []
        self.refused = refused
        self.ended: set[str] = set()  # tokens that hold no more
        self.used: list[str] = []
        for method in ("GET", "POST", "PUT"):
            net.add_callback(method, re.compile(re.escape(URL) + ".*"), self._answer)

    def _answer(self, request: Any) -> Answer:
        self.used.append(request.headers["Authorization"].removeprefix("Bearer "))
        path = unquote(urlsplit(request.url).path).partition(ID)[2]
        if self.used[-1] in self.ended:
            return 401, {}, NO_TOKEN.body
        if self.refused is not None and path != "/values:batchGetByDataFilter":
            if isinstance(self.refused, Exception):
                raise self.refused
            return self.refused.status, dict(self.refused.headers), self.refused.body
        query = parse_qs(urlsplit(request.url).query)
        return 200, {}, json.dumps(self._done(path, query, json.loads(request.body or b"{}")))

    def _done(self, path: str, query: Mapping[str, list[str]], body: Mapping[str, Any]) -> dict[str, Any]:
        if path == "":
            return {"sheets": [{"properties": {"title": "Results", "sheetId": 5}}]}
        if path == "/values:batchGetByDataFilter":
            assert [each["gridRange"]["sheetId"] for each in body["dataFilters"]] == [5, 5]
            header, keys = [[name] for name in self.rows[0]], [row[0] for row in self.rows]
            return {"valueRanges": matched(header, [keys])}
        if path == ":batchUpdate":
            span = body["requests"][0]["deleteDimension"]["range"]
            del self.rows[span["startIndex"] : span["endIndex"]]
            return {"replies": [{}]}
        self.shown = body["values"][0]
        if path.endswith(":append"):
            self.rows.append(self.shown)
            return {"updates": {"updatedRange": f"Results!A{len(self.rows)}:F{len(self.rows)}"}}
        number = int(path.rpartition("!A")[2].partition(":")[0])
        self.rows[number - 1] = self.shown
        return {"updatedRange": path.rpartition("/")[2]}


def matched(header: list[Any], keys: list[Any]) -> list[dict[str, Any]]:
    """As Google says which filter found what; zeros are left out."""
    found = (("endRowIndex", "Results!A1:Z1", header), ("endColumnIndex", "Results!A1:A1000", keys))
    return [
        {"valueRange": {"range": cells, "values": values}, "dataFilters": [{"gridRange": {end: 1}}]}
        for end, cells, values in found
    ]


SHEETS: dict[int, Google] = {}


def accepts(net: RequestsMock) -> None:
    net.post(TOKEN_URL, json={"access_token": "ya29.t0ken", "expires_in": 3599, "token_type": "Bearer"})
    SHEETS[id(net)] = Google(net)


def refuses(net: RequestsMock, answer: Refusal | Exception) -> None:
    accepts(net)
    SHEETS[id(net)].refused = answer


def shown(net: RequestsMock) -> str:
    return "\n".join(map(str, SHEETS[id(net)].shown))


def standing(net: RequestsMock) -> list[str]:
    return [row[1] for row in SHEETS[id(net)].rows[1:]]


SAMPLED = {
    whose: tuple(Refusal(*each) for each in found) for whose, found in refusals("sheets/refusals").items()
}


def google_s(word: str) -> Refusal:
    """The sampled refusal with this word in it."""
    return Refusal(*refusal("sheets/refusals", word))


NO_TOKEN = google_s("UNAUTHENTICATED")
NEXT_STEPS = {
    f"Share the spreadsheet with {EMAIL} as editor.": (
        google_s("The caller does not have permission"),
        Refusal(403, "<html>"),
    ),
    f"Switch the Google Sheets API on in the Google Cloud project of {EMAIL}.": (
        google_s("has not been used in project"),
        google_s("SERVICE_DISABLED"),
    ),
    "renamed or removed just now. The relay retries automatically.": (
        google_s("Unable to parse range"),
        google_s("No grid with id"),
    ),
    "The spreadsheet is full: delete rows or tabs that are not needed, or enter another spreadsheet.": (
        google_s("10000000 cells"),
    ),
    "and enter the address of that copy.": (google_s("not supported for this document"),),
    f"and let {EMAIL} edit this tab.": (google_s("protected cell"),),
    "Check its columns.": (google_s("exceeds grid limits"),),
    "enter the address of one again.": (google_s("NOT_FOUND"),),
    "Make a new JSON key for the service account and enter it here.": (NO_TOKEN,),
}
(TOO_LONG,) = SAMPLED["record"]


class TestContract(StandingContract):
    case = Case(
        kind="sheets",
        options=OPTIONS,
        secrets=(OPTIONS["service_account"], private_key(), json.dumps(private_key())[1:-1], "ya29.t0ken"),
        accepts=accepts,
        refuses=refuses,
        shown=shown,
        keys=None,
        refusals={
            "transient": SAMPLED["transient"],
            "record": (TOO_LONG, Refusal(413, "<html>"), Refusal(418, "teapot")),
            "connection": (*SAMPLED["connection"], Refusal(403, "<html>")),
        },
        standing=standing,
    )

    def failure(self, answer: Refusal | Exception, memory: Memory | None = None) -> RemoteError:
        """Of the write, by a connection that knows its tab."""
        tab = {"of": [ID, "Results"], "tab": {"sheet_id": 5, "key_column": 0, "written": True}}
        return super().failure(answer, memory or Kept(saved_connection=json.dumps(tab)))

    @pytest.mark.parametrize("step", NEXT_STEPS)
    def test_what_a_person_can_fix_says_the_next_step(self, step: str) -> None:
        for each in NEXT_STEPS[step]:
            assert self.failure(each).message.endswith(step)

    def test_google_s_own_words_are_shown(self) -> None:
        assert "answered 400: Your input contains more than the maximum" in self.failure(TOO_LONG).message

    def test_throttling_waits_for_the_next_minute(self) -> None:
        assert self.failure(Refusal(429)).retry_after == 60

    def test_a_page_of_somebody_in_between_is_no_yes(self) -> None:
        for body in ("<html>Welcome to the hotel</html>", "[]", "{}"):
            error = self.failure(Refusal(200, body))
            assert (error.whose, error.ambiguous) == ("transient", True)

    def test_a_row_that_google_put_elsewhere_is_said_and_not_repeated_at_once(self) -> None:
        error = self.failure(Refusal(200, '{"updates": {"updatedRange": "Results!C7:H7"}}'))
        assert error.whose == "connection"
        assert "Results!C7:H7 and not in column A" in error.message

    def test_one_read_and_one_write_once_the_tab_is_known(self) -> None:
        connector = self.make()
        with RequestsMock() as net:
            accepts(net)
            memory = Kept()
            for _ in range(3):  # the first finds the tab
                memory = memory.of_the_next()
                connector.deliver(VIDEO, CONTEXT, KEY, memory, NoFiles(), NOW)
            assert [call.request.method for call in net.calls[-4:]] == ["POST", "POST", "POST", "PUT"]

    def test_the_link_opens_the_row(self) -> None:
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            accepts(net)
            assert self.deliver().link == f"https://docs.google.com/spreadsheets/d/{ID}/edit#gid=5&range=A2"

    def test_a_test_row_is_found_by_its_key_and_no_other_row_is_removed(self) -> None:
        connector = self.make()
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            accepts(net)
            google = SHEETS[id(net)]
            written = connector.test(KEY, NOW).written
            assert written == {"row key": f"relay-test-{KEY[:8]}"}
            google.rows.insert(1, ["vgen_1", "completed"])
            google.rows.append([f"relay-test-{KEY[:7]}", "another's test"])
            assert connector.remove_test(written).ok
            assert [row[0] for row in google.rows[1:]] == ["vgen_1", f"relay-test-{KEY[:7]}"]
            assert connector.remove_test(written).message == "The test row is gone already."
            for other in ({"row key": "vgen_1"}, {}):
                assert not connector.remove_test(other).ok
            assert len(google.rows) == 3


class Minting:
    """A connector whose tokens are t1, t2 ...; with `answer`, Google answers so instead."""

    def __init__(self, net: RequestsMock, answer: Refusal | Exception | None = None, key: str = "") -> None:
        self.google, self.asked, self.answer = Google(net), list[Any](), answer
        self.memory = Kept()
        net.add_callback("POST", TOKEN_URL, self._mint)
        kind = connectors.connector("sheets")
        options = OPTIONS | ({"service_account": key} if key else {})
        self.connector: Connector = kind(kind.Options.model_validate(options), Http())

    def _mint(self, request: Any) -> Answer:
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer:
            return self.answer.status, dict(self.answer.headers), self.answer.body
        return 200, {}, json.dumps({"access_token": f"t{len(self.asked)}", "expires_in": 3599})

    def deliver(self, now: int = NOW) -> None:
        while isinstance(self.connector.deliver(VIDEO, CONTEXT, KEY, self.memory, NoFiles(), now), NotYet):
            pass

    def failure(self) -> RemoteError:
        with pytest.raises(RemoteError) as caught:
            self.deliver()
        return caught.value


@pytest.fixture
def net() -> Iterator[RequestsMock]:
    with RequestsMock(assert_all_requests_are_fired=False) as net:
        yield net


def test_a_token_is_minted_once_and_again_shortly_before_it_ends(net: RequestsMock) -> None:
    sheets = Minting(net)
    for minutes in (0, 30, 54):
        sheets.deliver(NOW + minutes * 60_000)
    assert set(sheets.google.used) == {"t1"}
    sheets.deliver(NOW + 55 * 60_000)
    assert sheets.google.used[-1] == "t2"
    assert len(sheets.asked) == 2


def test_a_token_of_a_clock_that_has_been_set_back_is_not_used_beyond_its_end(net: RequestsMock) -> None:
    sheets = Minting(net)
    sheets.deliver(NOW + 60 * 60_000)
    sheets.deliver(NOW)
    assert sheets.google.used[-1] == "t2"


def test_what_is_signed_is_for_google_s_token_endpoint_and_for_sheets_alone(net: RequestsMock) -> None:
    sheets = Minting(net, key=account(token_uri="https://evil.example/token", universe_domain="evil.example"))
    sheets.deliver()
    form = parse_qs(sheets.asked[0].body.decode())
    claims = json.loads(base64.urlsafe_b64decode(form["assertion"][0].split(".")[1] + "=="))
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    assert (claims["iss"], claims["aud"]) == (EMAIL, TOKEN_URL)
    assert claims["scope"] == "https://www.googleapis.com/auth/spreadsheets"


def test_the_signature_is_the_key_s(net: RequestsMock) -> None:
    sheets = Minting(net)
    sheets.deliver()
    signed, _, signature = parse_qs(sheets.asked[0].body.decode())["assertion"][0].rpartition(".")
    public = load_pem_private_key(private_key().encode(), None).public_key()
    public.verify(base64.urlsafe_b64decode(signature + "=="), signed.encode(), PKCS1v15(), SHA256())


def test_a_token_that_is_refused_is_renewed_once(net: RequestsMock) -> None:
    sheets = Minting(net)
    sheets.google.ended = {"t1"}
    sheets.deliver()
    assert sheets.google.used[:2] == ["t1", "t2"]
    sheets.google.ended = {"t2", "t3", "t4"}
    assert sheets.failure().whose == "connection"
    assert len(sheets.asked) == 3


@pytest.mark.parametrize(
    ("answer", "whose"),
    [
        (Refusal(503, "busy"), "transient"),
        (Refusal(429, "{}"), "transient"),
        (Refusal(*refusal("sheets/refusals.token", "internal_failure")), "transient"),
        (Refusal(200, "<html>"), "transient"),
        (Refusal(200, "{}"), "transient"),
        (requests.ReadTimeout("slow"), "transient"),
        *((Refusal(*each), "connection") for each in refusals("sheets/refusals.token")["connection"]),
        (Refusal(302, ""), "connection"),
    ],
)
def test_a_sign_in_that_fails_is_called_once_and_says_whose_fault_it_is(
    net: RequestsMock, answer: Refusal | Exception, whose: str
) -> None:
    sheets = Minting(net, answer)
    error = sheets.failure()
    assert error.whose == whose
    assert error.message.endswith(".")
    assert len(sheets.asked) == 1  # the library would have slept and tried again
    for found in (asked(sheets.connector.check), asked(lambda: sheets.connector.test(KEY, NOW))):
        assert (found.ok, found.message) == (False, error.message)


def test_a_clock_that_is_wrong_is_named(net: RequestsMock) -> None:
    said = Refusal(*refusal("sheets/refusals.token", "short-lived"))
    assert "The clock of this machine is wrong" in Minting(net, said).failure().message


def test_a_key_that_does_not_sign_is_the_connection_s_fault(net: RequestsMock) -> None:
    broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    error = Minting(net, key=account(private_key=broken)).failure()
    assert error.whose == "connection"
    assert "AAAA" not in error.message


@pytest.mark.parametrize(
    "pasted",
    [
        account(),
        base64.b64encode(account().encode()).decode(),
        base64.encodebytes(account().encode()).decode(),
        account().replace("\\n", "\n"),
        account(private_key=private_key().replace("\n", "\\n")),
        f"  {account()}\n",
    ],
    ids=["as it is", "base64", "base64 in lines", "line ends unescaped", "escaped twice", "spaces around"],
)
def test_the_key_is_understood_however_a_host_s_form_changed_it(net: RequestsMock, pasted: str) -> None:
    sheets = Minting(net, key=pasted)
    sheets.deliver()
    assert sheets.connector.quota == f"sheets:{EMAIL}"


@pytest.mark.parametrize(
    ("pasted", "part"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("AIzaSyD-not-a-service-account", "is not JSON"),
        ("[]", "is not JSON"),
        (json.dumps({"installed": {"client_id": "s3cret"}}), "not the key of a service account"),
        (account(type="authorized_user"), "not the key of a service account"),
        (account(client_email=7), "has no client_email"),
        (account(private_key=private_key()[:400]), "private_key that cannot be read"),
        (account(private_key="s3cret"), "private_key that cannot be read"),
    ],
)
def test_a_key_that_is_none_is_refused_in_words_that_quote_nothing_of_it(pasted: str, part: str) -> None:
    found = field_errors("sheets", OPTIONS | {"service_account": pasted})
    assert list(found) == ["service_account"]
    assert part in found["service_account"]
    assert "s3cret" not in found["service_account"]
    assert private_key()[40:60] not in found["service_account"]


@pytest.mark.parametrize(
    "pasted",
    [
        ID,
        f" {ID}\n",
        f"https://docs.google.com/spreadsheets/d/{ID}",
        f"https://docs.google.com/spreadsheets/d/{ID}/edit?gid=0#gid=0",
        f"https://docs.google.com/spreadsheets/u/1/d/{ID}/edit#gid=7&range=A1",
    ],
)
def test_a_spreadsheet_is_its_id_or_its_address(pasted: str) -> None:
    kind = connectors.connector("sheets")
    connector = kind(kind.Options.model_validate(OPTIONS | {"spreadsheet": pasted}), Http())
    assert connector.target == f"sheets:{ID}"


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "My sheet",
        "https://docs.google.com/spreadsheets/d/e/2PACX-1vQ/pubhtml",
        f"https://docs.google.com.evil.example/spreadsheets/d/{ID}/edit",
        f"https://docs.google.com/document/d/{ID}/edit",
        f"../{ID}",
    ],
)
def test_anything_else_is_not_taken_for_a_spreadsheet(pasted: str) -> None:
    assert list(field_errors("sheets", OPTIONS | {"spreadsheet": pasted})) == ["spreadsheet"]


@pytest.mark.parametrize(
    "wrong", [{"tab": " "}, {"tab": "a\nb"}, {"tab": "x" * 101}, {"columns": "prompt=A, link= A"}]
)
def test_a_tab_and_columns_that_cannot_be_are_refused(wrong: dict[str, str]) -> None:
    assert list(field_errors("sheets", OPTIONS | wrong)) == list(wrong)


@pytest.mark.heavy
def test_google_s_library_is_not_imported_before_the_first_call() -> None:
    code = (
        "import sys; from connectors.sheets.connector import Sheets, SheetsOptions; "
        "from relay.http.client import Http; "
        "import json; Sheets(SheetsOptions.model_validate(json.load(sys.stdin)), Http()); "
        "print(sorted(name for name in sys.modules if name.startswith(('google', 'cryptography'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(OPTIONS), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
