"""Derivatives as functions: a function in, a function out, after JAX.

Arguments are numbers, Values, or nests of them (see ``nest``); results have the same
nesting. Given numbers, a transform gives floats. Given any Value, or called inside
another transform or a trace, it gives Values that stay connected, so that derivatives
nest to any depth. (Under ``no_grad()`` these Values are constants.) Values that f takes
from around it are constants to the derivative, and it changes no ``grad``. To train
them through a derivative, give it a Value: ``grad(f)(Value(t))``, not ``grad(f)(t)``.

The variable of a derivative is a node of its own: a new leaf for a number, and an
identity node on top of a Value. So an inner derivative holds the outer variable
constant even where both are the same number, and the outer one sees through:
``grad(lambda x: grad(lambda y: x * y)(x))`` is 1, and with ``y * y`` it is 2.
"""

from __future__ import annotations

from autograd import arguments
from autograd.nest import flatten, holds_value
from autograd.operation import number
from autograd.point import Point
from autograd.value import Value

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Function = Callable[..., Any]


def value_and_grad(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """Give the function that computes f and its gradient, (f(x), df/dx), at once.

    f returns one number; the gradient has the nesting of the argument at position
    ``argnums``, or is a tuple over several positions. Errors as for :func:`grad`.

    >>> value_and_grad(lambda x, y: x * y**2)(3.0, 2.0)
    (12.0, 4.0)
    """
    arguments.function("value_and_grad", f)

    def derived(*args: Any, **kwargs: Any) -> Any:
        point = Point(f, args, kwargs, argnums)
        y = point.single_output("value_and_grad")
        return point.give(y), point.like_arguments(point.slopes(y))

    return derived


def grad(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """Give the function that computes the gradient df/dx of f, by one reverse sweep.

    f returns one number; the gradient has the nesting of the argument at position
    ``argnums``, or is a tuple over several positions. An f that returns several numbers
    is a TypeError that names ``jacobian``; an f that returns a plain number depends on
    nothing: the gradient is 0, with a warning.

    >>> grad(lambda x, y: x * y**2)(3.0, 2.0)
    4.0
    >>> grad(lambda x: x[0] * x[1])([3.0, 2.0])
    [2.0, 3.0]
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    """
    arguments.function("grad", f)

    def derived(*args: Any, **kwargs: Any) -> Any:
        point = Point(f, args, kwargs, argnums)
        return point.like_arguments(point.slopes(point.single_output("grad")))

    return derived


def jacobian(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """Give the function that computes dy_i/dx_j, by one reverse sweep for each y_i.

    f returns a nest of numbers. The result has the nesting of f's output, and each
    entry in it the nesting of the argument. More than 25,000,000 entries, about a
    gigabyte, are a ValueError.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([3.0, 2.0])
    [[2.0, 3.0], [1.0, 1.0]]
    """
    arguments.function("jacobian", f)

    def derived(*args: Any, **kwargs: Any) -> Any:
        point = Point(f, args, kwargs, argnums)
        outputs = point.outputs()
        _check_size(len(outputs), len(point.variables))
        rows = [point.like_arguments(point.slopes(y)) for y in outputs]
        return point.like_output(rows)

    return derived


def hessian(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """Give the function that computes d2f/dx_i dx_j: n sweeps over one gradient graph.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 2.0])
    [[4.0, 6.0], [6.0, 0.0]]
    """
    arguments.function("hessian", f)
    return jacobian(grad(f, argnums), argnums)


def hvp(f: Function) -> Function:
    """Give ``product(x, v, *rest)``, the Hessian of f(x, *rest) in x times a vector v.

    Two sweeps, however many inputs: H v is the gradient of (df/dx) . v; Pearlmutter
    (1994). The order of arguments is that of the ``hessp`` of SciPy's ``minimize``.

    >>> hvp(lambda x: x[0] ** 2 * x[1])([3.0, 2.0], [1.0, 0.0])
    [4.0, 6.0]
    """
    arguments.function("hvp", f)

    def derived(x: Any, v: Any, *rest: Any) -> Any:
        point = Point(f, (x, *rest), also=v)
        direction = _entries("the vector", v, point.variables)
        first = point.slopes(point.single_output("hvp"), create_graph=True)
        return point.like_arguments(point.slopes(point.along(first, direction)))

    return derived


def jvp(f: Function) -> Function:
    """Give ``push(primals, tangents)``: f and its derivative along a direction.

    Forward mode: one sweep, in the order of evaluation. ``primals`` and ``tangents``
    have one entry for each argument of f, as in JAX. The result is
    (f(*primals), derivative), both nested like f's output.

    >>> jvp(lambda x, y: x * y)((3.0, 2.0), (1.0, 10.0))
    (6.0, 32.0)
    """
    arguments.function("jvp", f)

    def derived(primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
        if not isinstance(primals, (list, tuple)):
            raise TypeError(
                "jvp(f) takes a tuple of primals and one of tangents, as in "
                f"jvp(f)((x,), (v,)), got {primals!r:.60}"
            )
        point = Point(f, primals, argnums=tuple(range(len(primals))), also=tangents)
        seeds = _entries("the tangents", tangents, point.variables)
        outputs = point.outputs()
        slopes = point.tangents(outputs, seeds)
        return (
            point.like_output([point.give(y) for y in outputs]),
            point.like_output([point.give(slope) for slope in slopes]),
        )

    return derived


def vjp(f: Function) -> Function:
    """Give ``(f(*args), pullback)``; the pullback maps a cotangent to the arguments.

    Reverse mode: one sweep for each call of the pullback. The cotangent is nested like
    f's output, the result like the argument, or a tuple over several arguments.

    >>> y, pullback = vjp(lambda x: [x[0] * x[1], x[0] + x[1]])([3.0, 2.0])
    >>> y, pullback([1.0, 10.0])
    ([6.0, 5.0], [12.0, 13.0])
    """
    arguments.function("vjp", f)

    def derived(*args: Any) -> Any:
        argnums = tuple(range(len(args))) if len(args) > 1 else 0
        point = Point(f, args, argnums=argnums)
        outputs = point.outputs()

        def pullback(cotangent: Any) -> Any:
            seeds = _entries("the cotangent", cotangent, outputs)
            connected = holds_value(cotangent)
            slopes = point.slopes(point.along(outputs, seeds), connected)
            return point.like_arguments(slopes, connected)

        return point.like_output([point.give(y) for y in outputs]), pullback

    return derived


def derivative(f: Function, order: int = 1) -> Function:
    """Give the n-th derivative of a function of one number; order 0 is f itself.

    >>> derivative(lambda x: x**4, order=2)(3.0)
    108.0
    """
    arguments.function("derivative", f)
    if isinstance(order, bool) or not isinstance(order, int) or order < 0:
        raise ValueError(f"order is a whole number of 0 or more, got {order!r:.60}")

    def derived(x: Any) -> Any:
        point = Point(f, (x if isinstance(x, Value) else number(x),))
        y = point.single_output("derivative")
        for remaining in range(order - 1, -1, -1):
            (y,) = point.slopes(y, create_graph=remaining > 0)
        return point.give(y)

    return derived


_MOST = 25_000_000  # numbers in a jacobian, of 32 bytes each


def _check_size(outputs: int, inputs: int) -> None:
    if outputs * inputs > _MOST:
        raise ValueError(
            f"the derivatives of {outputs:,} x {inputs:,} numbers are too many, at "
            f"most {_MOST:,} are given; hvp, jvp and vjp give their products with a "
            "vector in one sweep"
        )


def _entries(what: str, nest: Any, like: Sequence[Any]) -> list[Any]:
    entries = [entry for _, entry in flatten(nest, what)]
    if len(entries) != len(like):
        raise ValueError(f"{what} has {len(entries)} numbers, expected {len(like)}")
    return entries
