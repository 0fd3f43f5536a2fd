"""The names of Python's standard library: real words that every machine has.

They are read from the library's source, which is not imported: importing runs code.
"""

from __future__ import annotations

import re
import sys
import sysconfig
from pathlib import Path

SHORTEST, LONGEST = 3, 15
DEFINITION = re.compile(r"^[ \t]*(?:async +)?(?:class|def) +(\w+)", re.MULTILINE)
FITTING = re.compile(rf"(?=.*[a-z])[a-z0-9_]{{{SHORTEST},{LONGEST}}}")
FEWEST = 1000  # fewer cannot be the library


class DataError(Exception):
    """There is nothing to learn from; the message says why."""


def names() -> list[str]:
    """Give the names of modules, classes and functions, in lower case, sorted.

    Each stands once and consists of letters, digits and underscores, without those at
    its ends. No source where Python keeps its library is a DataError.
    """
    library = Path(sysconfig.get_path("stdlib"))
    found = set(sys.stdlib_module_names)
    for path in sources(library):
        found.update(DEFINITION.findall(path.read_text("utf-8", errors="replace")))
    fitting = {name for name in map(_plain, found) if FITTING.fullmatch(name)}
    if len(fitting) < FEWEST:
        raise DataError(
            f"{library} does not hold the source of Python's library: only "
            f"{len(fitting)} names were found"
        )
    return sorted(fitting)


def sources(library: Path) -> list[Path]:
    """List the source files of the library's modules, but for their tests."""
    files = [library / f"{name}.py" for name in sys.stdlib_module_names]
    for name in sys.stdlib_module_names:
        files += (library / name).rglob("*.py")
    return sorted(
        path
        for path in files
        if path.is_file() and "test" not in str(path.relative_to(library))
    )


def _plain(name: str) -> str:
    return name.lower().strip("_")
