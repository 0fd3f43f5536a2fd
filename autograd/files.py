"""Writing files: whole, or not at all."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from pathlib import Path


def write_whole(target: Path, content: bytes) -> None:
    """Write a file that is complete or not there, whatever happens on the way.

    A folder that is missing is a FileNotFoundError that names it.

    >>> from pathlib import Path
    >>> write_whole(Path("nowhere/picture.svg"), b"")
    Traceback (most recent call last):
        ...
    FileNotFoundError: there is no folder 'nowhere'
    """
    if not target.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(target.parent)!r}")
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
