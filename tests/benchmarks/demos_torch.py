"""The demos' training by PyTorch: batched tensors, autograd, torch.optim.Adam."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.benchmarks.compile_contestant import Array
from tests.benchmarks.demos_jobs import Job, Network, Transformer
from tests.benchmarks.demos_ours import Trainer, theta_of


def eager(job: Job) -> Trainer:
    import torch

    torch.set_num_threads(1)
    return network(job) if isinstance(job, Network) else transformer(job)


def network(job: Network) -> Trainer:
    import torch

    F = torch.nn.functional
    activation = torch.nn.Tanh if job.activation == "tanh" else torch.nn.ReLU
    net: Any = torch.nn.Sequential()
    for W, b in job.layers(theta_of(job.model().parameters())):
        linear = torch.nn.Linear(W.shape[1], W.shape[0], dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W))
            linear.bias.copy_(torch.from_numpy(b))
        net.extend([linear, activation()])
    net = net[:-1]
    losses: dict[str, Callable[[Any, Any], Any]] = {
        "hinge": lambda z, y: torch.relu(1.0 - y * z[:, 0]).mean(),
        "cross_entropy": F.cross_entropy,
        "binary_cross_entropy": lambda z, y: F.binary_cross_entropy_with_logits(
            z[:, 0], y
        ),
    }
    X, y, loss_of = torch.from_numpy(job.X), torch.from_numpy(job.y), losses[job.loss]
    parameters = list(net.parameters())

    def loss(rows: Any) -> Any:
        return loss_of(net(X[rows]), y[rows])

    def theta() -> Array:
        arrays = [p.detach().numpy() for p in parameters]
        blocks = [
            np.c_[W, b].ravel() for W, b in zip(arrays[::2], arrays[1::2], strict=True)
        ]
        return np.concatenate(blocks)

    return Trainer(trainer(job, parameters, loss, 2.0 * job.l2), theta)


def trainer(
    job: Job, parameters: list[Any], loss: Callable[[Any], Any], decay: float
) -> Callable[[Array], None]:
    """Give the loop; Adam adds decay times a parameter to its derivative."""
    import torch

    # Adam in one kernel is the quickest on these small tensors.
    adam = torch.optim.Adam(
        parameters, job.lr, job.betas, eps=1e-8, weight_decay=decay, fused=True
    )

    def train(order: Array) -> None:
        for rows in torch.from_numpy(order):
            adam.zero_grad()
            loss(rows).backward()
            adam.step()

    return train


def transformer(job: Transformer) -> Trainer:
    """Write the model as tensors: heads, positions and samples are axes."""
    import torch

    F = torch.nn.functional
    one_hot, targets, mask = map(torch.from_numpy, job.arrays())
    tokens, targets = one_hot.argmax(-1), targets.argmax(-1)  # padding: any will do
    length, size = len(one_hot[0]), job.width // job.heads
    model = job.model()
    block = model.blocks[0]
    matrices = [model.token, model.position, block.query, block.key, block.value]
    matrices += [block.out, block.up, block.down, model.head]
    parameters = [
        torch.tensor([[x.data for x in row] for row in matrix], dtype=torch.float64)
        for matrix in matrices
    ]
    for p in parameters:
        p.requires_grad_()
    token, position, query, key, value, out, up, down, head = parameters

    def norm(x: Any) -> Any:
        return F.rms_norm(x, (job.width,), eps=1e-5)

    def loss(rows: Any) -> Any:
        x = norm(F.embedding(tokens[rows], token) + position)
        shape = len(rows), length, job.heads, size
        q, k, v = (
            F.linear(norm(x), weights).view(shape).transpose(1, 2)
            for weights in (query, key, value)
        )
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + F.linear(mixed.transpose(1, 2).flatten(2), out)
        x = x + F.linear(torch.relu(F.linear(norm(x), up)), down)
        scores = F.linear(x, head).flatten(0, 1)
        nats = F.cross_entropy(scores, targets[rows].flatten(), reduction="none")
        return nats @ mask[rows].flatten() / len(rows)

    def theta() -> Array:
        return np.concatenate([p.detach().numpy().ravel() for p in parameters])

    return Trainer(trainer(job, parameters, loss, 0.0), theta)
