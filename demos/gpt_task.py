"""What the GPT of the demo learns: pairs of a source and a target, as tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Symbols = tuple[str, ...]

END = 0  # the token between a source and its target, and behind the target


class Pair(NamedTuple):
    """The target is to be written where the source is read; a source may be empty."""

    source: Symbols
    target: Symbols


class Task:
    """Pairs to learn from and pairs held out, and the numbers of their symbols.

    A pair is the row of tokens: source, END, target, END. At each position but the last
    the next token is asked for; the source itself is not, and has a mask of 0.

    >>> task = Task([Pair((), ("a", "b"))], [Pair(("b",), ("a",))])
    >>> task.symbols, task.length
    (['', 'a', 'b'], 3)
    >>> task.sample(task.held_out[0])
    ([2, 0, 1], [0, 1, 0], [0.0, 1.0, 1.0])
    """

    def __init__(self, learnt: Sequence[Pair], held_out: Sequence[Pair]) -> None:
        self.learnt, self.held_out = learnt, held_out
        pairs = [*learnt, *held_out]
        self.symbols = [
            "",
            *sorted({s for pair in pairs for s in (*pair[0], *pair[1])}),
        ]
        self._numbers = {symbol: i for i, symbol in enumerate(self.symbols)}
        self.length = max(len(source) + len(target) + 1 for source, target in pairs)

    def encode(self, symbols: Iterable[str]) -> list[int]:
        """Give the token of each symbol."""
        return [self._numbers[symbol] for symbol in symbols]

    def decode(self, tokens: Iterable[int]) -> Symbols:
        """Give the symbol of each token."""
        return tuple(self.symbols[token] for token in tokens)

    def sample(self, pair: Pair) -> tuple[list[int], list[int], list[float]]:
        """Give the tokens of a pair, the token that is next at each, and the mask."""
        source, target = self.encode(pair.source), self.encode(pair.target)
        row = [*source, END, *target, END]
        mask = [float(position >= len(source)) for position in range(len(row) - 1)]
        return row[:-1], row[1:], mask

    def arrays(self, pairs: Sequence[Pair]) -> tuple[Array, Array, Array]:
        """Give samples of one length: tokens and targets as one-hot rows, the mask.

        Behind the end of a sample all is 0: the mask drops it, and what comes later
        reaches nothing that comes before.
        """
        shape = len(pairs), self.length, len(self.symbols)
        tokens, targets, mask = np.zeros(shape), np.zeros(shape), np.zeros(shape[:2])
        for i, pair in enumerate(pairs):
            now, following, asked = self.sample(pair)
            places = np.arange(len(now))
            tokens[i, places, now] = 1.0
            targets[i, places, following] = 1.0
            mask[i, places] = asked
        return tokens, targets, mask

    def asked(self, pairs: Sequence[Pair]) -> int:
        """Count the tokens that are asked for."""
        return sum(len(pair.target) + 1 for pair in pairs)

    def unigram(self) -> float:
        """Give the loss of guessing by frequency: nats per token that is held out.

        Frequencies are those of the learnt targets, each counted once more than it
        occurs, so that none is 0.
        """
        counts = [1] * len(self.symbols)
        for token in self._asked(self.learnt):
            counts[token] += 1
        total = sum(counts)
        nats = [log(total / counts[token]) for token in self._asked(self.held_out)]
        return sum(nats) / len(nats)

    def _asked(self, pairs: Sequence[Pair]) -> list[int]:
        return [t for pair in pairs for t in (*self.encode(pair.target), END)]
