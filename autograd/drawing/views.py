"""From what a caller asks for to the scene that shows it."""

from __future__ import annotations

from types import FrameType
from typing import Any

from autograd.arguments import one_of
from autograd.drawing.collapse import collapsed
from autograd.drawing.cut import cut
from autograd.drawing.expand import expanded
from autograd.drawing.names import names_of, namespaces
from autograd.drawing.owners import LEVELS, at_level, owners_in
from autograd.drawing.scene import Scene, checked, nearest, scene
from autograd.value import Value


def graph_view(
    root: Value, limit: int, frame: FrameType, expand: bool = False, **options: bool
) -> Scene:
    """Give the scene of a graph, with names from the variables of a frame.

    ``options`` are those of :func:`autograd.drawing.scene.scene`.
    """
    opened = expanded(checked(root, limit), limit) if expand else None
    near = nearest(opened.top if opened else checked(root, limit), limit)
    named = [opened.origin[z] for z in near if z in opened.origin] if opened else near
    names = names_of(named, frame)
    return scene(root, limit, names=names, expansion=opened, **options)


def model_view(
    root: Value, limit: int, frame: FrameType, level: str, model: Any
) -> Scene:
    """Give the scene of a graph collapsed by a model, or by those that a frame has."""
    one_of("collapse", level, LEVELS)
    name = checked(root, limit).label or names_of([root], frame).get(root, "")
    spaces = namespaces(frame) if model is None else [{"model": model}]
    boxes = collapsed(root, at_level(owners_in(spaces), level), name)
    return cut(boxes, limit, "box", "boxes")
