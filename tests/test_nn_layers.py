"""Neurons, layers, networks, activations and first weights."""

import math
import random
import statistics

import numpy as np
import pytest

import autograd
from autograd import Value, gelu, leaky_relu, sigmoid, silu, softplus, tanh
from nn import MLP, Layer, Neuron, Sequential, hinge, identity, init, predict
from nn.activations import ACTIVATIONS


def weights(*numbers):
    """Give an init that deals out these numbers in turn."""
    supply = iter(numbers)
    return lambda nin, nout, rng: next(supply)


def numbers(outputs):
    return [y.data for y in outputs]


# ---- what they compute --------------------------------------------------------------


def test_a_neuron_is_one_weighted_sum_a_bias_and_an_activation():
    neuron = Neuron(2, "tanh", init=weights(2.0, -3.0))
    neuron.b.data = 0.5
    x = [Value(1.0), Value(0.25)]
    out = neuron(x)
    assert out.data == math.tanh(2.0 - 0.75 + 0.5)
    assert out.op is tanh
    (total,) = out.args
    weighted, bias = total.args
    assert weighted.op is autograd.dot
    assert weighted.args == (*neuron.w, *x)
    assert bias is neuron.b


def test_one_neuron_gives_a_value_more_give_a_list():
    assert isinstance(Layer(2, 1)([1.0, 2.0]), Value)
    assert len(Layer(2, 3)([1.0, 2.0])) == 3
    assert isinstance(MLP(2, [4, 1])([1.0, 2.0]), Value)
    assert len(MLP(2, [4, 2])([1.0, 2.0])) == 2


@pytest.mark.parametrize("x", [3.0, 3, np.float64(3.0), np.array(3.0), [3.0], (3,)])
def test_a_layer_of_one_input_takes_a_bare_number(x):
    layer = Layer(1, 1, "identity", init=weights(2.0))
    assert layer(x).data == 6.0


def test_a_layer_of_one_input_takes_a_bare_value():
    x = Value(3.0)
    Layer(1, 1, "identity", init=weights(2.0))(x).backward()
    assert x.grad == 2.0


def test_a_sample_may_be_any_sequence():
    model = MLP(2, [3, 1])
    expected = model([1.0, 2.0]).data
    generator = (x for x in (1.0, 2.0))
    for sample in ((1, 2), np.array([1.0, 2.0]), np.float32([1, 2]), generator):
        assert model(sample).data == expected


def test_inputs_may_be_values_with_gradients():
    x = [Value(1.0), Value(2.0)]
    model = Layer(2, 1, "identity", init=weights(5.0, 7.0))
    model(x).backward()
    assert [v.grad for v in x] == [5.0, 7.0]


def test_softmax_acts_on_the_whole_layer():
    layer = Layer(1, 3, "softmax", init=weights(1.0, 2.0, 3.0))
    total = sum(math.exp(k) for k in (1, 2, 3))
    expected = [math.exp(k) / total for k in (1, 2, 3)]
    assert numbers(layer(1.0)) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"softmax"}))
def test_an_activation_by_name_is_the_function(name):
    function = ACTIVATIONS[name]
    for x in (-2.0, 0.5):
        by_name = Neuron(1, name, init=weights(1.0))(x)
        assert by_name.data == Neuron(1, function, init=weights(1.0))(x).data
        assert by_name.data == function(x)


def test_an_activation_may_be_a_function_or_a_module():
    assert Neuron(1, lambda z: z * z, init=weights(3.0))(1.0).data == 9.0
    inner = Neuron(1, "identity", init=weights(2.0))
    outer = Layer(1, 2, inner, init=weights(1.0, 3.0))
    assert numbers(outer(1.0)) == [2.0, 6.0]
    assert len(outer.parameters()) == 2 * 2 + 2


def test_mlp_activates_hidden_layers_and_output_apart():
    model = MLP(1, [2, 1], "tanh", "sigmoid", init=lambda nin, nout, rng: 1.0)
    expected = sigmoid(2.0 * math.tanh(0.5))
    assert model(0.5).data == pytest.approx(expected, rel=1e-15)


def test_sequential_applies_modules_and_functions():
    one = lambda nin, nout, rng: 1.0  # noqa: E731
    model = Sequential(
        Layer(1, 2, "identity", init=one), tanh, autograd.softmax, autograd.sum
    )
    assert model(3.0).data == pytest.approx(1.0)
    assert Sequential()(2.0) == 2.0
    with pytest.raises(TypeError, match="Sequential takes modules and functions"):
        Sequential(Layer(1, 1), "tanh")


# ---- bad input ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([1.0], r"Layer\(2, 3, 'relu'\) takes 2 inputs, got 1"),
        (1.0, r"Layer\(2, 3, 'relu'\) takes 2 inputs, got 1"),
        ([1.0, 2.0, 3.0], r"Layer\(2, 3, 'relu'\) takes 2 inputs, got 3$"),
        ([[1, 2], [3, 4], [5, 6]], r"got 3; for many samples write nn.predict"),
    ],
)
def test_a_wrong_number_of_inputs_names_the_layer(x, message):
    with pytest.raises(ValueError, match=message):
        MLP(2, [3, 1])(x)


def test_a_wrong_number_of_inputs_names_the_neuron():
    with pytest.raises(ValueError, match=r"Neuron\(1, 'relu'\) takes 1 input, got 2"):
        Neuron(1)([1.0, 2.0])


@pytest.mark.parametrize("x", [["a", 1.0], "ab", [None, 1.0], [1j, 1.0]])
def test_inputs_that_are_no_numbers(x):
    with pytest.raises(TypeError, match="expected a real number"):
        Layer(2, 1)(x)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: Neuron(2, "reluu"),
            ValueError,
            "unknown activation 'reluu'; .*: gelu",
        ),
        (lambda: MLP(2, [1], "tan"), ValueError, "unknown activation 'tan'"),
        (lambda: Neuron(2, 3), TypeError, "name of a known activation, or a function"),
        (lambda: Neuron(2, "softmax"), ValueError, "softmax acts on .* a layer"),
        (lambda: Layer(2, 1, "softmax"), ValueError, "always 1; .* use 'sigmoid'"),
        (lambda: Neuron(0), ValueError, "nin must be at least 1, got 0"),
        (lambda: Layer(2, -1), ValueError, "nout must be at least 1, got -1"),
        (lambda: Layer(2.0, 1), TypeError, "nin must be a whole number, got 2.0"),
        (lambda: Layer(2, True), TypeError, "nout must be a whole number, got True"),
        (lambda: MLP(2, 1), ValueError, r"as a list, as in MLP\(2, \[16, 1\]\), got 1"),
        (lambda: MLP(2, []), ValueError, "as a list"),
        (lambda: Neuron(2, init=1.0), TypeError, "init must be a function"),
        (
            lambda: Neuron(2, init=init.kaiming_normal),
            TypeError,
            r"write nn.init.kaiming_normal\(\)",
        ),
        (lambda: Neuron(2, rng=0), TypeError, "rng must be a random.Random, got 0"),
    ],
)
def test_bad_architectures_are_errors_that_teach(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_sizes_may_be_numpy_integers():
    assert len(MLP(np.int64(2), np.array([3, 1])).parameters()) == 13


# ---- first weights ------------------------------------------------------------------

SPREADS = [
    (init.uniform(-2.0, 2.0), 2 / math.sqrt(3), 2.0),
    (init.normal(0.0, 0.5), 0.5, math.inf),
    (init.xavier_uniform(), math.sqrt(2 / 60), math.sqrt(6 / 60)),
    (init.xavier_normal(), math.sqrt(2 / 60), math.inf),
    (init.kaiming_uniform(), math.sqrt(2 / 40), math.sqrt(6 / 40)),
    (init.kaiming_normal(), math.sqrt(2 / 40), math.inf),
    (init.xavier_uniform(gain=3.0), 3 * math.sqrt(2 / 60), 3 * math.sqrt(6 / 60)),
    (init.kaiming_normal(gain=1.0), math.sqrt(1 / 40), math.inf),
]


@pytest.mark.parametrize(("draw", "std", "bound"), SPREADS)
def test_first_weights_have_the_spread_of_their_formula(draw, std, bound):
    rng = random.Random(0)
    sample = [draw(40, 20, rng) for _ in range(20_000)]
    assert statistics.fmean(sample) == pytest.approx(0.0, abs=0.03 * std)
    assert statistics.pstdev(sample) == pytest.approx(std, rel=0.03)
    assert max(map(abs, sample)) <= bound


def test_the_initialisation_follows_the_activation():
    def drawn(activation, draw=None):
        layer = Layer(3, 2, activation, init=draw, rng=random.Random(0))
        return [w.data for neuron in layer.neurons for w in neuron.w]

    for activation in ("relu", leaky_relu, gelu, silu, softplus):
        assert drawn(activation) == drawn(activation, init.kaiming_normal())
    for activation in ("tanh", "sigmoid", identity, "softmax", lambda z: z):
        assert drawn(activation) == drawn(activation, init.xavier_uniform())


def test_weights_come_from_the_given_generator_and_leave_the_global_one_alone():
    state = random.getstate()
    first = MLP(2, [3, 1], rng=random.Random(5)).state_dict()
    assert MLP(2, [3, 1], rng=random.Random(5)).state_dict() == first
    assert random.getstate() == state


def test_without_a_generator_the_global_seed_decides():
    random.seed(5)
    first = MLP(2, [3, 1]).state_dict()
    random.seed(5)
    assert MLP(2, [3, 1]).state_dict() == first


# ---- as micrograd -------------------------------------------------------------------


def test_weights_are_drawn_in_micrograds_order():
    random.seed(1337)
    expected = []
    for nin, nout in ((2, 3), (3, 1)):
        for _ in range(nout):
            expected += [random.uniform(-1, 1) for _ in range(nin)] + [0]
    random.seed(1337)
    model = MLP(2, [3, 1], init=init.uniform(-1, 1))
    assert [p.data for p in model.parameters()] == expected


def test_weights_and_loss_curve_are_micrograds():
    theirs = pytest.importorskip("micrograd.nn")
    X = [[math.cos(k), math.sin(2.0 * k)] for k in range(12)]
    y = [1 if k % 3 else -1 for k in range(12)]
    random.seed(7)
    model = MLP(2, [8, 1], init=init.uniform(-1, 1))
    random.seed(7)
    peer = theirs.MLP(2, [8, 1])
    assert [p.data for p in model.parameters()] == [p.data for p in peer.parameters()]
    for k in range(20):
        loss = hinge([model(x) for x in X], y)
        losses = [(1 + -t * peer(x)).relu() for x, t in zip(X, y, strict=True)]
        peer_loss = sum(losses) * (1.0 / len(losses))
        assert loss.data == pytest.approx(peer_loss.data, rel=1e-12)
        for net, out in ((model, loss), (peer, peer_loss)):
            net.zero_grad()
            out.backward()
            for p in net.parameters():
                p.data -= (0.2 - 0.009 * k) * p.grad
    assert loss.data < 0.9


# ---- predict ------------------------------------------------------------------------


def test_predict_gives_floats_or_lists_and_keeps_no_graph():
    X = [[1.0, 2.0], [3.0, 4.0]]
    one, two = MLP(2, [3, 1]), MLP(2, [3, 2])
    assert predict(one, X) == [one(x).data for x in X]
    assert predict(two, np.array(X)) == [numbers(two(x)) for x in X]
    assert all(type(p) is float for p in predict(one, X))
    seen = []
    predict(lambda x: seen.append(one(x)) or seen[-1], X)
    assert all(v.args == () for v in seen)
