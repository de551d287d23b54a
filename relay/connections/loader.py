"""Connections made ready for use: read from the environment or the store, validated, encrypted for the store.

A row that cannot be used, also one of another version of the relay, still becomes a connection: it says what
it needs, and its deliveries are kept until then.
"""

import hashlib
import hmac
import json
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

import connectors
from connectors.base import Options
from relay.connections.contract import ConnectionInput
from relay.delivery.attempt import Destination, secret_values
from relay.errors import SealedError
from relay.http.client import Http
from relay.models.connection import ConnectionState, Route, StoredConnection
from relay.models.core import ResultStatus
from relay.security.encryption import Vault
from relay.store.contract.core import ConnectionStore
from relay.validation import checked, secret_fields

log = logging.getLogger(__name__)

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_BAD_NAME = (
    "name: must be 1 to 40 small letters, digits and hyphens, with no hyphen at either end; for example "
    "slack-team"
)
_NO_STATUS = "statuses: choose at least one, or no result would ever be sent"
_UNREADABLE = (
    "The stored options cannot be read. Enter them again, on the connection's page or with: relay "
    "connections edit {}."
)


def _split(value: object) -> object:
    return (
        [word.strip().lower() for word in value.split(",") if word.strip()]
        if isinstance(value, str)
        else value
    )


class Filters(BaseModel):
    """Which results a connection gets: `<KIND>_STATUSES` and `<KIND>_KINDS`, comma-separated."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    statuses: Annotated[frozenset[ResultStatus], BeforeValidator(_split), Field(min_length=1)] = frozenset(
        {ResultStatus.COMPLETED, ResultStatus.FAILED}
    )
    kinds: Annotated[frozenset[str], BeforeValidator(_split)] = frozenset()


class _UnfitError(Exception):
    """Why a row does not fit this version of the relay, as a sentence."""


@dataclass(frozen=True, slots=True)
class LoadedConnection:
    """One connection, from the environment or the store.

    stored       its row; None where the environment has set it
    destination  None: it cannot be called, and `fault` says why
    """

    name: str
    kind: str
    filters: Filters
    stored: StoredConnection | None = None
    options: Options | None = None
    destination: Destination | None = None
    state: ConnectionState = ConnectionState.READY
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ConnectionLoader:
    """Makes connections usable, and what was entered ready to be stored."""

    http: Http
    vault: Vault
    key: SecretStr

    def configured(self, name: str, kind: str, options: Options, filters: Filters) -> LoadedConnection:
        connector = connectors.connector(kind)(options, self.http)
        route = Route(
            name=name,
            kind=kind,
            target=connector.target,
            statuses=filters.statuses,
            kinds=filters.kinds,
            calls_per_second=connector.pace.calls_per_second,
            concurrency=connector.pace.concurrency,
            fingerprint=_fingerprint(self.key, options),
            quota=connector.quota,
            hold_is_shared=connector.pace.hold_is_shared,
        )
        destination = Destination(route, connector, secret_values(options))
        return LoadedConnection(name, kind, filters, options=options, destination=destination)

    def read(self, row: StoredConnection) -> LoadedConnection:
        """Never raises: what is wrong is in the connection's `state` and `fault`."""
        filters, fault = read_filters(row)
        loaded = LoadedConnection(row.name, row.kind, filters, stored=row)
        try:
            if fault:
                return _attention(loaded, fault)
            return replace(self.configured(row.name, row.kind, self._options(row), filters), stored=row)
        except SealedError as error:
            words = f"Enter the secret again ({', '.join(row.sealed_fields)}): {error}."
            return replace(loaded, state=ConnectionState.NEEDS_SECRET, fault=words)
        except _UnfitError as error:
            return _attention(loaded, str(error))
        except ValueError:
            return _attention(loaded, _UNREADABLE.format(row.name))
        except Exception:
            log.exception("connection cannot be read", extra={"connection": row.name})
            return _attention(loaded, _UNREADABLE.format(row.name))

    def _options(self, row: StoredConnection) -> Options:
        if row.kind not in connectors.kinds():
            raise _UnfitError(f"This version of the relay has no connector of the kind {row.kind}.")
        given = _object(row.options) | self.secrets(row)
        options, faults = checked(connectors.connector(row.kind).Options, given)
        if options is None:
            said = "; ".join(faults)
            raise _UnfitError(f"Some options are not valid: {said}. Fix them on the connection's page.")
        return options

    def secrets(self, row: StoredConnection) -> dict[str, str]:
        """Raises SealedError, also where the encrypted text lacks one of them."""
        secrets = self.vault.open(row.name, row.sealed)
        if set(secrets) != set(row.sealed_fields):
            raise SealedError("some of its secrets are missing from the store")
        return secrets

    def stored_secrets(self, row: StoredConnection) -> tuple[dict[str, str], Sequence[str]]:
        """By field, and the names of those that are lost with their key."""
        try:
            return self.secrets(row), ()
        except (SealedError, ValueError):
            return {}, row.sealed_fields

    def row(self, entered: ConnectionInput) -> tuple[StoredConnection | None, list[str]]:
        """What was entered as a row, or None and every fault at once, each starting with its field."""
        model = connectors.connector(entered.kind).Options
        options, faults = checked(model, entered.values)
        filters, filter_faults = checked(Filters, entered.filters)
        if entered.statuses is not None and not entered.statuses:
            filter_faults = [_NO_STATUS, *filter_faults]
        faults = ([] if _NAME.fullmatch(entered.name) else [_BAD_NAME]) + faults + filter_faults
        if faults or options is None or filters is None:
            return None, faults
        secrets = [field for field in secret_fields(model) if entered.values.get(field)]
        row = StoredConnection(
            name=entered.name,
            kind=entered.kind,
            options=json.dumps({f: v for f, v in entered.values.items() if f not in secrets}),
            filters=json.dumps(entered.filters),
            sealed_fields=tuple(secrets),
            sealed=self.vault.seal(entered.name, {field: entered.values[field] for field in secrets}),
        )
        return row, []


def read_filters(row: StoredConnection) -> tuple[Filters, str]:
    """The connection's filters and "", or the usual ones and a fault: too many results rather than none."""
    try:
        filters, faults = checked(Filters, _object(row.filters))
    except ValueError:
        return Filters(), _UNREADABLE.format(row.name)
    return (filters, "") if filters else (Filters(), f"Its filters are not valid: {'; '.join(faults)}.")


def renew(store: ConnectionStore, vault: Vault) -> list[str]:
    """Encrypt anew what an earlier key encrypted; the names. What no key opens stays as it is."""
    renewed = []
    for row in store.stored_connections()[1]:
        if not vault.is_current(row.sealed):
            try:
                sealed = vault.seal(row.name, vault.open(row.name, row.sealed))
            except SealedError:
                continue
            if store.change_connection(replace(row, sealed=sealed)):  # else it was changed in the meantime
                renewed.append(row.name)
    return renewed


def readable(text: str) -> dict[str, Any]:
    """A row's JSON text; empty where it cannot be read, so that it is entered again."""
    try:
        return _object(text)
    except ValueError:
        return {}


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - handled like text that is no JSON
    return value


def _attention(loaded: LoadedConnection, fault: str) -> LoadedConnection:
    return replace(loaded, state=ConnectionState.NEEDS_ATTENTION, fault=fault)


def _fingerprint(key: SecretStr, options: Options) -> str:
    """Changes with any option and reveals none: keyed, since a short secret could be guessed from a hash."""
    values = {name: getattr(options, name) for name in type(options).model_fields}
    plain = repr({n: v.get_secret_value() if isinstance(v, SecretStr) else v for n, v in values.items()})
    return hmac.new(key.get_secret_value().encode(), plain.encode(), hashlib.sha256).hexdigest()[:32]
