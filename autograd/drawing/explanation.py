"""A derivative explains itself: what ``explain`` gives."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, inf, isfinite, ulp
from shutil import get_terminal_size
from sys import float_info
from types import FrameType

from autograd.arguments import real, whole
from autograd.chain_rule import gradient
from autograd.drawing.explain_names import distinct, name_of
from autograd.drawing.explain_paths import Path, largest_paths, survey
from autograd.drawing.explain_text import ENDS, lines
from autograd.drawing.names import names_of
from autograd.drawing.text import compact
from autograd.value import Value


class Explanation:
    """A derivative as the sum, over all paths, of products of local derivatives.

    ``paths`` has the largest products, largest first: each with its ``nodes`` from the
    root to wrt, its ``slopes`` (the local derivatives between them) and ``product``.
    ``count`` is the number of all paths, ``zeros`` that of the paths through a local
    derivative of 0. ``total`` is the sum of all products, ``absolute`` that of their
    absolute values, ``coverage`` the share of ``absolute`` that ``paths`` makes.
    ``derivative`` is what ``gradient`` gives, and ``agrees`` tells that total equals it
    but for rounding. ``names`` has the names of the nodes shown.

    It prints as text, and a notebook shows formulas.

    >>> x = Value(3.0, label="x")
    >>> found = Explanation(x * x, x)
    >>> found.count, [path.product for path in found.paths], found.derivative
    (2, [3.0, 3.0], 6.0)
    """

    def __init__(
        self,
        root: Value,
        wrt: Value,
        frame: FrameType | None = None,
        limit: int = 8,
    ) -> None:
        if not isinstance(wrt, Value):
            raise TypeError(
                f"expected one Value to explain the derivative by, got {wrt!r:.60}; "
                "for several write [explain(root, x) for x in inputs]"
            )
        whole("paths", limit)
        self.root, self.wrt = root, wrt
        self.derivative: float = gradient(root, [wrt])[0]
        found = survey(root, wrt)
        self.paths: tuple[Path, ...] = tuple(largest_paths(found, limit))
        self.count, self.zeros = found.count, found.zeros
        self.total, self.absolute = found.total, found.absolute
        self.coverage = 1.0
        products = [path.product for path in self.paths]
        if len(products) == self.count:
            self.total = _sum(products)
        elif self.absolute:
            share = sum(map(abs, products)) / self.absolute
            self.coverage = 1.0 if share > 1.0 else share
        # Each product is rounded at most once for every edge, and so is each sum.
        edges = sum(map(len, found.ways.values()))
        rounding = 2 * edges * (float_info.epsilon * self.absolute + ulp(0.0))
        self.agrees = _close(self.total, self.derivative, rounding)
        shown = {z for path in self.paths for z in _ends(path.nodes)}
        fallbacks = {z: "v#" for z in found.ways if z in shown} | {root: "f"}
        fallbacks.setdefault(wrt, "x")
        around = {x for z in fallbacks for x in z.args if isinstance(x, Value)}
        self.known = names_of(around | fallbacks.keys(), frame) if frame else {}
        self.names: dict[Value, str] = distinct(fallbacks.items(), self.known)

    def operations(self) -> list[Value]:
        """List the operations among the nodes shown above wrt, the root last."""
        shown = [z for z in self.names if z.op and z is not self.wrt]
        return sorted(shown, key=lambda z: z is self.root)

    def operand(self, x: Value | float) -> str:
        """Give an operand as it is shown: its name, or its number if it has none."""
        if not isinstance(x, Value):
            return compact(real("an operand", x))
        return self.names.get(x) or name_of(x, self.known) or compact(x.data)

    def text(self, width: int = 80) -> str:
        """Give the explanation as text of at most ``width`` columns (40 at least).

        >>> x, y = Value(3.0, label="x"), Value(2.0, label="y")
        >>> print(Explanation(x * y + x, x).text(60))
        df/dx = 3 at x = 3, where f = 9
        2 paths lead from x to f: the derivative is the sum of their
        products of local derivatives.
        <BLANKLINE>
          ∂f/∂v1 * ∂v1/∂x  = 1 * 2 = 2
          ∂f/∂x                    = 1
          sum                      = 3
          gradient(f, [x])         = 3
        <BLANKLINE>
        where v1 = x * y = 6
              f = v1 + x = 9
        """
        return "\n".join(lines(self, whole("width", width)))

    def __str__(self) -> str:
        return self.text(get_terminal_size().columns)

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        from autograd.drawing.explain_latex import formulas

        return formulas(self)


def _ends(nodes: Sequence[Value]) -> Sequence[Value]:
    """Give the nodes of the factors that can be shown."""
    if len(nodes) <= 2 * ENDS + 2:
        return nodes
    return [*nodes[: ENDS + 1], *nodes[-ENDS - 1 :]]


def _sum(products: Sequence[float]) -> float:
    if isfinite(sum(map(abs, products))):
        return fsum(products)
    return sum(products, 0.0)


def _close(a: float, b: float, rounding: float) -> bool:
    return a == b or abs(a - b) <= rounding < inf or (a != a and b != b)
