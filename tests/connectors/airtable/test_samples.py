"""Airtable's samples: the connector asks exactly so, and reads what is answered."""

from dataclasses import replace

from connectors.airtable.connector import Airtable, AirtableOptions
from connectors.base import CheckResult
from relay.http.client import Http
from relay.models.core import Output
from tests.connectors.airtable.sandboxed import by_name
from tests.connectors.contract import CONTEXT, KEY, NOW, VIDEO
from tests.connectors.files import NoFiles
from tests.connectors.sample_wire import ok, refused, wire
from tests.samples import refusal, sample

RECORD = "recAbCdEfGhIjKlMn"
OPTIONS = {
    "token": "patSample.0123456789abcdef",
    "base_id": "appAbCdEfGhIjKlMn",
    "table": "tblAbCdEfGhIjKlMn",
    "columns": "generation_id, status, prompt, link, error, credits, completed",
}
FILES = {"attachment_column": "Files"}
SEVERAL = refused(refusal("airtable/refusals", "INVALID_RECORDS"))


def airtable(**options: str) -> Airtable:
    return Airtable(AirtableOptions.model_validate(OPTIONS | options), Http())


def test_a_result_is_upserted_and_its_files_are_attached() -> None:
    with wire(sample("airtable/upsert"), sample("airtable/attach")):
        done = airtable(**FILES).deliver(VIDEO, CONTEXT, KEY, by_name(**OPTIONS, **FILES), NoFiles(), NOW)
    assert done.link == f"https://airtable.com/appAbCdEfGhIjKlMn/tblAbCdEfGhIjKlMn/{RECORD}"
    assert (done.status, done.note) == (200, "")


def test_a_partial_success_is_told_and_not_remembered() -> None:
    gone = replace(VIDEO, outputs=(Output("https://gone.invalid/vgen_abc123.mp4"),))
    memory = by_name(**OPTIONS, **FILES)
    with wire(ok(sample("airtable/upsert").body), sample("airtable/attach.partial")):
        done = airtable(**FILES).deliver(gone, CONTEXT, KEY, memory, NoFiles(), NOW)
    assert "could not fetch all files" in done.note
    assert not memory.after_crash()


def test_of_several_records_the_oldest_is_found_and_updated() -> None:
    with wire(SEVERAL, sample("airtable/find"), sample("airtable/update")):
        done = airtable().deliver(VIDEO, CONTEXT, KEY, by_name(**OPTIONS), NoFiles(), NOW)
    assert done.note.startswith("2 records have this generation id")
    assert done.link.endswith(RECORD)


def test_a_table_with_all_columns_passes_the_check() -> None:
    with wire(sample("airtable/tables")):
        found = airtable(table="Videos", attachment_column="Files").check()
    assert (found.ok, found.message.split(". ")[0]) == (True, 'The table "Videos" has the columns')


def test_a_test_record_is_removed_and_one_that_is_gone_is_no_failure() -> None:
    written = {"record": RECORD}
    with wire(sample("airtable/remove")):
        assert airtable().remove_test(written) == CheckResult(True, "The test record is removed.")
    with wire(refused(refusal("airtable/refusals", "404"))):
        assert airtable().remove_test(written).message == "The test record was gone already."
