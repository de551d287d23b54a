"""What must not be handed out: what belongs to one account, secrets, modules that nobody has verified."""

import re
from collections.abc import Iterator
from typing import Any

from tests.templates.make_checker.flow import Node, Problem, as_dict, as_list, pairs, texts

# Parameters that hold the id of something that exists in one account only.
ACCOUNT_PARAMETERS = {
    "__IMTCONN__",
    "__IMTKEY__",
    "__IMTHOOK__",
    "hook",
    "datastore",
    "agent",
    "account",
    "auth",
    "makeConnectionId",
    "apiKeyKeychain",
    "basicAuthKeychain",
    "oAuthAccount",
    "proxyKeychain",
    "bodyDataStructure",
}
# Fields that may be left empty or mapped, but must not name somebody's own resource.
RESOURCE_FIELDS = {"spreadsheetId", "base", "table", "view", "channel", "folderId", "calendar"}
UI_METADATA = {"restore", "expect", "interface", "parameters", "advanced", "notes"}
HTTP_V4_SWITCHES = (
    "parseResponse",
    "stopOnHttpError",
    "allowRedirects",
    "shareCookies",
    "requestCompressedContent",
)
SECRETS = [
    (
        re.compile(r"https?://hook\.[a-z0-9.-]*make\.(?:com|celonis\.com)/[A-Za-z0-9]{16,}"),
        "a webhook address of a Make account",
    ),
    (re.compile(r"\bBearer\s+(?!YOUR|\{\{|<)[A-Za-z0-9._~+/-]{16,}"), "a bearer token"),
    (re.compile(r"\b(?:sk|rk|pk)[-_](?:live|test|proj|or|ant)?[-_]?[A-Za-z0-9_-]{20,}"), "an API key"),
    (re.compile(r"\bxox[abeprs]-[A-Za-z0-9-]{10,}"), "a Slack token"),
    (re.compile(r"\bhooks\.slack\.com/services/T[A-Z0-9]+/"), "a Slack webhook address"),
    (re.compile(r"\bshp(?:at|ss|ca|pa)_[A-Fa-f0-9]{20,}"), "a Shopify token"),
    (re.compile(r"\bpat[A-Za-z0-9]{14}\.[a-f0-9]{32,}"), "an Airtable token"),
    (re.compile(r"\bAIza[A-Za-z0-9_-]{30,}"), "a Google API key"),
    (re.compile(r"\bgh[opsu]_[A-Za-z0-9]{30,}"), "a GitHub token"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}"), "a JSON web token"),
    (
        re.compile(
            r"(?i:api[_-]?key|secret|token|password)[\"'\s:=]+(?![A-Z][A-Z0-9_]*\b)[A-Za-z0-9_\-]{20,}"
        ),
        "a credential",
    ),
    (
        re.compile(r"\b[A-Za-z0-9._%+-]+@(?!example\.(?:com|org|net)\b)[A-Za-z0-9.-]+\.[A-Za-z]{2,}\b"),
        "an e-mail address outside example.com",
    ),
]
SECRET_NAME = re.compile(r"(?i)authorization|api[_-]?key|access[_-]?token|secret|password")
PLACEHOLDER = re.compile(r"\s*(?:(?:Bearer|Basic|Token)\s+)?(?:[A-Z][A-Z0-9_]*|<[^>]*>)?\s*")


def modules(nodes: list[Node], known: set[str]) -> Iterator[Problem]:
    for node in nodes:
        if node.name not in known and node.name != "placeholder:Placeholder":
            yield Problem("module", node.path, f"{node.name} is not in the verified table")
        if node.name == "http:MakeRequest":
            missing = [k for k in HTTP_V4_SWITCHES if k not in as_dict(node.module.get("mapper"))]
            if missing:
                yield Problem(
                    "http", f"{node.path}.mapper", f"set the required switches too: {', '.join(missing)}"
                )
        if node.name == "json:CreateJSON":
            yield Problem(
                "module", node.path, "needs a data structure of the account; use json:TransformToJSON"
            )


def account(blueprint: dict[str, Any], nodes: list[Node]) -> Iterator[Problem]:  # noqa: PLR0912 - a rule each
    for key in blueprint:
        if key not in ("name", "description", "flow", "metadata"):
            yield Problem("account", key, "only name, description, flow and metadata are published")
    metadata = as_dict(blueprint.get("metadata"))
    for key in metadata:
        if key not in ("version", "instant", "scenario", "designer", "notes"):
            yield Problem(
                "account", f"metadata.{key}", "written by the exporter, not part of a published blueprint"
            )
    if as_dict(metadata.get("designer")).get("orphans"):
        yield Problem("account", "metadata.designer.orphans", "modules left lying beside the scenario")
    for i, note in enumerate(as_list(metadata.get("notes"))):
        if not isinstance(note, dict):
            yield Problem("note", f"metadata.notes[{i}]", "a note is an object with moduleIds and content")
    for node in nodes:
        for key, value in as_dict(node.module.get("parameters")).items():
            if key in ACCOUNT_PARAMETERS:
                yield Problem(
                    "account",
                    f"{node.path}.parameters.{key}",
                    "belongs to one account; leave it out, it is chosen after the import",
                )
            if node.name.startswith("json:") and key == "type" and value not in ("", None):
                yield Problem(
                    "account", f"{node.path}.parameters.type", "id of a data structure of one account"
                )
        for area in ("parameters", "mapper"):
            for key, value in as_dict(node.module.get(area)).items():
                if (
                    key in RESOURCE_FIELDS
                    and value not in ("", None)
                    and not re.fullmatch(r"\s*\{\{.*\}\}\s*", str(value), re.DOTALL)
                ):
                    yield Problem(
                        "account",
                        f"{node.path}.{area}.{key}",
                        "names somebody's own resource; leave it empty or map it",
                    )
        for key in as_dict(node.module.get("metadata")):
            if key in UI_METADATA:
                yield Problem(
                    "account", f"{node.path}.metadata.{key}", "written by the exporter; keep only designer"
                )


def secrets(blueprint: Any) -> Iterator[Problem]:
    for path, text in texts(blueprint, ""):
        for pattern, what in SECRETS:
            if pattern.search(text):
                yield Problem("secret", path.lstrip("."), f"looks like {what}")
    for path, name, value in pairs(blueprint, ""):
        if SECRET_NAME.search(name) and "{{" not in value and not PLACEHOLDER.fullmatch(value):
            yield Problem(
                "secret",
                path.lstrip("."),
                f"a value is written out for {name}; use a keychain, a variable or a PLACEHOLDER",
            )
