"""Rules of an update as one loop over numbers, and products of any size, in C."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from autograd import compile, dot, exp, max, maximum, relu, tanh, where
from autograd.compiler.c.training_file import training_file
from autograd.compiler.program import Program
from tests.laws_c import values

pytestmark = pytest.mark.usefixtures("native")
RNG = np.random.default_rng(1)
WS = values(3, 5)


def loss(x: Any, y: Any) -> Any:
    return (dot(WS[:4], [tanh(a) for a in x]) + WS[4] - y) ** 2


def bounded(x: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
    """Use maxima, powers, choices, constants, and sums of several products."""
    mean, most = state
    mean = 0.75 * mean + 0.25 * g * x - 3.0 * x * 0.01
    most = max([most, g * g, 0.1])
    size = maximum(most, mean**2) ** 0.5 + exp(-t) + 1.0
    step = where(mean < 0.0, g / size, g**3 - mean / 7.0)
    return x - lr * step, mean, most


def negated(x: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
    """Give what is given: no operation, one of what all share, and a negative sum."""
    return -g - x, state[0], lr * t


def number_by_number(rule: Any) -> Any:
    """Make a rule of numbers one of arrays."""

    def update(*args: Any) -> list[Any]:
        if not isinstance(args[0], np.ndarray):
            return list(rule(*args))
        rows = zip(*[np.broadcast_to(a, args[0].shape).tolist() for a in args])
        return list(np.array([rule(*row) for row in rows], args[0].dtype).T)

    return update


@pytest.mark.parametrize("rule", [bounded, negated])
@pytest.mark.parametrize("clip", [None, 0.01])
@pytest.mark.parametrize(("dtype", "error"), [("float64", 1e-12), ("float32", 1e-4)])
def test_a_rule_moves_numbers_as_by_numpy(rule, clip, dtype, error):
    X = RNG.normal(size=(20, 4))
    data, found = (X, X.sum(axis=1)), []
    for backend in ("c", "numpy"):
        c = compile(loss, *[x[0].tolist() for x in data], dtype=dtype, backend=backend)
        update = rule if backend == "c" else number_by_number(rule)
        training = c.training(*data, update=update, parameters=WS, states=2, clip=clip)
        assert (training._native is not None) == (backend == "c")
        losses = training.run(None, [20] * 6, [0.01] * 6)
        found.append([losses, training.position[0], *training.position[1]])
    for ours, theirs in zip(*found, strict=True):
        assert ours == pytest.approx(theirs, rel=error, abs=error)


def test_the_text_has_one_loop_over_the_numbers():
    plan = Program(loss, [[0.0] * 4, 0.0], [True, True]).plan(True)
    update = Program(bounded, [1.0] * 6, [True, True, False, False, True, True])
    text = training_file(plan, update.plan(False), "double", clipped=False).text
    start = text.index("static int update_numbers(")
    body = text[start : text.index("\n}\n", start)]
    assert body.count("for (") == 1
    assert "update_r" not in text


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_products_of_any_size_and_batch(dtype):
    """Around what is made at a time: 8 rows, 16 samples or columns, 64 terms, 80."""
    for widths in ([3, 17, 8, 1], [16, 66, 20, 7], [33, 16, 9, 2]):
        layers = [
            [values(10 * i + j, inputs) for j in range(outputs)]
            for i, (inputs, outputs) in enumerate(pairwise(widths))
        ]

        def network(x: Any, layers: Any = layers) -> Any:
            for layer in layers:
                x = [relu(dot(row, x) / len(row) + 0.1) for row in layer]
            return dot(x, x)

        like = [0.0] * widths[0]
        ours, theirs = (
            compile(network, like, dtype=dtype, backend=b) for b in ("c", "numpy")
        )
        for batch in (1, 15, 16, 80, 81, 131):
            X = RNG.normal(size=(batch, widths[0]))
            value, slopes = ours.value_and_grad(X)
            want, expected = theirs.value_and_grad(X)
            error = 1e-11 if dtype == "float64" else 1e-4
            size = np.abs(expected).max() + 1.0
            assert value == pytest.approx(want, rel=error)
            assert np.abs(slopes - expected).max() <= error * size
            assert np.abs(ours(X) - theirs(X)).max() <= error * (1.0 + abs(want) * 100)
