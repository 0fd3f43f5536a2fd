"""The instructions of a plan as C calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from autograd import primitives
from autograd.compiler.c.spelling import comment, expression, power, reduction
from autograd.compiler.c.sums import sum_calls
from autograd.compiler.instructions import Elementwise
from autograd.compiler.listing import describe
from autograd.operation import Reduction

if TYPE_CHECKING:
    from autograd.compiler.c.functions import Functions, Operand
    from autograd.compiler.c.memory import Memory
    from autograd.compiler.instructions import Places, Sum


class SpellingError(TypeError):
    """A primitive has no C spelling; the message says what to give."""


def instruction_calls(
    instruction: Elementwise | Sum, memory: Memory, functions: Functions
) -> list[str]:
    """Give the calls of one instruction, under a comment that says what they do."""
    if not isinstance(instruction, Elementwise):
        calls = sum_calls(instruction, memory, functions)
    elif isinstance(instruction.op, Reduction):
        calls = _reduction_calls(instruction, memory, functions)
    else:
        calls = [_elementwise_call(instruction, memory, functions)]
    return [comment(describe(instruction)), *calls]


def formula_of(
    instruction: Elementwise, memory: Memory
) -> tuple[str, list[tuple[bool, Places]]]:
    """Give the C expression of an operation, and the operands that it is of."""
    op, args = instruction.op, instruction.args
    formula = expression(op)
    if formula is None:
        raise SpellingError(
            f"{op.name} has no C spelling: give primitive(...) its value as a C "
            'expression, c="...", or compile with backend="numpy"'
        )
    if op is primitives.power:
        exponents = {memory.plan.constants.get(int(p)) for p in args[1][1]}
        exponent = exponents.pop()
        if not exponents and exponent is not None and power(exponent):
            formula, args = power(exponent) or "", args[:1]
    return formula, args


def _elementwise_call(
    instruction: Elementwise, memory: Memory, functions: Functions
) -> str:
    formula, args = formula_of(instruction, memory)
    return functions.call(
        _name(instruction.op.name),
        formula,
        [memory.operand(*arg) for arg in args],
        count=instruction.count,
        out=memory.address(instruction.batched, instruction.start),
        batched=instruction.batched,
    )


def _reduction_calls(
    instruction: Elementwise, memory: Memory, functions: Functions
) -> list[str]:
    """Begin with the first operand; then each further one is a term."""
    first, *others = instruction.args
    formula = reduction(instruction.op).format("{out}", "{0}")
    name = _name(instruction.op.name)
    out = memory.address(instruction.batched, instruction.start)

    def call(
        name: str, formula: str, operand: Operand, terms: int | None = None
    ) -> str:
        return functions.call(
            name,
            formula,
            [operand],
            count=instruction.count,
            out=out,
            batched=instruction.batched,
            terms=terms,
        )

    calls = [call("copy", "{0}", memory.operand(*first))]
    for kind in (False, True):
        places = [p for batched, p in others if batched is kind]
        if places:
            operand = memory.operand(kind, np.stack(places))
            calls.append(call(name, formula, operand, len(places)))
    return calls


def _name(text: str) -> str:
    """Make a C identifier of an operation's name."""
    names = {"/": "div", "**": "pow", "+": "add", "-": "sub", "*": "mul"}
    letters = [c if c.isascii() and c.isalnum() else "_" for c in text]
    return names.get(text) or "".join(letters)
