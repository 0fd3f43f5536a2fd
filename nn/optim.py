"""The rules by which a parameter x follows its gradient g: those of PyTorch.

Each optimiser is one rule, ``update``: from a parameter, its gradient, the learning
rate, the number t of the step (counted from 1) and the state of that parameter, to the
new parameter and the new state. A rule uses ``+ - * / **`` only, and it branches on
hyperparameters only. So one rule serves floats, NumPy arrays and Values.
"""

from __future__ import annotations

from autograd.arguments import flag
from nn.choice import real
from nn.optimizer import Optimizer

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from nn.optimizer import LearningRate, Parameters


class SGD(Optimizer):
    """Stochastic gradient descent, x - lr g, with momentum where it is asked for.

    With momentum m the velocity v = m v + g takes the place of g (Polyak 1964), with
    ``nesterov`` the look-ahead g + m v (Sutskever et al. 2013). ``weight_decay`` adds
    weight_decay x to g.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> (x * x).backward()
    >>> SGD([x], lr=0.1).step()
    >>> round(x.data, 9)
    2.4
    """

    def __init__(
        self,
        parameters: Parameters,
        lr: LearningRate = 1e-3,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        self.momentum = real("momentum", momentum)
        self.weight_decay = real("weight_decay", weight_decay)
        self.nesterov = flag("nesterov", nesterov)
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum above 0, for example 0.9")
        super().__init__(parameters, lr, ("velocity",) if momentum else ())

    def update(self, x: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        if self.weight_decay:
            g = g + self.weight_decay * x
        if not self.momentum:
            return (x - lr * g,)
        velocity = self.momentum * state[0] + g
        direction = g + self.momentum * velocity if self.nesterov else velocity
        return x - lr * direction, velocity


class RMSProp(Optimizer):
    """Divide the gradient by a running root mean square s^(1/2) of it.

    s = alpha s + (1 - alpha) g^2; x - lr g / (s^(1/2) + eps). Tieleman and Hinton
    (2012), lecture 6.5. With momentum m, v = m v + g / (s^(1/2) + eps) is subtracted.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> (x * x).backward()
    >>> RMSProp([x], lr=0.1).step()
    >>> round(x.data, 6)
    2.0
    """

    def __init__(
        self,
        parameters: Parameters,
        lr: LearningRate = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
    ) -> None:
        self.alpha = real("alpha", alpha, below=1.0)
        self.eps = real("eps", eps)
        self.weight_decay = real("weight_decay", weight_decay)
        self.momentum = real("momentum", momentum)
        state = ("mean_square", "velocity") if momentum else ("mean_square",)
        super().__init__(parameters, lr, state)

    def update(self, x: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        if self.weight_decay:
            g = g + self.weight_decay * x
        mean_square = self.alpha * state[0] + (1.0 - self.alpha) * (g * g)
        scaled = g / (mean_square**0.5 + self.eps)
        if not self.momentum:
            return x - lr * scaled, mean_square
        velocity = self.momentum * state[1] + scaled
        return x - lr * velocity, mean_square, velocity


class Adagrad(Optimizer):
    """Divide the gradient by the root of the sum s of all its squares so far.

    s = s + g^2; x - lr g / (s^(1/2) + eps). Duchi, Hazan and Singer (2011).

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> (x * x).backward()
    >>> Adagrad([x], lr=0.1).step()
    >>> round(x.data, 6)
    2.9
    """

    def __init__(
        self,
        parameters: Parameters,
        lr: LearningRate = 1e-2,
        eps: float = 1e-10,
        weight_decay: float = 0.0,
    ) -> None:
        self.eps = real("eps", eps)
        self.weight_decay = real("weight_decay", weight_decay)
        super().__init__(parameters, lr, ("sum_of_squares",))

    def update(self, x: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        if self.weight_decay:
            g = g + self.weight_decay * x
        sum_of_squares = state[0] + g * g
        return x - lr * g / (sum_of_squares**0.5 + self.eps), sum_of_squares


class Adam(Optimizer):
    """Divide a running mean of the gradient by a running root mean square of it.

    m = beta1 m + (1 - beta1) g; s = beta2 s + (1 - beta2) g^2; both are divided by
    1 - beta^t, for they start at 0; x - lr m / (s^(1/2) + eps). Kingma and Ba (2015),
    arXiv:1412.6980, algorithm 1. ``weight_decay`` adds weight_decay x to g.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> (x * x).backward()
    >>> Adam([x], lr=0.1).step()
    >>> round(x.data, 6)
    2.9
    """

    def __init__(
        self,
        parameters: Parameters,
        lr: LearningRate = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        try:
            beta1, beta2 = betas
        except (TypeError, ValueError):
            raise TypeError(
                f"betas is a pair such as (0.9, 0.999), got {betas!r:.60}"
            ) from None
        self.beta1 = real("beta1", beta1, below=1.0)
        self.beta2 = real("beta2", beta2, below=1.0)
        self.eps = real("eps", eps)
        self.weight_decay = real("weight_decay", weight_decay)
        super().__init__(parameters, lr, ("mean", "mean_square"))

    def update(self, x: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        if self.weight_decay:
            g = g + self.weight_decay * x
        return self._moments(x, g, lr, t, *state)

    def _moments(
        self, x: Any, g: Any, lr: Any, t: Any, mean: Any, mean_square: Any
    ) -> tuple[Any, ...]:
        mean = self.beta1 * mean + (1.0 - self.beta1) * g
        mean_square = self.beta2 * mean_square + (1.0 - self.beta2) * (g * g)
        unbiased = mean / (1.0 - self.beta1**t)
        spread = (mean_square / (1.0 - self.beta2**t)) ** 0.5
        return x - lr * unbiased / (spread + self.eps), mean, mean_square


class AdamW(Adam):
    """Adam with weight decay of its own: x shrinks by lr weight_decay x each step.

    Loshchilov and Hutter (2019), arXiv:1711.05101, algorithm 2.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> (x * x).backward()
    >>> AdamW([x], lr=0.1).step()
    >>> round(x.data, 6)
    2.897
    """

    def __init__(
        self,
        parameters: Parameters,
        lr: LearningRate = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay)

    def update(self, x: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        return self._moments(x - lr * self.weight_decay * x, g, lr, t, *state)


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": SGD,
    "rmsprop": RMSProp,
    "adagrad": Adagrad,
    "adam": Adam,
    "adamw": AdamW,
}
