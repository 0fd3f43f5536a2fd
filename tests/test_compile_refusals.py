"""Tracing never lies: what cannot be compiled is refused, with line and remedy."""

from __future__ import annotations

import inspect
import math
import random
import re
import threading
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import TraceError, Value, compile, gradient, no_grad, where

w = Value(0.5, label="w")
interior = w * 2.0


def branch(x):
    return x if x > 0.0 else -x


def branch_on_equality(x):
    return x if x == 0.0 else -x


def branch_on_inequality(x):
    return x if x != 0.0 else -x


def truth(x):
    return 1.0 if x else 0.0


def truth_called(x):
    return 1.0 if bool(x) else 0.0


def negation(x):
    return 1.0 if not x else 0.0


def loop(x):
    while x < 10.0:
        x = x * 2.0
    return x


def loop_bound(x):
    y = x
    for _ in range(x):
        y = y * x
    return y


def whole(x):
    return x * int(x)


def index(x):
    return [1.0, 2.0][x] * x


def chained_comparison(x):
    return where(0.0 < x < 1.0, x, 0.0)


def either(x):
    return x or 1.0


def largest(x):
    return x - max(x, 0.0)


def ordered(x):
    return sorted([x, -x])[0]


def largest_number(x):
    return x - max(v.data for v in [x, x * 2.0])


def input_read(x):
    return x * x.data


def result_read(x):
    y = x * 2.0
    return x * y.data


def parameter_read(x):
    return x * w.data


def interior_read(x):
    return x * interior.data


def parameter_compared(x):
    return x if w > 0.0 else -x


def parameter_formatted(x):
    return x * float(f"{w:.3f}")


def number_of_input(x):
    return x * float(x)


def number_of_math(x):
    return x * math.exp(x)


def rounded_down(x):
    return x * math.floor(x)


def backward_inside(x):
    y = x * w
    y.backward()
    return y


def backward_function(x):
    y = x * w
    autograd.backward(y)
    return y


def linear_backward(x):
    y = x + w
    autograd.backward(y)
    return y


def gradient_as_number(x):
    return x * gradient(x * x * w, x)


def input_set(x):
    x.data = 2.0
    return x


def parameter_set(x):
    w.data = 2.0
    return x * w


REFUSED = {
    branch: "branch",
    branch_on_equality: "==",
    branch_on_inequality: "==",
    truth: "x if x else",
    truth_called: "branch",
    negation: "branch",
    loop: "branch",
    loop_bound: "loop bound",
    whole: "int",
    index: "index",
    chained_comparison: "branch",
    either: "branch",
    largest: "branch",
    ordered: "branch",
    largest_number: "compute with the Value",
    input_read: "compute with the Value",
    result_read: "compute with the Value",
    parameter_read: "compute with the Value",
    interior_read: "compute with the Value",
    parameter_compared: "where",
    parameter_formatted: "compute with the Value",
    number_of_input: "v.exp()",
    number_of_math: "v.exp()",
    rounded_down: "v.exp()",
    backward_inside: "grad(f)",
    backward_function: "",
    linear_backward: "",
    gradient_as_number: "",
    input_set: "",
    parameter_set: "return",
}
REFUSED[truth] = "branch"


def line_of_refusal(f: Any) -> range:
    """Give the lines of f: the named one must be among them."""
    lines, first = inspect.getsourcelines(f)
    return range(first + 1, first + len(lines))


def assert_untouched() -> None:
    """Value.data works as it does before any trace, also in another thread."""
    seen: list[Any] = []

    def work() -> None:
        v = Value(3.0)
        v.data = 4.0
        y = v * v
        y.backward()
        seen.append((v.data, y.data, v.grad, y > 0.0))

    work()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(4.0, 16.0, 8.0, True)] * 2
    assert type(Value.__dict__["data"]).__name__ == "member_descriptor"
    assert (w.data, w.grad, interior.data) == (0.5, 0.0, 1.0)


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_it_is_refused_with_the_line_and_a_remedy(f):
    try:
        with pytest.raises(TraceError, match=r"line \d+: .+; .+") as caught:
            compile(f, 1.0)
    finally:
        w.data, w.grad = 0.5, 0.0
    message = str(caught.value)
    assert REFUSED[f] in message
    file, line = re.match(r"(.+), line (\d+): ", message).groups()
    assert file == "test_compile_refusals.py"
    assert int(line) in line_of_refusal(f)
    assert_untouched()
    assert compile(lambda x: x * w, 1.0)([1.0, 2.0]).tolist() == [0.5, 1.0]


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_it_is_refused_at_the_first_call_too(f):
    c = compile(f)
    for _ in range(2):
        try:
            with pytest.raises(TraceError):
                c.value_and_grad([1.0, 2.0])
        finally:
            w.data, w.grad = 0.5, 0.0
    assert repr(c) == f"<compiled {f.__name__}, not traced yet>"
    assert_untouched()


@pytest.mark.parametrize(
    "draw",
    [
        random.random,
        lambda: np.random.default_rng().normal(),
        lambda: Value(random.random()),
        lambda: Value(random.gauss(0.0, 1.0)).tanh(),
    ],
)
def test_random_numbers_inside_are_refused(draw):
    with pytest.raises(TraceError, match=r"not deterministic.*outside of f"):
        compile(lambda x: x * draw(), 1.0)
    assert_untouched()


def test_a_function_that_changes_its_structure_is_refused():
    steps = iter([1, 2, 3])

    def f(x):
        for _ in range(next(steps)):
            x = x * x
        return x

    with pytest.raises(TraceError, match="not deterministic"):
        compile(f, 1.0)


def test_a_parameter_made_anew_on_each_run_is_a_constant():
    c = compile(lambda x: x * Value(3.0), 1.0)
    assert c.parameters == []
    assert c([1.0, 2.0]).tolist() == [3.0, 6.0]


@pytest.mark.parametrize("result", [None, "text", {"loss": 1.0}, object(), 1j, [None]])
def test_what_is_no_number_cannot_be_returned(result):
    with pytest.raises(TypeError, match="output of f"):
        compile(lambda x: result, 1.0)
    assert_untouched()


@pytest.mark.parametrize("f", [None, 3.0, "f", Value(1.0)])
def test_only_functions_compile(f):
    with pytest.raises(TypeError, match="compile takes a function"):
        compile(f, 1.0)


def test_an_exception_of_f_itself_goes_through():
    def f(x):
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        compile(f, 1.0)
    assert_untouched()


def test_a_keyboard_interrupt_inside_leaves_no_trace():
    def f(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compile(f, 1.0)
    assert_untouched()


def test_other_threads_read_data_while_one_traces():
    inside, seen = threading.Event(), threading.Event()
    found: list[float] = []

    def f(x):
        inside.set()
        assert seen.wait(10.0)
        return x * w

    def work() -> None:
        assert inside.wait(10.0)
        y = w * 2.0
        y.backward()
        found.extend([w.data, y.data, w.grad])
        seen.set()

    thread = threading.Thread(target=work)
    thread.start()
    compile(f, 1.0)
    thread.join()
    w.grad = 0.0
    assert found == [0.5, 1.0, 2.0]
    assert_untouched()


def test_two_threads_trace_at_once():
    barrier = threading.Barrier(2)
    results: list[Any] = []

    def work(factor: float) -> None:
        def f(x):
            barrier.wait(10.0)
            return x * w * factor

        c = compile(f, 1.0)
        try:
            compile(lambda x: x * w.data, 1.0)
        except TraceError:
            results.append(c([2.0]).tolist())

    threads = [threading.Thread(target=work, args=(k,)) for k in (3.0, 5.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [[3.0], [5.0]]
    assert_untouched()


def test_a_trace_inside_no_grad_still_differentiates():
    with no_grad():
        c = compile(lambda x: w * x * x, 1.0)
        value, slopes = c.value_and_grad([2.0])
    assert (value, slopes.tolist()) == (2.0, [4.0])
    assert_untouched()


def test_symbols_may_be_printed_and_compared_as_nodes():
    def f(x):
        y = x * w
        text = f"{x} {y:.3f} {y!r}"
        assert "traced" in text
        assert x == x
        assert x != y
        assert y in {y: 1}
        assert isinstance(y, Value)
        return y

    assert compile(f, 1.0)([4.0]).tolist() == [2.0]


def test_numpy_arrays_of_symbols_compute_as_eager_ones():
    A = np.array([[1.0, 2.0], [3.0, 4.0]])

    def f(x):
        y = A @ np.array(x) * w
        return np.exp(y).sum() + np.tanh(np.array(x)).sum()

    c = compile(f, [0.1, 0.2])
    y = f([Value(0.1), Value(0.2)])
    assert c([[0.1, 0.2]]).tolist() == pytest.approx([y.data])
    with pytest.raises(TraceError):
        compile(lambda x: x * float(np.array(x).astype(float)), 1.0)


def test_a_grad_that_is_read_inside_is_refused():
    # It would be frozen into the compiled function.
    with pytest.raises(TraceError):
        compile(lambda x: x * w.grad, 1.0)


@pytest.mark.parametrize("f", [lambda x, w: x * 0.0**w, lambda x, w: 0.0 ** (x * w)])
def test_a_rule_that_fails_at_a_constant_is_a_floating_point_error(f):
    w = Value(1.0)
    c = compile(lambda x: f(x, w), 1.0)
    assert c([1.0]).tolist() == [0.0]
    with pytest.raises(FloatingPointError, match=r"log\(0\.0\)"):
        c.value_and_grad([1.0])
