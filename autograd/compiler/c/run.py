"""Calling a plan's C functions from Python: memory, pointers, results."""

from __future__ import annotations

import ctypes
import math
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.compiler.c.build import function
from autograd.compiler.c.file import gradient_file, outputs_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.compiler.c.section import Section
    from autograd.compiler.roll import Plan

    Array = np.ndarray[Any, Any]

# Scalar operations times samples for each thread: measured, two pay from 2 * 2**22 on.
_WORTH_A_THREAD = 2**22


class Space:
    """The arrays that one section computes with; threads need one each."""

    def __init__(
        self, section: Section, tile: int, dtype: Any, more_numbers: int = 0
    ) -> None:
        plan, memory = section.plan, section.memory
        sizes = memory.sizes(tile)
        self.table = np.array(memory.table or [0], dtype=np.intc)
        self.numbers = _zeros(sizes["s"] + more_numbers, dtype)
        for place, constant in plan.constants.items():
            self.numbers[place] = constant
        first = plan.sizes[0]
        self.numbers[first : first + len(memory.numbers)] = memory.numbers
        self.theta = self.numbers[plan.parameters]
        rows = _zeros(sizes["r"], dtype)
        for place in plan.ones:
            rows[place * tile : (place + 1) * tile] = 1.0
        scratch = [_zeros(sizes[name], dtype) for name in ("lines", "block")]
        self._arrays = [self.table, self.numbers, rows, *scratch]
        self.pointers = [array.ctypes.data for array in self._arrays]


class Native:
    """A plan that was built by a C compiler; several threads may run it at once.

    A large batch is divided into as many parts as there are ``threads``: None means as
    many as pay, at most one for each processor. The sums of the parts are added in
    order, so the same number of threads gives the same bits.
    """

    def __init__(
        self, plan: Plan, with_gradient: bool, dtype: Any, threads: int | None = None
    ) -> None:
        self._dtype, self._threads = dtype, threads
        self._outputs, self._size = len(plan.outputs), plan.parameters.stop
        self._operations = sum(op is not None for op in plan.tape.ops)
        self._batched = [batched for batched, _, _ in plan.arguments]
        real = "float" if dtype == np.dtype("float32") else "double"
        self.file = (gradient_file if with_gradient else outputs_file)(plan, real)
        pointer: Any = ctypes.c_void_p
        if with_gradient:
            self._function = function(self.file.text, "value_and_grad")
            self._function.restype = ctypes.c_double
            self._function.argtypes = [pointer] * 6 + [ctypes.c_long, pointer]
        else:
            self._function = function(self.file.text, "outputs")
            self._function.restype = None
            self._function.argtypes = [pointer] * 4 + [ctypes.c_long, pointer]
        self._spaces: list[Space] = []
        self._pool: ThreadPoolExecutor | None = None
        self._process = os.getpid()

    def outputs(self, arrays: list[Array], theta: Array, batch: int) -> Array:
        """Compute the outputs: an array of samples by outputs."""
        result: Array = np.empty((batch, self._outputs), self._dtype)

        def run(part: slice) -> None:
            some = self._part(arrays, part)
            with_result = part.stop - part.start, result[part].ctypes.data
            space = self._take(theta)
            self._function(*space.pointers[:3], pointers(some), *with_result)
            self._spaces.append(space)

        self._map(run, batch)
        return result

    def value_and_grad(
        self, arrays: list[Array], theta: Array, batch: int
    ) -> tuple[float, Array]:
        """Compute the mean of the one output over the batch, and its gradient."""

        def run(part: slice) -> tuple[float, Array]:
            some, count = self._part(arrays, part), part.stop - part.start
            gradient: Array = np.zeros(self._size, self._dtype)
            space = self._take(theta)
            given = pointers(some), count, gradient.ctypes.data
            value = self._function(*space.pointers, *given)
            self._spaces.append(space)
            if count < batch:
                gradient *= self._dtype.type(count / batch)
            return value * (count / batch), gradient

        parts: list[tuple[float, Array]] = self._map(run, batch)
        if len(parts) == 1:
            return parts[0]
        values, gradients = zip(*parts)
        return math.fsum(values), np.add.reduce(gradients)

    def _map(self, run: Callable[[slice], Any], batch: int) -> list[Any]:
        """Run the parts of a batch, each in a thread of its own if they are several."""
        threads = self._threads
        if threads is None:
            pays = self._operations * batch // _WORTH_A_THREAD
            threads = max(1, min(pays, _processors()))
        size = -(-batch // min(threads, batch))
        parts = [
            slice(start, min(start + size, batch)) for start in range(0, batch, size)
        ]
        if len(parts) == 1:
            return [run(parts[0])]
        if self._pool is None or self._process != os.getpid():  # a fork has no threads
            self._pool, self._process = ThreadPoolExecutor(threads), os.getpid()
        return list(self._pool.map(run, parts))

    def _part(self, arrays: list[Array], part: slice) -> list[Array]:
        return [x[part] if b else x for x, b in zip(arrays, self._batched)]

    def _take(self, theta: Array) -> Space:
        try:
            space = self._spaces.pop()  # atomic, and so is append
        except IndexError:
            space = Space(self.file.sections[0], self.file.tile, self._dtype)
        space.theta[:] = theta
        return space


def _zeros(size: int, dtype: Any) -> Array:
    """Give zeros that begin at a line of the cache: vectors then lie within lines."""
    line = 64 // np.dtype(dtype).itemsize
    room: Array = np.zeros(size + line, dtype)
    start = -room.ctypes.data % 64 // room.itemsize
    return room[start : start + size]


def _processors() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def pointers(arrays: list[Array]) -> Any:
    """Give an array of pointers to contiguous arrays."""
    return (ctypes.c_void_p * max(len(arrays), 1))(*[a.ctypes.data for a in arrays])
