"""What each call of Airtable's API does with a table: the request's body in, the answer's body out.

https://airtable.com/developers/web/api/update-multiple-records
"""

from typing import Any

from flask import request

from sandbox.airtable.tables import MOST_RECORDS, AirtableError, Record, Table, lost_attachments, unreadable


def _body() -> dict[str, Any]:
    given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict):
        raise unreadable()
    return given


def _records_of(given: dict[str, Any]) -> list[dict[str, Any]]:
    records = given.get("records")
    if not isinstance(records, list) or not 1 <= len(records) <= MOST_RECORDS:
        raise unreadable()
    if not all(isinstance(each, dict) for each in records):
        raise unreadable()
    return records


def read(table: Table, record: Record) -> dict[str, Any]:
    by_id = request.args.get("returnFieldsByFieldId") == "true"
    return table.shown(record, by_id=by_id)


def find(table: Table) -> dict[str, Any]:
    """`offset` is how far the pages before came; Airtable's own says nothing to a reader either."""
    size, start = request.args.get("pageSize", "100"), request.args.get("offset", "0")
    if not (size.isdecimal() and start.isdecimal() and 1 <= int(size) <= 100):
        raise unreadable()
    found = table.find(request.args.get("filterByFormula", ""))
    wanted = [table.column(name) for name in request.args.getlist("fields[]")] or None
    by_id = request.args.get("returnFieldsByFieldId") == "true"
    end = int(start) + int(size)
    more = {"offset": str(end)} if end < len(found) else {}
    page = found[int(start) : end]
    return {"records": [table.shown(each, by_id=by_id, columns=wanted) for each in page], **more}


def create(table: Table, now: float) -> dict[str, Any]:
    given = _body()
    typecast = given.get("typecast") is True
    rows = [table.cells(each.get("fields"), typecast=typecast) for each in _records_of(given)]
    return {"records": [read(table, table.create(cells, now)) for cells in rows]}


def update_many(table: Table, now: float) -> dict[str, Any]:
    """By id; or, with performUpsert, by the columns to merge on, creating what is not there."""
    given = _body()
    by_id, typecast = given.get("returnFieldsByFieldId") is True, given.get("typecast") is True
    records, upsert = _records_of(given), given.get("performUpsert")
    rows = [table.cells(each.get("fields"), typecast=typecast) for each in records]
    if upsert is None:
        known = [_existing(table, each.get("id")) for each in records]
        done = [table.update(record, cells) for record, cells in zip(known, rows, strict=True)]
        return {"records": [table.shown(each, by_id=by_id) for each in done]} | _details(records)
    if not isinstance(upsert, dict) or any("id" in each for each in records):
        raise unreadable()
    matches = [table.match(upsert.get("fieldsToMergeOn"), cells) for cells in rows]
    done = [
        table.update(match, cells) if match else table.create(cells, now)
        for match, cells in zip(matches, rows, strict=True)
    ]
    updated = [match.id for match in matches if match]
    return {
        "records": [table.shown(each, by_id=by_id) for each in done],
        "createdRecords": [each.id for each in done if each.id not in updated],
        "updatedRecords": updated,
    } | _details(records)


def _existing(table: Table, record_id: object) -> Record:
    if record_id not in table.records:
        words = f"Record ID {record_id} does not exist in this table"
        raise AirtableError(422, "ROW_DOES_NOT_EXIST", words)
    return table.records[str(record_id)]


def update(table: Table, record: Record) -> dict[str, Any]:
    given = _body()
    fields = given.get("fields")
    table.update(record, table.cells(fields, typecast=given.get("typecast") is True))
    by_id = given.get("returnFieldsByFieldId") is True
    return table.shown(record, by_id=by_id) | _details([given])


def _details(given: list[dict[str, Any]]) -> dict[str, Any]:
    """What Airtable adds when it took the cells but could not fetch their files."""
    if not lost_attachments(each["fields"] for each in given):
        return {}
    return {"details": {"message": "partialSuccess", "reasons": ["attachmentsFailedUploading"]}}


def delete(table: Table, record: Record) -> dict[str, Any]:
    del table.records[record.id]
    return {"id": record.id, "deleted": True}
