"""Asking a connection's own service: whatever happens there, an answer in words and without secrets."""

from connectors.base import CheckResult, Connector
from relay.connections import probe
from relay.connections.loader import Filters, LoadedConnection
from relay.errors import RemoteError
from tests.delivery.destination import played


def asked(what: Exception) -> CheckResult:
    def call(connector: Connector) -> CheckResult:
        raise what

    _, destination = played(token="s3cret")
    return probe.ask(LoadedConnection("sheet", "played", Filters(), destination=destination), {}, call)


def test_a_failure_of_the_service_is_an_answer_without_secrets() -> None:
    found = asked(RemoteError("It does not know s3cret. Enter another token.", "connection"))
    assert found == CheckResult(False, "It does not know ********. Enter another token.")


def test_a_fault_of_ours_is_said_to_be_one() -> None:
    assert asked(LookupError("a bug")).message.startswith("The relay has a fault of its own here")


def test_a_check_knows_what_the_deliveries_remember_for_the_connection() -> None:
    told: list[object] = []
    _, destination = played()
    destination.connector.recall = told.append  # type: ignore[method-assign]
    loaded = LoadedConnection("sheet", "played", Filters(), destination=destination)
    probe.check(loaded, {"tab": 7})
    assert told == [{"tab": 7}]


def test_what_cannot_be_remembered_is_an_answer_too() -> None:
    def recall(_known: object) -> None:
        raise KeyError("tab")

    _, destination = played()
    destination.connector.recall = recall  # type: ignore[method-assign]
    loaded = LoadedConnection("sheet", "played", Filters(), destination=destination)
    assert probe.check(loaded, {}).message.startswith("The relay has a fault of its own here")
