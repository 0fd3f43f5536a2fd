"""Large graphs whose derivatives are known: deep ones, wide ones, shared ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import autograd
from autograd import Value

SHRINK = 1e-7


def _chain(x: Any, n: int) -> Any:
    for _ in range(n // 2):
        x = x * (1.0 - SHRINK) + SHRINK
    return x


def _sum(xs: Any, n: int) -> Any:
    return autograd.sum(xs)


def _plus(xs: Any, n: int) -> Any:
    total = xs[0]
    for x in xs[1:]:
        total = total + x
    return total


def _fan(x: Any, n: int) -> Any:
    return autograd.sum([x * 2.0 for _ in range(n)])


@dataclass(frozen=True)
class Graph:
    """A function of one number, or of a list of n, with about n nodes, at 1.0."""

    name: str
    n: int
    build: Callable[[Any, int], Any]
    wide: bool  # whether it has n inputs
    value: float
    slope: float  # the derivative by the one input, or by the first

    def f(self, x: Any) -> Any:
        """Compute the function, of Values or numbers."""
        return self.build(x, self.n)

    def argument(self) -> Any:
        """Give the numbers to evaluate it at."""
        return [1.0] * self.n if self.wide else 1.0

    def variables(self) -> Any:
        """Give the same as Values."""
        return [Value(1.0) for _ in range(self.n)] if self.wide else Value(1.0)

    def first(self, x: Any) -> Any:
        """Give the first entry of what is nested like the argument."""
        return x[0] if self.wide else x


def graphs(n: int) -> dict[str, Graph]:
    """List the graphs of about n nodes.

    A chain; the sum of n leaves by ``autograd.sum``, and by ``+``, one after the other;
    n nodes on one leaf.
    """
    shrunk = (1.0 - SHRINK) ** (n // 2)
    listed = [
        Graph("chain", n, _chain, False, 1.0, shrunk),
        Graph("sum", n, _sum, True, float(n), 1.0),
        Graph("plus", n, _plus, True, float(n), 1.0),
        Graph("fan", n, _fan, False, 2.0 * n, 2.0 * n),
    ]
    return {graph.name: graph for graph in listed}
