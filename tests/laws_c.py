"""What the tests of the plan as C share: programs of all kinds, as text and as runs."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Value, compile, dot, exp, maximum, sin, tanh
from autograd import max as largest
from autograd import min as smallest
from autograd import sum as total
from autograd.compiler.c.file import gradient_file, outputs_file
from autograd.compiler.c.training_file import training_file
from autograd.compiler.program import Program


def values(seed: int, *shape: int) -> Any:
    """Make Values in nested lists of a shape."""
    if not shape:
        return Value(float(np.random.default_rng(seed).uniform(-1.0, 1.0)))
    return [values(10 * seed + i, *shape[1:]) for i in range(shape[0])]


def recurrence(steps: int, size: int = 4) -> Callable[[Any], Any]:
    """Make a recurrence of so many steps, all with the same weights."""
    weights = values(1, size, size)

    def f(xs: Any) -> Any:
        h: list[Any] = [0.0] * size
        for t in range(steps):
            h = [tanh(dot(row, h) + xs[t % len(xs)]) for row in weights]
        return dot(h, h)

    return f


def irregular(nodes: int, seed: int = 1) -> Callable[[Any], Any]:
    """Make a program of little structure: each node takes any two before it."""
    ws = values(2, 10)

    def f(xs: Any) -> Any:
        draw, found = random.Random(seed), [*xs, *ws]
        for _ in range(nodes):
            a, b = draw.choice(found), draw.choice(found)
            kinds = [sin(a + b), a - b * 0.5, tanh(a), maximum(a, b), sin(a * b)]
            found.append(draw.choice(kinds))
        return total([sin(y) for y in found[-max(nodes // 10, 10) :]])

    return f


def convolution(xs: Any) -> Any:
    """Go over a signal in strides of two, with padding."""
    padded = [0.0, *xs, 0.0]
    sums = [dot(padded[i : i + 3], KERNEL) for i in range(0, len(xs), 2)]
    return total([tanh(y) for y in sums])


KERNEL, W, M = values(3, 3), values(4, 5), values(5, 4, 3)
U = values(6, 3, 4)

# The function, and a sample of its one argument; None where it takes none.
PROGRAMS: dict[str, tuple[Callable[..., Any], Any]] = {
    "constant": (lambda x: 2.5, 0.0),
    "input": (lambda x: x[1], [0.0] * 2),
    "parameter": (lambda x: W[0], 0.0),
    "no argument": (lambda: W[0] * W[1] + exp(W[2]), None),
    "no numbers": (lambda x: W[0] * 2.0, []),
    "no parameters": (lambda x: sin(x[0]) * x[1], [0.5] * 2),
    "no batch": (lambda x: W[0] * W[1] * 3.0, [0.0] * 3),
    "penalty": (lambda x: 0.01 * dot(W, W) + dot(W[:2], x) ** 2, [0.5] * 2),
    "layers": (
        lambda x: total(
            [
                (dot(row, [tanh(dot(m, x) + b) for m, b in zip(M, W)]) - x[0]) ** 2
                for row in U
            ]
        ),
        [0.5] * 3,
    ),
    "wide": (lambda x: tanh(dot(values(7, 40), x)) * W[0] * x[39], [0.1] * 40),
    "extremes": (
        lambda x: largest([x[0] * W[0], x[1], W[1], 0.5]) * smallest(W) + x[0],
        [0.5] * 2,
    ),
    "convolution": (convolution, [0.1] * 9),
    "recurrence": (recurrence(5), [0.1] * 3),
    "irregular": (irregular(200), [0.1] * 4),
}
SEVERAL: dict[str, tuple[Callable[..., Any], Any]] = {
    "no outputs": (lambda x: [], 0.0),
    "several outputs": (lambda x: [x[0] * W[0], [1.0, W[1]], tanh(x[1])], [0.5] * 2),
}


def momentum(x: Any, g: Any, lr: Any, t: Any, v: Any) -> list[Any]:
    """Move by a velocity that is corrected for its start, so that t takes part."""
    v = 0.9 * v + g
    return [x - lr * v / (1.0 - 0.9**t), v]


def descent(x: Any, g: Any, lr: Any, t: Any) -> list[Any]:
    """Move against the gradient."""
    return [x - lr * g]


def program_of(name: str) -> Program:
    """Trace one of the programs."""
    f, like = (PROGRAMS | SEVERAL)[name]
    args = [] if like is None else [like]
    return Program(f, args, [True] * len(args))


def texts_of(name: str, real: str) -> dict[str, str]:
    """Give the C text of a program: outputs, gradient, steps of training."""
    program = program_of(name)
    found = {"outputs": outputs_file(program.plan(False), real).text}
    if name in SEVERAL:
        return found
    loss = program.plan(True)
    found["gradient"] = gradient_file(loss, real).text
    for rule, states, clipped in [(momentum, 1, True), (descent, 0, False)]:
        flags = [True, True, False, False, *[True] * states]
        update = Program(rule, [1.0] * len(flags), flags).plan(False)
        found[rule.__name__] = training_file(loss, update, real, clipped).text
    return found


def batch_for(like: Any, count: int, seed: int = 0) -> list[Any]:
    """Draw the argument for a batch; none where the function takes none."""
    if like is None:
        return []
    shape = (count, *np.shape(like))
    return [np.random.default_rng(seed).uniform(0.1, 1.0, shape)]


def exercise(name: str, dtype: str, counts: list[int]) -> None:
    """Run a program in all ways by both backends; assert that they agree."""
    tolerance = {"float64": 1e-11, "float32": 1e-3}[dtype]
    f, like = (PROGRAMS | SEVERAL)[name]
    in_c, in_numpy = (
        compile(f, *([] if like is None else [like]), dtype=dtype, backend=backend)
        for backend in ("c", "numpy")
    )
    for count in counts:
        args = batch_for(like, count)
        for ours, theirs in zip(_flat(in_c(*args)), _flat(in_numpy(*args))):
            np.testing.assert_allclose(ours, theirs, tolerance, tolerance)
        if name in SEVERAL:
            continue
        (value, ours), (want, theirs) = (
            c.value_and_grad(*args) for c in (in_c, in_numpy)
        )
        np.testing.assert_allclose(value, want, tolerance, tolerance)
        np.testing.assert_allclose(ours, theirs, tolerance, tolerance)
        if in_c.parameters:
            _train(in_c, in_numpy, args, count, tolerance)


def _train(in_c: Any, in_numpy: Any, args: list[Any], n: int, tolerance: float) -> None:
    some = max(n // 2, 1)
    order = np.random.default_rng(1).integers(0, n if args else 1, 2 * some + 1)
    runs = []
    for c in (in_c, in_numpy):
        extra = [Value(0.5)]
        given = {"update": momentum, "states": 1, "clip": 0.1}
        training = c.training(*args, parameters=[*extra, *c.parameters], **given)
        if args:
            training.run(order, [some, some, 1], [0.1, 0.2, 0.3])
        training.run(None, [n if args else 1] * 2, [0.1, 0.1])
        runs.append(training.position)
    for ours, theirs in zip(runs[0][:2], runs[1][:2]):
        np.testing.assert_allclose(ours, theirs, tolerance, tolerance)


def _flat(outputs: Any) -> list[Any]:
    if isinstance(outputs, (list, tuple)):
        return [x for part in outputs for x in _flat(part)]
    return [outputs]
