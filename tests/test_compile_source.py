"""The printed source: it runs without the package, and agrees with it."""

from __future__ import annotations

import ast
import math
import subprocess
import sys
from typing import Any

import pytest

import autograd
from autograd import (
    Value,
    compile,
    derivative,
    dot,
    gradient,
    log,
    sqrt,
    tanh,
    value_and_grad,
    where,
)
from tests.laws_programs import readme_expression
from tests.laws_table import ROWS, apply


def run(source: str) -> dict[str, Any]:
    """Run source in an empty namespace; it may import math and nothing else."""
    imports = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Import)]
    assert [alias.name for n in imports for alias in n.names] in ([], ["math"])
    assert not [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.ImportFrom)]
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    return namespace


@pytest.mark.parametrize("name", sorted(ROWS))
def test_the_source_of_every_primitive(name):
    row = ROWS[name]
    for point in [*row.points, *row.limits, *row.kinks]:
        n = len(point) - row.constants
        ws = [Value(x) for x in point[:n]]

        def f(t: Any, ws: Any = ws, tail: Any = point[n:]) -> Any:
            return apply(name, *ws, *tail) + 0.0 * t

        y = apply(name, *ws, *point[n:])
        c = compile(f, 0.0)
        namespace = run(c.source())
        value, slopes = namespace["value_and_grad"](1.5)
        assert value == pytest.approx(y.data, rel=1e-13, abs=1e-300)
        assert namespace["value"](1.5) == value == c(1.5)
        want = gradient(y, c.parameters)
        assert slopes == pytest.approx(want, rel=1e-12, abs=1e-15)


def test_it_runs_in_a_bare_interpreter():
    w = [Value(0.5), Value(-1.5)]

    def f(x, y):
        return tanh(dot(w, x)) ** 3 + autograd.softplus(y) * autograd.logsumexp(
            [y, w[0]]
        )

    c = compile(f, [0.0, 0.0], 0.0)
    program = c.source() + "\nprint(repr(value_and_grad(0.3, -0.2, 1.1)))\n"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    value, slopes = ast.literal_eval(done.stdout)
    y = f([Value(0.3), Value(-0.2)], Value(1.1))
    assert value == pytest.approx(y.data, rel=1e-13)
    assert slopes == pytest.approx(gradient(y, c.parameters), rel=1e-12)


def test_parameters_may_be_given_to_it():
    w = Value(2.0)
    namespace = run(compile(lambda x: w * x, 0.0).source())
    assert namespace["value"](3.0) == 6.0
    assert namespace["value"](3.0, [5.0]) == 15.0
    assert namespace["value_and_grad"](3.0, [5.0]) == (15.0, [3.0])
    assert namespace["parameters"] == [2.0]


@pytest.mark.parametrize("x", [math.inf, -math.inf, math.nan, -0.0, 1e-320, 0.1])
def test_parameters_and_constants_of_any_kind(x):
    w = Value(1.0)
    c = compile(lambda t: [w, t * x, where(t > 0.0, t, x)], 0.0)
    w.data = x
    a, b, d = run(c.source())["value"](-1.0)
    assert [repr(a), repr(b), repr(d)] == [repr(x), repr(-1.0 * x), repr(x)]


def test_nests_come_out_as_they_went_in():
    w = Value(2.0)
    c = compile(lambda x: (x, [w, (x * w,)], 3.0), 0.0)
    assert run(c.source())["value"](4.0) == (4.0, [2.0, (8.0,)], 3.0) == c(4.0)
    assert "value_and_grad" not in run(c.source())


def test_without_parameters_or_inputs():
    assert run(compile(lambda x: x * x, 0.0).source())["value"](3.0) == 9.0
    w = Value(2.0)
    c = compile(lambda: w * w)
    assert c() == 4.0
    assert run(c.source())["value_and_grad"]() == (4.0, [4.0])


def test_long_sums_and_dots():
    w = [Value(k / 7) for k in range(100)]
    c = compile(lambda x: dot(w, w) * x + autograd.sum(w) + autograd.max(w), 0.0)
    y = dot(w, w) * 2.0 + autograd.sum(w) + autograd.max(w)
    value, slopes = run(c.source())["value_and_grad"](2.0)
    assert value == pytest.approx(y.data, rel=1e-13)
    assert slopes == pytest.approx(gradient(y, w), rel=1e-13)
    assert max(map(len, c.source().splitlines())) < 3000


def test_labels_are_no_code():
    w = Value(2.0, label="x0 = 1\nimport os  # '\"")
    c = compile(lambda x: w * tanh(x * w), 0.0)
    assert run(c.source())["value"](0.0) == 0.0
    assert isinstance(c.tape, str)
    assert isinstance(str(c), str)


def test_what_raises_in_floats_raises_there():
    namespace = run(compile(lambda x: log(x) + x**0.5, 0.0).source())
    with pytest.raises(ValueError, match=r"domain error|a positive input"):
        namespace["value"](-1.0)
    namespace = run(compile(lambda x: x**0.5, 0.0).source())
    with pytest.raises(ValueError, match="complex"):
        namespace["value"](-8.0)


# ---- single numbers ------------------------------------------------------------------


def test_single_numbers_give_the_floats_of_eager():
    def f(a, b):
        return readme_expression(a, b, autograd.relu)

    value, (da, db) = compile(value_and_grad(f, argnums=(0, 1)))(-4.0, 2.0)
    want, (wa, wb) = value_and_grad(f, argnums=(0, 1))(-4.0, 2.0)
    assert [type(x) for x in (value, da, db)] == [float] * 3
    assert (value, da, db) == pytest.approx((want, wa, wb), rel=1e-14)
    assert value == pytest.approx(24.70408163265306)


def test_single_numbers_agree_with_batches():
    w = Value(0.7)
    c = compile(lambda x, y: [tanh(w * x) / y, sqrt(x * x + y * y)], 0.0, 1.0)
    for x, y in [(0.5, 2.0), (-3.0, 0.25), (0.0, 1.0)]:
        assert c(x, y) == pytest.approx(c([x], [y])[0].tolist(), rel=1e-15)


def test_a_parameter_that_changes_is_seen_by_single_numbers():
    w = Value(2.0)
    c = compile(lambda x: x * w, 0.0)
    assert c(3.0) == 6.0
    w.data = 5.0
    assert c(3.0) == 15.0


def test_high_derivatives_of_a_number():
    c = compile(derivative(lambda x: x**5 * tanh(x), order=3))
    assert c(0.4) == pytest.approx(derivative(lambda x: x**5 * tanh(x), order=3)(0.4))


def test_single_numbers_raise_where_a_square_overflows():
    compiled = compile(lambda x: [x, x**2.0], 1.0)
    with pytest.raises(FloatingPointError, match=r"x0 = 1e\+300, 2.0"):
        compiled(1e300)
    assert compile(lambda x: x * x, 1.0)(1e300) == math.inf  # as of floats
