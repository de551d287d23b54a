"""What several scenarios have in common: the way in, the calls, what is kept to do nothing twice."""

from collections.abc import Mapping
from typing import Any

from make.source import modules
from make.source.scenario import Lane

Condition = Mapping[str, Any]
RELAY = "https://relay.example.com"
CREATIVEAI = "https://api.creativeai.run"
CHOOSE_STORE = "Choose the data store that you made for this scenario, the same in both modules."
_TABLE = "https://api.airtable.com/v0/YOUR_BASE_ID/Videos"


def guarded(lane: Lane) -> int:
    """A webhook that only callers with the key get into: Make asks for it before anything runs."""
    return lane.put(
        "Who has the key gets in",
        modules.webhook(),
        note="Create a webhook here, and give it an API key: callers send it as <b>x-make-apikey</b>.",
    )


def once(lane: Lane, key: str, only: Condition | None = None) -> int:
    """Looks the key up and writes it down; what comes a second time ends here."""
    known = lane.put(
        "Was it here before?", modules.is_known(key), only=only, note=CHOOSE_STORE, failing="again"
    )
    new = modules.when("It is new", (f"{{{{{known}.exist}}}}", "boolean:equal", "false"))
    return lane.put("Remember it", modules.remember(key), only=new, failing="again")


def as_json(lane: Lane, only: Condition | None = None, **texts: str) -> dict[str, str]:
    """Each as JSON, for a body: Make puts texts into bodies as they are, quotes and line breaks too."""
    made = {}
    for name, text in texts.items():
        number = lane.put(f"{name.capitalize()} as JSON", modules.as_json(text), only=only)
        made[name], only = f"<<{number}.json>>", None
    return made


def job_at_the_relay(lane: Lane, wish: str, context: str, key: str) -> int:
    """Asked for by the relay's API. The key makes it safe to ask again: the same key starts no second job."""
    return lane.put(
        "Ask the relay for the video",
        modules.post(
            f"{RELAY}/api/jobs",
            modules.body(kind="image-to-video", wish=wish, context=context),
            ("Idempotency-Key", key),
        ),
        note="Choose or add the API key credential: a token of the relay (Settings, tokens), placed in the "
        "header <b>Authorization</b> as <b>Bearer TOKEN</b>.",
        failing="again",
    )


def record(lane: Lane, **fields: str) -> int:
    """By the names of the columns, found by SKU: a repeat updates the record and adds none."""
    wanted = {"performUpsert": {"fieldsToMergeOn": ["SKU"]}, "records": [{"fields": fields}]}
    return lane.put(
        "Save it in Airtable",
        modules.post(_TABLE, modules.body(**wanted), method="patch"),
        note="Put your base's id in the address, and choose an API key credential with your Airtable token, "
        "placed in the header <b>Authorization</b> as <b>Bearer TOKEN</b>.",
        failing="again",
    )


def announced(lane: Lane, name: str, text: str, only: Condition | None = None) -> int:
    return lane.put(name, modules.slack(text), only=only, note="Choose the Slack channel.", failing="again")
