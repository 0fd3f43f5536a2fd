"""Many calls, many threads, long programs: nothing grows, nothing is disturbed."""

from __future__ import annotations

import gc
import sys
import threading
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest

from autograd import Value, compile, dot, exp, maximum, sin, tanh


def network(seed: int, width: int = 6) -> Any:
    rng = np.random.default_rng(seed)
    W = [[Value(x) for x in row] for row in rng.normal(size=(width, 3)).tolist()]

    def f(x):
        hidden = [tanh(dot(row, x)) for row in W]
        return dot(hidden, hidden) + maximum(hidden[0], hidden[1]) * W[0][0]

    return f


X = np.random.default_rng(0).normal(size=(20, 3))


def bits(result: Any) -> Any:
    value, gradient = result
    return value, gradient.tobytes()


# ---- nothing grows -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("batches", "times"), [([20], 1000), ([1, 5, 20], 1000), (list(range(1, 13)), 240)]
)
def test_memory_does_not_grow_over_many_calls(batches, times):
    c = compile(network(1), [0.0] * 3)
    theta = c.get_theta()

    def run(times: int) -> int:
        for i in range(times):
            part = X[: batches[i % len(batches)]]
            c.value_and_grad(part, theta=theta)
            c(part)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        few = run(24)
        many = run(times)
    finally:
        tracemalloc.stop()
    # Arrays are kept for eight sizes of batches or so: 20,000 bytes each.
    assert many < few + 300_000


def test_a_call_makes_no_object_for_each_scalar():
    c = compile(network(1, width=60), [0.0] * 3)
    theta = c.get_theta()
    c.value_and_grad(X, theta=theta)
    seen = []

    def count(frame: Any, event: str, arg: Any) -> None:
        if event in ("call", "c_call"):
            seen.append(event)

    sys.setprofile(count)
    try:
        c.value_and_grad(X, theta=theta)
    finally:
        sys.setprofile(None)
    assert len(seen) < 200  # it has more than 500 scalars, and 180 parameters


def test_the_collector_is_as_it_was():
    for enable in (gc.enable, gc.disable):
        enable()
        try:
            compile(network(1), [0.0] * 3)
            with pytest.raises(ZeroDivisionError):
                compile(lambda x: x * (1 / 0), 0.0)
            assert gc.isenabled() is (enable is gc.enable)
        finally:
            gc.enable()


# ---- nobody disturbs another ---------------------------------------------------------


@pytest.mark.usefixtures("backend")
def test_results_are_not_overwritten_by_a_later_call():
    c = compile(network(1), [0.0] * 3)
    outputs = compile(lambda x: [x[0], sin(x[1]), [x[2]]], [0.0] * 3)
    whole = compile(lambda x: [[x[0], x[1]]], [0.0] * 3)
    _, gradient = c.value_and_grad(X)
    theta, y = c.get_theta(), c(X)
    first, second, (third,) = outputs(X)
    z = whole(X)
    results = [gradient, theta, y, first, second, third, z]
    kept = [result.copy() for result in results]
    c.value_and_grad(X + 1.0)
    c(X + 1.0)
    outputs(X + 1.0)
    whole(X + 1.0)
    c.assign(theta * 2.0)
    c.value_and_grad(X)
    for result, copy in zip(results, kept):
        assert np.array_equal(result, copy)
        result[...] = 7.0  # they are the caller's own
    c.assign(kept[1])
    assert np.array_equal(c(X), kept[2])
    assert np.array_equal(c.value_and_grad(X)[1], kept[0])
    assert not np.shares_memory(first, second)


@pytest.mark.usefixtures("backend")
def test_an_input_that_is_returned_is_a_copy():
    given = X.copy()
    y = compile(lambda x: x, [0.0] * 3)(given)
    y[...] = 7.0
    assert np.array_equal(given, X)


@pytest.mark.usefixtures("backend")
def test_two_compiled_functions_in_turns():
    f, g = network(1), network(2)
    alone = [compile(h, [0.0] * 3) for h in (f, g)]
    want = [bits(c.value_and_grad(X)) for c in alone]
    c, d = compile(f, [0.0] * 3), compile(g, [0.0] * 3)
    for _ in range(3):
        assert bits(c.value_and_grad(X)) == want[0]
        assert bits(d.value_and_grad(X)) == want[1]
        d(X[:3])
        c(X[:7])


@pytest.mark.usefixtures("backend")
def test_batches_of_all_sizes_in_turns():
    c = compile(network(1), [0.0] * 3)
    want = [bits(c.value_and_grad(X[:n])) for n in range(1, 21)]
    for n in [20, 1, 13, 13, 2, 20, 7, 1, 19, 5, 6, 8, 9, 20]:
        assert bits(c.value_and_grad(X[:n])) == want[n - 1]


@pytest.mark.parametrize("traced", [True, False])
def test_eight_threads_use_one_function(traced):
    f = network(1)
    sizes = [1, 5, 20, 20]
    reference = compile(f, [0.0] * 3)
    want = [bits(reference.value_and_grad(X[:n])) for n in sizes]
    outputs = [reference(X[:n]).tobytes() for n in sizes]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(5):  # the first calls, which make the plans, race too
            c = compile(f, [0.0] * 3) if traced else compile(f)
            barrier = threading.Barrier(8)
            errors: list[Any] = []

            def work(c: Any = c, barrier: Any = barrier, errors: Any = errors) -> None:
                try:
                    barrier.wait(20.0)
                    for i in range(12):
                        k = i % len(sizes)
                        if bits(c.value_and_grad(X[: sizes[k]])) != want[k]:
                            errors.append("another gradient")
                        if c(X[: sizes[k]]).tobytes() != outputs[k]:
                            errors.append("another output")
                except Exception as error:
                    errors.append(error)

            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert errors == []
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.usefixtures("backend")
def test_an_error_leaves_the_function_as_it_was():
    w = Value(0.5)
    c = compile(lambda x: exp(x * w), 0.0)
    want = bits(c.value_and_grad([1.0, 2.0]))
    for _ in range(20):
        with pytest.raises(FloatingPointError):
            c.value_and_grad([1.0, 1e4])
        with pytest.raises(ValueError, match="nan"):
            c.value_and_grad([1.0, float("nan")])
        assert bits(c.value_and_grad([1.0, 2.0])) == want


@pytest.mark.usefixtures("backend")
def test_no_warning_leaks_and_numpy_settings_stay():
    c = compile(lambda x: 1.0 / (1.0 + exp(-x)) + exp(x), 0.0)
    with np.errstate(all="raise"):
        assert c([1.0, -1000.0])[1] == 0.0
        before = np.geterr()
        with pytest.raises(FloatingPointError, match=r"exp\(x0 = 1000.0\)"):
            c([1.0, 1000.0])
        assert np.geterr() == before
    float32 = compile(lambda x: sin(x) * 1e-30 * x, 0.0, dtype="float32")
    with np.errstate(all="raise"):
        float32(np.array([1e-30, 2.0]))


def test_a_function_that_compiles_while_it_is_traced():
    w = Value(0.5)

    def f(x):
        inner = compile(lambda y: y * w, 1.0)
        assert inner.parameters == [w]
        return x * w

    assert compile(f, 1.0)([2.0]).tolist() == [1.0]


# ---- growth --------------------------------------------------------------------------


def seconds_to_compile(n: int) -> float:
    # n neurons of 5 inputs: about 11 scalars each, and as many for the gradient.
    rng = np.random.default_rng(1)
    W = [[Value(x) for x in row] for row in rng.normal(size=(n, 5)).tolist()]

    def f(x):
        total = 0.0
        for row in W:
            y = row[0] * x[0]
            for w, xi in zip(row[1:], x[1:]):
                y = y + w * xi
            total = total + tanh(y)
        return total

    best = float("inf")
    for _ in range(2 if n < 1000 else 1):
        start = time.perf_counter()
        c = compile(f, [0.0] * 5)
        c.value_and_grad(np.ones((2, 5)))
        best = min(best, time.perf_counter() - start)
    return best


def test_compiling_grows_in_proportion():
    few, many = seconds_to_compile(300), seconds_to_compile(3000)
    assert many < 40.0 * few  # 10 and some noise; 100 if it were quadratic


def test_a_chain_of_a_hundred_thousand_nodes_needs_no_recursion():
    w = Value(0.5)
    n = 100_000

    def f(x):
        for _ in range(n // 2):
            x = sin(x) * w
        return x

    limit = sys.getrecursionlimit()
    failure: list[Any] = []

    def work() -> None:
        try:
            c = compile(f, 0.0)
            assert len(c.tape.splitlines()) == n
        except BaseException as error:
            failure.append(error)

    size = threading.stack_size(8 * 1024 * 1024)
    sys.setrecursionlimit(250)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(limit)
        threading.stack_size(size)
    assert failure == []


def test_the_gradient_of_a_long_chain():
    w = Value(0.999)

    def f(x):
        for _ in range(3_000):
            x = sin(x) * w
        return x

    y = f(Value(0.7))
    y.backward()
    value, gradient = compile(f, 0.0).value_and_grad([0.7])
    assert value == pytest.approx(y.data, rel=1e-10)
    assert gradient[0] == pytest.approx(w.grad, rel=1e-10)


@pytest.mark.usefixtures("backend")
def test_a_sum_added_up_term_by_term():
    n = 30_000
    w = [Value(k / 1e4) for k in range(n // 10)]

    def f(x):
        total = 0.0
        for k in range(n):
            total = total + w[k % len(w)] * x
        return total

    value, gradient = compile(f, 0.0).value_and_grad([2.0])
    assert value == pytest.approx(2.0 * 10.0 * sum(p.data for p in w), rel=1e-11)
    assert gradient == pytest.approx(np.full(len(w), 20.0))
