"""The picture of the demo: the heaviest words, and what the models got right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

# Okabe and Ito's palette, safe for the colour-blind.
ORANGE, BLUE, GREY, INK = "#D55E00", "#0072B2", "#c3cad2", "#1f2933"
HEAVIEST = 14  # words of each sign

# A model's name, and the shares it got right: of all, with and without a negation.
Scores = Sequence[tuple[str, Sequence[float]]]


def result_figure(
    weights: Sequence[tuple[str, float]], scores: Scores, confusion: NDArray[np.int64]
) -> Figure:
    """Draw the heaviest of the weighted words beside the scores and the confusion."""
    figure = Figure(figsize=(13.0, 7.6))
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.12)
    halves: Any = figure.subfigures(1, 2, width_ratios=(1.0, 1.05))
    left, right = halves
    draw_words(left.subplots(), weights)
    top, bottom = right.subplots(2, 1, height_ratios=(1.15, 1.0))
    draw_scores(top, scores)
    draw_confusion(bottom, confusion, scores[-1][0])
    for axes in figure.axes:
        axes.title.set_fontsize(14)
        axes.title.set_fontweight("bold")
        axes.tick_params(labelsize=11, length=0)
        axes.spines[:].set_visible(False)
    return figure


def draw_words(axes: Axes, weights: Sequence[tuple[str, float]]) -> None:
    """Draw a bar for each of the heaviest words, the most positive on top."""
    ranked = sorted(weights, key=lambda pair: pair[1])
    n = min(HEAVIEST, len(ranked) // 2)
    shown = ranked[:n] + ranked[len(ranked) - n :]
    sizes = [weight for _, weight in shown]
    colours = [BLUE if weight > 0.0 else ORANGE for weight in sizes]
    axes.barh(range(len(shown)), sizes, color=colours, height=0.72)
    axes.set_yticks(range(len(shown)), [word for word, _ in shown])
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.set(title="The heaviest words", xlabel="weight in the logistic regression")
    axes.xaxis.label.set_fontsize(12)
    axes.grid(axis="x", color="#e3e7eb", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.margins(y=0.01)


def draw_scores(axes: Axes, scores: Scores) -> None:
    """Draw the share of held-out sentences that each model got right, in groups."""
    groups = ("all", "with a negation", "without")
    height = 0.8 / len(scores)
    for k, (name, shares) in enumerate(scores):
        places = np.arange(len(groups)) + (k - (len(scores) - 1) / 2) * height
        colour = (GREY, "#7fb2d6", BLUE)[k]
        bars = axes.barh(places, shares, 0.92 * height, color=colour, label=name)
        texts = [f"{share:.0%}" if share == share else "none" for share in shares]
        axes.bar_label(bars, texts, padding=4, fontsize=11, color=INK)
    axes.set_yticks(range(len(groups)), groups)
    axes.invert_yaxis()
    axes.set(title="Held-out sentences right", xlim=(0.0, 1.08))
    axes.set_xticks([])
    axes.axvline(0.5, color=INK, linewidth=0.8, linestyle="dotted")
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        ncols=1,
        fontsize=11,
        frameon=False,
    )


def draw_confusion(axes: Axes, confusion: NDArray[np.int64], name: str) -> None:
    """Draw how many sentences of each label were called what."""
    axes.imshow(confusion, cmap="Blues", vmin=0, vmax=1.4 * confusion.max())
    labels = ("negative", "positive")
    for i, j in np.ndindex(2, 2):
        axes.text(j, i, str(confusion[i, j]), ha="center", va="center", fontsize=16)
    axes.set_xticks((0, 1), [f"called {label}" for label in labels])
    axes.set_yticks((0, 1), [f"{label} in truth" for label in labels])
    axes.set_title(f"Confusion: {name}")
