"""A plan as one C file for other programs, with its parameters and a self-check.

The file has ``NAME`` for the outputs; where f has parameters and one output,
``NAME_value_and_grad``; ``NAME_theta`` with the parameters' numbers; and under
SELF_CHECK a main that compares what it computes with what NumPy computed.
"""

from __future__ import annotations

import re
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.compiler.c.file import File
from autograd.compiler.c.functions import function_head
from autograd.compiler.c.run import Space
from autograd.compiler.c.spelling import comment, literal
from autograd.compiler.c.taken import is_taken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.compiler.c.section import Section
    from autograd.compiler.runner import Runner

    Array = np.ndarray[Any, Any]

_CHECK = """\
#ifdef SELF_CHECK
#include <stdio.h>

/* The sum of the differences, relative to the largest number that is expected. */
static double error_of(long count, const real *found, const real *expected)
{
    double largest = 0, error = 0;
    for (long i = 0; i < count; i++) {
        largest = fmax(largest, fabs((double)expected[i]));
        error += fabs((double)found[i] - (double)expected[i]); /* NaN stays */
    }
    return error / fmax(largest, 1);
}
"""


class Export:
    """Writes the C file of a compiled function; ``samples`` are for the self-check."""

    def __init__(self, runner: Runner, name: str, samples: Sequence[Any]) -> None:
        self._runner, self._name = runner, name
        self._program = program = runner.program
        self._real = "float" if runner.dtype == np.dtype("float32") else "double"
        self._samples, self._batch = runner.arrays(samples)
        self._theta = runner.read_theta()
        self._file = File(self._real)
        self._file.add("f", program.plan(False), "outputs")
        if program.has_gradient:
            self._file.add("g", program.plan(True), "gradient")
        if is_taken(name) or re.search(rf"\b{name}\b", self._file.text):
            raise ValueError(
                f"{name!r} has a meaning in the C file: choose another name"
            )

    def text(self) -> str:
        """Give the file."""
        first, *others = self._file.sections
        entries = [self._array("real", f"{self._name}_theta", self._theta, "const")]
        entries += [self._data(section) for section in self._file.sections]
        entries.append(self._outputs(first))
        entries += [self._value_and_grad(section) for section in others]
        entries.append(self._check())
        self._file.entries = entries
        return "\n".join([self._head(), "#include <stdlib.h>", self._file.text])

    def _head(self) -> str:
        name, lines = self._name, list[str]()
        lines.append(f"{name}: {self._program.summary()}; printed by autograd.")
        lines.append("")
        for k, (x, batched) in enumerate(zip(self._samples, self._program.batched)):
            many = "samples x " if batched else ""
            lines.append(f"x{k} has {many}{x.shape[1]} numbers.")
        lines.append(f"{name} sets out, samples x {len(self._program.roots)}.")
        if self._program.has_gradient:
            lines.append(
                f"{name}_value_and_grad sets the mean of out, and its gradient in the "
                f"{len(self._theta)} numbers of theta; {name}_theta has those of now."
            )
        lines.append("Both give 0, or 1 where memory is short.")
        lines.append("")
        lines.append(f"cc -std=c11 -O3 -DSELF_CHECK {name}.c -lm && ./a.out checks it.")
        wrapped = [part for line in lines for part in wrap(line, 80) or [""]]
        indented = [f"   {line}".rstrip() for line in wrapped]
        return comment(indented[0].strip(), *indented[1:]) + "\n"

    # ---- data ------------------------------------------------------------------------

    def _array(self, kind: str, name: str, numbers: Array, storage: str) -> str:
        """Write an array; C has no empty ones, so one 0 stands for none."""
        texts = [
            str(x) if kind == "int" else literal(x, self._real).strip("()")
            for x in (numbers.tolist() or [0.0 if kind == "real" else 0])
        ]
        lines = "\n    ".join(wrap(", ".join(texts), 84))
        return f"{storage} {kind} {name}[{len(texts)}] = {{\n    {lines}\n}};\n"

    def _data(self, section: Section) -> str:
        space, name = self._space(section), section.name
        behind = space.numbers[section.plan.parameters.stop :]
        return "\n".join(
            [
                self._array("int", f"{name}_table", space.table, "static const"),
                self._array("real", f"{name}_numbers", behind, "static const"),
            ]
        )

    def _space(self, section: Section) -> Space:
        return Space(section, self._file.tile, self._runner.dtype)

    # ---- functions -------------------------------------------------------------------

    def _inputs(self) -> list[str]:
        return [f"const real *x{k}" for k in range(len(self._samples))]

    def _outputs(self, section: Section) -> str:
        parameters = [*self._inputs(), "long samples", "real *out"]
        head = function_head(f"int {self._name}", parameters)
        call = "f_outputs(f_table, s, r, x, NULL, 0, samples, out);"
        return self._body(head, section, f"{self._name}_theta", call)

    def _value_and_grad(self, section: Section) -> str:
        parameters = ["const real *theta", *self._inputs(), "long samples"]
        parameters += ["double *value", "real *gradient"]
        head = function_head(f"int {self._name}_value_and_grad", parameters)
        call = (
            "*value = g_value_and_grad(g_table, s, r, lines, block, x, NULL, 0, "
            "samples, gradient);"
        )
        return self._body(head, section, "theta", call)

    def _body(self, head: str, section: Section, theta: str, call: str) -> str:
        """Write a function that makes its memory, calls, and gives the memory back."""
        count = section.plan.parameters.stop
        name, inputs = section.name, [f"x{k}" for k in range(len(self._samples))]
        sizes = {
            what: size
            for what, size in section.memory.sizes(self._file.tile).items()
            if re.search(rf"\b{what}\b", call)
        }
        lines = [f"const real *x[] = {{{', '.join(inputs) or 'NULL'}}};"]
        lines += [
            f"real *{what} = calloc({size}, sizeof(real));"
            for what, size in sizes.items()
        ]
        work = [f"memcpy(s, {theta}, {count} * sizeof(real));"] if count else []
        work.append(f"memcpy(s + {count}, {name}_numbers, sizeof {name}_numbers);")
        for place in sorted(section.plan.ones):
            work.append("for (long b = 0; b < TILE; b++)")
            work.append(f"    r[{place} * TILE + b] = 1;")
        work.append(call)
        lines.append(f"const int whole = {' && '.join(sizes)};")
        lines += ["if (whole) {", *[f"    {line}" for line in work], "}"]
        lines += [f"free({what});" for what in sizes]
        body = "\n".join(f"    {line}" for line in [*lines, "return !whole;"])
        return f"{head}\n{{\n{body}\n}}\n"

    # ---- the check -------------------------------------------------------------------

    def _check(self) -> str:
        """Write a main that computes the samples, and compares."""
        runner, name = self._runner, self._name
        with np.errstate(all="ignore"):
            out = runner.outputs_of(self._samples, self._theta, self._batch)
            found = [("out", f"{name}(", out.ravel())]
            if self._program.has_gradient:
                _, slopes = runner.gradient_of(self._samples, self._theta)
                found.append(
                    ("gradient", f"{name}_value_and_grad({name}_theta, ", slopes)
                )
        static = "static const"
        parts = [_CHECK]
        for k, x in enumerate(self._samples):
            parts.append(self._array("real", f"check_x{k}", x.ravel(), static))
        given = "".join(f"check_x{k}, " for k in range(len(self._samples)))
        lines = ["double error = 0;"]
        for what, start, expected in found:
            if not np.isfinite(expected).all():
                raise FloatingPointError(
                    f"the {what} of the samples for the self-check is not finite: give "
                    "export samples where it is"
                )
            parts.append(self._array("real", f"check_{what}", expected, static))
            size = max(expected.size, 1)
            mean = ", &mean" if what == "gradient" else ""
            lines.append(f"static real {what}[{size}];")
            lines += ["double mean = 0;"] if mean else []
            call = f"{start}{given}{self._batch}{mean}, {what})"
            lines += [f"if ({call})", "    return 2;"]
            count = expected.size
            lines.append(f"error += error_of({count}, {what}, check_{what});")
        tolerance = "1e-3" if self._real == "float" else "1e-9"
        lines += [
            'printf("relative error: %g\\n", error);',
            f"return !(error <= {tolerance});",
        ]
        body = "\n".join(f"    {line}" for line in lines)
        parts.append(f"int main(void)\n{{\n{body}\n}}\n#endif\n")
        return "\n".join(parts)
