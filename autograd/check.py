"""Checking derivatives against differences of the function itself.

A wrong rule gives wrong numbers silently, and only another way to the same derivative
can tell. There are three: the reverse sweep (``vjp``), the forward sweep (``jvp``) and
central differences, which know no rule at all.
"""

from __future__ import annotations

import sys
from math import inf

from autograd.arguments import function, real
from autograd.constant import no_grad
from autograd.nest import flatten, rebuild
from autograd.transforms import jvp, vjp
from autograd.value import Value

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    Function = Callable[..., Any]
    Row = tuple[str, float, float, float, float]  # name, the three ways, error allowed

EPSILON = sys.float_info.epsilon
COORDINATES = 32  # up to so many inputs one by one; more, along random directions
DIRECTIONS = 8
LINES = 20  # of a table in an error message


class GradcheckError(AssertionError):
    """The derivatives of a function disagree with its differences."""


def gradcheck(
    f: Function,
    *inputs: Any,
    order: int = 1,
    cotangent: Any = None,
    tolerance: float = 1e-6,
) -> bool:
    """Check the derivatives of f(*inputs): reverse against forward against differences.

    Inputs and output are numbers or nests of them. The output is weighted with
    ``cotangent``, which is nested like it; the weights are other than 1 unless given.
    With ``order=2``, the derivative of the gradient is checked in the same way.

    f is checked at the inputs and at two points about 0.1 % away (0.01 away from 0),
    since a wrong rule may happen to be right at one. Derivatives agree if they differ
    by no more than ``tolerance`` times their size, and a hundredth of it times the size
    of the output. More than 32 numbers are checked along 8 random directions, the same
    on every run.

    Returns True, or raises GradcheckError with a table of what differs. f must be
    smooth around the inputs: a kink so close to them is rejected, the edge of its
    domain raises what f raises.

    >>> from autograd import log
    >>> gradcheck(lambda x, y: log(x[0] * x[1]) / y, [2.0, 3.0], 0.5, order=2)
    True
    """
    if isinstance(order, bool) or order not in (1, 2):
        raise ValueError(f"order is 1 or 2, got {order!r:.60}")
    function("gradcheck", f)
    allowed = real("tolerance", tolerance)
    if not 0.0 < allowed < inf:
        raise ValueError(f"tolerance must be above 0 and finite, got {tolerance!r}")
    _check("derivatives", f, inputs, cotangent, allowed)
    if order == 2:
        slopes = _weighted_gradient(f, cotangent)
        _check("second derivatives", slopes, inputs, None, allowed)
    return True


def _weighted_gradient(f: Function, cotangent: Any) -> Function:
    def slopes(*inputs: Any) -> Any:
        y, pullback = vjp(f)(*inputs)
        weights = _weights(len(flatten(y))) if cotangent is None else cotangent
        return pullback(weights)

    return slopes


def _check(
    what: str, f: Function, inputs: tuple[Any, ...], cotangent: Any, tolerance: float
) -> None:
    leaves = [leaf for i, nest in enumerate(inputs) for leaf in flatten(nest, f"x{i}")]
    if not leaves:
        raise ValueError("gradcheck needs at least one number as an input")
    names = [name for name, _ in leaves]
    for where, xs in _places([_number(x) for _, x in leaves]):
        rows = _compare(f, inputs, names, xs, cotangent, tolerance)
        wrong = [row for row in rows if not _agree(row)]
        if wrong:
            raise GradcheckError(
                f"{what} disagree {where} ({len(wrong)} of {len(rows)} rows, "
                f"x0 is the first argument)\n{_table(wrong)}"
            )


def _places(xs: list[float]) -> Iterator[tuple[str, list[float]]]:
    yield "at the inputs", xs
    for shift in (5e-4, -5e-4):
        moves = [shift * weight for weight in _weights(len(xs))]
        moved = [x + m * (abs(x) or 10.0) for x, m in zip(xs, moves, strict=True)]
        yield "near the inputs, though not at them", moved


def _weights(count: int) -> list[float]:
    """Give fixed numbers between 1.5 and 2.5, no two of them equal, none of them 1."""
    golden = 0.6180339887498949
    return [1.5 + (k * golden) % 1.0 for k in range(count)]


def _directions(
    names: list[str], xs: list[float]
) -> Iterator[tuple[str, list[float], float]]:
    """List (name, direction, step) of the differences to take at xs.

    Central differences with step h are off by h^2 f'''/6, and rounding adds eps f / h:
    h = eps^(1/3) balances the two where f changes on the scale of 1, and a large x can
    only be moved by a multiple of its own size.
    """
    scales = [max(1.0, abs(x)) for x in xs]
    step = EPSILON ** (1 / 3)
    if len(xs) <= COORDINATES:
        for i, name in enumerate(names):
            one = [0.0] * len(xs)
            one[i] = 1.0
            yield name, one, step * scales[i]
    else:
        import random

        draw = random.Random(0)
        for k in range(DIRECTIONS):
            yield f"direction {k}", [s * draw.uniform(-1.0, 1.0) for s in scales], step


def _compare(
    f: Function,
    inputs: tuple[Any, ...],
    names: list[str],
    xs: list[float],
    cotangent: Any,
    tolerance: float,
) -> list[Row]:
    """Give one row for each direction, with the derivatives of cotangent . f."""
    point = rebuild(inputs, xs)
    y, pullback = vjp(f)(*point)
    outputs = _numbers(y)
    weights = _weights(len(outputs)) if cotangent is None else _numbers(cotangent)
    gradient = _numbers(pullback(weights))
    # Where f is a sum, its rounding error is some eps |f|, and eps |f| / h in a
    # difference: 4e-11 |f|. The tolerance of 1e-8 |f| leaves room for 200 such errors.
    # The relative 1e-6 is above all else that differences do to smooth functions, and
    # below any mistake that a rule can make.
    floor = 0.01 * tolerance * _dot(map(abs, weights), map(abs, outputs))

    def moved(direction: list[float], step: float) -> float:
        to = [Value(x + step * d) for x, d in zip(xs, direction, strict=True)]
        with no_grad():
            return _dot(weights, _numbers(f(*rebuild(inputs, to))))

    def difference(direction: list[float], step: float) -> float:
        return (moved(direction, step) - moved(direction, -step)) / (2.0 * step)

    rows = []
    for name, direction, step in _directions(names, xs):
        reverse = _dot(gradient, direction)
        _, tangents = jvp(f)(point, rebuild(inputs, direction))
        forward = _dot(weights, _numbers(tangents))
        # Richardson: half the step has a quarter of the error, so it cancels.
        coarse, fine = difference(direction, step), difference(direction, step / 2)
        differences = fine + (fine - coarse) / 3.0
        size = max(abs(reverse), abs(forward), abs(differences))
        rows.append((name, reverse, forward, differences, tolerance * size + floor))
    return rows


def _agree(row: Row) -> bool:
    _, reverse, forward, differences, allowed = row
    # NaN and infinity agree with nothing.
    return abs(reverse - differences) <= allowed and abs(forward - reverse) <= allowed


def _table(rows: list[Row]) -> str:
    width = max(5, *(len(name) for name, *_ in rows))
    heads = ("reverse", "forward", "differences", "difference")
    lines = [f"{'input':<{width}}" + "".join(f"{head:>16}" for head in heads)]
    for name, *ways, _ in rows[:LINES]:
        cells = [*ways, max(ways) - min(ways)]
        lines.append(f"{name:<{width}}" + "".join(f"{x:>16.8g}" for x in cells))
    if len(rows) > LINES:
        lines.append(f"and {len(rows) - LINES} more")
    return "\n".join(lines)


def _numbers(nest: Any) -> list[float]:
    return [_number(x) for _, x in flatten(nest)]


def _number(x: Any) -> float:
    data: float = x.data if isinstance(x, Value) else x
    return data


def _dot(xs: Iterable[float], ys: Iterable[float]) -> float:
    return sum(x * y for x, y in zip(xs, ys, strict=True))
