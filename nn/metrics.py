"""Metrics: how good predictions are, in numbers that people read.

Each takes predictions first and targets second, as the losses do. A prediction is a
list of scores, of which the largest tells the class, or one score for two classes: the
class is 1 where the score is above the ``threshold``. Targets are numbers of classes,
or lists of probabilities; for one score they are 0 and 1, or -1 and 1. Without a
threshold it is the middle between the two: 1/2, or 0; scores before a sigmoid, as
``binary_cross_entropy_with_logits`` takes them, need ``threshold=0.0``.
"""

from __future__ import annotations

from functools import partial

from autograd import Value
from nn import data
from nn.choice import by_name, finite, name_of
from nn.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    hinge,
)

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Metric = Callable[..., Any]


def accuracy(predictions: Any, targets: Any, threshold: float | None = None) -> float:
    """Give the fraction of samples of which the class is right.

    >>> accuracy([[2.0, 0.0], [0.0, 1.0], [3.0, 1.0]], [0, 1, 1])
    0.6666666666666666
    """
    pairs = list(zip(*classes(predictions, targets, threshold), strict=True))
    return sum(found == wanted for found, wanted in pairs) / len(pairs)


def f1(predictions: Any, targets: Any, threshold: float | None = None) -> float:
    """Give the F1 score: the harmonic mean of precision and recall, by scikit-learn.

    Of class 1 where there is one score, else the mean over the classes ("macro"). A
    class that is neither there nor predicted counts 0.

    >>> round(f1([0.9, 0.8, 0.1, 0.2], [1, 0, 0, 1]), 3)
    0.5
    """
    predictions = _listed("predictions", predictions)
    found, wanted = classes(predictions, targets, threshold)
    kinds = _kinds(predictions)
    chosen: dict[str, Any] = {"average": "macro", "labels": range(kinds)}
    if kinds == 2 and _width(predictions) == 1:
        chosen = {"average": "binary"}
    score = _sklearn("f1").f1_score(wanted, found, zero_division=0.0, **chosen)
    return float(score)


def confusion_matrix(
    predictions: Any, targets: Any, threshold: float | None = None
) -> Any:
    """Count the samples by class, in rows, and predicted class, in columns.

    An array of whole numbers, by scikit-learn.

    >>> confusion_matrix([0.9, 0.8, 0.1, 0.2], [1, 0, 0, 1]).tolist()
    [[1, 1], [1, 1]]
    """
    predictions = _listed("predictions", predictions)
    found, wanted = classes(predictions, targets, threshold)
    module = _sklearn("confusion_matrix")
    return module.confusion_matrix(wanted, found, labels=range(_kinds(predictions)))


METRICS: dict[str, Metric] = {"accuracy": accuracy, "f1": f1}
_THRESHOLDS = {
    hinge: 0.0,
    binary_cross_entropy: 0.5,
    binary_cross_entropy_with_logits: 0.0,
}


def chosen_metrics(choice: Any, loss: Callable[..., Any]) -> dict[str, Metric]:
    """Give metrics by name, each of predictions and targets; the loss tells thresholds.

    >>> list(chosen_metrics(["accuracy", max], hinge))
    ['accuracy', 'max']
    """
    found: dict[str, Metric] = {}
    single = isinstance(choice, str) or not hasattr(choice, "__iter__")
    for entry in [choice] if single else choice:
        function = by_name("metric", METRICS, entry)
        name = name_of(function)
        if name in found:
            raise ValueError(f"there are two metrics of the name {name!r}")
        if function in METRICS.values():
            if function is f1:
                _sklearn("f1")  # a package that is missing is an error at once
            function = partial(function, threshold=_THRESHOLDS.get(loss))
        found[name] = function
    return found


def classes(
    predictions: Any, targets: Any, threshold: float | None = None
) -> tuple[list[int], list[int]]:
    """Give the classes that predictions and targets tell, as numbers from 0.

    >>> classes([-1.5, 0.5], [-1, 1])
    ([0, 1], [0, 1])
    """
    found = _listed("predictions", predictions)
    wanted = _listed("targets", targets)
    limit = None if threshold is None else finite("threshold", threshold)
    if len(found) != len(wanted) or not found:
        raise ValueError(
            "expected as many targets as predictions, at least one, got "
            f"{len(found)} predictions and {len(wanted)} targets"
        )
    found = data.targets(found, "predictions")
    wanted = data.targets(wanted, "targets")
    if _width(found) > 1:
        return list(map(_largest, found)), [_class_of(y, len(found[0])) for y in wanted]
    labels = set(map(_single, wanted))
    signed = -1 in labels
    if not labels <= ({-1, 1} if signed else {0, 1}):
        raise ValueError(
            "with one score for each sample, the targets must be 0 and 1, or -1 and 1, "
            f"got {sorted(labels)!s:.60}; for other targets give a function as metric"
        )
    if limit is None:
        limit = 0.0 if signed else 0.5
    return [int(_single(p) > limit) for p in found], [
        int(_single(y) > 0) for y in wanted
    ]


def _listed(name: str, x: Any) -> list[Any]:
    entries = x.tolist() if hasattr(x, "tolist") else x
    if not hasattr(entries, "__iter__") or isinstance(entries, (str, bytes, dict, set)):
        raise TypeError(f"{name} must be a list over samples, got {x!r:.60}")
    return [_plain(entry) for entry in entries]


def _plain(x: Any) -> Any:
    """Give the number in a Value, also in the list of a model's outputs."""
    if isinstance(x, (list, tuple)):
        return [_plain(entry) for entry in x]
    return x.data if isinstance(x, Value) else x


def _width(predictions: Sequence[Any]) -> int:
    first = predictions[0]
    return len(first) if hasattr(first, "__len__") else 1


def _kinds(predictions: Sequence[Any]) -> int:
    return max(_width(predictions), 2)


def _single(x: Any) -> Any:
    return x[0] if hasattr(x, "__len__") and len(x) == 1 else x


def _largest(scores: Sequence[float]) -> int:
    return max(range(len(scores)), key=lambda k: scores[k])


def _class_of(target: Any, kinds: int) -> int:
    if hasattr(target, "__len__"):
        return _largest(target)
    if target != int(target) or not 0 <= target < kinds:
        raise ValueError(f"there are {kinds} classes, got class {target!r:.40}")
    return int(target)


def _sklearn(name: str) -> Any:
    try:
        from sklearn import metrics
    except ImportError:
        raise ImportError(
            f"the metric {name!r} is computed by scikit-learn: pip install scikit-learn"
        ) from None
    return metrics
