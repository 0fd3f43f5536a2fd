"""Binding the gradient: sums over the batch, added up by parameter."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import as_strided

from autograd.compiler.instructions import Contraction, regular

if TYPE_CHECKING:
    from autograd.compiler.arenas import Arenas, Array
    from autograd.compiler.instructions import BatchSum, Places


def bind_gradient(arenas: Arenas) -> Array:
    """Append the calls that fill the gradient, a flat array; give that array."""
    sums = arenas.plan.gradients
    gradient: Array = np.zeros(len(arenas.theta), arenas.dtype)
    touched = np.zeros(len(gradient), bool)
    written = np.zeros(len(gradient), bool)  # set, not added to
    fresh = []  # which of the sums are the first to touch their places
    for part in sums:
        distinct = len(np.unique(part.to)) == part.to.size
        fresh.append(distinct and not touched[part.to].any())
        touched[part.to] = True
        written[part.to] |= fresh[-1]
    if not written.all():
        arenas.calls.append(partial(gradient.fill, 0.0))
    for part, first in zip(sums, fresh):
        view = _view(gradient, part.to)
        total = view if first else None
        if total is None:
            total = arenas.temporary(part.to.shape, 2)
        if isinstance(part, Contraction):
            _bind_contraction(arenas, part, total)
        else:
            _bind_batch_sum(arenas, part, total)
        if first and view is None:
            arenas.calls.append(partial(np.put, gradient, part.to, total))
        elif not first and view is None:
            arenas.calls.append(partial(np.add.at, gradient, part.to, total))
        elif not first:
            arenas.calls.append(partial(np.add, view, total, out=view))
    return gradient


def _view(gradient: Array, to: Places) -> Array | None:
    """Give places of the gradient as a view, where they are regular and distinct."""
    steps = regular(to)
    if steps is None or len(np.unique(to)) < to.size:
        return None
    (number,) = gradient.strides
    strides = tuple(step * number for step in steps)
    return as_strided(gradient[int(to.flat[0]) :], to.shape, strides)


def _bind_contraction(arenas: Arenas, part: Contraction, total: Array) -> None:
    calls = arenas.calls
    left, right = arenas.read(True, part.left, 0), arenas.read(True, part.right, 1)
    if len(left) == 1:
        calls.append(partial(np.matmul, left[0], right[0].T, out=total))
    else:
        terms = arenas.temporary((len(left), *part.to.shape), 3)
        calls.append(partial(np.matmul, left, right.transpose(0, 2, 1), out=terms))
        calls.append(partial(np.add.reduce, terms, axis=0, out=total))
    if (part.factors != 1.0).any():
        factors = part.factors.astype(arenas.dtype)
        calls.append(partial(np.multiply, total, factors, out=total))


def _bind_batch_sum(arenas: Arenas, part: BatchSum, total: Array) -> None:
    calls = arenas.calls
    rows = arenas.read(True, part.rows, 0)
    if part.times is None:
        ones = np.ones(arenas.batch, arenas.dtype)
        calls.append(partial(np.matmul, rows, ones, out=total))
    else:
        times = arenas.read(True, part.times, 1)
        calls.append(partial(np.einsum, "ij,ij->i", rows, times, out=total))
    constants = arenas.plan.constants
    if any(constants.get(int(place)) != 1.0 for place in part.factors):
        factors = arenas.read(False, part.factors, 3)[:, 0]
        calls.append(partial(np.multiply, total, factors, out=total))
