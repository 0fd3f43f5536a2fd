"""Laws of the chain rule over whole graphs, drawn at random."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, gradient, topological_order
from tests.laws_random import OPERATIONS, Program, points, programs, run
from tests.laws_table import ROWS, apply

law = settings(derandomize=True, deadline=None, max_examples=100)


def values(point: list[float]) -> list[Value]:
    return [Value(x) for x in point]


@law
@given(programs, points)
def test_reverse_mode_equals_central_differences(program: Program, point: list[float]):
    # The differences are taken in 50 digits: their error is about 1e-30, so all that
    # is seen is the rounding of the program and its gradient in float64.
    mp = pytest.importorskip("mpmath", reason="the differences need mpmath")
    xs = values(point)
    got = gradient(run(program, autograd, xs), xs)
    with mp.workdps(50):
        h = mp.mpf(10) ** -15
        for i, slope in enumerate(got):
            up, down = (
                run(
                    program,
                    mp,
                    [mp.mpf(x) + s * h * (k == i) for k, x in enumerate(point)],
                )
                for s in (1, -1)
            )
            want = float((up - down) / (2 * h))
            assert slope == pytest.approx(want, rel=1e-11, abs=1e-11)


@law
@given(programs, points)
def test_backward_equals_gradient(program: Program, point: list[float]):
    xs = values(point)
    output = run(program, autograd, xs)
    order = topological_order(output)
    output.backward()
    assert [x.grad for x in xs] == gradient(output, xs)
    assert [z.grad for z in order] == gradient(output, order)


@law
@given(programs, points)
def test_a_gradient_is_the_same_as_numbers_and_as_a_graph(program, point):
    xs = values(point)
    output = run(program, autograd, xs)
    slopes = gradient(output, xs, create_graph=True)
    assert [slope.data for slope in slopes] == pytest.approx(
        gradient(output, xs), rel=1e-13, abs=1e-13
    )


@law
@given(programs, points)
def test_second_derivatives_do_not_depend_on_their_order(program, point):
    xs = values(point)
    slopes = gradient(run(program, autograd, xs), xs, create_graph=True)
    hessian = [gradient(slope, xs) for slope in slopes]
    for i, row in enumerate(hessian):
        column = [other[i] for other in hessian]
        assert row == pytest.approx(column, rel=1e-9, abs=1e-9)


@law
@given(programs, programs, points, st.floats(-3.0, 3.0), st.floats(-3.0, 3.0))
def test_the_gradient_is_linear(f, g, point, a, b):
    xs = values(point)
    y, z = run(f, autograd, xs), run(g, autograd, xs)
    combined = gradient(a * y + b * z, xs)
    parts = zip(gradient(y, xs), gradient(z, xs), strict=True)
    want = [a * dy + b * dz for dy, dz in parts]
    assert combined == pytest.approx(want, rel=1e-11, abs=1e-11)


@law
@given(programs, st.lists(points.filter(lambda p: len(p) == 2), min_size=1, max_size=4))
def test_the_gradient_of_a_sum_is_the_sum_of_gradients(program, samples):
    parameter = Value(0.7)
    losses = [run(program, autograd, [parameter, *values(p)]) for p in samples]
    want = sum(gradient(loss, parameter) for loss in losses)
    got = gradient(autograd.sum(losses), parameter)
    assert got == pytest.approx(want, rel=1e-11, abs=1e-11)


# ---- a gradient's graph is small and clean -----------------------------------------


def new_nodes(output: Value, xs: list[Value]) -> list[Value]:
    """List the nodes that the gradient adds to those of the function."""
    old = set(topological_order(output))
    slopes = gradient(output, xs, create_graph=True)
    found = dict.fromkeys(z for s in slopes for z in topological_order(s))
    return [z for z in found if z not in old]


IDLE = {"*": (-1.0, 0.0, 1.0), "+": (0.0,)}


def is_idle(z: Value) -> bool:
    """Tell whether z is x + 0, or x times 1, -1 or 0."""
    neutral = IDLE.get(z.op.name, ())
    return any(type(x) is float and x in neutral for x in z.args)


@law
@given(programs, points)
def test_a_gradient_has_at_most_five_times_the_nodes(program, point):
    xs = values(point)
    output = run(program, autograd, xs)
    added = new_nodes(output, xs)
    assert len(added) <= 5 * len(topological_order(output))
    assert not [z for z in added if is_idle(z)]


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_derivative_of_a_primitive_is_small_and_clean(name):
    row = ROWS[name]
    for point in [*row.points, *row.kinks]:
        if name == "power" and point[1] == 1.0:
            continue  # x ** 1 has the slope 1 * x ** 0, and nobody writes it
        n = len(point) - row.constants
        xs = values(list(point[:n]))
        added = new_nodes(apply(name, *xs, *point[n:]), xs)
        assert len(added) <= 6 * len(point)
        assert not [z for z in added if is_idle(z)]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x.exp() + x.step(),
        lambda x: x.step() + x.exp(),
        lambda x: x.exp() - x.sin(),
        lambda x: -x.exp(),
    ],
)
def test_a_zero_or_unit_slope_adds_no_node(f):
    x = Value(0.7)
    assert not [z for z in new_nodes(f(x), [x]) if is_idle(z)]


def test_every_random_operation_is_drawn_and_differentiated():
    xs: list[Any] = values([0.8, -1.1])
    for i in range(len(OPERATIONS)):
        assert gradient(run([(i, 0, 1)], autograd, xs), xs) != [0.0, 0.0]
