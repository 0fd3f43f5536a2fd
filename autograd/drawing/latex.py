"""An expression and its derivatives as LaTeX.

The derivatives are read off the graph that ``gradient`` makes with ``create_graph``: no
rule of differentiation stands here. What is used again and is long gets a name and a
line of its own, so that the text grows with the graph and not with its paths.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextvars import copy_context
from types import FrameType

from autograd.arguments import whole
from autograd.chain_rule import gradient
from autograd.drawing.explain_names import distinct
from autograd.drawing.latex_symbols import symbol
from autograd.drawing.latex_terms import ATOM, Term, number, operation
from autograd.drawing.names import names_of
from autograd.drawing.text import plural
from autograd.graph import leaves, topological_order
from autograd.value import Value, recording

SHORT, LONG = 6, 40  # what is not as long is written out again; what is longer, apart


class Formulas(str):
    """Formulas in LaTeX, to be pasted between ``$$`` and ``$$``; a notebook shows them.

    ``lines`` has the formulas one by one, without the marks that align them.
    """

    lines: tuple[str, ...]

    def __new__(cls, pairs: Iterable[tuple[str, str]]) -> Formulas:
        pairs = tuple(pairs)
        rows = [rf"{left} &= {right} \\" for left, right in pairs]
        body = "\n".join([r"\begin{aligned}", *rows, r"\end{aligned}"])
        formulas = super().__new__(cls, body)
        formulas.lines = tuple(f"{left} = {right}" for left, right in pairs)
        return formulas

    def __repr__(self) -> str:
        return str(self)  # as it is pasted, no backslash doubled

    def _repr_latex_(self) -> str:
        return f"$$\n{self}\n$$"


def formulas(
    root: Value,
    wrt: Value | Iterable[Value] | None,
    frame: FrameType | None,
    limit: int,
    digits: int,
) -> Formulas:
    r"""Write root and its derivatives as formulas.

    >>> x = Value(3.0, label="x")
    >>> formulas(x * x, None, None, 200, 6).lines
    ('f = x^{2}', '\\frac{\\partial f}{\\partial x} = x + x')
    """
    _check(root, limit, digits)
    if wrt is None:
        inputs = leaves(root)
    else:
        if not hasattr(wrt, "__iter__") and not isinstance(wrt, Value):
            raise TypeError(f"expected Values to differentiate by, got {wrt!r:.60}")
        inputs = [wrt] if isinstance(wrt, Value) else list(wrt)
    slopes = _slopes(root, inputs)
    order = topological_order(root, *slopes)
    variables = dict.fromkeys((*inputs, *leaves(root)))
    named = _named(root, slopes, order) | variables.keys()
    fallbacks = {root: "f"}
    for z in (*variables, *order):
        if z in named:
            fallbacks.setdefault(z, "x#" if z in variables else "t#")
    caller = names_of(fallbacks, frame) if frame else {}
    symbols = distinct(fallbacks.items(), caller, symbol)
    terms: dict[Value, Term] = {}

    def operand(x: Value | float) -> Term:
        if not isinstance(x, Value):
            return number(x, digits)
        if x in named:
            return Term(symbols[x], ATOM)
        return terms[x] if x.args else number(x.data, digits)

    for z in order:
        terms[z] = operation(z, [operand(x) for x in z.args])
    whole = terms[root] if root.args else number(root.data, digits)
    pairs = [(symbols[root], whole.text)]
    for x, slope in zip(inputs, slopes, strict=True):
        ratio = rf"\frac{{\partial {symbols[root]}}}{{\partial {symbols[x]}}}"
        pairs.append((ratio, operand(slope).text))
    apart = [z for z in order if z in named and z is not root]
    pairs += [(symbols[z], terms[z].text) for z in apart]
    return Formulas(pairs)


def _check(root: Value, limit: int, digits: int) -> None:
    if not isinstance(root, Value):
        raise TypeError(f"expected a Value to write as LaTeX, got {root!r:.60}")
    whole("limit", limit)
    whole("digits", digits)
    size = sum(len(z.args) for z in topological_order(root))
    if size > limit:
        raise ValueError(
            f"a formula of {plural(size, 'operand')} is more than limit={limit:,} "
            "allows: give a higher limit, a part of the expression, or see it by "
            "draw(root) and explain(root, wrt)"
        )


def _slopes(root: Value, inputs: list[Value]) -> list[Value]:
    if not inputs:
        return []
    inside = copy_context()
    inside.run(recording.set, None)  # the gradient is a graph under no_grad(), too
    return inside.run(gradient, root, inputs, create_graph=True)


def _named(root: Value, slopes: list[Value], order: list[Value]) -> set[Value]:
    """Choose the operations that are written on a line of their own."""
    uses = Counter(x for z in order for x in z.args if isinstance(x, Value))
    uses.update(slopes)
    length: dict[Value, int] = {}
    named: set[Value] = set()
    for z in order:
        length[z] = 1 + sum(length.get(x, 1) for x in z.args if isinstance(x, Value))
        length[z] += sum(not isinstance(x, Value) for x in z.args)
        spare = 1 if z is root else SHORT if uses[z] > 1 else LONG
        if uses[z] and length[z] > spare:  # the root has a line of its own anyway
            named.add(z)
            length[z] = 1
    return named
