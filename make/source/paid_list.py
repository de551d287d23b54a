"""A list of products, each started at CreativeAI once: what is in hand is marked before it is paid for.

The data store has a record for each product. Its state: *Sending* (in hand), *Started*, *Not started* (429
or 503: nothing was charged, and it is free again), *Refused* (nothing was charged; free for the next run) or
*Unknown* (no usable answer: it may have been paid for, and a person decides).
"""

from dataclasses import dataclass

from make.source import modules, shared
from make.source.modules import Json
from make.source.scenario import Branch

MOST = 50  # products: each is tried once within 15 minutes
_ROUNDS = "{{{{min(30; ceil(200 / length({products})))}}}}"  # a short list may wait longer for CreativeAI
_PACE = 13  # seconds: five a minute
_MINUTES = 35  # Make ends a run after 40
_FREE = (429, 503)
_REFUSED = (400, 401, 402, 403, 404, 405, 413, 415, 422)
_RUN = "{{executionId}}"
_COLUMNS = "Choose the spreadsheet and the sheet with the columns SKU, Row, Generation ID, State and Note."
_CHECK = (
    "It may have been started and charged: check your CreativeAI dashboard. If it is not there, delete its "
    "record in the data store and post the list once more."
)
_CORRECT = "Nothing was charged. Correct the product or the key, then post the list once more."
_LATER = "Nothing was charged. This run retries; post the list once more for what it cannot start."


@dataclass(frozen=True, slots=True)
class _Product:
    """The product of a turn, by the numbers of the modules that know it."""

    item: int
    turn: int

    @property
    def key(self) -> str:
        return shared.identity(*(f"{self.item}.{name}" for name in ("row", "sku", "image_url", "prompt")))

    def mark(self, state: str, generation: str = "", note: str = "") -> Json:
        about = {"sku": f"{{{{{self.item}.sku}}}}", "row": f"{{{{{self.item}.row}}}}"}
        said = {"state": state, "generation_id": generation, "note": note}
        return modules.save_record(self.key, **said, **about, run=_RUN, at="{{now}}")

    def row(self, state: str, note: str, generation: str = "") -> Json:
        return modules.add_row(
            f"{{{{{self.item}.sku}}}}", f"{{{{{self.item}.row}}}}", generation, state, note
        )


def started(branch: Branch, products: str, callback_url: str) -> None:
    """`products` and `callback_url` are paths of the list that was posted."""
    began = branch.put("When this run began", modules.variables({"at": "{{timestamp}}"}))
    turn = branch.put("Rounds, until all are started", modules.repeat(_ROUNDS.format(products=products)))
    item = branch.put("Each product", modules.each(f"{{{{{products}}}}}"))
    product = _Product(item, turn)
    known = branch.put(
        "What is known of it",
        modules.record_of(product.key),
        only=modules.when(
            "Time left", (f"{{{{timestamp - {began}.at}}}}", "number:less", str(60 * _MINUTES))
        ),
        note=shared.CHOOSE_STORE,
        failing="ignored",
    )
    doubtful, free = branch.split(2)
    doubtful.put(
        "Say that it is in doubt",
        product.row(
            f"{{{{{known}.state}}}}",
            f"Not started by this run, since an earlier one had begun to. {_CHECK} Its key: {product.key}",
        ),
        only=_in_doubt(known, turn),
        note=_COLUMNS,
        failing="again",
    )
    _take(free, product, known)
    call = _send(free, product, callback_url)
    _settle(free, product, call)


def _in_doubt(known: int, turn: int) -> Json:
    """Once a run: of another run, and either never ended or without an answer."""
    state = f"{{{{{known}.state}}}}"
    other = (f"{{{{{known}.run}}}}", "text:notequal", _RUN)
    first = (f"{{{{{turn}.i}}}}", "number:equal", "1")
    return modules.any_of(
        "In doubt",
        [(state, "text:equal", "Sending"), other, first],
        [(state, "text:equal", "Unknown"), other, first],
    )


def _take(branch: Branch, product: _Product, known: int) -> None:
    """Marks a product that is free."""
    state, run = f"{{{{{known}.state}}}}", f"{{{{{known}.run}}}}"
    free = modules.any_of(
        "Not in hand",
        [(state, "notexist", "")],
        [(state, "text:equal", "Not started")],
        [(state, "text:equal", "Refused"), (run, "text:notequal", _RUN)],
    )
    in_hand = product.mark("Sending")
    # A key that was unknown is not overwritten: another run may have saved it meanwhile.
    in_hand["mapper"]["overwrite"] = f"{{{{length({known}.state) > 0}}}}"
    branch.put("Mark it as in hand", in_hand, only=free, failing="ignored")


def _send(branch: Branch, product: _Product, callback_url: str) -> int:
    """The paid call, if the mark is still ours."""
    branch.put("Wait: five per minute", modules.sleep(_PACE))
    # Two runs at once may both have found it free: the one that marked it last sends it.
    mark = branch.put("Is the mark still ours?", modules.record_of(product.key))
    unread = branch.when_failing()
    unread.put("Free it again", product.mark("Not started"), failing="ignored")
    unread.ignore()
    fields = {
        "model": "auto",
        "prompt": f"{{{{{product.item}.prompt}}}}",
        "image_url": f"{{{{{product.item}.image_url}}}}",
        "duration": '{{parseNumber("5"; ".")}}',
        "aspect_ratio": "9:16",
        "webhook_url": f"{{{{{callback_url}}}}}",
        "webhook_auto_retry": "{{true}}",
    }
    ours = modules.when(
        "Ours",
        (f"{{{{{mark}.run}}}}", "text:equal", _RUN),
        (f"{{{{{mark}.state}}}}", "text:equal", "Sending"),
    )
    body = shared.as_json(branch, "Video", fields, ours)
    call = branch.put(
        "Create the video at CreativeAI",
        modules.call("post", f"{shared.CREATIVEAI}/v1/video/generations", body, read=True),
        note="Choose or add the API key credential: your CreativeAI key, in the header "
        "<b>Authorization</b> as <b>Bearer KEY</b>.",
    )
    lost = branch.when_failing()
    lost.put("Mark that no answer came", product.mark("Unknown", note=_CHECK), failing="again")
    lost.put(
        "Say that no answer came",
        product.row("Unknown", f"No answer came. {_CHECK} Its key: {product.key}"),
        note=_COLUMNS,
        failing="again",
    )
    lost.ignore()
    return call


def _settle(branch: Branch, product: _Product, call: int) -> None:
    """Corrects the mark by what CreativeAI answered, and says it."""
    outcome = branch.put("What came of it", modules.variables(_outcome(call)))
    state, generation = f"{{{{{outcome}.state}}}}", f"{{{{{outcome}.id}}}}"
    said = f"{{{{{call}.statusCode}}}} {{{{{call}.data.error.message}}}}"
    branch.put("Correct the mark", product.mark(state, generation, said), failing="again")
    next_step = (
        f'{{{{switch({outcome}.state; "Started"; "The result goes to callback_url."; "Unknown"; "{_CHECK}"; '
        f'"Refused"; "{_CORRECT}"; "{_LATER}")}}}}'
    )
    branch.put(
        "Say what came of it",
        product.row(state, f"CreativeAI answered {said}. {next_step}", generation),
        only=modules.any_of(
            "Not yet said",
            [(state, "text:notequal", "Not started")],
            [(f"{{{{{product.turn}.i}}}}", "number:equal", "1")],
        ),
        note=_COLUMNS,
        failing="again",
    )


def _outcome(call: int) -> dict[str, str]:
    status, identifier = f"{call}.statusCode", f"{call}.data.id"
    free = [f'{each}; "Not started"' for each in _FREE]
    refused = [f'{each}; "Refused"' for each in _REFUSED]
    begun = f'{status} < 300 & length({identifier}) > 0; "Started"'
    return {
        "state": f'{{{{if({begun}; switch({status}; {"; ".join([*free, *refused])}; "Unknown"))}}}}',
        "id": f"{{{{ifempty({identifier}; emptystring)}}}}",
    }
