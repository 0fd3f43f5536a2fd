"""A plan as static C functions: its inputs, once per call, per tile, its gradient."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from autograd.compiler.c.dispatch import dispatched
from autograd.compiler.c.functions import function_head
from autograd.compiler.c.gradients import bias_calls, blocks_cover, gradient_calls
from autograd.compiler.c.memory import Memory
from autograd.compiler.c.program import instruction_calls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.compiler.c.functions import Functions
    from autograd.compiler.roll import Plan

Purpose = Literal["outputs", "gradient", "update"]
_TABLE, _NUMBERS, _ROWS = "const int *table", "const real *s", "real *r"
_SAMPLES = ["const real *const *x", "const long *order", "long first"]
_SCRATCH = ["real *lines", "real *block"]
_WIDE = "const long wide = (n + 15) / 16 * 16; /* products are of whole vectors */"


class Section:
    """The functions of one plan; their names begin with ``name``.

    ``texts`` has ``once``; but for updates ``load`` and ``batch``; then ``outputs``, or
    the gradient's functions and ``value_and_grad``, which calls all of them.
    """

    def __init__(
        self,
        plan: Plan,
        name: str,
        functions: Functions,
        real: str,
        purpose: Purpose,
    ) -> None:
        self.plan, self.name = plan, name
        self.memory = memory = Memory(plan, real)
        once, batch = self._given(), list[str]()
        for instruction in plan.shared:
            calls = instruction_calls(instruction, memory, functions)
            once += memory.take_gathers() + calls
        for instruction in plan.batched if purpose != "update" else ():
            batch += instruction_calls(instruction, memory, functions)
        once = dispatched(once + memory.take_gathers(), memory.table)
        batch = dispatched(batch, memory.table)
        if any("wide" in call for call in batch):
            batch.insert(0, _WIDE)
        self.texts = [self._function("once", [_TABLE, "real *s", _SAMPLES[0]], once)]
        if purpose != "update":
            load = self._function("load", [_ROWS, *_SAMPLES, "long n"], self._loads())
            head = [_TABLE, _NUMBERS, _ROWS, "long n"]
            self.texts = [load, *self.texts, self._function("batch", head, batch)]
        if purpose == "outputs":
            self.texts.append(self._outputs())
        if purpose == "gradient":
            self._write_gradient()

    def _given(self) -> list[str]:
        return [
            f"memcpy(s + {place}, x[{k}], {count} * sizeof(real));"
            for k, (batched, place, count) in enumerate(self.plan.arguments)
            if count and not batched
        ]

    def _loads(self) -> list[str]:
        address = self.memory.address
        return [
            f"load({count}, n, {address(True, place)}, x[{k}], order, first);"
            for k, (batched, place, count) in enumerate(self.plan.arguments)
            if count and batched
        ]

    def _outputs(self) -> str:
        name, count, lines = self.name, len(self.plan.outputs), list[str]()
        for k, (batched, place) in enumerate(self.plan.outputs):
            value = f"r[{place} * TILE + b]" if batched else f"s[{place}]"
            lines.append(f"        out[(k + b) * {count} + {k}] = {value};")
        body = [
            f"{name}_once(table, s, x);",
            "for (long k = 0; k < samples; k += TILE) {",
            "    const long n = samples - k < TILE ? samples - k : TILE;",
            f"    {name}_load(r, x, order, first + k, n);",
            f"    {name}_batch(table, s, r, n);",
            "    for (long b = 0; b < n; b++) {",
            *lines,
            "    }",
            "}",
        ]
        parameters = [_TABLE, "real *s", _ROWS, *_SAMPLES, "long samples", "real *out"]
        return self._function("outputs", parameters, body)

    def _write_gradient(self) -> None:
        plan, memory = self.plan, self.memory
        tile = [_TABLE, _NUMBERS, _ROWS, "long n", "real *g", "real scale"]
        sums = dispatched(gradient_calls(plan, memory), memory.table)
        bias = bias_calls(plan, memory)
        self.texts += [
            self._function("gradient", [*tile, "int add", *_SCRATCH, *_SAMPLES], sums),
            self._function("bias", [_TABLE, _NUMBERS, "real *g"], bias),
            self._value_and_grad(),
        ]

    def _value_and_grad(self) -> str:
        plan, name, total = self.plan, self.name, self.total()
        size, covers = plan.parameters.stop, blocks_cover(plan)
        body = [
            "const real scale = (real)1 / (real)samples;",
            "double total = 0;",
            f"{name}_once(table, s, x);",
            *([] if covers else [f"memset(g, 0, {size} * sizeof(real));"]),
            "const long tiles = (samples + TILE - 1) / TILE;",
            "/* Tiles of like size, in whole vectors: TILE is a multiple of 8. */",
            "const long most = ((samples + tiles - 1) / tiles + 7) / 8 * 8;",
            "for (long k = 0; k < samples; k += most) {",
            "    const long n = samples - k < most ? samples - k : most;",
            f"    {name}_load(r, x, order, first + k, n);",
            f"    {name}_batch(table, s, r, n);",
            *[f"    {line}" for line in total],
            f"    {name}_gradient(table, s, r, n, g, scale, k > 0, lines, block, "
            "x, order, first + k);",
            "}",
            f"{name}_bias(table, s, g);",
            "return total / (double)samples;",
        ]
        memory = [_TABLE, "real *s", _ROWS, *_SCRATCH]
        parameters = [*memory, *_SAMPLES, "long samples", "real *g"]
        return self._function("value_and_grad", parameters, body, "double")

    def total(self) -> list[str]:
        """Give the lines that add the output of a tile of samples to a total."""
        ((batched, place),) = self.plan.outputs
        if not batched:
            return [f"total += (double)n * s[{place}];"]
        row = f"r[{place} * TILE + b]"
        return ["for (long b = 0; b < n; b++)", f"    total += {row};"]

    def _function(
        self,
        what: str,
        parameters: Sequence[str],
        calls: list[str],
        gives: str = "void",
    ) -> str:
        """Write a static function; a parameter that it does not need is let off."""
        code = re.sub(r"/\*.*?\*/", "", " ".join(calls))
        names = [re.split(r"[ *]", parameter)[-1] for parameter in parameters]
        unused = [name for name in names if not re.search(rf"\b{name}\b", code)]
        lines = [f"(void){name};" for name in unused] + calls
        head = function_head(f"static {gives} {self.name}_{what}", parameters)
        return "\n".join([head, "{", *[f"    {line}" for line in lines], "}", ""])
