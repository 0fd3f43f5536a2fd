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
    from autograd.compiler.c.section import Purpose
    from autograd.compiler.roll import Plan

# How many samples are computed side by side, up to how many rows: as caches allow. A
# power of two would let many rows fall into the same few lines of a cache.
_TILES = ((80, 2**11), (32, 2**16))
_MEMORY = ["const int *table", "real *s", "real *r"]
_SAMPLES = ["const real *const *x", "long samples"]


class File:
    """The text of one file, and the sections that tell what memory it needs."""

    def __init__(self, real: str) -> None:
        self.real, self.functions = real, Functions()
        self.sections: list[Section] = []
        self.entries: list[str] = []

    def add(self, name: str, plan: Plan, purpose: Purpose) -> Section:
        """Add the functions of a plan; their names begin with ``name``."""
        section = Section(plan, name, self.functions, self.real, purpose)
        self.sections.append(section)
        return section

    @property
    def tile(self) -> int:
        """How many samples are computed side by side."""
        rows = max(section.memory.rows for section in self.sections)
        return next((tile for tile, most in _TILES if rows <= most), 16)

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
    file.add("f", plan, "outputs")
    head = function_head("void outputs", [*_MEMORY, *_SAMPLES, "real *out"])
    call = "f_outputs(table, s, r, x, NULL, 0, samples, out)"
    file.entries.append(f"{head}\n{{\n    {call};\n}}\n")
    return file


def gradient_file(plan: Plan, real: str) -> File:
    """Give the file that computes the mean of the one output and its gradient."""
    file = File(real)
    file.add("f", plan, "gradient")
    parameters = [*_MEMORY, "real *lines", "real *block", *_SAMPLES, "real *g"]
    head = function_head("double value_and_grad", parameters)
    call = "f_value_and_grad(table, s, r, lines, block, x, NULL, 0, samples, g)"
    file.entries.append(f"{head}\n{{\n    return {call};\n}}\n")
    return file
