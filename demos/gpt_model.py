"""The GPT of the demo, in scalars: plain loops over Values, one number at a time.

After Karpathy's microgpt: a decoder of RMSNorm, causal attention and an MLP with relu,
without biases. Nothing here knows of arrays or batches.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import sqrt
from typing import Any, NamedTuple

import nn
from autograd import Value, dot, logsumexp, no_grad, relu, softmax
from demos.gpt_task import END

Vector = Sequence[Any]  # of Values or numbers
Matrix = list[list[Value]]  # its rows
Token = Any  # a number, or a one-hot row: 1 at the token's number and 0 elsewhere

SPREAD = 0.08  # standard deviation of the first weights

# ---- the parts ----------------------------------------------------------------------


def matrix(rows: int, columns: int, rng: random.Random) -> Matrix:
    """Make a matrix of parameters, drawn from a normal distribution."""
    return [
        [Value(rng.gauss(0.0, SPREAD)) for _ in range(columns)] for _ in range(rows)
    ]


def times(weights: Matrix, x: Vector) -> list[Value]:
    """Give the matrix times the vector: a weighted sum of x for each row."""
    return [dot(row, x) for row in weights]


def plus(x: Vector, y: Vector) -> list[Value]:
    """Give the sum of two vectors."""
    return [x_i + y_i for x_i, y_i in zip(x, y, strict=True)]


def rms_norm(x: Vector) -> list[Value]:
    """Divide x by the root of the mean of its squares (Zhang and Sennrich 2019)."""
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [x_i * scale for x_i in x]


def entry(token: Token, column: Vector) -> Any:
    """Give the entry of a column that a token points at."""
    return column[token] if isinstance(token, int) else dot(token, column)


def attend(query: Vector, keys: list[Vector], values: list[Vector]) -> Any:
    """Mix the values of the positions so far, each by how well its key fits the query.

    Gives the mixture and its weights, softmax(q . k / sqrt(n)); Vaswani et al. (2017),
    "Attention is all you need", eq. 1. What comes later is not there yet: so attention
    is causal without a mask.
    """
    scores = [dot(query, key) / sqrt(len(query)) for key in keys]
    weights = softmax(scores)
    return [dot(weights, column) for column in zip(*values, strict=True)], weights


class Memory(NamedTuple):
    """What a block has computed at the positions so far, a row for each.

    ``weights`` holds the attention weights of each head at each position.
    """

    keys: list[Vector]
    values: list[Vector]
    weights: list[list[Vector]]


class Block(nn.Module):
    """One layer: attention by several heads, then an MLP; each adds to what it sees."""

    def __init__(self, width: int, heads: int, rng: random.Random) -> None:
        size = width // heads
        self.heads = [slice(i, i + size) for i in range(0, width, size)]
        self.query, self.key, self.value, self.out = (
            matrix(width, width, rng) for _ in range(4)
        )
        self.up = matrix(4 * width, width, rng)
        self.down = matrix(width, 4 * width, rng)

    def step(self, x: Vector, memory: Memory) -> list[Value]:
        """Take one more position; remember it, and give what becomes of it."""
        h = rms_norm(x)
        query = times(self.query, h)
        memory.keys.append(times(self.key, h))
        memory.values.append(times(self.value, h))
        mixed, weights = [], []
        for head in self.heads:
            keys = [key[head] for key in memory.keys]
            values = [value[head] for value in memory.values]
            mixture, shares = attend(query[head], keys, values)
            mixed += mixture
            weights.append(shares)
        memory.weights.append(weights)
        x = plus(x, times(self.out, mixed))
        hidden = [relu(z) for z in times(self.up, rms_norm(x))]
        return plus(x, times(self.down, hidden))


# ---- the whole ----------------------------------------------------------------------


class GPT(nn.Module):
    """Gives the scores of the next token at each position, from the tokens so far.

    ``tokens`` is the size of the vocabulary, ``length`` the most positions. The width
    is divided among the heads.

    >>> model = GPT(tokens=5, length=3, width=4, heads=2)
    >>> [len(scores) for scores in model([0, 4, 1])]
    [5, 5, 5]
    """

    def __init__(
        self,
        tokens: int,
        length: int,
        width: int = 16,
        heads: int = 4,
        layers: int = 1,
        seed: int = 0,
    ) -> None:
        if width % heads:
            raise ValueError(
                f"a width of {width} cannot be divided among {heads} heads"
            )
        rng = random.Random(seed)
        self.token = matrix(tokens, width, rng)
        self.position = matrix(length, width, rng)
        self.blocks = [Block(width, heads, rng) for _ in range(layers)]
        self.head = matrix(tokens, width, rng)

    def memories(self) -> list[Memory]:
        """Give an empty memory for each block."""
        return [Memory([], [], []) for _ in self.blocks]

    def step(self, token: Token, memories: list[Memory]) -> list[Value]:
        """Take one more token; give the scores of what comes after it."""
        position = len(memories[0].keys)
        embedded = [entry(token, column) for column in zip(*self.token, strict=True)]
        x = rms_norm(plus(embedded, self.position[position]))
        for block, memory in zip(self.blocks, memories, strict=True):
            x = block.step(x, memory)
        return times(self.head, x)

    def __call__(self, tokens: Sequence[Token]) -> list[list[Value]]:
        memories = self.memories()
        return [self.step(token, memories) for token in tokens]

    def surprise(
        self, tokens: Sequence[Token], targets: Sequence[Token], mask: Vector
    ) -> Any:
        """Give -log p(targets | tokens) in nats, over the positions where mask is 1."""
        nats = [
            logsumexp(scores) - entry(target, scores)
            for scores, target in zip(self(tokens), targets, strict=True)
        ]
        return dot(mask, nats)


def write(
    model: GPT,
    source: Sequence[int],
    temperature: float = 0.0,
    rng: random.Random | None = None,
) -> list[int]:
    """Go on behind the source, token by token, until END or the last position.

    At temperature 0 each token is the likeliest; else it is drawn from
    softmax(scores / temperature).
    """
    rng = rng or random.Random(0)
    memories, row = model.memories(), [*source, END]
    with no_grad():
        for position in range(len(model.position)):
            scores = [z.data for z in model.step(row[position], memories)]
            if position >= len(source):
                row.append(_choose(scores, temperature, rng))
                if row[-1] == END:
                    break
    return [token for token in row[len(source) + 1 :] if token != END]


def _choose(scores: list[float], temperature: float, rng: random.Random) -> int:
    tokens = range(len(scores))
    if not temperature:
        return max(tokens, key=scores.__getitem__)
    weights = softmax([score / temperature for score in scores])
    return rng.choices(tokens, weights)[0]


def attention(model: GPT, tokens: Sequence[int]) -> list[list[list[float]]]:
    """Give the attention weights: for each head and position, those of the positions.

    The heads of the first block come first.
    """
    memories = model.memories()
    with no_grad():
        for token in tokens:
            model.step(token, memories)
    return [
        [[weight.data for weight in weights[head]] for weights in memory.weights]
        for memory in memories
        for head in range(len(memory.weights[0]))
    ]
