"""What draw can be asked for: names, local derivatives, colours, directions, files."""

import inspect
import re
import sys
import weakref
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Value, dot, draw, no_grad, relu, sqrt, sum, to_dot
from autograd.drawing.dot import dot_layout
from autograd.drawing.layout import own_layout
from autograd.drawing.names import BUDGET, names_of
from autograd.drawing.picture import Picture
from autograd.drawing.scene import Scene, scene
from autograd.drawing.style import ODD, tint
from autograd.graph import nodes
from tests.test_drawing import (
    HOSTILE,
    SVG,
    assert_no_overlap,
    diamond,
    graphs,
    needs_dot,
    slow,
    texts,
)


def micrograd_lecture() -> Value:
    """The example of Karpathy's lecture on micrograd: L = (a * b + c) * f = -8."""
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    c, f = Value(10.0, label="c"), Value(-2.0, label="f")
    L = (a * b + c) * f
    L.backward()
    return L


# ---- names -------------------------------------------------------------------------


class Linear:
    """A model in the simplest way: no base class."""

    def __init__(self) -> None:
        self.W = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]]
        self.b = Value(0.5)

    def parameters(self) -> list[Value]:
        return [*self.W[0], *self.W[1], self.b]


GLOBAL = Value(7.0)


def names_here(*values: Value) -> list[str]:
    found = names_of(values, sys._getframe(1))
    return [found.get(z, "") for z in values]


def test_variables_name_what_has_no_label() -> None:
    x, labelled = Value(2.0), Value(1.0, label="one")
    y = x * labelled
    found = names_here(x, labelled, y, x + 1.0)
    assert found == ["x", "", "y", ""]
    shown = draw(y, engine="own")
    assert [node.name for node in shown.scene.nodes] == ["x", "one", "", "y"]
    assert [x.label, labelled.label, y.label] == ["", "one", ""]  # untouched
    assert '"y\\n' in to_dot(y).source


def test_lists_dicts_arrays_and_models_name_their_entries() -> None:
    w = [Value(1.0), [Value(2.0)]]
    table = {"k": Value(3.0), 5: Value(4.0)}
    array = np.array([[Value(5.0), Value(6.0)]])
    line = Linear()
    assert names_here(w[0], w[1][0]) == ["w[0]", "w[1][0]"]  # type: ignore[index]
    assert names_here(table["k"], table[5]) == ["table['k']", "table[5]"]
    assert names_here(array[0, 1]) == ["array[0][1]"]
    assert names_here(line.W[1][0], line.b) == ["line.W[1][0]", "line.b"]


def test_the_shortest_and_nearest_name_counts() -> None:
    holder = [GLOBAL]
    assert names_here(GLOBAL) == ["holder[0]"]  # locals come before globals
    local = holder[0]
    assert names_here(GLOBAL) == ["local"]
    del holder, local
    assert names_here(GLOBAL) == ["GLOBAL"]


def test_a_namespace_runs_no_code_and_is_walked_for_a_while_only() -> None:
    class Trap:
        def __eq__(self, other: object) -> bool:
            raise AssertionError("compared")

        def __getattr__(self, name: str) -> object:
            raise AssertionError(f"asked for {name}")

        __hash__ = None  # type: ignore[assignment]

    x = Value(1.0)
    trap, traps, loop = Trap(), [Trap()], []
    loop.append(loop)
    huge = [[None] for _ in range(10 * BUDGET)]
    late = SimpleNamespace(x=x)  # no model: what it holds is its own affair
    assert names_here(x) == ["x"]
    assert names_here(Value(2.0), x) == ["", "x"]
    assert trap is not traps[0]
    assert len(huge) == 10 * BUDGET
    assert late.x is x


def test_private_variables_and_data_give_no_names() -> None:
    _hidden = Value(1.0)
    assert names_here(_hidden) == [""]
    data = [0.5, Value(2.0)]  # begins with a number
    assert names_here(data[1]) == [""]  # type: ignore[arg-type]


def test_a_long_name_keeps_its_end() -> None:
    a_rather_long_variable_for_a_model = Linear()
    y = relu(a_rather_long_variable_for_a_model.W[1][1])
    names = [node.name for node in draw(y, engine="own").scene.nodes]
    assert names[0].startswith("…")
    assert names[0].endswith("for_a_model.W[1][1]")


# ---- local derivatives and colours -------------------------------------------------


def test_local_derivatives_stand_on_the_arrows() -> None:
    x, y = Value(2.0), Value(-3.0)
    picture = draw(x * y + x * 5.0, engine="own", partials=True)
    slopes = [n.lines[0] for n in picture.scene.nodes if n.kind == "slope"]
    # d(xy)/dx = y, d(xy)/dy = x, d(5x)/dx = 5, and 1 for each term; none for 5 itself
    assert sorted(slopes) == sorted(["-3", "2", "5", "1", "1"])
    assert "local derivatives" in texts(picture)[-1]


def test_a_derivative_that_is_not_defined_says_so() -> None:
    picture = draw(sqrt(Value(0.0)), engine="own", partials=True)
    assert "undefined" in texts(picture)


def test_colours_show_sign_and_size() -> None:
    picture = draw(micrograd_lecture(), engine="own", color="grad")
    fills = {n.name: n.fill for n in picture.scene.nodes if n.name}
    # Gradients of the lecture: a 6, b -4, c -2, f 4.
    assert fills["a"] == tint(6.0, 6.0) == "#f08070"
    assert fills["b"] == tint(-4.0, 6.0)
    assert all(fill in picture.svg for fill in fills.values())
    assert "full at 6" in texts(picture)[-1]


def test_colours_wait_for_gradients_and_bear_any_number() -> None:
    x = Value(1.0)
    assert not any(n.fill for n in draw(x * x, color="grad").scene.nodes)
    with no_grad():
        assert draw(x * x, color="grad", engine="own").svg
    y = x * 1.0
    y.grad, x.grad = 1.0, float("nan")
    assert [n.fill for n in draw(y, color="grad").scene.nodes if n.fill][0] == ODD
    assert tint(float("-inf"), 1.0) == ODD


# ---- marks for a script ------------------------------------------------------------


def marks(picture: Picture) -> list[tuple[str, str]]:
    groups = ElementTree.fromstring(picture.svg).iter(f"{SVG}g")
    found = []
    for group in groups:
        kind = group.get("class", "")
        found.append((kind, group.get(f"data-{kind}", "")))
    return found


@slow
@given(graphs, st.booleans())
def test_every_value_operation_and_arrow_is_marked(root: Value, slopes: bool) -> None:
    values = nodes(root)
    place = {z: str(i) for i, z in enumerate(values)}
    picture = Picture(scene(root, 10**6, slopes=slopes), "own")
    found = marks(picture)
    assert sorted(m for kind, m in found if kind == "node") == sorted(place.values())
    interior = [place[z] for z in values if z.args]
    assert sorted(m for kind, m in found if kind == "op") == sorted(interior)
    edges = interior + [
        f"{place[x]}-{place[z]}" for z in values for x in z.args if type(x) is not float
    ]
    shown = [m for kind, m in found if kind == "edge" and m]
    assert set(shown) == set(edges)
    assert slopes or sorted(shown) == sorted(edges)


def test_the_marks_survive_expansion_and_truncation() -> None:
    x = [Value(1.0, label="x0"), Value(2.0, label="x1")]
    root = dot(x, [3.0, 4.0]) * 2.0
    opened = draw(root, engine="own", expand=True)
    labelled = {n.name: n.mark for n in opened.scene.nodes if n.kind == "leaf"}
    assert labelled == {"x0": "0", "x1": "1"}
    cut = draw(root, engine="own", limit=1)
    assert [n.mark for n in cut.scene.nodes if n.kind == "output"] == ["3"]


@needs_dot
@slow
@given(graphs, st.booleans())
def test_each_route_of_dot_joins_the_ends_of_its_edge(
    root: Value, slopes: bool
) -> None:
    found = scene(root, 60, slopes=slopes)
    layout = dot_layout(found)
    for (tail, head), route in zip(found.edges, layout.routes, strict=True):
        start, end = layout.boxes[tail], layout.boxes[head]
        assert abs(route.points[0][0] - start.x) <= start.width / 2 + 1.0
        assert abs(route.points[0][1] - start.y) <= start.height / 2 + 1.0
        assert abs(route.tip[0] - end.x) <= end.width / 2 + 1.0
        assert abs(route.tip[1] - end.y) <= end.height / 2 + 1.0


# ---- opening weighted sums ---------------------------------------------------------


def shape(found: Scene) -> list[tuple[str, ...]]:
    return [node.texts for node in found.nodes if node.kind != "slope"]


def test_expanded_sums_are_those_written_one_by_one() -> None:
    w = [Value(1.0, label="w0"), Value(2.0, label="w1"), Value(3.0, label="w2")]
    x = [4.0, Value(5.0, label="x1"), 6.0]
    once = dot(w, x)
    by_hand = w[0] * x[0] + w[1] * x[1] + w[2] * x[2]
    once.backward()
    by_hand.backward()
    for z in w:
        z.grad = 0.0
    x[1].grad = 0.0  # type: ignore[union-attr]
    opened = draw(once, engine="own", expand=True).scene
    plain = draw(by_hand, engine="own").scene
    assert opened.edges == plain.edges
    assert shape(opened)[:-1] == shape(plain)[:-1]
    opened, plain = (
        draw(sum([*w, 1.0]), expand=True).scene,
        draw(w[0] + w[1] + w[2] + 1.0).scene,
    )
    assert (opened.edges, shape(opened)) == (plain.edges, shape(plain))


def test_expanding_changes_no_value_and_keeps_short_sums() -> None:
    x = Value(2.0, label="x")
    single, pair = sum([x]), dot([x], [3.0])
    assert "sum" in texts(draw(single, engine="own", expand=True))
    assert "*" in texts(draw(pair, engine="own", expand=True))
    assert pair.op is autograd.dot
    assert pair.args == (x, 3.0)
    assert pair.grad == 0.0


def test_an_expanded_graph_is_cut_in_bounded_time() -> None:
    wide = sum([dot([Value(1.0)] * 3, [2.0] * 3) for _ in range(2000)])
    picture = draw(wide, engine="own", expand=True, limit=9)
    # 3 constants, a leaf, 3 products and 2 sums a term; 2,000 - 1 sums of the terms
    assert "9 of 19,999 nodes drawn" in texts(picture)[-1]
    by_hand = draw(dot([Value(1.0), 2.0], [3.0, 4.0]), expand=True, limit=3)
    assert "3 of 7 nodes drawn" in by_hand.scene.notes[0]


# ---- directions --------------------------------------------------------------------


@slow
@given(graphs)
def test_downwards_every_arrow_goes_down_and_nothing_overlaps(root: Value) -> None:
    found = scene(root, 200)
    layout = own_layout(found, "down")
    assert_no_overlap(layout)
    for (tail, head), route in zip(found.edges, layout.routes, strict=True):
        start, end = layout.boxes[tail], layout.boxes[head]
        assert route.points[0] == (start.x, start.y + start.height / 2)
        assert end.y - end.height / 2 <= route.tip[1] <= end.y
        assert (start.width, start.height) == found.nodes[tail].size


@needs_dot
def test_both_engines_know_both_directions() -> None:
    d = diamond()
    shapes = {}
    for engine in ("dot", "own"):
        for direction in ("right", "down"):
            svg = draw(d, engine=engine, direction=direction).svg  # type: ignore[arg-type]
            root = ElementTree.fromstring(svg)
            size = float(root.get("width", "")), float(root.get("height", ""))
            shapes[engine, direction] = size[0] > size[1]
    assert shapes == {(e, d): d == "right" for e, d in shapes}


def test_a_dot_file_keeps_the_direction(tmp_path: Path) -> None:
    draw(diamond(), engine="own", direction="down").save(tmp_path / "d.dot")
    assert "rankdir=TB" in (tmp_path / "d.dot").read_text("utf-8")


def test_unknown_options_are_refused() -> None:
    x = Value(1.0)
    for options, words in (
        ({"direction": "up"}, "known are right, down"),
        ({"color": "data"}, "known is 'grad'"),
        ({"model": 1}, "collapse='layer'"),
        ({"collapse": "cell"}, "known are neuron, layer, module"),
        ({"collapse": "layer", "partials": True}, "leave out collapse"),
    ):
        with pytest.raises(ValueError, match=words):
            draw(x, **options)  # type: ignore[arg-type]


# ---- files -------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=())) | st.sampled_from(HOSTILE))
def test_a_page_is_well_formed_and_refers_to_nothing(label: str) -> None:
    from autograd.drawing.convert import page

    picture = draw(Value(1.0, label=label), engine="own")
    html = page(picture.svg)
    body = html.removeprefix("<!DOCTYPE html>\n")
    tags = {
        element.tag.split("}")[1] for element in ElementTree.fromstring(body).iter()
    }
    assert tags == {"html", "head", "meta", "title", "body", "svg", "rect", "g", "text"}
    html.encode("utf-8")
    markup = re.sub(r">[^<]*<", "><", html)  # without the texts
    addresses = set(re.findall(r"\w+://[^\"\s]+", markup))
    assert addresses == {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"}


def test_save_a_page(tmp_path: Path) -> None:
    picture = draw(diamond(), engine="own")
    picture.save(tmp_path / "d.html")
    assert picture.svg in (tmp_path / "d.html").read_text("utf-8")


@pytest.mark.parametrize(("suffix", "magic"), [(".png", b"\x89PNG"), (".pdf", b"%PDF")])
def test_save_by_the_converter(suffix: str, magic: bytes, tmp_path: Path) -> None:
    pytest.importorskip("vl_convert", reason="vl-convert-python is not installed")
    draw(diamond(), engine="own").save(tmp_path / f"d{suffix}")
    assert (tmp_path / f"d{suffix}").read_bytes().startswith(magic)


def test_the_converter_gets_the_svg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def convert(svg: str, scale: float) -> bytes:
        calls.append((svg, scale))
        return b"converted"

    fake = SimpleNamespace(svg_to_png=convert, svg_to_pdf=convert)
    monkeypatch.setitem(sys.modules, "vl_convert", fake)  # type: ignore[arg-type]
    picture = draw(diamond(), engine="own")
    for suffix in ("png", "pdf"):
        picture.save(tmp_path / f"d.{suffix}")
        assert (tmp_path / f"d.{suffix}").read_bytes() == b"converted"
    assert calls == [(picture.svg, 2.0), (picture.svg, 1.0)]


def test_without_converter_and_dot_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="pip install vl-convert-python"):
        draw(diamond()).save(tmp_path / "d.png")
    assert list(tmp_path.iterdir()) == []


# ---- the session -------------------------------------------------------------------


def test_completion_shows_the_public_names_only() -> None:
    assert [name for name in dir(autograd) if not name.startswith("__")] == sorted(
        autograd.__all__
    )
    assert "chain_rule" not in dir(autograd)


def test_every_public_name_has_a_text_to_read() -> None:
    for name in autograd.__all__:
        text = inspect.getdoc(getattr(autograd, name)) or ""
        assert len(text.split("\n")[0]) > 20, name


def test_format_strings() -> None:
    v = Value(2 / 3, label="v")
    assert f"{v:.3f} {v:>8.2e}" == "0.667 6.67e-01"
    assert f"{v}" == repr(v)
    assert f"{autograd.tree(v)}" == str(autograd.tree(v))


class Watched(Value):
    __slots__ = ("__weakref__",)


def test_a_picture_inside_a_function_does_not_keep_the_graph_alive():
    x = Watched(3.0)
    y = x * x
    alive = weakref.ref(x)
    assert "x" in texts(draw(y, engine="own"))
    del x, y
    assert alive() is None


def test_looking_for_names_leaves_the_callers_own_snapshot_of_its_variables():
    x = Value(3.0)
    variables = locals()
    draw(x * x, engine="own")
    assert variables["x"] is x
