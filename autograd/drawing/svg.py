"""A scene in its layout becomes SVG: no script, no style sheet, no address, no ids."""

from __future__ import annotations

from html import escape
from math import hypot

from autograd.drawing.layout import ARROW, Box, Layout, Point, Route
from autograd.drawing.scene import Node, Scene
from autograd.drawing.style import (
    EDGE,
    FAINT,
    FONT,
    FONT_SIZE,
    LINE,
    ON_ARROWS,
    STYLES,
    text_width,
)

MARGIN = 10.0
BASELINE = 0.5 * LINE + 0.35 * FONT_SIZE  # from the top of a line


def svg(scene: Scene, layout: Layout) -> str:
    """Give the picture as one <svg> element."""
    points = [p for route in layout.routes for p in (*route.points, route.tip)]
    for box in layout.boxes:
        points.append((box.x - box.width / 2, box.y - box.height / 2))
        points.append((box.x + box.width / 2, box.y + box.height / 2))
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    top, bottom = min(y for _, y in points), max(y for _, y in points)
    body = [
        _group(
            _arrow(route, scene.nodes[edge[1]].kind not in ON_ARROWS),
            "edge",
            scene.mark(edge),
        )
        for edge, route in zip(scene.edges, layout.routes, strict=True)
    ]
    for node, box in zip(scene.nodes, layout.boxes, strict=True):
        body.append(_node(node, box))
    for note in scene.notes:
        right = max(right, left + text_width([note]))
        bottom += LINE
        body.append(_text(note, left, bottom, FAINT))
    if scene.notes:
        bottom += LINE / 2
    x, y = left - MARGIN, top - MARGIN
    width, height = right - left + 2 * MARGIN, bottom - top + 2 * MARGIN
    frame = f'width="{_f(width)}" height="{_f(height)}"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" {frame} role="img" '
            f'viewBox="{_f(x)} {_f(y)} {_f(width)} {_f(height)}" '
            f'font-family="{FONT}" font-size="{_f(FONT_SIZE)}">',
            f'<rect x="{_f(x)}" y="{_f(y)}" {frame} fill="white"/>',
            *body,
            "</svg>",
        )
    )


def _node(node: Node, box: Box) -> str:
    style = STYLES[node.kind]
    fill = node.fill or style.fill
    paint = f'fill="{fill}" stroke="{style.stroke}" stroke-width="{style.pen:g}"'
    marks = []
    if style.shape == "ellipse":
        marks.append(
            f'<ellipse cx="{_f(box.x)}" cy="{_f(box.y)}" '
            f'rx="{_f(box.width / 2)}" ry="{_f(box.height / 2)}" {paint}/>'
        )
    elif style.shape == "box":
        x, y = box.x - box.width / 2, box.y - box.height / 2
        marks.append(
            f'<rect x="{_f(x)}" y="{_f(y)}" width="{_f(box.width)}" '
            f'height="{_f(box.height)}" rx="5" {paint}/>'
        )
    y = box.y - LINE * len(node.texts) / 2 + BASELINE
    for i, line in enumerate(node.texts):
        bold = bool(node.name) and i == 0
        marks.append(_text(line, box.x, y + LINE * i, style.text, "middle", bold))
    shown = "node" if node.kind in ("leaf", "interior", "output") else node.kind
    return _group("".join(marks), shown, node.mark)


def _group(content: str, kind: str, mark: str) -> str:
    """Wrap what belongs together, with the marks by which a script finds it."""
    data = f' data-{kind}="{mark}"' if mark else ""
    return f'<g class="{kind}"{data}>{content}</g>'


def _text(
    text: str, x: float, y: float, fill: str, anchor: str = "start", bold: bool = False
) -> str:
    # Where the font lacks a letter, another font of unknown width takes over.
    fit = "" if text.isascii() else f' textLength="{_f(text_width([text]))}"'
    fit += ' lengthAdjust="spacingAndGlyphs"' if fit else ""
    weight = ' font-weight="bold"' if bold else ""
    # A no-break space, because SVG makes one of several spaces.
    return (
        f'<text x="{_f(x)}" y="{_f(y)}" fill="{fill}" text-anchor="{anchor}"'
        f"{weight}{fit}>{escape(text).replace(' ', chr(0xA0))}</text>"
    )


def _arrow(route: Route, headed: bool) -> str:
    """Draw an edge; one that ends at a number on an arrow has no head of its own."""
    way = _way(route.points)
    if not headed:
        way += f" L{_point(route.tip)}"
        return f'<path d="{way}" fill="none" stroke="{EDGE}"/>'
    (x, y), (tip_x, tip_y) = route.points[-1], route.tip
    length = hypot(tip_x - x, tip_y - y) or 1.0
    # Half the width of the head, at a right angle to its direction.
    dx, dy = (tip_x - x) / length * ARROW * 0.4, (tip_y - y) / length * ARROW * 0.4
    head = " ".join(map(_point, [(x - dy, y + dx), route.tip, (x + dy, y - dx)]))
    return (
        f'<path d="{way}" fill="none" stroke="{EDGE}"/>'
        f'<polygon points="{head}" fill="{EDGE}"/>'
    )


def _way(points: list[Point]) -> str:
    parts = [f"M{_point(points[0])}"]
    for i in range(0, len(points) - 1, 3):
        a, b, c, d = points[i : i + 4]
        straight = a[1] == b[1] == c[1] == d[1] or a[0] == b[0] == c[0] == d[0]
        parts.append(
            f"L{_point(d)}" if straight else f"C{' '.join(map(_point, (b, c, d)))}"
        )
    return " ".join(parts)


def _point(point: Point) -> str:
    return f"{_f(point[0])},{_f(point[1])}"


def _f(x: float) -> str:
    text = f"{x:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
