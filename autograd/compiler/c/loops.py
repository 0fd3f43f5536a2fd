"""The C text that plans share: loading samples, products of matrices, any sums.

It stands in ``products.c`` and ``loops.c``: pieces with a blank line and a comment
before each, callees before callers. Rows hold TILE samples, side by side.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

HEADER = """\
#include <float.h>
#include <string.h>
#include <tgmath.h>

typedef {real} real;
enum {{ TILE = {tile} }}; /* samples that are computed side by side, one row per node */
"""


def needed(texts: Sequence[str]) -> list[str]:
    """Give the pieces whose functions these texts call, directly or not, in order."""
    found: list[str] = []
    for piece in reversed(_pieces()):
        names = re.findall(r"^static [\w *]*?(\w+)\(", piece, re.MULTILINE)
        calls = rf"\b({'|'.join(names)})\("
        if any(re.search(calls, text) for text in [*texts, *found]):
            found.insert(0, piece)
    return found


@lru_cache(maxsize=1)
def _pieces() -> list[str]:
    pieces = list[str]()
    for name in ("products.c", "loops.c"):
        text = Path(__file__).with_name(name).read_text(encoding="utf-8")
        pieces += re.split(r"\n\n(?=/\*)", text)
    return [f"{piece.strip()}\n" for piece in pieces]
