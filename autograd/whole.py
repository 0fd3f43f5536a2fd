"""Numbers of many Values set as one: Ctrl-C falls before it or after, never within.

Python acts on a signal between two of its own instructions. Each function here sets all
in one call of C, which it does not enter; a loop could end half way.
"""

from __future__ import annotations

from collections import deque
from operator import attrgetter

from autograd.value import Value

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

# The slots themselves: while a function is traced, a property in Python guards them.
_set_data, _set_grad = (vars(Value)[name].__set__ for name in ("data", "grad"))
_data, _grad = attrgetter("data"), attrgetter("grad")


def set_data(values: Collection[Value], numbers: Iterable[float]) -> None:
    """Set the data of each Value to the number beside it.

    >>> x, y = Value(1.0), Value(2.0)
    >>> set_data([x, y], [3.0, 4.0])
    >>> x.data, y.data
    (3.0, 4.0)
    """
    deque(map(_data, values), maxlen=0)  # raises what reading raises in a trace
    deque(map(_set_data, values, list(numbers)), maxlen=0)


def put_grads(grads: dict[Value, float]) -> None:
    """Set the grad of each key to its number: those of a sweep, which read them."""
    deque(map(_set_grad, grads, grads.values()), maxlen=0)


def set_grads(values: Collection[Value], grads: Iterable[float]) -> None:
    """Set the grad of each Value to the number beside it.

    >>> x = Value(1.0)
    >>> set_grads([x], [5.0])
    >>> x.grad
    5.0
    """
    deque(map(_grad, values), maxlen=0)
    deque(map(_set_grad, values, list(grads)), maxlen=0)
