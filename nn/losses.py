"""Losses: what training makes small.

Each takes predictions first and targets second, as in PyTorch. The first axis is the
batch: predictions are one number (one sample), or a list over samples of numbers or of
lists over outputs; targets have the same shape. A loss is a mean over the samples, so
that the loss of a batch is the mean of the losses of its samples one by one.

No loss reads the number in a prediction or branches on one, so each can be traced.
Targets that are plain numbers are checked. Another number of targets than predictions,
or a target that a loss has no use for, is a ValueError that names the sample.
"""

from __future__ import annotations

from operator import index

from autograd import Value, dot, log, log1p, logsumexp, mean, relu, softplus, sum, where

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    Loss = Callable[[Any, Any], Any]


def mse(predictions: Any, targets: Any) -> Any:
    """Give the mean squared error: the mean of (yhat - y)^2 over samples and outputs.

    >>> mse([1.0, 2.0], [0.0, 4.0])
    2.5
    """
    return _average(_terms(predictions, targets, _squared_error))


def half_mse(predictions: Any, targets: Any) -> Any:
    """Give 1/2 the sum over outputs of (yhat - y)^2, the mean of it over samples.

    The error function of textbooks: its derivative is yhat - y.

    >>> half_mse([[1.0, 2.0], [3.0, 3.0]], [[0.0, 4.0], [3.0, 4.0]])
    1.5
    """
    errors = _terms(predictions, targets, _squared_error)
    return _average([[0.5 * _total(row)] for row in errors])


def binary_cross_entropy(predictions: Any, targets: Any) -> Any:
    """Give the mean of -(y log p + (1 - y) log(1 - p)) for probabilities p.

    Targets lie between 0 and 1. A probability of 0 or 1 on the wrong side would cost
    infinity: it is a ValueError, and the form with logits has no such edge.

    >>> round(binary_cross_entropy([0.5, 0.9], [0, 1]), 6)
    0.399254
    """
    return _average(_terms(predictions, targets, _surprise))


def binary_cross_entropy_with_logits(predictions: Any, targets: Any) -> Any:
    """Give the binary cross-entropy of the probabilities sigmoid(z), for any scores z.

    y softplus(-z) + (1 - y) softplus(z), exact for large scores of either sign.

    >>> binary_cross_entropy_with_logits([0.0, 1000.0], [0, 0])
    500.34657359027995
    """
    return _average(_terms(predictions, targets, _surprise_of_logit))


def hinge(predictions: Any, targets: Any) -> Any:
    """Give the max-margin loss: the mean of relu(1 - y score), for y either -1 or 1.

    >>> hinge([2.0, 0.5, 0.5], [1, 1, -1])
    0.6666666666666666
    """
    return _average(_terms(predictions, targets, _margin_error))


def cross_entropy(predictions: Any, targets: Any) -> Any:
    """Give the mean of -log softmax(logits)[target], in a form that cannot overflow.

    Predictions are a list of logits for each sample, or one list for one sample. A
    target is the number of a class, counted from 0, or a list of the probabilities of
    all classes, which sum to 1.

    >>> round(cross_entropy([[2.0, 0.0], [0.0, 0.0]], [0, 1]), 6)
    0.410038
    """
    rows, classes = _listed(predictions), _listed(targets)
    if not isinstance(rows, list):
        raise TypeError(
            "cross_entropy takes a list of logits for each sample, got one number; "
            "for a single logit use binary_cross_entropy_with_logits"
        )
    if rows and not hasattr(rows[0], "__len__"):
        rows, classes = [rows], [classes]
    losses = []
    for i, (row, target) in enumerate(_paired(rows, classes)):
        logits = _row(row)
        pick = _expected_logit if hasattr(target, "__len__") else _logit_of_class
        try:
            # -log(exp(z_t) / sum_k exp(z_k)) = log(sum_k exp(z_k)) - z_t
            losses.append([logsumexp(logits) - pick(logits, target)])
        except ValueError as error:
            raise ValueError(f"sample {i}: {error}") from None
    return _average(losses)


LOSSES: dict[str, Loss] = {
    "mse": mse,
    "half_mse": half_mse,
    "binary_cross_entropy": binary_cross_entropy,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
    "cross_entropy": cross_entropy,
    "hinge": hinge,
}

# ---- the loss of one output ---------------------------------------------------------


def _squared_error(yhat: Any, y: Any) -> Any:
    return (yhat - y) ** 2


def _surprise(p: Any, y: Any) -> Any:
    _check_probability("targets", y)
    _check_probability("probabilities", p)
    try:
        # 0 log 0 is 0 here: where y is 0, the logarithm is that of 1.
        log_p = log(where(y, p, 1.0))
        log_not_p = log1p(-where(1.0 - y, p, 0.0))
    except ValueError as error:
        raise ValueError(
            f"the target is {y!r}, and {error}; this loss takes probabilities, and one "
            "on the wrong side costs infinity: give the scores before the sigmoid to "
            "binary_cross_entropy_with_logits"
        ) from None
    return -(y * log_p + (1.0 - y) * log_not_p)


def _surprise_of_logit(z: Any, y: Any) -> Any:
    _check_probability("targets", y)
    return y * softplus(-z) + (1.0 - y) * softplus(z)


def _check_probability(what: str, x: Any) -> None:
    if type(x) is float and not 0.0 <= x <= 1.0:
        raise ValueError(f"{what} must lie between 0 and 1, got {x!r}")


def _margin_error(score: Any, y: Any) -> Any:
    if type(y) is float and y not in (-1.0, 1.0):
        raise ValueError(
            f"targets must be -1 or 1, got {y!r}; for labels 0 and 1 write 2 * y - 1"
        )
    return relu(1.0 - score * y)


def _logit_of_class(logits: Sequence[Any], target: Any) -> Any:
    try:
        k = index(target)
    except TypeError:
        raise TypeError(
            "targets must be numbers of classes as int (y.astype(int) for an array), "
            f"or lists of probabilities, got {target!r:.60}"
        ) from None
    if not 0 <= k < len(logits):
        raise ValueError(f"there are {len(logits)} classes, got class {k}")
    return logits[k]


def _expected_logit(logits: Sequence[Any], target: Any) -> Any:
    weights = _row(target)
    if len(weights) != len(logits):
        raise ValueError(
            f"there are {len(logits)} classes, got {len(weights)} probabilities"
        )
    plain = [weight for weight in weights if type(weight) is float]
    if len(plain) == len(weights) and not abs(sum(plain) - 1.0) <= 1e-6:
        raise ValueError(f"probabilities must sum to 1, got {target!r:.60}")
    return dot(weights, logits)


# ---- over outputs and samples -------------------------------------------------------


def _terms(predictions: Any, targets: Any, loss: Loss) -> list[list[Any]]:
    """Give the loss of each output, as a list over samples of lists over outputs."""
    rows, wanted = _listed(predictions), _listed(targets)
    if not isinstance(rows, list):
        rows, wanted = [rows], [wanted]
    terms: list[list[Any]] = []
    for i, (row, target) in enumerate(_paired(rows, wanted)):
        outputs, ys = _row(row), _row(target)
        if len(outputs) != len(ys):
            raise ValueError(
                f"sample {i} has {len(outputs)} outputs and a target of {len(ys)}"
            )
        if terms and len(outputs) != len(terms[0]):
            raise ValueError(
                f"sample {i} has {len(outputs)} outputs, sample 0 has {len(terms[0])}"
            )
        try:
            terms.append([loss(p, y) for p, y in zip(outputs, ys, strict=True)])
        except ValueError as error:
            raise ValueError(f"sample {i}: {error}") from None
    return terms


def _average(terms: list[list[Any]]) -> Any:
    """Average over samples and outputs; a single term is its own average."""
    flat = [term for row in terms for term in row]
    return flat[0] if len(flat) == 1 else mean(flat)


def _total(terms: list[Any]) -> Any:
    return terms[0] if len(terms) == 1 else sum(terms)


def _paired(predictions: list[Any], targets: Any) -> Iterable[tuple[Any, Any]]:
    wanted = targets if isinstance(targets, list) else [targets]
    m, n = len(predictions), len(wanted)
    if m != n:
        raise ValueError(
            "the first axis is the batch: expected as many targets as predictions, got "
            f"{m} predictions and {n} target{'s' if n != 1 else ''}"
        )
    if not m:
        raise ValueError("the batch is empty: a mean over no samples has no value")
    return zip(predictions, wanted, strict=True)


def _listed(x: Any) -> Any:
    """Give a sequence or an array as a list, a number as it is."""
    if hasattr(x, "tolist"):
        x = x.tolist()
    return list(x) if hasattr(x, "__iter__") else x


def _row(x: Any) -> list[Any]:
    """Give the entries for one sample, numbers as floats; a bare one is one entry."""
    entries = _listed(x)
    entries = entries if isinstance(entries, list) else [entries]
    return [
        x if type(x) is float or isinstance(x, Value) else Value(x).data
        for x in entries
    ]
