"""A traced function with its plans: one for its outputs, one for its gradient."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd.chain_rule import gradient
from autograd.compiler import TraceError
from autograd.compiler.arrays import Argument, shape_of
from autograd.compiler.listing import listing
from autograd.compiler.roll import Plan
from autograd.compiler.run import Bound
from autograd.compiler.source import Source
from autograd.compiler.tape import Tape
from autograd.compiler.trace import Trace
from autograd.graph import leaves
from autograd.nest import rebuild
from autograd.value import Value

Array = np.ndarray[Any, Any]

# Larger batches run in parts, so that the rows of a part stay near the processor.
_LARGEST_ARENA = 2**21  # numbers


class Program:
    """What ``compile`` made of f: the tape, the plans, and arrays to run them on."""

    def __init__(
        self, f: Callable[..., Any], like: Sequence[Any], flags: list[bool], dtype: Any
    ) -> None:
        self._f, self._like, self._dtype = f, list(like), dtype
        self.arguments = [
            Argument(f"argument {i}", nest, batched)
            for i, (nest, batched) in enumerate(zip(like, flags))
        ]
        self._kinds = [kind for a in self.arguments for kind in a.input_kinds()]
        self.takes_numbers = all(a.shape == () for a in self.arguments)
        collecting = gc.isenabled()
        gc.disable()  # a trace makes many objects, and no cycles
        try:
            self._trace, self.parameters, self.tape = _trace_twice(f, like)
            self.output = self._trace.output
            self._roots = self.tape.record(self._trace.outputs)
        finally:
            if collecting:
                gc.enable()
        self._plans: dict[bool, Plan] = {}
        self._pool: dict[tuple[bool, int], list[Bound]] = {}
        self._scalar: Callable[..., Any] | None = None

    # ---- plans -----------------------------------------------------------------------

    def plan(self, with_gradient: bool) -> Plan:
        """Give the plan for the outputs, or for the one output and its gradient."""
        if with_gradient not in self._plans:
            roots, slopes = self._roots, []
            if with_gradient:
                slopes = self.gradient_roots()
            self._plans[with_gradient] = Plan(self.tape, self._kinds, roots, slopes)
        return self._plans[with_gradient]

    def gradient_roots(self) -> list[int]:
        """Record the gradient of the one output, and give its places on the tape."""
        if len(self._roots) != 1 or isinstance(self.output, (list, tuple)):
            raise TypeError(
                "a gradient needs a function that returns one number; this one returns "
                f"{self.output!r:.60}: compile(jacobian(f)) differentiates it"
            )
        return self.tape.record(self._trace.differentiate(self.parameters))

    def _bound(self, with_gradient: bool, batch: int) -> Bound:
        pool = self._pool.setdefault((with_gradient, batch), [])
        try:
            return pool.pop()
        except IndexError:
            return Bound(self.plan(with_gradient), batch, self._dtype)

    def _release(self, with_gradient: bool, bound: Bound) -> None:
        if len(self._pool) > 8:  # many batch sizes: keep no arrays for all of them
            self._pool.clear()
        self._pool.setdefault((with_gradient, bound.batch), []).append(bound)

    # ---- running ---------------------------------------------------------------------

    def arrays(self, args: Sequence[Any]) -> tuple[list[Array], int]:
        """Give the arguments as checked arrays, and the size of the batch."""
        if len(args) != len(self.arguments):
            raise TypeError(
                f"expected {len(self.arguments)} arguments, got {len(args)}"
            )
        found = [
            (argument, array)
            for argument, arg in zip(self.arguments, args)
            for array in argument.arrays(arg, self._dtype)
        ]
        sizes = {len(array): a.name for a, array in found if a.batched}
        if len(sizes) > 1:
            (m, first), (n, second) = list(sizes.items())[:2]
            raise ValueError(f"{first} has {m} samples, but {second} has {n}")
        return [array for _, array in found], next(iter(sizes), 1)

    def _parts(
        self, with_gradient: bool, arrays: list[Array], batch: int, theta: Array
    ) -> Iterator[tuple[slice, Bound]]:
        """Run the plan part by part; yield each part of the batch with its results."""
        rows = max(self.plan(with_gradient).sizes[1], 1)
        size = max(1, min(batch, max(_LARGEST_ARENA // rows, 16)))
        for start in range(0, batch, size):
            part = slice(start, min(start + size, batch))
            bound = self._bound(with_gradient, part.stop - part.start)
            bound.theta[:] = theta
            bound.fill(arrays, part)
            bound.run()
            yield part, bound
            self._release(with_gradient, bound)

    def call(self, args: Sequence[Any]) -> Any:
        """Compute the outputs for a batch."""
        arrays, batch = self.arrays(args)
        theta = self.read_theta()
        result = np.empty((batch, len(self._roots)), self._dtype)
        for part, bound in self._parts(False, arrays, batch, theta):
            bound.read_outputs(result[part])
        if not np.isfinite(result).all():
            bad = int(np.argmin(np.isfinite(result).all(axis=1)))
            self._refuse_if_eager_raises(arrays, bad)
        if not any(argument.batched for argument in self.arguments):
            return self._nest(result[0])
        return self._nest(result.T)

    def _nest(self, columns: Array) -> Any:
        """Give one array where the output is rectangular, else a nest of arrays."""
        shape = shape_of(self.output)
        if shape is None:
            return rebuild(self.output, list(columns))
        if shape == ():
            return columns[0] if columns.ndim > 1 else float(columns[0])
        return np.moveaxis(columns, 0, -1).reshape(*columns.shape[1:], *shape)

    def value_and_grad(
        self, args: Sequence[Any], theta: Any = None
    ) -> tuple[float, Array]:
        """Give the mean of the one output over the batch, and its gradient."""
        arrays, batch = self.arrays(args)
        theta = self.read_theta() if theta is None else self.check_theta(theta)
        value, slopes = 0.0, np.zeros(len(theta), self._dtype)
        for part, bound in self._parts(True, arrays, batch, theta):
            share = (part.stop - part.start) / batch
            if share == 1.0:
                value, slopes = bound.mean_output(), bound.mean_gradient()
            else:
                value += share * bound.mean_output()
                slopes += share * bound.mean_gradient()
            if not math.isfinite(value + float(slopes.dot(slopes))):
                self._check_finite(value, slopes, arrays, part.start, bound, theta)
        return value, slopes

    # ---- parameters ------------------------------------------------------------------

    def read_theta(self) -> Array:
        """Read the numbers of the parameters."""
        return np.array([p.data for p in self.parameters], self._dtype)

    def check_theta(self, theta: Any) -> Array:
        """Give theta as a flat array of the right length."""
        flat: Array = np.asarray(theta, self._dtype)
        if flat.shape != (len(self.parameters),):
            raise ValueError(
                f"theta has shape {flat.shape}, expected ({len(self.parameters)},)"
            )
        return flat

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
            return
        what = "the loss" if not math.isfinite(value) else "the gradient"
        bad = ~bound.finite_samples()
        if not bad.any():
            raise FloatingPointError(
                f"{what} is not finite, in the parameters' own part"
            )
        sample = start + int(np.argmax(bad))
        reason = self._eager_error(arrays, sample, theta) or "a result overflowed"
        raise FloatingPointError(f"{what} is not finite at sample {sample}: {reason}")

    def _refuse_if_eager_raises(self, arrays: list[Array], sample: int) -> None:
        reason = self._eager_error(arrays, sample, self.read_theta(), slopes=False)
        if reason:
            raise FloatingPointError(f"sample {sample}: {reason}")

    def _eager_error(
        self, arrays: list[Array], sample: int, theta: Array, slopes: bool = True
    ) -> str:
        """Run one sample eagerly at theta, and give the words of what it raises."""
        numbers = [
            float(x) for array in arrays for x in array[sample if len(array) > 1 else 0]
        ]
        nests = rebuild(self._like, numbers)
        kept = [p.data for p in self.parameters]
        try:
            for p, x in zip(self.parameters, theta.tolist()):
                p.data = x
            y = self._f(*nests)
            if slopes and isinstance(y, Value):
                gradient(y, self.parameters)
        except (ArithmeticError, ValueError) as error:
            return str(error)
        finally:
            for p, x in zip(self.parameters, kept):
                p.data = x
        return ""

    # ---- single numbers --------------------------------------------------------------

    def call_numbers(self, args: Sequence[float]) -> Any:
        """Compute the outputs for single numbers, by straight-line Python."""
        if self._scalar is None:
            namespace: dict[str, Any] = {}
            exec(self.source(with_gradient=False), namespace)
            self._scalar = namespace["value"]
        try:
            if self.parameters:
                return self._scalar(*args, [p.data for p in self.parameters])
            return self._scalar(*args)
        except (ArithmeticError, ValueError) as error:
            arrays = [np.array([[x]]) for x in args]
            reason = self._eager_error(arrays, 0, self.read_theta()) or str(error)
            raise FloatingPointError(reason) from None

    def source(self, with_gradient: bool = True) -> str:
        """Give the functions as Python source for single numbers."""
        writer = Source(self.tape)
        functions = [writer.function("value", self.output, self._roots)]
        if with_gradient and self.parameters and len(self._roots) == 1:
            roots = [*self._roots, *self.gradient_roots()]
            nest = (0.0, [0.0] * len(self.parameters))
            functions.append(writer.function("value_and_grad", nest, roots))
        return writer.module(functions, [p.data for p in self.parameters])

    # ---- text ------------------------------------------------------------------------

    def summary(self) -> str:
        """Say in one line how much there is."""
        count = sum(op is not None for op in self.tape.ops)
        return (
            f"{len(self.tape.inputs)} inputs, {len(self.parameters)} parameters, "
            f"{count:,} scalar operations"
        )

    def __str__(self) -> str:
        differentiable = self.parameters and len(self._roots) == 1
        return listing(self.plan(bool(differentiable)))


def _trace_twice(
    f: Callable[..., Any], like: Sequence[Any]
) -> tuple[Trace, list[Value], Tape]:
    """Trace f, and once more: what differs between two runs cannot be compiled."""
    first, second = _trace(f, like), _trace(f, like)
    same = first[1] == second[1] and first[2].is_like(second[2])
    if not same:
        raise TraceError(
            "f is not deterministic: two runs recorded different programs; draw random "
            "numbers outside of f and pass them in as arguments"
        )
    return second


def _trace(
    f: Callable[..., Any], like: Sequence[Any]
) -> tuple[Trace, list[Value], Tape]:
    trace = Trace(f, like)
    found = leaves(*[y for y in trace.outputs if isinstance(y, Value)])
    captured = [v for v in found if type(v) is Value and id(v) not in trace.made]
    tape = Tape(trace.inputs, captured)
    tape.record(trace.outputs)
    return trace, captured, tape
