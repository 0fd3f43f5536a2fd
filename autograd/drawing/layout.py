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
from autograd.drawing.style import STYLES
from autograd.drawing.vertical import SPREAD, TRACK, vertical

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


def own_layout(scene: Scene, direction: str = "right") -> Layout:
    """Lay out a scene in columns from left to right, or with "down" in rows.

    >>> from autograd import Value
    >>> from autograd.drawing.scene import scene
    >>> found = own_layout(scene(-Value(1.0), limit=9))
    >>> [box.y for box in found.boxes]
    [19.0, 19.0, 19.0]
    """
    found = layers(len(scene.nodes), scene.edges)
    sizes = [node.size for node in scene.nodes]
    if direction == "down":  # what is laid out is the picture's mirror image at y = x
        sizes = [(height, width) for width, height in sizes]
    ys = vertical(found, [height for _, height in sizes])
    around = lanes(found, ys, [height for _, height in sizes])
    spans = _spans(found, [width for width, _ in sizes], ys, around)
    boxes = [
        Box((spans[c][0] + spans[c][1]) / 2, ys[v], *sizes[v])
        for v, c in enumerate(found.column[: found.count])
    ]
    routes = []
    for track, port in found.tracks:
        tail, head = track[0], track[-1]
        stops = [(spans[found.column[v]], ys[v]) for v in track]
        first, last = found.column[tail], found.column[head]
        if len(track) == 2 and last > first + 1:
            way = (spans[first + 1][0], spans[last - 1][1])
            stops.insert(1, (way, around[tail]))
        offset = SPREAD * port * boxes[head].height
        rounded = STYLES[scene.nodes[head].kind].shape == "ellipse"
        routes.append(_route(boxes[tail], stops, boxes[head], offset, rounded))
    found_layout = Layout(boxes, routes)
    return mirrored(found_layout) if direction == "down" else found_layout


def mirrored(layout: Layout) -> Layout:
    """Exchange x and y."""
    return Layout(
        [Box(box.y, box.x, box.height, box.width) for box in layout.boxes],
        [
            Route([(y, x) for x, y in route.points], (route.tip[1], route.tip[0]))
            for route in layout.routes
        ],
    )


def _spans(
    found: Layers, widths: list[float], ys: list[float], around: dict[int, float]
) -> list[Span]:
    """Give each column its span; steep edges get more room to bend."""
    spans = []
    rises = [0.0] * len(found.columns)  # of the steepest edge on the right
    for v, neighbours in enumerate(found.after):
        c = found.column[v]
        rises[c] = max([rises[c], *[abs(ys[h] - ys[v]) for h, _ in neighbours]])
    for track, _ in found.tracks:
        if track[0] in around and len(track) == 2:
            for v, c in zip(track, (0, -1), strict=True):
                gap = found.column[v] + c
                rises[gap] = max(rises[gap], abs(ys[v] - around[track[0]]))
    left = 0.0
    for column, rise in zip(found.columns, rises, strict=True):
        right = left + max([widths[v] for v in column if v < found.count], default=0.0)
        spans.append((left, right))
        left = right + BEND + min(rise / 8, 3 * BEND)
    return spans


def lanes(found: Layers, ys: list[float], heights: list[float]) -> dict[int, float]:
    """Give each tail of edges without a track the y of its lane around all columns.

    Tails in the upper half use lanes above, the others below. Each takes the innermost
    lane that is free in all columns from its own to that of its farthest head.
    """
    ends: dict[int, int] = {}  # tail -> the last column that its lane passes
    for track, _ in found.tracks:
        tail, last = track[0], found.column[track[-1]] - 1
        if len(track) == 2 and last > found.column[tail]:
            ends[tail] = max(last, ends.get(tail, last))
    half = max(heights) / 2
    top, bottom = min(ys) - half, max(ys) + half
    taken: dict[bool, list[int]] = {True: [], False: []}  # the end of each lane's use
    found_lanes: dict[int, float] = {}
    for tail in sorted(ends, key=lambda v: found.column[v]):
        above = 2 * ys[tail] < top + bottom
        used = taken[above]
        free = (i for i, end in enumerate(used) if end < found.column[tail])
        lane = next(free, len(used))
        used[lane : lane + 1] = [ends[tail] + 1]
        at = TRACK * (lane + 1)
        found_lanes[tail] = top - at if above else bottom + at
    return found_lanes


def _route(
    tail: Box, stops: list[tuple[Span, float]], head: Box, port: float, rounded: bool
) -> Route:
    """Lead an edge from its tail, through a track, to ``port`` below the head's centre.

    ``stops`` has the span and the y of every column from the tail's to the head's.
    """
    # An ellipse recedes from its own bounding box above and below its centre.
    bulge = sqrt(1.0 - (2 * port / head.height) ** 2) if rounded else 1.0
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
        if following and (y0 == y == following[1] or (x0, y0) == (x, y)):
            continue  # straight on
        middle = (x0 + x) / 2
        points += [(middle, y0), (middle, y), (x, y)]
    return Route(points, tip)
