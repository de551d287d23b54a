"""One real n8n as a process: what is imported into it, what is published, and how each execution went."""

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import requests

from tests.wire import free_port, wait_until

WEBHOOK = "n8n-nodes-base.webhook"
BOOT = 300.0  # seconds; on a busy machine its commands are slow too
SLOW = 180.0  # seconds for one answer of a busy n8n
OWNER = {"email": "owner@example.com", "firstName": "O", "lastName": "W", "password": "Of-the-tests-1"}
_SETTINGS = {
    "N8N_DIAGNOSTICS_ENABLED": "false",
    "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
    "N8N_TEMPLATES_ENABLED": "false",
    "N8N_PERSONALIZATION_ENABLED": "false",
    "N8N_COMMUNITY_PACKAGES_ENABLED": "false",
    "N8N_DISABLED_MODULES": "mcp-registry,instance-ai,chat-hub,insights,community-packages",
    "N8N_SECURE_COOKIE": "false",
    "N8N_LISTEN_ADDRESS": "127.0.0.1",
    "N8N_ENCRYPTION_KEY": "of the tests",
}
_KEPT = ("HOME", "LANG", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Execution:
    """What one execution came to. `ran`: its nodes that ran, with how often."""

    id: int
    workflow: str
    status: str
    ran: Mapping[str, int]
    error: str


class N8n:
    """`installed` is the folder of `.ci/install-n8n`, `folder` its own, `certificate` whom it trusts.

    `editor`: with the pages for people.
    """

    def __init__(self, installed: Path, folder: Path, certificate: Path, *, editor: bool = False) -> None:
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self.log = folder / "n8n.log"
        self._database = folder / ".n8n" / "database.sqlite"
        self._node = installed / "runtime" / "node_modules" / "node" / "bin" / "node"
        self._program = installed / "node_modules" / "n8n" / "bin" / "n8n"
        self._environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | {
            **_SETTINGS,
            "N8N_DISABLE_UI": "false" if editor else "true",
            "PATH": f"{self._node.parent}:{os.environ['PATH']}",
            "N8N_USER_FOLDER": str(folder),
            "N8N_PORT": str(port),
            "N8N_RUNNERS_BROKER_PORT": str(free_port()),
            "WEBHOOK_URL": f"{self.url}/",
            "NODE_EXTRA_CA_CERTS": str(certificate),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._api = requests.Session()
        self._api.headers["Connection"] = "close"  # n8n closes an idle one just when it is used again

    def bring_in(self, folder: Path, credentials: Sequence[Mapping[str, Any]], workflows: Path) -> None:
        """By the command line, before it is started; `workflows` is a folder with the files as they are."""
        self.bring_in_credentials(folder, credentials)
        self._command("import:workflow", "--separate", f"--input={workflows}")

    def bring_in_credentials(self, folder: Path, credentials: Sequence[Mapping[str, Any]]) -> None:
        given = folder / "credentials.json"
        given.write_text(json.dumps(credentials))
        self._command("import:credentials", f"--input={given}")

    def _command(self, *words: str) -> None:
        done = subprocess.run(
            [self._node, self._program, *words],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=BOOT,
            check=False,
        )
        assert done.returncode == 0, f"n8n {words[0]} failed:\n{done.stdout}\n{done.stderr}"

    def start(self) -> None:
        self._run()
        self._ask("POST", "/owner/setup", OWNER)

    def kill(self) -> None:
        """At once, with everything that it had in memory."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def start_again(self, *paths: str) -> None:
        """Until it listens at these paths."""
        self._run()
        signed_in = {"emailOrLdapLoginId": OWNER["email"], "password": OWNER["password"]}
        self._ask("POST", "/login", signed_in)
        for path in paths:
            wait_until(partial(self.listens, path), BOOT)

    def _run(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._node, self._program, "start"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._api.cookies.clear()
        wait_until(self._answers, BOOT)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"n8n has ended:\n{self.log.read_text()[-4000:]}"
        with suppress(requests.RequestException):
            ready = self._api.get(f"{self.url}/rest/login", timeout=5)
            return ready.status_code == 401 and "json" in ready.headers.get("Content-Type", "")
        return False

    def publish(self, workflow: Mapping[str, Any]) -> None:
        """As the editor's button does; until each of its addresses is there."""
        version = self._ask("GET", f"/workflows/{workflow['id']}")["versionId"]
        self._ask("POST", f"/workflows/{workflow['id']}/activate", {"versionId": version})
        hooks = [each["parameters"] for each in workflow["nodes"] if each["type"] == WEBHOOK]
        for hook in hooks:
            wait_until(partial(self.listens, hook["path"]), 60)

    def unpublish(self, workflow_id: str) -> None:
        self._ask("POST", f"/workflows/{workflow_id}/deactivate")

    def workflow(self, workflow_id: str) -> Mapping[str, Any]:
        """As it is kept."""
        kept: Mapping[str, Any] = self._ask("GET", f"/workflows/{workflow_id}")
        return kept

    def add(self, workflow: Mapping[str, Any]) -> str:
        """A workflow that is not published, as the editor saves one; its id."""
        return str(self._ask("POST", "/workflows", workflow)["id"])

    def listens(self, path: str) -> bool:
        """n8n says of the wrong method which one would be right."""
        return "Did you mean" in self._api.put(f"{self.url}/webhook/{path}", timeout=10).text

    def run(self, workflow: str, trigger: str) -> None:
        """As *Execute workflow* does at a trigger in the editor."""
        self._ask("POST", f"/workflows/{workflow}/run", {"triggerToStartFrom": {"name": trigger}})

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Again while n8n says that it has no time for its database: it has done nothing then."""

        def answered() -> list[requests.Response]:
            said = self._api.request(method, f"{self.url}/rest{path}", json=body, timeout=SLOW)
            return [] if said.status_code == 503 and "not ready" in said.text else [said]

        [answer] = wait_until(answered, SLOW, pause=1)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:1000]}"
        return answer.json()["data"]

    def running(self) -> int:
        """A wait of more than a minute is one that goes on, though n8n calls it stopped."""
        going_on = (
            "select count(*) from execution_entity where stoppedAt is null "
            "or (status = 'waiting' and waitTill < '3000')"  # the end of a form waits for ever
        )
        return int(self._rows(going_on)[0][0])

    def last(self) -> int:
        """The number of the newest execution."""
        return int(self._rows("select coalesce(max(id), 0) from execution_entity")[0][0])

    def executions(self, after: int = 0, workflow: str = "%") -> list[Execution]:
        """Those that ended, of one workflow or of all, oldest first."""
        rows = self._rows(
            "select e.id, workflowId, status, d.data from execution_entity e join execution_data d "
            "on d.executionId = e.id where stoppedAt is not null and e.id > ? and workflowId like ? "
            "order by e.id",
            after,
            workflow,
        )
        return [_execution(*row) for row in rows]

    def begun(self, after: int) -> Mapping[tuple[str, str], int]:
        """How many executions began, by workflow and by what began them: manual, trigger or webhook."""
        rows = self._rows(
            "select workflowId, mode, count(*) from execution_entity where id > ? group by workflowId, mode",
            after,
        )
        return {(workflow, mode): times for workflow, mode, times in rows}

    def scheduled(self, after: int) -> list[tuple[float, float]]:
        """When those ran that a schedule began: seconds since 1970, from and to."""
        rows = self._rows(
            "select (julianday(startedAt) - 2440587.5) * 86400, (julianday(stoppedAt) - 2440587.5) * 86400 "
            "from execution_entity where mode = 'trigger' and stoppedAt is not null and id > ?",
            after,
        )
        return [(began, ended) for began, ended in rows]

    def _rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute(statement, values).fetchall()

    def stop(self) -> None:
        self._api.close()
        if self._process is None:
            return
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # its task runner too
        self._process.wait()


def _execution(number: int, workflow: str, status: str, data: str) -> Execution:
    result = unflatted(data)["resultData"]
    error = result.get("error") or {}
    words = " ".join(str(error[name]) for name in ("message", "description") if error.get(name))
    return Execution(
        number, workflow, status, {name: len(runs) for name, runs in result["runData"].items()}, words
    )


def unflatted(text: str) -> Any:
    """https://github.com/WebReflection/flatted: a list whose texts within objects are places in the list."""
    listed = json.loads(text)
    made: dict[int, Any] = {}

    def at(place: int) -> Any:
        if place not in made:
            value = listed[place]
            if isinstance(value, dict):
                made[place] = {}
                made[place].update({name: of(each) for name, each in value.items()})
            elif isinstance(value, list):
                made[place] = []
                made[place].extend(of(each) for each in value)
            else:
                made[place] = value
        return made[place]

    def of(value: Any) -> Any:
        return at(int(value)) if isinstance(value, str) else value

    return at(0)
