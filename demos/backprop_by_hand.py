"""Backpropagation by hand: the textbook's equations beside what the graph gives.

python -m demos.backprop_by_hand [LAYER SIZES...] [--samples m] [--seed s]

The hand computes each equation in plain NumPy. The graph computes the forward pass on
Values, and everything else by ``backward()``: it has not heard of layers or deltas.
Samples are the columns of matrices, W_l has a row for each neuron of layer l.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd
import nn
from autograd import Value
from demos.options import whole

Array = NDArray[np.float64]
Values = NDArray[np.object_]  # of Values

TOLERANCE = 1e-12
ETA = 0.5
WHY_BACKWARD = """
  Last to first there is only ever one row, that of the one output: each step is
  a row times a matrix. First to last there is a column for each input: here
  {:.1f} times the work. A loss is one number with thousands of inputs: that is
  why backward is cheap. (With one input and many outputs it is the other way
  round: forward mode, autograd.jvp.)"""
WHY_MINUS = (
    "The update subtracts: dJ/dW points uphill. (Texts with a plus negate delta.)"
)
LARGEST = 1_000_000  # products in the graph of an MLP given on the command line
SHOWN = 4  # numbers of a matrix that are printed

# ---- the hand: forward --------------------------------------------------------------


def f(z: Array) -> Array:
    """Give the sigmoid 1 / (1 + e^-z)."""
    activation: Array = 1.0 / (1.0 + np.exp(-z))
    return activation


def f_prime(a: Array) -> Array:
    """Give f'(z) from a = f(z): for the sigmoid it is a (1 - a)."""
    return a * (1.0 - a)


def forward(
    W: list[Array], b: list[Array], x: Array
) -> tuple[list[Array], list[Array]]:
    """Give z_1 .. z_L and a_0 .. a_L: z_l = W_l a_{l-1} + b_l, a_l = f(z_l).

    a_0 is the input x.
    """
    z: list[Array] = []
    a = [x]
    for W_l, b_l in zip(W, b, strict=True):
        z.append(W_l @ a[-1] + b_l)
        a.append(f(z[-1]))
    return z, a


# ---- the hand: two costs, each with the delta of the last layer ---------------------


@dataclass(frozen=True)
class Cost:
    """The error of one sample, summed over outputs; J is its mean over the samples.

    ``value`` serves arrays of floats and of Values alike; ``delta`` is the derivative
    with respect to z_L, worked out on paper.
    """

    name: str
    equation: str
    value: Callable[[Any, Array], Any]
    delta_equation: str
    delta: Callable[[Array, Array], Array]

    def mean(self, yhat: Any, y: Array) -> Any:
        """Give J for the columns of yhat and y."""
        return self.value(yhat, y).sum() / y.shape[1]


HALF_SQUARED_ERROR = Cost(
    "half squared error",
    "1/2 (yhat - y)^2",
    lambda yhat, y: 0.5 * (yhat - y) ** 2,
    "(yhat - y) yhat (1 - yhat)",
    lambda a, y: (a - y) * a * (1.0 - a),
)
CROSS_ENTROPY = Cost(
    "cross-entropy",
    "-(y log yhat + (1 - y) log(1 - yhat))",
    lambda yhat, y: -(y * np.log(yhat) + (1.0 - y) * np.log(1.0 - yhat)),
    "a_L - y",
    lambda a, y: a - y,
)
COSTS = (HALF_SQUARED_ERROR, CROSS_ENTROPY)

# ---- the hand: backward -------------------------------------------------------------


def deltas(W: list[Array], a: list[Array], y: Array, cost: Cost) -> list[Array]:
    """Give delta_1 .. delta_L: delta_l = (W_{l+1}^T delta_{l+1}) * f'(z_l)."""
    delta = [cost.delta(a[-1], y)]
    for W_next, a_l in zip(W[:0:-1], a[-2:0:-1], strict=True):
        delta.insert(0, (W_next.T @ delta[0]) * f_prime(a_l))
    return delta


def gradients(delta: list[Array], a: list[Array]) -> tuple[list[Array], list[Array]]:
    """Give dJ/dW_l = delta_l a_{l-1}^T and dJ/db_l = delta_l, means over m samples."""
    m = a[0].shape[1]
    dW = [delta_l @ before.T / m for delta_l, before in zip(delta, a, strict=False)]
    db = [delta_l.sum(axis=1, keepdims=True) / m for delta_l in delta]
    return dW, db


def descend(parameters: list[Array], slopes: list[Array]) -> list[Array]:
    """Give W - eta dJ/dW for each W."""
    return [W - ETA * dW for W, dW in zip(parameters, slopes, strict=True)]


def gradients_in_rows(
    W: list[Array], b: list[Array], x: Array, y: Array, cost: Cost
) -> tuple[list[Array], list[Array]]:
    """Give delta_l and dE/dW_l in the row convention, from arguments in rows.

    Samples are rows, W_l has a column for each neuron: z_l = a_{l-1} W_l + b_l,
    delta_l = delta_{l+1} W_{l+1}^T * f'(z_l), dE/dW_l = a_{l-1}^T delta_l / m.
    """
    a = [x]
    for W_l, b_l in zip(W, b, strict=True):
        a.append(f(a[-1] @ W_l + b_l))
    delta = [cost.delta(a[-1], y)]
    for W_next, a_l in zip(W[:0:-1], a[-2:0:-1], strict=True):
        delta.insert(0, (delta[0] @ W_next.T) * f_prime(a_l))
    return delta, [
        before.T @ delta_l / len(x) for before, delta_l in zip(a, delta, strict=False)
    ]


# ---- the problem: what hand and graph are both given --------------------------------


@dataclass(frozen=True)
class Problem:
    """Weights, biases, samples with their targets, and the cost."""

    W: list[Array]
    b: list[Array]
    x: Array
    y: Array
    cost: Cost

    @property
    def m(self) -> int:
        """The number of samples."""
        return len(self.x.T)

    def before(self, k: int) -> str:
        """Name the input of layer k."""
        return f"a{k - 1}" if k > 1 else "x"

    def mean(self, term: str) -> str:
        """Name the mean of a term over the samples; of one sample, the term itself."""
        return f"{term} / m" if self.m > 1 else term


# ---- the graph ----------------------------------------------------------------------

sigmoid_of_each: Callable[[Any], Any] = np.frompyfunc(autograd.sigmoid, 1, 1)
value_of_each: Callable[[Array], Values] = np.frompyfunc(Value, 1, 1)


def data(values: Values) -> Array:
    """Give the numbers in an array of Values."""
    found: Array = np.vectorize(lambda v: v.data, otypes=[float])(values)
    return found


def grad(values: Values) -> Array:
    """Give what ``backward()`` left in an array of Values."""
    found: Array = np.vectorize(lambda v: v.grad, otypes=[float])(values)
    return found


class Graph:
    """The same network on Values, after ``backward()`` from J."""

    def __init__(self, p: Problem) -> None:
        self.W = [value_of_each(W_l) for W_l in p.W]
        self.b = [value_of_each(b_l) for b_l in p.b]
        self.z: list[Values] = []
        self.a: list[Any] = [p.x]
        for W_l, b_l in zip(self.W, self.b, strict=True):
            self.z.append(W_l @ self.a[-1] + b_l)
            self.a.append(sigmoid_of_each(self.z[-1]))
        self.J: Value = p.cost.mean(self.a[-1], p.y)
        self.J.backward()
        # J is a mean over the samples, so dJ/dz is delta / m.
        self.delta = [p.m * grad(z_l) for z_l in self.z]

    def parameters(self) -> list[Value]:
        """List all weights and biases."""
        return [v for array in (*self.W, *self.b) for v in array.ravel()]


# ---- the comparison -----------------------------------------------------------------


class Comparison:
    """Prints the figures of hand and graph, and keeps what differs."""

    def __init__(self) -> None:
        self.worst = 0.0
        self.count = 0
        self.failures: list[str] = []

    def show(self, equation: str, hand: Any, graph: Any) -> None:
        """Print one equation with its numbers by hand and by the graph."""
        hand, graph = np.asarray(hand, dtype=float), np.asarray(graph, dtype=float)
        same_shape = hand.shape == graph.shape
        difference = float(np.abs(hand - graph).max()) if same_shape else np.inf
        self.count += hand.size
        self.worst = max(self.worst, difference)
        verdict = f"max difference {difference:.1e}"
        if not difference <= TOLERANCE:  # a NaN, too
            self.failures.append(equation)
            verdict = f"NOT EQUAL, {verdict}"
        print(f"  {equation:<46}  {verdict}")
        print(f"      hand   {numbers(hand)}")
        print(f"      graph  {numbers(graph)}")

    def conclude(self) -> int:
        """Say whether all was equal; give the exit code, 0 or 1."""
        if self.failures:
            print(
                f"\nNOT EQUAL to {TOLERANCE:g}, by hand and by the graph: "
                f"{'; '.join(self.failures)}"
            )
            return 1
        print(
            f"\nAll {self.count:,} numbers by hand equal the graph's to {TOLERANCE:g}; "
            f"max difference {self.worst:.1e}."
        )
        return 0


def numbers(array: Array) -> str:
    """Give an array on one line, its first numbers if it is large."""
    flat = array.ravel()
    shown = " ".join(f"{x:12.9f}" for x in flat[:SHOWN])
    rows, columns = (*array.shape, 1, 1)[:2]
    return f"{shown} ... ({rows} x {columns})" if flat.size > SHOWN else shown


def title(text: str) -> None:
    """Print a heading."""
    print(f"\n{text}\n{'-' * len(text)}")


# ---- chapter 1 and 2: a network -----------------------------------------------------


def compare_network(check: Comparison, p: Problem) -> None:
    """Compare every equation of the forward pass, the backward pass and the update."""
    graph = Graph(p)
    z, a = forward(p.W, p.b, p.x)
    delta = deltas(p.W, a, p.y, p.cost)
    dW, db = gradients(delta, a)
    compare_forward(check, p, z, a, graph)
    compare_backward(check, p, delta, dW, db, graph)
    compare_rows(check, p, graph)
    compare_update(check, p, dW, db, graph)


def compare_forward(
    check: Comparison, p: Problem, z: list[Array], a: list[Array], graph: Graph
) -> None:
    """Compare z and a of each layer, and J."""
    for k, (z_k, z_graph) in enumerate(zip(z, graph.z, strict=True), 1):
        check.show(f"z{k} = W{k} {p.before(k)} + b{k}", z_k, data(z_graph))
        check.show(f"a{k} = f(z{k})", a[k], data(graph.a[k]))
    mean = "mean of " if p.m > 1 else ""
    check.show(f"J = {mean}{p.cost.equation}", p.cost.mean(a[-1], p.y), graph.J.data)


def compare_backward(
    check: Comparison,
    p: Problem,
    delta: list[Array],
    dW: list[Array],
    db: list[Array],
    graph: Graph,
) -> None:
    """Compare delta, dJ/dW and dJ/db of each layer, the last layer first."""
    last = len(p.W)
    for k in range(last, 0, -1):
        back = f"(W{k + 1}^T delta{k + 1}) * f'(z{k})"
        equation = f"delta{k} = {back if k < last else p.cost.delta_equation}"
        check.show(equation, delta[k - 1], graph.delta[k - 1])
        product = p.mean(f"delta{k} {p.before(k)}^T")
        check.show(f"dJ/dW{k} = {product}", dW[k - 1], grad(graph.W[k - 1]))
        total = p.mean(f"sum of delta{k}") if p.m > 1 else f"delta{k}"
        check.show(f"dJ/db{k} = {total}", db[k - 1], grad(graph.b[k - 1]))


def compare_rows(check: Comparison, p: Problem, graph: Graph) -> None:
    """Compare the row convention with the graph, whose arrays are in columns."""
    print("\n  The same with samples as rows and W transposed: the same numbers.")
    W, b = [W_l.T for W_l in p.W], [b_l.T for b_l in p.b]
    delta, dE = gradients_in_rows(W, b, p.x.T, p.y.T, p.cost)
    last = len(W)
    for k in range(last, 0, -1):
        back = f"delta{k + 1} W{k + 1}^T * f'(z{k})"
        equation = f"delta{k} = {back if k < last else p.cost.delta_equation}"
        check.show(equation, delta[k - 1], graph.delta[k - 1].T)
        product = p.mean(f"{p.before(k)}^T delta{k}")
        check.show(f"dE/dW{k} = {product}", dE[k - 1], grad(graph.W[k - 1]).T)


def compare_update(
    check: Comparison, p: Problem, dW: list[Array], db: list[Array], graph: Graph
) -> None:
    """Compare one step of gradient descent, and show what a plus would do."""
    print(f"\n  {WHY_MINUS}")
    W, b = descend(p.W, dW), descend(p.b, db)
    nn.SGD(graph.parameters(), lr=ETA).step()
    for k, (W_k, b_k) in enumerate(zip(W, b, strict=True), 1):
        check.show(f"W{k} := W{k} - eta dJ/dW{k}", W_k, data(graph.W[k - 1]))
        check.show(f"b{k} := b{k} - eta dJ/db{k}", b_k, data(graph.b[k - 1]))
    plus = descend(p.W, [-g for g in dW]), descend(p.b, [-g for g in db])
    before, after, uphill = (
        p.cost.mean(forward(*weights, p.x)[1][-1], p.y)
        for weights in ((p.W, p.b), (W, b), plus)
    )
    print(
        f"  J was {before:.6f}, is now {after:.6f}; a plus would make it {uphill:.6f}."
    )


def textbook(check: Comparison) -> None:
    """Compare the textbook network: 2 inputs, 2 hidden neurons, 1 output."""
    W = [np.array([[0.1, 0.8], [0.4, 0.6]]), np.array([[0.3, 0.9]])]
    b = [np.array([[0.2], [-0.1]]), np.array([[0.05]])]
    x, y = np.array([[0.35], [0.9]]), np.array([[1.0]])
    for cost in COSTS:
        title(f"The textbook network 2-2-1, {cost.name}")
        print(
            "  x = (0.35, 0.9)   y = 1   eta = 0.5   f(z) = 1 / (1 + e^-z)\n"
            "  W1 = [w11 w12] = [0.1 0.8]   b1 = [ 0.2]   W2 = [v1 v2] = [0.3 0.9]\n"
            "       [w21 w22]   [0.4 0.6]        [-0.1]   b2 = 0.05\n"
        )
        compare_network(check, Problem(W, b, x, y, cost))


def any_depth(check: Comparison, sizes: Sequence[int], m: int, seed: int) -> None:
    """Compare an MLP of the given sizes on a random mini-batch of m samples."""
    rng = np.random.default_rng(seed)
    W = [rng.normal(0.0, n**-0.5, (k, n)) for n, k in pairwise(sizes)]
    b = [rng.normal(0.0, 0.5, (k, 1)) for k in sizes[1:]]
    x = rng.normal(size=(sizes[0], m))
    y = rng.integers(0, 2, (sizes[-1], m)).astype(float)
    for cost in COSTS:
        shape = "-".join(map(str, sizes))
        title(f"An MLP {shape}, mini-batch of m = {m}, seed {seed}, {cost.name}")
        compare_network(check, Problem(W, b, x, y, cost))


# ---- chapter 3: the general rule ----------------------------------------------------


def multiply_out(jacobians: list[Array], backward: bool) -> tuple[Array, int]:
    """Give J_m ... J_1 and the number of multiplications, from either end."""
    order = jacobians[::-1] if backward else jacobians
    product, count = order[0], 0
    for J in order[1:]:
        left, right = (product, J) if backward else (J, product)
        count += left.shape[0] * left.shape[1] * right.shape[1]
        product = left @ right
    return product, count


def chain_of_scalars(check: Comparison) -> None:
    """Compare f = g_4(g_3(g_2(g_1(x)))) of one number, local derivatives on paper."""
    title("The general rule: f = g_m(...g_1(x)), one number at a time")
    print(
        "  f'(x) = g_m'(x_{m-1}) ... g_2'(x_1) g_1'(x_0), where x_k = g_k(x_{k-1})\n"
        "  g_1 = x^2, g_2 = sin x, g_3 = e^x, g_4 = tanh x\n"
    )
    x0 = 0.7
    x1 = x0**2
    x2 = np.sin(x1)
    x3 = np.exp(x2)
    local = [2.0 * x0, np.cos(x1), np.exp(x2), 1.0 - np.tanh(x3) ** 2]
    jacobians = [np.array([[g_prime]]) for g_prime in local]

    def composed(x: Any) -> Any:
        return autograd.tanh(autograd.exp(autograd.sin(x**2)))

    graph = [autograd.jvp(composed)((x0,), (1.0,))[1], autograd.grad(composed)(x0)]
    for backward, slope_in_graph in zip((False, True), graph, strict=True):
        product, count = multiply_out(jacobians, backward)
        check.show(order_name(backward, count), product.item(), slope_in_graph)


def chain_of_layers(check: Comparison, seed: int) -> None:
    """Compare a chain of layers tanh(W x), many inputs and one output, and count."""
    sizes = (64, 64, 64, 1)
    title(f"The same with Jacobians: {sizes[0]} inputs, 1 output")
    print(
        "  df/dx = J_m ... J_1, for g_k = tanh(W_k x): J_k = (1 - x_k^2) * W_k.\n"
        f"  Widths {' -> '.join(map(str, sizes))}. From either end the product is the "
        "same,\n  the work is not.\n"
    )
    rng = np.random.default_rng(seed)
    W = [rng.normal(0.0, n**-0.5, (k, n)) for n, k in pairwise(sizes)]
    x = rng.normal(size=sizes[0])
    inputs = value_of_each(x)
    jacobians, output = [], inputs
    for W_k in W:
        x = np.tanh(W_k @ x)
        jacobians.append((1.0 - x**2)[:, None] * W_k)
        output = np.tanh(W_k @ output)
    slopes_in_graph = autograd.gradient(output.item(), inputs)
    counts = []
    for backward in (False, True):
        product, count = multiply_out(jacobians, backward)
        check.show(order_name(backward, count), product.ravel(), slopes_in_graph)
        counts.append(count)
    print(WHY_BACKWARD.format(counts[0] / counts[1]))


def order_name(backward: bool, count: int) -> str:
    """Name the order of a product and the number of its multiplications."""
    direction = "last to first" if backward else "first to last"
    return f"{direction}: {count:,} multiplications"


# ---- the program --------------------------------------------------------------------


def main(argv: Sequence[str] | None = None) -> int:
    """Run all comparisons; give the exit code: 0 if all is equal, 1 if not."""
    options = parse(argv)
    check = Comparison()
    textbook(check)
    any_depth(check, options.sizes, options.samples, options.seed)
    chain_of_scalars(check)
    chain_of_layers(check, options.seed)
    return check.conclude()


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the options; what is wrong with them is one line on stderr, exit code 2."""
    parser = argparse.ArgumentParser(
        prog="python -m demos.backprop_by_hand",
        usage=argparse.SUPPRESS,  # an error is one line, without the usage above it
        description="Backpropagation by hand, beside what the graph gives.",
    )
    add: Callable[..., Any] = parser.add_argument
    add(
        "sizes",
        type=whole(1, 1_000_000),
        nargs="*",
        default=[3, 4, 3, 2],
        metavar="SIZE",
        help="layer sizes of an MLP, inputs first (default: 3 4 3 2)",
    )
    add("--samples", type=whole(1, 1_000_000), default=5, help="m (default: 5)")
    add(
        "--seed",
        type=whole(0, 2**32 - 1),
        default=0,
        help="of weights and samples (default: 0)",
    )
    options = parser.parse_args(argv)
    if len(options.sizes) < 2:
        parser.error("an MLP needs two layer sizes or more: its inputs and its outputs")
    products = options.samples * sum(n * k for n, k in pairwise(options.sizes))
    if products > LARGEST:
        parser.error(
            f"this MLP has {products:,} products in its graph; at most {LARGEST:,}"
        )
    return options


if __name__ == "__main__":
    sys.exit(main())
