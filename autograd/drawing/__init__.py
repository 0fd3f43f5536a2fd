"""Pictures of a graph.

Read the source in this order: ``text`` (data becomes legible text), ``style`` (colours
and sizes), ``scene`` (a graph becomes boxes and arrows), ``layers``, ``vertical`` and
``layout`` (where they stand), ``dot`` (Graphviz's language and its layout), ``svg``,
``picture``. All of it loads when the first picture is asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    import graphviz

    from autograd.drawing.picture import Picture
    from autograd.value import Value

LIMIT = 200  # Values and constants: a picture that can still be read


def draw(root: Value, *, limit: int = LIMIT, engine: str = "auto") -> Picture:
    """Draw the graph below root, inputs on the left, as a picture with ``save(path)``.

    A notebook shows the picture. A box stands for a Value: its label, data and grad
    (``grad ?`` before a backward pass, that is while ``root.grad`` is 0); an ellipse
    for an operation, with an arrow for each argument in order; a bare number for a
    constant. A graph of more than ``limit`` Values and constants is drawn around its
    output, nearest nodes first, and a note says how many were left out.

    ``engine`` places the boxes: "dot" is Graphviz's program, "own" a layered layout in
    plain Python, "auto" the first where it is installed and done in a few seconds, and
    else the second. Raises TypeError for a root that is no Value, ValueError for an
    unknown engine or a limit below 1, and RuntimeError for "dot" where that fails.

    >>> from autograd import Value
    >>> x = Value(3.0, label="x")
    >>> picture = draw(x * x, engine="own")
    >>> picture
    <Picture of 2 Values and 1 operation; .save("x.svg") writes a file>
    >>> picture.svg[:4]
    '<svg'
    """
    from autograd.drawing.picture import Picture
    from autograd.drawing.scene import scene

    return Picture(scene(root, limit), engine)


def to_dot(root: Value, *, limit: int = LIMIT) -> graphviz.Digraph:
    """Give the graph below root as a ``graphviz.Digraph``, to be changed at will.

    It shows what :func:`draw` shows, with the same ``limit``. Graphviz's program is not
    needed, only the Python package. Raises TypeError for a root that is no Value and
    ValueError for a limit below 1.

    >>> from autograd import Value
    >>> x = Value(3.0, label="x")
    >>> print(to_dot(x * x).source.count("n0 -> n1"))  # both arguments are x
    2
    """
    from autograd.drawing.dot import digraph
    from autograd.drawing.scene import scene

    return digraph(scene(root, limit))
