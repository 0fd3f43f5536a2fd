"""Names for Values without a label: the variables of the caller.

A Value is named after the expression that gives it: ``loss``, ``w[0]``,
``model.layers[1].b``. Variables are looked at, no code of theirs is run; only pictures
use the names.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from inspect import CO_OPTIMIZED
from sys import getrefcount
from types import FrameType
from typing import Any

from autograd.value import Value

BUDGET = 20_000  # things looked at in a namespace
INTERACTIVE = {"In", "Out"}  # the history that IPython keeps


def names_of(values: Iterable[Value], frame: FrameType) -> dict[Value, str]:
    """Name those Values that a variable of the frame leads to; locals come first.

    >>> import sys
    >>> w = [Value(1.0), Value(2.0)]
    >>> list(names_of(w, sys._getframe()).values())
    ['w[0]', 'w[1]']
    """
    nameless = {id(z): z for z in values if not z.label}
    found: dict[Value, str] = {}
    for variables in namespaces(frame):
        for path, part in walk(variables):
            if len(found) == len(nameless):
                return found
            # By id: what stands in a namespace may compare equal in any way it likes.
            if id(part) in nameless:
                found.setdefault(nameless[id(part)], path)
    return found


def namespaces(frame: FrameType) -> list[dict[str, Any]]:
    """Give the caller's variables: its locals, then its globals."""
    spaces = [_locals(frame)]
    if _is_function(frame) or frame.f_locals is not frame.f_globals:
        spaces.append(frame.f_globals)
    return [
        {
            key: part
            for key, part in space.items()
            if key.isidentifier() and not key.startswith("_")
            if key not in INTERACTIVE
        }
        for space in spaces
    ]


def _locals(frame: FrameType) -> dict[str, Any]:
    """Copy the local variables, and leave nothing in the frame that keeps them alive.

    Before CPython 3.13 a function's frame keeps the snapshot that is read here, and
    with it the graph; where nobody else holds that snapshot, it is emptied.
    """
    snapshot = frame.f_locals
    variables = dict(snapshot)
    keeps = sys.version_info < (3, 13) and _is_function(frame)
    if keeps and getrefcount(snapshot) < 4:
        snapshot.clear()
    return variables


def _is_function(frame: FrameType) -> bool:
    return bool(frame.f_code.co_flags & CO_OPTIMIZED)


def walk(variables: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Walk breadth first over Values, and models, in variables, containers and models.

    Gives (path, part); each part once, under its shortest path.
    """
    queue = deque(variables.items())
    seen: set[int] = set()
    room = BUDGET
    while queue and room:
        room -= 1
        path, part = queue.popleft()
        if isinstance(part, Value):
            yield path, part
        elif id(part) not in seen:
            seen.add(id(part))  # what is seen stays alive: the namespace holds it
            if is_model(part):
                yield path, part
            for key, entry in entries(part, room):
                queue.append((path + key, entry))


def is_model(part: object) -> bool:
    """Tell whether this is an object that says what its parameters are."""
    kind = type(part)
    return (
        not isinstance(part, (type, Value))
        and callable(getattr(kind, "parameters", None))
        and hasattr(part, "__dict__")
    )


def entries(part: Any, room: int) -> Iterator[tuple[str, Any]]:
    """Give the entries of a container and the attributes of a model, with their keys.

    A sequence that begins with a number or a string is data, and is left alone.
    """
    if isinstance(part, (list, tuple)):
        if part and not isinstance(part[0], (int, float, str)):
            for i, entry in enumerate(part[:room]):
                yield f"[{i}]", entry
    elif type(part) is dict:
        for _, (key, entry) in zip(range(room), part.items()):
            if type(key) in (str, int):
                yield f"[{key!r:.30}]", entry
    elif hasattr(type(part), "dtype") and hasattr(type(part), "tolist"):  # of NumPy
        if part.dtype == object and part.ndim:
            for i, entry in enumerate(part[:room].tolist()):
                yield f"[{i}]", entry
    elif is_model(part):
        yield from ((f".{key}", entry) for key, entry in vars(part).items())
