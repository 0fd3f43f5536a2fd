"""What a model says of rows of numbers."""

from __future__ import annotations

from autograd import TraceError, Value
from autograd.arguments import function
from autograd.constant import run_without_graph
from nn import data

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def predict(model: Callable[[Any], Any], X: Any) -> list[Any]:
    """Give the model's outputs for all rows of X as numbers, without keeping a graph.

    A list of n floats, or of n lists where the model has several outputs.

    >>> predict(lambda x: [2 * x[0], 1.0], [[1.0], [2.0]])
    [[2.0, 1.0], [4.0, 1.0]]
    """
    function("predict", model)
    rows = data.samples(X)
    return run_without_graph(lambda: [plain(model(row)) for row in rows])


def predict_many(model: Callable[[Any], Any], X: Any) -> list[Any]:
    """Give what ``predict`` gives, computed by arrays where the model can be traced."""
    from autograd import compile

    rows = data.samples(X)
    try:
        outputs = compile(lambda x: model(x), rows[0], backend="numpy")
        return columns(outputs(rows))
    except TraceError:  # it branches, for one: row by row it is right, too
        return predict(model, rows)


def columns(outputs: Any) -> list[Any]:
    """Turn outputs, arrays over samples or nests of them, into a list over samples.

    >>> import numpy as np
    >>> columns([np.array([1.0, 2.0]), np.array([3.0, 4.0])])
    [[1.0, 3.0], [2.0, 4.0]]
    """
    if isinstance(outputs, (list, tuple)):
        return [list(row) for row in zip(*map(columns, outputs), strict=True)]
    return list(outputs.tolist())


def plain(output: Any) -> Any:
    """Give an output as a number, or as lists of numbers."""
    if isinstance(output, (list, tuple)):
        return [plain(x) for x in output]
    return output.data if isinstance(output, Value) else float(output)
