"""Epochs of training a network by other engines; each loads when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.benchmarks.compile_contestant import Contestant
from tests.benchmarks.native_casadi import BUILDS
from tests.benchmarks.native_networks import BETAS, EPS, Epochs


def torch_eager(epochs: Epochs) -> Contestant:
    """Use the quicker of PyTorch's updates: torch._foreach_add_, and its fused Adam."""
    import torch

    torch.set_num_threads(1)
    task = epochs.task
    net = torch.nn.Sequential()
    for W, b in task.layers(task.theta()):
        linear = torch.nn.Linear(W.shape[1], W.shape[0], dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W))
            linear.bias.copy_(torch.from_numpy(b))
        net.extend([linear, torch.nn.ReLU()])
    net = net[:-1]
    parameters = list(net.parameters())
    X, y = torch.from_numpy(task.X), torch.from_numpy(task.y)
    update = torch_update(parameters, epochs.optimizer, task.lr)

    def loss_of(scores: Any, y: Any) -> Any:
        if task.loss == "cross_entropy":
            return torch.nn.functional.cross_entropy(scores, y)
        hinge = torch.relu(1.0 - y * scores[:, 0]).mean()
        return hinge + task.l2 * sum(p.square().sum() for p in parameters)

    orders = epochs.orders()

    def run() -> Any:
        order, losses = next(orders), []
        for rows in [None] * epochs.steps if order is None else torch.from_numpy(order):
            some = (X, y) if rows is None else (X[rows], y[rows])
            loss = loss_of(net(some[0]), some[1])
            loss.backward()
            update()
            losses.append(loss.detach())
        return torch.stack(losses).numpy()

    def theta() -> Any:
        arrays = [p.detach().numpy() for p in parameters]
        return task.packed(zip(arrays[::2], arrays[1::2]))

    return Contestant(run, theta)


def torch_update(parameters: list[Any], optimizer: str, lr: float) -> Callable[[], Any]:
    """Give the update of the parameters, which forgets their gradients too."""
    import torch

    if optimizer == "adam":
        adam = torch.optim.Adam(parameters, lr=lr, betas=BETAS, eps=EPS, fused=True)

        def update() -> None:
            adam.step()
            adam.zero_grad()

        return update

    def descend() -> None:
        with torch.no_grad():
            torch._foreach_add_(parameters, [p.grad for p in parameters], alpha=-lr)
        for p in parameters:
            p.grad = None

    return descend


# ---- JAX -----------------------------------------------------------------------------


def jax_network(epochs: Epochs, scan: bool) -> Contestant:
    """Let W be (in, out), which is what XLA is quickest with."""
    import jax.numpy as jnp
    from jax.nn import logsumexp

    task = epochs.task

    def loss_of(layers: Any, X: Any, y: Any) -> Any:
        h = X
        for k, (W, b) in enumerate(layers):
            h = h @ W + b
            if k < len(layers) - 1:
                h = jnp.maximum(h, 0.0)
        if task.loss == "cross_entropy":
            picked = jnp.take_along_axis(h, y[:, None], axis=1)[:, 0]
            return jnp.mean(logsumexp(h, axis=1) - picked)
        hinge = jnp.mean(jnp.maximum(1.0 - y * h[:, 0], 0.0))
        return hinge + task.l2 * sum((p * p).sum() for pair in layers for p in pair)

    layers = [(W.T.copy(), b) for W, b in task.layers(task.theta())]
    state, run = jax_epochs(loss_of, layers, [task.X, task.y], epochs, scan)
    return Contestant(run, lambda: task.packed([(W.T, b) for W, b in state()[0]]))


def jax_epochs(
    loss_of: Callable[..., Any],
    parameters: Any,
    samples: list[Any],
    epochs: Any,
    scan: bool,
) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Give what reads the state, and what runs an epoch: by steps, or as one scan."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    optimizer, lr, steps = epochs.optimizer, epochs.task.lr, epochs.steps

    def step(state: Any, rows: Any, samples: Any) -> Any:
        chosen = samples if rows is None else [x[rows] for x in samples]
        loss, g = jax.value_and_grad(loss_of)(state[0], *chosen)
        return jax_update(state, g, lr, optimizer), loss

    def epoch(state: Any, order: Any, samples: Any) -> Any:
        def one(state: Any, rows: Any) -> Any:
            return step(state, rows, samples)

        return jax.lax.scan(one, state, order, length=steps)

    step, epoch = (jax.jit(f, donate_argnums=0) for f in (step, epoch))
    samples = [jnp.array(x) for x in samples]
    first = jax.tree.map(jnp.array, parameters)
    zeros = jax.tree.map(jnp.zeros_like, [first, first])
    state = first, zeros if optimizer == "adam" else [], jnp.zeros(())
    orders = epochs.orders()

    def run() -> Any:
        nonlocal state
        order = next(orders)
        if scan:
            state, losses = epoch(state, order, samples)
            return np.asarray(losses)
        losses = []
        for rows in [None] * steps if order is None else order:
            state, loss = step(state, rows, samples)
            losses.append(loss)
        return jax.device_get(losses)

    return lambda: state, run


def jax_update(state: Any, g: Any, lr: float, optimizer: str) -> Any:
    import jax
    import jax.numpy as jnp

    parameters, moments, t = state
    t = t + 1.0
    if optimizer == "sgd":
        return jax.tree.map(lambda p, g: p - lr * g, parameters, g), [], t
    (beta1, beta2), (mean, square) = BETAS, moments
    mean = jax.tree.map(lambda m, g: beta1 * m + (1.0 - beta1) * g, mean, g)
    square = jax.tree.map(lambda s, g: beta2 * s + (1.0 - beta2) * g * g, square, g)

    def move(p: Any, m: Any, s: Any) -> Any:
        spread = jnp.sqrt(s / (1.0 - beta2**t)) + EPS
        return p - lr * (m / (1.0 - beta1**t)) / spread

    return jax.tree.map(move, parameters, mean, square), [mean, square], t


# ---- CasADi --------------------------------------------------------------------------


def casadi_network(epochs: Epochs, build: str) -> Contestant:
    """Let CasADi map the gradient of one sample over the minibatch; SGD is NumPy's."""
    import casadi as ca

    whole, task = epochs.task, epochs.step_task
    theta = task.theta()
    p, x = ca.SX.sym("p", len(theta)), ca.SX.sym("x", task.widths[0])
    y = ca.SX.sym("y", task.widths[-1])
    places = task.layers(np.arange(len(theta)))
    h = x
    for k, (W, b) in enumerate(places):
        h = ca.reshape(p[W.T.ravel().tolist()], *W.shape) @ h + p[b.tolist()]
        if k < len(places) - 1:
            h = ca.fmax(h, 0.0)
    if task.loss == "cross_entropy":
        loss = ca.logsumexp(h) - ca.dot(y, h)
    else:
        loss = ca.fmax(1.0 - y * h, 0.0)
    X, Y = task.X, task.targets()
    mean = BUILDS[build](loss, p, theta, [(x, X), (y, Y)])
    targets, orders = whole.targets(), epochs.orders()

    def step() -> float:
        value, g = mean()
        if task.l2:
            value += task.l2 * theta.dot(theta)
            g += (2.0 * task.l2) * theta
        theta[:] -= task.lr * g
        return value

    def run() -> list[float]:
        order = next(orders)
        if order is None:
            return [step() for _ in range(epochs.steps)]
        losses = []
        for rows in order:
            np.take(whole.X, rows, axis=0, out=X, mode="clip")
            np.take(targets, rows, axis=0, out=Y, mode="clip")
            losses.append(step())
        return losses

    return Contestant(run, lambda: theta)
