"""Pictures of a graph.

Read the source in this order: ``text`` (data becomes legible text), ``style`` (colours
and sizes), ``names`` (of Values without a label), ``scene`` (a graph becomes boxes and
arrows), ``expand``, ``owners``, ``collapse`` and ``cut`` (a scene with more in it, or
less), ``views`` (which of these is wanted), ``layers``, ``vertical`` and ``layout``
(where they stand), ``dot`` (Graphviz's language and its layout), ``svg``, ``outline``
(a scene as a text tree), ``convert``, ``picture``; then ``replay_words``,
``replay_steps`` and ``player``, for which ``player.html`` is the template; then
``explain_paths`` (the chain rule multiplied out), ``explain_names``, ``explain_text``
and ``explanation``; then ``latex_symbols``, ``latex_terms``, ``latex`` and
``explain_latex``. All of it loads when the first picture is asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Literal

    import graphviz

    from autograd.drawing.explanation import Explanation
    from autograd.drawing.latex import Formulas
    from autograd.drawing.outline import Tree
    from autograd.drawing.picture import Picture
    from autograd.drawing.player import Replay
    from autograd.value import Value

LIMIT = 200  # Values and constants: a picture that can still be read
LINES = 50  # the same for a text
STEPS = 1_000  # of a replay: one that can still be followed


def draw(
    root: Value,
    *,
    limit: int = LIMIT,
    engine: Literal["auto", "dot", "own"] = "auto",
    direction: Literal["right", "down"] = "right",
    partials: bool = False,
    color: Literal["grad"] | None = None,
    expand: bool = False,
    collapse: Literal["neuron", "layer", "module"] | None = None,
    model: Any = None,
) -> Picture:
    """Draw the graph below root, inputs on the left, as a picture with ``save(path)``.

    A notebook shows the picture, a terminal its text. A box stands for a Value: its
    label, data and grad (``grad ?`` before a backward pass, that is while ``root.grad``
    is 0); an ellipse for an operation, with an arrow for each argument in order; a bare
    number for a constant. A Value without a label is named after the variable of the
    caller that leads to it. A graph of more than ``limit`` Values and constants is
    drawn around its output, nearest nodes first, and a note says how many were left
    out.

    ``direction="down"`` draws from top to bottom. ``partials=True`` writes the local
    derivatives on the arrows, ``color="grad"`` colours each Value by the sign and size
    of its gradient, ``expand=True`` opens ``sum`` and ``dot`` into single products and
    sums.

    ``collapse`` gives one box for each "neuron", "layer" or "module" (a whole model),
    with what is in it, and one for the loss. The models are those among the caller's
    variables, or ``model``: a model, or a list of them.

    ``engine`` places the boxes: "dot" is Graphviz's program, "own" a layered layout in
    plain Python, "auto" the first where it is installed and done in a few seconds, and
    else the second. Raises TypeError for a root that is no Value, ValueError for an
    unknown option, a limit below 1 or a model that is not there, and RuntimeError for
    "dot" where that fails.

    >>> from autograd import Value
    >>> x = Value(3.0, label="x")
    >>> picture = draw(x * x, engine="own")
    >>> picture.svg[:4]
    '<svg'
    >>> picture
    *  data 9  grad ?
    ├─ x  data 3  grad ?  [1]
    └─ [1] x
    <Picture of 2 Values and 1 operation; .save("x.svg") writes a file>
    """
    import sys

    from autograd.arguments import flag
    from autograd.drawing.picture import Picture
    from autograd.drawing.views import graph_view, model_view

    partials, expand = flag("partials", partials), flag("expand", expand)
    if color is not None and (not isinstance(color, str) or color != "grad"):
        raise ValueError(f"unknown color {color!r:.60}; known is 'grad'")
    options = {"slopes": partials, "tinted": color == "grad"}
    frame = sys._getframe(1)
    if collapse is None:
        if model is not None:
            raise ValueError("model= says by what to collapse: give collapse='layer'")
        found = graph_view(root, limit, frame, expand, **options)
    else:
        if partials or expand or color:
            raise ValueError(
                "partials, color and expand are for single Values: "
                "leave them out, or leave out collapse"
            )
        found = model_view(root, limit, frame, collapse, model)
    return Picture(found, engine, direction)


def tree(root: Value, *, limit: int = LINES, partials: bool = False) -> Tree:
    """Give the graph below root as text: ``print(tree(root))``.

    The output stands on top, and below each result the arguments that it was made of.
    A node that is used again is shown once and then called by its number, in brackets.
    The text is as wide as the terminal; a branch too deep for that goes on further
    down. A graph of more than ``limit`` Values and constants is cut around its output,
    and the last line says how many were left out. Names and gradients are as in
    :func:`draw`, and so are ``partials`` (in parentheses) and what is raised.

    >>> from autograd import Value
    >>> x = Value(3.0, label="x")
    >>> y = x * x + 1.0
    >>> y.backward()
    >>> print(tree(y))
    y  +  data 10  grad 1
    ├─ *  data 9  grad 1
    │  ├─ x  data 3  grad 6  [1]
    │  └─ [1] x
    └─ 1
    """
    import sys

    from autograd.arguments import flag
    from autograd.drawing.outline import Tree
    from autograd.drawing.views import graph_view

    partials = flag("partials", partials)
    return Tree(graph_view(root, limit, sys._getframe(1), slopes=partials), limit)


def replay(
    root: Value, *, limit: int = STEPS, engine: Literal["auto", "dot", "own"] = "auto"
) -> Replay:
    """Replay the forward and the backward pass of the graph below root, step by step.

    A loop over the replay gives its steps: each operation of the forward pass with its
    numbers, then each term of the chain rule in the engine's own order, with its rule,
    the adjoint so far, and why it is next. ``print`` shows them as a table. A notebook
    shows a player, and ``save("x.html")`` writes it to a file: the picture with what is
    active lit, buttons, a slider, and keys (arrows, Home, End, space). No Value is
    changed. Names and ``engine`` are as in :func:`draw`.

    Raises TypeError for a root that is no Value, ValueError for a constant and for a
    graph of more than ``limit`` steps, and what a rule raises, for example
    ZeroDivisionError for sqrt at 0.

    >>> from autograd import Value
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> for step in replay(a * b):
    ...     print(step)
    L = a * b = 2.0 * -3.0 = -6.0
    dL/dL = 1.0
    dL/da += dL/dL * dL/da = 1.0 * -3.0 = -3.0
    dL/db += dL/dL * dL/db = 1.0 * 2.0 = 2.0
    """
    import sys

    from autograd.drawing.player import Replay

    return Replay(root, sys._getframe(1), limit, engine)


def explain(root: Value, wrt: Value, *, paths: int = 8) -> Explanation:
    """Explain d(root)/d(wrt) by the chain rule, in words and numbers.

    The derivative is the sum, over all paths from wrt to root, of the product of the
    local derivatives along the path. The result prints as text, a notebook shows
    formulas, and it has the ``paths``, their ``count``, the ``derivative`` and more as
    fields. Of more than ``paths`` paths, those with the largest products are shown, and
    how much of the sum of absolute values they make. Names are as in :func:`draw`.

    Touches no ``grad``. Raises TypeError for what is no Value, ValueError for a root
    without a graph or paths below 1, and what a rule raises, as ``gradient`` does.

    >>> from autograd import Value
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> L = a * b + a
    >>> explain(L, a)
    dL/da = -2 at a = 2, where L = -4
    2 paths lead from a to L: the derivative is the sum of their products of local
    derivatives.
    <BLANKLINE>
      ∂L/∂v1 * ∂v1/∂a  = 1 * (-3) = -3
      ∂L/∂a                       = 1
      sum                         = -2
      gradient(L, [a])            = -2
    <BLANKLINE>
    where v1 = a * b = -6
          L = v1 + a = -4
    """
    import sys

    from autograd.drawing.explanation import Explanation

    return Explanation(root, wrt, sys._getframe(1), paths)


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
    import sys

    from autograd.drawing.dot import digraph
    from autograd.drawing.views import graph_view

    return digraph(graph_view(root, limit, sys._getframe(1)))


def to_latex(
    root: Value,
    wrt: Value | Iterable[Value] | None = None,
    *,
    limit: int = LIMIT,
    digits: int = 6,
) -> Formulas:
    r"""Write root, and its derivatives with respect to its leaves, as LaTeX.

    The text goes between ``$$`` and ``$$``; a notebook shows the formulas, ``lines``
    has them one by one. What is long and used again stands on a line of its own.
    ``wrt`` chooses the Values to differentiate by, ``[]`` none. Numbers have so many
    significant ``digits``. Names are as in :func:`draw`: ``w_1`` gets a subscript,
    ``theta`` becomes Greek.

    Raises TypeError for a root that is no Value, ValueError for an expression of more
    than ``limit`` operands, and what a rule of differentiation raises.

    >>> from autograd import Value, tanh
    >>> w, x = Value(0.5, label="w_1"), Value(2.0, label="x")
    >>> L = tanh(w * x)
    >>> print(to_latex(L))
    \begin{aligned}
    L &= \tanh\left(w_{1} x\right) \\
    \frac{\partial L}{\partial w_{1}} &= \left(1 - L^{2}\right) x \\
    \frac{\partial L}{\partial x} &= \left(1 - L^{2}\right) w_{1} \\
    \end{aligned}
    """
    import sys

    from autograd.drawing.latex import formulas

    return formulas(root, wrt, sys._getframe(1), limit, digits)
