"""How long does a replay take to make, and how large is its page?

Run as ``python -m tests.benchmarks.replay``. The graphs are of two kinds: a chain, and
a network's loss, whose nodes have many arguments. The page is timed with our own layout
and, where it is installed, with Graphviz's.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable, Iterator
from statistics import median

from autograd import Value, dot, replay, sum
from autograd.drawing.player import Engine
from tests.benchmarks.timing import table

SIZES = (20, 100, 500)
ROUNDS = 5
TARGET = "under 1 s and 1,000,000 bytes at 500 steps"


def chain(count: int) -> Value:
    """Give a graph of at most so many steps: x, sin(x), sin(sin(x)), ..."""
    y = Value(0.5, label="x")
    for _ in range((count - 1) // 2):
        y = y.sin()
    return y


def network(count: int) -> Value:
    """Give a graph of at most so many steps: neurons of three inputs, side by side."""
    rng = random.Random(0)
    xs = [Value(rng.uniform(-1.0, 1.0), label=f"x{i}") for i in range(3)]
    neurons = []
    for _ in range((count - 2) // 13):  # dot, +, tanh; 6 + 2 + 1 terms, 1 of the sum
        ws = [Value(rng.uniform(-1.0, 1.0)) for _ in xs]
        neurons.append((dot(ws, xs) + Value(0.1)).tanh())
    return sum(neurons)


def seconds(run: Callable[..., object], *args: object) -> float:
    """Give the median time by the wall's clock: Graphviz is a process of its own."""
    samples = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run(*args)
        samples.append(time.perf_counter() - start)
    return median(samples)


def page(root: Value, engine: Engine) -> str:
    return replay(root, engine=engine).html


def rows() -> Iterator[list[str]]:
    engines: list[Engine] = ["own", "dot"] if shutil.which("dot") else ["own"]
    for build in (chain, network):
        for size in SIZES:
            root = build(size)
            times = [seconds(replay, root)]
            times += [seconds(page, root, engine) for engine in engines]
            cells = [f"{t * 1e3:,.0f} ms" for t in times]
            yield [
                build.__name__,
                f"{len(replay(root)):,}",
                *cells,
                *[""] * (3 - len(cells)),
                f"{len(page(root, 'own').encode()):,}",
            ]


def main() -> None:
    """Print the table."""
    header = ["graph", "steps", "steps only", "page, own layout", "page, dot", "bytes"]
    print(table(header, list(rows())))
    print(f"\nTarget: {TARGET}.")


if __name__ == "__main__":
    main()
