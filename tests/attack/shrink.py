"""Making a program minimal: as small as it can be and still disagree."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.attack.drawing import prune
from tests.attack.operations import OPERATIONS
from tests.attack.program import Operand, Program, Step

_PLAIN = (1.0, 0.5, 2.0, 0.0, -1.0, 0.3, -0.7)


def shrink(
    program: Program, fails: Callable[[Program], Any], seconds: float = 20.0
) -> Program:
    """Give a smaller program that still fails: the first of each kind, until none is.

    Tries are made for so many seconds, and end earlier where nothing smaller fails.
    """
    end = time.monotonic() + seconds
    while True:
        for smaller in _smaller(program):
            if time.monotonic() > end:
                return program
            if _size(smaller) < _size(program) and fails(smaller):
                program = smaller
                break
        else:
            return program


def _plainness(x: float) -> float:
    return _PLAIN.index(x) if x in _PLAIN else 8.0 + len(repr(x))


def _size(program: Program) -> tuple[float, ...]:
    operands = [a for _, args in program.steps for a in args]
    return (
        len(program.steps),
        len(operands),
        len(program.samples),
        program.leaves,
        sum(type(a) is int for a in operands),
        sum(map(_plainness, program.numbers)),
    )


def _smaller(program: Program) -> Iterator[Program]:
    """List programs that are smaller in one way, those with least left first."""
    last = program.leaves + len(program.steps)
    yield from _fewer_terms(program)
    for k in range(len(program.steps) - 1):  # end earlier
        yield prune(dataclasses.replace(program, steps=program.steps[: k + 1]))
    for k in reversed(range(len(program.steps))):
        step = program.leaves + k
        for a in dict.fromkeys(program.steps[k][1]):
            if step < last - 1 or type(a) is int:
                yield _without(program, k, a)
        yield _as_parameter(program, k)
    for keep in range(len(program.samples)):
        if len(program.samples) > 1:
            rest = program.samples[:keep] + program.samples[keep + 1 :]
            yield dataclasses.replace(program, samples=rest)
    for i in range(program.inputs):
        yield _input_dropped(program, i)
    yield from _other_operands(program)
    yield from _other_numbers(program)


def _fewer_terms(program: Program) -> Iterator[Program]:
    """Drop half of the terms of the last sum, a quarter of them, ..., each alone."""
    name, args = program.steps[-1]
    size = len(args) // 2 if name == "sum" else 0
    while size:
        for start in range(0, len(args), size):
            rest = args[:start] + args[start + size :]
            if any(type(a) is int for a in rest):
                yield _inputs_used(
                    _with_nodes(program, (*program.steps[:-1], (name, rest)))
                )
        size //= 2


def _inputs_used(program: Program) -> Program:
    """Drop at once all that the last step needs not, inputs too."""
    program = prune(program)
    used = {a for _, args in program.steps for a in args if type(a) is int}
    for i in reversed(range(program.inputs)):
        if i not in used:
            program = _input_dropped(program, i)
    return program


def _without(program: Program, k: int, instead: Operand) -> Program:
    """Drop step k; whoever used it uses what stood below."""
    step = program.leaves + k
    if k == len(program.steps) - 1:
        steps: tuple[Step, ...] = (*program.steps[:k], ("identity", (instead,)))
        if type(instead) is int and instead >= program.leaves:
            steps = program.steps[: instead - program.leaves + 1]
        return prune(dataclasses.replace(program, steps=steps))

    def moved(a: Operand) -> Operand:
        if type(a) is not int or a < step:
            return a
        return instead if a == step else a - 1

    steps = tuple(
        (name, tuple(map(moved, args)))
        for i, (name, args) in enumerate(program.steps)
        if i != k
    )
    return prune(_with_nodes(program, steps))


def _with_nodes(program: Program, steps: tuple[Step, ...]) -> Program:
    """Give the program with these steps; a step of numbers alone becomes a copy."""
    kept = []
    for name, args in steps:
        if any(type(a) is int for a in args):
            kept.append((name, args))
        else:  # of any result: such a program is one try among many
            kept.append(("identity", (program.leaves - 1,)))
    return dataclasses.replace(program, steps=tuple(kept))


def _as_parameter(program: Program, k: int) -> Program:
    """Put a new parameter, with the same number, in the place of step k."""
    number = 1.0
    try:
        cut = dataclasses.replace(program, steps=program.steps[: k + 1])
        number = float(cut.run(cut.leaf_numbers()))
    except (ArithmeticError, ValueError):
        pass
    place = program.leaves  # of the new parameter; all after it move on by one

    def moved(a: Operand) -> Operand:
        if type(a) is not int or a < place:
            return a
        return place if a == place + k else a + 1 if a < place + k else a

    steps = [
        (name, tuple(map(moved, args)))
        for i, (name, args) in enumerate(program.steps)
        if i != k
    ]
    return prune(
        dataclasses.replace(
            program,
            parameters=(*program.parameters, number),
            steps=tuple(steps) or (("identity", (place,)),),
        )
    )


def _input_dropped(program: Program, i: int) -> Program:
    """Make input i the last parameter."""
    last = program.leaves - 1

    def moved(a: Operand) -> Operand:
        if type(a) is not int or a < i or a > last:
            return a
        return last if a == i else a - 1

    return prune(
        dataclasses.replace(
            program,
            samples=tuple(s[:i] + s[i + 1 :] for s in program.samples),
            parameters=(*program.parameters, program.samples[0][i]),
            steps=tuple((n, tuple(map(moved, a))) for n, a in program.steps),
        )
    )


def _other_operands(program: Program) -> Iterator[Program]:
    for k, (name, args) in enumerate(program.steps):
        choices = [args[:n] for n in OPERATIONS[name].arities if n < len(args)]
        tail = len(OPERATIONS[name].tail) > 0
        for j in range(len(args) - tail):
            for x in _PLAIN[:3]:
                if type(args[j]) is int:
                    choices.append((*args[:j], x, *args[j + 1 :]))
        for other in choices:
            if any(type(a) is int for a in other):
                step = (name, other)
                steps = (*program.steps[:k], step, *program.steps[k + 1 :])
                yield prune(dataclasses.replace(program, steps=steps))


def _other_numbers(program: Program) -> Iterator[Program]:
    for i, x in enumerate(program.parameters):
        for y in _plainer(x):
            ws = (*program.parameters[:i], y, *program.parameters[i + 1 :])
            yield dataclasses.replace(program, parameters=ws)
    for s, sample in enumerate(program.samples):
        for i, x in enumerate(sample):
            for y in _plainer(x):
                new = (*sample[:i], y, *sample[i + 1 :])
                samples = (*program.samples[:s], new, *program.samples[s + 1 :])
                yield dataclasses.replace(program, samples=samples)
    for k, (name, args) in enumerate(program.steps):
        for j, a in enumerate(args):
            if type(a) is float and not OPERATIONS[name].tail:
                for y in _plainer(a):
                    step = (name, (*args[:j], y, *args[j + 1 :]))
                    steps = (*program.steps[:k], step, *program.steps[k + 1 :])
                    yield dataclasses.replace(program, steps=steps)


def _plainer(x: float) -> list[float]:
    """List numbers that are easier to read than x, the plainest first."""
    found = [*_PLAIN]
    if math.isfinite(x):
        found += [float(f"{x:.0e}"), float(f"{x:.1e}"), float(f"{x:.2e}")]
    return [y for y in found if _plainness(y) < _plainness(x)]
