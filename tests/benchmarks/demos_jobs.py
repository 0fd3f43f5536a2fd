"""What the demos train, as the benchmark of the demos takes it: data, model, loss.

Data, sizes and settings are the demos' own, but for the learning rate, which is
constant here; and so are the models.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import nn
from autograd import dot
from demos import digits_data, digits_model, gpt, moons, sentiment_data, speech_model
from demos import sentiment_model as sentiment
from demos.gpt_model import GPT
from demos.gpt_task import Task
from demos.gpt_training import BETAS, Settings, add_gradient
from demos.sentiment_words import Vocabulary
from tests.benchmarks.compile_contestant import Array
from tests.benchmarks.compile_networks import layers_of

SEED = 0
USUAL_BETAS = (0.9, 0.999)
LOSSES = {
    "hinge": nn.hinge,
    "cross_entropy": nn.cross_entropy,
    "binary_cross_entropy": nn.binary_cross_entropy_with_logits,
}


@dataclass(frozen=True)
class Network:
    """An MLP to be trained by Adam on rows X; ``y`` has a number for each row.

    Labels of the hinge loss are -1.0 or 1.0, classes ints, those of two 0.0 or 1.0.
    ``activation`` is that of the hidden layers; ``l2`` times the sum of the squared
    parameters is added to the loss.
    """

    widths: Sequence[int]
    activation: str
    loss: str
    X: Array
    y: Array
    batch: int
    lr: float
    l2: float
    betas: tuple[float, float] = USUAL_BETAS

    @property
    def title(self) -> str:
        words = self.loss.replace("_", "-")
        widths = "-".join(map(str, self.widths))
        return f"MLP {widths}, {self.activation}, {words} + L2, Adam"

    def model(self) -> nn.MLP:
        """Give the network with its first weights, the same ones each time."""
        widths, rng = self.widths, random.Random(SEED)
        return nn.MLP(widths[0], widths[1:], self.activation, rng=rng)

    def arrays(self) -> tuple[Array, ...]:
        """Give what a loss of one sample takes, with an axis for the samples."""
        if self.loss != "cross_entropy":
            return self.X, self.y
        return self.X, np.eye(self.widths[-1])[self.y]

    def loss_of_one(self, model: Any) -> Callable[..., Any]:
        """Give the loss of one sample, a function of a row and its target."""
        ps, mean = model.parameters(), LOSSES[self.loss]
        return lambda x, y: mean([model(x)], [y]) + self.l2 * dot(ps, ps)

    def add_gradient(self, model: Any, rows: Sequence[int]) -> None:
        """Add the gradient of the mean loss of these rows to the grads, eagerly."""
        ps = model.parameters()
        scores = [model(x) for x in self.X[rows].tolist()]
        loss = LOSSES[self.loss](scores, self.y[rows].tolist()) + self.l2 * dot(ps, ps)
        loss.backward()

    def layers(self, theta: Array) -> list[tuple[Array, Array]]:
        """Give W (out x in) and b of each layer from all parameters in a row."""
        return layers_of(theta, self.widths)


@dataclass(frozen=True)
class Transformer:
    """A GPT to be trained by Adam on the pairs of a task, padded to one length."""

    task: Task
    width: int = 16
    heads: int = 4
    batch: int = Settings.batch
    lr: float = Settings.lr
    betas: tuple[float, float] = BETAS

    @property
    def title(self) -> str:
        task = self.task
        return (
            f"GPT of 1 layer, {self.heads} heads, {self.width} dimensions, "
            f"{len(task.symbols)} tokens, {task.length} positions, Adam"
        )

    def model(self) -> GPT:
        """Give the model with its first weights, the same ones each time."""
        task = self.task
        return GPT(len(task.symbols), task.length, self.width, self.heads, seed=SEED)

    def arrays(self) -> tuple[Array, ...]:
        return self.task.arrays(self.task.learnt)

    def loss_of_one(self, model: Any) -> Callable[..., Any]:
        loss: Callable[..., Any] = model.surprise
        return loss

    def add_gradient(self, model: Any, rows: Sequence[int]) -> None:
        """Go sample by sample, as the demo does; a sample has its own length."""
        for row in rows:
            add_gradient(model, self.task, self.task.learnt[row], 1.0 / len(rows))


Job = Network | Transformer

# ---- the demos -----------------------------------------------------------------------


def of_moons(quick: bool) -> Network:
    X, y = moons.points(8 if quick else 100, SEED)
    widths = [2, 3, 1] if quick else [2, 16, 16, 1]
    rate = moons.LEARNING_RATE
    return Network(widths, "relu", "hinge", X, y, len(X), rate, moons.L2)


def of_digits(quick: bool) -> Network:
    images, settings = digits_data.shipped()[0], digits_model.SMALL
    images = images.at(slice(0, 64 if quick else None))
    return Network(
        [images.rows.shape[1], 4 if quick else settings.hidden, 10],
        settings.activation,
        "cross_entropy",
        images.rows,
        images.labels,
        8 if quick else settings.batch,
        settings.lr,
        settings.l2,
    )


def of_sentiment(quick: bool) -> Network:
    learnt, _ = sentiment_data.parts(sentiment_data.read(sentiment_data.SHIPPED), SEED)
    mlp = sentiment.untrained()[-1]
    learnt = learnt[:8] if quick else learnt
    texts = [mlp.reading(sentence.text) for sentence in learnt]
    vocabulary = Vocabulary(texts)
    X = np.array([vocabulary.row(text) for text in texts])
    y = np.array([float(sentence.label) for sentence in learnt])
    widths = [X.shape[1], *mlp.hidden, 1]
    batch = 4 if quick else sentiment.BATCH
    loss = "binary_cross_entropy"
    return Network(widths, "tanh", loss, X, y, batch, mlp.lr, mlp.l2)


def of_speech(quick: bool) -> Network:
    sounds = speech_model.Sounds(range(1 if quick else 48), SEED)
    return Network(
        [sounds.X.shape[1], 4 if quick else speech_model.HIDDEN, 10],
        "tanh",
        "cross_entropy",
        speech_model.Scale(sounds.X)(sounds.X),
        sounds.vowel,
        8 if quick else speech_model.BATCH,
        speech_model.LEARNING_RATE,
        speech_model.L2,
    )


def of_gpt(name: str, quick: bool) -> Transformer:
    task = gpt.make_task(name, SEED)
    if not quick:
        return Transformer(task)
    few = sorted(task.learnt, key=lambda pair: len(pair.source + pair.target))[:6]
    return Transformer(Task(few, few[:1]), width=4, heads=2, batch=4)
