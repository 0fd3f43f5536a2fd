"""The pictures of the demo: what voices look like, and what the network mixed up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from demos.speech_features import FFT, spectrogram
from demos.speech_synthesis import RATE
from demos.speech_vowels import GROUPS, ONE_OF, SYMBOLS, WORDS

Array = NDArray[np.float64]

ORANGE, INK = "#D55E00", "#1f2933"
FRAME, HOP = 320, 32  # samples: 20 ms, so that a high voice shows its harmonics
RANGE = 50.0  # decibels from the darkest shade to the lightest
HIGHEST = 5000.0  # hertz

# Samples, the formants as they were put, the numbers of group and vowel.
Example = tuple[Array, Array, int, int]

# For each way to tell vowels the share right: of all sounds, and of each group's.
Shares = Mapping[str, Sequence[float]]


def spectrogram_figure(examples: Sequence[Example]) -> Figure:
    """Draw the spectrogram of each example: a row for each group, a column a vowel."""
    vowels = list(dict.fromkeys(vowel for *_, vowel in examples))
    figure = Figure(figsize=(3.6 * len(vowels) + 1.0, 8.4))
    figure.set_layout_engine("constrained", w_pad=0.08, h_pad=0.08)
    grid: Any = figure.subplots(
        len(GROUPS), len(vowels), squeeze=False, sharex=True, sharey=True
    )
    for samples, formants, group, vowel in examples:
        axes = grid[group, vowels.index(vowel)]
        image = draw_spectrogram(axes, samples)
        for number, formant in enumerate(formants, 1):
            axes.axhline(formant, color=ORANGE, linewidth=1.6, linestyle=(0, (4, 3)))
            place: Any = {"transform": axes.get_yaxis_transform(), "va": "center"}
            axes.text(1.01, formant, f"F{number}", color=ORANGE, weight="bold", **place)
    for column, vowel in enumerate(vowels):
        title = f"{WORDS[vowel]}  /{SYMBOLS[vowel]}/"
        grid[0, column].set_title(title, size=14, weight="bold")
        grid[-1, column].set_xlabel("time, s", size=12)
    for name, axes in zip(ONE_OF, grid[:, 0], strict=True):
        axes.set_ylabel(f"{name}\nfrequency, Hz", size=12)
    bar = figure.colorbar(image, ax=grid, shrink=0.5, pad=0.02)
    bar.set_label("power, dB below the strongest", size=12)
    return figure


def draw_spectrogram(axes: Axes, samples: Array) -> Any:
    """Draw power over time and frequency, dark where there is much; give the image."""
    power = spectrogram(samples, FRAME, HOP).T
    decibels = 10.0 * np.log10(power / power.max() + 1e-12)
    bins = 1 + int(HIGHEST / RATE * FFT)
    seconds = len(samples) / RATE
    limits = (0.0, seconds, 0.0, (bins - 1) * RATE / FFT)
    return axes.imshow(
        decibels[:bins],
        origin="lower",
        aspect="auto",
        extent=limits,
        cmap="Greys",
        vmin=-RANGE,
        vmax=0.0,
    )


def confusion_figure(confusion: NDArray[np.int64], shares: Shares) -> Figure:
    """Draw what was called what, and beside it the shares right."""
    figure = Figure(figsize=(13.0, 7.2))
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.12)
    left, right = figure.subplots(1, 2, width_ratios=(1.6, 1.0))
    draw_confusion(left, confusion)
    draw_shares(right, shares)
    for axes in (left, right):
        axes.title.set_size(14)
        axes.title.set_weight("bold")
        axes.tick_params(labelsize=11, length=0)
        axes.spines[:].set_visible(False)
    return figure


def draw_confusion(axes: Axes, confusion: NDArray[np.int64]) -> None:
    """Draw how many tokens of each vowel were called what, the right ones apart."""
    wrong = confusion * (1 - np.eye(len(confusion), dtype=int))
    axes.imshow(wrong, cmap="Oranges", vmin=0, vmax=max(1.6 * wrong.max(), 1.0))
    for i, j in zip(*np.nonzero(confusion), strict=True):
        weight = "bold" if i == j else "normal"
        number = str(confusion[i, j])
        axes.text(j, i, number, ha="center", va="center", size=12, weight=weight)
    names = [f"{word}\n/{symbol}/" for word, symbol in zip(WORDS, SYMBOLS, strict=True)]
    places = range(len(WORDS))
    axes.set_xticks(places, names)
    axes.set_yticks(places, [name.replace("\n", "  ") for name in names])
    axes.set_xlabel("called", size=12)
    axes.set_ylabel("spoken", size=12)
    right = int(np.trace(confusion))
    axes.set_title(f"Held-out speakers: {right:,} of {confusion.sum():,} right")


def draw_shares(axes: Axes, shares: Shares) -> None:
    """Draw a bar for each way to tell vowels, of all sounds and of each group's."""
    groups, height = ("all", *GROUPS), 0.8 / len(shares)
    for k, (name, row) in enumerate(shares.items()):
        places = np.arange(len(groups)) + (k - (len(shares) - 1) / 2) * height
        colour = ("#c3cad2", "#0072B2")[k]
        bars = axes.barh(places, row, 0.92 * height, color=colour, label=name)
        texts = [f"{share:.0%}" for share in row]
        axes.bar_label(bars, texts, padding=4, fontsize=12, color=INK)
    axes.set_yticks(range(len(groups)), groups)
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.set(title="Shares right", xlim=(0.0, 1.12))
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        ncols=2,
        fontsize=12,
        frameon=False,
    )
