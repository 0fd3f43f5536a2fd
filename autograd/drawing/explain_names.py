"""Names in formulas: every Value has one, and no two share it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count

from autograd.drawing.text import legible, tail_of
from autograd.value import Value

LONGEST = 28  # cells of a name


def distinct(
    values: Iterable[tuple[Value, str]],
    known: Mapping[Value, str],
    show: Callable[[str], str] = str,
) -> dict[Value, str]:
    """Name each Value: by its label, else as it is known, else by the fallback beside.

    A "#" in a fallback is a number, counted up. Where two Values would be shown alike,
    the second is told from the first by a number at its end. ``show`` turns a name into
    what is shown, and that is what is given.

    >>> a, b, c = Value(1.0, label="a"), Value(2.0, label="a"), Value(3.0)
    >>> list(distinct([(a, "v#"), (b, "v#"), (c, "v#")], {}).values())
    ['a', 'a_2', 'v1']
    """
    values = list(values)
    bases = {z: name_of(z, known) for z, _ in values}
    shown: dict[Value, str] = {}
    taken: set[str] = set()

    def take(z: Value, candidates: Iterator[str]) -> None:
        shown[z] = next(text for text in map(show, candidates) if text not in taken)
        taken.add(shown[z])

    numbers: defaultdict[str, count[int]] = defaultdict(lambda: count(1))
    for z, base in bases.items():
        if base:
            take(z, _numbered(base))
    for z, fallback in values:
        if z not in shown:
            numbered = (fallback.replace("#", str(i)) for i in numbers[fallback])
            take(z, numbered if "#" in fallback else _numbered(fallback))
    return {z: shown[z] for z in bases}


def name_of(z: Value, known: Mapping[Value, str]) -> str:
    """Give the label of z, else what it is known as, else nothing; a short line."""
    return legible(str(z.label).strip(), LONGEST) or tail_of(known.get(z, ""), LONGEST)


def _numbered(base: str) -> Iterator[str]:
    yield base
    for i in count(2):
        yield f"{base}_{i}"
