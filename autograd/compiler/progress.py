"""A progress bar for compiling what is large, where tqdm is installed."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from typing import Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)

_LARGE = 300_000  # items; fewer take a moment only
_DELAY = 2.0  # seconds until the bar shows


class _Items(Sized, Iterable[T_co], Protocol[T_co]):
    """What has a length and can be iterated over."""


def progress(items: _Items[T_co], what: str) -> Iterable[T_co]:
    """Give items as they are; with a bar if there are many and they take long."""
    if len(items) < _LARGE:
        return items
    try:
        from tqdm import tqdm
    except ImportError:
        return items
    bar: Iterable[T_co] = tqdm(items, f"compile: {what}", leave=False, delay=_DELAY)
    return bar
