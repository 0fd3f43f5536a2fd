"""Judges of compiled code: in batches and single, at one theta and at another."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from autograd import Value, compile
from tests.attack.point import ERRORS, Point, differs
from tests.attack.program import Program

_LARGEST = {"float64": 1e140, "float32": 1e15}


def in_bounds(point: Point, dtype: str) -> bool:
    """Tell whether no other order of the same operations can leave the floats."""
    if not point.finite or not point.clear:
        return False
    known = math.isfinite(sum(point.gradient_scales))  # which looks at the gradient
    return known and point.largest < _LARGEST[dtype]


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
        return self._compare_means(points, mean, slopes)

    def _compare_means(
        self, points: list[Point], mean: float, slopes: Any
    ) -> str | None:
        n, t = len(points), points[0].tolerance
        want = sum(p.value / n for p in points)
        if differs(mean, want, t * sum((p.scale + abs(p.value)) / n for p in points)):
            return f"the mean is {mean!r}, eager {want!r}"
        place = {p: k for k, p in enumerate(self.parameters)}
        for p, slope in zip(self.c.parameters, slopes.tolist()):
            k = self.program.inputs + place[p]
            want = sum(point.gradient[k] / n for point in points)
            bound = t * sum(point.gradient_scales[k] / n for point in points)
            if differs(slope, want, bound):
                return f"d(mean)/d(parameter {place[p]}) is {slope!r}, eager {want!r}"
        return None

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


def source(program: Program) -> str | None:
    """Compare with the printed Python source, value and gradient."""
    point = Point(program)
    if not in_bounds(point, "float64"):
        return None
    parameters = [Value(x) for x in program.parameters]
    compiled = compile(program.function(parameters), *program.samples[0])
    if not program.inputs:
        compiled()  # is traced by its first call
    if not compiled.parameters:
        return None
    namespace: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        exec(compiled.source(), namespace)
    try:
        value, slopes = namespace["value_and_grad"](*program.samples[0])
    except ERRORS as error:
        return f"the source raises {error!r}, eager gives {point.value!r}"
    if point.value_differs(value):
        return f"the source gives {value!r}, eager {point.value!r}"
    place = {p: program.inputs + k for k, p in enumerate(parameters)}
    for p, slope in zip(compiled.parameters, slopes):
        if not math.isfinite(slope) or point.slope_differs(place[p], slope):
            return f"the source gives {slope!r} for {point.gradient[place[p]]!r}"
    return None
