"""Steps of training in one call: those of a plain loop, by either backend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from math import inf, isfinite, sqrt
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value, compile, dot, exp, gradient, log, relu, tanh
from autograd.compiler.training import UpdateError
from tests.laws_c import descent, momentum, values

pytestmark = pytest.mark.usefixtures("native")
BACKENDS = ["numpy", "c"]
RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 2))
Y = X[:, 0] * X[:, 1]
M, B = values(1, 3, 2), values(2, 4)
PARAMETERS = [*(w for row in M for w in row), *B]


def loss(x: Any, y: Any) -> Any:
    hidden = [tanh(dot(row, x) + b) for row, b in zip(M, B)]
    return (dot(hidden, [*M[0], B[3]]) - y) ** 2 + 1e-3 * dot(B, B)


def plain(
    f: Any,
    data: Sequence[Any],
    update: Callable[..., Any],
    parameters: list[Value],
    states: int,
    batches: list[list[int]],
    rates: list[float],
    clip: float = inf,
) -> tuple[list[float], list[float], list[list[float]]]:
    """Train by a loop over Values; leave the Values as they were."""
    kept = [p.data for p in parameters]
    state = [[0.0] * states for _ in parameters]
    losses = []
    for t, (batch, lr) in enumerate(zip(batches, rates, strict=True), 1):
        outputs = [f(*[column[i] for column in data]) for i in batch]
        mean = sum(outputs) / len(outputs)
        slopes = gradient(mean, parameters)
        losses.append(mean.data)
        ratio = min(1.0, clip / (sqrt(sum(g * g for g in slopes)) + 1e-6))
        for k, (p, g) in enumerate(zip(parameters, slopes, strict=True)):
            p.data, *state[k] = update(p.data, g * ratio, lr, t, *state[k])
    numbers = [p.data for p in parameters]
    for p, x in zip(parameters, kept, strict=True):
        p.data = x
    return losses, numbers, [list(column) for column in zip(*state)]


def batches_of(steps: int, size: int) -> list[list[int]]:
    """Draw batches in epochs over the samples; the last of each is a smaller one."""
    draw, found = np.random.default_rng(1), list[list[int]]()
    while len(found) < steps:
        order = draw.permutation(len(X)).tolist()
        found += [order[k : k + size] for k in range(0, len(order), size)]
    return found[:steps]


def assert_same(training: Any, losses: Any, want: Any, rel: float = 1e-9) -> None:
    assert losses == pytest.approx(want[0], rel=rel, abs=1e-12)
    numbers, state, steps = training.position
    assert steps == len(want[0])
    assert numbers == pytest.approx(want[1], rel=rel, abs=1e-10)
    for column, expected in zip(state, want[2], strict=True):
        assert column == pytest.approx(expected, rel=rel, abs=1e-10)


OPTIMISERS: dict[str, Any] = {
    "sgd": nn.SGD(PARAMETERS, lr=nn.step_decay(0.1, every=20, gamma=0.5)),
    "momentum": nn.SGD(PARAMETERS, nn.cosine_decay(0.05, steps=40), momentum=0.9),
    "nesterov": nn.SGD(
        PARAMETERS, lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.01
    ),
    "rmsprop": nn.RMSProp(PARAMETERS, lr=0.01),
    "adagrad": nn.Adagrad(PARAMETERS, lr=0.1),
    "adam": nn.Adam(
        PARAMETERS, lr=nn.linear_warmup(nn.cosine_decay(0.1, steps=30), steps=10)
    ),
    "adamw": nn.AdamW(PARAMETERS, lr=0.01, weight_decay=0.1),
}
CASES = {
    "whole": ([list(range(12))] * 50, None),
    "shuffled": (batches_of(50, 5), None),
    "clipped": (batches_of(50, 5), 0.05),
}


@cache
def reference(name: str, case: str) -> Any:
    optimiser, (batches, clip) = OPTIMISERS[name], CASES[case]
    rates = [optimiser.rate_at(k) for k in range(50)]
    states, data = len(optimiser.state), [X.tolist(), Y.tolist()]
    rest = PARAMETERS, states, batches, rates, clip or inf
    return plain(loss, data, optimiser.update, *rest)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", OPTIMISERS)
def test_fifty_steps_are_those_of_a_plain_loop(name, case, backend):
    optimiser, (batches, clip) = OPTIMISERS[name], CASES[case]
    rates = [optimiser.rate_at(k) for k in range(50)]
    c = compile(loss, X[0], Y[0], backend=backend)
    training = c.training(
        X,
        Y,
        update=optimiser.update,
        parameters=PARAMETERS,
        states=len(optimiser.state),
        clip=clip,
    )
    losses = list[float]()
    for part in (slice(0, 1), slice(1, 17), slice(17, 50)):
        sizes = [len(batch) for batch in batches[part]]
        order = None if case == "whole" else np.concatenate(batches[part])
        losses += training.run(order, sizes, rates[part]).tolist()
    assert_same(training, losses, reference(name, case))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("chosen", ["reversed", "some", "shuffled", "more"])
def test_trained_are_the_parameters_that_are_named(chosen, backend):
    others = [Value(0.25), Value(-4.0)]
    named = {
        "reversed": PARAMETERS[::-1],
        "some": [PARAMETERS[k] for k in (9, 3, 4, 5, 0)],
        "shuffled": [PARAMETERS[k] for k in RNG.permutation(len(PARAMETERS))],
        "more": [others[0], *PARAMETERS[5:8], others[1], *PARAMETERS[:3]],
    }[chosen]
    rule = OPTIMISERS["adamw"].update  # which moves what has no gradient, too
    batches = batches_of(12, 7)
    want = plain(loss, [X.tolist(), Y.tolist()], rule, named, 2, batches, [0.1] * 12)
    c = compile(loss, X[0], Y[0], backend=backend)
    training = c.training(X, Y, update=rule, parameters=named, states=2)
    losses = training.run(
        np.concatenate(batches), [len(b) for b in batches], [0.1] * 12
    )
    assert_same(training, losses, want)


@pytest.mark.parametrize("backend", BACKENDS)
def test_many_parameters_move_in_tiles(backend):
    ws = values(3, 300)
    x = np.random.default_rng(2).normal(size=(9, 300))

    def f(xs: Any) -> Any:
        return relu(dot(ws, xs)) + dot(ws, ws)

    want = plain(f, [x.tolist()], momentum, ws, 1, [[0, 8], [3], [1, 2]], [0.01] * 3)
    training = compile(f, x[0], backend=backend).training(
        x, update=momentum, parameters=ws, states=1
    )
    losses = training.run([0, 8, 3, 1, 2], [2, 1, 2], [0.01] * 3)
    assert_same(training, losses, want)


@pytest.mark.parametrize("options", [{}, {"clip": 0.1}])
def test_in_float32_the_backends_agree(options):
    batches = batches_of(30, 6)
    sizes, order = [len(b) for b in batches], np.concatenate(batches)
    found = []
    for backend in BACKENDS:
        c = compile(loss, X[0], Y[0], backend=backend, dtype="float32")
        training = c.training(
            X, Y, update=momentum, parameters=PARAMETERS, states=1, **options
        )
        found.append([training.run(order, sizes, np.full(30, 0.05)), training.position])
        numbers, state, _ = training.position
        assert {x.dtype for x in (numbers, *state)} == {np.dtype("float32")}
    (losses, position), (others, other) = found
    assert losses == pytest.approx(others, rel=1e-4)
    assert position[0] == pytest.approx(other[0], rel=1e-3, abs=1e-4)


# ---- what goes wrong -----------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_it_stops_before_a_step_that_is_not_finite(what, backend):
    w = Value(1.0)

    def f(x: Any) -> Any:
        return log(x + w * 0.0) + w * w if what == "loss" else (x * x * w) ** 0.5

    x = np.array([1.0, 2.0, 0.0, 3.0])
    c = compile(f, 1.0, backend=backend)
    given = {"update": momentum, "parameters": [w], "states": 1}
    training, twin = (c.training(x, **given) for _ in range(2))
    losses = training.run([0, 1, 3, 2, 1], [1, 2, 1, 1], [0.01] * 4)
    assert len(losses) == 2
    assert losses.tolist() == twin.run([0, 1, 3], [1, 2], [0.01] * 2).tolist()
    assert repr(training.position) == repr(twin.position)
    assert training.run([2], [1], [0.01]).tolist() == []
    assert repr(training.position) == repr(twin.position)
    with pytest.raises(FloatingPointError, match="not finite at sample 0"):
        training.step([2], 0.1)
    assert repr(training.position) == repr(twin.position)
    assert len(training.run([0], [1], [0.01])) == 1  # and it goes on
    assert w.data == 1.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_it_stops_before_an_update_that_overflows(backend):
    w, v = Value(1e300), Value(1.0)
    c = compile(lambda x: 1e-300 * w + v * x, 1.0, backend=backend)
    training = c.training([1.0], update=descent, parameters=[v, w])
    rates = [0.5, 1e9, 1e309]
    losses = training.run(None, [1, 1, 1], rates)
    assert len(losses) == 2
    numbers, _, steps = training.position
    assert numbers == pytest.approx([1.0 - 0.5 - 1e9, 1e300])
    assert steps == 2
    with pytest.raises(UpdateError, match="parameter 0 overflows") as caught:
        training.step([0], 1e309)
    assert caught.value.number == 0


@pytest.mark.parametrize("backend", BACKENDS)
def test_large_gradients_are_finite(backend):
    ws = [Value(1.0), Value(1.0)]
    c = compile(lambda x: (ws[0] * x - ws[1] * x) * 1e308, 1.0, backend=backend)
    training = c.training([1.0], update=descent, parameters=ws)
    assert training.run(None, [1], [1e-308]).tolist() == [0.0]
    assert training.position[0] == pytest.approx([0.0, 2.0])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("order", "sizes", "rates"),
    [
        ([12], [1], [0.1]),
        ([-1], [1], [0.1]),
        (None, [13], [0.1]),
        ([0, 1], [2, 2], [0.1, 0.1]),
        ([0, 1, 2], [2], [0.1]),
        (None, [5, 5], [0.1]),
        (None, [0], [0.1]),
        (None, [-1], [0.1]),
        (None, [1.5], [0.1]),
        ([0.0, 1.0], [2], [0.1]),
        ([[0], [1]], [2], [0.1]),
    ],
)
def test_steps_beyond_the_samples_are_refused(order, sizes, rates, backend):
    c = compile(loss, X[0], Y[0], backend=backend)
    training = c.training(X, Y, update=descent, parameters=PARAMETERS)
    before = training.position
    with pytest.raises(ValueError, match=r"sizes|rates|samples"):
        training.run(order, sizes, rates)
    assert training.position is before


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_steps_give_no_losses(backend):
    c = compile(loss, X[0], Y[0], backend=backend)
    training = c.training(X, Y, update=descent, parameters=PARAMETERS)
    assert training.run(None, [], []).tolist() == []
    assert training.run([], [], []).tolist() == []
    assert training.position[2] == 0


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"parameters": []}, ValueError),
        ({"parameters": [PARAMETERS[0]] * 2}, ValueError),
        ({"update": lambda x, g, lr, t: [x, g]}, TypeError),
        ({"update": lambda x, g, lr, t: [x - lr * g * B[0]]}, TypeError),
        ({"update": descent, "states": 1}, TypeError),
    ],
)
def test_what_is_no_rule_is_refused(options, error, backend):
    c = compile(loss, X[0], Y[0], backend=backend)
    with pytest.raises(error):
        c.training(X, Y, **{"update": descent, "parameters": PARAMETERS, **options})


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_rule_that_branches_runs_by_numpy(backend):
    def rule(x: Any, g: Any, lr: Any, t: Any) -> list[Any]:
        return [x - lr * g if t < 3 else x]

    c = compile(loss, X[0], Y[0], backend=backend)
    training = c.training(X, Y, update=rule, parameters=PARAMETERS)
    first, second, third, fourth = training.run(None, [12] * 4, [0.1] * 4)
    assert first != second != third == fourth
    assert isfinite(exp(fourth))
