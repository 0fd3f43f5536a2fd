"""Programs that people write compile: loops, layers, masks, derivatives, oddities."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import (
    TraceError,
    Value,
    compile,
    cos,
    derivative,
    dot,
    exp,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    log_softmax,
    logsumexp,
    maximum,
    mean,
    no_grad,
    primitive,
    prod,
    relu,
    sigmoid,
    sin,
    softmax,
    sqrt,
    stop_gradient,
    tanh,
    value_and_grad,
    vjp,
    where,
)
from autograd.nest import flatten
from tests.laws_compile import check, columns_of

pytestmark = pytest.mark.usefixtures("backend")
BATCHES = [1, 2, 7, 127, 128, 129, 1000]  # a tile of C has up to 128 samples


def numbers(seed: int, *shape: int) -> Any:
    return np.random.default_rng(seed).uniform(-1.0, 1.0, shape)


def samples(seed: int, count: int, *shape: int) -> list[Any]:
    return [(row.tolist(),) for row in numbers(seed, count, *shape)]


def values(seed: int, *shape: int) -> Any:
    """Make Values in nested lists of a shape."""
    if not shape:
        return Value(float(numbers(seed)))
    return [values(10 * seed + i, *shape[1:]) for i in range(shape[0])]


# ---- loops ---------------------------------------------------------------------------


@pytest.mark.parametrize("batch", BATCHES)
def test_a_convolution_written_as_loops(batch):
    kernels, biases = values(1, 3, 3, 3), values(2, 3)
    readout = values(3, 3)

    def f(image):
        pooled = []
        for kernel, bias in zip(kernels, biases):
            pixels = []
            for i in range(len(image) - 2):
                for j in range(len(image[0]) - 2):
                    window = [image[i + k][j + m] for k in range(3) for m in range(3)]
                    weights = [w for row in kernel for w in row]
                    pixels.append(relu(dot(window, weights) + bias))
            pooled.append(mean(pixels))
        return dot(pooled, readout) ** 2

    check(f, samples(4, 3, 6, 5), batch)


@pytest.mark.parametrize("batch", BATCHES)
def test_a_convolution_with_strides_and_padding(batch):
    kernel = values(1, 3)

    def f(signal):
        padded = [0.0, *signal, 0.0]
        out = [
            sum(padded[i + k] * kernel[k] for k in range(3))
            for i in range(0, len(signal), 2)
        ]
        return sum(tanh(y) for y in out)

    check(f, samples(2, 3, 9), batch)


@pytest.mark.parametrize("batch", BATCHES)
def test_an_lstm_written_as_loops(batch):
    size, width = 3, 2
    gates = {name: values(i, size, size + width + 1) for i, name in enumerate("ifog")}

    def gate(name, squash, h, x):
        return [squash(dot(row, [*h, *x, 1.0])) for row in gates[name]]

    def f(sequence):
        h, cell = [0.0] * size, [0.0] * size
        for x in sequence:
            i, forget, o = (gate(name, sigmoid, h, x) for name in "ifo")
            g = gate("g", tanh, h, x)
            cell = [forget[k] * cell[k] + i[k] * g[k] for k in range(size)]
            h = [o[k] * tanh(cell[k]) for k in range(size)]
        return sum(y * y for y in h)

    check(f, samples(5, 2, 4, width), batch)


@pytest.mark.parametrize("batch", BATCHES)
def test_attention_written_as_loops(batch):
    d = 3
    query, key, value = values(1, d, d), values(2, d, d), values(3, d, d)

    def project(matrix, x):
        return [dot(row, x) for row in matrix]

    def f(tokens):
        q, k, v = ([project(m, x) for x in tokens] for m in (query, key, value))
        total = 0.0
        for t in range(len(tokens)):
            scores = [dot(q[t], k[s]) / math.sqrt(d) for s in range(t + 1)]
            weights = softmax(scores)
            for j in range(d):
                total = total + dot(weights, [v[s][j] for s in range(t + 1)]) ** 2
        return total

    check(f, samples(6, 2, 4, d), batch)


@pytest.mark.parametrize("batch", BATCHES)
def test_softmax_cross_entropy(batch):
    W, b = values(1, 4, 5), values(2, 4)

    def f(x, target):
        logits = [dot(row, x) + bias for row, bias in zip(W, b)]
        return logsumexp(logits) - dot(logits, target)

    def g(x, target):
        logits = [dot(row, x) + bias for row, bias in zip(W, b)]
        return -dot(log_softmax(logits), target)

    def h(x, target):
        logits = [dot(row, x) + bias for row, bias in zip(W, b)]
        return -sum(t * p.log() for t, p in zip(target, softmax(logits)))

    X, Y = numbers(3, 4, 5).tolist(), np.eye(4).tolist()
    for loss in (f, g, h):
        check(loss, list(zip(X, Y)), batch)


@pytest.mark.parametrize("batch", BATCHES)
def test_an_mlp_in_plain_operators_and_in_dots(batch):
    W, U, b = values(1, 4, 3), values(2, 2, 4), values(3, 4)

    def plain(x):
        hidden = []
        for row, bias in zip(W, b):
            total = bias
            for w, xi in zip(row, x):
                total = total + w * xi
            hidden.append(total.tanh())
        out = [sum((w * h for w, h in zip(row, hidden)), Value(0.1)) for row in U]
        return (out[0] - 1.0) ** 2 + (out[1] + 1.0) ** 2

    check(plain, samples(4, 3, 3), batch)


def test_wide_samples():
    # Inputs of many numbers may be laid out in another way than those of few.
    for width in (31, 32, 33, 70):
        W = values(width, 3, width)

        def f(x, W=W):
            hidden = [tanh(dot(row, x)) for row in W]
            return dot(hidden, hidden) + x[0] * x[-1] * W[0][0] + sin(x[len(x) // 2])

        check(f, samples(width, 3, width), 7)


def test_wide_and_narrow_and_shared_arguments_together():
    w = values(1, 40)

    def f(wide, narrow, shared):
        a = dot(w, wide) + dot(narrow, wide[:3]) * w[0]
        return a * shared[0] + shared[1] * w[1] + maximum(wide[5], narrow[1]) * w[2]

    X, Y, z = numbers(1, 5, 40), numbers(2, 5, 3), numbers(3, 2)
    c = compile(f, X[0], Y[0], z, batched=(True, True, False))
    outputs = [f(x.tolist(), y.tolist(), z.tolist()) for x, y in zip(X, Y)]
    assert c(X, Y, z) == pytest.approx([y.data for y in outputs], rel=1e-13)
    value, gradient = c.value_and_grad(X, Y, z)
    assert value == pytest.approx(np.mean([y.data for y in outputs]), rel=1e-13)
    slopes = np.mean([autograd.gradient(y, c.parameters) for y in outputs], axis=0)
    assert gradient == pytest.approx(slopes, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("batch", [16, 17, 70, 71])
def test_a_large_batch_runs_in_parts(batch, monkeypatch):
    w = values(1, 3)

    def f(x):
        return tanh(dot(w, x)) ** 2 + w[0] * w[1]

    monkeypatch.setattr("autograd.compiler.runner._LARGEST_ARENA", 10)
    check(f, samples(2, 7, 3), batch)  # a part is 16 samples


# ---- oddities ------------------------------------------------------------------------


def test_the_output_is_an_input():
    w = Value(3.0)
    check(lambda x: x, [(1.0,), (2.0,)])
    check(lambda x: x[1], samples(1, 3, 3))
    c = compile(lambda x: [x[1], x[0], x[1], w], [0.0, 0.0])
    assert c([[1.0, 2.0]]).tolist() == [[2.0, 1.0, 2.0, 3.0]]


def test_the_output_is_a_constant():
    check(lambda x: 2.5, [(1.0,), (2.0,)])
    check(lambda x: Value(2.5), [(1.0,), (2.0,)])
    check(lambda x: Value(2.5).detach(), [(1.0,), (2.0,)])
    check(lambda x: 3, [(1.0,), (2.0,)])
    check(lambda x: 0.0 * Value(2.0) + 1.0, [(1.0,), (2.0,)])


def test_the_output_is_a_parameter():
    w = Value(1.5)
    c = check(lambda x: w, [(1.0,), (2.0,)])
    value, gradient = c.value_and_grad([1.0, 2.0])
    assert (value, gradient.tolist()) == (1.5, [1.0])
    assert c(1.0) == 1.5
    check(lambda x: -w, [(1.0,), (2.0,)])
    check(lambda x: w * w + 3.0, [(1.0,), (2.0,)])


def test_outputs_repeat():
    w = Value(1.5)

    def f(x):
        y = tanh(x * w)
        return [y, y, x, w, 1.0, -y]

    check(f, [(0.5,), (-2.0,)])


def test_without_parameters():
    c = check(lambda x: dot(x, x) + sin(x[0]), samples(1, 3, 2))
    assert c.parameters == []
    assert c.get_theta().shape == (0,)
    value, gradient = c.value_and_grad([[1.0, 2.0]])
    assert value == 5.0 + math.sin(1.0)
    assert gradient.shape == (0,)
    c.assign([])


def test_shared_weights_and_repeated_operands():
    w, v = values(1, 2)

    def f(x):
        y = w * x[0] + w * x[1] + w * x[0] + v * v * x[0] * x[0] + w * w * v
        y = y + y * y + (y - y) * v
        return y * w + maximum(y, y) - y / (y * y + 1.0)

    check(f, samples(1, 5, 2))


def test_terms_that_cancel():
    w = Value(0.3)
    check(lambda x: w * x - w * x + 0.0 * w + x * (w - w), [(1.0,), (2.0,)])
    check(lambda x: (w * x) * 0.0, [(1.0,), (2.0,)])
    check(
        lambda x: (w * x).__neg__().__neg__() + 1.0 * x * 1.0 / 1.0 - 0.0,
        [(1.0,), (2.0,)],
    )


def test_interior_values_from_outside_reach_their_leaves():
    a, b = Value(0.5), Value(-0.7)
    with no_grad():
        frozen = a * b
    inner = (a * b).tanh() + a

    c = check(lambda x: inner * x + frozen * a, [(1.0,), (2.0,)])
    assert {id(p) for p in c.parameters} == {id(a), id(b)}


def test_parameter_terms_are_computed_once_per_call():
    ws = values(1, 50)

    def f(x):
        penalty = 0.01 * dot(ws, ws) + mean([exp(w) for w in ws])
        return dot(ws[:2], x) ** 2 + penalty

    c = check(f, samples(2, 3, 2), 7)
    once, per_sample = str(c).split("for the batch:")
    assert "once per call" in once
    assert "exp" in once
    assert "exp" not in per_sample.split("gradient")[0]
    assert c._runner.program.plan(True).sizes[1] < 15  # rows of the batch


def test_masks_and_comparisons():
    w = Value(0.3)

    def f(x):
        a, b = x
        inside = (a > 0.0) & (b <= 0.5)
        outside = 1 - inside
        either = (a < -0.5) | (b >= 0.7)
        y = where(inside, a * w, b) + where(outside, sin(a), 1.0) * w
        return y + where(either & outside, a * b * w, w) + inside * a + (a > b) * w

    check(f, [*samples(3, 6, 2), ([0.4, -0.2],), ([-0.9, 0.9],)])


def test_a_parameter_is_compared_with_a_symbol():
    w = Value(0.3)
    points = [(0.1,), (0.5,), (-1.0,)]
    check(lambda x: where(w > x, w * x, x) + where(x <= w, 1.0, w), points)


def test_a_comparison_of_parameters_alone_is_refused():
    w = Value(0.3)
    with pytest.raises(TraceError, match=r"where|step"):
        compile(lambda x: where(w > 0.0, x, -x), 1.0)
    c = compile(lambda x: where(w.step(), x, -x), 1.0)
    assert c([1.0]).tolist() == [1.0]
    w.data = -0.3
    assert c([1.0]).tolist() == [-1.0]


def test_detach_stop_gradient_and_no_grad_are_recorded():
    w, v = Value(0.5), Value(2.0)

    def f(x):
        y = w * x
        with no_grad():
            z = y * v + w
        return y * z + y.detach() * v + stop_gradient(w) * y + w.detach() * x

    c = check(f, [(1.0,), (2.0,)])
    w.data, v.data = -0.25, 1.5  # read anew, not baked in
    check(f, [(1.0,), (2.0,)], c=c)


def test_labels_that_collide_do_no_harm():
    a, b = Value(1.0, label="x0"), Value(2.0, label="x0")
    c = check(lambda x: a * x + b * (x * x), [(1.0,), (2.0,)])
    namespace: dict[str, Any] = {}
    exec(c.source(), namespace)
    assert namespace["value"](3.0) == 21.0


def test_sums_and_extremes_of_one_and_of_many():
    ws = values(1, 30)

    def f(x):
        terms = [w * xi for w, xi in zip(ws, x)]
        parts = [autograd.max(terms), autograd.min(terms[:1]), autograd.sum(terms[:1])]
        parts += [
            prod(terms[:4]),
            mean(terms),
            logsumexp(terms[:1]),
            sqrt(terms[0] ** 2),
        ]
        return autograd.sum(parts) + autograd.max([0.1, terms[3], 0.2])

    check(f, samples(1, 4, 30))


# ---- derivatives as functions --------------------------------------------------------


def rosenbrock(x):
    return sum(
        100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in itertools.pairwise(x)
    )


def vector(x):
    return [x[0] * x[1], sin(x[2]) * x[0], exp(x[1] / 3.0) + x[2] ** 3]


@pytest.mark.parametrize("batch", [1, 7])
@pytest.mark.parametrize(
    "g",
    [
        grad(rosenbrock),
        jacobian(vector),
        hessian(rosenbrock),
        value_and_grad(rosenbrock),
        lambda x: hvp(rosenbrock)(x, [1.0, -2.0, 0.5]),
        lambda x: jvp(vector)((x,), ([1.0, -2.0, 0.5],)),
        lambda x: vjp(vector)(x)[1]([1.0, -2.0, 0.5]),
        lambda x: [derivative(lambda t: rosenbrock([t, *x[1:]]), order=3)(x[0])],
        grad(lambda x: dot(grad(rosenbrock)(x), x)),
    ],
)
def test_transforms_compile(g, batch):
    X = numbers(1, batch, 3)
    want = np.array([[v for _, v in flatten(g(x.tolist()))] for x in X])
    got = np.stack(columns_of(compile(g, X[0])(X), g(X[0].tolist())), axis=-1)
    assert got == pytest.approx(want, rel=1e-12, abs=1e-12)


def test_a_transform_of_several_arguments():
    g = grad(lambda x, y: x * y**2, argnums=(0, 1))
    got = compile(g, 1.0, 1.0)([3.0, 1.0], [2.0, 5.0])
    assert got.tolist() == [[4.0, 12.0], [25.0, 10.0]]
    assert compile(g)(3.0, 2.0) == (4.0, 12.0)


def test_training_through_an_inner_derivative():
    # A physics-informed loss: the derivative in x, trained in w.
    ws, vs = values(1, 4), values(2, 4)

    def network(x):
        return dot(vs, [tanh(w * x + 0.1) for w in ws])

    def loss(x):
        return (grad(network)(x) - cos(x)) ** 2 + network(x) ** 2

    c = compile(loss, 0.0)
    points = [0.3, -0.7, 1.1]
    value, slopes = c.value_and_grad(points)
    outputs = [loss(Value(x)) for x in points]
    assert value == pytest.approx(np.mean([y.data for y in outputs]), rel=1e-12)
    want = np.mean([autograd.gradient(y, c.parameters) for y in outputs], axis=0)
    assert slopes == pytest.approx(want, rel=1e-11, abs=1e-13)


# ---- a user's own primitives ---------------------------------------------------------

swish = primitive(
    lambda x: x * sigmoid(x),
    lambda z, x: sigmoid(x) + z * (1.0 - sigmoid(x)),
    name="swish",
)
opaque = primitive(lambda x: math.exp(x), lambda z, x: z, name="opaque")
wrong = primitive(lambda x: sin(x), lambda z, x: 5.0, name="wrong")
norm = primitive(
    lambda *xs: sqrt(autograd.sum([x * x for x in xs])),
    together=lambda z, *xs: [x / z for x in xs],
    name="norm",
)


def test_a_primitive_written_in_functions_compiles():
    w = Value(0.7)
    check(lambda x: swish(x * w) * swish(w), [(1.0,), (-2.0,)])
    check(lambda x: norm(x[0], w * x[1], 2.0), samples(1, 3, 2))
    check(lambda x: swish(swish(w * x)), [(1.0,), (-2.0,)])
    assert compile(lambda x: swish(x))(1.0) == pytest.approx(swish(1.0))


def test_its_own_rule_is_its_derivative():
    w = Value(0.7)
    _, slopes = compile(lambda x: wrong(w * x), 1.0).value_and_grad([2.0])
    assert slopes.tolist() == [10.0]


def test_a_primitive_inside_a_primitive_compiles():
    twice = primitive(
        lambda x: swish(x) * 2.0, lambda z, x: 2.0 * derivative(swish)(x), name="twice"
    )
    w = Value(0.7)
    c = compile(lambda x: twice(w * x), 1.0)
    assert c([2.0]).tolist() == pytest.approx([2.0 * swish(1.4)])


def test_second_derivatives_of_a_primitive_compile():
    c = compile(derivative(swish, order=2))
    assert c(0.3) == pytest.approx(derivative(swish, order=2)(0.3))


def test_an_opaque_primitive_is_refused_by_name():
    with pytest.raises(TraceError, match=r"opaque.*line \d+"):
        compile(lambda x: opaque(x), 1.0)


# ---- networks ------------------------------------------------------------------------


@pytest.mark.parametrize("activation", sorted(nn.activations.ACTIVATIONS))
def test_every_activation(activation):
    import random

    random.seed(1)
    layer = nn.Layer(3, 4, activation)

    def f(x):
        return [y * (1.0 + i) for i, y in enumerate(layer(x))]

    check(f, samples(1, 4, 3))
    check(lambda x: dot(layer(x), [1.0, -2.0, 3.0, 0.5]), samples(1, 4, 3), 7)


MODELS = {
    "neuron": lambda: nn.Neuron(3),
    "layer": lambda: nn.Layer(3, 1),
    "mlp": lambda: nn.MLP(3, [4, 4, 1]),
    "wide mlp": lambda: nn.MLP(3, [5, 2]),
    "sequential": lambda: nn.Sequential(nn.Layer(3, 4), softmax, nn.Layer(4, 2)),
}


@pytest.mark.parametrize("name", MODELS)
def test_every_model(name):
    import random

    random.seed(2)
    model = MODELS[name]()
    c = check(model, samples(1, 4, 3))
    assert [id(p) for p in c.parameters] == [
        id(p) for p in model.parameters() if p in set(c.parameters)
    ] or len(c.parameters) == len(model.parameters())


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("name", sorted(nn.losses.LOSSES))
def test_every_loss(name, batch):
    import random

    random.seed(3)
    loss, width = nn.losses.LOSSES[name], 3
    last = {"binary_cross_entropy": "sigmoid"}.get(name, "identity")
    model = nn.Sequential(nn.Layer(3, 4, "tanh"), nn.Layer(4, width, last))
    targets = np.where(numbers(4, 5, width) > 0.0, 1.0, 0.0)
    if name == "hinge":
        targets = 2.0 * targets - 1.0
    if name == "cross_entropy":
        targets = np.eye(3)[[0, 1, 2, 1, 0]]
    X = numbers(5, 5, 3).tolist()
    check(lambda x, y: loss([model(x)], [y]), list(zip(X, targets.tolist())), batch)


def test_a_loss_of_one_number_each():
    model = nn.Neuron(3)
    for loss in (nn.mse, nn.half_mse, nn.hinge, nn.binary_cross_entropy_with_logits):
        X, Y = numbers(5, 4, 3).tolist(), [1.0, -1.0, 1.0, 1.0]
        if loss is nn.binary_cross_entropy_with_logits:
            Y = [1.0, 0.0, 1.0, 0.0]
        check(lambda x, y, f=loss: f([model(x)], [y]), list(zip(X, Y)), 7)


@pytest.mark.parametrize("pick", [autograd.max, autograd.min])
def test_the_order_of_what_is_reduced_does_not_matter(pick):
    # The second argument is computed first, so it lies before the first one.
    w = Value(0.5)

    def f(x):
        late = tanh(tanh(tanh(x * w)))
        return pick([late, -x])

    check(f, samples(3, 4), 4)


def arc_tangent(**options):
    return primitive(
        lambda x: math.atan(x),
        lambda z, x: 1.0 / (1.0 + x * x),
        name="my_atan",
        **options,
    )


def test_a_primitive_written_with_math_compiles_with_its_value_for_arrays():
    my_atan, w = arc_tangent(numpy=np.arctan), Value(0.7)
    c = check(lambda x: my_atan(x * w) * my_atan(w), samples(2, 3), 3)
    assert c(2.0) == pytest.approx(math.atan(1.4) * math.atan(0.7), rel=1e-15)
    with pytest.raises(TypeError, match="my_atan has no Python source"):
        c.source()


@pytest.mark.parametrize(("more", "inputs"), [(0, 2), (1, 3), (3, 5)])
def test_a_shared_sum_does_not_take_its_neighbour_for_a_one(more, inputs):
    # Its operand's place, plus 1, is here the batched place of a row of ones.
    *others, w, v = [Value(0.3 + 0.1 * i) for i in range(more + 2)]

    def f(x):
        s = x[1]
        for p in others:
            s = s + p * x[0]
        return s + (v * v * 0.5 - 2.0 * v + 0.25 * v * w)

    check(f, [([1.0] * inputs,), ([0.5] * inputs,)])
