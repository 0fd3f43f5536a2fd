"""A graph becomes a scene: boxes and arrows, with their texts, not yet in a place.

The scene is all that the writers of DOT, SVG and text know of a graph. It is a
snapshot: later changes of the graph do not reach it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite

from autograd.arguments import whole
from autograd.drawing.expand import Expansion
from autograd.drawing.style import size, tint
from autograd.drawing.text import compact, legible, plural, tail_of
from autograd.graph import nodes
from autograd.local_derivatives import local_derivatives
from autograd.value import Constant, Value

SLOPES = "on the arrows: local derivatives of each result with respect to each argument"
TINTS = "coloured by gradient: red above 0, blue below 0, full at {}"


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the picture: its kind (a key of ``STYLES``), name and further lines.

    ``mark`` is the place of its Value in ``nodes(root)``; an operation has that of the
    Value which it makes, a constant has none. ``fill`` is a colour that takes the place
    of the one of its kind.
    """

    kind: str
    name: str
    lines: tuple[str, ...]
    mark: str = ""
    fill: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.name, *self.lines) if self.name else self.lines

    @property
    def size(self) -> tuple[float, float]:
        return size(self.kind, self.texts)


@dataclass(frozen=True, slots=True)
class Scene:
    """Nodes in topological order; edges (tail, head) by head, in argument order.

    A number on an arrow is a node too, of the kind "slope" or "count", between two
    edges. ``notes`` say what was left out of the picture, and how to read it.
    """

    nodes: list[Node] = field(default_factory=list)
    edges: list[tuple[int, int]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(
        self, kind: str, *lines: str, name: str = "", mark: str = "", fill: str = ""
    ) -> int:
        """Append a node and give its number."""
        self.nodes.append(Node(kind, name, lines, mark, fill))
        return len(self.nodes) - 1

    def mark(self, edge: tuple[int, int]) -> str:
        """Give the mark of an edge: "A-K" into the operation of K, "K" out of it."""
        tail, head = (self.nodes[i] for i in edge)
        for node in (tail, head):
            if node.kind == "slope":
                return node.mark
        if head.kind != "op":
            return head.mark
        return f"{tail.mark}-{head.mark}" if tail.mark and head.mark else ""


def checked(root: object, limit: int) -> Value:
    """Give the root if it is a Value, and a limit is a count."""
    if not isinstance(root, Value):
        raise TypeError(f"expected a Value to draw, got {root!r:.60}")
    whole("limit", limit)
    return root


def scene(
    root: Value,
    limit: int,
    *,
    names: Mapping[Value, str] | None = None,
    expansion: Expansion | None = None,
    slopes: bool = False,
    tinted: bool = False,
) -> Scene:
    """Give the scene of the graph below root, cut to ``limit`` Values and constants.

    ``names`` are for Values without a label. ``slopes`` puts the local derivatives on
    the arrows, ``tinted`` colours by the gradient. Where an ``expansion`` of the graph
    is given, it is drawn; marks and names are those of the Values that it copies.

    Raises TypeError for a root that is no Value, ValueError for a limit below 1.

    >>> x = Value(3.0, label="x")
    >>> found = scene(x * x, limit=10)
    >>> [node.kind for node in found.nodes], found.edges
    (['leaf', 'op', 'output'], [(0, 1), (0, 1), (1, 2)])
    """
    values = nodes(checked(root, limit))
    if expansion is None:
        total = len(values) + sum([type(x) is float for z in values for x in z.args])
        top, order = root, values
    else:
        top, total = expansion.top, expansion.total
        order = nodes(top)
    reached = nearest(top, limit)
    shown = [z for z in order if z in reached]
    twins = {z: z for z in shown} if expansion is None else expansion.origin
    wanted = {twins[z] for z in shown if z in twins}
    places = {z: i for i, z in enumerate(values) if z in wanted}
    largest = max([abs(z.grad) for z in shown if isfinite(z.grad)], default=0.0)
    tinted = tinted and root.grad != 0.0
    writer = _Writer(top, slopes, limit)
    for z in shown:
        twin = twins.get(z)
        fill = tint(z.grad, largest) if tinted and not isinstance(z, Constant) else ""
        name = mark = ""  # of what is new in an expansion
        if twin is not None:
            name, mark = (names or {}).get(twin, ""), str(places[twin])
        writer.write(z, name, mark, fill, reached[z])
    if total > limit:
        writer.scene.notes.append(left_out(limit, total, "node"))
    if slopes:
        writer.scene.notes.append(SLOPES)
    if tinted:
        writer.scene.notes.append(TINTS.format(compact(largest)))
    return writer.scene


def left_out(shown: int, total: int, noun: str, many: str = "") -> str:
    """Say how much of a graph a picture shows."""
    return (
        f"{shown:,} of {plural(total, noun, many)} drawn, those nearest the output; "
        f"{total - shown:,} left out"
    )


def nearest(root: Value, limit: int) -> dict[Value, int]:
    """Walk breadth first until ``limit`` Values and constants are reached.

    Gives, for each Value reached, how many of its args the walk came to.
    """
    reached = {root: 0}
    queue, room = [root], limit - 1
    for z in queue:
        for x in z.args:
            if type(x) is float or x not in reached:
                if not room:
                    return reached
                room -= 1
                if type(x) is not float:
                    reached[x] = 0
                    queue.append(x)
            reached[z] += 1
    return reached


class _Writer:
    """Writes Values into a scene, each after its arguments."""

    def __init__(self, root: Value, slopes: bool, limit: int) -> None:
        self.scene = Scene()
        self.root, self.slopes = root, slopes
        self.most = 2 * limit  # arrows into an operation: the same arg may come often
        self.differentiated = root.grad != 0.0
        self.numbers: dict[Value, int] = {}

    def write(self, z: Value, name: str, mark: str, fill: str, reached: int) -> None:
        op = self._operation(z, mark, reached) if z.args else None
        kind = "output" if z is self.root else "interior" if z.args else "leaf"
        label = legible(str(z.label).strip()) or tail_of(name)
        lines = _lines(z, self.differentiated)
        number = self.scene.add(kind, *lines, name=label, mark=mark, fill=fill)
        self.numbers[z] = number
        if op is not None:
            self.scene.edges.append((op, number))

    def _operation(self, z: Value, mark: str, reached: int) -> int:
        """Add the operation that made z, its constants and its incoming edges."""
        add = self.scene.add
        slopes = iter(_slopes(z) if self.slopes else ())
        tails: list[int] = []
        missing: list[int] = []  # the places of the args that are left out
        for place, x in enumerate(z.args):
            constant = type(x) is float
            slope = "" if constant else next(slopes, "")
            if not constant and x in self.numbers and len(tails) < self.most:
                tail = self.numbers[x]
                if slope:
                    edge = f"{self.scene.nodes[tail].mark}-{mark}"
                    label = add("slope", slope, mark=edge if mark else "")
                    self.scene.edges.append((tail, label))
                    tail = label
                tails.append(tail)
            elif constant and place < reached:
                tails.append(add("constant", compact(x)))
            else:
                missing.append(len(tails))
        if missing:
            tails.insert(missing[0], add("more", f"… {len(missing):,} more"))
        op = add("op", legible(z.op.name if z.op else "?"), mark=mark)
        self.scene.edges.extend((tail, op) for tail in tails)
        return op


def _slopes(z: Value) -> list[str]:
    """List dz/dx for each Value among the args of z."""
    try:
        return [compact(slope) for _, slope in local_derivatives(z)]
    except (ArithmeticError, ValueError):  # such as that of sqrt at 0
        return ["undefined" for x in z.args if type(x) is not float]


def _lines(z: Value, differentiated: bool) -> list[str]:
    rows = [("data", compact(z.data))]
    if not isinstance(z, Constant):
        rows.append(("grad", compact(z.grad) if differentiated else "?"))
    width = max(len(number) for _, number in rows)
    # Of one length, so that the columns stay aligned where the lines are centred.
    return [f"{word} {number:>{width}}" for word, number in rows]
