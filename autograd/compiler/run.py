"""Step 5, run: bind a plan to arrays, once for each batch size, and call NumPy.

Binding turns each instruction into calls with all their views made beforehand, so that
a run is a loop over a dozen NumPy calls and touches no scalar.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.compiler.arenas import Arenas
from autograd.compiler.batch_sums import bind_gradient
from autograd.compiler.instructions import Elementwise, Sum
from autograd.compiler.kernels import REDUCTIONS, kernel_of

if TYPE_CHECKING:
    from autograd.compiler.arenas import Array
    from autograd.compiler.instructions import Places, Product
    from autograd.compiler.roll import Plan


class Bound(Arenas):
    """A plan with arrays for one batch size: ``run`` it after filling the inputs."""

    def __init__(self, plan: Plan, batch: int, dtype: Any) -> None:
        super().__init__(plan, batch, dtype)
        for instruction in plan.shared + plan.batched:
            self._bind(instruction)
        self.gradient = bind_gradient(self)
        self._ones: Array = np.ones(batch, dtype)
        self._outputs = [self.read(b, np.array([p])) for b, p in plan.outputs]

    def run(self) -> None:
        """Compute every row, and the gradient summed over the batch."""
        for call in self.calls:
            call()

    def read_outputs(self, result: Array) -> None:
        """Copy the outputs into an array of samples by outputs."""
        for column, row in enumerate(self._outputs):
            result[:, column] = row

    def mean_output(self) -> float:
        """Give the mean of the one output over the batch."""
        ((row,),) = self._outputs
        if len(row) < self.batch:  # it is one for all samples
            return float(row[0])
        return float(row.dot(self._ones)) / self.batch

    def mean_gradient(self) -> Array:
        """Give the gradient of the mean, as an array of its own."""
        mean: Array = self.gradient * self.dtype.type(1.0 / self.batch)
        for to, places in self.plan.gradient_bias:
            mean[to] += self.shared[places, 0]
        return mean

    def finite_samples(self) -> Array:
        """Tell for each sample whether all that was computed for it is finite."""
        finite: Array = np.logical_and.reduce(np.isfinite(self.rows), axis=0)
        return finite

    # ---- instructions ----------------------------------------------------------------

    def _bind(self, instruction: Elementwise | Sum) -> None:
        if isinstance(instruction, Sum):
            self._bind_sum(instruction)
        elif instruction.op in REDUCTIONS:
            self._bind_reduction(instruction)
        else:
            out = self.out(instruction.batched, instruction.start, instruction.count)
            operands = [
                self.read(batched, places, slot)
                for slot, (batched, places) in enumerate(instruction.args)
            ]
            self.calls.append(partial(kernel_of(instruction.op), out, *operands))

    def _bind_reduction(self, instruction: Elementwise) -> None:
        out = self.out(instruction.batched, instruction.start, instruction.count)
        kernel = REDUCTIONS[instruction.op]
        batched = instruction.args[0][0]
        if all(kind is batched for kind, _ in instruction.args):
            # In ascending order: NumPy 1.26 reduces views with negative steps wrongly.
            stack = np.sort(np.stack([p for _, p in instruction.args]), axis=0)
            operand = self.read(batched, stack)
            self.calls.append(partial(kernel, out, operand))
            return
        stacked = self.temporary((len(instruction.args), *out.shape), 1)
        for i, (batched, places) in enumerate(instruction.args):
            self.calls.append(
                partial(np.copyto, stacked[i], self.read(batched, places))
            )
        self.calls.append(partial(kernel, out, stacked))

    def _bind_sum(self, instruction: Sum) -> None:
        batched, calls = instruction.batched, self.calls
        out = self.out(batched, instruction.start, instruction.count)
        started = bool(instruction.matrices)  # whether out holds a part of the sum
        for product in instruction.matrices:
            self._bind_product(product, batched)
        if instruction.products:
            target = self.temporary(out.shape, 2) if started else out
            self._bind_products(instruction, target)
            if started:
                calls.append(partial(np.add, out, target, out=out))
            started = True
        terms: list[tuple[Any, bool, Places]] = []
        terms += [(np.add, batched, p) for p in _stacked(instruction.plus)]
        if instruction.bias is not None:
            terms.append((np.add, False, instruction.bias))
        terms += [(np.subtract, batched, p) for p in _stacked(instruction.minus)]
        for position, (ufunc, kind, places) in enumerate(terms):
            operand = self._added(kind, places, min(position, 1))
            if not started and position == 0:
                first = operand
                if len(terms) == 1 or ufunc is np.subtract:
                    only = np.positive if ufunc is np.add else np.negative
                    calls.append(partial(only, operand, out=out))
                    started = True
            else:
                left = out if started else first
                calls.append(partial(ufunc, left, operand, out=out))
                started = True

    def _added(self, batched: bool, places: Places, slot: int) -> Array:
        """Read an operand of a sum; a stack of operands is summed first."""
        if places.ndim == 1:
            operand = self.read(batched, places, slot)
            return operand.reshape(()) if operand.shape == (1, 1) else operand
        stack = self.read(batched, places, 3)
        total = self.temporary(stack.shape[1:], slot)
        self.calls.append(partial(np.add.reduce, stack, axis=0, out=total))
        return total

    def _bind_products(self, instruction: Sum, out: Array) -> None:
        """Fill out with the sum of the products of rows."""
        batched, calls = instruction.batched, self.calls
        products = instruction.products
        if len(products) > 4:
            self._bind_many_products(instruction, out)
            return
        for k, (factor, u, v) in enumerate(products):
            a, b = self.read(batched, u, 0), self.read(batched, v, 1)
            term = self.temporary(out.shape, 3) if k else out
            calls.append(partial(np.multiply, a, b, out=term))
            if factor is not None and (factor == -1.0).all():
                calls.append(partial(np.negative, term, out=term))
            elif factor is not None:
                column = factor.astype(out.dtype)[:, None]
                calls.append(partial(np.multiply, term, column, out=term))
            if k:
                calls.append(partial(np.add, out, term, out=out))

    def _bind_many_products(self, instruction: Sum, out: Array) -> None:
        batched, calls, products = instruction.batched, self.calls, instruction.products
        a = self.read(batched, np.stack([u for _, u, _ in products]), 0)
        b = self.read(batched, np.stack([v for _, _, v in products]), 1)
        ones = np.ones(instruction.count)
        factors = np.stack([ones if c is None else c for c, _, _ in products])
        factors = factors.astype(self.dtype)
        if (factors != factors[0]).any():
            calls.append(partial(np.einsum, "tn,tnb,tnb->nb", factors, a, b, out=out))
            return
        calls.append(partial(np.einsum, "tnb,tnb->nb", a, b, out=out))
        if (factors[0] != 1.0).any():
            calls.append(partial(np.multiply, out, factors[0][:, None], out=out))

    def _bind_product(self, product: Product, batched: bool) -> None:
        sets, size, terms = product.matrix.shape
        matrix = self.read(False, product.matrix, 0)[..., 0]
        flat = self.out(batched, product.start, product.count)
        out = flat.reshape(sets, size, -1)
        operand = self.read(batched, product.operand, 1)
        if product.matrix.size == 1:
            factor = matrix.reshape(())
            self.calls.append(partial(np.multiply, operand[0], factor, out=flat))
        elif terms == 1 and sets == 1:  # faster than to multiply a column by a row
            self.calls.append(partial(np.dot, matrix[0], operand[0], out=flat))
        elif terms == 1:
            self.calls.append(partial(np.multiply, matrix, operand, out=out))
        elif size == 1 and terms <= 4:
            term = self.temporary(flat.shape, 2)
            into = flat
            for t in range(terms):
                factor = matrix[:, 0, t, None]
                self.calls.append(partial(np.multiply, factor, operand[:, t], out=into))
                if t:
                    self.calls.append(partial(np.add, flat, term, out=flat))
                into = term
        elif sets == 1:
            self.calls.append(partial(np.matmul, matrix[0], operand[0], out=flat))
        else:
            self.calls.append(partial(np.matmul, matrix, operand, out=out))


def _stacked(operands: list[Places]) -> list[Places]:
    """Stack many operands into one, so that a long sum is one call, not many."""
    return [np.stack(operands)] if len(operands) > 4 else operands
