"""The C text of training: many steps of loss, gradient and update in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.compiler.c.file import File
from autograd.compiler.c.functions import function_head
from autograd.compiler.c.scalars import Scalars

if TYPE_CHECKING:
    from autograd.compiler.c.section import Section
    from autograd.compiler.roll import Plan


def training_file(loss: Plan, update: Plan, real: str, clipped: bool) -> File:
    """Give the file that runs steps of training: loss, gradient, clipping, update."""
    file = File(real)
    file.add("loss", loss, "gradient")
    section = file.add("update", update, "update")
    file.entries += [_numbers(update, section), _training(update, clipped)]
    return file


_CLIP = """\
        double squares = 0;
        for (long k = 0; k < runs; k++)
            for (long i = 0; i < run[k].count; i++)
                squares += (double)g[run[k].g + i] * g[run[k].g + i];
        const double ratio = clip / (sqrt(squares) + 1e-6);
        const real factor = ratio < 1 ? (real)ratio : 1;
"""

_NO_CLIP = """\
        (void)clip;
        const real factor = 1;
"""


def _numbers(update: Plan, section: Section) -> str:
    """Write the update of numbers that lie side by side."""
    states = [f"state{j}" for j in range(len(update.arguments) - 4)]
    given = {0: "x[i]", 1: "factor * g[i]"}
    given |= {4 + j: f"{name}[i]" for j, name in enumerate(states)}
    names, lines = dict[int, str](), list[str]()
    for k, (batched, place, _) in enumerate(update.arguments):
        if batched:
            names[place] = f"v{place}"
            lines.append(f"const real v{place} = {given[k]};")
    scalars = Scalars(section.memory, names)
    lines += scalars.lines
    results = [scalars.name(*output) for output in update.outputs]
    lines.append(f"wrong += fabs(g[i]) <= most && fabs({results[0]}) <= most ? 0 : 1;")
    for name, result in zip(["x", *states], results):
        lines.append(f"{name}[i] = {result};")
    parameters = ["long n", "const real *s", "real factor", "real *restrict x"]
    parameters += ["const real *restrict g"]
    parameters += [f"real *restrict {name}" for name in states]
    head = function_head("static int update_numbers", parameters)
    body = "\n".join(f"        {line}" for line in lines)
    return f"""\
/* Move n numbers, of gradient g times a factor; tell whether all is finite. */
{head}
{{
    const real most = sizeof(real) == sizeof(float) ? (real)FLT_MAX : (real)DBL_MAX;
    real wrong = 0;
    for (long i = 0; i < n; i++) {{
{body}
    }}
    return wrong == 0;
}}
"""


def _training(update: Plan, clipped: bool) -> str:
    """Write the loop over steps; see ``compiler.training``."""
    count = len(update.arguments) - 4
    given = ["NULL", "NULL", "rates + step", "&t", *["NULL"] * count]
    states = "".join(f", state[{j}] + run[k].state" for j in range(count))
    factor = _CLIP if clipped else _NO_CLIP
    if not count:
        factor += "        (void)state;\n"
    return f"""\
/* Numbers of s, their part of the gradient, and of the state, that move together. */
typedef struct {{ long s, g, state, count; }} run_of_numbers;

/* Do steps of training: loss and gradient of the samples order[first[step]], ..., then
   the update. Stop at a step whose loss, gradient or update is not finite; give the
   number of the whole steps before it. */
long train(const int *table, real *s, real *r, real *lines, real *block,
           const int *update_table, real *update_s, const real *const *x,
           const long *order, const long *first, const long *samples,
           const real *rates, long steps, long done, const run_of_numbers *run,
           long runs, real *const *state, double clip, real *g, double *losses)
{{
    for (long step = 0; step < steps; step++) {{
        losses[step] = loss_value_and_grad(table, s, r, lines, block, x, order,
                                           first[step], samples[step], g);
        int finite = isfinite(losses[step]) != 0;
{factor}\
        const real t = (real)(done + step + 1);
        const real *given[] = {{{", ".join(given)}}};
        update_once(update_table, update_s, given);
        for (long k = 0; k < runs; k++)
            finite &= update_numbers(run[k].count, update_s, factor, s + run[k].s,
                                     g + run[k].g{states});
        if (!finite)
            return step;
    }}
    return steps;
}}
"""
