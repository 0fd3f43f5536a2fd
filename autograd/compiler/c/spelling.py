"""The C spelling of each primitive: {0}, {1}, ... are its operands.

``real`` is the type of all numbers, and <tgmath.h> picks the function for it. Whole
numbers take the type of what they meet, so that float stays float. NaN goes through.
"""

from __future__ import annotations

import inspect
import re
from math import isinf, isnan
from typing import TYPE_CHECKING

import numpy as np

from autograd import primitives as table
from autograd.custom import CustomPrimitive
from autograd.printable import printable

if TYPE_CHECKING:
    from autograd.operation import Primitive

EXPRESSIONS: dict[Primitive, str] = {
    table.add: "{0} + {1}",
    table.sub: "{0} - {1}",
    table.mul: "{0} * {1}",
    table.div: "{0} / {1}",
    table.neg: "-{0}",
    table.power: "pow({0}, {1})",
    table.general_power: "pow({0}, {1})",
    table.exp: "exp({0})",
    table.log: "log({0})",
    table.log1p: "log1p({0})",
    table.expm1: "expm1({0})",
    table.sqrt: "sqrt({0})",
    table.sin: "sin({0})",
    table.cos: "cos({0})",
    table.tan: "tan({0})",
    table.asin: "asin({0})",
    table.acos: "acos({0})",
    table.atan: "atan({0})",
    table.atan2: "atan2({0}, {1})",
    table.hypot: "hypot({0}, {1})",
    table.sinh: "sinh({0})",
    table.cosh: "cosh({0})",
    table.tanh: "tanh({0})",
    table.erf: "erf({0})",
    table.sigmoid: "1 / (1 + exp(-{0}))",  # e^-x may be infinite
    table.softplus: "({0} <= 0 ? 0 : {0}) + log1p(exp(-fabs({0})))",
    table.relu: "{0} <= 0 ? 0 : {0}",
    table.leaky_relu: "{0} > 0 ? {0} : {1} * {0}",
    table.abs: "fabs({0})",
    table.sign: "{0} > 0 ? 1 : {0} < 0 ? -1 : {0}",
    table.step: "{0} > 0 ? 1 : {0} <= 0 ? 0 : {0}",
    table.less: "{0} < {1}",
    table.less_equal: "{0} <= {1}",
    table.maximum: "{0} > {1} || isnan({0}) ? {0} : {1}",
    table.minimum: "{0} < {1} || isnan({0}) ? {0} : {1}",
    table.where: "{0} != 0 ? {1} : {2}",
}

# Over sequences: how the largest so far, {0}, meets the next number, {1}.
_REDUCTIONS: dict[Primitive, str] = {
    table.max: "{1} > {0} || isnan({1}) ? {1} : {0}",
    table.min: "{1} < {0} || isnan({1}) ? {1} : {0}",
}

# x to the power of a constant, where there is something faster than pow.
_POWERS = {
    -2.0: "1 / ({0} * {0})",
    -1.0: "1 / {0}",
    -0.5: "1 / sqrt({0})",
    0.5: "sqrt({0})",
    1.0: "{0}",
    2.0: "{0} * {0}",
    3.0: "{0} * {0} * {0}",
}


def expression(op: Primitive) -> str | None:
    """Give the C expression of a primitive; None where a user's own brings none."""
    if isinstance(op, CustomPrimitive):
        return op.c and _custom_expression(op)
    return EXPRESSIONS[op]


def reduction(op: Primitive) -> str:
    """Give how the result so far, {0}, of a reduction meets the next operand, {1}."""
    return _REDUCTIONS[op]


def power(exponent: float) -> str | None:
    """Give x to the power of this constant as products and roots, where it is one."""
    return _POWERS.get(exponent)


def comment(*lines: str) -> str:
    """Write a C comment; a person's names in it cannot end it.

    Nor by the end of a line: C joins a line that ends in a backslash with the next.
    """
    text = "\n".join(map(printable, lines))
    return f"/* {text.replace('*/', '* /').replace('/*', '/ *')} */"


def literal(x: float, real: str) -> str:
    """Write a constant so that reading it gives the same number back."""
    if real == "float":
        with np.errstate(over="ignore"):
            x = float(np.float32(x))
    if isnan(x):
        return "NAN"
    if isinf(x):
        return "INFINITY" if x > 0 else "-INFINITY"
    text = repr(x) + ("f" if real == "float" else "")
    return f"({text})" if text.startswith("-") else text


def _custom_expression(op: CustomPrimitive) -> str:
    """Put {0}, {1}, ... where the names of the value function's parameters stand."""
    names = list(inspect.signature(op.definition).parameters)
    assert op.c is not None
    text = op.c.replace("{", "{{").replace("}", "}}")
    for i, name in enumerate(names):
        text = re.sub(rf"(?<![\w.]){re.escape(name)}(?!\w)", f"{{{i}}}", text)
    return f"({text})"
