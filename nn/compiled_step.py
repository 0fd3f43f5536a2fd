"""One step of training on arrays: the compiled loss, and the same update."""

from __future__ import annotations

from math import isfinite

import numpy as np

from autograd import TraceError, compile, no_grad
from nn.losses import LOSSES, cross_entropy
from nn.steps import EagerStep

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Array = np.ndarray[Any, Any]


class CompiledStep:
    """The step that an EagerStep describes, on arrays instead of Values.

    While training runs, parameters and state are arrays; ``write_back`` sets the Values
    of the parameters and the state of the optimiser, ``read_back`` takes them. What
    cannot be traced is a TraceError.
    """

    _theta: Array
    _numbers: Array
    _state: list[Array]

    def __init__(self, eager: EagerStep) -> None:
        self._eager, self.optimizer = eager, eager.optimizer
        self._rows: Array = np.array(eager.rows)
        self._targets: Array = np.array(_checked_targets(eager), dtype=float)
        like = tuple(self._rows[0].tolist()), self._targets[0].tolist()
        self._loss = compile(lambda x, y: eager.loss_of([x], [y]), *like)
        if eager.mean_loss not in LOSSES.values():
            self._check_that_it_is_a_mean()
        places = {p: i for i, p in enumerate(self._loss.parameters)}
        trained = self.optimizer.parameters
        # Which trained parameter the loss depends on, and where it stands in theta.
        used = [i for i, p in enumerate(trained) if p in places]
        self._used = np.array(used, dtype=int)
        self._places = np.array([places[trained[i]] for i in used], dtype=int)
        self.read_back()

    def _check_that_it_is_a_mean(self) -> None:
        """Compare on a few samples: a person's loss may mix the samples of a batch."""
        few = min(len(self._rows), 8)
        with no_grad():
            eager = self._eager
            together = eager.loss_of(eager.rows[:few], eager.targets[:few]).data
        alone = float(self._loss(self._rows[:few], self._targets[:few]).mean())
        same = abs(together - alone) <= 1e-9 * max(1.0, abs(together))
        if isfinite(together) and not same:  # else the first step says what is wrong
            raise TraceError(
                "the loss of a batch is not the mean of the losses of its samples "
                f"(of {few}: {together!r}, not {alone!r})"
            )

    def __call__(self, indices: list[int], place: str) -> float:
        """Move the parameters by one step on these rows; give the loss before it."""
        chosen = np.array(indices)
        try:
            value, slopes = self._loss.value_and_grad(
                self._rows[chosen], self._targets[chosen], theta=self._theta
            )
        except FloatingPointError as error:
            self.write_back()
            self._eager.explain(indices, place)  # names the row and the operation
            raise FloatingPointError(f"{place}: {error}") from error
        gradient = np.zeros_like(self._numbers)
        gradient[self._used] = slopes[self._places]
        self._move(gradient, place)
        return value

    def _move(self, gradient: Array, place: str) -> None:
        optimizer = self.optimizer
        lr, t = optimizer.learning_rate, optimizer.steps + 1
        with np.errstate(all="ignore"):
            numbers, *state = optimizer.update(
                self._numbers, gradient, lr, t, *self._state
            )
        if not np.isfinite(numbers).all():
            name = optimizer.names[int(np.argmin(np.isfinite(numbers)))]
            raise FloatingPointError(
                f"{place}: the update of parameter {name} overflows"
            )
        self._numbers, self._state, optimizer.steps = numbers, state, t
        self._theta[self._places] = numbers[self._used]

    def read_back(self) -> None:
        """Take parameters and state from the Values and the optimiser."""
        self._theta = self._loss.get_theta()
        self._numbers = np.array([p.data for p in self.optimizer.parameters])
        self._state = [np.array(column) for column in self.optimizer.state.values()]

    def write_back(self) -> None:
        """Set the parameters' Values and the optimiser's state to where they stand."""
        for p, x in zip(self.optimizer.parameters, self._numbers.tolist(), strict=True):
            p.data = x
        for name, column in zip(self.optimizer.state, self._state, strict=True):
            self.optimizer.state[name] = column.tolist()


def _checked_targets(eager: EagerStep) -> Sequence[Any]:
    """Give the targets as numbers that a trace can take in place of itself.

    A loss checks plain numbers only, so it is shown all targets once, beside one
    prediction. Classes become rows of probabilities: a trace cannot pick by a number.
    """
    with no_grad():
        prediction = eager.model(eager.rows[0])
        eager.mean_loss([prediction] * len(eager.targets), eager.targets)
    if eager.mean_loss is cross_entropy and isinstance(eager.targets[0], int):
        return [
            [float(k == target) for k in range(len(prediction))]
            for target in eager.targets
        ]
    return eager.targets
