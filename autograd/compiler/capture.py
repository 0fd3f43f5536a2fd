"""What a function captures: to notice that parameters came or went since the trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def captured_values(f: Callable[..., Any]) -> list[Value]:
    """List the Values in the variables that f refers to.

    Looked into are closures, defaults, globals that f names, the object that a method
    belongs to, sequences and dicts of Values, and what has ``parameters()``.
    """
    return [value for item in _variables(f) for value in _values(item)]


def _variables(f: Callable[..., Any]) -> Iterator[Any]:
    yield getattr(f, "__self__", f)
    function = getattr(f, "__func__", f)
    code = getattr(function, "__code__", None)
    if code is None:
        return
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    yield from function.__defaults__ or ()
    for name in code.co_names:
        if name in function.__globals__:
            yield function.__globals__[name]


def _values(item: Any) -> Iterator[Value]:
    if isinstance(item, Value):
        yield item
    elif isinstance(item, dict):
        yield from _values(list(item.values()))
    elif isinstance(item, (list, tuple)):
        for part in item:
            if isinstance(part, (Value, list, tuple, dict)):
                yield from _values(part)
    elif not isinstance(item, type) and callable(getattr(item, "parameters", None)):
        yield from item.parameters()
