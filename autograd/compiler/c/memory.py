"""Where the operands of a plan's C calls lie, written as C expressions.

``s`` has the numbers of the shared arena; then further constants, and numbers that are
gathered once per call. ``r`` has the rows of the batched arena, then scratch rows.
``table`` has the places of all operands that no constant step finds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from autograd.compiler.c.functions import Operand
from autograd.compiler.c.spelling import literal
from autograd.compiler.instructions import regular

if TYPE_CHECKING:
    from autograd.compiler.instructions import Places
    from autograd.compiler.roll import Plan

# Constants that are written into the code; it depends on no other numbers.
_WRITTEN = {"-2.0", "-1.0", "-0.5", "0.0", "0.5", "1.0", "2.0"}


class Memory:
    """The memory of one plan, as its C calls see it."""

    def __init__(self, plan: Plan, real: str) -> None:
        self.plan, self.real = plan, real
        self.table: list[int] = []
        self.numbers: list[float] = []  # what follows the shared arena in s
        self.scratch_rows = 0
        # Scratch for blocks of the gradient: numbers per sample, and in all.
        self.lines, self.block = 0, 0
        self._gathers: list[str] = []
        self._constants: dict[str, int] = {}  # by repr: -0.0 is not 0.0
        self._gathered: dict[bytes, int] = {}

    @property
    def rows(self) -> int:
        """The number of rows that r holds."""
        return self.plan.sizes[1] + self.scratch_rows

    def sizes(self, tile: int) -> dict[str, int]:
        """Give the sizes of the arrays that a section computes with, in numbers."""
        return {
            "s": self.plan.sizes[0] + len(self.numbers) + 1,
            "r": self.rows * tile + 1,
            "lines": self.lines * tile + 1,
            "block": self.block + 1,
        }

    # ---- operands --------------------------------------------------------------------

    def operand(self, batched: bool, places: Places) -> Operand:
        """Give an operand of each result, or of each term of each result."""
        kind = "row" if batched else "number"
        if not batched:
            constants = [self.plan.constants.get(int(p)) for p in places.flat]
            written = set(map(repr, constants))  # -0.0 is not 0.0
            if len(written) == 1 and written <= _WRITTEN:
                return Operand("constant", literal(float(written.pop()), self.real))
        steps = regular(places)
        if steps is None:
            return Operand(kind, self.pick(places))
        start = self.address(batched, int(places.flat[0]))
        by = [self.step(batched, step) for step in reversed(steps)]
        return Operand(kind, start, (by[0], by[1] if len(by) > 1 else "0"))

    def address(self, batched: bool, place: int) -> str:
        """Give the address of a row or a number."""
        if batched:
            return f"r + {place} * TILE" if place else "r"
        return f"s + {place}" if place else "s"

    def step(self, batched: bool, step: int) -> str:
        """Give the distance between two rows or numbers whose places differ so."""
        if not batched or not step:
            return str(step)
        return "TILE" if step == 1 else f"{step} * TILE"

    def pick(self, places: Places) -> str:
        """Put places into the table, and give where they stand in it."""
        start = len(self.table)
        self.table += places.ravel().tolist()
        return f"table + {start}"

    # ---- further numbers and rows ----------------------------------------------------

    def constant(self, x: float) -> int:
        """Give the place in s of a constant."""
        if repr(x) not in self._constants:
            self._constants[repr(x)] = self._append([x])
        return self._constants[repr(x)]

    def gathered(self, places: Places) -> Places:
        """Give places where these numbers stand in order, brought there once a call.

        What brings them is to be taken by ``take_gathers`` and called beforehand.
        """
        if regular(places) is not None:
            return places
        key = places.tobytes()
        if key not in self._gathered:
            start = self._gathered[key] = self._append([0.0] * places.size)
            self._gathers.append(
                f"gather_numbers({places.size}, {self.address(False, start)}, s, "
                f"{self.pick(places)});"
            )
        start = self._gathered[key]
        return np.arange(start, start + places.size).reshape(places.shape)

    def take_gathers(self) -> list[str]:
        """Give the calls that gather numbers, each of them once."""
        gathers, self._gathers = self._gathers, []
        return gathers

    def gather_rows(self, places: Places) -> tuple[Places, list[str]]:
        """Give places where these rows stand in order, and the call that does it."""
        if regular(places) is not None:
            return places, []
        start = self.plan.sizes[1]
        self.scratch_rows = max(self.scratch_rows, places.size)
        to, table = self.address(True, start), self.pick(places)
        call = f"gather_rows({places.size}, n, {to}, r, {table});"
        return np.arange(start, start + places.size).reshape(places.shape), [call]

    def _append(self, numbers: list[float]) -> int:
        start = self.plan.sizes[0] + len(self.numbers)
        self.numbers += numbers
        return start
