"""One step of training: the loss of a batch, its gradient, the update."""

from __future__ import annotations

import gc
from math import isfinite

from autograd import Value, detect_anomaly, dot, gradient, zero_grad
from autograd.whole import set_data
from nn.choice import by_name, name_of
from nn.losses import LOSSES
from nn.optim import OPTIMIZERS
from nn.optimizer import Optimizer, clip_grad_norm

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from nn.losses import Loss


class EagerStep:
    """One step of training: the loss of a batch, its gradient, the update."""

    at_once = 1  # steps in a call

    def __init__(
        self,
        model: Any,
        rows: Sequence[Any],
        targets: Sequence[Any],
        loss: str | Loss,
        l2: float,
        optimizer: Any,
        lr: Any,
        clip: float | None = None,
    ) -> None:
        self.model, self.rows, self.targets = model, rows, targets
        self.mean_loss = by_name("loss", LOSSES, loss)
        self.l2, self.clip = l2, clip
        if not callable(model) or not hasattr(model, "parameters"):
            raise TypeError(
                "expected a model that can be called and has parameters(), such as an "
                f"nn.Module, got {model!r:.60}"
            )
        self.parameters: list[Value] = list(model.parameters())
        if not self.parameters:
            raise ValueError("the model has no parameters: there is nothing to train")
        self.optimizer = _optimizer(model, optimizer, lr)
        self.cleared = dict.fromkeys([*self.parameters, *self.optimizer.parameters])

    def __call__(
        self,
        batches: Sequence[Any],
        rates: Sequence[float],
        place: Callable[[int], str],
    ) -> list[float]:
        """Move the parameters by a step on each batch of row numbers; give the losses.

        Each loss is that before its step. The optimiser knows the ``rates``; ``place``
        says in errors where step k of these is: epoch and batch.
        """
        return [
            self._guarded(self._run, list(batch), place(k))
            for k, batch in enumerate(batches)
        ]

    @property
    def steps(self) -> int:
        """How many steps the optimiser has made."""
        return self.optimizer.steps

    @property
    def position(self) -> Any:
        """Where training stands, as one object that does not change."""
        return self.numbers, self.optimizer.state, self.optimizer.steps

    @position.setter
    def position(self, position: Any) -> None:
        self.numbers, self.optimizer.state, self.optimizer.steps = position

    @property
    def numbers(self) -> list[float]:
        """The numbers of the parameters that the optimiser moves."""
        return [p.data for p in self.optimizer.parameters]

    @numbers.setter
    def numbers(self, numbers: list[float]) -> None:
        set_data(self.optimizer.parameters, numbers)

    def explain(self, indices: list[int], place: str) -> None:
        """Raise what a step on these rows would raise; move nothing."""
        self._guarded(self._probe, indices, place)

    def _guarded(
        self, work: Callable[[list[int]], float], indices: list[int], place: str
    ) -> float:
        # A step makes many objects and frees them all by itself: the cyclic collector
        # would search them over and over and find nothing.
        collecting = gc.isenabled()
        try:
            gc.disable()
            return work(indices)
        except (ArithmeticError, ValueError, TypeError) as error:
            where = place + self._guilty(indices, type(error))
            if isinstance(error, ArithmeticError):
                remedy = "" if ", row" in where else "; a smaller lr may help"
                what = self._anomaly(indices) or error
                raise FloatingPointError(f"{where}: {what}{remedy}") from error
            error.add_note(f"This happened in fit, {where}.")
            raise
        finally:
            if collecting:
                gc.enable()

    def write_back(self) -> None:
        """Do nothing: an eager step moves the parameters themselves."""

    read_back = write_back

    def _run(self, indices: list[int]) -> float:
        loss = self._loss(indices)
        zero_grad(self.cleared)
        loss.backward()
        if self.clip is not None:
            clip_grad_norm(self.optimizer.parameters, self.clip)
        self.optimizer.step()
        return loss.data

    def _probe(self, indices: list[int]) -> float:
        loss = self._loss(indices)
        for p, slope in zip(self.parameters, gradient(loss, self.parameters)):
            if not isfinite(slope):
                raise FloatingPointError(
                    f"the gradient of a parameter at {p.data!r} is {slope!r}"
                )
        return loss.data

    def _anomaly(self, indices: list[int]) -> str:
        """Say which operation of a step on these rows goes wrong first, and where."""
        try:
            with detect_anomaly():
                self._probe(indices)
        except (ArithmeticError, ValueError) as error:
            return str(error)
        return ""

    def _loss(self, indices: list[int]) -> Value:
        rows = [self.rows[i] for i in indices]
        loss = self.loss_of(rows, [self.targets[i] for i in indices])
        if not isfinite(loss.data):
            raise FloatingPointError(f"the loss is {loss.data!r}")
        return loss

    def loss_of(self, rows: Sequence[Any], targets: Sequence[Any]) -> Value:
        """Give the mean loss of a batch, the l2 term included."""
        loss = self.mean_loss([self.model(row) for row in rows], targets)
        if not isinstance(loss, Value):
            raise TypeError(
                f"the loss must be one Value, got {loss!r:.60}; a number has lost its "
                "graph: let model and loss compute with Values, not with v.data"
            )
        if self.l2:
            loss = loss + self.l2 * dot(self.parameters, self.parameters)
        return loss

    def _guilty(self, indices: list[int], kind: type[Exception]) -> str:
        """Say which rows fail in the same way on their own."""
        rows = [i for i in indices if self._fails(i, kind)]
        if len(rows) == len(indices) > 1:
            return ", every row"
        return f", row {rows[0]}" if rows else ""

    def _fails(self, i: int, kind: type[Exception]) -> bool:
        try:
            slopes = gradient(self._loss([i]), self.parameters)
        except Exception as error:
            return isinstance(error, kind)
        return not all(map(isfinite, slopes))


def _optimizer(model: Any, choice: Any, lr: Any) -> Optimizer:
    if isinstance(choice, Optimizer):
        if lr is not None:
            raise ValueError(
                "lr was given beside an optimiser that has its own: set optimizer.lr"
            )
        if set(choice.parameters).isdisjoint(model.parameters()):
            raise ValueError("the optimiser holds no parameter of this model")
        return choice
    make = by_name("optimizer", OPTIMIZERS, choice)
    named = getattr(model, "named_parameters", model.parameters)()
    optimizer = make(named) if lr is None else make(named, lr=lr)
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            "the function given as optimizer must make an nn.Optimizer, as in "
            f"optimizer=nn.SGD; {name_of(make)} gave {optimizer!r:.60}"
        )
    return optimizer
