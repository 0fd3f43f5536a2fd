"""Faults that the attack must find: one of each kind, planted for a moment.

Each is a name, the judges that are asked, and what is changed where. The rules of the
table are judged by those who do not share them; a fault of compiled code by those who
compare it with eager code.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import nn
from autograd import chain_rule, functions, point, primitives
from autograd.compiler import forms, kernels, program, rows, runner, tape
from autograd.local_derivatives import local_derivatives
from tests.attack import operations

Set = Callable[[Any, str, Any], None]  # setattr that is undone afterwards
Put = Callable[[Any, Any, Any], None]  # the same for an entry of a dict


@dataclass(frozen=True)
class Fault:
    """A fault: its name, who is to find it, and ``plant(set, put)``.

    ``seed`` is that of a campaign in which it is found soon: a test has little time.
    """

    name: str
    judges: tuple[str, ...]
    plant: Callable[[Set, Put], None]
    seed: int = 2


def _rule(op: str, *partials: Any) -> Callable[[Set, Put], None]:
    """Change the local derivatives of a primitive."""
    return lambda set, put: set(getattr(primitives, op), "partials", partials)


def _swap(owner: Any, name: str, wrong: Any) -> Callable[[Set, Put], None]:
    """Put something wrong in the place of an attribute."""
    return lambda set, put: set(owner, name, wrong)


def _lost_cotangent(set: Set, put: Put) -> None:
    """Overwrite an adjoint where the second consumer should be added."""

    def adjoints(
        output: Any,
        inputs: Any = None,
        *,
        cotangent: Any = 1.0,
        create_graph: bool = False,
    ) -> Any:
        found = {output: cotangent}
        for z in reversed(chain_rule.topological_order(output)):
            for x, slope in local_derivatives(z):
                found[x] = found[z] * slope
        return found

    set(chain_rule, "adjoints", adjoints)


def _wrong_order(set: Set, put: Put) -> None:
    """Visit nodes before all their consumers have contributed."""

    def adjoints(output: Any, inputs: Any = None, **options: Any) -> Any:
        found, stack = {output: 1.0}, [output]
        seen = {output}
        while stack:
            z = stack.pop(0)
            for x, slope in local_derivatives(z) if z.args else ():
                found[x] = found.get(x, 0.0) + found[z] * slope
                if x not in seen:
                    seen.add(x)
                    stack.append(x)
        return found

    set(chain_rule, "adjoints", adjoints)


def _times(a: Any, b: Any) -> Any:
    if type(b) is float and b == -1.0:
        return a
    return a * b


def _pushed(outputs: Any, tangents: Any, create_graph: bool = False) -> Any:
    """Forward mode that forgets all arguments but the last."""
    tangent = dict(tangents)
    for z in chain_rule.topological_order(*outputs):
        for x, slope in local_derivatives(z):
            tangent[z] = slope * tangent.get(x, 0.0)
    return tangent


def _doubled(set: Set, put: Put) -> None:
    """Leave twice the gradient behind, where backward() asks for all adjoints."""
    honest = chain_rule.adjoints

    def adjoints(output: Any, *inputs: Any, **options: Any) -> Any:
        factor = 1.0 if inputs else 2.0
        found = honest(output, *inputs, **options)
        return {z: factor * g for z, g in found.items()}

    set(chain_rule, "adjoints", adjoints)


def _folded(set: Set, put: Put) -> None:
    honest = tape.Tape._simplify_binary

    def simplify(self: Any, op: Any, x: int, y: int, a: Any, b: Any) -> Any:
        if op is primitives.sub and a == 0.0:
            return y  # 0 - y is not y
        return honest(self, op, x, y, a, b)

    set(tape.Tape, "_simplify_binary", simplify)


def _stale(set: Set, put: Put) -> None:
    """Read the parameters once, and never again."""
    kept: dict[int, Any] = {}
    honest = runner.Runner.read_theta

    def read(self: Any) -> Any:
        return kept.setdefault(id(self), (self, honest(self)))[1]

    set(runner.Runner, "read_theta", read)


def _bias(self: Any, form: Any) -> Any:
    constant = sum(c for c, a, b in form if a == b == forms.NONE)
    rest = [t for t in form if t[1] != forms.NONE or t[2] != forms.NONE]
    if not rest:
        return self.tape.constant(constant)
    key = tuple(rest)  # the constant is forgotten
    if key not in self._new:
        self._new[key] = -2 - len(self._new)
        self._new_forms[self._new[key]] = rest
    return self._new[key]


def _kernel(op: str, kernel: Any) -> Callable[[Set, Put], None]:
    table = kernels.KERNELS
    return lambda set, put: put(table, getattr(primitives, op), kernel)


def _loss(name: str, wrong: Any) -> Callable[[Set, Put], None]:
    return _swap(operations.OPERATIONS[name], "ours", wrong)


def _relu_kink(set: Set, put: Put) -> None:
    set(primitives.relu, "partials", (lambda z, x: primitives.less_equal(0.0, x),))


_THREE = (primitives.add, primitives.mul, primitives.sub)

FAULTS = [
    Fault("a sign", ("mpmath",), _rule("cos", lambda z, x: primitives.sin(x)), seed=3),
    Fault("a factor", ("mpmath",), _rule("sqrt", lambda z, x: 1.0 / z), seed=3),
    Fault("a kink", ("mpmath",), _relu_kink, seed=5),
    Fault(
        "a tie",
        ("mpmath",),
        _rule(
            "maximum",
            lambda z, x, y: 1.0 - primitives.less(x, y),
            lambda z, x, y: primitives.less(x, y),
        ),
        seed=4,
    ),
    Fault(
        "a wrong index",
        ("mpmath",),
        _swap(primitives.dot, "partials", lambda z, *xy: xy),
    ),
    Fault(
        "a value",
        ("mpmath",),
        _swap(
            primitives.softplus, "value", lambda x: math.log1p(math.exp(min(x, 3.0)))
        ),
    ),
    Fault("PyTorch knows", ("torch", "mpmath"), _rule("tanh", lambda z, x: 1.0 - z)),
    Fault(
        "a slope held constant",
        ("second mpmath",),
        _rule("sin", lambda z, x: primitives.detach(primitives.cos(x))),
    ),
    Fault("a lost cotangent", ("forward",), _lost_cotangent),
    Fault("the wrong order", ("forward",), _wrong_order),
    Fault("a lost -1 in the graph", ("graph",), _swap(chain_rule, "times", _times)),
    Fault("a lost tangent", ("forward",), _swap(point, "pushforward", _pushed)),
    Fault("grads that do not add up", ("accumulation",), _doubled),
    Fault("a constant folded wrongly", ("numpy",), _folded),
    Fault(
        "x - y taken for y - x", ("numpy",), _swap(tape, "_COMMUTATIVE", _THREE), seed=6
    ),
    Fault(
        "a negation lost in a form",
        ("numpy",),
        _swap(forms.Forms, "_negate", lambda self, i: self.take(i)),
    ),
    Fault("a lost constant", ("numpy",), _swap(rows.Rows, "shared", _bias)),
    Fault("stale parameters", ("numpy",), _stale),
    Fault(
        "a kernel",
        ("numpy",),
        _kernel("leaky_relu", lambda out, x, slope: np.maximum(x, x * slope, out=out)),
        seed=3,
    ),
    Fault(
        "single precision",
        ("numpy float32",),
        _kernel("exp", lambda out, x: np.multiply(np.exp(x), 1.002, out=out)),
        seed=3,
    ),
    Fault(
        "a single call",
        ("numpy",),
        _swap(program.Program, "call_numbers", lambda self, args: float(args[0])),
    ),
    Fault(
        "a layer",
        ("mpmath",),
        _loss("neuron_tanh", lambda *a: operations.OPERATIONS["neuron_relu"].ours(*a)),
    ),
    Fault(
        "a loss",
        ("mpmath",),
        _loss("mse", lambda *a: nn.half_mse(*operations._split(a))),
    ),
    Fault("a composition", ("mpmath",), _swap(functions, "sigmoid", functions.erf)),
]
