"""The archive's copies as plain values: of which output, where they are stored, how archiving ended."""

from dataclasses import dataclass
from enum import StrEnum


class CopyStatus(StrEnum):
    PENDING = "pending"
    RETRYING = "retrying"
    ARCHIVED = "archived"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Copy:
    """An archived output. `number` counts a result's outputs from 1; `storage` names where the copy is.

    type, size  what the file is by its first bytes, and its bytes
    """

    number: int
    storage: str
    key: str
    type: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class ClaimedCopy:
    """An output under lease, to be archived. `received_at` is when its result came."""

    result_id: str
    number: int
    token: int
    tries: int
    url: str
    generation_id: str
    received_at: int

    @property
    def lease(self) -> tuple[str, int, int]:
        return self.result_id, self.number, self.token


@dataclass(frozen=True, slots=True)
class CopySettlement:
    """How archiving an output ended. `due_at` only where it will be retried."""

    result_id: str
    number: int
    token: int
    status: CopyStatus
    note: str = ""
    due_at: int | None = None
    storage: str = ""
    key: str = ""
    type: str = ""
    size: int | None = None
    sha256: str = ""
