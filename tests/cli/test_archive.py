"""`relay archive`: what is kept, what is missing and why, and another try."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from relay.cli.main import cli
from relay.models.core import Output
from relay.store.sqlite.store import SqliteStore
from tests.store.contract.archive import accept_held, claim_copies, failed, kept
from tests.store.contract.make import NOW, result


@pytest.fixture
def run(tmp_path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    for name in ("DATABASE_URL", "ARCHIVE"):
        monkeypatch.delenv(name, raising=False)
    outputs = tuple(Output(f"https://cdn.test/{number}.png") for number in (1, 2))
    accept_held(store, result(outputs=outputs))
    one, two = claim_copies(store)
    note = "The vendor's link is dead (answer 404)."
    store.settle_copies([kept(one, size=2_500_000), failed(two, note)], now=NOW)
    return CliRunner()


def test_it_counts_and_says_what_failed_and_why(run: CliRunner) -> None:
    shown = run.invoke(cli, ["archive"])
    assert shown.exit_code == 0, shown.output
    first, second = shown.output.splitlines()
    assert first == "1 archived (2.5 MB), 0 in progress, 1 failed."
    assert second == "vgen_1 file 2: failed, 1 attempt  The vendor's link is dead (answer 404)."


def test_retry_makes_those_that_failed_due(run: CliRunner, store: SqliteStore) -> None:
    shown = run.invoke(cli, ["archive", "retry"])
    assert shown.output == "1 copy will be retried.\n"
    assert run.invoke(cli, ["archive"]).output.splitlines()[0] == (
        "1 archived (2.5 MB), 1 in progress, 0 failed."
    )
    assert len(claim_copies(store, at=10**15)) == 1
