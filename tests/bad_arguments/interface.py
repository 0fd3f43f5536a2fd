"""The public interface, found by introspection: names with their parameters."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from types import ModuleType
from typing import Any

import autograd
import nn
from autograd import Primitive
from autograd.operation import Reduction

# Methods by which Python itself calls, with arguments that no person writes.
PROTOCOL = {
    *("__init__", "__new__", "__format__", "__copy__", "__deepcopy__", "__reduce__"),
    *("__enter__", "__exit__", "__hash__", "__repr__", "__str__", "__iter__"),
    *("__len__", "__bool__", "__float__", "__setstate__", "__getstate__", "__index__"),
    *("__setattr__", "__delattr__", "__replace__", "__match_args__"),
    *("__init_subclass__", "__subclasshook__", "__class_getitem__"),
}
# What a person has no call to call, and why it may take its arguments as they come.
INNER = {
    **{
        f"{name}.update": "the optimiser calls it for each parameter, in each step"
        for name in ("Optimizer", "SGD", "Adagrad", "Adam", "AdamW", "RMSProp")
    },
    "Primitive.failure": "it makes the errors of the other functions",
    "nn.init.drawing": "layers call it to check their init and rng",
    "nn.metrics.chosen_metrics": "fit calls it to check its metrics",
}
# What a function gives that can be called in turn is a part of the interface, too.
GIVES_FUNCTION = re.compile(r"(Function|Schedule|Init|Callable\[.*\])")
GIVEN: dict[str, Callable[[], Any]] = {
    **{
        f"autograd.{name}": lambda name=name: getattr(autograd, name)(lambda x: x * x)
        for name in (
            *("derivative", "grad", "hessian", "hvp", "jacobian", "jvp"),
            *("value_and_grad", "vjp"),
        )
    },
    "nn.cosine_decay": lambda: nn.cosine_decay(0.1, 10),
    "nn.linear_warmup": lambda: nn.linear_warmup(0.1, 10),
    "nn.step_decay": lambda: nn.step_decay(0.1, 10),
    **{
        f"nn.init.{name}": lambda name=name: getattr(nn.init, name)()
        for name in (
            *("kaiming_normal", "kaiming_uniform", "normal", "uniform"),
            *("xavier_normal", "xavier_uniform"),
        )
    },
    "nn.init.default": lambda: nn.init.default("relu"),
}

Interface = dict[str, list[str]]  # name: its parameters


def interface() -> Interface:
    """Give all public functions, classes, methods and settable properties."""
    found: Interface = {}
    public: list[type] = []
    for where, name, thing in _exports():
        if isinstance(thing, type):
            public.append(thing)
            if not issubclass(thing, Exception):
                found[f"{where}.{name}"] = _parameters(thing)
        elif isinstance(thing, Reduction):
            found[f"{where}.{name}"] = ["sequences"]
        elif isinstance(thing, Primitive):
            found[f"{where}.{name}"] = ["args"]
        else:
            found[f"{where}.{name}"] = _parameters(thing)
            if GIVES_FUNCTION.fullmatch(_returns(thing)):
                given = GIVEN[f"{where}.{name}"]()
                found[f"{where}.{name}()"] = _parameters(given)
    for kind in _with_results(public):
        found.update(_members(kind))
    return {name: found[name] for name in found if name not in INNER}


def _exports() -> Iterator[tuple[str, str, Any]]:
    for module in (autograd, nn):
        for name in module.__all__:
            thing = getattr(module, name)
            if not isinstance(thing, ModuleType):
                yield module.__name__, name, thing
                continue
            for inner, part in vars(thing).items():
                own = inspect.isfunction(part) and part.__module__ == thing.__name__
                if own and not inner.startswith("_"):
                    yield thing.__name__, inner, part


def _with_results(public: list[type]) -> list[type]:
    """Add, again and again, the classes of what public functions and methods give."""
    classes = _classes()
    known: dict[type, None] = {}
    queue = [kind for kind in public if not issubclass(kind, Exception)]
    texts = [_returns(thing) for _, _, thing in _exports()]
    while queue or texts:
        for word in re.findall(r"\w+", " ".join(texts)):
            if word in classes:
                queue.append(classes[word])
        texts = []
        for kind in queue:
            if kind not in known and not issubclass(kind, Exception):
                known[kind] = None
                queue.extend(base for base in kind.__mro__ if _is_ours(base))
                texts += [
                    _returns(member)
                    for name, member in vars(kind).items()
                    if not name.startswith("_") or name in ("__call__", "__getitem__")
                ]
        queue = []
    return list(known)


def _classes() -> dict[str, type]:
    found: dict[str, type] = {}
    for package in (autograd, nn):
        for about in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for name, thing in vars(importlib.import_module(about.name)).items():
                if isinstance(thing, type) and _is_ours(thing):
                    found[name] = thing
    return found


def _is_ours(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in ("autograd", "nn")


def _members(kind: type) -> Interface:
    """Give the methods, and the properties that can be set, that a class defines."""
    found: Interface = {}
    for name, member in vars(kind).items():
        if name == "__eq__" and is_dataclass(kind):
            continue
        if name in PROTOCOL or (name.startswith("_") and not name.endswith("__")):
            continue
        if isinstance(member, property) and member.fset is not None:
            found[f"{kind.__name__}.{name}"] = [name]
        elif inspect.isfunction(member):
            parameters = _parameters(member)[1:]
            if parameters or not name.startswith("__"):
                found[f"{kind.__name__}.{name}"] = parameters
    return found


def _parameters(thing: Any) -> list[str]:
    return list(inspect.signature(thing).parameters)


def _returns(thing: Any) -> str:
    if isinstance(thing, property):
        thing = thing.fget
    annotations = getattr(thing, "__annotations__", None) or {}
    return str(annotations.get("return", ""))
