"""Nested arguments: a number, or lists and tuples of such, to any depth.

A transform looks at the numbers in a nest in order, and gives its results in a nest of
the same shape. NumPy arrays are taken as nested lists.
"""

from __future__ import annotations

from autograd.operation import number
from autograd.value import Value

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def flatten(nest: Any, name: str = "x") -> list[tuple[str, Any]]:
    """List (path, number or Value) for every leaf of the nest, in order.

    What is no real number is a TypeError that gives its path, which begins with name.

    >>> flatten([1.0, (2.0, 3.0)])
    [('x[0]', 1.0), ('x[1][0]', 2.0), ('x[1][1]', 3.0)]
    """
    items = _items(nest)
    if items is not None:
        return [
            leaf
            for i, item in enumerate(items)
            for leaf in flatten(item, f"{name}[{i}]")
        ]
    if type(nest) is float or isinstance(nest, Value):
        return [(name, nest)]
    try:
        return [(name, number(nest))]
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from None


def rebuild(nest: Any, leaves: Iterable[Any]) -> Any:
    """Give a nest of the same shape with other leaves, taken in order.

    >>> rebuild([1.0, (2.0, 3.0)], "abc")
    ['a', ('b', 'c')]
    """
    return _rebuild(nest, iter(leaves))


def _rebuild(nest: Any, leaves: Iterator[Any]) -> Any:
    items = _items(nest)
    if items is None:
        return next(leaves)
    rebuilt = [_rebuild(item, leaves) for item in items]
    return tuple(rebuilt) if isinstance(nest, tuple) else rebuilt


def _items(nest: Any) -> list[Any] | tuple[Any, ...] | None:
    if type(nest) is float:  # nearly all leaves are
        return None
    if isinstance(nest, (list, tuple)):
        return nest
    if getattr(nest, "ndim", 0) and hasattr(nest, "tolist"):
        array: list[Any] = nest.tolist()
        return array
    return None


def holds_value(nest: Any) -> bool:
    """Tell whether a nest (of any objects) holds a Value.

    >>> holds_value([1.0, (Value(2.0),)]), holds_value([1.0, "text"])
    (True, False)
    """
    items = list(nest.values()) if isinstance(nest, dict) else _items(nest)
    if items is None:
        return isinstance(nest, Value)
    return any(type(item) is not float and holds_value(item) for item in items)
