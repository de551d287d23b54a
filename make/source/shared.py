"""What several scenarios have in common: entry and answer, JSON, keys that drop duplicates, Slack."""

from collections.abc import Mapping

from make.source import modules
from make.source.modules import Json
from make.source.scenario import Branch

RELAY = "https://relay.example.com"
CREATIVEAI = "https://api.creativeai.run"
CALLER = "Relay-Template"  # the header by which the relay's page of a template sees its first call
CHOOSE_STORE = "Choose the data store that you created for this scenario, the same in each of its modules."
HEADER_OF_RELAY = (
    "Choose or add the API key credential: a token of the relay (its page Settings, API tokens), placed in "
    "the header <b>Authorization</b> as <b>Bearer TOKEN</b>."
)
_PLACEHOLDER = "PASTE_SIGNING_SECRET_HERE"


def guarded(branch: Branch) -> int:
    """A webhook for callers with the key only: Make checks it before anything runs."""
    return branch.put(
        "Webhook with API key",
        modules.webhook(),
        note="Create a webhook here, and give it an API key: callers send it as <b>x-make-apikey</b>.",
    )


def pass_through(branch: Branch, name: str) -> int:
    """A webhook that keeps the exact text of the body, over which the caller's signature was computed."""
    return branch.put(
        name,
        modules.webhook(),
        note="Create a webhook with <b>Get request headers</b> and <b>JSON pass-through</b> switched on.",
    )


def header(webhook: int, name: str) -> str:
    return f'{{{{get(map({webhook}.`__IMTHEADERS__`; "value"; "name"; "{name}"); 1)}}}}'


def verified(branch: Branch, webhook: int, known: int, computed: str, where: str) -> tuple[int, Branch]:
    """The module that reads the JSON of a caller whose signature is right, and what follows it.

    The module `known`, called `where`, has signature and secret; `computed` is what the signature must be.
    """
    signature, secret = f"{{{{{known}.signature}}}}", f"{{{{{known}.secret}}}}"
    forged, genuine = branch.split(2, fallback=0)
    answer(
        forged,
        "Reject with 401",
        401,
        f"The signature is missing or wrong. Nothing was done. Check the secret in the module {where}.",
    )
    right = modules.when(
        "The signature is right",
        (signature, "text:equal", computed),
        (secret, "text:notequal", _PLACEHOLDER),
    )
    read = genuine.put("Read the JSON", modules.parse(f"{{{{{webhook}.value}}}}"), only=right)
    unread = genuine.when_failing()
    answer(unread, "Respond: not JSON", 400, "The body is not JSON. Nothing was done.")
    unread.ignore()
    return read, genuine


def once(branch: Branch, key: str, only: Json | None = None) -> int:
    """Looks the key up and saves it; a duplicate ends here."""
    known = branch.put(
        "Is it a duplicate?", modules.is_known(key), only=only, note=CHOOSE_STORE, failing="again"
    )
    new = modules.when("New", (f"{{{{{known}.exist}}}}", "boolean:equal", "false"))
    return branch.put("Save the key", modules.remember(key), only=new, failing="again")


def as_json(branch: Branch, name: str, fields: Mapping[str, str], only: Json | None = None) -> str:
    """All fields as one JSON object, for a body, whatever is in them or missing."""
    collected = branch.put(f"{name}: fields", modules.variables(fields), only=only)
    written = branch.put(f"{name} as JSON", modules.as_json(f"{{{{`{collected}`}}}}"))
    return f"{{{{{written}.json}}}}"


def answer(branch: Branch, name: str, status: int, said: str, only: Json | None = None) -> None:
    """A fixed sentence; no quotes in it."""
    word = "message" if status < 300 else "error"
    branch.put(name, modules.respond(str(status), f'{{"{word}": "{said}"}}'), only=only)


def relay_answers(branch: Branch, call: int) -> None:
    """The caller gets the relay's own status and words."""
    written = branch.put("The relay's answer as JSON", modules.as_json(f"{{{{{call}.data}}}}"))
    branch.put(
        "Respond with the relay's answer",
        modules.respond(f"{{{{{call}.statusCode}}}}", f"{{{{ifempty({written}.json; emptystring)}}}}"),
    )


def relay_is_silent(branch: Branch) -> None:
    """Without an answer, the caller is asked to repeat: the same key creates no second job."""
    failed = branch.when_failing()
    answer(
        failed,
        "Respond: no answer from the relay",
        503,
        "The relay did not answer. Check its address and the token in Make, then post the same once more: it "
        "creates no second job.",
    )
    failed.ignore()


def announced(branch: Branch, name: str, text: str, only: Json | None = None) -> int:
    return branch.put(name, modules.slack(text), only=only, note="Choose the Slack channel.", failing="again")


def plain(value: str) -> str:
    """An expression's text for Slack, where `<!channel>` and links of other people's words stay words."""
    for sign, instead in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        value = f'replace({value}; "{sign}"; "{instead}")'
    return f"{{{{{value}}}}}"


def identity(*values: str) -> str:
    """A key of these expressions' texts: a missing one is as good as an empty one."""
    return ":".join(f'{{{{md5(toString(ifempty({each}; "-")))}}}}' for each in values)
