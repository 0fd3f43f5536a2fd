"""The load test at full size: ``python -m tests.load [PART ...]`` prints its figures.

Parts: steps, compilations, interrupts, threads, graphs; all of them take an hour.
"""

from __future__ import annotations

import argparse
import os
import time
from tempfile import TemporaryDirectory

from tests.load import growth, interrupts, threads
from tests.load.child import measured
from tests.load.public import ROWS

STEPS, COMPILATIONS, NODES, ROUNDS = 10_000, 1_000, 1_000_000, 50


def say(text: str) -> None:
    print(text, flush=True)


def steps() -> bool:
    """10,000 steps by hand, and of ``fit``, with the cyclic collector and without."""
    say(growth.HEAD)
    for on in (True, False):
        word = "" if on else ", no collector"
        with growth.collector(on):
            found = growth.grown(STEPS, growth.eager_step(), trace=False)
            say(found.row(f"steps by hand{word}"))
            found = growth.grown(STEPS // 5, growth.eager_step())
            say(found.row(f"steps by hand, traced{word}"))
        say(growth.fit_steps(False, STEPS, on).row(f"fit, eager{word}"))
        for backend in backends():
            with environment(backend):
                found = growth.fit_steps(True, STEPS, on)
                say(found.row(f"fit, {backend}{word}"))
    return True


def compilations() -> bool:
    """1,000 functions compiled, each with its gradient."""
    say(growth.HEAD)
    for backend in backends():
        with TemporaryDirectory() as cache, environment(backend, cache):
            found = growth.grown(
                COMPILATIONS, growth.compilation(backend), trace=backend == "numpy"
            )
            say(found.row(f"compilations, {backend}"))
    return True


def attacks() -> bool:
    """Ctrl-C at each of many places."""
    with environment("numpy"):
        say(f"backward: {interrupts.backward():,} opcodes")
        say(f"readers of a graph: {interrupts.readers(53):,} places")
        say(f"compile: {interrupts.compiling(5):,} places")
        say(f"fit, eager: {interrupts.fit(False, 61):,} places")
        say(f"fit, compiled: {interrupts.fit(True, 61):,} places")
        for compiled in (False, True):
            say(f"callbacks: {interrupts.callbacks(compiled)} errors")
        say(f"signals at random: {interrupts.storm(10.0):,}")
    return True


def crowds() -> bool:
    """Eight threads, and tasks."""
    threads.own_graphs(ROUNDS)
    threads.shared_model(ROUNDS)
    for backend in backends():
        threads.shared_compiled(backend, ROUNDS)
        threads.compiled_at_once(backend, ROUNDS // 5)
        with environment(backend):
            threads.fits(True, ROUNDS // 5)
    threads.fits(False, ROUNDS // 5)
    threads.no_grad_in_threads(ROUNDS)
    threads.no_grad_in_tasks(ROUNDS)
    threads.no_grad_is_left(ROUNDS)
    say(f"{threads.THREADS} threads, {ROUNDS} rounds: as one thread alone")
    return True


def large_graphs() -> bool:
    """Every public function on a million nodes, each in a process of its own."""
    well = True
    for name, row in ROWS.items():
        for graph in row.on:
            outcome = measured(name, graph, NODES)
            expected = "refused" if graph in row.refused else "works"
            well &= outcome.said == expected
            say(
                f"{name:<22} {graph:<6} {outcome.said:<8} {outcome.seconds:7.1f} s "
                f"{outcome.mib:7.0f} MiB"
            )
    return well


PARTS = {
    "steps": steps,
    "compilations": compilations,
    "interrupts": attacks,
    "threads": crowds,
    "graphs": large_graphs,
}


def backends() -> list[str]:
    from autograd.compiler.c.build import compiler

    return ["numpy", "c"] if compiler() is not None else ["numpy"]


class environment:
    """The environment in which ``fit`` chooses this backend."""

    def __init__(self, backend: str, cache: str = "") -> None:
        self._set = {"CC": "no-compiler"} if backend == "numpy" else {}
        if cache:
            self._set |= {"XDG_CACHE_HOME": cache, "CFLAGS": "-O0"}

    def __enter__(self) -> None:
        self._before = dict(os.environ)
        os.environ.update(self._set)

    def __exit__(self, *exception: object) -> None:
        os.environ.clear()
        os.environ.update(self._before)


def main() -> int:
    """Run the parts that are asked for, or all; give 1 where one fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []])
    chosen = parser.parse_args().parts or list(PARTS)
    well = True
    for name in chosen:
        began = time.perf_counter()
        say(f"\n{name}: {PARTS[name].__doc__}")
        well &= PARTS[name]()
        say(f"{time.perf_counter() - began:.0f} s")
    return 0 if well else 1


if __name__ == "__main__":
    raise SystemExit(main())
