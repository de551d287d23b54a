"""The static check of n8n templates finds every fault that is planted in a good one."""

import copy
from collections.abc import Callable

import pytest

from tests.templates.n8n_check import kind, problems
from tests.templates.test_n8n import KNOWN, Workflow, node, workflow

Fault = Callable[[Workflow], None]


def _unknown_version(of: Workflow) -> None:
    node(of, "Settings")["typeVersion"] = 99


def _unknown_parameter(of: Workflow) -> None:
    node(of, "Create the video")["parameters"]["options"]["timeOut"] = 1


def _wrong_credential(of: Workflow) -> None:
    node(of, "Save the start")["credentials"] = {"slackApi": {"name": "Slack bot token"}}


def _credential_id(of: Workflow) -> None:
    node(of, "Save the start")["credentials"]["airtableTokenApi"]["id"] = "Xy12"


def _any_credential(of: Workflow) -> None:
    """n8n would take any credential of that kind."""
    del node(of, "Save the start")["credentials"]["airtableTokenApi"]["id"]


def _secret(of: Workflow) -> None:
    node(of, "Settings")["parameters"]["assignments"]["assignments"][0]["value"] = "xoxb-1234"


def _line_to_nowhere(of: Workflow) -> None:
    of["connections"]["Settings"]["main"][0][0]["node"] = "Elsewhere"


def _no_such_output(of: Workflow) -> None:
    of["connections"]["Settings"]["main"].append([{"node": "Respond 422", "type": "main", "index": 0}])


def _unreachable(of: Workflow) -> None:
    del of["connections"]["A product arrives"]


def _missing_node(of: Workflow) -> None:
    node(of, "Respond 202")["parameters"]["responseBody"] = "={{ $('Nobody').first().json.id }}"


def _later_node(of: Workflow) -> None:
    node(of, "Save the start")["parameters"]["base"]["value"] = "={{ $('Respond 422').first().json.id }}"


def _open_braces(of: Workflow) -> None:
    node(of, "Respond 202")["parameters"]["responseBody"] = "={{ $json.id }"


def _no_equals_sign(of: Workflow) -> None:
    node(of, "Respond 202")["parameters"]["responseBody"] = "{{ $json.id }}"


def _environment(of: Workflow) -> None:
    node(of, "Respond 202")["parameters"]["responseBody"] = "={{ $env.KEY }}"


def _open_to_all(of: Workflow) -> None:
    del node(of, "A product arrives")["parameters"]["authentication"]


def _parsed_body(of: Workflow) -> None:
    node(of, "CreativeAI calls back")["parameters"]["options"] = {}


def _paid_twice(of: Workflow) -> None:
    node(of, "Create the video")["retryOnFail"] = True


def _waits_for_ever(of: Workflow) -> None:
    del node(of, "Create the video")["parameters"]["options"]["timeout"]


def _repeats_quickly(of: Workflow) -> None:
    node(of, "Save the start")["retryOnFail"] = True


def _limit_loses_it(of: Workflow) -> None:
    of["connections"]["Save the start"]["main"][1] = []


def _first_try_counts(of: Workflow) -> None:
    node(of, "Drop duplicates")["retryOnFail"] = True


def _field_named_error(of: Workflow) -> None:
    node(of, "Settings")["parameters"]["assignments"]["assignments"][0]["name"] = "error"


def _no_rest(of: Workflow) -> None:
    node(of, "Which event?")["parameters"]["options"] = {}


def _no_status(of: Workflow) -> None:
    node(of, "Reject with 401")["parameters"]["options"] = {}


def _two_of_a_name(of: Workflow) -> None:
    of["nodes"].append(copy.deepcopy(node(of, "Settings")))


def _no_notes(of: Workflow) -> None:
    of["nodes"] = [each for each in of["nodes"] if kind(each) != "stickyNote"]


def _on_top_of_another(of: Workflow) -> None:
    node(of, "Settings")["position"] = node(of, "Which event?")["position"]


def _long_note(of: Workflow) -> None:
    node(of, "Note 1")["parameters"]["content"] += " and so on" * 60


def _active(of: Workflow) -> None:
    of["active"] = True


def _instance(of: Workflow) -> None:
    of["meta"]["instanceId"] = "abc"


def _silent_without_rows(of: Workflow) -> None:
    del node(of, "Read the row")["alwaysOutputData"]


def _no_rows_or_not_read(of: Workflow) -> None:
    """When Google is busy, the result would be taken for one whose row is gone."""
    rules = node(of, "Still there?")["parameters"]["rules"]["values"]
    rules[1]["conditions"]["conditions"][0]["leftValue"] = "={{ true }}"


FAULTS: dict[Fault, str] = {
    _unknown_version: "has no version 99",
    _unknown_parameter: "has no parameter options.timeOut",
    _wrong_credential: "takes no credential slackApi",
    _credential_id: "a credential by more or less",
    _any_credential: "a credential by more or less",
    _secret: "looks like a secret",
    _line_to_nowhere: "one of them is not there",
    _no_such_output: "has no output 1",
    _unreachable: "Nothing leads to",
    _missing_node: "asks for Nobody",
    _later_node: "cannot have run before it",
    _open_braces: "braces without their others",
    _no_equals_sign: "taken for a text",
    _environment: "does not give it",
    _open_to_all: "asks for no key",
    _parsed_body: "checks no signature",
    _paid_twice: "repeated blindly",
    _waits_for_ever: "may wait for ever",
    _repeats_quickly: "quick repeats",
    _limit_loses_it: "leaves nobody a word",
    _first_try_counts: "its own first try",
    _field_named_error: "takes for a failure",
    _no_rest: "none for the rest",
    _no_status: "which status it answers",
    _two_of_a_name: "Two nodes have the name",
    _no_notes: "exactly one yellow note",
    _on_top_of_another: "overlap",
    _long_note: "does not fit",
    _active: "is not active",
    _instance: "meta says more",
}


IN_A_LIST: dict[Fault, str] = {
    _silent_without_rows: "if the list is empty",
    _no_rows_or_not_read: "nothing tells them apart",
}
PLANTED = [
    *(("image-to-video-airtable", fault, found) for fault, found in FAULTS.items()),
    *(("image-to-video-sheets-slack", fault, found) for fault, found in IN_A_LIST.items()),
]


@pytest.mark.parametrize(
    ("slug", "fault", "found"), PLANTED, ids=[each[1].__name__.strip("_") for each in PLANTED]
)
def test_a_planted_fault_is_found(slug: str, fault: Fault, found: str) -> None:
    flow = workflow(slug)
    fault(flow)
    assert any(found in each for each in problems(flow, KNOWN))
