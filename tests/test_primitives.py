"""Single facts of the table; its derivatives are checked in test_laws_derivatives."""

from __future__ import annotations

import inspect
import math

import pytest

import autograd
from autograd import Value, gradient
from tests.laws_table import TABLE


def slope_at(f, x: float) -> float:
    v = Value(x)
    return gradient(f(v), v)


# ---- stable where the textbook formula is not --------------------------------------


def test_sigmoid_far_out():
    assert autograd.sigmoid(-800.0) == 0.0
    assert autograd.sigmoid(800.0) == 1.0
    assert autograd.sigmoid(-700.0) == pytest.approx(math.exp(-700.0), rel=1e-15)
    assert slope_at(autograd.sigmoid, -700.0) == pytest.approx(
        math.exp(-700.0), rel=1e-15
    )


def test_softplus_far_out():
    assert autograd.softplus(800.0) == 800.0
    assert autograd.softplus(-800.0) == 0.0
    assert autograd.softplus(-700.0) == pytest.approx(math.exp(-700.0), rel=1e-15)
    assert slope_at(autograd.softplus, 800.0) == 1.0


def test_logsumexp_far_out():
    assert autograd.logsumexp([1000.0, 1000.0]) == 1000.0 + math.log(2.0)
    assert autograd.logsumexp([-1000.0, -1000.0]) == -1000.0 + math.log(2.0)
    assert autograd.logsumexp([-math.inf, 3.0]) == 3.0
    assert autograd.logsumexp([-math.inf, -math.inf]) == -math.inf
    assert autograd.logsumexp([math.inf, 3.0]) == math.inf


def test_the_slope_of_tanh_has_an_absolute_error_of_a_rounding():
    # The truth at 20 is 1.7e-17: 1 - z^2 gives up relative accuracy there.
    assert slope_at(autograd.tanh, 20.0) == pytest.approx(1.7e-17, abs=2e-16)


def test_the_slope_of_atan2_where_the_square_overflows():
    x = Value(3e200)
    assert gradient(autograd.atan2(x, 4e200), x) == pytest.approx(1.6e-201)


# ---- powers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "n", "slope"),
    [
        (0.0, 0, 0.0),
        (0.0, 1, 1.0),
        (0.0, 2, 0.0),
        (0.0, 3, 0.0),
        (-2.0, 3, 12.0),
        (-2.0, 4, -32.0),
        (-2.0, -1, -0.25),
        (-2.0, 0, 0.0),
    ],
)
def test_a_constant_exponent_takes_no_logarithm(x, n, slope):
    assert slope_at(lambda v: v**n, x) == slope


def test_the_slope_of_a_square_is_one_node():
    x = Value(-3.0)
    slope = gradient(x**2, x, create_graph=True)
    assert (slope.data, slope.op, slope.args) == (-6.0, TABLE["mul"], (2.0, x))


def test_a_number_to_the_power_of_a_value():
    assert slope_at(lambda v: 2**v, 3.0) == pytest.approx(8.0 * math.log(2.0))


def test_a_power_of_two_values_needs_a_positive_base():
    x, y = Value(-2.0), Value(3.0, label="y")
    z = x**y
    assert z.data == -8.0
    with pytest.raises(ValueError, match=r"derivative of \*\*\(-2\.0, y = 3\.0\)"):
        z.backward()
    assert gradient(z, x) == 12.0  # dz/dy is not computed where it is not wanted


# ---- kinks and choices -------------------------------------------------------------

NAN = math.nan
AROUND = {
    "step": {-0.5: 0.0, 0.0: 0.0, 0.5: 1.0, NAN: NAN},
    "sign": {-0.5: -1.0, 0.0: 0.0, 0.5: 1.0, NAN: NAN},
    "abs": {-0.5: 0.5, 0.0: 0.0, 0.5: 0.5, NAN: NAN},
    "relu": {-0.5: 0.0, 0.0: 0.0, 0.5: 0.5, NAN: NAN},
    "leaky_relu": {-0.5: -0.005, 0.0: 0.0, 0.5: 0.5, NAN: NAN},
}


@pytest.mark.parametrize("name", AROUND)
def test_values_around_a_kink(name):
    for x, y in AROUND[name].items():
        found = [TABLE[name](x), TABLE[name](Value(x)).data]
        assert found == pytest.approx([y, y], rel=1e-15, nan_ok=True)


@pytest.mark.parametrize(
    ("x", "y", "less", "less_equal", "smaller", "larger"),
    [
        (1.0, 1.0, 0.0, 1.0, 1.0, 1.0),
        (1.0, 1.5, 1.0, 1.0, 1.0, 1.5),
        (1.5, 1.0, 0.0, 0.0, 1.0, 1.5),
        (-math.inf, math.inf, 1.0, 1.0, -math.inf, math.inf),
        (math.inf, math.inf, 0.0, 1.0, math.inf, math.inf),
        (NAN, 1.0, 0.0, 0.0, NAN, NAN),
        (1.0, NAN, 0.0, 0.0, NAN, NAN),
    ],
)
def test_the_smaller_and_the_larger_of_two(x, y, less, less_equal, smaller, larger):
    names = ["less", "less_equal", "minimum", "maximum"]
    expected = pytest.approx([less, less_equal, smaller, larger], nan_ok=True)
    assert [TABLE[name](x, y) for name in names] == expected
    assert [TABLE[name](Value(x), y).data for name in names] == expected
    expected = pytest.approx([smaller, larger], nan_ok=True)
    assert [autograd.min([x, y]), autograd.max([x, y])] == expected


def test_a_leaky_relu_of_slope_minus_one_is_abs():
    for x in (-2.0, 0.5):
        v, slope = Value(x), Value(-1.0)
        z = autograd.leaky_relu(v, slope)
        assert z.data == abs(x)
        assert gradient(z, [v, slope]) == [math.copysign(1.0, x), min(x, 0.0)]


# ---- where a derivative does not exist, it raises ----------------------------------


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (autograd.sqrt, 0.0),
        (autograd.asin, 1.0),
        (autograd.acos, -1.0),
        (lambda v: v**0.5, 0.0),
        (lambda v: autograd.hypot(v, 0.0), 0.0),
        (lambda v: autograd.atan2(v, 0.0), 0.0),
    ],
)
def test_an_infinite_derivative_raises_and_names_its_operation(f, x):
    v = Value(x, label="v")
    with pytest.raises(ZeroDivisionError, match=r"the derivative of .*v = .*needs"):
        f(v).backward()
    assert v.grad == 0.0


POWERS = (
    "x >= 0 where the exponent is fractional, x != 0 where it is negative, and a "
    "result below 1.8e308"
)
OUTSIDE = [
    ("div", (1.0, 0.0), "a divisor other than 0"),
    ("power", (-8.0, 1 / 3), POWERS),
    ("power", (0.0, -1.0), POWERS),
    ("power", (1e200, 2.0), POWERS),
    ("exp", (1000.0,), "x < 709.8"),
    ("log", (0.0,), "x > 0"),
    ("log1p", (-1.0,), "x > -1"),
    ("expm1", (1000.0,), "x < 709.8"),
    ("sqrt", (-1.0,), "x >= 0"),
    ("sin", (math.inf,), "a finite x"),
    ("cos", (math.inf,), "a finite x"),
    ("tan", (math.inf,), "a finite x"),
    ("asin", (1.5,), "-1 <= x <= 1"),
    ("acos", (1.5,), "-1 <= x <= 1"),
    ("sinh", (1000.0,), "|x| < 710.4"),
    ("cosh", (1000.0,), "|x| < 710.4"),
]


@pytest.mark.parametrize(("name", "args", "domain"), OUTSIDE)
def test_an_error_says_where_the_operation_is_defined(name, args, domain):
    for operands in (args, (Value(args[0]), *args[1:])):
        with pytest.raises((ArithmeticError, ValueError)) as error:
            TABLE[name](*operands)
        assert f"; {TABLE[name].name} needs {domain}" in str(error.value)


@pytest.mark.parametrize(
    ("f", "domain"),
    [
        (lambda v: Value(-2.0) ** v, "x > 0 where the exponent is a Value"),
        (lambda v: autograd.sqrt(v - 3.0), "x >= 0, its derivative x > 0"),
        (lambda v: autograd.asin(v / 3.0), "-1 <= x <= 1, its derivative -1 < x < 1"),
        (lambda v: autograd.acos(v / 3.0), "-1 <= x <= 1, its derivative -1 < x < 1"),
        (lambda v: autograd.hypot(v - 3.0, 0.0), "a point other than the origin for"),
        (lambda v: autograd.atan2(v - 3.0, 0.0), "a point other than the origin for"),
    ],
)
def test_an_error_says_where_the_derivative_is_defined(f, domain):
    v = Value(3.0)
    with pytest.raises((ArithmeticError, ValueError), match=" needs " + domain):
        f(v).backward()


def test_the_power_of_a_negative_number_may_be_complex_and_the_error_says_so():
    with pytest.raises(ValueError, match=r": a fractional power of a negative .* comp"):
        Value(-8.0) ** (1 / 3)


def test_an_empty_sequence():
    for f in (autograd.max, autograd.min, autograd.logsumexp):
        with pytest.raises(ValueError, match=r": an empty sequence has no largest"):
            f([])
    assert repr(autograd.sum([])) == repr(autograd.dot([], [])) == "0.0"


# ---- comparisons stay in the graph -------------------------------------------------


def test_no_rule_freezes_a_comparison():
    # The second derivative is recorded at x = -1 or 2; x > 0 must not be baked in.
    x = Value(2.0)
    for f in (autograd.relu, autograd.abs, autograd.leaky_relu):
        slope = gradient(f(x) * x, x, create_graph=True)
        assert gradient(slope, x) == 2.0


def test_where_differentiates_the_chosen_branch_only():
    x, y = Value(2.0), Value(3.0)
    z = autograd.where(x > y, x * x, x * y)
    assert gradient(z, [x, y]) == [3.0, 2.0]


def test_the_primitive_detach_is_the_number_without_a_derivative():
    x = Value(2.0)
    z = TABLE["detach"](x)
    assert (z.data, gradient(x * z, x)) == (2.0, 2.0)


SIGNS = {
    **{"add": "+", "sub": "-", "mul": "*", "div": "/", "power": "**"},
    **{"general_power": "**", "less": "<", "less_equal": "<="},
}


def test_a_primitive_bears_its_sign_or_its_own_name():
    names = {name: entry.name for name, entry in TABLE.items()}
    assert names == {name: SIGNS.get(name, name) for name in TABLE}


# ---- the methods are the table -----------------------------------------------------

TWO_ARGUMENTS = {"atan2", "hypot", "maximum", "minimum", "leaky_relu"}
METHODS = sorted(name for name in TABLE if inspect.isfunction(vars(Value).get(name)))


def test_every_scalar_function_has_its_method():
    no_methods = {"where", "sum", "dot", "logsumexp", "max", "min"}
    public = {name for name in autograd.__all__ if name in TABLE}
    assert public - no_methods == set(METHODS) - {"detach"}


@pytest.mark.parametrize("name", [name for name in METHODS if name != "detach"])
def test_a_method_is_the_function_of_the_same_name(name):
    others = [0.25] if name in TWO_ARGUMENTS else []
    x = Value(0.5)
    z, same = getattr(x, name)(*others), TABLE[name](x, *others)
    assert z.op is same.op is TABLE[name]
    assert (z.args, z.data) == (same.args, same.data)


@pytest.mark.parametrize("name", ["asin", "acos", "atan"])
def test_numpy_finds_the_methods_by_its_own_names(name):
    x = Value(0.5)
    assert getattr(x, "arc" + name[1:])().op is TABLE[name]
    assert x.arctan2(2.0).op is autograd.atan2
