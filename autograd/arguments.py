"""What arguments must be: checked where they come in, in the same words everywhere."""

from __future__ import annotations

from operator import index

from autograd.operation import number

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def function(what: str, f: Any) -> None:
    """Check that f can be called.

    >>> function("grad", 3.0)
    Traceback (most recent call last):
        ...
    TypeError: grad takes a function, got 3.0 (float)
    """
    if not callable(f):
        raise TypeError(f"{what} takes a function, got {f!r:.60} ({type(f).__name__})")


def whole(what: str, n: Any, least: int = 1) -> int:
    """Give a whole number of at least ``least``; True and False are none.

    >>> whole("limit", 2.5)
    Traceback (most recent call last):
        ...
    TypeError: limit must be a whole number, got 2.5
    """
    try:
        if isinstance(n, bool):
            raise TypeError
        count = index(n)
    except TypeError:
        raise TypeError(f"{what} must be a whole number, got {n!r:.60}") from None
    if count < least:
        raise ValueError(f"{what} must be at least {least}, got {count}")
    return count


def real(what: str, x: Any) -> float:
    """Give a real number as a float.

    >>> real("tolerance", 10**400)
    Traceback (most recent call last):
        ...
    OverflowError: tolerance: expected a number below 1.8e308, got a larger int, \
which no float64 can hold; scale it, or take its logarithm first
    """
    try:
        return number(x)
    except (TypeError, OverflowError) as error:
        raise type(error)(f"{what}: {error}") from None


def flag(what: str, x: Any) -> bool:
    """Give True or False: a word such as "no", which Python takes for true, is none.

    >>> flag("expand", "no")
    Traceback (most recent call last):
        ...
    TypeError: expand must be True or False, got 'no'
    """
    if isinstance(x, bool) or (type(x) is int and x in (0, 1)):
        return bool(x)
    raise TypeError(f"{what} must be True or False, got {x!r:.60}")


def one_of(what: str, choice: Any, known: Sequence[str]) -> None:
    """Check that a choice is one of the known words.

    >>> one_of("engine", "neato", ("dot", "own"))
    Traceback (most recent call last):
        ...
    ValueError: unknown engine 'neato'; known are dot, own
    """
    if not isinstance(choice, str) or choice not in known:
        raise ValueError(f"unknown {what} {choice!r:.60}; known are {', '.join(known)}")
