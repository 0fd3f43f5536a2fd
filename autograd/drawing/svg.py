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
    body = ["<g>", *map(_arrow, layout.routes), "</g>"]
    for node, box in zip(scene.nodes, layout.boxes, strict=True):
        body.append(_node(node, box))
    if scene.note:
        right = max(right, left + text_width([scene.note]))
        bottom += LINE
        body.append(_text(scene.note, left, bottom, FAINT))
        bottom += LINE
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
    paint = f'fill="{style.fill}" stroke="{style.stroke}" stroke-width="{style.pen:g}"'
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
    return f"<g>{''.join(marks)}</g>"


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


def _arrow(route: Route) -> str:
    start, *rest = map(_point, route.points)
    (x, y), (tip_x, tip_y) = route.points[-1], route.tip
    length = hypot(tip_x - x, tip_y - y) or 1.0
    # Half the width of the head, at a right angle to its direction.
    dx, dy = (tip_x - x) / length * ARROW * 0.4, (tip_y - y) / length * ARROW * 0.4
    head = " ".join(map(_point, [(x - dy, y + dx), route.tip, (x + dy, y - dx)]))
    return (
        f'<path d="M{start} C{" ".join(rest)}" fill="none" stroke="{EDGE}"/>'
        f'<polygon points="{head}" fill="{EDGE}"/>'
    )


def _point(point: Point) -> str:
    return f"{_f(point[0])},{_f(point[1])}"


def _f(x: float) -> str:
    text = f"{x:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
