"""Tools of the tests and the bench for the real wire: the vendor, a receiver, the program."""

from tests.wire.client import Connection, CutError, Reply, wait_until
from tests.wire.program import RelayProcess, free_port
from tests.wire.receiver import Answer, Call, Receiver
from tests.wire.vendor import SECRET, generation, new_generation_id, request, sign, signed

__all__ = [
    "SECRET",
    "Answer",
    "Call",
    "Connection",
    "CutError",
    "Receiver",
    "RelayProcess",
    "Reply",
    "free_port",
    "generation",
    "new_generation_id",
    "request",
    "sign",
    "signed",
    "wait_until",
]
