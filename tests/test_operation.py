"""What a primitive is, and what counts as a number."""

from __future__ import annotations

import copy
import math
import pickle
from decimal import Decimal
from fractions import Fraction

import pytest

import autograd
from autograd import Primitive, Value, gradient, primitives
from autograd.operation import Reduction, number
from tests.laws_table import TABLE

np = pytest.importorskip("numpy")

NUMBERS = [
    (3, 3.0),
    (True, 1.0),
    (-0.5, -0.5),
    (Fraction(1, 4), 0.25),
    (np.float64(1.5), 1.5),
    (np.float32(1.5), 1.5),
    (np.float16(1.5), 1.5),
    (np.int8(-3), -3.0),
    (np.uint64(7), 7.0),
    (np.bool_(True), 1.0),
    (np.longdouble("0.1"), 0.1),  # rounded
    (2**53 + 1, 2.0**53),
    (np.ma.array([2.5], mask=[False]), 2.5),
    (np.array(2.5), 2.5),
    (np.array([[2.5]]), 2.5),
]
NO_NUMBERS = [
    "3",
    b"3",
    None,
    1j,
    np.complex128(1j),
    Decimal(1),
    [1.0],
    (1.0,),
    {1.0: 2.0},
    {1.0},
    np.array([1.0, 2.0]),
    np.array([]),
    np.array(["a"]),
    np.str_("3"),
    np.datetime64("2020-01-01"),
    np.timedelta64(3, "s"),
    np.ma.masked,
    object(),
    math.sin,
]


@pytest.mark.parametrize(("x", "want"), NUMBERS, ids=repr)
def test_a_number_becomes_a_float(x, want):
    assert number(x) == want
    assert type(number(x)) is float
    assert Value(x).data == want
    assert type(Value(x).data) is float


@pytest.mark.parametrize("x", [math.inf, -math.inf, math.nan])
def test_floats_that_are_not_finite_are_numbers(x):
    assert repr(Value(x).data) == repr(x)


@pytest.mark.parametrize("bad", NO_NUMBERS, ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("f", [number, Value, autograd.exp, autograd.relu])
def test_what_is_no_number_is_a_type_error_that_says_so(f, bad):
    with pytest.raises(TypeError, match=r"expected (a|one) real number, got"):
        f(bad)


def test_an_array_is_told_to_be_made_of_values():
    with pytest.raises(TypeError, match=r"shape \(2,\).*one Value per element"):
        Value(np.zeros(2))


def test_an_integer_beyond_the_floats_is_an_overflow_error():
    for x in (10**400, -(10**400), Fraction(10**400)):
        with pytest.raises(OverflowError, match=r"got a larger .*; scale it"):
            Value(x)
    assert Value(Fraction(10**400, 10**399)).data == 10.0


# ---- calls -------------------------------------------------------------------------


def test_numbers_give_a_float_and_any_value_a_value():
    x = Value(0.5)
    assert type(autograd.atan2(1, True)) is float
    assert autograd.atan2(1, x).args == (1.0, x)
    assert autograd.atan2(x, np.float64(2)).args == (x, 2.0)
    assert autograd.where(x > 0, x, 3).args == (1.0, x, 3.0)


@pytest.mark.parametrize("bad", NO_NUMBERS, ids=lambda x: type(x).__name__)
def test_what_is_no_number_is_refused_beside_a_value_too(bad):
    with pytest.raises(TypeError, match=r"expected (a|one) real number, got"):
        autograd.maximum(Value(1.0), bad)
    with pytest.raises(TypeError, match=r"expected (a|one) real number, got"):
        autograd.sum([Value(1.0), bad])


@pytest.mark.parametrize("args", [(), (1.0, 2.0), (Value(1.0), 2.0)])
def test_a_wrong_number_of_arguments_is_a_type_error(args):
    with pytest.raises(TypeError):
        autograd.exp(*args)


def test_a_default_stands_for_the_last_argument():
    x = Value(-2.0)
    assert autograd.leaky_relu(x).args == (x, 0.01)
    assert autograd.leaky_relu(-2.0) == -0.02
    assert autograd.leaky_relu(-2.0, 0.5) == -1.0


# ---- sequences ---------------------------------------------------------------------


def test_a_reduction_is_one_node_with_many_args():
    x, y = Value(1.0), Value(2.0)
    assert autograd.sum(v for v in (x, 3, y, x)).args == (x, 3.0, y, x)
    assert autograd.dot([x, y], (4, 5)).args == (x, y, 4.0, 5.0)


@pytest.mark.parametrize("name", ["sum", "dot", "logsumexp", "max", "min"])
@pytest.mark.parametrize("bad", [3.0, Value(3.0), None])
def test_a_reduction_takes_sequences(name, bad):
    arguments = [[1.0], bad] if name == "dot" else [bad]
    with pytest.raises(TypeError, match=f"{name} takes sequences, as in"):
        getattr(autograd, name)(*arguments)


def test_dot_needs_equal_lengths():
    with pytest.raises(ValueError, match="dot needs equal lengths, got 2 and 1"):
        autograd.dot([1.0, 2.0], [Value(3.0)])


@pytest.mark.parametrize(
    ("name", "sequences"),
    [
        ("dot", 1),
        ("dot", 3),
        ("sum", 0),
        ("sum", 2),
        ("logsumexp", 2),
        ("max", 2),
        ("min", 2),
    ],
)
def test_a_wrong_number_of_sequences_is_refused(name, sequences):
    with pytest.raises(TypeError, match=name):
        getattr(autograd, name)(*[[1.0, 2.0]] * sequences)


def test_empty_sequences():
    assert autograd.sum([]) == 0.0
    assert autograd.dot([], []) == 0.0
    for name in ("max", "min", "logsumexp"):
        with pytest.raises(ValueError, match=f"{name}.*empty sequence"):
            getattr(autograd, name)([])


# ---- errors teach ------------------------------------------------------------------


def test_an_error_names_operation_operands_and_remedy():
    x = Value(-8.0, label="x")
    with pytest.raises(ValueError, match=r"log\(x = -8\.0\): .*needs x > 0"):
        x.log()
    with pytest.raises(ValueError, match=r"log\(-8\.0\): .*needs x > 0"):
        autograd.log(-8)
    with pytest.raises(OverflowError, match=r"exp\(1000\.0\).*logsumexp"):
        Value(1000.0).exp()


@pytest.mark.parametrize(
    ("compute", "error", "words"),
    [
        (lambda x: 1 / (x + 8), ZeroDivisionError, "a divisor other than 0"),
        (lambda x: (x + 8).log(), ValueError, "x > 0"),
        (lambda x: x ** (1 / 3), ValueError, "complex.*exponent is fractional"),
        (lambda x: x ** Value(1 / 3), ValueError, "x > 0 where the exponent is a V"),
        (lambda x: (-8) ** (x * 0 + 1 / 3), ValueError, "complex"),
        (lambda x: (x + 8) ** -1, ZeroDivisionError, "x != 0 where it is negative"),
        (lambda x: x.sqrt(), ValueError, "x >= 0"),
        (lambda x: x.asin(), ValueError, "-1 <= x <= 1"),
        (lambda x: (-100 * x).exp(), OverflowError, "x < 709.8"),
        (lambda x: (-100 * x).cosh(), OverflowError, "710.4"),
        (lambda x: (x + math.inf).sin(), ValueError, "finite"),
    ],
)
def test_what_raises_for_a_float_raises_for_a_value(compute, error, words):
    with pytest.raises(error, match=words):
        compute(Value(-8.0))


# ---- an operation of one's own -----------------------------------------------------


def test_a_primitive_of_ones_own_has_the_same_standing():
    cube = Primitive("cube", lambda x: x**3, lambda z, x: 3.0 * x * x)
    x = Value(2.0)
    y = cube(x)
    assert (y.data, cube(2), repr(cube)) == (8.0, 8.0, "<primitive cube>")
    slope = gradient(y, x, create_graph=True)
    assert (slope.data, gradient(slope, x)) == (12.0, 12.0)


def test_a_reduction_of_ones_own():
    norm1 = Reduction(
        "norm1",
        lambda *xs: sum(map(abs, xs)),
        together=lambda z, *xs: tuple(map(autograd.sign, xs)),
    )
    xs = [Value(-2.0), Value(3.0)]
    assert gradient(norm1(xs), xs) == [-1.0, 1.0]


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_primitive_is_one_object_in_copies_and_pickles(name):
    op = TABLE[name]
    assert copy.deepcopy(op) is op
    assert pickle.loads(pickle.dumps(op)) is op


def test_a_primitive_that_pickle_cannot_find_says_so():
    with pytest.raises(TypeError, match="mine"):
        pickle.dumps(Primitive("mine", math.sin, 1.0))


def test_the_table_is_the_public_functions():
    public = {name for name in autograd.__all__ if name in TABLE}
    assert len(public) >= 30
    for name in public:
        assert getattr(autograd, name) is getattr(primitives, name)
        assert TABLE[name].name == name
