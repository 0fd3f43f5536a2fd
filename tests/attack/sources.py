"""A judge of the Python source that a compiled function prints."""

from __future__ import annotations

import math
import warnings
from typing import Any

from autograd import Value, compile, gradient
from tests.attack.compiled import in_bounds
from tests.attack.operations import OPAQUE
from tests.attack.point import ERRORS, Point
from tests.attack.program import Program


def _raises(point: Point, inputs: int) -> bool:
    """Tell whether the value raises, or the gradient in the parameters.

    Not by an overflow: a power raises where the product in the source is infinite.
    """
    error = point.value_error
    if error is None:
        try:
            gradient(point.output, point.leaves[inputs:])
        except ERRORS as raised:
            error = raised
    return error is not None and not isinstance(error, OverflowError)


def source(program: Program) -> str | None:
    """Compare with the printed Python source, value and gradient."""
    point = Point(program)
    known = in_bounds(point, "float64")
    opaque = any(name in OPAQUE for name, _ in program.steps)
    if opaque or not (known or _raises(point, program.inputs)):
        return None
    parameters = [Value(x) for x in program.parameters]
    compiled = compile(program.function(parameters), *program.samples[0])
    try:
        if not program.inputs:
            compiled()  # is traced by its first call
        if not compiled.parameters:
            return None
        text = compiled.source()
    except ERRORS:  # at numbers that depend on no input
        return None if point.error else "the source cannot be written"
    namespace: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        exec(text, namespace)
    try:
        value, slopes = namespace["value_and_grad"](*program.samples[0])
    except ERRORS as error:
        return f"the source raises {error!r}, eager does not" if known else None
    if not known:
        said = f"the source gives {value!r}, {slopes}, eager raises {point.error!r}"
        return None if all(map(math.isfinite, (value, *slopes))) else said
    if point.value_differs(value):
        return f"the source gives {value!r}, eager {point.value!r}"
    place = {p: program.inputs + k for k, p in enumerate(parameters)}
    for p, slope in zip(compiled.parameters, slopes):
        if not math.isfinite(slope) or point.slope_differs(place[p], slope):
            return f"the source gives {slope!r} for {point.gradient[place[p]]!r}"
    return None
