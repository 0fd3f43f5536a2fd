"""The picture of the demo: how the loss fell, and where the heads look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's palette, safe for the colour-blind.
ORANGE, BLUE, PALE, INK = "#D55E00", "#0072B2", "#a9cfe8", "#1f2933"
POINTS = 40  # the smooth curve is the mean of a fortieth of the steps

Weights = Sequence[Sequence[float]]  # of a head: for each position, those so far


def result_figure(
    loss: Sequence[float],
    unigram: float,
    held_out: float,
    token: str,
    heads: Sequence[Weights],
    row: Sequence[str],
) -> Figure:
    """Draw the loss beside the attention of each head on a row of symbols."""
    figure = Figure(figsize=(14.0, 7.0))
    figure.set_layout_engine("constrained", w_pad=0.1, h_pad=0.1)
    halves: Any = figure.subfigures(1, 2, width_ratios=(1.0, 1.15))
    curve = halves[0].subplots()
    draw_loss(curve, loss, unigram, held_out, token)
    columns = -(-len(heads) // 2)
    grid = halves[1].subplots(2, columns, squeeze=False)
    for number, (axes, weights) in enumerate(zip(grid.flat, heads, strict=False), 1):
        draw_head(axes, weights, row)
        axes.set_title(f"Head {number}", fontsize=12)
    for axes in grid.flat[len(heads) :]:
        axes.set_axis_off()
    halves[1].suptitle(
        f"Where each {token} (row) looks (column)", fontsize=14, fontweight="bold"
    )
    return figure


def draw_loss(
    axes: Axes, loss: Sequence[float], unigram: float, held_out: float, token: str
) -> None:
    """Plot the loss of each step, its running mean, the baseline and the result."""
    steps = np.arange(1, len(loss) + 1)
    axes.plot(steps, loss, color=PALE, linewidth=1.0, label="each step")
    window = -(-len(loss) // POINTS)
    means = [np.convolve(x, np.ones(window) / window, "valid") for x in (steps, loss)]
    axes.plot(*means, color=BLUE, linewidth=2.2, label=f"mean of {window} steps")
    axes.axhline(unigram, color=INK, linestyle="--", linewidth=1.5)
    axes.annotate(
        f"unigram {unigram:.2f}",
        (len(loss), unigram),
        (0, 5),
        textcoords="offset points",
        ha="right",
        fontsize=12,
        color=INK,
    )
    label = f"held out {held_out:.3g}"
    axes.plot([len(loss)], [held_out], "o", color=ORANGE, ms=9, label=label)
    axes.set_title(f"Loss {loss[0]:.2f} to {held_out:.3g}", fontsize=14, weight="bold")
    axes.set_xlabel("step", fontsize=12)
    axes.set_ylabel(f"nats per {token}", fontsize=12)
    axes.set_ylim(bottom=0.0)
    axes.tick_params(labelsize=11)
    axes.grid(color="#e3e7eb", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    below: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.09)}
    axes.legend(**below, ncols=3, fontsize=11, frameon=False)


def draw_head(axes: Axes, weights: Weights, row: Sequence[str]) -> None:
    """Draw the weights of one head as a triangle: no position sees what is later."""
    square = np.full((len(row), len(row)), np.nan)
    for position, shares in enumerate(weights):
        square[position, : len(shares)] = shares
    axes.imshow(square, cmap="Blues", vmin=0.0, vmax=1.0)
    ticks = range(len(row))
    turn = 90 if max(map(len, row)) > 1 else 0
    axes.set_xticks(ticks, row, fontsize=10, rotation=turn)
    axes.set_yticks(ticks, row, fontsize=10)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
