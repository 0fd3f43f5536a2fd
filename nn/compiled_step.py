"""Steps of training as one compiled program: loss, gradient and update."""

from __future__ import annotations

from math import isfinite
from time import perf_counter

import numpy as np

from autograd import TraceError, compile
from autograd.constant import run_without_graph
from autograd.place import warn
from autograd.whole import set_data
from nn.losses import LOSSES, cross_entropy
from nn.steps import EagerStep

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Array = np.ndarray[Any, Any]


class CompiledStep:
    """The steps that an EagerStep describes, on arrays instead of Values.

    While training runs, parameters and state are arrays; ``write_back`` sets the Values
    of the parameters and the state of the optimiser, ``read_back`` takes them. What
    cannot be traced is a TraceError.
    """

    at_once = 1  # steps in the next call: as many as take about 50 ms

    def __init__(self, eager: EagerStep) -> None:
        self._eager, self.optimizer = eager, eager.optimizer
        rows, targets = (
            np.array(eager.rows),
            traceable_targets(eager, eager.rows, eager.targets),
        )
        like = tuple(rows[0].tolist()), targets[0].tolist()
        self._loss = compile(lambda x, y: eager.loss_of([x], [y]), *like)
        if eager.mean_loss not in LOSSES.values():
            self._check_that_it_is_a_mean(rows, targets)
        self._warn_of_idle_parameters()
        self._training = self._loss.training(
            rows,
            targets,
            update=self.optimizer.update,
            parameters=self.optimizer.parameters,
            states=len(self.optimizer.state),
            clip=eager.clip,
        )
        self.read_back()

    def _check_that_it_is_a_mean(self, rows: Array, targets: Array) -> None:
        """Compare on a few samples: a person's loss may mix the samples of a batch."""
        few, eager = min(len(rows), 8), self._eager
        together = run_without_graph(
            eager.loss_of, eager.rows[:few], eager.targets[:few]
        ).data
        alone = float(self._loss(rows[:few], targets[:few]).mean())
        same = abs(together - alone) <= 1e-9 * max(1.0, abs(together))
        if isfinite(together) and not same:  # else the first step says what is wrong
            raise TraceError(
                "the loss of a batch is not the mean of the losses of its samples "
                f"(of {few}: {together!r}, not {alone!r})"
            )

    def _warn_of_idle_parameters(self) -> None:
        """Say which parameters no sample can move: the loss does without them."""
        used = set(self._loss.parameters)
        names = zip(self.optimizer.names, self.optimizer.parameters)
        idle = [name for name, p in names if p not in used]
        if idle:
            more = f" and {len(idle) - 3} more" if len(idle) > 3 else ""
            warn(
                f"the loss does not depend on {', '.join(idle[:3])}{more}: no gradient "
                "reaches what the model holds and does not use"
            )

    def __call__(
        self,
        batches: Sequence[Any],
        rates: Sequence[float],
        place: Callable[[int], str],
    ) -> list[float]:
        """Make a step on each batch of row numbers; give the losses before them.

        ``place`` says in errors where step k of these is: epoch and batch.
        """
        began, sizes = perf_counter(), [len(batch) for batch in batches]
        whole_each = all(size == self._training.size for size in sizes)
        order = None if whole_each else np.concatenate(batches)
        losses = self._training.run(order, sizes, rates).tolist()
        if len(losses) < len(batches):
            k = len(losses)
            losses.append(self._explained_step(batches[k], rates[k], place(k)))
        spent = max(perf_counter() - began, 1e-6)
        self.at_once = max(1, min(int(0.05 / spent * len(losses)), 4 * self.at_once))
        return list(losses)

    @property
    def steps(self) -> int:
        """How many steps the optimiser has made."""
        return self._training.position[2]

    @property
    def position(self) -> Any:
        """Where training stands, as one object that does not change."""
        return self._training.position

    @position.setter
    def position(self, position: Any) -> None:
        self._training.position = position

    @property
    def numbers(self) -> list[float]:
        """The numbers of the parameters that the optimiser moves."""
        return list(self._training.position[0].tolist())

    @numbers.setter
    def numbers(self, numbers: list[float]) -> None:
        self._training.position = np.array(numbers), *self._training.position[1:]

    def _explained_step(self, batch: Any, rate: float, place: str) -> float:
        """Make a step in which something is not finite: raise what it is."""
        try:
            return self._training.step(batch, rate)
        except FloatingPointError as error:
            self.write_back()
            number = getattr(error, "number", None)
            if number is not None:
                raise FloatingPointError(
                    f"{place}: the update of parameter {self.optimizer.names[number]} "
                    "overflows"
                ) from error
            self._eager.explain(list(batch), place)  # names the row and the operation
            raise FloatingPointError(f"{place}: {error}") from error

    def read_back(self) -> None:
        """Take parameters and state from the Values and the optimiser."""
        self._training.read_parameters()
        self._training.position = (
            np.array([p.data for p in self.optimizer.parameters]),
            [np.array(column) for column in self.optimizer.state.values()],
            self.optimizer.steps,
        )

    def write_back(self) -> None:
        """Set the parameters' Values and the optimiser's state to where they stand."""
        numbers, state, steps = self._training.position
        columns = [column.tolist() for column in state]
        named = dict(zip(self.optimizer.state, columns, strict=True))
        set_data(self.optimizer.parameters, numbers.tolist())
        self.optimizer.state, self.optimizer.steps = named, steps


def traceable_targets(eager: EagerStep, rows: Sequence[Any], targets: Any) -> Array:
    """Give the targets as numbers that a trace can take in place of itself.

    A loss checks plain numbers only, so it is shown all targets once, beside one
    prediction. Classes become rows of probabilities: a trace cannot pick by a number.
    """
    prediction = run_without_graph(eager.model, rows[0])
    run_without_graph(eager.mean_loss, [prediction] * len(targets), targets)
    if eager.mean_loss is cross_entropy and isinstance(targets[0], int):
        targets = np.eye(len(prediction))[targets]
    return np.array(targets, float)
