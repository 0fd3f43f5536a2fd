"""Two ways to tell vowels from features: an MLP by ``nn``, and the nearest mean."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

import nn
from demos.speech_features import FILTERS, features
from demos.speech_synthesis import speak
from demos.speech_vowels import GROUPS, WORDS, draw_speaker

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

# Chosen by --validate, on speakers to learn from.
HIDDEN = 32
BATCH = 32
LEARNING_RATE = 0.01
L2 = 1e-3
TOKENS = 2  # of each vowel by each speaker


class Sounds:
    """Tokens of all vowels by some speakers of each group, as features.

    ``X`` has a row of features for each token, ``vowel`` and ``group`` a number each. A
    speaker is known by the seed and a number, and sounds the same in any company.
    """

    def __init__(self, numbers: Sequence[int], seed: int) -> None:
        rows, vowels, groups = [], [], []
        for group in range(len(GROUPS)):
            for number in numbers:
                rng = np.random.default_rng((seed, group, number))
                speaker = draw_speaker(group, rng)
                for vowel in [v for v in range(len(WORDS)) for _ in range(TOKENS)]:
                    rows.append(features(speak(speaker, vowel, rng)))
                    vowels.append(vowel)
                    groups.append(group)
        self.X: Array = np.array(rows)
        self.vowel: Labels = np.array(vowels)
        self.group: Labels = np.array(groups)


class Scale:
    """Shifts and stretches each feature to mean 0 and deviation 1 in the training."""

    def __init__(self, X: Array) -> None:
        self.mean, self.deviation = X.mean(axis=0), X.std(axis=0)

    def __call__(self, X: Array) -> Array:
        return np.asarray((X - self.mean) / self.deviation)


class Network:
    """An MLP over scaled features: a logit for each vowel."""

    def __init__(self, sounds: Sounds, epochs: int, seed: int) -> None:
        self.scale = Scale(sounds.X)
        self.mlp = nn.MLP(
            FILTERS, [HIDDEN, len(WORDS)], "tanh", rng=random.Random(seed)
        )
        steps = epochs * ceil(len(sounds.X) / BATCH)
        self.history = nn.fit(
            self.mlp,
            self.scale(sounds.X),
            sounds.vowel,
            "cross_entropy",
            "adam",
            lr=nn.cosine_decay(LEARNING_RATE, steps),
            epochs=epochs,
            batch_size=BATCH,
            l2=L2,
            seed=seed,
            compile=True,
        )

    def probabilities(self, X: Array) -> Array:
        """Give the probability of each vowel, a row for each row of features."""
        logits = np.array(nn.predict(self.mlp, self.scale(X)))
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def vowels(self, X: Array) -> Labels:
        """Give the most probable vowel for each row of features."""
        return np.asarray(self.probabilities(X).argmax(axis=1))


class NearestMean:
    """Calls each row of features what the nearest mean of a vowel's rows is called."""

    def __init__(self, sounds: Sounds) -> None:
        self.scale = Scale(sounds.X)
        X = self.scale(sounds.X)
        means = [X[sounds.vowel == v].mean(axis=0) for v in range(len(WORDS))]
        self.means = np.array(means)

    def vowels(self, X: Array) -> Labels:
        """Give the vowel of the nearest mean for each row of features."""
        steps = self.scale(X)[:, None] - self.means
        return np.asarray((steps**2).sum(axis=2).argmin(axis=1))
