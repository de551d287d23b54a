"""A limit is waited out: what fails for now goes to a wait and back to its step, and never repeats quickly.

Airtable takes 5 calls a second for a base and, after one call too many, none for 30 seconds; each call in
that time makes it longer. Google counts a minute, Shopify points, CreativeAI creates a minute and active
videos. Executions know nothing of each other, so that each has a turn of its own by its number, and after a
refusal waits for its turn at the beginning of the next cycle, whose rest is quiet.
"""

from collections.abc import Mapping

from n8n.source import nodes
from n8n.source.flow import Flow

ROUND = 30  # seconds, with a turn in each
STEP = 7  # turns between executions that follow each other: a few are far apart, thirty have one each
CYCLE = ROUND + 32  # seconds, so that Airtable has its 30 seconds of silence
LONGEST = 64  # seconds that n8n keeps an execution in memory, and its caller on the line
TRIES = 100  # of one execution, all steps together

_NOW = "Math.floor(Date.now() / 1000)"
_TURN = f"(Number($execution.id) * {STEP} % {ROUND})"
_TO_TURN = f"({_TURN} - {_NOW} % {ROUND} + {ROUND}) % {ROUND}"
_NEXT_CYCLE = f"Math.min({LONGEST}, {CYCLE} - {_NOW} % {CYCLE} + {_TURN})"
_SETTLED = 6  # seconds, the least before a record is read again
CALLBACKS = 15  # seconds over which callbacks are spread: CreativeAI sends few at once
OWN_TURN = f"={{{{ {_TO_TURN} }}}}"
SILENCE = CYCLE - ROUND  # seconds after which Airtable takes calls again
NEXT_TURN = f"={{{{ {_SETTLED} + ({_TO_TURN} + {ROUND - _SETTLED}) % {ROUND} }}}}"

# A response that is handled as one, an error as the node has it, or an item with an error of n8n's.
_ERROR = "($input.item.error ?? ($json.error?.message ? $json.error : null))"
_STATUS = f"String($json.statusCode ?? {_ERROR}?.httpCode ?? '')"
_WORDS = (
    f"$json.body?.error?.message ?? $json.body?.errors?.[0]?.message ?? {_ERROR}?.description ?? "
    f"{_ERROR}?.message ?? $json.message ?? $json.error ?? ''"
)
# Some nodes pass on the message alone: those are n8n's own for a status.
_TEXT = "String($json.error?.message ?? $json.error ?? '')"
_FINAL_TEXT = (
    "/^(Your request is invalid|Bad request|Authorization failed|Payment required|Forbidden|"
    "The resource you are requesting|Method not allowed)/"
)
# 408 and 429 pass; another 4xx needs a person. Without either the service was not reached.
_PASSES = f"!/^4(?!08|29)\\d\\d$/.test({_STATUS}) && !({_STATUS} === '' && {_FINAL_TEXT}.test({_TEXT}))"
REFUSED = f"({_STATUS} === '429' || /too many requests|rate.?limit/i.test({_TEXT}))"
BUSY = "[429, 503].includes($json.statusCode)"

FAILURE = "Read the failure"
BACK = "Back to which step?"
STOP = "Stop: step failed"
SLACK = "n8n-nodes-base.slack"  # a message may have been posted, unless Slack refused it


def waited_out(
    flow: Flow,
    column: int,
    row: int,
    steps: Mapping[str, str],
    *,
    busy: Mapping[str, tuple[int, str]] | None = None,
    named: Mapping[str, str] | None = None,
    otherwise: str = "",
) -> str:
    """Four nodes in a row. Each of `steps` is left by its error output and repeated from the node beside it.

    busy    nodes that judge a response themselves, with the output that says "busy" and the node to repeat
    named   steps of which another node says the name, in `step`, and what to repeat for each
    otherwise  what the last node, `STOP`, says when another node leads to it
    Returns the switch, whose output "Give up" leads to that node.

    A node that is come back to cannot read `$json`: the item is the one made here.
    """
    outputs = {source: (1, target) for source, target in steps.items()} | dict(busy or {})
    targets = {source: target for source, (_, target) in outputs.items() if target} | dict(named or {})
    posts = [source for source in targets if flow.nodes[source][1].type == SLACK]
    passes = f"({posts}.includes($prevNode.name) ? {REFUSED} : {_PASSES})" if posts else _PASSES
    read = nodes.fields(
        FAILURE,
        nodes.text("step", "={{ $json.step ?? $prevNode.name }}"),
        nodes.text("why", f"={{{{ String({_WORDS}) }}}}"),
        nodes.flag("passes", f"={{{{ {passes} && $runIndex < {TRIES} }}}}"),
        nodes.number("seconds", f"={{{{ {_seconds()} }}}}"),
        once=True,
    )
    failure = flow.put(column, row, read)
    for source, (output, _) in outputs.items():
        flow.line(source, failure, output=output)
    waited = nodes.wait("Wait for the limit", "={{ $json.passes ? $json.seconds : 1 }}")
    paused = flow.put(column + 1, row, waited, after=failure)
    ways = {
        f"{source}": nodes.is_true(f"={{{{ $json.passes && $json.step === '{source}' }}}}")
        for source in targets
    }
    back = flow.put(column + 2, row, nodes.switch(BACK, ways, "Give up"), after=paused)
    for output, target in enumerate(targets.values()):
        flow.line(back, target, output=output)
    link = "$('Settings').first().json.link"
    why = (
        f"={{{{ ($json.why ? $json.step + ': ' + $json.why + ' Fix the cause, then retry this execution in "
        f"Executions.' : '{otherwise}') + ({link} ? ' The file was paid for: ' + {link} : '') }}}}"
    )
    flow.put(column + 3, row, nodes.stop(STOP, why), after=back, output=len(targets))
    flow.note(
        "### Limits are waited out\nA step that is refused for now (Airtable, Google, Shopify, CreativeAI "
        "busy) waits and is repeated, each execution in its own second. What does not pass stops the "
        "execution with the service's message.",
        (column, row),
        (column + 3, row),
    )
    return back


def _seconds() -> str:
    """Retry-After where it is said, a little apart; else the next cycle."""
    said = "Number($json.headers?.['retry-after'])"
    return f"$json.statusCode ? ({said} || 10) + Number($execution.id) % 5 : {_NEXT_CYCLE}"
