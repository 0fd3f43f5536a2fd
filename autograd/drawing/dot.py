"""Graphviz: the scene as DOT, and the layout that its program ``dot`` finds."""

from __future__ import annotations

import json
import subprocess

import graphviz

from autograd.drawing.layout import Box, Layout, Point, Route
from autograd.drawing.scene import Node, Scene
from autograd.drawing.style import EDGE, FONT, FONT_SIZE, ON_ARROWS, STYLES

PATIENCE = 5.0  # seconds
HEADLESS = {"arrowhead": "none"}
INCH = 72.0  # points; DOT gives the size of a node in inches


def digraph(scene: Scene, direction: str = "right") -> graphviz.Digraph:
    """Give a scene as a ``graphviz.Digraph`` with nodes n0, n1, ... in its order."""
    graph = graphviz.Digraph(
        graph_attr={
            "rankdir": "TB" if direction == "down" else "LR",
            "ranksep": "0.35",
            "nodesep": "0.17",
            "ordering": "in",
        },
        node_attr={"fontname": FONT, "fontsize": f"{FONT_SIZE:g}", "margin": "0"},
        edge_attr={"arrowsize": "0.7", "color": EDGE},
    )
    if scene.notes:
        lines = "".join(rf"{_escape(note)}\l" for note in scene.notes)
        graph.attr(label=lines, labeljust="l")
        graph.attr(fontname=FONT, fontsize=f"{FONT_SIZE:g}")
    for i, node in enumerate(scene.nodes):
        graph.node(f"n{i}", **_attributes(node))
    for tail, head in scene.edges:
        on_arrow = scene.nodes[head].kind in ON_ARROWS
        graph.edge(f"n{tail}", f"n{head}", **(HEADLESS if on_arrow else {}))
    return graph


def _attributes(node: Node) -> dict[str, str]:
    style = STYLES[node.kind]
    width, height = node.size
    shared = {
        "label": graphviz.nohtml(r"\n".join(map(_escape, node.texts))),
        "shape": style.shape,
        "width": f"{width / INCH:.2f}",
        "height": f"{height / INCH:.2f}",
    }
    if style.shape == "plaintext":
        return shared | {"fontcolor": style.text}
    return shared | {
        "style": "rounded,filled" if style.shape == "box" else "filled",
        "color": style.stroke,
        "fillcolor": node.fill or style.fill,
        "penwidth": f"{style.pen:g}",
    }


def _escape(text: str) -> str:
    # Graphviz reads backslashes and entities in labels; the package quotes the quotes.
    return text.replace("&", "&amp;").replace("\\", "\\\\")


def dot_layout(scene: Scene, direction: str = "right") -> Layout:
    """Lay out a scene by Graphviz's program. Raises what :func:`run_dot` raises."""
    found = json.loads(run_dot(digraph(scene, direction), "json0"))
    boxes: dict[str, Box] = {}
    for node in found["objects"]:
        x, y = _point(node["pos"])
        boxes[node["name"]] = Box(
            x, y, float(node["width"]) * INCH, float(node["height"]) * INCH
        )
    # Its edges come in an order of its own; equal ones keep theirs.
    names = {node["_gvid"]: node["name"] for node in found["objects"]}
    routes: dict[tuple[str, str], list[Route]] = {}
    for edge in found.get("edges", ()):
        ends = names[edge["tail"]], names[edge["head"]]
        routes.setdefault(ends, []).append(_route(edge["pos"]))
    return Layout(
        [boxes[f"n{i}"] for i in range(len(boxes))],
        [routes[f"n{tail}", f"n{head}"].pop(0) for tail, head in scene.edges],
    )


def _route(text: str) -> Route:
    tip, *points = text.split()
    if tip.startswith("e,"):
        tip = tip[2:]
    else:  # without a head, it ends at its last point
        tip, points = points[-1], [tip, *points]
    return Route([_point(p) for p in points], _point(tip))


def run_dot(graph: graphviz.Digraph, form: str) -> bytes:
    """Give a graph in a form such as "png" by Graphviz's program ``dot``.

    Raises RuntimeError, with a remedy, where no such program can be started, where it
    fails, and where it takes longer than ``PATIENCE`` seconds: a graph of many long
    edges can take it hours, and ``graphviz`` itself would wait.
    """
    cause: Exception
    try:
        done = subprocess.run(
            ["dot", f"-T{form}"],
            input=graph.source.encode(),
            capture_output=True,
            check=True,
            timeout=PATIENCE,
        )
    except OSError as error:  # not installed; or a browser, which starts no programs
        problem, cause = "is not installed (https://graphviz.org/download)", error
    except subprocess.TimeoutExpired as error:
        problem, cause = f"took more than {PATIENCE:g} seconds", error
    except subprocess.CalledProcessError as error:
        problem, cause = f"failed: {error.stderr.decode(errors='replace')}", error
    else:
        found: bytes = done.stdout
        return found
    remedy = "engine='own' draws, and .svg saves, without it"
    raise RuntimeError(f"Graphviz's program dot {problem}; {remedy}") from cause


def _point(text: str) -> Point:
    x, y = text.split(",")
    return float(x), -float(y)  # Graphviz's y grows upwards
