"""The plan: what the compiler finds in a program, and that it stays found."""

from __future__ import annotations

import random
import re
from functools import partial
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value, compile, dot, exp, sin, tanh
from autograd.compiler.instructions import BatchSum, Contraction, Elementwise
from autograd.compiler.run import Bound


def plan(c: Any, gradient: bool = True) -> Any:
    return c._runner.program.plan(gradient)


def calls(c: Any, batch: int = 10, gradient: bool = True) -> list[Any]:
    """List the NumPy calls of one run."""
    return Bound(plan(c, gradient), batch, np.dtype(float)).calls


def gathers(c: Any) -> list[Any]:
    """List the calls that copy operands because they do not lie in a regular way."""
    return [
        call
        for call in calls(c)
        if isinstance(call, partial)
        and (
            call.func in (np.take, np.add.at)
            or getattr(call.func, "__name__", "") == "_copy_rows"
        )
    ]


def mlp_loss(nin: int, layers: list[int], activation: str = "tanh") -> Any:
    random.seed(1)
    model = nn.MLP(nin, layers, activation=activation)
    last = layers[-1]

    def loss(x, y):
        outputs = model(x) if last > 1 else [model(x)]
        return sum((1.0 * out - target) ** 2 for out, target in zip(outputs, y))

    return compile(loss, [0.0] * nin, [0.0] * last)


def lines(c: Any, word: str) -> list[str]:
    return [
        line.strip() for line in str(c).splitlines() if line.strip().startswith(word)
    ]


def products(c: Any) -> list[tuple[int, int]]:
    """Give the shapes of the matrices that rows of the batch are multiplied with."""
    found = re.findall(r"\((\d+)x(\d+)\)@\(\d+xB\)", str(c).split("gradient,")[0])
    shapes = [(int(rows), int(columns)) for rows, columns in found]
    return [shape for shape in shapes if shape[1] > 1]


# ---- the plan of a network -----------------------------------------------------------


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("nin", [3, 64])
def test_the_plan_of_an_mlp_is_exact(activation, nin):
    c = mlp_loss(nin, [5, 6, 2], activation)
    # Forward one for each layer, the bias a column; backward one less.
    assert products(c) == [(5, nin + 1), (6, 6), (2, 7), (6, 2), (5, 6)]
    outer = [re.findall(r"\((\d+)x(\d+)\)", line)[0] for line in lines(c, "outer")]
    assert {tuple(sorted(map(int, shape))) for shape in outer} == {
        (5, nin + 1) if nin > 5 else (nin + 1, 5),
        (6, 6),
        (2, 7),
    }
    assert len(outer) == 3
    assert gathers(c) == []
    assert len(lines(c, activation)) == 2


@pytest.mark.parametrize("width", [4, 16])
def test_the_moons_step_has_no_gather_and_few_calls(width):
    random.seed(1)
    model = nn.MLP(2, [width, width, 1], activation="relu")

    def loss(x, y):
        penalty = 1e-4 * sum(p * p for p in model.parameters())
        return (1.0 - y * model(x)).relu() + penalty

    c = compile(loss, [0.0, 0.0], 1.0)
    assert gathers(c) == []
    assert len(calls(c)) <= 40
    assert len(str(c).splitlines()) <= 30


def test_cross_entropy_gathers_little():
    random.seed(1)
    model = nn.MLP(8, [6, 4], activation="tanh")
    c = compile(lambda x, y: nn.cross_entropy([model(x)], [y]), [0.0] * 8, [0.0] * 4)
    assert len(gathers(c)) <= 1
    assert products(c) == [(6, 9), (4, 7), (6, 4)]
    assert len(lines(c, "outer")) == 2
    assert len(lines(c, "exp")) == 1  # softmax and logsumexp share theirs


def test_wider_layers_make_no_more_calls():
    counts = {
        (nin, width): len(calls(mlp_loss(nin, [width, width, 3])))
        for nin, width in [(5, 8), (9, 13), (20, 31)]
    }
    assert len(set(counts.values())) == 1, counts


@pytest.mark.parametrize("n", [1_000, 10_000])
@pytest.mark.parametrize(
    "f",
    [
        lambda x, w, v: sum(wi * wi for wi in w) * x[0],
        lambda x, w, v: dot(w, w) * x[0] + dot(w, v) * x[1],
        lambda x, w, v: sum(tanh(wi * x[0] + vi) for wi, vi in zip(w, v)),
        lambda x, w, v: sum(sin(wi * x[0]) * tanh(vi * x[1]) for wi, vi in zip(w, v)),
        lambda x, w, v: sum(exp(wi / 9.0) for wi in w) + x[0] * w[0],
    ],
    ids=["squares", "dots", "neurons", "products", "shared"],
)
def test_a_sum_of_many_terms_is_few_calls(f, n):
    w = [Value(k / n) for k in range(n)]
    v = [Value(1.0 - k / n) for k in range(n)]
    c = compile(lambda x: f(x, w, v), [0.0, 0.0])
    assert len(calls(c)) <= 40
    assert len(calls(c, gradient=False)) <= 20
    value, gradient = c.value_and_grad([[0.5, -0.25]])
    y = f([0.5, -0.25], w, v)
    y.backward()
    assert value == pytest.approx(y.data, rel=1e-11)
    assert gradient == pytest.approx([p.grad for p in c.parameters], rel=1e-11)


def test_parallel_identical_expressions_are_few_calls():
    def count(n: int) -> int:
        ws = [Value(0.1 + k / n) for k in range(n)]

        def f(x):
            return [tanh(w * x[0]) / (1.0 + exp(x[1] - w)) for w in ws]

        return len(calls(compile(f, [0.0, 0.0]), gradient=False))

    assert count(1_000) == count(10) <= 12


def test_instructions_are_at_most_levels_times_shapes():
    rng = random.Random(3)
    functions = [sin, tanh, lambda x: x * x, lambda x: 0.5 * x + 1.0, exp]
    ws = [Value(rng.random()) for _ in range(5)]

    def f(x):
        layer = [*x, *ws]
        for _ in range(12):  # levels
            layer = [
                tanh(rng_f(a) + b)
                for rng_f, a, b in (
                    (draw.choice(functions), draw.choice(layer), draw.choice(layer))
                    for _ in range(40)
                )
            ]
        return sum(layer)

    draw = random.Random(4)

    def again(x):
        draw.seed(4)
        return f(x)

    c = compile(again, [0.1, 0.2, 0.3])
    p = plan(c)
    rows = p._rows.rows
    levels = {(row.batched, row.level) for row in rows}
    shapes = {(row.batched, row.shape()) for row in rows}
    instructions = len(p.shared) + len(p.batched)
    assert instructions <= len(levels) * len(shapes)
    assert instructions < len(rows) / 2
    assert max(row.level for row in rows) < 150


def test_equal_expressions_are_computed_once():
    w = Value(0.5)
    c = compile(lambda x: tanh(w * x) + tanh(x * w) * tanh(w * x), 0.0)
    assert c.tape.count("tanh(") == 1


def test_constants_are_folded_and_idle_operations_gone():
    w = Value(0.5)

    def f(x):
        two = Value(1.0) + 1.0
        y = (1.0 * x + 0.0) ** 1 / 1.0 - 0.0
        return two * exp(Value(0.0)) * w * y

    c = compile(f, 0.0)
    assert len(c.tape.splitlines()) == 2
    assert "exp" not in c.tape


def test_what_nothing_uses_is_not_computed():
    w = Value(0.5)

    def f(x):
        exp(x * w)
        return sin(x) * w

    assert "exp" not in compile(f, 0.0).tape


def test_a_gradient_needs_no_rows_for_inputs():
    # Only the parameters are asked for: the first layer has no backward product.
    assert products(mlp_loss(30, [4, 1])) == [(4, 31), (1, 5)]


# ---- showing itself ------------------------------------------------------------------


def test_the_text_is_short_and_says_what_it_stands_for():
    c = mlp_loss(2, [16, 16, 1])
    text = str(c)
    assert len(text.splitlines()) <= 25
    assert max(map(len, text.splitlines())) <= 88
    assert re.search(r"matmul +\(16xB\) +\(16x17\)@\(17xB\): 256 \* and 256 \+", text)
    assert re.search(r"tanh +\(16xB\) +16 scalars", text)
    assert re.search(r"outer +\(16x17\) .*272 derivatives", text)


def test_the_text_of_every_kind_of_plan():
    w = Value(0.5)
    for f in (lambda x: x, lambda x: 2.0, lambda x: w, lambda x: [x, w, x * w], exp):
        c = compile(f, 1.0)
        assert isinstance(str(c), str)
        assert isinstance(repr(c), str)
        assert isinstance(c.tape, str)
        assert str(c) == str(c)


def test_the_repr_before_and_after():
    w = Value(0.5)

    def loss(x):
        return tanh(x * w) ** 2

    c = compile(loss)
    assert repr(c) == "<compiled loss, not traced yet>" == str(c)
    c([1.0])
    assert re.fullmatch(
        r"<compiled loss: 1 inputs?, 1 parameters?, \d+ scalar operations>", repr(c)
    )
    assert str(c) != repr(c)
    assert repr(compile(partial(loss))).startswith("<compiled partial")


@pytest.mark.parametrize(
    "ask",
    [
        lambda c: c.parameters,
        lambda c: c.tape,
        lambda c: c.get_theta(),
        lambda c: c.assign([1.0]),
        lambda c: c.source(),
    ],
)
def test_before_the_first_call_it_says_what_to_do(ask):
    c = compile(lambda x: x)
    with pytest.raises(RuntimeError, match=r"call it once.*compile\(f, \[0.0, 0.0\]\)"):
        ask(c)


def test_the_tape_names_inputs_and_labels():
    w = Value(0.5, label="slope")

    def f(x):
        y = x[0] * w
        return tanh(y) + x[1]

    tape = compile(f, [0.0, 0.0]).tape.splitlines()
    assert len(tape) == 3
    assert "slope" in tape[0]
    assert "x0[0]" in tape[0]
    assert "tanh" in tape[1]
    assert "x0[1]" in tape[2]


def test_kinds_of_instructions_are_those_that_the_text_names():
    p = plan(mlp_loss(3, [4, 1]))
    assert all(isinstance(part, (Contraction, BatchSum)) for part in p.gradients)
    assert any(isinstance(i, Elementwise) for i in p.batched)
