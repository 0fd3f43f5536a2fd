"""What a replay says: names, numbers, operations and rules as text on one line.

A rule is not written here a second time: it is called with Values, as for a derivative
of derivatives, and the graph that it gives is put into words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from unicodedata import bidirectional

from autograd import primitives as table
from autograd.custom import CustomPrimitive
from autograd.local_derivatives import local_derivatives
from autograd.operation import Primitive, Reduction
from autograd.value import Value

LONGEST_FORMULA = 48
MOST = 3  # elements shown of a long sequence

LESS, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)  # what binds tighter is greater
INFIX = {
    table.less: LESS,
    table.less_equal: LESS,
    table.add: SUM,
    table.sub: SUM,
    table.mul: PRODUCT,
    table.div: PRODUCT,
    table.power: POWER,
    table.general_power: POWER,
}

Phrase = tuple[str, int]  # a text, and how tightly it binds


def shown(x: float) -> str:
    """Give a number as Python writes it, or where that is long to six digits.

    >>> shown(-3.0), shown(0.1 + 0.2), shown(2.0**80)
    ('-3.0', '0.3', '1.20893e+24')
    """
    text = repr(float(x))  # a person may have set v.data to an int
    return text if len(text) <= 8 else f"{x:.6g}"


def isolated(name: str) -> str:
    """Keep a name that is read from right to left from turning what stands around it.

    >>> isolated("x"), isolated("\\u05d0") == "\\u2068\\u05d0\\u2069"
    ('x', True)
    """
    if any(bidirectional(ch) in ("R", "AL", "AN") for ch in name):
        return f"\u2068{name}\u2069"  # Unicode's isolates
    return name


def derivative(of: str, by: str) -> str:
    """Give dz/dx in one line.

    >>> derivative("loss", "w[0]"), derivative("L", "model.b")
    ('dloss/dw[0]', 'dL/d(model.b)')
    """
    return "/".join(f"d({x})" if "." in x else f"d{_bracketed(x)}" for x in (of, by))


def operation(z: Value, say: Callable[[Value | float], Phrase]) -> str:
    """Give the operation that made z; ``say`` puts its arguments into words."""
    assert z.op is not None
    text, _ = _applied(z.op, [say(x) for x in z.args])
    return text


def named(name: str) -> Phrase:
    """Give a name as an operand."""
    return _bracketed(name), ATOM


def numeral(x: float) -> Phrase:
    """Give a number as an operand.

    >>> numeral(-3.0) == ("-3.0", SIGN)
    True
    """
    text = shown(x)
    return text, SIGN if text.startswith("-") else ATOM


def formulas(z: Value, say: Callable[[Value], Phrase | None]) -> list[str]:
    """Put dz/dx into words for each Value x among the arguments of z, in order.

    ``say`` names the Values that have a name. A text is empty where the derivative is
    too long to be read, and for a user's own primitive, whose rule may be any function.

    >>> x, y = Value(2.0), Value(3.0)
    >>> names = {x: ("x", ATOM), y: ("y", ATOM)}
    >>> formulas(x * y, names.get), formulas(x**3, names.get)
    (['y', 'x'], ['3.0 * x ** 2.0'])
    """
    slopes = local_derivatives(z, create_graph=not isinstance(z.op, CustomPrimitive))
    if isinstance(z.op, CustomPrimitive):
        return ["" for _ in slopes]
    texts = [_expression(slope, say)[0] for _, slope in slopes]
    return [text if len(text) <= LONGEST_FORMULA else "" for text in texts]


def listing(names: Iterable[str]) -> str:
    """Give names as a list in a sentence.

    >>> listing("a"), listing("abc"), listing("abcdefg")
    ('a', 'a, b and c', 'a, b, c and 4 more')
    """
    names = list(names)
    if len(names) > MOST + 1:
        names = [*names[:MOST], f"{len(names) - MOST} more"]
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _bracketed(name: str) -> str:
    plain = all(ch.isalnum() or ch in "_.[]'\u2068\u2069…" for ch in name)
    return name if plain else f"({name})"


def _expression(z: Value | float, say: Callable[[Value], Phrase | None]) -> Phrase:
    if not isinstance(z, Value):
        return numeral(z)
    known = say(z)
    if known is not None:
        return known
    if z.op is None or not z.args:  # a constant under no_grad()
        return numeral(z.data)
    return _applied(z.op, [_expression(x, say) for x in z.args])


def _applied(op: Primitive, parts: list[Phrase]) -> Phrase:
    if op in INFIX:
        level = INFIX[op]
        # a - b - c is (a - b) - c, and a ** b ** c is a ** (b ** c).
        left, right = (level + 1, level) if level == POWER else (level, level + 1)
        first, second = _within(parts[0], left), _within(parts[1], right)
        return f"{first} {op.name} {second}", level
    if op is table.neg:
        return f"-{_within(parts[0], POWER)}", SIGN
    texts = [text for text, _ in parts]
    if isinstance(op, Reduction):
        n = len(texts) // op.sequences
        rows = [texts[i : i + n] for i in range(0, len(texts), n)] if n else []
        texts = [f"[{_elided(row)}]" for row in rows]
        return f"{op.name}({', '.join(texts)})", ATOM
    return f"{op.name}({_elided(texts)})", ATOM


def _within(part: Phrase, level: int) -> str:
    text, own = part
    return text if own >= level else f"({text})"


def _elided(texts: list[str]) -> str:
    if len(texts) > MOST + 1:
        texts = [*texts[:MOST], f"… {len(texts) - MOST} more"]
    return ", ".join(texts)
