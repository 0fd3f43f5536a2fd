"""What the tests of ``compile`` share: the oracle, programs at random, a comparison."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from autograd import Value, adjoints, compile, sin, topological_order
from autograd import sum as total
from autograd.local_derivatives import local_derivatives
from autograd.nest import flatten
from autograd.value import Constant
from tests.laws_table import TABLE, apply

# ---- the oracle ----------------------------------------------------------------------


def absolute_path_products(output: Value) -> dict[Value, float]:
    """Give, for each node x, the sum over paths of the product of |local derivatives|.

    It is the gradient of the program with each partial replaced by its absolute value:
    the scale of the roundings in dL/dx, which may cancel and be much smaller itself.
    """
    total = {output: 1.0}
    for z in reversed(topological_order(output)):
        for x, slope in local_derivatives(z):
            total[x] = total.get(x, 0.0) + total[z] * abs(slope)
    return total


def rounding_scale(output: Value, products: dict[Value, float]) -> float:
    """Give the sum over nodes of |z| times its path products: the scale of the value.

    Each node rounds by a fraction of itself, and passes that on along all paths.
    """
    return abs(output.data) + sum(abs(z.data) * p for z, p in products.items())


class Eager:
    """f at one sample: its outputs, its gradient, and the scales of their roundings.

    The gradient is that of the first output, in the parameters.
    """

    def __init__(
        self, f: Callable[..., Any], sample: Sequence[Any], parameters: Sequence[Value]
    ) -> None:
        roots = [as_value(y) for _, y in flatten(f(*sample))]
        products = [absolute_path_products(y) for y in roots]
        slopes = adjoints(roots[0])
        self.outputs = np.array([y.data for y in roots])
        self.scales = np.array(list(map(rounding_scale, roots, products)))
        self.gradient = np.array([slopes.get(p, 0.0) for p in parameters])
        self.gradient_scale = np.array([products[0].get(p, 0.0) for p in parameters])


def as_value(y: Any) -> Value:
    """Give an output as a node, a leaf where it is a constant."""
    if isinstance(y, Constant):
        return Value(y.data)
    return y if isinstance(y, Value) else Value(y)


# ---- the comparison ------------------------------------------------------------------

TOLERANCE = {"float64": 1e-12, "float32": 1e-4}


def check(
    f: Callable[..., Any],
    samples: Sequence[Sequence[Any]],
    batch: int | None = None,
    dtype: str = "float64",
    c: Any = None,
) -> Any:
    """Assert that compiled f agrees with f on a batch; give the compiled function.

    ``samples`` has the arguments of f for each sample, rectangular nests of numbers. A
    ``batch`` larger than that repeats them.
    """
    c = c or compile(f, *samples[0], dtype=dtype)
    eager = [Eager(f, sample, c.parameters) for sample in samples]
    batch = batch or len(samples)
    chosen = [(7 * i + i // 3) % len(samples) for i in range(batch)]
    if batch == len(samples):
        chosen = list(range(batch))
    columns = [
        np.array([samples[i][k] for i in chosen]) for k in range(len(samples[0]))
    ]
    tolerance = TOLERANCE[dtype]

    def mean(name: str) -> Any:
        return np.mean([getattr(eager[i], name) for i in chosen], axis=0)

    like = f(*samples[0])
    got = np.stack(columns_of(c(*columns), like), axis=-1)
    want = np.array([eager[i].outputs for i in chosen])
    scale = np.array([eager[i].scales for i in chosen])
    assert got.shape == want.shape
    assert np.all(np.abs(got - want) <= tolerance * scale), (got, want)

    if not isinstance(like, (list, tuple)):
        value, gradient = c.value_and_grad(*columns)
        assert type(value) is float
        assert gradient.dtype == np.dtype(dtype)
        assert gradient.shape == (len(c.parameters),)
        assert abs(value - mean("outputs")[0]) <= tolerance * mean("scales")[0]
        error = np.abs(gradient - mean("gradient"))
        bound = tolerance * mean("gradient_scale")
        assert np.all(error <= bound), (gradient, mean("gradient"), error, bound)
        again = c.value_and_grad(*columns)  # on the same buffers
        assert again[0] == value
        assert np.array_equal(again[1], gradient)
    return c


def columns_of(outputs: Any, like: Any) -> list[Any]:
    """List the arrays of compiled outputs, one for each number of f's output."""
    if isinstance(outputs, np.ndarray):
        return list(outputs.reshape(len(outputs), -1).T)
    return [
        column
        for part, nest in zip(outputs, like, strict=True)
        for column in columns_of(part, nest)
    ]


# ---- programs at random, over every primitive ----------------------------------------

# Where a primitive and its derivative are defined and tame; elsewhere it is (-2, 2).
EVERYWHERE = (-2.0, 2.0)
POSITIVE = (0.4, 2.5)
DOMAINS: dict[str, tuple[tuple[float, float], ...]] = {
    "div": (EVERYWHERE, POSITIVE),
    "power": (POSITIVE, EVERYWHERE),
    "general_power": (POSITIVE, EVERYWHERE),
    "log": (POSITIVE,),
    "log1p": ((-0.6, 2.0),),
    "sqrt": (POSITIVE,),
    "tan": ((-1.0, 1.0),),
    "asin": ((-0.8, 0.8),),
    "acos": ((-0.8, 0.8),),
    "atan2": (EVERYWHERE, POSITIVE),
    "hypot": (POSITIVE, EVERYWHERE),
}
# Takes part in sums of products, the heart of the roll: operands go in as they are.
POLYNOMIAL = {"add", "sub", "mul", "neg", "sum", "dot", "identity", "detach"}
NUMBERS = (-1.5, -1.0, 0.0, 0.5, 1.0, 2.0)
EXPONENTS = (-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0)
LARGEST = 6.0  # beyond, an operand goes through a sine first


def arities() -> dict[str, tuple[int, ...]]:
    """Give how many arguments each primitive takes, from its rules."""
    found = {}
    for name, op in TABLE.items():
        if callable(op.partials):
            found[name] = (2, 4, 6) if name == "dot" else (1, 2, 3, 5)
        else:
            found[name] = (len(op.partials),)
    return found


ARITIES = arities()
NAMES = sorted(TABLE)

# Names of primitives in turn, and a seed for what they are applied to.
Program = tuple[list[str], int]
often = ["add", "mul", "dot", "sum"] * 4
programs: st.SearchStrategy[Program] = st.tuples(
    st.lists(st.sampled_from(NAMES + often), min_size=6, max_size=40),
    st.integers(0, 2**32 - 1),
)


class Graph:
    """A program at random as a function of a list of inputs; it captures parameters."""

    def __init__(self, program: Program, outputs: int = 0) -> None:
        self.names, self.seed = program
        self.outputs = outputs
        start = [0.8, -1.1, 0.3, 1.7]
        self.parameters = [Value(x, label=f"w{i}") for i, x in enumerate(start)]

    def __call__(self, xs: Sequence[Any]) -> Any:
        draw = random.Random(self.seed)
        results: list[Any] = [0.25, Value(0.7), *self.parameters, *xs]
        bounds = [2.0] * len(results)
        for name in self.names:
            args, sizes = [], []
            for k in range(draw.choice(ARITIES[name])):
                x, size = self._operand(results, bounds, draw)
                if name == "power" and k == 1:
                    x, size = draw.choice(EXPONENTS), 2.0
                elif name not in POLYNOMIAL or size > LARGEST:
                    x, size = self._inside(x, size, name, k)
                args.append(x)
                sizes.append(size)
            results.append(apply(name, *args))
            bounds.append(bound(name, sizes))
        if self.outputs:
            return results[-self.outputs :]
        return total([sin(y) for y in results[-5:]])  # so that little is computed idly

    @staticmethod
    def _operand(results: list[Any], bounds: list[float], draw: Any) -> Any:
        if draw.random() < 0.1:
            x = draw.choice(NUMBERS)
            return x, abs(x)
        recent = draw.random() < 0.7
        k = draw.randrange(len(results[-8:] if recent else results)) + 1
        return results[-k], bounds[-k]

    @staticmethod
    def _inside(x: Any, size: float, name: str, k: int) -> Any:
        domains = DOMAINS.get(name)
        if domains is None and size <= LARGEST / 2.0:
            return x, size
        low, high = domains[k] if domains else EVERYWHERE
        middle, half = (low + high) / 2.0, (high - low) / 2.0
        return middle + half * sin(x), max(abs(low), abs(high))


def bound(name: str, sizes: list[float]) -> float:
    """Say roughly how large the result is for operands of these sizes."""
    if name == "dot":
        half = len(sizes) // 2
        return sum(a * b for a, b in zip(sizes[:half], sizes[half:], strict=True))
    if name == "mul":
        return sizes[0] * sizes[1]
    if name in ("sum", "add", "sub", "logsumexp", "hypot", "softplus"):
        return sum(sizes) + 1.0
    return {
        "div": 5.0,
        "power": 16.0,
        "general_power": 7.0,
        "exp": 8.0,
        "expm1": 8.0,
    }.get(name, max([*sizes, 1.6]))


# Where the slope jumps, roundings decide which slope it is.
JUMPS = {"step", "sign", "abs", "relu", "leaky_relu", "where"}
ORDERS = {"less", "less_equal", "maximum", "minimum", "max", "min"}
EXACT = JUMPS | ORDERS | {"neg", "identity", "detach"}


def is_tame(output: Value, margin: float, largest: float = 1e3) -> bool:
    """Tell whether no operand lies so near a kink that a rounding could cross it."""
    names = {op: name for name, op in TABLE.items()}
    exact: dict[Any, bool] = {}

    def is_exact(x: Any) -> bool:
        return exact.get(x, True)  # numbers and leaves are

    for z in topological_order(output):
        name = names[z.op]
        exact[z] = name in EXACT and all(is_exact(x) for x in z.args)
        if not abs(z.data) <= largest:
            return False
        data = [x.data if isinstance(x, Value) else x for x in z.args]
        if name in JUMPS and abs(data[0]) < margin and not is_exact(z.args[0]):
            return False
        if name in ORDERS:
            for (x, a), (y, b) in itertools.combinations(zip(z.args, data), 2):
                near = abs(a - b) < margin and x is not y
                if near and not (is_exact(x) and is_exact(y)):
                    return False
    return True
