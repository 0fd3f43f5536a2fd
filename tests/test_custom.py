"""A user's own primitive stands beside those of the table."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import pytest

from autograd import (
    Primitive,
    Value,
    cos,
    derivative,
    exp,
    grad,
    gradcheck,
    hessian,
    jvp,
    no_grad,
    primitive,
    sin,
    stop_gradient,
    where,
)

sinc = primitive(
    lambda x: where(x, sin(x) / where(x, x, 1.0), 1.0),
    lambda z, x: where(x, (cos(x) - z) / where(x, x, 1.0), -x / 3.0),
    name="sinc",
)
cube = primitive(lambda x: x**3, lambda z, x: 3 * x**2, name="cube")
scaled = primitive(
    lambda x, y: x * math.exp(y),
    lambda z, x, y: exp(y),
    lambda z, x, y: z,
    name="scaled",
)
norm2 = primitive(
    lambda *xs: sum(x * x for x in xs),
    together=lambda z, *xs: [2.0 * x for x in xs],
    name="norm2",
)


# ---- the same standing as the built-in ones ------------------------------------------


def test_numbers_in_a_float_out() -> None:
    assert cube(2) == 8.0
    assert type(cube(2)) is float
    assert type(scaled(1, True)) is float


def test_a_value_in_a_node_out() -> None:
    x = Value(2.0)
    y = cube(x)
    assert (y.data, y.op, y.args) == (8.0, cube, (x,))
    y.backward()
    assert x.grad == 12.0
    assert isinstance(cube, Primitive)
    assert repr(cube) == "<primitive cube>"
    assert repr(y) == "Value(8.0, grad=1.0, op='cube')"


def test_a_number_among_the_arguments_is_a_constant() -> None:
    y = scaled(2.0, Value(0.5))
    assert y.args[0] == 2.0
    assert grad(lambda y: scaled(2.0, y))(0.5) == 2.0 * math.exp(0.5)


def test_every_order() -> None:
    assert [derivative(cube, n)(2.0) for n in range(5)] == [8.0, 12.0, 12.0, 6.0, 0.0]
    assert hessian(lambda x: norm2(*x))([1.0, 2.0]) == [[2.0, 0.0], [0.0, 2.0]]
    assert jvp(scaled)((2.0, 0.0), (1.0, 10.0)) == (2.0, 21.0)


@pytest.mark.parametrize("x", [-2.0, 0.5, 3.0])
def test_sinc_is_checked(x: float) -> None:
    assert gradcheck(sinc, x, order=2)


def test_sinc_at_its_limit() -> None:
    assert gradcheck(sinc, 0.0)
    assert [derivative(sinc, n)(0.0) for n in range(4)] == [1.0, 0.0, -1 / 3, 0.0]


def test_gradcheck_of_several_arguments() -> None:
    assert gradcheck(scaled, 2.0, 0.5, order=2)
    assert gradcheck(lambda x: norm2(*x), [1.0, -2.0, 0.5], order=2)


def test_no_grad_and_stop_gradient() -> None:
    x = Value(2.0)
    with no_grad():
        assert cube(x).args == ()
    held = primitive(lambda x: x * x, lambda z, x: 2.0 * stop_gradient(x), name="held")
    assert derivative(held)(3.0) == 6.0
    assert derivative(held, order=2)(3.0) == 0.0


def test_the_definition_can_be_called_with_values() -> None:
    x = Value(2.0)
    y = sinc.definition(x)
    assert y.op is where
    y.backward()
    assert x.grad == pytest.approx(derivative(sinc)(2.0), rel=1e-14)


# ---- names ---------------------------------------------------------------------------


def test_the_name_is_that_of_the_function() -> None:
    def softsign(x: float) -> float:
        return x / (1.0 + abs(x))

    assert primitive(softsign, 1.0).name == "softsign"
    assert primitive(math.gamma, 1.0).name == "gamma"


def test_a_lambda_needs_a_name() -> None:
    with pytest.raises(ValueError, match="needs a name"):
        primitive(lambda x: x, 1.0)


def test_errors_of_the_value_name_the_operation() -> None:
    root = primitive(math.sqrt, lambda z, x: 0.5 / z, name="root", needs="x >= 0")
    with pytest.raises(ValueError, match=r"^root\(-1.0\): .*; root needs x >= 0$"):
        root(-1)
    with pytest.raises(ValueError, match=r"^root\(a = -1.0\)"):
        root(Value(-1.0, label="a"))
    x = Value(0.0)
    with pytest.raises(ZeroDivisionError, match=r"the derivative of root\(0.0\)"):
        root(x).backward()
    assert x.grad == 0.0


# ---- what is wrong fails at its first use, by name, and changes nothing ------------


@pytest.mark.parametrize("args", [(), (1.0, 2.0), (Value(1.0), 2.0)])
def test_wrong_number_of_partials(args: Any) -> None:
    with pytest.raises(TypeError, match=r"cube was called with .* it has 1 partial"):
        cube(*args)


def test_wrong_number_of_partials_together() -> None:
    short = primitive(lambda *xs: xs[0], together=lambda z, *xs: xs[:1], name="short")
    x, y = Value(1.0), Value(2.0)
    z = short(x, y)
    with pytest.raises(TypeError, match="partials of short are a sequence of 2"):
        z.backward()
    assert (x.grad, y.grad, z.grad) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "rule",
    [
        lambda z, x: "2",
        lambda z, x: None,
        lambda z, x: [x],
        lambda z, x: 1j,
        lambda x: 2 * x,
        lambda z, x, y: x,
    ],
)
def test_a_rule_that_gives_no_number(rule: Any) -> None:
    broken = primitive(lambda x: x, rule, name="broken")
    x = Value(1.0)
    y = broken(x) * x
    with pytest.raises(TypeError, match="the derivative of broken"):
        y.backward()
    assert (x.grad, y.grad) == (0.0, 0.0)
    with pytest.raises(TypeError, match="the derivative of broken"):
        grad(broken)(1.0)


def test_a_rule_written_with_math_has_no_second_derivative() -> None:
    sine = primitive(math.sin, lambda z, x: math.cos(x), name="sine")
    assert derivative(sine)(0.0) == 1.0
    with pytest.raises(TypeError, match=r"derivative of sine.*autograd.exp\(v\)"):
        derivative(sine, order=2)(0.0)


@pytest.mark.parametrize("result", ["2", None, [1.0], 1j, Value(1.0)])
def test_a_value_that_is_no_number(result: Any) -> None:
    broken = primitive(lambda x: result, 1.0, name="broken")
    for x in (1.0, Value(1.0)):
        with pytest.raises(TypeError, match="the value of broken: expected a real"):
            broken(x)


def test_numbers_become_floats() -> None:
    whole = primitive(lambda x: 3, 2, name="whole")
    x = Value(1.0)
    y = whole(x)
    y.backward()
    assert [type(n) for n in (whole(1.0), y.data, x.grad)] == [float] * 3


def test_bad_definitions() -> None:
    with pytest.raises(TypeError, match="needs a partial for each argument"):
        primitive(math.sin)
    with pytest.raises(TypeError, match="needs a partial for each argument"):
        primitive(math.sin, 1.0, together=lambda z, x: [1.0])
    with pytest.raises(TypeError, match="a partial of sin: expected a real number"):
        primitive(math.sin, "cos")  # type: ignore[arg-type]


# ---- copies and pickles --------------------------------------------------------------


def test_copies_are_the_same_primitive() -> None:
    local = primitive(lambda x: x, 1.0, name="local")
    assert copy.copy(local) is copy.deepcopy(local) is local
    assert copy.deepcopy(cube(Value(2.0))).op is cube


def test_pickled_by_the_name_in_its_module() -> None:
    assert pickle.loads(pickle.dumps(sinc)) is sinc
    with pytest.raises(TypeError, match="primitive local is not a global name"):
        pickle.dumps(primitive(lambda x: x, 1.0, name="local"))


@pytest.mark.parametrize(
    "value", [lambda *xs: xs[0], lambda x, *, y=1.0: x * y, lambda x, **more: x]
)
def test_a_c_expression_needs_parameters_that_it_can_name(value):
    with pytest.raises(TypeError, match=r"^named: c= .*named parameters"):
        primitive(value, 1.0, name="named", c="x")
