"""How each kind of node looks, in DOT and in SVG alike. Lengths are in points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

from autograd.drawing.text import cells

FONT = "Menlo,Consolas,DejaVu Sans Mono,Liberation Mono,monospace"
FONT_SIZE = 11.0
CELL = 0.61 * FONT_SIZE  # no font of the list is wider
LINE = 14.0
INK, FAINT, EDGE, ACCENT = "#1f2933", "#5f6b7a", "#7b8794", "#a1440b"


@dataclass(frozen=True, slots=True)
class Style:
    """A shape ("box", "ellipse" or "plaintext", as Graphviz names them), its colours
    and the room around its text."""

    shape: str
    fill: str
    stroke: str
    text: str = INK
    pen: float = 1.0
    pad: tuple[float, float] = (8.0, 5.0)


STYLES = {
    "leaf": Style("box", "#e8f1fa", "#5b86b0"),
    "interior": Style("box", "#ffffff", EDGE),
    "output": Style("box", "#fdf3d7", "#b7862a", pen=2.0),
    "op": Style("ellipse", "#eceef1", EDGE, pad=(10.0, 6.0)),
    "constant": Style("plaintext", "none", "none", pad=(3.0, 2.0)),
    "more": Style("plaintext", "none", "none", text=FAINT, pad=(3.0, 2.0)),
    "slope": Style("plaintext", "none", "none", text=ACCENT, pad=(3.0, 2.0)),
    "count": Style("plaintext", "none", "none", text=FAINT, pad=(3.0, 2.0)),
    "group": Style("box", "#efeaf7", "#7d62a8"),
    "result": Style("box", "#fdf3d7", "#b7862a", pen=2.0),
}
ON_ARROWS = ("slope", "count")  # nodes that stand on an arrow between two others
RED, BLUE, ODD = (240, 128, 112), (104, 160, 230), "#d9a7e0"


def size(kind: str, texts: Sequence[str]) -> tuple[float, float]:
    """Give the width and height of a node that holds these lines."""
    width, height = text_width(texts), LINE * len(texts)
    across, down = STYLES[kind].pad
    return round(width + 2 * across, 1), round(height + 2 * down, 1)


def text_width(texts: Sequence[str]) -> float:
    """Give the width that these lines take at most."""
    return CELL * max(map(cells, texts))


def tint(x: float, largest: float) -> str:
    """Give a colour by sign and size: white at 0, red or blue in full at ``largest``.

    The square root of the size counts, so that small numbers can be told from 0. What
    is not finite has a colour of its own.

    >>> tint(0.0, 2.0), tint(2.0, 2.0), tint(-0.02, 2.0)
    ('#ffffff', '#f08070', '#f0f6fc')
    """
    if not isfinite(x):
        return ODD
    share = sqrt(abs(x) / largest) if x else 0.0
    full = RED if x > 0.0 else BLUE
    return "#" + "".join(f"{round(255 + share * (c - 255)):02x}" for c in full)
