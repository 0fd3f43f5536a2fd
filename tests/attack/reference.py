"""The chain rule once more, at 50 digits, from derivatives written down anew.

Nothing here looks at the project's rules or at its sweep. Constants are read as the
floats that they are.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import mpmath as mp

from tests.attack.operations import OPERATIONS
from tests.attack.program import Program
from tests.laws_table import ROWS

DIGITS = 50
_FAR = 5000  # e to the power of it is beyond the floats


class Unclear(Exception):
    """The point is one where the reference gives no answer: a pole, or a cut."""


class Number:
    """A number of 50 digits that remembers its arguments and its local derivatives."""

    __slots__ = ("args", "partials", "value")

    def __init__(
        self, value: Any, args: tuple[Number, ...] = (), partials: tuple[Any, ...] = ()
    ) -> None:
        self.value, self.args, self.partials = value, args, partials

    # fmt: off
    def __add__(self, y: Any) -> Number: return compute("add", self, y)
    def __radd__(self, x: Any) -> Number: return compute("add", x, self)
    def __sub__(self, y: Any) -> Number: return compute("sub", self, y)
    def __rsub__(self, x: Any) -> Number: return compute("sub", x, self)
    def __mul__(self, y: Any) -> Number: return compute("mul", self, y)
    def __rmul__(self, x: Any) -> Number: return compute("mul", x, self)
    def __truediv__(self, y: Any) -> Number: return compute("div", self, y)
    def __neg__(self) -> Number: return compute("neg", self)
    # fmt: on


def _ties(z: Any, xs: Sequence[Any]) -> list[Any]:
    count = sum(x == z for x in xs)
    return [mp.mpf(x == z) / count for x in xs]


def _pair(rule: Callable[..., bool]) -> Callable[..., Any]:
    """Give the derivatives of an extreme of two: shared equally at a tie."""
    return lambda z, x, y: [
        mp.mpf(1) / 2 if x == y else mp.mpf(rule(x, y)),
        mp.mpf(1) / 2 if x == y else mp.mpf(not rule(x, y)),
    ]


def _power(z: Any, x: Any, n: Any) -> list[Any]:
    if n == 0:
        return [mp.mpf(0), mp.mpf(0)]
    if x == 0:
        if n < 1:
            raise Unclear
        return [mp.mpf(n == 1), mp.mpf(0)]
    return [n * z / x, mp.mpf(0)]


def _general_power(z: Any, x: Any, y: Any) -> list[Any]:
    return [y * _exp((y - 1) * mp.log(x)), z * mp.log(x)]


def _exp(x: Any) -> Any:
    """Give e^x, and 0 where it is beyond all that floats can tell from 0."""
    if x > _FAR:
        raise Unclear
    return mp.mpf(0) if x < -_FAR else mp.exp(x)


def _sigmoid(x: Any) -> Any:
    return mp.mpf(x > 0) if abs(x) > _FAR else 1 / (1 + mp.exp(-x))


def _softmax(z: Any, *xs: Any) -> list[Any]:
    weights = [_exp(x - max(xs)) for x in xs]
    return [w / sum(weights) for w in weights]


# Values whose usual formula would need numbers of a million digits far from 0.
_VALUES: dict[str, Callable[..., Any]] = {
    "detach": lambda x: x,
    "identity": lambda x: x,
    "exp": lambda x: _exp(x),
    "expm1": lambda x: mp.expm1(x) if x > -_FAR and _exp(x) else mp.mpf(-1),
    "sinh": lambda x: mp.sinh(x) if _exp(abs(x)) else x,
    "cosh": lambda x: mp.cosh(x) if _exp(abs(x)) else x,
    "tanh": lambda x: mp.sign(x) if abs(x) > _FAR else mp.tanh(x),
    "erf": lambda x: mp.sign(x) if abs(x) > _FAR else mp.erf(x),
    "sigmoid": _sigmoid,
    "softplus": lambda x: max(x, 0) + mp.log1p(_exp(-abs(x))),
    "logsumexp": lambda *xs: max(xs) + mp.log(sum(_exp(x - max(xs)) for x in xs)),
    "general_power": lambda x, y: _exp(y * mp.log(x)),
}


def _radius(y: Any, x: Any) -> Any:
    return y * y + x * x


# The local derivatives of z = op(x, ...), as a list.
PARTIALS: dict[str, Callable[..., Sequence[Any]]] = {
    "add": lambda z, x, y: [1, 1],
    "sub": lambda z, x, y: [1, -1],
    "mul": lambda z, x, y: [y, x],
    "div": lambda z, x, y: [1 / y, -x / (y * y)],
    "neg": lambda z, x: [-1],
    "identity": lambda z, x: [1],
    "detach": lambda z, x: [0],
    "power": _power,
    "general_power": _general_power,
    "exp": lambda z, x: [_exp(x)],
    "log": lambda z, x: [1 / x],
    "log1p": lambda z, x: [1 / (1 + x)],
    "expm1": lambda z, x: [_exp(x)],
    "sqrt": lambda z, x: [1 / (2 * mp.sqrt(x))],
    "sin": lambda z, x: [mp.cos(x)],
    "cos": lambda z, x: [-mp.sin(x)],
    "tan": lambda z, x: [1 / mp.cos(x) ** 2],
    "asin": lambda z, x: [1 / mp.sqrt((1 - x) * (1 + x))],
    "acos": lambda z, x: [-1 / mp.sqrt((1 - x) * (1 + x))],
    "atan": lambda z, x: [1 / (1 + x * x)],
    "hypot": lambda z, x, y: [x / mp.sqrt(_radius(x, y)), y / mp.sqrt(_radius(x, y))],
    "atan2": lambda z, y, x: [x / _radius(y, x), -y / _radius(y, x)],
    "sinh": lambda z, x: [mp.cosh(x)],
    "cosh": lambda z, x: [mp.sinh(x)],
    "tanh": lambda z, x: [4 * _sigmoid(2 * x) * _sigmoid(-2 * x)],
    "sigmoid": lambda z, x: [_sigmoid(x) * _sigmoid(-x)],
    "softplus": lambda z, x: [_sigmoid(x)],
    "erf": lambda z, x: [2 / mp.sqrt(mp.pi) * _exp(-x * x)],
    "step": lambda z, x: [0],
    "sign": lambda z, x: [0],
    "less": lambda z, x, y: [0, 0],
    "less_equal": lambda z, x, y: [0, 0],
    "where": lambda z, c, x, y: [0, int(c != 0), int(c == 0)],
    "abs": lambda z, x: [mp.sign(x)],
    "relu": lambda z, x: [int(x > 0)],
    "leaky_relu": lambda z, x, a: [1 if x > 0 else a, 0 if x > 0 else x],
    "maximum": _pair(lambda x, y: x > y),
    "minimum": _pair(lambda x, y: x < y),
    "sum": lambda z, *xs: [1] * len(xs),
    "dot": lambda z, *xy: [*xy[len(xy) // 2 :], *xy[: len(xy) // 2]],
    "logsumexp": _softmax,
    "max": lambda z, *xs: _ties(z, xs),
    "min": lambda z, *xs: _ties(z, xs),
}


def _value(name: str, args: list[Any]) -> Any:
    if name == "general_power" and args[0] <= 0:
        raise Unclear
    if name in _VALUES:
        return _VALUES[name](*args)
    if name == "atan2" and args[0] == 0 and args[1] <= 0:
        raise Unclear  # on the cut, where the sign of zero decides
    if name in ("acos", "asin") and abs(args[0]) > 1:
        raise Unclear
    return mp.mpf(ROWS[name].mpmath(mp, *args))


def compute(name: str, *args: Any) -> Number:
    """Apply an operation: a primitive, or the formula of what is none."""
    formula = OPERATIONS[name].formula
    if formula is not None:
        result: Number = formula(_PRIMITIVES, *args)
        return result
    numbers = tuple(x if isinstance(x, Number) else Number(mp.mpf(x)) for x in args)
    values = [x.value for x in numbers]
    try:
        z = _value(name, values)
        partials = tuple(PARTIALS[name](z, *values))
    except (ZeroDivisionError, ValueError, TypeError):  # a complex result: a TypeError
        raise Unclear from None
    return Number(z, numbers, partials)


class _Primitives:
    """The primitives as functions of this module's numbers."""

    def __getattr__(self, name: str) -> Callable[..., Number]:
        return functools.partial(compute, name)


_PRIMITIVES = _Primitives()


class Reference:
    """The value and the gradient of a program in one sample, in all its leaves.

    ``largest`` is the largest of all numbers, local derivatives and adjoints on the
    way, ``smallest`` the smallest but 0. Leaves may be ``moved`` by so much each, with
    all digits. Raises Unclear where there is no answer.
    """

    def __init__(
        self, program: Program, sample: int = 0, moved: Sequence[Any] = ()
    ) -> None:
        with mp.workdps(DIGITS + _exponent(program.numbers)):
            leaves = [Number(mp.mpf(x)) for x in program.leaf_numbers(sample)]
            for leaf, step in zip(leaves, moved):
                leaf.value += step
            output = program.run(leaves, compute)
            adjoint: dict[Number, Any] = {output: mp.mpf(1)}
            largest = smallest = mp.mpf(1)
            for z in reversed(_order(output)):
                zbar = adjoint.get(z, mp.mpf(0))
                largest = max(largest, abs(z.value), abs(zbar))
                if z.value:
                    smallest = min(smallest, abs(z.value))
                for x, slope in zip(z.args, z.partials):
                    adjoint[x] = adjoint.get(x, 0) + zbar * slope
                    largest = max(largest, abs(slope))
            self.value, self.largest, self.smallest = output.value, largest, smallest
            self.gradient = [adjoint.get(x, mp.mpf(0)) for x in leaves]


def _exponent(numbers: Sequence[float]) -> int:
    """Say how many digits stand before the point, so that none behind it is lost."""
    largest = max([abs(x) for x in numbers if math.isfinite(x)], default=1.0)
    return 2 * max(0, math.frexp(largest)[1] * 3 // 10)


def _order(output: Number) -> list[Number]:
    """List the nodes, each after its arguments."""
    order: list[Number] = []
    seen: set[Number] = set()
    stack: list[tuple[Number, bool]] = [(output, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(x, False) for x in node.args]
    return order
