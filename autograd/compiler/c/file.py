"""The C text of a whole file: header, shared loops, functions, sections, entries.

What a file computes with, beside the arrays of its caller: a table of places, the
numbers of the shared arena, and memory for a tile of samples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.compiler.c import loops
from autograd.compiler.c.functions import Functions, function_head
from autograd.compiler.c.section import Section

if TYPE_CHECKING:
    from autograd.compiler.roll import Plan

_ROOM = 2**13  # numbers that the rows of a tile may take: the nearest caches
_MEMORY = ["const int *table", "real *s", "real *r"]
_SAMPLES = ["const real *const *x", "long samples"]


class File:
    """The text of one file, and the sections that tell what memory it needs."""

    def __init__(self, real: str) -> None:
        self.real, self.functions = real, Functions()
        self.sections: list[Section] = []
        self.entries: list[str] = []

    def add(
        self, name: str, plan: Plan, with_gradient: bool, loads: bool = True
    ) -> Section:
        """Add the functions of a plan; their names begin with ``name``."""
        section = Section(plan, name, self.functions, self.real, with_gradient, loads)
        self.sections.append(section)
        return section

    @property
    def tile(self) -> int:
        """How many samples are computed side by side."""
        rows = max(section.memory.rows for section in self.sections)
        return next((n for n in (128, 64, 32, 16) if n * rows <= _ROOM), 8)

    @property
    def text(self) -> str:
        """All of it, in the order in which C wants it."""
        own = list(self.functions.texts)
        own += [text for section in self.sections for text in section.texts]
        own += self.entries
        header = loops.HEADER.format(real=self.real, tile=self.tile)
        return "\n".join([header, *loops.needed(own), *own])


def outputs_file(plan: Plan, real: str) -> File:
    """Give the file that computes the outputs of each sample."""
    file = File(real)
    file.add("f", plan, with_gradient=False)
    count, lines = len(plan.outputs), []
    for k, (batched, place) in enumerate(plan.outputs):
        value = f"r[{place} * TILE + b]" if batched else f"s[{place}]"
        lines.append(f"            out[(k + b) * {count} + {k}] = {value};")
    body = [
        "    f_once(table, s, x);",
        "    for (long k = 0; k < samples; k += TILE) {",
        "        const long n = samples - k < TILE ? samples - k : TILE;",
        "        f_load(r, x, NULL, k, n);",
        "        f_batch(table, s, r, n);",
        "        for (long b = 0; b < n; b++) {",
        *lines,
        "        }",
        "    }",
    ]
    if not lines:
        body.insert(0, "    (void)out;")
    head = function_head("void outputs", [*_MEMORY, *_SAMPLES, "real *out"])
    file.entries.append("\n".join([head, "{", *body, "}", ""]))
    return file


def gradient_file(plan: Plan, real: str) -> File:
    """Give the file that computes the mean of the one output and its gradient."""
    file = File(real)
    file.add("f", plan, with_gradient=True)
    head = function_head(
        "double value_and_grad",
        [*_MEMORY, "real *lines", "real *block", *_SAMPLES, "real *g"],
    )
    call = "f_value_and_grad(table, s, r, lines, block, x, NULL, 0, samples, g)"
    file.entries.append(f"{head}\n{{\n    return {call};\n}}\n")
    return file
