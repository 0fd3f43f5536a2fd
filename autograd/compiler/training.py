"""Training as one program: the loss of some samples, its gradient, and the update.

The update is a scalar rule, traced like any function: a parameter, its gradient, the
learning rate, the number t of the step (from 1) and state in; the new parameter and
state out. With a C compiler many steps are one call; else each step calls NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.compiler import TraceError
from autograd.compiler.program import Program

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd.compiler.c.train import NativeTraining
    from autograd.compiler.runner import Runner
    from autograd.value import Value

    Array = np.ndarray[Any, Any]
    Update = Callable[..., Sequence[Any]]


class Training:
    """Steps on samples that stay the same; made by ``Compiled.training``.

    ``numbers`` and ``state`` are arrays with an entry for each trained parameter, and
    ``steps`` counts the steps so far; they may be set between runs.
    """

    def __init__(
        self,
        runner: Runner,
        args: Sequence[Any],
        update: Update,
        parameters: Sequence[Value],
        states: int,
        clip: float | None,
    ) -> None:
        self._runner, self._update, self._clip = runner, update, clip
        self._samples, self.size = runner.arrays(args)
        self._theta = runner.read_theta()
        places = {p: i for i, p in enumerate(runner.program.parameters)}
        for p in parameters:  # what the loss does not depend on comes behind
            places.setdefault(p, len(places))
        self._places = np.array([places[p] for p in parameters], dtype=np.intp)
        self._used = np.flatnonzero(self._places < len(self._theta))
        self.numbers = np.array([p.data for p in parameters], runner.dtype)
        self.state = [np.zeros_like(self.numbers) for _ in range(states)]
        self.steps = 0
        self._native = self._build(states)

    def _build(self, states: int) -> NativeTraining | None:
        """Build the steps as C, where the runner does and the update can be traced."""
        if self._runner.native(True) is None:
            return None
        from autograd.compiler.c.train import NativeTraining

        def rule(*args: Any) -> list[Any]:
            return list(self._update(*args))

        flags = [True, True, False, False, *[True] * states]
        try:
            update = Program(rule, [1.0] * len(flags), flags)
        except TraceError:
            return None
        return NativeTraining(
            self._runner.program.plan(True),
            update.plan(False),
            self._samples,
            self._places,
            self._clip,
        )

    def run(self, order: Any, sizes: Sequence[int], rates: Sequence[float]) -> Array:
        """Make a step for each size: on the next so many samples that order lists.

        Without an order (None) each step is on the first samples as they are. Gives the
        loss before each step. Where a step goes wrong, the losses end before it, and so
        do the moves; ``step`` on the same samples raises what is wrong.
        """
        if self._native is None:
            return self._run_steps(order, sizes, rates)
        given = (order, np.asarray(sizes), np.asarray(rates))
        self._theta[self._places[self._used]] = self.numbers[self._used]
        arrays = self._theta, self.numbers, self.state
        losses = self._native.run(*arrays, *given, self.steps)
        whole = len(losses)
        if whole < len(sizes) and whole:  # then nothing moved: again, as far as it went
            given = (order, given[1][:whole], given[2][:whole])
            losses = self._native.run(*arrays, *given, self.steps)
        self.steps += whole
        return losses

    def _run_steps(
        self, order: Any, sizes: Sequence[int], rates: Sequence[float]
    ) -> Array:
        losses, start = list[float](), 0
        for size, rate in zip(sizes, rates):
            chosen = slice(0, size) if order is None else order[start : start + size]
            start += size
            try:
                losses.append(self.step(chosen, rate))
            except FloatingPointError:
                break
        return np.array(losses)

    def step(self, chosen: Any, rate: float) -> float:
        """Make one step on the chosen samples, by NumPy; give the loss before it.

        What is not finite is a FloatingPointError; then nothing moves.
        """
        self._theta[self._places[self._used]] = self.numbers[self._used]
        batched = self._runner.program.batched
        samples = [x[chosen] if b else x for x, b in zip(self._samples, batched)]
        with np.errstate(all="ignore"):
            value, slopes = self._runner.gradient_of(samples, self._theta)
            gradient = np.zeros_like(self.numbers)
            gradient[self._used] = slopes[self._places[self._used]]
            if self._clip is not None:
                norm = float(np.sqrt(gradient.dot(gradient)))
                gradient *= min(1.0, self._clip / (norm + 1e-6))
            numbers, *state = self._update(
                self.numbers, gradient, rate, self.steps + 1, *self.state
            )
        if not np.isfinite(numbers).all():
            number = int(np.argmin(np.isfinite(numbers)))
            raise UpdateError(number)
        self.numbers, self.state = numbers, state
        self.steps += 1
        return value


class UpdateError(FloatingPointError):
    """The update of a parameter overflows; ``number`` says of which one."""

    def __init__(self, number: int) -> None:
        super().__init__(f"the update of parameter {number} overflows")
        self.number = number
