"""An explanation as lines of text, in words and numbers that fit the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isnan, log10
from typing import TYPE_CHECKING

from autograd.drawing.text import cells, compact, legible
from autograd.value import Constant, Value

if TYPE_CHECKING:
    from autograd.drawing.explain_paths import Path
    from autograd.drawing.explanation import Explanation

NARROWEST = 40  # columns
ENDS = 8  # factors at either end of a long path that are shown at most
DEFINITIONS = 16  # nodes whose operations are shown at most
INFIX = ("+", "-", "*", "/", "**", "<", "<=")


def lines(found: Explanation, width: int) -> Iterator[str]:
    """Give the lines of an explanation, none wider than ``width`` columns."""
    width = max(width, NARROWEST)
    yield from fold(_head(found), width)
    yield from fold(_sentence(found), width)
    if found.count and found.root is not found.wrt:
        yield ""
        yield from _table(found, width)
        if not found.agrees:
            yield from fold(
                "The sum and the gradient differ by more than the rounding of numbers: "
                "a product overflowed, or underflowed, on its way.",
                width,
            )
        yield ""
        yield from _definitions(found, width)


def _head(found: Explanation) -> str:
    root, wrt = found.root, found.wrt
    at = f"at {found.names[wrt]} = {compact(wrt.data)}"
    if root is not wrt:
        at += f", where {found.names[root]} = {compact(root.data)}"
    ratio = f"d{found.names[root]}/d{found.names[wrt]}"
    return f"{ratio} = {compact(found.derivative)} {at}"


def _sentence(found: Explanation) -> str:
    f, x = found.names[found.root], found.names[found.wrt]
    if found.root is found.wrt:
        return f"The only path from {x} to itself has no edge: its product is 1."
    if not found.count:
        constant = f"{x} is a constant: " if isinstance(found.wrt, Constant) else ""
        return f"{constant}no path leads from {x} to {f}, so the derivative is 0."
    if found.count == 1:
        text = f"One path leads from {x} to {f}: the derivative is the product of the "
        text += "local derivatives along it."
    else:
        text = f"{amount(found.count).capitalize()} paths lead from {x} to {f}: the "
        text += "derivative is the sum of their products of local derivatives."
        if len({path.nodes for path in found.paths}) < len(found.paths):
            text += " An argument that stands in two places is on two paths."
    if found.zeros:
        text += f" {amount(found.zeros)} of them "
        text += "passes" if found.zeros == 1 else "pass"
        text += " a local derivative of 0."
    shown = len(found.paths)
    if shown < found.count:
        share = "an undefined share"
        if not isnan(found.coverage):
            tiny = 0.0 < found.coverage < 0.0005
            share = "less than 0.1%" if tiny else f"{found.coverage:.1%}"
        text += f" The {shown} largest products make {share} of the sum of all "
        text += "absolute values:" if shown > 1 else "absolute values."
    return text


def amount(count: int) -> str:
    """Give a count of any size in a few digits.

    >>> amount(2048), amount(2**100), amount(2**1_000_000)
    ('2,048', 'about 1.27e+30', 'about 9.90e+301029')
    """
    if count < 10**15:
        return f"{count:,}"
    exponent = log10(count)
    # Where the exponent is long, its last digits are all that is left for the mantissa.
    return f"about {10 ** (exponent % 1):.2f}e+{int(exponent)}"


# ---- the table of products -----------------------------------------------------------


def _table(found: Explanation, width: int) -> Iterator[str]:
    rows = [_row(found, path, width - 6) for path in found.paths]
    if found.count > 1:
        listed = len(found.paths) == found.count
        rows.append(("sum" if listed else "sum over all paths", "", found.total))
    f, x = found.names[found.root], found.names[found.wrt]
    rows.append((f"gradient({f}, [{x}])", "", found.derivative))
    texts = [(left, middle, compact(right + 0.0)) for left, middle, right in rows]
    one, two, three = [max(map(cells, column)) for column in zip(*texts, strict=True)]
    if one + two + three + 8 <= width:
        for left, middle, right in texts:
            text = f"  {left}{' ' * (one - cells(left))}"
            if two:
                text += f" = {middle}" if middle else "   "
                text += " " * (two - cells(middle))
            yield f"{text} = {right}"
        return
    for left, middle, right in texts:
        yield f"  {legible(left, width - 2)}"
        product = f"    = {middle} = {right}"
        if not middle:
            yield f"    = {right}"
        elif cells(product) <= width:
            yield product
        else:
            yield from (f"    = {middle}", f"    = {right}")


def _row(found: Explanation, path: Path, width: int) -> tuple[str, str, float]:
    n, nodes, slopes = len(path.slopes), path.nodes, path.slopes
    ratios = elide(n, lambda i: _local(found, nodes[i], nodes[i + 1]), " * ", width)
    numbers = elide(n, lambda i: bracketed(compact(slopes[i])), " * ", width)
    return ratios, numbers if n > 1 else "", path.product


def _local(found: Explanation, z: Value, x: Value) -> str:
    # Round, as it is partial: dL/da is the sum over all paths, ∂L/∂a over one edge.
    return f"∂{found.names[z]}/∂{found.names[x]}"


def bracketed(text: str) -> str:
    """Put brackets around an operand that begins with a minus.

    >>> bracketed("2"), bracketed("-0.5")
    ('2', '(-0.5)')
    """
    return f"({text})" if text.startswith("-") else text


def elide(n: int, part: Callable[[int], str], joint: str, width: int) -> str:
    """Join n parts; where they are too wide, those in the middle give way to a count.

    >>> elide(4, str, " * ", 20), elide(1000, str, " * ", 40)
    ('0 * 1 * 2 * 3', '0 * 1 * 2 * (994 more) * 997 * 998 * 999')
    """
    kept = min(n, 2 * ENDS)
    while True:
        head, tail = kept // 2, kept - kept // 2
        parts = [part(i) for i in (*range(head), *range(n - tail, n))]
        if kept < n:
            parts.insert(head, f"({n - kept:,} more)")
        text = joint.join(parts)
        if cells(text) <= width or kept <= 1:
            return legible(text, width)
        kept -= 1


# ---- the operations of the nodes shown -----------------------------------------------


def _definitions(found: Explanation, width: int) -> Iterator[str]:
    shown = found.operations()
    for i, z in enumerate(shown[:DEFINITIONS]):
        result = f" = {compact(z.data)}"
        lead = f"{'where' if i == 0 else '     '} {found.names[z]} = "
        room = max(width - cells(lead) - cells(result), 8)
        yield legible(f"{lead}{spell(z, found.operand, room)}{result}", width)
    if len(shown) > DEFINITIONS:
        yield f"      and {len(shown) - DEFINITIONS:,} more"


def spell(z: Value, operand: Callable[[Value | float], str], width: int) -> str:
    """Write the operation that made z as Python does, on at most ``width`` columns.

    >>> x = Value(3.0, label="x")
    >>> spell(x * -2.0, lambda x: x.label if isinstance(x, Value) else str(x), 40)
    'x * (-2.0)'
    """
    name = legible(z.op.name if z.op else "?", max(width // 2, 4))

    def part(i: int) -> str:
        return operand(z.args[i])

    if name in INFIX and len(z.args) == 2:
        return elide(2, lambda i: bracketed(part(i)), f" {name} ", width)
    if name == "neg":
        return legible(f"-{bracketed(part(0))}", width)
    return f"{name}({elide(len(z.args), part, ', ', width - cells(name) - 2)})"


# ---- prose ---------------------------------------------------------------------------


def fold(text: str, width: int) -> Iterator[str]:
    """Break text into lines of at most ``width`` columns, between words.

    >>> list(fold("one two three", 8))
    ['one two', 'three']
    """
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if cells(longer) > width and line:
            yield line
            longer = word
        line = longer
    yield line
