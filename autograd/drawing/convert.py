"""An SVG becomes PNG, PDF or a page. None of them refers to anything outside itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.drawing.dot import digraph, run_dot

if TYPE_CHECKING:
    from autograd.drawing.picture import Picture

RESOLUTION = 144  # points per inch, twice that of a screen: sharp in print, too
PAGE = """\
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" lang="en">
<head><meta charset="utf-8"/><title>Computational graph</title></head>
<body>
{}
</body>
</html>
"""


def page(svg: str) -> str:
    """Give a page, as well-formed XML, that shows an SVG."""
    return PAGE.format(svg)


def converted(picture: Picture, form: str) -> bytes:
    """Give a picture as "png" or "pdf".

    By the package vl-convert-python, which needs no other program; where that is not
    installed, drawn anew by Graphviz's program. RuntimeError where neither works.
    """
    try:
        import vl_convert
    except ImportError as missing:
        graph = digraph(picture.scene, picture.direction)
        graph.attr(dpi=str(RESOLUTION))
        try:
            return run_dot(graph, form)
        except RuntimeError as error:
            raise RuntimeError(
                f"a .{form} needs the package vl-convert-python (pip install "
                f"vl-convert-python) or Graphviz's program: {error}"
            ) from missing
    convert = vl_convert.svg_to_pdf if form == "pdf" else vl_convert.svg_to_png
    content: bytes = convert(picture.svg, scale=RESOLUTION / 72 if form == "png" else 1)
    return content
