"""Laws of the table: every primitive against three judges, to second order.

Central differences and PyTorch are compared at ordinary points, mpmath (50 digits) also
where the others would lose their digits. All is differentiated as ``3 f``, so
that a rule that forgets its cotangent is caught.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import pytest

from autograd import Value, gradient
from tests.laws_table import NOT_A_DERIVATIVE, ROWS, TABLE, Point, apply, variables

COTANGENT = 3.0
STEP = sys.float_info.epsilon ** (1 / 3)  # balances truncation and rounding


def cases(*kinds: str) -> list[Any]:
    """List (name, point) for each primitive and each point of the given kinds."""
    return [
        pytest.param(name, point, id=f"{name}{point}")
        for name, row in ROWS.items()
        for kind in kinds
        for point in getattr(row, kind)
    ]


def seeded(name: str, point: Point) -> tuple[Value, list[Value]]:
    """Give 3 f(point) and the Values that it is to be differentiated by."""
    n = variables(ROWS[name], point)
    xs = [Value(x) for x in point[:n]]
    return COTANGENT * apply(name, *xs, *point[n:]), xs


def first_order(name: str, point: Point) -> list[float]:
    return gradient(*seeded(name, point))


def second_order(name: str, point: Point) -> list[list[float]]:
    output, xs = seeded(name, point)
    return [gradient(slope, xs) for slope in gradient(output, xs, create_graph=True)]


def differences(f: Callable[[Point], float], point: Point, n: int) -> list[float]:
    """Give the central difference quotients of f in its first n arguments.

    The error is about STEP^2 times the third derivative, so 1e-10 for numbers of size
    1; the rounding of f gives as much. The comparisons allow 100 times that.
    """

    def moved(i: int, h: float) -> float:
        return f((*point[:i], point[i] + h, *point[i + 1 :]))

    quotients = []
    for i in range(n):
        h = STEP * max(1.0, abs(point[i]))
        h = (point[i] + h) - point[i]  # a step that is exact in binary
        quotients.append((moved(i, h) - moved(i, -h)) / (2.0 * h))
    return quotients


def test_every_primitive_has_a_row_and_every_row_a_primitive():
    assert set(ROWS) == set(TABLE) - NOT_A_DERIVATIVE


def test_every_row_has_ordinary_points():
    assert all(len(row.points) >= 2 for row in ROWS.values())


# ---- central differences -----------------------------------------------------------


@pytest.mark.parametrize(("name", "point"), cases("points"))
def test_first_derivatives_equal_central_differences(name, point):
    def f(p: Point) -> float:
        return COTANGENT * apply(name, *p)

    want = differences(f, point, variables(ROWS[name], point))
    assert first_order(name, point) == pytest.approx(want, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize(("name", "point"), cases("points"))
def test_second_derivatives_equal_central_differences_of_first(name, point):
    n = variables(ROWS[name], point)
    got = second_order(name, point)
    for i in range(n):
        want = differences(lambda p: first_order(name, p)[i], point, n)  # noqa: B023
        assert got[i] == pytest.approx(want, rel=1e-8, abs=1e-8)


# ---- mpmath ------------------------------------------------------------------------

# A rule is a few floating-point operations: some 1e-16 each, relative to its largest
# term. 1 - z^2 and its like cancel, hence the absolute part.
FEW_ROUNDINGS = {"rel": 4e-15, "abs": 4e-15}


def exact(name: str, point: Point, order: dict[int, int]) -> float:
    """Give a partial derivative of 3 f by mpmath; order maps positions to orders."""
    mp = pytest.importorskip("mpmath", reason="the exact derivatives need mpmath")
    orders = tuple(order.get(i, 0) for i in range(len(point)))
    with mp.workdps(50):
        args = tuple(map(mp.mpf, point))

        def f(*moved: Any) -> Any:
            return ROWS[name].mpmath(mp, *moved)

        if sum(orders) == 0:
            return float(COTANGENT * f(*args))
        return float(COTANGENT * mp.diff(f, args, orders))


@pytest.mark.parametrize(("name", "point"), cases("points", "limits"))
def test_values_equal_mpmath(name, point):
    want = exact(name, point, {})
    assert COTANGENT * apply(name, *point) == pytest.approx(want, rel=4e-15)
    assert seeded(name, point)[0].data == COTANGENT * apply(name, *point)


@pytest.mark.parametrize(("name", "point"), cases("points", "limits"))
def test_first_derivatives_equal_mpmath(name, point):
    for i, got in enumerate(first_order(name, point)):
        assert got == pytest.approx(exact(name, point, {i: 1}), **FEW_ROUNDINGS)


@pytest.mark.parametrize(("name", "point"), cases("points", "limits"))
def test_second_derivatives_equal_mpmath(name, point):
    for i, row in enumerate(second_order(name, point)):
        for j, got in enumerate(row):
            order = {i: 2} if i == j else {i: 1, j: 1}
            assert got == pytest.approx(exact(name, point, order), **FEW_ROUNDINGS)


# ---- PyTorch -----------------------------------------------------------------------


def by_torch(name: str, point: Point) -> tuple[Any, list[Any]]:
    torch = pytest.importorskip("torch", reason="the comparison needs PyTorch")
    if ROWS[name].torch is None:
        pytest.skip(f"PyTorch does not differentiate {name}")
    n = variables(ROWS[name], point)
    xs = [
        torch.tensor(x, dtype=torch.float64, requires_grad=i < n)
        for i, x in enumerate(point)
    ]
    return COTANGENT * ROWS[name].torch(torch, *xs), xs[:n]


@pytest.mark.parametrize(("name", "point"), cases("points", "kinks"))
def test_first_derivatives_equal_pytorch(name, point):
    output, xs = by_torch(name, point)
    output.backward()
    for got, x in zip(first_order(name, point), xs, strict=True):
        if x.grad is not None:  # a comparison has no derivative there; here it is 0
            assert got == pytest.approx(x.grad.item(), rel=1e-13, abs=1e-14)


NOT_BY_TORCH = {
    ("power", (0.0, 0.0)): "PyTorch gives NaN",
    ("power", (0.0, 1.5)): "the second derivative is infinite",
}


@pytest.mark.parametrize(("name", "point"), cases("points", "kinks"))
def test_second_derivatives_equal_pytorch(name, point):
    if (name, point) in NOT_BY_TORCH:
        pytest.skip(NOT_BY_TORCH[name, point])
    output, xs = by_torch(name, point)
    import torch

    how = {"allow_unused": True, "materialize_grads": True}
    slopes = torch.autograd.grad(output, xs, create_graph=True, **how)
    for got, slope in zip(second_order(name, point), slopes, strict=True):
        want = [0.0] * len(xs)
        if slope.requires_grad:
            want = torch.autograd.grad(slope, xs, retain_graph=True, **how)
        assert got == pytest.approx([float(w) for w in want], rel=1e-13, abs=1e-14)


# ---- kinks -------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "point"), cases("kinks"))
def test_kinks_follow_their_convention(name, point):
    want = [COTANGENT * slope for slope in ROWS[name].kinks[point]]
    assert first_order(name, point) == pytest.approx(want, rel=1e-15)
    assert [
        slope.data for slope in gradient(*seeded(name, point), create_graph=True)
    ] == first_order(name, point)


@pytest.mark.parametrize("name", ["step", "sign", "abs", "relu"])
def test_a_nan_goes_through(name):
    assert math.isnan(apply(name, math.nan))


@pytest.mark.parametrize("name", ["maximum", "minimum", "max", "min"])
@pytest.mark.parametrize("point", [(math.nan, 1.0), (1.0, math.nan)])
def test_a_nan_is_the_largest_and_the_smallest(name, point):
    assert math.isnan(apply(name, *point))


# ---- the graph of a gradient -------------------------------------------------------


@pytest.mark.parametrize(("name", "point"), cases("points", "kinks"))
def test_a_gradient_is_the_same_as_numbers_and_as_a_graph(name, point):
    slopes = gradient(*seeded(name, point), create_graph=True)
    assert [slope.data for slope in slopes] == first_order(name, point)
