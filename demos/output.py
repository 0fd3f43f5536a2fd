"""What the demos share when they speak and when they write files."""

from __future__ import annotations

import os
import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from autograd.printable import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def say(text: str) -> None:
    """Print at once, also into a pipe, so that it stands before what it announces."""
    print(text, flush=True)


def complain(demo: str, text: str, code: int = 2) -> int:
    """Say in one line on stderr what went wrong in a demo; give the exit code.

    >>> complain("moons", "interrupted", code=130)
    130
    """
    # The name of a file may hold anything, also what would act on a terminal.
    print(f"python -m demos.{demo}: error: {printable(text)}", file=sys.stderr)
    return code


def png(figure: Figure) -> bytes:
    """Give the figure as the bytes of a PNG file."""
    content = BytesIO()
    figure.savefig(content, format="png", dpi=130)
    return content.getvalue()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is complete or not there, whatever happens on the way."""
    unfinished = path.with_name(f".{path.name[:40]}.{os.urandom(8).hex()}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
