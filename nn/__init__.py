"""Neural networks on scalars: modules, losses, optimisers and a training loop.

Read the source in this order: ``module`` (what has parameters), ``choice`` (things
chosen by name), ``activations``, ``init`` (first weights), ``layers``, ``losses``,
``optimizer``, ``optim`` (update rules), ``schedules`` (learning rates), ``data`` (what
goes in), ``prediction``, ``steps`` and ``compiled_step`` (one step of training),
``batches``, ``history``, ``metrics``, ``validation``, ``progress``, ``loop`` and
``training`` (fit); then ``store`` (files), ``contents``, ``saving`` and ``checkpoint``,
and ``plots`` behind ``plotting``.
"""

try:
    from autograd import Value as _Value  # noqa: F401
except ImportError as error:
    raise ImportError(
        "nn stands on this project's package autograd, but another package of that "
        "name was imported, probably the one by HIPS; the two cannot live in one "
        "environment: pip uninstall autograd, then install this project again"
    ) from error

from nn import init, metrics
from nn.activations import identity
from nn.history import History
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
from nn.optimizer import Optimizer, clip_grad_norm
from nn.plots import plot_decision_boundary
from nn.prediction import predict
from nn.saving import load, save
from nn.schedules import cosine_decay, linear_warmup, step_decay
from nn.training import fit

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
    "clip_grad_norm",
    "cosine_decay",
    "cross_entropy",
    "fit",
    "half_mse",
    "hinge",
    "identity",
    "init",
    "linear_warmup",
    "load",
    "metrics",
    "mse",
    "plot_decision_boundary",
    "predict",
    "save",
    "step_decay",
]


def __dir__() -> list[str]:  # what completion offers: the public names, no modules
    return [*__all__, "__all__", "__doc__", "__file__", "__name__"]
