"""The training loop, and predictions.

for each epoch, for each batch:
    loss = mean of the losses of the samples + l2 * sum of squared parameters
    zero the gradients; backward; let the optimiser move the parameters
"""

from __future__ import annotations

import warnings
from itertools import islice
from math import fsum, nan
from time import perf_counter

from autograd import TraceError, Value, no_grad
from nn import data
from nn.choice import count, real
from nn.steps import EagerStep

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from nn.compiled_step import CompiledStep
    from nn.losses import Loss
    from nn.optimizer import Optimizer

    Callback = Callable[[int, "History"], object]


class History:
    """What happened in training: lists that grow by one entry a step or an epoch.

    ``loss``, ``learning_rate`` and ``seconds`` have an entry for each step, and
    ``epoch_loss`` one for each epoch: the mean loss over its samples, each as it was
    when its batch was seen. A loss includes the ``l2`` term.
    """

    __slots__ = ("epoch_loss", "learning_rate", "loss", "seconds")

    def __init__(self) -> None:
        self.loss: list[float] = []
        self.epoch_loss: list[float] = []
        self.learning_rate: list[float] = []
        self.seconds: list[float] = []

    def __repr__(self) -> str:
        epochs, steps = len(self.epoch_loss), len(self.loss)
        if not epochs:
            return "History of 0 epochs"
        first, last = self.epoch_loss[0], self.epoch_loss[-1]
        return (
            f"History of {epochs} epochs, {steps} steps in {fsum(self.seconds):.3g} s: "
            f"loss {first:.4g} -> {last:.4g}"
        )


def fit(
    model: Any,
    X: Any,
    y: Any,
    loss: str | Loss = "mse",
    optimizer: str | Optimizer | Callable[..., Optimizer] = "sgd",
    *,
    lr: Any = None,
    epochs: int = 100,
    batch_size: int | None = None,
    l2: float = 0.0,
    clip_norm: float | None = None,
    shuffle: bool = True,
    seed: int = 0,
    progress: bool | None = None,
    callback: Callback | None = None,
    compile: bool | None = None,
) -> History:
    """Train the model's parameters in place on rows X and targets y.

    X holds n samples of equal length; y holds n numbers, classes (ints) or rows.
    ``loss`` is a name or a function of the predictions and targets of a batch;
    ``optimizer`` a name, a class, or an optimiser with its state. ``lr`` is a number or
    a schedule, by default the optimiser's own. Without ``batch_size`` each epoch is one
    step on all samples; with it, the samples are shuffled each epoch by a generator of
    the given seed. ``l2`` times the sum of the squared parameters is added to the loss.
    With ``clip_norm``, a gradient of a greater norm is scaled down to it.

    ``progress`` draws a bar with tqdm: None where it is installed, True always, False
    never. ``callback(epoch, history)`` is called after each epoch; what it returns is
    ignored. Interrupted by Ctrl-C, the parameters are those of the last whole step.

    The loss of one sample is compiled, with its gradient and the update, and runs on
    whole batches; where there is a C compiler, many steps are one call. Where it cannot
    be compiled, a warning names the line of the program that stands in the way, and
    training runs eagerly; ``compile=True`` makes that an error, ``compile=False`` asks
    for it.

    Unfit data is a ValueError or a TypeError that names the row. A loss or gradient
    that is not finite is a FloatingPointError that names epoch, batch and row, counted
    from 0; the parameters are left as they were before that step.

    >>> from nn import Layer
    >>> line = Layer(1, 1, "identity")
    >>> history = fit(line, [0, 1, 2], [1, 3, 5], lr=0.3, epochs=200, progress=False)
    >>> round(line(10.0).data, 3), len(history.loss)
    (21.0, 200)
    """
    rows, targets = data.pairs(X, y)
    clip = None if clip_norm is None else real("clip_norm", clip_norm)
    l2 = real("l2", l2)
    eager = EagerStep(model, rows, targets, loss, l2, optimizer, lr, clip)
    step = eager if compile is False else _compiled(eager, compile is True)
    n = len(rows)
    size = n if batch_size is None else min(count("batch_size", batch_size), n)
    total = count("epochs", epochs, least=0) * -(-n // size)
    batches = _batches(n, size, shuffle, seed)
    history, bar = History(), _ProgressBar(progress, total)
    losses: list[float] = []  # of this epoch, each with its share of the samples
    try:
        while len(history.loss) < total:
            done = len(history.loss)
            left = total - done
            if callback is not None:  # after each epoch
                left = -(-n // size) - len(losses)
            some = list(islice(batches, min(step.at_once, left)))
            values = _run(step, some, history, n, size)
            bar.step(len(values), values[-1])
            for batch, value in zip(some, values, strict=True):
                losses.append(value * (len(batch) / n))
                if len(losses) * size >= n:
                    history.epoch_loss.append(fsum(losses))
                    losses.clear()
                    if callback is not None:
                        step.write_back()
                        callback(len(history.epoch_loss) - 1, history)
                        step.read_back()
    finally:
        step.write_back()
        bar.close()
    return history


def _batches(n: int, size: int, shuffle: bool, seed: int) -> Iterator[Any]:
    """Give the row numbers of each batch, epoch after epoch, without end."""
    import numpy as np  # loads slowly

    rng, order = np.random.default_rng(seed), np.arange(n)
    while True:
        if shuffle and size < n:
            order = rng.permutation(n)
        yield from (order[start : start + size] for start in range(0, n, size))


def _run(
    step: EagerStep | CompiledStep,
    batches: list[Any],
    history: History,
    n: int,
    size: int,
) -> list[float]:
    """Make the steps, and put down what happened."""
    done, each = len(history.loss), -(-n // size)
    first = step.steps

    def place(k: int) -> str:
        epoch, batch = divmod(done + k, each)
        return f"epoch {epoch}, batch {batch}"

    rates = [step.optimizer.rate_at(first + k) for k in range(len(batches))]
    began = perf_counter()
    values = step(batches, rates, place)
    seconds = (perf_counter() - began) / len(values)
    history.seconds += [seconds] * len(values)
    history.learning_rate += rates
    history.loss += values
    return values


def _compiled(eager: EagerStep, must: bool) -> EagerStep | CompiledStep:
    from nn.compiled_step import CompiledStep  # loads NumPy

    try:
        return CompiledStep(eager)
    except TraceError as error:
        if must:
            raise
        warnings.warn(f"fit trains eagerly: {error}", RuntimeWarning, stacklevel=3)
        return eager


def predict(model: Callable[[Any], Any], X: Any) -> list[Any]:
    """Give the model's outputs for all rows of X as numbers, without keeping a graph.

    A list of n floats, or of n lists where the model has several outputs.

    >>> predict(lambda x: [2 * x[0], 1.0], [[1.0], [2.0]])
    [[2.0, 1.0], [4.0, 1.0]]
    """
    with no_grad():
        return [_numbers(model(row)) for row in data.samples(X)]


def _numbers(output: Any) -> Any:
    if isinstance(output, (list, tuple)):
        return [_numbers(x) for x in output]
    return output.data if isinstance(output, Value) else float(output)


class _ProgressBar:
    """A bar by tqdm, or nothing; the loss beside it changes ten times a second."""

    def __init__(self, progress: bool | None, steps: int) -> None:
        self._bar: Any = None
        self._shown, self._loss = 0.0, nan
        if progress is False:
            return
        try:
            from tqdm import tqdm
        except ImportError:
            if progress:
                raise ImportError(
                    "progress=True draws a bar with tqdm: pip install tqdm"
                ) from None
        else:
            self._bar = tqdm(total=steps, desc="fit", unit="step")

    def step(self, steps: int, loss: float) -> None:
        if self._bar is not None:
            now, self._loss = perf_counter(), loss
            if now - self._shown > 0.1:
                self._show()
                self._shown = now
            self._bar.update(steps)

    def _show(self) -> None:
        self._bar.set_postfix(loss=f"{self._loss:.4g}", refresh=False)

    def close(self) -> None:
        if self._bar is not None:
            self._show()
            self._bar.close()
