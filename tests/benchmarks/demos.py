"""How fast do the demos train, beside PyTorch and micrograd, and how well?

Run as ``python -m tests.benchmarks.demos``; ``--row NAME`` selects demos,
``--accuracy`` also runs those that take long, and ``--quick`` makes a rough run in
miniature. Steps of training are timed: forward, backward and Adam. All make the same
steps from the same weights, which is checked first.
"""

from __future__ import annotations

import tests.benchmarks.compile_threads  # noqa: F401 - before NumPy is loaded

# isort: split

import argparse
import gc
import platform
import re
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from autograd.compiler.c.build import CompilerError
from tests.benchmarks import demos_jobs
from tests.benchmarks.compile_contestant import Array
from tests.benchmarks.demos_jobs import Job
from tests.benchmarks.demos_ours import FEW, Trainer
from tests.benchmarks.demos_rows import NUMPY, C, Row, rows
from tests.benchmarks.native_timing import one_core
from tests.benchmarks.timing import Samples, collector, paired_ratio, table

TOLERANCE = 1e-9  # a parameter after a few steps, absolute
FIRST = 3, 2  # steps that are compared, and the samples of each

# ---- measuring -----------------------------------------------------------------------


class Course:
    """A trainer on its way through the samples, in an order of its own."""

    def __init__(self, trainer: Trainer, job: Job) -> None:
        self._trainer, self._rng = trainer, np.random.default_rng(demos_jobs.SEED)
        self._samples = len(job.arrays()[0])
        self._batch = min(job.batch, trainer.most or job.batch)
        self._steps = 1

    def begin(self) -> Array:
        """Make the first steps, on the same samples for all; give the parameters."""
        self._trainer.train(np.arange(np.prod(FIRST)).reshape(FIRST))
        return self._trainer.theta()

    def calibrate(self, least: float) -> None:
        """Find how many steps take so many seconds at least."""
        while self.sample() * self._steps * self._batch < least:
            self._steps *= 2

    def sample(self) -> float:
        """Train for a while; give the processor's seconds per sample."""
        needed = self._steps * self._batch
        rounds = range(0, needed, self._samples)
        order = np.concatenate([self._rng.permutation(self._samples) for _ in rounds])
        order = order[:needed].reshape(self._steps, self._batch)
        start = time.process_time()
        self._trainer.train(order)
        return (time.process_time() - start) / needed


def build_all(row: Row, job: Job, missing: set[str]) -> dict[str, Course]:
    """Build what is installed, and stop where two do not train alike."""
    found: dict[str, Course] = {}
    reference: Any = None
    for name, build in row.builders().items():
        try:
            course = Course(build(job), job)
        except (ImportError, CompilerError) as error:
            missing.add(f"{name} ({error})")
            continue
        theta = course.begin()
        if reference is None:
            reference = theta
        apart = np.abs(theta - reference).max()
        if not apart <= TOLERANCE:
            sys.exit(f"{row.name}: {name} trains otherwise: parameters differ {apart}")
        found[name] = course
    return found


def interleaved(courses: dict[str, Course], rounds: int, least: float) -> Samples:
    """Let the courses take turns; give seconds of the processor per sample.

    Python's collector is on, and leaves alone what is there before: so nobody pays for
    what another has built.
    """
    samples: Samples = {name: [] for name in courses}
    gc.collect()
    gc.freeze()
    try:
        for course in courses.values():
            course.calibrate(least)
        for _ in range(rounds):
            for name, course in courses.items():
                gc.collect()
                with collector(on=True):
                    samples[name].append(course.sample())
    finally:
        gc.unfreeze()
    return samples


def measured(row: Row, rounds: int, quick: bool, missing: set[str]) -> Iterator[str]:
    """Give the parts of the report on one demo."""
    job = row.job(quick)
    samples = interleaved(build_all(row, job, missing), rounds, 1e-4 if quick else 0.1)
    ours = C if C in samples else NUMPY
    lines = []
    for name, times in samples.items():
        line = [name, rate(median(times)), rate(min(times)), "", ""]
        if name != ours:
            ratio = paired_ratio(samples, name, ours)
            line[3] = f"{ratio:,.2f}x" if ratio < 100.0 else f"{ratio:,.0f}x"
            if not quick:  # a miniature has no targets
                line[4] = verdict(ratio, row.targets.get(name))
        lines.append(line)
    header = ["samples a second", "median", "best", f"{ours.split()[-1]} is", "target"]
    yield f"{row.name}: {job.title}, batches of {job.batch}\n\n{table(header, lines)}"


def rate(seconds: float) -> str:
    per_second = 1.0 / max(seconds, 1e-9)
    return f"{per_second:,.{0 if per_second >= 100.0 else 1}f}"


def verdict(ratio: float, target: float | None) -> str:
    """Say whether a target is met.

    >>> verdict(1.2, 1.0), verdict(399.0, 400.0)
    ('>= 1x: met', '>= 400x: missed')
    """
    if target is None:
        return ""
    return f">= {target:g}x: {'met' if ratio >= target else 'missed'}"


def accuracy(row: Row) -> str:
    """Run the demo as a person does, into a folder that is then removed."""
    demo: Any = import_module(f"demos.{row.demo}")
    said = StringIO()
    began = time.process_time()
    bars = redirect_stderr(StringIO())
    with TemporaryDirectory() as folder, redirect_stdout(said), bars:
        code = demo.main([*row.arguments, "--out", str(Path(folder) / "out")])
    seconds = time.process_time() - began
    found = re.search(row.says, said.getvalue(), re.MULTILINE)
    if code or found is None:
        sys.exit(f"{row.name}: the demo ended with code {code}, and does not say how")
    line = re.sub(" {2,}", "  ", found.group().strip())
    command = " ".join([row.demo, *row.arguments])
    return f"python -m demos.{command}: {line}; {seconds:.1f} s of the processor"


# ---- the report ----------------------------------------------------------------------

NOTES = f"""\
Samples of training a second of the processor ({{core}}), the median and the best of
{{rounds}} rounds in which all take turns. "is" says how many times as many samples the
first trains, the median over the rounds. All compute in float64 with one thread, on
batches drawn at random; what takes long makes steps on {FEW} samples. PyTorch trains on
batched tensors, with its fused Adam. The GPT compiled and in PyTorch computes all
positions; eager ones stop where a sample ends. micrograd has no logarithm: the GPT
"in micrograd's manner" is microgpt's engine. Compiling is not in these times."""


def report(
    names: list[str], rounds: int, quick: bool, long: bool, core: str
) -> Iterator[str]:
    """Give the parts of the report, each as soon as it is measured."""
    about = sys.version_info
    yield f"Python {about.major}.{about.minor}, {platform.machine()}, {core}"
    missing: set[str] = set()
    for row in rows():
        if not names or row.name in names:
            yield from measured(row, rounds, quick, missing)
            if not quick and (long or not row.long):
                yield accuracy(row)
    for name in sorted(missing):
        yield f"{name} is missing, and left out"
    yield NOTES.format(core=core, rounds=rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [row.name for row in rows()]
    parser.add_argument("--row", nargs="+", choices=names, default=[], metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="a rough run in miniature")
    parser.add_argument("--accuracy", action="store_true", help="of the long ones, too")
    parser.add_argument("--rounds", type=int, help="how often each takes its turn")
    parser.epilog = f"names: {', '.join(names)}"
    options = parser.parse_args()
    rounds = options.rounds or (2 if options.quick else 9)
    with one_core() as core:
        chosen = options.row, rounds, options.quick, options.accuracy
        for part in report(*chosen, core):
            print(part, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
