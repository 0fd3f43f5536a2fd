"""gradcheck passes right derivatives and is seen to reject each kind of wrong one."""

from __future__ import annotations

import math
from typing import Any

import pytest

from autograd import (
    GradcheckError,
    Value,
    chain_rule,
    cos,
    dot,
    exp,
    gradcheck,
    hypot,
    log,
    logsumexp,
    primitive,
    relu,
    sin,
    softmax,
    sqrt,
    stop_gradient,
    sum,
    tanh,
)
from autograd.graph import topological_order
from autograd.local_derivatives import local_derivatives

# ---- what is right passes ------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "inputs"),
    [
        (lambda x: 3.0, (1.0,)),
        (lambda x: x, (0.0,)),
        (lambda x: x**3, (-2.0,)),
        (lambda x: x.exp() if isinstance(x, Value) else math.exp(x), (1.0,)),
        (lambda x, y: hypot(x, y), (3.0, -4.0)),
        (log, (1e-3,)),
        (lambda x: sin(1000.0 * x), (0.3,)),
        (lambda x: 1e6 * x**2, (1e6,)),
        (lambda x: 1e-9 * exp(x), (2.0,)),
        (lambda x: 1e200 * x * x, (3.0,)),
        (softmax, ([0.5, -1.0, 2.0],)),
        (lambda x: [x[0] * x[1][0], (x[1][0] ** 2,)], ([2.0, (3.0,)],)),
        (lambda x, y: {True: x * y}[True], (Value(2.0), 3)),
    ],
)
@pytest.mark.parametrize("order", [1, 2])
def test_right_derivatives_pass(f: Any, inputs: Any, order: int) -> None:
    assert gradcheck(f, *inputs, order=order)


def test_closures_stay_as_they_are() -> None:
    w = Value(2.0)
    assert gradcheck(lambda x: w * tanh(w * x), 0.3, order=2)
    assert w.grad == 0.0


def test_a_cotangent_of_ones_own() -> None:
    assert gradcheck(lambda x: [sin(x), cos(x)], 0.3, cotangent=[2.0, -1.0], order=2)
    with pytest.raises(ValueError, match="cotangent has 1 numbers, expected 2"):
        gradcheck(lambda x: [sin(x), cos(x)], 0.3, cotangent=[2.0])


def test_many_inputs_are_checked_along_few_directions() -> None:
    calls = []

    def f(xs: Any) -> Any:
        calls.append(1)
        return logsumexp(xs) + sin(dot(xs, xs))

    assert gradcheck(f, [math.sin(i) for i in range(500)])
    assert len(calls) == 3 * (1 + 8 * 5)  # per place: one vjp, 8 x (jvp, 4 moves)


# ---- what is wrong does not ----------------------------------------------------------


def wrong(*rules: Any, value: Any = math.sin) -> Any:
    return primitive(value, *rules, name="wrong")


@pytest.mark.parametrize(
    ("rule", "x"),
    [
        pytest.param(lambda z, x: -cos(x), 0.7, id="sign"),
        pytest.param(lambda z, x: 2.0 * cos(x), 0.7, id="factor 2"),
        pytest.param(lambda z, x: cos(x) * (1.0 + 1e-5), 0.7, id="five digits"),
        pytest.param(lambda z, x: cos(x) + 1e-5, 0.7, id="offset"),
        pytest.param(0.0, 0.7, id="zero"),
        pytest.param(lambda z, x: float("nan"), 0.7, id="nan"),
        pytest.param(lambda z, x: float("inf"), 0.7, id="infinity"),
        pytest.param(math.cos(0.7), 0.7, id="right at one point"),
        pytest.param(1.0, 0.0, id="right at 0 only"),
        pytest.param(lambda z, x: cos(abs(x)) * (1 - (x < 0)), -0.7, id="one side"),
    ],
)
def test_a_wrong_rule_is_rejected(rule: Any, x: float) -> None:
    with pytest.raises(GradcheckError, match=r"^derivatives disagree"):
        gradcheck(wrong(rule), x)


@pytest.mark.parametrize("n", [3, 100])
def test_one_wrong_input_of_many_is_rejected(n: int) -> None:
    sine = wrong(lambda z, x: -cos(x))
    xs = [0.1 * i for i in range(n)]
    with pytest.raises(GradcheckError, match=r"x0\[1\]" if n == 3 else "direction 0"):
        gradcheck(lambda x: sine(x[1]) + sum(x), xs)


def test_a_wrong_partial_of_the_second_argument_is_rejected() -> None:
    swapped = wrong(
        lambda z, x, y: 1.0 / y, lambda z, x, y: z / y, value=lambda x, y: x / y
    )
    with pytest.raises(GradcheckError) as failure:
        gradcheck(swapped, 3.0, 2.0)
    assert "x1" in str(failure.value)
    assert "\nx0" not in str(failure.value)


def test_a_wrong_second_derivative_is_rejected_at_order_2() -> None:
    frozen = wrong(lambda z, x: cos(stop_gradient(x)))
    assert gradcheck(frozen, 0.7)
    with pytest.raises(GradcheckError, match=r"^second derivatives disagree"):
        gradcheck(frozen, 0.7, order=2)


def test_a_sweep_that_forgets_the_cotangent_is_rejected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forgetful(output: Value, inputs: Any, **_: Any) -> dict[Value, Any]:
        slopes = {output: 1.0}
        for z in reversed(topological_order(output)):
            slopes |= dict(local_derivatives(z))
        return slopes

    monkeypatch.setattr(chain_rule, "adjoints", forgetful)
    assert gradcheck(sin, 0.7, cotangent=1.0)
    with pytest.raises(GradcheckError):
        gradcheck(sin, 0.7)


def test_a_kink_is_rejected() -> None:
    with pytest.raises(GradcheckError):
        gradcheck(relu, 0.0)


# ---- the table, and bad input --------------------------------------------------------


def test_the_table_names_the_input_and_gives_all_three() -> None:
    doubled = wrong(lambda z, x: 2.0 * x * 2.0, value=lambda x: x * x)
    with pytest.raises(GradcheckError) as failure:
        gradcheck(lambda a, b: a * doubled(b[0][1]), 1.0, [(5.0, 3.0)], cotangent=1.0)
    head, columns, row = str(failure.value).splitlines()
    assert head.startswith("derivatives disagree at the inputs (1 of 3 rows")
    assert columns.split() == [
        "input",
        "reverse",
        "forward",
        "differences",
        "difference",
    ]
    assert row.split() == ["x1[0][1]", "12", "12", "6", "6"]
    assert issubclass(GradcheckError, AssertionError)


def test_a_long_table_is_cut() -> None:
    negative = wrong(lambda z, x: -cos(x))
    with pytest.raises(GradcheckError, match="and 10 more"):
        gradcheck(lambda xs: sum([negative(x) for x in xs]), [0.1] * 30)


@pytest.mark.parametrize("order", [0, 3, True, 1.5, "1", None])
def test_order_is_1_or_2(order: Any) -> None:
    with pytest.raises(ValueError, match="order is 1 or 2"):
        gradcheck(sin, 1.0, order=order)


def test_no_inputs() -> None:
    with pytest.raises(ValueError, match="at least one number"):
        gradcheck(lambda: 1.0)
    with pytest.raises(TypeError, match=r"x0\[1\]: expected a real number, got 'b'"):
        gradcheck(lambda x: x[0], [1.0, "b"])


def test_outside_the_domain_it_raises_what_f_raises() -> None:
    with pytest.raises(ValueError, match="sqrt"):
        gradcheck(sqrt, -1.0)
