"""The text tree: what it shows, that it fits, and that labels are only data."""

import random
import sys
import time
from io import StringIO, TextIOWrapper
from unicodedata import bidirectional, category

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import Primitive, Value, dot, draw, no_grad, sum, tree
from autograd.drawing.outline import outline
from autograd.drawing.scene import scene
from autograd.drawing.text import cells
from tests.test_drawing import HOSTILE, diamond, graphs, slow


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


pytestmark = pytest.mark.usefixtures("wide")


def test_the_lecture_example() -> None:
    # Karpathy's lecture on micrograd: L = (a * b + c) * f = -8.
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    c, f = Value(10.0, label="c"), Value(-2.0, label="f")
    e = a * b
    d = e + c
    L = d * f
    L.backward()
    assert str(tree(L)).splitlines() == [
        "L  *  data -8  grad 1",
        "├─ d  +  data 4  grad -2",
        "│  ├─ e  *  data -6  grad -2",
        "│  │  ├─ a  data 2  grad 6",
        "│  │  └─ b  data -3  grad -4",
        "│  └─ c  data 10  grad -2",
        "└─ f  data -2  grad 4",
    ]
    assert "│  │  ├─ a  data 2  grad 6  (-3)" in str(tree(L, partials=True))


def test_a_shared_node_is_shown_once_and_referred_to() -> None:
    lines = str(tree(diamond())).splitlines()
    assert lines == [
        "+  data 24  grad ?",
        "├─ *  data 18  grad ?",
        "│  ├─ +  data 6  grad ?  [1]",
        "│  │  ├─ a  data 3  grad ?  [2]",
        "│  │  └─ [2] a",
        "│  └─ [2] a",
        "└─ [1]",
    ]


def test_leaves_constants_and_what_has_no_gradient() -> None:
    x = Value(1.5)
    assert str(tree(x)) == "x  data 1.5  grad ?"
    with no_grad():
        y = x * 2.0
    assert str(tree(y)) == "y  data 3"
    assert str(tree(2.0 * x)).splitlines()[1:] == ["├─ 2", "└─ x  data 1.5  grad ?"]


def test_what_was_left_out_is_said() -> None:
    xs = [Value(float(i)) for i in range(1000)]
    lines = str(tree(sum(xs), limit=4)).splitlines()
    assert lines[-1] == (
        "4 of 1,001 nodes drawn, those nearest the output; 997 left out"
    )
    assert lines[-2] == "└─ … 997 more"
    assert len(lines) == 6
    for refused in (lambda: tree(xs[0], limit=0), lambda: tree(1.0)):  # type: ignore[arg-type]
        with pytest.raises((ValueError, TypeError)):
            refused()


def test_a_deep_branch_goes_on_below() -> None:
    y = Value(1.0, label="x")
    for _ in range(40):
        y = y.tanh()
    text = str(tree(y))
    assert text.count("goes on below") >= 2
    assert text.count("x  data 1") == 1  # all of it is there
    assert text.count("tanh") == 40 + text.count("goes on below")
    assert max(map(cells, text.splitlines())) <= 80


@pytest.mark.parametrize("columns", [10, 40, 80, 200])
def test_it_fits_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    model = nn.MLP(3, [4, 4, 1], rng=random.Random(0))
    y = model([Value(1.0, label="重み" * 20), 2.0, 3.0])
    assert max(map(cells, str(tree(y)).splitlines())) <= max(columns, 40)


def test_the_size_is_looked_up_when_it_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = tree(Value(1.0, label="a label that is long enough"))
    before = str(shown)
    monkeypatch.setenv("COLUMNS", "30")
    assert len(str(shown)) < len(before)


@slow
@given(graphs, st.integers(30, 100))
def test_every_node_is_there_once(root: Value, width: int) -> None:
    found = scene(root, 10**6)
    lines = outline(found, 10**6, width).splitlines()
    assert all(cells(line) <= width for line in lines)
    below = [line for line in lines if "goes on below" in line]
    shown = sum(float("data" in line) for line in lines)  # type: ignore[misc]
    boxes = [n for n in found.nodes if n.kind in ("leaf", "interior", "output")]
    assert shown == len(boxes) + len(below) or width < 60  # where all is in the line


@given(st.text(st.characters(exclude_categories=())) | st.sampled_from(HOSTILE))
def test_any_label_is_harmless(label: str) -> None:
    op = Primitive(label, lambda x: x, 1.0)
    root = op(Value(2.0)) * Value(1.0, label=label)
    text = str(tree(root))
    text.encode("utf-8")
    controls = {"Cc", "Cs", "Co", "Zl", "Zp"}
    assert not any(category(ch) in controls for ch in text if ch != "\n")
    overrides = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI"}
    assert not any(bidirectional(ch) in overrides for ch in text)
    assert text.count("\u2068") == text.count("\u2069")
    assert len(text.splitlines()) == 4


def test_right_to_left_text_stays_in_its_place() -> None:
    text = str(tree(Value(3.0, label="\u05d0\u05d1")))
    assert text == "\u2068\u05d0\u05d1\u2069  data 3  grad ?"


def test_an_escape_sequence_is_shown_not_sent() -> None:
    assert str(tree(Value(3.0, label="\x1b[2J"))) == r"\x1b[2J  data 3  grad ?"


def test_a_terminal_without_these_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    from io import BytesIO

    bytes_ = BytesIO()
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(bytes_, encoding="ascii"))
    print(tree(-Value(3.0, label="重")))
    sys.stdout.flush()
    assert bytes_.getvalue().decode("ascii").split("\n")[:2] == [
        "neg  data -3  grad ?",
        r"`- \u91cd  data 3  grad ?",
    ]
    monkeypatch.setattr(sys, "stdout", StringIO())
    assert "└─" in str(tree(-Value(3.0)))


def test_depth_and_width_are_no_limit() -> None:
    y = Value(1.0)
    for _ in range(200_000):
        y = -y
    wide = dot([y] * 50_000, [2.0] * 50_000)
    start = time.perf_counter()
    assert len(str(tree(wide)).splitlines()) < 160
    assert len(draw(wide, engine="own").svg) < 10**6
    assert len(str(tree(y, limit=3_000)).splitlines()) > 3_000
    assert time.perf_counter() - start < 20.0


def test_it_is_a_snapshot_and_the_text_of_a_picture() -> None:
    x = Value(1.0, label="x")
    y = x * 3.0
    before = tree(y)
    y.backward()
    assert "grad ?" in str(before)
    assert repr(tree(y)) == str(tree(y)) == f"{tree(y)}"
    assert repr(draw(y, engine="own")).startswith(str(tree(y)))
