"""The demos' training by small scalar engines: micrograd, and one in its manner.

micrograd has no logarithm, so the GPT gets an engine of its own here, after that of
Karpathy's microgpt: a Value keeps its arguments and local derivatives, and the sweep
walks a list that a recursion made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from tests.benchmarks.compile_contestant import Array
from tests.benchmarks.demos_jobs import Network, Transformer
from tests.benchmarks.demos_ours import FEW, Trainer, theta_of
from tests.benchmarks.peers import deep_recursion

# ---- micrograd -----------------------------------------------------------------------


def micrograd(job: Network) -> Trainer:
    """Train an MLP with relu and the hinge loss, as micrograd's demonstration does."""
    from micrograd.nn import MLP

    model = MLP(job.widths[0], list(job.widths[1:]))
    parameters = model.parameters()
    fill(parameters, theta_of(job.model().parameters()))

    def gradient(rows: Sequence[int]) -> None:
        scores = [model(x) for x in job.X[rows].tolist()]
        pairs = zip(job.y[rows].tolist(), scores, strict=True)
        losses = [(1 + -y * score).relu() for y, score in pairs]
        loss = sum(losses) * (1.0 / len(losses))
        loss = loss + job.l2 * sum(p * p for p in parameters)
        model.zero_grad()
        loss.backward()

    return trainer(parameters, gradient, job.lr, job.betas, most=None)


def fill(parameters: Sequence[Any], theta: Array) -> None:
    for p, number in zip(parameters, theta.tolist(), strict=True):
        p.data = number


def trainer(
    parameters: Sequence[Any],
    gradient: Callable[[Sequence[int]], None],
    lr: float,
    betas: tuple[float, float],
    most: int | None,
) -> Trainer:
    """Give the loop with Adam, parameter by parameter."""
    (beta1, beta2), done = betas, 0
    mean, square = [0.0] * len(parameters), [0.0] * len(parameters)

    def train(order: Array) -> None:
        nonlocal done
        for rows in order.tolist():
            with deep_recursion():
                gradient(rows)
            done += 1
            for i, p in enumerate(parameters):
                mean[i] = beta1 * mean[i] + (1.0 - beta1) * p.grad
                square[i] = beta2 * square[i] + (1.0 - beta2) * p.grad**2
                step = mean[i] / (1.0 - beta1**done)
                p.data -= lr * step / ((square[i] / (1.0 - beta2**done)) ** 0.5 + 1e-8)

    return Trainer(train, lambda: theta_of(parameters), most)


# ---- in the manner of microgpt -------------------------------------------------------


class Scalar:
    """A number that remembers what it was computed from, and the local derivatives."""

    __slots__ = ("args", "data", "grad", "slopes")

    def __init__(
        self,
        data: float,
        args: tuple[Scalar, ...] = (),
        slopes: tuple[float, ...] = (),
    ) -> None:
        self.data, self.grad = data, 0.0
        self.args, self.slopes = args, slopes

    def __add__(self, other: Any) -> Scalar:
        other = other if isinstance(other, Scalar) else Scalar(other)
        return Scalar(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Any) -> Scalar:
        other = other if isinstance(other, Scalar) else Scalar(other)
        return Scalar(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, k: float) -> Scalar:
        return Scalar(self.data**k, (self,), (k * self.data ** (k - 1),))

    def log(self) -> Scalar:
        return Scalar(math.log(self.data), (self,), (1.0 / self.data,))

    def exp(self) -> Scalar:
        e = math.exp(self.data)
        return Scalar(e, (self,), (e,))

    def relu(self) -> Scalar:
        return Scalar(max(0.0, self.data), (self,), (float(self.data > 0.0),))

    def __neg__(self) -> Scalar:
        return self * -1.0

    def __radd__(self, other: Any) -> Any:
        return self + other

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __rmul__(self, other: Any) -> Any:
        return self * other

    def __truediv__(self, other: Any) -> Any:
        return self * other**-1

    def backward(self) -> None:
        order: list[Scalar] = []
        visited: set[Scalar] = set()

        def visit(z: Scalar) -> None:
            if z not in visited:
                visited.add(z)
                for arg in z.args:
                    visit(arg)
                order.append(z)

        visit(self)
        self.grad = 1.0
        for z in reversed(order):
            for arg, slope in zip(z.args, z.slopes, strict=True):
                arg.grad += slope * z.grad


Vector = list[Any]  # of Scalars: a sum begins with 0
Matrix = list[Vector]


def times(matrix: Matrix, x: Vector) -> Vector:
    return [sum(w * x_i for w, x_i in zip(row, x, strict=True)) for row in matrix]


def softmax(z: Vector) -> Vector:
    highest = max(z_i.data for z_i in z)
    odds = [(z_i - highest).exp() for z_i in z]
    total = sum(odds)
    return [x / total for x in odds]


def norm(x: Vector) -> Vector:
    mean = sum(x_i * x_i for x_i in x) / len(x)
    scale = (mean + 1e-5) ** -0.5
    return [x_i * scale for x_i in x]


def microgpt(job: Transformer) -> Trainer:
    """Train the GPT as microgpt does: one sample at a time, one position at a time."""
    theirs = job.model()
    block = theirs.blocks[0]
    matrices: list[Matrix] = [
        [[Scalar(x.data) for x in row] for row in matrix]
        for matrix in (
            *(theirs.token, theirs.position),
            *(block.query, block.key, block.value, block.out, block.up, block.down),
            theirs.head,
        )
    ]
    token, position, query, key, value, out, up, down, head = matrices
    parameters = [x for matrix in matrices for row in matrix for x in row]
    size = job.width // job.heads

    def attend(q: Vector, keys: Matrix, values: Matrix) -> Vector:
        mixed: Vector = []
        for start in range(0, job.width, size):
            places = range(start, start + size)
            scores = [sum(q[j] * k[j] for j in places) / size**0.5 for k in keys]
            weights = softmax(scores)
            pairs = [*zip(weights, values, strict=True)]
            mixed += [sum(w * v[j] for w, v in pairs) for j in places]
        return mixed

    def step(now: int, place: int, keys: Matrix, values: Matrix) -> Vector:
        x = norm([a + b for a, b in zip(token[now], position[place], strict=True)])
        h = norm(x)
        keys.append(times(key, h))
        values.append(times(value, h))
        mixed = times(out, attend(times(query, h), keys, values))
        x = [a + b for a, b in zip(mixed, x, strict=True)]
        hidden = times(down, [z.relu() for z in times(up, norm(x))])
        return times(head, [a + b for a, b in zip(hidden, x, strict=True)])

    def gradient(rows: Sequence[int]) -> None:
        for p in parameters:
            p.grad = 0.0
        for row in rows:
            sample = zip(*job.task.sample(job.task.learnt[row]), strict=True)
            keys: Matrix = []
            values: Matrix = []
            loss: Any = 0.0
            for place, (now, following, asked) in enumerate(sample):
                shares = softmax(step(now, place, keys, values))
                if asked:
                    loss = loss + -shares[following].log()
            (loss * (1.0 / len(rows))).backward()

    return trainer(parameters, gradient, job.lr, job.betas, FEW)
