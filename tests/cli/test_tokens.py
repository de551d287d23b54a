"""`relay tokens`: shown once, kept as a hash, revocable."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

from relay.store.sqlite.store import SqliteStore
from tests.commands import Run

TOKEN = re.compile(r"cr_[A-Za-z0-9_-]{43}")


def added(run: Run, name: str = "n8n") -> str:
    result = run("tokens", "add", name)
    assert result.exit_code == 0, result.output
    return str(result.stdout).strip()


def test_a_token_is_shown_once_and_only_its_hash_is_kept(run: Run, data_dir: Path) -> None:
    token = added(run)
    assert TOKEN.fullmatch(token)
    assert token not in run("tokens", "list").output
    files = list(data_dir.glob("relay.db*"))
    assert files
    assert not any(token.encode() in file.read_bytes() for file in files)
    assert any(sha256(token.encode()).hexdigest().encode() in file.read_bytes() for file in files)


def test_two_tokens_of_one_name_are_two(run: Run) -> None:
    assert added(run) != added(run)
    assert run("tokens", "list").output.count("n8n") == 2


def test_the_list_says_who_made_use_of_which(run: Run, data_dir: Path) -> None:
    token = added(run)
    assert "never used" in run("tokens", "list").output
    store = SqliteStore(data_dir / "relay.db")
    store.token_by_digest(sha256(token.encode()).hexdigest(), now=1_800_000_000_000)
    store.close()
    assert "last used 2027-01-15 08:00:00Z" in run("tokens", "list").output


def test_a_revoked_token_says_so_and_cannot_be_revoked_again(run: Run) -> None:
    added(run)
    token_id = run("tokens", "list").output.split()[0]
    assert run("tokens", "revoke", token_id).exit_code == 0
    assert "revoked 20" in run("tokens", "list").output
    again = run("tokens", "revoke", token_id)
    assert again.exit_code == 1
    assert "no active token" in again.output


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 65])
def test_a_name_is_a_short_line(run: Run, name: str) -> None:
    result = run("tokens", "add", name)
    assert result.exit_code == 2
    assert "NAME" in result.output
