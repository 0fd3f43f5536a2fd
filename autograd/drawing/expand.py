"""Weighted sums opened up: ``dot`` and ``sum`` as they are written one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autograd import primitives as table
from autograd.graph import nodes
from autograd.operation import Primitive
from autograd.value import Constant, Value


@dataclass(frozen=True, slots=True)
class Expansion:
    """The copy of a graph, as far as it is to be drawn.

    ``top`` is the copy of the root, ``origin`` has the Value behind each copy,
    ``total`` counts the Values and constants that a full copy would have.
    """

    top: Value
    origin: dict[Value, Value]
    total: int


def expanded(root: Value, limit: int) -> Expansion:
    """Copy the graph with each ``dot`` as products and sums, and each ``sum`` as sums.

    The copy is complete for the ``limit`` Values and constants nearest the root. What
    is new in it has the grad of the node it leads to: all local derivatives on the way
    are 1.

    >>> x, y = Value(2.0), Value(3.0)
    >>> found = expanded(table.dot([x, y], [4.0, x]), limit=99)
    >>> [(z.op.name, z.data) for z in nodes(found.top) if z.args], found.total
    ([('*', 8.0), ('*', 6.0), ('+', 14.0)], 6)
    """
    copies: dict[Value, Value] = {}
    origin: dict[Value, Value] = {}

    def copy(x: Any) -> Any:
        if type(x) is float:
            return x
        if x not in copies:
            twin = copies[x] = x.__copy__()
            twin.args, origin[twin] = (), x
        return copies[x]

    queue = {copy(root): None}
    room = limit
    for z in (found := list(queue)):
        if not room:
            break
        room -= 1
        if z in origin:
            z.args = tuple(map(copy, origin[z].args))
            _open(z)
        new = {x: None for x in z.args if type(x) is not float and x not in queue}
        queue |= new
        found.extend(new)
    total = sum(_count(z) for z in nodes(root))
    return Expansion(copies[root], origin, total)


def _open(z: Value) -> None:
    """Make z, a dot or a sum, the last of its sums, or its product if it has one."""
    if z.op is not table.dot and z.op is not table.sum:
        return
    terms = list(z.args)
    if z.op is table.dot:
        n = len(terms) // 2
        pairs = list(zip(terms[:n], terms[n:], strict=True))
        if n == 1:
            z.op, z.args = table.mul, pairs[0]
            return
        terms = [_node(table.mul, pair, z.grad) for pair in pairs]
    if len(terms) < 2:
        return
    total = terms[0]
    for term in terms[1:-1]:
        total = _node(table.add, (total, term), z.grad)
    z.op, z.args = table.add, (total, terms[-1])


def _node(op: Primitive, args: tuple[Any, ...], grad: float) -> Value:
    """Give op(args) with this grad; a product or sum of numbers alone has none."""
    data = op.value(*[x if type(x) is float else x.data for x in args])
    constant = all(type(x) is float or isinstance(x, Constant) for x in args)
    z = Constant(data) if constant else Value(data)
    z.op, z.args, z.grad = op, args, grad
    return z


def _count(z: Value) -> int:
    """Count z, its constants, and the products and sums that lead to it."""
    terms = len(z.args)
    count = 1 + sum(type(x) is float for x in z.args)
    if z.op is table.dot and terms > 2:
        return count + terms - 2  # of n products, n - 1 sums, and the last one is z
    return count + terms - 2 if z.op is table.sum and terms > 1 else count
