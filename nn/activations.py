"""Activations, chosen by name or given as a function of one number."""

from __future__ import annotations

from autograd import gelu, leaky_relu, relu, sigmoid, silu, softmax, softplus, tanh
from nn.choice import by_name

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Function = Callable[[Any], Any]


def identity(x: Any) -> Any:
    """Give x itself: the activation of a linear layer.

    >>> identity(3.0)
    3.0
    """
    return x


ACTIVATIONS: dict[str, Function] = {
    "identity": identity,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "tanh": tanh,
    "sigmoid": sigmoid,
    "gelu": gelu,
    "silu": silu,
    "softplus": softplus,
    "softmax": softmax,
}


def activation_function(choice: str | Function) -> Function:
    """Give the activation of that name, or the function itself.

    All act on one number but softmax, which acts on the list of a layer's outputs. An
    unknown name is a ValueError that lists the known ones.

    >>> activation_function("relu")(-3.0)
    0.0
    """
    function: Function = by_name("activation", ACTIVATIONS, choice)
    return function
