"""One row for each primitive: where to test it, and who else knows its derivatives.

The laws in ``test_laws_derivatives`` run over these rows. A new primitive needs one row
here; without it a test fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from autograd import primitives
from autograd.operation import Primitive

Point = tuple[float, ...]

TABLE: dict[str, Primitive] = {
    name: entry
    for name, entry in vars(primitives).items()
    if isinstance(entry, Primitive)
}


@dataclass(frozen=True)
class Row:
    """How to test z = op(x_1, ..., x_n).

    ``points`` are ordinary: smooth around, of moderate size. At ``limits`` a difference
    quotient, or PyTorch, would lose digits; only mpmath is compared there. ``kinks``
    maps points to the partials that the convention gives. ``mpmath`` is f(mp, *args),
    ``torch`` is f(torch, *args). The last ``constants`` arguments are always numbers.
    """

    points: list[Point]
    mpmath: Callable[..., Any]
    torch: Callable[..., Any] | None = None
    limits: list[Point] = field(default_factory=list)
    kinks: dict[Point, Point] = field(default_factory=dict)
    constants: int = 0


def unary(*xs: float) -> list[Point]:
    return [(x,) for x in xs]


EVERYWHERE = unary(-2.5, -0.7, 0.0, 0.4, 3.0)
INSIDE = unary(-0.9, -0.3, 0.0, 0.5, 0.8)
PAIRS = [(0.7, -1.3), (-2.0, 0.6), (1.5, 2.5), (-0.4, -3.0)]
TRIPLES = [(0.3, -1.2, 2.0), (-3.0, 0.5, 0.4), (1.0, 1.5, -2.0)]
FAR = unary(-800.0, -40.0, -1e-9, 1e-9, 40.0, 800.0)


def halves(xy: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    return xy[: len(xy) // 2], xy[len(xy) // 2 :]


ROWS: dict[str, Row] = {
    # ---- arithmetic
    "add": Row(PAIRS, lambda mp, x, y: x + y, lambda t, x, y: x + y),
    "sub": Row(PAIRS, lambda mp, x, y: x - y, lambda t, x, y: x - y),
    "mul": Row([*PAIRS, (0.0, 0.0)], lambda mp, x, y: x * y, lambda t, x, y: x * y),
    "div": Row(
        [*PAIRS, (0.0, 2.0)],
        lambda mp, x, y: x / y,
        lambda t, x, y: x / y,
        limits=[(3.0, 1e-6), (1e8, -1e8)],
    ),
    "neg": Row(EVERYWHERE, lambda mp, x: -x, lambda t, x: -x),
    "identity": Row(EVERYWHERE, lambda mp, x: x, lambda t, x: t.clone(x)),
    "power": Row(
        [
            *[(1.3, 3.0), (-1.7, 3.0), (-0.8, -2.0), (2.0, 0.5), (0.6, -1.5)],
            *[(0.9, 0.0), (-2.0, 1.0), (-1.1, 2.0)],
        ],
        lambda mp, x, n: x**n,
        lambda t, x, n: x**n,
        limits=[(1e-4, 0.5), (200.0, 7.0)],
        kinks={
            (0.0, 0.0): (0.0,),
            (0.0, 1.0): (1.0,),
            (0.0, 2.0): (0.0,),
            (0.0, 3.0): (0.0,),
            (0.0, 1.5): (0.0,),
        },
        constants=1,
    ),
    "general_power": Row(
        [(1.3, 3.0), (2.0, 0.5), (0.6, -1.5), (1.0, 2.0)],
        lambda mp, x, y: x**y,
        lambda t, x, y: x**y,
        # PyTorch loses the mixed second derivative at y = 0.
        limits=[(2.5, 0.0), (1e-4, 0.5), (200.0, 7.0)],
    ),
    # ---- exponentials and logarithms
    "exp": Row(
        EVERYWHERE,
        lambda mp, x: mp.exp(x),
        lambda t, x: t.exp(x),
        limits=unary(-800.0, 700.0),
    ),
    "log": Row(
        unary(0.3, 1.0, 4.0),
        lambda mp, x: mp.log(x),
        lambda t, x: t.log(x),
        limits=unary(1e-9, 1e9),
    ),
    "log1p": Row(
        unary(-0.6, 0.0, 0.5, 4.0),
        lambda mp, x: mp.log1p(x),
        lambda t, x: t.log1p(x),
        limits=unary(-0.999999, 1e-12, 1e12),
    ),
    "expm1": Row(
        EVERYWHERE,
        lambda mp, x: mp.expm1(x),
        lambda t, x: t.expm1(x),
        limits=unary(-800.0, 1e-12),
    ),
    "sqrt": Row(
        unary(0.3, 1.0, 4.0),
        lambda mp, x: mp.sqrt(x),
        lambda t, x: t.sqrt(x),
        limits=unary(1e-9, 1e9),
    ),
    # ---- trigonometry
    "sin": Row(
        EVERYWHERE,
        lambda mp, x: mp.sin(x),
        lambda t, x: t.sin(x),
        limits=unary(1e6),
    ),
    "cos": Row(
        EVERYWHERE,
        lambda mp, x: mp.cos(x),
        lambda t, x: t.cos(x),
        limits=unary(1e6),
    ),
    "tan": Row(
        unary(-1.0, 0.0, 0.8, 2.5), lambda mp, x: mp.tan(x), lambda t, x: t.tan(x)
    ),
    "asin": Row(
        INSIDE,
        lambda mp, x: mp.asin(x),
        lambda t, x: t.asin(x),
        limits=unary(-0.999999999, 0.9999),
    ),
    "acos": Row(
        INSIDE,
        lambda mp, x: mp.acos(x),
        lambda t, x: t.acos(x),
        limits=unary(-0.999999999, 0.9999),
    ),
    "atan": Row(
        EVERYWHERE,
        lambda mp, x: mp.atan(x),
        lambda t, x: t.atan(x),
        limits=unary(1e-9, 1e9),
    ),
    "hypot": Row(
        [*PAIRS, (3.0, 0.0)],
        lambda mp, x, y: mp.hypot(x, y),
        lambda t, x, y: t.hypot(x, y),
    ),
    "atan2": Row(
        [*PAIRS, (0.0, 2.0), (1.0, 0.0)],
        lambda mp, y, x: mp.atan2(y, x),
        lambda t, y, x: t.atan2(y, x),
        limits=[(3e100, 4e100)],
    ),
    # ---- hyperbolic functions, sigmoids
    "sinh": Row(EVERYWHERE, lambda mp, x: mp.sinh(x), lambda t, x: t.sinh(x)),
    "cosh": Row(EVERYWHERE, lambda mp, x: mp.cosh(x), lambda t, x: t.cosh(x)),
    "tanh": Row(
        EVERYWHERE, lambda mp, x: mp.tanh(x), lambda t, x: t.tanh(x), limits=FAR
    ),
    "sigmoid": Row(
        EVERYWHERE,
        lambda mp, x: 1 / (1 + mp.exp(-x)),
        lambda t, x: t.sigmoid(x),
        limits=FAR,
    ),
    "softplus": Row(
        EVERYWHERE,
        lambda mp, x: mp.log1p(mp.exp(x)),
        # PyTorch's softplus is the identity beyond its threshold; this one is not.
        lambda t, x: t.logaddexp(x, t.zeros_like(x)),
        limits=FAR,
    ),
    "erf": Row(EVERYWHERE, lambda mp, x: mp.erf(x), lambda t, x: t.erf(x), limits=FAR),
    # ---- kinks and choices
    "step": Row(unary(-2.0, 3.0), lambda mp, x: mp.mpf(x > 0), kinks={(0.0,): (0.0,)}),
    "sign": Row(
        unary(-2.0, 3.0),
        lambda mp, x: mp.sign(x),
        lambda t, x: t.sign(x),
        kinks={(0.0,): (0.0,)},
    ),
    "less": Row(PAIRS, lambda mp, x, y: mp.mpf(x < y), kinks={(1.0, 1.0): (0.0, 0.0)}),
    "less_equal": Row(
        PAIRS, lambda mp, x, y: mp.mpf(x <= y), kinks={(1.0, 1.0): (0.0, 0.0)}
    ),
    "where": Row(
        [(1.0, 0.3, -2.0), (-2.0, 1.5, 0.4)],
        lambda mp, c, x, y: x if c else y,
        lambda t, c, x, y: t.where(c != 0.0, x, y),
        kinks={(0.0, 0.3, -2.0): (0.0, 0.0, 1.0), (1.0, 2.0, 2.0): (0.0, 1.0, 0.0)},
    ),
    "abs": Row(
        unary(-2.0, 3.0),
        lambda mp, x: abs(x),
        lambda t, x: t.abs(x),
        kinks={(0.0,): (0.0,)},
    ),
    "relu": Row(
        unary(-2.0, 3.0),
        lambda mp, x: max(x, mp.mpf(0)),
        lambda t, x: t.relu(x),
        kinks={(0.0,): (0.0,)},
    ),
    "leaky_relu": Row(
        [(-2.0, 0.01), (3.0, 0.01), (-1.5, 0.3)],
        lambda mp, x, slope: x if x > 0 else slope * x,
        lambda t, x, slope: t.where(x > 0.0, x, slope * x),
        kinks={(0.0, 0.2): (0.2, 0.0)},
    ),
    "maximum": Row(
        PAIRS,
        lambda mp, x, y: max(x, y),
        lambda t, x, y: t.maximum(x, y),
        kinks={(1.5, 1.5): (0.5, 0.5), (0.0, -0.0): (0.5, 0.5)},
    ),
    "minimum": Row(
        PAIRS,
        lambda mp, x, y: min(x, y),
        lambda t, x, y: t.minimum(x, y),
        kinks={(1.5, 1.5): (0.5, 0.5), (0.0, -0.0): (0.5, 0.5)},
    ),
    # ---- over sequences
    "sum": Row(
        [*TRIPLES, (2.0,)],
        lambda mp, *xs: mp.fsum(xs),
        lambda t, *xs: t.stack(xs).sum(),
    ),
    "dot": Row(
        [(0.3, -1.2), (0.3, -1.2, 2.0, 0.7), (1.0, 0.0, -2.0, 0.5, 4.0, 1.5)],
        lambda mp, *xy: mp.fdot(*halves(xy)),
        lambda t, *xy: t.dot(*map(t.stack, halves(xy))),
    ),
    "logsumexp": Row(
        [*TRIPLES, (2.0,)],
        lambda mp, *xs: mp.log(mp.fsum(map(mp.exp, xs))),
        lambda t, *xs: t.logsumexp(t.stack(xs), 0),
        limits=[(1000.0, 1001.0, 998.5), (-1000.0, -1001.0), (1e6, 1e6 - 2.0, 1e6)],
    ),
    "max": Row(
        [*TRIPLES, (2.0,)],
        lambda mp, *xs: max(xs),
        lambda t, *xs: t.amax(t.stack(xs), 0),
        kinks={
            (2.0, 1.0, 2.0): (0.5, 0.0, 0.5),
            (1.0, 1.0, 1.0): (1 / 3, 1 / 3, 1 / 3),
        },
    ),
    "min": Row(
        [*TRIPLES, (2.0,)],
        lambda mp, *xs: min(xs),
        lambda t, *xs: t.amin(t.stack(xs), 0),
        kinks={
            (2.0, 3.0, 2.0): (0.5, 0.0, 0.5),
            (1.0, 1.0, 1.0): (1 / 3, 1 / 3, 1 / 3),
        },
    ),
}

# Its rule is not the derivative of its value, on purpose: it holds a number constant.
NOT_A_DERIVATIVE = {"detach"}


def apply(name: str, *args: Any) -> Any:
    """Call the primitive with its arguments one by one, also one over sequences."""
    return Primitive.__call__(TABLE[name], *args)


def variables(row: Row, point: Point) -> int:
    """Count the arguments that are differentiated; they come first."""
    return len(point) - row.constants
