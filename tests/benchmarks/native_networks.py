"""Epochs of training a network: this project, and NumPy written by hand.

A run is an epoch: steps on minibatches of shuffled samples, or on all of them. Each
step is forward, backward and the update; the losses are read when the epoch ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import nn
from autograd import Value, compile, dot
from tests.benchmarks.compile_contestant import Array, Contestant
from tests.benchmarks.compile_graphs import INPUTS, Graph
from tests.benchmarks.compile_networks import HandWritten, Task

SEED = 7
BETAS, EPS = (0.9, 0.999), 1e-8


@dataclass(frozen=True)
class Epochs:
    """A network to train, and how: ``optimizer`` is "sgd" or "adam".

    Without a ``batch`` each step is on all samples.
    """

    task: Task
    steps: int
    batch: int | None = None
    optimizer: str = "sgd"

    def orders(self) -> Iterator[Any]:
        """Give for each epoch the rows of each step, as (steps, batch), or None."""
        rng = np.random.default_rng(SEED)
        while True:
            if self.batch is None:
                yield None
            else:
                shuffled = rng.permutation(len(self.task.X))[: self.steps * self.batch]
                yield shuffled.reshape(self.steps, self.batch)

    @property
    def step_task(self) -> Task:
        """Give the task of one step: its samples are written over for each step."""
        some = slice(0, self.batch)
        task = self.task
        return replace(task, X=task.X[some].copy(), y=task.y[some].copy())


# ---- this project --------------------------------------------------------------------


def ours(epochs: Epochs, backend: str) -> Contestant:
    """Write the loss of one sample in scalars; a run is one call."""
    task = epochs.task
    model = task.model()
    ps = model.parameters()

    def loss(x: Any, y: Any) -> Any:
        if task.loss == "cross_entropy":
            return nn.cross_entropy([model(x)], [y])
        return nn.hinge([model(x)], [y]) + task.l2 * dot(ps, ps)

    sample = task.X[0].tolist(), task.targets()[0].tolist()
    compiled = compile(loss, *sample, backend=backend, threads=1)
    rule = nn.Adam(ps) if epochs.optimizer == "adam" else nn.SGD(ps)
    training = compiled.training(
        task.X,
        task.targets(),
        update=rule.update,
        parameters=ps,
        states=len(rule.state),
    )
    orders = epochs.orders()
    sizes = [epochs.batch or len(task.X)] * epochs.steps
    rates = [task.lr] * epochs.steps

    def run() -> Array:
        order = next(orders)
        flat = order if order is None else order.reshape(-1)
        return training.run(flat, sizes, rates)

    return Contestant(run, lambda: training.position[0])


def graph(graph: Graph, backend: str) -> Contestant:
    """Give value and gradient of an irregular graph."""
    ps = [Value(x) for x in graph.theta.tolist()]
    compiled = compile(graph.function(ps), [0.0] * INPUTS, backend=backend, threads=1)
    compiled.value_and_grad(graph.X[:1])  # the C plan is built at its first use
    place = {p: i for i, p in enumerate(compiled.parameters)}
    order, theta = [place[p] for p in ps], compiled.get_theta()

    def run() -> Any:
        value, slopes = compiled.value_and_grad(graph.X, theta=theta)
        return value, slopes[order]

    return Contestant(run)


# ---- NumPy by hand -------------------------------------------------------------------


class WithAdam(HandWritten):
    """The careful step by hand, with Adam's update, in place too."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.mean, self.square = np.zeros_like(self.theta), np.zeros_like(self.theta)
        self.scratch, self.t = np.empty_like(self.theta), 0

    def step(self) -> float:
        self.forward()
        loss = float(self.cross_entropy())
        self.backward()
        self.adam()
        return loss

    def adam(self) -> None:
        (beta1, beta2), g, scratch = BETAS, self.slopes, self.scratch
        self.t += 1
        self.mean *= beta1
        self.mean += np.multiply(1.0 - beta1, g, out=scratch)
        g *= g
        g *= 1.0 - beta2
        self.square *= beta2
        self.square += g
        np.multiply(self.square, 1.0 / (1.0 - beta2**self.t), out=scratch)
        np.sqrt(scratch, out=scratch)
        scratch += EPS
        np.divide(self.mean, scratch, out=scratch)
        scratch *= self.task.lr / (1.0 - beta1**self.t)
        self.theta -= scratch


def by_hand(epochs: Epochs) -> Contestant:
    whole, task = epochs.task, epochs.step_task
    kind = WithAdam if epochs.optimizer == "adam" else HandWritten
    hand, orders = kind(task), epochs.orders()

    def run() -> list[float]:
        order = next(orders)
        if order is None:
            return [hand.step() for _ in range(epochs.steps)]
        losses = []
        for rows in order:
            np.take(whole.X, rows, axis=0, out=task.X, mode="clip")
            np.take(whole.y, rows, out=task.y, mode="clip")
            losses.append(hand.step())
        return losses

    def theta() -> Array:
        return task.packed([(W.T, b) for W, b in hand.layers])

    return Contestant(run, theta)
