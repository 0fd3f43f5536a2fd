"""What goes in: rows of numbers, checked once before any work is done."""

from __future__ import annotations

from math import isfinite
from numbers import Integral, Real

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from typing import Any

    Row = tuple[float, ...]


def samples(X: Any, name: str = "X") -> list[Row]:
    """Give X, a list of rows or an array, as tuples of floats, all of one length.

    A row that is a bare number is a sample of one. No rows at all, a row of another
    length, a number that is not finite or what is no number is an error that names the
    row, counted from 0.

    >>> samples([[1, 2], [3, 4]])
    [(1.0, 2.0), (3.0, 4.0)]
    """
    if getattr(getattr(X, "dtype", None), "kind", "") == "f":
        rows = _float_rows(X)
        if rows is not None:
            return rows
    rows = [
        tuple([float(x) for x in _numbers(name, i, row)])
        for i, row in enumerate(_listed(name, X))
    ]
    _check_widths(name, rows)
    return rows


def _float_rows(X: Any) -> list[Row] | None:
    """Give the rows of a matrix of finite floats at once; None for any other array."""
    import numpy as np

    if type(X) is not np.ndarray or X.ndim != 2 or not X.size:
        return None
    with np.errstate(over="ignore"):  # a long double too large becomes infinite
        X = X.astype(float, copy=False)
    return [tuple(row) for row in X.tolist()] if np.isfinite(X).all() else None


def targets(y: Any, name: str = "y") -> list[Any]:
    """Give y as a list of numbers or of tuples of numbers; whole numbers stay int.

    Raises what ``samples`` raises.

    >>> targets([0, 1.5]), targets([[0, 1], [1, 0]])
    ([0, 1.5], [(0, 1), (1, 0)])
    """
    entries = _listed(name, y)
    rows = [tuple(_numbers(name, i, row)) for i, row in enumerate(entries)]
    _check_widths(name, rows)
    if all(_is_sequence(entry) for entry in entries):
        return rows
    return [number for (number,) in rows]


def pairs(X: Any, y: Any, prefix: str = "") -> tuple[list[Row], list[Any]]:
    """Give samples and targets of equal number; else a ValueError with both lengths.

    The prefix tells in errors which X and y are meant.

    >>> pairs([[1.0], [2.0]], [3])
    Traceback (most recent call last):
        ...
    ValueError: X has 2 rows and y has 1; there must be one target for each row
    """
    rows, wanted = samples(X, f"{prefix}X"), targets(y, f"{prefix}y")
    if len(rows) != len(wanted):
        raise ValueError(
            f"{prefix}X has {len(rows)} rows and {prefix}y has {len(wanted)}; "
            "there must be one target for each row"
        )
    return rows, wanted


def _listed(name: str, table: Any) -> list[Any]:
    for method in ("to_numpy", "tolist"):  # of a data frame; of an array or a tensor
        if hasattr(table, method):
            table = getattr(table, method)()
    if not hasattr(table, "__iter__") or isinstance(table, (str, bytes, dict)):
        raise TypeError(
            f"{name} must be a list of rows or an array, got {table!r:.60} "
            f"({type(table).__name__})"
        )
    entries = list(table)
    if not entries:
        raise ValueError(f"{name} is empty: there is nothing to learn from or predict")
    return entries


def _is_sequence(row: Any) -> bool:
    return hasattr(row, "__iter__") and not isinstance(row, (str, bytes, dict))


def _numbers(name: str, i: int, row: Any) -> list[Any]:
    if hasattr(row, "tolist"):
        row = row.tolist()
    entries = list(row) if _is_sequence(row) else [row]
    for j, x in enumerate(entries):
        if type(x) is not float and type(x) is not int:
            if hasattr(x, "item") and getattr(x, "size", None) == 1:
                x = x.item()
            if not isinstance(x, Real):
                raise TypeError(
                    f"{name} must hold numbers only; row {i}, column {j} is "
                    f"{x!r:.60} ({type(x).__name__})"
                )
            entries[j] = x = int(x) if isinstance(x, Integral) else float(x)
        if not isfinite(x):
            raise ValueError(
                f"{name} must hold finite numbers only; row {i}, column {j} is {x!r}"
            )
    return entries


def _check_widths(name: str, rows: list[tuple[Any, ...]]) -> None:
    width = len(rows[0])
    for i, row in enumerate(rows):
        if len(row) != width or not row:
            raise ValueError(
                f"{name} is ragged: row {i} has length {len(row)}, row 0 has {width}"
                if row
                else f"row {i} of {name} is empty"
            )
