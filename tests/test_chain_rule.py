"""The reverse sweep: backward() and gradient()."""

from __future__ import annotations

import math

import pytest

from autograd import (
    Primitive,
    TraceError,
    Value,
    adjoints,
    backward,
    compile,
    exp,
    gradient,
    logsumexp,
    max,
    sin,
    sum,
    topological_order,
    where,
    zero_grad,
)
from autograd.chain_rule import plus, pushforward, times
from autograd.local_derivatives import local_derivatives
from autograd.primitives import div
from autograd.value import record
from autograd.whole import set_data, set_grads
from tests.laws_programs import readme_expression

# ---- numbers that can be checked by hand -------------------------------------------


def test_the_expression_in_micrograds_readme():
    a, b = Value(-4.0), Value(2.0)
    g = readme_expression(a, b, Value.relu)
    g.backward()
    assert f"{g.data:.4f} {a.grad:.4f} {b.grad:.4f}" == "24.7041 138.8338 645.5773"


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda x: x * x, 6.0),
        (lambda x: x + x, 2.0),
        (lambda x: x - x, 0.0),
        (lambda x: x / x, 0.0),
        (lambda x: (x + x) * x, 12.0),
        (lambda x: (x + x) * x + (x + x), 14.0),
        (lambda x: x * x * x * x, 108.0),
        (lambda x: sum([x, x, 2.0, x]), 3.0),
        (lambda x: max([x, x, 1.0]), 1.0),
        (lambda x: logsumexp([x, x]), 1.0),
        (lambda x: where(x > 0, x, -x) * x, 6.0),
        (lambda x: x, 1.0),
    ],
)
def test_all_paths_add_up(f, slope):
    x = Value(3.0)
    f(x).backward()
    assert x.grad == pytest.approx(slope, rel=1e-15)
    assert gradient(f(x), x) == pytest.approx(slope, rel=1e-15)


def test_a_node_passes_on_only_when_all_its_consumers_have():
    # b is reached from d before c is; a sweep in the wrong order gives 12 for 14.
    a = Value(3.0)
    b = a + a
    c = b * a
    d = c + b
    d.backward()
    assert [z.grad for z in (a, b, c, d)] == [14.0, 4.0, 1.0, 1.0]


def test_a_deep_diamond_costs_its_nodes_not_its_paths():
    x = Value(1.0)
    y = x
    for _ in range(60):  # 2^60 paths
        y = y + y
    y.backward()
    assert x.grad == 2.0**60


# ---- backward ----------------------------------------------------------------------


def test_two_backward_passes_leaves_accumulate_and_the_interior_is_set_anew():
    a = Value(3.0)
    b = a * a
    c = b * b
    for calls in (1, 2, 3):
        c.backward()
        assert (a.grad, b.grad, c.grad) == (calls * 108.0, 18.0, 1.0)


def test_two_outputs_over_one_graph():
    a = Value(3.0)
    b = a * a
    (b * 2.0).backward()
    (b * 5.0).backward()
    assert (a.grad, b.grad) == (42.0, 5.0)


def test_backward_of_a_leaf_counts_one():
    a = Value(3.0)
    a.backward()
    a.backward()
    assert a.grad == 2.0


def test_a_zero_slope_reaches_the_node_below():
    a = Value(-3.0)
    b = a * 2.0
    b.grad = 99.0
    b.relu().backward()
    assert (a.grad, b.grad) == (0.0, 0.0)


def test_a_rule_that_raises_changes_no_grad():
    a, b = Value(0.0, label="a"), Value(2.0)
    c = b * b
    root = c + a.sqrt()
    c.backward()
    before = [z.grad for z in (a, b, c, root)]
    with pytest.raises(ZeroDivisionError, match=r"the derivative of sqrt\(a = 0\.0\)"):
        root.backward()
    assert [z.grad for z in (a, b, c, root)] == before


def test_a_grad_that_is_no_number_is_named_and_no_grad_changes():
    a, b = Value(3.0, label="a"), Value(4.0, label="b")
    c = a * b
    b.grad = c.grad = None  # only that of the leaf is read
    with pytest.raises(
        TypeError, match=r"^the grad of Value\(4\.0, .* label='b'\) is no number, to"
    ):
        c.backward()
    assert (a.grad, b.grad, c.grad) == (0.0, None, None)
    zero_grad([b])
    c.backward()
    assert (a.grad, b.grad, c.grad) == (4.0, 3.0, 1.0)


def test_zero_grad_of_some_values_and_of_a_whole_graph():
    a, b = Value(3.0), Value(4.0)
    c = a * b
    c.backward()
    zero_grad([a])
    assert (a.grad, b.grad, c.grad) == (0.0, 3.0, 1.0)
    zero_grad(c)
    assert (a.grad, b.grad, c.grad) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("f", [backward, lambda v: gradient(v, Value(1.0))])
@pytest.mark.parametrize("bad", [2.0, None, [Value(1.0)], "y"])
def test_only_a_value_is_differentiated(f, bad):
    with pytest.raises(TypeError, match="expected a Value to differentiate"):
        f(bad)


def test_an_error_says_what_was_given():
    x = Value(0.0, label="x")
    for f in (backward, lambda y: gradient(y, x)):
        with pytest.raises(TypeError, match=r"^expected a Value to .*, got 'y'$"):
            f("y")
        with pytest.raises(
            ValueError, match=r"^Constant\(2\.0, grad=0\.0\) has no graph"
        ):
            f(Value(2.0).detach())
        with pytest.raises(ZeroDivisionError, match=r"^the derivative of sqrt\(x = 0"):
            f(x.sqrt())
    with pytest.raises(TypeError, match=r"^expected Values as the inputs, got 2\.0$"):
        gradient(x, 2.0)


# ---- gradient ----------------------------------------------------------------------


def test_one_input_gives_one_derivative_and_a_list_a_list():
    x, y = Value(2.0), Value(5.0)
    z = x * y
    assert gradient(z, x) == 5.0
    assert gradient(z, [x]) == [5.0]
    assert gradient(z, (y, x, y)) == [2.0, 5.0, 2.0]
    assert gradient(z, iter([x, y])) == [5.0, 2.0]
    assert gradient(z, []) == []


def test_interior_nodes_are_inputs_too():
    x = Value(2.0)
    y = x * x
    z = y * y * x
    assert gradient(z, [y, z, x]) == [16.0, 1.0, 80.0]


def test_what_is_not_below_has_the_derivative_zero():
    x, other = Value(2.0), Value(3.0)
    later = x * x
    assert gradient(x * 3.0, [other, later]) == [0.0, 0.0]
    zero = gradient(x * 3.0, other, create_graph=True)
    assert (type(zero), zero.data) == (Value, 0.0)


def test_a_derivative_that_is_constant_is_a_value_with_create_graph():
    x = Value(2.0)
    slope = gradient(3.0 * x, x, create_graph=True)
    assert (type(slope), slope.data) == (Value, 3.0)
    assert gradient(slope, x) == 0.0


@pytest.mark.parametrize("create_graph", [False, True])
def test_gradient_touches_no_grad(create_graph):
    x = Value(2.0)
    y = x * x.exp()
    everything = [x, *topological_order(y)]
    for i, z in enumerate(everything):
        z.grad = float(i)
    gradient(y, [x], create_graph=create_graph)
    assert [z.grad for z in everything] == [float(i) for i in range(len(everything))]


@pytest.mark.parametrize("create_graph", [False, True])
def test_only_what_is_wanted_is_computed(create_graph):
    calls = []

    def counted(z, x):
        calls.append(x)
        return exp(x)

    slow = Primitive("slow", math.exp, counted)
    x, y = Value(1.0), Value(2.0)
    gradient(x * slow(y), x, create_graph=create_graph)
    assert calls == []
    gradient(x * slow(y), y, create_graph=create_graph)
    assert len(calls) == 1


def test_a_derivative_that_does_not_exist_is_not_asked_for():
    x, y, zero = Value(-2.0), Value(3.0), Value(0.0)
    assert gradient(x**y + zero.sqrt(), x) == 12.0


@pytest.mark.parametrize("bad", [2.0, [2.0], [Value(1.0), "x"], None])
def test_inputs_are_values(bad):
    with pytest.raises(TypeError, match="expected Values as the inputs"):
        gradient(Value(1.0) * 2.0, bad)


def test_a_list_of_inputs_is_a_list():
    x = Value(1.0)
    for f in (zero_grad, lambda inputs: adjoints(x, inputs)):
        with pytest.raises(TypeError, match=r"^expected a list of Values, got 2\.0$"):
            f(2.0)
    with pytest.raises(TypeError, match=r"^expected a list of Values, got Value\(1\.0"):
        adjoints(x, x)


# ---- derivatives of derivatives ----------------------------------------------------


def derivatives(f, x: float, order: int) -> list[float]:
    v = Value(x)
    z = f(v)
    found = []
    for _ in range(order):
        z = gradient(z, v, create_graph=True)
        found.append(z.data)
    return found


@pytest.mark.parametrize(
    ("f", "closed"),
    [
        (lambda v: v**5, lambda x: [5 * x**4, 20 * x**3, 60 * x**2, 120 * x]),
        (
            lambda v: exp(2.0 * v),
            lambda x: [2**n * math.exp(2 * x) for n in (1, 2, 3, 4)],
        ),
        (
            lambda v: sin(v),
            lambda x: [math.cos(x), -math.sin(x), -math.cos(x), math.sin(x)],
        ),
        (lambda v: 1.0 / v, lambda x: [-(x**-2), 2 * x**-3, -6 * x**-4, 24 * x**-5]),
        (lambda v: v.log(), lambda x: [1 / x, -(x**-2), 2 * x**-3, -6 * x**-4]),
        (
            lambda v: v * v.exp(),
            lambda x: [(x + n) * math.exp(x) for n in (1, 2, 3, 4)],
        ),
        (
            lambda v: v.tanh(),
            lambda x: [
                (s := 1 - (t := math.tanh(x)) ** 2),
                -2 * t * s,
                (6 * t * t - 2) * s,
                (16 * t - 24 * t**3) * s,
            ],
        ),
        (
            lambda v: v**v,
            lambda x: [
                x**x * (u := math.log(x) + 1),
                x**x * (u * u + 1 / x),
                x**x * (u**3 + 3 * u / x - x**-2),
                x**x * (u**4 + 6 * u * u / x - 4 * u / x**2 + 3 / x**2 + 2 / x**3),
            ],
        ),
    ],
)
@pytest.mark.parametrize("x", [0.4, 1.7])
def test_derivatives_to_order_four_equal_closed_forms(f, closed, x):
    assert derivatives(f, x, 4) == pytest.approx(closed(x), rel=1e-12)


def test_mixed_derivatives():  # of x^2 y^3
    x, y = Value(2.0), Value(3.0)
    dx, dy = gradient(x**2 * y**3, [x, y], create_graph=True)
    assert gradient(dx, [x, y]) == [2 * 27.0, 4 * 27.0]
    assert gradient(dy, [x, y]) == [4 * 27.0, 24 * 3.0]


def test_backward_through_a_gradient():
    x = Value(3.0)
    slope = gradient(x**3, x, create_graph=True)
    (slope * x).backward()  # d(3 x^3)/dx
    assert x.grad == 81.0


# ---- the parts ---------------------------------------------------------------------


def test_the_cotangent_scales_every_adjoint():
    x = Value(3.0)
    y = x * x
    found = adjoints(y * 2.0, cotangent=10.0)
    assert (found[x], found[y]) == (120.0, 20.0)


def test_a_cotangent_is_any_number_or_a_value():
    x = Value(3.0)
    y = x * x
    assert repr(adjoints(y, cotangent=2)[y]) == "2.0"
    with pytest.raises(TypeError, match=r"^expected a real number, got 'a'"):
        adjoints(y, cotangent="a")
    seed = Value(2.0)
    slope = adjoints(y, cotangent=seed, create_graph=True)[x]
    assert (slope.data, gradient(slope, seed)) == (12.0, 6.0)


@pytest.mark.parametrize("create_graph", [False, True])
def test_local_derivatives_list_values_only_and_keep_repeats(create_graph):
    def listed(z, wanted=None):
        return [
            (x, slope if type(slope) is float else slope.data)
            for x, slope in local_derivatives(z, wanted, create_graph)
        ]

    x, y = Value(3.0), Value(4.0)
    assert listed(x * x) == [(x, 3.0), (x, 3.0)]
    assert listed(x / y) == [(x, 0.25), (y, -0.1875)]
    assert listed(2.0 * x) == [(x, 2.0)]
    assert listed(div(x, 2.0)) == [(x, 0.5)]
    assert listed(where(1.0, x, y)) == [(x, 1.0), (y, 0.0)]
    assert listed(where(x, x, y)) == [(x, 0.0), (x, 1.0), (y, 0.0)]
    assert listed(sum([x, 1.0, y, x])) == [(x, 1.0), (y, 1.0), (x, 1.0)]
    assert listed(max([x, y])) == [(x, 0.0), (y, 1.0)]
    assert listed(x * y, {y}) == [(y, 3.0)]
    assert listed(sum([x, y]), {y}) == [(y, 1.0)]
    assert listed(where(x, x, y), {y}) == [(y, 0.0)]


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("slopes", [(1.0,), (1.0, 1.0, 1.0)])
def test_as_many_derivatives_as_arguments_or_an_error(slopes, create_graph):
    x = Value(3.0)
    separate = Primitive("separate", lambda x, y: x + y, *slopes)
    joint = Primitive("joint", lambda x, y: x + y, together=lambda z, x, y: slopes)
    for z in (record(separate, (x, x)), joint(x, x), joint(x, 1.0)):
        with pytest.raises(ValueError, match=r"zip|unpack"):
            adjoints(z, create_graph=create_graph)


def test_adjoints_as_a_graph_are_differentiable_whether_or_not_inputs_are_named():
    x, y = Value(1.0), Value(2.0)
    for z in (logsumexp([x, y]), x * y * x):
        everything = adjoints(z, create_graph=True)
        named = adjoints(z, inputs=[x], create_graph=True)
        assert everything[x].data == named[x].data == gradient(z, x)
        assert gradient(everything[x], x) == gradient(named[x], x) > 0.1
        assert y in everything
        assert y not in named


@pytest.mark.parametrize("a", [-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0])
def test_sums_and_products_without_idle_nodes_are_sums_and_products(a):
    def number(x):
        return x if type(x) is float else x.data

    for b in (-1.0, 0.0, 1.0, 4.0, Value(-3.0), Value(0.0)):
        for x, y in ((a, b), (b, a)):
            assert number(times(x, y)) == number(x) * number(y)
            assert number(plus(x, y)) == number(x) + number(y)


def test_products_by_a_unit_or_nought_make_no_product():
    x = Value(3.0)
    assert times(1.0, x) is times(x, 1.0) is plus(0.0, x) is plus(x, 0.0) is x
    assert repr(times(0.0, x)) == repr(times(x, 0.0)) == "0.0"
    assert times(-1.0, x).op.name == times(x, -1.0).op.name == "neg"
    assert times(2.0, x).op.name == "*"


def test_a_pushforward_gives_what_depends_on_its_inputs_and_leaves_them_alone():
    x, other = Value(2.0), Value(3.0)
    aside = other * 2.0
    y = x * aside
    seeds = {x: 10.0}
    assert pushforward([y], seeds) == {x: 10.0, y: 60.0}
    assert seeds == {x: 10.0}


def test_zero_times_infinity_is_not_a_number_in_either_direction():
    x = Value(2.0)
    y = x.step()
    assert math.isnan(adjoints(y, cotangent=math.inf)[x])
    assert math.isnan(pushforward([y], {x: math.inf})[y])


def test_the_grad_that_is_no_number_is_named_beside_one_that_is_an_int():
    a, b = Value(1.0, label="a"), Value(2.0, label="b")
    a.grad, b.grad = 0, None
    with pytest.raises(TypeError, match=r"grad of Value.*label='b'"):
        (a * b).backward()


@pytest.mark.parametrize("put", [set_data, set_grads])
def test_numbers_are_set_all_or_none(put):
    pytest.importorskip("numpy", reason="compile needs NumPy")
    x, y = Value(1.0), Value(2.0)

    def numbers():
        yield 3.0
        raise KeyboardInterrupt

    def traced(z):
        put([x, y], [3.0, 4.0])
        return z

    with pytest.raises(KeyboardInterrupt):
        put([x, y], numbers())
    with pytest.raises(TraceError):
        compile(traced, 1.0)
    assert (x.data, y.data, x.grad, y.grad) == (1.0, 2.0, 0.0, 0.0)


def idle(new, old):
    """List what new computes beyond old with a factor of 1, -1 or 0 or a sum with 0."""
    nodes = set(topological_order(new)) - set(topological_order(old))
    edges = {(z.op.name, a) for z in nodes for a in z.args if type(a) is float}
    return edges & {("*", 1.0), ("*", 0.0), ("*", -1.0), ("+", 0.0)}


def test_a_tangent_as_a_graph_has_no_idle_nodes():
    x = Value(0.5)
    y = x.exp() * x + x.step() - x
    tangent = pushforward([y], {x: 1.0}, create_graph=True)[y]
    assert gradient(tangent, x) == pytest.approx(2.5 * math.exp(0.5), rel=1e-14)
    assert not idle(tangent, y)


def test_an_adjoint_as_a_graph_has_no_idle_nodes():
    x = Value(0.5)
    for y in (x.step() + x.exp() * x, x.exp() * x + x.step(), -x.exp() * x):
        slope = gradient(y, x, create_graph=True)
        size = pytest.approx(2.5 * math.exp(0.5), rel=1e-14)
        assert abs(gradient(slope, x)) == size
        assert not idle(slope, y)
