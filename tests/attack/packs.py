"""Many programs as several outputs of one function, compiled over arrays.

C is built once for all of them, and what one program does to another is attacked, too.
A pack is a program like any other: its last step is the sum of the programs in it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Value, compile
from autograd import sum as total
from tests.attack.compiled import compare_means, in_bounds
from tests.attack.drawing import prune
from tests.attack.point import Point, differs
from tests.attack.program import Operand, Program, number

_SAMPLES = 3
_REPEAT = 100  # then a batch is of several tiles for each thread


def beside(programs: Sequence[Program]) -> Program:
    """Give the sum of programs that share nothing, in three samples."""
    inputs = sum(p.inputs for p in programs)
    parameters = sum(len(p.parameters) for p in programs)
    steps: list[Any] = []
    outputs: list[Operand] = []
    x, w = 0, inputs
    for p in programs:
        v = inputs + parameters + len(steps)
        places = [*range(x, x + p.inputs), *range(w, w + len(p.parameters))]
        places += range(v, v + len(p.steps))
        for name, args in p.steps:
            operands = [places[a] if type(a) is int else a for a in args]
            steps.append((name, tuple(operands)))
        outputs.append(places[-1])
        x, w = x + p.inputs, w + len(p.parameters)
    samples = [
        tuple(x for p in programs for x in p.samples[i % len(p.samples)])
        for i in range(_SAMPLES)
    ]
    ws = tuple(w for p in programs for w in p.parameters)
    return Program(tuple(samples), ws, (*steps, ("sum", tuple(outputs))))


def pieces(program: Program) -> list[int]:
    """Give the places of the results that a program adds up in its last step."""
    name, args = program.steps[-1]
    if name == "sum" and float not in map(type, args):
        return list(map(int, args))
    return [program.leaves + len(program.steps) - 1]


class Arrays:
    """A program as a function of two arrays: what the samples differ in, and the rest.

    ``f(x, s)`` gives the pieces as a list, ``loss(x, s)`` their sum.
    """

    def __init__(self, program: Program, parameters: Sequence[Value]) -> None:
        self.program, self.parameters = program, parameters
        columns = list(zip(*program.samples))
        self.batched = [i for i, c in enumerate(columns) if len(set(c)) > 1 or i % 3]
        self.shared = [i for i in range(len(columns)) if i not in self.batched]
        self.X = [[sample[i] for i in self.batched] for sample in program.samples]
        self.S = [program.samples[0][i] for i in self.shared]

    def f(self, x: Sequence[Any], s: Sequence[Any]) -> list[Any]:
        leaves: list[Any] = [0.0] * self.program.inputs + list(self.parameters)
        for i, given in zip([*self.batched, *self.shared], [*x, *s]):
            leaves[i] = given
        results = self.program.results(leaves)
        return [results[a] for a in pieces(self.program)]

    def loss(self, x: Sequence[Any], s: Sequence[Any]) -> Any:
        return total(self.f(x, s))

    def compile(self, f: Any, dtype: str, backend: str) -> Any:
        """Compile for the first sample; two threads share a batch."""
        options: Any = {"dtype": dtype, "backend": backend, "threads": 2}
        return compile(f, self.X[0], self.S, batched=[True, False], **options)

    def text(self, backend: str, dtype: str) -> str:
        """Write the comparison as Python that can be pasted."""
        program, names = self.program, self.program.names()
        outputs = ", ".join(names[a] for a in pieces(program))
        rows = [f"[{', '.join(map(number, row))}]" for row in self.X]
        lines = [*program.head(), "def f(x, s):"]
        for name, some in ("x", self.batched), ("s", self.shared):
            taken = [f"{names[i]}, " for i in some]
            lines += [f"    {''.join(taken)}= {name}"] if some else []
        lines += program.body()
        lines += [f"    return [{outputs}]", "", ""]
        lines += [f"X = [{', '.join(rows)}]", f"S = [{', '.join(map(number, self.S))}]"]
        lines.append(
            'how = {"batched": [True, False], "threads": 2, '
            f'"backend": "{backend}", "dtype": "{dtype}"}}'
        )
        lines.append("print(compile(f, X[0], S, **how)(X, S))")
        lines.append("c = compile(lambda x, s: sum(f(x, s)), X[0], S, **how)")
        lines += ["print(c.value_and_grad(X, S))", "for x in X:"]
        lines.append("    ys = f([Value(number) for number in x], S)")
        lines.append("    print(ys)")
        lines.append("    print(gradient(sum(ys), c.parameters))")
        return "\n".join(lines) + "\n"


def judge(program: Program, backend: str, dtype: str) -> str | None:
    """Compare the pieces, and the mean of their sum with its gradient."""
    if dtype == "float32":
        program = program.rounded()
    samples = range(len(program.samples))
    points = [Point(program, i, dtype) for i in samples]
    if not all(in_bounds(point, dtype) for point in points):
        return None
    parameters = [Value(x) for x in program.parameters]
    arrays = Arrays(program, parameters)
    try:
        return _disagreement(arrays, points, dtype, backend)
    except FloatingPointError as error:
        return f"raises {error!r}, eager does not"


def _disagreement(
    arrays: Arrays, points: list[Point], dtype: str, backend: str
) -> str | None:
    outputs = arrays.compile(arrays.f, dtype, backend)
    loss = arrays.compile(arrays.loss, dtype, backend)
    for repeat in (1, _REPEAT):
        X = np.tile(np.reshape(arrays.X, (len(points), -1)), (repeat, 1))
        values = np.reshape(
            outputs(X, arrays.S), (len(X) if len(arrays.X[0]) else 1, -1)
        )
        for i, row in enumerate(values):
            point = points[i % len(points)]
            for a, value in zip(pieces(arrays.program), row.tolist()):
                z = point.results[a]
                if differs(value, z.data, point.tolerance * point.scale_of(z)):
                    name = arrays.program.names()[a]
                    return f"sample {i}: {name} is {value!r}, eager {z.data!r}"
        mean, slopes = loss.value_and_grad(X, arrays.S)
        found = compare_means(points, arrays.parameters, loss, mean, slopes)
        if found:
            return f"{len(X)} samples: {found}"
    return None


def numpy(program: Program) -> str | None:
    """Compare with what NumPy computes of arrays."""
    return judge(program, "numpy", "float64")


def c(program: Program) -> str | None:
    """Compare with what C computes of arrays."""
    return judge(program, "c", "float64")


def c_float32(program: Program) -> str | None:
    """Compare with what C computes of arrays in single precision."""
    return judge(program, "c", "float32")


def packed(programs: Sequence[Program], dtype: str) -> Program | None:
    """Give a pack of those that eager admits and that stay in bounds, if any do.

    One infinite number would hide the others' gradients. Every second one has
    parameters for inputs: then C computes it once for all samples, by other code.
    """
    chosen = []
    for k, program in enumerate(programs):
        if k % 2:
            program = by_parameters(program)
        if not all(map(math.isfinite, program.numbers)):
            continue
        if dtype == "float32":
            if not all(abs(x) < 1e30 for x in program.numbers):
                continue
            program = program.rounded()
        seen = range(min(_SAMPLES, len(program.samples)))
        if all(in_bounds(Point(program, i, dtype), dtype) for i in seen):
            chosen.append(program)
    return beside(chosen) if chosen else None


def by_parameters(program: Program) -> Program:
    """Give the program with parameters for inputs."""
    numbers = tuple(program.leaf_numbers())
    return prune(dataclasses.replace(program, samples=((),), parameters=numbers))
