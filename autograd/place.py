"""Where a person's program stands: the line that called into these packages."""

from __future__ import annotations

import os
import sys

Place = tuple[str, int]  # a file and a line in it

_HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_OURS = tuple(os.path.join(_HOME, name) + os.sep for name in ("autograd", "nn"))


def caller() -> Place:
    """Give the innermost line being run that is no line of these packages."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def warn(message: str) -> None:
    """Warn at that line."""
    import warnings

    warnings.warn_explicit(message, RuntimeWarning, *caller())


def words(place: Place) -> str:
    """Say where that is, and what the line says, where its text can be had.

    >>> words(("moons.py", 12))
    'moons.py, line 12'
    """
    import linecache

    file, line = place
    text = linecache.getline(file, line).strip()
    where = f"{os.path.basename(file)}, line {line}"
    return f"{where}: {text}" if text else where
