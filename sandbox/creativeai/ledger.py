"""The ledger: every accepted submit, with its parameters and what was paid for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.creativeai.jobs import Job


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One requested generation; each video of a batch has its own entry.

    kind      CreativeAI's name: video.generation
    key       the API key that pays
    request   the parameters as sent, without nulls; of a batch's video: its own and the shared ones
    charged   credits taken, all in all
    refunded  credits refunded, because it failed or a cheaper provider took over
    batch     id of its batch, or empty
    """

    id: str
    kind: str
    key: str
    request: Mapping[str, Any]
    status: str
    charged: int
    refunded: int
    created_at: float
    batch: str

    @property
    def paid(self) -> int:
        return self.charged - self.refunded


def entry_of(job: Job) -> LedgerEntry:
    return LedgerEntry(
        id=job.id,
        kind=job.kind.name,
        key=job.key,
        request=job.request,
        status=job.status,
        charged=job.charged,
        refunded=job.refunded,
        created_at=job.created_at,
        batch=job.batch,
    )
