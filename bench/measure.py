"""What is read from the machine (CPU, memory) and how numbers become ratios and medians."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured stretch: how many requests or calls, in how long, with how much CPU of the servers."""

    count: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    @property
    def cpu_each(self) -> float:
        """Microseconds of CPU for one."""
        return self.cpu_seconds / self.count * 1e6


def rate_ratio(ours: Sequence[Sample], theirs: Sequence[Sample]) -> float:
    """The median of the rounds' ratios, each round against the baseline of the same round."""
    return median(a.rate / b.rate for a, b in zip(ours, theirs, strict=True))


def cpu_ratio(ours: Sequence[Sample], theirs: Sequence[Sample]) -> float:
    return median(a.cpu_each / b.cpu_each for a, b in zip(ours, theirs, strict=True))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time that these living processes have used so far, with that of their dead children."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(int(field) for field in fields[11:15])
    return total / _TICK


def pss_megabytes(pids: Iterable[int]) -> float:
    """Proportional set size: memory shared between processes is counted once."""
    kilobytes = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kilobytes += int(line.split()[1])
    return kilobytes / 1024


def machine() -> str:
    """One line that says what this ran on, without the machine's name."""
    info = Path("/proc/cpuinfo").read_text()
    model = next((x.partition(":")[2].strip() for x in info.splitlines() if x.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    return f"{os.cpu_count()} x {model}, {memory:.0f} GB, {system}, Python {platform.python_version()}"
