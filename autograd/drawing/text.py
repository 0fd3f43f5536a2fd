"""Data becomes legible text: labels of any kind, and numbers.

What leaves this module is printable and short, whatever went in. Writers of DOT and SVG
have only their own special characters left to escape.
"""

from __future__ import annotations

from unicodedata import east_asian_width

from autograd.printable import printable

LONGEST = 28  # cells of a monospaced font
JOINERS = "\u200c\u200d"  # shape Persian and Indic letters and compound emoji


def legible(text: str, longest: int = LONGEST) -> str:
    """Give text on one line, cut to a width: controls as escapes, the rest as it is.

    >>> print(legible("a\\n<b>"), legible("w" * 99, longest=8))
    a\\n<b> wwwwwww…
    """
    return clip(printable(text[: longest + 1], JOINERS), longest)


def clip(text: str, longest: int) -> str:
    """Cut printable text to a width.

    >>> clip("abcdef", 4)
    'abc…'
    """
    if cells(text) <= longest:
        return text
    text = text[:longest]
    while cells(text) >= longest:
        text = text[:-1]
    return text + "…"


def tail_of(text: str, longest: int = LONGEST) -> str:
    """Give text on one line, cut at its front: what tells paths apart is their end.

    >>> tail_of("network.layers[0].neurons[11].w[1]")
    '….layers[0].neurons[11].w[1]'
    """
    shown = legible(text, longest=10 * len(text))
    return clip(shown[::-1], longest)[::-1]


def cells(text: str) -> int:
    """Count the cells of a monospaced font that text takes at most.

    >>> cells("abc"), cells("重み")
    (3, 4)
    """
    return sum(2 if east_asian_width(ch) in "WF" else 1 for ch in text)


def compact(x: float) -> str:
    """Give a number to four significant digits, integers below a million in full.

    >>> compact(2.0), compact(-0.70710678), compact(138.8338), compact(1e-300)
    ('2', '-0.7071', '138.8', '1e-300')
    """
    x = float(x)  # a person may have set v.data to an int
    return f"{x:.0f}" if x.is_integer() and abs(x) < 1e6 else f"{x:.4g}"


def plural(count: int, noun: str, many: str = "") -> str:
    """Give a count with its noun.

    >>> plural(1, "operation"), plural(1200, "node"), plural(2, "box", "boxes")
    ('1 operation', '1,200 nodes', '2 boxes')
    """
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"
