"""`relay connections`: by a person at a terminal, by a script, and beside a relay that runs."""

import json
import os
import pty
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import sandbox as sandboxes
from relay.models.connection import Pause
from relay.models.delivery import Outcome
from sandbox.slack.workspace import CHANNEL, TOKEN
from tests.commands import Run
from tests.store.template import new_database
from tests.web.site import N8N, THEN, Site
from tests.wire import Connection, Receiver, RelayProcess, generation, signed, wait_until
from tests.wire.program import ROOT

URL = "https://n8n.example.com/webhook/s3cr3t-path"
FROM_INPUT = ("connections", "add", "webhook", "n8n", "--set", "url=-")
SLACK = "https://hooks.slack.com/services/T0/B0/s3cr3t"


@pytest.fixture
def run(run: Run, data_dir: Path) -> Iterator[Run]:
    """The commands, where n8n.example.com is a receiver on this machine."""
    new_database(data_dir / "relay.db")
    with Receiver() as n8n:
        reached = {"ORIGIN_MAP": f"https://n8n.example.com=http://{n8n.host}"}
        yield lambda *words, **given: run(*words, **(reached | given))


@pytest.fixture
def site(data_dir: Path) -> Iterator[Site]:
    opened = Site(data_dir)
    yield opened
    opened.close()


def add(run: Run, name: str = "n8n", url: str = URL, **environ: str) -> None:
    result = run("connections", "add", "webhook", name, "--set", "url=-", answers=url, **environ)
    assert result.exit_code == 0, result.output


def faults(stderr: str) -> list[str]:
    return re.findall(r"^  ([\w]+): ", stderr, re.MULTILINE)


# ---- adding


def test_what_is_added_is_listed_and_shown_without_its_secret(run: Run) -> None:
    given = ["--set", "url=-", "--statuses", "completed", "--kinds", "video,image"]
    added = run("connections", "add", "webhook", "n8n", *given, answers=URL + "\n")
    assert added.exit_code == 0
    assert added.stdout.startswith("n8n works and gets results from now on: completed of image, video. ")
    listed = run("connections", "list", **N8N)
    assert listed.stdout.splitlines() == [
        "webhook  webhook  ready  (from the environment; completed and failed of all types)",
        "n8n  webhook  ready  (from the store; completed of image, video)",
    ]
    shown = run("connections", "show", "n8n")
    assert "url: saved (hidden)" in shown.stdout
    for result in (added, listed, shown):
        assert "s3cr3t" not in result.output


@pytest.mark.parametrize("way", ["file", "environment", "input"])
def test_a_secret_comes_from_a_file_the_environment_or_standard_input(
    run: Run, data_dir: Path, tmp_path: Path, way: str
) -> None:
    (tmp_path / "secret").write_text(URL + "\n")
    word = {"file": f"url=@{tmp_path / 'secret'}", "environment": "url=env:N8N_ADDRESS", "input": "url=-"}[
        way
    ]
    result = run("connections", "add", "webhook", "n8n", "--set", word, answers=URL, N8N_ADDRESS=URL)
    assert result.exit_code == 0, result.output
    kept = Site(data_dir)
    assert "n8n" in run("connections", "list").stdout
    assert kept.rows("select sealed_fields from connection") == [("url",)]
    kept.close()


def test_a_secret_is_never_taken_from_the_command_line(run: Run) -> None:
    result = run("connections", "add", "webhook", "n8n", "--set", f"url={URL}")
    assert result.exit_code == 2
    assert faults(result.stderr) == ["url"]
    assert "@file" in result.stderr
    assert "s3cr3t" not in result.output
    assert run("connections", "list").stdout == ""


def test_all_faults_are_told_at_once_by_field_and_nothing_is_kept(run: Run, tmp_path: Path) -> None:
    words = [f"url=@{tmp_path}/nothing", "secret=env:NOBODY", "colour=red", "secret_previous"]
    sets = [each for word in words for each in ("--set", word)]
    result = run("connections", "add", "webhook", "N 8 N", *sets, "--statuses", "sometimes")
    assert result.exit_code == 2
    assert sorted(faults(result.stderr)) == ["colour", "name", "secret", "secret_previous", "statuses", "url"]
    assert "No such file" in result.stderr
    assert run("connections", "list").stdout == ""


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--set", "url=-", "--set", "secret=-"], "secret: standard input is already used for url"),
        (["--set", "url=-"], "url: standard input is empty"),
        ([], "url: Enter a value: this field is required."),
        (["--set", "url"], "url: cannot be entered without a terminal"),
        (["--set", "colour"], "colour: has no value; write --set colour=VALUE"),
    ],
)
def test_what_cannot_be_read_is_a_fault_of_its_field(run: Run, words: list[str], fault: str) -> None:
    result = run("connections", "add", "webhook", "n8n", *words)
    assert result.exit_code == 2
    assert f"  {fault}" in result.stderr


def test_a_name_is_used_once_also_against_the_environment(run: Run) -> None:
    add(run)
    for name, environ in (("n8n", {}), ("webhook", N8N)):
        result = run("connections", "add", "webhook", name, "--set", "url=-", answers=URL, **environ)
        assert result.exit_code == 2
        assert "  name: There is a connection of this name already." in result.stderr


def test_the_environment_wins_and_is_read_only(run: Run) -> None:
    add(run, "webhook")
    listed = run("connections", "list", **N8N)
    assert "webhook  webhook  ready  (from the environment" in listed.stdout
    assert "webhook  stored too, and not used" in listed.stdout
    for words in (["edit", "webhook", "--kinds", "video"], ["remove", "webhook", "--yes"]):
        result = run("connections", *words, **N8N)
        assert result.exit_code == 1
        assert "Change WEBHOOK_... there" in result.stderr
    assert "from the store" in run("connections", "list").stdout


@pytest.mark.slow
def test_at_a_terminal_the_secret_is_asked_for_and_not_shown(data_dir: Path) -> None:
    """A real terminal: what is typed must not come back on it."""
    with Receiver() as receiver:
        environ = {"PATH": os.environ["PATH"], "DATA_DIR": str(data_dir)}
        environ["ORIGIN_MAP"] = f"https://n8n.example.com=http://{receiver.host}"
        command = [sys.executable, "-m", "relay", "connections", "add", "webhook", "n8n"]
        ours, theirs = pty.openpty()
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        seen = b""
        while b"Address" not in seen:
            seen += os.read(ours, 1000)
        os.write(ours, URL.encode() + b"\n")
        try:
            while more := os.read(ours, 1000):
                seen += more
        except OSError:  # Linux's way to say that the other side is closed
            pass
        os.close(ours)
        assert process.wait(30) == 0, seen
    assert b"n8n works and gets results from now on" in seen
    assert b"s3cr3t" not in seen


# ---- editing


def test_an_edit_changes_what_is_named_and_keeps_the_rest(run: Run) -> None:
    sets = ["--set", "url=-", "--set", "secret=env:SIGNING", "--statuses", "failed"]
    run("connections", "add", "webhook", "n8n", *sets, answers=URL, SIGNING="a signing secret of length")
    assert "secret: saved" in run("connections", "show", "n8n").stdout
    assert run("connections", "edit", "n8n", "--kinds", "video").exit_code == 0
    shown = run("connections", "show", "n8n").stdout
    assert "failed of video" in shown
    assert "secret: saved" in shown
    assert run("connections", "edit", "n8n", "--set", "secret=", "--kinds", "").exit_code == 0
    shown = run("connections", "show", "n8n").stdout
    assert "failed of all types" in shown
    assert "secret:" not in shown


def test_an_edit_of_nothing_or_to_something_wrong_changes_nothing(run: Run) -> None:
    add(run)
    before = run("connections", "show", "n8n").stdout
    assert "Nothing to change" in run("connections", "edit", "n8n").stderr
    wrong = run(
        "connections", "edit", "n8n", "--set", "url=-", "--set", "secret=env:X", answers="ftp://x", X="x"
    )
    assert (wrong.exit_code, sorted(faults(wrong.stderr))) == (2, ["secret", "url"])
    assert "There is no connection n9n. There are: n8n." in run("connections", "edit", "n9n").stderr
    assert run("connections", "show", "n8n").stdout == before


def test_a_row_that_cannot_be_read_is_fixed_by_entering_it_again(run: Run, site: Site) -> None:
    add(run)
    for columns in ("options = '{'", "filters = '7'", "options = '{\"old\": 1}'"):
        with site.store._engine.write() as db:
            db.execute(f"update connection set {columns}")
            db.execute("update connection_revision set number = number + 1")
        assert "needs attention" in run("connections", "list").stdout
        assert run("connections", "show", "n8n").exit_code in {0, 1}
        words = ["--set", "url=-", "--set", "old=", "--kinds", "video"]
        mended = run("connections", "edit", "n8n", *words, answers=URL)
        assert mended.exit_code == 0, mended.output
        assert "n8n  webhook  ready" in run("connections", "list").stdout


# ---- standing still, and going on


def test_a_pause_says_why_and_until_when_and_is_ended_by_name(run: Run, site: Site) -> None:
    add(run)
    said = run("connections", "pause", "n8n", "--why", "holidays").stdout
    assert re.fullmatch("n8n: Paused since .* UTC: holidays. Deliveries to n8n are kept until you .*\n", said)
    assert said.removeprefix("n8n: ") in run("connections", "list").stdout
    assert (
        run("connections", "resume", "n8n").stdout == "n8n is resumed; 0 pending deliveries are sent now.\n"
    )
    assert "  ready  " in run("connections", "list").stdout
    run("connections", "pause", "n8n", "--until", "3h")
    until = site.store.pauses()["n8n"].until
    assert until is not None
    assert abs(until - time.time() * 1000 - 3 * 3_600_000) < 60_000
    run("connections", "resume", "n8n")
    assert (
        "are kept until 03:00 UTC on 2 January 2099, or until you resume the connection."
        in run("connections", "pause", "n8n", "--until", "2099-01-02T03:00").stdout
    )


@pytest.mark.parametrize("until", ["soon", "3 weeks", "2020-01-01", "99", "h"])
def test_a_pause_needs_an_end_that_is_one(run: Run, until: str) -> None:
    add(run)
    assert run("connections", "pause", "n8n", "--until", until).exit_code == 2
    assert "  ready  " in run("connections", "list").stdout


def test_what_is_not_paused_or_not_there_cannot_be_resumed_or_paused(run: Run) -> None:
    add(run)
    assert "n8n is not paused" in run("connections", "resume", "n8n").stderr
    assert "There is no connection sheet" in run("connections", "resume", "sheet").stderr
    assert "There is no connection sheet" in run("connections", "pause", "sheet").stderr


def test_a_pause_of_its_own_making_is_listed_with_its_reason(run: Run, data_dir: Path) -> None:
    site = Site(data_dir, **N8N)
    site.store.pause("webhook", Pause(since=THEN, why="It answered 410.", until=None))
    site.close()
    listed = run("connections", "list", **N8N).stdout
    assert (
        "  paused  (from the environment; completed and failed of all types)  Paused since 06:13 UTC"
        in listed
    )
    assert ": It answered 410. Deliveries to webhook are kept until you resume the connection." in listed


# ---- removing


def test_a_removal_says_how_many_wait_asks_and_skips_them_with_a_note(run: Run, data_dir: Path) -> None:
    add(run)
    site = Site(data_dir)
    for number in range(3):
        site.post(generation(f"vgen_{number}"))
    refused = run("connections", "remove", "n8n", answers="n\n")
    assert "3 pending deliveries will be skipped" in refused.stdout
    assert refused.exit_code == 1
    assert {row[2] for row in site.deliveries()} == {"pending"}
    removed = run("connections", "remove", "n8n", "--yes")
    assert removed.stdout == "n8n is removed; 3 deliveries skipped.\n"
    assert {row[2] for row in site.deliveries()} == {"skipped"}
    assert "The connection n8n was removed" in run("deliveries").stdout
    assert run("connections", "list").stdout == ""
    assert "There is no connection n8n" in run("connections", "remove", "n8n", "--yes").stderr
    site.close()


# ---- looking and testing


def test_check_asks_each_connection_or_one_and_fails_where_one_is_bad(run: Run) -> None:
    with Receiver() as fine:
        own = {"ALLOWED_HOSTS": f"{fine.host},127.0.0.1:1"}
        add(run, "fine", fine.url(), **own)
        words = ("connections", "add", "webhook", "gone", "--set", "url=-")
        gone = run(*words, answers="http://127.0.0.1:1/x", **own)
        assert gone.exit_code == 1
        assert "gone is added and paused, because its check failed: " in gone.stdout
        one = run("connections", "check", "fine", **own)
        assert (one.exit_code, one.stdout[:11]) == (0, "ok    fine:")
        for words in (["connections", "check"], ["check"]):
            result = run(*words, **own)
            assert result.exit_code == 1
            assert "ok    fine: " in result.stdout
            assert "BAD   gone: " in result.stdout
        assert all(call.body == b"" for call in fine.calls)


def test_a_test_is_sent_and_told_of(run: Run) -> None:
    with Receiver() as receiver:
        add(run, "n8n", receiver.url(), ALLOWED_HOSTS=receiver.host)
        result = run("connections", "test", "n8n", "--remove", ALLOWED_HOSTS=receiver.host)
    assert result.exit_code == 0
    assert "accepted a test" in result.stdout
    assert [call.json["type"] for call in receiver.calls if call.body] == ["relay.test"]
    refused = run("connections", "test", "n8n", ALLOWED_HOSTS=receiver.host)
    assert refused.exit_code == 1, "nobody listens there any more"


@pytest.mark.parametrize(
    ("words", "answers", "left"), [(["--keep"], "", 1), (["--remove"], "", 0), ([], "y\n", 0), ([], "n\n", 1)]
)
def test_a_test_that_can_be_taken_back_is_removed_when_told_or_asked(
    run: Run, words: list[str], answers: str, left: int
) -> None:
    sandbox = sandboxes.serve()
    channel, own = CHANNEL, {"ORIGIN_MAP": f"https://slack.com={sandbox.url}"}
    try:
        sets = ["--set", "bot_token=-", "--set", f"channel={channel}"]
        added = run("connections", "add", "slack", "team", *sets, answers=TOKEN, **own)
        assert added.exit_code == 0, added.output
        result = run("connections", "test", "team", *words, answers=answers, **own)
        assert result.exit_code == 0, result.output
        assert ("Remove the test again?" in result.stdout) is (not words)
        posted = [each for each in sandbox.received("slack") if each.path.endswith("chat.postMessage")]
        deleted = [each for each in sandbox.received("slack") if each.path.endswith("chat.delete")]
        assert len(posted) - len(deleted) == left
        assert TOKEN not in result.output
    finally:
        sandbox.stop()


# ---- a key that is lost


def test_with_a_lost_key_the_commands_say_so_and_the_secret_can_be_entered_again(run: Run) -> None:
    sets = ["--set", "url=-", "--set", "secret=env:SIGNING"]
    old, lost = "the old key of two", {"SECRET_KEY": "the new key of two"}
    run("connections", "add", "webhook", "n8n", *sets, answers=URL, SECRET_KEY=old, SIGNING="s" * 30)
    listed = run("connections", "list", **lost).stdout
    assert "  needs secret  (" in listed
    assert ")  Enter the secret again (url, secret)" in listed
    assert "BAD   n8n: Enter the secret again" in run("check", **lost).stdout
    half = run("connections", "edit", "n8n", "--set", "url=-", answers=URL, **lost)
    assert (half.exit_code, faults(half.stderr)) == (2, ["secret"])
    whole = run("connections", "edit", "n8n", "--set", "url=-", "--set", "secret=", answers=URL, **lost)
    assert whole.exit_code == 0, whole.output
    assert "n8n  webhook  ready" in run("connections", "list", **lost).stdout


# ---- beside a relay that runs


def post(relay: RelayProcess, name: str) -> None:
    with Connection(relay.port) as line:
        assert line.post(signed(generation(name))).status == 202


@pytest.mark.slow
def test_a_connection_that_is_added_changed_and_removed_while_it_runs_needs_no_restart(
    run: Run, data_dir: Path
) -> None:
    with Receiver() as first, Receiver() as second:
        own = {"ALLOWED_HOSTS": f"{first.host},{second.host}", "SECRET_KEY": "a key of this test"}
        with RelayProcess(data_dir, own) as relay:
            add(run, "n8n", first.url(), **own)
            since = time.monotonic()
            _post_until(relay, lambda: bool(first.calls))
            assert time.monotonic() - since < 5, "the next results come within a second or two"
            changed = run("connections", "edit", "n8n", "--set", "url=-", answers=second.url(), **own)
            assert changed.exit_code == 0
            _post_until(relay, lambda: bool(second.calls))
            assert run("connections", "remove", "n8n", "--yes", **own).exit_code == 0
            before = len(second.calls)
            for number in range(5):
                post(relay, f"after_{number}")
            assert relay.number("select count(*) from delivery where generation_id like 'after%'") == 0
            assert relay.number("select count(*) from delivery where due_at is not null") == 0
            assert relay.stop() == 0
            assert len(second.calls) == before
            lines = relay.log.read_text()
    assert "Traceback" not in lines
    for secret in (first.url(), second.url()):
        assert secret not in lines


def _post_until(relay: RelayProcess, arrived: Callable[[], bool]) -> None:
    def once() -> bool:
        post(relay, f"vgen_{uuid.uuid4().hex}")
        return arrived()

    wait_until(once, pause=0.2)


def test_a_lost_key_end_to_end_nothing_is_lost_and_the_secret_lets_it_go(run: Run, data_dir: Path) -> None:
    with Receiver() as receiver:
        own = {"ALLOWED_HOSTS": receiver.host}
        add(run, "n8n", receiver.url(), SECRET_KEY="the first key of two", **own)
        with RelayProcess(data_dir, {"SECRET_KEY": "another key than that", **own}) as relay:
            post(relay, "vgen_1")
            assert "pending" in run("deliveries", SECRET_KEY="another key than that", **own).stdout
            assert [call for call in receiver.calls if call.body] == []
            again = run(
                "connections",
                "edit",
                "n8n",
                "--set",
                "url=-",
                answers=receiver.url(),
                SECRET_KEY="another key than that",
                **own,
            )
            assert again.exit_code == 0, again.output
            wait_until(lambda: [call for call in receiver.calls if call.body])
            wait_until(lambda: relay.number("select count(*) from delivery where status = 'delivered'") == 1)
            entries = [json.loads(line) for line in relay.log.read_text().splitlines()]
    told = [entry for entry in entries if entry["event"] == "connection not ready"]
    assert [entry["connection"] for entry in told] == ["n8n"]
    assert "Enter the secret again (url)" in told[0]["why"]


def test_keys_are_rotated_by_a_restart(run: Run, data_dir: Path) -> None:
    with Receiver() as receiver:
        own = {"ALLOWED_HOSTS": receiver.host}
        add(run, "n8n", receiver.url(), SECRET_KEY="the first key of two", **own)
        with RelayProcess(
            data_dir,
            {"SECRET_KEY": "the second key of two", "SECRET_KEY_FALLBACKS": "the first key of two", **own},
        ):
            pass
        with RelayProcess(data_dir, {"SECRET_KEY": "the second key of two", **own}) as relay:
            post(relay, "vgen_1")
            wait_until(lambda: [call for call in receiver.calls if call.body])


def test_two_slack_channels_get_what_each_wants(run: Run, data_dir: Path) -> None:
    sandbox = sandboxes.serve()
    own = {"ORIGIN_MAP": f"https://hooks.slack.com={sandbox.url}"}
    try:
        for name, statuses in (("done", "completed"), ("broken", "failed")):
            words = ("--set", "webhook_url=-", "--statuses", statuses)
            added = run("connections", "add", "slack", name, *words, answers=f"{SLACK}{name}", **own)
            assert added.exit_code == 0, added.output
        key = (data_dir / "secret_key").read_text()
        with RelayProcess(data_dir, {"SECRET_KEY": key, **own}) as relay, Connection(relay.port) as line:
            for name, status in (("vgen_1", "completed"), ("vgen_2", "failed")):
                assert line.post(signed(generation(name, status))).status == 202
            wait_until(lambda: relay.number("select count(*) from delivery where status = 'delivered'") == 2)
    finally:
        sandbox.stop()
    came = {item.path.rpartition("s3cr3t")[2]: item.body for item in sandbox.received("slack")}
    assert set(came) == {"done", "broken"}
    assert "could not render" in came["broken"]


def test_outcomes_of_a_removed_connection_stay_in_the_history(run: Run, data_dir: Path) -> None:
    site = Site(data_dir, **N8N)
    site.post(generation("vgen_1"))
    site.deliver(outcome=Outcome.FAILED, note="It did not fit.")
    site.close()
    add(run, "webhook")
    run("connections", "remove", "webhook", "--yes")
    assert "It did not fit." in run("deliveries").stdout
    assert run("replay", "--connection", "webhook", "--yes").exit_code == 1
