"""Template 9: failed deliveries of the relay every morning, and failures of workflows, in Slack."""

from n8n.source import destinations, limits, nodes, relay
from n8n.source.flow import Flow
from n8n.source.sorting import WHAT, sort

FAILURE = "$('Settings').first().json"


def made() -> Flow:
    flow = Flow("relay-report", "caiRelayReport09", "Report failures of CreativeAI Relay and n8n to Slack")
    morning = flow.put(0, 0, nodes.every("Every morning", triggerAtHour=8))
    report = flow.put(1, 0, nodes.fields("Request a report", nodes.text("status", "report")), after=morning)
    flow.line(flow.put(0, 1, nodes.by_hand("Report now")), report)
    flow.note("### 1. The report\nEvery morning, or by hand.", (0, 0), (1, 1))
    settings = (
        nodes.text("relay_url", "https://relay.example.com"),
        nodes.text("slack_channel", "C0YOURCHANNEL"),
    )
    ways = {"Report": "report", "Error": "error"}
    sort(flow, 2, 1, (report, _error(flow)), settings=settings, ways=ways)
    _tell(flow)
    limits.waited_out(flow, 4, 2, {each: each for each in ("Report", "Post the error")})
    return flow


def _error(flow: Flow) -> str:
    """When a workflow fails that names this one as its error workflow."""
    wrong = flow.put(0, 2, nodes.on_error("A workflow failed"))
    read = nodes.fields(
        "Read the error",
        nodes.text("status", "error"),
        nodes.text("workflow_name", "={{ $json.workflow?.name ?? '' }}"),
        nodes.text("step", "={{ $json.execution?.lastNodeExecuted ?? '' }}"),
        nodes.text(
            "message", "={{ $json.execution?.error?.message ?? $json.trigger?.error?.message ?? '' }}"
        ),
        nodes.text("where", "={{ $json.execution?.url ?? '' }}"),
    )
    flow.note("### 2. Errors\nOf all workflows that use this one as error workflow.", (0, 2), (1, 2))
    return flow.put(1, 2, read, after=wrong)


def _tell(flow: Flow) -> None:
    submitted = flow.put(4, 0, relay.failed("Get failed deliveries", caller="relay-report"), after=WHAT)
    items = "$('Get failed deliveries').first().json.items"
    some = f"{items}.length"
    listed = (
        f"{items}.slice(0, 20).map((each) => '• ' + each.connection + ', ' + each.generation_id + ': ' + "
        f"{destinations.slack_text('each.status_reason')}).join('\\n')"
    )
    summary = f"'Failed deliveries: ' + {some} + '\\n' + {listed}"
    text = f"={{{{ {some} ? {summary} : 'No delivery has failed.' }}}}"
    flow.put(5, 0, destinations.slack("Report", text), after=submitted)
    flow.note("### Failed deliveries\nUp to 20, each with its reason.", (4, 0), (5, 0))
    name, step, message = (
        destinations.slack_text(f"{FAILURE}.{each}") for each in ("workflow_name", "step", "message")
    )
    text = (
        f"={{{{ 'A workflow failed: ' + {name} + ', at ' + {step} + ': ' + {message} + ' ' + "
        f"{FAILURE}.where }}}}"
    )
    flow.put(4, 1, destinations.slack("Post the error", text), after=WHAT, output=1)
    flow.note("### The error", (4, 1))
