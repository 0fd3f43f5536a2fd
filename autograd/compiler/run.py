"""Step 5, run: bind a plan to arrays, once for each batch size, and call NumPy.

Binding turns each instruction into calls with all their views made beforehand, so that
a run is a loop over a dozen NumPy calls and touches no scalar.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from autograd.compiler.kernels import KERNELS, REDUCTIONS
from autograd.compiler.roll import BatchSum, Contraction, Elementwise, Sum

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.compiler.roll import Places, Plan, Product

    Array = np.ndarray[Any, Any]
    Calls = list[Callable[[], Any]]


def regular(places: Places) -> tuple[int, ...] | None:
    """Give the step along each axis if places is an affine function of its indices."""
    steps = []
    for axis, size in enumerate(places.shape):
        first = [0] * places.ndim
        if size > 1:
            second = list(first)
            second[axis] = 1
            steps.append(int(places[tuple(second)] - places[tuple(first)]))
        else:
            steps.append(0)
    grid: Any = places.flat[0]
    for axis, step in enumerate(steps):
        shape = [1] * places.ndim
        shape[axis] = -1
        grid = grid + step * np.arange(places.shape[axis]).reshape(shape)
    return tuple(steps) if np.array_equal(grid, places) else None


class Bound:
    """A plan with arrays for one batch size: ``run`` it after filling the inputs."""

    def __init__(self, plan: Plan, batch: int, dtype: Any) -> None:
        self.plan, self.batch = plan, batch
        self.shared: Array = np.zeros((plan.sizes[0], 1), dtype)
        self.rows: Array = np.zeros((plan.sizes[1], batch), dtype)
        for place, constant in plan.constants.items():
            self.shared[place] = constant
        self.theta = self.shared[plan.parameters, 0]
        self.gradient: Array = np.zeros(len(self.theta), dtype)
        self._ones: Array = np.ones(batch, dtype)
        self._calls: Calls = []
        self._scratch: dict[Any, Array] = {}
        for instruction in plan.shared + plan.batched:
            self._bind(instruction)
        self._bind_gradients()

    def fill(self, arrays: list[Array], part: slice) -> None:
        """Copy the inputs in; ``part`` is the part of the batch to take."""
        at = 0
        for array in arrays:
            batched, place = self.plan.inputs[at] if array.shape[1] else (False, 0)
            at += array.shape[1]
            target = (self.rows if batched else self.shared)[place:]
            target[: array.shape[1]] = (array[part] if batched else array).T

    def read_outputs(self, result: Array) -> None:
        """Copy the outputs into an array of samples by outputs."""
        for column, (batched, place) in enumerate(self.plan.outputs):
            result[:, column] = (self.rows if batched else self.shared)[place]

    def mean_output(self) -> float:
        """Give the mean of the one output over the batch."""
        ((batched, place),) = self.plan.outputs
        if not batched:
            return float(self.shared[place, 0])
        return float(self.rows[place].dot(self._ones)) / self.batch

    def run(self) -> None:
        """Compute every row, and the gradient summed over the batch."""
        for call in self._calls:
            call()

    # ---- operands --------------------------------------------------------------------

    def _read(self, batched: bool, places: Places, slot: int = 0) -> Array:
        """Give the operand as a view; or as a copy, with the call that makes it."""
        arena = self.rows if batched else self.shared
        steps = regular(places)
        shape = (*places.shape, arena.shape[1])
        if steps is not None:
            row, number = arena.strides
            strides = (*(step * row for step in steps), number)
            return as_strided(arena[int(places.flat[0]) :], shape, strides)
        copy = self._temporary(shape, slot)
        flat = copy.reshape(places.size, arena.shape[1])
        take = partial(np.take, arena, places.ravel(), axis=0, out=flat, mode="clip")
        self._calls.append(take)
        return copy

    def _temporary(self, shape: tuple[int, ...], slot: int) -> Array:
        size = int(np.prod(shape))
        buffer = self._scratch.get(slot)
        if buffer is None or buffer.size < size:
            buffer = self._scratch[slot] = np.empty(size, self.shared.dtype)
        return buffer[:size].reshape(shape)

    def _out(self, batched: bool, start: int, count: int) -> Array:
        return (self.rows if batched else self.shared)[start : start + count]

    # ---- instructions ----------------------------------------------------------------

    def _bind(self, instruction: Elementwise | Sum) -> None:
        if isinstance(instruction, Sum):
            self._bind_sum(instruction)
        elif instruction.op in REDUCTIONS:
            self._bind_reduction(instruction)
        else:
            out = self._out(instruction.batched, instruction.start, instruction.count)
            operands = [
                self._read(batched, places, slot)
                for slot, (batched, places) in enumerate(instruction.args)
            ]
            self._calls.append(partial(KERNELS[instruction.op], out, *operands))

    def _bind_reduction(self, instruction: Elementwise) -> None:
        out = self._out(instruction.batched, instruction.start, instruction.count)
        kernel = REDUCTIONS[instruction.op]
        batched = instruction.args[0][0]
        if all(kind is batched for kind, _ in instruction.args):
            operand = self._read(batched, np.stack([p for _, p in instruction.args]))
            self._calls.append(partial(kernel, out, operand))
            return
        stacked = self._temporary((len(instruction.args), *out.shape), 1)
        for i, (batched, places) in enumerate(instruction.args):
            self._calls.append(
                partial(np.copyto, stacked[i], self._read(batched, places))
            )
        self._calls.append(partial(kernel, out, stacked))

    def _bind_sum(self, instruction: Sum) -> None:
        batched, calls = instruction.batched, self._calls
        out = self._out(batched, instruction.start, instruction.count)
        started = bool(instruction.matrices)  # whether out holds a part of the sum
        for product in instruction.matrices:
            self._bind_product(product, batched)
        if instruction.products:
            target = self._temporary(out.shape, 2) if started else out
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
            return self._read(batched, places, slot)
        stack = self._read(batched, places, 3)
        total = self._temporary(stack.shape[1:], slot)
        self._calls.append(partial(np.sum, stack, axis=0, out=total))
        return total

    def _bind_products(self, instruction: Sum, out: Array) -> None:
        """Fill out with the sum of the products of rows."""
        batched, calls = instruction.batched, self._calls
        products = instruction.products
        if len(products) > 4:
            u = np.stack([u for _, u, _ in products])
            v = np.stack([v for _, _, v in products])
            a, b = self._read(batched, u, 0), self._read(batched, v, 1)
            ones = np.ones(instruction.count)
            factors = [ones if c is None else c for c, _, _ in products]
            if all((c == 1.0).all() for c in factors):
                calls.append(partial(np.einsum, "tnb,tnb->nb", a, b, out=out))
            else:
                c = np.stack(factors).astype(out.dtype)
                calls.append(partial(np.einsum, "tn,tnb,tnb->nb", c, a, b, out=out))
            return
        for k, (factor, u, v) in enumerate(products):
            a, b = self._read(batched, u, 0), self._read(batched, v, 1)
            term = self._temporary(out.shape, 3) if k else out
            calls.append(partial(np.multiply, a, b, out=term))
            if factor is not None:
                column = factor.astype(out.dtype)[:, None]
                calls.append(partial(np.multiply, term, column, out=term))
            if k:
                calls.append(partial(np.add, out, term, out=out))

    def _bind_product(self, product: Product, batched: bool) -> None:
        sets, size, terms = product.matrix.shape
        matrix = self._read(False, product.matrix, 0)[..., 0]
        flat = self._out(batched, product.start, product.count)
        out = flat.reshape(sets, size, -1)
        operand = self._read(batched, product.operand, 1)
        if terms == 1:
            self._calls.append(partial(np.multiply, matrix, operand, out=out))
        elif size == 1 and terms <= 4:
            term = self._temporary(flat.shape, 2)
            into = flat
            for t in range(terms):
                factor = matrix[:, 0, t, None]
                self._calls.append(
                    partial(np.multiply, factor, operand[:, t], out=into)
                )
                if t:
                    self._calls.append(partial(np.add, flat, term, out=flat))
                into = term
        elif sets == 1:
            self._calls.append(partial(np.matmul, matrix[0], operand[0], out=flat))
        else:
            self._calls.append(partial(np.matmul, matrix, operand, out=out))

    # ---- gradients -------------------------------------------------------------------

    def _bind_gradients(self) -> None:
        plan, gradient = self.plan, self.gradient
        written = np.zeros(len(gradient), bool)
        firsts = []  # whether each instruction is the first to write its places
        for sums in plan.gradients:
            distinct = len(np.unique(sums.to)) == sums.to.size
            firsts.append(distinct and not written[sums.to].any())
            if firsts[-1]:
                written[sums.to] = True
        if not written.all():
            self._calls.append(partial(gradient.fill, 0.0))
        for sums, alone in zip(plan.gradients, firsts):
            if isinstance(sums, Contraction):
                self._bind_contraction(sums, alone)
            else:
                self._bind_batch_sum(sums, alone)
        if self.batch != 1:
            mean = partial(np.multiply, gradient, 1.0 / self.batch, out=gradient)
            self._calls.append(mean)
        if plan.gradient_bias:
            to = np.array(list(plan.gradient_bias))
            places = np.array(list(plan.gradient_bias.values()))
            self._add_to_gradient(to, self._read(False, places)[:, 0])

    def _bind_contraction(self, sums: Contraction, alone: bool) -> None:
        left, right = self._read(True, sums.left, 0), self._read(True, sums.right, 1)
        total = self._target(sums.to) if alone else None
        direct = total is not None
        if total is None:
            total = self._temporary(sums.to.shape, 2)
        if len(left) == 1:
            self._calls.append(partial(np.matmul, left[0], right[0].T, out=total))
        else:
            terms = self._temporary((len(left), *sums.to.shape), 3)
            right = right.transpose(0, 2, 1)
            self._calls.append(partial(np.matmul, left, right, out=terms))
            self._calls.append(partial(np.sum, terms, axis=0, out=total))
        if (sums.factors != 1.0).any():
            factors = sums.factors.astype(total.dtype)
            self._calls.append(partial(np.multiply, total, factors, out=total))
        if not direct:
            self._add_to_gradient(sums.to, total)

    def _bind_batch_sum(self, sums: BatchSum, alone: bool) -> None:
        rows = self._read(True, sums.rows, 0)
        total = self._target(sums.to) if alone else None
        direct = total is not None
        if total is None:
            total = self._temporary(sums.to.shape, 2)
        if sums.times is None:
            self._calls.append(partial(np.matmul, rows, self._ones, out=total))
        else:
            times = self._read(True, sums.times, 1)
            self._calls.append(partial(np.einsum, "ij,ij->i", rows, times, out=total))
        constants = self.plan.constants
        if any(constants.get(int(place)) != 1.0 for place in sums.factors):
            factors = self._read(False, sums.factors, 3)[:, 0]
            self._calls.append(partial(np.multiply, total, factors, out=total))
        if not direct:
            self._add_to_gradient(sums.to, total)

    def _target(self, to: Places) -> Array | None:
        """Give the places of the gradient as a view where they are regular."""
        steps = regular(to)
        if steps is None or (0 in steps and to.size > 1 and not _distinct(to)):
            return None
        (number,) = self.gradient.strides
        strides = tuple(step * number for step in steps)
        return as_strided(self.gradient[int(to.flat[0]) :], to.shape, strides)

    def _add_to_gradient(self, to: Places, total: Array) -> None:
        view = self._target(to)
        if view is None:
            self._calls.append(partial(np.add.at, self.gradient, to, total))
        else:
            self._calls.append(partial(np.add, view, total, out=view))


def _stacked(operands: list[Places]) -> list[Places]:
    """Stack many operands into one, so that a long sum is one call, not many."""
    return [np.stack(operands)] if len(operands) > 4 else operands


def _distinct(to: Places) -> bool:
    return len(np.unique(to)) == to.size
