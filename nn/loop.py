"""The loop of training: steps, and what is done between them."""

from __future__ import annotations

import warnings
from itertools import islice
from math import fsum
from time import perf_counter

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable

    from nn.batches import Batches
    from nn.checkpoint import Checkpoint
    from nn.compiled_step import CompiledStep
    from nn.history import History
    from nn.progress import ProgressBar
    from nn.steps import EagerStep
    from nn.validation import Validation

    Callback = Callable[[int, History], object]


class Loop:
    """A run of training that may be interrupted, and may have begun earlier.

    What happened stands in ``history``, and nowhere else: how far the run is, which
    batch is next and whether to stop early all follow from it.
    """

    def __init__(
        self,
        step: EagerStep | CompiledStep,
        batches: Batches,
        epochs: int,
        history: History,
        callback: Callback | None,
        validation: Validation | None,
        checkpoint: Checkpoint | None,
    ) -> None:
        self._step, self._batches, self._history = step, batches, history
        self._total = epochs * batches.each
        self._callback, self._validation = callback, validation
        self._checkpoint = checkpoint
        self._stream = batches.after(len(history.loss))
        self._saved = len(history.loss)
        # So many epochs may be made in one call.
        self._pause = 0 if checkpoint is None else checkpoint.every
        if callback is not None or validation is not None:
            self._pause = 1

    def run(self, bar: ProgressBar) -> None:
        """Train; Ctrl-C ends it after the last whole step, with a warning."""
        try:
            try:
                while len(self._history.loss) < self._total and not self._is_over():
                    self._advance(bar)
                    self._end_epochs()
                self._finish()
            finally:
                self._step.write_back()
        except KeyboardInterrupt:
            self._history.interrupted = True
            self._end_early()
        finally:
            bar.close()
        if self._history.interrupted:
            self._warn()

    def _end_early(self) -> None:
        """Leave what the last whole step left, wherever Ctrl-C fell."""
        history = self._history
        history.cut(len(history.loss), len(history.epoch_loss))
        self._step.write_back()

    def _warn(self) -> None:
        history = self._history
        epoch, batch = divmod(len(history.loss), self._batches.each)
        warnings.warn(
            f"fit was interrupted before epoch {epoch}, batch {batch}: the model is as "
            f"its last whole step left it, after {len(history.loss)} steps",
            RuntimeWarning,
            stacklevel=4,  # the line that calls fit
        )

    def _advance(self, bar: ProgressBar) -> None:
        """Make some steps, as one call: all of them, or none where Ctrl-C falls."""
        step, history, each = self._step, self._history, self._batches.each
        done, first, before = len(history.loss), step.steps, step.position
        left = self._total - done
        if self._pause:
            left = min(left, self._pause * each - done % (self._pause * each))
        some = list(islice(self._stream, min(step.at_once, left)))
        rates = [step.optimizer.rate_at(first + k) for k in range(len(some))]

        def place(k: int) -> str:
            epoch, batch = divmod(done + k, each)
            return f"epoch {epoch}, batch {batch}"

        try:
            began = perf_counter()
            losses = step(some, rates, place)
            history.add_steps(losses, rates, (perf_counter() - began) / len(losses))
        except KeyboardInterrupt:
            step.position = before
            history.cut(done, len(history.epoch_loss))
            step.write_back()
            self._save()
            raise
        bar.step(len(losses), losses[-1])

    def _end_epochs(self) -> None:
        """Put down the epochs that are over, and do what is due at their ends."""
        history, each = self._history, self._batches.each
        while (epoch := len(history.epoch_loss)) < len(history.loss) // each:
            steps = range(epoch * each, (epoch + 1) * each)
            mean = fsum(history.loss[k] * self._batches.share(k) for k in steps)
            if self._pause == 1:
                self._step.write_back()
            self._measure(epoch)
            history.epoch_loss.append(mean)
            if self._callback is not None:
                self._callback(epoch, history)
                self._step.read_back()
            if (
                self._checkpoint is not None
                and (epoch + 1) % self._checkpoint.every == 0
            ):
                self._step.write_back()
                self._save()

    def _measure(self, epoch: int) -> None:
        validation, history = self._validation, self._history
        if validation is None:
            return
        loss, metrics = validation.measure()
        history.validation_loss.append(loss)
        for name, number in metrics.items():
            history.metrics.setdefault(name, []).append(number)
        if validation.patience is not None and history.best_epoch == epoch:
            validation.best = self._step.numbers

    def _is_over(self) -> bool:
        """Tell whether the validation loss has not fallen for too long."""
        validation, history = self._validation, self._history
        best = history.best_epoch
        if validation is None or validation.patience is None or best is None:
            return False
        patience: int = validation.patience
        return len(history.validation_loss) - 1 - best >= patience

    def _finish(self) -> None:
        if len(self._history.loss) > self._saved:
            self._step.write_back()
            self._save()
        if self._validation is not None and self._validation.best is not None:
            self._step.numbers = self._validation.best

    def _save(self) -> None:
        if self._checkpoint is not None:
            self._checkpoint.save(self._history)
            self._saved = len(self._history.loss)
