"""Two clocks, one core, and what it costs to build: the measures of compiled steps.

The clock of the processor leaves out what other programs take, and counts the threads
of XLA; the wall's clock counts waiting too. On one core the two should agree.
"""

from __future__ import annotations

import gc
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tests.benchmarks.compile_contestant import Contestant
from tests.benchmarks.timing import Samples

CLOCKS = {"processor": time.process_time, "wall": time.perf_counter}


class Built(NamedTuple):
    """A contestant, and the processor's seconds that it took: here, and in gcc."""

    contestant: Contestant
    here: float
    compiler: float


def built(build: Callable[[], Contestant]) -> Built:
    """Build with an empty cache of C plans."""
    with empty_cache():
        before = os.times()
        contestant = build()
        after = os.times()
    here = after.user + after.system - before.user - before.system
    children = after.children_user + after.children_system
    return Built(
        contestant, here, children - before.children_user - before.children_system
    )


@contextmanager
def empty_cache() -> Iterator[None]:
    name = "XDG_CACHE_HOME"
    before = os.environ.get(name)
    with tempfile.TemporaryDirectory(prefix="plans-") as folder:
        os.environ[name] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ[name]
            else:
                os.environ[name] = before


@contextmanager
def one_core() -> Iterator[str]:
    """Keep this process, and the threads it starts, to one core; say which."""
    if not hasattr(os, "sched_setaffinity"):
        yield "any core: this system cannot pin a process"
        return
    allowed = os.sched_getaffinity(0)
    core = max(allowed)
    os.sched_setaffinity(0, {core})
    try:
        yield f"core {core} only"
    finally:
        os.sched_setaffinity(0, allowed)


def interleaved(
    contestants: dict[str, Contestant], rounds: int, steps: int
) -> dict[str, Samples]:
    """Time runs in turns, each after one that is not timed; give seconds per step.

    The keys are the names of the clocks.
    """
    samples: dict[str, Samples] = {
        clock: {name: [] for name in contestants} for clock in CLOCKS
    }
    for _ in range(rounds):
        for name, contestant in contestants.items():
            gc.collect()
            contestant.run()
            starts = {clock: now() for clock, now in CLOCKS.items()}
            contestant.run()
            for clock, now in CLOCKS.items():
                spent = (now() - starts[clock]) * contestant.scale
                samples[clock][name].append(spent / steps)
    return samples
