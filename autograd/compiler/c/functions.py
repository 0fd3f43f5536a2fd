"""One C function for each shape of instruction, called with places and steps.

A function computes ``out = expression`` for so many rows of n samples, or goes through
terms, ``out = expression of out and a term``. An operand is a row or a number for each
result, found by a step from one result to the next or by a table of places; or it is a
constant and stands in the expression.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from autograd.compiler.c.spelling import comment

if TYPE_CHECKING:
    from collections.abc import Sequence


class Operand(NamedTuple):
    """How a function finds an operand, and what it is called with.

    ``steps`` are from result to result and from term to term, in C; without them
    ``start`` is a table of places, or the constant's literal.
    """

    kind: str  # "row", "number" or "constant"
    start: str
    steps: tuple[str, str] | None = None

    @property
    def shape(self) -> tuple[str, ...]:
        """Describe all that a function's text depends on."""
        if self.kind == "constant":
            return self.kind, self.start
        how = "at" if self.steps is None else "beside" if self.is_dense else "by"
        return self.kind, how

    @property
    def is_dense(self) -> bool:
        """Tell whether numbers lie side by side, which is worth a function: vectors."""
        return self.kind == "number" and self.steps is not None and self.steps[0] == "1"

    def passed(self, names: tuple[str, str], through_terms: bool) -> tuple[str, ...]:
        """Choose from what belongs to the step per result and per term."""
        first = () if self.is_dense else names[:1]
        return (*first, *names[1:]) if through_terms else first


class Functions:
    """The functions of one file, each shape once."""

    def __init__(self) -> None:
        self._names: dict[object, str] = {}
        self.texts: list[str] = []

    def __len__(self) -> int:
        return len(self.texts)

    def call(
        self,
        name: str,
        expression: str,
        operands: Sequence[Operand],
        *,
        count: int,
        out: str,
        batched: bool,
        terms: int | None = None,
    ) -> str:
        """Give the C call; {0}, {1}, ... and {out} stand in the expression."""
        key = expression, tuple(x.shape for x in operands), batched, terms is None
        if key not in self._names:
            start = "op_" if name[:1].isdigit() else ""
            self._names[key] = f"{start}{name}_{len(self.texts) + 1}"
            text = _function(
                self._names[key], expression, operands, batched, terms is not None
            )
            self.texts.append(text)
        arguments = [str(count)]
        if batched:
            arguments.append("n")
        if terms is not None:
            arguments.append(str(terms))
        arguments.append(out)
        arguments += _arenas(operands)
        for x in operands:
            if x.kind != "constant":
                arguments.append(x.start)
                if x.steps is not None:
                    arguments += x.passed(x.steps, terms is not None)
        return f"{self._names[key]}({', '.join(arguments)});"


def _arenas(operands: Sequence[Operand]) -> list[str]:
    """Name the arenas that tables of places point into."""
    kinds = {x.kind for x in operands if x.steps is None}
    return ["s"] * ("number" in kinds) + ["r"] * ("row" in kinds)


def _function(
    name: str,
    expression: str,
    operands: Sequence[Operand],
    batched: bool,
    through_terms: bool,
) -> str:
    parameters = ["long count"]
    if batched:
        parameters.append("long n")
    if through_terms:
        parameters.append("long terms")
    parameters.append("real *restrict out")
    parameters += [f"const real *{arena}" for arena in _arenas(operands)]
    reads, names = [], []
    for k, x in enumerate(operands):
        if x.kind == "constant":
            names.append(x.start)
            continue
        parameters += _parameters(k, x, through_terms)
        read = _read(k, x, through_terms)
        if x.kind == "row":
            reads.append(f"const real *y{k} = {read};")
            names.append(f"y{k}[b]")
        else:
            reads.append(f"const real y{k} = {read};")
            names.append(f"y{k}")
    result = "out[b]" if batched else "out[i]"
    body = [f"{result} = {expression.format(*names, out=result)};"]
    if batched:
        body = ["for (long b = 0; b < n; b++)", f"    {body[0]}"]
    body = [*reads, *body]
    if through_terms:
        body = ["for (long t = 0; t < terms; t++) {", *_indented(body), "}"]
    step = ", out += TILE" if batched else ""
    short = [
        x.start if x.kind == "constant" else f"y{k}" for k, x in enumerate(operands)
    ]
    formula = expression.format(*short, out="out")
    return "\n".join(
        [
            comment(f"out = {formula}{', for each term' * through_terms}"),
            function_head(f"static void {name}", parameters),
            "{",
            f"    for (long i = 0; i < count; i++{step}) {{",
            *_indented(_indented(body)),
            "    }",
            "}",
            "",
        ]
    )


def _parameters(k: int, x: Operand, through_terms: bool) -> list[str]:
    if x.steps is None:
        return [f"const int *at{k}"]
    steps = x.passed((f"long d{k}", f"long e{k}"), through_terms)
    return [f"const real *x{k}", *steps]


def _read(k: int, x: Operand, through_terms: bool) -> str:
    if x.steps is None:
        index = f"at{k}[t * count + i]" if through_terms else f"at{k}[i]"
        return f"r + (long){index} * TILE" if x.kind == "row" else f"s[{index}]"
    by = "i" if x.is_dense else f"i * d{k}"
    offset = f"{by} + t * e{k}" if through_terms else by
    return f"x{k} + {offset}" if x.kind == "row" else f"x{k}[{offset}]"


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def function_head(start: str, parameters: Sequence[str]) -> str:
    """Write the head of a function, broken to a readable width."""
    lines = [f"{start}("]
    indent = " " * len(lines[0])
    for k, parameter in enumerate(parameters):
        piece = parameter + (")" if k == len(parameters) - 1 else ",")
        if lines[-1].strip() and len(lines[-1]) + len(piece) > 84:
            lines.append(indent + piece)
        else:
            lines[-1] += ("" if lines[-1].endswith("(") else " ") + piece
    return "\n".join(lines)
