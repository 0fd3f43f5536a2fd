"""From arguments to arrays: shapes, checks, and errors that name the row."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.nest import flatten, rebuild
from autograd.value import Value

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]


_WIDE = 32  # numbers in a sample from which on it is not worth to transpose the batch


class Argument:
    """One argument of a compiled function: the shape of a sample, batched or not.

    A rectangular nest of numbers is one array. Any other nest is a list or a tuple of
    parts, each an argument of its own.
    """

    def __init__(self, name: str, like: Any, batched: bool) -> None:
        self.name, self.batched = name, batched
        self.size = len(flatten(like))
        self.parts: list[Argument] = []
        self.shape = shape_of(like)
        if self.shape is None:
            self.parts = [
                Argument(f"{name}[{i}]", part, batched) for i, part in enumerate(like)
            ]

    def input_kinds(self) -> list[tuple[Any, int]]:
        """Say of each array whether it is shared, narrow or wide, and its size."""
        if self.parts:
            return [kind for part in self.parts for kind in part.input_kinds()]
        batched = "wide" if self.size >= _WIDE else "narrow"
        return [(batched if self.batched else "shared", self.size)]

    def batch_of(self, sample: Any) -> Any:
        """Give the argument for a batch of this one sample."""
        if self.parts:
            return [part.batch_of(x) for part, x in zip(self.parts, sample)]
        return [sample] if self.batched else sample

    def arrays(self, value: Any, dtype: Any) -> list[Array]:
        """Give the argument as arrays of (batch or 1) rows by numbers, all checked."""
        if not self.parts:
            return [self._array(value, dtype)]
        if not isinstance(value, (list, tuple)) or len(value) != len(self.parts):
            raise ValueError(
                f"{self.name}: expected a list or tuple of {len(self.parts)} parts, as "
                f"in the sample it was compiled for, got {value!r:.60}"
            )
        return [
            array
            for part, entry in zip(self.parts, value)
            for array in part.arrays(entry, dtype)
        ]

    def _array(self, value: Any, dtype: Any) -> Array:
        array = np.asarray(value) if hasattr(value, "dtype") else self._from_nest(value)
        if array.dtype != dtype and array.dtype.kind not in "fiub":
            array = self._from_nest(array.tolist())
        shape = array.shape
        if len(shape) < self.batched or shape[self.batched :] != self.shape:
            raise ValueError(f"{self.name}: {self._expected()}, got {shape}")
        if self.batched and not shape[0]:
            raise ValueError(f"{self.name}: the batch is empty")
        array = np.ascontiguousarray(array, dtype).reshape(-1)
        # One pass: the squares add up to a finite number only if all are finite (or
        # overflow, which the exact look then tells apart).
        if not isfinite(array.dot(array)) and not np.isfinite(array).all():
            raise self._not_finite(array.reshape(shape))
        return array.reshape(shape[0] if self.batched else 1, self.size)

    def _from_nest(self, value: Any) -> Array:
        try:
            array = np.asarray(value)
            if array.dtype.kind in "fiub":
                return array
        except ValueError:
            pass  # ragged, or no numbers: flatten tells which
        leaves = flatten(value, self.name)
        for path, x in leaves:
            if isinstance(x, Value):
                raise TypeError(f"{path} is a Value; pass its number, v.data")
        try:
            return np.asarray(rebuild(value, [x for _, x in leaves]))
        except ValueError:
            raise ValueError(
                f"{self.name}: {self._expected()}, got rows of unequal length"
            ) from None

    def _expected(self) -> str:
        sample = f"{self.shape}" if self.shape else "one number"
        if self.batched:
            return (
                f"expected a batch of samples, each {sample}, as shape {self._full()}"
            )
        return f"expected {sample}, with no batch axis"

    def _full(self) -> str:
        return "(" + ", ".join(["batch", *map(str, self.shape or ())]) + ")"

    def _not_finite(self, array: Array) -> Exception:
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        row = f"row {place[0]}: " if self.batched else ""
        path = "".join(f"[{i}]" for i in place)
        return ValueError(f"{self.name}: {row}{self.name}{path} is {array[place]}")


def flat_numbers(what: str, given: Any, expected: str) -> Array:
    """Give a flat array of numbers; what else was given is an error in these words."""
    try:
        array = np.asarray(given)
    except ValueError:  # ragged
        array = np.asarray(None)
    if array.size and array.dtype.kind not in "fiub":
        raise TypeError(f"{what}: expected {expected}, got {given!r:.60}")
    if array.ndim != 1:
        raise ValueError(f"{what} has shape {array.shape}, expected {expected}")
    return array


def shape_of(nest: Any) -> tuple[int, ...] | None:
    """Give the shape of a nest of numbers, None where it is not rectangular."""
    if hasattr(nest, "shape"):
        return tuple(nest.shape)
    if not isinstance(nest, (list, tuple)):
        return ()
    shapes = {shape_of(part) for part in nest}
    if len(shapes) > 1 or None in shapes:
        return None
    return (len(nest), *(shapes.pop() if shapes else ()))  # type: ignore[misc]
