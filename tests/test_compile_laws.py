"""Laws of compile over programs at random: it agrees with the eager program."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from autograd import Value, adjoints, atan2, compile, sin, topological_order, where
from autograd import sum as total
from autograd.nest import flatten
from tests.laws_compile import (
    ARITIES,
    NAMES,
    Graph,
    absolute_path_products,
    as_value,
    check,
    is_tame,
    programs,
)
from tests.laws_table import ROWS, TABLE, apply

# Programs are not shrunk: it takes minutes, and check() tells what differs.
law = settings(
    derandomize=True, deadline=None, max_examples=150, phases=[Phase.generate]
)
# With the C compiler a program costs a tenth of a second.
law_in_c = settings(
    law,
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
seeds = st.integers(0, 2**32 - 1)
BATCHES = (1, 2, 7, 1000)


def samples_of(seed: int, count: int, width: int, dtype: str = "float64") -> list[Any]:
    """Draw the samples; some of their numbers are alike, zero or one."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-2.0, 2.0, (count, width))
    X[rng.random(X.shape) < 0.1] = 0.0
    X[rng.random(X.shape) < 0.1] = 1.0
    return [(row,) for row in X.astype(dtype).astype(float).tolist()]


def assume_tame(f: Any, samples: list[Any], margin: float = 1e-8) -> None:
    for sample in samples:
        outputs = [as_value(y) for _, y in flatten(f(*sample))]
        assume(all(is_tame(y, margin) for y in outputs))


@law
@given(programs, st.sampled_from([0, 1, 2, 3, 40]), st.sampled_from(BATCHES), seeds)
def test_value_and_gradient_are_those_of_the_eager_program(
    program, inputs, batch, seed
):
    f = Graph(program)
    samples = samples_of(seed, min(batch, 7), inputs)
    assume_tame(f, samples)
    check(f, samples, batch)


@law
@given(programs, st.integers(1, 3), st.integers(1, 4), st.sampled_from(BATCHES), seeds)
def test_so_are_several_outputs(program, inputs, outputs, batch, seed):
    f = Graph(program, outputs)
    samples = samples_of(seed, min(batch, 3), inputs)
    assume_tame(f, samples)
    check(f, samples, batch)


@law
@given(programs, st.integers(1, 3), st.sampled_from(BATCHES), seeds)
def test_in_float32_they_agree_to_single_precision(program, inputs, batch, seed):
    f = Graph(program)
    for p in f.parameters:
        p.data = float(np.float32(p.data))
    samples = samples_of(seed, min(batch, 3), inputs, "float32")
    assume_tame(f, samples, 1e-2)
    check(f, samples, batch, "float32")


@pytest.mark.usefixtures("native")
@law_in_c
@given(
    programs,
    st.sampled_from([0, 1, 3, 40]),
    st.sampled_from([0, 0, 1, 4]),
    st.sampled_from([1, 7, 128, 1000]),
    st.sampled_from(["float64", "float32"]),
    seeds,
)
def test_all_of_this_holds_in_c(program, inputs, outputs, batch, dtype, seed):
    f = Graph(program, outputs)
    for p in f.parameters:
        p.data = float(np.dtype(dtype).type(p.data))
    samples = samples_of(seed, min(batch, 7), inputs, dtype)
    assume_tame(f, samples, {"float64": 1e-8, "float32": 1e-2}[dtype])
    c = compile(f, *samples[0], dtype=dtype, backend="c")
    check(f, samples, batch, dtype, c)


@law
@given(programs, seeds)
def test_backward_leaves_in_grad_what_the_eager_mean_leaves(program, seed):
    f = Graph(program)
    samples = samples_of(seed, 3, 2)
    assume_tame(f, samples)
    c = compile(f, *samples[0])
    X = [sample for (sample,) in samples]
    value, gradient = c.value_and_grad(X)
    for p in f.parameters:
        p.grad = 10.0
    assert c.backward(X) == value
    assert [p.grad for p in c.parameters] == [10.0 + slope for slope in gradient]
    others = [p for p in f.parameters if not any(p is q for q in c.parameters)]
    assert [p.grad for p in others] == [10.0] * len(others)


@law
@given(programs, seeds)
def test_the_printed_source_agrees(program, seed):
    f = Graph(program)
    ((sample,),) = samples = samples_of(seed, 1, 2)
    assume_tame(f, samples)
    c = compile(f, sample)
    namespace: dict[str, Any] = {}
    exec(c.source(), namespace)
    y = as_value(f(sample))
    products = absolute_path_products(y)
    scale = sum(abs(z.data) * p for z, p in products.items())
    assert namespace["value"](*sample) == pytest.approx(
        y.data, rel=0, abs=1e-12 * scale
    )
    if c.parameters:
        value, slopes = namespace["value_and_grad"](*sample)
        assert value == namespace["value"](*sample)
        want = adjoints(y)
        for p, slope in zip(c.parameters, slopes, strict=True):
            assert abs(slope - want.get(p, 0.0)) <= 1e-12 * products.get(p, 0.0)


@law
@given(programs, seeds)
def test_the_same_program_gives_the_same_bits(program, seed):
    f = Graph(program)
    samples = samples_of(seed, 5, 3)
    assume_tame(f, samples)
    X = [sample for (sample,) in samples]
    first, second = compile(f, X[0]), compile(f, X[0])
    assert str(first) == str(second)
    assert first.tape == second.tape
    for c in (first, second, first):
        value, gradient = c.value_and_grad(X)
        assert value == first.value_and_grad(X)[0]
        assert gradient.tobytes() == first.value_and_grad(X)[1].tobytes()


@law
@given(programs, seeds)
def test_where_eager_raises_compiled_raises_or_is_finite(program, seed):
    # Without guards: operands go where the operation has no value.
    class Wild(Graph):
        @staticmethod
        def _inside(x: Any, size: float, name: str, k: int) -> Any:
            return x, size

    f = Wild(program)
    samples = samples_of(seed, 2, 2)
    X = [sample for (sample,) in samples]
    try:
        outputs = [as_value(f(x)) for x in X]
        for y in outputs:
            adjoints(y)
    except (ArithmeticError, ValueError):
        raises = True
    else:
        raises = False
    try:
        c = compile(f, X[0])
    except (ArithmeticError, ValueError):
        assert raises  # at numbers that depend on no input
        return
    try:
        value, gradient = c.value_and_grad(X)
        results = [value, *gradient]
    except FloatingPointError:
        # Large numbers may overflow on the one way and not on the other.
        assume(raises or all(is_tame(y, 0.0) for y in outputs))
        assert raises
    else:
        assert np.isfinite(results).all()


# ---- one primitive at a time, at its kinks, too --------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", sorted(ROWS))
def test_each_primitive_compiles(name, dtype):
    row = ROWS[name]
    by_length: dict[Any, list[Any]] = {}
    points = [*row.points, *row.kinks]
    if dtype == "float64":
        points += row.limits
    for point in points:
        n = len(point) - row.constants
        by_length.setdefault((n, point[n:]), []).append(point[:n])
    for (n, constants), group in by_length.items():
        offsets = [Value(0.0) for _ in range(n)]

        def f(xs: Any, offsets: Any = offsets, constants: Any = constants) -> Any:
            args = [x + w for x, w in zip(xs, offsets, strict=True)]
            return apply(name, *args, *constants)

        samples = [([float(np.dtype(dtype).type(x)) for x in p],) for p in group]
        if name == "sqrt":
            samples = [s for s in samples if s[0][0] > 0.0]
        check(f, samples, dtype=dtype)


@pytest.mark.parametrize("constant", [0, 1, 2])
@pytest.mark.parametrize(
    "name", [n for n in sorted(ROWS) if ARITIES[n][-1] > 1 and n != "power"]
)
def test_each_primitive_takes_a_number_for_an_argument(name, constant):
    row = ROWS[name]
    for point in row.points:
        if constant >= len(point):
            continue
        free = [i for i in range(len(point)) if i != constant]
        offsets = [Value(0.0) for _ in free]

        def f(xs: Any, point: Any = point, free: Any = free, w: Any = offsets) -> Any:
            args = list(point)
            for i, x, offset in zip(free, xs, w, strict=True):
                args[i] = x + offset
            return apply(name, *args)

        check(f, [([point[i] for i in free],)], batch=2)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_second_derivatives_of_each_primitive_compile(name):
    from autograd import grad

    row = ROWS[name]
    for point in row.points:
        n = len(point) - row.constants
        xs = list(point[:n])

        def f(xs: Any, tail: Any = point[n:]) -> Any:
            return apply(name, *xs, *tail)

        def twice(xs: Any, f: Any = f) -> Any:
            weights = [0.3 + i for i in range(len(xs))]
            from autograd import dot

            return dot(grad(f)(xs), weights)

        want = grad(twice)(xs)
        got = compile(grad(twice), xs)([xs, xs])
        assert got == pytest.approx(np.array([want, want]), rel=1e-11, abs=1e-11)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_all_primitives_in_one_program(dtype):
    pieces: list[list[Any]] = []  # for each primitive: its arguments in each sample
    calls, width = [], 0
    for name, row in ROWS.items():
        n = len(row.points[0]) - row.constants
        tail = row.points[0][n:]
        alike = [p for p in row.points if len(p[:n]) == n and p[n:] == tail]
        pieces.append([alike[k % len(alike)][:n] for k in range(4)])
        calls.append((name, slice(width, width + n), tail))
        width += n
    offsets = [Value(0.0) for _ in range(width)]

    def f(xs: Any) -> Any:
        args = [x + w for x, w in zip(xs, offsets, strict=True)]
        results = [apply(name, *args[part], *tail) for name, part, tail in calls]
        return total([(0.5 + k / 8.0) * sin(y) for k, y in enumerate(results)])

    rounded = [
        [float(np.dtype(dtype).type(x)) for piece in sample for x in piece]
        for sample in zip(*pieces, strict=True)
    ]
    check(f, [(sample,) for sample in rounded], dtype=dtype)


TOTAL = sorted(  # defined for all numbers
    set(NAMES)
    - {"div", "power", "general_power", "log", "log1p", "sqrt"}
    - {"asin", "acos", "atan2", "hypot", "tan"}
)


@pytest.mark.parametrize("outer", TOTAL)
def test_one_primitive_of_another_in_both_orders(outer):
    # What simplifies a program looks at an operation and its operands.
    count = 2 if outer == "dot" else ARITIES[outer][0]
    for inner, row in ROWS.items():
        point = row.points[0]
        ws = [Value(x) for x in point[: len(point) - row.constants]]
        tail = point[len(ws) :]

        def f(t: Any, ws: Any = ws, tail: Any = tail, inner: Any = inner) -> Any:
            y = apply(inner, *ws, *tail)
            other = [t, 0.5, ws[0]][:count]
            orders = [[y, *other[1:]], [*other[1:], y], [y] * count, [t, y, t][:count]]
            return [apply(outer, *args) for args in orders]

        check(f, [(0.37,), (-1.21,)])


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    "f",
    [
        lambda x, w: (x - w) * (w - x),
        lambda x, w: (x / w) + (w / x),
        lambda x, w: where(x < w, 1.0, 2.0) + 4.0 * where(w < x, 1.0, 2.0),
        lambda x, w: [atan2(0.0, x), atan2(-0.0, x)],
        lambda x, w: [x**2, x**1, x**0, x**-1, x**3, (x * x) ** 0.5, (x * x) ** w],
        lambda x, w: [x * 1.0, x * -1.0, 1.0 * x, -1.0 * x, x * 0.0, 0.0 - x, x - 0.0],
        lambda x, w: [x / 1.0, x / -1.0, 1.0 / x, 0.0 / x, x / 0.25, 0.0 + x, -x],
        lambda x, w: [where(1.0, x, w), where(0.0, x, w), where(x, x, w), x - x],
        lambda x, w: [x * 2.0 * 3.0 - 5.0 * x, (x + 1.0) - (1.0 - x), -(x - w) * 2.0],
        lambda x, w: [abs(-x), abs(x), -abs(x), -abs(-x), -((-x) * (-w))],
    ],
)
def test_simplified_expressions_agree(f):
    w = Value(0.75)
    samples = [(-1.5,), (0.75,), (2.0,)]
    check(lambda x: f(x, w), samples)


def test_programs_reach_every_primitive():
    assert set(NAMES) == set(TABLE) == set(ARITIES)
    for name in NAMES:
        y = Graph(([name] * 5, 1))([Value(0.3), Value(-0.8), Value(1.2)])
        assert any(z.op is TABLE[name] for z in topological_order(y)), name


@given(programs)
@settings(derandomize=True, deadline=None, max_examples=100)
def test_programs_at_random_are_tame(program):
    # Else the laws above would hold of few programs.
    for (sample,) in samples_of(1, 3, 2):
        y = as_value(Graph(program)(sample))
        assert is_tame(y, 0.0)


def test_the_oracle_adds_what_the_gradient_cancels():
    x = Value(3.0)
    y = x * 5.0 - x * 4.0 + (-x) * x
    assert absolute_path_products(y)[x] == 5.0 + 4.0 + 3.0 + 3.0
    assert adjoints(y)[x] == 5.0 - 4.0 - 6.0
