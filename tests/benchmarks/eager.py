"""How fast, how large and how quick to import is the engine, beside its peers?

Run as ``python -m tests.benchmarks.eager``; ``--small`` makes a quick, rough run. The
derivatives of all engines are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.peers import Engine, Function, Rows, available
from tests.benchmarks.timing import Samples, in_words, interleaved, paired_ratio, table
from tests.laws_programs import chain, readme_expression

ROOT = Path(__file__).resolve().parents[2]


# ---- what is computed ----------------------------------------------------------------


@dataclass(frozen=True)
class Work:
    """One piece of work, of so many units; a sample is the mean of ``repeats`` runs.

    ``targets`` say what ratio to a peer is wanted.
    """

    title: str
    unit: str
    units: int
    targets: dict[str, str]
    prepare: Callable[[Engine], Callable[[], object]]
    rounds: int
    repeats: int = 1


def differentiation(f: Function, point: Sequence[float]) -> Callable[[Engine], Any]:
    return lambda engine: lambda: engine.gradient(f, point)


def sum_of_products(times: int) -> Function:
    """Add up products of 50 pairs of inputs, again and again."""

    def f(inputs: Sequence[Any], relu: Callable[[Any], Any]) -> Any:
        total = inputs[0]
        xs, ys = inputs[1:51], inputs[51:101]
        for _ in range(times):
            for x, y in zip(xs, ys, strict=True):
                total = total + x * y
        return total

    return f


def two_moons(samples: int) -> tuple[Rows, list[float]]:
    """Make two interleaving half circles, labelled -1 and 1, with a little noise."""
    rng = random.Random(7)
    X, y = [], []
    for i in range(samples):
        angle = math.pi * rng.random()
        side = 1.0 if i % 2 else -1.0
        u, v = math.cos(angle), math.sin(angle)
        if side > 0:
            u, v = 1.0 - u, 0.5 - v
        X.append([u + rng.gauss(0.0, 0.1), v + rng.gauss(0.0, 0.1)])
        y.append(side)
    return X, y


def works(small: bool) -> list[Work]:
    """List what is timed."""
    steps, times, samples = (33, 2, 4) if small else (33_333, 1_000, 100)
    rounds = 2 if small else 5
    fast = {"micrograd": "6x faster", "xad": "at most 2x slower"}
    rng = random.Random(1)
    numbers = [rng.uniform(-1.0, 1.0) for _ in range(101)]
    X, y = two_moons(samples)
    return [
        Work(
            f"chain of {3 * steps:,} nodes mixing + * relu",
            "ns/node",
            3 * steps,
            fast,
            differentiation(
                lambda inputs, relu: chain(*inputs, steps, relu), [1.0, 0.5, 0.4]
            ),
            rounds,
        ),
        Work(
            f"running sum of {50 * times:,} products",
            "ns/node",
            100 * times,
            fast,
            differentiation(sum_of_products(times), numbers),
            rounds,
        ),
        Work(
            "micrograd's README expression",
            "us",
            1,
            {"micrograd": "2x faster", "xad": "at most 1.3x slower"},
            differentiation(
                lambda inputs, relu: readme_expression(*inputs, relu), [-4.0, 2.0]
            ),
            3 * rounds,
            repeats=2 if small else 200,
        ),
        Work(
            f"a training step: MLP 2-16-16-1, {samples} samples, hinge + L2",
            "ms",
            1,
            {"micrograd": "30x faster", "xad": "faster"},
            lambda engine: engine.trainer([2, 16, 16, 1], 1337, X, y),
            rounds,
        ),
    ]


def check_agreement(work: Work, engines: list[Engine]) -> None:
    """Compare what the engines compute: derivatives, or the losses of three steps."""
    results = {}
    for engine in engines:
        run = work.prepare(engine)
        results[engine.name] = [run() for _ in range(3)]
    want = flat(results["autograd"])
    for name, result in results.items():
        got = flat(result)
        if len(got) != len(want) or not all(
            math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
            for a, b in zip(got, want, strict=True)
        ):
            sys.exit(f"{work.title}: {name} computes {got[:5]}, autograd {want[:5]}")


def flat(results: list[Any]) -> list[float]:
    return [float(x) for r in results for x in (r if isinstance(r, list) else [r])]


# ---- time ----------------------------------------------------------------------------

UNITS = {"ns/node": 1e9, "us": 1e6, "ms": 1e3}
HEADER = ["work", "collector", "engine", "median", "minimum", "autograd is", "target"]


def timed(work: Work, engines: list[Engine]) -> Iterator[list[str]]:
    """Give the rows of the table for one piece of work."""
    contestants = {engine.name: work.prepare(engine) for engine in engines}
    title = work.title
    for on in (True, False):
        samples = interleaved(
            contestants, rounds=work.rounds, repeats=work.repeats, collector_on=on
        )
        for name in samples:
            yield [title, "on" if on else "off", *cells(work, samples, name)]
            title = ""


def cells(work: Work, samples: Samples, name: str) -> list[str]:
    scale = UNITS[work.unit] / work.units
    times = [
        f"{statistic(samples[name]) * scale:,.1f} {work.unit}"
        for statistic in (median, min)
    ]
    if name == "autograd":
        return [name, *times, "", ""]
    ratio = paired_ratio(samples, "autograd", name)
    return [name, *times, in_words(ratio), work.targets[name]]


# ---- memory --------------------------------------------------------------------------

GROWTH = """
import gc, os
NODES = {nodes}
def build(x, w, b):
    for _ in range(NODES // 2):
        x = x * w
        x = x + b
    return x
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * {page}
def traced():
    return tracemalloc.get_traced_memory()[0]
if {trace}:
    import tracemalloc
    tracemalloc.start()
measure = traced if {trace} else resident
{setup}
gc.collect()
before = measure()
y = build(*numbers)
print((measure() - before) / NODES, flush=True)
os._exit(0)  # micrograd's graph would take its time
"""
SETUPS = {
    "autograd": "from autograd import Value; numbers = map(Value, (1.0, 0.5, 0.4))",
    "micrograd": (
        "from micrograd.engine import Value; numbers = map(Value, (1.0, 0.5, 0.4))"
    ),
    "xad": (
        "import xad.adj_1st as xa; tape = xa.Tape(); tape.activate()\n"
        "numbers = [xa.Real(x) for x in (1.0, 0.5, 0.4)]\n"
        "tape.registerInputs(numbers); tape.newRecording()"
    ),
}


def memory(names: list[str], nodes: int) -> Iterator[list[str]]:
    """Give the growth per node while a chain is built, each in a fresh process."""
    for name in names:
        cells = []
        for trace in (False, True):
            program = GROWTH.format(
                nodes=nodes, page=page_size(), trace=trace, setup=SETUPS[name]
            )
            by_cpp = trace and name == "xad"  # tracemalloc sees Python's memory only
            cells.append("-" if by_cpp else f"{python(program, 3):.0f}")
        yield [name, *cells, "at most 160" if name == "autograd" else ""]


def page_size() -> int:
    return os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


# ---- imports -------------------------------------------------------------------------

IMPORT = """
import time
start = time.process_time()
import {module}
print((time.process_time() - start) * 1e3)
"""
MODULES = {
    "autograd": "autograd",
    "nn": "nn",
    "micrograd": "micrograd.nn",
    "xad": "xad.adj_1st",
}


def imports(names: list[str], rounds: int) -> Iterator[list[str]]:
    """Give the time that an import adds to a bare Python, each in a fresh process."""
    samples: Samples = {module: [] for name, module in MODULES.items() if name in names}
    for module in samples:
        python(IMPORT.format(module=module))  # writes the bytecode
    for _ in range(rounds):
        for module, times in samples.items():
            times.append(python(IMPORT.format(module=module)))
    for module, times in samples.items():
        ours = module in ("autograd", "nn")
        target = "at most 10 ms" if ours else ""
        yield [f"import {module}", f"{median(times):.1f}", f"{min(times):.1f}", target]


def python(program: str, runs: int = 1) -> float:
    """Run a program in fresh interpreters; give the median of what they print."""
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
    }
    command = [sys.executable, "-c", program]
    return median(
        float(subprocess.check_output(command, cwd=ROOT, env=environment, text=True))
        for _ in range(runs)
    )


# ---- the report ----------------------------------------------------------------------

NOTES = """\
Forward, backward and freeing, in processor time; ratios are taken within a round.
The collector is Python's cyclic garbage collector, which is on by default. Where it is
off, micrograd's graphs, which are cyclic, are freed outside the clock."""


def report(small: bool) -> Iterator[str]:
    """Give the parts of the report, each as soon as it is measured."""
    engines, missing = available()
    names = [engine.name for engine in engines]
    python_version = f"Python {platform.python_version()}, {platform.machine()}"
    yield f"{python_version}: {', '.join(names)}"
    for name in missing:
        yield f"{name} is missing, and left out (pip install {name})"
    rows: list[list[str]] = []
    for work in works(small):
        check_agreement(work, engines)
        rows.extend(timed(work, engines))
    yield table(HEADER, rows, words=3)
    yield NOTES
    nodes = 10_000 if small else 100_000
    header = [f"bytes per node, {nodes:,} nodes", "resident", "tracemalloc", "target"]
    yield table(header, list(memory(names, nodes)))
    header = ["ms over bare Python", "median", "minimum", "target"]
    yield table(header, list(imports([*names, "nn"], 2 if small else 15)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a quick, rough run")
    for part in report(parser.parse_args().small):
        print(part, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
