"""The picture of the demo: the confusion, the mistakes, and the hidden neurons."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from demos.digits_data import Images

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

# Okabe and Ito's palette, safe for the colour-blind.
ORANGE, BLUE, INK = "#D55E00", "#0072B2", "#1f2933"
SIGNS = LinearSegmentedColormap.from_list(
    "signs", (ORANGE, "#FFFFFF", BLUE)
).with_extremes(bad="#e3e7eb")
NEURONS = (4, 8)  # rows and columns of hidden neurons at most
MISTAKES = (2, 12)
NOTE: dict[str, Any] = {"fontsize": 11, "color": INK}
TITLE: dict[str, Any] = {"fontsize": 14, "fontweight": "bold", "color": INK}


def result_figure(
    confusion: Counts, weights: Array, held_out: Images, chances: Array
) -> Figure:
    """Draw confusion (truth, called), hidden weights and mistakes on one sheet."""
    wrong = mistakes(held_out, chances)
    rows = min(MISTAKES[0], ceil(len(wrong) / MISTAKES[1]))
    heights = (5.0, 0.5 + 1.7 * rows)
    figure = Figure(figsize=(13.0, sum(heights)))
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.08)
    halves: Any = figure.subfigures(2, 1, height_ratios=heights)
    above, below = halves
    left, right = above.subplots(1, 2, width_ratios=(1.0, 1.9))
    draw_confusion(left, confusion)
    draw_neurons(right, weights)
    draw_mistakes(below, held_out, chances, wrong)
    return figure


def mistakes(images: Images, chances: Array) -> Counts:
    """Give the indices of the images taken for others, the surest mistakes first."""
    wrong = np.flatnonzero(chances.argmax(axis=1) != images.labels)
    return wrong[np.argsort(-chances[wrong].max(axis=1), kind="stable")]


def draw_confusion(axes: Axes, confusion: Counts) -> None:
    """Draw how many images of each class were called what; mistakes stand out."""
    classes = len(confusion)
    wrong = confusion * (1 - np.eye(classes, dtype=np.int64))
    most = max(1, int(wrong.max()))
    axes.imshow(np.eye(classes), cmap="Blues", vmin=0.0, vmax=4.0)
    shade = np.ma.masked_equal(wrong, 0)
    axes.imshow(shade, cmap="Oranges", vmin=0.0, vmax=1.6 * most)
    if classes <= 16:
        for i, j in np.argwhere(confusion):
            axes.text(j, i, str(confusion[i, j]), ha="center", va="center", fontsize=11)
    axes.set_xticks(range(0, classes, max(1, classes // 16)))
    axes.set_yticks(range(0, classes, max(1, classes // 16)))
    axes.set(xlabel="called", ylabel="in truth")
    right, all_ = int(np.trace(confusion)), int(confusion.sum())
    axes.set_title(f"Held out: {right:,} of {all_:,} right", **TITLE)
    axes.tick_params(labelsize=11, length=0)
    axes.spines[:].set_visible(False)


def draw_neurons(axes: Axes, weights: Array) -> None:
    """Draw the weights of hidden neurons as images: blue adds, orange takes away."""
    rows, columns = NEURONS
    shown = weights[: rows * columns]
    limit = np.percentile(np.abs(shown), 99.0) or 1.0
    axes.imshow(mosaic(shown, columns), cmap=SIGNS, vmin=-limit, vmax=limit)
    axes.set_axis_off()
    which = f"the {len(weights)}"
    if len(shown) < len(weights):
        which = f"{len(shown)} of {which}"
    axes.set_title(f"What {which} hidden neurons look at", **TITLE)
    note = "ink on blue raises the output, ink on orange lowers it"
    axes.text(0.5, -0.02, note, ha="center", va="top", **NOTE, transform=axes.transAxes)


def mosaic(images: Array, columns: int) -> Array:
    """Set images side by side, a gap of nan around each, in rows of so many.

    >>> mosaic(np.ones((2, 1, 1)), columns=1)[:, 1].tolist()
    [nan, 1.0, nan, 1.0, nan]
    """
    count, height, width = images.shape
    gap = max(1, height // 8)
    size = (ceil(count / columns) * (height + gap), columns * (width + gap))
    sheet = np.full((size[0] + gap, size[1] + gap), np.nan)
    for k, image in enumerate(images):
        top = gap + k // columns * (height + gap)
        left = gap + k % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return sheet


def draw_mistakes(figure: Any, images: Images, chances: Array, wrong: Counts) -> None:
    """Draw the images that were taken for others, as many as there is room for."""
    if not len(wrong):
        figure.suptitle("No mistakes", **TITLE)
        return
    rows, columns = MISTAKES
    shown = wrong[: rows * columns]
    title = f"Mistakes: {len(wrong):,}, the surest first"
    if len(shown) < len(wrong):
        title = f"Mistakes: the {len(shown)} surest of {len(wrong):,}"
    figure.suptitle(title, **TITLE)
    grid = figure.subplots(ceil(len(shown) / columns), columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, i in zip(grid, shown, strict=False):
        called = chances[i].argmax()
        axes.imshow(images.pixels[i], cmap="Greys", vmin=0.0, vmax=1.0)
        text = f"{images.labels[i]}, called {called}\n{chances[i, called]:.0%} sure"
        axes.set_title(text, fontsize=10, color=INK)
