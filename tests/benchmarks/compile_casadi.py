"""CasADi's mapped functions: one sample's value and gradient, summed over a batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.benchmarks.compile_contestant import Array


class Mapped:
    """The mean over a batch of a value and of its gradient in p.

    ``value`` and ``p`` are symbols; ``columns`` are pairs of a symbol and the array of
    its samples. Arrays go in and out in place, without a copy.
    """

    def __init__(
        self, value: Any, p: Any, theta: Array, columns: list[tuple[Any, Array]]
    ) -> None:
        import casadi as ca

        symbols = [symbol for symbol, _ in columns]
        f = ca.Function("f", [p, *symbols], [value, ca.gradient(value, p)])
        self.n = len(columns[0][1])
        self._total = f.map("total", "serial", self.n, [0], [0, 1])
        self._buffer, self._trigger = self._total.buffer()
        # The buffer does not own what it reads and writes.
        arrays = [np.ascontiguousarray(array) for _, array in columns]
        self._inputs = [theta, *arrays]
        self._outputs = np.zeros(1), np.zeros(len(theta))
        for i, array in enumerate(self._inputs):
            self._buffer.set_arg(i, memoryview(array))
        for i, array in enumerate(self._outputs):
            self._buffer.set_res(i, memoryview(array))

    def __call__(self) -> tuple[float, Array]:
        self._trigger()
        value, slopes = self._outputs
        return value[0] / self.n, slopes / self.n
