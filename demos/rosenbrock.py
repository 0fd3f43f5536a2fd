"""Minimise Rosenbrock's banana with SciPy, driven by grad and hessian.

Run as ``python -m demos.rosenbrock``; ``--out DIR`` says where the picture goes. It
prints how many evaluations each method takes, beside SciPy's own finite differences,
draws their paths over the contours, and shows Newton's method for one number.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import hypot
from pathlib import Path
from typing import Any

from autograd import cos, derivative, grad, hessian
from demos.options import folder

START = (-1.2, 1.0)  # Rosenbrock's own, in the Computer Journal 3 (1960)
MINIMUM = (1.0, 1.0)
Vector = Sequence[Any]


def rosenbrock(p: Vector) -> Any:
    """Compute 100 (y - x^2)^2 + (1 - x)^2: a curved valley, minimum 0 at (1, 1)."""
    x, y = p
    return 100.0 * (y - x**2) ** 2 + (1.0 - x) ** 2


# ---- SciPy's minimize ----------------------------------------------------------------


@dataclass
class Descent:
    """One run of a method: its path, and how often it asked for what."""

    name: str
    path: list[tuple[float, float]]
    evaluations: int
    slopes: int
    curvatures: int

    @property
    def error(self) -> float:
        (x, y), (x0, y0) = self.path[-1], MINIMUM
        return hypot(x - x0, y - y0)


def descend(
    name: str,
    method: str,
    slope: Callable[[Vector], Any] | None,
    curvature: Callable[[Vector], Any] | None = None,
) -> Descent:
    """Minimise the function by a method of SciPy's, as closely as it can.

    Without a slope, SciPy's finite differences take its place.
    """
    from scipy.optimize import approx_fprime, minimize

    counts = {"f": 0, "slope": 0, "curvature": 0}

    def counted(
        what: str, function: Callable[[Vector], Any]
    ) -> Callable[[Vector], Any]:
        def count(p: Vector) -> Any:
            counts[what] += 1
            return function(p)

        return count

    f = counted("f", rosenbrock)
    path = [START]
    minimize(
        f,
        START,
        method=method,
        jac=counted("slope", slope or (lambda p: approx_fprime(p, f))),
        hess=counted("curvature", curvature) if curvature else None,
        tol=1e-10,
        callback=lambda p: path.append((float(p[0]), float(p[1]))),
    )
    return Descent(name, path, *counts.values())


def descents() -> list[Descent]:
    """Run each method with exact derivatives, and with SciPy's finite differences."""
    slope, curvature = grad(rosenbrock), hessian(rosenbrock)
    return [
        descend("BFGS, grad", "BFGS", slope),
        descend("BFGS, differences", "BFGS", None),
        descend("Newton-CG, grad and hessian", "Newton-CG", slope, curvature),
        descend("Newton-CG, differences", "Newton-CG", None),
    ]


def table(runs: Sequence[Descent]) -> Iterator[str]:
    yield f"{'':29}{'steps':>6}{'f':>6}{'grad':>6}{'hess':>6}{'error':>10}"
    for run in runs:
        counts = (len(run.path) - 1, run.evaluations, run.slopes, run.curvatures)
        cells = "".join(f"{count:6}" for count in counts)
        yield f"{run.name:29}{cells}{run.error:10.1e}"
    yield "(f counts what the differences cost, too; error is the distance to (1, 1))"


# ---- the picture ---------------------------------------------------------------------


def draw_paths(runs: Sequence[Descent], file: Path) -> None:
    """Draw the paths over the contours of the function."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import numpy as np

    x, y = np.meshgrid(np.linspace(-1.6, 1.6, 400), np.linspace(-0.6, 1.8, 400))
    figure, panels = plt.subplots(
        1, len(runs) // 2, figsize=(11, 4.6), sharey=True, layout="constrained"
    )
    for panel, pair in zip(panels, (runs[:2], runs[2:]), strict=True):
        levels = np.logspace(-1.0, 3.0, 14)
        panel.contour(x, y, rosenbrock((x, y)), levels, colors="0.8", linewidths=0.8)
        for run, style in zip(pair, ("o-", "x--"), strict=True):
            steps = f"{run.name}: {len(run.path) - 1} steps"
            panel.plot(*zip(*run.path, strict=True), style, ms=4, lw=1.2, label=steps)
        panel.plot(*MINIMUM, "*", color="black", ms=12, label="minimum")
        panel.set(xlabel="x", xlim=(-1.6, 1.6), ylim=(-0.6, 1.8))
        panel.legend(loc="lower left", fontsize=8)
    panels[0].set(ylabel="y")
    figure.suptitle("100 (y - x²)² + (1 - x)²")
    figure.savefig(file, dpi=130)
    plt.close(figure)


# ---- Newton's method -----------------------------------------------------------------


def newton(f: Callable[[Any], Any], x: float, steps: int) -> Iterator[float]:
    """Solve f(x) = 0: x - f(x) / f'(x), again and again, from x on."""
    slope = derivative(f)
    for _ in range(steps):
        yield x
        x -= f(x) / slope(x)
    yield x


def newton_lines() -> Iterator[str]:
    """Show the digits that are right: their number doubles with each step."""
    yield "Newton's method for cos x = x; right digits stand before the bar"
    xs = list(newton(lambda x: cos(x) - x, 1.0, 5))
    solution = f"{xs[-1]:.15f}"
    for step, x in enumerate(xs[:-1]):
        digits = f"{x:.15f}"
        same = next((i for i in range(17) if digits[i] != solution[i]), 17)
        error = abs(x - xs[-1])
        yield f"  step {step}  {digits[:same]}|{digits[same:]:<17}  error {error:.0e}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the evaluations and the digits, and draw the paths."""
    parser = argparse.ArgumentParser(
        prog="python -m demos.rosenbrock",
        usage=argparse.SUPPRESS,  # an error is one line, without the usage above it
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        default=Path("rosenbrock"),
        type=folder,
        help="for the picture",
    )
    out: Path = parser.parse_args(arguments).out
    out.mkdir(parents=True, exist_ok=True)
    try:
        runs = descents()
    except ImportError as error:
        sys.exit(f'{error}; the demo needs: pip install "chainrule[demos]"')
    print(*table(runs), "", *newton_lines(), "", sep="\n")
    file = out / "paths.png"
    draw_paths(runs, file)
    print(f"the paths are drawn in {file}")


if __name__ == "__main__":
    main()
