"""The C text of training: many steps of loss, gradient and update in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.compiler.c.file import File

if TYPE_CHECKING:
    from autograd.compiler.c.section import Section
    from autograd.compiler.roll import Plan


def training_file(loss: Plan, update: Plan, real: str, clipped: bool) -> File:
    """Give the file that runs steps of training: loss, gradient, clipping, update."""
    file = File(real)
    file.add("loss", loss, "gradient")
    section = file.add("update", update, "update")
    file.entries.append(_training(update, section, clipped))
    return file


_CLIP = """\
        double squares = 0;
        for (long k = 0; k < runs; k++)
            for (long i = 0; i < run[k].count; i++)
                squares += (double)g[run[k].g + i] * g[run[k].g + i];
        const double ratio = clip / (sqrt(squares) + 1e-6);
        const real factor = ratio < 1 ? (real)ratio : 1;
"""


def _training(update: Plan, section: Section, clipped: bool) -> str:
    """Write the loop over steps; see ``compiler.training``."""
    names = ["s + run[k].s + i", "g + run[k].g + i", "rates + step", "&t"]
    states = range(len(update.arguments) - len(names))
    names += [f"state[{j}] + run[k].state + i" for j in states]
    given = ", ".join(name if k in (2, 3) else "NULL" for k, name in enumerate(names))
    loads = []
    for (batched, place, _), name in zip(update.arguments, names):
        if batched:
            row = section.memory.address(True, place).replace("r", "update_r", 1)
            loads.append(f"memcpy({row}, {name}, (size_t)n * sizeof(real));")
    results = [names[0], *names[4:]]
    values = [
        f"update_r[{place} * TILE + b]" if batched else f"update_s[{place}]"
        for batched, place in update.outputs
    ]
    stores = [f"({name})[b] = {x};" for name, x in zip(results, values)]
    if clipped:
        (_, place, _) = update.arguments[1]
        loads.append("for (long b = 0; b < n; b++)")
        loads.append(f"    update_r[{place} * TILE + b] *= factor;")

    def unused(name: str) -> str:
        return f"        (void){name};\n"

    tile = "\n".join(f"                {line}" for line in loads)
    back = "\n".join(f"                    {line}" for line in stores)
    return f"""\
/* Numbers of s, their part of the gradient, and of the state, that move together. */
typedef struct {{ long s, g, state, count; }} run_of_numbers;

/* Do steps of training: loss and gradient of the samples order[first[step]], ..., then
   the update. Stop at a step whose loss, gradient or update is not finite; give the
   number of the whole steps before it. */
long train(const int *table, real *s, real *r, real *lines, real *block,
           const int *update_table, real *update_s, real *update_r,
           const real *const *x, const long *order, const long *first,
           const long *samples, const real *rates, long steps, long done,
           const run_of_numbers *run, long runs, real *const *state, double clip,
           real *g, double *losses)
{{
    const real most = sizeof(real) == sizeof(float) ? (real)FLT_MAX : (real)DBL_MAX;
    for (long step = 0; step < steps; step++) {{
        losses[step] = loss_value_and_grad(table, s, r, lines, block, x, order,
                                           first[step], samples[step], g);
        int finite = isfinite(losses[step]) != 0;
{_CLIP if clipped else unused("clip")}{"" if len(names) > 4 else unused("state")}\
        const real t = (real)(done + step + 1);
        const real *given[] = {{{given}}};
        update_once(update_table, update_s, given);
        for (long k = 0; k < runs; k++)
            for (long i = 0; i < run[k].count; i += TILE) {{
                const long n = run[k].count - i < TILE ? run[k].count - i : TILE;
{tile}
                update_batch(update_table, update_s, update_r, n);
                for (long b = 0; b < n; b++) {{
                    finite &= fabs(g[run[k].g + i + b]) <= most;
                    finite &= fabs({values[0]}) <= most;
{back}
                }}
            }}
        if (!finite)
            return step;
    }}
    return steps;
}}
"""
