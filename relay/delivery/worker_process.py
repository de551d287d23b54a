"""Which process a worker is, so that the next one on this machine can tell whether it has died.

Where that cannot be told (another machine, another system than Linux), the end of its leases tells.
"""

import os
from pathlib import Path


def identity() -> str:
    """The machine's boot, the PID namespace, the PID and when the process began; "" where /proc is not."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()} {os.getpid()} {_began(os.getpid())}"
    except OSError:
        return ""


def has_died(worker: str) -> bool:
    """`worker` begins with the identity of its process. False where that is not certain."""
    own, known = identity().split(), worker.split()[:4]
    if len(own) != len(known) or own[:2] != known[:2]:
        return False
    _, _, pid, began = known
    try:
        return _began(int(pid)) != began
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False


def _began(pid: int) -> str:
    """In ticks since the boot: no other process with this PID has the same."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
