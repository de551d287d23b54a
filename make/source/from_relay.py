"""Scenarios that take what the relay has: its deliveries, and what failed."""

from make.source import modules, shared
from make.source.scenario import Branch, Scenario

_TABLE = "https://api.airtable.com/v0/YOUR_BASE_ID/Videos"


def behind_the_relay() -> Scenario:
    flow = Scenario("behind-the-relay")
    branch = flow.main
    came = shared.guarded(branch)
    data = f"{came}.data"
    generation = modules.when("A result", (f"{{{{length({data}.generation_id)}}}}", "number:greater", "0"))
    links = f'join(map({data}.outputs; "url"); " ")'
    fields = shared.as_json(
        branch,
        "Record",
        {
            "Generation ID": f"{{{{{data}.generation_id}}}}",
            "SKU": f"{{{{ifempty({data}.context.sku; emptystring)}}}}",
            "Status": f"{{{{capitalize({data}.status)}}}}",
            "Video": f"{{{{ifempty({links}; emptystring)}}}}",
            "Error": f"{{{{ifempty({data}.error.message; emptystring)}}}}",
        },
        generation,
    )
    branch.put(
        "Save it in Airtable",
        # By the generation: a repeat updates its record, also one that was sent to repair it.
        modules.call(
            "patch",
            _TABLE,
            f'{{"performUpsert": {{"fieldsToMergeOn": ["Generation ID"]}}, '
            f'"records": [{{"fields": {fields} }}]}}',
        ),
        note="Put your base's ID in the address, and choose an API key credential with your Airtable token, "
        "placed in the header <b>Authorization</b> as <b>Bearer TOKEN</b>.",
        failing="again",
    )
    ended = modules.when("Not in progress", (f"{{{{{data}.status}}}}", "text:notequal", "processing"))
    shared.once(branch, f"{{{{{data}.generation_id}}}}:{{{{{data}.status}}}}", ended)
    name = f"ifempty({data}.context.title; ifempty({data}.context.sku; {data}.generation_id))"
    shared.announced(
        branch,
        "Post to Slack",
        f"{shared.plain(name)}: {{{{{data}.status}}}} {shared.plain(links)} "
        f"{shared.plain(f'{data}.error.message')}",
    )
    return flow


def daily_report() -> Scenario:
    """What failed within a day, with its reason, and the jobs that wait for a person, as long as they do."""
    flow = Scenario("daily-report", instant=False)
    branch = flow.main
    deliveries = _listed(branch, "failed", "deliveries")
    jobs = _listed(branch, "failed", "jobs")
    held = _listed(branch, "held", "jobs")
    first, second, third = branch.split(3)
    of_delivery = ("connection", "generation_id", "status_reason")
    of_job = ("kind", "context.sku", "status_reason")
    resend = "since yesterday. Fix and resend them"
    _report(first, deliveries, "Deliveries that failed", resend, of_delivery)
    _report(second, jobs, "Jobs that failed", "since yesterday. Fix and retry them", of_job)
    _report(third, held, "Jobs on hold", "until you decide", of_job, daily=False)
    return flow


def _listed(branch: Branch, status: str, what: str) -> int:
    call = branch.put(
        f"{status.capitalize()} {what}",
        modules.call(
            "get",
            f"{shared.RELAY}/api/{what}?status={status}&limit=100",
            "",
            (shared.CALLER, "make/daily-report"),
        ),
        note=shared.HEADER_OF_RELAY,
    )
    silent = branch.when_failing()
    shared.announced(
        silent,
        "Post that the report failed",
        f"The daily report of {status} {what} could not be read from the relay: "
        f"{shared.plain(f'{call}.error.message')} Check that the relay runs and that its token is valid.",
    )
    silent.ignore()
    return call


def _report(
    branch: Branch, call: int, title: str, what_to_do: str, words: tuple[str, ...], *, daily: bool = True
) -> None:
    """One message with a line for each item; `daily`: only of those that were settled within a day."""
    item = branch.put(
        f"Each of: {title.lower()}",
        modules.each(f"{{{{{call}.data.items}}}}"),
        only=modules.when(title, (f"{{{{length({call}.data.items)}}}}", "number:greater", "0")),
    )
    line = " · ".join(shared.plain(f'ifempty({item}.{each}; "-")') for each in words)
    recent = branch.put(
        "One line each",
        modules.variables({"line": f"• {line}"}),
        only=modules.when(
            "Within a day", (f"{{{{{item}.settled_at}}}}", "date:greater", "{{addDays(now; -1)}}")
        )
        if daily
        else None,
    )
    listed = branch.put("All lines", modules.lines(item, f"{{{{{recent}.line}}}}"))
    shared.announced(
        branch,
        f"Post: {title.lower()}",
        f"{title} {what_to_do}: {shared.RELAY}/ \n{{{{{listed}.text}}}}",
        modules.when("Any", (f"{{{{length({listed}.text)}}}}", "number:greater", "0")),
    )
