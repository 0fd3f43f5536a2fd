"""The instructions of a rolled plan, and the places that they read and write.

There are two arenas of numbers. The shared arena holds one number per shared node:
constants, parameters, inputs without a batch axis, and results. The batched arena holds
a row per batched node: inputs, and results. An instruction fills consecutive places of
an arena; it names its operands by arrays of places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from autograd.operation import Primitive

    Places = NDArray[np.intp]
    InputKind = Literal["shared", "narrow", "wide"]


class Elementwise:
    """out[i] = op(args[0][i], args[1][i], ...); each arg is (batched, places)."""

    def __init__(
        self, op: Primitive, batched: bool, start: int, args: list[tuple[bool, Places]]
    ) -> None:
        self.op, self.batched, self.start, self.args = op, batched, start, args
        self.count = len(args[0][1])


class Product:
    """out[s, i] = sum over t: matrix[s, i, t] * operand[s, t]: stacked matrix products.

    ``matrix`` are places of the shared arena, ``operand`` of the sum's own. Where it is
    ``biased``, the last column is a bias, and meets a row of ones.
    """

    def __init__(
        self, start: int, matrix: Places, operand: Places, biased: bool = False
    ) -> None:
        self.start, self.matrix, self.operand = start, matrix, operand
        self.biased = biased
        self.count = matrix.shape[0] * matrix.shape[1]


class Sum:
    """out = bias + sum of plus - sum of minus + products of rows + matrix products.

    ``bias``, and the entries of ``plus`` and ``minus``, are arrays of places, one for
    each row; ``products`` has (coefficients or None, places, places).
    """

    def __init__(self, batched: bool, start: int, count: int) -> None:
        self.batched, self.start, self.count = batched, start, count
        self.bias: Places | None = None
        self.plus: list[Places] = []
        self.minus: list[Places] = []
        self.products: list[tuple[NDArray[Any] | None, Places, Places]] = []
        self.matrices: list[Product] = []


class Contraction:
    """gradient[to[i, j]] += sum over s, batch: c[i, j] * left[s, i] * right[s, j]."""

    def __init__(
        self, to: Places, factors: NDArray[Any], left: Places, right: Places
    ) -> None:
        self.to, self.factors, self.left, self.right = to, factors, left, right


class BatchSum:
    """gradient[to[i]] += factor[i] * sum over the batch of rows[i]; factors are shared.

    With ``times`` it is the sum of rows[i] * times[i].
    """

    def __init__(
        self, to: Places, factors: Places, rows: Places, times: Places | None = None
    ) -> None:
        self.to, self.factors, self.rows, self.times = to, factors, rows, times


def places(numbers: Iterable[int]) -> Places:
    """Give places as an array."""
    return np.array(list(numbers), dtype=np.intp)


def regular(places: Places) -> tuple[int, ...] | None:
    """Give the step along each axis if places is an affine function of its indices."""
    origin = (0,) * places.ndim
    steps = []
    grid: Any = places[origin]
    for axis, size in enumerate(places.shape):
        second = (*origin[:axis], 1, *origin[axis + 1 :])
        steps.append(int(places[second] - places[origin]) if size > 1 else 0)
        shape = [-1 if k == axis else 1 for k in range(places.ndim)]
        grid = grid + steps[-1] * np.arange(size).reshape(shape)
    return tuple(steps) if np.array_equal(grid, places) else None
