"""What Python would do to a Value as if it were a plain number, and so is refused.

Each of these conversions would give a number without a graph, or a truth that is none:
the gradient would be lost in silence.
"""

from __future__ import annotations

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from typing import NoReturn


class Refusals:
    """The conversions that a Value refuses, each with what to write instead.

    >>> from autograd import Value
    >>> range(Value(3.0))
    Traceback (most recent call last):
        ...
    TypeError: int(v), round(v), an index or a loop bound take a plain number, and a \
Value would lose its gradient; write int(v.data)
    """

    __slots__ = ()

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a Value is neither true nor false; write v.data != 0, or compare: v > 0"
        )

    def __float__(self) -> NoReturn:
        raise TypeError(
            "float(v) and math.exp(v) would lose the gradient; write v.data for the "
            "number, or a function that records itself: v.exp(), autograd.exp(v)"
        )

    def __int__(self) -> NoReturn:
        raise TypeError(
            "int(v), round(v), an index or a loop bound take a plain number, and a "
            "Value would lose its gradient; write int(v.data)"
        )

    __index__ = __trunc__ = __int__

    def __round__(self, digits: int | None = None) -> NoReturn:
        self.__int__()
