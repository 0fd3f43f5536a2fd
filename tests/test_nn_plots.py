"""The pictures of training: what is on them, and what cannot be drawn."""

from __future__ import annotations

import random
import sys
from typing import Any

import numpy as np
import pytest

import nn

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")
from matplotlib import pyplot  # noqa: E402  after the choice of a backend
from matplotlib.figure import Figure  # noqa: E402

X = np.random.default_rng(0).uniform(-1.0, 1.0, (30, 2))
Y = (X[:, 0] * X[:, 1] > 0.0).astype(int)


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    pyplot.close("all")


def model_of(*sizes: int) -> nn.MLP:
    return nn.MLP(2, [6, *sizes], "tanh", rng=random.Random(0))


def lines(ax: Any) -> dict[str, list[float]]:
    """Give the curves of an axis by their names."""
    return {line.get_label(): list(line.get_ydata()) for line in ax.get_lines()}


def history_of(**options: Any) -> nn.History:
    options = {"epochs": 6, "batch_size": 10, "progress": False, **options}
    return nn.fit(model_of(2), X, Y, "cross_entropy", "adam", **options)


def test_the_history_plots_losses_metrics_and_rate(tmp_path):
    rate = nn.cosine_decay(0.1, 18)
    watched: dict[str, Any] = {"validation": (X, Y), "metrics": ["accuracy"]}
    history = history_of(lr=rate, **watched)
    losses, metrics, rates = history.plot()
    assert lines(losses)["training"] == history.epoch_loss
    assert lines(losses)["validation"] == history.validation_loss
    best = history.best_epoch
    assert best is not None
    lowest = f"lowest: {min(history.validation_loss):.4g}, epoch {best}"
    assert lines(losses)[lowest] == [min(history.validation_loss)]
    assert losses.get_yscale() == "log"
    assert lines(metrics) == {"accuracy": history.metrics["accuracy"]}
    assert list(rates.get_lines()[0].get_ydata()) == history.learning_rate
    assert [ax.get_xlabel() for ax in (losses, metrics, rates)] == [
        "epoch",
        "epoch",
        "step",
    ]
    losses.figure.savefig(tmp_path / "x.png")
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_axes_can_be_passed_in():
    history = history_of()
    figure = Figure()
    one = figure.subplots()
    assert history.plot(one) == [one]
    assert lines(one) == {"training": history.epoch_loss}
    two = Figure().subplots(1, 2)
    assert history.plot(two) == list(two)
    assert history.plot(tuple(two)) == list(two)
    assert pyplot.get_fignums() == []  # no figure but those given
    with pytest.raises(ValueError, match="there are 2 panels, but 3 axes"):
        history.plot(Figure().subplots(1, 3))


def test_short_histories_plot_steps():
    with pytest.raises(ValueError, match="the history has no step"):
        nn.History().plot()
    history = history_of(epochs=1)
    ax = history.plot()[0]
    assert (lines(ax)["training"], ax.get_xlabel()) == (history.loss, "step")


def test_losses_below_zero_and_odd_names_can_be_drawn():
    history = nn.History()
    history.add_steps([1.0, -1.0], [0.1, 0.1], 0.1)
    history.epoch_loss, history.validation_loss = [1.0, -1.0], [0.5, -0.5]
    history.metrics = {"_cost in $_{": [0.1, 0.2]}
    losses, metrics, _ = history.plot()
    assert losses.get_yscale() == "linear"
    losses.figure.canvas.draw()
    assert "_cost in " in metrics.get_legend().get_texts()[0].get_text()


@pytest.mark.parametrize("targets", [Y, 2 * Y - 1, np.eye(2)[Y]])
def test_a_decision_boundary(targets):
    outputs = 2 if targets.ndim == 2 else 1
    model = model_of(outputs)
    ax = nn.plot_decision_boundary(model, X, targets)
    threshold = None if outputs == 2 or targets.min() < 0 else 0.0
    found, wanted = nn.metrics.classes(nn.predict(model, X), targets, threshold)
    right = sum(a == b for a, b in zip(found, wanted, strict=True))
    assert ax.get_title() == f"{right} of 30 samples right"
    image = ax.get_images()[0].get_array()
    assert image.shape == (120, 120, 3)
    points = lines(ax)
    assert len(points["wrong"]) == 30 - right
    assert sum(len(y) for name, y in points.items() if name != "wrong") == 30


def test_the_tint_is_the_class_at_its_place():
    ax = nn.plot_decision_boundary(lambda x: x[0], [[-1.0, 0.0], [1.0, 2.0]], [-1, 1])
    left, right, bottom, top = ax.get_images()[0].get_extent()
    assert (left, right) == pytest.approx((-1.2, 1.2))
    assert (bottom, top) == pytest.approx((-0.2, 2.2))
    image = np.asarray(ax.get_images()[0].get_array())
    half = image.shape[1] // 2
    assert (image[:, :half] == image[0, 0]).all()
    assert (image[:, half:] == image[0, -1]).all()
    assert (image[0, 0] != image[0, -1]).any()


def test_the_threshold_of_scores_and_of_probabilities():
    X, y = [[0.4, 0.0], [0.6, 1.0]], [0, 1]
    probability = nn.plot_decision_boundary(
        lambda x: (40 * x[0] - 20).sigmoid() if hasattr(x[0], "sigmoid") else 0.0, X, y
    )
    assert probability.get_title() == "2 of 2 samples right"
    score = nn.plot_decision_boundary(lambda x: x[0] - 0.5, X, y)
    assert score.get_title() == "2 of 2 samples right"
    chosen = nn.plot_decision_boundary(lambda x: x[0], X, y, threshold=0.7)
    assert chosen.get_title() == "1 of 2 samples right"


def test_an_axis_of_ones_own():
    ax = Figure().subplots()
    assert nn.plot_decision_boundary(model_of(3), X, Y, ax) is ax
    assert pyplot.get_fignums() == []


def test_one_point_and_a_model_that_branches():
    branches = lambda x: x[0] if x[0] > 0.0 else x[1]  # noqa: E731
    ax = nn.plot_decision_boundary(branches, [[1.0, 1.0]], [1])
    assert ax.get_title() == "1 of 1 samples right"


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([[1.0, 2.0, 3.0]], [1], "samples of 2 numbers; these have 3"),
        ([[1.0, 2.0]], [1, 2], "X has 1 rows and y has 2"),
        ([[1.0, 2.0]], [7], "targets must be 0 and 1, or -1 and 1"),
    ],
)
def test_unfit_samples_are_errors_and_leave_no_figure(X, y, message):
    before = pyplot.get_fignums()
    with pytest.raises(ValueError, match=message):
        nn.plot_decision_boundary(lambda x: x[0], X, y)
    assert pyplot.get_fignums() == before


def test_without_matplotlib_it_says_what_to_install(monkeypatch):
    history = history_of()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        history.plot()
    with pytest.raises(ImportError, match="pip install matplotlib"):
        nn.plot_decision_boundary(model_of(1), X, Y)
