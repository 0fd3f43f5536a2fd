"""Training of the GPT: compiled, or eagerly, step by step the same."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

import nn
from autograd import compile
from demos.gpt_model import GPT
from demos.gpt_task import Array, Pair, Task

BETAS = (0.85, 0.99)
STRIDE = 25  # compiled steps between two moves of the progress bar

Progress = Callable[[int, float], object]  # of steps made, and the loss per token


@dataclass(frozen=True)
class Settings:
    """How to train: so many steps of Adam, each on so many samples.

    The learning rate falls along a cosine.
    """

    steps: int
    batch: int = 32
    lr: float = 0.01
    seed: int = 0

    def optimizer(self, model: GPT) -> nn.Adam:
        """Give Adam on the model's parameters."""
        return nn.Adam(model.named_parameters(), self.rate, BETAS)

    def rate(self, step: int) -> float:
        """Give the learning rate of a step, counted from 0."""
        return nn.cosine_decay(self.lr, self.steps)(step)

    def batches(self, samples: int) -> NDArray[np.intp]:
        """Give the samples of each step, a row for each: all once, then all again."""
        rng, needed = np.random.default_rng(self.seed), self.steps * self.batch
        rounds = [rng.permutation(samples) for _ in range(0, needed, samples)]
        return np.concatenate(rounds)[:needed].reshape(self.steps, self.batch)


@dataclass
class Run:
    """What training did: the loss per token before each step.

    ``seconds`` are times per sample, of single samples or means over many.
    """

    loss: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


class Bar:
    """A progress bar of steps, with the loss beside it."""

    def __init__(self, name: str, total: int) -> None:
        self.total = total
        self._bar = tqdm(total=total, desc=name, unit="step")

    def move(self, steps: int, loss: float) -> None:
        """Say that so many more steps were made, the last with this loss."""
        self._bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
        self._bar.update(steps)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.close()


class Compiled:
    """Training on batches as one program; ``preparing`` is how long it took to make."""

    def __init__(self, model: GPT, task: Task, settings: Settings) -> None:
        began = perf_counter()
        self._task, self._settings = task, settings
        samples = tokens, targets, mask = task.arrays(task.learnt)
        like = tokens[0].tolist(), targets[0].tolist(), mask[0].tolist()
        self._surprise: Any = compile(model.surprise, *like)
        self._optimizer = settings.optimizer(model)
        self._training = self._surprise.training(
            *samples,
            update=self._optimizer.update,
            parameters=self._optimizer.parameters,
            states=len(self._optimizer.state),
        )
        self._asked = mask.sum(axis=1)
        self.preparing = perf_counter() - began

    def train(self, progress: Progress) -> Run:
        """Make all steps, and move the model's parameters; many steps are one call."""
        run, count = Run(), self._settings.steps
        batches = self._settings.batches(len(self._asked))
        rates = [self._settings.rate(step) for step in range(count)]
        asked = self._asked[batches].mean(axis=1)  # of a sample, in each step
        for start in range(0, count, STRIDE):
            steps = slice(start, start + STRIDE)
            began = perf_counter()
            losses = _steps(self._training, batches[steps], rates[steps])
            run.seconds.append((perf_counter() - began) / batches[steps].size)
            run.loss += (losses / asked[steps]).tolist()
            progress(len(losses), run.loss[-1])
        numbers = self._training.position[0].tolist()
        for p, number in zip(self._optimizer.parameters, numbers, strict=True):
            p.data = number
        return run

    def loss(self, pairs: Sequence[Pair]) -> float:
        """Give the loss per token that is asked for, in nats, by the model as it is."""
        nats = self._surprise(*self._task.arrays(pairs))
        return float(nats.sum()) / self._task.asked(pairs)


def _steps(training: Any, batches: NDArray[np.intp], rates: list[float]) -> Array:
    losses: Array = training.run(
        batches.ravel(), [batches.shape[1]] * len(rates), rates
    )
    if len(losses) < len(rates):
        training.step(batches[len(losses)], rates[len(losses)])  # raises what is wrong
    return losses


def train_eagerly(
    model: GPT, task: Task, settings: Settings, steps: int, progress: Progress
) -> Run:
    """Make the first so many of the same steps, Value by Value."""
    run, optimizer = Run(), settings.optimizer(model)
    for batch in settings.batches(len(task.learnt))[:steps].tolist():
        pairs = [task.learnt[i] for i in batch]
        optimizer.zero_grad()
        nats = 0.0
        for pair in pairs:
            began = perf_counter()
            nats += add_gradient(model, task, pair, 1.0 / len(pairs))
            run.seconds.append(perf_counter() - began)
        optimizer.step()
        run.loss.append(nats / task.asked(pairs))
        progress(1, run.loss[-1])
    return run


def add_gradient(model: GPT, task: Task, pair: Pair, share: float) -> float:
    """Add this share of the gradient of a sample's loss to the grads; give the loss."""
    with _no_collector():
        loss = model.surprise(*task.sample(pair))
        (share * loss).backward()
        nats: float = loss.data
    return nats


@contextmanager
def _no_collector() -> Iterator[None]:
    """Pause the cyclic collector, as fit does: a graph frees itself."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def multiplications(model: GPT) -> int:
    """Count the products of one sample, its gradient included, to within a few percent.

    A matrix meets a vector at each position; an entry of it is multiplied once in the
    loss, and twice in the gradients, for the entry and for the vector. Attention takes
    two products of vectors for each pair of positions.
    """
    length, width = len(model.position), len(model.position[0])
    entries = len(model.parameters()) - length * width
    pairs = length * (length + 1) // 2 * len(model.blocks)
    return 3 * (entries * length + 2 * width * pairs)
