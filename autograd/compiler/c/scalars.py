"""The instructions of a plan as C expressions of single numbers, a line for each.

So an update is printed: one loop over all parameters, its intermediate results in
registers. A row of the plan is then a local number; ``s`` has what all have in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from autograd.compiler.c.program import formula_of
from autograd.compiler.c.spelling import reduction
from autograd.compiler.instructions import Elementwise
from autograd.operation import Reduction

if TYPE_CHECKING:
    from autograd.compiler.c.memory import Memory
    from autograd.compiler.instructions import Sum


class Scalars:
    """Writes the rows of a plan as numbers; ``names`` has those of its inputs."""

    def __init__(self, memory: Memory, names: dict[int, str]) -> None:
        self._memory, self._names = memory, names
        self.lines: list[str] = []
        for instruction in memory.plan.batched:
            for i in range(instruction.count):
                self._write(instruction, i)

    def name(self, batched: bool, place: int) -> str:
        """Give what stands for a place in an expression."""
        if not batched:
            operand = self._memory.operand(False, np.array([place]))
            return operand.start if operand.kind == "constant" else f"s[{place}]"
        if place in self._memory.plan.ones:
            return "1"
        return self._names.get(place, f"v{place}")

    def _write(self, instruction: Elementwise | Sum, i: int) -> None:
        out = f"v{instruction.start + i}"
        if not isinstance(instruction, Elementwise):
            self.lines.append(f"const real {out} = {self._sum(instruction, i)};")
            return
        op = instruction.op
        if isinstance(op, Reduction):
            args = [self.name(kind, int(p[i])) for kind, p in instruction.args]
            self.lines.append(f"real {out} = {args[0]};")
            formula = reduction(op)
            self.lines += [f"{out} = {formula.format(out, arg)};" for arg in args[1:]]
            return
        formula, used = formula_of(instruction, self._memory)
        args = [self.name(kind, int(p[i])) for kind, p in used]
        self.lines.append(f"const real {out} = {formula.format(*args)};")

    def _sum(self, instruction: Sum, i: int) -> str:
        kind, terms = instruction.batched, list[str]()
        if instruction.bias is not None:
            terms.append(f"+ {self.name(False, int(instruction.bias[i]))}")
        terms += [f"+ {self.name(kind, int(p[i]))}" for p in instruction.plus]
        terms += [f"- {self.name(kind, int(p[i]))}" for p in instruction.minus]
        for factors, u, v in instruction.products:
            factor = 1.0 if factors is None else float(factors[i])
            sign, text = ("-" if factor == -1.0 else "+"), ""
            if abs(factor) != 1.0:
                text = f"s[{self._memory.constant(factor)}] * "
            names = self.name(kind, int(u[i])), self.name(kind, int(v[i]))
            terms.append(f"{sign} {text}{' * '.join(names)}")
        for product in instruction.matrices:
            row = instruction.start + i - product.start
            if 0 <= row < product.count:
                k, j = divmod(row, product.matrix.shape[1])
                pairs = zip(product.matrix[k, j], product.operand[k])
                for p, u in pairs:
                    names = self.name(False, int(p)), self.name(kind, int(u))
                    terms.append(f"+ {' * '.join(names)}")
        text = " ".join(terms).removeprefix("+ ")
        return "-" + text[2:] if text.startswith("- ") else text or "0"
