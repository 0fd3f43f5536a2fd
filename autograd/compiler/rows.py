"""Step 4b, rows: what is computed, once per call or once per sample, and when.

A node that depends on no batched input is *shared*: it is computed once per call. The
others are *batched*: a row of numbers, one for each sample. Each node that is needed
becomes a Row: an elementwise operation, or a sum in a normal form

    z = bias + sum of u - sum of v + sum of p * u + sum of c * u * v

with u, v of the row's own kind (batched or shared) and p, bias of the kind below it
(shared or constant). A Row's level is 1 + the largest level of its operands of its own
kind; so rows of one level do not depend on each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.compiler import TraceError
from autograd.compiler.forms import NONE, Forms, Term

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd.compiler.tape import Tape
    from autograd.operation import Primitive

# Each level is an instruction at least: at this number, ten seconds of work for the
# gradient, and a gigabyte.
MOST_LEVELS = 100_000


def check_levels(count: int) -> None:
    """Refuse a program that is so deep that arrays would not make it faster."""
    if count > MOST_LEVELS:
        raise TraceError(
            f"the program is a chain of {count:,} operations or more, each on what the "
            f"one before gave; up to {MOST_LEVELS:,} can be compiled. Call the "
            "function itself, or compile one stage of it and call that in a loop"
        )


class Row:
    """One scalar of the plan: ``op`` of ``args``, or a sum where op is None."""

    __slots__ = (
        "args",
        "batched",
        "bias",
        "level",
        "minus",
        "node",
        "op",
        "plus",
        "products",
        "scaled",
    )

    def __init__(self, node: int, batched: bool) -> None:
        self.node, self.batched, self.level = node, batched, 0
        self.op: Primitive | None = None
        self.args: tuple[int, ...] = ()
        self.bias = NONE
        self.plus: list[int] = []
        self.minus: list[int] = []
        self.scaled: list[tuple[int, int]] = []  # p, u
        self.products: list[Term] = []  # c, u, v

    def shape(self) -> tuple[Any, ...]:
        """Describe the operation; rows of one level and shape are one instruction."""
        if self.op is not None:
            return (self.op, len(self.args))
        return (
            self.bias != NONE,
            len(self.plus),
            len(self.minus),
            len(self.scaled),
            len(self.products),
        )


class Rows:
    """The rows that outputs and gradients need, levels assigned.

    ``gradients`` has one Row for each gradient, which is to be summed over the batch.
    """

    def __init__(
        self,
        tape: Tape,
        batched_inputs: Iterable[int],
        outputs: list[int],
        gradients: list[int],
    ) -> None:
        self.tape = tape
        self.batched = self._spread(set(batched_inputs))
        forms = Forms(tape, [*outputs, *gradients])
        self._new: dict[tuple[Term, ...], int] = {}
        self._new_forms: dict[int, list[Term]] = {}
        self.rows: list[Row] = []
        wanted = [forms.take(g) for g in gradients]
        factors = {f for form in wanted for _, a, b in form for f in (a, b)}
        for i in self._needed(forms, {*outputs, *factors} - {NONE}):
            if tape.ops[i] is not None:
                self.rows.append(self._row(i, forms.of[i]))
        # A gradient is summed over the batch: its form is kept, as of a batched row.
        self.gradients = [self._sum(Row(NONE, True), form) for form in wanted]
        for node, form in self._new_forms.items():
            self.rows.append(self._sum(Row(node, False), form))
        self._assign_levels()

    def _spread(self, batched: set[int]) -> set[int]:
        for i, args in enumerate(self.tape.args):
            if not batched.isdisjoint(args):
                batched.add(i)
        return batched

    def _needed(self, forms: Forms, roots: set[int]) -> list[int]:
        needed, stack = set(roots), list(roots)
        while stack:
            i = stack.pop()
            form = forms.of[i]
            below: Iterable[int] = self.tape.args[i]
            if form is not None:
                below = [f for _, a, b in form for f in (a, b) if f != NONE]
            for j in below:
                if j not in needed:
                    needed.add(j)
                    stack.append(j)
        return sorted(needed)

    def _row(self, i: int, form: list[Term] | None) -> Row:
        row = Row(i, i in self.batched)
        if form is None:
            row.op, row.args = self.tape.ops[i], self.tape.args[i]
            return row
        return self._sum(row, form)

    def _sum(self, row: Row, form: list[Term]) -> Row:
        low: list[Term] = []  # terms of the kind below: the bias
        for c, a, b in form:
            if self._is_low(row, a) and self._is_low(row, b):
                low.append((c, a, b))
            elif a == NONE or b == NONE or self._is_low(row, a) or self._is_low(row, b):
                p, u = (b, a) if not self._is_low(row, a) else (a, b)
                if p == NONE and c in (1.0, -1.0):
                    (row.plus if c == 1.0 else row.minus).append(u)
                else:
                    row.scaled.append((self.shared([(c, p, NONE)]), u))
            else:
                row.products.append((c, a, b))
        if low:
            row.bias = self.shared(low)
        return row

    def _is_low(self, row: Row, i: int) -> bool:
        return i == NONE or (row.batched and i not in self.batched)

    def shared(self, form: list[Term]) -> int:
        """Give a node for a form of shared nodes or constants, a new one if need be."""
        constant = sum(c for c, a, b in form if a == b == NONE)
        rest = [term for term in form if term[1] != NONE or term[2] != NONE]
        if not rest:
            return self.tape.constant(constant)
        if constant:
            rest.append((constant, NONE, NONE))
        elif len(rest) == 1 and rest[0][0] == 1.0 and rest[0][2] == NONE:
            return rest[0][1]
        key = tuple(rest)
        if key not in self._new:
            self._new[key] = -2 - len(self._new)  # below NONE: not on the tape
            self._new_forms[self._new[key]] = rest
        return self._new[key]

    def _assign_levels(self) -> None:
        level: dict[int, int] = {}
        for row in self.rows:
            inside = [*row.args, *row.plus, *row.minus]
            inside += [u for _, u in row.scaled]
            inside += [f for _, u, v in row.products for f in (u, v)]
            below = [
                level[i]
                for i in inside
                if i in level and (i in self.batched) == row.batched
            ]
            row.level = level[row.node] = 1 + max(below, default=0)
        check_levels(max(level.values(), default=0))
