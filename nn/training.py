"""Training a model on samples.

for each epoch, for each batch:
    loss = mean of the losses of the samples + l2 * sum of squared parameters
    zero the gradients; backward; let the optimiser move the parameters
"""

from __future__ import annotations

import warnings

from autograd import TraceError
from autograd.arguments import flag, function
from nn import data
from nn.batches import Batches
from nn.choice import count, real
from nn.history import History
from nn.loop import Loop
from nn.progress import ProgressBar
from nn.steps import EagerStep
from nn.validation import Validation

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence
    from typing import Any

    from nn.compiled_step import CompiledStep
    from nn.loop import Callback
    from nn.losses import Loss
    from nn.metrics import Metric
    from nn.optimizer import Optimizer


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
    validation: tuple[Any, Any] | None = None,
    metrics: str | Metric | Sequence[str | Metric] = (),
    patience: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    every: int = 1,
    resume: bool = False,
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

    After each epoch the loss on ``validation``, a pair (X, y), is measured, and so are
    ``metrics``: "accuracy", "f1" (see ``nn.metrics``), and functions of all predictions
    and targets. When the validation loss has not fallen for ``patience`` epochs,
    training stops; however it comes to its end, the parameters are then those of the
    best epoch. ``callback(epoch, history)`` is called after each epoch; what it returns
    is ignored. ``progress`` draws a bar with tqdm: None where it is installed, True
    always, False never.

    With a path as ``checkpoint``, the run is written to that file after ``every`` so
    many epochs (some milliseconds each time), and at the end. With ``resume=True`` it
    goes on from that file where it is there, bit for bit as if it had never stopped;
    another run than that of the file is a ValueError. Ctrl-C gives a warning and the
    history so far; the parameters are those of the last whole step, which is written,
    too, and ``history.interrupted`` is true.

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
    shuffle, resume = flag("shuffle", shuffle), flag("resume", resume)
    compile = None if compile is None else flag("compile", compile)
    progress = None if progress is None else flag("progress", progress)
    seed, every = count("seed", seed, least=0), count("every", every)
    if callback is not None:
        function("callback=", callback)
    rows, targets = data.pairs(X, y)
    clip = None if clip_norm is None else real("clip_norm", clip_norm)
    l2, n, epochs = real("l2", l2), len(rows), count("epochs", epochs, least=0)
    size = n if batch_size is None else min(count("batch_size", batch_size), n)
    eager = EagerStep(model, rows, targets, loss, l2, optimizer, lr, clip)
    batches = Batches(n, size, shuffle, seed)
    watch = _validation(eager, validation, metrics, patience)
    keep = None
    if checkpoint is not None:
        from nn.checkpoint import Checkpoint  # loads NumPy and json

        keep = Checkpoint(checkpoint, every, eager, batches, watch)
    elif resume:
        raise ValueError("resume=True goes on from a file: give checkpoint=path")
    history = keep.resume() if keep is not None and resume else History()
    step = eager if compile is False else _compiled(eager, compile is True)
    if watch is not None:
        if step is not eager:
            watch.compile()
        watch.measure()  # what does not fit is an error before the first step
    bar = ProgressBar(progress, epochs * batches.each, len(history.loss))
    Loop(step, batches, epochs, history, callback, watch, keep).run(bar)
    return history


def _validation(
    eager: EagerStep, given: Any, metrics: Any, patience: int | None
) -> Validation | None:
    if given is not None:
        patience = None if patience is None else count("patience", patience)
        return Validation(eager, given, metrics, patience)
    if patience is not None or metrics:
        name = "metrics are" if patience is None else "patience is"
        raise ValueError(
            f"{name} about the validation data: give validation=(X, y) beside X and y"
        )
    return None


def _compiled(eager: EagerStep, must: bool) -> EagerStep | CompiledStep:
    from nn.compiled_step import CompiledStep  # loads NumPy

    try:
        return CompiledStep(eager)
    except TraceError as error:
        if must:
            raise
        warnings.warn(f"fit trains eagerly: {error}", RuntimeWarning, stacklevel=3)
        return eager
