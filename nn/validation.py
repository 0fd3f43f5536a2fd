"""Validation: how the model does on samples that it does not learn from."""

from __future__ import annotations

from math import fsum, isfinite
from numbers import Real

from autograd import TraceError
from autograd.constant import run_without_graph
from nn import data
from nn.metrics import chosen_metrics
from nn.prediction import columns, plain

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from nn.steps import EagerStep


class Validation:
    """Samples to measure loss and metrics on; ``best`` has the best parameters so far.

    Where training is compiled, so is this, and all samples are one call.
    """

    def __init__(self, eager: EagerStep, given: Any, metrics: Any, patience: Any):
        try:
            X, y = given
        except (TypeError, ValueError):
            raise TypeError(
                f"validation must be a pair (X, y), got {given!r:.60}"
            ) from None
        self.rows, self.targets = data.pairs(X, y, "validation ")
        self.metrics = chosen_metrics(metrics, eager.mean_loss)
        self.patience = patience
        self.best: list[float] | None = None
        self._eager = eager
        self._compiled: Callable[[], Any] | None = None

    def compile(self) -> None:
        """Measure by one compiled call from now on, where that can be traced."""
        from autograd import compile
        from nn.compiled_step import traceable_targets

        eager = self._eager
        targets = traceable_targets(eager, self.rows, self.targets)

        def loss_and_output(x: Any, y: Any) -> Any:
            output = eager.model(x)
            return eager.mean_loss([output], [y]), output

        try:
            compiled = compile(
                loss_and_output, self.rows[0], targets[0].tolist(), backend="numpy"
            )
        except TraceError:  # an output that is no nest of Values; the loss is right
            return
        self._compiled = lambda: compiled(self.rows, targets)

    def measure(self) -> tuple[float, dict[str, float]]:
        """Give the loss without ``l2``, and the metrics by name."""
        try:
            loss, outputs = self._loss_and_outputs()
            if not isfinite(loss):
                raise FloatingPointError(f"the loss is {loss!r}")
            return loss, {
                name: _number(name, metric(outputs, self.targets))
                for name, metric in self.metrics.items()
            }
        except (ArithmeticError, ValueError, TypeError) as error:
            error.add_note("This happened in fit, on the validation data.")
            raise

    def _loss_and_outputs(self) -> tuple[float, list[Any]]:
        if self._compiled is not None:
            rows = columns(self._compiled())
            return fsum(loss for loss, _ in rows) / len(rows), [y for _, y in rows]
        return run_without_graph(self._computed_eagerly)

    def _computed_eagerly(self) -> tuple[float, list[Any]]:
        outputs = [self._eager.model(row) for row in self.rows]
        return plain(self._eager.mean_loss(outputs, self.targets)), plain(outputs)


def _number(name: str, value: Any) -> float:
    if hasattr(value, "item") and getattr(value, "size", 0) == 1:
        value = value.item()
    if not isinstance(value, Real) or not isfinite(value):
        raise ValueError(f"metric {name} must give a finite number, got {value!r:.60}")
    return float(value)
