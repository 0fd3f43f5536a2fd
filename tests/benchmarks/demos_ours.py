"""The demos' training by this project: Value by Value, and compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

import nn
from autograd import compile
from tests.benchmarks.compile_contestant import Array
from tests.benchmarks.demos_jobs import Job

FEW = 8  # samples of a step where one takes long


class Trainer(NamedTuple):
    """A way to train.

    ``train(order)`` makes a step on each row of ``order``, which holds the numbers of
    its samples. ``theta()`` gives all parameters as they are then, in the order of the
    model's. A slow one is given ``most`` samples a step.
    """

    train: Callable[[Array], object]
    theta: Callable[[], Array]
    most: int | None = None


def eager(job: Job) -> Trainer:
    """Train as a person would write it: graph, sweep, step of the optimiser."""
    model = job.model()
    optimizer = nn.Adam(model.named_parameters(), job.lr, job.betas)

    def train(order: Array) -> None:
        for rows in order.tolist():
            optimizer.zero_grad()
            job.add_gradient(model, rows)
            optimizer.step()

    return Trainer(train, lambda: theta_of(model.parameters()), most=FEW)


def compiled(job: Job, backend: str) -> Trainer:
    """Compile the loss of a sample; all steps are one call."""
    model, arrays = job.model(), job.arrays()
    ps = model.parameters()
    like = [array[0].tolist() for array in arrays]
    loss: Any = compile(job.loss_of_one(model), *like, backend=backend, threads=1)
    rule = nn.Adam(ps, job.lr, job.betas)
    training = loss.training(
        *arrays, update=rule.update, parameters=ps, states=len(rule.state)
    )

    def train(order: Array) -> None:
        steps, batch = order.shape
        losses = training.run(order.ravel(), [batch] * steps, [job.lr] * steps)
        if len(losses) < steps:
            raise FloatingPointError(f"step {len(losses)}: the loss is not finite")

    return Trainer(train, lambda: np.array(training.position[0]))


def theta_of(parameters: Sequence[Any]) -> Array:
    return np.array([p.data for p in parameters])
