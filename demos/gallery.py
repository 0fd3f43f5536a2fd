"""The gallery: pictures of graphs beside the programs that draw them.

python -m demos.gallery

Writes each picture as an SVG file, and a page that shows them all. The layout is our
own: it needs no other program, and draws the same bytes on every run.
"""

from __future__ import annotations

import argparse
import inspect
import os
import random
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nn
from autograd import Value, dot, draw, explain, replay, sum, tanh, tree
from autograd.drawing.picture import Picture
from demos.options import folder

COLUMNS = "88"  # of the terminal that the texts are made for
HERE = Path(__file__).parent / "gallery"

# ---- the exhibits: each is a title, a program, and a word about what comes out -------


def an_expression() -> Picture:
    """Every Value is a box with its data and its gradient, every operation an ellipse.
    Values without a label are named after the variables that hold them."""
    a, b, c, f = Value(2.0), Value(-3.0), Value(10.0), Value(-2.0)
    e = a * b
    d = e + c
    L = d * f
    L.backward()
    return draw(L, engine="own")


def before_a_backward_pass() -> Picture:
    """A gradient that nobody has computed is a question mark, not a 0."""
    x = Value(0.5, label="x")
    return draw(x * tanh(x) + 1.0, engine="own")


def local_derivatives_and_colours() -> Picture:
    """On each arrow the local derivative of the result with respect to the argument.
    The gradient of a node is the sum, over its arrows, of that number times the
    gradient of what the arrow leads to."""
    a, b, c, f = Value(2.0), Value(-3.0), Value(10.0), Value(-2.0)
    e = a * b
    d = e + c
    L = d * f
    L.backward()
    return draw(L, engine="own", partials=True, color="grad")


def a_neuron_from_top_to_bottom() -> Picture:
    """The weighted sum of a neuron is one node of the graph."""
    neuron = nn.Neuron(2, "tanh", rng=random.Random(1))
    x = [Value(1.0, label="x1"), Value(-2.0, label="x2")]
    y = neuron(x)
    y.backward()
    return draw(y, engine="own", direction="down")


def a_weighted_sum_opened_up() -> Picture:
    """``expand=True`` shows its products and sums as they are written one by one."""
    neuron = nn.Neuron(2, "tanh", rng=random.Random(1))
    x = [Value(1.0, label="x1"), Value(-2.0, label="x2")]
    y = neuron(x)
    y.backward()
    return draw(y, engine="own", expand=True)


def a_network_as_layers() -> Picture:
    """An MLP 2-16-16-1 with its loss over 50 samples, 5,000 Values, as four boxes."""
    rng = random.Random(0)
    model = nn.MLP(2, [16, 16, 1], "tanh", rng=rng)
    X = [[rng.uniform(-1.0, 1.0), rng.uniform(-1.0, 1.0)] for _ in range(50)]
    y = [x1 * x2 for x1, x2 in X]
    loss = nn.mse([model(x) for x in X], y)
    loss.backward()
    return draw(loss, engine="own", collapse="layer")


def a_network_as_neurons() -> Picture:
    """The same kind of network, smaller, with a box for each neuron."""
    rng = random.Random(0)
    model = nn.MLP(2, [4, 3, 1], "tanh", rng=rng)
    X = [[rng.uniform(-1.0, 1.0), rng.uniform(-1.0, 1.0)] for _ in range(50)]
    y = [x1 * x2 for x1, x2 in X]
    loss = nn.mse([model(x) for x in X], y)
    loss.backward()
    return draw(loss, engine="own", collapse="neuron")


class Cell(nn.Module):
    def __init__(self, width: int, rng: random.Random) -> None:
        self.candidate = nn.Layer(1 + width, width, "tanh", rng=rng)
        self.gate = nn.Layer(1 + width, width, "sigmoid", rng=rng)

    def step(self, x: Any, h: list[Any]) -> list[Any]:
        new, gate = self.candidate([x, *h]), self.gate([x, *h])
        return [g * n + (1.0 - g) * old for g, n, old in zip(gate, new, h)]


def a_recurrent_network() -> Picture:
    """Where a part runs again on what came of it, each run is a step of its own. (The
    gated cell is defined in ``demos/gallery.py``.)"""
    cell = Cell(2, random.Random(2))
    h: list[Any] = [0.0, 0.0]
    for x in (0.1, 0.2, 0.3):
        h = cell.step(x, h)
    loss = (h[0] - 1.0) ** 2
    loss.backward()
    return draw(loss, engine="own", collapse="layer")


def a_large_graph_cut_around_its_output() -> Picture:
    """What was left out is said, in the picture and below it."""
    x = Value(0.5, label="x")
    y = x
    for i in range(1000):
        y = y * x + sum([y, x, 1.0]) / (i + 1.0)
    return draw(y, engine="own", limit=16)


def labels_are_data() -> Picture:
    """Whatever a label holds, it is shown, and neither run nor obeyed."""
    labels = ["<script>alert(1)</script>", 'say "hi"\\n\n', "重み", "🙂", "w" * 10_000]
    xs = [Value(float(i), label=label) for i, label in enumerate(labels)]
    return draw(dot(xs, [1.0] * 5), engine="own")


def the_same_as_text() -> object:
    """``print(tree(root))`` in a terminal; ``print(draw(root))`` gives it, too."""
    a, b, c, f = Value(2.0), Value(-3.0), Value(10.0), Value(-2.0)
    e = a * b
    d = e + c
    L = d * f + e.tanh()
    L.backward()
    return tree(L)


def a_derivative_explained() -> object:
    """The chain rule in words and numbers: one product for each path."""
    a = Value(2.0, label="a")
    b = a * a
    L = b * a + b
    return explain(L, a)


def a_backward_pass_step_by_step() -> object:
    """In a notebook the replay is a player; in a terminal, it is a table."""
    a = Value(2.0, label="a")
    b = a * a
    L = b * a + b
    return replay(L)


EXHIBITS: list[Callable[[], Any]] = [
    an_expression,
    before_a_backward_pass,
    local_derivatives_and_colours,
    a_neuron_from_top_to_bottom,
    a_weighted_sum_opened_up,
    a_network_as_layers,
    a_network_as_neurons,
    a_recurrent_network,
    a_large_graph_cut_around_its_output,
    labels_are_data,
    the_same_as_text,
    a_derivative_explained,
    a_backward_pass_step_by_step,
]

# ---- the page ------------------------------------------------------------------------

HEAD = """\
# Gallery

Pictures of graphs beside the programs that draw them. `python -m demos.gallery` writes
this page and its pictures; a test runs it and compares every byte.
"""


def write(out: Path) -> list[Path]:
    """Write the page and the pictures into a folder, and list them."""
    out.mkdir(parents=True, exist_ok=True)
    parts, files = [HEAD], []
    for exhibit in EXHIBITS:
        title = exhibit.__name__.replace("_", " ").capitalize()
        about, program = source(exhibit)
        parts.append(f"## {title}\n\n{about}\n\n```python\n{program}```\n")
        with patch.dict(os.environ, COLUMNS=COLUMNS):
            shown = exhibit()
            if isinstance(shown, Picture):
                files.append(out / f"{exhibit.__name__}.svg")
                shown.save(files[-1])
                parts.append(f"![{title}]({files[-1].name})\n")
            else:
                parts.append(f"```text\n{shown}\n```\n")
    files.append(out / "README.md")
    files[-1].write_text("\n".join(parts), encoding="utf-8", newline="\n")
    return files


def source(exhibit: Callable[[], Any]) -> tuple[str, str]:
    """Give what an exhibit says about itself, and its program."""
    about = " ".join((exhibit.__doc__ or "").split())
    text = inspect.getsource(exhibit)
    program = textwrap.dedent(text.split('"""\n', 2)[-1])
    return about, program.replace("\nreturn ", "\n")  # as it is typed in a session


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m demos.gallery", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--out", type=folder, default=HERE, help="folder (default: demos/gallery)"
    )
    files = write(parser.parse_args(argv).out)
    print(f"{len(files)} files written into {files[-1].parent}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
