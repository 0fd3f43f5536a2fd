"""How fast is a picture? Our layout and its SVG, beside Graphviz's program dot.

Run as ``python -m tests.benchmarks.draw``; ``--small`` makes a quick, rough run. Ours
is timed in this process, from the scene to the text of the SVG; dot as a process of its
own, from its text to the same form. They take turns. The last rows are whole calls.
"""

from __future__ import annotations

import argparse
import gc
import platform
import random
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from time import perf_counter

import nn
from autograd import Value, draw, sum, tanh, tree
from autograd.drawing.dot import digraph
from autograd.drawing.layout import own_layout
from autograd.drawing.scene import Scene, scene
from autograd.drawing.svg import svg
from autograd.graph import nodes
from tests.benchmarks.timing import table

PATIENCE = 20.0  # seconds that dot is given
TARGETS = {20: 0.005, 500: 0.2, 5_000: 3.0}  # seconds, by the number of Values
HUGE = 100_000

# ---- the graphs: each has about so many Values ---------------------------------------


def expression(size: int) -> Value:
    """A balanced tree of sums and products, each of whose leaves is used once."""
    level = [Value(1.0 + i / size) for i in range((size + 1) // 2)]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2])
        level = [a * b if i % 2 else a + b for i, (a, b) in enumerate(pairs)] + (
            [level[-1]] if len(level) % 2 else []
        )
    return level[0]


def chain(size: int) -> Value:
    """One function after another."""
    y = Value(0.5)
    for _ in range(size - 1):
        y = tanh(y)
    return y


def network(size: int) -> Value:
    """A small MLP with its squared error, over as many samples as it takes."""
    rng = random.Random(0)
    model = nn.MLP(2, [3, 1], "tanh", rng=rng)
    samples = max(round((size - 15) / 14), 1)
    X = [[rng.random(), rng.random()] for _ in range(samples)]
    return nn.mse([model(x) for x in X], [0.5] * samples)


def local(size: int) -> Value:
    """Each node is made of two of the twenty before it."""
    rng = random.Random(1)
    recent = [Value(rng.random()) for _ in range(20)]
    for _ in range(size - 20 - 1):
        x, y = rng.sample(recent, 2)
        recent = [*recent[1:], x - y]
    return sum(recent)


def skips(size: int) -> Value:
    """A chain with a connection into each node from anywhere before it."""
    rng = random.Random(2)
    values = [Value(rng.random())]
    for _ in range(size - 1):
        values.append(values[-1] - rng.choice(values))
    return values[-1]


GRAPHS: dict[str, Callable[[int], Value]] = {
    "expression": expression,
    "chain": chain,
    "network": network,
    "local": local,
    "long skips": skips,
}

# ---- time ----------------------------------------------------------------------------


def ours(found: Scene) -> float:
    gc.collect()
    start = perf_counter()
    svg(found, own_layout(found))
    return perf_counter() - start


def dots(found: Scene) -> float | None:
    """Time Graphviz's program; None where it takes too long or is not installed."""
    text = digraph(found).source.encode()
    start = perf_counter()
    try:
        subprocess.run(
            ["dot", "-Tsvg"],
            input=text,
            capture_output=True,
            check=True,
            timeout=PATIENCE,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return perf_counter() - start


def rows(small: bool) -> Iterator[list[str]]:
    for size in [20] if small else TARGETS:
        for name, make in GRAPHS.items():
            root = make(size)
            found = scene(root, 10 * size)
            rounds = 1 if small else 3 if size > 1_000 else 9
            ours(found)  # unmeasured, as the first has modules to load
            pairs = [(ours(found), dots(found))]
            # A dot that has once lost patience is not asked again.
            for _ in range(rounds - 1):
                again = dots(found) if pairs[0][1] is not None else None
                pairs.append((ours(found), again))
            theirs = [time for _, time in pairs if time is not None]
            yield [
                name,
                f"{len(nodes(root)):,}",
                f"{len(found.nodes):,}",
                seconds(median(time for time, _ in pairs)),
                seconds(median(theirs)) if theirs else "none",
                f"at most {seconds(TARGETS[size])}",
            ]


def calls(small: bool) -> Iterator[list[str]]:
    size = 1_000 if small else HUGE
    for name, make in GRAPHS.items():
        root = make(size)
        for what, run in (
            ("draw, cut to 200", partial(picture, root)),
            ("tree, cut to 50", partial(text, root)),
        ):
            gc.collect()
            start = perf_counter()
            run()
            time = perf_counter() - start
            yield [name, f"{len(nodes(root)):,}", what, seconds(time), "under 1 s"]


def picture(root: Value) -> str:
    return draw(root, engine="own").svg


def text(root: Value) -> str:
    return str(tree(root))


def seconds(time: float) -> str:
    return f"{time * 1e3:,.1f} ms" if time < 1.0 else f"{time:,.2f} s"


def report(small: bool) -> Iterator[str]:
    """Give the parts of the report, each as soon as it is measured."""
    yield f"Python {platform.python_version()}, {platform.machine()}"
    header = ["graph", "Values", "boxes", "layout and SVG", "dot", "target"]
    yield table(header, list(rows(small)))
    yield (
        "Medians of wall-clock times. boxes: Values, constants and operations; "
        f"none: dot is not installed, or took more than {PATIENCE:g} s."
    )
    yield table(["graph", "Values", "call", "time", "target"], list(calls(small)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a quick, rough run")
    for part in report(parser.parse_args().small):
        print(part, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
