"""How long does it take to compile, and does it grow in proportion?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import nn
from autograd import Value, compile
from tests.benchmarks.compile_graphs import INPUTS, Graph

HEADER = ["compile, and call once", "scalars", "ms", "us/scalar", "target"]
LAYERS = 3
Function = Callable[..., Any]


def times(scalars: Sequence[int], small: bool) -> Iterator[list[str]]:
    """Give the lines of the table; a minimum of three is taken of what is quick."""
    yield network([6, 5, 3] if small else [784, 128, 10])
    for n in scalars:
        for title, make in {"layers of + and *": layers, "irregular": graph}.items():
            found = [first_call(*make(n)) for _ in range(3 if n < 10_000 else 1)]
            count, best = found[0][0], min(found)[1]
            cells = [f"{count:,}", f"{best * 1e3:,.0f}", f"{best / count * 1e6:.1f}"]
            yield [title, *cells, "at most 20"]


def network(widths: list[int]) -> list[str]:
    model = nn.MLP(widths[0], widths[1:])
    sample = [0.5] * widths[0], [1.0] + [0.0] * (widths[-1] - 1)
    _, best = first_call(lambda x, y: nn.cross_entropy([model(x)], [y]), *sample)
    name = "-".join(map(str, widths))
    return [
        f"MLP {name}, cross-entropy",
        "",
        f"{best * 1e3:,.0f}",
        "",
        "under 5,000 ms",
    ]


def first_call(f: Function, *sample: Any) -> tuple[int, float]:
    """Give the number of operations, and the seconds from f to its first gradient."""
    start = time.process_time()
    c = compile(f, *sample)
    traced = time.process_time() - start
    count = c.tape.count("\n") + 1  # the operations of f, not yet of its gradient
    start = time.process_time()
    c.value_and_grad(*([x, x] for x in sample))
    return count, traced + time.process_time() - start


def layers(scalars: int) -> tuple[Function, list[float]]:
    """Make layers of sums of products, as plain loops of + and *."""
    width = max(2, round((scalars / (2 * LAYERS)) ** 0.5))
    rng = np.random.default_rng(5)
    shape = LAYERS, width, width
    weights = [
        [[Value(w) for w in row] for row in rows]
        for rows in rng.uniform(-1.0 / width, 1.0 / width, shape).tolist()
    ]

    def f(xs: Any) -> Any:
        for rows in weights:
            xs = [combination(row, xs).tanh() for row in rows]
        return combination(xs, xs)

    return f, [0.1] * width


def combination(ws: Sequence[Any], xs: Sequence[Any]) -> Any:
    total = ws[0] * xs[0]
    for w, x in zip(ws[1:], xs[1:], strict=True):
        total = total + w * x
    return total


def graph(scalars: int) -> tuple[Function, list[float]]:
    return Graph(scalars, batch=1).function(), [0.1] * INPUTS
