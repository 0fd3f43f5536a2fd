"""Irregular graphs: the same random program in scalars, in arrays and in CasADi."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd import Value, compile, gradient
from tests.benchmarks.compile_casadi import Mapped
from tests.benchmarks.compile_contestant import Array, Contestant

Function = Callable[..., Any]
INPUTS, PARAMETERS = 10, 20
NODES_PER_STEP = 2.84  # of the graph, with the sum of the sinks

# ---- the operations, each with dz/dx and dz/dy by hand -------------------------------


def _sine_of_product(x: Array, y: Array) -> tuple[Any, Any]:
    slope = np.cos(x * y)
    return slope * y, slope * x


def _over_cosine(x: Array, y: Array) -> tuple[Any, Any]:
    inverse = 1.0 / (2.0 + np.cos(y))
    return inverse, x * np.sin(y) * inverse * inverse


def _tanh_times(x: Array, y: Array) -> tuple[Any, Any]:
    t = np.tanh(x)
    return (1.0 - t * t) * y, t


def _power(x: Array, y: Array) -> tuple[Any, Any]:
    base, t = 1.0 + x * x, np.tanh(y)
    z = base**t / 4.0
    return z * t / base * 2.0 * x, z * np.log(base) * (1.0 - t * t)


# What of x and y is used; the operation, by the functions of a module m; dz/dx, dz/dy.
# Numbers of size 3 stay below 3 or so.
OPERATIONS: list[tuple[str, Function, Function]] = [
    ("xy", lambda m, x, y: (x + y) / 2.0, lambda x, y: (0.5, 0.5)),
    ("xy", lambda m, x, y: 0.5 * (x - y), lambda x, y: (0.5, -0.5)),
    ("xy", lambda m, x, y: m.sin(x * y), _sine_of_product),
    ("xy", lambda m, x, y: m.tanh(x) * y, _tanh_times),
    ("xy", lambda m, x, y: x / (2.0 + m.cos(y)), _over_cosine),
    ("x", lambda m, x, y: -m.atan(x), lambda x, y: (-1.0 / (1.0 + x * x),)),
    (
        "x",
        lambda m, x, y: m.exp(m.sin(x)) - 1.0,
        lambda x, y: (np.exp(np.sin(x)) * np.cos(x),),
    ),
    ("x", lambda m, x, y: m.log1p(x * x), lambda x, y: (2.0 * x / (1.0 + x * x),)),
    (
        "x",
        lambda m, x, y: m.sqrt(1.0 + x**2) - 1.0,
        lambda x, y: (x / np.sqrt(1.0 + x * x),),
    ),
    ("xy", lambda m, x, y: (1.0 + x * x) ** m.tanh(y) / 4.0, _power),
]


# ---- the graph -----------------------------------------------------------------------


class Graph:
    """A random program of about so many nodes, and a batch of samples for it.

    Each step takes any two earlier results; what no step took is summed up.
    """

    def __init__(self, nodes: int, batch: int) -> None:
        rng = random.Random(5)
        self.program: list[tuple[int, int, int]] = []
        first = INPUTS + PARAMETERS
        unused = set(range(first))
        for k in range(first, first + max(1, round(nodes / NODES_PER_STEP))):
            i, j = rng.randrange(k), rng.randrange(k)
            operation = rng.randrange(len(OPERATIONS))
            self.program.append((operation, i, j))
            unused -= {i, j} if OPERATIONS[operation][0] == "xy" else {i}
            unused.add(k)
        self.sinks = sorted(unused)
        draw = np.random.default_rng(5)
        self.X = draw.uniform(-1.0, 1.0, (batch, INPUTS))
        self.theta = draw.uniform(-1.0, 1.0, PARAMETERS)

    def __call__(self, module: Any, inputs: list[Any]) -> Any:
        """Compute the program with the functions of this module."""
        results = list(inputs)
        for operation, i, j in self.program:
            results.append(OPERATIONS[operation][1](module, results[i], results[j]))
        total = results[self.sinks[0]]
        for sink in self.sinks[1:]:
            total = total + results[sink]
        return total

    def function(self, ps: list[Value] | None = None) -> Callable[[Any], Any]:
        """Give the program as a function of one sample, with Values as parameters."""
        values = ps or [Value(x) for x in self.theta.tolist()]
        return lambda x: self(autograd, [*x, *values])


def ours(graph: Graph, samples: int | None = None) -> Contestant:
    ps = [Value(x) for x in graph.theta.tolist()]
    c = compile(graph.function(ps), [0.0] * INPUTS)
    place = {p: i for i, p in enumerate(c.parameters)}
    order = [place[p] for p in ps]
    X, theta = graph.X[:samples], c.get_theta()

    def run() -> Any:
        value, slopes = c.value_and_grad(X, theta=theta)
        return value, slopes[order]

    return Contestant(run)


def eager(graph: Graph, samples: int) -> Contestant:
    """Take the mean over a few samples; the time for all is in proportion."""
    ps = [Value(x) for x in graph.theta.tolist()]
    f, rows = graph.function(ps), graph.X[:samples].tolist()

    def run() -> Any:
        values, slopes = [], []
        for row in rows:
            y = f(row)
            values.append(y.data)
            slopes.append(gradient(y, ps))
        return np.mean(values), np.mean(slopes, axis=0)

    scale = len(graph.X) / len(rows)
    return Contestant(run, scale=scale, against=ours(graph, samples))


def torch_eager(graph: Graph) -> Contestant:
    """Let each node be a vector over the batch."""
    import torch

    torch.set_num_threads(1)
    columns = [torch.from_numpy(column.copy()) for column in graph.X.T]

    def run() -> Any:
        ps = [torch.tensor(x, requires_grad=True) for x in graph.theta]
        y = graph(torch, [*columns, *ps]).mean()
        y.backward()
        return y.item(), [p.grad.item() for p in ps]

    return Contestant(run)


def casadi_mapped(graph: Graph) -> Contestant:
    import casadi as ca

    p, x = ca.SX.sym("p", PARAMETERS), ca.SX.sym("x", INPUTS)
    y = graph(ca, [*ca.vertsplit(x), *ca.vertsplit(p)])
    return Contestant(Mapped(y, p, graph.theta.copy(), [(x, graph.X)]))


# ---- NumPy by hand: an array for each node, swept backwards --------------------------


def by_hand(graph: Graph) -> Contestant:
    n = len(graph.X)
    columns = np.ascontiguousarray(graph.X.T)
    first = len(columns) + PARAMETERS

    def run() -> Any:
        results = [*columns, *graph.theta]
        for operation, i, j in graph.program:
            results.append(OPERATIONS[operation][1](np, results[i], results[j]))
        value = sum(results[sink] for sink in graph.sinks).mean()
        adjoints: list[Any] = [0.0] * len(results)
        for sink in graph.sinks:
            adjoints[sink] = 1.0 / n
        for k in range(len(results) - 1, first - 1, -1):
            operation, i, j = graph.program[k - first]
            slopes = OPERATIONS[operation][2](results[i], results[j])
            for place, slope in zip((i, j), slopes):
                adjoints[place] = adjoints[place] + adjoints[k] * slope
        ones = np.ones(n)
        return value, [(ones * a).sum() for a in adjoints[len(columns) : first]]

    return Contestant(run)
