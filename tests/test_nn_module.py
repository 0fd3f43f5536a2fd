"""Modules find, name, save, load, copy and pickle their parameters."""

import copy
import json
import pickle
import random

import numpy as np
import pytest

from autograd import Value, no_grad, relu
from nn import MLP, SGD, Layer, Module, Neuron, Sequential, fit


class Everything(Module):
    """Parameters in every kind of place, and things that are none."""

    def __init__(self):
        self.scale = Value(1.0)
        self.table = {"left": [Value(2.0), Value(3.0)], "right": (Value(4.0),)}
        self.inner = Neuron(1)
        self.shared = self.inner
        self.again = self.scale
        self.array = np.array([[Value(5.0), Value(6.0)]])
        self.interior = self.scale * 2.0
        self.constant = self.scale.detach()
        self.name, self.size, self.floats = "e", 3, np.zeros(3)
        self.parent = self  # a cycle

    def __call__(self, x):
        return self.scale * self.inner(x)


def test_parameters_are_found_everywhere_once_in_order_of_definition():
    model = Everything()
    names = [name for name, _ in model.named_parameters()]
    assert names == [
        "scale",
        "table.left.0",
        "table.left.1",
        "table.right.0",
        "inner.w.0",
        "inner.b",
        "array.0.0",
        "array.0.1",
    ]
    assert [p for _, p in model.named_parameters()] == model.parameters()


def test_names_are_paths():
    names = [name for name, _ in MLP(2, [1, 1]).named_parameters()]
    assert names[:3] == [f"layers.0.neurons.0.{end}" for end in ("w.0", "w.1", "b")]
    assert names[-1] == "layers.1.neurons.0.b"


def test_nesting_has_no_depth_limit():
    nested: list = [Value(1.0)]
    for _ in range(5000):
        nested = [nested]
    model = Module()
    model.nested = nested
    assert len(model.parameters()) == 1


def test_a_set_of_parameters_is_refused():
    model = Module()
    model.bag = {Value(1.0), Value(2.0)}
    with pytest.raises(TypeError, match="bag is a set, whose order changes"):
        model.parameters()
    model.bag = {1, 2}
    assert model.parameters() == []


def test_two_parameters_of_one_name_are_refused():
    model = Module()
    model.table = {"1": Value(1.0), 1: Value(2.0)}
    with pytest.raises(ValueError, match=r"two parameters have the name 'table\.1'"):
        model.state_dict()


def test_zero_grad():
    model = MLP(2, [2, 1], "tanh")
    model([1.0, 2.0]).backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert not any(p.grad for p in model.parameters())


def test_a_module_that_says_not_what_it_computes():
    class Half(Module):
        def forward(self, x):
            return x

    with pytest.raises(NotImplementedError, match=r"Half .* define __call__"):
        Half()(1.0)


def test_repr_shows_architecture_and_number_of_parameters():
    model = Sequential(MLP(2, [3, 1], "tanh"), relu, Layer(1, 2, "softmax"))
    assert repr(model).splitlines() == [
        "Sequential, 17 parameters",
        "  layers.0: MLP, 13 parameters",
        "    layers.0: Layer(2, 3, 'tanh'), 9 parameters",
        "    layers.1: Layer(3, 1, 'identity'), 4 parameters",
        "  layers.2: Layer(1, 2, 'softmax'), 4 parameters",
    ]
    assert repr(Neuron(3)) == "Neuron(3, 'relu'), 4 parameters"
    assert repr(Everything()).startswith("Everything, 8 parameters\n  inner: Neuron(1")


# ---- saving and loading -------------------------------------------------------------


def test_state_dict_survives_json():
    model, other = MLP(2, [3, 1]), MLP(2, [3, 1])
    other.load_state_dict(json.loads(json.dumps(model.state_dict())))
    assert other.state_dict() == model.state_dict()
    assert list(model.state_dict()) == [name for name, _ in model.named_parameters()]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"w.0": None}, "missing: w.0"),
        ({"v": 1.0}, "unknown to this model: v"),
        ({"w.0": [1.0, 2.0]}, r"not one number: w.0 = \[1.0, 2.0\]"),
        ({"w.0": "1.0"}, "not one number: w.0 = '1.0'"),
        ({"w.0": Value(1.0)}, "not one number: w.0 = Value"),
        ({"w.0": np.zeros(2)}, "not one number: w.0 = array"),
        ({"w.1": None, "v": 1.0, "b": "x"}, "missing: w.1; unknown.*: v; not one.*: b"),
    ],
)
def test_load_state_dict_loads_all_or_nothing(change, message):
    model = Neuron(2)
    before = model.state_dict()
    state = dict.fromkeys(before, 7.0) | change
    if "missing" in message:
        state = {name: x for name, x in state.items() if x is not None}
    with pytest.raises(ValueError, match=message):
        model.load_state_dict(state)
    assert model.state_dict() == before


def test_a_long_list_of_faults_is_cut_short():
    with pytest.raises(ValueError, match=r"missing: .*and 332 more; unknown.*: v$"):
        MLP(2, [16, 16, 1]).load_state_dict({"v": 1.0})


# ---- copies and pickles -------------------------------------------------------------

COPIES = [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))]


def trained(model):
    fit(model, [[0.0, 1.0], [1.0, 0.0]], [1.0, -1.0], lr=0.1, epochs=3, progress=False)
    return model.state_dict()


@pytest.mark.parametrize("duplicate", COPIES, ids=["deepcopy", "pickle"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "identity"])
def test_a_copy_goes_on_learning_by_itself(duplicate, activation):
    model = MLP(2, [3, 1], activation, rng=random.Random(0))
    trained(model)
    twin = duplicate(model)
    assert repr(twin) == repr(model)
    before = model.state_dict()
    assert twin.state_dict() == before
    after = trained(twin)
    assert after != before
    assert model.state_dict() == before
    assert trained(model) == after


@pytest.mark.parametrize("duplicate", COPIES, ids=["deepcopy", "pickle"])
def test_a_copy_shares_what_the_model_shared(duplicate):
    layer = Layer(1, 1)
    twin = duplicate(Sequential(layer, layer))
    assert len(twin.parameters()) == 2


def test_a_copied_optimiser_moves_the_copied_model():
    model = Neuron(1)
    optimizer = SGD(model.parameters(), lr=1.0, momentum=0.9)
    twin, moved = copy.deepcopy((model, optimizer))
    assert moved.parameters == twin.parameters()
    assert not set(moved.parameters) & set(model.parameters())


def test_a_model_built_under_no_grad_has_parameters():
    with no_grad():
        model = Neuron(2)
    assert len(model.parameters()) == 3
