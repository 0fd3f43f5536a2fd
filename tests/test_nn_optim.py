"""Optimisers: against known sequences and PyTorch; one rule for all numbers."""

import json
import math

import numpy as np
import pytest

from autograd import Value
from nn import SGD, Adagrad, Adam, AdamW, Neuron, Optimizer, RMSProp, step_decay

# The parameter 1 under these gradients, as PyTorch 2.13 moves it in float64; AdamW's
# sequence was also computed from the paper's algorithm in 40 decimal digits.
GRADIENTS = [0.5, -1.0, 2.0, 0.25]
SEQUENCES = [
    (SGD, {}, [0.95, 1.05, 0.85, 0.825]),
    (SGD, {"momentum": 0.9}, [0.95, 1.005, 0.8545, 0.69405]),
    (
        SGD,
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.5},
        [0.81, 0.84205, 0.35735025, 0.05756445125],
    ),
    (
        RMSProp,
        {"alpha": 0.9, "momentum": 0.5},
        [
            0.6837722539831607,
            0.8113726585257617,
            0.5951854638662731,
            0.4504487990866855,
        ],
    ),
    (
        Adagrad,
        {},
        [0.90000000002, 0.9894427191119917, 0.9021555630214042, 0.891309040130942],
    ),
    (
        Adam,
        {"weight_decay": 0.5},
        [0.900000001, 0.8771703774851737, 0.8118277421203988, 0.7460624931699664],
    ),
    (
        AdamW,
        {"weight_decay": 0.5},
        [
            0.8500000019999999,
            0.8441103541405656,
            0.7599392749110765,
            0.6814625141068728,
        ],
    ),
]
VARIANTS = [
    (SGD, {}),
    (SGD, {"weight_decay": 0.1}),
    (SGD, {"momentum": 0.9}),
    (SGD, {"momentum": 0.9, "weight_decay": 0.1}),
    (SGD, {"momentum": 0.9, "nesterov": True}),
    (SGD, {"momentum": 0.8, "nesterov": True, "weight_decay": 0.1}),
    (RMSProp, {}),
    (RMSProp, {"alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1}),
    (RMSProp, {"momentum": 0.9, "weight_decay": 0.1}),
    (Adagrad, {}),
    (Adagrad, {"eps": 1e-3, "weight_decay": 0.1}),
    (Adam, {}),
    (Adam, {"betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.1}),
    (Adam, {"betas": (0.0, 0.0)}),
    (AdamW, {}),
    (AdamW, {"betas": (0.5, 0.9), "weight_decay": 0.1}),
]
variants = pytest.mark.parametrize(("make", "options"), VARIANTS)


def follow(optimizer, x, gradients):
    path = []
    for g in gradients:
        x.grad = g
        optimizer.step()
        path.append(x.data)
    return path


@pytest.mark.parametrize(("make", "options", "expected"), SEQUENCES)
def test_known_sequences(make, options, expected):
    x = Value(1.0)
    path = follow(make([x], lr=0.1, **options), x, GRADIENTS)
    assert path == pytest.approx(expected, rel=1e-14)


def slopes(xs):
    """Give the gradient of a curved bowl, written out for floats and tensors alike."""
    return [3.0 * (x - 1.0) ** 3 + 0.1 * k * x for k, x in enumerate(xs, start=1)]


@variants
@pytest.mark.parametrize("lr", [None, 0.05])
def test_pytorch_takes_the_same_fifty_steps(make, options, lr):
    torch = pytest.importorskip("torch")
    theirs = {RMSProp: torch.optim.RMSprop}.get(make) or getattr(
        torch.optim, make.__name__
    )
    rates = {} if lr is None else {"lr": lr}
    start = [0.0, 2.5, -1.5]
    ours = [Value(x) for x in start]
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in start]
    optimizer, peer = (
        make(ours, **rates, **options),
        theirs(tensors, **rates, **options),
    )
    for _ in range(50):
        for x, g in zip(ours, slopes([x.data for x in ours]), strict=True):
            x.grad = g
        for x, g in zip(tensors, slopes([t.item() for t in tensors]), strict=True):
            x.grad = torch.tensor(g, dtype=torch.float64)
        optimizer.step()
        peer.step()
        assert [x.data for x in ours] == pytest.approx(
            [x.item() for x in tensors], rel=1e-12, abs=1e-12
        )


@variants
def test_one_rule_serves_floats_arrays_and_values(make, options):
    optimizer = make([Value(0.0)], lr=0.1, **options)
    x, g, t = [1.0, -2.0, 0.5], [0.5, 0.25, -3.0], 3
    state = [[0.1, 0.2, 0.3] for _ in optimizer.state]
    floats = [
        optimizer.update(a, b, 0.1, t, *s)
        for a, b, *s in zip(x, g, *state, strict=True)
    ]
    arrays = optimizer.update(np.array(x), np.array(g), 0.1, t, *map(np.array, state))
    np.testing.assert_allclose(np.array(floats).T, np.array(arrays), rtol=1e-15)
    for a, b, *s, expected in zip(x, g, *state, floats, strict=True):
        values = optimizer.update(
            Value(a), Value(b), Value(0.1), Value(t), *map(Value, s)
        )
        assert [v.data for v in values] == pytest.approx(list(expected), rel=1e-15)
        assert len(values) == 1 + len(optimizer.state)


@variants
def test_an_optimiser_resumed_from_its_state_goes_on_the_same(make, options):
    x, y = Value(1.0), Value(1.0)
    whole = follow(make([x], **options), x, GRADIENTS * 2)
    first = make([y], **options)
    half = follow(first, y, GRADIENTS)
    second = make([y], **options)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert half + follow(second, y, GRADIENTS) == whole


@variants
def test_a_zero_gradient_from_the_start_moves_nothing(make, options):
    x = Value(0.0)
    assert follow(make([x], **options), x, [0.0, 0.0]) == [0.0, 0.0]


def test_zero_grad():
    x = Value(3.0)
    x.grad = 2.0
    SGD([x]).zero_grad()
    assert x.grad == 0.0


def test_the_learning_rate_may_be_changed_or_scheduled():
    x = Value(1.0)
    optimizer = SGD([x], lr=0.1)
    optimizer.lr = 0.5
    assert follow(optimizer, x, [1.0]) == [0.5]
    optimizer.lr = step_decay(1.0, every=2, gamma=0.5)  # counts from step 0
    assert optimizer.learning_rate == 1.0
    assert follow(optimizer, x, [1.0, 1.0, 1.0]) == [-0.5, -1.0, -1.5]


# ---- bad input ----------------------------------------------------------------------


@pytest.mark.parametrize("lr", [-0.1, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("make", [SGD, RMSProp, Adagrad, Adam, AdamW])
def test_a_negative_or_infinite_rate_is_refused(make, lr):
    x = Value(1.0)
    with pytest.raises(ValueError, match="lr must be at least 0 and finite, got"):
        make([x], lr=lr)
    optimizer = make([x])
    with pytest.raises(ValueError, match="lr must be at least 0 and finite, got"):
        optimizer.lr = lr
    optimizer.lr = lambda step: lr
    with pytest.raises(ValueError, match="lr at step 0 must be at least 0"):
        optimizer.step()
    assert x.data == 1.0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: SGD([x], lr="fast"), TypeError, "lr: expected a real number"),
        (lambda x: SGD([x], momentum=-1), ValueError, "momentum must be at least 0"),
        (lambda x: SGD([x], nesterov=True), ValueError, "nesterov needs a momentum"),
        (lambda x: SGD([x], weight_decay=math.nan), ValueError, "weight_decay"),
        (
            lambda x: RMSProp([x], alpha=1.0),
            ValueError,
            "alpha .* less than 1, got 1.0",
        ),
        (lambda x: Adam([x], betas=(0.9, 1.0)), ValueError, "beta2 .* less than 1"),
        (lambda x: Adam([x], eps=-1.0), ValueError, "eps must be at least 0"),
        (lambda x: SGD([]), ValueError, "at least one parameter"),
        (lambda x: SGD([x, x]), ValueError, "more than once"),
        (lambda x: SGD([1.0]), TypeError, "changes leaf Values .* got 1.0"),
        (lambda x: SGD([x * 2.0]), TypeError, "changes leaf Values"),
        (lambda x: Optimizer([x], lr=1.0).step(), NotImplementedError, "define update"),
    ],
)
def test_bad_options_are_errors_that_teach(call, error, message):
    with pytest.raises(error, match=message):
        call(Value(1.0))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_gradient_that_is_not_finite_names_its_parameter_and_moves_nothing(bad):
    neuron = Neuron(2)
    before = neuron.state_dict()
    optimizer = SGD(neuron.named_parameters(), momentum=0.9)
    state = optimizer.state_dict()
    for p in neuron.parameters():
        p.grad = 1.0
    neuron.w[1].grad = bad
    with pytest.raises(FloatingPointError, match=r"gradient of parameter w\.1 is"):
        optimizer.step()
    assert neuron.state_dict() == before
    assert optimizer.state_dict() == state
    x = Value(1.0, label="speed")
    x.grad = bad
    with pytest.raises(FloatingPointError, match="parameter speed is"):
        SGD([x]).step()


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"steps": 1}, "expected steps, velocity; got steps"),
        ({"steps": 1, "velocity": [1.0]}, "velocity needs 2 numbers, got 1"),
        ({"steps": 1, "mean": [1.0, 2.0]}, "expected steps, velocity; got mean, steps"),
        ({"steps": -1, "velocity": [1.0, 2.0]}, "steps must be at least 0"),
    ],
)
def test_load_state_dict_loads_all_or_nothing(state, message):
    optimizer = SGD([Value(1.0), Value(2.0)], momentum=0.9)
    before = optimizer.state_dict()
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(state)
    with pytest.raises(TypeError, match="expected a real number"):
        optimizer.load_state_dict({"steps": 1, "velocity": [1.0, "x"]})
    assert optimizer.state_dict() == before


def test_an_interrupted_step_is_undone():
    class Stop(SGD):
        """An optimiser at which Ctrl-C falls when the parameters have moved."""

        armed = False

        def __setattr__(self, name, value):
            if name == "state" and self.armed:
                self.armed = False
                assert x.data != 1.0
                raise KeyboardInterrupt
            super().__setattr__(name, value)

    x, y = Value(1.0), Value(2.0)
    optimizer = Stop([x, y], lr=0.1, momentum=0.9)
    x.grad = y.grad = 1.0
    optimizer.armed = True
    with pytest.raises(KeyboardInterrupt):
        optimizer.step()
    assert (x.data, y.data, optimizer.steps) == (1.0, 2.0, 0)
    assert optimizer.state == {"velocity": [0.0, 0.0]}
