"""Step 4a, forms: sums of products, written flat.

Additions, subtractions, products and weighted sums are gathered into forms

    z = sum over terms:  coefficient * a * b,

where a and b are nodes of the tape or absent. A node that only one form uses, and that
is a form itself, becomes part of it; so an adjoint that was added up term by term is
one form again, and a row of a matrix product can be recognised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd import primitives as table
from autograd.compiler.progress import progress

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd.compiler.tape import Tape

NONE = -1
Term = tuple[float, int, int]  # coefficient, a, b; NONE for an absent factor
# To scale a form is to copy it. So a long form that was scaled often is not taken in
# again: a chain of n steps such as 0.9 * m + x would take n^2 time and memory.
LONG = 64  # terms
OFTEN = 8  # times


def count_uses(tape: Tape, roots: Iterable[int]) -> list[int]:
    """Count how often each node is used by what the roots need, and by the roots."""
    uses = [0] * len(tape)
    for root in roots:
        uses[root] += 1
    for i in range(len(tape) - 1, -1, -1):
        if uses[i]:
            for j in tape.args[i]:
                uses[j] += 1
    return uses


class Forms:
    """The flat forms of a tape: ``of[i]`` for node i, None where it has none.

    A node that became part of its consumer's form is not needed by itself any more.
    """

    def __init__(self, tape: Tape, roots: Iterable[int]) -> None:
        self._tape = tape
        self._uses = count_uses(tape, roots)
        self._closed: set[int] = set()  # forms that no other form may take in
        self._scalings = [0] * len(tape)  # how often terms of node i's form were scaled
        self.of: list[list[Term] | None] = [None] * len(tape)
        rules: dict[Any, Any] = {
            table.add: self._add,
            table.sub: self._subtract,
            table.neg: self._negate,
            table.mul: self._multiply,
            table.div: self._divide,
            table.sum: self._sum,
            table.dot: self._dot,
        }
        for i in progress(range(len(tape)), "gather sums of products"):
            op = tape.ops[i]
            if self._uses[i] and op in rules:
                form = self.of[i] = rules[op](*tape.args[i])
                if form is None:
                    continue
                scalings = max([self._scalings[j] for j in tape.args[i]], default=0)
                self._scalings[i] = scalings + (op not in _SUMS)
                if op in (table.mul, table.div) and not _moderate(form):
                    self._closed.add(i)

    def _term(self, i: int) -> Term:
        constant = self._tape.constants.get(i)
        return (1.0, i, NONE) if constant is None else (constant, NONE, NONE)

    def take(self, i: int) -> list[Term]:
        """Give the terms of node i to its consumer: its own if no one else uses it."""
        form = self.of[i]
        if form is None or self._uses[i] > 1 or i in self._closed:
            return [self._term(i)]
        return form

    def _scaled(self, i: int, by: float) -> list[Term]:
        """Give the terms of node i times a constant."""
        form = self.take(i)
        if len(form) > LONG and self._scalings[i] >= OFTEN:
            form = [self._term(i)]
        return form if by == 1.0 else [(c * by, a, b) for c, a, b in form]

    def _add(self, i: int, j: int) -> list[Term]:
        a, b = self.take(i), self.take(j)
        if len(a) < len(b):  # extend the longer one: n log n in all
            a, b = b, a
        a.extend(b)
        return a

    def _subtract(self, i: int, j: int) -> list[Term]:
        a, b = self.take(i), self._scaled(j, -1.0)
        if len(a) < len(b):
            a, b = b, a
        a.extend(b)
        return a

    def _negate(self, i: int) -> list[Term]:
        return self._scaled(i, -1.0)

    def _multiply(self, i: int, j: int) -> list[Term]:
        for constant, other in ((i, j), (j, i)):
            if constant in self._tape.constants:
                return self._scaled(other, self._tape.constants[constant])
        return [self._product(i, j)]

    def _product(self, i: int, j: int) -> Term:
        (c, a), (d, b) = self._factor(i), self._factor(j)
        if not 1e-100 < abs(c * d) < 1e100:
            return (1.0, i, j)
        return (c * d, b, NONE) if a == NONE else (c * d, a, b)

    def _divide(self, i: int, j: int) -> list[Term] | None:
        divisor = self._tape.constants.get(j)
        if divisor is None or not 1e-100 < abs(divisor) < 1e100:
            return None
        return self._scaled(i, 1.0 / divisor)

    def _sum(self, *args: int) -> list[Term]:
        # Weighted sums that are summed stay apart: each is a row of a matrix product.
        total: list[Term] = []
        for i in args:
            form = self.take(i)
            total += form if len(form) == 1 else [self._term(i)]
        return total

    def _dot(self, *args: int) -> list[Term]:
        n = len(args) // 2
        return [self._product(i, j) for i, j in zip(args[:n], args[n:])]

    def _factor(self, i: int) -> tuple[float, int]:
        """Give node i as coefficient * factor, with the coefficient drawn out."""
        if i in self._tape.constants:
            return self._tape.constants[i], NONE
        form = self.take(i)
        if len(form) == 1 and form[0][2] == NONE and form[0][1] != NONE:
            return form[0][0], form[0][1]
        return 1.0, i


_SUMS = (table.add, table.sum, table.dot)


def _moderate(form: list[Term]) -> bool:
    """Tell whether coefficients may be multiplied without leaving the floats' range."""
    return all(1e-100 < abs(c) < 1e100 for c, _, _ in form)
