"""Judges who know the chain rule from elsewhere: 50 digits, and PyTorch."""

from __future__ import annotations

import functools
import importlib.util
import math
from collections.abc import Sequence
from typing import Any

import mpmath as mp

from autograd import hvp
from tests.attack.judges import Judge, direction_of, moderate
from tests.attack.operations import OPERATIONS
from tests.attack.point import ERRORS, Point, differs
from tests.attack.program import Program
from tests.attack.reference import Reference, Unclear
from tests.laws_table import ROWS


def mpmath(program: Program) -> str | None:
    """Compare value and gradient with those at 50 digits."""
    for sample in range(len(program.samples)):
        point = Point(program, sample)
        if not all(map(math.isfinite, program.leaf_numbers(sample))):
            continue
        try:
            reference = Reference(program, sample)
        except Unclear:
            continue
        found = _against(reference, point)
        if found:
            return f"sample {sample}: {found}"
    return None


def _against(reference: Reference, point: Point) -> str | None:
    if math.isnan(point.value):  # the value raised, as a float does
        return None
    truth = [float(g) for g in reference.gradient]
    if not all(map(math.isfinite, truth)):
        return None
    if not point.finite:
        # Where all numbers and slopes are moderate, nothing is to raise.
        tame = reference.largest < 1e6 and reference.smallest > 1e-6
        if tame and point.error is not None:
            return f"the gradient raises {point.error!r}, and is {truth}"
        return None
    if not point.clear:
        return None
    if point.value_differs(float(reference.value)):
        return f"the value is {point.value!r}, at 50 digits {float(reference.value)!r}"
    for k, slope in enumerate(truth):
        # A slope such as that of tanh far out rounds to 0, and with it its scale.
        rounded = point.products[k] == 0.0 and abs(slope) <= 1e-24 * reference.largest
        if not rounded and point.slope_differs(k, slope):
            return f"d/d(leaf {k}) is {point.gradient[k]!r}, at 50 digits {slope!r}"
    return None


def _curvature(program: Program, direction: Sequence[float]) -> list[Any]:
    """Give the Hessian times a direction: the difference of two gradients near by.

    The step is 10^-18 and its error in the order of 10^-36: no float sees it.
    """
    step = mp.mpf(10) ** -18
    ways = [[sign * step * v for v in direction] for sign in (1, -1)]
    ahead, behind = [Reference(program, 0, way).gradient for way in ways]
    return [(a - b) / (2 * step) for a, b in zip(ahead, behind)]


def second_mpmath(program: Program) -> str | None:
    """Compare the Hessian times a vector with differences at 50 digits."""
    point = Point(program)
    if len(program.steps) > 40 or not point.clear or not moderate(point, 1e6):
        return None
    # What holds a number constant has no difference quotient; a kink has two.
    if point.at_kink or any(name == "detach" for name, _ in program.steps):
        return None
    direction = direction_of(program.leaves)
    try:
        found = hvp(lambda xs: program.run(xs))(program.leaf_numbers(), direction)
        scales = point.second_scales(direction)
        truth = _curvature(program, direction)
    except (*ERRORS, Unclear):
        return None
    for k, (slope, true) in enumerate(zip(found, map(float, truth))):
        if differs(slope, true, point.tolerance * scales[k]):
            return f"hvp gives {slope!r}, at 50 digits {true!r}, leaf {k}, {direction}"
    return None


@functools.cache
def _torch_operations() -> Any:
    import torch

    others = {
        "detach": lambda x: x.detach(),
        "step": lambda x: (x > 0.0).to(x.dtype),
        "less": lambda x, y: (x < y).to(x.dtype),
        "less_equal": lambda x, y: (x <= y).to(x.dtype),
    }

    def tensor(x: Any) -> Any:
        return x if torch.is_tensor(x) else torch.tensor(x, dtype=torch.float64)

    def primitive(name: str, *args: Any) -> Any:
        if name == "power":
            return tensor(args[0]) ** args[1]
        args = tuple(map(tensor, args))
        if name in others:
            return others[name](*args)
        form = ROWS[name].torch
        assert form is not None
        return form(torch, *args)

    class Primitives:
        def __getattr__(self, name: str) -> Any:
            return functools.partial(primitive, name)

    primitives = Primitives()

    def apply(name: str, *args: Any) -> Any:
        if name in ("gelu", "silu"):
            return getattr(torch.nn.functional, name)(*args)
        formula = OPERATIONS[name].formula
        return formula(primitives, *args) if formula else primitive(name, *args)

    return torch, apply


def torch(program: Program) -> str | None:
    """Compare value and gradient with PyTorch's, where it is installed.

    PyTorch has roundings of its own; what 50 digits acquit is no disagreement.
    """
    point = Point(program)
    if not point.finite or not point.clear or point.largest > 1e100:
        return None
    engine, apply = _torch_operations()
    leaves = [
        engine.tensor(x, dtype=engine.float64, requires_grad=True)
        for x in program.leaf_numbers()
    ]
    output = program.run(leaves, apply)
    slopes = [0.0] * len(leaves)
    if output.requires_grad:
        found = engine.autograd.grad(output, leaves, allow_unused=True)
        slopes = [0.0 if g is None else float(g) for g in found]
    said = [k for k, slope in enumerate(slopes) if point.slope_differs(k, slope)]
    if not said and not point.value_differs(float(output.detach())):
        return None
    try:
        if not _against(Reference(program), point):
            return None
    except Unclear:
        if any(not math.isfinite(slope) for slope in slopes):
            return None
    theirs = f"PyTorch gives {float(output.detach())!r}, {slopes}"
    return f"{point.value!r}, {point.gradient}; {theirs}"


OTHERS: dict[str, Judge] = {"mpmath": mpmath, "second mpmath": second_mpmath}
if importlib.util.find_spec("torch") is not None:
    OTHERS["torch"] = torch
