"""Judges of compiled code: in batches and single, at one theta and at another."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import Value, compile, dot, grad, gradient
from tests.attack.judges import direction_of, moderate
from tests.attack.point import ERRORS, Point, differs
from tests.attack.program import Program

_LARGEST = {"float64": 1e140, "float32": 1e15}


def in_bounds(point: Point, dtype: str) -> bool:
    """Tell whether no other order of the same operations can leave the floats."""
    if not point.finite or not point.clear:
        return False
    if not all(math.isfinite(x.data) for x in point.leaves):
        return False  # such an input is refused
    known = math.isfinite(sum(point.gradient_scales))  # which looks at the gradient
    return known and point.largest < _LARGEST[dtype]


def compare_means(
    points: list[Point], parameters: list[Value], c: Any, mean: float, slopes: Any
) -> str | None:
    """Compare the mean and its gradient with the means of eager values and gradients.

    To divide a sum by n rounds once more: by a fraction of the mean, or of the smallest
    number where the mean is as small as that.
    """
    n, t, least = len(points), points[0].tolerance, points[0].smallest_scale
    want = math.fsum(p.value for p in points) / n
    scale = sum((p.scale + abs(p.value)) / n for p in points) + least
    if differs(mean, want, t * scale):
        return f"the mean is {mean!r}, eager {want!r}"
    first = len(points[0].leaves) - len(parameters)
    place = {p: k for k, p in enumerate(parameters)}
    for p, slope in zip(c.parameters, slopes.tolist()):
        k = first + place[p]
        want = math.fsum(point.gradient[k] for point in points) / n
        bound = t * sum(point.gradient_scales[k] / n for point in points)
        if differs(slope, want, bound):
            return f"d(mean)/d(w{place[p]}) is {slope!r}, eager {want!r}"
    return None


class Run:
    """A program compiled, beside its eager points."""

    def __init__(self, program: Program, backend: str, dtype: str) -> None:
        self.dtype, self.backend = dtype, backend
        self.program = program.rounded() if dtype == "float32" else program
        self.parameters = [Value(x) for x in self.program.parameters]
        f = self.program.function(self.parameters)
        like = self.program.samples[0]
        columns = list(zip(*self.program.samples))
        # What is the same in all samples may be given once.
        self.flags = [k % 2 == 0 or len(set(c)) > 1 for k, c in enumerate(columns)]
        self.c = compile(f, *like, batched=self.flags, dtype=dtype, backend=backend)
        self._columns = columns
        self._points: dict[Program, list[Point]] = {}

    def arguments(self, repeat: int = 1) -> list[Any]:
        """Give the samples, over and over, as arguments."""
        return [
            np.array(list(column) * repeat) if flag else column[0]
            for column, flag in zip(self._columns, self.flags)
        ]

    @property
    def batch(self) -> int:
        return len(self.program.samples) if any(self.flags) else 1

    def points(self, program: Program) -> list[Point]:
        if program not in self._points:
            batch = range(self.batch)
            self._points[program] = [Point(program, i, self.dtype) for i in batch]
        return self._points[program]

    def moved(self) -> Program:
        moved = self.program.moved()
        return moved.rounded() if self.dtype == "float32" else moved

    def compare(self, program: Program, repeat: int = 1) -> str | None:
        """Compare values, and the mean with its gradient, with the eager points."""
        for p, x in zip(self.parameters, program.parameters):
            p.data = x
        points = self.points(program)
        ordinary = all(in_bounds(point, self.dtype) for point in points)
        args = self.arguments(repeat)
        try:
            values = np.ravel(self.c(*args))
        except FloatingPointError as error:
            return f"values raise {error!r}" if ordinary else None
        for i, point in enumerate(points):
            if in_bounds(point, self.dtype):
                for value in values[i :: self.batch]:
                    if point.value_differs(float(value)):
                        return f"sample {i}: {float(value)!r}, eager {point.value!r}"
            elif point.value_error and not np.isfinite(values[i :: self.batch]).all():
                return f"sample {i}: no error, eager raises {point.value_error!r}"
        try:
            mean, slopes = self.c.value_and_grad(*args)
        except FloatingPointError as error:
            return f"value_and_grad raises {error!r}" if ordinary else None
        if not np.isfinite([mean, *slopes]).all():
            return (
                f"value_and_grad gives {mean!r}, {slopes.tolist()} and does not raise"
            )
        if not ordinary:
            return None
        return compare_means(points, self.parameters, self.c, mean, slopes)

    def compare_single(self) -> str | None:
        """Compare what a call with single numbers gives: it is code of its own."""
        point = Point(self.program, 0, self.dtype)
        try:
            value = float(self.c(*self.program.samples[0]))
        except FloatingPointError as error:
            if in_bounds(point, self.dtype):
                return f"a single call raises {error!r}, eager gives {point.value!r}"
            return None
        if in_bounds(point, self.dtype) and point.value_differs(value):
            return f"a single call gives {value!r}, eager {point.value!r}"
        if point.value_error and not math.isfinite(value):
            return f"a single call gives {value!r}, eager raises {point.value_error!r}"
        return None


def judge(program: Program, backend: str, dtype: str) -> str | None:
    """Compile a program, and compare it in all ways of calling it."""
    inputs = [x for sample in program.samples for x in sample]
    if not all(map(math.isfinite, inputs)):
        return None  # refused, as any infinite input is
    if dtype == "float32" and not all(abs(x) < 1e30 for x in program.numbers):
        return None
    try:
        run = Run(program, backend, dtype)
    except ERRORS as error:  # at numbers that depend on no input
        return None if Point(program).error else f"compile raises {error!r}"
    found = run.compare(run.program) or run.compare(run.moved())
    found = found or run.compare(run.program, 40)
    if not found and run.program.inputs:
        found = run.compare_single()
    return found


def numpy(program: Program) -> str | None:
    """Compare with compiled code that NumPy runs."""
    return judge(program, "numpy", "float64")


def numpy_float32(program: Program) -> str | None:
    """Compare with compiled code that NumPy runs in single precision."""
    return judge(program, "numpy", "float32")


def c(program: Program) -> str | None:
    """Compare with compiled C."""
    return judge(program, "c", "float64")


def c_float32(program: Program) -> str | None:
    """Compare with compiled C in single precision."""
    return judge(program, "c", "float32")


def second(program: Program) -> str | None:
    """Compare a compiled derivative along a direction, and its own gradient."""
    point = Point(program)
    if not program.parameters or len(program.steps) > 40:
        return None
    if not in_bounds(point, "float64") or not moderate(point, 1e50):
        return None
    direction = direction_of(program.leaves)
    parameters = [Value(x) for x in program.parameters]

    def along(*inputs: Any) -> Any:
        return dot(direction, grad(program.run)([*inputs, *parameters]))

    sample = program.samples[0]
    try:
        eager = along(*sample)
        if not isinstance(eager, Value):
            return None
        slopes = dict(zip(parameters, gradient(eager, parameters)))
        scales = point.second_scales(direction)
    except ERRORS:
        return None
    scale = sum(abs(v) * s for v, s in zip(direction, point.gradient_scales))
    c = compile(along, *sample, backend="numpy")
    value, found = c.value_and_grad(*[[x] for x in sample])
    if differs(value, eager.data, point.tolerance * scale):
        return f"a compiled derivative is {value!r}, eager {eager.data!r}"
    place = {p: k for k, p in enumerate(parameters, program.inputs)}
    for p, slope in zip(c.parameters, found.tolist()):
        if differs(slope, slopes[p], point.tolerance * scales[place[p]]):
            return f"a compiled second derivative is {slope!r}, eager {slopes[p]!r}"
    return None
