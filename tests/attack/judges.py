"""The engine against itself: each judge tells how a program disagrees, or says None."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd import Value, grad, gradient, hvp, jvp
from tests.attack.point import ERRORS, Point, differs
from tests.attack.program import Program
from tests.laws_compile import absolute_path_products

Judge = Callable[[Program], str | None]
_WEIGHTS = [1.0, -0.75, 0.5, 1.25, -1.5]  # directions of forward mode


def moderate(point: Point, largest: float) -> bool:
    """Tell whether another order of multiplications cannot leave the floats."""
    return point.largest < largest and point.smallest > 1.0 / largest


def direction_of(count: int) -> list[float]:
    """Give a direction in the space of so many leaves."""
    return [_WEIGHTS[k % len(_WEIGHTS)] for k in range(count)]


def forward(program: Program) -> str | None:
    """Compare the gradient along a direction with forward mode."""
    point = Point(program)
    if not point.finite or not moderate(point, 1e100):
        return None
    direction = direction_of(program.leaves)
    _, along = jvp(lambda *xs: program.run(xs))(
        tuple(program.leaf_numbers()), tuple(direction)
    )
    want = sum(v * g for v, g in zip(direction, point.gradient))
    scale = sum(abs(v) * p for v, p in zip(direction, point.products))
    bound = point.tolerance * scale + 1e-320 * program.leaves
    if differs(along, want, bound):
        return f"forward mode gives {along!r} along {direction}, reverse mode {want!r}"
    return None


def accumulation(program: Program) -> str | None:
    """Compare what backward() leaves behind with the gradient, exactly."""
    point = Point(program)
    if not point.finite:
        return None
    for _ in range(2):
        point.output.backward()
    left = [x.grad for x in point.leaves]
    if left != [2.0 * g for g in point.gradient]:
        return f"backward() twice leaves {left}, the gradient is {point.gradient}"
    return None


def graph(program: Program) -> str | None:
    """Compare the gradient with the one that create_graph gives."""
    point = Point(program)
    if not point.finite:
        return None
    try:
        slopes = gradient(point.output, point.leaves, create_graph=True)
    except ERRORS as error:
        return f"create_graph raises {error!r}, the gradient is {point.gradient}"
    for k, slope in enumerate(slopes):
        bound = point.tolerance * point.products[k] + 1e-320
        if differs(slope.data, point.gradient[k], bound):
            return (
                f"create_graph gives {slope.data!r} for {point.gradient[k]!r}, leaf {k}"
            )
    return None


def second(program: Program) -> str | None:
    """Compare the Hessian times a vector: two sweeps back, or one back and one on."""
    point = Point(program)
    if not point.finite or not moderate(point, 1e50) or len(program.steps) > 60:
        return None
    direction = direction_of(program.leaves)

    def f(xs: Sequence[Value]) -> Any:
        return program.run(xs)

    numbers = program.leaf_numbers()
    try:
        back = hvp(f)(numbers, direction)
        _, on = jvp(grad(f))((numbers,), (direction,))
        scales = _second_scales(point, direction)
    except ERRORS:
        return None
    for k, (a, b) in enumerate(zip(back, on)):
        if math.isfinite(scales[k]) and scales[k] < 1e200:
            bound = point.tolerance * scales[k] + 1e-300
            if differs(a, b, bound):
                return (
                    f"hvp gives {a!r}, jvp of grad {b!r}, leaf {k}, along {direction}"
                )
    return None


def _second_scales(point: Point, direction: list[float]) -> list[float]:
    slopes = gradient(point.output, point.leaves, create_graph=True)
    rows = [absolute_path_products(slope) for slope in slopes]
    columns = range(len(slopes))
    return [
        sum(
            abs(direction[j]) * (rows[i].get(point.leaves[j], 0.0))
            + abs(direction[j]) * (rows[j].get(point.leaves[i], 0.0))
            for j in columns
        )
        for i in columns
    ]


JUDGES: dict[str, Judge] = {
    "forward": forward,
    "accumulation": accumulation,
    "graph": graph,
    "second": second,
}
