"""What a plan looks like: one line per instruction, with the scalars it stands for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from autograd.compiler.instructions import BatchSum, Contraction, Elementwise, Sum

if TYPE_CHECKING:
    from autograd.compiler.roll import Plan


def listing(plan: Plan) -> str:
    """List the plan: what is computed once per call, per sample, and per gradient."""
    parts = [("once per call", plan.shared), ("for the batch", plan.batched)]
    lines = []
    for title, program in parts:
        if program:
            lines.append(f"  {title}:")
            lines += [f"    {describe(instruction)}" for instruction in program]
    if plan.gradients:
        lines.append("  gradient, summed over the batch:")
        lines += [f"    {describe_gradient(part)}" for part in plan.gradients]
    return "\n".join(lines)


def describe(instruction: Elementwise | Sum) -> str:
    """Say in a line what an instruction computes, and for how many scalars."""
    width = "B" if instruction.batched else "1"
    place = f"({instruction.count}x{width})"
    if isinstance(instruction, Elementwise):
        return f"{instruction.op.name:<10} {place:<12} {instruction.count} scalars"
    count = Counter[str]()
    parts = []
    for product in instruction.matrices:
        sets, size, terms = product.matrix.shape
        stack = f"{sets} times " if sets > 1 else ""
        parts.append(f"{stack}({size}x{terms})@({terms}x{width})")
        count["*"] += product.matrix.size - product.count * product.biased
        count["+"] += product.count * (terms - 1)
    products = len(instruction.products)
    count["*"] += instruction.count * products
    if products:
        parts.append(f"{products} product{'s' * (products > 1)} of rows")
    summands = len(instruction.plus) + (instruction.bias is not None)
    if summands:
        parts.append(f"{summands} summand{'s' * (summands > 1)}")
    minus = len(instruction.minus)
    if minus:
        parts.append(f"minus {minus} row{'s' * (minus > 1)}")
    pieces = len(instruction.matrices[:1]) + products + summands + minus
    count["+"] += instruction.count * (pieces - 1)
    stands = " and ".join(f"{n} {op}" for op, n in count.items() if n)
    name = "matmul" if instruction.matrices else "sum"
    return f"{name:<10} {place:<12} {' + '.join(parts)}: {stands or 'copies'}"


def describe_gradient(part: Contraction | BatchSum) -> str:
    """Say in a line what of the gradient is summed over the batch."""
    if isinstance(part, Contraction):
        rows, columns = part.to.shape
        stack = f"{len(part.left)} times " if len(part.left) > 1 else ""
        place, product = f"({rows}x{columns})", f"({rows}xB)@(Bx{columns})"
        return f"{'outer':<10} {place:<12} {stack}{product}: {part.to.size} derivatives"
    what = "sums of rows" if part.times is None else "sums of products of rows"
    return f"{'sum':<10} {f'({part.to.size})':<12} {what}: {part.to.size} derivatives"
