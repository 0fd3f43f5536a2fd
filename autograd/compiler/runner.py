"""Running a program on batches: arrays in, results and their checks out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.chain_rule import watching
from autograd.compiler.arrays import flat_numbers, shape_of
from autograd.compiler.backend import Natives
from autograd.compiler.pause import collector_paused
from autograd.compiler.run import Bound
from autograd.nest import rebuild

if TYPE_CHECKING:
    from autograd.compiler.c.run import Native
    from autograd.compiler.program import Program

Array = np.ndarray[Any, Any]

# Larger batches run in parts, so that memory stays bounded.
_LARGEST_ARENA = 2**24  # numbers
_MOST_BATCH_SIZES = 8  # for which arrays are kept
_MOST_ASKED = 100  # samples that are run eagerly to find the one that went wrong


class Runner:
    """Runs the plans of a program; several threads may run it at once."""

    def __init__(
        self, program: Program, dtype: Any, backend: str, threads: int | None
    ) -> None:
        self.program, self.dtype = program, dtype
        self.natives = Natives(program, dtype, backend, threads)
        self._pool: dict[tuple[bool, int], list[Bound]] = {}

    def native(self, with_gradient: bool) -> Native | None:
        """Give the plan as built by a C compiler, where it is to be and can be."""
        return self.natives.take(with_gradient)

    def call(self, args: Sequence[Any]) -> Any:
        """Compute the outputs for a batch."""
        program = self.program
        arrays, batch = self.arrays(args)
        theta = self.read_theta()
        native = self.native(False)
        if native is not None:
            result = native.outputs(arrays, theta, batch)
        else:
            result = self.outputs_of(arrays, theta, batch)
        finite = np.isfinite(result).all(axis=1)
        for bad in np.flatnonzero(~finite)[:_MOST_ASKED]:
            sample = _sample(arrays, bad)
            reason = program.eager.raises(sample, theta)
            if not reason and watching.get() is not None:
                reason = program.eager.anomaly(sample, theta, slopes=False)
            if reason:
                raise FloatingPointError(f"sample {bad}: {reason}")
        if not any(argument.batched for argument in program.arguments):
            return self._nest(result[0])
        return self._nest(result.T)

    def outputs_of(self, arrays: list[Array], theta: Array, batch: int) -> Array:
        """Give the outputs by NumPy, of arrays as ``arrays`` gives them."""
        result: Array = np.empty((batch, len(self.program.roots)), self.dtype)
        for part in self._parts(False, batch):
            bound = self._run(False, part, arrays, theta)
            bound.read_outputs(result[part])
            self._give_back(False, bound)
        return result

    def value_and_grad(
        self, args: Sequence[Any], theta: Any = None
    ) -> tuple[float, Array]:
        """Give the mean of the one output over the batch, and its gradient."""
        arrays, batch = self.arrays(args)
        theta = self.read_theta() if theta is None else self.check_theta(theta)
        native = self.native(True)
        if native is not None:
            value, gradient = native.value_and_grad(arrays, theta, batch)
            if math.isfinite(value + gradient.dot(gradient)):
                return value, gradient
        return self.gradient_of(arrays, theta)  # which finds what is not finite

    def gradient_of(self, arrays: list[Array], theta: Array) -> tuple[float, Array]:
        """Give mean and gradient by NumPy, of arrays as ``arrays`` gives them."""
        batched = self.program.batched
        batch = max([len(x) for x, b in zip(arrays, batched) if b], default=1)
        parts = self._parts(True, batch)
        means, gradients = [], []
        for part in parts:
            bound = self._run(True, part, arrays, theta)
            mean, gradient = bound.mean_output(), bound.mean_gradient()
            if not math.isfinite(mean + gradient.dot(gradient)):
                self._check_finite(mean, gradient, arrays, part.start, bound, theta)
            self._give_back(True, bound)
            means.append(mean)
            gradients.append(gradient)
        if len(parts) == 1:
            return mean, gradient
        shares = np.array([(part.stop - part.start) / batch for part in parts])
        return float(shares.dot(means)), shares.astype(self.dtype) @ gradients

    def _parts(self, with_gradient: bool, batch: int) -> list[slice]:
        """Divide a batch that is too large for the arenas."""
        rows = self.program.plan(with_gradient).sizes[1]
        size = max(_LARGEST_ARENA // max(rows, 1), 16)
        if batch <= size:
            return [slice(0, batch)]
        starts = range(0, batch, size)
        return [slice(start, min(start + size, batch)) for start in starts]

    def _run(
        self, with_gradient: bool, part: slice, arrays: list[Array], theta: Array
    ) -> Bound:
        """Run a plan on a part of the batch, and lend the arrays that it ran on."""
        bound = self._take(with_gradient, part.stop - part.start)
        bound.theta[:] = theta
        bound.fill(arrays, part)
        bound.run()
        return bound

    def _take(self, with_gradient: bool, batch: int) -> Bound:
        try:
            return self._pool[with_gradient, batch].pop()
        except (KeyError, IndexError):
            plan = self.program.plan(with_gradient)
            with collector_paused():
                return Bound(plan, batch, self.dtype)

    def _give_back(self, with_gradient: bool, bound: Bound) -> None:
        if len(self._pool) > _MOST_BATCH_SIZES:
            self._pool.clear()
        self._pool.setdefault((with_gradient, bound.batch), []).append(bound)

    # ---- arguments, parameters, outputs ----------------------------------------------

    def arrays(self, args: Sequence[Any]) -> tuple[list[Array], int]:
        """Give the arguments as checked arrays, and the size of the batch."""
        arguments = self.program.arguments
        if len(args) != len(arguments):
            raise TypeError(f"expected {len(arguments)} arguments, got {len(args)}")
        found: list[Array] = []
        batch, first = 1, ""
        for argument, arg in zip(arguments, args):
            arrays = argument.arrays(arg, self.dtype)
            found += arrays
            for array in arrays if argument.batched else ():
                if first and len(array) != batch:
                    raise ValueError(
                        f"{first} has {batch} samples, but {argument.name} has "
                        f"{len(array)}"
                    )
                batch, first = len(array), argument.name
        return found, batch

    def read_theta(self) -> Array:
        """Read the numbers of the parameters, once sure that these are the same."""
        self.program.check_captured()
        with self.program.lock:
            return np.array([p.data for p in self.program.parameters], self.dtype)

    def check_theta(self, theta: Any) -> Array:
        """Give theta as a flat array of the right length."""
        expected = len(self.program.parameters)
        words = f"({expected},), a number for each parameter"
        flat = flat_numbers("theta", theta, words)
        if len(flat) != expected:
            raise ValueError(f"theta has shape {flat.shape}, expected ({expected},)")
        return flat.astype(self.dtype, copy=False)

    def _nest(self, columns: Array) -> Any:
        """Give one array where the output is rectangular, else a nest of arrays."""
        output = self.program.output
        shape = shape_of(output)
        if shape is None:
            return rebuild(output, list(columns))
        if shape == ():
            return columns[0] if columns.ndim > 1 else float(columns[0])
        return np.moveaxis(columns, 0, -1).reshape(*columns.shape[1:], *shape)

    # ---- what is not finite ----------------------------------------------------------

    def _check_finite(
        self,
        value: float,
        slopes: Array,
        arrays: list[Array],
        start: int,
        bound: Bound,
        theta: Array,
    ) -> None:
        if math.isfinite(value) and np.isfinite(slopes).all():
            return  # only the sum of the squares overflowed
        what = "the loss" if not math.isfinite(value) else "the gradient"
        suspects = start + np.flatnonzero(~bound.finite_samples())
        for sample in suspects[:_MOST_ASKED]:
            reason = self.program.eager.fails(_sample(arrays, sample), theta)
            if reason:
                raise FloatingPointError(
                    f"{what} is not finite at sample {sample}: {reason}"
                )
        if len(suspects):
            place, reason = f"at sample {suspects[0]}", ""
        else:  # it comes from what is computed once for all
            place = "whatever the sample"
            reason = self.program.eager.fails(_sample(arrays, 0), theta)
        raise FloatingPointError(
            f"{what} is not finite, {place}: {reason or 'a result overflows'}"
        )


def _sample(arrays: list[Array], sample: Any) -> list[float]:
    """List the numbers of one sample, those of all arguments."""
    rows = [array[sample if len(array) > 1 else 0] for array in arrays]
    return [float(x) for row in rows for x in row]
