"""Calling the C function that runs steps of training."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.compiler.c.build import function
from autograd.compiler.c.run import Space, pointers
from autograd.compiler.c.training_file import training_file

if TYPE_CHECKING:
    from autograd.compiler.roll import Plan

    Array = np.ndarray[Any, Any]

_LONG = np.dtype(ctypes.c_long)


class NativeTraining:
    """Steps of training in C, on samples that stay the same.

    ``places`` says of each trained number where it stands among the parameters of the
    loss; places beyond them are of numbers that the loss does not depend on.
    """

    def __init__(
        self,
        loss: Plan,
        update: Plan,
        samples: list[Array],
        places: Array,
        clip: float | None,
        dtype: Any,
    ) -> None:
        real = "float" if dtype == np.dtype("float32") else "double"
        self.file = training_file(loss, update, real, clip is not None)
        first, second = self.file.sections
        parameters = loss.parameters.stop
        free = int((places >= parameters).sum())
        self._space = Space(first, self.file.tile, dtype, free)
        self._update_space = Space(second, self.file.tile, dtype)
        self._gradient = np.zeros(parameters + free, dtype)
        beyond = len(self._space.numbers) - free - parameters
        # Where each trained number stands in s, and the runs of consecutive ones.
        at = np.where(places < parameters, places, places + beyond)
        order = np.argsort(at, kind="stable")
        self._runs = _runs(at[order], places[order])
        self._order, self._at = as_slice(order), as_slice(at[order])
        self._back = as_slice(np.argsort(order))
        self._samples, self._clip = samples, clip or 0.0
        self._inputs = pointers(samples)
        self._train = function(self.file.text, "train")
        self._train.restype = ctypes.c_long
        self._train.argtypes = [
            *[ctypes.c_void_p] * 12, ctypes.c_long, ctypes.c_long, ctypes.c_void_p,
            ctypes.c_long, ctypes.c_void_p, ctypes.c_double, *[ctypes.c_void_p] * 2,
        ]  # fmt: skip

    def run(
        self,
        theta: Array,
        numbers: Array,
        state: list[Array],
        order: Array | None,
        sizes: Array,
        rates: Array,
        done: int,
    ) -> tuple[Array, Array, list[Array]]:
        """Give the losses of so many steps, and numbers and state after them.

        Where a step goes wrong, the losses end before it; then the rest means nothing.
        """
        space, steps = self._space, len(sizes)
        space.theta[:] = theta
        space.numbers[self._at] = numbers[self._order]
        dtype = space.numbers.dtype
        moved = [np.array(column[self._order], dtype) for column in state]
        count = np.ascontiguousarray(sizes, _LONG)
        first = np.zeros_like(count)
        if order is not None:
            order = np.ascontiguousarray(order, _LONG)
            np.cumsum(count[:-1], out=first[1:])
        rate = np.ascontiguousarray(rates, dtype)
        losses = np.empty(steps)
        whole = self._train(
            *space.pointers, *self._update_space.pointers[:2], self._inputs,
            None if order is None else order.ctypes.data, first.ctypes.data,
            count.ctypes.data, rate.ctypes.data, steps, done, self._runs.ctypes.data,
            len(self._runs), pointers(moved), self._clip, self._gradient.ctypes.data,
            losses.ctypes.data,
        )  # fmt: skip
        back = self._back
        after = np.array(space.numbers[self._at])[back]
        return losses[:whole], after, [column[back] for column in moved]


def as_slice(places: Array) -> Any:
    """Give places as a slice where they are consecutive: NumPy copies those faster."""
    if len(places) and (np.diff(places) == 1).all():
        return slice(int(places[0]), int(places[-1]) + 1)
    return places


def _runs(at: Array, gradient: Array) -> Array:
    """Give (place in s, in the gradient, in the state, count) of consecutive places."""
    cuts = np.flatnonzero((np.diff(at) != 1) | (np.diff(gradient) != 1)) + 1
    starts = np.concatenate([[0], cuts])
    counts = np.diff(np.concatenate([starts, [len(at)]]))
    columns = [at[starts], gradient[starts], starts, counts]
    return np.ascontiguousarray(np.stack(columns, axis=1), _LONG)
