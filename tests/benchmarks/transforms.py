"""How fast are gradients and Hessians of scalar code, beside HIPS autograd and JAX?

Run as ``python -m tests.benchmarks.transforms --peer-python PATH``; ``--small`` makes a
quick, rough run. HIPS autograd has the import name of this project, so the peers live
in an environment of their own, whose interpreter is at PATH::

    python -m venv peers
    peers/bin/pip install autograd jax
    python -m tests.benchmarks.transforms --peer-python peers/bin/python

Every engine runs in a process of its own, which times itself when its turn comes: they
take turns in rounds. What they compute is compared first.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TARGET = "10x faster"

# ---- what is computed ----------------------------------------------------------------

WORKS = {
    "gradient, 2 variables": ("gradient", 2),
    "gradient, 10 variables": ("gradient", 10),
    "gradient, 100 variables": ("gradient", 100),
    "Hessian, 10 variables": ("hessian", 10),
}


def rosenbrock(xs: Sequence[Any]) -> Any:
    """Compute sum 100 (x_i+1 - x_i^2)^2 + (1 - x_i)^2, one scalar after another."""
    total = 0.0
    for x, y in pairwise(xs):
        total = total + 100.0 * (y - x**2) ** 2 + (1.0 - x) ** 2
    return total


def point(n: int) -> list[float]:
    return [math.sin(1.0 + i) for i in range(n)]


# ---- the engines: each a dict of functions of a list of numbers ----------------------

Engine = dict[str, Callable[[list[float]], Any]]


def this_project() -> Engine:
    sys.path.insert(0, str(ROOT))
    import autograd

    return {
        "gradient": autograd.grad(rosenbrock),
        "hessian": autograd.hessian(rosenbrock),
    }


def hips_on_lists() -> Engine:
    from autograd import grad

    def hessian(xs: list[float]) -> Any:  # its own takes arrays only
        return [grad(lambda xs, i=i: gradient(xs)[i])(xs) for i in range(len(xs))]

    gradient = grad(rosenbrock)
    return {"gradient": gradient, "hessian": hessian}


def hips_on_arrays() -> Engine:
    import numpy as np

    from autograd import grad, hessian

    return {
        "gradient": lambda xs: grad(rosenbrock)(np.array(xs)),
        "hessian": lambda xs: hessian(rosenbrock)(np.array(xs)),
    }


def jax_engine(compiled: bool) -> Engine:
    import jax

    jax.config.update("jax_enable_x64", True)
    functions = {"gradient": jax.grad(rosenbrock), "hessian": jax.hessian(rosenbrock)}
    if compiled:
        functions = {name: jax.jit(f) for name, f in functions.items()}
    return {
        name: lambda xs, f=f: jax.block_until_ready(f(xs))
        for name, f in functions.items()
    }


ENGINES: dict[str, Callable[[], Engine]] = {
    "autograd": this_project,
    "HIPS autograd on lists": hips_on_lists,
    "HIPS autograd on arrays": hips_on_arrays,
    "JAX, operation by operation": lambda: jax_engine(compiled=False),
    "JAX, compiled by jit": lambda: jax_engine(compiled=True),
}

# ---- the process of one engine -------------------------------------------------------


def serve(name: str) -> None:
    """Answer each line [work, seconds]: one result, or how long one run takes."""
    try:
        engine = ENGINES[name]()
    except ImportError as error:
        print(json.dumps(str(error)), flush=True)
        return
    print(json.dumps(None), flush=True)
    for line in sys.stdin:
        work, seconds = json.loads(line)
        transform, n = WORKS[work]
        f, xs = engine[transform], point(n)
        answer = sample(f, xs, seconds) if seconds else flat(f(xs))
        print(json.dumps(answer), flush=True)


def sample(f: Callable[[list[float]], Any], xs: list[float], seconds: float) -> float:
    """Give the mean time of as many runs as fill so many seconds."""
    gc.collect()
    runs, start = 0, time.process_time()
    while (elapsed := time.process_time() - start) < seconds:
        f(xs)
        runs += 1
    return elapsed / runs


def flat(result: Any) -> list[float]:
    if isinstance(result, (list, tuple)) or getattr(result, "ndim", 0):
        return [x for item in result for x in flat(item)]
    return [float(result)]


class Process:
    """An engine in a process of its own; ``missing`` says why there is none."""

    def __init__(self, name: str, python: str) -> None:
        command = [python, "-I", str(Path(__file__).resolve()), "--serve", name]
        pipe = subprocess.PIPE
        self.pipe = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        self.missing = self._answer()

    def ask(self, work: str, seconds: float = 0.0) -> Any:
        assert self.pipe.stdin is not None
        self.pipe.stdin.write(json.dumps([work, seconds]) + "\n")
        self.pipe.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self.pipe.stdout is not None
        line = self.pipe.stdout.readline()
        return json.loads(line) if line else "the interpreter did not start it"

    def close(self) -> None:
        self.pipe.communicate()


# ---- the report ----------------------------------------------------------------------


def report(peer_python: str | None, small: bool) -> Iterator[str]:
    """Give the parts of the report, each as soon as it is measured."""
    from tests.benchmarks.timing import table

    processes: dict[str, Process] = {}
    try:
        for name in ENGINES:
            python = sys.executable if name == "autograd" else peer_python
            if python is None:
                continue
            processes[name] = Process(name, python)
            if processes[name].missing:
                yield f"{name} is left out: {processes.pop(name).missing}"
        if peer_python is None:
            yield (
                "HIPS autograd and JAX are left out: no --peer-python, an interpreter "
                "that has them installed (--help says how)"
            )
        works = list(WORKS)[:1] if small else list(WORKS)
        rows = [row for work in works for row in timed(work, processes, small)]
        header = ["work", "engine", "median", "minimum", "autograd is", "target"]
        yield table(header, rows, words=2)
        yield "Processor time, the collector on; ratios are taken within a round."
    finally:
        for process in processes.values():
            process.close()


def timed(work: str, processes: dict[str, Process], small: bool) -> Iterator[list[str]]:
    """Give the rows of the table for one piece of work."""
    from tests.benchmarks.timing import in_words, paired_ratio

    want = processes["autograd"].ask(work)
    for name, process in processes.items():
        got = process.ask(work)
        if len(got) != len(want) or not all(
            math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
            for a, b in zip(got, want, strict=True)
        ):
            sys.exit(f"{work}: {name} computes {got[:5]}, autograd {want[:5]}")
    rounds, seconds = (2, 0.001) if small else (15, 0.05)
    samples: dict[str, list[float]] = {name: [] for name in processes}
    for _ in range(rounds):
        for name, process in processes.items():
            samples[name].append(process.ask(work, seconds))
    title = work
    for name, times in samples.items():
        cells = [f"{statistic(times) * 1e6:,.1f} us" for statistic in (median, min)]
        if name == "autograd":
            yield [title, name, *cells, "", ""]
        else:
            ratio = paired_ratio(samples, "autograd", name)
            target = TARGET if name.startswith("HIPS") else ""
            yield ["", name, *cells, in_words(ratio), target]


def program(path: str) -> str:
    found = shutil.which(path)
    if not found:
        raise argparse.ArgumentTypeError(f"there is no program at {path}")
    return found


def main() -> None:
    """Print the report; as a child process, serve one engine."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--peer-python", metavar="PATH", type=program, help="the peers' interpreter"
    )
    parser.add_argument("--small", action="store_true", help="a quick, rough run")
    parser.add_argument("--serve", choices=ENGINES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
    for part in report(options.peer_python, options.small):
        print(part, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
