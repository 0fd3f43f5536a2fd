"""Readers of command-line options; what is wrong with one is an error in one line."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path


def whole(least: int, most: int) -> Callable[[str], int]:
    """Give the reader of a whole number within limits."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(
                f"expected a whole number from {least:,} to {most:,}, got {text!r:.40}"
            )
        return number

    return read


def is_there(path: Path) -> bool:
    """Tell whether there is such a file or folder; OSError where none can be.

    From Python 3.14 on ``path.exists()`` is false for a name that is too long, say.

    >>> is_there(Path("nowhere"))
    False
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    return True


def folder(text: str) -> Path:
    """Give the path of a folder that is there or can be made, and written into."""
    path = Path(text)
    try:
        there = next(
            p for p in (path.absolute(), *path.absolute().parents) if is_there(p)
        )
        if not there.is_dir():
            raise argparse.ArgumentTypeError(f"{there} is a file, not a folder")
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text!r:.40}: {error.strerror}") from None
    if not os.access(there, os.W_OK | os.X_OK):
        raise argparse.ArgumentTypeError(f"the folder {there} is not writable")
    return path
