"""What goes into a compiled function, what comes out, and what is refused."""

from __future__ import annotations

import warnings
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from autograd import Value, compile, dot, exp, log, sqrt, where

pytestmark = pytest.mark.usefixtures("backend")
X = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]


@pytest.fixture
def ws():
    return [Value(0.5, label="w0"), Value(-2.0, label="w1")]


@pytest.fixture
def c(ws):
    return compile(lambda x: dot(ws, x) ** 2, [0.0, 0.0])


# ---- arrays of every kind ------------------------------------------------------------


def backwards(X: Any) -> Any:
    return np.array(X)[::-1].copy()[::-1]


@pytest.mark.parametrize(
    "kind",
    [
        tuple,
        lambda X: [np.array(row) for row in X],
        lambda X: [tuple(row) for row in X],
        np.array,
        np.asfortranarray,
        backwards,
        lambda X: np.array([[*row, 9.0] for row in X])[:, :2],
        lambda X: np.repeat(np.array(X), 2, axis=0)[::2],
        lambda X: np.broadcast_to(np.array(X), (3, 2)),
        lambda X: np.array(X, np.float32),
        lambda X: np.array(X, np.int64),
        lambda X: np.array(X, np.uint8),
        lambda X: np.array(X, ">f8"),
        lambda X: [[int(x) for x in row] for row in X],
        lambda X: [[np.float32(x) for x in row] for row in X],
    ],
)
def test_arrays_of_every_kind_are_taken_and_left_alone(c, kind):
    given = kind(X)
    before = np.array(given).copy()
    if isinstance(given, np.ndarray) and given.base is None:
        given.flags.writeable = False
    want, want_grad = c.value_and_grad(X)
    value, gradient = c.value_and_grad(given)
    assert (value, gradient.tolist()) == (want, want_grad.tolist())
    assert c(given).tolist() == c(X).tolist()
    assert np.array_equal(np.array(given), before)


def test_truth_values_are_numbers(c):
    flags = np.array([[True, False], [True, True]])
    assert c(flags).tolist() == c([[1.0, 0.0], [1.0, 1.0]]).tolist()


def test_fractions_and_decimals_are_numbers_as_for_values(c):
    assert c([[Fraction(1, 2), 2]]).tolist() == c([[0.5, 2.0]]).tolist()
    with pytest.raises(TypeError, match=r"argument 0\[0\]\[1\].*Decimal"):
        c([[1.0, Decimal("0.1")]])


def test_results_are_arrays_of_the_right_shape(ws):
    for f, shape in [
        (lambda x: x[0] * ws[0], ()),
        (lambda x: [x[0] * ws[0]], (1,)),
        (lambda x: (x[0], x[1], ws[0]), (3,)),
        (lambda x: [[x[0], 1.0], [x[1], ws[1]], [2.0, x[0]]], (3, 2)),
    ]:
        y = compile(f, X[0])(X)
        assert isinstance(y, np.ndarray)
        assert (y.shape, y.dtype) == ((3, *shape), np.dtype(float))


def test_float32_stays_float32(ws):
    c = compile(lambda x: dot(ws, x), X[0], dtype="float32")
    value, gradient = c.value_and_grad(X)
    assert c(X).dtype == gradient.dtype == c.get_theta().dtype == np.float32
    assert type(value) is float


@pytest.mark.parametrize("dtype", ["int64", "float16", "complex128", bool])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(ValueError, match="float64 or float32"):
        compile(lambda x: x, 1.0, dtype=dtype)


# ---- refusals ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        (([[1.0, 2.0, 3.0]],), ValueError, r"argument 0.*\(batch, 2\).*\(1, 3\)"),
        (([1.0, 2.0],), ValueError, r"argument 0.*\(batch, 2\).*\(2,\)"),
        ((3.0,), ValueError, r"argument 0.*\(batch, 2\)"),
        (([[[1.0, 2.0]]],), ValueError, r"argument 0.*\(1, 1, 2\)"),
        ((X, X), TypeError, "1 argument.*2"),
        ((), TypeError, "1 argument.*0"),
        ((np.zeros((0, 2)),), ValueError, "argument 0.*empty"),
        (([],), ValueError, "argument 0"),
        (([[1.0, 2.0], [3.0, float("nan")]],), ValueError, r"argument 0.*row 1.*nan"),
        (([[1.0, 2.0], [float("-inf"), 1.0]],), ValueError, r"argument 0.*row 1.*-inf"),
        (([[1.0, 2.0], ["a", 1.0]],), TypeError, r"argument 0\[1\]\[0\].*'a'"),
        (([["1.0", "2.0"]],), TypeError, r"argument 0\[0\]\[0\].*'1.0'"),
        (([[1.0, 2.0], [3.0, None]],), TypeError, r"argument 0\[1\]\[1\].*None"),
        (([[1.0, 2j]],), TypeError, r"argument 0\[0\]\[1\].*2j"),
        (([[1.0, 2.0], [3.0]],), ValueError, "argument 0.*unequal"),
        ((None,), TypeError, "argument 0.*None"),
        (("text",), TypeError, "argument 0.*text"),
        (({"x": 1.0},), TypeError, "argument 0"),
    ],
)
def test_unfit_data_names_the_argument_and_the_row(c, args, error, message):
    for call in (c, c.value_and_grad, c.backward):
        with pytest.raises(error, match=message):
            call(*args)
    assert [p.grad for p in c.parameters] == [0.0, 0.0]
    assert c(X).shape == (3,)  # and it works on


def test_values_in_a_batch_are_refused_with_the_remedy(c):
    with pytest.raises(TypeError, match=r"argument 0\[0\]\[0\].*Value"):
        c([[Value(1.0), 2.0]])


def test_batches_of_different_sizes_are_refused():
    c = compile(lambda x, y: (x[0] - y) ** 2, [1.0], 1.0)
    with pytest.raises(ValueError, match=r"argument 0 has 3 .*argument 1 has 2"):
        c([[1.0], [2.0], [3.0]], [1.0, 2.0])
    with pytest.raises(ValueError, match=r"argument 0 has 1 .*argument 1 has 2"):
        c([[1.0]], [1.0, 2.0])


def test_numbers_beyond_float32_are_refused_there(c, ws):
    c = compile(lambda x: dot(ws, x), X[0], dtype="float32")
    with pytest.raises(ValueError, match="row 1"):
        c([[1.0, 2.0], [1e300, 1.0]])
    with pytest.raises(OverflowError):
        c([[1.0, 10**400]])


def test_large_numbers_whose_squares_overflow_are_taken():
    c = compile(lambda x: x * 1e-200, 1.0)
    assert c([1e200, 2e200]).tolist() == pytest.approx([1.0, 2.0])


# ---- nests of arguments --------------------------------------------------------------


def test_an_irregular_nest_is_a_nest_of_batches(ws):
    def f(pair):
        xs, y = pair
        return (dot(ws, xs) - y) ** 2

    c = compile(f, ([0.0, 0.0], 0.0))
    want = [f((x, y)).data for x, y in zip(X, [1.0, 2.0, 3.0])]
    assert c((X, [1.0, 2.0, 3.0])).tolist() == pytest.approx(want)
    assert c([np.array(X), np.arange(1.0, 4.0)]).tolist() == pytest.approx(want)
    with pytest.raises(ValueError, match="2 parts"):
        c(X)
    with pytest.raises(ValueError, match=r"argument 0\[0\]"):
        c(([[1.0]], [1.0]))
    with pytest.raises(ValueError, match="samples"):
        c((X, [1.0]))


def test_an_irregular_nest_is_traced_at_the_first_call(ws):
    def f(pair):
        xs, y = pair
        return (dot(ws, xs) - y) ** 2

    c = compile(f)
    want = [f((x, y)).data for x, y in zip(X, [1.0, 2.0, 3.0])]
    assert c((X, [1.0, 2.0, 3.0])).tolist() == pytest.approx(want)


def test_a_ragged_nest(ws):
    def f(rows):
        return [dot(row, row) * w for row, w in zip(rows, [*ws, ws[0]])]

    like = [[1.0], [2.0, 3.0], [4.0, 5.0, 6.0]]
    c = compile(f, like)
    batch = [np.array([row, row]) for row in like]
    got = c(batch)
    assert got.tolist() == [[y.data for y in f(like)]] * 2


def test_a_matrix_per_sample(ws):
    def f(A):
        return dot(ws, [A[0][0] * A[1][1], A[0][1] * A[1][0]])

    A = np.arange(12.0).reshape(3, 2, 2)
    c = compile(f, A[0])
    assert c(A).tolist() == [f(a.tolist()).data for a in A]
    assert compile(f)(A).tolist() == c(A).tolist()
    with pytest.raises(ValueError, match=r"\(batch, 2, 2\)"):
        c(A.reshape(3, 4))


def test_nested_outputs(ws):
    def f(x):
        return x[0] * ws[0], [x[1], (x[0], 3.0)]

    first, (second, (third, fourth)) = compile(f, X[0])(X)
    assert first.tolist() == [0.5, 1.5, 2.5]
    assert second.tolist() == [2.0, 4.0, 6.0]
    assert third.tolist() == [1.0, 3.0, 5.0]
    assert fourth.tolist() == [3.0, 3.0, 3.0]


def test_no_outputs_and_samples_of_no_numbers(ws):
    assert compile(lambda x: [], [1.0])([[1.0], [2.0]]).shape == (2, 0)
    c = compile(lambda x: ws[0] * 2.0, [])
    assert c(np.zeros((3, 0))).tolist() == [1.0, 1.0, 1.0]


# ---- arguments without a batch axis --------------------------------------------------


def test_an_argument_without_a_batch_axis(ws):
    def f(x, scale, shift):
        return dot(ws, x) * scale + shift[0] * shift[1]

    c = compile(f, X[0], 2.0, [3.0, 4.0], batched=(True, False, False))
    got = c(X, 2.5, [3.0, -1.0])
    assert got.tolist() == [f(x, 2.5, [3.0, -1.0]).data for x in X]
    value, gradient = c.value_and_grad(X, 2.5, [3.0, -1.0])
    assert value == pytest.approx(got.mean())
    assert gradient.tolist() == pytest.approx([2.5 * 3.0, 2.5 * 4.0])
    assert compile(f, batched=(True, False, False))(X, 2.5, [3.0, -1.0]).tolist() == (
        got.tolist()
    )
    with pytest.raises(ValueError, match=r"argument 1.*no batch axis"):
        c(X, [2.5, 2.5, 2.5], [3.0, -1.0])
    with pytest.raises(ValueError, match=r"argument 2.*nan"):
        c(X, 2.5, [3.0, float("nan")])


@pytest.mark.parametrize("batched", [(True,), (True, False, True), []])
def test_flags_must_match_the_arguments(batched):
    with pytest.raises(ValueError, match="batched"):
        compile(lambda x, y: x * y, 1.0, 2.0, batched=batched)
    with pytest.raises(ValueError, match="batched"):
        compile(lambda x, y: x * y, batched=batched)([1.0], [2.0])


def test_without_any_batch_axis_numbers_come_out(ws):
    c = compile(lambda x: dot(ws, x), [0.0, 0.0], batched=False)
    y = c([1.0, 2.0])
    assert (y, type(y)) == (-3.5, float)
    value, gradient = c.value_and_grad([1.0, 2.0])
    assert (value, gradient.tolist()) == (-3.5, [1.0, 2.0])
    outputs = compile(lambda x: [x[0], x[1] * 2.0], [0.0, 0.0], batched=False)([1, 2])
    assert np.array(outputs).tolist() == [1.0, 4.0]


def test_without_inputs(ws):
    c = compile(lambda: ws[0] * ws[1])
    assert c() == -1.0
    value, gradient = c.value_and_grad()
    assert (value, gradient.tolist()) == (-1.0, [-2.0, 0.5])
    c.backward()
    assert [w.grad for w in ws] == [-2.0, 0.5]


# ---- single numbers ------------------------------------------------------------------


def test_a_function_of_numbers_takes_numbers_and_gives_numbers(ws):
    c = compile(lambda x, y: x * ws[0] + y, 1.0, 1.0)
    for x, y in [(3.0, 2.0), (3, 2), (np.float64(3.0), np.int64(2)), (3, True)]:
        got = c(x, y)
        assert (got, type(got)) == (1.5 + float(y), float)
    assert compile(lambda x, y: x * ws[0] + y)(3.0, 2.0) == 3.5
    assert compile(lambda x: [x, (x * 2.0, 1.0)])(3.0) == [3.0, (6.0, 1.0)]
    assert c([3.0], [2.0]).tolist() == [3.5]


def test_the_first_call_on_a_number_leaves_it_open_to_batches():
    c = compile(lambda x: exp(x))
    assert c(0.0) == 1.0
    assert c([0.0, 0.0]).tolist() == [1.0, 1.0]


def test_single_numbers_raise_as_batches_do():
    c = compile(lambda x: log(x), 1.0)
    with pytest.raises(FloatingPointError, match=r"log\(x0 = -1.0\).*x > 0"):
        c(-1.0)
    with pytest.raises(FloatingPointError, match=r"log\(x0 = -1.0\).*x > 0"):
        c([1.0, -1.0])


# ---- parameters ----------------------------------------------------------------------


def test_parameters_are_read_at_each_call(c, ws):
    before = c(X).tolist()
    ws[0].data = 3.0
    assert c.get_theta().tolist() == [3.0, -2.0]
    assert c(X).tolist() == [1.0, 1.0, 9.0]
    assert c.value_and_grad(X)[0] == pytest.approx(11.0 / 3.0)
    ws[0].data = 0.5
    assert c(X).tolist() == before


def test_an_integer_in_a_parameter_is_read(c, ws):
    ws[0].data = 3
    assert c(X).tolist() == [1.0, 1.0, 9.0]


def test_with_theta_no_value_is_touched(c, ws, monkeypatch):
    theta = np.array([3.0, -2.0])
    want = c.value_and_grad(X, theta=theta)

    class Untouchable:
        def __get__(self, v, cls):
            raise AssertionError("a Value was read")

        __set__ = __get__

    monkeypatch.setattr(Value, "data", Untouchable())
    monkeypatch.setattr(Value, "grad", Untouchable())
    got = c.value_and_grad(X, theta=theta)
    monkeypatch.undo()
    assert (got[0], got[1].tolist()) == (want[0], want[1].tolist())
    assert want[0] == pytest.approx(11.0 / 3.0)
    assert theta.tolist() == [3.0, -2.0]
    assert [w.data for w in ws] == [0.5, -2.0]


@pytest.mark.parametrize("theta", [[1.0], [[1.0, 2.0]], 1.0, [1.0, 2.0, 3.0], []])
def test_theta_of_another_shape_is_refused(c, ws, theta):
    with pytest.raises(ValueError, match=r"theta has shape .*expected \(2,\)"):
        c.value_and_grad(X, theta=theta)
    with pytest.raises(ValueError, match=r"theta has shape .*expected \(2,\)"):
        c.assign(theta)
    assert [w.data for w in ws] == [0.5, -2.0]


def test_theta_may_be_a_list_and_must_hold_numbers(c):
    assert c.value_and_grad(X, theta=[3, -2])[0] == pytest.approx(11.0 / 3.0)
    with pytest.raises((TypeError, ValueError)):
        c.value_and_grad(X, theta=["a", "b"])
    with pytest.raises((FloatingPointError, ValueError)):
        c.value_and_grad(X, theta=[float("nan"), 1.0])


def test_assign_writes_floats_and_get_theta_reads_a_copy(c, ws):
    theta = c.get_theta()
    theta[:] = [7.0, 8.0]
    assert [w.data for w in ws] == [0.5, -2.0]
    c.assign(theta)
    assert [(w.data, type(w.data)) for w in ws] == [(7.0, float), (8.0, float)]
    theta[:] = 0.0
    assert c.get_theta().tolist() == [7.0, 8.0]


def test_parameters_are_the_captured_leaves_in_order_of_use():
    a, b, unused = Value(1.0), Value(2.0), Value(3.0)
    inner = a * 2.0  # an interior Value built outside of f
    c = compile(lambda x: b * x + inner * b + unused.detach() * 0.0, 1.0)
    assert {id(p) for p in c.parameters} >= {id(a), id(b)}
    assert c.parameters[0] is b
    value, slopes = c.value_and_grad([3.0])
    assert value == 10.0
    assert dict(zip(map(id, c.parameters), slopes.tolist()))[id(a)] == 4.0


def test_a_parameter_that_is_added_or_removed_is_not_ignored():
    ws = [Value(2.0), Value(3.0)]
    c = compile(lambda x: dot(ws, [x] * len(ws)), 1.0)
    assert c([1.0]).tolist() == [5.0]
    ws.append(Value(4.0))
    for call in (c, c.value_and_grad):
        with pytest.raises(
            (TypeError, ValueError, RuntimeError), match=r"compile|trace"
        ):
            call([1.0])


# ---- what is not finite --------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_loss_that_is_not_finite_names_sample_operation_and_operands(dtype):
    w = Value(2.0, label="w")
    c = compile(lambda x: log(x * w), 1.0, dtype=dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for call in (c, c.value_and_grad, c.backward):
            with pytest.raises(FloatingPointError, match=r"sample 2.*log\(-6.0\)"):
                call([1.0, 2.0, -3.0, 4.0])
    assert (w.data, w.grad) == (2.0, 0.0)
    assert c([1.0]).tolist() == pytest.approx([np.log(2.0)])


def test_a_gradient_that_is_not_finite_names_them_too():
    w = Value(2.0, label="w")
    c = compile(lambda x: sqrt(x * w), 1.0)
    assert c([0.0]).tolist() == [0.0]
    with pytest.raises(
        FloatingPointError, match=r"gradient.*sample 1.*derivative of sqrt\(0.0\)"
    ):
        c.value_and_grad([1.0, 0.0])
    assert (w.data, w.grad) == (2.0, 0.0)


def test_theta_is_where_the_operands_come_from():
    w = Value(2.0, label="w")
    c = compile(lambda x: log(x * w), 1.0)
    with pytest.raises(FloatingPointError, match=r"sample 0.*log\(-5.0\)"):
        c.value_and_grad([1.0], theta=[-5.0])
    assert w.data == 2.0


def test_a_term_of_parameters_alone_names_the_operation():
    w = Value(-2.0, label="w")
    c = compile(lambda x: x * x + log(w), 1.0)
    with pytest.raises(FloatingPointError, match=r"log\(w = -2.0\)"):
        c.value_and_grad([1.0, 2.0])


def test_a_loss_of_parameters_alone_names_the_operation():
    w = Value(-2.0, label="w")
    c = compile(lambda x: log(w), 1.0)
    with pytest.raises(FloatingPointError, match=r"log\(w = -2.0\)"):
        c.value_and_grad([1.0, 2.0])


def test_a_branch_that_where_discards_is_not_blamed():
    w = Value(1.0)

    def f(x):
        infinite = x * w * 1e308 * 10.0  # raises nothing, in floats and in arrays
        return where(x > 5.0, 1.0, infinite * 1e-309) + log(8.0 - x)

    c = compile(f, 1.0)
    assert np.isfinite([f(7.0).data, *c([7.0])]).all()
    with pytest.raises(FloatingPointError, match=r"sample 1\b.*log\(-1.0\)"):
        c.value_and_grad([7.0, 9.0, 1e-5])


def test_the_first_sample_that_raises_is_found_behind_one_that_overflows():
    # x * 1e308 * 10 is infinite and raises nothing, in floats and in arrays.
    c = compile(lambda x: [x * 1e308 * 10.0, log(x)], 1.0)
    with pytest.raises(FloatingPointError, match=r"sample 1.*log\(x0 = -1.0\)"):
        c([2.0, -1.0])


def test_a_guarded_operand_is_differentiated():
    w = Value(1.0)
    c = compile(lambda x: where(x > 0.0, log(where(x > 0.0, x, 1.0) * w), 0.0), 1.0)
    value, gradient = c.value_and_grad([0.0, 1.0, -3.0])
    assert (value, gradient.tolist()) == (0.0, pytest.approx([1.0 / 3.0]))


def test_overflow_in_float32_is_an_error_that_names_the_sample():
    w = Value(1.0)
    c = compile(lambda x: exp(x * w), 1.0, dtype="float32")
    with pytest.raises(FloatingPointError, match="sample 1"):
        c.value_and_grad([1.0, 100.0])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * 1e200 * 1e200,
        lambda x: x / 1e-310,
        lambda x: x * 1e-200 * 1e-200 * 1e200 * 1e200,
        lambda x: (x / 1e200) / 1e200,
        lambda x: 1e200 * (1e200 * (x - 1e-300)),
    ],
)
@pytest.mark.parametrize("x", [1e-300, 1.0, 1e300])
def test_numbers_are_not_gathered_beyond_the_range_of_floats(f, x):
    want = f(x)
    if np.isfinite(want):
        c = compile(f, 1.0)
        assert c([x, x])[0] == pytest.approx(want, rel=1e-12)
        assert c(x) == pytest.approx(want, rel=1e-12)
