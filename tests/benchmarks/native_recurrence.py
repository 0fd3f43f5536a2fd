"""Epochs of training an LSTM on sequences: scalars in loops, and other engines.

The equations are PyTorch's, with its two biases: gates i, f, g, o of W x + U h + b + d;
c = f c + i g; h = o tanh(c). The loss is (v h + e - y)^2 after the last step.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Value, compile, dot, sigmoid, tanh
from nn import SGD
from tests.benchmarks.compile_contestant import Array, Contestant, numbers
from tests.benchmarks.compile_networks import Task
from tests.benchmarks.native_networks import Epochs
from tests.benchmarks.native_peers import jax_epochs, torch_update

HIDDEN, INPUTS = 16, 4


def sequences(length: int, batch: int, steps: int) -> Epochs:
    """Make random sequences, (samples, length, inputs), and a target for each."""
    rng = np.random.default_rng(11)
    X = rng.normal(size=(steps * batch, length, INPUTS))
    task = Task([], "squared", 0.0, 0.05, X, np.tanh(X[:, -3:, 0].sum(axis=1)))
    return Epochs(task, steps, batch)


def weights() -> list[Array]:
    """Give W, U, b, d, v, e: drawn as PyTorch does."""
    rng = np.random.default_rng(13)
    rows, size = 4 * HIDDEN, HIDDEN**-0.5
    shapes = [(rows, INPUTS), (rows, HIDDEN), (rows,), (rows,), (HIDDEN,), (1,)]
    return [rng.uniform(-size, size, shape) for shape in shapes]


# ---- this project --------------------------------------------------------------------


def ours(epochs: Epochs, backend: str) -> Contestant:
    task = epochs.task
    drawn = [[Value(x) for x in w.ravel().tolist()] for w in weights()]
    W, U = rows(drawn[0], INPUTS), rows(drawn[1], HIDDEN)
    b, d, v, e = drawn[2:]

    def loss(xs: Any, y: Any) -> Any:
        h, c = [0.0] * HIDDEN, [0.0] * HIDDEN
        for x in xs:
            z = [dot(W[k], x) + dot(U[k], h) + b[k] + d[k] for k in range(4 * HIDDEN)]
            for k in range(HIDDEN):
                i, f, g, o = z[k::HIDDEN]
                c[k] = sigmoid(f) * c[k] + sigmoid(i) * tanh(g)
                h[k] = sigmoid(o) * tanh(c[k])
        return (dot(v, h) + e[0] - y) ** 2

    like = task.X[0].tolist(), float(task.y[0])
    compiled = compile(loss, *like, backend=backend, threads=1)
    ps = [p for w in drawn for p in w]
    training = compiled.training(task.X, task.y, update=SGD(ps).update, parameters=ps)
    orders = epochs.orders()
    sizes, rates = [epochs.batch] * epochs.steps, [task.lr] * epochs.steps

    def run() -> Array:
        return training.run(next(orders).reshape(-1), sizes, rates)

    return Contestant(run, lambda: training.position[0])


def rows(flat: list[Value], size: int) -> list[list[Value]]:
    return [flat[i : i + size] for i in range(0, len(flat), size)]


# ---- NumPy by hand -------------------------------------------------------------------


def by_hand(epochs: Epochs) -> Contestant:
    """Sweep back through the steps by hand; the inputs' products are one product."""
    task, orders = epochs.task, epochs.orders()
    ws = weights()
    hidden = slice(0, HIDDEN), slice(HIDDEN, 2 * HIDDEN), slice(2 * HIDDEN, -HIDDEN)
    last = slice(-HIDDEN, None)

    def forward(X: Array) -> tuple[Array, Array, Array, Array]:
        W, U, b, d, _, _ = ws
        n, length, _ = X.shape
        gates = X.transpose(1, 0, 2) @ W.T + (b + d)
        h, c = np.zeros((2, length + 1, n, HIDDEN))
        t = np.empty((length, n, HIDDEN))
        for k, z in enumerate(gates):
            z += h[k] @ U.T
            np.tanh(z[:, hidden[2]], out=z[:, hidden[2]])
            for part in (slice(0, 2 * HIDDEN), last):
                s = z[:, part]
                np.negative(s, out=s)
                np.exp(s, out=s)
                s += 1.0
                np.divide(1.0, s, out=s)
            i, f, g, o = (z[:, part] for part in (*hidden, last))
            np.multiply(f, c[k], out=c[k + 1])
            c[k + 1] += i * g
            np.tanh(c[k + 1], out=t[k])
            np.multiply(o, t[k], out=h[k + 1])
        return gates, h, c, t

    def step(X: Array, y: Array) -> float:
        gates, h, c, t = forward(X)
        _, U, _, _, v, e = ws
        error = h[-1] @ v + e - y
        slope = (2.0 / len(y)) * error
        dv, de, dh = slope @ h[-1], slope.sum(), np.outer(slope, v)
        dz, dc = np.empty_like(gates), np.zeros_like(dh)
        for k in reversed(range(len(gates))):
            i, f, g, o = (gates[k][:, part] for part in (*hidden, last))
            di, df, dg, do = (dz[k][:, part] for part in (*hidden, last))
            np.multiply(dh * t[k], o * (1.0 - o), out=do)
            dc += dh * o * (1.0 - t[k] * t[k])
            np.multiply(dc * g, i * (1.0 - i), out=di)
            np.multiply(dc * c[k], f * (1.0 - f), out=df)
            np.multiply(dc * i, 1.0 - g * g, out=dg)
            dc *= f
            dh = dz[k] @ U
        flat = dz.reshape(-1, 4 * HIDDEN)
        dW = flat.T @ X.transpose(1, 0, 2).reshape(-1, INPUTS)
        dU, db = flat.T @ h[:-1].reshape(-1, HIDDEN), flat.sum(axis=0)
        for w, g in zip(ws, (dW, dU, db, db, dv, de)):
            w -= task.lr * g
        return float(error @ error) / len(y)

    def run() -> list[float]:
        return [step(task.X[chosen], task.y[chosen]) for chosen in next(orders)]

    return Contestant(run, lambda: numbers(ws))


# ---- other engines -------------------------------------------------------------------


def torch_lstm(epochs: Epochs) -> Contestant:
    """Use PyTorch's own nn.LSTM."""
    import torch

    torch.set_num_threads(1)
    task, drawn = epochs.task, weights()
    lstm = torch.nn.LSTM(INPUTS, HIDDEN, batch_first=True, dtype=torch.float64)
    readout = torch.nn.Linear(HIDDEN, 1, dtype=torch.float64)
    ps = [*lstm.parameters(), *readout.parameters()]
    with torch.no_grad():
        for p, w in zip(ps, drawn, strict=True):
            p.copy_(torch.from_numpy(w).reshape(p.shape))
    X, y, orders = torch.from_numpy(task.X), torch.from_numpy(task.y), epochs.orders()
    update = torch_update(ps, epochs.optimizer, task.lr)

    def run() -> Any:
        losses = []
        for chosen in torch.from_numpy(next(orders)):
            out, _ = lstm(X[chosen])
            loss = (readout(out[:, -1])[:, 0] - y[chosen]).square().mean()
            loss.backward()
            update()
            losses.append(loss.detach())
        return torch.stack(losses).numpy()

    return Contestant(run, lambda: numbers([p.detach().numpy() for p in ps]))


def jax_lstm(epochs: Epochs, scan: bool) -> Contestant:
    """Scan over the steps of a sequence, which XLA compiles once."""
    import jax
    import jax.numpy as jnp

    def loss_of(ws: Any, X: Any, y: Any) -> Any:
        W, U, b, d, v, e = ws
        inputs = jnp.swapaxes(X, 0, 1) @ W.T + (b + d)

        def cell(state: Any, z: Any) -> Any:
            h, c = state
            i, f, g, o = jnp.split(z + h @ U.T, 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        zeros = jnp.zeros((len(X), HIDDEN))
        (h, _), _ = jax.lax.scan(cell, (zeros, zeros), inputs)
        return jnp.mean((h @ v + e - y) ** 2)

    task = epochs.task
    state, run = jax_epochs(loss_of, weights(), [task.X, task.y], epochs, scan)
    return Contestant(run, lambda: numbers([np.asarray(w) for w in state()[0]]))
