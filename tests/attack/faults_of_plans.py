"""Faults in plans, in C and in training: what programs of arrays must find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import primitives
from autograd.compiler import contract, eager, roll, training
from autograd.compiler.c import loops, run, section, spelling
from autograd.compiler.run import Bound
from tests.attack import operations
from tests.attack.faults import Fault, Put, Set


def _loop(old: str, new: str) -> Callable[[Set, Put], None]:
    """Change the text of loops.c in one place."""

    def plant(set: Set, put: Put) -> None:
        pieces = loops._pieces()
        wrong = [piece.replace(old, new, 1) for piece in pieces]
        assert wrong != pieces, f"loops.c has no {old!r}"
        set(loops, "_pieces", lambda: wrong)

    return plant


def _lost_bias(plan: Any, out: Any) -> None:
    out.bias = None if out.batched else out.bias


def _shuffled(set: Set, put: Put) -> None:
    """Take the operands of the first matrix for all that are stacked."""
    honest = roll.Plan._product

    def product(self: Any, rows: Any, size: int) -> Any:
        made = honest(self, rows, size)
        made.operand = np.repeat(made.operand[:1], len(made.operand), axis=0)
        return made

    set(roll.Plan, "_product", product)


def _same_factors(set: Set, put: Put) -> None:
    """Take the factor of the first of several products of rows for all."""
    honest = contract._contractions

    def contractions(plan: Any, by_left: Any) -> Any:
        found = honest(plan, by_left)
        for part in found:
            if hasattr(part, "left"):
                part.factors = np.ones_like(part.factors)
        return found

    set(contract, "_contractions", contractions)


def _transposed(set: Set, put: Put) -> None:
    """Mix up rows and columns of square blocks of the gradient."""
    honest = contract._contractions

    def contractions(plan: Any, by_left: Any) -> Any:
        found = honest(plan, by_left)
        for part in found:
            if hasattr(part, "left") and part.to.shape[0] == part.to.shape[1]:
                part.to = part.to.T.copy()
        return found

    set(contract, "_contractions", contractions)


def _first_part(self: Any, arrays: Any, part: slice) -> Any:
    """Give every thread the samples of the first."""
    first = slice(0, part.stop - part.start)
    return [x[first] if b else x for x, b in zip(arrays, self._batched)]


def _first_sample(self: Any) -> list[str]:
    ((batched, place),) = self.plan.outputs
    row = f"r[{place} * TILE]" if batched else f"s[{place}]"
    return [f"total += (double)n * {row};"]


def _mean(set: Set, put: Put) -> None:
    """Divide the gradient by one sample too many."""
    honest = Bound.mean_gradient
    set(Bound, "mean_gradient", lambda b: honest(b) * (b.batch / (b.batch + 1)))


def _losing_sums(set: Set, put: Put) -> None:
    """Drop the last of several sums that make the gradient."""
    honest = roll.roll_gradients
    set(roll, "roll_gradients", lambda plan, rows: honest(plan, rows)[:-1])


def _text(op: str, text: str) -> Callable[[Set, Put], None]:
    return lambda set, put: put(spelling.EXPRESSIONS, getattr(primitives, op), text)


_C = ("c arrays",)

PLAN_FAULTS = [
    Fault("the spelling in C", ("c",), _text("minimum", "{0} > {1} ? {0} : {1}")),
    Fault("a mean over too many", ("numpy",), _mean),
    Fault("a lost sum of the gradient", ("numpy",), _losing_sums),
    Fault(
        "a column of a matrix lost, in C",
        _C,
        _loop("for (; t < terms; t++, m += dt, u += du)", "for (; t + 1 < terms; t++)"),
        seed=3,
    ),
    Fault(
        "rows added, not subtracted, in C",
        _C,
        _loop("sum[b] -= x[b]", "sum[b] += x[b]"),
    ),
    Fault(
        "stale samples, in C",
        _C,
        _loop("order ? order[first + b] : first + b", "order ? order[first + b] : b"),
    ),
    Fault(
        "only the last tile counts, in C",
        _C,
        _loop("const real old = add ? g[i * di + j * dj] : 0;", "const real old = 0;"),
        seed=5,
    ),
    Fault(
        "a wrong row of two, in C",
        _C,
        _loop("sum += x[b] * y[b]", "sum += x[b] * x[b]"),
    ),
    Fault(
        "a wrong gather, in C",
        _C,
        _loop("r + (long)at[i] * TILE", "r + (long)at[0] * TILE"),
        seed=3,
    ),
    Fault(
        "a mean of one sample, in C",
        _C,
        lambda set, put: set(section.Section, "total", _first_sample),
    ),
    Fault(
        "a thread with another's part",
        _C,
        lambda set, put: set(run.Native, "_part", _first_part),
    ),
    Fault(
        "a power in C",
        _C,
        lambda set, put: put(spelling._POWERS, -0.5, "1 / {0}"),
        seed=4,
    ),
    Fault(
        "single precision in C",
        ("c arrays float32",),
        _text("tanh", "tanh({0}) * (real)1.0005"),
        seed=7,
    ),
    Fault(
        "a bias lost in the roll",
        ("numpy arrays",),
        lambda set, put: set(roll.Plan, "_take_bias_in", _lost_bias),
    ),
    Fault("operands mixed up in the roll", ("numpy arrays",), _shuffled),
    Fault("factors lost in a contraction", ("numpy arrays",), _same_factors, seed=14),
    Fault("a gradient transposed", ("numpy arrays",), _transposed, seed=5),
    Fault(
        "a sum lost in a contraction",
        ("numpy arrays",),
        lambda set, put: set(
            contract, "_joins_block", lambda plan, term, by_left: term[2] in by_left
        ),
    ),
    Fault(
        "an error that eager raises",
        ("numpy",),
        lambda set, put: set(eager.Eager, "raises", lambda *args, **options: ""),
    ),
    Fault(
        "stale parameters in training",
        ("numpy training",),
        lambda set, put: set(
            training.Training, "_current_theta", lambda self: self._theta
        ),
    ),
    Fault(
        "a person's primitive in NumPy",
        ("numpy",),
        lambda set, put: set(operations.bell, "numpy", lambda x: np.exp(-x)),
    ),
    Fault(
        "a person's primitive in C",
        _C,
        lambda set, put: set(operations.length, "c", "sqrt(1 + x * x + y)"),
        seed=8,
    ),
]
