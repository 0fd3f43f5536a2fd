"""Formulas in LaTeX: a small reader reads them back, to the numbers of the graph."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import (
    Value,
    dot,
    exp,
    gradient,
    leaves,
    log,
    no_grad,
    primitive,
    relu,
    sin,
    sqrt,
    stop_gradient,
    sum,
    tanh,
    to_latex,
    where,
)
from autograd.drawing.latex import Formulas
from autograd.drawing.latex_symbols import numeral, symbol
from autograd.drawing.text import legible
from tests.laws_random import points, programs, run
from tests.laws_table import ROWS, apply

law = settings(derandomize=True, deadline=None, max_examples=100)

# ---- a reader of the LaTeX that is written, and of no more --------------------------

TOKEN = re.compile(
    r"""\s*(
    \\left[(|\[] | \\right[)|\]]
    | \\operatorname\{(?:[^{}]|\{[^{}]*\})*\}
    | (?:\\mathrm\{(?:[^{}]|\{[^{}]*\})*\} | \\(?:theta|alpha|infty) | [A-Za-z])
      (?:_\{(?:[^{}]|\{[^{}]*\})*\})?
    | \\[A-Za-z]+
    | \d+(?:\.\d+)?
    | [-+^{},<]
    )""",
    re.VERBOSE,
)
FUNCTIONS: dict[str, Callable[..., float]] = {
    **{rf"\{f.__name__}": f for f in (math.sin, math.cos, math.tan, math.log)},
    **{rf"\{f.__name__}": f for f in (math.sinh, math.cosh, math.tanh, math.exp)},
    r"\arcsin": math.asin,
    r"\arccos": math.acos,
    r"\arctan": math.atan,
    r"\max": lambda *xs: max(xs),
    r"\min": lambda *xs: min(xs),
    r"\sigma": autograd.sigmoid,
    r"\operatorname{leaky{\_}relu}": autograd.leaky_relu,
    r"\operatorname{detach}": lambda x: x,
    **{
        rf"\operatorname{{{name}}}": getattr(autograd, name)
        for name in ("atan2", "erf", "relu", "sign", "softplus", "step", "where")
    },
}


class Reader:
    """Evaluate one formula by recursive descent; ``names`` has the symbols' values."""

    def __init__(self, text: str, names: dict[str, float]) -> None:
        self.tokens: list[str] = []
        place = 0
        while place < len(text):
            found = TOKEN.match(text, place)
            assert found, f"cannot read {text[place:]!r}"
            self.tokens.append(found[1])
            place = found.end()
        self.names = names

    def value(self) -> float:
        result = self.sum()
        assert not self.tokens, self.tokens
        return result

    def next(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def expect(self, token: str) -> None:
        assert self.tokens.pop(0) == token

    def sum(self) -> float:
        sign = 1.0
        if self.next() == "-":
            self.tokens.pop(0)
            sign = -1.0
        result = sign * self.product()
        while self.next() in ("+", "-"):
            sign = 1.0 if self.tokens.pop(0) == "+" else -1.0
            result += sign * self.product()
        return result

    def product(self) -> float:
        result = self.power()
        while True:
            token = self.next()
            if token in (r"\cdot", r"\times"):
                self.tokens.pop(0)
            elif token in ("", r"\leq", *"+-^},<") or token.startswith(r"\right"):
                return result
            result *= self.power()

    def power(self) -> float:
        base = self.factor()
        if self.next() == "^":
            self.tokens.pop(0)
            base = base ** self.group()
        return base

    def group(self) -> float:
        self.expect("{")
        result = self.sum()
        self.expect("}")
        return result

    def factor(self) -> float:
        token = self.tokens.pop(0)
        if token[0].isdigit():
            return float(token)
        if token == r"\frac":
            return self.group() / self.group()
        if token == r"\sqrt":
            return math.sqrt(self.group())
        if token == r"\left(":
            result = self.sum()
            self.expect(r"\right)")
            return result
        if token == r"\left|":
            result = abs(self.sum())
            self.expect(r"\right|")
            return result
        if token == r"\left[":
            left, relation = self.sum(), self.tokens.pop(0)
            right = self.sum()
            self.expect(r"\right]")
            return float(left < right or (relation == r"\leq" and left == right))
        if token in FUNCTIONS and self.next() == r"\left(":
            return self.call(FUNCTIONS[token])
        return self.names[token]

    def call(self, function: Callable[..., float]) -> float:
        self.expect(r"\left(")
        args = [self.sum()]
        while self.next() == ",":
            self.tokens.pop(0)
            args.append(self.sum())
        self.expect(r"\right)")
        return function(*args)


def read(found: Formulas, names: dict[str, float]) -> dict[str, float]:
    """Give the values of the left sides, each once all that it needs is known."""
    values, lines = dict(names), list(found.lines)
    while lines:
        later = []
        for line in lines:
            left, _, right = line.partition(" = ")
            try:
                values[left] = Reader(right, values).value()
            except KeyError:
                later.append(line)
        assert len(later) < len(lines), f"what is undefined in {later}?"
        lines = later
    return values


def reads_back(output: Value, xs: Sequence[Value], rel: float = 1e-10) -> None:
    """Check the formulas of output and of its derivatives by all xs against numbers."""
    for i, x in enumerate(xs):
        x.label = f"x_{i}"
    output.label = "y"
    found = to_latex(output, xs, limit=10_000, digits=17)
    values = read(found, {f"x_{{{i}}}": x.data for i, x in enumerate(xs)})
    assert values["y"] == pytest.approx(output.data, rel=rel, abs=rel)
    for i, slope in enumerate(gradient(output, xs)):
        got = values[rf"\frac{{\partial y}}{{\partial x_{{{i}}}}}"]
        assert got == pytest.approx(slope, rel=rel, abs=rel)


# ---- laws --------------------------------------------------------------------------


@law
@given(programs, points)
def test_formulas_of_random_programs_read_back(program, point):
    xs = [Value(x) for x in point]
    output = run(program, autograd, xs)
    if output not in xs:
        reads_back(output, xs)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_formulas_of_every_primitive_read_back(name):
    row = ROWS[name]
    for point in [*row.points, *row.kinks]:
        n = len(point) - row.constants
        xs = [Value(x) for x in point[:n]]
        reads_back(apply(name, *xs, *point[n:]), xs)


# Terms of every level, in every place of every operator: where brackets matter.
BINARY: list[Callable[[Any, Any], Any]] = [
    lambda x, y: x + y,
    lambda x, y: x - y,
    lambda x, y: x * y,
    lambda x, y: x / y,
    lambda x, y: (x * x) ** y,
    lambda x, y: x - y * 2.0,
    lambda x, y: y * -3.0,
    lambda x, y: -3.0 * x,
    lambda x, y: -x,
    lambda x, y: x**2.0,
    lambda x, y: x**-1.0,
    lambda x, y: abs(x) * 1.5e-7 + y,
    lambda x, y: sum([x, -y, x]),
    lambda x, y: dot([x, y], [x, -2.0]),
    lambda x, y: sin(x) * 2.5,
    lambda x, y: 0.5 / x,
]


@pytest.mark.parametrize("outer", range(len(BINARY)))
def test_brackets_stand_wherever_they_matter(outer):
    for inner in BINARY:
        for place in range(2):
            a, b, c = Value(1.7), Value(-0.6), Value(0.8)
            args = [inner(a, b), c] if place == 0 else [c, inner(a, b)]
            reads_back(BINARY[outer](*args), [a, b, c])


@law
@given(st.floats(1e-290, 1e300), st.sampled_from([-1.0, 1.0]))
def test_a_number_of_17_digits_is_exact(size, sign):
    found = Reader(numeral(sign * size, 17), {}).value()
    assert found == pytest.approx(sign * size, rel=1e-15, abs=0.0)


# ---- worked examples ---------------------------------------------------------------


def test_the_example_of_baydin_and_others():
    # Baydin, Pearlmutter, Radul, Siskind (2018), JMLR 18(153), table 3.
    x1, x2 = Value(2.0), Value(5.0)
    y = log(x1) + x1 * x2 - sin(x2)
    assert to_latex(y) == "\n".join(
        [
            r"\begin{aligned}",
            r"y &= \log\left(x_{1}\right) + x_{1} x_{2} - \sin\left(x_{2}\right) \\",
            r"\frac{\partial y}{\partial x_{1}} &= x_{2} + \frac{1}{x_{1}} \\",
            r"\frac{\partial y}{\partial x_{2}} &= -\cos\left(x_{2}\right) + x_{1} \\",
            r"\end{aligned}",
        ]
    )


def test_the_example_of_the_lecture():
    a, b, c, f = Value(2.0), Value(-3.0), Value(10.0), Value(-2.0)
    L = (a * b + c) * f
    assert to_latex(L).lines == (
        r"L = \left(a b + c\right) f",
        r"\frac{\partial L}{\partial a} = f b",
        r"\frac{\partial L}{\partial b} = f a",
        r"\frac{\partial L}{\partial c} = f",
        r"\frac{\partial L}{\partial f} = a b + c",
    )


def test_no_bracket_too_many():
    a, b, c = Value(2.0, label="a"), Value(3.0, label="b"), Value(4.0, label="c")
    cases = [
        ((a + b) + c, "a + b + c"),
        (a + (b + c), "a + b + c"),
        (a - (b + c), r"a - \left(b + c\right)"),
        ((a - b) - c, "a - b - c"),
        (a + -b, "a - b"),
        (a - -b, r"a - \left(-b\right)"),
        (a + (c - b), "a + c - b"),
        (a * (b * c), "a b c"),
        (a * (b + c), r"a \cdot \left(b + c\right)"),
        (2.0 * (b + c), r"2 \left(b + c\right)"),
        ((a + b) * c, r"\left(a + b\right) c"),
        (-(a * b), "-a b"),
        (-(a + b), r"-\left(a + b\right)"),
        (-a * b, "-a b"),
        (a * -b, r"a \cdot \left(-b\right)"),
        ((a + b) / (a * b), r"\frac{a + b}{a b}"),
        (2.0 * (1.0 / a), r"2 \cdot \frac{1}{a}"),
        (a * 2.0, r"a \cdot 2"),
        ((a / b) ** 2, r"\left(\frac{a}{b}\right)^{2}"),
        ((a**b) ** c, r"\left(a^{b}\right)^{c}"),
        (a ** (b + c), "a^{b + c}"),
        ((-a) ** 2, r"\left(-a\right)^{2}"),
        (-(a**2), "-a^{2}"),
        (a * a, "a^{2}"),
        (dot([a, b], [a, c]), "a^{2} + b c"),
        (sqrt(a + b), r"\sqrt{a + b}"),
        (abs(a - b), r"\left|a - b\right|"),
        (relu(a), r"\operatorname{relu}\left(a\right)"),
        (exp(-(a**2)), r"\exp\left(-a^{2}\right)"),
        (a * 1e-7, r"a \cdot 1 \times 10^{-7}"),
    ]
    for y, want in cases:
        found = to_latex(y, []).lines
        assert found == (f"y = {want}",)


def test_names_become_symbols():
    cases = {
        "w_1": "w_{1}",
        "x2": "x_{2}",
        "w[0][12]": "w_{0,12}",
        "theta": r"\theta",
        "lambda_max": r"\lambda_{\mathrm{max}}",
        "Gamma": r"\Gamma",
        "loss": r"\mathrm{loss}",
        "h1_out": r"h_{1,\mathrm{out}}",
        "θ": "θ",
        "a b": r"\mathrm{a{\ }b}",
        "_": r"\mathrm{{\_}}",
        "3": r"\mathrm{3}",
    }
    assert {name: symbol(name) for name in cases} == cases


def test_names_that_look_alike_are_told_apart():
    a, b = Value(2.0, label="x_1"), Value(3.0, label="x1")
    found = to_latex(a - b, []).lines
    assert found == ("f = x_{1} - x_{1,2}",)


def test_a_leaf_without_a_name_gets_one():
    z = Value(2.0) * Value(3.0)
    assert to_latex(z, []).lines == ("z = x_{1} x_{2}",)


def test_what_is_used_again_and_is_long_has_a_line_of_its_own():
    x = Value(0.1, label="x")
    y = x
    for _ in range(60):
        y = y + y * sin(y)
    found = to_latex(y, limit=1_000)
    assert len(found) < 20_000  # multiplied out, it has 3^60 terms
    values = read(found, {"x": 0.1})
    assert values["y"] == pytest.approx(y.data, rel=1e-5)


def test_an_interior_node_to_differentiate_by_is_a_symbol():
    x = Value(3.0, label="x")
    h = x * x
    y = h * x
    assert to_latex(y, h) == to_latex(y, [h])
    assert to_latex(y, [h]).lines == (
        "y = h x",
        r"\frac{\partial y}{\partial h} = x",
        "h = x^{2}",
    )


def test_the_root_is_named_in_its_derivatives():
    x = Value(3.0, label="x")
    L = exp(x)
    assert to_latex(L).lines[1] == r"\frac{\partial L}{\partial x} = L"


def test_a_leaf_alone_and_a_constant_factor():
    x = Value(3.0, label="x")
    assert to_latex(x).lines == ("x = 3", r"\frac{\partial x}{\partial x} = 1")
    y = x * stop_gradient(x)
    assert to_latex(y).lines == (
        r"y = x \cdot 3",
        r"\frac{\partial y}{\partial x} = 3",
    )


def test_derivatives_are_formulas_under_no_grad_too():
    x = Value(3.0, label="x")
    y = x * x * x
    with no_grad():
        assert to_latex(y) == to_latex(y)
        inside = to_latex(y)
    assert inside == to_latex(y)
    assert "x" in inside.lines[1].partition(" = ")[2]


def test_a_primitive_of_a_user_is_a_function():
    cube = primitive(lambda x: x**3, lambda z, x: 3.0 * x**2, name="cu_be{")
    x = Value(2.0, label="x")
    z = cube(x)
    assert to_latex(z, []).lines == (
        r"z = \operatorname{cu{\_}be{\lbrace}}\left(x\right)",
    )


def test_it_is_a_string_that_a_notebook_shows():
    x = Value(2.0, label="x")
    y = tanh(x)
    found = to_latex(y)
    assert isinstance(found, str)
    assert repr(found) == str(found)
    assert found._repr_latex_() == f"$$\n{found}\n$$"
    assert (x.grad, y.grad) == (0.0, 0.0)


# ---- hostile labels, other readers ---------------------------------------------------

HOSTILE = [
    "</script><script>alert(1)</script>",
    "$$ a$b",
    "\\end{aligned} \\href{x}{y} \\\\",
    "}{ } {{",
    "50% & #1 ~^ '\"`",
    "\x1b[31m\n\x07\u202e",
    "שלום 重み 🙂",
    "w" * 10_000,
]


@pytest.mark.parametrize("label", HOSTILE)
def test_a_label_is_only_text(label):
    x, y = Value(2.0, label=label), Value(3.0, label="y")
    z = x * y
    z.label = label[::-1]
    found = to_latex(z)
    assert len(found) < 3_000
    assert all(ch.isprintable() for line in found.split("\n") for ch in line)
    depth = 0
    for ch in found:
        depth += (ch == "{") - (ch == "}")
        assert depth >= 0
    assert depth == 0
    assert not re.search(r"<[/!a-zA-Z]|(?<!\\)[$%#~]|\$\$", found)
    commands = set(re.findall(r"\\([A-Za-z]+)", found))
    assert commands <= {
        *("begin", "end", "frac", "partial", "mathrm", "cdot", "backslash"),
        *("lbrace", "rbrace", "sim", "wedge"),
    }
    assert found.count(r"\begin") == found.count(r"\end") == 1
    assert found.count("&=") == found.count("\n") - 1


def test_matplotlib_reads_the_formulas():
    mathtext = pytest.importorskip("matplotlib.mathtext", reason="needs matplotlib")
    logging.getLogger("matplotlib.mathtext").setLevel(logging.ERROR)  # missing glyphs
    parser = mathtext.MathTextParser("path")
    a, b = Value(2.0, label="theta_0"), Value(3.0, label="b")
    z = tanh(a * b) / (1.0 + abs(a)) ** 2 - relu(b) * sqrt(a) + b.leaky_relu() * 1e-7
    for line in to_latex(z + where(a, a, b.maximum(a))).lines:
        parser.parse(f"${line}$")
    for label in HOSTILE:
        if "&" not in label:  # which it does not know
            parser.parse(f"${symbol(legible(label))}$")


# ---- errors ------------------------------------------------------------------------


def test_errors_say_what_to_write():
    x = Value(0.0, label="x")
    y = sum([x] * 201)
    with pytest.raises(
        ValueError, match="a formula of 201 operands is more than limit"
    ):
        to_latex(y)
    assert len(to_latex(y, limit=201).lines) == 2
    with pytest.raises(TypeError, match="expected a Value to write as LaTeX, got 3"):
        to_latex(3.0)
    with pytest.raises(ValueError, match="digits must be at least 1, got 0"):
        to_latex(y, digits=0)
    root = sqrt(x)
    with pytest.raises(ZeroDivisionError, match=r"the derivative of sqrt\(x = 0.0\)"):
        to_latex(root)
    assert to_latex(root, []).lines == (r"\mathrm{root} = \sqrt{x}",)


def test_a_large_graph_is_refused_at_once():
    y = Value(1.0)
    for _ in range(100_000):
        y = y * 1.0001
    with pytest.raises(ValueError, match="explain"):
        to_latex(y)
    assert len(leaves(y)) == 1
