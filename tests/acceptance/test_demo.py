"""The demo as a newcomer runs it: real processes, signed webhooks, a crash, a table that accounts for all."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.reference.creativeai import webhook_samples

ROOT = Path(__file__).parent.parent.parent
PAYLOADS = webhook_samples()


def run_demo(*arguments: str) -> tuple[int, str]:
    """Exit code and output; whatever the relay is told outside the demo must not reach it."""
    run = subprocess.run(
        [sys.executable, "-m", "relay", "demo", "--once", *arguments],
        cwd=ROOT,
        env=os.environ | {"WEBHOOK_SECRET": "short", "PORT": "1", "DATABASE_URL": "nonsense"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


def rows(output: str) -> dict[tuple[str, str], list[str]]:
    """The table's rows by (generation, result); columns stand two spaces apart."""
    lines = output.splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("Generation"))
    cells = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines[head + 1 :]]
    return {
        (row[0], row[1]): row[2:]
        for row in cells
        if len(row) == len(("id", "result", "webhooks", *range(5), "arrived"))
    }


def test_a_newcomers_demo_with_the_references_own_payloads_accounts_for_all(tmp_path: Path) -> None:
    """Payloads verbatim and twice, faults of its own, and a crash. One run, since it takes long."""
    for sample in PAYLOADS:
        (tmp_path / f"{sample.event}.json").write_text(sample.body, encoding="utf-8")

    code, output = run_demo("--payloads", str(tmp_path))

    assert code == 0, output
    assert "Everything arrived." in output
    assert "kill -9 for every process" in output
    assert "Pipeline: edit completed, video completed, voice completed, compose completed" in output
    table = rows(output)
    told = payloads_survived(table)
    what_it_started_arrived({key: cells for key, cells in table.items() if key not in told})
    generations = 9 + len({generation for generation, _ in told})
    assert [line for line in output.splitlines() if line.startswith("ok ")] == [
        f"ok   Airtable: {generations} records, one for each generation",
        f"ok   Sheets: {generations} rows, one for each generation",
        f"ok   Slack: {generations} messages, one for each generation",
        "ok   Shopify: 5 products, each with its one video",
    ]
    assert not re.search(r"(?<![\w-])429(?![\w-])", output), "as a word: ids may hold these digits"


def payloads_survived(table: dict[tuple[str, str], list[str]]) -> set[tuple[str, str]]:
    """(generation, status) of all that the reference's payloads tell of."""
    told = {
        (each["id"], each["status"])
        for payload in (json.loads(sample.body) for sample in PAYLOADS)
        for each in payload.get("jobs", [payload])
    }
    assert len(told) >= 7
    assert told <= set(table)
    for key in told:
        came, *to_tools, to_shopify, arrived = table[key]
        assert came in ("2x", "in a batch")
        assert to_tools == ["delivered"] * 4
        assert to_shopify in ("delivered", "failed", "not subscribed")
        assert arrived == "once" or arrived.endswith("under 1 key")
    return told


def what_it_started_arrived(own: dict[tuple[str, str], list[str]]) -> None:
    assert {came for came, *_ in own.values()} == {"1x", "2x", "3x", "in a batch"}
    assert "vgen_forged" not in {generation for generation, _ in own}
    states = {state for _, *states, _ in own.values() for state in states}
    assert states <= {"delivered", "skipped", "not subscribed"}
