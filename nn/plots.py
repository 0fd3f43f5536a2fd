"""Pictures of training, by matplotlib, which loads when the first is asked for."""

from __future__ import annotations

from autograd.arguments import function
from nn import data
from nn.metrics import classes
from nn.prediction import predict_many

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from typing import Any

    from matplotlib.axes import Axes

    from nn.history import History

# Okabe and Ito's palette, safe for the colour-blind.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
MARKERS = "o^sDvPX"
INK, GRID = "#1f2933", "#d8dde3"
POINTS = 120  # across and up at which the model is asked for the boundary


def _pyplot() -> Any:
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError(
            "pictures of training are drawn by matplotlib: pip install matplotlib"
        ) from None
    return pyplot


# ---- the history --------------------------------------------------------------------


def plot_history(history: History, ax: Any) -> list[Axes]:
    """Do what ``History.plot`` says."""
    if not history.loss:
        raise ValueError("there is nothing to plot: the history has no step")
    axes: list[Any]
    panels = [_plot_losses, _plot_rate]
    if history.metrics:
        panels.insert(1, _plot_metrics)
    if ax is None:
        size = (5.0 * len(panels), 3.8)
        options = {"figsize": size, "layout": "constrained", "squeeze": False}
        axes = _pyplot().subplots(1, len(panels), **options)[1].ravel().tolist()
    else:
        axes = list(getattr(ax, "flat", ax)) if hasattr(ax, "__iter__") else [ax]
    for one in axes or [ax]:
        _check_axis(one)
    if len(axes) > len(panels):
        raise ValueError(f"there are {len(panels)} panels, but {len(axes)} axes")
    for panel, one in zip(panels, axes):
        panel(history, one)
        one.grid(which="major", color=GRID, linewidth=0.6)
        one.set_axisbelow(True)
        one.spines[["top", "right"]].set_visible(False)
    return axes


def _check_axis(ax: Any) -> None:
    if not (hasattr(ax, "plot") and hasattr(ax, "spines")):
        raise TypeError(f"ax must be an axis of matplotlib, got {ax!r:.60}")


def _plot_losses(history: History, ax: Any) -> None:
    """Plot by epochs, or by steps where there are no two epochs."""
    by_epoch = len(history.epoch_loss) > 1 or bool(history.validation_loss)
    training = history.epoch_loss if by_epoch else history.loss
    style = {"marker": "o"} if len(training) < 3 else {"linewidth": 1.8}
    ax.plot(range(len(training)), training, c=COLOURS[0], label="training", **style)
    best = history.best_epoch
    if best is not None:
        losses = history.validation_loss
        lowest = f"lowest: {losses[best]:.4g}, epoch {best}"
        ax.plot(range(len(losses)), losses, c=COLOURS[1], label="validation", **style)
        ax.plot(best, losses[best], "o", c=COLOURS[1], mec="white", label=lowest)
        ax.legend(frameon=False)
    if min(*training, *history.validation_loss, training[0]) > 0.0:
        ax.set_yscale("log")
    ax.set(xlabel="epoch" if by_epoch else "step", ylabel="loss")


def _plot_metrics(history: History, ax: Any) -> None:
    for k, (name, column) in enumerate(history.metrics.items()):
        style = {"marker": "o"} if len(column) < 3 else {"linewidth": 1.8}
        colour = COLOURS[(k + 2) % len(COLOURS)]
        ax.plot(range(len(column)), column, c=colour, label=_shown(name), **style)
    ax.set(xlabel="epoch", ylabel="on the validation data")
    ax.legend(frameon=False)


def _plot_rate(history: History, ax: Any) -> None:
    rates = history.learning_rate
    ax.plot(range(len(rates)), rates, color=INK, linewidth=1.8)
    ax.set(xlabel="step", ylabel="learning rate")
    ax.set_ylim(bottom=0.0)


def _shown(name: str) -> str:
    """A name as it stands: matplotlib takes $ for mathematics, _ for no label."""
    text = name.replace("$", r"\$")
    return f"\u200b{text}" if text.startswith("_") else text


# ---- the decision boundary ----------------------------------------------------------


def plot_decision_boundary(
    model: Any, X: Any, y: Any, ax: Axes | None = None, threshold: float | None = None
) -> Axes:
    """Tint the plane by the class that the model tells, with the samples on top.

    X holds samples of two numbers, y their classes, as for ``nn.metrics``. Samples of
    the wrong class are ringed. Where the model has one output, the boundary is where
    that is ``threshold``: by default 0 for targets -1 and 1, and for 0 and 1 it is 1/2
    where all outputs lie between 0 and 1, else 0, for scores before a sigmoid. Draws on
    a new figure or on ``ax``, and gives the axis. Other samples are a ValueError.

    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> X, y = [[0.0, 0.0], [1.0, 1.0]], [-1, 1]
    >>> ax = plot_decision_boundary(lambda x: x[0] + x[1] - 1.0, X, y)
    >>> ax.get_title()
    '2 of 2 samples right'
    """
    import numpy as np

    function("plot_decision_boundary", model)
    rows, targets = data.pairs(X, y)
    if ax is not None:
        _check_axis(ax)
    if len(rows[0]) != 2:
        raise ValueError(
            f"a plane shows samples of 2 numbers; these have {len(rows[0])}"
        )
    points = np.array(rows)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.1 * np.where(high > low, high - low, 1.0)
    ends = zip(low - margin, high + margin)
    across, up = (np.linspace(*pair, POINTS) for pair in ends)
    grid = np.stack([part.ravel() for part in np.meshgrid(across, up)], axis=1)
    outputs, scores = predict_many(model, rows), predict_many(model, grid)
    if threshold is None:
        threshold = _threshold(scores, targets)
    found, wanted = classes(outputs, targets, threshold)
    if ax is None:
        ax = _pyplot().subplots(figsize=(5.6, 4.6), layout="constrained")[1]
    _tint(ax, across, up, np.array(scores).reshape(POINTS, POINTS, -1), threshold)
    _mark(ax, points, np.array(wanted), np.array(found), targets)
    right = sum(a == b for a, b in zip(found, wanted, strict=True))
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
    ax.set_title(f"{right} of {len(rows)} samples right")
    return ax


def _threshold(scores: Any, targets: Any) -> float:
    import numpy as np

    z = np.array(scores)
    signed = np.min(targets) < 0
    return 0.5 if not signed and z.min() >= 0.0 and z.max() <= 1.0 else 0.0


def _tint(ax: Any, across: Any, up: Any, scores: Any, threshold: float) -> None:
    """Colour by class, and draw a line between each class and all others."""
    import numpy as np
    from matplotlib.colors import to_rgb

    if scores.shape[2] == 1:
        scores = np.concatenate([np.full_like(scores, threshold), scores], axis=2)
    kinds = scores.shape[2]
    colours = [COLOURS[k % len(COLOURS)] for k in range(kinds)]
    tints = 0.72 + 0.28 * np.array([to_rgb(colour) for colour in colours])
    image = tints[scores.argmax(axis=2)]
    sides = (across[0], across[-1], up[0], up[-1])
    ax.imshow(image, origin="lower", extent=sides, aspect="auto", zorder=0)
    for k in range(1 if kinds == 2 else 0, kinds):
        lead = scores[:, :, k] - np.delete(scores, k, axis=2).max(axis=2)
        if lead.min() < 0.0 < lead.max():
            ax.contour(across, up, lead, [0.0], colors=INK, linewidths=1.6)


def _mark(ax: Any, points: Any, wanted: Any, found: Any, targets: Any) -> None:
    for k in sorted(set(wanted.tolist())):
        first = targets[wanted.tolist().index(k)]
        name = first if not hasattr(first, "__len__") or len(first) == 1 else k
        style = {"c": COLOURS[k % len(COLOURS)], "mec": "white", "ms": 7.0, "ls": ""}
        x1, x2 = points[wanted == k].T
        marker = MARKERS[k % len(MARKERS)]
        ax.plot(x1, x2, marker=marker, label=f"y = {name}", zorder=3, **style)
    if (wrong := wanted != found).any():
        x1, x2 = points[wrong].T
        ring = {"mfc": "none", "mec": INK, "ms": 12.0, "ls": ""}
        ax.plot(x1, x2, "o", label="wrong", zorder=4, **ring)
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
