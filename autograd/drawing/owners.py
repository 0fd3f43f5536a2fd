"""Which part of a model owns each parameter.

A model is any object whose class has ``parameters``; its parts are the models among its
attributes. What a neuron and what a layer is follows from the structure: a neuron
stands in a list of another part and holds one list of Values and single ones; a layer
is what holds neurons, or else the innermost part around a parameter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from autograd.drawing.names import entries, is_model, walk
from autograd.value import Value

LEVELS = ("neuron", "layer", "module")
NEVER_END = 10**9  # a model that is given is walked to its end


@dataclass(frozen=True, slots=True)
class Owner:
    """A part of a model: the expression that gives it, and the name of its class."""

    path: str
    kind: str
    neuron: bool = False


Chain = tuple[Owner, ...]  # from the whole model to the part that holds a parameter


def owners_in(spaces: Iterable[Mapping[str, Any]]) -> dict[Value, Chain]:
    """Find the owners of all parameters of the models among these variables.

    Where several variables lead to a parameter, say a model and one of its layers, the
    one that leads through more parts counts.
    """
    found: dict[Value, Chain] = {}
    for space in spaces:
        for path, part in walk(space):
            if is_model(part):
                for parameter, chain in owners(part, path).items():
                    if len(chain) > len(found.get(parameter, ())):
                        found[parameter] = chain
    return found


def owners(model: Any, path: str) -> dict[Value, Chain]:
    """Give the chain of parts around each parameter of a model.

    >>> class Line:
    ...     def __init__(self):
    ...         self.w, self.b = [Value(2.0)], Value(1.0)
    ...
    ...     def parameters(self):
    ...         return [*self.w, self.b]
    >>> found = owners(Line(), "line")
    >>> [[owner.path for owner in chain] for chain in found.values()]
    [['line'], ['line']]
    """
    found: dict[Value, Chain] = {}
    seen: set[int] = set()
    stack: list[tuple[str, Any, Chain]] = [(path, model, ())]
    while stack:
        path, part, chain = stack.pop()
        if isinstance(part, Value):
            if type(part) is Value and part.op is None:
                found.setdefault(part, chain)
            continue
        if id(part) in seen:
            continue
        seen.add(id(part))
        if is_model(part):
            neuron = path.endswith("]") and _is_neuron(part)
            chain = (*chain, Owner(path, type(part).__name__, neuron))
        stack.extend(
            (path + key, entry, chain)
            for key, entry in reversed(list(entries(part, NEVER_END)))
        )
    return found


def at_level(found: Mapping[Value, Chain], level: str) -> dict[Value, Chain]:
    """Cut each chain at the part that is to stand for the parameter in a picture."""
    if level == "module":
        return {z: chain[:1] for z, chain in found.items()}
    if level == "neuron":
        return dict(found)
    return {
        z: chain[:-1] if chain[-1].neuron and len(chain) > 1 else chain
        for z, chain in found.items()
    }


def _is_neuron(part: Any) -> bool:
    lists = 0
    for attribute in vars(part).values():
        if isinstance(attribute, (list, tuple)) and attribute:
            lists += 1
            if not all(isinstance(entry, Value) for entry in attribute):
                return False
        elif is_model(attribute) or isinstance(attribute, dict):
            return False
    return lists == 1
