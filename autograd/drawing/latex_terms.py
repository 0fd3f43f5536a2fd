r"""Operations in LaTeX, with no bracket more than needed.

A term is a text and how tightly it binds. The rules of signs and sums are those of the
blackboard: a + (-b) is written a - b, and x * x is a square.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from autograd import primitives as table
from autograd.drawing.latex_symbols import escaped, numeral
from autograd.drawing.text import legible
from autograd.operation import Primitive
from autograd.value import Value

# How tightly a term binds; a signed term is a product that begins with a minus.
SUM, SIGNED, PRODUCT, POWER, ATOM = range(5)


class Term(NamedTuple):
    """A text and its level; sums and signed terms alone may begin with a minus."""

    text: str
    level: int


def number(x: float, digits: int) -> Term:
    """Give a number as a term.

    >>> number(-2.0, 6)
    Term(text='-2', level=1)
    """
    text = numeral(x, digits)
    if text.startswith("-"):
        return Term(text, SIGNED)
    return Term(text, PRODUCT if "times" in text else ATOM)


def operation(z: Value, args: Sequence[Term]) -> Term:
    r"""Write the operation that made z on these arguments.

    >>> x, two = Term("x", ATOM), Term("2", ATOM)
    >>> y = Value(3.0)
    >>> print(operation(y * 2.0, [x, two]).text, operation(y**2.0, [x, two]).text)
    x \cdot 2 x^{2}
    """
    assert z.op is not None
    if z.op is table.mul and z.args[0] is z.args[1]:
        return power(args[0], TWO)
    if z.op is table.dot:
        half = len(args) // 2
        pairs = zip(z.args[:half], z.args[half:], args[:half], args[half:], strict=True)
        return total(
            *[power(a, TWO) if x is y else times(a, b) for x, y, a, b in pairs]
        )
    if z.op in WRITERS:
        return WRITERS[z.op](*args)
    return call(function(z), *args)


def function(z: Value) -> str:
    """Give the name of the operation that made z, as that of a function."""
    assert z.op is not None
    return FUNCTIONS.get(z.op) or rf"\operatorname{{{escaped(legible(z.op.name))}}}"


def within(term: Term, level: int) -> str:
    """Give the text, in brackets where it binds less tightly than the level."""
    return term.text if term.level >= level else rf"\left({term.text}\right)"


def total(*terms: Term) -> Term:
    """Add terms; what begins with a minus is subtracted: a + (-b + c) = a - b + c."""
    text = terms[0].text
    for term in terms[1:]:
        minus = term.text.startswith("-")
        text += f" - {term.text[1:]}" if minus else f" + {term.text}"
    return Term(text, SUM) if len(terms) > 1 else terms[0]


def minus(a: Term, b: Term) -> Term:
    return Term(f"{a.text} - {within(b, PRODUCT)}", SUM)


def negative(a: Term) -> Term:
    return Term(f"-{within(a, PRODUCT)}", SIGNED)


def times(a: Term, b: Term) -> Term:
    left, right = within(a, SIGNED), within(b, PRODUCT)
    joint = r" \cdot " if _needs_dot(left, right) else " "
    return Term(left + joint + right, SIGNED if a.level == SIGNED else PRODUCT)


def _needs_dot(left: str, right: str) -> bool:
    """Tell whether two factors side by side would be read as something else.

    As one number, one word, a mixed fraction, or a function of what is in brackets.
    """
    if left.removeprefix("-").replace(".", "").isdecimal():
        return right[0].isdecimal() or right.startswith(
            (r"\frac", r"\infty", r"\mathrm")
        )
    return (
        right[0].isdecimal()
        or right.startswith(r"\left")
        or r"\mathrm" in left
        or r"\mathrm" in right
    )


def over(a: Term, b: Term) -> Term:
    return Term(rf"\frac{{{a.text}}}{{{b.text}}}", POWER)


def power(a: Term, b: Term) -> Term:
    return Term(f"{within(a, ATOM)}^{{{b.text}}}", POWER)


def call(name: str, *args: Term) -> Term:
    return Term(rf"{name}\left({', '.join(a.text for a in args)}\right)", ATOM)


def log_sum_exp(*args: Term) -> Term:
    return call(r"\log", total(*[call(r"\exp", a) for a in args]))


ONE, TWO = Term("1", ATOM), Term("2", ATOM)

WRITERS: dict[Primitive, Callable[..., Term]] = {
    table.add: total,
    table.sub: minus,
    table.mul: times,
    table.div: over,
    table.neg: negative,
    table.identity: lambda a: a,
    table.power: power,
    table.general_power: power,
    table.log1p: lambda a: call(r"\log", total(ONE, a)),
    table.expm1: lambda a: minus(call(r"\exp", a), ONE),
    table.sqrt: lambda a: Term(rf"\sqrt{{{a.text}}}", ATOM),
    table.hypot: lambda a, b: Term(
        rf"\sqrt{{{total(power(a, TWO), power(b, TWO)).text}}}", ATOM
    ),
    table.abs: lambda a: Term(rf"\left|{a.text}\right|", ATOM),
    # Iverson's bracket: 1 where it holds, 0 else.
    table.less: lambda a, b: Term(rf"\left[{a.text} < {b.text}\right]", ATOM),
    table.less_equal: lambda a, b: Term(rf"\left[{a.text} \leq {b.text}\right]", ATOM),
    table.sum: total,
    table.logsumexp: log_sum_exp,
}

FUNCTIONS: dict[Primitive, str] = {
    table.exp: r"\exp",
    table.log: r"\log",
    table.sin: r"\sin",
    table.cos: r"\cos",
    table.tan: r"\tan",
    table.asin: r"\arcsin",
    table.acos: r"\arccos",
    table.atan: r"\arctan",
    table.sinh: r"\sinh",
    table.cosh: r"\cosh",
    table.tanh: r"\tanh",
    table.sigmoid: r"\sigma",
    table.maximum: r"\max",
    table.minimum: r"\min",
    table.max: r"\max",
    table.min: r"\min",
}
