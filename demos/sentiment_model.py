"""A classifier of sentences, written in scalars: it learns, judges and explains."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

import nn
from autograd import Value, gradient
from demos.output import say
from demos.sentiment_data import DataError, Sentence
from demos.sentiment_words import Vocabulary, Word, plain_words, words

BATCH = 64
FEWEST_EPOCHS = 4
MOST_NUMBERS = 10_000_000  # sentences times terms: what fits in memory


@dataclass
class Classifier:
    """A network over the words of a sentence: its score is above 0 for a positive one.

    Without hidden layers it is logistic regression: the score is a weighted sum.
    """

    name: str
    reading: Callable[[str], list[Word]]
    hidden: Sequence[int]
    l2: float
    lr: float
    steps: int

    def train(self, sentences: Sequence[Sentence], seed: int) -> Classifier:
        """Take the vocabulary from the sentences, and fit the network to them."""
        texts = [self.reading(sentence.text) for sentence in sentences]
        self.vocabulary = Vocabulary(texts, MOST_NUMBERS // len(texts))
        terms, batches = len(self.vocabulary.terms), ceil(len(texts) / BATCH)
        if not terms:
            raise DataError("there are no words to learn from")
        self.network = nn.MLP(terms, [*self.hidden, 1], "tanh", rng=random.Random(seed))
        epochs = max(FEWEST_EPOCHS, ceil(self.steps / batches))
        say(f"\n{self.name}: {terms:,} terms, {epochs} epochs")
        self.history = nn.fit(
            self.network,
            np.array([self.vocabulary.row(text) for text in texts]),
            [sentence.label for sentence in sentences],
            "binary_cross_entropy_with_logits",
            "adam",
            lr=nn.cosine_decay(self.lr, epochs * batches),
            epochs=epochs,
            batch_size=BATCH,
            l2=self.l2,
            seed=seed,
        )
        if len(self.history.epoch_loss) < epochs:
            raise KeyboardInterrupt
        return self

    def score(self, text: str) -> float:
        """Give log(p / (1 - p)) for the probability p that the text is positive."""
        row = self.vocabulary.row(self.reading(text))
        score: float = nn.predict(self.network, [row])[0]
        return score

    def labels(self, sentences: Sequence[Sentence]) -> NDArray[np.int64]:
        """Give 1 for each sentence that it calls positive, 0 for the others."""
        return np.array([int(self.score(s.text) > 0.0) for s in sentences])

    def explain(self, text: str) -> tuple[float, list[tuple[Word, float]]]:
        """Give the score and, word by word, what its presence adds to it.

        A word's presence is a Value of 1, and the row of counts is computed from those
        Values: so the chain rule sums over all terms that a word takes part in, and
        the gradient times the presence is the gradient.
        """
        read = self.reading(text)
        presence = [Value(1.0, label=word.text) for word in read]
        score = self.network(self.vocabulary.row(read, presence))
        slopes = gradient(score, presence)
        return score.data, list(zip(read, slopes, strict=True))


def untrained() -> tuple[Classifier, Classifier, Classifier]:
    """Give the three classifiers with their settings.

    The settings, and what ``words`` does, were chosen by cross-validation within the
    training part of the shipped sentences, for each classifier on its own.
    """
    return (
        Classifier("bag of words, logistic", plain_words, (), 1e-4, 0.02, 360),
        Classifier("negations, logistic", words, (), 3e-4, 0.02, 360),
        Classifier("negations, MLP", words, (4,), 1e-3, 0.01, 192),
    )
