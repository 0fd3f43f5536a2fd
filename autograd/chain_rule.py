"""The chain rule, once.

For an output L write zbar = dL/dz, the adjoint of the node z. A change of x reaches L
through every consumer z of x, so

    xbar = sum over consumers z of x:  zbar * dz/dx.

The sweep visits the nodes in reverse topological order, consumers first. The order
matters: zbar may be passed on to the arguments of z only once it is complete, that is
once ALL consumers of z have contributed. Take ``b = a + a; c = b * a; d = c + b``: a
sweep that goes from d to b and on to a before it visits c passes on a bbar that lacks
c's share, and dd/da comes out wrong.
"""

from __future__ import annotations

from contextvars import ContextVar
from operator import add, mul

from autograd.graph import dependents, nodes, topological_order
from autograd.local_derivatives import local_derivatives
from autograd.operation import number
from autograd.value import Constant, Value
from autograd.whole import put_grads, set_grads

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Literal, overload

    from autograd.anomaly import Watch

# What looks at sweeps in this thread or task: see detect_anomaly.
watching: ContextVar[Watch | None] = ContextVar("watching", default=None)


def adjoints(
    output: Value,
    inputs: Iterable[Value] | None = None,
    *,
    cotangent: Value | float = 1.0,
    create_graph: bool = False,
) -> dict[Value, Any]:
    """Give the adjoint of every node below output, in one reverse sweep.

    With ``inputs``, only the nodes that depend on them are swept. ``cotangent`` is the
    adjoint of the output itself. No node is changed. Raises what a rule raises.

    >>> x = Value(3.0)
    >>> adjoints(x * x, cotangent=10.0)[x]
    60.0
    """
    order = topological_order(output)
    wanted = None if inputs is None else dependents(order, _values(inputs))
    if type(cotangent) is not float and not isinstance(cotangent, Value):
        cotangent = number(cotangent)
    adjoint: dict[Value, Any] = {output: cotangent}
    for z in reversed(order):
        if wanted is None or z in wanted:
            zbar = adjoint[z]
            for x, slope in local_derivatives(z, wanted, create_graph):
                # xbar += zbar * dz/dx
                term = times(zbar, slope) if create_graph else zbar * slope
                if x not in adjoint:
                    adjoint[x] = term
                elif create_graph:
                    adjoint[x] = plus(adjoint[x], term)
                else:
                    adjoint[x] += term
    watch = watching.get()
    if watch is not None:
        watch.check_adjoints(order, wanted, adjoint)
    return adjoint


def pushforward(
    outputs: Iterable[Value], tangents: dict[Value, Any], create_graph: bool = False
) -> dict[Value, Any]:
    """Give the tangent of every node that depends on the keys of ``tangents``.

    The chain rule read the other way, in one sweep from the inputs to the outputs:
    zdot = sum over arguments x of z: dz/dx * xdot. Raises what a rule raises.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> pushforward([y], {x: 10.0})[y]
    60.0
    """
    order = topological_order(*outputs)
    wanted = dependents(order, tangents)
    product, total = (times, plus) if create_graph else (mul, add)
    tangent = dict(tangents)
    for z in order:
        if z in wanted and z not in tangents:
            tangent[z] = 0.0
            for x, slope in local_derivatives(z, wanted, create_graph):
                # zdot += dz/dx * xdot
                tangent[z] = total(tangent[z], product(slope, tangent[x]))
    watch = watching.get()
    if watch is not None:
        watch.check_tangents(order, wanted - set(tangents), tangent)
    return tangent


def times(a: Any, b: Any) -> Any:
    """Multiply without the nodes that 1 * x, -1 * x and 0 * x would cost."""
    for factor, other in ((a, b), (b, a)):
        if type(factor) is float:
            if factor == 1.0:
                return other
            if factor == -1.0:
                return -other
            if factor == 0.0:
                return 0.0
    return a * b


def plus(a: Any, b: Any) -> Any:
    """Add without the node that x + 0 would cost."""
    if type(a) is float and a == 0.0:
        return b
    return a if type(b) is float and b == 0.0 else a + b


def backward(output: Value) -> None:
    """Leave d(output)/dz in the ``grad`` of every node z below output.

    Leaves accumulate: their grads grow with every call until ``zero_grad``. Interior
    nodes do not: theirs are set anew. The grads change together after the whole sweep,
    so a rule that raises changes none of them, and Ctrl-C leaves them as they were or
    complete. Constants are never touched.

    >>> a = Value(3.0)
    >>> b = a + a
    >>> c = b * a
    >>> backward(c)
    >>> a.grad, b.grad, c.grad
    (12.0, 3.0, 1.0)
    """
    found = adjoints(_differentiable(output))
    watch = watching.get()
    if watch is not None:
        watch.check_grads(found)
    try:
        for z in found:
            if not z.args:
                found[z] += z.grad
    except TypeError:
        raise _no_grad_number(found) from None
    put_grads(found)


if TYPE_CHECKING:

    @overload
    def gradient(
        output: Value, inputs: Value, create_graph: Literal[False] = ...
    ) -> float: ...
    @overload
    def gradient(
        output: Value, inputs: Value, create_graph: Literal[True]
    ) -> Value: ...
    @overload
    def gradient(
        output: Value, inputs: Iterable[Value], create_graph: Literal[False] = ...
    ) -> list[float]: ...
    @overload
    def gradient(
        output: Value, inputs: Iterable[Value], create_graph: Literal[True]
    ) -> list[Value]: ...


def gradient(output: Value, inputs: Any, create_graph: bool = False) -> Any:
    """Give d(output)/dx for each x in inputs (leaves or interior nodes).

    The derivatives are floats, or with ``create_graph`` Values of a new graph, which
    can be differentiated in turn. A single Value as inputs gives a single derivative.
    It is 0 where output does not depend on x. Touches no ``grad``.

    >>> x = Value(2.0)
    >>> slope = gradient(x**3, x, create_graph=True)
    >>> slope.data, gradient(slope, x)
    (12.0, 12.0)
    """
    single = not hasattr(inputs, "__iter__")
    wanted = _values([inputs] if single else inputs)
    found = adjoints(_differentiable(output), wanted, create_graph=create_graph)
    slopes = [found.get(x, 0.0) for x in wanted]
    if create_graph:
        slopes = [s if isinstance(s, Value) else Value(s) for s in slopes]
    return slopes[0] if single else slopes


def zero_grad(values: Value | Iterable[Value]) -> None:
    """Set the grad of these Values to 0; for a single Value, of every node below it.

    >>> a = Value(3.0)
    >>> b = a * a
    >>> b.backward()
    >>> zero_grad(b)
    >>> a.grad, b.grad
    (0.0, 0.0)
    """
    listed = nodes(values) if isinstance(values, Value) else _values(values)
    set_grads(listed, [0.0] * len(listed))


def _no_grad_number(found: Iterable[Value]) -> TypeError:
    leaves = [z for z in found if not z.args]
    wrong = next(z for z in leaves if not isinstance(z.grad, (int, float)))
    return TypeError(
        f"the grad of {wrong!r:.60} is no number, to which a derivative could be "
        "added; zero_grad([v]) sets it to 0"
    )


def _values(inputs: Any) -> list[Value]:
    if not hasattr(inputs, "__iter__"):
        raise TypeError(f"expected a list of Values, got {inputs!r:.60}")
    listed = list(inputs)
    for x in listed:
        if not isinstance(x, Value):
            raise TypeError(f"expected Values as the inputs, got {x!r:.60}")
    return listed


def _differentiable(output: Any) -> Value:
    if isinstance(output, Constant):
        raise ValueError(
            f"{output!r} has no graph: it was computed under no_grad() or detached, "
            "so there is nothing to differentiate"
        )
    if not isinstance(output, Value):
        raise TypeError(f"expected a Value to differentiate, got {output!r:.60}")
    return output
