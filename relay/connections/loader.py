"""Connections as people enter them: from the environment or the store, checked, sealed, made ready for use.

Whatever stands in a row, also one of another version of the relay, reading it ends in an entry that says
what it needs: its results are owed to it all the same.
"""

import hashlib
import hmac
import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

import connectors
from connectors.base import Options
from relay.delivery.attempt import Destination, secret_values
from relay.errors import SealedError
from relay.http.client import Http
from relay.models.core import ConnectionState, ResultStatus, Route, StoredConnection
from relay.models.views import ConnectionSummary
from relay.security.encryption import Vault
from relay.store.contract.core import ConnectionStore
from relay.validation import checked, secret_fields

log = logging.getLogger(__name__)

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_BAD_NAME = (
    "name: must be 1 to 40 small letters, digits and hyphens, with none at its ends; slack-team, for example"
)
_UNREADABLE = "What is kept of it cannot be read. Enter it again, on its page or by: relay connections edit."


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

    def __str__(self) -> str:
        return f"{' and '.join(sorted(self.statuses))} of {', '.join(sorted(self.kinds)) or 'all kinds'}"


class _UnfitError(Exception):
    """A sentence on why a row does not fit this version of the relay."""


@dataclass(frozen=True, slots=True)
class LoadedConnection:
    """One connection, whoever entered it. `destination` None: it cannot be called, `fault` says why.

    stored  its row; None where the environment has it
    """

    name: str
    kind: str
    filters: Filters
    stored: StoredConnection | None = None
    options: Options | None = None
    destination: Destination | None = None
    state: ConnectionState = ConnectionState.READY
    fault: str = ""

    def summary(self) -> ConnectionSummary:
        return ConnectionSummary(
            name=self.name,
            kind=self.kind,
            from_environment=self.stored is None,
            state=self.state,
            fault=self.fault,
            statuses=self.filters.statuses,
            kinds=self.filters.kinds,
        )


@dataclass(frozen=True, slots=True)
class ConnectionInput:
    """What a person entered: values by field name, as text, secrets among them; `wants` likewise."""

    name: str
    kind: str
    values: Mapping[str, Any]
    filters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ConnectionLoader:
    """Makes connections usable, and what was entered storable."""

    http: Http
    vault: Vault
    key: SecretStr

    def configured(self, name: str, kind: str, options: Options, wants: Filters) -> LoadedConnection:
        connector = connectors.connector(kind)(options, self.http)
        connection = Route(
            name=name,
            kind=kind,
            target=connector.target,
            statuses=wants.statuses,
            kinds=wants.kinds,
            calls_per_second=connector.pace.calls_per_second,
            concurrency=connector.pace.concurrency,
            fingerprint=_fingerprint(self.key, options),
            quota=connector.quota,
        )
        destination = Destination(connection, connector, secret_values(options))
        return LoadedConnection(name, kind, wants, options=options, destination=destination)

    def read(self, row: StoredConnection) -> LoadedConnection:
        """Never raises: what is wrong stands in the entry."""
        wants, fault = read_filters(row)
        entry = LoadedConnection(row.name, row.kind, wants, stored=row)
        try:
            if fault:
                return _attention(entry, fault)
            return replace(self.configured(row.name, row.kind, self._options(row), wants), stored=row)
        except SealedError as error:
            words = f"Enter the secret again ({', '.join(row.sealed_fields)}): {error}."
            return replace(entry, state=ConnectionState.NEEDS_SECRET, fault=words)
        except _UnfitError as error:
            return _attention(entry, str(error))
        except ValueError:
            return _attention(entry, _UNREADABLE)
        except Exception:
            log.exception("connection cannot be read", extra={"connection": row.name})
            return _attention(entry, _UNREADABLE)

    def _options(self, row: StoredConnection) -> Options:
        if row.kind not in connectors.kinds():
            raise _UnfitError(f"This version of the relay knows no connections of kind {row.kind}.")
        given = _object(row.options) | self.secrets(row)
        options, faults = checked(connectors.connector(row.kind).Options, given)
        if options is None:
            advice = f"Mend them on its page or by: relay connections edit {row.name}."
            raise _UnfitError(f"Its options do not fit: {'; '.join(faults)}. {advice}")
        return options

    def secrets(self, row: StoredConnection) -> dict[str, str]:
        """Raises SealedError also where the envelope lacks one."""
        secrets = self.vault.open(row.name, row.sealed)
        if set(secrets) != set(row.sealed_fields):
            raise SealedError("some secrets that belong to it are not kept with it")
        return secrets

    def kept(self, row: StoredConnection) -> tuple[dict[str, str], Sequence[str]]:
        """Its secrets, and the names of those that are lost."""
        try:
            return self.secrets(row), ()
        except (SealedError, ValueError):
            return {}, row.sealed_fields

    def row(self, entered: ConnectionInput) -> tuple[StoredConnection | None, list[str]]:
        """What was entered as a row, or None and every fault at once, each starting with its field."""
        model = connectors.connector(entered.kind).Options
        options, faults = checked(model, entered.values)
        wants, wrong_wants = checked(Filters, entered.filters)
        faults = ([] if _NAME.fullmatch(entered.name) else [_BAD_NAME]) + faults + wrong_wants
        if faults or options is None or wants is None:
            return None, faults
        hidden = [field for field in secret_fields(model) if entered.values.get(field)]
        row = StoredConnection(
            name=entered.name,
            kind=entered.kind,
            options=json.dumps({f: v for f, v in entered.values.items() if f not in hidden}),
            filters=json.dumps(dict(entered.filters)),
            sealed_fields=tuple(hidden),
            sealed=self.vault.seal(entered.name, {field: entered.values[field] for field in hidden}),
        )
        return row, []


def read_filters(row: StoredConnection) -> tuple[Filters, str]:
    """Which results it gets and "", or the usual ones and a fault: better owed than lost."""
    try:
        wants, faults = checked(Filters, _object(row.filters))
    except ValueError:
        return Filters(), _UNREADABLE
    return (wants, "") if wants else (Filters(), f"Its filters do not fit: {'; '.join(faults)}.")


def renew(store: ConnectionStore, vault: Vault) -> list[str]:
    """Encrypt under the newest key what an earlier one encrypted; the names. One that is lost stays so."""
    renewed = []
    for row in store.stored_connections()[1]:
        if not vault.is_current(row.sealed):
            try:
                sealed = vault.seal(row.name, vault.open(row.name, row.sealed))
            except SealedError:
                continue
            if store.change_connection(replace(row, sealed=sealed)):  # else somebody has just changed it
                renewed.append(row.name)
    return renewed


def readable(text: str) -> dict[str, Any]:
    """A row's JSON text; nothing where it cannot be read, so that it is entered again."""
    try:
        return _object(text)
    except ValueError:
        return {}


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - like any other text that is not what it should be
    return value


def _attention(entry: LoadedConnection, fault: str) -> LoadedConnection:
    return replace(entry, state=ConnectionState.NEEDS_ATTENTION, fault=fault)


def _fingerprint(key: SecretStr, options: Options) -> str:
    """Changes with any option and tells none: keyed, since a short secret could be guessed from a hash."""
    values = {name: getattr(options, name) for name in type(options).model_fields}
    plain = repr({n: v.get_secret_value() if isinstance(v, SecretStr) else v for n, v in values.items()})
    return hmac.new(key.get_secret_value().encode(), plain.encode(), hashlib.sha256).hexdigest()[:32]
