"""What programs are made of: primitives, compositions, layers and losses.

Each operation takes numbers one by one and gives one number. It has three forms: the
project's own; PyTorch's; and a formula over the primitives, for the reference. The last
two are written independently of the project.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd
import nn
from tests.laws_compile import ARITIES
from tests.laws_table import ROWS, apply

Formula = Callable[..., Any]  # of an object with the primitives as its functions


class Operation:
    """An operation: ``ours(*args)``, and ``formula(m, *args)`` over primitives.

    ``arities`` are the numbers of arguments that it may have; the last of them is drawn
    from ``tail`` where that is not empty, and is never a Value.
    """

    def __init__(
        self,
        name: str,
        arities: Sequence[int],
        ours: Callable[..., Any],
        formula: Formula | None = None,
        tail: Sequence[float] = (),
    ) -> None:
        self.name, self.arities, self.ours = name, tuple(arities), ours
        self.formula, self.tail = formula, tuple(tail)


# Those with a form of their own in NumPy, in C or in a rule, and some without.
EXPONENTS = (-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 0.1, 17.0)


def _primitive(name: str) -> Operation:
    tail = EXPONENTS if name == "power" else ()
    arities = ARITIES[name]
    return Operation(name, arities, lambda *args: apply(name, *args), None, tail)


OPERATIONS: dict[str, Operation] = {name: _primitive(name) for name in ARITIES}


def _define(name: str, arities: Sequence[int] | int, formula: Formula, ours: Any,
            tail: Sequence[float] = ()) -> None:  # fmt: skip
    counts = [arities] if isinstance(arities, int) else arities
    OPERATIONS[name] = Operation(name, counts, ours, formula, tail)


# ---- compositions --------------------------------------------------------------------


def _product(m: Any, *xs: Any) -> Any:
    return math.prod(xs[1:], start=xs[0])


ACTIVATIONS: dict[str, Formula] = {
    "identity": lambda m, x: x,
    "relu": lambda m, x: m.relu(x),
    "leaky_relu": lambda m, x: m.leaky_relu(x, 0.01),
    "tanh": lambda m, x: m.tanh(x),
    "sigmoid": lambda m, x: m.sigmoid(x),
    "gelu": lambda m, x: x * (m.erf(x / math.sqrt(2.0)) + 1.0) / 2.0,
    "silu": lambda m, x: x * m.sigmoid(x),
    "softplus": lambda m, x: m.softplus(x),
}

_define("gelu", 1, ACTIVATIONS["gelu"], autograd.gelu)
_define("silu", 1, ACTIVATIONS["silu"], autograd.silu)
_define("prod", [1, 2, 3, 5], _product, lambda *xs: autograd.prod(xs))
_define("mean", [1, 2, 3], lambda m, *xs: m.sum(*xs) / len(xs),
        lambda *xs: autograd.mean(xs))  # fmt: skip
for _k in range(2):
    _define(f"softmax_{_k}", [2, 3],
            lambda m, *xs, k=_k: m.exp(xs[k] - m.logsumexp(*xs)),
            lambda *xs, k=_k: autograd.softmax(xs)[k])  # fmt: skip
    _define(f"log_softmax_{_k}", [2, 3], lambda m, *xs, k=_k: xs[k] - m.logsumexp(*xs),
            lambda *xs, k=_k: autograd.log_softmax(xs)[k])  # fmt: skip

# ---- a person's own primitives: two that are opaque to the compiler, one that is not -

bell = autograd.primitive(
    lambda x: math.exp(-x * x),
    lambda z, x: -2.0 * x * z,
    name="bell",
    numpy=lambda x: np.exp(-x * x),
    c="exp(-x * x)",
)
length = autograd.primitive(
    lambda x, y: math.sqrt(1.0 + x * x + y * y),
    together=lambda z, x, y: [x / z, y / z],
    name="length",
    numpy=lambda x, y: np.sqrt(1.0 + x * x + y * y),
    c="sqrt(1 + x * x + y * y)",
)
swish = autograd.primitive(
    lambda x, y: x * autograd.sigmoid(x * y),
    lambda z, x, y: autograd.sigmoid(x * y) + y * z * autograd.sigmoid(-x * y),
    lambda z, x, y: x * z * autograd.sigmoid(-x * y),
    name="swish",
)
_define("bell", 1, lambda m, x: m.exp(-(x * x)), bell)
_define("length", 2, lambda m, x, y: m.sqrt(x * x + y * y + 1.0), length)
_define("swish", 2, lambda m, x, y: x * m.sigmoid(x * y), swish)
OPAQUE = {"bell", "length"}

# ---- layers --------------------------------------------------------------------------


def _give_weights(model: Any, weights: Sequence[Any]) -> None:
    """Put numbers, or nodes of any kind, where a model has its parameters."""
    neurons = [model] if isinstance(model, nn.Neuron) else []
    if isinstance(model, nn.Layer):
        neurons = model.neurons
    for part in getattr(model, "layers", []):
        if isinstance(part, nn.Layer):
            neurons = neurons + part.neurons
    rest = iter(weights)
    for neuron in neurons:
        neuron.w = [next(rest) for _ in neuron.w]
        neuron.b = next(rest)


def _model(make: Callable[[random.Random], Any], inputs: int) -> Any:
    """Give the function of weights and inputs that a model computes, as one number."""

    def ours(*args: Any) -> Any:
        model = make(random.Random(0))
        _give_weights(model, args[:-inputs])
        y = model(list(args[-inputs:]))
        return y[0] - 0.5 * y[1] if isinstance(y, list) else y

    return ours


def _weighted(w: Sequence[Any], x: Sequence[Any]) -> Any:
    """Give w_1 x_1 + ... + w_n x_n + b, where b is the last of w."""
    total = w[-1]
    for a, b in zip(w, x):
        total = total + a * b
    return total


for _name, _act in ACTIVATIONS.items():
    _define(f"neuron_{_name}", 5,
            lambda m, *a, f=_act: f(m, _weighted(a[:3], a[3:])),
            _model(lambda rng, s=_name: nn.Neuron(2, s, rng=rng), 2))  # fmt: skip
    _define(f"layer_{_name}", 8,
            lambda m, *a, f=_act: f(m, _weighted(a[:3], a[6:]))
            - f(m, _weighted(a[3:6], a[6:])) * 0.5,
            _model(lambda rng, s=_name: nn.Layer(2, 2, s, rng=rng), 2))  # fmt: skip


def _softmax_layer(m: Any, *a: Any) -> Any:
    logits = [_weighted(a[:3], a[6:]), _weighted(a[3:6], a[6:])]
    first, second = [m.exp(logit - m.logsumexp(*logits)) for logit in logits]
    return first - second * 0.5


def _mlp(m: Any, *a: Any) -> Any:  # one input, two hidden, one output
    hidden = [m.tanh(_weighted(a[:2], a[7:])), m.tanh(_weighted(a[2:4], a[7:]))]
    return m.sigmoid(_weighted(a[4:7], hidden))


def _sequential(m: Any, *a: Any) -> Any:
    hidden = [m.relu(_weighted(a[:2], a[7:])), m.relu(_weighted(a[2:4], a[7:]))]
    return _weighted(a[4:7], hidden) * 10.0


_define("layer_softmax", 8, _softmax_layer,
        _model(lambda rng: nn.Layer(2, 2, "softmax", rng=rng), 2))  # fmt: skip
_define("mlp", 8, _mlp,
        _model(
            lambda rng: nn.MLP(1, [2, 1], "tanh", "sigmoid", rng=rng), 1))  # fmt: skip
_define("sequential", 8, _sequential,
        _model(lambda rng: nn.Sequential(
            nn.Layer(1, 2, "identity", rng=rng), autograd.relu,
            nn.Layer(2, 1, "identity", rng=rng), lambda y: 10.0 * y), 1))  # fmt: skip

# ---- losses --------------------------------------------------------------------------


def _split(args: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    half = len(args) // 2
    return list(args[:half]), list(args[half:])


def _squares(args: Sequence[Any]) -> Any:
    errors = [(p - y) * (p - y) for p, y in zip(*_split(args))]
    return _weighted([1.0] * len(errors[1:]) + errors[:1], errors[1:])


def _pairs(args: Sequence[Any]) -> list[list[list[Any]]]:
    return [[half[:2], half[2:]] for half in _split(args)]


_LABELS = (0.0, 1.0, 0.25)
_define("mse", [2, 4, 6], lambda m, *a: _squares(a) / (len(a) // 2),
        lambda *a: nn.mse(*_split(a)))  # fmt: skip
_define("half_mse", 8, lambda m, *a: _squares(a) / 4.0,
        lambda *a: nn.half_mse(*_pairs(a)))  # fmt: skip
_define("hinge", 2, lambda m, s, y: m.relu(1.0 - s * y), nn.hinge, (-1.0, 1.0))


def _surprise(m: Any, p: Any, y: float) -> Any:
    yes = [m.log(p) * -y] if y else []
    no = [m.log1p(-p) * (y - 1.0)] if y != 1.0 else []
    return sum(yes[1:] + no, start=yes[0]) if yes else no[0]


_define("binary_cross_entropy", 2, _surprise, nn.binary_cross_entropy, _LABELS)
_define("binary_cross_entropy_with_logits", 2,
        lambda m, z, y: m.softplus(-z) * y + m.softplus(z) * (1.0 - y),
        nn.binary_cross_entropy_with_logits, _LABELS)  # fmt: skip
_define("cross_entropy", [3, 4],
        lambda m, *a: m.logsumexp(*a[:-1]) - a[int(a[-1])],
        lambda *a: nn.cross_entropy(list(a[:-1]), int(a[-1])), (0.0, 1.0))  # fmt: skip
_SHARES = [0.2, 0.3, 0.5]
_define("cross_entropy_soft", 3,
        lambda m, *z: m.logsumexp(*z)
        - _weighted([*_SHARES[1:], _SHARES[0] * z[0]], z[1:]),
        lambda *z: nn.cross_entropy([list(z)], [_SHARES]))  # fmt: skip

NAMES = sorted(OPERATIONS)
WITH_TORCH = {name for name, row in ROWS.items() if row.torch is not None}


def call(name: str, *args: Any) -> Any:
    """Compute an operation by the project's own code."""
    return OPERATIONS[name].ours(*args)
