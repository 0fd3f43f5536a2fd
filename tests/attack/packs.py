"""Many programs as several outputs of one function, so that C is built once for all."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Value, compile
from autograd import sum as total
from tests.attack.compiled import in_bounds
from tests.attack.drawing import prune
from tests.attack.point import Point
from tests.attack.program import Program


class Pack:
    """Programs side by side; each has its own inputs and its own parameters.

    Only those are taken that eager admits and that stay in bounds, for one infinite
    number would hide the others' gradients.
    """

    def __init__(self, programs: Sequence[Program], dtype: str) -> None:
        self.dtype = dtype
        self.programs: list[Program] = []
        self.points: list[Point] = []
        for program in programs:
            if not all(map(math.isfinite, program.numbers)):
                continue
            if dtype == "float32":
                if not all(abs(x) < 1e30 for x in program.numbers):
                    continue
                program = program.rounded()
            if in_bounds(point := Point(program, 0, dtype), dtype):
                self.programs.append(program)
                self.points.append(point)
        self.parameters = [[Value(x) for x in p.parameters] for p in self.programs]

    def outputs(self, xs: Sequence[Any]) -> list[Any]:
        """Compute all programs, one after the other."""
        inputs = iter(xs)
        return [
            program.run([*(next(inputs) for _ in range(program.inputs)), *parameters])
            for program, parameters in zip(self.programs, self.parameters)
        ]

    def loss(self, xs: Sequence[Any]) -> Any:
        """Add all programs up: each keeps its own gradient."""
        return total(self.outputs(xs))

    def disagreements(self, backend: str, batch: int = 3) -> list[tuple[Program, str]]:
        """List the programs whose values or gradients are not the eager ones."""
        if not self.programs:
            return []
        sample = [x for program in self.programs for x in program.samples[0]]
        X = np.array([sample] * batch)
        found: dict[Program, str] = {}
        options: Any = {"dtype": self.dtype, "backend": backend}
        values = np.reshape(compile(self.outputs, sample, **options)(X), (batch, -1))
        for program, point, column in zip(self.programs, self.points, values.T):
            for value in column:
                if point.value_differs(float(value)):
                    found[program] = f"{float(value)!r}, eager {point.value!r}"
        if any(self.parameters):
            c = compile(self.loss, sample, **options)
            _, slopes = c.value_and_grad(X)
            slope_of = dict(zip(c.parameters, slopes.tolist()))
            for program, point, own in zip(self.programs, self.points, self.parameters):
                for k, p in enumerate(own, program.inputs):
                    slope = slope_of.get(p, 0.0)
                    if point.slope_differs(k, slope):
                        found[program] = (
                            f"d/d(leaf {k}) is {slope!r}, eager {point.gradient[k]!r}"
                        )
        return list(found.items())


def by_parameters(program: Program) -> Program:
    """Give the program with parameters for inputs, so that C computes it once for all.

    Half of a pack is of this kind: it is other code.
    """
    return prune(
        dataclasses.replace(
            program,
            samples=((),),
            parameters=tuple(program.leaf_numbers()),
        )
    )
