"""Functions composed of primitives.

Given numbers they give floats; given any Value, Values.
"""

from __future__ import annotations

import math

from autograd.operation import number
from autograd.primitives import (
    detach,
    div,
    erf,
    logsumexp,
    max,
    mul,
    sigmoid,
    softmax_weights,
    sum,
)
from autograd.value import Scalar, Value

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TypeVar

    T = TypeVar("T", bound=Scalar)


def prod(xs: Iterable[T]) -> T:
    """Multiply the elements of a sequence; 1.0 for an empty one.

    >>> prod([2.0, 3.0, 4.0])
    24.0
    """
    factors = _numbers("prod", xs)
    product: Any = factors[0] if factors else 1.0
    for x in factors[1:]:
        product = mul(product, x)
    result: T = product
    return result


def mean(xs: Iterable[T]) -> T:
    """Average the elements of a sequence; an empty one is a ValueError.

    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    terms = _some_numbers("mean", xs)
    average: T = div(sum(terms), len(terms))
    return average


def softmax(xs: Iterable[T]) -> list[T]:
    """Give exp(x_i) / sum_j exp(x_j) for each x_i, without overflow.

    >>> softmax([1000.0, 1000.0])
    [0.5, 0.5]
    """
    return softmax_weights(_some_numbers("softmax", xs))


def log_softmax(xs: Iterable[T]) -> list[T]:
    """Give x_i - log sum_j exp(x_j) for each x_i, without overflow.

    >>> log_softmax([0.0, 1000.0])
    [-1000.0, 0.0]
    """
    logits = _some_numbers("log_softmax", xs)
    largest = detach(
        max(logits)
    )  # x - largest is small where x is likely: no digit lost
    shifted = [x - largest for x in logits]
    total = logsumexp(shifted)
    return [x - total for x in shifted]


def gelu(x: T) -> T:
    """Give x Phi(x), where Phi is the standard normal distribution function.

    The exact form, as in Hendrycks and Gimpel (2016), arXiv:1606.08415.

    >>> gelu(0.0), round(gelu(1.0), 6)
    (0.0, 0.841345)
    """
    t: Any = x if isinstance(x, Value) else number(x)
    z: T = t * (0.5 * (1.0 + erf(t / math.sqrt(2.0))))
    return z


def silu(x: T) -> T:
    """Give x sigmoid(x), also called swish.

    >>> silu(0.0), round(silu(1.0), 6)
    (0.0, 0.731059)
    """
    t: Any = x if isinstance(x, Value) else number(x)
    z: T = t * sigmoid(t)
    return z


def _numbers(name: str, xs: Any) -> list[Any]:
    """List the elements of a sequence: Values as they are, numbers as floats."""
    if not hasattr(xs, "__iter__"):
        raise TypeError(
            f"{name} takes a sequence, as in {name}([x, y]), got {xs!r:.60}"
        )
    return [x if isinstance(x, Value) else number(x) for x in xs]


def _some_numbers(name: str, xs: Any) -> list[Any]:
    listed = _numbers(name, xs)
    if not listed:
        raise ValueError(f"{name} of an empty sequence")
    return listed
