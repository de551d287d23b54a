"""The files of samples themselves."""

import json
from pathlib import Path

import pytest

from tests.samples import PATH

FILES = {str(path.relative_to(PATH)): path for path in sorted(PATH.rglob("*.json"))}


@pytest.mark.parametrize("path", FILES.values(), ids=FILES)
def test_every_sample_states_its_origin(path: Path) -> None:
    assert len(json.loads(path.read_text(encoding="utf-8"))["origin"].split()) > 3
