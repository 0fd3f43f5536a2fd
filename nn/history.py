"""History: what happened in training."""

from __future__ import annotations

from math import fsum

from autograd.printable import printable
from nn.choice import count, mapping, numbers, real

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from matplotlib.axes import Axes

_EACH_STEP = ("loss", "learning_rate", "seconds")
_EACH_EPOCH = ("epoch_loss", "validation_loss")


class History:
    """What happened in training: lists that grow by one entry a step or an epoch.

    ``loss``, ``learning_rate`` and ``seconds`` have an entry for each step, and
    ``epoch_loss`` one for each epoch: the mean loss over its samples, each as it was
    when its batch was seen. A loss includes the ``l2`` term. With validation data there
    are ``validation_loss``, which has no such term, and ``metrics``, a dict of lists by
    name: an entry for each epoch, of the parameters at its end. ``interrupted`` tells
    whether Ctrl-C ended it.
    """

    __slots__ = (*_EACH_STEP, *_EACH_EPOCH, "interrupted", "metrics")

    def __init__(self) -> None:
        self.loss: list[float] = []
        self.epoch_loss: list[float] = []
        self.learning_rate: list[float] = []
        self.seconds: list[float] = []
        self.validation_loss: list[float] = []
        self.metrics: dict[str, list[float]] = {}
        self.interrupted = False

    @property
    def best_epoch(self) -> int | None:
        """The epoch, counted from 0, with the lowest validation loss; None: no such."""
        losses = self.validation_loss
        return losses.index(min(losses)) if losses else None

    def plot(self, ax: Axes | Sequence[Axes] | None = None) -> list[Axes]:
        """Plot the losses, the metrics and the learning rate with matplotlib.

        A panel each, on a new figure or on the axes given, in this order: one axis
        alone takes the losses. Epochs and steps count from 0. Gives the axes drawn on.
        More axes than panels, or no step yet, is a ValueError.

        >>> import matplotlib
        >>> matplotlib.use("agg")
        >>> history = History()
        >>> history.add_steps([4.0, 1.0], [0.1, 0.1], 0.01)
        >>> [axes.get_ylabel() for axes in history.plot()]
        ['loss', 'learning rate']
        """
        from nn.plots import plot_history

        return plot_history(self, ax)

    def add_steps(
        self, losses: list[float], rates: list[float], seconds: float
    ) -> None:
        """Put down steps that were made, each in so many seconds."""
        losses, rates = numbers("losses", losses), numbers("rates", rates, len(losses))
        seconds = real("seconds", seconds)
        self.seconds += [seconds] * len(losses)
        self.learning_rate += rates
        self.loss += losses

    def cut(self, steps: int, epochs: int) -> None:
        """Forget what came after so many steps and epochs."""
        steps, epochs = count("steps", steps, least=0), count("epochs", epochs, least=0)
        for name in _EACH_STEP:
            del getattr(self, name)[steps:]
        for column in [self.epoch_loss, self.validation_loss, *self.metrics.values()]:
            del column[epochs:]

    def state_dict(self) -> dict[str, Any]:
        """Give copies of the lists by name, ready to be saved as JSON."""
        lists = {name: list(getattr(self, name)) for name in _EACH_STEP + _EACH_EPOCH}
        metrics = {name: list(column) for name, column in self.metrics.items()}
        return lists | {"metrics": metrics}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set the lists to those of a ``state_dict()``.

        What does not fit together is a ValueError; then nothing is loaded.
        """
        mapping("load_state_dict", state)
        wanted = {*_EACH_STEP, *_EACH_EPOCH, "metrics"}
        if set(state) != wanted or type(state["metrics"]) is not dict:
            raise ValueError(f"a history must hold {', '.join(sorted(wanted))}")
        lists = {name: numbers(name, state[name]) for name in wanted - {"metrics"}}
        metrics = {
            str(name): numbers(f"metric {printable(str(name)):.40}", column)
            for name, column in state["metrics"].items()
        }
        steps, epochs = len(lists["loss"]), len(lists["epoch_loss"])
        each_epoch = [lists["validation_loss"], *metrics.values()]
        if (
            any(len(lists[name]) != steps for name in _EACH_STEP)
            or epochs > steps
            or any(len(column) not in (0, epochs) for column in each_epoch)
            or any(len(c) != len(lists["validation_loss"]) for c in metrics.values())
        ):
            raise ValueError("the lists of the history differ in length")
        for name, column in lists.items():
            setattr(self, name, column)
        self.metrics, self.interrupted = metrics, False

    def __repr__(self) -> str:
        epochs, steps = len(self.epoch_loss), len(self.loss)
        end = ", interrupted" if self.interrupted else ""
        if not epochs:
            return f"History of 0 epochs{f', {steps} steps' if steps else ''}{end}"
        first, last = self.epoch_loss[0], self.epoch_loss[-1]
        text = (
            f"History of {epochs} epochs, {steps} steps in {fsum(self.seconds):.3g} s"
            f"{end}: loss {first:.4g} -> {last:.4g}"
        )
        best = self.best_epoch
        if best is not None:
            text += f", validation {self.validation_loss[best]:.4g} at epoch {best}"
        ends = {printable(name): c[-1] for name, c in self.metrics.items() if c}
        return text + "".join(f", {name} {last:.4g}" for name, last in ends.items())
