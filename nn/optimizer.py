"""Optimizer: what moves the parameters, and remembers what its rule needs.

The rules themselves stand in ``optim``.
"""

from __future__ import annotations

from math import hypot, isfinite

from autograd import Value, zero_grad
from nn.choice import count, real

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    Parameters = Iterable[Value] | Iterable[tuple[str, Value]]
    LearningRate = float | Callable[[int], float]


class Optimizer:
    """The base of all optimisers: the parameters, the learning rate and the state.

    ``parameters`` are leaf Values, or (name, Value) pairs as ``named_parameters`` gives
    them, whose names then stand in error messages. ``lr`` is a number or a schedule, a
    function of the number of the step, counted from 0. A subclass calls
    ``super().__init__`` with the names of its state variables and defines ``update``.

    >>> class SignDescent(Optimizer):
    ...     def __init__(self, parameters, lr):
    ...         super().__init__(parameters, lr)
    ...
    ...     def update(self, x, g, lr, t):
    ...         return (x - lr * g / (g * g) ** 0.5,)
    >>> x = Value(3.0)
    >>> (x * x).backward()
    >>> SignDescent([x], lr=0.5).step()
    >>> x.data
    2.5
    """

    def __init__(
        self, parameters: Parameters, lr: LearningRate, state: Iterable[str] = ()
    ) -> None:
        pairs = [x if isinstance(x, tuple) else ("", x) for x in parameters]
        self.parameters = [x for _, x in pairs]
        self.names = [name for name, _ in pairs]
        _check_parameters(self.parameters)
        self.lr = lr
        self.steps = 0
        self.state = {name: [0.0] * len(self.parameters) for name in state}

    def update(self, x: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        """Give the new parameter and the new state; change nothing."""
        raise NotImplementedError(f"{type(self).__name__} does not define update")

    @property
    def lr(self) -> LearningRate:
        """The learning rate as it was set: a number, or a schedule."""
        return self._lr

    @lr.setter
    def lr(self, lr: LearningRate) -> None:
        self._lr = lr if callable(lr) else real("lr", lr)

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step, as a number."""
        return self.rate_at(self.steps)

    def rate_at(self, step: int) -> float:
        """Give the learning rate of a step, counted from 0, as a number."""
        lr = self._lr
        return real(f"lr at step {step}", lr(step)) if callable(lr) else lr

    def zero_grad(self) -> None:
        """Set the grad of every parameter to 0."""
        zero_grad(self.parameters)

    def step(self) -> None:
        """Move every parameter by its grad.

        A gradient that is not finite is a FloatingPointError that names the parameter;
        then no parameter moves.
        """
        lr, t = self.learning_rate, self.steps + 1
        for i, x in enumerate(self.parameters):
            if not isfinite(x.grad):
                name = self.names[i] or x.label or str(i)
                raise FloatingPointError(
                    f"the gradient of parameter {name} is {x.grad!r} "
                    f"at {x.data!r}; no parameter was changed"
                )
        moved = zip(
            *[
                self.update(x.data, x.grad, lr, t, *state)
                for x, *state in zip(self.parameters, *self.state.values(), strict=True)
            ],
            strict=True,
        )
        numbers = next(moved)
        state = {name: list(column) for name, column in zip(self.state, moved)}
        self._commit(numbers, state, t)

    def _commit(
        self, numbers: Iterable[float], state: dict[str, list[float]], steps: int
    ) -> None:
        """Set parameters and state: all, or none where Ctrl-C falls in between."""
        before = [x.data for x in self.parameters], self.state, self.steps
        try:
            for x, data in zip(self.parameters, numbers, strict=True):
                x.data = data
            self.state, self.steps = state, steps
        except BaseException:
            for x, data in zip(self.parameters, before[0], strict=True):
                x.data = data
            self.state, self.steps = before[1:]
            raise

    def state_dict(self) -> dict[str, Any]:
        """Give the number of steps taken and the state, ready to be saved as JSON."""
        return {"steps": self.steps} | {
            name: list(column) for name, column in self.state.items()
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set the state to that of an optimiser of the same kind and size.

        What does not fit is a ValueError or a TypeError; then nothing is loaded.
        """
        wanted, n = {"steps", *self.state}, len(self.parameters)
        if set(state) != wanted:
            raise ValueError(
                f"nothing loaded: expected {', '.join(sorted(wanted))}; "
                f"got {', '.join(sorted(state)) or 'nothing'}"
            )
        for name in self.state:
            if len(state[name]) != n:
                raise ValueError(
                    f"nothing loaded: {name} needs {n} numbers, got {len(state[name])}"
                )
        columns = {name: [Value(s).data for s in state[name]] for name in self.state}
        self.steps = count("steps", state["steps"], least=0)
        self.state = columns

    def __repr__(self) -> str:
        name, n = type(self).__name__, len(self.parameters)
        return f"{name}(lr={self.lr!r}) of {n} parameters after {self.steps} steps"


def clip_grad_norm(parameters: Iterable[Value], max_norm: float) -> float:
    """Scale the grads down so that their norm is at most max_norm; give the old norm.

    The norm is that of all grads as one vector, as in PyTorch's function of like name.

    >>> x, y = Value(3.0), Value(4.0)
    >>> ((x * x + y * y) / 2).backward()
    >>> clip_grad_norm([x, y], 1.0), round(y.grad, 5)
    (5.0, 0.8)
    """
    listed, limit = list(parameters), real("max_norm", max_norm)
    norm = hypot(*[x.grad for x in listed])
    ratio = limit / (norm + 1e-6)
    if ratio < 1.0:
        for x in listed:
            x.grad *= ratio
    return norm


def _check_parameters(parameters: list[Any]) -> None:
    for x in parameters:
        if not isinstance(x, Value) or x.op is not None:
            raise TypeError(
                "an optimiser changes leaf Values such as model.parameters(), "
                f"got {x!r:.60}"
            )
    if not parameters:
        raise ValueError("an optimiser needs at least one parameter, got none")
    if len(dict.fromkeys(parameters)) < len(parameters):
        raise ValueError("a parameter stands in the list more than once")
