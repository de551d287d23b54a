"""A list of products, each started at CreativeAI once: what is in hand is marked before it is paid for.

The data store has a record for each product. Its state: *Sending* (in hand), *Started*, *Not started* (429
or 503: nothing was charged, and it is free again), *Refused* (nothing was charged; free for the next run) or
*Unknown* (no usable answer: it may have been paid for, and a person decides).
"""

from collections.abc import Mapping

from make.source import modules, shared
from make.source.modules import Json
from make.source.scenario import Branch

MOST = 50  # products: each is tried once within 15 minutes
_ROUNDS = "{{{{min(30; ceil(200 / length({products})))}}}}"  # a short list may wait longer for CreativeAI
PACE = 13  # seconds: five a minute
MINUTES = 35  # Make ends a run after 40
_FREE = (429, 503)
_REFUSED = (400, 401, 402, 403, 404, 405, 413, 415, 422)
_COLUMNS = "Choose the spreadsheet and the sheet with the columns SKU, Row, Generation ID, State and Note."


def started(branch: Branch, products: str, callback_url: str) -> None:
    began = branch.put("When this run began", modules.variables({"at": "{{timestamp}}"}))
    turn = branch.put("Rounds, until all are started", modules.repeat(_ROUNDS.format(products=products)))
    item = branch.put("Each product", modules.each(f"{{{{{products}}}}}"))
    key = shared.identity(*(f"{item}.{name}" for name in ("row", "sku", "image_url", "prompt")))
    known = branch.put(
        "What is known of it",
        modules.record_of(key),
        only=modules.when("Time left", (f"{{{{timestamp - {began}.at}}}}", "number:less", str(60 * MINUTES))),
        note=shared.CHOOSE_STORE,
        failing="ignored",
    )
    doubtful, free = branch.split(2)
    about = {"sku": f"{{{{{item}.sku}}}}", "row": f"{{{{{item}.row}}}}"}
    _row(
        doubtful,
        "Say that it is in doubt",
        about,
        "",
        f"{{{{{known}.state}}}}",
        f"Not started by this run, since an earlier one had begun to. {_TO_DO} Its key: {key}",
        _in_doubt(known, turn),
    )
    _send(free, about, key, (known, item, turn), callback_url)


_TO_DO = (
    "It may have been started and charged: check your CreativeAI dashboard. If it is not there, delete its "
    "record in the data store and post the list once more."
)
_CORRECT = "Nothing was charged. Correct the product or the key, then post the list once more."
_LATER = "Nothing was charged. This run retries; post the list once more for what it cannot start."


def _is_free(known: int) -> Json:
    state, run = f"{{{{{known}.state}}}}", f"{{{{{known}.run}}}}"
    return modules.any_of(
        "Not in hand",
        [(state, "notexist", "")],
        [(state, "text:equal", "Not started")],
        [(state, "text:equal", "Refused"), (run, "text:notequal", "{{executionId}}")],
    )


def _in_doubt(known: int, turn: int) -> Json:
    """Once a run: of another run, and either never ended or without an answer."""
    other = [
        (f"{{{{{known}.run}}}}", "text:notequal", "{{executionId}}"),
        (f"{{{{{turn}.i}}}}", "number:equal", "1"),
    ]
    state = f"{{{{{known}.state}}}}"
    return modules.any_of(
        "In doubt",
        [(state, "text:equal", "Sending"), *other],
        [(state, "text:equal", "Unknown"), *other],
    )


def _send(
    branch: Branch, about: Mapping[str, str], key: str, loop: tuple[int, int, int], callback_url: str
) -> None:
    known, item, turn = loop
    own = {**about, "run": "{{executionId}}", "at": "{{now}}"}
    in_hand = modules.save_record(key, state="Sending", generation_id="", note="", **own)
    # A key that was unknown is not overwritten: another run may have saved it meanwhile.
    in_hand["mapper"]["overwrite"] = f"{{{{length({known}.state) > 0}}}}"
    branch.put("Mark it as in hand", in_hand, only=_is_free(known), failing="ignored")
    branch.put("Wait: five per minute", modules.sleep(PACE))
    # Two runs at once may both have found it free: the one that marked it last sends it.
    mark = branch.put("Is the mark still ours?", modules.record_of(key))
    unread = branch.when_failing()
    unread.put(
        "Free it again",
        modules.save_record(key, state="Not started", generation_id="", note="", **own),
        failing="ignored",
    )
    unread.ignore()
    body = shared.as_json(
        branch,
        "Video",
        {
            "model": "auto",
            "prompt": f"{{{{{item}.prompt}}}}",
            "image_url": f"{{{{{item}.image_url}}}}",
            "duration": '{{parseNumber("5"; ".")}}',
            "aspect_ratio": "9:16",
            "webhook_url": f"{{{{{callback_url}}}}}",
            "webhook_auto_retry": "{{true}}",
        },
        modules.when(
            "Ours",
            (f"{{{{{mark}.run}}}}", "text:equal", "{{executionId}}"),
            (f"{{{{{mark}.state}}}}", "text:equal", "Sending"),
        ),
    )
    call = branch.put(
        "Create the video at CreativeAI",
        modules.call("post", f"{shared.CREATIVEAI}/v1/video/generations", body, read=True),
        note="Choose or add the API key credential: your CreativeAI key, in the header "
        "<b>Authorization</b> as <b>Bearer KEY</b>.",
    )
    lost = branch.when_failing()
    lost.put(
        "Mark that no answer came",
        modules.save_record(key, state="Unknown", generation_id="", note=_TO_DO, **own),
        failing="again",
    )
    _row(lost, "Say that no answer came", about, "", "Unknown", f"No answer came. {_TO_DO} Its key: {key}")
    lost.ignore()
    _settle(branch, about, key, own, call, turn)


def _settle(
    branch: Branch, about: Mapping[str, str], key: str, own: Mapping[str, str], call: int, turn: int
) -> None:
    """Correct the mark by what CreativeAI answered, and say it."""
    status, identifier = f"{call}.statusCode", f"{call}.data.id"
    cases = "; ".join(
        [*(f'{each}; "Not started"' for each in _FREE), *(f'{each}; "Refused"' for each in _REFUSED)]
    )
    begun = f'{status} < 300 & length({identifier}) > 0; "Started"'
    outcome = branch.put(
        "What came of it",
        modules.variables(
            {
                "state": f'{{{{if({begun}; switch({status}; {cases}; "Unknown"))}}}}',
                "id": f"{{{{ifempty({identifier}; emptystring)}}}}",
            }
        ),
    )
    state, generation = f"{{{{{outcome}.state}}}}", f"{{{{{outcome}.id}}}}"
    said = f"{{{{{status}}}}} {{{{{call}.data.error.message}}}}"
    next_step = (
        f'{{{{switch({outcome}.state; "Started"; "The result goes to callback_url."; "Unknown"; "{_TO_DO}"; '
        f'"Refused"; "{_CORRECT}"; "{_LATER}")}}}}'
    )
    branch.put(
        "Correct the mark",
        modules.save_record(key, state=state, generation_id=generation, note=said, **own),
        failing="again",
    )
    _row(
        branch,
        "Say what came of it",
        about,
        generation,
        state,
        f"CreativeAI answered {said}. {next_step}",
        modules.any_of(
            "Not yet said",
            [(state, "text:notequal", "Not started")],
            [(f"{{{{{turn}.i}}}}", "number:equal", "1")],
        ),
    )


def _row(
    branch: Branch,
    name: str,
    about: Mapping[str, str],
    generation: str,
    state: str,
    note: str,
    only: Json | None = None,
) -> None:
    columns = (about["sku"], about["row"], generation, state, note)
    branch.put(name, modules.add_row(*columns), only=only, note=_COLUMNS, failing="again")
