"""How fast are jobs queued by the API? A request is answered when its job is on disk; nothing is sent."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.load import Client
from bench.measure import Sample, cpu_seconds
from tests.wire import RelayProcess, free_port, request
from tests.wire.program import ROOT, SERVE

CONNECTIONS = 16


def run(folder: Path, rounds: int, seconds: float) -> list[Sample]:
    environment = {
        "CREATIVEAI_API_KEY": "rph_of_the_bench",
        "ORIGIN_MAP": f"https://api.creativeai.run=http://127.0.0.1:{free_port()}",  # nobody answers there
        "SECRET_KEY": "a key of the bench",
    }
    relay = RelayProcess(folder, environment, program=SERVE)
    samples = []
    with relay:
        token = _token(folder, environment)
        _load(relay, token, 0.5)
        for _ in range(rounds):
            pids = list(relay.processes())
            before = cpu_seconds(pids)
            done = _load(relay, token, seconds)
            samples.append(Sample(done.count, done.seconds, cpu_seconds(pids) - before))
        stored = relay.number("select count(*) from job")
    if stored < sum(sample.count for sample in samples):
        raise RuntimeError("jobs were answered that are not stored")
    return samples


def _token(folder: Path, environment: Mapping[str, str]) -> str:
    command = [sys.executable, "-m", "relay", "tokens", "add", "bench"]
    given = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder), **environment}
    done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _load(relay: RelayProcess, token: str, seconds: float) -> Sample:
    tally = Client(relay.port, CONNECTIONS, 201, b'"id"').run(_requests(token), seconds)
    if tally.bad:
        raise RuntimeError(f"a job was not queued: {tally.first_bad}")
    return Sample(tally.good, tally.seconds, 0.0)


def _requests(token: str) -> Iterator[bytes]:
    job = {"kind": "text-to-video", "input": {"prompt": "A walnut table in soft light."}}
    body = json.dumps(job | {"context": {"sku": "MUG-1"}}).encode()
    headers = [
        ("Authorization", f"Bearer {token}"),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
    ]
    raw = request(body, headers, "/api/jobs")
    while True:
        yield raw
