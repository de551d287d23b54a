"""A Heroku for one machine and no docker: what its build refuses, what a dyno is given, how it is stopped."""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.wire import Connection, Reply, free_port, request, wait_until

PACKAGE_MANAGERS = (
    *("requirements.txt", "uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile", "Pipfile.lock"),
    *("setup.py", "environment.yml"),
)
NOT_OURS = (
    ".git",
    ".venv",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    "data",
)
BOOT_SECONDS = 60
STOP_SECONDS = 30


class Refused(AssertionError):  # noqa: N818 - it is the answer of the platform
    """The platform would have said no."""


# -- the slug: what a push carries, and what the build makes of it


def pushed_files(root: Path) -> list[Path]:
    """What would be pushed: tracked files and new ones that no .gitignore names, relative to the root."""
    # The checkout may belong to another user, as in a container.
    git = ["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"]
    if (root / ".git").exists():
        names = subprocess.run(git, check=True, capture_output=True, timeout=60).stdout.decode().split("\0")
        return [Path(name) for name in sorted(set(names)) if name and (root / name).is_file()]
    files = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(path for path in files if not set(path.parts) & set(NOT_OURS))


def clone(root: Path, destination: Path) -> Path:
    for name in pushed_files(root):
        (destination / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, destination / name)
    return destination


def refuse_what_the_build_refuses(app: Path) -> None:
    """The rules of Heroku's Python build, and two of ours that its disk makes necessary."""
    managers = [name for name in PACKAGE_MANAGERS if (app / name).exists()]
    if managers != ["requirements.txt"]:
        raise Refused(f"exactly requirements.txt must name the dependencies, found {managers}")
    if (app / "runtime.txt").exists():
        raise Refused("runtime.txt is deprecated: .python-version names the version")
    if not re.fullmatch(r"3\.\d+\n?", (app / ".python-version").read_text()):
        raise Refused(".python-version must be one line such as 3.13")
    if (app / ".venv").exists():
        raise Refused("a virtual environment was committed")
    if set(read_procfile(app)) != {"web"}:
        raise Refused("the Procfile must have web alone: a release phase sees another disk than the app")


def read_procfile(app: Path) -> dict[str, str]:
    lines = [line for line in (app / "Procfile").read_text().splitlines() if line.strip()]
    return {name: command.strip() for name, _, command in (line.partition(":") for line in lines)}


def build(app: Path, python: Path) -> None:
    """pip installs requirements.txt and nothing else, into an environment beside the app."""
    subprocess.run([sys.executable, "-m", "venv", str(python)], check=True, timeout=120)
    pip = [str(python / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [*pip, "-r", "requirements.txt"], check=False, cwd=app, capture_output=True, text=True, timeout=600
    )
    if done.returncode:
        raise Refused(f"pip install -r requirements.txt failed:\n{done.stderr}")


def button(app: Path, answers: Mapping[str, str]) -> dict[str, str]:
    """The config vars after a click on the deploy button: values, made secrets, and what the person typed.
    Those that add-ons set are not among them."""
    config = {}
    for name, rule in json.loads((app / "app.json").read_text())["env"].items():
        made = secrets.token_hex(32) if rule.get("generator") == "secret" else rule.get("value", "")
        if value := answers.get(name, made):
            config[name] = value
        elif rule.get("required", True):
            raise Refused(f"{name} is required and nobody gave it")
    return config


# -- the dyno: one run of the slug


@dataclass
class Dyno:
    """A running web process, with what it says so far in `log`."""

    port: int
    log_file: Path
    supervisor: "subprocess.Popen[bytes]"

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    @property
    def group(self) -> int | None:
        """The process group that the Procfile's command leads."""
        started = re.search(r"web\.1 started \(pid=(\d+)\)", self.log)
        return int(started[1]) if started else None

    def is_gone(self) -> bool:
        return self.supervisor.poll() is not None and not (self.group and group_lives(self.group))

    def is_healthy(self, patience: float = 20.0) -> bool:
        try:
            return self.send(request(b"", (), "/healthz", "GET"), patience).status == 200
        except OSError:
            return False

    def get(self, path: str) -> Reply:
        return self.send(request(b"", (), path, "GET"))

    def send(self, raw: bytes, patience: float = 20.0) -> Reply:
        with Connection(self.port, patience) as connection:
            return connection.post(raw)

    def wait(self, condition: Callable[[], object], seconds: float, what: str) -> None:
        try:
            wait_until(condition, seconds, pause=0.05)
        except TimeoutError:
            raise AssertionError(f"the app did not {what} within {seconds} s:\n{self.log}") from None

    def stop(self) -> None:
        """SIGTERM to every process, as the platform does it. Returns at once."""
        os.killpg(self.supervisor.pid, signal.SIGTERM)

    def kill(self) -> None:
        for group in filter(None, (self.group, self.supervisor.pid)):
            if group_lives(group):
                os.killpg(group, signal.SIGKILL)
        self.supervisor.wait()


@contextmanager
def run(
    app: Path, python: Path, config: Mapping[str, str], log_file: Path, *, read_only: bool = False
) -> Iterator[Dyno]:
    """The Procfile's web process as honcho starts it, in the platform's environment; healthy when given."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "honcho",
        "-d",
        str(app),
        "-f",
        "Procfile",
        "--no-colour",
        "start",
        "web",
    ]
    with log_file.open("wb") as log:
        supervisor = subprocess.Popen(
            [*(mounted_read_only(app) if read_only else []), *command],
            cwd=app,
            env=platform_environment(app, python, port) | config,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    dyno = Dyno(port, log_file, supervisor)
    try:
        dyno.wait(lambda: dyno.is_healthy() or dyno.is_gone(), BOOT_SECONDS, "be healthy")
        if dyno.is_gone():
            raise Refused(f"the app ended while it booted:\n{dyno.log}")
        yield dyno
    finally:
        dyno.kill()


def one_off(
    app: Path, python: Path, config: Mapping[str, str], *words: str
) -> "subprocess.CompletedProcess[str]":
    """A command as `heroku run` starts it: in a dyno of its own, on a disk of its own."""
    environment = platform_environment(app, python, free_port()) | {"DYNO": "run.1234"} | config
    return subprocess.run(
        ["python", "-m", "relay", *words],
        cwd=app,
        env=environment,
        capture_output=True,
        text=True,
        timeout=BOOT_SECONDS,
        check=False,
    )


def platform_environment(app: Path, python: Path, port: int) -> dict[str, str]:
    """What Heroku's buildpack sets, and nothing of this machine's own."""
    kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
    return kept | {
        "DYNO": "web.1",
        "FORWARDED_ALLOW_IPS": "*",
        "GUNICORN_CMD_ARGS": "--access-logfile -",
        "HOME": str(app),
        "PATH": f"{python / 'bin'}:{os.defpath}",
        "PORT": str(port),
        "PYTHONHASHSEED": "random",
        "PYTHONPATH": str(app),
        "PYTHONUNBUFFERED": "true",
        "WEB_CONCURRENCY": "2",
    }


def mounted_read_only(app: Path) -> list[str]:
    """For root, whom no file mode stops: a mount of its own, in a name space that ends with the process."""
    mount = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && cd "$1" && shift && exec "$@"'
    return ["unshare", "-m", "sh", "-c", mount, "sh", str(app)]


def can_mount() -> bool:
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    return (
        subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True, timeout=20).returncode
        == 0
    )


@contextmanager
def unwritable(app: Path) -> Iterator[None]:
    """No write bit anywhere in it, which stops everybody but root."""
    modes = {path: path.stat().st_mode for path in (app, *app.rglob("*"))}
    try:
        for path, mode in modes.items():
            path.chmod(mode & ~0o222)
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
