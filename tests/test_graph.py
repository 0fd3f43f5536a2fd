"""Walks over a graph, and copies of it."""

from __future__ import annotations

import copy
import pickle

import pytest

from autograd import Value, gradient, leaves, stop_gradient, topological_order
from autograd.graph import dependents, nodes
from tests.laws_programs import readme_expression


def diamond() -> dict[str, Value]:
    a = Value(3.0, label="a")
    b = a + a
    c = b * a
    d = c + b
    return {"a": a, "b": b, "c": c, "d": d}


def test_every_node_stands_after_its_arguments():
    root = readme_expression(Value(-4.0), Value(2.0), Value.relu)
    place = {z: i for i, z in enumerate(topological_order(root))}
    for z, i in place.items():
        assert all(place[x] < i for x in z.args if x in place)
    assert list(place)[-1] is root


def test_every_interior_node_stands_once():
    d = diamond()
    assert topological_order(d["d"]) == [d["b"], d["c"], d["d"]]


def test_a_leaf_has_an_empty_order():
    assert topological_order(Value(1.0)) == []


def test_nodes_lists_leaves_too():
    d = diamond()
    assert nodes(d["d"]) == [d["a"], d["b"], d["c"], d["d"]]
    assert nodes(d["a"]) == [d["a"]]


def test_a_walk_is_depth_first_and_follows_arguments_and_roots_in_order():
    u, v, x, y = (Value(float(i)) for i in range(4))
    a, b = u * v, x * y
    c = a + b
    assert nodes(c) == [u, v, a, x, y, b, c]
    assert topological_order(c) == topological_order(a, b, c) == [a, b, c]
    assert topological_order(b, a) == [b, a]
    assert nodes(b, x, a) == [x, y, b, u, v, a]
    assert leaves(b, a) == [x, y, u, v]


def test_leaves_come_in_the_order_of_first_use():
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    root = (c + a) * (b + c) - a
    assert leaves(root) == [c, a, b]
    assert leaves(a) == [a]


def test_a_constant_is_not_below_a_node():
    a = Value(2.0)
    root = a * a.detach() + stop_gradient(a * a)
    assert leaves(root) == [a]
    assert len(nodes(root)) == 3


def test_dependents_lie_between_inputs_and_output():
    d = diamond()
    order = topological_order(d["d"])
    assert dependents(order, [d["c"]]) == {d["c"], d["d"]}
    assert dependents(order, [Value(0.0)]).isdisjoint(order)


# ---- copies ------------------------------------------------------------------------


def test_a_deep_copy_is_a_graph_of_its_own():
    d = diamond()
    d["d"].backward()
    twin = copy.deepcopy(d["d"])
    (a,) = leaves(twin)
    assert a is not d["a"]
    assert (a.label, a.grad, a.data) == ("a", d["a"].grad, 3.0)
    assert [z.grad for z in topological_order(twin)] == [3.0 + 1.0, 1.0, 1.0]
    assert [z.op for z in topological_order(twin)] == [d["b"].op, d["c"].op, d["d"].op]
    before = d["a"].grad
    twin.backward()
    assert a.grad == 2 * before
    assert d["a"].grad == before


def test_a_deep_copy_keeps_the_numbers_among_the_arguments():
    x = Value(2.0)
    twin = copy.deepcopy(1.0 - x / 4.0)
    (quotient,) = topological_order(twin)[:1]
    assert twin.args == (1.0, quotient)
    assert quotient.args == (leaves(twin)[0], 4.0)
    assert gradient(twin, leaves(twin)) == [-0.25]


def test_copies_of_a_list_share_what_was_shared():
    x = Value(2.0)
    model = {"weights": [x, Value(1.0)], "tied": x, "y": x * x}
    model["again"] = model["y"]
    twin = copy.deepcopy(model)
    assert twin["again"] is twin["y"]
    assert twin["tied"] is twin["weights"][0]
    assert twin["y"].args == (twin["tied"], twin["tied"])
    assert gradient(twin["y"], twin["tied"]) == 4.0


def test_a_shallow_copy_stands_on_the_same_arguments():
    x = Value(2.0, label="x")
    y = x * x
    y.label = "y"
    twin = copy.copy(y)
    assert twin is not y
    assert (twin.args, twin.op, twin.label) == (y.args, y.op, "y")


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy, lambda v: roundtrip(v)])
@pytest.mark.parametrize("constant", [False, True])
def test_a_leaf_keeps_its_number_grad_and_label(make, constant):
    leaf = Value(0.1 + 0.2, label="w")
    leaf.grad = -1.5
    source = leaf.detach() if constant else leaf
    twin = make(source)
    assert twin is not source
    assert type(twin) is type(source)
    assert (twin.data, twin.label, twin.grad) == (leaf.data, "w", source.grad)


def roundtrip(value: Value) -> Value:
    return pickle.loads(pickle.dumps(value))


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickled_list_of_leaves_goes_on_learning(protocol):
    leaves_ = [Value(1.0, label="a"), Value(2.0)]
    a, b = pickle.loads(pickle.dumps(leaves_, protocol))
    (a * b).backward()
    assert (a.grad, b.grad, a.label) == (2.0, 1.0, "a")


def test_an_interior_node_is_not_pickled_and_says_what_to_do():
    with pytest.raises(TypeError, match=r"pickle the parameters .*detach\(\)"):
        pickle.dumps(Value(1.0) * 2.0)
