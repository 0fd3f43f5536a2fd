"""Every picture of a graph, and a network trained by hand: no NumPy, no programs."""

import random
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from autograd import Value, draw, explain, hessian, replay, sin, to_dot, to_latex, tree
from nn import MLP, SGD


def pictures() -> None:
    x, w = Value(2.0, label="x"), Value(-3.0, label="w")
    y = (w * x).tanh() + sin(x)
    y.label = "y"
    y.backward()
    picture = draw(y, engine="own")
    assert ElementTree.fromstring(picture.svg).tag.endswith("}svg")
    assert draw(y).svg == picture.svg  # "auto": there is no program to start
    assert "tanh" in to_dot(y).source
    assert "tanh" in str(tree(y))
    assert repr(picture).startswith(str(tree(y)))
    assert "2 paths lead from x to y" in str(explain(y, x))
    assert r"\frac{\partial y}{\partial w}" in str(to_latex(y))

    replayed, drawn, png = Path("/tmp/y.html"), Path("/tmp/y.svg"), Path("/tmp/y.png")
    replay(y).save(replayed)
    assert "</html>" in replayed.read_text(encoding="utf-8")
    picture.save(drawn)
    assert drawn.read_text(encoding="utf-8") == picture.svg
    with pytest.raises(RuntimeError, match=r"\.svg saves"):
        picture.save(png)
    assert not png.exists()


def training() -> None:
    """XOR by a loop of one's own, in two hundred steps."""
    model = MLP(2, [8, 1], "tanh", rng=random.Random(0))
    optimizer = SGD(model.parameters(), lr=0.02)
    rows = [([a, b], 1.0 if a != b else -1.0) for a in (0.0, 1.0) for b in (0.0, 1.0)]
    losses = []
    for _ in range(200):
        loss = sum((model(row) - target) ** 2 for row, target in rows)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    assert losses[-1] < 0.05 < losses[0]


if __name__ == "__main__":
    assert sys.platform == "emscripten"
    assert hessian(lambda v: v[0] * v[1] ** 2)([1.0, 2.0]) == [[0.0, 4.0], [4.0, 2.0]]
    pictures()
    training()
    assert "numpy" not in sys.modules
    print("pictures: done")
