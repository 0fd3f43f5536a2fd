"""Where a NaN came from, graphs that are out of date, gradients that add up."""

from __future__ import annotations

import asyncio
import copy
import math
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
from autograd import (
    AnomalyError,
    TraceError,
    Value,
    compile,
    derivative,
    detect_anomaly,
    draw,
    explain,
    grad,
    gradient,
    hessian,
    jvp,
    leaves,
    no_grad,
    primitive,
    replay,
    sum,
    tree,
)
from autograd.chain_rule import pushforward
from autograd.primitives import detach

HERE = r"; made at test_anomaly\.py, line \d+: "


# ---- the first result that is not finite ---------------------------------------------

RESULTS: list[tuple[float, Callable[[Value], Value], type[Exception], str]] = [
    (0.0, lambda x: x.log(), ValueError, r"log\(x = 0.0\): .*maximum\(x, 1e-12\)"),
    (0.0, lambda x: 1 / x, ZeroDivisionError, r"/\(1.0, x = 0.0\): .*where\(y, y, 1"),
    (800.0, lambda x: x.exp(), OverflowError, r"exp\(x = 800.0\): .*logsumexp do not"),
    (-1.0, lambda x: x.sqrt(), ValueError, r"sqrt\(x = -1.0\): .*sqrt needs x >= 0"),
    (1e200, lambda x: x * x, AnomalyError, r"\*\(x = 1e\+200, x = 1e\+200\): gives"),
    (1e308, lambda x: x + x, AnomalyError, "gives inf: it is beyond 1.8e308; scale"),
    (float("nan"), lambda x: x + 1, AnomalyError, "nan, for the operand x = nan is"),
    (float("inf"), lambda x: x - x, AnomalyError, "nan, for the operand x = inf is"),
    (1e308, lambda x: sum([x] * 9), AnomalyError, r"x = 1e\+308, ... \(9 operands\)"),
]


@pytest.mark.parametrize(("x", "f", "error", "words"), RESULTS)
def test_the_first_result_that_is_not_finite_is_named_with_its_line(
    x: float, f: Callable[[Value], Value], error: type[Exception], words: str
) -> None:
    with detect_anomaly(), pytest.raises(error, match=f"{words}.*{HERE}.*lambda x"):
        f(Value(x, label="x"))


def test_the_first_operation_is_named_and_not_the_one_that_raises() -> None:
    x = Value(1e200, label="x")
    with pytest.raises(ValueError, match=r"^sin\(inf\)"):
        (x * x).sin()
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"^\*\(x = 1e\+200"):
        (x * x).sin()


def test_a_primitive_that_gives_nan_by_itself_is_named() -> None:
    odd = primitive(lambda x: math.nan, lambda z, x: 1.0, name="odd")
    with (
        detect_anomaly(),
        pytest.raises(AnomalyError, match=r"^odd\(1.0\): .* are fin"),
    ):
        odd(Value(1.0))


def test_the_line_is_that_of_the_program_and_not_of_the_packages() -> None:
    model = nn.MLP(1, [1])
    for p in model.parameters():
        p.data = 1e300
    with detect_anomaly(), pytest.raises(AnomalyError, match=f"{HERE}model"):
        model([1e300])


# ---- the first derivative that is not finite -----------------------------------------


def root() -> Value:
    return Value(0.0, label="a").sqrt() + 1.0


def steep() -> Value:
    return Value(5e-324, label="a").log() * 2.0


def chain() -> Value:
    a = Value(1e-160, label="a")
    return 3.0 * (1.0 / a)


DERIVATIVES = [
    (root, ZeroDivisionError, r"sqrt\(a = 0.0\): (float )?division by zero"),
    (steep, AnomalyError, r"log\(a = 5e-324\): inf with respect to a = 5e-324, times"),
    (chain, AnomalyError, r"/\(1.0, a = 1e-160\): -inf with .* the adjoint 3.0 of"),
]


@pytest.mark.parametrize(("f", "error", "words"), DERIVATIVES)
def test_the_first_derivative_that_is_not_finite_is_named_with_its_line(
    f: Callable[[], Value], error: type[Exception], words: str
) -> None:
    with detect_anomaly():
        y = f()
        (a,) = leaves(y)
        for sweep in (y.backward, lambda: gradient(y, a)):
            with pytest.raises(error, match=f"^the derivative of {words}.*{HERE}"):
                sweep()
    assert a.grad == 0.0


def test_the_line_is_known_to_a_sweep_after_the_block() -> None:
    with detect_anomaly():
        y = root()
    with pytest.raises(ZeroDivisionError, match=f"derivative of sqrt.*{HERE}return"):
        y.backward()
    y = root()
    with pytest.raises(ZeroDivisionError, match=r"as in sqrt\(x \+ 1e-12\)$"):
        y.backward()


def test_a_product_of_finite_factors_names_both() -> None:
    a = Value(1e-100, label="a")
    with detect_anomaly():
        y = (a * 1e200) * 1e200
        with pytest.raises(
            AnomalyError,
            match=r"of \*\(a = 1e-100, 1e\+200\): 1e\+200 with respect to a = 1e-100, "
            r"times the adjoint 1e\+200 of 1e\+100, gives inf",
        ):
            y.backward()


def test_the_first_of_many_is_named() -> None:
    a = Value(1e-300, label="a")
    with detect_anomaly():
        y = a * 1e200 * 1e200 * 1e200
        with pytest.raises(AnomalyError, match=r"^the derivative of \*\(1e-100, 1e\+2"):
            y.backward()


def test_a_sum_of_finite_terms_is_noticed() -> None:
    a = Value(0.0, label="a")
    with detect_anomaly():
        y = a * 1.5e308 + a * 1.5e308
        with pytest.raises(AnomalyError, match=r"^the adjoint of a = 0\.0 is inf: so"):
            y.backward()
        b = a * 0.5
        y = b * 1.5e308 + b * 1.5e308
        with pytest.raises(AnomalyError, match=r"^the adjoint of 0\.0 is inf.*" + HERE):
            y.backward()
        with pytest.raises(AnomalyError, match=r"the tangent of 0\.0 is inf.*" + HERE):
            jvp(lambda x: x * 1.5e308 + x * 1.5e308)((a,), (1.0,))


def test_forward_mode_names_the_operation_too() -> None:
    with (
        detect_anomaly(),
        pytest.raises(AnomalyError, match=r"of \*\(.*times the tangent 1e\+200 of"),
    ):
        jvp(lambda x: (x * 1e200) * 1e200)((1e-100,), (1.0,))


def test_forward_mode_names_the_operation_and_not_its_operand() -> None:
    with (
        detect_anomaly(),
        pytest.raises(
            AnomalyError,
            match=r"^the derivative of \*\(1e-100, 1e\+200\): 1e\+200 with respect to "
            rf"1e-100, times the tangent 1e\+200 of 1e-100, gives inf{HERE}jvp",
        ),
    ):
        jvp(lambda x: x * 1e200)((1e-100,), (1e200,))


def test_a_derivative_that_is_not_asked_for_is_not_looked_at() -> None:
    x, y, zero = Value(-2.0), Value(3.0), Value(0.0)
    with detect_anomaly():
        assert gradient(x**y + zero.sqrt() * 1.0, x) == 12.0
        assert jvp(lambda t: t**y + zero.sqrt() * 1.0)((-2.0,), (1.0,))[1] == 12.0


def test_derivatives_of_derivatives_name_the_operation_too() -> None:
    with (
        detect_anomaly(),
        pytest.raises(ZeroDivisionError, match=r"the derivative of sqrt\(.*" + HERE),
    ):
        hessian(lambda x: x**2 + (x**2).sqrt())(0.0)


# ---- what is not found outside of the block, and what stays as it was ----------------


def test_outside_of_the_block_nothing_is_kept_and_infinities_go_through() -> None:
    x = Value(1e200)
    with detect_anomaly():
        y = x * 1.0
    z = x * x
    assert (type(z), z.data) == (Value, float("inf"))
    assert type(y * 2.0) is Value


def test_the_nodes_of_the_block_are_values_like_others() -> None:
    x = Value(3.0, label="x")
    with detect_anomaly():
        y = x * x + 1.0
        y.backward()
    assert repr(y) == "Value(10.0, grad=1.0, op='+')"
    assert not hasattr(y, "__dict__")
    y.label = "Watched"
    assert repr(y) == "Value(10.0, grad=1.0, op='+', label='Watched')"
    assert x.grad == 6.0
    assert "10" in str(tree(y))
    assert "<svg" in draw(y).svg
    assert "6" in explain(y, x).text()
    assert len(list(replay(y)))
    twin = copy.deepcopy(y)
    assert (twin.data, gradient(twin, leaves(twin)[0])) == (10.0, 6.0)
    assert copy.copy(y).data == 10.0
    with pytest.raises(TraceError, match="is not known while it is compiled"):
        compile(lambda t: t * y.data, 1.0)
    assert compile(lambda t: t * y, 1.0)(2.0) == 20.0


def test_transforms_give_what_they_give_outside_of_the_block() -> None:
    x = Value(2.0)

    def results() -> list[Any]:
        return [
            hessian(lambda t: (t[0] * t[1]).sin())([1.0, 2.0]),
            jvp(lambda t: t.exp())((1.0,), (1.0,)),
            derivative(lambda t: t**4, 3)(2.0),
            derivative(lambda t: t * derivative(lambda s: s * t)(3.0))(2.0),
            repr(grad(lambda t: t**3)(x)),
        ]

    outside = results()
    with no_grad():
        constant = results()
    with detect_anomaly():
        assert results() == outside
        with no_grad():
            assert results() == constant
    with no_grad(), detect_anomaly():
        assert results() == constant
    assert outside[2] == 48.0
    assert outside[-1].startswith("Value(12.0")
    assert constant[-1].startswith("Constant(12.0")


def test_blocks_nest_with_one_another_and_with_no_grad() -> None:
    x = Value(1e200, label="x")
    watch = detect_anomaly()
    with watch, watch, no_grad():
        y = x * 2.0
        assert repr(y) == "Constant(2e+200, grad=0.0)"
        with pytest.raises(AnomalyError):
            x * x
    with no_grad(), detect_anomaly():
        assert repr(x * 2.0) == "Constant(2e+200, grad=0.0)"
        with pytest.raises(AnomalyError):
            x * x
    with no_grad():
        with detect_anomaly():
            x * 2.0
        assert repr(x * x) == "Constant(inf, grad=0.0)"
    with detect_anomaly():
        assert repr(x.detach() * 2.0) == "Constant(2e+200, grad=0.0)"
        assert repr(x.detach()) == "Constant(1e+200, grad=0.0, label='x')"
        assert repr(detach(x.detach())) == "Constant(1e+200, grad=0.0)"
    assert (x * x).data == float("inf")


def test_a_block_within_a_function_that_is_compiled_holds_for_no_symbol() -> None:
    def f(x: Value) -> Value:
        with detect_anomaly():
            return x * x

    assert compile(f, 1.0)([3.0, 1e200]).tolist() == [9.0, float("inf")]
    assert derivative(f, 2)(3.0) == 2.0


def test_a_block_holds_for_its_thread_and_its_task_only() -> None:
    x = Value(1e200)
    results: list[float] = []
    with detect_anomaly():
        thread = threading.Thread(target=lambda: results.append((x * x).data))
        thread.start()
        thread.join()
    assert results == [float("inf")]

    async def watched(inside: asyncio.Event, outside: asyncio.Event) -> None:
        with detect_anomaly():
            inside.set()
            await outside.wait()
            with pytest.raises(AnomalyError):
                x * x

    async def plain(inside: asyncio.Event, outside: asyncio.Event) -> None:
        await inside.wait()
        assert (x * x).data == float("inf")
        outside.set()

    async def both() -> None:
        events = asyncio.Event(), asyncio.Event()
        await asyncio.gather(watched(*events), plain(*events))

    asyncio.run(both())


# ---- graphs that are out of date, gradients that add up ------------------------------


def test_a_graph_whose_leaves_moved_is_refused() -> None:
    w = Value(2.0, label="w")
    y = w * w  # also what was made before the block
    w.data = 3.0
    with (
        detect_anomaly(),
        pytest.raises(
            RuntimeError,
            match=r"^\*\(w = 3.0, w = 3.0\) was computed as 4.0, and is 9.0 now",
        ),
    ):
        y.backward()
    assert w.grad == 0.0
    y.backward()
    assert w.grad == 6.0  # outside of the block: the slope at 3, silently
    with detect_anomaly(), pytest.raises(RuntimeError, match=r"as 4\.0, and is 9\.0"):
        jvp(lambda x: x * y)((1.0,), (1.0,))


def test_a_number_set_within_a_graph_is_refused() -> None:
    w = Value(2.0, label="w")
    with detect_anomaly():
        y = w.log()
        z = y * 2.0
        y.data = 5.0
        with pytest.raises(RuntimeError, match=r"log\(w = 2.0\) was computed as 5.0"):
            z.backward()
        w.data = -1.0
        with pytest.raises(RuntimeError, match=r"and is an error \(.*\) now"):
            gradient(z, w)


def test_numbers_that_were_not_finite_before_are_not_out_of_date() -> None:
    x = Value(float("nan"))
    y = x + 1.0
    with detect_anomaly():
        y.backward()
    assert x.grad == 1.0
    v = Value(2.0)
    v.data = 3  # a person may set an int
    with detect_anomaly():
        (v * v).backward()
    assert v.grad == 6.0


def descend(steps: int, zero: bool, rate: float = 0.1) -> None:
    w, v = Value(2.0, label="w"), Value(2.0, label="v")
    for _ in range(steps):
        if zero:
            w.grad = v.grad = 0.0
        (v * v + w * w).backward()
        for x in (v, w):
            x.data -= rate * x.grad


def test_gradients_that_are_never_zeroed_are_noticed() -> None:
    with detect_anomaly():
        descend(3, zero=True)
        for rate, now in ((0.1, 1.6), (-0.1, 2.4)):
            with pytest.warns(
                RuntimeWarning,
                match=rf"^backward\(\) adds to the grad 4.0 of [vw] = "
                rf"{now}, which .* was 2.0: call zero_grad",
            ) as caught:
                descend(2, zero=False, rate=rate)
            assert [entry.filename for entry in caught] == [__file__]  # once a step


def test_gradients_that_are_meant_to_add_up_are_not() -> None:
    w = Value(2.0)
    w.grad = 1.0  # from before the block
    with detect_anomaly(), warnings.catch_warnings():
        warnings.simplefilter("error")
        for x in (1.0, 2.0):  # two parts of a batch, at one and the same number
            w.data = float("2")
            (w * x).backward()
    assert w.grad == 4.0


class Idle(nn.Module):
    """Holds a parameter that it does not use."""

    def __init__(self) -> None:
        self.used, self.idle = Value(1.0), Value(1.0)

    def __call__(self, x: Any) -> list[Value]:
        return [self.used * x[0]]


def test_fit_names_parameters_that_no_gradient_reaches() -> None:
    model = Idle()
    with pytest.warns(RuntimeWarning, match="does not depend on idle: no gradient"):
        nn.fit(model, [[1.0], [2.0]], [2.0, 4.0], loss="mse", epochs=2, progress=False)
    assert (model.idle.data, model.used.data != 1.0) == (1.0, True)


# ---- compiled ------------------------------------------------------------------------


def test_compiled_functions_say_where_it_came_from(backend: str) -> None:
    w = Value(2.0, label="w")

    def f(x: list[Value]) -> Value:
        inner = w * x[0] - x[1]
        return inner.log()

    c = compile(f, [1.0, 1.0], backend=backend)
    words = r"log\(0.0\): .*; log needs x > 0.*" + HERE + r"return inner.log\(\)"
    with pytest.raises(FloatingPointError, match=f"^sample 1: {words}"):
        c([[1.0, 1.0], [1.0, 2.0]])
    with pytest.raises(FloatingPointError, match=f"not finite at sample 1: {words}"):
        c.value_and_grad([[1.0, 1.0], [1.0, 2.0]])
    with no_grad(), pytest.raises(FloatingPointError, match=f"at sample 1: {words}"):
        c.value_and_grad([[1.0, 1.0], [1.0, 2.0]])


def test_compiled_gradients_say_where_it_came_from(backend: str) -> None:
    w = Value(1.0, label="w")
    c = compile(lambda x: (w * x).sqrt(), 1.0, backend=backend)
    with pytest.raises(
        FloatingPointError,
        match=r"^the gradient is not finite at sample 1: the derivative of sqrt\(0.0\)"
        rf".*{HERE}c = compile",
    ):
        c.value_and_grad([1.0, 0.0])


def test_compiled_inputs_bear_their_names() -> None:
    c = compile(lambda x, y: y * x[1].log(), [1.0, 1.0], 1.0)
    with pytest.raises(FloatingPointError, match=r"log\(x0\[1\] = 0.0\)"):
        c([[1.0, 0.0]], [1.0])


def test_compiled_infinities_are_errors_in_the_block_only(backend: str) -> None:
    c = compile(lambda x: x * x, 1.0, backend=backend)
    big = np.array([1.0, 1e200])
    assert c(big).tolist() == [1.0, float("inf")]
    assert c(1e200) == float("inf")
    with detect_anomaly():
        assert c(big[:1]).tolist() == [1.0]
        for x in (big, 1e200):
            with pytest.raises(FloatingPointError, match=r"\*\(x0 = 1e\+200, x0"):
                c(x)
    w = Value(1e200, label="w")
    d = compile(lambda x: w * x, 1.0, backend=backend)
    with pytest.raises(FloatingPointError, match=r"at sample 1: \*\(w = 1e\+200, x0 ="):
        d.value_and_grad(big)


@pytest.mark.parametrize("compiled", [True, False])
def test_fit_says_which_operation_and_which_row(compiled: bool) -> None:
    model = Idle()
    model.idle = model.used
    model.used.data, model.used.label = 1e300, "w"
    options = {"compile": compiled, "progress": False, "epochs": 1}
    with pytest.raises(
        FloatingPointError, match=r"row 1: \*\(w = 1e\+300, 1e\+300\): gives inf"
    ):
        nn.fit(model, [[1e-300], [1e300]], [1.0, 1.0], "mse", **options)


@pytest.mark.parametrize("block", [no_grad, detect_anomaly])
def test_ctrl_c_on_the_way_in_leaves_no_mode_behind(block: Any) -> None:
    class Struck(list[Any]):
        def append(self, entry: Any) -> None:
            raise KeyboardInterrupt

    x = Value(1e200)
    manager = block()
    manager._outer = Struck()
    with pytest.raises(KeyboardInterrupt), manager:
        pytest.fail("the block was entered")
    assert repr(x * x) == "Value(inf, grad=0.0, op='*')"


def test_ctrl_c_between_the_two_modes_leaves_neither(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Struck:
        def get(self) -> None:
            return None

        def set(self, watch: object) -> None:
            if watch is not None:
                raise KeyboardInterrupt

    monkeypatch.setattr("autograd.anomaly.watching", Struck())
    x = Value(1e200)
    with pytest.raises(KeyboardInterrupt), detect_anomaly():
        pytest.fail("the block was entered")
    assert repr(x * x) == "Value(inf, grad=0.0, op='*')"


def test_a_tangent_that_was_given_is_not_derived() -> None:
    x = Value(0.0)
    z = x.sqrt()
    with detect_anomaly():
        assert pushforward([z * 2.0], {x: 1.0, z: 1.0})[z] == 1.0
