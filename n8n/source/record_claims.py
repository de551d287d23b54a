"""A record of Airtable, started by one run at a time: found, emptied and marked, read again, then paid for.

The record is found or created by its SKU in one call, and is known by its ID from then on. Its Status is the
mark of the run that has it: while it stands there, another start is refused before anything is paid for.
Airtable has no compare-and-set either: docs/decisions/0020 says what remains.
"""

from collections.abc import Mapping

from n8n.source import destinations, limits, nodes
from n8n.source.flow import Flow
from n8n.source.sorting import WHAT

FIND, START, READ = "Find or create the record", "Save the start", "Read the record"
WHOSE = "Whose record?"
PRODUCT = "$('Settings').first().json"
FOUND = f"$('{FIND}').first(0).json"  # of its output 0: n8n may guess the error output
MARK = "'Starting (run ' + $execution.id + ')'"
_STATUS = f"String({FOUND}.fields.Status ?? '')"
TAKEN = f"({_STATUS}.startsWith('Starting (run ') && {_STATUS} !== {MARK})"
QUERY = f"{PRODUCT}.query"
CALLBACK = f"'?record=' + {FOUND}.id + '&run=' + $execution.id"
ID = f"({QUERY}?.record ?? {FOUND}.id)"
WAYS: Mapping[str, str] = {FIND: FIND, START: FIND, READ: READ}


def started(flow: Flow, column: int, row: int, *, emptied: tuple[str, ...], said: str) -> str:
    """Five nodes. 202 as soon as the record is marked, 409 while another run has it.

    emptied  columns of an earlier result
    said     the body of the 202
    """
    turn = nodes.wait("Wait for this run's turn", limits.OWN_TURN)
    product = {"SKU": f"={{{{ {PRODUCT}.sku }}}}", "Title": f"={{{{ {PRODUCT}.title }}}}"}
    start = {
        "id": f"={{{{ {FOUND}.id }}}}",
        "Status": f"={{{{ {TAKEN} ? undefined : {MARK} }}}}",
        **dict.fromkeys((*emptied, "Error"), f"={{{{ {TAKEN} ? undefined : '' }}}}"),
    }
    refusal = (
        "{ error: 'This SKU is being made. Nothing was started or charged. Wait for its result, or empty the "
        "Status of its record to start it again.' }"
    )
    body = f"={{{{ JSON.stringify({TAKEN} ? {refusal} : {said}) }}}}"
    code = f"={{{{ {TAKEN} ? 409 : 202 }}}}"
    last = WHAT
    for place, node in enumerate(
        (
            turn,
            destinations.airtable(FIND, product),
            destinations.airtable_update(START, start),
            nodes.respond("Respond 202", code, body),
            nodes.wait("Wait for other starts", limits.NEXT_TURN),
        )
    ):
        last = flow.put(column + place, row, node, after=last)
    flow.note(
        "### 2. Each product once\nThe record is marked with this run's number and emptied, before any "
        "credits are spent. Then it is read again: if another run has marked it meanwhile, it is left to "
        "that run. "
        "The caller gets 202 with the record's ID, or 409 while the product is being made.",
        (column, row),
        (column + 4, row),
    )
    return last


def whose(
    flow: Flow,
    column: int,
    row: int,
    sources: Mapping[str, tuple[int, ...]],
    generation: str,
    *,
    sent: str = "",
) -> str:
    """Two nodes, for starts and results alike. Outputs: this run's start, a result of the record, what was
    sent and has no result, a start that another run has; last a result of an earlier run.

    A result belongs to the record unless another run has it, or `generation`, an expression for the ID that
    the record has, names another. `sent` is the node that sends: when it leads back here, its reason is saved
    only if the result did not come first.
    """
    read = flow.put(column, row, destinations.airtable_record(READ, f"={{{{ {ID} }}}}"))
    for source, outputs in sources.items():
        for output in outputs:
            flow.line(source, read, output=output)
    status = "String($json.Status ?? '')"
    theirs = f"({status}.startsWith('Starting (run ') && {status} !== 'Starting (run ' + {QUERY}.run + ')')"
    own = f"!{QUERY}?.record && {status} === {MARK}"
    was_sent = f"$('{sent}').isExecuted" if sent else "false"
    ways = {
        "Start": nodes.is_true(f"={{{{ {own} && !{was_sent} }}}}"),
        "Result": nodes.is_true(f"={{{{ !!{QUERY}?.record && !{theirs} && {generation} }}}}"),
        "No result": nodes.is_true(f"={{{{ {own} && {was_sent} }}}}"),
        "Other start": nodes.is_true(f"={{{{ !{QUERY}?.record }}}}"),
    }
    return flow.put(column + 1, row, nodes.switch(WHOSE, ways, "Earlier run"), after=read)
