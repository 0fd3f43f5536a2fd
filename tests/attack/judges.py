"""Judges that need no compiler: each tells how a program disagrees, or says None."""

from __future__ import annotations

import functools
import importlib.util
import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd import Value, grad, gradient, hvp, jvp
from tests.attack.operations import OPERATIONS
from tests.attack.point import ERRORS, Point, differs
from tests.attack.program import Program
from tests.attack.reference import Reference, Unclear
from tests.laws_compile import absolute_path_products
from tests.laws_table import ROWS

Judge = Callable[[Program], str | None]
_WEIGHTS = [1.0, -0.75, 0.5, 1.25, -1.5]  # directions of forward mode


def _moderate(point: Point, largest: float) -> bool:
    """Tell whether another order of multiplications cannot leave the floats."""
    return point.largest < largest and point.smallest > 1.0 / largest


def _direction(count: int) -> list[float]:
    return [_WEIGHTS[k % len(_WEIGHTS)] for k in range(count)]


# ---- the engine against itself -------------------------------------------------------


def forward(program: Program) -> str | None:
    """Compare the gradient along a direction with forward mode."""
    point = Point(program)
    if not point.finite or not _moderate(point, 1e100):
        return None
    direction = _direction(program.leaves)
    _, along = jvp(lambda *xs: program.run(xs))(
        tuple(program.leaf_numbers()), tuple(direction)
    )
    want = sum(v * g for v, g in zip(direction, point.gradient))
    scale = sum(abs(v) * p for v, p in zip(direction, point.products))
    bound = point.tolerance * scale + 1e-320 * program.leaves
    if differs(along, want, bound):
        return f"forward mode gives {along!r} along {direction}, reverse mode {want!r}"
    return None


def accumulation(program: Program) -> str | None:
    """Compare what backward() leaves behind with the gradient, exactly."""
    point = Point(program)
    if not point.finite:
        return None
    for _ in range(2):
        point.output.backward()
    left = [x.grad for x in point.leaves]
    if left != [2.0 * g for g in point.gradient]:
        return f"backward() twice leaves {left}, the gradient is {point.gradient}"
    return None


def graph(program: Program) -> str | None:
    """Compare the gradient with the one that create_graph gives."""
    point = Point(program)
    if not point.finite:
        return None
    try:
        slopes = gradient(point.output, point.leaves, create_graph=True)
    except ERRORS as error:
        return f"create_graph raises {error!r}, the gradient is {point.gradient}"
    for k, slope in enumerate(slopes):
        bound = point.tolerance * point.products[k] + 1e-320
        if differs(slope.data, point.gradient[k], bound):
            return (
                f"create_graph gives {slope.data!r} for {point.gradient[k]!r}, leaf {k}"
            )
    return None


def second(program: Program) -> str | None:
    """Compare the Hessian times a vector: two sweeps back, or one back and one on."""
    point = Point(program)
    if not point.finite or not _moderate(point, 1e50) or len(program.steps) > 60:
        return None
    direction = _direction(program.leaves)

    def f(xs: Sequence[Value]) -> Any:
        return program.run(xs)

    numbers = program.leaf_numbers()
    try:
        back = hvp(f)(numbers, direction)
        _, on = jvp(grad(f))((numbers,), (direction,))
        scales = _second_scales(point, direction)
    except ERRORS:
        return None
    for k, (a, b) in enumerate(zip(back, on)):
        if math.isfinite(scales[k]) and scales[k] < 1e200:
            bound = point.tolerance * scales[k] + 1e-300
            if differs(a, b, bound):
                return (
                    f"hvp gives {a!r}, jvp of grad {b!r}, leaf {k}, along {direction}"
                )
    return None


def _second_scales(point: Point, direction: list[float]) -> list[float]:
    slopes = gradient(point.output, point.leaves, create_graph=True)
    rows = [absolute_path_products(slope) for slope in slopes]
    columns = range(len(slopes))
    return [
        sum(
            abs(direction[j]) * (rows[i].get(point.leaves[j], 0.0))
            + abs(direction[j]) * (rows[j].get(point.leaves[i], 0.0))
            for j in columns
        )
        for i in columns
    ]


# ---- others who know the chain rule --------------------------------------------------


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


JUDGES: dict[str, Judge] = {
    "forward": forward,
    "accumulation": accumulation,
    "graph": graph,
    "second": second,
    "mpmath": mpmath,
}
if importlib.util.find_spec("torch") is not None:
    JUDGES["torch"] = torch
