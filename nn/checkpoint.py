"""Checkpoints: a run of ``fit`` in a file, from which it can go on."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from nn import store
from nn.choice import count, name_of, numbers
from nn.contents import restore, sections
from nn.history import History

if TYPE_CHECKING:
    from nn.batches import Batches
    from nn.steps import EagerStep
    from nn.validation import Validation


class Checkpoint:
    """A file that ``nn.load`` can read, and that also describes the run.

    The description holds what the numbers of a run follow from: data, batches, loss,
    optimiser. A run goes on from a file of its own description only.
    """

    def __init__(
        self,
        path: Any,
        every: int,
        eager: EagerStep,
        batches: Batches,
        validation: Validation | None,
    ) -> None:
        self.path, self.every = store.path_of(path), every
        self._eager, self._each = eager, batches.each
        self._validation = validation
        self._run = _description(eager, batches, validation)
        folder = os.path.dirname(os.path.realpath(self.path))
        if not os.path.isdir(folder):
            raise FileNotFoundError(f"there is no folder {folder!r}")

    def resume(self) -> History:
        """Take up what the file says, and give its history; no file: an empty one."""
        history, eager = History(), self._eager
        if os.path.lexists(self.path):
            given = eager.model, eager.optimizer, history
            training = restore(self.path, *given, check=self._check)
            if self._validation is not None:
                self._validation.best = training["best"]
        return history

    def save(self, history: History) -> None:
        """Write where the run stands."""
        eager, watched = self._eager, self._validation
        best = None if watched is None else watched.best
        found = sections(eager.model, eager.optimizer, history)
        found["training"] = {"run": self._run, "best": best}
        store.write(self.path, found)

    def _check(self, training: dict[str, Any], history: History) -> None:
        """Check that the file is of this run, before anything is set."""
        run = training.get("run")
        if set(training) != {"run", "best"} or type(run) is not dict:
            raise ValueError("training must hold run and best")
        faults = [
            f"{name} is {run.get(name)!r:.60} there and {here!r:.60} here"
            for name, here in self._run.items()
            if run.get(name) != here
        ]
        if faults:
            raise ValueError(
                f"it is of another run: {'; '.join(faults)}. Resume with the options "
                "of that run; or take the parameters by nn.load, and train anew"
            )
        epochs = len(history.loss) // self._each
        watched, known = self._validation, len(history.validation_loss)
        metrics = [] if watched is None or not epochs else list(watched.metrics)
        if (
            len(history.epoch_loss) != epochs
            or known != (0 if watched is None else epochs)
            or list(history.metrics) != metrics
        ):
            raise ValueError("its history does not fit this run")
        if self._run["early_stopping"] and epochs:
            numbers("best", training["best"], len(self._eager.optimizer.parameters))
        elif training["best"] is not None:
            raise ValueError("best must be null")


def _description(
    eager: EagerStep, batches: Batches, validation: Validation | None
) -> dict[str, Any]:
    """Say what the numbers of a run follow from, as JSON gives it back."""
    optimizer = eager.optimizer
    settings = {
        name: value
        for name, value in vars(optimizer).items()
        if type(value) in (int, float, bool) and name not in ("steps", "_lr")
    }
    run = {
        "data": _checksum(eager.rows, eager.targets),
        "rows": batches.n,
        "batch_size": batches.size,
        "shuffle": batches.shuffle,
        "seed": count("seed", batches.seed, least=0),
        "loss": name_of(eager.mean_loss),
        "l2": eager.l2,
        "clip_norm": eager.clip,
        "optimizer": type(optimizer).__name__,
        "settings": settings,
        "lr": "a schedule" if callable(optimizer.lr) else optimizer.lr,
        "validation": None,
        "metrics": [],
        "early_stopping": False,
    }
    if validation is not None:
        run["validation"] = _checksum(validation.rows, validation.targets)
        run["metrics"] = list(validation.metrics)
        run["early_stopping"] = validation.patience is not None
    described: dict[str, Any] = json.loads(json.dumps(run))
    return described


def _checksum(rows: Any, targets: Any) -> str:
    """Tell data apart: other numbers have, all but surely, another checksum."""
    columns = [np.asarray(x, dtype="<f8").tobytes() for x in (rows, targets)]
    return f"{crc32(columns[1], crc32(columns[0])):08x}"
