"""The deploy, rehearsed: clone, build, click, boot, a webhook through, stop, boot again, no writable disk."""

import fcntl
import importlib.util
import json
import os
import re
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.deploy import dyno as platform
from tests.wire import Receiver, generation, request, signed

ROOT = Path(__file__).parent.parent.parent
API_KEY = "rph_live_of_the_rehearsal"

pytestmark = pytest.mark.slow


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A no-code tool that catches webhooks."""
    with Receiver() as catcher:
        yield catcher


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment that the build makes of the pushed requirements.txt, once for all dynos.

    Processes that share the tests share it too: the first one makes it, the others wait.
    """
    folder = tmp_path_factory.getbasetemp()
    build = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "build"
    with (build.parent / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (build / "ready").exists():
            app = platform.clone(ROOT, build / "app")
            platform.refuse_what_the_build_refuses(app)
            platform.build(app, build / "python")
            (build / "ready").touch()
    return build / "python"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A clean copy of what was pushed, as each dyno gets one."""
    return platform.clone(ROOT, tmp_path / "app")


class Engine(NamedTuple):
    """Where the data of a rehearsal is. `lasts`: it outlives the dyno and its disk."""

    config: Mapping[str, str]
    lasts: bool


@pytest.fixture(params=["SQLite", "Postgres"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """On Heroku's own disk, or in the database that the add-on of app.json brings."""
    if request.param == "SQLite":
        return Engine({}, lasts=False)
    if importlib.util.find_spec("relay.store.postgres") is None:
        pytest.skip("relay.store.postgres is not there yet: these rows wait for it")
    from tests import postgres

    url = postgres.new_database(request.getfixturevalue("postgres_server"))
    return Engine({"DATABASE_URL": url}, lasts=True)


def clicked(app: Path, receiver: Receiver) -> dict[str, str]:
    """What the button sets when the person typed a key, and a webhook set by hand afterwards."""
    set_later = {"WEBHOOK_URL": f"http://{receiver.host}/catch", "ALLOWED_HOSTS": receiver.host}
    return platform.button(app, {"CREATIVEAI_API_KEY": API_KEY}) | set_later


@pytest.fixture
def config_by_engine(app: Path, receiver: Receiver, engine: Engine) -> dict[str, str]:
    return clicked(app, receiver) | engine.config


@pytest.fixture
def config(app: Path, receiver: Receiver, tmp_path: Path) -> dict[str, str]:
    """The same, with a disk that stays."""
    return clicked(app, receiver) | {"DATA_DIR": str(tmp_path / "disk")}


def webhook(name: str, *more: tuple[str, str]) -> bytes:
    return signed(generation(name), secret=API_KEY, extra=more)


def heard(receiver: Receiver, name: str) -> int:
    return sum(name.encode() in call.body for call in list(receiver.calls))


@contextmanager
def half_sent(dyno: platform.Dyno, name: str) -> Iterator[tuple[socket.socket, bytes]]:
    """A webhook whose first half is there and whose request is known to be in the app's hands."""
    head, _, body = webhook(name, ("Expect", "100-continue")).partition(b"\r\n\r\n")
    half = len(body) // 2
    with socket.create_connection(("127.0.0.1", dyno.port), timeout=30) as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 100"), dyno.log
        connection.sendall(body[:half])
        yield connection, body[half:]


def everything(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


# -- before a push


def test_the_build_takes_what_would_be_pushed(app: Path) -> None:
    platform.refuse_what_the_build_refuses(app)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("uv.lock", ""),
        ("poetry.lock", ""),
        ("Pipfile", ""),
        ("runtime.txt", "python-3.13.0"),
        (".python-version", "3.13.1\n"),
        (".python-version", "3.13\n3.12\n"),
        (".venv/pyvenv.cfg", ""),
        ("Procfile", "web: python -m relay serve\nrelease: python -m relay check\n"),
    ],
)
def test_the_build_refuses_what_heroku_refuses(app: Path, name: str, content: str) -> None:
    (app / name).parent.mkdir(exist_ok=True)
    (app / name).write_text(content)
    with pytest.raises(platform.Refused):
        platform.refuse_what_the_build_refuses(app)


def test_the_build_refuses_an_app_without_requirements(app: Path) -> None:
    (app / "requirements.txt").unlink()
    with pytest.raises(platform.Refused):
        platform.refuse_what_the_build_refuses(app)


def test_app_json_says_only_what_heroku_reads(app: Path) -> None:
    described = json.loads((app / "app.json").read_text())
    assert set(described) <= {
        *("name", "description", "keywords", "repository", "website", "logo", "success_url"),
        *("env", "formation", "addons", "buildpacks", "scripts"),
    }, "`stack` above all ages badly"
    assert 0 < len(described["name"]) <= 30
    assert described["formation"] == {"web": {"quantity": 1, "size": "basic"}}
    assert described["buildpacks"] == [{"url": "heroku/python"}]


def test_app_json_needs_nothing_typed(app: Path) -> None:
    described = json.loads((app / "app.json").read_text())
    for name, rule in described["env"].items():
        assert set(rule) <= {"description", "value", "required", "generator"}, name
        assert rule["description"], name
        assert rule.get("generator") in (None, "secret"), name
        assert isinstance(rule.get("value", ""), str), name
    config = platform.button(app, {})
    assert len(config["ADMIN_PASSWORD"]) >= 32
    assert len(config["SECRET_KEY"]) >= 32
    assert config["ADMIN_PASSWORD"] != config["SECRET_KEY"]


def test_the_button_refuses_a_required_value_that_nobody_gave(app: Path) -> None:
    (app / "app.json").write_text(json.dumps({"env": {"A": {"description": "a"}}}))
    with pytest.raises(platform.Refused, match="A is required"):
        platform.button(app, {})
    assert platform.button(app, {"A": "typed"}) == {"A": "typed"}


# -- after a push


def test_a_signed_webhook_goes_in_and_out(
    app: Path, python: Path, config_by_engine: dict[str, str], receiver: Receiver, tmp_path: Path
) -> None:
    with platform.run(app, python, config_by_engine, tmp_path / "log") as dyno:
        dyno.wait(lambda: dyno.get("/readyz").status == 200, 10, "be ready")
        answer = dyno.send(webhook("vgen_first"))
        assert (answer.status, bool(answer.json["event"])) == (202, True), dyno.log
        dyno.wait(lambda: heard(receiver, "vgen_first"), 20, "deliver")


def test_a_webhook_without_a_good_signature_is_refused(
    app: Path, python: Path, config: dict[str, str], tmp_path: Path
) -> None:
    with platform.run(app, python, config, tmp_path / "log") as dyno:
        forged = signed(generation("vgen_forged"), secret="not the key")
        assert dyno.send(forged).status == 401, dyno.log


def test_a_stop_lets_the_request_in_hand_finish_and_leaves_no_process(
    app: Path, python: Path, config_by_engine: dict[str, str], tmp_path: Path
) -> None:
    with platform.run(app, python, config_by_engine, tmp_path / "log") as dyno:
        with half_sent(dyno, "vgen_slow") as (connection, rest):
            dyno.stop()
            dyno.wait(lambda: not dyno.is_healthy(patience=0.5), 10, "stop taking new requests")
            connection.sendall(rest)
            answer = everything(connection)
        assert re.match(rb"HTTP/1\.1 202 ", answer), answer.decode(errors="replace") + dyno.log
        dyno.wait(dyno.is_gone, platform.STOP_SECONDS, "end")
        assert "SIGKILL" not in dyno.log
        assert "Traceback" not in dyno.log, dyno.log


def test_a_second_dyno_on_a_clean_copy_knows_what_the_first_took(
    app: Path, python: Path, config: dict[str, str], receiver: Receiver, tmp_path: Path
) -> None:
    with platform.run(app, python, config, tmp_path / "log") as dyno:
        first = dyno.send(webhook("vgen_known"))
        dyno.wait(lambda: heard(receiver, "vgen_known"), 20, "deliver")
        dyno.stop()
        dyno.wait(dyno.is_gone, platform.STOP_SECONDS, "end")
    shutil.rmtree(app)
    with platform.run(platform.clone(ROOT, app), python, config, tmp_path / "log of the second") as dyno:
        again = dyno.send(webhook("vgen_known"))
        assert (first.status, again.status) == (202, 200), dyno.log
        assert again.json["event"] == first.json["event"]
        dyno.send(webhook("vgen_after"))
        dyno.wait(lambda: heard(receiver, "vgen_after"), 20, "deliver")
    assert heard(receiver, "vgen_known") == 1


def test_a_dyno_on_a_wiped_disk_has_what_lasts_and_says_where_nothing_does(
    app: Path,
    python: Path,
    *,
    engine: Engine,
    config_by_engine: dict[str, str],
    receiver: Receiver,
    tmp_path: Path,
) -> None:
    """History, API tokens and what was delivered: there again, or said at the start to be lost."""
    config = config_by_engine
    with platform.run(app, python, config, tmp_path / "log") as dyno:
        first = dyno.send(webhook("vgen_known"))
        dyno.wait(lambda: heard(receiver, "vgen_known"), 20, "deliver")
        token = platform.one_off(app, python, config, "tokens", "add", "n8n")
        dyno.stop()
        dyno.wait(dyno.is_gone, platform.STOP_SECONDS, "end")
        assert ("Heroku wipes its disk at least once a day" in dyno.log) is not engine.lasts
    shutil.rmtree(app)
    with platform.run(platform.clone(ROOT, app), python, config, tmp_path / "log of the second") as dyno:
        again = dyno.send(webhook("vgen_known"))
        assert (first.status, again.status) == (202, 200 if engine.lasts else 202), dyno.log
        if engine.lasts:
            bearer = ("Authorization", f"Bearer {token.stdout.strip()}")
            assert dyno.send(request(b"", [bearer], "/api/jobs", "GET")).status == 200
            assert heard(receiver, "vgen_known") == 1
        else:
            assert (token.returncode, token.stdout) == (1, ""), "no dead token is handed out"
            assert "Nothing was done: this is a dyno of its own (run.1234)" in token.stderr
            dyno.wait(lambda: heard(receiver, "vgen_known") == 2, 20, "deliver what it takes for new")


def test_it_runs_from_a_checkout_that_nobody_can_write(
    app: Path, python: Path, config: dict[str, str], receiver: Receiver, tmp_path: Path
) -> None:
    by_mount = platform.can_mount()
    if not by_mount and os.geteuid() == 0:
        reason = "root here may not mount, and no file mode stops root"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    before = sorted(app.rglob("*"))
    with (
        platform.unwritable(app),
        platform.run(app, python, config, tmp_path / "log", read_only=by_mount) as dyno,
    ):
        assert dyno.send(webhook("vgen_read_only")).status == 202, dyno.log
        dyno.wait(lambda: heard(receiver, "vgen_read_only"), 20, "deliver")
        assert "Traceback" not in dyno.log, dyno.log
    assert sorted(app.rglob("*")) == before
