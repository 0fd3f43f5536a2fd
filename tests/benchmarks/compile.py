"""How fast is a compiled function, beside NumPy by hand and the array engines?

Run as ``python -m tests.benchmarks.compile``; ``--small`` makes a quick, rough run and
``--only NAME`` selects rows. What all contestants compute is compared first; they take
turns on one thread. A step is forward, backward, the update by SGD, and the loss read.
"""

from __future__ import annotations

import tests.benchmarks.compile_threads  # noqa: F401 - before NumPy is loaded

# isort: split

import argparse
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from statistics import median

import numpy as np

import nn
from tests.benchmarks import (
    compile_graphs,
    compile_networks,
    compile_peers,
    compile_readme,
    compile_times,
    peers,
)
from tests.benchmarks.compile_contestant import (
    Contestant,
    check_agreement,
    installed,
)
from tests.benchmarks.compile_networks import Task
from tests.benchmarks.eager import two_moons
from tests.benchmarks.timing import Samples, in_words, interleaved, paired_ratio, table

OURS, BY_HAND, TORCH = "autograd", "NumPy by hand", "PyTorch eager"
JAX, CASADI, MICROGRAD = "JAX jit, a step a call", "CasADi mapped", "micrograd"
EAGER = "autograd, eager"

# ---- what is timed -------------------------------------------------------------------


@dataclass(frozen=True)
class Work:
    """A row of the benchmark: who does it, and what is wanted of autograd.

    ``slow`` contestants are timed once. A sample is the mean of so many ``repeats``.
    """

    name: str
    title: str
    builders: dict[str, Callable[[], Contestant]]
    targets: dict[str, str]
    repeats: int
    slow: tuple[str, ...] = ()


def works(small: bool) -> list[Work]:
    """List the rows, in miniature where ``small``."""
    found = [
        *(moons(n) for n in ((4,) if small else (100, 1_000))),
        *digits(small),
        irregular(120, 3) if small else irregular(10_000, 1_000),
        Work(
            "readme",
            "micrograd's README expression, value and gradient",
            compile_readme.builders(),
            {OURS: "at most 2 us"},
            repeats=2_000,
        ),
    ]
    return [replace(work, repeats=1) for work in found] if small else found


def moons(samples: int) -> Work:
    X, y = map(np.array, two_moons(samples))
    init = nn.init.uniform(-1.0, 1.0)  # as micrograd's
    task = Task([2, 16, 16, 1], "hinge", peers.L2, peers.LEARNING_RATE, X, y, init)
    title = f"MLP 2-16-16-1, {samples:,} samples, hinge + L2"
    if samples > 100:
        return network("moons1000", title, task, {BY_HAND: "1.67x faster"}, 20)
    targets = {
        BY_HAND: "at most 1.25x slower",
        TORCH: "5x faster",
        MICROGRAD: "10,000x faster",
    }
    return network("moons", title, task, targets, 100)


DIGITS: list[tuple[str, list[int], int, dict[str, str], int]] = [
    (
        "digits32",
        [64, 32, 10],
        32,
        {BY_HAND: "at most 1.5x slower", TORCH: "2.5x faster"},
        100,
    ),
    ("mnist64", [784, 128, 10], 64, {BY_HAND: "at most 1.05x slower"}, 10),
    ("digits1797", [64, 32, 10], 1_797, {BY_HAND: "1.05x faster"}, 5),
]


def digits(small: bool) -> Iterator[Work]:
    """Give the rows of networks with softmax cross-entropy; the data are random."""
    rng = np.random.default_rng(3)
    for name, widths, batch, targets, repeats in DIGITS:
        sizes, n = ([5, 4, 3], 6) if small else (widths, batch)
        X, y = rng.random((n, sizes[0])), rng.integers(0, sizes[-1], n)
        task = Task(sizes, "cross_entropy", 0.0, 0.05, X, y)
        title = f"MLP {'-'.join(map(str, sizes))}, batch {n:,}, cross-entropy"
        yield network(name, title, task, targets, repeats)


def network(
    name: str, title: str, task: Task, targets: dict[str, str], repeats: int
) -> Work:
    builders = {
        OURS: compile_networks.ours,
        BY_HAND: compile_networks.by_hand,
        TORCH: compile_peers.torch_eager,
        JAX: compile_peers.jax_jit,
    }
    if task.widths[0] < 100:  # CasADi takes very long over 100,000 parameters
        builders[CASADI] = compile_peers.casadi_mapped
    if MICROGRAD in targets:
        builders[MICROGRAD] = compile_peers.micrograd
    chosen = {peer: partial(build, task) for peer, build in builders.items()}
    return Work(name, title, chosen, targets, repeats, slow=(MICROGRAD,))


def irregular(nodes: int, batch: int) -> Work:
    graph = compile_graphs.Graph(nodes, batch)
    builders = {
        OURS: compile_graphs.ours,
        "NumPy, an array a node": compile_graphs.by_hand,
        TORCH: compile_graphs.torch_eager,
        CASADI: compile_graphs.casadi_mapped,
        EAGER: partial(compile_graphs.eager, samples=3),
    }
    return Work(
        "irregular",
        f"irregular graph of {nodes:,} nodes, batch {batch:,}",
        {name: partial(build, graph) for name, build in builders.items()},
        {CASADI: "as fast", EAGER: "100x faster"},
        repeats=1,
        slow=(EAGER,),
    )


# ---- time ----------------------------------------------------------------------------

HEADER = ["work", "engine", "median", "minimum", "autograd is", "by minima", "target"]


def timed(work: Work, rounds: int, missing: set[str]) -> Iterator[list[str]]:
    """Give the lines of the table for one row of the benchmark."""
    contestants = installed(work.builders, missing)
    check_agreement(work.title, contestants)
    slow = {name: c for name, c in contestants.items() if name in work.slow}
    fast = {name: c for name, c in contestants.items() if name not in slow}
    samples = measured(fast, rounds, work.repeats) | measured(slow, 1, 1)
    title = work.title
    for name in contestants:
        target = work.targets.get(name, "")
        yield [title, name, *cells(samples, name), target]
        title = ""


def measured(contestants: dict[str, Contestant], rounds: int, repeats: int) -> Samples:
    runs = {name: c.run for name, c in contestants.items()}
    samples = interleaved(runs, rounds=rounds, repeats=repeats)
    return {
        name: [contestants[name].scale * t for t in times]
        for name, times in samples.items()
    }


def cells(samples: Samples, name: str) -> list[str]:
    times, ours = samples[name], samples[OURS]
    words = [microseconds(median(times)), microseconds(min(times))]
    if name == OURS:
        return [*words, "", ""]
    if len(times) == len(ours):
        ratio = paired_ratio(samples, OURS, name)
    else:
        ratio = median(ours) / median(times)
    return [*words, in_words(ratio), in_words(min(ours) / min(times))]


def microseconds(time: float) -> str:
    return f"{time * 1e6:,.1f} us" if time < 1e-2 else f"{time * 1e6:,.0f} us"


# ---- the report ----------------------------------------------------------------------

NOTES = """\
Processor time, one thread. The ratios compare within a round, and the minima of all
rounds. CasADi has the gradient of one sample, mapped over the batch; eager and
micrograd are timed once, eager on a few samples, in proportion."""


def report(names: list[str], small: bool, large: bool) -> Iterator[str]:
    """Give the parts of the report, each as soon as it is measured."""
    yield f"Python {platform.python_version()}, {platform.machine()}"
    missing: set[str] = set()
    chosen = [work for work in works(small) if not names or work.name in names]
    for work in chosen:
        lines = timed(work, 2 if small else 21, missing)
        yield table(HEADER, list(lines), words=2)
    for name in sorted(missing):
        yield f"{name} is missing, and left out"
    if chosen:
        yield NOTES
    if not names or "time" in names:
        scalars = [60] if small else [1_000, 100_000] + [1_000_000] * large
        lines = compile_times.times(scalars, small)
        yield table(compile_times.HEADER, list(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [*(work.name for work in works(small=True)), "moons1000", "time"]
    parser.add_argument("--only", nargs="+", choices=names, default=[], metavar="NAME")
    parser.add_argument("--small", action="store_true", help="a quick, rough run")
    parser.add_argument(
        "--large", action="store_true", help="also compile 1,000,000 scalars"
    )
    parser.epilog = f"names: {', '.join(names)}"
    options = parser.parse_args()
    for part in report(options.only, options.small, options.large):
        print(part, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
