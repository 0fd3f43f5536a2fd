"""One sample of a compiled function, run eagerly: what goes wrong in it, and where."""

from __future__ import annotations

from contextlib import nullcontext
from contextvars import copy_context
from math import isfinite
from typing import TYPE_CHECKING, Any

from autograd.anomaly import Watch, detect_anomaly
from autograd.chain_rule import gradient, watching
from autograd.nest import flatten, rebuild
from autograd.value import Constant, Value, recording
from autograd.whole import set_data

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import RLock


class Eager:
    """Runs f, as it was given, on one sample: its numbers in the order of ``like``."""

    def __init__(
        self,
        f: Callable[..., Any],
        like: Sequence[Any],
        parameters: Sequence[Value],
        lock: RLock,
    ) -> None:
        self._f, self._like = f, like
        self._parameters, self._lock = list(parameters), lock
        self._paths = [
            path for i, arg in enumerate(like) for path, _ in flatten(arg, f"x{i}")
        ]

    def raises(self, numbers: Sequence[float], theta: Any = None) -> str:
        """Say what f raises on the sample (with the parameters at theta), if it does.

        An infinity that f gives, and raises nothing, is a result like others.
        """
        try:
            self._run(numbers, theta, slopes=False)
        except (ArithmeticError, ValueError) as error:
            return str(error)
        return ""

    def fails(self, numbers: Sequence[float], theta: Any = None) -> str:
        """Say what in f or its gradient is raised or not finite, if anything is."""
        try:
            results = self._run(numbers, theta, slopes=True)
        except (ArithmeticError, ValueError) as error:
            return str(error)
        return "" if all(map(isfinite, results)) else self.anomaly(numbers, theta)

    def anomaly(
        self, numbers: Sequence[float], theta: Any = None, slopes: bool = True
    ) -> str:
        """Say which operation is the first whose value or derivative is not finite."""
        try:
            self._run(numbers, theta, slopes, watch=True)
        except (ArithmeticError, ValueError) as error:
            return str(error)
        return ""

    def _run(
        self, numbers: Sequence[float], theta: Any, slopes: bool, watch: bool = False
    ) -> list[float]:
        """Give the outputs, and the slopes, of a run in a context of its own."""
        with self._lock:
            kept = [p.data for p in self._parameters]
            try:
                if theta is not None:
                    set_data(self._parameters, [float(x) for x in theta])
                return copy_context().run(self._results, numbers, slopes, watch)
            finally:
                set_data(self._parameters, kept)

    def _results(
        self, numbers: Sequence[float], slopes: bool, watch: bool
    ) -> list[float]:
        watching.set(None)
        recording.set(None if watch else Watch().keep_place)
        pairs = zip(numbers, self._paths, strict=True)
        inputs = [Value(x, label=path) for x, path in pairs]
        with detect_anomaly() if watch else nullcontext():
            y = self._f(*rebuild(self._like, inputs))
            outputs = [z for _, z in flatten(y, "the output of f")]
            results = [z.data if isinstance(z, Value) else z for z in outputs]
            if slopes and isinstance(y, Value) and not isinstance(y, Constant):
                results += gradient(y, self._parameters)
        return results
