"""Training steps of networks by other engines; each loads when it is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.benchmarks import peers
from tests.benchmarks.compile_casadi import Mapped
from tests.benchmarks.compile_contestant import Contestant
from tests.benchmarks.compile_networks import SEED, Task


def torch_eager(task: Task) -> Contestant:
    import torch

    torch.set_num_threads(1)
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

    def loss_of(scores: Any) -> Any:
        if task.loss == "cross_entropy":
            return torch.nn.functional.cross_entropy(scores, y)
        hinge = torch.relu(1.0 - y * scores[:, 0]).mean()
        return hinge + task.l2 * sum(p.square().sum() for p in parameters)

    def step() -> float:
        loss = loss_of(net(X))
        loss.backward()
        with torch.no_grad():
            for p in parameters:
                p.sub_(p.grad, alpha=task.lr)
                p.grad = None
        return loss.item()

    def theta() -> Any:
        arrays = [p.detach().numpy() for p in parameters]
        return task.packed(zip(arrays[::2], arrays[1::2]))

    return Contestant(step, theta)


def jax_jit(task: Task) -> Contestant:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    X, y = jnp.array(task.X), jnp.array(task.y)

    def loss_of(layers: Any, X: Any, y: Any) -> Any:
        h = X
        for k, (W, b) in enumerate(layers):
            h = h @ W.T + b
            if k < len(layers) - 1:
                h = jnp.maximum(h, 0.0)
        if task.loss == "cross_entropy":
            picked = jnp.take_along_axis(h, y[:, None], axis=1)[:, 0]
            return jnp.mean(jax.nn.logsumexp(h, axis=1) - picked)
        hinge = jnp.mean(jnp.maximum(1.0 - y * h[:, 0], 0.0))
        return hinge + task.l2 * sum((p * p).sum() for pair in layers for p in pair)

    def update(layers: Any, X: Any, y: Any) -> Any:
        loss, slopes = jax.value_and_grad(loss_of)(layers, X, y)
        return jax.tree.map(lambda p, g: p - task.lr * g, layers, slopes), loss

    update = jax.jit(update)
    state = jax.tree.map(jnp.array, task.layers(task.theta()))

    def step() -> float:
        nonlocal state
        state, loss = update(state, X, y)
        return float(loss)

    return Contestant(step, lambda: task.packed(state))


def casadi_mapped(task: Task) -> Contestant:
    """Let CasADi map the gradient for one sample over all, and add up the results."""
    import casadi as ca

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
    mean = Mapped(loss, p, theta, [(x, task.X), (y, task.targets())])

    def step() -> float:
        value, g = mean()
        if task.l2:
            value += task.l2 * theta.dot(theta)
            g += (2.0 * task.l2) * theta
        theta[:] -= task.lr * g
        return value

    return Contestant(step, lambda: theta)


def micrograd(task: Task) -> Contestant:
    """Run micrograd's own demonstration; it draws the same parameters by itself."""
    engine = peers.micrograd()
    step = engine.trainer(list(task.widths), SEED, task.X.tolist(), task.y.tolist())
    return Contestant(step)  # theta stays inside
