"""The names that the calls of the table use, and what of them must stay as it was."""

from __future__ import annotations

import gc
import math
import os
import random
import sys
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

import numpy as np

import autograd
import nn
from autograd import Value, point
from autograd.chain_rule import watching
from autograd.compiler.compiled import Compiled
from autograd.compiler.training import Training
from autograd.drawing.explanation import Explanation
from autograd.drawing.picture import Picture
from autograd.drawing.player import Replay
from autograd.graph import nodes
from autograd.value import recording


def square(x: Any) -> Any:
    return x * x


def numbers() -> Iterator[float]:
    yield from (1.0, 2.0)


def having(thing: Any, **attributes: Any) -> Any:
    """Set attributes, as a person may, and give the thing."""
    for name, x in attributes.items():
        setattr(thing, name, x)
    return thing


def descend(x: Any, g: Any, lr: Any, t: Any) -> list[Any]:
    return [x - lr * g]


def _graph() -> dict[str, Any]:
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    return {"a": a, "b": b, "c": a * b + a, "constant": a.detach()}


def _model() -> dict[str, Any]:
    model = nn.MLP(2, [3, 1], "tanh", rng=random.Random(0))
    adam = nn.Adam(model.parameters(), lr=0.1)
    for i, p in enumerate(model.parameters()):
        p.grad = 0.1 * i
    adam.step()
    history = nn.History()
    history.add_steps([4.0, 1.0], [0.1, 0.1], 0.01)
    return {
        "model": model,
        "line": nn.Layer(1, 1, "identity", rng=random.Random(0)),
        "neuron": nn.Neuron(2, "tanh", rng=random.Random(0)),
        "adam": adam,
        "history": history,
    }


def _compiled() -> dict[str, Any]:
    w = Value(2.0, label="w")
    compiled = autograd.compile(lambda x: (w * x - 1.0) ** 2, 0.0, backend="numpy")
    training = compiled.training([1.0, 2.0], update=descend, parameters=[w])
    untraced = autograd.compile(square, backend="numpy")
    pair = autograd.compile(lambda x: w * x[0] + x[1], [0.0, 0.0], backend="numpy")
    return {
        "w": w,
        "compiled": compiled,
        "training": training,
        "untraced": untraced,
        "pair": pair,
    }


def _pictures() -> dict[str, Any]:
    a = Value(2.0, label="a")
    c = a * a
    return {
        "picture": autograd.draw(c, engine="own"),
        "replayed": autograd.replay(c, engine="own"),
        "explained": autograd.explain(c, a),
    }


_MAKERS: dict[str, Callable[[], dict[str, Any]]] = {
    name: make for make in (_graph, _model, _compiled, _pictures) for name in make()
}
_ALWAYS: dict[str, Any] = {
    **{name: getattr(autograd, name) for name in autograd.__all__},
    **{f.__name__: f for f in (square, numbers, having, descend)},
    **{"nn": nn, "np": np, "os": os, "random": random, "math": math},
    **{"nan": math.nan, "inf": math.inf, "huge": 10**400},
    "X": [[1.0], [2.0], [3.0]],
    "Y": [1.0, 2.0, 3.0],
}


class World:
    """The names that one call uses, made anew, and a look at all that may change."""

    def __init__(self, call: str) -> None:
        self.code = compile(call, call, "eval")
        self.names: dict[str, Any] = {}
        for name in sorted(_names(self.code)):
            if name in _MAKERS and name not in self.names:
                self.names.update(_MAKERS[name]())

    def run(self) -> Any:
        """Run the call, and give its result."""
        return eval(self.code, {**_ALWAYS, **self.names})

    def look(self) -> dict[str, Any]:
        """Give the state of everything, in a form that can be compared."""
        found = {name: _state(thing) for name, thing in self.names.items()}
        pyplot = sys.modules.get("matplotlib.pyplot")
        return found | {
            "recording": recording.get(),
            "watching": watching.get(),
            "depth": point._depth.get(),
            "guards": [type(vars(Value)[name]).__name__ for name in ("data", "grad")],
            "random": random.getstate(),
            "numpy.random": _numpy_random(),
            "numpy.errors": np.geterr(),
            "files": sorted(os.listdir()),
            "collector": gc.isenabled(),
            "figures": pyplot.get_fignums() if pyplot else [],
        }


def _numpy_random() -> Any:
    state = np.random.get_state(legacy=False)
    return state["state"]["key"].tobytes(), state["state"]["pos"]


def _names(code: CodeType) -> set[str]:
    inner = [part for part in code.co_consts if isinstance(part, CodeType)]
    return set(code.co_names).union(*map(_names, inner))


def _state(thing: Any) -> Any:
    match thing:
        case Value():
            return [(z.data, z.grad, z.label, z.op, z.args) for z in nodes(thing)]
        case nn.Module():
            return [(n, p.data, p.grad) for n, p in thing.named_parameters()]
        case nn.Optimizer():
            parameters = [(p.data, p.grad) for p in thing.parameters]
            return thing.state_dict(), thing.lr, thing.names, parameters
        case nn.History():
            return thing.state_dict(), thing.interrupted
        case Compiled() if thing._runner is not None:
            return thing.get_theta().tolist(), [p.grad for p in thing.parameters]
        case Training():
            x, state, steps = thing.position
            return x.tolist(), [column.tolist() for column in state], steps
        case Picture():
            return thing.svg
        case Replay():
            return thing.steps
        case Explanation():
            return thing.text()
    return repr(thing)
