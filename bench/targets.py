"""What the relay must reach, in one table. RESULTS.md says for each what was measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """`limit` must not be exceeded, or, where `least` is true, must be reached."""

    name: str
    limit: float
    least: bool
    unit: str

    def met(self, measured: float) -> bool:
        return measured >= self.limit if self.least else measured <= self.limit

    @property
    def wanted(self) -> str:
        return f"{'at least' if self.least else 'at most'} {self.limit:g}{self.unit}"


ACCEPT_CPU = Target("CPU of a durable accept, against a bare Flask route", 1.9, False, " x")
ACCEPT_RATE = Target("Rate of durable accepts, against a bare Flask route", 0.45, True, " x")
FANOUT_RATE = Target("Rate of deliveries, against requests.Session.post", 1.6, True, " x")
FANOUT_CPU = Target("CPU of a delivery, against requests.Session.post", 0.52, False, " x")
CALL_P50 = Target("202 to the outgoing call at 200 a second, archive off, p50", 2.0, False, " ms")
CALL_P99 = Target("202 to the outgoing call at 200 a second, archive off, p99", 10.0, False, " ms")
BESIDE_P50 = Target("The same beside a destination that hangs, p50", 2.0, False, " ms")
EVENT_CPU = Target("CPU of an event at 20 a second, accept to settled, archive on", 2.5, False, " ms")
NEIGHBOR_P99 = Target("202 to the outgoing call beside a neighbor, p99 against alone", 1.3, False, " x")
BOOT = Target("Start to the first webhook answered 2xx", 5.0, False, " s")
MEMORY = Target("Memory of all processes (PSS)", 256.0, False, " MB")
IDLE = Target("CPU while idle, of one core", 1.0, False, " %")

TARGETS = (
    *(ACCEPT_CPU, ACCEPT_RATE, FANOUT_RATE, FANOUT_CPU),
    *(CALL_P50, CALL_P99, BESIDE_P50, EVENT_CPU),
    *(BOOT, MEMORY, IDLE),
)
