"""A function evaluated at a point, with variables in place of its arguments."""

from __future__ import annotations

import warnings
from contextvars import ContextVar

from autograd.chain_rule import gradient, pushforward
from autograd.constant import modes
from autograd.nest import flatten, holds_value, rebuild
from autograd.operation import number
from autograd.primitives import dot, identity
from autograd.value import Constant, Value, recording

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Function = Callable[..., Any]

# How many functions are being evaluated at Points around this place of the program.
_depth: ContextVar[int] = ContextVar("depth", default=0)


class Point:
    """f(*args, **kwargs), with variables for the numbers of the arguments ``argnums``.

    The variables are nodes of their own: new leaves for numbers, identity nodes on
    Values. Results are connected Values where any argument (or ``also``) holds a Value,
    inside another Point, and inside a trace; else they are floats. Where Values are due
    but ``no_grad()`` holds, they are Constants.
    """

    def __init__(
        self,
        f: Function,
        args: Sequence[Any],
        kwargs: dict[str, Any] | None = None,
        argnums: int | tuple[int, ...] = 0,
        also: Any = None,
    ) -> None:
        mode, (graph, constant) = recording.get(), modes()
        gives_values = (
            mode not in (graph, constant)
            or _depth.get() > 0
            or holds_value([args, kwargs, also])
        )
        self.connected = gives_values and mode != constant
        self._constant = gives_values and not self.connected
        self._single = not isinstance(argnums, tuple)
        positions = _positions(argnums, len(args))
        self._nests = [args[i] for i in positions]
        self.variables: list[Value] = []
        self.output = self.run(self._evaluate, f, args, kwargs or {}, positions)

    def _evaluate(
        self,
        f: Function,
        args: Sequence[Any],
        kwargs: dict[str, Any],
        positions: Sequence[int],
    ) -> Any:
        replaced = list(args)
        for i in positions:
            leaves = flatten(args[i], f"argument {i}")
            variables = [_variable(x) for _, x in leaves]
            replaced[i] = rebuild(args[i], variables)
            self.variables += variables
        return f(*replaced, **kwargs)

    def run(self, function: Function, *args: Any, **kwargs: Any) -> Any:
        """Call function one level deeper, and with recording on, also under no_grad."""
        mode, depth = recording.get(), _depth.get()
        graph, constant = modes()
        # Ctrl-C may fall between any two calls here: each that sets is undone.
        try:
            recording.set(graph if mode == constant else mode)
            try:
                _depth.set(depth + 1)
                return function(*args, **kwargs)
            finally:
                _depth.set(depth)
        finally:
            recording.set(mode)

    # ---- outputs ---------------------------------------------------------------------

    def outputs(self) -> list[Value]:
        """List the numbers of f's output as Values."""
        return [_as_node(y) for _, y in flatten(self.output, "the output of f")]

    def single_output(self, transform: str) -> Value:
        """Give f's output, which must be one number."""
        y = self.output
        if isinstance(y, Value):
            return _as_node(y)
        if isinstance(y, (list, tuple)) or getattr(y, "ndim", False):
            raise TypeError(
                f"{transform} differentiates a function that returns one number, "
                f"got {y!r:.60}; for several numbers use jacobian"
            )
        ((_, constant),) = flatten(y, "the output of f")
        warnings.warn(
            f"f returned the plain number {constant!r}, which depends on no argument: "
            "its derivative is 0. If it should depend on one, look for .data in f",
            RuntimeWarning,
            stacklevel=3,
        )
        return Value(constant)

    # ---- derivatives -----------------------------------------------------------------

    def slopes(self, y: Value, create_graph: bool = False) -> list[Any]:
        """List dy/dx for the variables x, connected if results are."""
        if not (create_graph or self.connected):
            return gradient(y, self.variables)
        found: list[Any] = self.run(gradient, y, self.variables, True)
        return found

    def tangents(self, outputs: Sequence[Value], seeds: Sequence[Any]) -> list[Any]:
        """List the derivatives of outputs when the variables move along seeds."""
        directions = dict(zip(self.variables, seeds, strict=True))
        found = self.run(pushforward, outputs, directions, self.connected)
        return [found.get(y, 0.0) for y in outputs]

    def along(self, nodes: Sequence[Value], weights: Sequence[Any]) -> Value:
        """Give the node that sums weight * node."""
        total: Value = self.run(dot, nodes, weights)
        return total

    # ---- results ---------------------------------------------------------------------

    def give(self, x: Any, connected: bool = False) -> Any:
        """Give the result x as what is due: a float, a Value or a Constant."""
        if self.connected or connected:
            return x if isinstance(x, Value) else Value(x)
        x = x.data if isinstance(x, Value) else x
        return Constant(x) if self._constant else x

    def like_output(self, results: Sequence[Any]) -> Any:
        """Nest the results, one for each number of f's output, as that output is."""
        return rebuild(self.output, results)

    def like_arguments(self, results: Sequence[Any], connected: bool = False) -> Any:
        """Nest the results, one for each variable, as the arguments are."""
        given = iter([self.give(x, connected) for x in results])
        nests = tuple(rebuild(nest, given) for nest in self._nests)
        return nests[0] if self._single else nests


def _positions(argnums: int | tuple[int, ...], count: int) -> list[int]:
    positions = []
    for i in argnums if isinstance(argnums, tuple) else (argnums,):
        if isinstance(i, bool) or not isinstance(i, int):
            raise TypeError(f"argnums is an int or a tuple of ints, got {argnums!r}")
        if not -count <= i < count:
            raise ValueError(
                f"argnums={argnums!r}, but f was called with {count} positional "
                f"argument{'s' * (count != 1)}"
            )
        positions.append(i % count)
    if len(set(positions)) < len(positions):
        raise ValueError(f"argnums={argnums!r} names an argument twice")
    return positions


def _variable(x: Any) -> Value:
    if isinstance(x, Value) and not isinstance(x, Constant):
        return identity(x)
    return Value(x.data if isinstance(x, Value) else x)


def _as_node(y: Any) -> Value:
    """Give an output as a node that can be differentiated; constants become leaves."""
    if isinstance(y, Constant):
        return Value(y.data)
    return y if isinstance(y, Value) else Value(number(y))
