"""Compositions of primitives."""

from __future__ import annotations

import math

import pytest

import autograd
from autograd import Value, gradient, leaves

LOGITS = [
    [0.3, -1.2, 2.0],
    [1000.0, 1001.0, 998.5],
    [-1000.0, -1001.0, -1000.5],
    [1e6, 1e6 - 2.0, 1e6],
    [5.0],
    [2.0, 2.0, 2.0, 2.0],
]
EXACT = {"rel": 1e-12, "abs": 1e-300}


def values(xs: list[float]) -> list[Value]:
    return [Value(x) for x in xs]


def exact_softmax(xs: list[float]) -> list[float]:
    mp = pytest.importorskip("mpmath", reason="the exact values need mpmath")
    with mp.workdps(60):
        weights = [mp.exp(mp.mpf(x)) for x in xs]
        return [float(w / mp.fsum(weights)) for w in weights]


@pytest.mark.parametrize("xs", LOGITS)
def test_softmax_is_stable(xs):
    want = pytest.approx(exact_softmax(xs), **EXACT)
    assert autograd.softmax(xs) == want
    assert [z.data for z in autograd.softmax(values(xs))] == want
    assert math.fsum(autograd.softmax(xs)) == pytest.approx(1.0, rel=1e-15)


@pytest.mark.parametrize("xs", LOGITS)
def test_the_gradient_of_logsumexp_is_softmax(xs):
    inputs = values(xs)
    assert gradient(autograd.logsumexp(inputs), inputs) == pytest.approx(
        exact_softmax(xs), **EXACT
    )


@pytest.mark.parametrize("xs", LOGITS)
def test_the_gradient_of_softmax(xs):  # ds_i/dx_j = s_i ((i = j) - s_j)
    s = exact_softmax(xs)
    inputs = values(xs)
    for i, z in enumerate(autograd.softmax(inputs)):
        want = [s[i] * ((i == j) - s[j]) for j in range(len(xs))]
        assert gradient(z, inputs) == pytest.approx(want, rel=1e-12, abs=1e-16)


@pytest.mark.parametrize("xs", LOGITS)
def test_log_softmax_and_its_gradient(xs):  # (i = j) - s_j
    mp = pytest.importorskip("mpmath", reason="the exact values need mpmath")
    s = exact_softmax(xs)
    inputs = values(xs)
    for i, z in enumerate(autograd.log_softmax(inputs)):
        with mp.workdps(60):
            total = mp.log(mp.fsum(mp.exp(mp.mpf(x)) for x in xs))
            assert z.data == pytest.approx(float(xs[i] - total), rel=1e-12, abs=1e-15)
        want = [(i == j) - s[j] for j in range(len(xs))]
        assert gradient(z, inputs) == pytest.approx(want, rel=1e-12, abs=1e-16)


def test_log_softmax_where_softmax_is_zero():
    got = autograd.log_softmax([0.0, 2000.0])
    assert got == [-2000.0, 0.0]
    assert autograd.softmax([0.0, 2000.0]) == [0.0, 1.0]


@pytest.mark.parametrize("x", [-800.0, -5.0, -0.3, 0.0, 0.4, 3.0, 800.0])
@pytest.mark.parametrize("name", ["gelu", "silu"])
def test_gelu_and_silu_with_two_derivatives(name, x):
    mp = pytest.importorskip("mpmath", reason="the exact derivatives need mpmath")
    with mp.workdps(400):
        f = {
            "gelu": lambda t: t * (1 + mp.erf(t / mp.sqrt(2))) / 2,
            "silu": lambda t: t / (1 + mp.exp(-t)),
        }[name]
        want = [float(mp.diff(f, mp.mpf(x), n)) for n in range(3)]
    v = Value(x)
    y = 3.0 * getattr(autograd, name)(v)
    slope = gradient(y, v, create_graph=True)
    got = [y.data, slope.data, gradient(slope, v)]
    assert got == pytest.approx([3.0 * w for w in want], rel=1e-13, abs=4e-15)
    assert 3.0 * getattr(autograd, name)(x) == y.data


def test_prod_and_its_gradient_also_with_a_zero_factor():
    xs = values([2.0, 0.0, 5.0])
    assert gradient(autograd.prod(xs), xs) == [0.0, 10.0, 0.0]
    assert autograd.prod([]) == 1.0
    assert autograd.prod(iter([2, 3])) == 6.0


def test_mean_and_its_gradient():
    xs = values([1.0, 2.0, 6.0])
    assert autograd.mean(xs).data == 3.0
    assert gradient(autograd.mean(xs), xs) == [1 / 3] * 3
    with pytest.raises(ValueError, match="empty"):
        autograd.mean([])


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_an_empty_sequence_is_refused(name):
    with pytest.raises(ValueError, match="empty"):
        getattr(autograd, name)([])


@pytest.mark.parametrize("name", ["prod", "mean", "softmax", "log_softmax"])
def test_numbers_give_floats_and_any_value_gives_values(name):
    f = getattr(autograd, name)

    def kinds(result):
        return {type(z) for z in (result if isinstance(result, list) else [result])}

    assert kinds(f([1, 2.0, True])) == {float}
    x = Value(2.0)
    mixed = f(z for z in (1.0, x, 3))
    assert kinds(mixed) == {Value}
    assert leaves(mixed[1] if isinstance(mixed, list) else mixed) == [x]


@pytest.mark.parametrize("name", ["prod", "mean", "softmax", "log_softmax"])
@pytest.mark.parametrize("bad", ["ab", [None], [1j], 3.0])
def test_what_is_no_sequence_of_numbers_is_refused(name, bad):
    with pytest.raises(TypeError):
        getattr(autograd, name)(bad)
