"""Memory and time of many steps: both stay flat, with the cyclic collector and without.

Memory is measured once the first part of the work is done, when caches are full and
modules are loaded, and again at the end.
"""

from __future__ import annotations

import gc
import os
import statistics
import time
import tracemalloc
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import autograd
import nn
from autograd import Value

MIB = 1 << 20
WARM_UP = 5  # one part in so many

X = [[0.1 * i, 0.2 * j] for i in range(4) for j in range(4)]
Y = [a * b - a for a, b in X]


@dataclass(frozen=True)
class Growth:
    """What was left behind after the warm-up, and how the time of a step changed."""

    steps: int
    mib: float  # of the process: resident memory
    traced: float  # KiB that Python allocated; nan where it was not traced
    objects: int  # that the cyclic collector knows
    ratio: float  # last tenth of the steps : tenth after the warm-up, medians

    def row(self, name: str) -> str:
        """Give a line of a table."""
        return (
            f"{name:<34} {self.steps:>7,} {self.mib:>8.2f} {self.traced:>9.1f} "
            f"{self.objects:>8,} {self.ratio:>6.2f}"
        )


HEAD = (
    f"{'':<34} {'steps':>7} {'RSS MiB':>8} {'heap KiB':>9} {'objects':>8} {'time':>6}"
)


def resident() -> int:
    """Give the bytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def collector(on: bool) -> Iterator[None]:
    """Let the cyclic collector run, or not; it is on again afterwards."""
    gc.collect()
    (gc.enable if on else gc.disable)()
    try:
        yield
    finally:
        gc.enable()


def grown(steps: int, step: Callable[[int], object], trace: bool = True) -> Growth:
    """Do so many steps, and measure what they leave behind."""
    seconds = array("d", bytes(8 * steps))
    warm = steps // WARM_UP
    for k in range(steps):
        if k == warm:
            gc.collect()
            if trace:
                tracemalloc.start()
                step(k)
                heap = tracemalloc.get_traced_memory()[0]
            objects, memory = len(gc.get_objects()), resident()
        began = time.perf_counter()
        step(k)
        seconds[k] = time.perf_counter() - began
    kib = float("nan")
    if trace:
        kib = (tracemalloc.get_traced_memory()[0] - heap) / 1024
        tracemalloc.stop()
    if gc.isenabled():  # else nothing but counting references may have freed anything
        gc.collect()
    left = len(gc.get_objects()) - objects
    more = (resident() - memory) / MIB
    tenth = max(steps // 10, 1)
    first, last = seconds[warm : warm + tenth], seconds[-tenth:]
    return Growth(
        steps, more, kib, left, statistics.median(last) / statistics.median(first)
    )


# ---- kinds of steps ------------------------------------------------------------------


def eager_step() -> Callable[[int], object]:
    """Give a step of training written by hand."""
    model = nn.MLP(2, [4, 1], init=nn.init.uniform(-0.5, 0.5))
    optimizer = nn.Adam(model.parameters(), lr=0.01)
    pairs = list(zip(X, Y, strict=True))

    def step(k: int) -> float:
        x, y = pairs[k % len(pairs)]
        loss = (model(x) - y) ** 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.data

    return step


def fit_steps(compiled: bool, steps: int, on: bool) -> Growth:
    """Make so many steps in one call of ``fit``; the heap is not traced."""
    model = nn.MLP(2, [4, 1], init=nn.init.uniform(-0.5, 0.5))
    each = 100
    marks: list[tuple[int, int]] = []

    def callback(epoch: int, history: nn.History) -> None:
        if (epoch + 1) % each == 0:
            marks.append((resident(), len(gc.get_objects())))

    with collector(on):
        history = nn.fit(
            model, X, Y, optimizer="adam", epochs=steps // 4, batch_size=4,
            progress=False, compile=compiled, callback=callback,
        )  # fmt: skip
    warm = len(marks) // WARM_UP
    tenth = steps // 10
    seconds = history.seconds
    begin = steps // WARM_UP
    ratio = statistics.median(seconds[-tenth:]) / statistics.median(
        seconds[begin : begin + tenth]
    )
    mib = (marks[-1][0] - marks[warm][0]) / MIB
    return Growth(steps, mib, float("nan"), marks[-1][1] - marks[warm][1], ratio)


def compilation(backend: str) -> Callable[[int], object]:
    """Give a compilation of another function each time, no two of one structure."""

    def step(k: int) -> object:
        w = Value(0.5)

        def f(x: Value) -> Value:
            y = x
            for bit in f"{k:010b}":
                y = (w * y).tanh() if bit == "1" else y.sin() + x
            return y

        c = autograd.compile(f, 0.0, backend=backend)
        return c.value_and_grad([0.1, 0.2])

    return step
