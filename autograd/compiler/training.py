"""Training as one program: the loss of some samples, its gradient, and the update.

The update is a scalar rule, traced like any function: a parameter, its gradient, the
learning rate, the number t of the step (from 1) and state in; the new parameter and
state out. With a C compiler many steps are one call; else each step calls NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.arguments import real, whole
from autograd.compiler import TraceError
from autograd.compiler.arrays import flat_numbers
from autograd.compiler.c.train import NativeTraining, as_slice
from autograd.compiler.program import Program
from autograd.compiler.training_arguments import (
    check_update,
    checked_clip,
    checked_parameters,
)
from autograd.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd.compiler.runner import Runner

    Array = np.ndarray[Any, Any]
    Update = Callable[..., Sequence[Any]]


class Training:
    """Steps on samples that stay the same; made by ``Compiled.training``.

    ``position`` is where training stands: an array with a number for each trained
    parameter, a list of such arrays for the state, and the count of steps so far. It is
    one attribute, so that an interruption leaves it whole; it may be set between runs.
    """

    _position: tuple[Array, list[Array], int]

    def __init__(
        self,
        runner: Runner,
        args: Sequence[Any],
        update: Update,
        parameters: Sequence[Value],
        states: int,
        clip: float | None,
    ) -> None:
        self._runner, self._update = runner, update
        self._samples, self.size = runner.arrays(args)
        self._theta = runner.read_theta()
        parameters = checked_parameters(parameters)
        check_update(update, whole("states", states, least=0))
        self._clip = None if clip is None else checked_clip(clip)
        places = {p: i for i, p in enumerate(runner.program.parameters)}
        for p in parameters:  # what the loss does not depend on comes behind
            places.setdefault(p, len(places))
        self._places = np.array([places[p] for p in parameters], dtype=np.intp)
        self._used = np.flatnonzero(self._places < len(self._theta))
        self._from, self._to = as_slice(self._used), as_slice(self._places[self._used])
        numbers = np.array([p.data for p in parameters], runner.dtype)
        state = [np.zeros_like(numbers) for _ in range(states)]
        self._position = (numbers, state, 0)
        runner.program.plan(True)  # now, not in the first step
        self._native = self._build(states)

    def _build(self, states: int) -> NativeTraining | None:
        """Build the steps as C, where the runner does and the update can be traced."""
        flags = [True, True, False, False, *[True] * states]
        try:
            update = Program(self._moved, [1.0] * len(flags), flags)
        except TraceError:
            return None  # then the rule is called with arrays
        if update.parameters or len(update.roots) != 1 + states:
            raise TypeError(
                f"update(x, g, lr, t, *state) gives the new x and {states} of state, "
                f"and captures no Value; this one gives {len(update.roots)} numbers "
                f"and captures {len(update.parameters)} Values"
            )
        runner = self._runner
        return runner.natives.attempt(
            lambda: NativeTraining(
                runner.program.plan(True),
                update.plan(False),
                self._samples,
                self._places,
                self._clip,
                runner.dtype,
            )
        )

    def run(self, order: Any, sizes: Sequence[int], rates: Sequence[float]) -> Array:
        """Make a step for each size: on the next so many samples that order lists.

        Without an order (None) each step is on the first samples as they are. Gives the
        loss before each step. Where a step goes wrong, the losses end before it, and so
        do the moves; ``step`` on the same samples raises what is wrong.
        """
        if not len(sizes):
            return np.empty(0)
        order, count, rate = self._checked(order, sizes, rates)
        if self._native is None:
            return self._run_steps(order, count, rate)
        numbers, state, steps = self.position
        theta = self._current_theta()
        before = theta, numbers, state, order
        losses, numbers, state = self._native.run(*before, count, rate, steps)
        whole = len(losses)
        if whole < len(count):  # then again, as far as it went well
            count, rate = count[:whole], rate[:whole]
            losses, numbers, state = self._native.run(*before, count, rate, steps)
        self._position = numbers, state, steps + whole
        return losses

    def _checked(
        self, order: Any, sizes: Any, rates: Any
    ) -> tuple[Array | None, Array, Array]:
        count = flat_numbers("sizes", sizes, "a list of whole numbers from 1 on")
        rate = flat_numbers("rates", rates, "a list of numbers").astype(float)
        if count.dtype.kind not in "iu" or (count < 1).any():
            raise ValueError(f"sizes are whole numbers from 1 on, got {sizes!r:.60}")
        if rate.shape != count.shape:
            raise ValueError(f"there are {len(count)} steps, but {rate.size} rates")
        if order is None:
            if (count > self.size).any():
                raise ValueError(
                    f"there are {self.size} samples, fewer than {count.max()}"
                )
            return None, count, rate
        order = flat_numbers("order", order, "a list of numbers of samples, or None")
        if order.shape != (count.sum(),) or order.dtype.kind not in "iu":
            raise ValueError(
                f"order lists the numbers of {count.sum()} samples, got "
                f"{order.dtype} of shape {order.shape}"
            )
        self._check_within("order", order)
        return order, count, rate

    def _check_within(self, what: str, rows: Array) -> None:
        if (rows < 0).any() or (rows >= self.size).any():
            raise ValueError(f"{what} has numbers beyond the {self.size} samples")

    def _run_steps(self, order: Array | None, sizes: Array, rates: Array) -> Array:
        losses, start = list[float](), 0
        for size, rate in zip(sizes, rates):
            chosen = slice(0, size) if order is None else order[start : start + size]
            start += size
            try:
                losses.append(self._step(chosen, rate))
            except FloatingPointError:
                break
        return np.array(losses)

    def step(self, chosen: Any, rate: float) -> float:
        """Make one step on the chosen samples, by NumPy; give the loss before it.

        ``chosen`` lists their numbers. What is not finite is a FloatingPointError; then
        nothing moves.
        """
        rows = flat_numbers("chosen", chosen, "a list of the numbers of samples")
        if not rows.size or rows.dtype.kind not in "iu":
            raise ValueError(
                f"chosen lists the numbers of some samples, got {chosen!r:.60}"
            )
        self._check_within("chosen", rows)
        return self._step(rows, real("rate", rate))

    def _step(self, chosen: Any, rate: float) -> float:
        numbers, state, steps = self.position
        batched = self._runner.program.batched
        samples = [x[chosen] if b else x for x, b in zip(self._samples, batched)]
        with np.errstate(all="ignore"):
            value, slopes = self._runner.gradient_of(samples, self._current_theta())
            gradient = np.zeros_like(numbers)
            gradient[self._used] = slopes[self._places[self._used]]
            if self._clip is not None:
                norm = float(np.linalg.norm(gradient.astype(float)))
                gradient *= min(1.0, self._clip / (norm + 1e-6))
            given = numbers, gradient, float(rate), steps + 1
            numbers, *state = self._moved(*given, *state)
        if not np.isfinite(numbers).all():
            raise UpdateError(int(np.argmin(np.isfinite(numbers))))
        self._position = (numbers, state, steps + 1)
        return value

    def _moved(self, *args: Any) -> list[Any]:
        """Give what the rule makes of x, g, lr, t and state: the new x and state."""
        moved, wanted = self._update(*args), len(args) - 3
        if not isinstance(moved, (list, tuple)) or len(moved) != wanted:
            raise TypeError(
                "update(x, g, lr, t, *state) gives a list of the new x and "
                f"{wanted - 1} of state, got {moved!r:.60}"
            )
        return list(moved)

    @property
    def position(self) -> tuple[Array, list[Array], int]:
        """Where training stands: the parameters, the state and the count of steps."""
        return self._position

    @position.setter
    def position(self, position: tuple[Array, list[Array], int]) -> None:
        x, state, _ = self._position
        wanted = (
            f"position is (an array of {len(x)} numbers, a list of {len(state)} such "
            "arrays, the count of steps)"
        )
        try:
            numbers, columns, steps = position
            arrays = [np.asarray(column, float) for column in (numbers, *columns)]
        except (TypeError, ValueError):
            raise TypeError(f"{wanted}, got {position!r:.60}") from None
        if len(arrays) != 1 + len(state) or {a.shape for a in arrays} != {x.shape}:
            raise ValueError(f"{wanted}, got {position!r:.60}")
        self._position = arrays[0], arrays[1:], whole("steps", steps, least=0)

    def read_parameters(self) -> None:
        """Read anew the parameters of the loss that are not trained."""
        self._theta = self._runner.read_theta()

    def _current_theta(self) -> Array:
        """Give the parameters of the loss, the trained ones where they stand now."""
        self._theta[self._to] = self.position[0][self._from]
        return self._theta


class UpdateError(FloatingPointError):
    """The update of a parameter overflows; ``number`` says of which one."""

    def __init__(self, number: int) -> None:
        super().__init__(f"the update of parameter {number} overflows")
        self.number = number
