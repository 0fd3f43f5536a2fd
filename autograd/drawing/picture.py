"""The picture that ``draw`` gives: it shows itself and saves itself."""

from __future__ import annotations

import os
from functools import cached_property

from autograd.arguments import one_of
from autograd.drawing.convert import converted, page
from autograd.drawing.dot import digraph, dot_layout
from autograd.drawing.layout import Layout, own_layout
from autograd.drawing.outline import LIMIT, shown
from autograd.drawing.scene import Scene
from autograd.drawing.svg import svg
from autograd.drawing.text import plural
from autograd.files import checked_path, write_whole

ENGINES = ("auto", "dot", "own")
DIRECTIONS = ("right", "down")


class Picture:
    """A drawn graph. A notebook shows it; ``print`` gives it as a text tree.

    ``svg`` is its text as SVG, ``save`` writes a file. It is a snapshot: what happens
    to the graph later does not change it.
    """

    def __init__(
        self, scene: Scene, engine: str = "auto", direction: str = "right"
    ) -> None:
        one_of("engine", engine, ENGINES)
        one_of("direction", direction, DIRECTIONS)
        self.scene = scene
        self.engine = engine
        self.direction = direction
        if engine == "dot":
            self.svg  # noqa: B018  a program that is missing is an error at once

    @cached_property
    def svg(self) -> str:
        """The picture as one <svg> element."""
        return svg(self.scene, self._layout())

    def _layout(self) -> Layout:
        if self.engine != "own":
            try:
                return dot_layout(self.scene, self.direction)
            except RuntimeError:
                if self.engine == "dot":
                    raise
        return own_layout(self.scene, self.direction)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a file; its suffix tells the format.

        ".svg", ".html" (a page with the picture in it), ".dot" (Graphviz's language),
        ".png" and ".pdf". The last two look like the first where the package
        vl-convert-python is installed; else Graphviz's program ``dot`` draws them. The
        file is complete or it is not there. Raises ValueError for another suffix,
        FileNotFoundError for a folder that is missing, RuntimeError with what to
        install where neither is there.

        >>> from tempfile import TemporaryDirectory
        >>> from autograd import Value, draw
        >>> with TemporaryDirectory() as folder:
        ...     draw(Value(1.0, label="x")).save(f"{folder}/x.svg")
        """
        target = checked_path(path, "picture.svg")
        match target.suffix.lower():
            case ".svg":
                content = self.svg.encode()
            case ".html":
                content = page(self.svg).encode()
            case ".dot":
                content = digraph(self.scene, self.direction).source.encode()
            case ".png" | ".pdf" as suffix:
                content = converted(self, suffix[1:])
            case suffix:
                raise ValueError(
                    f"unknown suffix {suffix!r} of {target.name!r}; "
                    "known are .svg, .html, .dot, .png, .pdf"
                )
        write_whole(target, content)

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        kinds = [node.kind for node in self.scene.nodes]
        boxes = sum(kind in ("group", "result") for kind in kinds)
        values = sum(kind in ("leaf", "interior", "output") for kind in kinds)
        operations = plural(kinds.count("op"), "operation")
        what = plural(boxes, "box", "boxes") if boxes else plural(values, "Value")
        what += "" if boxes else f" and {operations}"
        tree = shown(self.scene, LIMIT)
        return f'{tree}\n<Picture of {what}; .save("x.svg") writes a file>'
