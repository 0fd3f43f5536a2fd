"""One public function on one graph, in a process of its own with limits.

``python -m tests.load.child ROW GRAPH N`` does the work and prints what came of it as
JSON: the outcome, processor seconds, and the peak of memory in MiB.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20
MOST_MEMORY = 4096 * MIB  # of address space, the libraries' included
MOST_SECONDS = 600
# CPython 3.13 goes down ten thousand levels to free a chain of any objects; the others
# some dozens.
SMALL_STACK = (1024 if sys.version_info[:2] == (3, 13) else 512) << 10


@dataclass(frozen=True)
class Outcome:
    """What a child said; ``said`` is "works", "refused", or what went wrong."""

    said: str
    seconds: float
    mib: float


def measured(row: str, graph: str, n: int) -> Outcome:
    """Run a row in a child process; a crash or a timeout is an outcome, too."""
    began = time.perf_counter()
    try:
        run = subprocess.run(
            [sys.executable, "-m", "tests.load.child", row, graph, str(n)],
            cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True,
            text=True, timeout=MOST_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Outcome("took too long", time.perf_counter() - began, 0.0)
    if run.returncode == 0:
        return Outcome(**json.loads(run.stdout))
    last = run.stderr.strip().splitlines()[-1:] or [f"died of {-run.returncode}"]
    return Outcome(last[0][:300], time.perf_counter() - began, 0.0)


def on_small_stack(work: Callable[[], Any], size: int = SMALL_STACK) -> Any:
    """Do work in a thread with little stack; give what it gives, raise what it raises.

    Nothing deep may stand on the stack: not a walk, and not the freeing of a graph.
    """
    outer = threading.stack_size(size)
    try:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(work).result()
    finally:
        threading.stack_size(outer)


def main(row: str, graph: str, n: str) -> None:
    """Do the work of one row, on a thread with a small stack."""
    from tests.load.graphs import graphs
    from tests.load.public import ROWS

    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    began = time.process_time()
    said = on_small_stack(lambda: ROWS[row].run(graphs(int(n))[graph]))
    seconds = time.process_time() - began
    print(json.dumps({"said": said, "seconds": seconds, "mib": peak_memory()}))


def peak_memory() -> float:
    """Give the most memory that this process has held, in MiB.

    Linux counts into ``ru_maxrss`` what the parent held when it forked, so its own
    count of this program comes first.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = [line.split() for line in status.read_text().splitlines()]
        return next(float(words[1]) / 1024 for words in lines if words[0] == "VmHWM:")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
