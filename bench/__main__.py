"""`python -m bench`: measures everything and writes RESULTS.md beside this file."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import accept, fanout, footprint, jobs, steady
from bench.report import Measured, page


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="of load per server and round")
    parser.add_argument("--deliveries", type=int, default=3000, help="of a drained backlog")
    parser.add_argument("--steady", type=float, default=5.0, help="seconds of each even rate and round")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("RESULTS.md"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="relay-bench-") as name:
        folder = Path(name)
        _say("start, memory, idle")
        foot = footprint.run(folder / "footprint", starts=5, idle_seconds=10)
        _say("even rates")
        rates = steady.run(folder / "steady", given.rounds, given.steady)
        _say("accept")
        accepted = accept.run(folder / "accept", given.rounds, given.seconds)
        _say("fan-out")
        calls = fanout.run(folder / "fanout", given.rounds, given.deliveries)
        _say("jobs")
        queued = jobs.run(folder / "jobs", given.rounds, given.seconds)
    found = Measured(accepted, calls, rates, foot, queued)
    text = page(found, commit(), given.rounds, given.seconds)
    given.output.write_text(text)
    print(text)


def _say(what: str) -> None:
    print(f"measuring: {what}", file=sys.stderr, flush=True)


def commit() -> str:
    """The commit, and whether the files have changed since."""
    changed = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return changed.stdout.strip() or "not yet"


if __name__ == "__main__":
    main()
