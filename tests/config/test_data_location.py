"""Hosts do not lie: where the data lives, whether it lasts there, and which machine has it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from relay.config.data_location import DataLocation, locate
from relay.config.settings import read

ROOT = "overlay / overlay rw 0 0\n"
RAILWAY = {"RAILWAY_ENVIRONMENT_NAME": "production"}
FLY = {"FLY_APP_NAME": "x", "FLY_PROCESS_GROUP": "app"}
OCEAN = {"PUBLIC_URL": "https://relay-abc.ondigitalocean.app"}
OCEAN_OF_THE_TEMPLATE = {"DIGITALOCEAN_APP_ID": "1", "PUBLIC_URL": "https://relay.example.com"}
IMAGE = {"RELAY_CONTAINER": "1"}
POSTGRES = "postgres://relay:the-password@db.example.com:5432/relay?sslmode=require"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a relay that has served."""
    (tmp_path / "relay.db").touch()
    return tmp_path


def located(environ: Mapping[str, str], folder: Path, *, mounted: bool, postgres: str = "") -> DataLocation:
    settings, faults = read({"DATA_DIR": str(folder), **environ})
    assert faults == []
    settings = settings.model_copy(update={"database_url": postgres})
    return locate(environ, settings, ROOT + (f"/dev/vdb {folder} ext4 rw 0 0\n" if mounted else ""))


@pytest.mark.parametrize(
    ("environ", "mounted", "words", "remedy"),
    [
        ({}, False, "on this machine", ""),
        ({}, True, "on this machine", ""),
        ({"DYNO": "web.1"}, False, "Heroku wipes its disk at least once a day", "Heroku Postgres"),
        ({"DYNO": "web.1"}, True, "Heroku wipes its disk", "Heroku Postgres"),
        ({"RENDER": "true"}, True, "on a volume", ""),
        ({"RENDER": "true"}, False, "Render wipes files outside a disk", "Add a disk"),
        (RAILWAY, True, "on a volume", ""),
        (RAILWAY, False, "Railway wipes files outside a volume", "Attach a volume"),
        (FLY, True, "on a volume", ""),
        (FLY, False, "Fly.io wipes files outside a volume", "Mount a volume"),
        (OCEAN, False, "DigitalOcean App Platform wipes its disk", "Attach a Postgres database"),
        (OCEAN_OF_THE_TEMPLATE, False, "DigitalOcean App Platform", "Attach a Postgres database"),
        (IMAGE, True, "on a volume", ""),
        (IMAGE, False, "gone when it is replaced", "Mount a volume at DATA_DIR"),
        (IMAGE | RAILWAY, False, "Railway wipes", "Attach a volume"),
    ],
    ids=str,
)
def test_where_the_data_lives_and_whether_it_lasts(
    folder: Path, environ: dict[str, str], mounted: bool, words: str, remedy: str
) -> None:
    found = located(environ, folder, mounted=mounted)
    lasts = not remedy
    assert (found.lasts, found.files_last) == (lasts, lasts)
    assert str(folder / "relay.db") in found.place
    assert found.place in found.sentence
    assert words in found.sentence
    assert remedy in found.remedy
    assert bool(found.remedy) is not lasts
    assert found.elsewhere == "", "this is the machine that serves"


@pytest.mark.parametrize("environ", [{}, {"DYNO": "web.1"}, {"DYNO": "run.1234"}, FLY, IMAGE], ids=str)
@pytest.mark.parametrize("url", [POSTGRES, POSTGRES.replace("postgres:", "postgresql:")])
def test_data_in_postgres_lasts_and_every_machine_reaches_it(
    tmp_path: Path, environ: dict[str, str], url: str
) -> None:
    found = located(environ, tmp_path, mounted=False, postgres=url)
    assert (found.lasts, found.is_remote, found.remedy, found.elsewhere) == (True, True, "", "")
    assert found.place == "Postgres database relay at db.example.com:5432"
    assert "the-password" not in str(found)
    assert found.files_last is (not environ), "of files in DATA_DIR it says what it said"


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgres://db.example.com/relay", "db.example.com"),
        ("postgres://relay:s[cret@db.example.com/relay", "db.example.com"),
        ("postgres://relay:s?cr@t@db.example.com/relay?sslmode=require", "db.example.com"),
        ("postgres:///relay?host=/run/postgresql&password=s-cret", "a local socket"),
        ("postgres://relay:s-cret@db.example.com/relay?options=a@s-cret", "db.example.com"),
        ("postgresql://[::1]:5432/relay", "[::1]:5432"),
    ],
)
def test_no_spelling_of_a_password_is_shown(tmp_path: Path, url: str, place: str) -> None:
    assert located({}, tmp_path, mounted=False, postgres=url).place == f"Postgres database relay at {place}"


@pytest.mark.parametrize(
    ("environ", "mounted", "served", "machine"),
    [
        ({"DYNO": "run.1234"}, False, True, "a dyno of its own (run.1234)"),
        ({"DYNO": "release.5"}, False, False, "a dyno of its own (release.5)"),
        ({"DYNO": "scheduler.9"}, False, False, "a dyno of its own (scheduler.9)"),
        ({"DYNO": "worker.1"}, False, False, "a dyno of its own (worker.1)"),
        ({"DYNO": "web.1"}, False, False, "a machine without the relay's database"),
        ({"RENDER": "true"}, False, False, "a machine without the relay's database"),
        (RAILWAY, False, False, "a machine without the relay's database"),
        (FLY, False, False, "a machine without the relay's database"),
        (FLY | {"FLY_PROCESS_GROUP": "fly_app_release_command"}, False, True, "fly_app_release_command"),
        (FLY | {"FLY_PROCESS_GROUP": "fly_app_console"}, False, True, "fly_app_console"),
        (OCEAN, False, False, "a machine without the relay's database"),
        (IMAGE, False, False, "a machine without the relay's database"),
        ({}, False, False, ""),
        ({"DYNO": "web.1"}, False, True, ""),
        ({"RENDER": "true"}, False, True, ""),
        ({"RENDER": "true"}, True, False, ""),
        (RAILWAY, True, False, ""),
        (FLY, True, False, ""),
        (IMAGE, True, False, ""),
    ],
    ids=str,
)
def test_a_machine_that_does_not_have_the_data_is_known(
    tmp_path: Path, environ: dict[str, str], mounted: bool, served: bool, machine: str
) -> None:
    """`served`: the relay has run on this machine's disk, or on the volume that is mounted there."""
    if served:
        (tmp_path / "relay.db").touch()
    found = located(environ, tmp_path, mounted=mounted).elsewhere
    assert bool(found) is bool(machine)
    assert machine in found
    if found:
        assert found.startswith("Nothing was done: ")
        assert "the pages or the API" in found, "what to do"
        assert "DATABASE_URL" in found


def test_a_railway_shell_on_a_laptop_is_no_machine_that_serves(tmp_path: Path) -> None:
    """`railway run` brings the variables of the service, and its volume's path, without the volume."""
    environ = {**RAILWAY, "RAILWAY_VOLUME_MOUNT_PATH": str(tmp_path / "data")}
    settings, _ = read(environ)
    assert "without the relay's database" in locate(environ, settings, ROOT).elsewhere
