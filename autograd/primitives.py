"""The table of primitives: each is its name, its value and its local derivatives.

A rule gives dz/dx of ``z = op(x, ...)``. It is called as ``rule(z, x, ...)`` with the
output first, and it is written with the engine's own operators and primitives only. So
one rule serves numbers (a backward pass), Values (derivatives of derivatives) and the
symbols that a compiler traces. Three things follow:

* a rule that is a constant is written as a number, and 0.0 is a slope like any other;
* a rule never compares its operands: ``step``, ``sign``, ``less`` and ``where`` do, so
  that the comparison stays in the graph;
* a rule may look at an operand only where that operand is always a number, as the
  exponent n of ``power`` is.

Nothing else in the project knows a derivative.
"""

from __future__ import annotations

import builtins
import math
import operator

from autograd.operation import Primitive, Reduction

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

# ---- arithmetic --------------------------------------------------------------------

add = Primitive("+", operator.add, 1.0, 1.0)
sub = Primitive("-", operator.sub, 1.0, -1.0)
mul = Primitive("*", operator.mul, lambda z, x, y: y, lambda z, x, y: x)
div = Primitive(
    "/",
    operator.truediv,
    lambda z, x, y: 1.0 / y,
    lambda z, x, y: -z / y,
    needs="a divisor other than 0, as in x / where(y, y, 1.0)",
)
neg = Primitive("neg", operator.neg, -1.0)
# The variable of an inner derivative: a node of its own on top of an outer Value.
identity = Primitive("identity", lambda x: x, 1.0)
# The number itself, with no derivative: how a trace records Value.detach().
detach = Primitive("detach", lambda x: x, 0.0)


def _real_power(x: float, y: float) -> float:
    z: float = x**y
    if isinstance(z, complex):
        raise ValueError("a fractional power of a negative number is complex")
    return z


# x ** n with a constant n, which may be looked at: right at x = 0 and for x < 0, too.
power = Primitive(
    "**",
    _real_power,
    lambda z, x, n: 2.0 * x if n == 2.0 else n * x ** (n - 1.0) if n else 0.0,
    0.0,
    needs="x >= 0 where the exponent is fractional, x != 0 where it is negative, and a "
    "result below 1.8e308",
)
# x ** y with a Value y: the derivative with respect to y is z log x, so x > 0.
general_power = Primitive(
    "**",
    _real_power,
    lambda z, x, y: y * x ** (y - 1.0),
    lambda z, x, y: z * log(x),
    needs="x > 0 where the exponent is a Value",
)

# ---- exponentials and logarithms ---------------------------------------------------

exp = Primitive(
    "exp",
    math.exp,
    lambda z, x: z,
    needs="x < 709.8; sigmoid, softplus and logsumexp do not overflow",
)
log: Primitive = Primitive(
    "log",
    math.log,
    lambda z, x: 1.0 / x,
    needs="x > 0, as in log(maximum(x, 1e-12)); log_softmax and softplus take any x",
)
log1p = Primitive("log1p", math.log1p, lambda z, x: 1.0 / (1.0 + x), needs="x > -1")
expm1 = Primitive("expm1", math.expm1, lambda z, x: exp(x), needs="x < 709.8")
sqrt = Primitive(
    "sqrt",
    math.sqrt,
    lambda z, x: 0.5 / z,
    needs="x >= 0, its derivative x > 0, as in sqrt(x + 1e-12)",
)

# ---- trigonometry ------------------------------------------------------------------

sin = Primitive("sin", math.sin, lambda z, x: cos(x), needs="a finite x")
cos: Primitive = Primitive("cos", math.cos, lambda z, x: -sin(x), needs="a finite x")
tan = Primitive("tan", math.tan, lambda z, x: 1.0 + z * z, needs="a finite x")
asin = Primitive(
    "asin",
    math.asin,
    lambda z, x: 1.0 / sqrt((1.0 - x) * (1.0 + x)),
    needs="-1 <= x <= 1, its derivative -1 < x < 1",
)
acos = Primitive(
    "acos",
    math.acos,
    lambda z, x: -1.0 / sqrt((1.0 - x) * (1.0 + x)),
    needs="-1 <= x <= 1, its derivative -1 < x < 1",
)
atan = Primitive("atan", math.atan, lambda z, x: 1.0 / (1.0 + x * x))
hypot = Primitive(
    "hypot",
    math.hypot,
    lambda z, x, y: x / z,
    lambda z, x, y: y / z,
    needs="a point other than the origin for its derivatives",
)


def _over_square(t: Any, r: Any) -> Any:  # t / r^2, where r^2 may overflow
    return t / r / r


atan2 = Primitive(
    "atan2",
    math.atan2,
    lambda z, y, x: _over_square(x, hypot(x, y)),
    lambda z, y, x: -_over_square(y, hypot(x, y)),
    needs="a point other than the origin for its derivatives",
)

# ---- hyperbolic functions, sigmoids ------------------------------------------------

sinh = Primitive("sinh", math.sinh, lambda z, x: cosh(x), needs="|x| < 710.4")
cosh: Primitive = Primitive(
    "cosh", math.cosh, lambda z, x: sinh(x), needs="|x| < 710.4"
)
# 1 - z^2 and z (1 - z) round to 0 where the true slope is below 1e-16. The absolute
# error stays under 2e-16; the exact forms would cost three times the nodes.
tanh = Primitive("tanh", math.tanh, lambda z, x: 1.0 - z * z)


def _sigmoid(x: float) -> float:
    e = math.exp(-builtins.abs(x))  # never overflows
    return e / (1.0 + e) if x < 0.0 else 1.0 / (1.0 + e)


def _softplus(x: float) -> float:  # log(1 + e^x) = max(x, 0) + log(1 + e^-|x|)
    return _relu(x) + math.log1p(math.exp(-builtins.abs(x)))


sigmoid = Primitive("sigmoid", _sigmoid, lambda z, x: z * (1.0 - z))
softplus = Primitive("softplus", _softplus, lambda z, x: sigmoid(x))
erf = Primitive("erf", math.erf, lambda z, x: 2.0 / math.sqrt(math.pi) * exp(-(x * x)))

# ---- kinks and choices: a NaN goes through, at a kink PyTorch's convention holds ----


def _relu(x: float) -> float:
    return 0.0 if x <= 0.0 else x


def _step(x: float) -> float:
    return float(x > 0.0) if x == x else x


def _sign(x: float) -> float:
    return float((x > 0.0) - (x < 0.0)) if x == x else x


def _leaky_relu(x: float, slope: float = 0.01) -> float:
    return slope * x if x <= 0.0 else x


def _maximum(x: float, y: float) -> float:
    return x if x > y or x != x else y


def _minimum(x: float, y: float) -> float:
    return x if x < y or x != x else y


step = Primitive("step", _step, 0.0)
sign = Primitive("sign", _sign, 0.0)
less = Primitive("<", lambda x, y: float(x < y), 0.0, 0.0)
less_equal = Primitive("<=", lambda x, y: float(x <= y), 0.0, 0.0)
where: Primitive = Primitive(
    "where",
    lambda condition, x, y: x if condition else y,
    0.0,
    lambda z, condition, x, y: where(condition, 1.0, 0.0),
    lambda z, condition, x, y: where(condition, 0.0, 1.0),
)
abs = Primitive("abs", builtins.abs, lambda z, x: sign(x))
relu = Primitive("relu", _relu, lambda z, x: step(x))
leaky_relu = Primitive(
    "leaky_relu",
    _leaky_relu,
    lambda z, x, slope: where(step(x), 1.0, slope),
    lambda z, x, slope: where(step(x), 0.0, x),
    default=0.01,
)
# 1 where x is the larger, 1/2 at a tie, 0 else.
maximum = Primitive(
    "maximum",
    _maximum,
    lambda z, x, y: 0.5 * (1.0 + less(y, x) - less(x, y)),
    lambda z, x, y: 0.5 * (1.0 + less(x, y) - less(y, x)),
)
minimum: Primitive = Primitive(
    "minimum",
    _minimum,
    lambda z, x, y: 0.5 * (1.0 + less(x, y) - less(y, x)),
    lambda z, x, y: 0.5 * (1.0 + less(y, x) - less(x, y)),
)

# ---- over sequences: z = op(x_1, ..., x_n), all n derivatives by one rule ------------


def _dot(*xy: float) -> float:
    n = len(xy) // 2
    return builtins.sum(map(operator.mul, xy[:n], xy[n:]), 0.0)


def _swap_halves(z: Any, *xy: Any) -> tuple[Any, ...]:  # d(x . y)/dx = y, d/dy = x
    n = len(xy) // 2
    return xy[n:] + xy[:n]


def _extreme(pick: Callable[..., float]) -> Callable[..., float]:
    def value(*xs: float) -> float:
        if not xs:
            raise ValueError("an empty sequence has no largest or smallest number")
        return next((x for x in xs if x != x), pick(xs))

    return value


def _logsumexp(*xs: float) -> float:
    largest = max.value(*xs)
    if math.isinf(largest):
        return largest
    return largest + math.log(builtins.sum(math.exp(x - largest) for x in xs))


def _shares(weights: list[Any]) -> list[Any]:
    total = sum(weights)
    return [weight / total for weight in weights]


def softmax_weights(xs: Sequence[Any]) -> list[Any]:
    """Give exp(x_i) / sum_j exp(x_j); less the largest x, so that exp cannot overflow.

    The weights do not depend on what is subtracted, so it is held constant.
    """
    largest = detach(max(xs))
    return _shares([exp(x - largest) for x in xs])


sum = Reduction(
    "sum",
    lambda *xs: builtins.sum(xs, 0.0),
    together=lambda z, *xs: (1.0,) * len(xs),
)
dot = Reduction("dot", _dot, together=_swap_halves, sequences=2)
logsumexp = Reduction(
    "logsumexp", _logsumexp, together=lambda z, *xs: softmax_weights(xs)
)
max = Reduction(
    "max",
    _extreme(builtins.max),
    together=lambda z, *xs: _shares([1.0 - less(x, z) for x in xs]),
)
min = Reduction(
    "min",
    _extreme(builtins.min),
    together=lambda z, *xs: _shares([1.0 - less(z, x) for x in xs]),
)
