"""Worked examples whose answers stand in the literature, and closed forms."""

from __future__ import annotations

import math
from typing import Any

import pytest

from autograd import (
    Value,
    adjoints,
    cos,
    derivative,
    dot,
    exp,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    logsumexp,
    prod,
    sin,
    softmax,
    sqrt,
    sum,
    tan,
    tanh,
    value_and_grad,
    vjp,
)
from autograd.chain_rule import pushforward

# ---- Baydin, Pearlmutter, Radul, Siskind: Automatic differentiation in machine
# learning: a survey. JMLR 18 (2018), tables 2 and 3: ln x1 + x1 x2 - sin x2 at (2, 5).


def baydin(x1: Any, x2: Any) -> list[Any]:
    """Give the survey's v1, ..., v5 (v4 = v1 + v2, v5 = v4 - v3)."""
    v1 = log(x1)
    v2 = x1 * x2
    v3 = sin(x2)
    v4 = v1 + v2
    return [v1, v2, v3, v4, v4 - v3]


def test_baydin_value() -> None:
    values = [0.693, 10.0, -0.959, 10.693, 11.652]
    assert baydin(2.0, 5.0) == pytest.approx(values, abs=5e-4)


def test_baydin_table_2_forward_tangents() -> None:
    x1, x2 = Value(2.0), Value(5.0)
    vs = baydin(x1, x2)
    tangents = pushforward([vs[-1]], {x1: 1.0, x2: 0.0})
    # v1' = x1'/x1, v2' = x1' x2 + x2' x1, v3' = x2' cos x2, ...
    assert [tangents[v] for v in vs] == [0.5, 5.0, 0.0, 5.5, 5.5]
    _, slope = jvp(lambda x1, x2: baydin(x1, x2)[-1])((2.0, 5.0), (0.0, 1.0))
    assert slope == pytest.approx(1.716, abs=5e-4)


def test_baydin_table_3_reverse_adjoints() -> None:
    x1, x2 = Value(2.0), Value(5.0)
    vs = baydin(x1, x2)
    found = adjoints(vs[-1])
    assert [found[v] for v in vs] == [1.0, 1.0, -1.0, 1.0, 1.0]
    assert found[x1] == 5.5
    assert found[x2] == 2.0 - math.cos(5.0) == pytest.approx(1.716, abs=5e-4)
    gradient = grad(lambda x1, x2: baydin(x1, x2)[-1], (0, 1))(2.0, 5.0)
    assert gradient == (found[x1], found[x2])


# ---- Griewank, Walther: Evaluating Derivatives, 2nd ed. (2008) -----------------------


def test_griewank_walther_first_example() -> None:
    # Tables 1.1 to 1.3: y = (sin(x1/x2) + x1/x2 - exp x2)(x1/x2 - exp x2) at (1.5, 0.5)
    def f(x1: Any, x2: Any) -> Any:
        v1 = x1 / x2
        v3 = exp(x2)
        v4 = v1 - v3
        return (sin(v1) + v4) * v4

    y, slope = jvp(f)((1.5, 0.5), (1.0, 0.0))
    assert y == pytest.approx(2.0167, abs=1e-4)
    assert slope == pytest.approx(3.0118, abs=1e-4)
    y, (x1bar, x2bar) = value_and_grad(f, (0, 1))(1.5, 0.5)
    assert y == pytest.approx(2.0167, abs=1e-4)
    assert x1bar == pytest.approx(3.0118, abs=1e-4)
    assert x2bar == pytest.approx(-13.7239, abs=1e-4)


def test_speelpenning_product() -> None:
    # y = x1 ... xn: every partial is the product of all the others.
    xs = [1.0 + 0.1 * i for i in range(12)]
    y, slopes = value_and_grad(prod)(xs)
    assert y == pytest.approx(math.prod(xs), rel=1e-14)
    assert slopes == pytest.approx([y / x for x in xs], rel=1e-14)
    row = [0.0 if j == 3 else y / xs[3] / x for j, x in enumerate(xs)]
    assert hessian(prod)(xs)[3] == pytest.approx(row, rel=1e-13)


def test_speelpenning_product_with_a_zero() -> None:
    assert grad(prod)([2.0, 0.0, 3.0]) == [0.0, 6.0, 0.0]


def test_lighthouse() -> None:
    # Section 2.1: the beam of a lighthouse at (0, 0) that turns at w meets the quay
    # y2 = g y1 at y1 = n tan(wt) / (g - tan(wt)).
    def beam(n: Any, g: Any, w: Any, t: Any) -> Any:
        slope = tan(w * t)
        y1 = n * slope / (g - slope)
        return [y1, g * y1]

    n, g, w, t = 2.0, 1.5, 0.3, 1.2
    slope = math.tan(w * t)
    denominator = (g - slope) ** 2
    rate = n * g * (1.0 + slope**2) / denominator  # dy1/d(wt)
    y1 = n * slope / (g - slope)
    first = (y1 / n, -n * slope / denominator, rate * t, rate * w)
    second = (g * first[0], y1 + g * first[1], g * first[2], g * first[3])
    found = jacobian(beam, (0, 1, 2, 3))(n, g, w, t)
    assert found[0] == pytest.approx(first, rel=1e-13)
    assert found[1] == pytest.approx(second, rel=1e-13)
    _, pullback = vjp(beam)(n, g, w, t)
    assert pullback([0.0, 1.0]) == pytest.approx(found[1], rel=1e-15)


def test_helmholtz_energy() -> None:
    # Griewank: On automatic differentiation (1989): the energy of a mixed fluid,
    # f = R T sum x_i log(x_i / (1 - b.x)) - x.Ax / (sqrt 8 b.x) log(...).
    n, RT = 5, 2.5
    b = [0.01 * (i + 1) for i in range(n)]
    A = [[1.0 / (1 + i + j) for j in range(n)] for i in range(n)]

    def f(x: Any) -> Any:
        bx = dot(b, x)
        xAx = dot(x, [dot(row, x) for row in A])
        entropy = sum([xi * log(xi / (1.0 - bx)) for xi in x])
        fraction = (1.0 + (1.0 + math.sqrt(2)) * bx) / (1.0 + (1.0 - math.sqrt(2)) * bx)
        return RT * entropy - xAx / (math.sqrt(8) * bx) * log(fraction)

    x = [0.3, 0.2, 0.7, 0.4, 0.5]
    bx = math.fsum(map(float.__mul__, b, x))
    Ax = [math.fsum(map(float.__mul__, row, x)) for row in A]
    xAx = math.fsum(map(float.__mul__, Ax, x))
    p, q = 1.0 + math.sqrt(2), 1.0 - math.sqrt(2)
    logarithm = math.log((1.0 + p * bx) / (1.0 + q * bx))
    expected = [
        RT * (math.log(x[i] / (1.0 - bx)) + 1.0 + math.fsum(x) * b[i] / (1.0 - bx))
        - 2.0 * Ax[i] * logarithm / (math.sqrt(8) * bx)
        + xAx * b[i] * logarithm / (math.sqrt(8) * bx**2)
        - xAx * b[i] / (math.sqrt(8) * bx) * (p / (1 + p * bx) - q / (1 + q * bx))
        for i in range(n)
    ]
    assert grad(f)(x) == pytest.approx(expected, rel=1e-12)


# ---- Hessians and Jacobians in closed form -------------------------------------------


def test_hessian_of_a_quadratic() -> None:
    A = [[2.0, -1.0, 0.5], [3.0, 1.0, 0.0], [-0.5, 4.0, -2.0]]
    symmetric = [[A[i][j] + A[j][i] for j in range(3)] for i in range(3)]

    def f(x: Any) -> Any:
        return dot(x, [dot(row, x) for row in A]) + 5.0 * x[1] - 7.0

    assert hessian(f)([0.3, -1.2, 2.0]) == symmetric


def test_rosenbrock() -> None:
    # Rosenbrock, Computer Journal 3 (1960): 100 (y - x^2)^2 + (1 - x)^2.
    def f(p: Any) -> Any:
        x, y = p
        return 100.0 * (y - x**2) ** 2 + (1.0 - x) ** 2

    assert value_and_grad(f)([1.0, 1.0]) == (0.0, [0.0, 0.0])
    assert hessian(f)([1.0, 1.0]) == [[802.0, -400.0], [-400.0, 200.0]]
    x, y = -1.2, 1.0
    assert grad(f)([x, y]) == pytest.approx([-215.6, -88.0], rel=1e-14)
    H = [[1200.0 * x**2 - 400.0 * y + 2.0, -400.0 * x], [-400.0 * x, 200.0]]
    assert hessian(f)([x, y]) == [pytest.approx(row, rel=1e-14) for row in H]
    assert hvp(f)([x, y], [1.0, -2.0]) == pytest.approx(
        [row[0] - 2.0 * row[1] for row in H], rel=1e-14
    )


XS = [0.5, -1.0, 2.0, 0.0]
WEIGHTS = [math.exp(x) for x in XS]
P = [w / math.fsum(WEIGHTS) for w in WEIGHTS]
COVARIANCE = [
    pytest.approx([P[i] * ((i == j) - P[j]) for j in range(4)], abs=1e-15)
    for i in range(4)
]


def test_logsumexp_has_the_covariance_as_its_hessian() -> None:
    assert grad(logsumexp)(XS) == pytest.approx(P, rel=1e-14)
    assert hessian(logsumexp)(XS) == COVARIANCE  # diag(p) - p p^T


def test_softmax_has_it_as_its_jacobian() -> None:
    assert jacobian(softmax)(XS) == COVARIANCE


def test_hessian_of_a_norm() -> None:
    # d2|x| = (I - u u^T) / |x| with u = x / |x|
    x = [1.0, -2.0, 2.0]
    expected = [
        pytest.approx([((i == j) - x[i] * x[j] / 9.0) / 3.0 for j in range(3)])
        for i in range(3)
    ]
    assert hessian(lambda x: sqrt(dot(x, x)))(x) == expected


# ---- high orders ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "name", "x"),
    [
        (exp, "exp", 0.7),
        (sin, "sin", 0.7),
        (cos, "cos", -2.0),
        (tanh, "tanh", 0.4),
        (lambda x: 1.0 / x, "reciprocal", -1.5),
        (lambda x: x**7, "power", 1.3),
        (lambda x: x**-2, "inverse square", 0.8),
        (lambda x: exp(sin(x)), "exp sin", 0.5),
    ],
)
def test_orders_to_6_equal_mpmath(f: Any, name: str, x: float) -> None:
    mp = pytest.importorskip("mpmath")
    by_name = {
        "reciprocal": lambda x: 1 / x,
        "power": lambda x: x**7,
        "inverse square": lambda x: x**-2,
        "exp sin": lambda x: mp.exp(mp.sin(x)),
    }
    with mp.workdps(60):
        peer = by_name.get(name) or getattr(mp, name)
        expected = [float(mp.diff(peer, mp.mpf(x), n)) for n in range(7)]
    found = [derivative(f, order=n)(x) for n in range(7)]
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_powers_end() -> None:
    found = [derivative(lambda x: x**4, order=n)(0.0) for n in range(8)]
    assert found == [0.0, 0.0, 0.0, 0.0, 24.0, 0.0, 0.0, 0.0]
