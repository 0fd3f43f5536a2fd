"""Losses: by hand, against PyTorch, as means over the batch, and traced."""

import math
import random

import numpy as np
import pytest

from autograd import Value, gradient
from autograd.value import recording
from nn import (
    MLP,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    half_mse,
    hinge,
    mse,
)
from nn.losses import LOSSES

P, Y01 = [0.9, 0.2, 0.5], [1, 0, 0.25]
Z, SIGNS = [2.0, -0.5, 0.0], [1, -1, 1]
LOGITS, CLASSES = [[1.0, 2.0, 3.0], [0.5, 0.5, -2.0]], [2, 0]
ONE_HOT = [[0, 0, 1], [1, 0, 0]]

# (loss, predictions, targets): each good for the laws below
CASES = [
    (mse, Z, Y01),
    (mse, LOGITS, ONE_HOT),
    (half_mse, Z, Y01),
    (half_mse, LOGITS, ONE_HOT),
    (binary_cross_entropy, P, Y01),
    (binary_cross_entropy, [[0.9, 0.1], [0.5, 0.6]], [[1, 0], [0, 0.5]]),
    (binary_cross_entropy_with_logits, Z, Y01),
    (binary_cross_entropy_with_logits, [[2.0, 1.0], [0.5, -3.0]], [[1, 0], [0, 0.5]]),
    (hinge, Z, SIGNS),
    (hinge, [[2.0, 0.5], [-1.0, 0.3]], [[1, -1], [1, 1]]),
    (cross_entropy, LOGITS, CLASSES),
    (cross_entropy, LOGITS, [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]]),
]
IDS = [f"{loss.__name__}-{k}" for k, (loss, _, _) in enumerate(CASES)]
each_case = pytest.mark.parametrize(("loss", "predictions", "targets"), CASES, ids=IDS)


def as_values(x):
    return [as_values(e) for e in x] if isinstance(x, list) else Value(x)


def flat(x):
    return [e for row in x for e in flat(row)] if isinstance(x, list) else [x]


# ---- by hand ------------------------------------------------------------------------


def test_losses_by_hand():
    assert mse([1.0, 2.0], [0.0, 4.0]) == (1 + 4) / 2
    assert half_mse([1.0, 2.0], [0.0, 4.0]) == (1 + 4) / 2 / 2
    assert mse([[1.0, 2.0], [3.0, 5.0]], [[0.0, 4.0], [3.0, 4.0]]) == 6 / 4
    assert half_mse([[1.0, 2.0], [3.0, 5.0]], [[0.0, 4.0], [3.0, 4.0]]) == 6 / 2 / 2
    assert hinge([2.0, 0.5, 0.5], [1, 1, -1]) == 2 / 3
    expected = -(math.log(0.9) + math.log(0.8)) / 2
    assert binary_cross_entropy([0.9, 0.2], [1, 0]) == pytest.approx(expected)
    expected = -(math.log(0.9) + math.log(0.8)) / 2
    logits = [math.log(9.0), -math.log(4.0)]
    with_logits = binary_cross_entropy_with_logits(logits, [1, 0])
    assert with_logits == pytest.approx(expected)
    expected = math.log(1 + math.e**-1 + math.e**-2)
    assert cross_entropy([1.0, 2.0, 3.0], 2) == pytest.approx(expected)


def test_one_sample_needs_no_list():
    assert mse(3.0, 1.0) == 4.0
    assert half_mse(3.0, 1) == 2.0
    assert hinge(0.25, 1) == 0.75
    assert cross_entropy([0.0, 0.0], 1) == pytest.approx(math.log(2))
    assert cross_entropy([0.0, 0.0], [0.5, 0.5]) == pytest.approx(math.log(2))


def test_a_row_of_one_is_its_number():
    assert mse([[1.0], [2.0]], [0.0, 4.0]) == mse([1.0, 2.0], [[0.0], [4.0]]) == 2.5
    assert mse([3.0], 1.0) == mse(3.0, [1.0]) == 4.0


def test_derivatives_of_the_textbook():
    z = Value(0.7)
    p = z.sigmoid()
    # with half the squared error: (yhat - y) yhat (1 - yhat)
    slope = gradient(half_mse(p, 1.0), z)
    assert slope == pytest.approx((p.data - 1) * p.data * (1 - p.data), rel=1e-14)
    # with the cross-entropy: yhat - y
    for y in (0, 1):
        assert gradient(binary_cross_entropy(p, y), z) == pytest.approx(p.data - y)
        with_logits = binary_cross_entropy_with_logits(z, y)
        assert gradient(with_logits, z) == pytest.approx(p.data - y, rel=1e-14)


def test_extreme_scores_cost_what_they_should():
    loss = binary_cross_entropy_with_logits
    assert loss([1000.0], [0]) == 1000.0
    assert loss([-1000.0], [1]) == 1000.0
    assert loss([-40.0], [0]) == pytest.approx(math.exp(-40), rel=1e-14)
    assert cross_entropy([1000.0, 0.0], 1) == 1000.0
    assert cross_entropy([1000.0, 0.0], 0) == 0.0
    z = [Value(1000.0), Value(-1000.0)]
    assert gradient(cross_entropy(z, 1), z) == [1.0, -1.0]


def test_a_certain_and_right_probability_costs_nothing():
    p = [Value(1.0), Value(0.0)]
    loss = binary_cross_entropy(p, [1, 0])
    assert loss.data == 0.0
    assert gradient(loss, p) == [-0.5, 0.5]
    assert binary_cross_entropy(1e-20, 0) == 1e-20


# ---- laws ---------------------------------------------------------------------------


@each_case
def test_the_loss_of_a_batch_is_the_mean_over_its_samples(loss, predictions, targets):
    whole = loss(predictions, targets)
    parts = [loss([p], [y]) for p, y in zip(predictions, targets, strict=True)]
    assert whole == pytest.approx(sum(parts) / len(parts), rel=1e-14)


@each_case
def test_numbers_and_values_agree(loss, predictions, targets):
    plain = loss(predictions, targets)
    assert type(plain) is float
    assert loss(as_values(predictions), targets).data == plain
    assert loss(as_values(predictions), np.array(targets)).data == plain
    assert loss(np.array(predictions), tuple(targets)) == plain


@each_case
def test_gradients_are_central_differences(loss, predictions, targets):
    values = as_values(predictions)
    inputs = flat(values)
    slopes = gradient(loss(values, targets), inputs)
    for v, slope in zip(inputs, slopes, strict=True):
        at, h = v.data, 1e-6
        v.data = at + h
        above = loss(values, targets).data
        v.data = at - h
        below = loss(values, targets).data
        v.data = at
        assert slope == pytest.approx((above - below) / (2 * h), abs=1e-8)


@each_case
def test_pytorch_agrees(loss, predictions, targets):
    torch = pytest.importorskip("torch")
    F = torch.nn.functional
    p = torch.tensor(predictions, dtype=torch.float64, requires_grad=True)
    integral = loss is cross_entropy and targets is CLASSES
    y = torch.tensor(targets, dtype=torch.int64 if integral else torch.float64)
    theirs = {
        mse: F.mse_loss,
        half_mse: lambda p, y: 0.5 * ((p - y) ** 2).sum() / len(p),
        binary_cross_entropy: F.binary_cross_entropy,
        binary_cross_entropy_with_logits: F.binary_cross_entropy_with_logits,
        hinge: lambda p, y: (1 - y * p).relu().mean(),
        cross_entropy: F.cross_entropy,
    }[loss](p, y)
    theirs.backward()
    values = as_values(predictions)
    ours = loss(values, targets)
    assert ours.data == pytest.approx(theirs.item(), rel=1e-14)
    expected = p.grad.flatten().tolist()
    assert gradient(ours, flat(values)) == pytest.approx(expected, rel=1e-13, abs=1e-16)


# ---- traced: symbols have no number, and no branch may look at them -----------------


class Symbol(Value):
    __slots__ = ()

    def __init__(self):
        pass

    @property
    def data(self):
        raise AssertionError("a traced number was read")

    def __lt__(self, other):
        raise AssertionError("a traced number was compared")

    __le__ = __gt__ = __ge__ = __lt__


@pytest.mark.parametrize("name", LOSSES)
def test_model_and_loss_can_be_traced(name):
    rows = name == "cross_entropy"
    model = MLP(2, [3, 2 if rows else 1], "tanh", rng=random.Random(0))
    token = recording.set(lambda op, args: Symbol())
    try:
        yhat = model([Symbol(), Symbol()])
        y = [Symbol(), Symbol()] if rows else Symbol()
        assert isinstance(LOSSES[name](yhat, y), Symbol)
        assert isinstance(LOSSES[name]([yhat], [y]), Symbol)
        if rows:
            assert isinstance(cross_entropy(yhat, 1), Symbol)
    finally:
        recording.reset(token)


# ---- bad input ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mse([1, 2], [1, 2, 3]), "got 2 predictions and 3 targets"),
        (lambda: mse([1.0, 2.0], 1.0), "got 2 predictions and 1 target$"),
        (lambda: mse([], []), "the batch is empty"),
        (lambda: cross_entropy([], []), "the batch is empty"),
        (lambda: cross_entropy(LOGITS, [0]), "got 2 predictions and 1 target$"),
        (
            lambda: mse([[1, 2]], [[1, 2, 3]]),
            "sample 0 has 2 outputs and a target of 3",
        ),
        (lambda: mse([[1, 2], [1]], [[1, 2], [1]]), "sample 1 has 1 outputs, sample 0"),
        (lambda: hinge([1.0, 1.0], [1, 0]), r"sample 1: .* 0.0; .* write 2 \* y - 1"),
        (
            lambda: hinge([1.0], [math.nan]),
            "sample 0: targets must be -1 or 1, got nan",
        ),
        (
            lambda: binary_cross_entropy([0.5], [-1]),
            "must lie between 0 and 1, got -1.0",
        ),
        (
            lambda: binary_cross_entropy_with_logits([0.5], [2]),
            "between 0 and 1, got 2",
        ),
        (lambda: binary_cross_entropy([0.5, 0.0], [1, 1]), "sample 1.*_with_logits"),
        (lambda: binary_cross_entropy([1.0], [0]), "sample 0.*_with_logits"),
        (lambda: binary_cross_entropy(Value(0.0), 1), "sample 0.*_with_logits"),
        (lambda: binary_cross_entropy(Value(1.0), 0.5), "sample 0.*_with_logits"),
        (lambda: cross_entropy(LOGITS, [0, 3]), "sample 1: there are 3 classes, .* 3"),
        (lambda: cross_entropy(LOGITS, [-1, 0]), "sample 0: .* got class -1"),
        (lambda: cross_entropy(LOGITS, [[1, 0], [1, 0]]), "3 classes, got 2 prob"),
        (lambda: cross_entropy([0.0, 0.0], [1, 1]), "probabilities must sum to 1"),
    ],
)
def test_bad_values_are_errors_that_teach(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mse(["a"], [1.0]), "expected a real number, got 'a'"),
        (lambda: mse([1.0], ["a"]), "expected a real number, got 'a'"),
        (lambda: mse([None], [1.0]), "expected a real number, got None"),
        (lambda: cross_entropy(LOGITS, [0, 1.0]), r"int \(y.astype\(int\)"),
        (lambda: cross_entropy(LOGITS, [None, 1]), "numbers of classes"),
        (lambda: cross_entropy(1.0, 0), "list of logits .* binary_cross_entropy_with"),
    ],
)
def test_what_is_no_number_is_a_type_error(call, message):
    with pytest.raises(TypeError, match=message):
        call()
