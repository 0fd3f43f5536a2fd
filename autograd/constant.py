"""Three ways to hold something constant.

* ``v.detach()``: this one Value, from here on, is a constant to every derivative.
* ``stop_gradient(x)``: the same, for an x that may be a plain number too.
* ``with no_grad():`` everything computed in the block is a constant and keeps no graph.
"""

from __future__ import annotations

from contextvars import copy_context
from functools import wraps

from autograd import arguments
from autograd.chain_rule import watching
from autograd.operation import Primitive, number
from autograd.primitives import detach
from autograd.value import Scalar, Value, evaluate, recording

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ParamSpec, TypeVar

    from autograd.value import Args

    Mode = Callable[[Primitive, Args], Value]
    T = TypeVar("T", bound=Scalar)
    P = ParamSpec("P")
    R = TypeVar("R")


def without_graph(op: Primitive, args: Args) -> Value:
    """Record op(*args) as a constant: the mode of no_grad()."""
    return evaluate(op, tuple([x if type(x) is float else x.data for x in args]))


def _constant_in(trace: Mode) -> Mode:
    """Give the mode of no_grad() in a trace: it records that results are constant."""
    return lambda op, args: trace(detach, (trace(op, args),))


def modes() -> tuple[Any, Any]:
    """Give the modes here that record a graph and none; in a trace there is another."""
    watch = watching.get()
    if watch is None:
        return None, without_graph
    return watch.record, watch.without_graph


# Generators and coroutines, by the flags of their code (see the module inspect).
_RUNS_LATER = 0x20 | 0x80 | 0x200


class no_grad:
    """Compute without recording: results are constants and keep no graph.

    A context manager and a decorator; holds for this thread or asyncio task only. A
    generator runs in the mode of whoever iterates it: keep ``yield`` out of the block.

    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y
    Constant(9.0, grad=0.0)
    """

    def __init__(self) -> None:
        self._outer: list[Any] = []

    def __enter__(self) -> None:
        outer: Any = recording.get()
        mode = modes()[1] if outer in modes() else _constant_in(outer)
        try:
            self._outer.append(outer)
            recording.set(mode)
        except BaseException:  # Ctrl-C: no __exit__ follows
            recording.set(outer)
            raise

    def __exit__(self, *exception: object) -> None:
        recording.set(self._outer.pop())

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        arguments.function("no_grad()", function)
        code = getattr(function, "__code__", None)
        if code is not None and code.co_flags & _RUNS_LATER:
            raise TypeError(
                f"no_grad() around {function.__name__} would hold while it is called "
                "and not while it runs; write `with no_grad():` inside of it"
            )

        @wraps(function)
        def recording_nothing(*args: P.args, **kwargs: P.kwargs) -> R:
            with no_grad():
                return function(*args, **kwargs)

        return recording_nothing


def run_without_graph(function: Callable[..., R], *args: Any) -> R:
    """Call a function under no_grad(), in a context of its own.

    However the call ends, by Ctrl-C too, the mode of this thread or task is as before.

    >>> x = Value(3.0)
    >>> run_without_graph(lambda: x * x)
    Constant(9.0, grad=0.0)
    """
    inside = copy_context()
    inside.run(no_grad().__enter__)
    return inside.run(function, *args)


def stop_gradient(x: T) -> T:
    """Give x as a constant for every derivative: a number as it is, a Value detached.

    >>> x = Value(2.0)
    >>> (x * stop_gradient(x)).backward()
    >>> x.grad, stop_gradient(2.0)
    (2.0, 2.0)
    """
    constant: Any = x.detach() if isinstance(x, Value) else number(x)
    result: T = constant
    return result
