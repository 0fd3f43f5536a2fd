"""What a saved file says of a model, an optimiser and a history, and back."""

from __future__ import annotations

import json
import os
from math import isfinite
from typing import TYPE_CHECKING, Any

from autograd.printable import printable
from autograd.whole import set_data
from nn import store
from nn.choice import numbers, real
from nn.history import History
from nn.optimizer import Optimizer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from autograd import Value
    from nn.store import Limit, Path

NUMBER = 40  # bytes of a number in the file, more than any float takes


def named(model: Any) -> list[tuple[str, Value]]:
    """Give the parameters by name; a model that names none has them by position."""
    if hasattr(model, "named_parameters"):
        return list(model.named_parameters())
    if not hasattr(model, "parameters"):
        raise TypeError(
            f"expected a model that has parameters(), such as an nn.Module, "
            f"got {model!r:.60}"
        )
    return [(str(i), p) for i, p in enumerate(model.parameters())]


def sections(model: Any, optimizer: Any, history: Any) -> dict[str, Any]:
    """Give the sections of a file; what could not be loaded again is an error."""
    parameters = {name: p.data for name, p in named(model)}
    for name, number in parameters.items():
        if not isfinite(number):
            raise ValueError(
                f"parameter {printable(name)} is {number!r}: only finite numbers "
                "can be saved"
            )
    found: dict[str, Any] = {"parameters": parameters}
    if optimizer is not None:
        found["optimizer"] = _optimizer_section(model, optimizer)
    if history is not None:
        found["history"] = _checked("history", history, History).state_dict()
    return found


def restore(
    path: Path,
    model: Any,
    optimizer: Any,
    history: Any,
    check: Callable[[dict[str, Any], History], None] | None = None,
) -> Any:
    """Set model, optimiser and history to what the file says.

    All is checked before anything is set. With ``check``, which is given the section on
    training and the history, that section must be there; it is given back.
    """
    limits = {"parameters": _limit(model)}
    if optimizer is not None:
        limits["optimizer"] = _optimizer_limit(model, optimizer)
    if history is not None:
        _checked("history", history, History)
        limits["history"] = (store.MOST, 1000)
    if check is not None:
        limits["training"] = (NUMBER * len(named(model)) + 20_000, 100)
    found, lists = store.read(path, limits), History()
    try:
        for name in limits:
            if type(found.get(name)) is not dict:
                raise ValueError(f"there is no {name} in it")
        parameters = _parameters(model, found["parameters"])
        if optimizer is not None:
            state = _optimizer_state(model, optimizer, found["optimizer"])
        if history is not None:
            lists.load_state_dict(found["history"])
        if check is not None:
            check(found["training"], lists)
    except ValueError as error:
        reason = printable(str(error))  # it may quote names from the file
        raise ValueError(f"{os.fspath(path)!r}: {reason}; nothing was loaded") from None
    set_data([p for _, p in named(model)], parameters)
    if optimizer is not None:
        optimizer.load_state_dict(state)
        if not callable(optimizer.lr) and found["optimizer"]["lr"] is not None:
            optimizer.lr = found["optimizer"]["lr"]
    if history is not None:
        history.load_state_dict(lists.state_dict())
    return found.get("training")


# ---- parameters ---------------------------------------------------------------------


def _limit(model: Any) -> Limit:
    names = [name for name, _ in named(model)]
    length = sum(len(json.dumps(name)) + NUMBER for name in names)
    return length + 100, 10 + sum(map(_brackets, names))


def _brackets(name: str) -> int:
    return name.count("[") + name.count("{")


def _parameters(model: Any, entries: dict[str, Any]) -> list[float]:
    names = [name for name, _ in named(model)]
    faults = [
        ("missing", [name for name in names if name not in entries]),
        ("unknown to this model", [name for name in entries if name not in set(names)]),
    ]
    found = [f"{kind}: {_some(which)}" for kind, which in faults if which]
    if found:
        raise ValueError(f"it holds parameters of another model; {'; '.join(found)}")
    return numbers("parameters", [entries[name] for name in names])


def _some(names: list[str]) -> str:
    listed = ", ".join(f"{name:.60}" for name in names[:5])
    return listed + (f" and {len(names) - 5} more" if len(names) > 5 else "")


# ---- the optimiser ------------------------------------------------------------------


def _optimizer_section(model: Any, optimizer: Any) -> dict[str, Any]:
    _checked("optimizer", optimizer, Optimizer)
    state = optimizer.state_dict()
    steps = state.pop("steps")
    return {
        "class": type(optimizer).__name__,
        "lr": None if callable(optimizer.lr) else optimizer.lr,
        "steps": steps,
        "parameters": _names(model, optimizer),
        "state": {name: numbers(name, column) for name, column in state.items()},
    }


def _names(model: Any, optimizer: Optimizer) -> list[str] | None:
    """Name the parameters that it moves; None where they are all of the model's."""
    entries = named(model)
    if optimizer.parameters == [p for _, p in entries]:
        return None
    names = {p: name for name, p in entries}
    return [names.get(p, own) for p, own in zip(optimizer.parameters, optimizer.names)]


def _optimizer_limit(model: Any, optimizer: Any) -> Limit:
    _checked("optimizer", optimizer, Optimizer)
    names = _names(model, optimizer) or []
    columns = len(optimizer.state)
    length = sum(len(json.dumps(name)) + 2 for name in names)
    length += columns * (len(optimizer.parameters) * NUMBER + 200)
    return length + 1000, 10 + columns + sum(map(_brackets, names))


def _optimizer_state(
    model: Any, optimizer: Optimizer, entries: dict[str, Any]
) -> dict[str, Any]:
    wanted = {"class", "lr", "steps", "parameters", "state"}
    _check_names("optimizer", entries, wanted)
    kind = type(optimizer).__name__
    if entries["class"] != kind:
        raise ValueError(f"its optimiser is {entries['class']!r:.40}, not {kind!r}")
    if entries["parameters"] != _names(model, optimizer):
        raise ValueError("its optimiser moves other parameters than this one")
    steps, lr = entries["steps"], entries["lr"]
    if type(steps) is not int or not 0 <= steps < 2**53:
        raise ValueError(f"steps must be a whole number, got {steps!r:.40}")
    if lr is not None:
        real("lr", *numbers("lr", [lr]))
    n, columns = len(optimizer.parameters), entries["state"]
    _check_names("the state", columns, set(optimizer.state))
    state = {name: numbers(name, columns[name], n) for name in optimizer.state}
    return {"steps": steps, **state}


def _check_names(what: str, entries: Any, wanted: Iterable[str]) -> None:
    if type(entries) is not dict or set(entries) != set(wanted):
        raise ValueError(f"{what} must hold {', '.join(sorted(wanted)) or 'nothing'}")


def _checked(name: str, given: Any, kind: type[Any]) -> Any:
    if not isinstance(given, kind):
        article = "an" if kind is Optimizer else "a"
        raise TypeError(
            f"{name} must be {article} nn.{kind.__name__}, got {given!r:.60}"
        )
    return given
