"""Calling the plan as C: the same numbers as by NumPy, from many threads, for ever."""

from __future__ import annotations

import gc
import itertools
import os
import resource
import signal
import sys
import threading
import time
import tracemalloc
import warnings
from typing import Any

import numpy as np
import pytest

from autograd import Value, compile, dot, exp, log, maximum, primitive, sin, sqrt, tanh
from autograd import sum as total
from tests.laws_c import PROGRAMS, SEVERAL, exercise, values
from tests.laws_compile import ARITIES
from tests.laws_table import TABLE, apply

pytestmark = pytest.mark.usefixtures("native")
M = values(1, 5, 3)
X = np.random.default_rng(0).normal(size=(1000, 3))


def network(x: Any) -> Any:
    hidden = [tanh(dot(row, x)) for row in M]
    return dot(hidden, hidden) + maximum(hidden[0], hidden[1]) * M[0][0]


def both(f: Any, *like: Any, **options: Any) -> list[Any]:
    return [compile(f, *like, backend=b, **options) for b in ("c", "numpy")]


def bits(result: Any) -> Any:
    value, gradient = result
    return value, gradient.tobytes()


# ---- the same numbers ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "dtype"),
    [(name, "float64") for name in [*PROGRAMS, *SEVERAL]]
    + [(name, "float32") for name in ("layers", "irregular", "several outputs")],
)
def test_programs_agree_with_numpy(name, dtype):
    exercise(name, dtype, [1, 6])


def test_batches_around_a_tile():
    ours, theirs = both(network, [0.0] * 3)
    ours.value_and_grad(X)
    tile = ours._runner.native(True).file.tile
    for n in (1, tile - 1, tile, tile + 1, 2 * tile, 3 * tile + 5, 1000):
        (value, gradient), (want, slopes) = (
            c.value_and_grad(X[:n]) for c in (ours, theirs)
        )
        assert value == pytest.approx(want, rel=1e-13)
        assert gradient == pytest.approx(slopes, rel=1e-12, abs=1e-14)
        assert ours(X[:n]) == pytest.approx(theirs(X[:n]), rel=1e-12)


SPECIAL = [float("nan"), float("inf"), float("-inf"), 0.0, 5e-324, -5e-324]
SPECIAL += [1e308, -1e308, 1.0, -1.0, 0.5, -2.5]
EXPONENTS = (-2.0, -1.0, -0.5, 0.5, 2.0, 3.0, 1.5)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_each_primitive_at_special_values(dtype, monkeypatch):
    monkeypatch.setenv("CFLAGS", "")  # as it is for users: by vectors
    # Sums and products are gathered, and may overflow in another order.
    names = sorted(set(TABLE) - {"sum", "dot", "logsumexp", "max", "min", "power"})

    def f(xs: Any) -> Any:
        found = [apply(name, *xs[: ARITIES[name][0]]) for name in names]
        powers = [xs[0] ** n for n in EXPONENTS]
        return found + powers + [apply("max", *xs), apply("min", *xs)]

    ours, theirs = both(f, [1.0, 1.0, 1.0], dtype=dtype)
    with np.errstate(over="ignore"):
        batch = np.array(list(itertools.product(SPECIAL, repeat=3))).astype(dtype)
    theta = np.zeros(0, dtype)
    got = ours._runner.native(False).outputs([batch], theta, len(batch))
    with np.errstate(all="ignore"):
        want = theirs._runner.outputs_of([batch], theta, len(batch))
    columns = [*names, *map(str, EXPONENTS), "max", "min"]
    close = {"float64": 4e-15, "float32": 1e-6}[dtype]
    for column, a, b in zip(columns, got.T, want.T, strict=True):
        np.testing.assert_allclose(a, b, rtol=close, atol=0.0, err_msg=column)


def test_subnormals_are_not_flushed_once_a_library_is_loaded():
    c = compile(lambda x: x * M[0][0], 0.0, backend="c")
    M[0][0].data, kept = 0.5, M[0][0].data
    assert c([1e-323]).tolist() == [5e-324]
    M[0][0].data = kept
    tiny = np.array([5e-324])
    assert 5e-324 * float("1.0") != 0.0
    assert (tiny * 1.0 != 0.0).all()
    assert (np.array([2e-308]) / 4.0 == 5e-309).all()


def test_a_primitive_is_spelled_as_it_says():
    def own(**options: Any) -> Any:
        return primitive(
            lambda x, y: float(x) * float(y) + 1.0,
            lambda z, x, y: y,
            lambda z, x, y: x,
            name="own",
            numpy=lambda x, y: x * y + 1.0,
            **options,
        )

    w = Value(0.5)
    odd = own(c="fma(x, y, 2.0)")  # another number, to see which one is computed
    assert compile(lambda x: odd(x, w), 1.0)([2.0, 4.0]).tolist() == [3.0, 4.0]
    plain = own()
    assert compile(lambda x: plain(x, w), 1.0)([2.0, 4.0]).tolist() == [2.0, 3.0]
    in_c = compile(lambda x: plain(x, w), 1.0, backend="c")
    with pytest.raises(TypeError, match=r'own has no C spelling.*c="\.\.\."'):
        in_c([2.0])
    with pytest.raises(TypeError, match=r"own has no C spelling"):
        in_c.value_and_grad([2.0])


# ---- what is not finite --------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "batch"),
    [
        (lambda x: log(x * M[0][1] * M[0][1]), [1.0, 2.0, -3.0]),
        (lambda x: sqrt(x * M[0][1] * M[0][1]), [1.0, 0.0]),
        (lambda x: exp(x * x) * M[0][0], [1.0, 2.0, 3.0, 40.0]),
        (lambda x: log(M[0][0] - M[0][0]) * x, [1.0, 2.0]),
        (lambda x: 1.0 / (x - M[0][0] * 0.0), [1.0, 0.0, 0.0]),
        (lambda x: x * M[0][0], [1.0, float("nan")]),
        (lambda x: x * M[0][0], [1.0, 2.0, float("-inf")]),
    ],
)
def test_what_is_not_finite_is_reported_in_the_same_words(f, batch):
    messages = []
    for c in both(f, 1.0):
        for call in (c, c.value_and_grad, c.backward):
            try:
                call(batch)
            except (FloatingPointError, ValueError) as error:
                messages.append(f"{type(error).__name__}: {error}")
            else:
                messages.append("")
    assert messages[:3] == messages[3:]
    assert messages[1]


# ---- threads -------------------------------------------------------------------------


def test_eight_threads_call_one_function():
    sizes = [1, 5, 300, 1000]
    c = compile(network, [0.0] * 3)
    want = [(bits(c.value_and_grad(X[:n])), c(X[:n]).tobytes()) for n in sizes]
    c = compile(network)  # its first calls race, too
    barrier, errors = threading.Barrier(8), list[Any]()

    def work() -> None:
        try:
            barrier.wait(20.0)
            for i in range(60):
                n, (first, second) = sizes[i % 4], want[i % 4]
                if bits(c.value_and_grad(X[:n])) != first:
                    errors.append("another gradient")
                if c(X[:n]).tobytes() != second:
                    errors.append("another output")
        except Exception as error:
            errors.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        workers = [threading.Thread(target=work) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        sys.setswitchinterval(interval)
    assert errors == []


def test_a_call_lets_other_threads_run():
    def slow(x: Any) -> Any:
        for _ in range(30):
            x = sin(x) * M[0][0] + exp(-x * x)
        return x

    c = compile(slow, 0.0, threads=1)
    batch = np.linspace(0.0, 1.0, 300_000)
    c(batch[:2])
    native, theta = c._runner.native(False), c.get_theta()
    times: list[float] = []

    def work() -> None:
        times.append(time.perf_counter())
        native.outputs([batch[:, None]], theta, len(batch))
        times.append(time.perf_counter())

    worker, seen = threading.Thread(target=work), list[float]()
    worker.start()
    while worker.is_alive():
        seen.append(time.perf_counter())
        time.sleep(0.0005)
    worker.join()
    start, stop = times
    inside = [t for t in seen if 0.2 < (t - start) / (stop - start) < 0.8]
    assert len(inside) > 3


def test_threads_give_the_same_bits_on_every_run():
    values_of, gradients, outputs = [], [], []
    for threads in (1, 2, 3, 7):
        c = compile(network, [0.0] * 3, threads=threads)
        results = {bits(c.value_and_grad(X)) for _ in range(5)}
        again = compile(network, [0.0] * 3, threads=threads)
        moved = np.concatenate([[0.0], X.ravel()])[1:].reshape(X.shape)  # elsewhere
        results.add(bits(again.value_and_grad(moved)))
        assert len(results) == 1
        value, gradient = c.value_and_grad(X)
        values_of.append(value)
        gradients.append(gradient)
        outputs.append(c(X))
        c.value_and_grad(X[:2])  # fewer samples than threads
    assert values_of == pytest.approx([values_of[0]] * 4, rel=1e-12)
    for gradient, output in zip(gradients, outputs):
        assert output == pytest.approx(outputs[0], rel=1e-14)
        assert gradient == pytest.approx(gradients[0], rel=1e-12, abs=1e-14)


def test_a_forked_process_calls_it_too():
    if not hasattr(os, "fork"):
        pytest.skip("no fork")
    c = compile(network, [0.0] * 3, threads=2)
    want = bits(c.value_and_grad(X))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads and forks
        child = os.fork()
    if child == 0:  # pragma: no cover
        signal.alarm(20)  # else it might wait for ever, for threads that it has not
        os._exit(0 if bits(c.value_and_grad(X)) == want else 1)
    assert os.waitpid(child, 0)[1] == 0


# ---- nothing grows, nothing is copied ------------------------------------------------


def test_memory_is_flat_over_ten_thousand_calls():
    c = compile(network, [0.0] * 3, threads=1)
    theta = c.get_theta()

    def run(times: int) -> tuple[int, int]:
        for _ in range(times):
            c.value_and_grad(X[:20], theta=theta)
            c(X[:20])
        gc.collect()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return tracemalloc.get_traced_memory()[0], peak

    tracemalloc.start()
    try:
        run(100)
        before, peak = run(100)
        after, later = run(5_000)
    finally:
        tracemalloc.stop()
    assert after < before + 20_000
    assert later < peak + 4_000  # kilobytes


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_contiguous_arrays_are_not_copied(dtype):
    c = compile(lambda xs: total([x * M[0][0] for x in xs]), [0.0] * 16, dtype=dtype)
    batch = np.ones((50_000, 16), dtype)
    c.value_and_grad(batch)
    tracemalloc.start()
    try:
        c.value_and_grad(batch)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < batch.nbytes / 3
    assert c._runner.arrays([batch])[0][0].ctypes.data == batch.ctypes.data


@pytest.mark.usefixtures("native")
@pytest.mark.parametrize("flags", ["-O0", "-O3"])
def test_a_share_of_the_smallest_factor_is_not_lost(flags, monkeypatch):
    monkeypatch.setenv("CFLAGS", flags)
    w, least = Value(0.5), Value(5e-324)
    c = compile(lambda x: w * least * x, 1.0, backend="c")
    _, slopes = c.value_and_grad([1e130] * 3)
    assert slopes[0] == pytest.approx(5e-324 * 1e130, rel=1e-12, abs=0.0)
