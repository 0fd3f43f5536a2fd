"""What ``Compiled.training`` takes: parameters, the rule of the update, the clip."""

from __future__ import annotations

from inspect import signature
from math import inf
from typing import Any

from autograd.arguments import function, real
from autograd.value import Value


def checked_parameters(parameters: Any) -> list[Value]:
    """Give the parameters as a list of leaves, each of them once."""
    listed = list(parameters) if hasattr(parameters, "__iter__") else []
    values = all(isinstance(p, Value) and p.op is None for p in listed)
    if not listed or not values or len(set(listed)) < len(listed):
        raise ValueError(
            "parameters must be some leaf Values, each of them once, got "
            f"{parameters!r:.60}"
        )
    return listed


def check_update(update: Any, states: int) -> None:
    """See that the rule can be called with x, g, lr, t and its state."""
    function("update=", update)
    try:
        parameters = signature(update)
    except ValueError:  # a builtin that does not tell
        return
    try:
        parameters.bind(*range(4 + states))
    except TypeError as error:
        raise TypeError(
            f"update is called as update(x, g, lr, t, *state) with {states} of state, "
            f"but {getattr(update, '__name__', 'it')}{parameters} cannot be: {error}"
        ) from None


def checked_clip(clip: Any) -> float:
    """Give the greatest norm of the gradient that is left as it is."""
    limit = real("clip", clip)
    if not 0.0 <= limit < inf:
        raise ValueError(f"clip must be at least 0 and finite, got {clip!r:.60}")
    return limit
