"""Explanations: their sums are the gradient, their paths are the largest there are."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd
from autograd import (
    Value,
    dot,
    explain,
    gradient,
    log,
    max,
    no_grad,
    sin,
    sqrt,
    sum,
    topological_order,
)
from autograd.compiler.pause import collector_paused
from autograd.drawing.explain_names import distinct
from autograd.drawing.explain_text import amount
from autograd.drawing.explanation import Explanation
from autograd.drawing.text import JOINERS, cells
from autograd.local_derivatives import local_derivatives
from tests.laws_random import Program, points, programs, run

law = settings(derandomize=True, deadline=None, max_examples=100)
BRUTE = 2_000  # paths: as many as a test lists one by one


def brute_force(root: Value, wrt: Value) -> list[tuple[tuple[Value, ...], float]]:
    """List (nodes, product) for every path, by going every way."""
    if root is wrt:
        return [((wrt,), 1.0)]
    if not root.args:
        return []
    return [
        ((root, *nodes), slope * product)
        for x, slope in local_derivatives(root)
        for nodes, product in brute_force(x, wrt)
    ]


def small(program: Program, point: list[float]) -> tuple[Value, list[Value]]:
    """Run a program; only those of few paths pass."""
    xs = [Value(x) for x in point]
    output = run(program, autograd, xs)
    assume(all(explain(output, x).count <= BRUTE for x in xs))
    return output, xs


def products(found: Explanation) -> list[float]:
    return [path.product for path in found.paths]


# ---- laws --------------------------------------------------------------------------


@law
@given(programs, points, st.integers(1, 12))
def test_the_sum_over_all_paths_is_the_gradient(program, point, limit):
    xs = [Value(x) for x in point]
    output = run(program, autograd, xs)
    for x in {*xs, *topological_order(output)}:
        found = explain(output, x, paths=limit)
        assert found.derivative == gradient(output, x)
        assert abs(found.total - found.derivative) <= 1e-12 * found.absolute
        assert found.agrees
        assert abs(found.total) <= found.absolute * (1.0 + 1e-12)
        assert len(found.paths) == min(limit, found.count)
        assert 0.0 <= found.coverage <= 1.0
        assert 0 <= found.zeros <= found.count


@law
@given(programs, points)
def test_the_paths_are_all_paths(program, point):
    output, xs = small(program, point)
    for x in xs:
        found = explain(output, x, paths=BRUTE)
        want = brute_force(output, x)
        assert found.count == len(found.paths) == len(want)
        assert found.zeros == [p.slopes.count(0.0) > 0 for p in found.paths].count(True)
        got = sorted([id(z) for z in path.nodes] for path in found.paths)
        assert got == sorted([id(z) for z in nodes] for nodes, _ in want)
        sizes = math.fsum(abs(product) for _, product in want)
        assert found.absolute == pytest.approx(sizes, rel=1e-12)
        assert found.coverage == 1.0


@law
@given(programs, points, st.integers(1, 12))
def test_the_paths_shown_are_the_largest(program, point, limit):
    output, xs = small(program, point)
    for x in xs:
        found = explain(output, x, paths=limit)
        want = sorted((abs(p) for _, p in brute_force(output, x)), reverse=True)
        got = [abs(product) for product in products(found)]
        assert got == pytest.approx(want[:limit], rel=1e-12)
        assert got == sorted(got, reverse=True)
        if math.fsum(want):
            share = math.fsum(want[:limit]) / math.fsum(want)
            assert found.coverage == pytest.approx(share, rel=1e-12)


@law
@given(programs, points)
def test_each_path_is_one_and_its_product_is_that_of_its_slopes(program, point):
    output, xs = small(program, point)
    for x in xs:
        for path in explain(output, x, paths=20).paths:
            assert path.nodes[0] is output
            assert path.nodes[-1] is x
            assert path.product == math.prod(path.slopes, start=1.0)
            steps = zip(path.nodes, path.nodes[1:], path.slopes, strict=False)
            for z, y, slope in steps:
                assert (y, slope) in list(local_derivatives(z))


# ---- worked examples ---------------------------------------------------------------


def test_the_example_of_baydin_and_others():
    # Baydin, Pearlmutter, Radul, Siskind (2018), JMLR 18(153), table 3: 5.5 and 1.716.
    x1, x2 = Value(2.0, label="x1"), Value(5.0, label="x2")
    y = log(x1) + x1 * x2 - sin(x2)
    found = explain(y, x1)
    assert products(found) == [5.0, 0.5]
    assert found.total == found.derivative == 5.5
    found = explain(y, x2)
    assert products(found) == [2.0, -math.cos(5.0)]
    assert round(found.total, 3) == 1.716
    assert str(explain(y, x1)).splitlines()[4:] == [
        "  ∂y/∂v3 * ∂v3/∂v2 * ∂v2/∂x1 = 1 * 1 * 5   = 5",
        "  ∂y/∂v3 * ∂v3/∂v1 * ∂v1/∂x1 = 1 * 1 * 0.5 = 0.5",
        "  sum                                      = 5.5",
        "  gradient(y, [x1])                        = 5.5",
        "",
        "where v1 = log(x1) = 0.6931",
        "      v2 = x1 * x2 = 10",
        "      v3 = v1 + v2 = 10.69",
        "      y = v3 - (-0.9589) = 11.65",
    ]


def test_the_example_of_the_lecture():
    # Karpathy, "The spelled-out intro to neural networks and backpropagation": L = d f.
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(10.0, label="c")
    f = Value(-2.0, label="f")
    e = a * b
    d = e + c
    L = d * f
    assert explain(L, a).text() == "\n".join(
        [
            "dL/da = 6 at a = 2, where L = -8",
            "One path leads from a to L: the derivative is the product of the local",
            "derivatives along it.",
            "",
            "  ∂L/∂d * ∂d/∂e * ∂e/∂a = (-2) * 1 * (-3) = 6",
            "  gradient(L, [a])                        = 6",
            "",
            "where e = a * b = -6",
            "      d = e + c = 4",
            "      L = d * f = -8",
        ]
    )
    assert [explain(L, x).derivative for x in (a, b, c, f)] == [6.0, -4.0, -2.0, 4.0]
    assert explain(L, d).paths[0].slopes == (-2.0,)


# ---- what a graph may hold ---------------------------------------------------------


def test_an_operand_in_two_places_is_two_paths():
    x = Value(3.0, label="x")
    found = explain(x * x, x)
    assert products(found) == [3.0, 3.0]
    assert "An argument that stands in two places is on two paths." in found.text(200)


def test_a_constant_or_a_detached_factor_is_no_path():
    x = Value(3.0, label="x")
    held = x.detach()
    y = x * held * 2.0
    assert products(explain(y, x)) == [6.0]
    found = explain(y, held)
    assert (found.count, found.derivative, found.coverage) == (0, 0.0, 1.0)
    assert "is a constant" in found.text()


def test_no_path_and_the_empty_path():
    x, y = Value(3.0, label="x"), Value(2.0, label="y")
    z = x * 2.0
    found = explain(z, y)
    assert (found.count, found.paths, found.total) == (0, (), 0.0)
    assert "no path leads from y to z" in found.text(200)
    for root in (z, x):
        found = explain(root, root)
        assert (found.count, products(found), found.derivative) == (1, [1.0], 1.0)
        assert found.paths[0].nodes == (root,)
        assert "has no edge: its product is 1" in found.text()


def test_an_interior_node_is_held_for_itself():
    x = Value(3.0)
    h = x * x
    y = h * x + h
    assert products(explain(y, h)) == [3.0, 1.0]  # dy/dh with x held fixed


def test_operations_of_many_arguments():
    x, y = Value(2.0), Value(5.0)
    assert products(explain(sum([x, y, x, x]), x)) == [1.0, 1.0, 1.0]
    assert products(explain(dot([x, y], [y, x]), x)) == [5.0, 5.0]
    assert products(explain(max([x, y, y * 1.0]), y)) == [0.5, 0.5]


def test_an_undefined_local_derivative_is_an_error_as_in_gradient():
    x = Value(0.0, label="x")
    y = sqrt(x) * 2.0
    with pytest.raises(ZeroDivisionError) as expected:
        gradient(y, x)
    with pytest.raises(ZeroDivisionError) as raised:
        explain(y, x)
    assert str(raised.value) == str(expected.value)
    assert "the derivative of sqrt(x = 0.0)" in str(raised.value)


def test_what_is_not_finite_comes_first():
    x, far = Value(2.0), Value(math.inf)
    found = explain(x * 5.0 + x * far * 0.0 + x, x, paths=1)
    assert math.isnan(found.paths[0].product)
    assert math.isnan(found.derivative)
    assert found.agrees
    assert "nan" in str(found)
    assert products(explain(x * 5.0 + x * far + x, x)) == [math.inf, 5.0, 1.0]


def test_a_path_through_a_zero_is_counted_and_comes_last():
    x = Value(-2.0, label="x")
    found = explain(x.relu() * 1e300 + x * 1e-300, x)
    assert products(found) == [1e-300, 0.0]
    assert found.zeros == 1
    assert "1 of them passes a local derivative of 0." in found.text(200)


def test_a_sum_that_overflows_says_so():
    x = Value(2.0)
    y = x
    for _ in range(2_000):
        y = y + y
    found = explain(y * 0.0, x)
    assert found.count == 2**2_000 == found.zeros
    found = explain(y, x)
    assert found.derivative == found.absolute == math.inf
    assert products(found) == [1.0] * 8
    # 1e200 * 1e200 overflows on the way up, and 1e-200 * 1e-200 to 0 on the way down.
    z = (x + x) * 1e200 * 1e200 * 1e-200 * 1e-200
    found = explain(z, x, paths=1)
    assert (found.total, found.derivative) == (math.inf, 0.0)
    assert not found.agrees
    assert "a product overflowed, or underflowed, on its way" in found.text(200)


def test_it_touches_no_grad():
    x = Value(3.0)
    y = x * x + x
    explain(y, x)
    assert (x.grad, y.grad) == (0.0, 0.0)


# ---- size --------------------------------------------------------------------------


def test_more_paths_than_atoms():
    x = Value(1.0, label="x")
    y = x
    for _ in range(100):
        y = y * 0.75 + y * 0.25
    found = explain(y, x, paths=102)
    assert found.count == 2**100
    want = [0.75**100] + [0.75**99 * 0.25] * 100 + [0.75**98 * 0.25**2]
    assert products(found) == pytest.approx(want, rel=1e-12)
    assert len({path.nodes for path in found.paths}) == 102
    assert found.total == pytest.approx(1.0, rel=1e-12)
    assert found.coverage == pytest.approx(math.fsum(want), rel=1e-12)
    assert "About 1.27e+30 paths lead from x to y" in str(found)


def test_a_graph_of_a_hundred_thousand_nodes():
    x = Value(0.5)
    values = [x]
    for i in range(100_000):
        a, b = values[-1], values[i - i % 7]
        values.append((a + b) * 0.5 if i % 2 else a.sin())
    start = time.process_time()
    found = explain(values[-1], x)
    assert time.process_time() - start < 10.0
    assert len(topological_order(values[-1])) > 50_000
    assert found.agrees


def test_a_chain_of_a_million():
    x = Value(0.5, label="x")
    y = x
    with collector_paused():  # it would search the million again and again
        for _ in range(1_000_000):
            y = -y
        found = explain(y, x)
    assert (found.count, found.derivative) == (1, 1.0)
    assert len(found.paths[0].slopes) == 1_000_000
    assert "(999,995 more)" in found.text(80)
    assert len(str(found)) < 5_000


# ---- text --------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>",
    "a\nb\x1b[31mred\x07",
    "\\",
    "$$ % { } &&",
    "\u202eright to left",
    "שלום",
    "重み" * 9,
    "🙂🙂",
    "w" * 10_000,
    " ",
]


@pytest.mark.parametrize("width", [1, 40, 57, 80, 200])
def test_every_label_fits_the_terminal(width):
    xs = [Value(0.5 + i, label=label) for i, label in enumerate(HOSTILE)]
    y = sum([x.tanh() * x for x in xs])
    y.label = HOSTILE[width % len(HOSTILE)]
    for _ in range(30):
        y = y * 1.5
    for x in xs:
        for line in explain(y, x).text(width).splitlines():
            assert cells(line) <= max_width(width)
            assert all(ch.isprintable() or ch in JOINERS for ch in line)


def max_width(width: int) -> int:
    return width if width > 40 else 40


@law
@given(programs, points, st.integers(40, 100))
def test_the_text_is_as_wide_as_it_may_be(program, point, width):
    xs = [Value(x) for x in point]
    output = run(program, autograd, xs)
    for x in xs:
        assert all(
            cells(s) <= width for s in explain(output, x).text(width).split("\n")
        )


def test_it_prints_as_wide_as_the_terminal(monkeypatch):
    x = Value(3.0, label="x")
    found = explain(x * x, x)
    monkeypatch.setenv("COLUMNS", "50")
    assert repr(found) == str(found) == found.text(50) != found.text(100)


def test_names_are_labels_then_the_variables_of_the_caller():
    w = [Value(2.0), Value(3.0, label="bias")]
    loss = w[0] * w[1]
    found = explain(loss, w[0])
    assert list(found.names.values()) == ["loss", "w[0]"]
    assert "where loss = w[0] * bias = 6" in found.text()


def test_two_values_of_one_name_are_told_apart():
    a, b = Value(2.0, label="x"), Value(3.0, label="x")
    assert list(distinct([(a, "v#"), (b, "v#")], {}).values()) == ["x", "x_2"]
    v1, free, other = Value(1.0, label="v1"), Value(2.0), Value(3.0)
    names = distinct([(free, "v#"), (v1, "v#"), (other, "f")], {})
    assert [names[z] for z in (free, v1, other)] == ["v2", "v1", "f"]


def test_counts_of_any_size_are_short():
    assert amount(999_999_999_999_999) == "999,999,999,999,999"
    assert amount(2**100) == "about 1.27e+30"
    assert amount(10**400_000) == "about 1.00e+400000"


def test_the_formulas_of_a_notebook():
    x1, x2 = Value(2.0, label="x1"), Value(5.0, label="x2")
    y = log(x1) + x1 * x2
    lines = explain(y, x1)._repr_latex_().splitlines()
    assert lines[0] == lines[-1] == "$$"
    part = r"\frac{\partial y}{\partial v_{2}} \frac{\partial v_{2}}{\partial x_{1}}"
    first = rf"\frac{{d y}}{{d x_{{1}}}} &= {part} && \left(1 \cdot 5 = 5\right) \\"
    assert lines[3] == first
    assert r"v_{1} &= \log\left(x_{1}\right) = 0.6931 \\" in lines


# ---- errors ------------------------------------------------------------------------


def test_errors_say_what_to_write():
    x = Value(3.0, label="x")
    y = x * x
    with pytest.raises(TypeError, match=r"\[explain\(root, x\) for x in inputs\]"):
        explain(y, [x])
    with pytest.raises(TypeError, match="expected a Value to differentiate, got 3"):
        explain(3.0, x)
    with pytest.raises(ValueError, match="paths must be at least 1, got 0"):
        explain(y, x, paths=0)
    with no_grad():
        constant = x * x
    with pytest.raises(ValueError, match="has no graph"):
        explain(constant, x)
