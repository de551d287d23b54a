"""RESULTS.md: the targets first, then every number that was measured, with date, commit and machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from bench import accept, fanout
from bench import targets as t
from bench.accept import Accept
from bench.fanout import Fanout
from bench.footprint import Footprint
from bench.measure import Sample, cpu_ratio, machine, percentile, rate_ratio


@dataclass(frozen=True, slots=True)
class Measured:
    accept: Mapping[str, Accept]
    fanout: Fanout
    latency_ms: Sequence[float]
    footprint: Footprint


def measured_values(found: Measured) -> dict[t.Target, float]:
    ours, bare = found.accept[accept.RELAY].samples, found.accept[accept.FLASK].samples
    calls = found.fanout.samples
    return {
        t.ACCEPT_CPU: cpu_ratio(ours, bare),
        t.ACCEPT_RATE: rate_ratio(ours, bare),
        t.FANOUT_LOOP: rate_ratio(calls[fanout.RELAY], calls[fanout.LOOP]),
        t.FANOUT_REQUESTS: rate_ratio(calls[fanout.RELAY], calls[fanout.REQUESTS]),
        t.CALL_P50: percentile(found.latency_ms, 0.5),
        t.CALL_P99: percentile(found.latency_ms, 0.99),
        t.BOOT: median(found.footprint.boot_seconds),
        t.MEMORY: found.footprint.pss_megabytes,
        t.IDLE: found.footprint.idle_percent,
    }


_HEAD = """\
# What was measured

{now}, commit {commit}, {machine}.

Made by `python -m bench`. Everything on loopback, server and client on the same machine; baselines in the
same run, turn about, {rounds} rounds. Ratios are medians of the rounds' ratios. Trust them and the CPU for
one first, rates last: rates on shared machines swing by a factor of two. The archive is off: with it,
an accept writes one row more for each file.
"""

_ACCEPT = """\
## Accept

Unique signed webhooks of about 1 kB, {connections} keep-alive connections, {seconds:g} s a round, after a
warm-up. An answer counts only as a whole 202 with the event's id in it; as many events were in the database
afterwards. The bare Flask route reads the body and answers 204 on gunicorn's threads. CPU is of all
processes of the server. The bare responder shows what the load client can do when nothing holds it up; the
client's CPU is of one core. The targets hold for the relay without a connection.

| server | per second | CPU for one | p50 | p99 | rate ratio | CPU ratio | client's CPU |
| --- | --- | --- | --- | --- | --- | --- | --- |"""

_FANOUT = """\
## Fan-out

{count} pending deliveries of about 1 kB to one webhook that answers at once. The loops send a recorded call
of the relay's, byte for byte, from {threads} threads in one process, as many as the worker uses. From the
first call until everything is settled in the database (relay) or the last call has arrived (loops).

| what | per second | CPU for one | relay's rate against it |
| --- | --- | --- | --- |"""

_REST = """\
## 202 to the outgoing call

{count} webhooks, one every 100 ms or so, from when the client has read the 202 to when the receiver has read
the whole call: p50 {p50:.1f} ms, p90 {p90:.1f} ms, p99 {p99:.1f} ms, longest {longest:.1f} ms.

## Start, memory, idle

From the start of `relay serve` on a new database to the first webhook answered 2xx: {boots} s.
Memory of its {processes} processes after some work: {memory:.0f} MB (PSS). CPU while idle: {idle:.2f} % of
one core.
"""


def page(found: Measured, commit: str, rounds: int, seconds: float) -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    parts = (
        _HEAD.format(now=now, commit=commit, machine=machine(), rounds=rounds),
        *_targets(found),
        _ACCEPT.format(connections=accept.CONNECTIONS, seconds=seconds),
        *_accept(found.accept),
        _FANOUT.format(count=found.fanout.count, threads=found.fanout.threads),
        *_fanout(found.fanout),
        _rest(found),
    )
    return "\n".join(parts)


def _targets(found: Measured) -> list[str]:
    values = measured_values(found)
    lines = ["| target | wanted | measured | met |", "| --- | --- | --- | --- |"]
    for target in t.TARGETS:
        value = values[target]
        yes = "yes" if target.met(value) else "**no**"
        lines.append(f"| {target.name} | {target.wanted} | {value:.2f}{target.unit} | {yes} |")
    return [*lines, ""]


def _accept(kinds: Mapping[str, Accept]) -> list[str]:
    bare = kinds[accept.FLASK].samples
    lines = [
        f"| {kind.name} | {_rate(kind.samples)} | {_cpu(kind.samples)} | {median(kind.p50):.1f} ms |"
        f" {median(kind.p99):.1f} ms | {rate_ratio(kind.samples, bare):.2f} |"
        f" {cpu_ratio(kind.samples, bare):.2f} | {median(kind.client_share) * 100:.0f} % |"
        for kind in kinds.values()
    ]
    return [*lines, "", *_by_round({kind.name: kind.samples for kind in kinds.values()})]


def _fanout(found: Fanout) -> list[str]:
    ours = found.samples[fanout.RELAY]
    lines = [
        f"| {name} | {_rate(samples)} | {_cpu(samples)} | {rate_ratio(ours, samples):.2f} |"
        for name, samples in found.samples.items()
    ]
    return [*lines, "", *_by_round(found.samples)]


def _rest(found: Measured) -> str:
    took, foot = found.latency_ms, found.footprint
    return _REST.format(
        count=len(took),
        p50=percentile(took, 0.5),
        p90=percentile(took, 0.9),
        p99=percentile(took, 0.99),
        longest=max(took),
        boots=", ".join(f"{seconds:.2f}" for seconds in foot.boot_seconds),
        processes=foot.processes,
        memory=foot.pss_megabytes,
        idle=foot.idle_percent,
    )


def _by_round(samples: Mapping[str, Sequence[Sample]]) -> list[str]:
    lines = (
        f"- {name}: {', '.join(f'{sample.rate:.0f}' for sample in several)}"
        for name, several in samples.items()
    )
    return ["Each round, per second:", *lines, ""]


def _rate(samples: Sequence[Sample]) -> str:
    return f"{median(sample.rate for sample in samples):.0f}"


def _cpu(samples: Sequence[Sample]) -> str:
    return f"{median(sample.cpu_each for sample in samples):.0f} us"
