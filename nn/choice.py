"""Things that are chosen by name or given as a function: activations, losses, ..."""

from __future__ import annotations

from math import inf, isfinite

from autograd.arguments import real as checked
from autograd.arguments import whole

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


def by_name(kind: str, known: Mapping[str, Any], choice: Any) -> Any:
    """Give the known thing of that name, or the choice itself where it is a function.

    An unknown name is a ValueError that lists the known ones.

    >>> by_name("rounding", {"nearest": round}, "nearest")
    <built-in function round>
    """
    if isinstance(choice, str):
        if choice in known:
            return known[choice]
        names = ", ".join(sorted(known))
        raise ValueError(f"unknown {kind} {choice!r}; known are: {names}")
    if callable(choice):
        return choice
    raise TypeError(
        f"expected the name of a known {kind}, or a function, got {choice!r:.60}; "
        f"known are: {', '.join(sorted(known))}"
    )


def name_of(function: Callable[..., Any]) -> str:
    """Give the name of a function, a primitive or a class; else its repr."""
    name = getattr(function, "__name__", None) or getattr(function, "name", None)
    return name if isinstance(name, str) else repr(function)


def count(what: str, n: Any, least: int = 1, most: int | None = None) -> int:
    """Check that n is a whole number, at least ``least`` and at most ``most``.

    >>> count("batch_size", 0)
    Traceback (most recent call last):
        ...
    ValueError: batch_size must be at least 1, got 0
    """
    number = whole(what, n, least)
    if most is not None and number > most:
        raise ValueError(f"{what} must be at most {most:,}, got {n!r:.60}")
    return number


def real(what: str, x: Any, below: float = inf) -> float:
    """Check that x is a finite number, at least 0 and less than ``below``.

    >>> real("lr", -0.1)
    Traceback (most recent call last):
        ...
    ValueError: lr must be at least 0 and finite, got -0.1
    """
    number = checked(what, x)
    if not 0.0 <= number < below:
        limit = "finite" if below == inf else f"less than {below:g}"
        raise ValueError(f"{what} must be at least 0 and {limit}, got {x!r:.60}")
    return number


def finite(what: str, x: Any) -> float:
    """Check that x is a finite number.

    >>> finite("low", float("nan"))
    Traceback (most recent call last):
        ...
    ValueError: low must be finite, got nan
    """
    number = checked(what, x)
    if not isfinite(number):
        raise ValueError(f"{what} must be finite, got {x!r:.60}")
    return number


def mapping(what: str, given: Any) -> None:
    """Check that something was given by names, as a ``state_dict()`` is.

    >>> mapping("load_state_dict", [1.0])
    Traceback (most recent call last):
        ...
    TypeError: load_state_dict takes what state_dict() gives, a dict, got [1.0]
    """
    if not hasattr(given, "keys") or not hasattr(given, "__getitem__"):
        raise TypeError(
            f"{what} takes what state_dict() gives, a dict, got {given!r:.60}"
        )


def numbers(what: str, column: Any, length: int | None = None) -> list[float]:
    """Check a list of so many finite numbers, as JSON has them; give them as floats.

    >>> numbers("loss", [1, float("nan")])
    Traceback (most recent call last):
        ...
    ValueError: loss must hold finite numbers, got nan
    """
    if type(column) is not list or (length is not None and len(column) != length):
        many = "" if length is None else f"{length} "
        raise ValueError(f"{what} must be a list of {many}numbers")
    for x in column:
        whole = type(x) is int and abs(x) < 2**1023  # others overflow a float
        if not whole and (type(x) is not float or not isfinite(x)):
            raise ValueError(f"{what} must hold finite numbers, got {x!r:.40}")
    return [float(x) for x in column]
