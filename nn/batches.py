"""Batches: which samples each step of training sees."""

from __future__ import annotations

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Batches:
    """The numbers of n rows, divided into batches, anew in each epoch.

    With ``shuffle``, the order of the rows in each epoch is drawn by a generator of the
    given seed; a batch of all rows is never shuffled.

    >>> batches = Batches(5, 2, shuffle=False, seed=0)
    >>> steps = batches.after(step=4)
    >>> next(steps).tolist(), next(steps).tolist(), next(steps).tolist()
    ([2, 3], [4], [0, 1])
    """

    def __init__(self, n: int, size: int, shuffle: bool, seed: int) -> None:
        self.n, self.size, self.seed = n, size, seed
        self.shuffle = bool(shuffle) and size < n
        self.each = -(-n // size)  # steps of an epoch

    def after(self, step: int) -> Iterator[Any]:
        """Give the row numbers of each batch from this step on, without end."""
        import numpy as np  # loads slowly

        rng, order = np.random.default_rng(self.seed), np.arange(self.n)
        epochs, first = divmod(step, self.each)
        if self.shuffle:
            for _ in range(epochs):
                rng.permutation(self.n)
        while True:
            if self.shuffle:
                order = rng.permutation(self.n)
            for start in range(first * self.size, self.n, self.size):
                yield order[start : start + self.size]
            first = 0

    def share(self, step: int) -> float:
        """Give the part of all samples that the batch of this step holds."""
        start = step % self.each * self.size
        return min(self.size, self.n - start) / self.n
