"""Neural networks on scalars: modules, losses, optimisers and a training loop.

Read the source in this order: ``module`` (what has parameters), ``choice`` (things
chosen by name), ``activations``, ``init`` (first weights), ``layers``, ``losses``,
``optimizer``, ``optim`` (update rules), ``schedules`` (learning rates), ``data`` (what
goes in), ``steps`` and ``compiled_step`` (one step of training), ``training`` (fit and
predict).
"""

try:
    from autograd import Value as _Value  # noqa: F401
except ImportError as error:
    raise ImportError(
        "nn stands on this project's package autograd, but another package of that "
        "name was imported, probably the one by HIPS; the two cannot live in one "
        "environment: pip uninstall autograd, then install this project again"
    ) from error

from nn import init
from nn.activations import identity
from nn.layers import MLP, Layer, Neuron, Sequential
from nn.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    half_mse,
    hinge,
    mse,
)
from nn.module import Module
from nn.optim import SGD, Adagrad, Adam, AdamW, RMSProp
from nn.optimizer import Optimizer
from nn.schedules import cosine_decay, linear_warmup, step_decay
from nn.training import History, fit, predict

__all__ = [
    "MLP",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "History",
    "Layer",
    "Module",
    "Neuron",
    "Optimizer",
    "RMSProp",
    "Sequential",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_decay",
    "cross_entropy",
    "fit",
    "half_mse",
    "hinge",
    "identity",
    "init",
    "linear_warmup",
    "mse",
    "predict",
    "step_decay",
]
