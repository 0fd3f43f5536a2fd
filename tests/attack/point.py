"""A program run eagerly in one sample, with the scales of the roundings in it.

A rounding of a node is a fraction of the node, and it moves what stands above along all
paths. So the error of z is at most a small number times

    scale(z) = |z| + sum over arguments x:  |dz/dx| scale(x),

and the gradient, which is a graph as well, has such a scale of its own. To it comes the
sum of the absolute path products, the scale of the roundings in the sweep itself.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

from autograd import Value, adjoints, dot, gradient, topological_order
from autograd.local_derivatives import local_derivatives
from tests.attack.program import Program
from tests.laws_compile import EXACT, JUMPS, ORDERS, absolute_path_products
from tests.laws_table import TABLE

TOLERANCE = {"float64": 1e-12, "float32": 1e-4}
# The spacing of the smallest numbers, as a scale: it is multiplied by a tolerance.
_SMALLEST = {"float64": 5e-324 / 1e-12, "float32": 1.4e-45 / 1e-4}
_NAMES = {op: name for name, op in TABLE.items()}
ERRORS = (ArithmeticError, ValueError)

# How far each operand is from where its operation has no value, or a steep slope.
_ROOM: dict[str, Any] = {
    "div": lambda x, y: (math.inf, abs(y)),
    "power": lambda x, n: (math.inf if n in (0.0, 1.0, 2.0, 3.0) else abs(x), math.inf),
    "general_power": lambda x, y: (abs(x), 1.0),
    "log": lambda x: (abs(x),),
    "log1p": lambda x: (1.0 + x,),
    "sqrt": lambda x: (abs(x),),
    "asin": lambda x: (1.0 - abs(x),),
    "acos": lambda x: (1.0 - abs(x),),
    "tan": lambda x: (abs(math.cos(x)),),
    "hypot": lambda x, y: (math.hypot(x, y),) * 2,
    "atan2": lambda y, x: (math.hypot(x, y) if x >= 0.0 else abs(y),) * 2,
}
_SQUARES = {"mul", "dot", "power"}
_LINEAR = {"add", "sub", "mul", "neg", "sum", "dot", "identity", "detach", *EXACT}


class Point:
    """A program in one sample: its graph, value and gradient, or what it raised.

    ``error`` is what the value or the gradient raised, ``value_error`` what the value
    did; ``finite`` tells that neither did and that all on the way, nodes and adjoints,
    is finite.
    """

    def __init__(
        self, program: Program, sample: int = 0, dtype: str = "float64"
    ) -> None:
        self.leaves = [Value(x) for x in program.leaf_numbers(sample)]
        self.tolerance = TOLERANCE[dtype]
        self.smallest_scale = _SMALLEST[dtype]
        self.error: Exception | None = None
        self.value_error: Exception | None = None
        self.gradient: list[float] = []
        self.products: list[float] = []
        self.finite = False
        self.value = math.nan
        try:
            self.results = program.results(self.leaves)
        except ERRORS as error:
            self.error = self.value_error = error
            return
        self.output = self.results[-1]
        try:
            self.value = self.output.data
            self.order = topological_order(self.output)
            self.gradient = gradient(self.output, self.leaves)
            products = absolute_path_products(self.output)
            adjoint = adjoints(self.output)
        except ERRORS as error:
            self.error = error
            return
        self.products = [products.get(x, 0.0) for x in self.leaves]
        found = [z.data for z in self.order]
        found += [*products.values(), *adjoint.values(), *self.gradient]
        self.finite = all(map(math.isfinite, found))
        self.largest = max([abs(x) for x in found], default=0.0)
        self.smallest = min([abs(x) for x in found if x], default=1.0)

    # ---- scales ----------------------------------------------------------------------

    @cached_property
    def _scales(self) -> dict[Value, float]:
        return self._spread([self.output])

    def _spread(self, roots: list[Value]) -> dict[Value, float]:
        scale: dict[Value, float] = {}
        for z in topological_order(*roots):
            name = _NAMES.get(z.op, "")
            below = [(x, scale.get(x, 0.0)) for x in z.args if type(x) is not float]
            if name in EXACT - {"leaky_relu"}:  # which multiplies, and so rounds
                scale[z] = max([s for _, s in below], default=0.0)
                continue
            scale[z] = abs(z.data) + self.smallest_scale
            if any(s for _, s in below):
                if name in _SQUARES:  # where x is 0 but for roundings, x^2 is not
                    error = sum(s for _, s in below)
                    scale[z] += self.tolerance * error * error
                try:
                    for x, slope in local_derivatives(z):
                        if scale.get(x):
                            scale[z] += abs(slope) * scale[x]
                except ERRORS:
                    scale[z] = math.inf
        return scale

    @property
    def scale(self) -> float:
        """The scale of the roundings in the value."""
        return self.scale_of(self.output)

    def scale_of(self, z: Value) -> float:
        """Give the scale of the roundings in a node."""
        return self._scales.get(z, 0.0)

    @cached_property
    def gradient_scales(self) -> list[float]:
        """The scales of the roundings in the gradient; infinite where unknown."""
        try:
            slopes = gradient(self.output, self.leaves, create_graph=True)
        except ERRORS:
            return [math.inf] * len(self.leaves)
        found = [abs(z.data) for z in topological_order(*slopes)]
        self.largest = max([self.largest, *found])
        scale = self._spread(slopes)
        return [
            scale.get(slope, 0.0) + product + self.smallest_scale
            for slope, product in zip(slopes, self.products)
        ]

    def second_scales(self, direction: list[float]) -> list[float]:
        """Give the scales of the roundings in the Hessian times a direction."""
        slopes = gradient(self.output, self.leaves, create_graph=True)
        along = dot(direction, slopes)
        if not isinstance(along, Value):
            return [0.0] * len(self.leaves)
        found = gradient(along, self.leaves, create_graph=True)
        scale, products = self._spread(found), absolute_path_products(along)
        return [
            scale.get(z, 0.0) + products.get(x, 0.0) + self.smallest_scale
            for z, x in zip(found, self.leaves)
        ]

    # ---- where a rounding decides ----------------------------------------------------

    @cached_property
    def clear(self) -> bool:
        """Tell whether roundings cannot change what is computed, only its digits.

        They can at a kink or a tie that is none exactly, and near a pole.
        """
        if not self.finite:
            return False
        scale, t = self._scales, 1e2 * self.tolerance
        for z in self.order:
            name = _NAMES.get(z.op, "")
            data = [x if type(x) is float else x.data for x in z.args]
            errors = [
                t * scale.get(x, 0.0) if type(x) is not float else 0.0 for x in z.args
            ]
            if name in JUMPS and errors[0] and abs(data[0]) <= errors[0]:
                return False
            if name in ORDERS and self._may_swap(z.args, data, errors):
                return False
            if name not in _LINEAR:
                room = _ROOM[name](*data) if name in _ROOM else ()
                for k, error in enumerate(errors):
                    if error > 1e-3 * min([1.0, *room[k : k + 1]]):
                        return False
        return True

    @property
    def at_kink(self) -> bool:
        """Tell whether an operation stands where its slope jumps, or next to it."""
        for z in self.order:
            name = _NAMES.get(z.op, "")
            data = [x if type(x) is float else x.data for x in z.args]
            if name in JUMPS and abs(data[0]) < 1e-9:
                return True
            if name in ORDERS and self._may_swap(z.args, data, [1e-9] * len(data)):
                return True
        return False

    @staticmethod
    def _may_swap(args: Any, data: list[float], errors: list[float]) -> bool:
        for i in range(len(data)):
            for j in range(i):
                margin = errors[i] + errors[j]
                if (
                    args[i] is not args[j]
                    and margin
                    and abs(data[i] - data[j]) <= margin
                ):
                    return True
        return False

    # ---- comparing -------------------------------------------------------------------

    def value_differs(self, value: float) -> bool:
        """Tell whether this is another value, beyond all roundings."""
        return differs(value, self.value, self.tolerance * self.scale)

    def slope_differs(self, k: int, slope: float) -> bool:
        """Tell whether the derivative in leaf k is another, beyond all roundings."""
        bound = self.tolerance * self.gradient_scales[k]
        return differs(slope, self.gradient[k], bound)


def differs(a: float, b: float, bound: float) -> bool:
    """Tell whether a and b are apart by more than bound; NaN is apart from all else."""
    if a == b or not math.isfinite(bound):
        return False
    if a != a or b != b:
        return not (a != a and b != b)
    return not abs(a - b) <= bound
