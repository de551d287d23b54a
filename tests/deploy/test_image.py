"""The Dockerfile: what stands in it, and what its steps make. The image itself is not built here."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from relay.cli.healthcheck import PATH
from relay.config.platform import with_defaults
from tests.deploy import image
from tests.deploy.dyno import clone, pushed_files, read_procfile
from tests.wire import SECRET, Connection, free_port, generation, request, signed, wait_until

ROOT = Path(__file__).parent.parent.parent
MOST_BYTES = 80_000_000
STAGES = image.read(ROOT / "Dockerfile")
FINAL = STAGES[-1]
DATA = with_defaults(FINAL.environment(), {})["data_dir"]


def words(command: str) -> list[str]:
    return re.findall(r'"([^"]*)"', command)


# -- what stands in it


def test_both_stages_are_of_the_slim_image_of_the_python_that_hosts_take() -> None:
    version = (ROOT / ".python-version").read_text().strip()
    assert [stage.base for stage in STAGES] == [f"python:{version}-slim"] * 2


def test_the_image_starts_what_the_procfile_starts() -> None:
    (command,) = FINAL.texts("CMD")
    assert " ".join(words(command)) == read_procfile(ROOT)["web"]
    assert not FINAL.texts("ENTRYPOINT")


def test_the_image_runs_as_a_user_without_rights_who_owns_the_data() -> None:
    (user,) = FINAL.texts("USER")
    assert re.fullmatch(r"([1-9]\d*):([1-9]\d*)", user), "numbers, which hosts can check"
    owner, group = user.split(":")
    assert FINAL.texts("RUN") == [f"install -d -o {owner} -g {group} {DATA}"]
    assert "DATA_DIR" not in FINAL.environment(), "Railway's volume may be mounted elsewhere"


def test_there_is_no_volume_line_which_railway_refuses() -> None:
    assert [stage.texts("VOLUME") for stage in STAGES] == [[], []]


def test_the_port_is_one_and_it_is_probed_with_the_relays_own_command() -> None:
    assert FINAL.texts("EXPOSE") == [FINAL.environment()["PORT"]]
    (probe,) = FINAL.texts("HEALTHCHECK")
    assert words(probe) == ["python", "-m", "relay", "healthcheck"]
    assert PATH == "/healthz"


def test_the_image_says_that_it_is_one() -> None:
    """Else data in the container itself would count as data on a machine of one's own."""
    assert FINAL.environment()["RELAY_CONTAINER"] == "1"


# -- what is sent


@pytest.mark.parametrize(
    ("path", "is_sent"),
    [
        ("relay/cli/main.py", True),
        ("relay/store/sql/statements/jobs.sql", True),
        ("templates/parts/ui.html", True),
        ("n8n/index.json", True),
        ("make/daily-report/blueprint.json", True),
        ("requirements.txt", True),
        ("requirements-dev.txt", False),
        ("n8n/source/flow.py", False),
        ("make/source/words/daily-report.toml", False),
        ("relay/cli/__pycache__/main.cpython-313.pyc", False),
        ("__pycache__/x.pyc", False),
        (".git/config", False),
        (".env", False),
        ("data/relay.db", False),
        (".venv/bin/python", False),
        ("tests/wire/client.py", False),
        ("docs/deploying.md", False),
        ("relay.db", False),
    ],
)
def test_only_what_the_relay_runs_with_is_sent_to_the_build(path: str, is_sent: bool) -> None:
    assert list(image.context(ROOT, [Path(path)])) == ([Path(path)] if is_sent else [])


# -- what its steps make


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> image.Build:
    folder = tmp_path_factory.mktemp("image")
    pushed = clone(ROOT, folder / "pushed")
    sent = folder / "sent"
    for name in image.context(pushed, pushed_files(ROOT)):
        (sent / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(pushed / name, sent / name)
    return image.Build(STAGES, sent, folder / "stages")


@pytest.mark.image
def test_the_steps_add_little_to_the_base_image(built: image.Build) -> None:
    assert built.size() < MOST_BYTES, f"{built.size() / 1e6:.0f} MB"


@pytest.mark.image
def test_what_was_left_out_is_not_needed_for_a_bucket(built: image.Build) -> None:
    code = (
        "from relay.archive.s3_storage import S3Storage\n"
        "bucket = S3Storage(bucket='media', access_key_id='id', secret_access_key='secret')\n"
        "print(bucket.link('a.mp4', 0)[0])"
    )
    root = built.roots[""]
    run = [str(root / "venv/bin/python"), "-c", code]
    done = subprocess.run(run, cwd=root / "app", capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("https://media.s3.amazonaws.com/a.mp4?X-Amz-Algorithm=AWS4-HMAC-SHA256")


@pytest.mark.image
def test_what_the_steps_make_serves_and_is_probed(built: image.Build, tmp_path: Path) -> None:
    root = built.roots[""]
    given = FINAL.environment() | {"DATA_DIR": f"{root}{DATA}"}
    given |= {"PATH": f"{root}/venv/bin:{os.defpath}", "PORT": str(free_port())}
    given |= {"CREATIVEAI_WEBHOOK_SECRET": SECRET}
    (start,), (probe,) = FINAL.texts("CMD"), FINAL.texts("HEALTHCHECK")
    before = sorted((root / "app").rglob("*"))

    def probed() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words(probe), cwd=root / "app", env=given, capture_output=True, text=True, timeout=30, check=False
        )

    assert probed().returncode == 1, "nothing serves yet"
    with (tmp_path / "log").open("wb") as log:
        serving = subprocess.Popen(words(start), cwd=root / "app", env=given, stdout=log, stderr=log)
    try:
        wait_until(lambda: probed().returncode == 0 or serving.poll() is not None, 30, pause=0.2)
        text = (tmp_path / "log").read_text()
        assert serving.poll() is None, text
        assert "gone when it is replaced" in text, "no volume is mounted here, and the log says so"
        with Connection(int(given["PORT"]), timeout=20) as connection:
            assert connection.post(signed(generation("vgen_image"))).status == 202
        with Connection(int(given["PORT"]), timeout=20) as connection:
            assert connection.post(request(b"", (), "/login", "GET")).status == 200, "pages are there"
    finally:
        serving.terminate()
        assert serving.wait(30) == 0
    assert sorted((root / "app").rglob("*")) == before, "the user of the image could not have written these"
