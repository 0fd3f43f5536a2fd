"""The picture that ``draw`` gives: it shows itself and saves itself."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

from autograd.drawing.dot import digraph, dot_layout, run_dot
from autograd.drawing.layout import Layout, own_layout
from autograd.drawing.scene import Scene
from autograd.drawing.svg import svg
from autograd.drawing.text import plural

ENGINES = ("auto", "dot", "own")


class Picture:
    """A drawn graph. A notebook shows it; ``svg`` is its text, ``save`` writes a file.

    It is a snapshot: what happens to the graph later does not change it.
    """

    def __init__(self, scene: Scene, engine: str = "auto") -> None:
        if engine not in ENGINES:
            raise ValueError(
                f"unknown engine {engine!r}; known are {', '.join(ENGINES)}"
            )
        self.scene = scene
        self.engine = engine
        if engine == "dot":
            self.svg  # noqa: B018  a program that is missing is an error at once

    @cached_property
    def svg(self) -> str:
        """The picture as one <svg> element."""
        return svg(self.scene, self._layout())

    def _layout(self) -> Layout:
        if self.engine == "own":
            return own_layout(self.scene)
        try:
            return dot_layout(self.scene)
        except RuntimeError:
            if self.engine == "dot":
                raise
            return own_layout(self.scene)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a file; its suffix tells the format.

        ".svg", ".dot" (Graphviz's language), and by Graphviz's program ".png" and
        ".pdf". The file is complete or it is not there. Raises ValueError for another
        suffix, FileNotFoundError for a folder that is missing, RuntimeError where
        Graphviz's program is needed and not installed.

        >>> from tempfile import TemporaryDirectory
        >>> from autograd import Value, draw
        >>> with TemporaryDirectory() as folder:
        ...     draw(Value(1.0, label="x")).save(f"{folder}/x.svg")
        """
        target = Path(path)
        match target.suffix.lower():
            case ".svg":
                content = self.svg.encode()
            case ".dot":
                content = digraph(self.scene).source.encode()
            case ".png" | ".pdf" as suffix:
                graph = digraph(self.scene)
                graph.attr(dpi="144")
                content = run_dot(graph, suffix[1:])
            case suffix:
                raise ValueError(
                    f"unknown suffix {suffix!r} of {target.name!r}; "
                    "known are .svg, .dot, .png, .pdf"
                )
        if not target.parent.is_dir():
            raise FileNotFoundError(f"there is no folder {str(target.parent)!r}")
        unfinished = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            unfinished.write_bytes(content)
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        kinds = [node.kind for node in self.scene.nodes]
        values = plural(
            sum(k in ("leaf", "interior", "output") for k in kinds), "Value"
        )
        operations = plural(kinds.count("op"), "operation")
        return f'<Picture of {values} and {operations}; .save("x.svg") writes a file>'
