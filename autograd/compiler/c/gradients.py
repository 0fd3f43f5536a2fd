"""The gradient's sums over the batch as C calls.

``g`` is the gradient, ``scale`` is 1 / B; ``add`` is 0 where a block is to set its part
of the gradient and not to add to it: in the first tile, where nothing else does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from autograd.compiler.c.spelling import comment
from autograd.compiler.instructions import Contraction, regular
from autograd.compiler.listing import describe_gradient

if TYPE_CHECKING:
    from autograd.compiler.c.memory import Memory
    from autograd.compiler.instructions import BatchSum, Places
    from autograd.compiler.roll import Plan

_VECTOR = 16  # numbers; lines of scratch memory are padded to whole vectors
_COLUMNS = 64  # of a block, as ``outer`` in loops.c takes them


def blocks_cover(plan: Plan) -> bool:
    """Tell whether blocks alone set every number of the gradient, each one once."""
    parts = [part for part in plan.gradients if isinstance(part, Contraction)]
    if len(parts) < len(plan.gradients) or not all(map(_is_plain, parts)):
        return False
    places = [part.to.ravel() for part in parts] or [np.zeros(0, int)]
    everything = np.arange(plan.parameters.stop)
    return np.array_equal(np.sort(np.concatenate(places)), everything)


def gradient_calls(plan: Plan, memory: Memory) -> list[str]:
    """Give the calls that add what a tile of samples gives to the gradient."""
    calls = []
    add = "add" if blocks_cover(plan) else "1"
    for part in plan.gradients:
        calls.append(comment(describe_gradient(part)))
        if isinstance(part, Contraction):
            calls += _block_calls(part, memory, add)
        else:
            calls.append(_row_call(part, memory))
    return calls


def bias_calls(plan: Plan, memory: Memory) -> list[str]:
    """Give the calls that add what no sample changes, once."""
    calls = []
    for to, source in plan.gradient_bias:
        if isinstance(to, slice) and isinstance(source, slice):
            count = to.stop - to.start
            calls.append(f"for (long i = 0; i < {count}; i++)")
            calls.append(f"    g[{to.start} + i] += s[{source.start} + i];")
            continue
        pairs = [np.r_[places].astype(np.intp) for places in (to, source)]
        table = memory.pick(np.stack(pairs, axis=1))
        calls.append(f"add_numbers({len(pairs[0])}, g, s, {table});")
    return calls


def _is_plain(part: Contraction) -> bool:
    return regular(part.to) is not None and bool((part.factors == 1.0).all())


def _row_call(part: BatchSum, memory: Memory) -> str:
    columns = [part.to, part.factors, part.rows]
    if part.times is not None:
        columns.append(part.times)
    return _sums_of_rows(columns, memory, add="1")


def _sums_of_rows(columns: list[Places], memory: Memory, add: str) -> str:
    """Sum rows, or products of two: place in the gradient, factor, row or rows."""
    name = "add_rows" if len(columns) == 3 else "add_products"
    table = memory.pick(np.stack(columns, axis=1))
    return f"{name}({len(columns[0])}, n, g, s, r, {table}, scale, {add});"


def _block_calls(part: Contraction, memory: Memory, add: str) -> list[str]:
    if not _is_plain(part) or len(part.left) > 1:
        return _stacked_calls(part, memory, add)
    to, left, right = part.to, part.left[0], part.right[0]
    calls = []
    one = np.full(len(left), memory.constant(1.0), dtype=np.intp)
    if int(right[-1]) in memory.plan.ones:  # then these are sums of the left rows
        calls.append(_sums_of_rows([to[:, -1], one, left], memory, add))
        to, right = to[:, :-1], right[:-1]
    if min(to.shape) <= 2:
        pairs = [np.repeat(left, len(right)), np.tile(right, len(left))]
        one = np.full(to.size, memory.constant(1.0), dtype=np.intp)
        return [*calls, _sums_of_rows([to.ravel(), one, *pairs], memory, add)]
    return calls + _outer_calls(to, left, right, memory, add)


def _outer_calls(
    to: Places, left: Places, right: Places, memory: Memory, add: str
) -> list[str]:
    """Multiply rows by lines; the longer side of the matrix lies along the lines."""
    source = _input(right, memory.plan)
    if len(left) > len(right) and source is None:
        to, left, right = to.T, right, left
    (size, columns), (di, dj) = to.shape, regular(to) or (0, 0)
    left, calls = memory.gather_rows(left)
    if source is not None:
        width = columns
        lines = f"gather_lines({columns}, n, lines, x[{source}], order, first)"
    else:
        width, lines = -(-columns // _VECTOR) * _VECTOR, "lines"
        calls += _transpose_calls(right, memory)
    memory.lines = max(memory.lines, width)
    memory.block = max(memory.block, size * min(width, _COLUMNS))
    calls.append(
        f"outer({size}, {columns}, n, g + {to.flat[0]}, {di}, {dj}, scale, {add}, "
        f"{_rows(left, memory)}, {lines}, {width}, block);"
    )
    return calls


def _stacked_calls(part: Contraction, memory: Memory, add: str) -> list[str]:
    """Sum over several sets of rows in one block, and put it where it belongs."""
    to, factors, left, right = part.to, part.factors, part.left, part.right
    if to.shape[0] > to.shape[1]:
        to, factors, left, right = to.T, factors.T, right, left
    size, columns = to.shape
    width = -(-columns // _VECTOR) * _VECTOR
    memory.lines = max(memory.lines, width)
    memory.block = max(memory.block, size * width)
    calls, more = list[str](), 0
    for rows_left, rows_right in zip(left, right):
        both = np.concatenate([rows_left, rows_right])
        gathered, gather = memory.gather_rows(both)
        if regular(rows_left) is None:
            rows_left, rows_right = gathered[:size], gathered[size:]
            calls += gather
        calls += _transpose_calls(rows_right, memory)
        calls.append(
            f"product({size}, n, {width}, {more}, block, {width}, NULL, 0, scale, "
            f"{_rows(rows_left, memory)}, 1, lines, {width});"
        )
        more = 1
    if _is_plain(part):
        di, dj = regular(to) or (0, 0)
        where = f"{di}, {dj}, block, {width}, {add}"
        calls.append(f"put({size}, {columns}, g + {to.flat[0]}, {where});")
    else:
        weights = [memory.constant(float(c)) for c in factors.ravel()]
        pairs = np.stack([to.ravel(), np.array(weights, dtype=np.intp)], axis=1)
        table = memory.pick(pairs)
        calls.append(f"put_at({size}, {columns}, g, s, {table}, block, {width});")
    return calls


def _transpose_calls(places: Places, memory: Memory) -> list[str]:
    places, calls = memory.gather_rows(places)
    return [*calls, f"transpose({len(places)}, n, lines, {_rows(places, memory)});"]


def _input(places: Places, plan: Plan) -> int | None:
    """Tell which batched input these rows are, if they are a whole one in order."""
    for k, (batched, start, count) in enumerate(plan.arguments):
        if batched and np.array_equal(places, np.arange(start, start + count)):
            return k
    return None


def _rows(places: Places, memory: Memory) -> str:
    (step,) = regular(places) or (0,)
    return f"{memory.address(True, int(places[0]))}, {memory.step(True, step)}"
