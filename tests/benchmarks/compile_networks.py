"""Training steps of networks: this project, and NumPy written by hand.

A step is forward, backward, the update of the parameters by SGD, and the loss read.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

import nn
from autograd import compile, dot
from tests.benchmarks.compile_contestant import Array, Contestant

SEED = 1337


def layers_of(theta: Array, widths: Sequence[int]) -> list[tuple[Array, Array]]:
    """Give W (out x in) and b of each layer of an MLP from all its parameters."""
    found, start = [], 0
    for nin, nout in pairwise(widths):
        stop = start + nout * (nin + 1)
        block = theta[start:stop].reshape(nout, nin + 1)
        found.append((block[:, :-1].copy(), block[:, -1].copy()))
        start = stop
    return found


@dataclass(frozen=True)
class Task:
    """A network and its data; ``theta`` are its first parameters.

    With the loss "hinge" labels are -1.0 or 1.0, with "cross_entropy" ints. theta holds
    for each neuron of each layer its weights, then its bias, as nn does.
    """

    widths: Sequence[int]
    loss: str
    l2: float
    lr: float
    X: Array
    y: Array
    init: Any = None  # None: nn's own

    def model(self) -> nn.MLP:
        random.seed(SEED)
        return nn.MLP(self.widths[0], self.widths[1:], init=self.init)

    def theta(self) -> Array:
        return np.array([p.data for p in self.model().parameters()])

    def layers(self, theta: Array) -> list[tuple[Array, Array]]:
        """Give W (out x in) and b of each layer."""
        return layers_of(theta, self.widths)

    def packed(self, layers: Any) -> Array:
        """Give theta again from W and b of each layer."""
        blocks = [np.c_[np.asarray(W), np.asarray(b)] for W, b in layers]
        return np.concatenate([block.reshape(-1) for block in blocks])

    def targets(self) -> Array:
        """Give y as the scalar loss takes it: classes as rows of a one-hot matrix."""
        if self.loss == "hinge":
            return self.y
        return np.eye(self.widths[-1])[self.y]


# ---- this project --------------------------------------------------------------------


def compiled_loss(task: Task) -> tuple[Any, Any]:
    """Write the loss of one sample in scalars, and compile it."""
    model = task.model()
    ps = model.parameters()

    def loss(x: Any, y: Any) -> Any:
        if task.loss == "cross_entropy":
            return nn.cross_entropy([model(x)], [y])
        return nn.hinge([model(x)], [y]) + task.l2 * dot(ps, ps)

    sample = task.X[0].tolist(), task.targets()[0].tolist()
    return compile(loss, *sample), ps


def ours(task: Task) -> Contestant:
    c, ps = compiled_loss(task)
    X, y, lr = task.X, task.targets(), task.lr
    theta = c.get_theta()
    place = {p: i for i, p in enumerate(c.parameters)}

    def step() -> float:
        value, g = c.value_and_grad(X, y, theta=theta)
        theta[:] -= lr * g
        return value

    return Contestant(step, lambda: theta[[place[p] for p in ps]])


# ---- NumPy by hand -------------------------------------------------------------------


class HandWritten:
    """The same step as arrays: rows are samples, all arrays are made beforehand."""

    def __init__(self, task: Task) -> None:
        self.task, n = task, len(task.X)
        self.rows = np.arange(n)
        size = sum(nout * (nin + 1) for nin, nout in pairwise(task.widths))
        self.theta, self.slopes = np.empty(size), np.empty(size)
        self.layers = list(self._views(self.theta))
        self.gradients = list(self._views(self.slopes))
        for (W, b), (W0, b0) in zip(self.layers, task.layers(task.theta())):
            W[:], b[:] = W0.T, b0
        self.hs = [task.X, *(np.empty((n, nout)) for nout in task.widths[1:])]
        self.ds = [np.empty_like(h) for h in self.hs]

    def _views(self, flat: Array) -> Iterator[tuple[Array, Array]]:
        start = 0
        for nin, nout in pairwise(self.task.widths):
            middle = start + nin * nout
            yield flat[start:middle].reshape(nin, nout), flat[middle : middle + nout]
            start = middle + nout

    def step(self) -> float:
        task, theta = self.task, self.theta
        self.forward()
        loss = self.hinge() if task.loss == "hinge" else self.cross_entropy()
        self.backward()
        if task.l2:
            loss += task.l2 * theta.dot(theta)
            self.slopes += (2.0 * task.l2) * theta
        theta -= task.lr * self.slopes
        return float(loss)

    def forward(self) -> None:
        last = len(self.layers) - 1
        for k, (W, b) in enumerate(self.layers):
            z = np.matmul(self.hs[k], W, out=self.hs[k + 1])
            z += b
            if k < last:
                np.maximum(z, 0.0, out=z)

    def hinge(self) -> float:
        y, n = self.task.y, len(self.rows)
        margin = 1.0 - y * self.hs[-1][:, 0]
        np.multiply(margin > 0.0, y * (-1.0 / n), out=self.ds[-1][:, 0])
        return np.maximum(margin, 0.0).sum() / n

    def cross_entropy(self) -> float:
        y, n, z, d = self.task.y, len(self.rows), self.hs[-1], self.ds[-1]
        z -= z.max(axis=1, keepdims=True)
        np.exp(z, out=d)
        total = d.sum(axis=1, keepdims=True)
        loss = (np.log(total).sum() - z[self.rows, y].sum()) / n
        d /= total
        d[self.rows, y] -= 1.0
        d /= n
        return loss

    def backward(self) -> None:
        for k in reversed(range(len(self.layers))):
            (W, _), (dW, db) = self.layers[k], self.gradients[k]
            h, d = self.hs[k], self.ds[k + 1]
            np.matmul(h.T, d, out=dW)
            d.sum(axis=0, out=db)
            if k:
                below = np.matmul(d, W.T, out=self.ds[k])
                below *= h > 0.0


def by_hand(task: Task) -> Contestant:
    hand = HandWritten(task)
    return Contestant(
        hand.step, lambda: task.packed([(W.T, b) for W, b in hand.layers])
    )
