"""Two moons: train a real network, scalar by scalar, and look at what it learned.

python -m demos.moons

An MLP 2-16-16-1 learns to tell two interleaved half circles apart: hinge loss, L2, Adam
with a learning rate that falls along a cosine. Two pictures come out: the decision
boundary beside the loss curve, and the graph of one neuron with its gradients.
"""

from __future__ import annotations

import argparse
import copy
import random
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.datasets import make_moons

import nn
from autograd import Value, draw
from demos.options import folder, whole
from demos.output import complain, png, say, write_whole

Array = NDArray[np.float64]

NOISE = 0.1  # standard deviation of the points about their half circle
L2 = 1e-4
LEARNING_RATE = 0.1
GRID = (64, 48)  # points across and up at which the network is asked for the picture
LARGEST_STEP = 20_000_000  # products of a weight and an input: what fits in memory

# Okabe and Ito's palette, safe for the colour-blind; the paler tints fill the plane.
ORANGE, BLUE, INK = "#D55E00", "#0072B2", "#1f2933"
TINTS = ("#F6C9A8", "#FFFFFF", "#A9CFE8")
CLASSES = (
    (-1.0, "upper moon, y = -1", ORANGE, "o"),
    (1.0, "lower moon, y = +1", BLUE, "^"),
)

# ---- the job ------------------------------------------------------------------------


def main(argv: Sequence[str] | None = None) -> int:
    """Train, report and draw; give the exit code."""
    options = parse(argv)
    try:
        run(options)
    except OSError as error:
        return complain(
            "moons", f"cannot write into {options.out}: {error.strerror or error}"
        )
    except KeyboardInterrupt:
        return complain("moons", "interrupted; no file was left half written", code=130)
    return 0


def run(options: argparse.Namespace) -> None:
    """Do the work that the options ask for, saying each step before it is taken."""
    started = perf_counter()
    X, y = points(options.samples, options.seed)
    say(f"Two moons: {len(X)} points, noise {NOISE}, seed {options.seed}.")
    model = nn.MLP(2, [*options.hidden, 1], "relu", rng=random.Random(options.seed))
    say(f"{model}\n")
    say(f"Training: {options.epochs} steps of Adam, hinge loss + {L2:g} L2.")
    history = train(model, X, y, options.epochs)
    if len(history.loss) < options.epochs:
        raise KeyboardInterrupt
    accuracy = score(model, X, y)
    say(f"\nDrawing: the network is asked at {GRID[0]} x {GRID[1]} points.")
    options.out.mkdir(parents=True, exist_ok=True)
    picture, graph = options.out / "moons.png", options.out / "neuron.svg"
    write_whole(picture, png(result_figure(model, X, y, history, accuracy)))
    draw(neuron_graph(model, X)).save(graph)
    say(
        f"\nAccuracy       {accuracy:.1%} on the training set"
        f"\nLoss           {history.loss[0]:.4f} -> {history.loss[-1]:.4f}"
        f"\nTime per step  {1e3 * median(history.seconds):.3g} ms (median)"
        f"\nIn all         {perf_counter() - started:.1f} s"
        f"\nFiles          {picture}  the decision boundary and the loss curve"
        f"\n               {graph}  the graph of one neuron"
    )


def points(samples: int, seed: int) -> tuple[Array, Array]:
    """Give the points of two moons, one a row, and their classes, -1 or 1."""
    X, y = make_moons(n_samples=samples, noise=NOISE, random_state=seed)
    return X, 2.0 * y - 1.0


def train(model: nn.MLP, X: Array, y: Array, epochs: int) -> nn.History:
    """Fit the model to all points at once, one step an epoch."""
    schedule = nn.cosine_decay(LEARNING_RATE, epochs)
    return nn.fit(model, X, y, "hinge", "adam", lr=schedule, epochs=epochs, l2=L2)


def score(model: nn.MLP, X: Array, y: Array) -> float:
    """Give the fraction of points on the right side of the decision boundary."""
    return float(np.mean(np.array(nn.predict(model, X)) * y > 0.0))


# ---- the graph of one neuron --------------------------------------------------------


def neuron_graph(model: nn.MLP, X: Array) -> Value:
    """Give the output of a neuron that fires, on names, after a backward pass.

    The first hidden neuron with an output above 0 at the first point where there is
    one: a relu that is 0 has a gradient of 0 everywhere, and a picture of nothing.
    """
    neurons = model.layers[0].neurons
    fires = ((n, x) for x in X.tolist() for n in neurons if n(x).data > 0.0)
    chosen, x = next(fires, (neurons[0], X[0].tolist()))
    neuron = copy.deepcopy(chosen)  # the model keeps its own grads and names
    neuron.zero_grad()
    inputs = [Value(x_i, label=f"x{i}") for i, x_i in enumerate(x, 1)]
    for i, w_i in enumerate(neuron.w, 1):
        w_i.label = f"w{i}"
    neuron.b.label = "b"
    output: Value = neuron(inputs)
    z = output.args[0]
    output.label, z.label, z.args[0].label = "a = relu(z)", "z = w.x + b", "w.x"
    output.backward()
    return output


# ---- the picture --------------------------------------------------------------------


def result_figure(
    model: nn.MLP, X: Array, y: Array, history: nn.History, accuracy: float
) -> Figure:
    """Draw the decision boundary over the points, and the loss curve beside it."""
    figure = Figure(figsize=(12.0, 5.6))
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.12)
    plane, curve = figure.subplots(1, 2, width_ratios=(1.35, 1.0))
    draw_boundary(plane, model, X)
    draw_points(plane, X, y)
    wrong = round((1.0 - accuracy) * len(X))
    plane.set_title(f"What it learned: {len(X) - wrong} of {len(X)} points right")
    draw_loss(curve, history.loss)
    for axes in (plane, curve):
        axes.title.set_size(14)
        axes.title.set_weight("bold")
        axes.xaxis.label.set_size(12)
        axes.yaxis.label.set_size(12)
        axes.tick_params(labelsize=11)
    return figure


def draw_boundary(axes: Axes, model: nn.MLP, X: Array) -> None:
    """Tint the plane by the network's score; a line where it is 0, dashes at -1, 1."""
    low, high = X.min(axis=0) - 0.4, X.max(axis=0) + 0.4
    across, up = (np.linspace(*ends) for ends in zip(low, high, GRID, strict=True))
    grid = np.stack([part.ravel() for part in np.meshgrid(across, up)], axis=1)
    scores = np.array(nn.predict(model, grid)).reshape(len(up), len(across))
    tints = LinearSegmentedColormap.from_list("tints", TINTS)
    levels = np.linspace(-2.0, 2.0, 17)
    axes.contourf(across, up, scores, levels, cmap=tints, extend="both")
    lines = ((0.0, "solid", 2.2), (-1.0, "dashed", 1.0), (1.0, "dashed", 1.0))
    for level, style, width in lines:
        if scores.min() < level < scores.max():
            axes.contour(
                across,
                up,
                scores,
                [level],
                colors=INK,
                linestyles=style,
                linewidths=width,
            )
    axes.set(xlabel="x1", ylabel="x2")


def draw_points(axes: Axes, X: Array, y: Array) -> None:
    """Mark the points of each class, and say what the lines mean."""
    for label, name, colour, marker in CLASSES:
        x1, x2 = X[y == label].T
        axes.plot(x1, x2, marker, c=colour, ms=7.5, mec="white", label=name, zorder=3)
    axes.plot([], [], color=INK, linewidth=2.2, label="boundary: score 0")
    axes.plot([], [], "--", color=INK, linewidth=1.0, label="margin: score -1, +1")
    below: dict[str, Any] = {
        "loc": "upper center",
        "bbox_to_anchor": (0.5, -0.13),
        "ncols": 2,
    }
    axes.legend(**below, fontsize=11, frameon=False)


def draw_loss(axes: Axes, loss: Sequence[float]) -> None:
    """Plot the loss before each step, on a logarithmic scale."""
    axes.semilogy(range(1, len(loss) + 1), loss, color=BLUE, linewidth=2.0)
    axes.set(
        title=f"How it learned: loss {loss[0]:.3g} to {loss[-1]:.3g}",
        xlabel="step",
        ylabel=f"hinge loss + {L2:g} · sum of squares",
    )
    axes.grid(which="both", color="#d8dde3", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)


# ---- options ------------------------------------------------------------------------


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the options; what is wrong with them is one line on stderr, exit code 2."""
    parser = argparse.ArgumentParser(
        prog="python -m demos.moons",
        usage=argparse.SUPPRESS,  # an error is one line, without the usage above it
        description="Train an MLP on two moons, and draw what it learned.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add: Callable[..., Any] = parser.add_argument
    add("--epochs", type=whole(1, 1_000_000), default=100, help="steps of training")
    add("--seed", type=whole(0, 2**32 - 1), default=0, help="of points and weights")
    add("--samples", type=whole(2, 100_000), default=100, help="points to learn from")
    add(
        "--hidden",
        type=whole(1, 10_000),
        nargs="+",
        default=[16, 16],
        metavar="WIDTH",
        help="widths of the hidden layers",
    )
    add("--out", type=folder, default=Path("moons"), help="folder for the pictures")
    options = parser.parse_args(argv)
    widths = [2, *options.hidden, 1]
    products = sum(n * m for n, m in pairwise(widths))
    if products * options.samples > LARGEST_STEP:
        parser.error(
            f"{products:,} weights at {options.samples:,} points are too many for one "
            f"step; the product of the two may be {LARGEST_STEP:,}"
        )
    return options


if __name__ == "__main__":
    sys.exit(main())
