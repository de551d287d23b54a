"""What several scenarios have in common: the entry, the calls, and the keys kept to drop duplicates."""

from collections.abc import Mapping
from typing import Any

from make.source import modules
from make.source.scenario import Branch

Condition = Mapping[str, Any]
RELAY = "https://relay.example.com"
CREATIVEAI = "https://api.creativeai.run"
CHOOSE_STORE = "Choose the data store that you made for this scenario, the same in both modules."
_TABLE = "https://api.airtable.com/v0/YOUR_BASE_ID/Videos"


def guarded(branch: Branch) -> int:
    """A webhook for callers with the key only: Make checks it before anything runs."""
    return branch.put(
        "Webhook with API key",
        modules.webhook(),
        note="Create a webhook here, and give it an API key: callers send it as <b>x-make-apikey</b>.",
    )


def once(branch: Branch, key: str, only: Condition | None = None) -> int:
    """Looks the key up and saves it; a duplicate ends here."""
    known = branch.put(
        "Is it a duplicate?", modules.is_known(key), only=only, note=CHOOSE_STORE, failing="again"
    )
    new = modules.when("New", (f"{{{{{known}.exist}}}}", "boolean:equal", "false"))
    return branch.put("Save the key", modules.remember(key), only=new, failing="again")


def as_json(branch: Branch, only: Condition | None = None, **texts: str) -> dict[str, str]:
    """Each as JSON, for a body: Make puts texts into bodies as they are, quotes and line breaks too."""
    made = {}
    for name, text in texts.items():
        number = branch.put(
            f"{name.removeprefix('job_').capitalize()} as JSON", modules.as_json(text), only=only
        )
        made[name], only = f"<<{number}.json>>", None
    return made


def job_at_the_relay(branch: Branch, job_input: str, context: str, key: str) -> int:
    """Created through the relay's API. The key makes retries safe: the same key creates no second job."""
    return branch.put(
        "Create the job",
        modules.post(
            f"{RELAY}/api/jobs",
            modules.body(kind="image-to-video", input=job_input, context=context),
            ("Idempotency-Key", key),
        ),
        note="Choose or add the API key credential: a token of the relay (Settings, tokens), placed in the "
        "header <b>Authorization</b> as <b>Bearer TOKEN</b>.",
        failing="again",
    )


def record(branch: Branch, **fields: str) -> int:
    """By the names of the columns, found by SKU: a repeat updates the record and adds none."""
    wanted = {"performUpsert": {"fieldsToMergeOn": ["SKU"]}, "records": [{"fields": fields}]}
    return branch.put(
        "Save it in Airtable",
        modules.post(_TABLE, modules.body(**wanted), method="patch"),
        note="Put your base's id in the address, and choose an API key credential with your Airtable token, "
        "placed in the header <b>Authorization</b> as <b>Bearer TOKEN</b>.",
        failing="again",
    )


def announced(branch: Branch, name: str, text: str, only: Condition | None = None) -> int:
    return branch.put(name, modules.slack(text), only=only, note="Choose the Slack channel.", failing="again")
