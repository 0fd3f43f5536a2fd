"""Step 4d, contract: gradients are products of rows, summed over the batch.

All products of some left rows with some right rows, summed over the batch, are one
matrix product: the outer product of a layer's deltas and inputs. Where weights are
shared, as over time or over places, several such blocks go to the same parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.compiler.instructions import BatchSum, Contraction, places

if TYPE_CHECKING:
    from autograd.compiler.roll import Plan
    from autograd.compiler.rows import Row

    # For each left row its products: (right row, parameter, factor).
    ByLeft = dict[int, list[tuple[int, int, float]]]
    Sums = list[Contraction | BatchSum]


def roll_gradients(plan: Plan, gradients: list[Row]) -> Sums:
    """Give the instructions that sum the gradients over the batch."""
    by_left: ByLeft = {}
    single: list[tuple[int, int, int]] = []  # to, factor, row
    for k, row in enumerate(gradients):
        one, minus_one = plan.constant(1.0), plan.constant(-1.0)
        single += [(k, one, plan.place[u]) for u in row.plus]
        single += [(k, minus_one, plan.place[u]) for u in row.minus]
        single += [(k, plan.place[p], plan.place[u]) for p, u in row.scaled]
        for c, u, v in row.products:
            right, left = sorted((plan.place[u], plan.place[v]))
            by_left.setdefault(left, []).append((right, k, c))
    single = [term for term in single if not _joins_block(plan, term, by_left)]
    found = _contractions(plan, by_left)
    if single:
        single.sort(key=lambda entry: entry[2])
        runs = _runs([row for _, _, row in single])
        for start, stop in runs if len(runs) <= 16 else [(0, len(single))]:
            columns = [places(column) for column in zip(*single[start:stop])]
            found.append(BatchSum(*columns))
    return found


def _joins_block(plan: Plan, term: tuple[int, int, int], by_left: ByLeft) -> bool:
    """Make a plain sum of a row its product with the ones behind its partners."""
    to, factor, row = term
    if row not in by_left or plan.constants.get(factor) != 1.0:
        return False
    ones = max(by_left[row])[0] + 1
    if ones in plan.ones:
        by_left[row].append((ones, to, 1.0))
    return ones in plan.ones


def _contractions(plan: Plan, by_left: ByLeft) -> Sums:
    """Group products into blocks: all pairs of some left and some right rows."""
    blocks: dict[Any, list[int]] = {}
    for row in sorted(by_left):
        by_left[row].sort()
        blocks.setdefault(tuple(r for r, _, _ in by_left[row]), []).append(row)
    stacks: dict[Any, list[tuple[list[int], Any]]] = {}
    loose: list[tuple[int, int, int, float]] = []  # to, left, right, factor
    for rights, lefts in blocks.items():
        if len(rights) * len(lefts) < 4:
            loose += [(k, i, r, c) for i in lefts for r, k, c in by_left[i]]
            continue
        targets = tuple(k for i in lefts for _, k, _ in by_left[i])
        factors = tuple(c for i in lefts for _, _, c in by_left[i])
        stacks.setdefault((targets, factors, len(lefts)), []).append((lefts, rights))
    found: Sums = []
    for (target, factors, count), pairs in stacks.items():
        shape = (count, len(target) // count)
        found.append(
            Contraction(
                places(target).reshape(shape),
                np.array(factors).reshape(shape),
                np.array([lefts for lefts, _ in pairs], dtype=np.intp),
                np.array([rights for _, rights in pairs], dtype=np.intp),
            )
        )
    if loose:
        loose.sort()
        to, left, right = (places(column) for column in zip(*[e[:3] for e in loose]))
        weights = places(plan.constant(entry[3]) for entry in loose)
        found.append(BatchSum(to, weights, left, right))
    return found


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """Split a sorted list into (start, stop) of its runs of consecutive numbers."""
    cuts = [i for i in range(1, len(rows)) if rows[i] != rows[i - 1] + 1]
    return list(zip([0, *cuts], [*cuts, len(rows)]))
