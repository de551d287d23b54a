"""The key of a copy in the storage: made of ids and times, never of a URL, so that it points nowhere else."""

import hashlib
import re
from datetime import UTC, datetime

from relay.files.media_types import TYPES

# Lower case only: some disks take vgen_A and vgen_a for one name.
_SAFE = re.compile(r"[a-z0-9_-]{1,100}")
_KEY = re.compile(rf"[0-9]{{4}}/[0-9]{{2}}/[a-z0-9_-]{{1,100}}-[0-9]{{1,4}}\.({'|'.join(TYPES)})")


def key(generation_id: str, number: int, received_at: int, ending: str) -> str:
    """The same on every attempt. `received_at` is in ms."""
    name = generation_id
    if not _SAFE.fullmatch(name):
        name = hashlib.sha256(generation_id.encode("utf-8", "replace")).hexdigest()[:40]
    return f"{datetime.fromtimestamp(received_at / 1000, UTC):%Y/%m}/{name}-{number}.{ending}"


def is_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


def media_type(known_key: str) -> str:
    return TYPES[known_key.rpartition(".")[2]]
