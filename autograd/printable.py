"""Text that may be shown anywhere: no character in it acts on a terminal."""

from __future__ import annotations


def printable(text: str, besides: str = "") -> str:
    r"""Give text with each character that is not printable as its escape.

    So no name, whoever chose it, can move a cursor, end a line, turn the direction of
    reading or hide. Characters ``besides`` stay as they are.

    >>> print(printable("tanh"), printable("\x1b[2J\n"), printable("a\nb", "\n"))
    tanh \x1b[2J\n a
    b
    """
    if text.isprintable():
        return text
    return "".join(
        ch if ch.isprintable() or ch in besides else repr(ch)[1:-1] for ch in text
    )
