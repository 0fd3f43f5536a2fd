"""Where everything stands: the place of each node and the way of each edge.

Our own layout, in plain Python: the columns of ``layers``, the heights of ``vertical``,
and edges that bend between the columns only and keep to their track inside, so that
none runs through a box.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from autograd.drawing.layers import Layers, layers
from autograd.drawing.scene import Scene
from autograd.drawing.vertical import SPREAD, vertical

BEND = 26.0  # the least room between two columns
ARROW = 7.0  # the length of an arrowhead

Point = tuple[float, float]
Span = tuple[float, float]  # the left and right end of a column


@dataclass(frozen=True, slots=True)
class Box:
    """The centre of a node and its size; y grows downwards."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Route:
    """Cubic Bezier curves: a start, then two controls and an end for each.

    The last end is the base of the arrowhead, ``tip`` its point.
    """

    points: list[Point]
    tip: Point


@dataclass(frozen=True, slots=True)
class Layout:
    """A box for each node of a scene and a route for each edge."""

    boxes: list[Box]
    routes: list[Route]


def own_layout(scene: Scene) -> Layout:
    """Lay out a scene in columns from left to right.

    >>> from autograd import Value
    >>> from autograd.drawing.scene import scene
    >>> found = own_layout(scene(-Value(1.0), limit=9))
    >>> [box.y for box in found.boxes]
    [0.0, 0.0, 0.0]
    """
    found = layers(len(scene.nodes), scene.edges)
    sizes = [node.size for node in scene.nodes]
    ys = vertical(found, [height for _, height in sizes])
    spans = _spans(found, [width for width, _ in sizes], ys)
    boxes = [Box(sum(spans[v]) / 2, ys[v], *sizes[v]) for v in range(len(scene.nodes))]
    routes = [
        _route(
            boxes[track[0]],
            [(spans[v], ys[v]) for v in track],
            boxes[track[-1]],
            SPREAD * port * boxes[track[-1]].height,
        )
        for track, port in found.tracks
    ]
    return Layout(boxes, routes)


def _spans(found: Layers, widths: list[float], ys: list[float]) -> list[Span]:
    """Give each vertex the span of its column; steep edges get more room to bend."""
    spans = [(0.0, 0.0)] * len(ys)
    left = 0.0
    for column in found.columns:
        right = left + max([widths[v] for v in column if v < found.count], default=0.0)
        for v in column:
            spans[v] = (left, right)
        rises = [abs(ys[h] - ys[v]) for v in column for h, _ in found.after[v]]
        left = right + BEND + min(max(rises, default=0.0) / 8, 3 * BEND)
    return spans


def _route(tail: Box, stops: list[tuple[Span, float]], head: Box, port: float) -> Route:
    """Lead an edge from its tail, through a track, to ``port`` below the head's centre.

    ``stops`` has the span and the y of every column from the tail's to the head's.
    """
    # An ellipse recedes from its own bounding box above and below its centre.
    bulge = sqrt(1.0 - (2 * port / head.height) ** 2)
    tip = (head.x - head.width / 2 * bulge, head.y + port)
    (_, exit_), _ = stops[0]
    way = [(tail.x + tail.width / 2, tail.y), (exit_, tail.y)]
    for (left, right), y in stops[1:-1]:
        way += [(left, y), (right, y)]
    (entry, _), _ = stops[-1]
    way += [(entry - ARROW, tip[1]), (tip[0] - ARROW, tip[1])]
    points = way[:1]
    for (x, y), following in zip(way[1:], [*way[2:], None], strict=True):
        x0, y0 = points[-1]
        if following and y0 == y == following[1]:
            continue  # straight on
        middle = (x0 + x) / 2
        points += [(middle, y0), (middle, y), (x, y)]
    return Route(points, tip)
