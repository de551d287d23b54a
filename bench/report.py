"""RESULTS.md: the targets first, then every number that was measured, with date, commit and machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from bench import accept, fanout, jobs, steady
from bench import targets as t
from bench.accept import Accept
from bench.fanout import Fanout
from bench.footprint import Footprint
from bench.measure import Sample, cpu_ratio, machine, rate_ratio
from bench.steady import Row, Steady


@dataclass(frozen=True, slots=True)
class Measured:
    accept: Mapping[str, Accept]
    fanout: Fanout
    steady: Mapping[Row, Steady]
    footprint: Footprint
    jobs: Sequence[Sample]


def measured_values(found: Measured) -> dict[t.Target, float]:
    ours, bare = found.accept[accept.RELAY].samples, found.accept[accept.FLASK].samples
    archive, webhook = found.accept[accept.RELAY_ARCHIVE], found.accept[accept.RELAY_WEBHOOK]
    calls = found.fanout.samples
    return {
        t.ACCEPT_CPU: cpu_ratio(ours, bare),
        t.ACCEPT_RATE: rate_ratio(ours, bare),
        t.ARCHIVE_CPU: cpu_ratio(archive.web, bare),
        t.ARCHIVE_RATE: rate_ratio(archive.samples, bare),
        t.WEBHOOK_RATE: rate_ratio(webhook.samples, bare),
        t.STALLED_P99: median(found.accept[accept.RELAY_STALLED].p99),
        t.FANOUT_RATE: rate_ratio(calls[fanout.RELAY], calls[fanout.REQUESTS]),
        t.FANOUT_CPU: cpu_ratio(calls[fanout.RELAY], calls[fanout.REQUESTS]),
        t.CALL_P50: found.steady[steady.MAIN].percentile(0.5),
        t.CALL_P99: found.steady[steady.MAIN].percentile(0.99),
        t.BESIDE_P50: found.steady[steady.BESIDE].percentile(0.5),
        t.EVENT_CPU: median(sample.cpu_each for sample in found.steady[steady.SLOW].samples) / 1000,
        t.HELP: median(found.footprint.help_seconds),
        t.BOOT: median(found.footprint.boot_seconds),
        t.RESTART: median(found.footprint.restart_seconds),
        t.MEMORY: found.footprint.pss_megabytes,
        t.IDLE: found.footprint.idle_percent,
    }


_HEAD = """\
# What was measured

{now}, commit {commit}, {machine}.

Made by `python -m bench`. Everything on loopback, server and client on the same machine; baselines in the
same run, turn about, {rounds} rounds. Ratios are medians of the rounds' ratios. Trust them and the CPU for
one first, rates last: rates on shared machines swing by a factor of two, and times of single events by far
more: they mean something on a machine that does nothing else.
"""

_ACCEPT = """\
## Accept

Unique signed webhooks of about 1 kB, {connections} keep-alive connections, {seconds:g} s a round, after a
warm-up. An answer counts only as a whole 202 with the event's id in it; as many events were in the database
afterwards. The bare Flask route reads the body and answers 204 on gunicorn's threads. CPU is of all
processes of the server, then of those that answer: without the relay's worker, which delivers and copies
meanwhile. It is for one webhook, also as a ratio. With the archive on, each webhook has a file, which is
fetched from loopback. The bare responder shows what the load client can do when nothing holds it up; the
client's CPU is of one core.

| server | per second | CPU | of what answers | p50 | p99 | rate ratio | CPU ratio | what answers | client |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"""

_FANOUT = """\
## Fan-out

{count} pending deliveries of about 1 kB to one webhook that answers at once; the archive is off. The loops
send a recorded call of the relay's, byte for byte, from {threads} threads in one process, as many as the
worker uses. From the first call until all is settled in the database (relay) or the last call came (loops).

| what | per second | CPU for one | relay's rate against it |
| --- | --- | --- | --- |"""

_STEADY = """\
## Even rates, from the 202 to the outgoing call

Signed webhooks at an even rate over 8 connections, each with one file, to one webhook that answers at once.
Times are from when the client has read the 202 to when the receiver has read the whole call, medians of the
rounds' percentiles. With the archive on, as it is unless it is switched off, the file is fetched and archived
in between. CPU is of all processes, from the first accept until everything is settled.

| webhooks | p50 | p99 | CPU for one |
| --- | --- | --- | --- |"""

_REST = """\
## Jobs queued by the API

{connections} keep-alive connections, each 201 a job on disk: {jobs:.0f} a second, {job_cpu:.0f} us of CPU for
one.

## Start, memory, idle

`relay --help`: {helps} s. From the start of `relay serve` to the first webhook answered 2xx: {boots} s on a
new database, {restarts} s on the same one afterwards.
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
        _STEADY,
        *_steady(found.steady),
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
        f"| {kind.name} | {_rate(kind.samples)} | {_cpu(kind.samples)} | {_cpu(kind.web)} |"
        f" {median(kind.p50):.1f} ms | {median(kind.p99):.1f} ms | {rate_ratio(kind.samples, bare):.2f} |"
        f" {cpu_ratio(kind.samples, bare):.2f} | {cpu_ratio(kind.web, bare):.2f} |"
        f" {median(kind.client_share) * 100:.0f} % |"
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


def _steady(found: Mapping[Row, Steady]) -> list[str]:
    lines = (
        f"| {row.name} | {each.percentile(0.5):.1f} ms | {each.percentile(0.99):.1f} ms |"
        f" {_cpu(each.samples)} |"
        for row, each in found.items()
    )
    return [*lines, ""]


def _rest(found: Measured) -> str:
    foot = found.footprint
    return _REST.format(
        connections=jobs.CONNECTIONS,
        jobs=median(sample.rate for sample in found.jobs),
        job_cpu=median(sample.cpu_each for sample in found.jobs),
        helps=", ".join(f"{seconds:.2f}" for seconds in foot.help_seconds),
        boots=", ".join(f"{seconds:.2f}" for seconds in foot.boot_seconds),
        restarts=", ".join(f"{seconds:.2f}" for seconds in foot.restart_seconds),
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
