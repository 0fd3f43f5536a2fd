"""The plan for single numbers: the tape as straight-line Python.

One line per operation, tens of nanoseconds each. The source needs nothing but ``math``,
so it can be pasted into a file.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from autograd import primitives as table
from autograd.nest import rebuild

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.compiler.tape import Tape
    from autograd.operation import Primitive

# How each primitive is written; {0}, {1}, ... are its arguments.
_EXPRESSIONS: dict[Primitive, str] = {
    table.add: "{0} + {1}",
    table.sub: "{0} - {1}",
    table.mul: "{0} * {1}",
    table.div: "{0} / {1}",
    table.neg: "-{0}",
    table.power: "real_power({0}, {1})",
    table.general_power: "real_power({0}, {1})",
    table.exp: "math.exp({0})",
    table.log: "math.log({0})",
    table.log1p: "math.log1p({0})",
    table.expm1: "math.expm1({0})",
    table.sqrt: "math.sqrt({0})",
    table.sin: "math.sin({0})",
    table.cos: "math.cos({0})",
    table.tan: "math.tan({0})",
    table.asin: "math.asin({0})",
    table.acos: "math.acos({0})",
    table.atan: "math.atan({0})",
    table.atan2: "math.atan2({0}, {1})",
    table.hypot: "math.hypot({0}, {1})",
    table.sinh: "math.sinh({0})",
    table.cosh: "math.cosh({0})",
    table.tanh: "math.tanh({0})",
    table.erf: "math.erf({0})",
    table.sigmoid: "sigmoid({0})",
    table.softplus: "softplus({0})",
    table.relu: "0.0 if {0} <= 0.0 else {0}",
    table.leaky_relu: "{1} * {0} if {0} <= 0.0 else {0}",
    table.abs: "abs({0})",
    table.sign: "float(({0} > 0.0) - ({0} < 0.0)) if {0} == {0} else {0}",
    table.step: "1.0 if {0} > 0.0 else 0.0 if {0} <= 0.0 else {0}",
    table.less: "1.0 if {0} < {1} else 0.0",
    table.less_equal: "1.0 if {0} <= {1} else 0.0",
    table.maximum: "{0} if {0} > {1} or {0} != {0} else {1}",
    table.minimum: "{0} if {0} < {1} or {0} != {0} else {1}",
    table.where: "{1} if {0} else {2}",
}

_HELPERS = {
    "real_power": """def real_power(x, y):
    z = x ** y
    if isinstance(z, complex):
        raise ValueError("a fractional power of a negative number is complex")
    return z
""",
    "sigmoid": """def sigmoid(x):
    e = math.exp(-abs(x))
    return e / (1.0 + e) if x < 0.0 else 1.0 / (1.0 + e)
""",
    "softplus": """def softplus(x):
    return (0.0 if x <= 0.0 else x) + math.log1p(math.exp(-abs(x)))
""",
    "largest": """def largest(*xs):
    return next((x for x in xs if x != x), max(xs))
""",
    "smallest": """def smallest(*xs):
    return next((x for x in xs if x != x), min(xs))
""",
}

_SEQUENCES = {
    table.max: "largest",
    table.min: "smallest",
}
_LONGEST = 8  # terms of a sum on one line


class Source:
    """Writes functions of single numbers over one tape."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self.opaque: dict[str, Primitive] = {}  # names that the source leaves open
        inputs = {i: f"x{k}" for k, i in enumerate(tape.inputs)}
        self._names = inputs | {i: f"p[{k}]" for k, i in enumerate(tape.parameters)}

    def function(self, name: str, output: Any, roots: Sequence[int]) -> str:
        """Write a function of the inputs that returns output, its leaves the roots."""
        tape = self._tape
        arguments = [self._names[i] for i in tape.inputs]
        if tape.parameters:
            arguments.append("p=parameters")
        lines = [f"def {name}({', '.join(arguments)}):"]
        for i in self._needed(roots):
            lines += self._assignment(i)
        result = rebuild(output, [_Code(self._name(i)) for i in roots])
        return "\n".join([*lines, f"    return {result!r}", ""])

    def module(self, functions: Sequence[str], parameters: Sequence[float]) -> str:
        """Write a file with the functions, and the helpers that they need."""
        body = "\n\n".join(functions)
        helpers = [
            text for name, text in reversed(_HELPERS.items()) if f"{name}(" in body
        ]
        head = ["import math\n"]
        if self._tape.parameters:
            numbers = ", ".join(_literal(x) for x in parameters)
            head.append(f"parameters = [{numbers}]\n")
        return "\n\n".join([*head, *reversed(helpers), body])

    def _needed(self, roots: Sequence[int]) -> list[int]:
        tape, needed = self._tape, set(roots)
        for i in range(len(tape) - 1, -1, -1):
            if i in needed:
                needed.update(tape.args[i])
        return [i for i in sorted(needed) if tape.ops[i] is not None]

    def _name(self, i: int) -> str:
        constant = self._tape.constants.get(i)
        if constant is not None:
            text = _literal(constant)
            return f"({text})" if text.startswith("-") else text
        return self._names.get(i) or f"v{i}"

    def _assignment(self, i: int) -> list[str]:
        op, args = self._tape.ops[i], [self._name(j) for j in self._tape.args[i]]
        assert op is not None
        if op is table.sum:
            terms = args
        elif op is table.dot:
            half = len(args) // 2
            terms = [f"{x} * {y}" for x, y in zip(args[:half], args[half:])]
        elif op in _SEQUENCES:
            return [f"    v{i} = {_SEQUENCES[op]}({', '.join(args)})"]
        elif (
            op is table.power
            and self._tape.constants[self._tape.args[i][1]] % 1.0 == 0.0
        ):
            return [f"    v{i} = {args[0]} ** {args[1]}"]
        elif op in _EXPRESSIONS:
            return [f"    v{i} = {_EXPRESSIONS[op].format(*args)}"]
        else:  # a user's own primitive, whose value cannot be looked into
            name = f"opaque{len(self.opaque)}"
            self.opaque[name] = op
            return [f"    v{i} = {name}({', '.join(args)})"]
        parts = [terms[k : k + _LONGEST] for k in range(0, len(terms), _LONGEST)]
        lines = [f"    v{i} = {' + '.join(parts[0]) if parts else '0.0'}"]
        return lines + [f"    v{i} += {' + '.join(part)}" for part in parts[1:]]


def _literal(x: float) -> str:
    x = float(x)  # a person may have set v.data to another kind of number
    return repr(x) if isfinite(x) else f"float('{x}')"


class _Code:
    """Text that prints as itself inside the repr of a nest."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text
