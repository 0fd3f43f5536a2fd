"""The arrays of a running plan, and operands as views of them.

``shared`` holds a number per shared node, ``rows`` a row of numbers per batched node.
Wide inputs are not transposed into rows: ``wide`` has a line per sample, as they come.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from autograd.compiler.instructions import regular

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.compiler.instructions import Places
    from autograd.compiler.roll import Plan

    Array = np.ndarray[Any, Any]
    Calls = list[Callable[[], Any]]


class Arenas:
    """Arrays for one plan and one batch size, and the list of calls that fill them."""

    def __init__(self, plan: Plan, batch: int, dtype: Any) -> None:
        self.plan, self.batch, self.dtype = plan, batch, dtype
        self.shared: Array = np.zeros((plan.sizes[0], 1), dtype)
        self.wide: Array = np.zeros((batch, plan.wide), dtype)
        self.rows: Array = np.zeros((plan.sizes[1] - plan.wide, batch), dtype)
        self.calls: Calls = []
        self._scratch: dict[int, Array] = {}
        for place, constant in plan.constants.items():
            self.shared[place] = constant
        for place in plan.ones:
            self.read(True, np.array([place]))[...] = 1.0
        self.theta = self.shared[plan.parameters, 0]
        self._inputs = [self._input(batched, *at) for batched, *at in plan.arguments]

    def _input(self, batched: bool, start: int, count: int) -> tuple[bool, Array]:
        """Give the places of one array of inputs, a line per sample."""
        if batched and start < self.plan.wide:
            return True, self.wide[:, start : start + count]
        return batched, self.out(batched, start, count).T

    def fill(self, arrays: list[Array], part: slice) -> None:
        """Copy the inputs in; ``part`` is the part of the batch to take."""
        for (batched, target), array in zip(self._inputs, arrays):
            if batched and len(array) != self.batch:
                array = array[part]
            target[...] = array

    def out(self, batched: bool, start: int, count: int) -> Array:
        """Give consecutive places to write to."""
        if not batched:
            numbers: Array = self.shared[start : start + count]
            return numbers
        rows: Array = self.rows[start - self.plan.wide :][:count]
        return rows

    def read(self, batched: bool, places: Places, slot: int = 0) -> Array:
        """Give the nodes at places; the last axis of the array is that of samples.

        The array is a view where places are regular; else it is scratch memory number
        ``slot``, which a call fills on each run.
        """
        if not batched:
            return self._from(self.shared, places, slot)
        is_wide = places < self.plan.wide
        if is_wide.all():
            return self._from(self.wide.T, places, slot)
        if not is_wide.any():
            return self._from(self.rows, places - self.plan.wide, slot)
        copy = self.temporary((*places.shape, self.batch), slot)
        flat, numbers = copy.reshape(-1, self.batch), places.ravel()
        for arena, chosen, first in (
            (self.wide.T, is_wide.ravel(), 0),
            (self.rows, ~is_wide.ravel(), self.plan.wide),
        ):
            at, source = np.flatnonzero(chosen), numbers[chosen] - first
            self.calls.append(partial(_copy_rows, flat, at, arena, source))
        return copy

    def _from(self, arena: Array, places: Places, slot: int) -> Array:
        shape = (*places.shape, arena.shape[1])
        if places.size == 1:
            start = int(places.flat[0])
            return arena[start : start + 1].reshape(shape)
        steps = regular(places)
        if steps is not None:
            row, number = arena.strides
            strides = (*(step * row for step in steps), number)
            return as_strided(arena[int(places.flat[0]) :], shape, strides)
        copy = self.temporary(shape, slot)
        flat, numbers = copy.reshape(-1, arena.shape[1]), places.ravel()
        take = partial(np.take, arena, numbers, axis=0, out=flat, mode="clip")
        self.calls.append(take)
        return copy

    def temporary(self, shape: tuple[int, ...], slot: int) -> Array:
        """Give scratch memory; what one slot holds is lost at its next use."""
        size = int(np.prod(shape))
        buffer = self._scratch.get(slot)
        if buffer is None or buffer.size < size:
            buffer = self._scratch[slot] = np.empty(size, self.dtype)
        return buffer[:size].reshape(shape)


def _copy_rows(to: Array, at: Places, arena: Array, source: Places) -> None:
    to[at] = arena[source]
