"""A network that reads digits, written in scalars: it learns, judges, shows weights."""

from __future__ import annotations

import random
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

import nn
from autograd import compile, softmax
from demos.digits_data import Images

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """What is chosen about a network and its training."""

    hidden: int
    activation: str
    lr: float
    l2: float
    batch: int
    epochs: int


# Chosen by cross-validation within the four fifths of scikit-learn's digits that are
# there to learn from, by the least cross-entropy: 97.7% right, the mean of 20 networks.
SMALL = Settings(hidden=32, activation="tanh", lr=0.02, l2=1e-4, batch=32, epochs=60)
# Usual for images of MNIST's size, and no more than that.
LARGE = Settings(hidden=128, activation="relu", lr=1e-3, l2=1e-6, batch=64, epochs=10)
MOST_PIXELS_OF_SMALL = 256  # 16 x 16


def settings_for(images: Images) -> Settings:
    """Give the settings for images of this size."""
    return SMALL if images.pixels[0].size <= MOST_PIXELS_OF_SMALL else LARGE


def network(images: Images, settings: Settings, seed: int) -> nn.MLP:
    """Give a network that takes the pixels, and gives a score for each class."""
    pixels, classes = images.pixels[0].size, int(images.labels.max()) + 1
    sizes = [settings.hidden, classes]
    return nn.MLP(pixels, sizes, settings.activation, rng=random.Random(seed))


def train(model: nn.MLP, images: Images, settings: Settings, seed: int) -> nn.History:
    """Fit the network to the images: softmax cross-entropy, Adam, minibatches."""
    steps = settings.epochs * ceil(len(images) / settings.batch)
    return nn.fit(
        model,
        images.rows,
        images.labels,
        "cross_entropy",
        "adam",
        lr=nn.cosine_decay(settings.lr, steps),
        epochs=settings.epochs,
        batch_size=settings.batch,
        l2=settings.l2,
        seed=seed,
    )


def probabilities(model: nn.MLP, images: Images) -> Array:
    """Give the probability of each class for each image, (n, classes)."""
    sample = images.rows[0].tolist()
    # NumPy: for one call, a C compiler would take longer than the call.
    asked = compile(lambda x: softmax(model(x)), sample, backend="numpy")
    return np.array(asked(images.rows)).reshape(len(images), -1)


def weights(model: nn.MLP, shape: tuple[int, ...]) -> Array:
    """Give what each hidden neuron looks at: its weights as an image, (n, *shape).

    The neuron that sways the scores most comes first: the norm of its weights, times
    the norm of the weights that the scores give to it.
    """
    hidden, scores = (
        np.array([[w.data for w in neuron.w] for neuron in layer.neurons])
        for layer in model.layers
    )
    sway = np.linalg.norm(hidden, axis=1) * np.linalg.norm(scores, axis=0)
    return hidden[np.argsort(-sway, kind="stable")].reshape(-1, *shape)
