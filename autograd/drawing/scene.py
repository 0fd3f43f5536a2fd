"""A graph becomes a scene: boxes and arrows, with their texts, not yet in a place.

The scene is all that the writers of DOT and SVG know of a graph. It is a snapshot:
later changes of the graph do not reach it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import index

from autograd.drawing.style import size
from autograd.drawing.text import compact, legible, plural
from autograd.graph import nodes
from autograd.value import Constant, Value


@dataclass(frozen=True, slots=True)
class Node:
    """A mark of the picture: its kind (a key of ``STYLES``), name and further lines."""

    kind: str
    name: str
    lines: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.name, *self.lines) if self.name else self.lines

    @property
    def size(self) -> tuple[float, float]:
        return size(self.kind, self.texts)


@dataclass(frozen=True, slots=True)
class Scene:
    """Nodes in topological order; edges (tail, head) by head, in argument order.

    ``note`` says what was left out of the picture; it is empty where nothing was.
    """

    nodes: list[Node] = field(default_factory=list)
    edges: list[tuple[int, int]] = field(default_factory=list)
    note: str = ""

    def add(self, kind: str, *lines: str, name: str = "") -> int:
        """Append a node and give its number."""
        self.nodes.append(Node(kind, name, lines))
        return len(self.nodes) - 1


def scene(root: Value, limit: int) -> Scene:
    """Give the scene of the graph below root, cut to ``limit`` Values and constants.

    Raises TypeError for a root that is no Value, ValueError for a limit below 1.

    >>> x = Value(3.0, label="x")
    >>> found = scene(x * x, limit=10)
    >>> [node.kind for node in found.nodes], found.edges
    (['leaf', 'op', 'output'], [(0, 1), (0, 1), (1, 2)])
    """
    if not isinstance(root, Value):
        raise TypeError(f"expected a Value to draw, got {root!r:.60}")
    if index(limit) < 1:
        raise ValueError(f"limit must be at least 1, got {limit}")
    values = nodes(root)
    total = len(values) + sum(type(x) is float for z in values for x in z.args)
    note = ""
    if total > limit:
        note = (
            f"{limit:,} of {plural(total, 'node')} drawn, those nearest the output; "
            f"{total - limit:,} left out"
        )
    reached = _nearest(root, limit)
    found = Scene(note=note)
    numbers: dict[Value, int] = {}
    for z in values:
        if z in reached:
            op = _operation(found, z, reached[z], numbers) if z.args else None
            kind = "output" if z is root else "interior" if z.args else "leaf"
            name = legible(str(z.label).strip())
            lines = _lines(z, differentiated=root.grad != 0.0)
            numbers[z] = found.add(kind, *lines, name=name)
            if op is not None:
                found.edges.append((op, numbers[z]))
    return found


def _nearest(root: Value, limit: int) -> dict[Value, int]:
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


def _operation(found: Scene, z: Value, reached: int, numbers: dict[Value, int]) -> int:
    """Add the operation that made z, its constants and its incoming edges."""
    tails: list[int] = []
    missing: list[int] = []  # the places of the args that are left out
    for place, x in enumerate(z.args):
        if type(x) is not float and x in numbers:
            tails.append(numbers[x])
        elif type(x) is float and place < reached:
            tails.append(found.add("constant", compact(x)))
        else:
            missing.append(len(tails))
    if missing:
        more = found.add("more", f"… {len(missing):,} more")
        tails.insert(missing[0], more)
    op = found.add("op", legible(z.op.name if z.op else "?"))
    found.edges.extend((tail, op) for tail in tails)
    return op


def _lines(z: Value, differentiated: bool) -> list[str]:
    rows = [("data", compact(z.data))]
    if not isinstance(z, Constant):
        rows.append(("grad", compact(z.grad) if differentiated else "?"))
    width = max(len(number) for _, number in rows)
    # Of one length, so that the columns stay aligned where the lines are centred.
    return [f"{word} {number:>{width}}" for word, number in rows]
