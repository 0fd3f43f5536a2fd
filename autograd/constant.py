"""Three ways to hold something constant.

* ``v.detach()``: this one Value, from here on, is a constant to every derivative.
* ``stop_gradient(x)``: the same, for an x that may be a plain number too.
* ``with no_grad():`` everything computed in the block is a constant and keeps no graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from autograd.operation import Primitive, number
from autograd.value import Args, Value, evaluate, recording

Scalar = TypeVar("Scalar", bound=Value | float)


def _without_graph(op: Primitive, args: Args) -> Value:
    return evaluate(op, tuple([x if type(x) is float else x.data for x in args]))


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording: results are constants and keep no graph.

    A context manager and a decorator; holds for this thread or asyncio task only.

    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y
    Constant(9.0, grad=0.0)
    """
    token = recording.set(_without_graph)
    try:
        yield
    finally:
        recording.reset(token)


def stop_gradient(x: Scalar) -> Scalar:
    """Give x as a constant for every derivative: a number as it is, a Value detached.

    >>> x = Value(2.0)
    >>> (x * stop_gradient(x)).backward()
    >>> x.grad, stop_gradient(2.0)
    (2.0, 2.0)
    """
    constant: Any = x.detach() if isinstance(x, Value) else number(x)
    return cast(Scalar, constant)
