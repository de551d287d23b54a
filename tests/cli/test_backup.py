"""`relay backup` and `relay restore`, beside a relay that runs and one that is stopped."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands import Run
from tests.web.site import N8N, Site
from tests.wire import RelayProcess, generation


def generations(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return [row[0] for row in database.execute("select delivery_id from event order by id")]


@pytest.fixture
def site(data_dir: Path) -> Site:
    return Site(data_dir, **N8N)


def test_a_backup_comes_back_with_all_that_was_there(
    run: Run, site: Site, tmp_path: Path, data_dir: Path
) -> None:
    site.post(generation("vgen_1"))
    file = tmp_path / "monday.db"
    made = run("backup", str(file))
    assert made.exit_code == 0, made.output
    assert "SECRET_KEY and archived files are not in a backup" in made.stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir() if each != data_dir] == ["monday.db"]
    assert generations(file) == ["vgen_1"]
    site.post(generation("vgen_2"))
    refused = run("restore", str(file), "--yes")
    assert refused.exit_code == 1
    assert "is in use" in refused.stderr
    site.close()
    assert run("restore", str(file), answers="n\n").exit_code == 1
    assert generations(site.database) == ["vgen_1", "vgen_2"]
    done = run("restore", str(file), answers="y\n")
    assert done.exit_code == 0, done.output
    assert "relay.db.before-restore" in done.stdout
    assert generations(site.database) == ["vgen_1"]


def test_a_backup_overwrites_nothing_and_makes_no_database(run: Run, site: Site, tmp_path: Path) -> None:
    site.close()
    taken = tmp_path / "taken.db"
    taken.write_text("mine")
    assert "exists already" in run("backup", str(taken)).stderr
    assert taken.read_text() == "mine"
    assert "cannot be written" in run("backup", str(tmp_path / "nowhere" / "a.db")).stderr
    nothing = run("backup", str(tmp_path / "a.db"), DATA_DIR=str(tmp_path / "none"))
    assert "There is no database" in nothing.stderr
    assert not (tmp_path / "none" / "relay.db").exists()


@pytest.mark.slow
def test_a_running_relay_is_backed_up_and_not_overwritten(run: Run, site: Site, tmp_path: Path) -> None:
    site.post(generation("vgen_1"))
    site.close()
    file = tmp_path / "running.db"
    with RelayProcess(site.database.parent):
        assert run("backup", str(file)).exit_code == 0
        assert "is in use" in run("restore", str(file), "--yes").stderr
    assert generations(file) == ["vgen_1"]
    assert run("restore", str(file), "--yes").exit_code == 0
