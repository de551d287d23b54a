"""The relay's exceptions. A package raises only these for expected failures; anything else is a bug."""

from collections.abc import Iterable
from typing import Literal

Whose = Literal["transient", "record", "connection"]


class RelayError(Exception):
    """Base of every failure that the relay itself explains to a person."""


class SettingsError(RelayError):
    """The environment is wrong. `faults` holds one sentence per setting, each starting with its name."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class ListenError(RelayError):
    """The address to listen on cannot be had. The message says why, and what to set."""


class SignatureError(RelayError):
    """A webhook that no known secret signed. `reason` says what was missing or wrong, never a secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnsignedError(SignatureError):
    """A webhook that carries no signature at all, as opposed to a wrong one."""


class MalformedEventError(RelayError):
    """Bytes that are not the JSON object that is read there. The message names what is wrong."""


class StoreBusyError(RelayError):
    """Nothing was written: the database is locked, full or read-only. Worth trying again in a moment."""


class StoreConflictError(StoreBusyError):
    """Two that wrote at the same moment waited for each other. Nothing of this one was written: repeat it."""


class NewerSchemaError(StoreBusyError):
    """The database was updated by a newer version of the relay: this one must not touch it."""

    def __init__(self, steps: Iterable[str]) -> None:
        super().__init__(
            f"The database is of a newer version of the relay ({min(steps)}). Nothing was changed. Update "
            "the relay, or restore a backup of before."
        )


class RestoreError(RelayError):
    """A backup was not restored, and nothing has changed. The message says why, and what to do."""


class MoveError(RelayError):
    """A database was not moved, or not as a whole. The message says why, and what to do."""


class SealedError(RelayError):
    """Secrets that were kept encrypted cannot be read: their key is lost, or they are not these."""


class ApiKeyError(RelayError):
    """There is no key of CreativeAI's, so nothing can be sent."""

    def __init__(self) -> None:
        super().__init__(
            "No CreativeAI API key is set, so nothing was sent or charged. Set CREATIVEAI_API_KEY and "
            "restart the relay."
        )


class ShareError(RelayError):
    """A share link has ended, or its budget is spent. Nothing was written."""


class LeaseLostError(RelayError):
    """Another worker holds the lease of this delivery now: stop at once and write nothing."""


class RemoteError(RelayError):
    """The only failure that leaves a connector or the vendor's client.

    message       the other side's message, then what to do about it; never a secret
    whose         transient: retry; record: this result will never be accepted; connection: none will be until
                  a person fixes it (the connection is paused, its deliveries stay pending)
    ambiguous     the call may have had its effect: check before repeating it
    retry_after   seconds the other side asked us to wait, if it did
    status        its HTTP status, if there was an answer
    answer        the first part of the answer's body, for the attempt's record
    charged       whether it cost credits; None when that is unknown, or where calls are free
    param         the field of the request that the other side objects to, if it named one
    """

    def __init__(
        self,
        message: str,
        whose: Whose = "transient",
        *,
        ambiguous: bool = False,
        retry_after: float | None = None,
        status: int | None = None,
        answer: str = "",
        charged: bool | None = None,
        param: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.whose = whose
        self.ambiguous = ambiguous
        self.retry_after = retry_after
        self.status = status
        self.answer = answer
        self.charged = charged
        self.param = param


class FileError(RemoteError):
    """The bytes of an output cannot be had. Says nothing of the destination, which was not asked.

    The message is `reason`, then `advice`. `too_large`: it has more bytes than the caller takes.
    """

    def __init__(
        self,
        reason: str,
        whose: Literal["transient", "record"] = "transient",
        *,
        advice: str = "The relay retries automatically.",
        retry_after: float | None = None,
        too_large: bool = False,
    ) -> None:
        super().__init__(f"{reason} {advice}", whose, retry_after=retry_after)
        self.reason = reason
        self.advice = advice
        self.too_large = too_large


class FileComingError(RemoteError):
    """No failure: the bytes of an output are being fetched, and are asked for again after so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            "The file is still being fetched. It is sent as soon as it is there.", retry_after=seconds
        )
