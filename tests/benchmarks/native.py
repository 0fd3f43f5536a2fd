"""How fast are compiled steps of training in C, beside the fastest of the field?

Run as ``python -m tests.benchmarks.native``; ``--row NAME`` selects rows, and
``--quick`` makes a rough run in miniature. Whole steps are timed: forward, backward and
the update, many in a call where an engine can. What all compute is compared first.
"""

from __future__ import annotations

import tests.benchmarks.compile_threads  # noqa: F401 - before NumPy is loaded

# isort: split

import argparse
import platform
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from statistics import median
from typing import Any

from tests.benchmarks.compile_contestant import check_agreement
from tests.benchmarks.native_rows import CASADI_C, NEEDS, OURS, Work, works
from tests.benchmarks.native_timing import CLOCKS, Built, built, interleaved, one_core
from tests.benchmarks.timing import paired_ratio, table

# ---- measuring -----------------------------------------------------------------------

HEADER = ["engine", "median", "minimum", "wall min", "C is", "by minima", "target"]
BUILD_HEADER = ["to build", "in Python", "C compiler", "in all", "target"]
MOST_COMPILING = 1.0  # seconds


def measured(work: Work, rounds: int, clock: str, missing: set[str]) -> Iterator[str]:
    """Give the parts of the report on one row."""
    found = dict(build_all(work, missing))
    contestants = {name: x.contestant for name, x in found.items()}
    check_agreement(work.title, contestants)
    every = interleaved(contestants, rounds, work.steps)
    samples = every[clock]
    lines = []
    for name, times in samples.items():
        line = [name, *map(microseconds, (median(times), min(times)))]
        line.append(microseconds(min(every["wall"][name])))
        if name != OURS:
            ratio = paired_ratio(samples, OURS, name)
            line += [f"{ratio:.3f}x", f"{min(samples[OURS]) / min(times):.3f}x"]
            line.append(verdict(ratio, work.targets.get(name)))
        lines.append([*line, "", "", ""][: len(HEADER)])
    yield f"{work.name}: {work.title}\n\n{table(HEADER, lines)}"
    yield table(BUILD_HEADER, list(build_lines(work, found)))


def build_all(work: Work, missing: set[str]) -> Iterator[tuple[str, Built]]:
    """Build what is installed; load the engine, and start it, beforehand."""
    for name, build in work.builders.items():
        try:
            start(NEEDS.get(name, "numpy"))
        except ImportError as error:
            missing.add(f"{name} ({error})")
            continue
        yield name, built(build)


def start(module: str) -> None:
    """Load an engine; XLA starts with its first array."""
    engine: Any = import_module(module)
    if module == "jax":
        engine.config.update("jax_enable_x64", True)
        engine.numpy.zeros(1).block_until_ready()


def build_lines(work: Work, found: dict[str, Built]) -> Iterator[list[str]]:
    """List what the C plans take to build; others build at their first call."""
    for name in (OURS, CASADI_C):
        if name in found:
            _, here, compiler = found[name]
            target = ""
            if name == OURS:
                target = f"C {verdict(compiler, MOST_COMPILING, ' s')}"
            elif name in work.build:
                ours = found[OURS].here + found[OURS].compiler
                ratio = ours / (here + compiler)
                target = f"{ratio:.3f}x: {verdict(ratio, work.build[name])}"
            cells = [f"{t:,.2f} s" for t in (here, compiler, here + compiler)]
            yield [name, *cells, target]


def verdict(found: float, target: float | None, unit: str = "x") -> str:
    """Say whether a target is met.

    >>> verdict(0.7, 0.65), verdict(0.5, 1.0, " s")
    ('<= 0.65x: missed', '<= 1.00 s: met')
    """
    if target is None:
        return ""
    words = "met" if found <= target else "missed"
    return f"<= {target:.{2 if target > 0.1 else 3}f}{unit}: {words}"


def microseconds(time: float) -> str:
    return f"{time * 1e6:,.2f} us" if time < 1e-4 else f"{time * 1e6:,.0f} us"


# ---- the report ----------------------------------------------------------------------

NOTES = """\
Times are of one step, by the {clock}'s clock ({core}); "wall min" by the wall's.
"C is" the median over the rounds of the ratio of times within a round; "by minima" is
the ratio of the minima of all rounds. One thread each: for BLAS by OMP_NUM_THREADS and
its like, for XLA by NPROC=1 and --xla_cpu_multi_thread_eigen=false, in float64. Ours
and JAX's scan run all the steps of an epoch in a call; the others call for each step.
Time to build is the processor's, with an empty cache; that of an engine's import, and
of JAX's first call, is not in it."""


def report(
    names: list[str], rounds: int, quick: bool, clock: str, core: str
) -> Iterator[str]:
    """Give the parts of the report, each as soon as it is measured."""
    about = sys.version_info
    yield f"Python {about.major}.{about.minor}, {platform.machine()}, {core}"
    missing: set[str] = set()
    for work in works(quick):
        if quick:  # a miniature has no targets
            work = replace(work, targets={}, build={})
        if not names or work.name in names or work.name.split("-")[0] in names:
            yield from measured(work, rounds, clock, missing)
    for name in sorted(missing):
        yield f"{name} is missing, and left out"
    yield NOTES.format(clock=clock, core=core)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [work.name for work in works(quick=True)]
    names += ["digits", "growth", *(f"growth-{h}" for h in (8, 16, 32, 64, 128))]
    parser.add_argument("--row", nargs="+", choices=names, default=[], metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="a rough run in miniature")
    parser.add_argument("--rounds", type=int, help="how often each takes its turn")
    parser.add_argument("--clock", choices=CLOCKS, default="processor")
    parser.epilog = f"names: {', '.join(names)}"
    options = parser.parse_args()
    rounds = options.rounds or (2 if options.quick else 25)
    with one_core() as core:
        chosen = options.row, rounds, options.quick, options.clock
        for part in report(*chosen, core):
            print(part, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
