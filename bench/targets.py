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


ACCEPT_CPU = Target("CPU of a durable accept, archive off, against a bare Flask route", 0.9, False, " x")
ACCEPT_RATE = Target("Rate of durable accepts, archive off, against a bare Flask route", 0.95, True, " x")
ARCHIVE_CPU = Target("The same CPU with the archive on, of the web process", 1.05, False, " x")
ARCHIVE_RATE = Target("The same rate with the archive on, files copied meanwhile", 0.85, True, " x")
WEBHOOK_RATE = Target("The same rate, delivering to one webhook meanwhile", 0.7, True, " x")
STALLED_P99 = Target("A webhook's answer beside 200 stalled sockets, p99", 1000.0, False, " ms")
FANOUT_RATE = Target("Rate of deliveries, against requests.Session.post", 1.6, True, " x")
FANOUT_CPU = Target("CPU of a delivery, against requests.Session.post", 0.52, False, " x")
CALL_P50 = Target("202 to the outgoing call at 200 a second, archive off, p50", 2.0, False, " ms")
CALL_P99 = Target("202 to the outgoing call at 200 a second, archive off, p99", 10.0, False, " ms")
BESIDE_P50 = Target("The same beside a destination that hangs, p50", 2.0, False, " ms")
EVENT_CPU = Target("CPU of an event at 20 a second, accept to settled, archive on", 2.5, False, " ms")
NEIGHBOR_P99 = Target("202 to the outgoing call beside a neighbor, p99 against alone", 1.3, False, " x")
HELP = Target("relay --help", 0.25, False, " s")
BOOT = Target("First start, on a new database, to the first webhook answered 2xx", 1.0, False, " s")
RESTART = Target("Later starts to the first webhook answered 2xx", 1.0, False, " s")
MEMORY = Target("Memory of all processes (PSS)", 94.0, False, " MB")
IDLE = Target("CPU while idle, of one core", 0.1, False, " %")

TARGETS = (
    *(ACCEPT_CPU, ACCEPT_RATE, ARCHIVE_CPU, ARCHIVE_RATE, WEBHOOK_RATE, STALLED_P99),
    *(FANOUT_RATE, FANOUT_CPU),
    *(CALL_P50, CALL_P99, BESIDE_P50, EVENT_CPU),
    *(HELP, BOOT, RESTART, MEMORY, IDLE),
)
