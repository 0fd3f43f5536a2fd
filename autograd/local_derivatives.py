"""Local derivatives: dz/dx for each argument x of a node z, by the rules of its op.

They are the edges of the graph, and the factors of the chain rule.
"""

from __future__ import annotations

from operator import attrgetter

from autograd.value import Value

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    Edges = Iterable[tuple[Value, Any]]


_data = attrgetter("data")


def local_derivatives(
    z: Value, wanted: set[Value] | None = None, create_graph: bool = False
) -> Edges:
    """List (x, dz/dx) for each Value x among the arguments of z, repeats kept.

    The derivatives are floats, or with ``create_graph`` nodes of a new graph (floats
    still where they are constant). ``wanted`` leaves out every x that is not in it.
    Raises what a rule raises, for example ZeroDivisionError for sqrt at 0, with the
    operation and its operands in the message.

    >>> x = Value(3.0)
    >>> list(local_derivatives(x * x)) == [(x, 3.0), (x, 3.0)]
    True
    """
    args, rules = z.args, z.op.partials  # type: ignore[union-attr]
    try:
        if create_graph or len(args) > 2 or callable(rules):
            return _general_derivatives(z, wanted, create_graph)
        if wanted is not None:
            for x in args:
                if type(x) is not float and x not in wanted:
                    return _general_derivatives(z, wanted, create_graph)
        # Nearly all nodes have one argument or two: spelled out, in half the time.
        if len(args) == 1:
            (x,), (p,) = args, rules
            return ((x, p if type(p) is float else p(z.data, x.data)),)
        (x, y), (p, q) = args, rules
        if type(y) is float:
            return ((x, p if type(p) is float else p(z.data, x.data, y)),)
        if type(x) is float:
            return ((y, q if type(q) is float else q(z.data, x, y.data)),)
        if type(p) is not float:
            p = p(z.data, x.data, y.data)
        if type(q) is not float:
            q = q(z.data, x.data, y.data)
        return (x, p), (y, q)
    except (ArithmeticError, ValueError) as error:
        assert z.op is not None
        place = getattr(z, "place", None)  # known under detect_anomaly()
        raise z.op.failure(args, error, "the derivative of ", place) from None


def _general_derivatives(
    z: Value, wanted: set[Value] | None, create_graph: bool
) -> Edges:
    args, rules = z.args, z.op.partials  # type: ignore[union-attr]
    if callable(rules) and wanted is None and not create_graph:
        try:
            numbers = list(map(_data, args))
        except AttributeError:  # a float among the arguments
            pass
        else:
            return zip(args, rules(z.data, *numbers), strict=True)
    if create_graph:
        point: tuple[Any, ...] = (z, *args)
    else:
        point = (z.data, *[x if type(x) is float else x.data for x in args])
    if not callable(rules):
        return [
            (x, slope if type(slope) is float else slope(*point))
            for x, slope in zip(args, rules, strict=True)
            if type(x) is not float and (wanted is None or x in wanted)
        ]
    return [
        (x, slope)
        for x, slope in zip(args, rules(*point), strict=True)
        if type(x) is not float and (wanted is None or x in wanted)
    ]
