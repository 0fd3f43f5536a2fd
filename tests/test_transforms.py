"""Derivatives as functions: results, nesting, closures, bad input, cost."""

from __future__ import annotations

import gc
import math
import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import (
    Value,
    backward,
    chain_rule,
    cos,
    derivative,
    dot,
    exp,
    grad,
    gradcheck,
    gradient,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    sin,
    sqrt,
    stop_gradient,
    sum,
    tanh,
    topological_order,
    value_and_grad,
    vjp,
    where,
    zero_grad,
)
from autograd.value import Constant
from tests.laws_random import Program, points, programs, run

# ---- arguments and results -----------------------------------------------------------


def test_results_have_the_nesting_of_the_arguments() -> None:
    def f(x: Any) -> Any:
        return x[0] * x[1][0] + x[1][1][0] ** 2

    assert grad(f)([2.0, (3.0, [4.0])]) == [3.0, (2.0, [8.0])]
    assert hessian(f)((2, (3, [4]))) == (
        (0.0, (1.0, [0.0])),
        ((1.0, (0.0, [0.0])), [(0.0, (0.0, [2.0]))]),
    )


def test_argnums() -> None:
    def f(x: Any, y: Any, scale: float = 1.0) -> Any:
        return scale * x * y**2

    assert grad(f, 1)(2.0, 3.0) == grad(f, -1)(2.0, 3.0) == 12.0
    assert grad(f, (1, 0))(2.0, 3.0, scale=10.0) == (120.0, 90.0)
    assert grad(f, (0,))(2.0, 3.0) == (9.0,)
    assert value_and_grad(f, (0, 1))(2.0, 3.0) == (18.0, (9.0, 12.0))
    assert jacobian(f, (0, 1))(2.0, 3.0) == (9.0, 12.0)
    assert hessian(f, (0, 1))(2.0, 3.0) == ((0.0, 6.0), (6.0, 4.0))


@pytest.mark.parametrize("transform", [grad, value_and_grad, jacobian, hessian])
def test_the_first_argument_is_differentiated_unless_told(transform: Any) -> None:
    def f(x: Any, y: Any) -> Any:
        return x * x * y

    assert transform(f)(3.0, 5.0) == transform(f, 0)(3.0, 5.0)
    assert transform(f)(3.0, 5.0) != transform(f, 1)(3.0, 5.0)


def test_a_pullback_over_several_arguments_gives_a_tuple() -> None:
    y, pullback = vjp(lambda x, y: [x * y, x + y])(3.0, 2.0)
    assert y == [6.0, 5.0]
    assert pullback([1.0, 10.0]) == (12.0, 13.0)
    _, pullback = vjp(lambda x, y, z: x * y[0] * z)(3.0, [2.0], 5.0)
    assert pullback(1.0) == (10.0, [15.0], 6.0)


def test_arguments_that_are_not_differentiated_may_be_anything() -> None:
    assert grad(lambda x, how: {"twice": 2.0 * x}[how])(3.0, "twice") == 2.0


def test_numpy_arrays_are_nests() -> None:
    np = pytest.importorskip("numpy")
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert grad(lambda m: m[0][1] * m[1][0])(x) == [[0.0, 3.0], [2.0, 0.0]]
    assert grad(lambda v: dot(v, v))(np.arange(3)) == [0.0, 2.0, 4.0]
    assert hvp(lambda v: v[0] * v[1])(x[0], x[1]) == [4.0, 3.0]
    assert jacobian(lambda v: np.array([2.0 * v[0], v[1]]))(x[0]) == [[2, 0], [0, 1]]
    assert jvp(sin)((np.float64(0.0),), (np.int64(2),)) == (0.0, 2.0)
    nodes = np.array([Value(2.0), Value(3.0)])
    assert isinstance(grad(lambda v: v[0] * v[1])(nodes)[0], Value)
    for transform in (grad, value_and_grad, hessian, derivative):
        with pytest.raises(TypeError, match=r"one number.*use jacobian"):
            transform(lambda x: np.ones(2))(3.0)


def test_floats_in_floats_out() -> None:
    results = [
        grad(sin)(1),
        *value_and_grad(sin)(True),
        jacobian(sin)(1.0),
        hessian(sin)(1.0),
        hvp(sin)(1.0, 1),
        *jvp(sin)((1.0,), (1.0,)),
        vjp(sin)(1.0)[0],
        vjp(sin)(1.0)[1](1),
        derivative(sin, order=3)(1.0),
        grad(lambda x: 2.0 * x)(1.0),
        hessian(lambda x: 2.0 * x)(1.0),
    ]
    assert [type(result) for result in results] == [float] * len(results)


def test_values_in_connected_values_out() -> None:
    x = Value(0.5)
    results = [
        grad(sin)(x),
        value_and_grad(sin)(x)[0],
        value_and_grad(sin)(x)[1],
        jacobian(lambda x: [sin(x)])(x)[0],
        hvp(exp)(x, 1.0),
        hvp(lambda t: t**2)(0.5, x),
        *jvp(sin)((x,), (1.0,)),
        jvp(sin)((0.5,), (x,))[1],
        vjp(sin)(x)[0],
        vjp(sin)(x)[1](1.0),
        vjp(sin)(0.5)[1](x),
        grad(lambda t, s: t * s["k"][0])(2.0, {"k": [x]}),
        grad(lambda t, s: t * s)(2.0, s=x),
        derivative(sin, order=0)(x),
        derivative(sin, order=2)(x),
    ]
    assert [gradient(result, x) != 0.0 for result in results] == [True] * len(results)
    assert isinstance(grad(lambda t: 2.0 * t)(x), Value)


def test_a_pullback_gives_floats_again_after_it_gave_values() -> None:
    _, pullback = vjp(sin)(0.0)
    assert isinstance(pullback(Value(1.0)), Value)
    assert pullback(2.0) == 2.0


def test_an_output_that_is_the_input_or_a_constant() -> None:
    assert grad(lambda x: x)(3.0) == 1.0
    assert jacobian(lambda x: [x, x, 5.0])(3.0) == [1.0, 1.0, 0.0]
    assert jvp(lambda x: (x, 5))((3.0,), (2.0,)) == ((3.0, 5.0), (2.0, 0.0))
    assert vjp(lambda x: [x, x])(3.0)[1]([1.0, 10.0]) == 11.0
    assert grad(stop_gradient)(3.0) == 0.0
    assert grad(lambda x: x.detach() * x)(3.0) == 3.0
    assert jacobian(lambda x: [])(3.0) == []


def test_a_primitive_is_a_function() -> None:
    assert grad(dot)([1.0, 2.0], [3.0, 4.0]) == [3.0, 4.0]
    assert derivative(tanh)(0.0) == 1.0


def test_loops_and_branches() -> None:
    def collatz(x: Any) -> Any:
        while x > 1.5:
            x = x / 2.0 if round(x.data) % 2 == 0 else 3.0 * x + 1.0
        return x

    assert grad(collatz)(6.0) == pytest.approx(9.0 / 2**6, rel=1e-15)


# ---- nesting: no confusion between inner and outer -----------------------------------

NESTED: list[tuple[Callable[[Any], Any], float]] = [
    # d/dx (x d/dy (x + y)) = 1: Siskind, Pearlmutter (2005), perturbation confusion
    (lambda x: x * grad(lambda y: x + y)(1.0), 1.0),
    (lambda x: x * grad(lambda y: x + y)(x), 1.0),
    (lambda x: grad(lambda y: x * y)(x), 1.0),
    (lambda x: grad(lambda y: y * y)(x), 2.0),
    (lambda x: grad(lambda y: x * y * y)(x), 12.0),  # 2 x y at y = x
    (lambda x: grad(lambda y: x)(x) + x, 1.0),
    (lambda x: x * grad(lambda y: y**3)(x), 81.0),
    (lambda x: x * grad(lambda y: y**3)(2.0), 12.0),
    (lambda x: grad(lambda y: grad(lambda z: x * y * z)(y))(x), 1.0),
    (lambda x: grad(lambda y: grad(lambda z: z**3 * y)(y))(x), 54.0),  # (3y^3)''
    (lambda x: derivative(lambda y: x * exp(x * y), 2)(0.0 * x), 27.0),  # x^3
    (lambda x: jvp(lambda y: x * y)((x,), (x,))[1], 6.0),
    (lambda x: vjp(lambda y: x * y)(x)[1](x), 6.0),
    (lambda x: hvp(lambda y: x * y[0] * y[1])([x, x], [1.0, x])[0], 6.0),
    (lambda x: jacobian(lambda y: [y, x * y])(x)[1], 1.0),
    (lambda x: hessian(lambda y: x * y**2)(x / x), 2.0),
    (lambda x: hessian(lambda y: y**3)(x), 6.0),
    (lambda x: x * stop_gradient(grad(lambda y: y * y)(x)), 6.0),
]


@pytest.mark.parametrize(("f", "slope"), NESTED, ids=range(len(NESTED)))
@pytest.mark.filterwarnings("ignore:f returned the plain number")
def test_nested_derivatives_are_not_confused(f: Any, slope: float) -> None:
    assert grad(f)(3.0) == pytest.approx(slope, rel=1e-15)
    assert derivative(f)(3.0) == pytest.approx(slope, rel=1e-15)
    assert jacobian(f)(3.0) == pytest.approx(slope, rel=1e-15)
    assert jvp(f)((3.0,), (1.0,))[1] == pytest.approx(slope, rel=1e-15)
    assert vjp(f)(3.0)[1](1.0) == pytest.approx(slope, rel=1e-15)
    x = Value(3.0)
    f(x).backward()
    assert x.grad == pytest.approx(slope, rel=1e-15)


def test_powers_of_grad() -> None:
    assert grad(grad(grad(lambda x: x**5)))(2.0) == 240.0
    assert jacobian(grad(lambda x: x[0] ** 2 * x[1]))([3.0, 2.0]) == [[4, 6], [6, 0]]
    assert jacobian(jacobian(sin))(1.0) == -math.sin(1.0)
    assert grad(lambda x: sum(hessian(lambda y: y[0] ** 3 * y[1])(x)[0]))(
        [2.0, 5.0]
    ) == [30.0 + 12.0, 12.0]


def test_forward_over_reverse_and_reverse_over_forward() -> None:
    def f(x: Any) -> Any:
        return x[0] ** 3 * sin(x[1])

    x, v = [2.0, 0.5], [1.0, -3.0]
    product = hvp(f)(x, v)
    _, forward_over_reverse = jvp(grad(f))((x,), (v,))
    reverse_over_forward = grad(lambda x: jvp(f)((x,), (v,))[1])(x)
    assert product == pytest.approx(forward_over_reverse, rel=1e-14)
    assert product == pytest.approx(reverse_over_forward, rel=1e-14)


def test_the_depth_is_restored_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: grad(lambda y: y / 0.0)(x))(1.0)
    assert type(grad(sin)(1.0)) is float


# ---- closures, training --------------------------------------------------------------


def test_closures_are_constants_and_stay_as_they_are() -> None:
    w = Value(2.0)
    w.grad = 7.0
    assert grad(lambda x: w * x * x)(3.0) == 12.0
    slope = grad(lambda x: w * x * x)(Value(3.0))
    assert w.grad == 7.0
    slope.backward()  # d(2wx)/dw
    assert w.grad == 7.0 + 6.0


def test_given_numbers_a_derivative_is_a_float_also_over_closures() -> None:
    w = Value(2.0)
    assert type(grad(lambda x: w * x * x)(3.0)) is float
    assert type(hessian(lambda x: w * x * x)(3.0)) is float


def test_a_closure_that_has_no_derivative_where_it_stands() -> None:
    root = sqrt(Value(0.0))
    assert grad(lambda x: x * (root + 2.0))(3.0) == 2.0


def test_a_loss_with_derivatives_of_a_network_trains() -> None:
    # u' = -u, u(0) = 1 by u(t) = 1 + t N(t), so that u(0) = 1 whatever N is.
    hidden = 5
    w = [Value(math.cos(2.0 * i)) for i in range(hidden)]
    b = [Value(math.sin(3.0 * i)) for i in range(hidden)]
    v = [Value(0.5 * math.sin(1.0 + i)) for i in range(hidden)]
    parameters = [*w, *b, *v]
    times = [0.25 * i for i in range(5)]

    def u(t: Any) -> Any:
        return 1.0 + t * dot(
            v, [tanh(wi * t + bi) for wi, bi in zip(w, b, strict=True)]
        )

    def loss() -> Value:
        total = sum([(derivative(u)(t) + u(t)) ** 2 for t in map(Value, times)])
        return total / len(times)

    initial = loss().data
    speed = [0.0] * len(parameters)
    for _ in range(400):
        zero_grad(parameters)
        backward(loss())
        for i, p in enumerate(parameters):  # gradient descent with momentum
            speed[i] = 0.95 * speed[i] - 0.05 * p.grad
            p.data += speed[i]
    assert initial > 0.1
    assert loss().data < 1e-4
    with no_grad():
        assert u(1.0).data == pytest.approx(math.exp(-1.0), abs=0.01)


# ---- no_grad, Constants --------------------------------------------------------------


def test_under_no_grad_results_are_right_and_constant() -> None:
    x = Value(3.0)
    with no_grad():
        assert grad(lambda x: x**2)(3.0) == 6.0
        results = [grad(lambda x: x**2)(x), hessian(lambda x: x**2)(x)]
        results += jvp(lambda x: x**2)((x,), (1.0,))
    assert [type(result) for result in results] == [Constant] * 4
    assert [result.data for result in results] == [6.0, 2.0, 9.0, 6.0]


def test_no_grad_inside_f_makes_constants() -> None:
    def f(x: Any) -> Any:
        with no_grad():
            scale = x * x
        return scale * x

    assert grad(f)(3.0) == 9.0
    assert derivative(f, order=2)(3.0) == 0.0


def test_a_constant_argument_gets_a_variable() -> None:
    x = Value(3.0).detach()
    assert grad(lambda x: x**2)(x).data == 6.0


# ---- bad input -----------------------------------------------------------------------


@pytest.mark.parametrize("transform", [grad, value_and_grad, derivative, hessian])
def test_a_plain_number_from_f_has_derivative_0_with_a_warning(transform: Any) -> None:
    with pytest.warns(RuntimeWarning, match=r"f returned the plain number 9.0.*\.data"):
        result = transform(lambda x: (x * x).data)(3.0)
    assert result == ((9.0, 0.0) if transform is value_and_grad else 0.0)


def test_the_warning_points_at_the_call() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        grad(lambda x: 1.0)(2.0)
        derivative(lambda x: 1.0)(2.0)
        value_and_grad(lambda x: 1.0)(2.0)
        hvp(lambda x: 1.0)(2.0, 1.0)
    assert [warning.filename for warning in caught] == [__file__] * 4


def test_no_warning_where_zero_is_no_surprise() -> None:
    assert jacobian(lambda x: [1.0, x])(3.0) == [0.0, 1.0]
    assert hessian(lambda x: 2.0 * x)(3.0) == 0.0


@pytest.mark.parametrize("output", [[1.0, 2.0], ()])
@pytest.mark.parametrize("transform", [grad, value_and_grad, hessian, derivative])
def test_several_numbers_from_f_name_jacobian(transform: Any, output: Any) -> None:
    with pytest.raises(TypeError, match=r"one number.*use jacobian"):
        transform(lambda x: output)(3.0)


@pytest.mark.parametrize("output", [None, "1.0", 1j, {"y": 1.0}])
@pytest.mark.parametrize("transform", [grad, jacobian])
def test_f_returns_what_is_no_number(transform: Any, output: Any) -> None:
    with pytest.raises(TypeError, match="the output of f: expected a real number"):
        transform(lambda x: output)(3.0)


@pytest.mark.parametrize("argnums", [2, -3, (0, 2)])
def test_argnums_out_of_range(argnums: Any) -> None:
    with pytest.raises(ValueError, match="f was called with 2 positional arguments"):
        grad(lambda x, y: x * y, argnums)(1.0, 2.0)


@pytest.mark.parametrize("transform", [grad, jacobian, vjp])
def test_a_function_of_no_argument_has_no_derivative(transform: Any) -> None:
    with pytest.raises(ValueError, match="argnums=0, but f was called with 0"):
        transform(lambda: 1.0)()


@pytest.mark.parametrize("argnums", [(0, 0), (1, -1)])
def test_argnums_twice(argnums: Any) -> None:
    with pytest.raises(ValueError, match="names an argument twice"):
        grad(lambda x, y: x * y, argnums)(1.0, 2.0)


@pytest.mark.parametrize("argnums", [True, 0.0, "0", None, [0], (0, True)])
def test_argnums_of_another_type(argnums: Any) -> None:
    with pytest.raises(TypeError, match="argnums is an int or a tuple of ints"):
        grad(lambda x, y: x * y, argnums)(1.0, 2.0)


def test_strings_in_a_nest_are_named_by_their_path() -> None:
    with pytest.raises(
        TypeError, match=r"argument 1\[0\]\[1\]: expected a real number"
    ):
        grad(lambda x, y: x, 1)(1.0, [(2.0, "three")])
    with pytest.raises(TypeError, match="argument 0: expected a real number, got 'x'"):
        grad(lambda x: x)("x")


@pytest.mark.parametrize("order", [-1, 1.0, True, "2", None])
def test_order_is_a_whole_number(order: Any) -> None:
    with pytest.raises(ValueError, match="order is a whole number of 0 or more"):
        derivative(sin, order=order)


def test_an_error_names_what_was_given_and_where() -> None:
    with pytest.raises(ValueError, match=r"^order is a whole number .*, got -1$"):
        derivative(sin, order=-1)
    for transform in (grad, value_and_grad, derivative):
        with pytest.raises(TypeError, match=f"^{transform.__name__} differentiates"):
            transform(lambda x: [x, x])(1.0)
    with pytest.raises(TypeError, match=r"^hvp differentiates"):
        hvp(lambda x: [x, x])(1.0, 1.0)
    with pytest.raises(TypeError, match=r"^jvp\(f\) takes a tuple .*, got 2\.0$"):
        jvp(sin)(2.0, (1.0,))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^the vector\[1\]: expected a real number"):
        hvp(lambda x: x[0] * x[1])([1.0, 2.0], [1.0, "x"])
    with pytest.raises(TypeError, match=r"^the tangents\[0\]: expected a real number"):
        jvp(sin)((1.0,), ("x",))
    with pytest.raises(TypeError, match=r"^the cotangent: expected"):
        vjp(sin)(1.0)[1]("x")


def test_derivative_is_of_one_number() -> None:
    with pytest.raises(TypeError, match="expected a real number"):
        derivative(sin)([1.0])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected a real number, got"):
        derivative(lambda x: x[0] ** 2)([1.0])


def test_lengths_that_do_not_match() -> None:
    with pytest.raises(ValueError, match="the vector has 1 numbers, expected 2"):
        hvp(lambda x: x[0] * x[1])([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="the tangents has 1 numbers, expected 2"):
        jvp(lambda x, y: x * y)((1.0, 2.0), (1.0,))
    with pytest.raises(ValueError, match="the cotangent has 2 numbers, expected 1"):
        vjp(sin)(1.0)[1]([1.0, 2.0])
    with pytest.raises(TypeError, match="a tuple of primals"):
        jvp(sin)(1.0, 1.0)


def test_a_vector_may_be_long() -> None:
    n = 300
    assert hvp(lambda x: dot(x, x))([1.0] * n, [0.5] * n) == [1.0] * n


def test_a_domain_error_names_the_operation() -> None:
    with pytest.raises(ZeroDivisionError, match=r"the derivative of sqrt\(0.0\)"):
        grad(sqrt)(0.0)


# ---- laws, whatever the program ------------------------------------------------------

law = settings(derandomize=True, deadline=None, max_examples=60)
weights = st.floats(-2.0, 2.0)


def close(x: Any) -> Any:
    return pytest.approx(x, rel=1e-10, abs=1e-10)


def function(program: Program) -> Callable[[Any], Any]:
    return lambda x: run(program, autograd, x)


def dotted(xs: Any, ys: Any) -> float:
    return math.fsum(x * y for x, y in zip(xs, ys, strict=True))


@law
@given(programs, points)
def test_reverse_equals_forward_equals_differences(program, point):
    assert gradcheck(lambda x: [function(program)(x), x[0]], point, tolerance=1e-5)


@law
@given(programs, points, st.data())
def test_forward_and_reverse_are_dual(program, point, data):
    # <w, J v> = <J^T w, v>
    def f(x: Any) -> Any:
        return [function(program)(x), function(program[:1])(x)]

    n = len(point)
    v = data.draw(st.lists(weights, min_size=n, max_size=n))
    w = data.draw(st.lists(weights, min_size=2, max_size=2))
    _, forward = jvp(f)((point,), (v,))
    assert dotted(w, forward) == close(dotted(vjp(f)(point)[1](w), v))
    assert [dotted(row, v) for row in jacobian(f)(point)] == close(forward)


@law
@given(programs, programs, points, weights)
def test_linearity(program, other, point, c):
    f, g = function(program), function(other)
    slopes = grad(lambda x: f(x) + c * g(x))(point)
    terms = zip(grad(f)(point), grad(g)(point), strict=True)
    assert slopes == close([df + c * dg for df, dg in terms])


@law
@given(programs, programs, st.floats(-2.0, 2.0))
def test_the_chain_rule(program, other, x):
    f, g = function(program), function(other)
    slope = derivative(lambda x: f([g([x])]))(x)
    assert slope == close(derivative(lambda y: f([y]))(g([x])) * grad(g)([x])[0])


@law
@given(programs, st.lists(points, min_size=1, max_size=4))
def test_the_gradient_of_a_sum_is_the_sum_of_gradients(program, rows):
    f = function(program)
    w = Value(0.5)
    total = grad(lambda w: sum([f([w * xi for xi in row]) for row in rows]))
    each = [grad(lambda w, row=row: f([w * xi for xi in row]))(0.5) for row in rows]
    assert total(w.data) == close(math.fsum(each))


@law
@given(programs, points, st.data())
def test_the_hessian_is_symmetric_and_hvp_multiplies_by_it(program, point, data):
    f, n = function(program), len(point)
    H = hessian(f)(point)
    for i, row in enumerate(H):
        assert row == close([other[i] for other in H])
    v = data.draw(st.lists(weights, min_size=n, max_size=n))
    assert hvp(f)(point, v) == close([dotted(row, v) for row in H])


# ---- cost ----------------------------------------------------------------------------


def rosenbrock(xs: Any) -> Any:
    pairs = pairwise(xs)
    return sum([100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2 for a, b in pairs])


def layered(x: Any) -> Any:
    for _ in range(4):
        x = [tanh(dot([0.3, -0.7, 0.5], [x[0], x[1], y])) * y for y in x]
    return sum(x)


SPREAD = [exp, sin, tanh, lambda x: 1.0 / (1.0 + exp(-x)), lambda x: x / cos(x)]
COSTS: list[tuple[Any, list[float]]] = [
    (rosenbrock, [0.1 * i for i in range(20)]),
    (layered, [0.3, -0.2, 0.5]),
    (lambda x: sum([f(y * x[0]) for f in SPREAD for y in x]), [0.3, 0.5]),
    (lambda x: where(x[0] > x[1], x[0] ** x[1], sqrt(x[0] / x[1])), [0.4, 0.3]),
]


@pytest.mark.parametrize(("f", "x"), COSTS, ids=range(len(COSTS)))
def test_a_gradient_graph_has_at_most_5_times_the_nodes(f: Any, x: Any) -> None:
    variables = [Value(xi) for xi in x]
    y = f(variables)
    slopes = gradient(y, variables, create_graph=True)
    graph = topological_order(y, *slopes)
    assert len(graph) <= 5 * len(topological_order(y))
    names = [z.op.name for z in graph if z.op]
    idle = [("*", 1.0), ("*", 0.0), ("*", -1.0), ("+", 0.0)]
    assert not [
        z
        for z, name in zip(graph, names, strict=True)
        for a in z.args
        if type(a) is float and (name, a) in idle
    ]


def test_a_hessian_makes_n_sweeps_over_one_gradient_graph(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sweeps = []
    adjoints = chain_rule.adjoints

    def counting(output: Value, *args: Any, **kwargs: Any) -> Any:
        sweeps.append(len(topological_order(output)))
        return adjoints(output, *args, **kwargs)

    monkeypatch.setattr(chain_rule, "adjoints", counting)
    n = 10
    calls = []

    def f(x: Any) -> Any:
        calls.append(x)
        return rosenbrock(x)

    hessian(f)([0.1 * i for i in range(n)])
    assert len(sweeps) == 1 + n  # the gradient, and then one for each of its entries
    assert len(calls) == 1
    sweeps.clear()
    hvp(f)([0.1 * i for i in range(n)], [1.0] * n)
    assert len(sweeps) == 2


def test_only_a_sweep_that_is_differentiated_again_makes_a_graph(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graphs = []
    adjoints = chain_rule.adjoints

    def noting(*args: Any, create_graph: bool, **kwargs: Any) -> Any:
        graphs.append(create_graph)
        return adjoints(*args, create_graph=create_graph, **kwargs)

    monkeypatch.setattr(chain_rule, "adjoints", noting)
    derivative(sin, order=3)(0.5)
    assert graphs == [True, True, False]
    graphs.clear()
    hvp(rosenbrock)([0.1, 0.2], [1.0, 0.0])
    assert graphs == [True, False]
    graphs.clear()
    grad(sin)(0.5)
    vjp(sin)(0.5)[1](1.0)
    assert graphs == [False, False]


def test_high_orders_stay_small() -> None:
    counts = []
    x = Value(0.5)
    y = exp(sin(x))
    for _ in range(6):
        y = gradient(y, x, create_graph=True)
        counts.append(len(topological_order(y)))
    assert counts[-1] < 1500
    assert derivative(lambda x: exp(sin(x)), order=6)(0.5) == y.data


def test_a_finished_derivative_leaves_nothing_behind() -> None:
    def alive() -> list[Value]:
        return [x for x in gc.get_objects() if type(x) is Value]

    gc.collect()
    gc.disable()
    try:
        before = alive()
        hessian(rosenbrock)([0.1, 0.2, 0.3])
        derivative(sin, order=3)(0.5)
        known = set(before)
        assert [x for x in alive() if x not in known] == []
    finally:
        gc.enable()
