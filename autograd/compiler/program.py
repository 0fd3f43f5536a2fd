"""A traced function with its plans: one for its outputs, one for its gradient."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from math import isfinite
from threading import RLock
from typing import Any

import numpy as np

from autograd import primitives as table
from autograd.chain_rule import watching
from autograd.compiler import TraceError
from autograd.compiler.arrays import Argument
from autograd.compiler.capture import captured_values
from autograd.compiler.eager import Eager
from autograd.compiler.listing import listing
from autograd.compiler.pause import collector_paused
from autograd.compiler.roll import Plan
from autograd.compiler.rows import check_levels
from autograd.compiler.source import Source
from autograd.compiler.tape import Tape
from autograd.compiler.trace import Trace
from autograd.graph import topological_order
from autograd.nest import flatten
from autograd.value import Value


class Program:
    """What ``compile`` made of f: the tape, the plans, and arrays to run them on."""

    def __init__(
        self, f: Callable[..., Any], like: Sequence[Any], flags: list[bool]
    ) -> None:
        self._f, self._like = f, list(like)
        self.arguments = [
            Argument(f"argument {i}", nest, batched)
            for i, (nest, batched) in enumerate(zip(like, flags))
        ]
        self._kinds = [kind for a in self.arguments for kind in a.input_kinds()]
        # Of the arrays that the arguments become: which have a batch axis.
        self.batched = [kind != "shared" for kind, _ in self._kinds]
        self.takes_numbers = all(a.shape == () for a in self.arguments)
        with collector_paused():
            self._trace, self.parameters, self.tape = _trace_twice(f, like)
            self.output = self._trace.output
            self.roots = self.tape.outputs
        self._captured = captured_values(f)
        # Held while the tape grows, and while parameters are set for a moment.
        self.lock = RLock()
        self.eager = Eager(f, self._like, self.parameters, self.lock)
        self._plans: dict[bool, Plan] = {}
        self._scalar: Callable[..., Any] | None = None

    def check_captured(self) -> None:
        """Refuse to go on where f captures other Values than when it was traced."""
        if captured_values(self._f) != self._captured:
            raise RuntimeError(
                "the parameters that f captures are not those of the trace any more "
                "(some were added, removed or replaced): compile f again"
            )

    def one_sample(self) -> list[Any]:
        """Give the arguments for a batch of the one sample of the trace."""
        return [a.batch_of(x) for a, x in zip(self.arguments, self._like)]

    @property
    def has_gradient(self) -> bool:
        """Tell whether f gives one number, and has parameters to differentiate in."""
        one = len(self.roots) == 1 and not isinstance(self.output, (list, tuple))
        return one and bool(self.parameters)

    # ---- plans -----------------------------------------------------------------------

    def plan(self, with_gradient: bool) -> Plan:
        """Give the plan for the outputs, or for the one output and its gradient."""
        if with_gradient in self._plans:
            return self._plans[with_gradient]
        with self.lock:
            if with_gradient not in self._plans:
                with collector_paused():
                    slopes = self.gradient_roots() if with_gradient else []
                    plan = Plan(self.tape, self._kinds, self.roots, slopes)
                self._plans[with_gradient] = plan
            return self._plans[with_gradient]

    def gradient_roots(self) -> list[int]:
        """Record the gradient of the one output, and give its places on the tape."""
        if len(self.roots) != 1 or isinstance(self.output, (list, tuple)):
            raise TypeError(
                "a gradient needs a function that returns one number; this one returns "
                f"{self.output!r:.60}: compile(jacobian(f)) differentiates it"
            )
        return self.tape.record(self._trace.differentiate(self.parameters))

    # ---- single numbers --------------------------------------------------------------

    def call_numbers(self, args: Sequence[float]) -> Any:
        """Compute the outputs for single numbers, by straight-line Python."""
        numbers = [x if type(x) is float else float(x) for x in args]
        if self._scalar is None:
            with self.lock:
                writer = Source(self.tape)
                text = writer.function("value", self.output, self.roots)
                namespace: dict[str, Any] = dict(writer.opaque)
                exec(writer.module([text], []), namespace)
            self._scalar = namespace["value"]
        if watching.get() is not None:
            reason = self.eager.anomaly(numbers, slopes=False)
            if reason:
                raise FloatingPointError(reason)
        try:
            if self.parameters:
                self.check_captured()
                result = self._scalar(*numbers, [p.data for p in self.parameters])
            else:
                result = self._scalar(*numbers)
        except (ArithmeticError, ValueError) as error:
            reason = self.eager.raises(numbers) or str(error)
            raise FloatingPointError(reason) from None
        outputs = [result] if type(result) is float else [y for _, y in flatten(result)]
        if not all(map(isfinite, outputs)):  # x * x is infinite where x ** 2 raises
            reason = self.eager.raises(numbers)
            if reason:
                raise FloatingPointError(reason)
        return result

    def source(self) -> str:
        """Give the functions as Python source for single numbers."""
        writer = Source(self.tape)
        with self.lock:
            functions = [writer.function("value", self.output, self.roots)]
            if self.has_gradient:
                roots = [*self.roots, *self.gradient_roots()]
                nest = (0.0, [0.0] * len(self.parameters))
                functions.append(writer.function("value_and_grad", nest, roots))
        if writer.opaque:
            names = ", ".join(sorted({op.name for op in writer.opaque.values()}))
            raise TypeError(
                f"{names} has no Python source: it is a primitive whose value is not "
                "written in autograd's functions"
            )
        return writer.module(functions, [p.data for p in self.parameters])

    # ---- text ------------------------------------------------------------------------

    def summary(self) -> str:
        """Say in one line how much there is."""
        count = sum(op is not None for op in self.tape.ops)
        return (
            f"{len(self.tape.inputs)} inputs, {len(self.parameters)} parameters, "
            f"{count:,} scalar operations"
        )

    def __str__(self) -> str:
        return listing(self.plan(self.has_gradient))


def _trace_twice(
    f: Callable[..., Any], like: Sequence[Any]
) -> tuple[Trace, list[Value], Tape]:
    """Trace f, and once more: what differs between two runs cannot be compiled."""
    # Another thread may draw random numbers meanwhile; f would do so each time.
    for _ in range(1 if threading.active_count() == 1 else _ATTEMPTS):
        before = random.getstate(), np.random.get_state(legacy=True)
        captured, tape = _trace(f, like)[1:]  # the graph is not kept: it may be large
        second = _trace(f, like)
        after = random.getstate(), np.random.get_state(legacy=True)
        if captured != second[1] or not tape.is_like(second[2]):
            break
        if repr(before) == repr(after):
            return second
    random.setstate(before[0])
    np.random.set_state(before[1])
    raise TraceError(
        "f is not deterministic: two runs recorded different programs; draw random "
        "numbers outside of f and pass them in as arguments"
    )


_ATTEMPTS = 20


def _trace(
    f: Callable[..., Any], like: Sequence[Any]
) -> tuple[Trace, list[Value], Tape]:
    trace = Trace(f, like)
    outputs = [y for y in trace.outputs if isinstance(y, Value)]
    order = topological_order(*outputs)
    check_levels(_depth(order))
    used = dict.fromkeys(x for z in order for x in z.args if type(x) is Value)
    used.update(dict.fromkeys(outputs))
    captured = [
        v for v in used if type(v) is Value and v.op is None and id(v) not in trace.made
    ]
    tape = Tape(trace.inputs, captured)
    tape.outputs = tape.record(trace.outputs, order)
    return trace, captured, tape


_FLAT = (table.add, table.sub, table.neg, table.sum)


def _depth(order: list[Value]) -> int:
    """Give the length of the longest chain of operations that no sum takes in."""
    depth: dict[Value, int] = {}
    for z in order:
        below = [depth.get(x, 0) for x in z.args if type(x) is not float]
        depth[z] = max(below, default=0) + (z.op not in _FLAT)
    return max(depth.values(), default=0)
