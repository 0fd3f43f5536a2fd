"""Whole networks as a few boxes: whose each node is, the counts, and no cycles."""

import random
import sys
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import Value, dot, draw, mean, sum, tanh
from autograd.drawing.collapse import collapsed
from autograd.drawing.cut import counted, tails_of
from autograd.drawing.layout import own_layout
from autograd.drawing.owners import at_level, owners, owners_in
from autograd.drawing.scene import Scene
from tests.test_drawing import assert_no_overlap, graphs, slow, texts


def boxes(found: Scene) -> dict[str, tuple[str, ...]]:
    return {n.name: n.lines for n in found.nodes if n.kind in ("group", "result")}


def arrows(found: Scene) -> dict[tuple[str, str], str]:
    """Give the arrows by the names of their ends, with what stands on them."""
    tails, names = tails_of(found), [node.name for node in found.nodes]
    named = {}
    for head, ways in enumerate(tails):
        for way in ways:
            if found.nodes[way].kind == "count":
                named[names[tails[way][0]], names[head]] = found.nodes[way].lines[0]
            elif found.nodes[head].kind != "count":
                named[names[way], names[head]] = ""
    return named


def moons(samples: int, rng: random.Random) -> tuple[Value, nn.MLP]:
    """The network 2-16-16-1 of the moons: hinge loss and L2."""
    model = nn.MLP(2, [16, 16, 1], rng=rng)
    X = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(samples)]
    y = [rng.choice([-1.0, 1.0]) for _ in X]
    loss = nn.hinge([model(x) for x in X], y)
    return loss + 1e-4 * sum([p * p for p in model.parameters()]), model


def test_a_network_with_its_loss_is_a_handful_of_boxes() -> None:
    loss, model = moons(10, random.Random(0))
    loss.backward()
    found = draw(loss, engine="own", collapse="layer").scene
    assert {name: lines[:2] for name, lines in boxes(found).items()} == {
        "model.layers[0]": ("Layer", "48 parameters"),
        "model.layers[1]": ("Layer", "272 parameters"),
        "model.layers[2]": ("Layer", "17 parameters"),
        "loss": (boxes(found)["loss"][0], f"data {loss.data:.4g}"),
    }
    # 16 activations for each of 10 samples; a square for each parameter goes to L2.
    assert arrows(found) == {
        ("model.layers[0]", "model.layers[1]"): "160",
        ("model.layers[1]", "model.layers[2]"): "160",
        ("model.layers[2]", "loss"): "27",
        ("model.layers[1]", "loss"): "272",
        ("model.layers[0]", "loss"): "48",
    }
    whole = draw(loss, engine="own", collapse="module").scene
    assert boxes(whole)["model"][:2] == ("MLP", "337 parameters")
    assert len(model.parameters()) == 337


def test_a_box_for_each_neuron() -> None:
    loss, model = moons(3, random.Random(1))
    found = draw(loss, engine="own", collapse="neuron").scene
    assert len(boxes(found)) == 16 + 16 + 1 + 1
    lines = boxes(found)["model.layers[1].neurons[3]"]
    # dot, + and relu for each sample, and a square for each of 17 parameters
    assert lines[:3] == ("Neuron", "17 parameters", "26 Values")
    assert_no_overlap(own_layout(found))
    assert model is not None


def test_many_boxes_are_cut_like_a_graph() -> None:
    loss, _model = moons(1, random.Random(1))
    picture = draw(loss, engine="own", collapse="neuron", model=_model, limit=5)
    assert counted(picture.scene) == 5
    assert "5 of 34 boxes drawn" in " ".join(texts(picture))


def test_a_mean_of_squares_is_not_the_last_layer() -> None:
    model = nn.MLP(1, [2, 1], "tanh", "tanh")
    predictions = [model(0.5), model(-0.5)]
    error = mean([(p - 1.0) ** 2 for p in predictions])
    found = draw(error, engine="own", collapse="layer").scene
    # Two samples of dot, + and tanh; -, ** and mean's sum and product for the loss.
    assert "6 Values" in boxes(found)["model.layers[1]"]
    assert arrows(found)["model.layers[1]", "error"] == "2"


def test_softmax_over_neurons_belongs_to_their_layer() -> None:
    layer, last = nn.Layer(2, 3, "softmax"), nn.Neuron(3, "identity")
    out = last(layer([1.0, 2.0]))
    found = draw(out, engine="own", collapse="neuron").scene
    path = [("layer.neurons[0]", "layer"), ("layer", "last")]
    assert set(path) <= set(arrows(found))
    assert boxes(found)["layer"][0] == "Layer"
    assert set(boxes(draw(out, collapse="layer").scene)) == {"layer", "last"}


class Cell(nn.Module):
    """A recurrent cell with a gate."""

    def __init__(self, width: int) -> None:
        self.candidate = nn.Layer(1 + width, width, "tanh")
        self.gate = nn.Layer(1 + width, width, "sigmoid")

    def __call__(self, x: float, h: list[Any]) -> list[Any]:
        new, g = self.candidate([x, *h]), self.gate([x, *h])
        return [gi * ni + (1.0 - gi) * hi for gi, ni, hi in zip(g, new, h, strict=True)]


def test_each_run_of_a_recurrent_cell_is_a_step() -> None:
    cell, h = Cell(2), [0.0, 0.0]
    for x in (0.1, 0.2, 0.3):
        h = cell(x, h)
    last = sum(h)
    found = draw(last, engine="own", collapse="layer").scene
    # What follows the last parameter counts as the loss: here the last mixing, too.
    assert set(boxes(found)) == {
        *(f"cell, step {t}" for t in (1, 2)),
        *(f"cell.gate, step {t}" for t in (1, 2, 3)),
        *(f"cell.candidate, step {t}" for t in (1, 2, 3)),
        "last",
    }
    way = arrows(found)
    for t in (1, 2):
        for part in (".gate", ".candidate"):
            assert (f"cell, step {t}", f"cell{part}, step {t + 1}") in way
    assert ("cell, step 1", "cell, step 2") in way
    assert set(boxes(draw(last, collapse="module").scene)) == {"cell", "last"}


class Linear:
    """A model in the simplest way: no base class, a matrix of Values."""

    def __init__(self, rng: random.Random, nin: int, nout: int) -> None:
        self.W = [[Value(rng.uniform(-1, 1)) for _ in range(nin)] for _ in range(nout)]
        self.b = [Value(0.0) for _ in range(nout)]

    def __call__(self, x: list[Any]) -> list[Any]:
        return [tanh(dot(w, x) + b) for w, b in zip(self.W, self.b, strict=True)]

    def parameters(self) -> list[Value]:
        return [*sum_lists(self.W), *self.b]


def sum_lists(rows: list[list[Value]]) -> list[Value]:
    return [z for row in rows for z in row]


def test_any_class_with_parameters_is_a_model() -> None:
    rng = random.Random(0)
    layers = [Linear(rng, a, b) for a, b in pairwise((2, 3, 3, 1))]
    x: list[Any] = [Value(1.0, label="x0"), Value(2.0)]
    for layer in layers:  # leaves a variable behind that is one of them
        x = layer(x)
    found = draw(x[0], engine="own", collapse="layer").scene
    assert list(boxes(found)) == ["inputs", "layers[0]", "layers[1]", "layer"]
    assert boxes(found)["inputs"] == ("2 Values", "data 1 to 2")
    given = draw(x[0], collapse="module", model=layers).scene
    assert list(boxes(given))[1:] == ["model[0]", "model[1]", "model[2]"]


def test_without_a_model_the_error_says_what_one_is() -> None:
    x = Value(1.0)
    for root, model in ((x, None), (x * 2.0, None), (x * 2.0, 3), (x, [x])):
        with pytest.raises(ValueError, match=r"objects with parameters\(\)"):
            draw(root, collapse="layer", model=model)


def test_the_variable_with_the_whole_model_counts() -> None:
    model = nn.MLP(2, [2, 1])
    neuron = layer = model.layers[0]
    neuron = layer.neurons[0]
    paths = {chain[0].path for chain in owners_in([locals()]).values()}
    assert paths == {"model"}
    assert [o.path for o in owners(model, "m")[neuron.b]] == [
        *("m", "m.layers[0]", "m.layers[0].neurons[0]")
    ]
    assert sys.getrefcount(layer) > 1


@slow
@given(graphs, st.integers(1, 5), st.randoms(use_true_random=False))
def test_any_grouping_of_any_graph_is_a_picture_without_cycles(
    root: Value, parts: int, rng: random.Random
) -> None:
    """The leaves are dealt out at random as the parameters of some parts."""
    from autograd.graph import leaves

    models = [nn.Module() for _ in range(parts)]
    for z in leaves(root):
        setattr(rng.choice(models), f"p{len(vars(models[0]))}{z.label}", z)
    owned = at_level(owners(models, "models"), "layer")
    if root in owned:
        return
    found = collapsed(root, owned, "")
    # Tails stand before their heads: there is no cycle. All Values are counted.
    assert all(tail < head for tail, head in found.edges)
    assert found.nodes[-1].kind == "result"
    assert_no_overlap(own_layout(found))
