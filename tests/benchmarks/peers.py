"""The engines of the benchmarks, behind one small interface."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import nn
from autograd import Value, dot

Function = Callable[[Sequence[Any], Callable[[Any], Any]], Any]  # of inputs and relu
Rows = list[list[float]]
L2 = 1e-4
LEARNING_RATE = 0.05


@dataclass(frozen=True)
class Engine:
    """An engine: what it is called, and how it differentiates.

    ``gradient(f, point)`` computes f(inputs, relu), sweeps, and gives the derivatives;
    the graph is dropped when it returns. ``trainer(widths, seed, X, y)`` gives a
    function that makes one step of training and returns the loss.
    """

    name: str
    gradient: Callable[[Function, Sequence[float]], list[float]]
    trainer: Callable[[list[int], int, Rows, list[float]], Callable[[], float]]


def available() -> tuple[list[Engine], list[str]]:
    """Give the engines that are installed, this one first, and what is missing."""
    engines, missing = [Engine("autograd", gradient, trainer)], []
    for name, load in {"micrograd": micrograd, "xad": xad}.items():
        try:
            engines.append(load())
        except ImportError:
            missing.append(name)
    return engines, missing


# ---- this project --------------------------------------------------------------------


def gradient(f: Function, point: Sequence[float]) -> list[float]:
    inputs = [Value(x) for x in point]
    f(inputs, Value.relu).backward()
    return [x.grad for x in inputs]


def trainer(
    widths: list[int], seed: int, X: Rows, y: list[float]
) -> Callable[[], float]:
    random.seed(seed)
    model = nn.MLP(widths[0], widths[1:], init=nn.init.uniform(-1.0, 1.0))
    parameters = list(model.parameters())

    def step() -> float:
        scores = [model(x) for x in X]
        loss = nn.hinge(scores, y) + L2 * dot(parameters, parameters)
        model.zero_grad()
        loss.backward()
        for p in parameters:
            p.data -= LEARNING_RATE * p.grad
        return loss.data

    return step


# ---- micrograd -----------------------------------------------------------------------


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Let micrograd recurse over its graph as deep as the benchmark goes."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000_000)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def micrograd() -> Engine:
    from micrograd import nn as their_nn
    from micrograd.engine import Value as TheirValue

    def gradient(f: Function, point: Sequence[float]) -> list[float]:
        inputs = [TheirValue(x) for x in point]
        with deep_recursion():
            f(inputs, TheirValue.relu).backward()
        return [x.grad for x in inputs]

    def trainer(
        widths: list[int], seed: int, X: Rows, y: list[float]
    ) -> Callable[[], float]:
        random.seed(seed)
        model = their_nn.MLP(widths[0], widths[1:])

        def step() -> float:
            loss = hinge_and_l2(model, model.parameters(), X, y, TheirValue.relu)
            model.zero_grad()
            with deep_recursion():
                loss.backward()
            for p in model.parameters():
                p.data -= LEARNING_RATE * p.grad
            return loss.data

        return step

    return Engine("micrograd", gradient, trainer)


def hinge_and_l2(
    model: Any, parameters: Any, X: Rows, y: list[float], relu: Callable[[Any], Any]
) -> Any:
    """Give the loss of micrograd's demonstration, as it is written there."""
    scores = [model(x) for x in X]
    losses = [relu(1 + -yi * score) for yi, score in zip(y, scores, strict=True)]
    return sum(losses) * (1.0 / len(losses)) + L2 * sum(p * p for p in parameters)


# ---- xad -----------------------------------------------------------------------------


def xad() -> Engine:
    import xad.adj_1st as xa
    import xad.math as xm

    def relu(x: Any) -> Any:
        return xm.max(x, 0.0)

    def gradient(f: Function, point: Sequence[float]) -> list[float]:
        with xa.Tape() as tape:
            inputs = [xa.Real(x) for x in point]
            tape.registerInputs(inputs)
            tape.newRecording()
            output = f(inputs, relu)
            tape.registerOutput(output)
            output.derivative = 1.0
            tape.computeAdjoints()
            return [x.derivative for x in inputs]

    def trainer(
        widths: list[int], seed: int, X: Rows, y: list[float]
    ) -> Callable[[], float]:
        """Run micrograd's nn on xad's numbers."""
        try:
            from micrograd import nn as their_nn
        except ImportError:
            raise ImportError("xad runs micrograd's nn, which is missing") from None
        xa.Real.relu = relu  # micrograd's neurons ask for it
        random.seed(seed)
        model = their_nn.MLP(widths[0], widths[1:])
        neurons = [neuron for layer in model.layers for neuron in layer.neurons]
        data = [p.data for p in model.parameters()]

        def load(parameters: Sequence[Any]) -> None:
            values = iter(parameters)
            for neuron in neurons:
                neuron.w = [next(values) for _ in neuron.w]
                neuron.b = next(values)

        def step() -> float:
            with xa.Tape() as tape:
                parameters = [xa.Real(x) for x in data]
                tape.registerInputs(parameters)
                tape.newRecording()
                load(parameters)
                loss = hinge_and_l2(model, parameters, X, y, relu)
                tape.registerOutput(loss)
                loss.derivative = 1.0
                tape.computeAdjoints()
                for i, p in enumerate(parameters):
                    data[i] -= LEARNING_RATE * p.derivative
                load(data)  # numbers of one tape must not die under the next
                return loss.value

        return step

    return Engine("xad", gradient, trainer)
