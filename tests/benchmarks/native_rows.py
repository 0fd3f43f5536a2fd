"""The rows of the benchmark of compiled steps: who does the work, and the targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

import nn
from tests.benchmarks import (
    compile_graphs,
    native_casadi,
    native_networks,
    native_peers,
    native_recurrence,
    peers,
)
from tests.benchmarks.compile_contestant import Contestant
from tests.benchmarks.compile_networks import Task
from tests.benchmarks.eager import two_moons
from tests.benchmarks.native_networks import Epochs

OURS, OURS_NUMPY = "autograd, C", "autograd, NumPy"
BY_HAND, TORCH, LSTM = "NumPy by hand", "PyTorch", "PyTorch nn.LSTM"
JAX, SCAN = "JAX, jit a step", "JAX, scan"
CASADI, CASADI_C = "CasADi, map", "CasADi, C"
NEEDS = {TORCH: "torch", LSTM: "torch", JAX: "jax", SCAN: "jax"}
NEEDS |= {CASADI: "casadi", CASADI_C: "casadi"}


@dataclass(frozen=True)
class Work:
    """A row of the benchmark: who does it, and the most that C may take of their time.

    A run is so many ``steps``. ``build`` is the most that ours may take of the time
    that others take to build.
    """

    name: str
    title: str
    steps: int
    builders: dict[str, Callable[[], Contestant]]
    targets: dict[str, float]
    build: dict[str, float] = field(default_factory=dict)


def works(quick: bool) -> list[Work]:
    """List the rows, in miniature where ``quick``."""
    return [
        moons(quick),
        digits("digits-sgd", "sgd", quick),
        digits("digits-adam", "adam", quick),
        wide(quick),
        *(growth(h, quick) for h in ((4,) if quick else (4, 8, 16, 32, 64, 128))),
        recurrence(quick),
        irregular(quick),
    ]


def two_class(h: int, samples: int, steps: int) -> Epochs:
    X, y = map(np.array, two_moons(samples))
    init = nn.init.uniform(-1.0, 1.0) if h == 16 else None
    lr = peers.LEARNING_RATE
    return Epochs(Task([2, h, h, 1], "hinge", peers.L2, lr, X, y, init), steps)


def moons(quick: bool) -> Work:
    samples, steps = (10, 3) if quick else (100, 500)
    title = f"MLP 2-16-16-1, {samples} samples, hinge + L2, SGD"
    targets = {SCAN: 0.65, BY_HAND: 1 / 5, TORCH: 1 / 30}
    epochs = two_class(16, samples, steps)
    return network("moons", title, epochs, targets, CASADI, CASADI_C)


def digits(name: str, optimizer: str, quick: bool) -> Work:
    """Shuffle 1,797 samples, as many as scikit-learn's digits; the last 5 stay out."""
    widths, samples, batch = [64, 32, 10], 1_797, 32
    if quick:
        widths, samples, batch = [5, 4, 3], 20, 6
    lr = 0.05 if optimizer == "sgd" else 0.003
    epochs = classes(widths, samples, batch, optimizer, lr)
    title = f"{mlp(widths)}, minibatch {batch}, cross-entropy, {optimizer}"
    more = [CASADI] if optimizer == "sgd" else []
    return network(name, title, epochs, {SCAN: 1.0, BY_HAND: 1 / 2}, *more)


def wide(quick: bool) -> Work:
    widths, samples, batch = [784, 128, 10], 1_280, 64
    if quick:
        widths, samples, batch = [6, 5, 3], 20, 6
    epochs = classes(widths, samples, batch, "sgd", 0.05)
    title = f"{mlp(widths)}, minibatch {batch}, cross-entropy, sgd"
    return network("wide", title, epochs, {BY_HAND: 0.9, TORCH: 1.0})


def classes(
    widths: list[int], samples: int, batch: int, optimizer: str, lr: float
) -> Epochs:
    rng = np.random.default_rng(3)
    X, y = rng.random((samples, widths[0])), rng.integers(0, widths[-1], samples)
    task = Task(widths, "cross_entropy", 0.0, lr, X, y)
    return Epochs(task, samples // batch, batch, optimizer)


def growth(h: int, quick: bool) -> Work:
    samples, steps = (10, 3) if quick else (100, 200 if h < 64 else 50)
    title = f"{mlp([2, h, h, 1])}, {samples} samples, hinge + L2, SGD"
    epochs = two_class(h, samples, steps)
    return network(f"growth-{h}", title, epochs, {SCAN: 1.0 if h <= 32 else 1.2})


def mlp(widths: list[int]) -> str:
    return f"MLP {'-'.join(map(str, widths))}"


def network(
    name: str, title: str, epochs: Epochs, targets: dict[str, float], *more: str
) -> Work:
    builders: dict[str, Callable[[Epochs], Contestant]] = {
        OURS: partial(native_networks.ours, backend="c"),
        OURS_NUMPY: partial(native_networks.ours, backend="numpy"),
        BY_HAND: native_networks.by_hand,
        TORCH: native_peers.torch_eager,
        JAX: partial(native_peers.jax_network, scan=False),
        SCAN: partial(native_peers.jax_network, scan=True),
    }
    if CASADI in more:
        builders[CASADI] = partial(native_peers.casadi_network, build="map")
    if CASADI_C in more:
        builders[CASADI_C] = partial(native_peers.casadi_network, build="c")
    chosen = {peer: partial(build, epochs) for peer, build in builders.items()}
    return Work(name, title, epochs.steps, chosen, targets)


def recurrence(quick: bool) -> Work:
    length, batch, steps = (3, 4, 2) if quick else (20, 32, 10)
    epochs = native_recurrence.sequences(length, batch, steps)
    builders: dict[str, Callable[[Epochs], Contestant]] = {
        OURS: partial(native_recurrence.ours, backend="c"),
        OURS_NUMPY: partial(native_recurrence.ours, backend="numpy"),
        BY_HAND: native_recurrence.by_hand,
        LSTM: native_recurrence.torch_lstm,
        JAX: partial(native_recurrence.jax_lstm, scan=False),
        SCAN: partial(native_recurrence.jax_lstm, scan=True),
    }
    title = f"LSTM of 16 over {length} steps, inputs of 4, minibatch {batch}, SGD"
    chosen = {peer: partial(build, epochs) for peer, build in builders.items()}
    return Work("recurrence", title, steps, chosen, {LSTM: 1.0})


def irregular(quick: bool) -> Work:
    nodes, batch = (120, 3) if quick else (10_000, 1_000)
    graph = compile_graphs.Graph(nodes, batch)
    builders: dict[str, Callable[[compile_graphs.Graph], Contestant]] = {
        OURS: partial(native_networks.graph, backend="c"),
        OURS_NUMPY: partial(native_networks.graph, backend="numpy"),
        "NumPy, an array a node": compile_graphs.by_hand,
        CASADI: partial(native_casadi.graph, build="map"),
        CASADI_C: partial(native_casadi.graph, build="c"),
    }
    title = f"irregular graph of {nodes:,} nodes, batch {batch:,}, value and gradient"
    chosen = {peer: partial(build, graph) for peer, build in builders.items()}
    return Work("irregular", title, 1, chosen, {CASADI_C: 1 / 2}, {CASADI_C: 1 / 10})
