"""Metrics, validation data and early stopping."""

from __future__ import annotations

import random
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from nn.metrics import accuracy, classes, confusion_matrix, f1

X = np.random.default_rng(0).uniform(-1.0, 1.0, (12, 2)).tolist()
Y = [int(a + b > 0.0) for a, b in X]
HELD = np.random.default_rng(1).uniform(-1.0, 1.0, (8, 2)).tolist()
HELD_Y = [int(a + b > 0.0) for a, b in HELD]


def fit(model: Any, *args: Any, **options: Any) -> nn.History:
    return nn.fit(model, *args, progress=False, **options)


def model_of(*sizes: int) -> nn.MLP:
    return nn.MLP(2, [4, *(sizes or (1,))], "tanh", rng=random.Random(2))


# ---- the numbers ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("predictions", "targets", "options", "expected"),
    [
        ([0.6, 0.4, 0.5], [1, 1, 0], {}, 2 / 3),
        ([0.6, -0.4, 0.0], [1, 1, -1], {}, 2 / 3),
        ([0.6, -0.4, 0.1], [1, 0, 1], {"threshold": 0.0}, 1.0),
        ([0.6, -0.4, 0.1], [1, 0, 1], {}, 2 / 3),
        ([[0.6], [0.1]], [(1,), (0,)], {}, 1.0),
        ([[1.0, 2.0], [3.0, 0.0], [0.0, 0.0]], [1, 1, 0], {}, 2 / 3),
        ([[1.0, 2.0], [3.0, 0.0]], [(0.0, 1.0), (1.0, 0.0)], {}, 1.0),
        (np.eye(3), np.array([0, 1, 1]), {}, 2 / 3),
    ],
)
def test_accuracy(predictions, targets, options, expected):
    assert accuracy(predictions, targets, **options) == pytest.approx(expected)


@settings(deadline=None, max_examples=40)  # the first example loads scikit-learn
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1))
def test_metrics_of_classes_are_those_of_scikit_learn(pairs):
    metrics = pytest.importorskip("sklearn.metrics")
    found, wanted = (list(column) for column in zip(*pairs))
    scores = np.eye(3)[found]
    assert accuracy(scores, wanted) == metrics.accuracy_score(wanted, found)
    assert (
        confusion_matrix(scores, wanted).tolist()
        == metrics.confusion_matrix(wanted, found, labels=[0, 1, 2]).tolist()
    )
    options: dict[str, Any] = {"average": "macro", "zero_division": 0.0}
    expected = metrics.f1_score(wanted, found, labels=[0, 1, 2], **options)
    assert f1(scores, wanted) == expected


def test_f1_of_two_classes_is_that_of_class_1():
    pytest.importorskip("sklearn")
    # 2 true positives, 1 false positive, 1 false negative: 2 * 2 / (2 * 2 + 1 + 1)
    predictions, targets = [0.9, 0.8, 0.7, 0.1, 0.2], [1, 1, 0, 1, 0]
    assert f1(predictions, targets) == pytest.approx(2 / 3)
    signed = [2 * p - 1 for p in predictions], [2 * t - 1 for t in targets]
    assert f1(*signed) == pytest.approx(2 / 3)
    assert confusion_matrix(predictions, targets).tolist() == [[1, 1], [1, 2]]
    assert f1([0.1], [0]) == 0.0


@pytest.mark.parametrize(
    ("predictions", "targets", "message"),
    [
        ([], [], "at least one"),
        ([0.5], [0, 1], "1 predictions and 2 targets"),
        ([0.5, 0.5], [0.5, 1], r"0 and 1, or -1 and 1, got \[0.5, 1\]"),
        ([0.5, 0.5], [0, -1], "0 and 1, or -1 and 1"),
        ([[0.1, 0.2]], [2], "there are 2 classes, got class 2"),
        ([[0.1, 0.2]], [0.5], "there are 2 classes, got class 0.5"),
    ],
)
def test_what_has_no_class_is_an_error(predictions, targets, message):
    with pytest.raises(ValueError, match=message):
        classes(predictions, targets)


def test_without_scikit_learn_accuracy_works_and_f1_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert accuracy([0.9], [1]) == 1.0
    model = model_of()
    before = model.state_dict()
    with pytest.raises(ImportError, match=r"'f1' .* pip install scikit-learn"):
        fit(model, X, Y, validation=(HELD, HELD_Y), metrics=["f1"])
    with pytest.raises(ImportError, match="confusion_matrix"):
        confusion_matrix([0.9], [1])
    assert model.state_dict() == before


# ---- in fit --------------------------------------------------------------------------


@pytest.mark.parametrize("compile", [False, True])
def test_validation_is_what_predict_and_the_loss_say(compile):
    model = model_of()
    seen: list[Any] = []

    def look(epoch: int, history: nn.History) -> None:
        outputs = nn.predict(model, HELD)
        seen.append((nn.mse(outputs, HELD_Y), accuracy(outputs, HELD_Y)))

    history = fit(
        model,
        X,
        Y,
        lr=0.1,
        l2=0.1,
        epochs=5,
        batch_size=5,
        compile=compile,
        validation=(np.array(HELD), HELD_Y),
        metrics=["accuracy", worst],
        callback=look,
    )
    assert history.validation_loss == pytest.approx([loss for loss, _ in seen])
    assert history.metrics["accuracy"] == [score for _, score in seen]
    assert list(history.metrics) == ["accuracy", "worst"]
    assert len(history.metrics["worst"]) == len(history.epoch_loss) == 5
    assert ", validation 0." in repr(history)
    assert repr(history).endswith(f"worst {history.metrics['worst'][-1]:.4g}")


def worst(predictions: Any, targets: Any) -> Any:
    return np.max(np.abs(np.array(predictions) - np.array(targets)))


@pytest.mark.parametrize("compile", [False, True])
def test_validation_does_not_change_training(compile):
    plain, watched = model_of(3), model_of(3)
    options: dict[str, Any] = {"epochs": 4, "batch_size": 5, "compile": compile}
    first = fit(plain, X, Y, "cross_entropy", "adam", **options)
    options |= {"validation": (HELD, HELD_Y), "metrics": "accuracy"}
    second = fit(watched, X, Y, "cross_entropy", "adam", **options)
    assert second.loss == first.loss
    assert watched.state_dict() == plain.state_dict()
    assert len(second.metrics["accuracy"]) == 4
    assert first.best_epoch is None
    assert first.validation_loss == []


@pytest.mark.parametrize(
    ("loss", "last", "scale"),
    [
        ("hinge", "identity", (-1, 1)),
        ("binary_cross_entropy_with_logits", "identity", (0, 1)),
        ("binary_cross_entropy", "sigmoid", (0, 1)),
        ("mse", "identity", (0, 1)),
    ],
)
def test_accuracy_follows_the_loss(loss, last, scale):
    model = nn.MLP(2, [6, 1], "tanh", last, rng=random.Random(0))
    y, held = ([scale[k] for k in labels] for labels in (Y, HELD_Y))
    options: dict[str, Any] = {"lr": 0.1, "epochs": 60, "metrics": ["accuracy"]}
    history = fit(model, X, y, loss, "adam", validation=(HELD, held), **options)
    assert history.metrics["accuracy"][-1] >= 0.875


@pytest.mark.parametrize("compile", [False, True])
def test_early_stopping_gives_the_best_parameters(compile):
    model, kept = model_of(), []
    history = fit(
        model,
        X[:4],
        [1, 0, 1, 0],  # nothing to learn here
        lr=0.3,
        epochs=500,
        validation=(HELD, HELD_Y),
        patience=3,
        compile=compile,
        callback=lambda epoch, history: kept.append(model.state_dict()),
    )
    best = history.best_epoch
    assert best is not None
    assert history.validation_loss[best] == min(history.validation_loss)
    assert len(history.epoch_loss) == len(kept) == best + 4 < 500
    assert model.state_dict() == kept[best] != kept[-1]
    outputs = nn.predict(model, HELD)
    assert nn.mse(outputs, HELD_Y) == pytest.approx(min(history.validation_loss))


def test_a_model_that_branches_is_validated_eagerly():
    inner = model_of()

    class Branches(nn.Module):
        def __init__(self) -> None:
            self.inner = inner

        def __call__(self, x: Any) -> Any:
            y = self.inner(x)
            return y if y > -100.0 else -y

    options: dict[str, Any] = {"validation": (HELD, HELD_Y), "epochs": 2}
    with pytest.warns(RuntimeWarning, match="eagerly"):
        history = fit(Branches(), X, Y, **options)
    loss = nn.mse(nn.predict(inner, HELD), HELD_Y)
    assert history.validation_loss[-1] == pytest.approx(loss)


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"validation": 3}, TypeError, r"validation must be a pair \(X, y\), got 3"),
        ({"validation": (HELD, [1])}, ValueError, "validation X has 8 rows and vali"),
        ({"validation": ([[1.0]], [1])}, ValueError, "takes 2 inputs, got 1"),
        (
            {"validation": ([[1.0, np.nan]], [1])},
            ValueError,
            "validation X must hold finite numbers only; row 0, column 1",
        ),
        ({"patience": 3}, ValueError, "patience is about the validation data"),
        ({"metrics": ["f1"]}, ValueError, "metrics are about the validation data"),
        ({"patience": 0, "validation": (HELD, Y[:8])}, ValueError, "patience must be"),
        (
            {"metrics": ["acuracy"], "validation": (HELD, HELD_Y)},
            ValueError,
            "unknown metric 'acuracy'; known are: accuracy, f1",
        ),
        (
            {"metrics": [worst, worst], "validation": (HELD, HELD_Y)},
            ValueError,
            "two metrics of the name 'worst'",
        ),
        (
            {"metrics": [lambda p, t: None], "validation": (HELD, HELD_Y)},
            ValueError,
            "metric <lambda> must give a finite number, got None",
        ),
        (
            {"metrics": "accuracy", "validation": (HELD, [0.5] * 8)},
            ValueError,
            "targets must be 0 and 1, or -1 and 1",
        ),
    ],
)
def test_unfit_options_are_errors_before_the_first_step(
    compile, options, error, message
):
    model = model_of()
    before = model.state_dict()
    with pytest.raises(error, match=message):
        fit(model, X, Y, compile=compile, **options)
    assert model.state_dict() == before


def test_an_error_on_the_validation_data_says_where_it_is():
    model = nn.Sequential(nn.Layer(2, 1, "identity"), lambda y: (y * 1e300) ** 2)
    with pytest.raises(ArithmeticError) as caught:
        fit(model, X, Y, validation=([[1e9, 1e9]], [1]), compile=False)
    assert "This happened in fit, on the validation data." in caught.value.__notes__
