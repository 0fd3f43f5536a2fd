"""An explanation as formulas, for a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from autograd.drawing.explain_names import distinct, name_of
from autograd.drawing.explain_text import DEFINITIONS, amount
from autograd.drawing.latex_symbols import numeral, symbol
from autograd.drawing.latex_terms import (
    ATOM,
    Term,
    call,
    function,
    number,
    operation,
    within,
)
from autograd.value import Value

if TYPE_CHECKING:
    from autograd.drawing.explain_paths import Path
    from autograd.drawing.explanation import Explanation

DIGITS = 4
ENDS = 3  # factors at either end of a long path
OPERANDS = 12  # what has more is not written out


def formulas(found: Explanation) -> str:
    r"""Give the explanation in LaTeX, between ``$$`` and ``$$``.

    >>> from autograd.drawing.explanation import Explanation
    >>> x = Value(3.0, label="x")
    >>> print(formulas(Explanation(x * 2.0, x)))
    $$
    \begin{gathered}
    \begin{aligned}
    \frac{d f}{d x} &= \frac{\partial f}{\partial x} && \left(2\right) \\
    &= 2 && \left(\text{the gradient: } 2\right) \\
    \end{aligned} \\
    \begin{aligned}
    f &= x \cdot 2 = 6 \\
    \end{aligned} \\
    \end{gathered}
    $$
    """
    symbols = distinct(found.names.items(), found.names, symbol)
    # Two blocks, so that long operations push nothing aside.
    blocks = [_block(_sum(found, symbols)), _block(_definitions(found, symbols))]
    body = "\n".join(rf"{block} \\" for block in blocks if block)
    return f"$$\n\\begin{{gathered}}\n{body}\n\\end{{gathered}}\n$$"


def _block(rows: Iterable[str]) -> str:
    body = "\n".join(rf"{row} \\" for row in rows)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}" if body else ""


def _sum(found: Explanation, symbols: dict[Value, str]) -> Iterator[str]:
    left = rf"\frac{{d {symbols[found.root]}}}{{d {symbols[found.wrt]}}} &="
    result = numeral(found.derivative + 0.0, DIGITS)
    if not found.count or found.root is found.wrt:
        yield f"{left} {result}"
        return
    for i, path in enumerate(found.paths):
        yield f"{left if i == 0 else '&+'} {_path(path, symbols)}"
    if len(found.paths) < found.count:
        counts = rf"\text{{{len(found.paths)} of {amount(found.count)} paths make }}"
        share = numeral(100.0 * found.coverage, DIGITS)
        whole = rf"{share} \% \text{{ of all }} \left|\ldots\right|"
        yield rf"&+ \cdots && \left({counts} {whole}\right)"
    total = numeral(found.total + 0.0, DIGITS)
    yield rf"&= {total} && \left(\text{{the gradient: }} {result}\right)"


def _path(path: Path, symbols: dict[Value, str]) -> str:
    n = len(path.slopes)
    places = [*range(n)] if n <= 2 * ENDS else [*range(ENDS), *range(n - ENDS, n)]
    ratios = [
        rf"\frac{{\partial {symbols[path.nodes[i]]}}}"
        rf"{{\partial {symbols[path.nodes[i + 1]]}}}"
        for i in places
    ]
    numbers = [within(number(path.slopes[i], DIGITS), ATOM) for i in places]
    if n > len(places):
        ratios.insert(ENDS, r"\cdots")
        numbers.insert(ENDS, r"\ldots")
    product = numeral(path.product + 0.0, DIGITS)
    worked = r" \cdot ".join(numbers) + f" = {product}" if n > 1 else product
    return rf"{' '.join(ratios)} && \left({worked}\right)"


def _definitions(found: Explanation, symbols: dict[Value, str]) -> Iterator[str]:
    def operand(x: Value | float) -> Term:
        if not isinstance(x, Value):
            return number(x, DIGITS)
        name = name_of(x, found.known)
        if x in symbols or name:
            return Term(symbols.get(x) or symbol(name), ATOM)
        return number(x.data, DIGITS)

    for z in found.operations()[:DEFINITIONS]:
        if len(z.args) <= OPERANDS:
            written = operation(z, [operand(x) for x in z.args])
        else:
            written = call(function(z), Term(r"\ldots", ATOM))
        yield f"{symbols[z]} &= {written.text} = {numeral(z.data, DIGITS)}"
