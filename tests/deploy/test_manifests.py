"""The manifests of hosts: valid by schemas that others wrote, where there are any, and as the code has it."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest
import yaml

import connectors
from relay.bootstrap.supervisor import GRACE_SECONDS
from relay.cli.healthcheck import PATH
from relay.config.platform import host, with_defaults
from relay.config.settings import Settings
from tests.deploy import image
from tests.deploy.dyno import read_procfile

ROOT = Path(__file__).parent.parent.parent
HEROKU_SCHEMA = "HEROKU_SCHEMA"  # where .ci/install-heroku-schema has put it
WEB = read_procfile(ROOT)["web"]
IMAGE = image.read(ROOT / "Dockerfile")[-1].environment()

SETTINGS = {name.upper() for name in Settings.model_fields}
OF_HOSTS = {"DIGITALOCEAN_APP_ID"}  # what a manifest sets so that relay/config/platform.py knows the host
SECRETS = {"ADMIN_PASSWORD", "SECRET_KEY", "CREATIVEAI_API_KEY"}


def read(name: str) -> Any:
    text = (ROOT / name).read_text(encoding="utf-8")
    if name.endswith(".toml"):
        return tomllib.loads(text)
    return json.loads(text) if name.endswith(".json") else yaml.safe_load(text)


APP, RENDER, RAILWAY, FLY = read("app.json"), read("render.yaml"), read("railway.json"), read("fly.toml")
COMPOSE, OCEAN = read("compose.yaml"), read(".do/deploy.template.yaml")
(RENDER_SERVICE,) = RENDER["services"]
(OCEAN_SERVICE,) = OCEAN["spec"]["services"]
RELAY = COMPOSE["services"]["relay"]


class Manifest(NamedTuple):
    """
    command    what starts the relay; None: the image's
    health     the path that the host asks; None: it asks none
    port       where the host reaches the relay; None: it sets PORT
    variables  what is set, by name; None: the host asks or makes the value
    disk       where a volume is mounted; "": there is none
    grace      seconds from SIGTERM to SIGKILL; None: the host's own 30
    """

    command: str | None
    health: str | None
    port: int | None
    variables: Mapping[str, str | None]
    disk: str
    grace: int | None


MANIFESTS = {
    "app.json": Manifest(
        WEB, None, None, {name: rule.get("value") for name, rule in APP["env"].items()}, "", None
    ),
    "render.yaml": Manifest(
        RENDER_SERVICE["startCommand"],
        RENDER_SERVICE["healthCheckPath"],
        None,
        {each["key"]: each.get("value") for each in RENDER_SERVICE["envVars"]},
        RENDER_SERVICE["disk"]["mountPath"],
        RENDER_SERVICE.get("maxShutdownDelaySeconds"),
    ),
    "railway.json": Manifest(
        RAILWAY["deploy"].get("startCommand"),
        RAILWAY["deploy"]["healthcheckPath"],
        None,
        {},
        "",
        RAILWAY["deploy"]["drainingSeconds"],
    ),
    "fly.toml": Manifest(
        None,
        FLY["http_service"]["checks"][0]["path"],
        FLY["http_service"]["internal_port"],
        FLY.get("env", {}),
        FLY["mounts"][0]["destination"],
        FLY["kill_timeout"],
    ),
    "compose.yaml": Manifest(
        RELAY.get("command"),
        None,
        int(RELAY["ports"][0].rpartition(":")[2]),
        RELAY.get("environment", {}),
        RELAY["volumes"][0].partition(":")[2],
        int(RELAY["stop_grace_period"].removesuffix("s")),
    ),
    ".do/deploy.template.yaml": Manifest(
        OCEAN_SERVICE.get("run_command"),
        OCEAN_SERVICE["health_check"]["http_path"],
        OCEAN_SERVICE["http_port"],
        {each["key"]: each.get("value") for each in OCEAN_SERVICE["envs"]},
        "",
        None,
    ),
}
EACH = pytest.mark.parametrize("found", MANIFESTS.values(), ids=MANIFESTS)


# -- the same as the code


@EACH
def test_the_host_starts_what_the_procfile_starts(found: Manifest) -> None:
    assert found.command in (WEB, None)


@EACH
def test_the_host_asks_the_path_that_answers_while_the_process_lives(found: Manifest) -> None:
    assert found.health in (PATH, None)


@EACH
def test_the_host_calls_the_port_that_the_image_listens_on(found: Manifest) -> None:
    assert found.port in (int(IMAGE["PORT"]), None)


@EACH
def test_each_variable_is_a_setting(found: Manifest) -> None:
    options = {
        f"{kind.upper()}_{option.upper()}"
        for kind in connectors.kinds()
        for option in connectors.connector(kind).Options.model_fields
    }
    assert set(found.variables) <= SETTINGS | options | OF_HOSTS


@EACH
def test_no_secret_has_a_value_in_the_repository(found: Manifest) -> None:
    for name in SECRETS & set(found.variables):
        assert found.variables[name] is None, name


@EACH
def test_the_data_is_on_the_disk_that_is_mounted(found: Manifest) -> None:
    if found.disk:
        data = found.variables.get("DATA_DIR") or with_defaults(IMAGE, {})["data_dir"]
        assert data == found.disk


@EACH
def test_the_host_waits_until_the_relay_has_finished(found: Manifest) -> None:
    assert (found.grace or 30) > GRACE_SECONDS


def test_the_template_of_digitalocean_names_its_host() -> None:
    """The host itself sets no variable, and its proxy names the client in a header of its own."""
    (variable,) = OF_HOSTS & set(MANIFESTS[".do/deploy.template.yaml"].variables)
    found = host({variable: "1", "RELAY_CONTAINER": "1"})
    assert found is host({}, "https://x.ondigitalocean.app")


@pytest.mark.parametrize("name", MANIFESTS)
def test_no_command_runs_on_a_machine_without_the_data(name: str) -> None:
    """A migration in a release or pre-deploy phase would write to another disk."""
    keys = set(_keys(read(name)))
    phases = ("predeploy", "release", "postdeploy", "initialdeploy")
    assert [key for key in keys if any(phase in key.lower() for phase in phases)] == []
    assert set(read_procfile(ROOT)) == {"web"}
    assert "jobs" not in keys


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


# -- by schemas that others wrote


def compose_faults(path: Path) -> str:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    done = subprocess.run(check, capture_output=True, text=True, timeout=60, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_compose_yaml_is_what_compose_specifies(tmp_path: Path) -> None:
    assert compose_faults(ROOT / "compose.yaml") == ""
    faulty = tmp_path / "compose.yaml"
    faulty.write_text((ROOT / "compose.yaml").read_text().replace("stop_grace_period", "stop_grace"))
    assert "stop_grace" in compose_faults(faulty)


def test_app_json_is_what_heroku_specifies() -> None:
    if not os.environ.get(HEROKU_SCHEMA):
        reason = "Heroku's schema is not here: .ci/install-heroku-schema fetches it"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    schema = json.loads(Path(os.environ[HEROKU_SCHEMA]).read_text(encoding="utf-8"))
    jsonschema.validate(APP, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(APP | {"adons": []}, schema)


# -- by the hosts' documentation: no schema of these is in any package


def test_app_json_asks_only_for_the_key_and_not_even_that() -> None:
    asked = {name for name, rule in APP["env"].items() if "generator" not in rule and "value" not in rule}
    assert asked == {"CREATIVEAI_API_KEY"}
    assert not APP["env"]["CREATIVEAI_API_KEY"]["required"]
    assert {name for name, rule in APP["env"].items() if rule.get("generator") == "secret"} == SECRETS - asked
    assert APP["addons"] == [{"plan": "heroku-postgresql:essential-0"}]
    assert APP["success_url"] == "/setup"


def test_render_yaml_has_the_fields_that_render_reads() -> None:
    assert set(RENDER) == {"services"}
    assert set(RENDER_SERVICE) <= {
        *("type", "name", "runtime", "plan", "region", "branch", "buildCommand", "startCommand"),
        *("healthCheckPath", "disk", "envVars", "autoDeployTrigger"),
    }, "`env` is now `runtime`; a shutdown delay is refused beside a disk"
    assert (RENDER_SERVICE["type"], RENDER_SERVICE["runtime"]) == ("web", "python")
    assert RENDER_SERVICE["plan"] != "free", "it has no disks"
    assert set(RENDER_SERVICE["disk"]) == {"name", "mountPath", "sizeGB"}
    assert RENDER_SERVICE["disk"]["mountPath"] != "/opt/render/project/src"
    assert RENDER_SERVICE["buildCommand"] == "pip install -r requirements.txt"
    for each in RENDER_SERVICE["envVars"]:
        assert len(set(each) & {"value", "generateValue", "sync", "fromDatabase"}) == 1, each
    asked = {each["key"] for each in RENDER_SERVICE["envVars"] if each.get("sync") is False}
    made = {each["key"] for each in RENDER_SERVICE["envVars"] if each.get("generateValue") is True}
    assert (asked, made) == ({"CREATIVEAI_API_KEY"}, SECRETS - asked)


def test_railway_json_has_the_fields_that_railway_reads() -> None:
    assert RAILWAY["$schema"] == "https://railway.com/railway.schema.json"
    assert set(RAILWAY) == {"$schema", "build", "deploy"}
    assert RAILWAY["build"] == {"builder": "DOCKERFILE", "dockerfilePath": "Dockerfile"}
    assert set(RAILWAY["deploy"]) <= {
        *("healthcheckPath", "healthcheckTimeout", "restartPolicyType", "restartPolicyMaxRetries"),
        *("startCommand", "drainingSeconds", "overlapSeconds"),
    }
    assert isinstance(RAILWAY["deploy"]["drainingSeconds"], int), "Railway refuses text"


def test_fly_toml_has_the_fields_that_fly_reads() -> None:
    assert set(FLY) <= {
        *(
            "app",
            "primary_region",
            "kill_signal",
            "kill_timeout",
            "build",
            "env",
            "http_service",
            "mounts",
            "vm",
        ),
    }
    assert (FLY["kill_signal"], FLY["build"]) == ("SIGTERM", {"dockerfile": "Dockerfile"})
    service = FLY["http_service"]
    assert set(service) <= {
        *("internal_port", "force_https", "auto_stop_machines", "auto_start_machines"),
        *("min_machines_running", "checks"),
    }
    assert (service["auto_stop_machines"], service["min_machines_running"]) == ("off", 1)
    (mount,) = FLY["mounts"]
    assert set(mount) == {"source", "destination", "initial_size"}
    assert re.fullmatch(r"[a-z0-9_]{1,30}", mount["source"])


def test_compose_yaml_is_sqlite_unless_the_profile_of_postgres_is_chosen() -> None:
    assert "profiles" not in RELAY
    assert COMPOSE["services"]["postgres"]["profiles"] == ["postgres"]
    assert RELAY["depends_on"]["postgres"]["required"] is False
    assert RELAY["env_file"] == [{"path": ".env", "required": False}]
    assert RELAY["healthcheck"]["test"] == ["CMD", "python", "-m", "relay", "healthcheck"]
    assert RELAY["ports"] == [f"127.0.0.1:{IMAGE['PORT']}:{IMAGE['PORT']}"], "not open to the network"


def test_the_template_of_digitalocean_has_the_fields_that_its_apps_have() -> None:
    assert set(OCEAN) == {"spec"}
    assert set(OCEAN["spec"]) == {"name", "services", "databases"}
    assert set(OCEAN_SERVICE) <= {
        *("name", "git", "dockerfile_path", "http_port", "instance_count", "instance_size_slug"),
        *("health_check", "envs"),
    }
    assert OCEAN_SERVICE["instance_count"] == 1
    (database,) = OCEAN["spec"]["databases"]
    assert database["engine"] == "PG"
    variables = MANIFESTS[".do/deploy.template.yaml"].variables
    assert variables["DATABASE_URL"] == f"${{{database['name']}.DATABASE_URL}}"
    assert variables["PUBLIC_URL"] == "${APP_URL}"
    for each in OCEAN_SERVICE["envs"]:
        assert each["scope"] == "RUN_TIME"
        assert ("value" in each) is (each.get("type") != "SECRET"), each


# -- the buttons


def test_every_button_deploys_the_same_repository() -> None:
    page = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    found = set(re.findall(r"https://github\.com/[\w.-]+/[\w-]+", page))
    (repository,) = found
    for button in (
        f"https://www.heroku.com/deploy?template={repository}",
        f"https://render.com/deploy?repo={repository}",
        f"https://railway.com/new/template?template={repository}",
        f"https://cloud.digitalocean.com/apps/new?repo={repository}/tree/main",
    ):
        assert f"]({button})" in page
    assert OCEAN_SERVICE["git"]["repo_clone_url"] == f"{repository}.git"
