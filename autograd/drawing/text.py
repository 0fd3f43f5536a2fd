"""Data becomes legible text: labels of any kind, and numbers.

What leaves this module is printable and short, whatever went in. Writers of DOT and SVG
have only their own special characters left to escape.
"""

from __future__ import annotations

from unicodedata import east_asian_width

LONGEST = 28  # cells of a monospaced font
JOINERS = "\u200c\u200d"  # shape Persian and Indic letters and compound emoji


def legible(text: str, longest: int = LONGEST) -> str:
    """Give text on one line, cut to a width: controls as escapes, the rest as it is.

    >>> print(legible("a\\n<b>"), legible("w" * 99, longest=8))
    a\\n<b> wwwwwww…
    """
    shown = "".join(
        ch
        if ch.isprintable() or ch in JOINERS
        else ch.encode("unicode_escape").decode("ascii")
        for ch in text[: longest + 1]
    )
    if cells(shown) <= longest:
        return shown
    while cells(shown) >= longest:
        shown = shown[:-1]
    return shown + "…"


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


def plural(count: int, noun: str) -> str:
    """Give a count with its noun.

    >>> plural(1, "operation"), plural(1200, "node")
    ('1 operation', '1,200 nodes')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
