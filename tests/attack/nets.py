"""Programs of regular structure: layers, recurrences, convolutions, attention.

They are what the compiler makes matrices of. Some have a flaw in their regularity: a
weight used twice, a number where others have a weight, another operation in one place.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from tests.attack.program import Operand, Program, Step

_WIDTHS = (1, 2, 3, 4, 4, 5, 7, 8, 9, 13)
_WIDE = (16, 17, 63, 64, 65, 70)  # around what loops take at a time
_CURVES = ("tanh", "sigmoid", "relu", "softplus", "sin", "silu", "identity", "exp")
_POWERS = (-2.0, -1.0, -0.5, 0.5, 1.5, 3.0)
_BATCHES = (1, 2, 3, 5, 8)


class _Net:
    """A program as it grows.

    Until the places of results are known they have numbers of their own: inputs from 0
    on, parameters from 10,000 and steps from 20,000 on.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.inputs = 0
        self.parameters: list[float] = []
        self.steps: list[Step] = []
        self._flaws = rng.random() < 0.4

    def take_inputs(self, count: int) -> list[Operand]:
        self.inputs += count
        return list(range(self.inputs - count, self.inputs))

    def weights(self, count: int) -> list[Operand]:
        """Make parameters; now and then a number, or the one before once more."""
        found: list[Operand] = []
        for _ in range(count):
            flaw = self.rng.random() if self._flaws else 1.0
            if flaw < 0.03:
                found.append(self.rng.choice([0.0, 1.0, -1.0, 0.5]))
            elif flaw < 0.06 and found:
                found.append(found[-1])
            else:
                found.append(self.weight(2.0 / max(count, 4) ** 0.5))
        return found

    def weight(self, size: float = 1.0) -> Operand:
        self.parameters.append(self.rng.uniform(-size, size))
        return 9_999 + len(self.parameters)

    def step(self, name: str, *operands: Operand) -> Operand:
        """Append a step; one of numbers alone gets a parameter."""
        if not any(type(a) is int for a in operands):
            operands = (*operands[:-1], self.weight())
        self.steps.append((name, operands))
        return 19_999 + len(self.steps)

    def dot(self, xs: Sequence[Operand], ys: Sequence[Operand]) -> Operand:
        return self.step("dot", *xs, *ys)

    def curve(self) -> str | float:
        """Choose what a layer applies: a function, or a power of softplus."""
        return self.rng.choice(_CURVES if self.rng.random() < 0.8 else _POWERS)

    def apply(self, curve: str | float, x: Operand) -> Operand:
        if self._flaws and self.rng.random() < 0.05:
            curve = self.curve()
        if isinstance(curve, float):
            return self.step("power", self.step("softplus", x), curve)
        return self.step(curve, x)

    def program(self, outputs: list[Operand]) -> Program:
        """End with one number: squared errors, a cross-entropy or a plain sum."""
        rng, kind = self.rng, self.rng.randrange(3)
        if kind == 0:
            errors = [self.step("sub", y, rng.uniform(-1.0, 1.0)) for y in outputs]
            self.step("sum", *[self.step("power", e, 2.0) for e in errors])
        elif kind == 1:
            self.step("sub", self.step("logsumexp", *outputs), rng.choice(outputs))
        else:
            self.step("sum", *outputs)
        if not self.parameters:
            self.step("mul", 19_999 + len(self.steps), self.weight())
        count = rng.choice(_BATCHES)
        samples = [
            tuple(rng.uniform(-2.0, 2.0) for _ in range(self.inputs))
            for _ in range(count)
        ]
        steps = tuple(
            (name, tuple(map(self._place, args))) for name, args in self.steps
        )
        return Program(tuple(samples), tuple(self.parameters), steps)

    def _place(self, a: Operand) -> Operand:
        if type(a) is float or a < 10_000:
            return a
        if a < 20_000:
            return self.inputs + int(a) - 10_000
        return self.inputs + len(self.parameters) + int(a) - 20_000


def _width(net: _Net) -> int:
    return net.rng.choice(_WIDTHS if net.rng.random() < 0.9 else _WIDE)


def _layer(
    net: _Net, xs: list[Operand], size: int, curve: str | float
) -> list[Operand]:
    bias = net.rng.random() < 0.7
    found = []
    for _ in range(size):
        y = net.dot(net.weights(len(xs)), xs)
        if bias:
            y = net.step("add", y, *net.weights(1))
        found.append(net.apply(curve, y))
    return found


def _layers(net: _Net) -> list[Operand]:
    xs = net.take_inputs(_width(net))
    for _ in range(net.rng.randint(1, 3)):
        size = _width(net) if len(xs) < 20 else net.rng.randint(1, 5)
        xs = _layer(net, xs, size, net.curve())
    return xs


def _recurrence(net: _Net) -> list[Operand]:
    size, seen = net.rng.randint(1, 5), net.rng.randint(1, 3)
    matrix = [net.weights(size) for _ in range(size)]
    inward = [net.weights(seen) for _ in range(size)]
    h: list[Operand] = [0.0] * size if net.rng.random() < 0.5 else net.weights(size)
    curve = net.rng.choice(["tanh", "sigmoid", "sin"])
    for _ in range(net.rng.randint(2, 6)):
        xs = net.take_inputs(seen)
        moved = [net.dot(row, h) for row in matrix]
        fed = [net.dot(row, xs) for row in inward]
        h = [net.apply(curve, net.step("add", a, b)) for a, b in zip(moved, fed)]
    return h


def _convolution(net: _Net) -> list[Operand]:
    taps, stride = net.rng.randint(2, 5), net.rng.randint(1, 2)
    signal: list[Operand] = net.take_inputs(net.rng.randint(6, 20))
    if net.rng.random() < 0.5:
        signal = [0.0, *signal, 0.0]
    curve, found = net.curve(), list[Operand]()
    for _ in range(net.rng.randint(1, 4)):
        kernel = net.weights(taps)
        places = range(0, len(signal) - taps + 1, stride)
        found += [
            net.apply(curve, net.dot(kernel, signal[i : i + taps])) for i in places
        ]
    return [net.step("max", *found[i : i + 3]) for i in range(0, len(found), 3)]


def _attention(net: _Net) -> list[Operand]:
    """Let tokens look at one another: softmax of the products of query and key."""
    tokens, size = net.rng.randint(2, 4), net.rng.randint(1, 4)
    xs = [net.take_inputs(size) for _ in range(tokens)]
    matrices = [[net.weights(size) for _ in range(size)] for _ in range(3)]
    q, k, v = [[[net.dot(row, x) for row in m] for x in xs] for m in matrices]
    found = []
    for query in q:
        scores = [net.dot(query, key) for key in k]
        total = net.step("logsumexp", *scores)
        shares = [net.step("exp", net.step("sub", s, total)) for s in scores]
        found += [net.dot(shares, column) for column in zip(*v)]
    return found


def _side_by_side(net: _Net) -> list[Operand]:
    """Compute the same of many pairs of an input and a parameter."""
    count, name = _width(net), net.rng.choice(["mul", "sub", "maximum", "atan2"])
    xs, ws = net.take_inputs(count), net.weights(count)
    if net.rng.random() < 0.3:
        net.rng.shuffle(ws)
    found = [net.step(name, x, w) for x, w in zip(xs, ws)]
    curve = net.curve()
    found = [net.apply(curve, y) for y in found]
    return [net.step("mul", y, z) for y, z in zip(found, [*found[1:], *xs[:1]])]


def _of_one_input(net: _Net) -> list[Operand]:
    """Give factors times squares of many parameters times one input."""
    (x,), factor = net.take_inputs(1), net.rng.choice([0.5, 2.0, -3.0])
    found = [net.step("mul", w, x) for w in net.weights(max(_width(net), 4))]
    return [net.step("mul", factor, net.step("power", y, 2.0)) for y in found]


KINDS: list[Callable[[_Net], list[Operand]]] = [
    _layers,
    _layers,
    _recurrence,
    _convolution,
    _attention,
    _side_by_side,
    _of_one_input,
]


def draw_net(rng: random.Random) -> Program:
    """Draw a program of regular structure."""
    net = _Net(rng)
    return net.program(rng.choice(KINDS)(net))
