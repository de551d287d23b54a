"""The paced client, a process of its own: signed webhooks at an even rate, and when the 202 of each was read.

Prints JSON: by generation, time.perf_counter_ns(), which is one clock for all processes of a machine.
"""

import argparse
import json
import sys
import threading
import time
from collections.abc import Sequence

from tests.wire import Connection, generation, new_generation_id, signed

CONNECTIONS = 8


def post(port: int, rate: float, count: int) -> dict[str, int]:
    """Each at its own moment, however long those before it take, as long as a connection is free."""
    accepted: dict[str, int] = {}
    requests = [(each, signed(generation(each))) for each in (new_generation_id() for _ in range(count))]
    began = time.perf_counter() + 0.1

    def run(first: int) -> None:
        with Connection(port) as line:
            for number in range(first, count, CONNECTIONS):
                time.sleep(max(0.0, began + number / rate - time.perf_counter()))
                generation_id, raw = requests[number]
                if line.post(raw).status == 202:
                    accepted[generation_id] = time.perf_counter_ns()

    threads = [threading.Thread(target=run, args=(first,)) for first in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return accepted


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.paced", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True, help="webhooks a second")
    parser.add_argument("--count", type=int, required=True)
    given = parser.parse_args(arguments)
    print(json.dumps(post(given.port, given.rate, given.count)))


if __name__ == "__main__":
    main(sys.argv[1:])
