"""First weights. An initialisation is a function ``(nin, nout, rng) -> float``.

``nin`` and ``nout`` are the numbers of inputs and outputs of the layer, ``rng`` is a
``random.Random``. The functions here make such functions, and they draw each weight
from that generator alone: the same seed gives the same weights.
"""

from __future__ import annotations

import math
import random

from autograd import gelu, leaky_relu, relu, silu, softplus
from nn.activations import activation_function
from nn.choice import count, finite, real

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Init = Callable[[int, int, random.Random], float]


def uniform(low: float = -1.0, high: float = 1.0) -> Init:
    """Draw uniformly between low and high.

    >>> uniform(-1.0, 1.0)(2, 3, random.Random(0))
    0.6888437030500962
    """
    low, high = finite("low", low), finite("high", high)
    return _checked(lambda nin, nout, rng: rng.uniform(low, high))


def normal(mean: float = 0.0, std: float = 1.0) -> Init:
    """Draw from the normal distribution with this mean and standard deviation.

    >>> normal(5.0, 0.0)(2, 3, random.Random(0))
    5.0
    """
    mean, std = finite("mean", mean), real("std", std)
    return _checked(lambda nin, nout, rng: rng.normalvariate(mean, std))


def xavier_uniform(gain: float = 1.0) -> Init:
    """Draw uniformly within +-gain sqrt(6 / (nin + nout)).

    Glorot and Bengio (2010), "Understanding the difficulty of training deep
    feedforward neural networks", eq. 16: keeps the variance of activations and
    gradients from layer to layer where the activation is nearly linear at 0.

    >>> abs(xavier_uniform()(2, 4, random.Random(0))) <= 1.0
    True
    """
    gain = real("gain", gain)
    return _checked(
        lambda nin, nout, rng: _symmetric(rng, gain * math.sqrt(6 / (nin + nout)))
    )


def xavier_normal(gain: float = 1.0) -> Init:
    """Draw normally with standard deviation gain sqrt(2 / (nin + nout)).

    Glorot and Bengio (2010), eq. 12.

    >>> abs(xavier_normal()(2, 4, random.Random(0))) < 4.0
    True
    """
    gain = real("gain", gain)
    return _checked(
        lambda nin, nout, rng: rng.normalvariate(
            0.0, gain * math.sqrt(2 / (nin + nout))
        )
    )


def kaiming_uniform(gain: float = math.sqrt(2)) -> Init:
    """Draw uniformly within +-gain sqrt(3 / nin).

    He et al. (2015), "Delving deep into rectifiers", arXiv:1502.01852, eq. 10, with the
    uniform distribution of the same variance. The gain sqrt(2) makes up for relu, which
    halves the second moment.

    >>> abs(kaiming_uniform()(6, 1, random.Random(0))) <= 1.0
    True
    """
    gain = real("gain", gain)
    return _checked(lambda nin, nout, rng: _symmetric(rng, gain * math.sqrt(3 / nin)))


def kaiming_normal(gain: float = math.sqrt(2)) -> Init:
    """Draw normally with standard deviation gain / sqrt(nin).

    He et al. (2015), arXiv:1502.01852, eq. 10.

    >>> abs(kaiming_normal()(2, 1, random.Random(0))) < 8.0
    True
    """
    gain = real("gain", gain)
    return _checked(
        lambda nin, nout, rng: rng.normalvariate(0.0, gain / math.sqrt(nin))
    )


def default(activation: str | Callable[..., Any]) -> Init:
    """Give the initialisation for an activation: Kaiming for relu and its like.

    >>> from autograd import tanh
    >>> abs(default(tanh)(2, 4, random.Random(0))) <= 1.0
    True
    """
    like = activation_function(activation)
    return kaiming_normal() if like in _RELU_LIKE else xavier_uniform()


_RELU_LIKE: tuple[Callable[..., Any], ...] = (relu, leaky_relu, gelu, silu, softplus)
_FACTORIES = (
    uniform,
    normal,
    xavier_uniform,
    xavier_normal,
    kaiming_uniform,
    kaiming_normal,
)


def _symmetric(rng: random.Random, bound: float) -> float:
    return rng.uniform(-bound, bound)


def _checked(draw: Init) -> Init:
    def init(nin: int, nout: int, rng: random.Random) -> float:
        if type(nin) is not int or type(nout) is not int or min(nin, nout) < 1:
            nin, nout = count("nin", nin), count("nout", nout)
        _check_generator(rng)
        return draw(nin, nout, rng)

    return init


def _check_generator(rng: Any) -> None:
    if not (hasattr(rng, "uniform") and hasattr(rng, "normalvariate")):
        raise TypeError(f"rng must be a random.Random, got {rng!r:.60}")


def drawing(
    init: Init | None, rng: random.Random | None, activation: Callable[..., Any]
) -> tuple[Init, random.Random]:
    """Check what a layer was given as init and rng, and fill in what it was not."""
    given: Any = init
    if given in _FACTORIES:
        name = given.__name__
        raise TypeError(f"init={name} lacks its arguments: write nn.init.{name}()")
    if init is not None and not callable(init):
        raise TypeError(
            "init must be a function (nin, nout, rng) -> float such as "
            f"nn.init.uniform(-1, 1), got {init!r:.60}"
        )
    source: Any = random if rng is None else rng  # the module is a generator, too
    _check_generator(source)
    return init or default(activation), source
