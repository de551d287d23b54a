"""Settings: typed, all faults at once and by name, and one SECRET_KEY whoever boots first."""

import multiprocessing
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import SecretStr

from relay.bootstrap.configuration import configure
from relay.config import settings
from relay.config.secret_key import with_secret_key
from relay.config.settings import Settings
from relay.errors import SettingsError

WEBHOOK = {"WEBHOOK_URL": "https://n8n.example.com/webhook/x"}


def names(faults: list[str]) -> set[str]:
    return {fault.split(":")[0] for fault in faults}


def read(**environ: str) -> Settings:
    found, faults = settings.read(environ)
    assert faults == []
    return found


def faults(**environ: str) -> list[str]:
    return settings.read(environ)[1]


def test_nothing_has_to_be_set() -> None:
    found = read()
    assert found.port is None
    assert found.webhook_secrets == {}
    assert found.database_path == Path("data/relay.db")
    assert found.creativeai_requests_per_minute == 10


def test_every_fault_is_told_at_once_and_by_the_name_of_its_variable(tmp_path: Path) -> None:
    wrong = {
        "PORT": "eighty",
        "PUBLIC_URL": "relay.example.com",
        "DATABASE_URL": "mysql://db/relay",
        "ORIGIN_MAP": "https://api.creativeai.run",
        "ALLOWED_HOSTS": "n8n.lan, http://n8n.lan",
        "TRUSTED_PROXIES": "-1",
        "CREATIVEAI_API_KEY": "short",
        "CREATIVEAI_VIDEOS_PER_DAY": "0",
        "WEBHOOK_URL": "ftp://example.com",
        "WEBHOOK_STATUSES": "done",
        "SLACK_WEBHOOK_URL": "https://example.com/services/x",
    }
    with pytest.raises(SettingsError) as raised:
        configure(wrong | {"DATA_DIR": str(tmp_path)})
    assert names(raised.value.faults) == set(wrong)
    assert list(tmp_path.iterdir()) == [], "a wrong environment leaves nothing behind"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CREATIVEAI_API_KEY", "s3cr3t"),
        ("CREATIVEAI_WEBHOOK_SECRET", "s3cr3t"),
        ("PORT", "s3cr3t"),
        ("PUBLIC_URL", "https://admin:s3cr3t@example.com"),
        ("DATABASE_URL", "mysql://admin:s3cr3t@db/relay"),
        ("DATABASE_URL", "postgres://admin:s3cr3t@db:s3cr3t/relay"),
        ("ORIGIN_MAP", "s3cr3t"),
        ("ALLOWED_HOSTS", "s3cr3t@host"),
    ],
)
def test_a_fault_never_repeats_the_value_which_may_be_a_secret(name: str, value: str) -> None:
    assert names(faults(**{name: value})) == {name}
    assert "s3cr3t" not in str(faults(**{name: value}))


def test_a_fault_of_a_connection_does_not_repeat_its_secret_either(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        configure({"WEBHOOK_SECRET": "whsec_s3cr3t", "DATA_DIR": str(tmp_path)})
    assert names(raised.value.faults) == {"WEBHOOK_URL", "WEBHOOK_SECRET"}
    assert "s3cr3t" not in str(raised.value)


def test_an_empty_variable_counts_as_unset_as_hosts_forms_send_it() -> None:
    found = read(PORT="", PUBLIC_URL=" ", CREATIVEAI_API_KEY="", ORIGIN_MAP="", TRUSTED_PROXIES="\t")
    assert found == Settings()


def test_variables_that_we_do_not_know_are_left_alone() -> None:
    assert faults(PATH="/bin", CREATIVEAI_SOMETHING="1", RELAY_PORT="x") == []


def test_blanks_around_a_value_are_a_slip_of_the_clipboard() -> None:
    found = read(CREATIVEAI_API_KEY=" rph_live_0123\n", PUBLIC_URL=" https://relay.example.com/ ", PORT="80 ")
    assert found.webhook_secrets == {"CREATIVEAI_API_KEY": b"rph_live_0123"}
    assert found.public_url == "https://relay.example.com"
    assert found.port == 80


@pytest.mark.parametrize(
    "value",
    [
        "relay.example.com",
        "https://",
        "https://relay.example.com/path",
        "https://relay.example.com?x=1",
        "https://user@relay.example.com",
        "https://relay.example.com:99999",
        "https://relay.example.com:abc",
        "https://relay example.com",
        "https://[::1",
        "ftp://relay.example.com",
        "javascript:alert(1)",
    ],
)
def test_the_public_address_is_scheme_and_host_and_nothing_else(value: str) -> None:
    assert names(faults(PUBLIC_URL=value)) == {"PUBLIC_URL"}


@pytest.mark.parametrize(
    "host", ["a:99999", "a:0", "...", "1.2.3", "0x7f.1", "[zz]", "[::::]", "-a", ":80", "u@h"]
)
def test_a_host_that_could_never_be_called_is_a_fault_and_no_crash_at_start(host: str) -> None:
    assert names(faults(ALLOWED_HOSTS=f"n8n.lan,{host}")) == {"ALLOWED_HOSTS"}
    assert names(faults(ORIGIN_MAP=f"https://a.example=http://{host}")) == {"ORIGIN_MAP"}


def test_lists_and_pairs_are_split_at_commas() -> None:
    found = read(
        ALLOWED_HOSTS=" n8n.lan, 192.168.1.20:5678 ,, [::1]:80",
        ORIGIN_MAP="https://api.creativeai.run/=http://127.0.0.1:9000/, https://hooks.slack.com = http://localhost:1",
        SECRET_KEY_FALLBACKS="first-old-key,second-old-key",
    )
    assert found.allowed_hosts == ["n8n.lan", "192.168.1.20:5678", "[::1]:80"]
    assert found.origin_map == {
        "https://api.creativeai.run": "http://127.0.0.1:9000",
        "https://hooks.slack.com": "http://localhost:1",
    }
    assert [key.get_secret_value() for key in found.secret_key_fallbacks] == [
        "first-old-key",
        "second-old-key",
    ]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_a_postgres_database_is_one_and_its_password_is_masked(scheme: str) -> None:
    found = read(DATABASE_URL=f"{scheme}://me:p%40ss-word@db.example.com:5433/relay?sslmode=require")
    assert found.postgres_url == found.database_url
    assert found.database_name == "Postgres database relay at db.example.com:5433"
    assert {"p%40ss-word", "p@ss-word"} <= set(found.secret_values())
    assert read(DATABASE_URL="sqlite:///here.db").postgres_url == ""


def test_only_a_database_with_a_path_is_one() -> None:
    assert read(DATABASE_URL="sqlite:////var/lib/relay.db").database_path == Path("/var/lib/relay.db")
    assert read(DATABASE_URL="sqlite:///here.db").database_path == Path("here.db")
    assert read(DATA_DIR="/var/lib").database_path == Path("/var/lib/relay.db")
    assert names(faults(DATABASE_URL="sqlite:///")) == {"DATABASE_URL"}
    assert names(faults(DATABASE_URL="sqlite://")) == {"DATABASE_URL"}
    (sentence,) = faults(DATABASE_URL="redis://cache:6379/0")
    assert "must look like postgres://" in sentence


def test_bytes_that_are_no_text_are_a_fault_by_name() -> None:
    undecodable = os.fsdecode(b"secret-\xff\xfe-secret")
    assert names(faults(CREATIVEAI_API_KEY=undecodable, ADMIN_PASSWORD=undecodable)) == {
        "CREATIVEAI_API_KEY",
        "ADMIN_PASSWORD",
    }


def test_secrets_are_named_the_configured_one_before_the_older_before_the_key() -> None:
    found = read(
        CREATIVEAI_API_KEY="rph_live_key",
        CREATIVEAI_WEBHOOK_SECRET_PREVIOUS="the-old-secret",
        CREATIVEAI_WEBHOOK_SECRET="schlüssel-neu",
    )
    assert list(found.webhook_secrets.items()) == [
        ("CREATIVEAI_WEBHOOK_SECRET", "schlüssel-neu".encode()),
        ("CREATIVEAI_WEBHOOK_SECRET_PREVIOUS", b"the-old-secret"),
        ("CREATIVEAI_API_KEY", b"rph_live_key"),
    ]


def test_no_secret_shows_when_settings_are_printed_and_each_is_listed_for_masking() -> None:
    secret = {
        "CREATIVEAI_API_KEY": "masked-1-key",
        "CREATIVEAI_WEBHOOK_SECRET": "masked-2-secret",
        "CREATIVEAI_WEBHOOK_SECRET_PREVIOUS": "masked-3-secret",
        "ADMIN_PASSWORD": "masked-4-password",
        "SECRET_KEY": "masked-5-key-of-the-relay",
        "SECRET_KEY_FALLBACKS": "masked-6-key,masked-7-key",
    }
    found = read(**secret)
    assert "masked" not in repr(found)
    assert set(found.secret_values()) == {v for value in secret.values() for v in value.split(",")}


def test_the_secrets_of_connections_are_masked_in_logs_too(tmp_path: Path) -> None:
    configuration = configure(WEBHOOK | {"DATA_DIR": str(tmp_path), "WEBHOOK_SECRET": "a" * 24})
    assert {WEBHOOK["WEBHOOK_URL"], "a" * 24} <= set(configuration.secrets())
    assert "webhook/x" not in repr(configuration)


@pytest.mark.parametrize(
    ("host", "public_url"),
    [
        ({"RENDER": "true", "RENDER_EXTERNAL_URL": "https://x.onrender.com"}, "https://x.onrender.com"),
        (
            {"RAILWAY_ENVIRONMENT_NAME": "production", "RAILWAY_PUBLIC_DOMAIN": "x.up.railway.app"},
            "https://x.up.railway.app",
        ),
        ({"FLY_APP_NAME": "x"}, "https://x.fly.dev"),
        ({"DYNO": "web.1"}, ""),
    ],
)
def test_a_host_says_its_address_and_the_settings_take_precedence(
    host: Mapping[str, str], public_url: str
) -> None:
    found = read(**host)
    assert (found.public_url, found.trusted_proxies) == (public_url, None)
    chosen = read(**host, PUBLIC_URL="https://own.example.com", TRUSTED_PROXIES="2")
    assert (chosen.public_url, chosen.trusted_proxies) == ("https://own.example.com", 2)


def test_railways_volume_holds_the_database_unless_data_dir_says_otherwise() -> None:
    assert read(RAILWAY_VOLUME_MOUNT_PATH="/vol").database_path == Path("/vol/relay.db")
    assert read(RAILWAY_VOLUME_MOUNT_PATH="/vol", DATA_DIR="/mine").database_path == Path("/mine/relay.db")
    assert read(RAILWAY_VOLUME_MOUNT_PATH="/vol", RELAY_CONTAINER="1").database_path == Path("/vol/relay.db")
    assert read(RELAY_CONTAINER="1").database_path == Path("/data/relay.db")


@pytest.mark.parametrize(
    ("environ", "archive"),
    [
        ({}, "local"),
        ({"DYNO": "web.1"}, "off"),
        ({"RENDER": "true"}, "off"),
        ({"DYNO": "web.1", "ARCHIVE": "local"}, "local"),
        ({"ARCHIVE_S3_BUCKET": "media"}, "s3"),
        ({"DYNO": "web.1", "ARCHIVE_S3_BUCKET": "media"}, "s3"),
        ({"ARCHIVE_S3_BUCKET": "media", "ARCHIVE": "local"}, "local"),
        ({"ARCHIVE_S3_BUCKET": "media", "ARCHIVE": "off"}, "off"),
    ],
    ids=str,
)
def test_files_are_archived_where_they_last_and_a_bucket_is_used_once_it_is_named(
    environ: dict[str, str], archive: str
) -> None:
    assert read(**environ).archive == archive


def test_a_secret_key_is_made_once_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    fresh = read(DATA_DIR=str(tmp_path / "new" / "folder"))
    made = with_secret_key(fresh).secret_key.get_secret_value()
    path = fresh.data_dir / "secret_key"
    assert len(made) >= 43, "256 bits at least"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(fresh.data_dir.iterdir()) == [path], "no draft is left"
    folders = (fresh.data_dir, fresh.data_dir.parent)
    assert [stat.S_IMODE(each.stat().st_mode) for each in folders] == [0o700, 0o700]
    assert with_secret_key(fresh).secret_key.get_secret_value() == made


@pytest.mark.parametrize("key", ["a", "secret", "12345678", "fifteen letters"])
def test_a_secret_key_that_could_be_tried_out_is_refused(key: str) -> None:
    (fault,) = faults(SECRET_KEY=key)
    assert fault.startswith("SECRET_KEY: is too short")
    assert "SECRET_KEY_FALLBACKS" in fault, "what to do"
    assert faults(SECRET_KEY="sixteen letters.", SECRET_KEY_FALLBACKS=key) == []


@pytest.mark.parametrize(
    ("environ", "bind", "local_url"),
    [
        ({}, "127.0.0.1:8000", "http://127.0.0.1:8000"),
        ({"PORT": "5000"}, "0.0.0.0:5000", "http://127.0.0.1:5000"),
        ({"LISTEN_HOST": "::"}, "[::]:8000", "http://[::1]:8000"),
        ({"LISTEN_HOST": "[::]", "PORT": "80"}, "[::]:80", "http://[::1]:80"),
        ({"LISTEN_HOST": "::1"}, "[::1]:8000", "http://[::1]:8000"),
        ({"LISTEN_HOST": "fe80::1"}, "[fe80::1]:8000", "http://[fe80::1]:8000"),
        ({"LISTEN_HOST": "192.168.1.20"}, "192.168.1.20:8000", "http://192.168.1.20:8000"),
        ({"LISTEN_HOST": "localhost", "PORT": "80"}, "localhost:80", "http://localhost:80"),
    ],
)
def test_where_the_relay_listens_and_how_this_machine_reaches_it(
    environ: Mapping[str, str], bind: str, local_url: str
) -> None:
    found = read(**environ)
    assert (found.bind, found.local_url, found.own_url) == (bind, local_url, local_url)


@pytest.mark.parametrize("value", ["127.0.0.1:80", "http://127.0.0.1", ":::", "a b", "[::1]:80", "1.2.3"])
def test_what_is_no_address_to_listen_on_is_a_fault(value: str) -> None:
    assert names(faults(LISTEN_HOST=value)) == {"LISTEN_HOST"}


def test_a_given_secret_key_is_used_and_none_is_written(tmp_path: Path) -> None:
    given = with_secret_key(read(DATA_DIR=str(tmp_path), SECRET_KEY="a key that is given"))
    assert given.secret_key == SecretStr("a key that is given")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_key_file_is_a_fault_and_never_an_empty_key(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("\n")
    with pytest.raises(SettingsError) as raised:
        configure({"DATA_DIR": str(tmp_path)})
    assert names(raised.value.faults) == {"SECRET_KEY"}


def _boot(
    data_dir: Path, ready: "multiprocessing.synchronize.Barrier", keys: "multiprocessing.Queue[str]"
) -> None:
    fresh = Settings(data_dir=data_dir)
    ready.wait(20)
    keys.put(with_secret_key(fresh).secret_key.get_secret_value())


@pytest.mark.slow
def test_processes_that_boot_at_once_agree_on_one_key(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    for attempt in range(5):
        data_dir = tmp_path / str(attempt)
        ready, keys = fork.Barrier(8), fork.Queue()
        processes = [fork.Process(target=_boot, args=(data_dir, ready, keys)) for _ in range(8)]
        for process in processes:
            process.start()
        found = {keys.get(timeout=20) for _ in processes}
        for process in processes:
            process.join(20)
        assert found == {(data_dir / "secret_key").read_text()}
        assert [path.name for path in data_dir.iterdir()] == ["secret_key"]


def test_every_setting_says_what_it_is_for() -> None:
    for name, field in Settings.model_fields.items():
        assert re.search(r"\w{3,}", field.description or ""), name
