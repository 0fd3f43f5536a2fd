"""Optimizer: what moves the parameters, and remembers what its rule needs.

The rules themselves stand in ``optim``.
"""

from __future__ import annotations

from math import hypot, isfinite

from autograd import Value, zero_grad
from autograd.arguments import real as checked
from autograd.printable import printable
from autograd.whole import set_data, set_grads
from nn.choice import count, finite, mapping, real

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
        if not hasattr(parameters, "__iter__"):
            raise TypeError(
                "an optimiser takes a list of Values such as model.parameters(), "
                f"got {parameters!r:.60}"
            )
        pairs = [_named(x) for x in parameters]
        self.parameters = [x for _, x in pairs]
        self.names = [name for name, _ in pairs]
        _check_parameters(self.parameters)
        self.lr = lr
        self.steps = 0
        self.state = {name: [0.0] * len(self.parameters) for name in _words(state)}

    def update(self, x: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        """Give the new parameter and the new state; change nothing."""
        name = printable(type(self).__name__)
        raise NotImplementedError(f"{name} does not define update")

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
        lr, step = self._lr, count("step", step, least=0)
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
            self._check_numbers(i, x)
            if not isfinite(x.grad):
                name = printable(self.names[i] or str(x.label)) or str(i)
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

    def _check_numbers(self, i: int, x: Value) -> None:
        """See that data and grad are numbers: a person may set them to anything."""
        if type(x.data) is float and type(x.grad) is float:
            return
        name = printable(self.names[i] or str(x.label)) or str(i)
        for what, number in (("data", x.data), ("grad", x.grad)):
            checked(f"the {what} of parameter {name}", number)

    def _commit(
        self, numbers: Iterable[float], state: dict[str, list[float]], steps: int
    ) -> None:
        """Set parameters and state: all, or none where Ctrl-C falls in between."""
        before = [x.data for x in self.parameters], self.state, self.steps
        try:
            set_data(self.parameters, numbers)
            self.state, self.steps = state, steps
        except BaseException:
            set_data(self.parameters, before[0])
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
        mapping("load_state_dict", state)
        wanted, n = {"steps", *self.state}, len(self.parameters)
        if set(state) != wanted:
            raise ValueError(
                f"nothing loaded: expected {', '.join(sorted(wanted))}; "
                f"got {', '.join(sorted(map(str, state))) or 'nothing'}"
            )
        for name in self.state:
            given = len(state[name]) if hasattr(state[name], "__len__") else state[name]
            if given != n:
                raise ValueError(
                    f"nothing loaded: {name} needs {n} numbers, got {given!r:.60}"
                )
        columns = {name: [finite(name, s) for s in state[name]] for name in self.state}
        self.steps = count("steps", state["steps"], least=0, most=2**53)
        self.state = columns

    def __repr__(self) -> str:
        name, n = printable(type(self).__name__), len(self.parameters)
        return f"{name}(lr={self.lr!r}) of {n} parameters after {self.steps} steps"


def clip_grad_norm(parameters: Iterable[Value], max_norm: float) -> float:
    """Scale the grads down so that their norm is at most max_norm; give the old norm.

    The norm is that of all grads as one vector, as in PyTorch's function of like name.

    >>> x, y = Value(3.0), Value(4.0)
    >>> ((x * x + y * y) / 2).backward()
    >>> clip_grad_norm([x, y], 1.0), round(y.grad, 5)
    (5.0, 0.8)
    """
    limit, listed = real("max_norm", max_norm), _leaves(parameters)
    norm = hypot(*[checked("a grad", x.grad) for x in listed])
    ratio = limit / (norm + 1e-6)
    if ratio < 1.0:
        set_grads(listed, [x.grad * ratio for x in listed])
    return norm


def _named(x: Any) -> tuple[str, Any]:
    pair = isinstance(x, tuple) and len(x) == 2 and isinstance(x[0], str)
    return x if pair else ("", x)


def _words(state: Any) -> list[str]:
    listed = isinstance(state, (list, tuple))
    if not listed or not all(isinstance(name, str) for name in state):
        raise TypeError(
            f'state lists names of variables, as in ("velocity",), got {state!r:.60}'
        )
    return list(state)


def _leaves(parameters: Any) -> list[Value]:
    listed = list(parameters) if hasattr(parameters, "__iter__") else [parameters]
    for x in listed:
        if not isinstance(x, Value):
            raise TypeError(
                "clip_grad_norm takes a list of Values such as model.parameters(), "
                f"got {x!r:.60}"
            )
    return listed


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
