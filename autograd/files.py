"""Writing files: whole, or not at all."""

from __future__ import annotations

import os
from errno import EACCES

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


def write_whole(target: Path, content: bytes) -> None:
    """Write a file that is complete or not there, whatever happens on the way.

    A folder that is missing is a FileNotFoundError that names it, and a file that is
    write-protected a PermissionError.

    >>> from pathlib import Path
    >>> write_whole(Path("nowhere/picture.svg"), b"")
    Traceback (most recent call last):
        ...
    FileNotFoundError: there is no folder 'nowhere'
    """
    if not target.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(target.parent)!r}")
    if target.exists() and not os.access(target, os.W_OK):  # renaming would not mind
        raise PermissionError(EACCES, "the file is write-protected", str(target))
    # A name that nobody can foresee: else a link could stand there, to any file.
    unfinished = target.with_name(f".{target.name[:40]}.{os.urandom(8).hex()}")
    try:
        unfinished.touch(exist_ok=False)
        unfinished.write_bytes(content)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def checked_path(path: Any, example: str) -> Path:
    """Give a path, once sure that it is one.

    >>> checked_path(None, "picture.svg")
    Traceback (most recent call last):
        ...
    TypeError: expected the path of a file, such as 'picture.svg', got None
    """
    from pathlib import Path

    try:
        return Path(path)
    except TypeError:
        raise TypeError(
            f"expected the path of a file, such as {example!r}, got {path!r:.60}"
        ) from None
