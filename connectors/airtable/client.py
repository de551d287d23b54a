"""Calls to an Airtable table: upsert a record by its key, update it by its ID, find it, remove it.

https://airtable.com/developers/web/api/update-multiple-records
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeGuard
from urllib.parse import quote, urlencode

from connectors.airtable.errors import COLUMN_FAULTS, kind_and_words, refusal
from relay.errors import RemoteError
from relay.http.client import Http, HttpResponse

_API = "https://api.airtable.com/v0"
_PAGE = "100"  # the most records of one look-up


@dataclass(frozen=True, slots=True)
class Written:
    """A record after it was written.

    cells       those of the record that are not empty
    files_lost  Airtable could not fetch all files that were attached
    namesakes   how many records have the same key; 1 unless a record was copied
    """

    id: str
    cells: Mapping[str, Any]
    answer: HttpResponse
    files_lost: bool = False
    namesakes: int = 1


class Table:
    """Makes the calls. Any other answer than a success raises RemoteError; `now` is in ms.

    `by_id`: answers name columns by their IDs instead of their names. `fields`: each column as the writes
    name it -> as people know it.
    """

    def __init__(
        self, base: str, name: str, token: str, http: Http, *, fields: Mapping[str, str], by_id: bool = False
    ) -> None:
        self.base, self._token, self._http, self._by_id = base, token, http, by_id
        self._fields = fields
        self._url = f"{_API}/{base}/{quote(name, safe='')}"

    def upsert(self, key_column: str, cells: Mapping[str, Any], now: int) -> Written:
        """Create the record, or update the one with the same key; of several the oldest."""
        answer = self._send({"performUpsert": {"fieldsToMergeOn": [key_column]}}, {"fields": cells})
        if answer.status == 422 and kind_and_words(answer)[0] not in COLUMN_FAULTS:
            # Several records with one key are refused; what Airtable calls that is not documented.
            namesakes = self._find(key_column, str(cells[key_column]), refused=answer, now=now)
            if len(namesakes) > 1:
                return replace(self.update(namesakes[0], cells, now), namesakes=len(namesakes))
        return self._written(answer, now)

    def update(self, record: str, cells: Mapping[str, Any], now: int) -> Written:
        """By the list form, whose errors tell a missing record from a missing table."""
        return self._written(self._send({}, {"id": record, "fields": cells}), now)

    def remove(self, record: str) -> bool:
        """False: it was gone already."""
        answer = self._call("DELETE", f"{self._url}/{quote(record, safe='')}")
        if answer.status == 404:
            return False
        if self._read(answer, 0).get("deleted") is not True:
            raise self._refusal(answer, 0)
        return True

    def of_the_base(self) -> list[dict[str, Any]]:
        """All tables of the base, each with its columns under `fields`."""
        answer = self._call("GET", f"{_API}/meta/bases/{self.base}/tables")
        tables = self._read(answer, 0).get("tables")
        if not _objects(tables) or not all(_objects(each.get("fields")) for each in tables):
            raise self._refusal(answer, 0)
        return tables

    def excerpt(self, answer: HttpResponse) -> str:
        return answer.excerpt([self._token])

    def _find(self, column: str, value: str, *, refused: HttpResponse, now: int) -> list[str]:
        """IDs of all records with this value, oldest first. Raises `refused` if the token may not read."""
        payload = {"filterByFormula": formula(column, value), "pageSize": _PAGE, "fields[]": column}
        answer = self._call("GET", f"{self._url}?{urlencode(payload, errors='replace')}")
        try:
            records = self._read(answer, now).get("records")
        except RemoteError as error:
            raise (error if error.whose == "transient" else self._refusal(refused, now)) from None
        if not _objects(records):
            raise self._refusal(answer, now)
        return [
            str(each.get("id")) for each in sorted(records, key=lambda each: str(each.get("createdTime")))
        ]

    def _written(self, answer: HttpResponse, now: int) -> Written:
        data = self._read(answer, now)
        records = data.get("records")
        if not _objects(records) or len(records) != 1 or not isinstance(records[0].get("id"), str):
            raise self._refusal(answer, now)
        cells = records[0].get("fields")
        files_lost = "attachmentsFailedUploading" in str(data.get("details"))
        return Written(records[0]["id"], cells if isinstance(cells, dict) else {}, answer, files_lost)

    def _read(self, answer: HttpResponse, now: int) -> dict[str, Any]:
        """The body's JSON object. A 200 without one is from a proxy in between, and is refused."""
        try:
            data = json.loads(answer.body) if answer.status == 200 else None
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise self._refusal(answer, now)
        return data

    def _refusal(self, answer: HttpResponse, now: int) -> RemoteError:
        return refusal(answer, self._token, now, self._fields)

    def _send(self, how: Mapping[str, Any], record: Mapping[str, Any]) -> HttpResponse:
        payload = {**how, "typecast": True, "returnFieldsByFieldId": self._by_id, "records": [record]}
        return self._call("PATCH", self._url, payload)

    def _call(self, method: str, url: str, payload: Mapping[str, Any] | None = None) -> HttpResponse:
        headers = {"Authorization": f"Bearer {self._token}"}
        if payload is None:
            return self._http.send(method, url, headers=headers, cap=8_388_608)
        headers["Content-Type"] = "application/json"
        body = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
        return self._http.send(method, url, headers=headers, body=body)


def formula(column: str, value: str) -> str:
    """True for records whose column holds exactly this text, whatever is in it."""
    name = column.replace("\\", "\\\\").replace("}", "\\}")
    text = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{{{name}}}='{text}'"


def _objects(value: object) -> TypeGuard[list[dict[str, Any]]]:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)
