"""From arguments to arrays: shapes, checks, and errors that name the row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.nest import flatten

if TYPE_CHECKING:
    from collections.abc import Iterator

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

    def input_kinds(self) -> list[Any]:
        """Say of each number whether it is shared, or of a narrow or wide sample."""
        if self.parts:
            return [kind for part in self.parts for kind in part.input_kinds()]
        batched = "wide" if self.size >= _WIDE else "narrow"
        return [batched if self.batched else "shared"] * self.size

    def arrays(self, value: Any, dtype: Any) -> Iterator[Array]:
        """Yield the argument as arrays of (batch or 1) rows by numbers, all checked."""
        if not self.parts:
            yield self._array(value, dtype)
            return
        if not isinstance(value, (list, tuple)) or len(value) != len(self.parts):
            raise ValueError(
                f"{self.name}: expected a list or tuple of {len(self.parts)} parts, as "
                f"in the sample it was compiled for, got {value!r:.60}"
            )
        for part, entry in zip(self.parts, value):
            yield from part.arrays(entry, dtype)

    def _array(self, value: Any, dtype: Any) -> Array:
        try:
            array = np.asarray(value)
        except ValueError:
            array = np.asarray(value, dtype=object)
        if array.dtype.kind not in "fiub":
            raise self._misfit(value, array)
        axes = array.ndim - self.batched
        if axes < 0 or array.shape[self.batched :] != self.shape:
            raise ValueError(f"{self.name}: {self._expected()}, got {array.shape}")
        if self.batched and not len(array):
            raise ValueError(f"{self.name}: the batch is empty")
        array = np.ascontiguousarray(array, dtype=dtype)
        flat = array.reshape(-1)
        # One pass: the squares add up to a finite number only if all are finite (or
        # overflow, which the exact look then tells apart).
        if not np.isfinite(flat.dot(flat)) and not np.isfinite(flat).all():
            raise self._not_finite(array)
        return array.reshape(len(array) if self.batched else 1, self.size)

    def _expected(self) -> str:
        sample = f"{self.shape}" if self.shape else "one number"
        if self.batched:
            return (
                f"expected a batch of samples, each {sample}, as shape {self._full()}"
            )
        return f"expected {sample}, with no batch axis"

    def _full(self) -> str:
        return "(" + ", ".join(["batch", *map(str, self.shape or ())]) + ")"

    def _misfit(self, value: Any, array: Array) -> Exception:
        for path, x in _leaves(value, self.name):
            try:
                flatten(x)
            except TypeError as error:
                return TypeError(f"{path}: {error}")
        return ValueError(
            f"{self.name}: {self._expected()}, got rows of unequal length"
        )

    def _not_finite(self, array: Array) -> Exception:
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        row = f"row {place[0]}: " if self.batched else ""
        path = "".join(f"[{i}]" for i in place)
        return ValueError(f"{self.name}: {row}{self.name}{path} is {array[place]}")


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


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, (list, tuple)):
        for i, part in enumerate(value):
            yield from _leaves(part, f"{path}[{i}]")
    elif getattr(value, "ndim", 0):
        yield from _leaves(value.tolist(), path)
    else:
        yield path, value
