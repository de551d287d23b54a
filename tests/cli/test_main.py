"""The commands: what they say, what they change, how they end."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.models.connection import Pause
from relay.models.delivery import Outcome
from tests.commands import Run
from tests.loopback import answer, loopback
from tests.web.site import N8N, THEN, Site
from tests.wire import SECRET, RelayProcess, generation, sign, wait_until
from tests.wire.program import ROOT


@pytest.fixture
def site(data_dir: Path) -> Iterator[Site]:
    """Fills the database as the web process and the worker would."""
    opened = Site(data_dir, **N8N)
    yield opened
    opened.close()


def damage(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "relay.db").write_bytes(b"not a database" * 1000)


# ---- settings and the database


EVERY_COMMAND = [
    ["check"],
    ["events"],
    ["deliveries"],
    ["replay", "--status", "failed"],
    ["send-test"],
    ["connections", "list"],
    ["connections", "resume", "webhook"],
]


@pytest.mark.parametrize("words", EVERY_COMMAND, ids=" ".join)
def test_every_command_names_all_faults_of_the_environment_at_once_and_exits_2(
    run: Run, data_dir: Path, words: list[str]
) -> None:
    result = run(*words, PORT="eighty", PUBLIC_URL="nonsense", WEBHOOK_URL="ftp://s3cr3t.example.com")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert re.findall(r"^  (\w+):", result.stderr, re.MULTILINE) == ["PUBLIC_URL", "PORT", "WEBHOOK_URL"]
    assert "s3cr3t" not in result.stderr
    assert not data_dir.exists()


@pytest.mark.parametrize("words", EVERY_COMMAND, ids=" ".join)
def test_a_data_folder_that_cannot_be_one_is_a_fault_by_name(
    run: Run, tmp_path: Path, words: list[str]
) -> None:
    (tmp_path / "file").write_text("")
    result = run(*words, DATA_DIR=str(tmp_path / "file" / "data"))
    assert result.exit_code == 2
    assert result.stderr.startswith("DATA_DIR: cannot be used: Not a directory")


@pytest.mark.parametrize("words", [words for words in EVERY_COMMAND if words != ["send-test"]], ids=" ".join)
def test_a_damaged_database_ends_every_command_in_a_sentence(
    run: Run, data_dir: Path, words: list[str]
) -> None:
    damage(data_dir)
    result = run(*words)
    assert result.exit_code in {1, 2}
    assert "the file is not a database" in result.output
    assert "Traceback" not in result.output


def test_commands_tell_their_version_and_what_they_are_for(run: Run) -> None:
    assert run("--version").stdout.startswith("relay, version ")
    words = run("--help").stdout
    for name in (
        "serve",
        "worker",
        "check",
        "events",
        "deliveries",
        "replay",
        "send-test",
        "archive",
        "connections",
    ):
        assert name in words


@pytest.mark.slow
@pytest.mark.parametrize("name", ["serve", "worker"])
def test_what_runs_for_ever_does_not_start_on_wrong_settings_or_a_damaged_database(
    data_dir: Path, name: str
) -> None:
    def start(**environ: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "relay", name]
        given = {"PATH": os.environ["PATH"], "DATA_DIR": str(data_dir)} | environ
        return subprocess.run(
            command, cwd=ROOT, env=given, capture_output=True, text=True, timeout=30, check=False
        )

    wrong = start(PORT="eighty", CREATIVEAI_API_KEY="short")
    assert wrong.returncode == 2
    assert re.findall(r"^  (\w+):", wrong.stderr, re.MULTILINE) == ["CREATIVEAI_API_KEY", "PORT"]
    assert not data_dir.exists()
    damage(data_dir)
    damaged = start()
    assert damaged.returncode == 2
    assert damaged.stderr == "DATA_DIR: Nothing was written: the file is not a database.\n"


# ---- what came in, what goes out


def test_events_are_listed_with_what_became_of_them(run: Run, site: Site) -> None:
    site.post(generation("vgen_1"), headers={"X-CreativeAI-Event": "video.generation.completed"})
    site.post(generation("vgen_1"))
    site.post({"id": "odd", "status": "archived"})
    result = run("events")
    assert result.exit_code == 0
    lines = sorted(result.stdout.splitlines(), key=lambda line: "vgen_1" in line)
    assert re.fullmatch(r"evt_\w{24}  .{20}  archived    unnamed  odd  -> no matching connection", lines[0])
    assert re.fullmatch(
        r"evt_\w{24}  20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ  completed   video\.generation\.completed  vgen_1"
        r"  -> webhook pending  duplicates: 1",
        lines[1],
    )
    assert len(run("events", "--limit", "1").stdout.splitlines()) == 1


def test_deliveries_are_listed_with_their_attempts(run: Run, site: Site) -> None:
    site.post(generation("vgen_1"))
    note = "n8n answered 502."
    delivery = site.deliver(outcome=Outcome.RETRY, note=note, answer="<html>\nBad gateway</html>")
    result = run("deliveries", "--attempts", **N8N)
    waits = "Waiting for its turn: sent as soon as webhook takes another delivery."
    assert result.stdout.splitlines() == [
        f"{delivery}  vgen_1 completed -> webhook: retrying, 1 attempt  {note} {waits}",
        f"    1. 2026-02-25 06:13:20Z  retry  no response  5 ms  {note}",
        r"       <html>\nBad gateway</html>",
    ]


def test_deliveries_are_narrowed_by_status_and_connection(run: Run, site: Site) -> None:
    site.post(generation("vgen_1"))
    site.deliver()
    site.post(generation("vgen_2"))
    assert "vgen_1" in run("deliveries", "--status", "delivered").stdout
    assert "vgen_2" not in run("deliveries", "--status", "delivered").stdout
    assert len(run("deliveries", "--connection", "webhook").stdout.splitlines()) == 2
    assert run("deliveries", "--connection", "slack").stdout == ""
    assert run("deliveries", "--status", "lost").exit_code == 2


def test_what_others_wrote_cannot_paint_on_the_terminal(run: Run, site: Site) -> None:
    site.post(generation("vgen_\x1b[2J\r1"), headers={"X-CreativeAI-Event": "\x9b31m"})
    site.deliver(outcome=Outcome.RETRY, note="\x1b]0;owned\x07", answer="\x1b[2J\nfake line")
    site.store.pause("webhook", Pause(since=THEN, why="\x1b[2J", until=None))
    for words in (["events"], ["deliveries", "--attempts"], ["connections", "list"]):
        shown = run(*words, **N8N).stdout
        assert re.search("\\\\x1b|\\\\x9b", shown)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", shown)
        assert "\nfake line" not in shown


# ---- replay


def test_replay_says_how_many_and_sends_only_when_told_to(run: Run, site: Site) -> None:
    for number in range(3):
        site.post(generation(f"vgen_{number}"))
        site.deliver()
    refused = run("replay", "--connection", "webhook", answers="n\n")
    assert refused.exit_code == 1
    assert "Resend 3 deliveries" in refused.stdout
    assert {row[2] for row in site.deliveries()} == {"delivered"}
    told = run("replay", "--connection", "webhook", answers="y\n")
    assert told.exit_code == 0
    assert "3 deliveries will be resent" in told.stdout
    assert {row[2] for row in site.deliveries()} == {"pending"}


def test_replay_of_ids_asks_nothing_when_told_yes_and_counts_each_once(run: Run, site: Site) -> None:
    site.post(generation("vgen_1"))
    first = site.deliver(outcome=Outcome.FAILED)
    site.post(generation("vgen_2"))
    second = site.deliver(outcome=Outcome.FAILED)
    result = run("replay", first, first, "--yes")
    assert result.stdout == "1 delivery will be resent.\n"
    assert site.rows("select status from delivery where id = ?", first) == [("pending",)]
    assert site.rows("select status from delivery where id = ?", second) == [("failed",)]


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--status", "failed"], 1),
        (["--status", "delivered"], 1),
        (["--generation", "vgen_1"], 1),
        (["--generation", "vgen_1", "--status", "delivered"], 0),
        (["--connection", "webhook"], 2),
        (["--connection", "slack"], 0),
        (["dlv_nothing"], 0),
    ],
)
def test_replay_narrows_by_all_that_is_given(run: Run, site: Site, options: list[str], count: int) -> None:
    site.post(generation("vgen_1"))
    site.deliver(outcome=Outcome.FAILED)
    site.post(generation("vgen_2"))
    site.deliver()
    result = run("replay", *options, "--yes")
    if count:
        assert result.stdout == f"{count} {'delivery' if count == 1 else 'deliveries'} will be resent.\n"
    else:
        assert (result.exit_code, result.stdout) == (1, "")
        assert "Nothing to resend" in result.stderr


@pytest.mark.parametrize(
    "options", [[], [""], ["", "--yes"], ["--connection", ""], ["", "--status", "failed"]]
)
def test_replay_of_everything_by_an_oversight_is_refused(run: Run, site: Site, options: list[str]) -> None:
    """An empty shell variable is an empty word here."""
    site.post(generation("vgen_1"))
    site.deliver(outcome=Outcome.FAILED)
    assert run("replay", *options).exit_code == 2
    assert site.deliveries() == [("vgen_1", "completed", "failed")]


def test_what_a_later_result_replaced_is_not_sent_again(run: Run, site: Site) -> None:
    site.post(generation("vgen_1", "failed"))
    delivery = site.deliver()
    site.post(generation("vgen_1", "completed"))
    result = run("replay", delivery, "--yes")
    assert result.exit_code == 1
    assert "a later result replaced it" in result.stderr


# ---- check


def test_check_says_what_is_missing_and_fails_where_no_webhook_could_be_accepted(run: Run) -> None:
    result = run("check", CREATIVEAI_WEBHOOK_SECRET="")
    assert result.exit_code == 1
    assert "BAD   No webhook can be accepted: set CREATIVEAI_WEBHOOK_SECRET" in result.stdout
    assert "note  PUBLIC_URL is not set" in result.stdout
    assert "note  ADMIN_PASSWORD is not set" in result.stdout
    assert "note  No connection is set up" in result.stdout


def test_check_names_the_secrets_and_the_file_and_passes_where_nothing_is_bad(
    run: Run, data_dir: Path
) -> None:
    result = run("check", CREATIVEAI_API_KEY="rph_live_key", ADMIN_PASSWORD="password-of-the-page")
    assert result.exit_code == 0
    assert "ok    Webhooks are verified with CREATIVEAI_WEBHOOK_SECRET, CREATIVEAI_API_KEY." in result.stdout
    assert f"ok    SQLite ({data_dir / 'relay.db'}) is writable" in result.stdout
    assert f"ok    The data is in SQLite ({data_dir / 'relay.db'}), on this machine." in result.stdout
    assert "ADMIN_PASSWORD" not in result.stdout
    for secret in (SECRET, "rph_live_key", "password-of-the-page"):
        assert secret not in result.stdout


@pytest.mark.parametrize(
    ("environ", "finding", "code"),
    [
        ({"ADMIN_PASSWORD": "b"}, "note  ADMIN_PASSWORD is easy to guess", 0),
        ({"ADMIN_PASSWORD": "b", "LISTEN_HOST": "::"}, "BAD   ADMIN_PASSWORD is easy to guess", 1),
        (
            {"CREATIVEAI_API_KEY": "rph_sandbox_key", "PORT": "80"},
            "BAD   CREATIVEAI_API_KEY is a secret of",
            1,
        ),
        (
            {"ORIGIN_MAP": "https://cdn.example.com=http://127.0.0.1:1", "PORT": "80"},
            "note  ORIGIN_MAP is set",
            0,
        ),
        (
            {"SHOPIFY_SHOP": "a.myshopify.com", "SHOPIFY_CLIENT_ID": "id", "PORT": "80"}
            | {"SHOPIFY_CLIENT_SECRET": "a secret of the store in the sandbox"}
            | {"ORIGIN_MAP": "https://a.myshopify.com=http://127.0.0.1:1"},
            "BAD   The client secret of shopify is a secret of the sandbox",
            1,
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_check_names_what_strangers_could_use(
    run: Run, environ: dict[str, str], finding: str, code: int
) -> None:
    result = run("check", **environ)
    assert finding in result.stdout
    assert result.exit_code == code


def test_check_calls_our_own_address_and_each_destination_without_writing(run: Run) -> None:
    with loopback(answer("200 OK", b"{}")) as server:
        origin_map = f"https://relay.example.com={server.url},https://n8n.example.com={server.url}"
        result = run("check", PUBLIC_URL="https://relay.example.com", ORIGIN_MAP=origin_map, **N8N)
    assert "ok    https://relay.example.com reaches this relay." in result.stdout
    assert "ok    webhook: " in result.stdout
    assert result.exit_code == 0
    assert [request.split(b" HTTP")[0] for request in server.requests] == [
        b"GET /healthz",
        b"OPTIONS /webhook/x",
    ]


@pytest.mark.parametrize("status", ["404 Not Found", "502 Bad Gateway", "302 Found"])
def test_check_fails_when_somebody_else_answers_at_our_address(run: Run, status: str) -> None:
    with loopback(answer(status, b"no")) as server:
        origin_map = f"https://relay.example.com={server.url}"
        result = run("check", PUBLIC_URL="https://relay.example.com", ORIGIN_MAP=origin_map)
    assert result.exit_code == 1
    assert f"answered {status[:3]} to /healthz: is it this relay?" in result.stdout


def test_check_fails_when_our_address_is_not_reached(run: Run) -> None:
    result = run("check", PUBLIC_URL="http://127.0.0.1:1")
    assert result.exit_code == 1
    assert "BAD   http://127.0.0.1:1 was not reached, so webhooks will not arrive" in result.stdout


def test_check_fails_when_the_database_is_held_or_the_disk_is_wiped(run: Run, site: Site) -> None:
    assert "BAD   The data is in SQLite" in run("check", DYNO="web.1").stdout
    damaged = site.database.parent / "damaged"
    damage(damaged)
    result = run("check", DATA_DIR=str(damaged))
    assert result.exit_code == 1
    assert "BAD   " in result.stdout


# ---- send-test


@pytest.mark.parametrize("status", ["completed", "failed"])
def test_a_test_webhook_is_signed_as_creativeai_signs(run: Run, status: str) -> None:
    with loopback(answer("202 Accepted", b"{}")) as server:
        result = run("send-test", "--status", status, "--to", server.url + "/")
    assert (result.exit_code, result.stdout) == (
        0,
        f"{server.url} accepted the test webhook, signed with CREATIVEAI_WEBHOOK_SECRET.\n",
    )
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    payload = json.loads(body)
    assert head.startswith(b"POST /webhooks/creativeai HTTP/1.1")
    assert lines["X-CreativeAI-Signature"] == sign(body)
    assert lines["X-CreativeAI-Event"] == f"video.generation.{status}"
    assert lines["X-CreativeAI-Delivery-Id"] == payload["id"]
    assert payload["status"] == status
    assert bool(payload["output_url"]) is (status == "completed")
    assert bool(payload["error_message"]) is (status == "failed")


def test_a_test_webhook_is_accepted_by_a_running_relay_each_time_as_a_new_one(
    run: Run, data_dir: Path
) -> None:
    with RelayProcess(data_dir) as relay:
        for _ in range(2):
            result = run("send-test", PUBLIC_URL=f"http://127.0.0.1:{relay.port}")
            assert result.exit_code == 0, result.output
        assert relay.number("select count(*) from event") == 2
        wrong = run("send-test", PORT=str(relay.port), CREATIVEAI_WEBHOOK_SECRET="another secret")
        assert wrong.exit_code == 1
        assert "answered 401" in wrong.stdout


@pytest.mark.parametrize(
    "to", ["http://127.0.0.1:1", "nonsense", "ftp://x.example", "http://[", "http://x:99999", "http://a b"]
)
def test_a_test_webhook_that_cannot_be_posted_ends_in_a_sentence(run: Run, to: str) -> None:
    result = run("send-test", "--to", to)
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{to} was not reached: ")


def test_without_a_secret_there_is_no_test_webhook(run: Run) -> None:
    result = run("send-test", CREATIVEAI_WEBHOOK_SECRET="")
    assert result.exit_code == 1
    assert "Set CREATIVEAI_WEBHOOK_SECRET or CREATIVEAI_API_KEY first" in result.stdout


# ---- worker


@pytest.mark.slow
def test_a_worker_alone_makes_its_tables_and_runs_until_it_is_told_to_stop(data_dir: Path) -> None:
    worker = RelayProcess(data_dir, N8N, program=("-m", "relay", "worker"))
    with worker.start(wait=False):
        wait_until(lambda: "worker starts" in worker.last_lines())
        assert worker.stop() == 0
    assert not (data_dir / "relay.db-wal").exists(), "the file alone has everything"
    with sqlite3.connect(data_dir / "relay.db") as database:
        assert database.execute("select count(*) from delivery").fetchone() == (0,)
    database.close()
    assert "Traceback" not in worker.last_lines()
