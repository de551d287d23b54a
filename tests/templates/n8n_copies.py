"""Copies of the templates that read a list, as several users have them: each with a list of its own.

They differ from the files in what a user sets: spreadsheet, tab, channel, the credential for Google, the
webhook's address, and how often the schedule fires.
"""

import copy
import json
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox import LedgerEntry

TEMPLATES = Path(__file__).parent.parent.parent / "n8n"
EVERY = 30  # seconds between two runs of the schedule
GOOGLE = "Google service account"


@dataclass(frozen=True, slots=True)
class Copy:
    """`number` tells the copies apart; `slug` is the template's folder."""

    number: int
    slug: str

    @property
    def id(self) -> str:
        return f"caiCopy{self.number:02}"

    @property
    def path(self) -> str:
        """Of the webhook that CreativeAI calls."""
        return f"copy-{self.number:02}-done"

    @property
    def book(self) -> str:
        return f"sheet-of-copy-{self.number:02}"

    @property
    def channel(self) -> str:
        return f"C0COPY{self.number:02}"

    @property
    def credential(self) -> str:
        """Google counts the calls of each account."""
        return f"{GOOGLE} {self.number:02}"

    def workflow(self) -> dict[str, Any]:
        made = copy.deepcopy(json.loads((TEMPLATES / self.slug / "workflow.json").read_text()))
        for node in made["nodes"]:
            kind = node["type"].rpartition(".")[2]
            if "webhookId" in node:
                node["webhookId"] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.id}/{node['name']}"))
            if kind == "webhook":
                node["parameters"]["path"] = self.path
            elif kind == "scheduleTrigger":
                fires = {"field": "seconds", "secondsInterval": EVERY}
                node["parameters"]["rule"]["interval"] = [fires]
            elif node["name"] == "Settings":
                self._enter(node["parameters"]["assignments"]["assignments"])
            for given in node.get("credentials", {}).values():
                given["name"] = self.credential if given["name"] == GOOGLE else given["name"]
        return {**made, "id": self.id, "name": f"{made['name']} ({self.number})"}

    def _enter(self, settings: Sequence[dict[str, Any]]) -> None:
        own = {"sheet_id": self.book, "slack_channel": self.channel}
        for each in settings:
            each["value"] = own.get(each["name"], each["value"])
            if each["name"] == "callback_url":
                each["value"] = f"{each['value'].rpartition('/')[0]}/{self.path}"

    @property
    def tab(self) -> str:
        return {"image-to-video-sheets-slack": "Videos", "catalogue-batch": "Catalogue"}[self.slug]

    def paid(self, jobs: Sequence[LedgerEntry]) -> list[LedgerEntry]:
        return [each for each in jobs if f"/{self.path}?" in str(each.request.get("webhook_url"))]


def marks(jobs: Sequence[LedgerEntry]) -> Mapping[str, str]:
    """For each paid job's ID, the mark of the row that it was started for; the jobs are in their order.

    A callback's address has the mark, or the numbers of run and rows for the videos of a batch.
    """
    places: Counter[str] = Counter()
    found = {}
    for job in jobs:
        query = {name: values[0] for name, values in parse_qs(_query(job)).items()}
        if "mark" in query:
            found[job.id] = query["mark"]
            continue
        row = query["rows"].split("-")[places[job.batch]]
        places[job.batch] += 1
        found[job.id] = f"Starting (run {query['run']}, row {row})"
    return found


def _query(job: LedgerEntry) -> str:
    return urlsplit(str(job.request["webhook_url"])).query


COPIES = tuple(
    Copy(number, ("image-to-video-sheets-slack", "catalogue-batch")[number % 2]) for number in range(10)
)
