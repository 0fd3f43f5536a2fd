"""CasADi's mapped functions as C: generated, built by gcc, and loaded again."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.compile_casadi import Mapped
from tests.benchmarks.compile_contestant import Array, Contestant
from tests.benchmarks.compile_graphs import INPUTS, PARAMETERS, Graph

GCC = "gcc -O3 -march=native -shared -fPIC"


class Generated(Mapped):
    """The same as Mapped, by the C code that CasADi generates for it."""

    def __init__(
        self, value: Any, p: Any, theta: Array, columns: list[tuple[Any, Array]]
    ) -> None:
        import casadi as ca

        super().__init__(value, p, theta, columns)
        with tempfile.TemporaryDirectory(prefix="casadi-") as folder:
            library = Path(folder) / "total.so"
            generator = ca.CodeGenerator("total.c")
            generator.add(self._total)
            source = generator.generate(f"{folder}/")
            command = [*GCC.split(), source, "-o", str(library), "-lm"]
            subprocess.run(command, check=True)
            self._total = ca.external("total", str(library))
        self._buffer, self._trigger = self._total.buffer()
        for i, array in enumerate(self._inputs):
            self._buffer.set_arg(i, memoryview(array))
        for i, array in enumerate(self._outputs):
            self._buffer.set_res(i, memoryview(array))


BUILDS: dict[str, Callable[..., Mapped]] = {"map": Mapped, "c": Generated}


def graph(graph: Graph, build: str) -> Contestant:
    """Give value and gradient of an irregular graph."""
    import casadi as ca

    p, x = ca.SX.sym("p", PARAMETERS), ca.SX.sym("x", INPUTS)
    y = graph(ca, [*ca.vertsplit(x), *ca.vertsplit(p)])
    mean = BUILDS[build](y, p, graph.theta.copy(), [(x, np.array(graph.X))])
    return Contestant(mean)
