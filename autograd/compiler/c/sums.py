"""Sums as C calls: short ones as one expression, matrix products, and all others.

A sum's rows fall into runs, one for each of its matrix products. What stands beside a
product is computed first; the product then adds to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.compiler.instructions import regular

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from autograd.compiler.c.functions import Functions, Operand
    from autograd.compiler.c.memory import Memory
    from autograd.compiler.instructions import Places, Product, Sum

_SHORT = 6  # terms that still make a readable expression
_MANY = 20  # functions in a file from which on a few rows get none of their own


def sum_calls(instruction: Sum, memory: Memory, functions: Functions) -> list[str]:
    """Give the calls that compute a Sum."""
    calls: list[str] = []
    products: list[Product | None] = [*instruction.matrices]
    for product in products or [None]:
        run = _Run(instruction, product, memory, functions)
        calls += run.calls()
    return calls


class _Run:
    """The rows of a sum that share one matrix product, or all rows without one."""

    def __init__(
        self,
        instruction: Sum,
        product: Product | None,
        memory: Memory,
        functions: Functions,
    ) -> None:
        self.memory, self.functions = memory, functions
        self.batched = instruction.batched
        first = product.start if product else instruction.start
        self.count = product.count if product else instruction.count
        self.out = memory.address(self.batched, first)
        rows = slice(first - instruction.start, first - instruction.start + self.count)
        self.bias = None if instruction.bias is None else instruction.bias[rows]
        self.plus = [p[rows] for p in instruction.plus]
        self.minus = [p[rows] for p in instruction.minus]
        self.scaled: list[tuple[Places, Places]] = []
        self.products = [
            (None if c is None else c[rows], u[rows], v[rows])
            for c, u, v in instruction.products
        ]
        self.matrix = product
        if product is not None and not _is_worth_a_loop(product):
            self._spread(product)
        elif product is not None and product.biased:  # its last column meets ones
            self.bias = product.matrix[0, :, -1]

    def _spread(self, product: Product) -> None:
        """Take a small product as so many terms of each row."""
        self.matrix = None
        _, size, terms = product.matrix.shape
        for t in range(terms):
            u = np.repeat(product.operand[:, t], size)
            self.scaled.append((product.matrix[:, :, t].ravel(), u))

    def calls(self) -> list[str]:
        terms = len(self.plus) + len(self.minus)
        terms += len(self.scaled) + len(self.products)
        if self.matrix is not None:
            calls = self._product(self.matrix, alone=terms == 0)
            if terms:
                calls = self._terms(terms) + calls
            return calls
        return self._terms(terms)

    # ---- terms -----------------------------------------------------------------------

    def _terms(self, terms: int) -> list[str]:
        if terms <= _SHORT and self._finds_operands_by_steps():
            return [self._expression()]
        if not self.batched and len(self.products) == terms > _SHORT:
            calls = self._long_dot()
            if calls:
                return calls
        return [self._by_table()]

    def _finds_operands_by_steps(self) -> bool:
        """Tell whether each operand is regular; a few rows may be so by chance."""
        places = [*self.plus, *self.minus, *[p for pair in self.scaled for p in pair]]
        places += [p for _, u, v in self.products for p in (u, v)]
        if self.bias is not None:
            places.append(self.bias)
        few = self.count > 8 or len(self.functions) < _MANY
        return few and all(regular(p) is not None for p in places)

    def _expression(self) -> str:
        memory, operands = self.memory, list[Any]()
        pieces: list[str] = []

        def use(batched: bool, places: Places) -> str:
            operand = memory.operand(batched, places)
            if operand not in operands:
                operands.append(operand)
            return f"{{{operands.index(operand)}}}"

        if self.bias is not None:
            pieces.append("+ " + use(False, self.bias))
        pieces += ["+ " + use(self.batched, p) for p in self.plus]
        pieces += ["- " + use(self.batched, p) for p in self.minus]
        for p, u in self.scaled:
            pieces.append(f"+ {use(False, p)} * {use(self.batched, u)}")
        for c, u, v in self.products:
            sign, factor = "+", ""
            if c is not None and (c == -1.0).all():
                sign = "-"
            elif c is not None:
                factor = use(False, self._constants(c)) + " * "
            pieces.append(
                f"{sign} {factor}{use(self.batched, u)} * {use(self.batched, v)}"
            )
        text = " ".join(pieces).removeprefix("+ ")
        if text.startswith("- "):
            text = "-" + text.removeprefix("- ")
        return self._call("sum", text, operands)

    def _long_dot(self) -> list[str]:
        """Go through products of numbers in a loop over the terms."""
        u = np.stack([u for _, u, _ in self.products])
        v = np.stack([v for _, _, v in self.products])
        if regular(u) is None or regular(v) is None or self.plus or self.minus:
            return []
        factors = [np.ones(self.count) if c is None else c for c, _, _ in self.products]
        if not all((c == factors[0][0]).all() for c in factors):
            return []
        zero = np.full(self.count, self.memory.constant(0.0))
        bias = zero if self.bias is None else self.bias
        first = self._call("copy", "{0}", [self.memory.operand(False, bias)])
        factor = np.full(u.shape, self.memory.constant(float(factors[0][0])))
        operands = [self.memory.operand(False, places) for places in (u, v, factor)]
        dot = self._call("dot", "{out} + {2} * {0} * {1}", operands, len(u))
        return [first, dot]

    def _by_table(self) -> str:
        """List the places of all terms of each row; see ``loops.SUMS``."""
        bias = self.bias
        if bias is None:
            bias = np.full(self.count, self.memory.constant(0.0))
        columns = [bias, *self.plus, *self.minus]
        for p, u in self.scaled:
            columns += [p, u]
        for c, u, v in self.products:
            factor = np.ones(self.count) if c is None else c
            columns += [self._constants(factor), u, v]
        counts = len(self.plus), len(self.minus), len(self.scaled), len(self.products)
        terms = ", ".join(map(str, counts))
        table = self.memory.pick(np.stack(columns, axis=1))
        if self.batched:
            return f"sums({self.count}, n, {self.out}, s, r, {table}, {terms});"
        return f"shared_sums({self.count}, {self.out}, s, {table}, {terms});"

    def _constants(self, numbers: NDArray[Any]) -> Places:
        constant = self.memory.constant
        return np.array([constant(float(x)) for x in numbers], dtype=np.intp)

    def _call(
        self,
        name: str,
        expression: str,
        operands: list[Operand],
        terms: int | None = None,
    ) -> str:
        return self.functions.call(
            name,
            expression,
            operands,
            count=self.count,
            out=self.out,
            batched=self.batched,
            terms=terms,
        )

    # ---- matrix products -------------------------------------------------------------

    def _product(self, product: Product, alone: bool) -> list[str]:
        memory, batched = self.memory, self.batched
        matrix = memory.gathered(product.matrix)
        operand, calls = product.operand, list[str]()
        if batched:
            operand, calls = memory.gather_rows(operand)
        else:
            operand = memory.gathered(operand)
        (ds, di, dt), (du_set, du) = regular(matrix) or (), regular(operand) or ()
        sets, size, terms = matrix.shape
        m = memory.address(False, int(matrix.flat[0]))
        u = memory.address(batched, int(operand.flat[0]))
        width, step = ("wide", "TILE") if batched else ("1", "1")
        terms -= product.biased
        first, by = self._first() if alone else ("NULL", "0")
        width = f"{width}, {int(not alone)}"  # and whether to add to what is there
        du_step = memory.step(batched, du)
        if sets == 1:
            calls.append(
                f"product({size}, {terms}, {width}, {self.out}, {step}, "
                f"{first}, {by}, 1, {m}, {di}, {dt}, {u}, {du_step});"
            )
            return calls
        if first != "NULL":
            first += f" + k * {size} * {by}"
        calls += [
            f"for (long k = 0; k < {sets}; k++)",
            f"    product({size}, {terms}, {width}, {self.out} + k * {size} * {step}, "
            f"{step}, {first}, {by}, 1, {m} + k * {ds}, {di}, {dt}, "
            f"{u} + k * {memory.step(batched, du_set)}, {du_step});",
        ]
        return calls

    def _first(self) -> tuple[str, str]:
        """Give where the bias of the first row stands, and the step to the next."""
        if self.bias is None:
            return "NULL", "0"
        places = self.memory.gathered(self.bias)
        (step,) = regular(places) or (0,)
        return self.memory.address(False, int(places[0])), str(step)


def _is_worth_a_loop(product: Product) -> bool:
    _, size, terms = product.matrix.shape
    return bool(terms > _SHORT or (size > 1 and terms > 1))
