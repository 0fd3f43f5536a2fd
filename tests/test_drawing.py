"""Pictures: what they show, that nothing overlaps, and that labels are only data."""

import os
import random
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Primitive, Value, dot, draw, no_grad, sum, to_dot
from autograd.drawing.layers import crossings, layers
from autograd.drawing.layout import Layout, own_layout
from autograd.drawing.picture import Picture
from autograd.drawing.scene import Scene, scene
from autograd.drawing.text import LONGEST, cells, compact, legible

SVG = "{http://www.w3.org/2000/svg}"
ROOT = Path(__file__).parent.parent

needs_dot = pytest.mark.skipif(
    shutil.which("dot") is None, reason="Graphviz's program dot is not installed"
)
slow = settings(deadline=None, max_examples=30)


@pytest.fixture
def without_dot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def texts(picture: Picture) -> list[str]:
    """List the texts of a picture, as a reader sees them."""
    found = ElementTree.fromstring(picture.svg).iter(f"{SVG}text")
    return [(text.text or "").replace("\xa0", " ") for text in found]


def diamond() -> Value:
    a = Value(3.0, label="a")
    b = a + a
    return b * a + b


def random_graph(size: int, seed: int) -> Value:
    rng = random.Random(seed)
    values = [Value(rng.uniform(-2.0, 2.0), label=f"v{i}") for i in range(4)]
    for _ in range(size):
        x, y = rng.choice(values), rng.choice(values[-8:])
        values.append(rng.choice([x + y, x - y, y * 2.0, sum([x, y, x])]))
    return sum(values)


graphs = st.builds(random_graph, st.integers(0, 40), st.integers(0, 10**6))

# ---- what is shown -----------------------------------------------------------------


def test_the_dot_text_of_a_product() -> None:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    (a * b).backward()
    product = a * b
    product.backward()
    leaf = 'color="#5b86b0" fillcolor="#e8f1fa" height=0.72 penwidth=1 shape=box'
    rounded = 'style="rounded,filled"'
    assert to_dot(product).source == "\n".join(
        [
            "digraph {",
            "\tgraph [nodesep=0.17 ordering=in rankdir=LR ranksep=0.35]",
            '\tnode [fontname="Menlo,Consolas,DejaVu Sans Mono,Liberation Mono,'
            'monospace" fontsize=11 margin=0]',
            '\tedge [arrowsize=0.7 color="#7b8794"]',
            rf'	n0 [label="a\ndata  2\ngrad -6" {leaf} {rounded} width=0.88]',
            rf'	n1 [label="b\ndata -3\ngrad  4" {leaf} {rounded} width=0.88]',
            '\tn2 [label="*" color="#7b8794" fillcolor="#eceef1" height=0.36 '
            "penwidth=1 shape=ellipse style=filled width=0.37]",
            r'	n3 [label="product\ndata -6\ngrad  1" color="#b7862a" '
            f'fillcolor="#fdf3d7" height=0.72 penwidth=2 shape=box {rounded} '
            "width=0.88]",
            "\tn0 -> n2",
            "\tn1 -> n2",
            "\tn2 -> n3",
            "}",
            "",
        ]
    )


def test_edges_keep_argument_order_and_repeats() -> None:
    x, y = Value(2.0), Value(3.0)
    assert scene(y - x, 9).edges == [(0, 2), (1, 2), (2, 3)]
    assert scene(x * x, 9).edges == [(0, 1), (0, 1), (1, 2)]
    assert to_dot(sum([x, x, x])).source.count("n0 -> n1") == 3
    assert draw(x * x, engine="own").svg.count("<path") == 3
    own = own_layout(scene(x * x, 9))
    assert own.routes[0].tip != own.routes[1].tip  # seen as two


def test_each_use_of_a_constant_is_a_node() -> None:
    x = Value(2.0)
    found = scene(2.0 * x - 2.0, 99)
    constants = [node.lines for node in found.nodes if node.kind == "constant"]
    assert constants == [("2",), ("2",)]
    assert found.edges[:3] == [(1, 2), (0, 2), (2, 3)]  # 2.0 comes before x


def test_gradients_are_shown_once_there_are_any() -> None:
    d = diamond()
    before = draw(d, engine="own")
    grads = [line.split() for line in texts(before) if "grad" in line]
    assert grads == [["grad", "?"]] * 4
    d.backward()
    assert "grad 14" in texts(draw(d, engine="own"))
    assert "grad 14" not in texts(before)  # a snapshot


def test_a_constant_has_no_gradient_to_wait_for() -> None:
    with no_grad():
        c = Value(2.0) * 3.0
    assert texts(draw(c, engine="own")) == ["c", "data 6"]


def test_a_weighted_sum_is_one_node() -> None:
    ws, xs = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]
    kinds = [node.kind for node in scene(dot(ws, xs), 99).nodes]
    assert kinds == ["leaf"] * 4 + ["op", "output"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (2.0, "2"),
        (3, "3"),
        (-0.0, "-0"),
        (123456.0, "123456"),
        (1e22, "1e+22"),
        (2 / 3, "0.6667"),
        (1e-300, "1e-300"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
    ],
)
def test_numbers_are_compact(number: float, text: str) -> None:
    assert compact(number) == text


def test_refused_roots_limits_and_engines() -> None:
    x = Value(1.0)
    for show in (draw, to_dot):
        with pytest.raises(TypeError, match="expected a Value to draw"):
            show(1.0)  # type: ignore[operator]
        with pytest.raises(ValueError, match="limit must be at least 1"):
            show(x, limit=0)  # type: ignore[operator]
    with pytest.raises(ValueError, match="known are auto, dot, own"):
        draw(x, engine="neato")


# ---- labels are data ---------------------------------------------------------------

HOSTILE = [
    '<script>alert("x")</script>',
    "a\\",
    '"; } digraph {',
    "\\N \\G &amp; &#60;",
    "<b>",
    "two\nlines\r\x00\ud800\u202e",
    "שלום 重み 👩‍👩‍👧",
    "w" * 10_000,
]


@given(st.text(st.characters(exclude_categories=())) | st.sampled_from(HOSTILE))
def test_any_label_gives_well_formed_xml(label: str) -> None:
    shown = texts(draw(Value(1.0, label=label), engine="own"))
    # Graphviz reads spaces as they are, and so do we, by making them no-break spaces.
    assert shown[0] == (legible(label.strip()) or "data 1")
    assert cells(shown[0]) <= LONGEST


@needs_dot
@slow
@given(st.text(st.characters(exclude_categories=())) | st.sampled_from(HOSTILE))
def test_any_label_gives_valid_dot(label: str) -> None:
    op = Primitive(label, lambda x: x, 1.0)
    root = Value(1.0, label=label) * op(Value(2.0))
    svg = subprocess.run(
        ["dot", "-Tsvg"],
        input=to_dot(root).source.encode(),
        capture_output=True,
        check=True,
    )
    found = ElementTree.fromstring(svg.stdout)
    shown = {
        group.findtext(f"{SVG}title"): group.findtext(f"{SVG}text", default="")
        for group in found.iter(f"{SVG}g")
        if group.get("class") == "node"
    }
    assert not svg.stderr
    assert sorted(shown) == [f"n{i}" for i in range(6)]
    # What Graphviz shows is what we meant: nothing was read as markup or an escape.
    assert shown["n3"].split() == (legible(label.strip()).split() or ["data", "1"])
    assert shown["n1"].split() == legible(label).split()  # the operation


def test_nothing_in_a_picture_runs_or_refers_to_an_address() -> None:
    label = '<script src="http://x.invalid">'
    svg = draw(Value(1.0, label=label), engine="own").svg
    assert "<script" not in svg
    tags = {element.tag for element in ElementTree.fromstring(svg).iter()}
    assert tags <= {f"{SVG}{tag}" for tag in ("svg", "g", "rect", "text")}


# ---- our own layout ----------------------------------------------------------------


def assert_no_overlap(layout: Layout) -> None:
    for a, b in combinations(layout.boxes, 2):
        apart_x = abs(a.x - b.x) - (a.width + b.width) / 2
        apart_y = abs(a.y - b.y) - (a.height + b.height) / 2
        assert max(apart_x, apart_y) >= 1.0


def assert_edges_run_between_their_boxes(found: Scene, layout: Layout) -> None:
    """Every edge goes from the right of its tail to the left half of its head, forward,
    and through no box on its way."""
    for (tail, head), route in zip(found.edges, layout.routes, strict=True):
        start, end = layout.boxes[tail], layout.boxes[head]
        assert route.points[0] == (start.x + start.width / 2, start.y)
        assert end.x - end.width / 2 <= route.tip[0] <= end.x
        assert abs(route.tip[1] - end.y) < end.height / 2
        assert all(a[0] <= b[0] + 1e-9 for a, b in pairwise([*route.points, route.tip]))
        others = [b for i, b in enumerate(layout.boxes) if i not in (tail, head)]
        for i in range(0, len(route.points) - 1, 3):
            for x, y in bezier(*route.points[i : i + 4]):
                for box in others:
                    inside_x = abs(x - box.x) < box.width / 2
                    assert not (inside_x and abs(y - box.y) < box.height / 2)


def bezier(*control: tuple[float, float]) -> list[tuple[float, float]]:
    points = []
    for k in range(13):
        t = k / 12
        row = list(control)
        while len(row) > 1:  # de Casteljau
            row = [
                (a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]))
                for a, b in pairwise(row)
            ]
        points.append(row[0])
    return points


@slow
@given(graphs)
def test_no_box_overlaps_and_no_edge_crosses_a_box(root: Value) -> None:
    found = scene(root, 200)
    layout = own_layout(found)
    assert_no_overlap(layout)
    assert_edges_run_between_their_boxes(found, layout)


@slow
@given(graphs)
def test_every_edge_goes_forward_one_column_at_a_time(root: Value) -> None:
    found = scene(root, 200)
    arranged = layers(len(found.nodes), found.edges)
    column = {v: i for i, vs in enumerate(arranged.columns) for v in vs}
    assert sorted(column) == list(range(len(arranged.before)))  # each vertex once
    for (tail, head), (track, _) in zip(found.edges, arranged.tracks, strict=True):
        assert (track[0], track[-1]) == (tail, head)
        assert all(column[v] == column[u] + 1 for u, v in pairwise(track))


def test_a_tree_has_no_crossings() -> None:
    xs = [Value(float(i)) for i in range(16)]
    while len(xs) > 1:
        xs = [a - b for a, b in zip(xs[::2], xs[1::2], strict=True)]
    found = scene(xs[0], 200)
    arranged = layers(len(found.nodes), found.edges)
    assert crossings(arranged) == 0
    # And the arguments stand in their order, the first one above.
    ys = [box.y for box in own_layout(found).boxes]
    leaves = [y for y, node in zip(ys, found.nodes, strict=True) if node.kind == "leaf"]
    assert leaves == sorted(leaves)


def test_crossings_are_counted() -> None:
    arranged = layers(6, [(0, 2), (1, 3), (2, 4), (3, 4), (4, 5)])
    assert crossings(arranged) == 0
    arranged.columns[0].reverse()
    assert crossings(arranged) == 1


def test_every_text_fits_into_its_box() -> None:
    for node in scene(random_graph(30, 1), 200).nodes:
        assert node.size[0] >= 0.602 * 11 * max(map(cells, node.texts))
        assert node.size[1] >= 11 * len(node.texts)


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    program = (
        "from tests.test_drawing import random_graph; from autograd import *;"
        "root = random_graph(40, 7);"
        "print(draw(root, engine='own').svg, to_dot(root).source)"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1


# ---- large graphs ------------------------------------------------------------------


def test_a_large_graph_is_cut_around_its_output_with_a_note() -> None:
    x = Value(0.0, label="x")
    y = x
    for _ in range(50):
        y = y + 1.0
    picture = draw(y, limit=7, engine="own")
    note = "7 of 101 nodes drawn, those nearest the output; 94 left out"
    assert texts(picture)[-1] == note
    assert note in to_dot(y, limit=7).source
    # Breadth first: y = 50 with its 1, 49 and 48 with theirs, 47 alone.
    shown = [line for line in texts(picture) if line.startswith("data")]
    assert shown == ["data 47", "data 48", "data 49", "data 50"]
    assert "… 2 more" in texts(picture)
    assert len(draw(y, limit=101, engine="own").scene.nodes) == 151
    assert not scene(y, 101).notes


def test_a_cut_sum_keeps_its_first_arguments() -> None:
    xs = [Value(float(i)) for i in range(1000)]
    found = scene(sum([*xs, 1.0, xs[0]]), 5)
    assert [node.lines[0] for node in found.nodes[:5]] == [
        *("data 0", "data 1", "data 2", "data 3"),
        "… 997 more",
    ]
    assert found.edges == [(i, 5) for i in (0, 1, 2, 3, 4, 0)] + [(5, 6)]


def test_a_picture_is_as_wide_as_its_note() -> None:
    svg = draw(Value(1.0) + 1.0, limit=1, engine="own").svg
    note = "1 of 3 nodes drawn, those nearest the output; 2 left out"
    width = float(ElementTree.fromstring(svg).get("width", ""))
    assert width >= 0.602 * 11 * len(note)


def test_depth_is_no_limit() -> None:
    y = Value(1.0)
    for _ in range(300_000):
        y = -y
    start = time.perf_counter()
    picture = draw(y, engine="own")
    assert "200 of 300,001 nodes drawn" in texts(picture)[-1]
    assert "200 of 300,001 nodes" in to_dot(y).source
    assert len(draw(y, limit=2_000, engine="own").svg) > 10**5
    assert time.perf_counter() - start < 30.0


# ---- engines and files -------------------------------------------------------------


def test_import_loads_no_drawing() -> None:
    program = "import autograd, sys; print('graphviz' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True
    )
    assert done.stdout.split() == [b"False"]


@needs_dot
@slow
@given(graphs)
def test_dot_places_every_node_and_edge(root: Value) -> None:
    picture = draw(root, engine="dot")
    own = draw(root, engine="own")
    # Both show the same things, in different places.
    assert sorted(texts(picture)) == sorted(texts(own))
    assert picture.svg.count("<polygon") == own.svg.count("<polygon")


@needs_dot
def test_auto_takes_dot_where_it_is_installed() -> None:
    d = diamond()
    assert draw(d).svg == draw(d, engine="dot").svg != draw(d, engine="own").svg


@pytest.mark.usefixtures("without_dot")
def test_without_dot_our_own_layout_takes_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)  # nor the converter
    d = diamond()
    assert draw(d).svg == draw(d, engine="own").svg
    assert to_dot(d).source.startswith("digraph")
    with pytest.raises(RuntimeError, match=r"not installed .*engine='own'"):
        draw(d, engine="dot")
    for suffix in (".png", ".pdf"):
        with pytest.raises(RuntimeError, match=r"not installed .*\.svg"):
            draw(d).save(tmp_path / f"d{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script as the program dot")
@pytest.mark.parametrize(
    ("script", "problem"),
    [("echo out of memory >&2; exit 1", "out of memory"), ("sleep 9", "took more")],
)
def test_a_dot_that_fails_or_hangs_is_no_obstacle(
    script: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "dot"
    program.write_text(f"#!/bin/sh\n{script.replace('sleep', 'exec /bin/sleep')}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("autograd.drawing.dot.PATIENCE", 0.5)
    d = diamond()
    assert draw(d).svg == draw(d, engine="own").svg
    with pytest.raises(RuntimeError, match=problem):
        draw(d, engine="dot")


def test_a_notebook_shows_the_svg() -> None:
    picture = draw(diamond(), engine="own")
    assert picture._repr_svg_() == picture.svg
    bundle = picture._repr_mimebundle_()
    assert bundle["image/svg+xml"] == picture.svg
    assert bundle["text/plain"] == repr(picture)
    *tree, last = repr(picture).splitlines()
    assert last.startswith("<Picture of 4 Values and 3 operations")
    assert tree[0].startswith("+  data 24")


def test_save_svg_and_dot(tmp_path: Path) -> None:
    d = diamond()
    picture = draw(d, engine="own")
    picture.save(tmp_path / "d.svg")
    picture.save(str(tmp_path / "d.DOT"))
    assert (tmp_path / "d.svg").read_text("utf-8") == picture.svg
    assert (tmp_path / "d.DOT").read_text("utf-8") == to_dot(d).source
    assert len(list(tmp_path.iterdir())) == 2  # nothing unfinished is left


@needs_dot
@pytest.mark.parametrize(("suffix", "magic"), [(".png", b"\x89PNG"), (".pdf", b"%PDF")])
def test_save_by_dot(suffix: str, magic: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"d{suffix}"
    draw(diamond()).save(path)
    assert path.read_bytes().startswith(magic)


def test_save_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    picture = draw(diamond(), engine="own")
    for name in ("d.jpg", "d"):
        with pytest.raises(ValueError, match=r"known are \.svg, \.html, \.dot"):
            picture.save(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        picture.save(tmp_path / "missing" / "d.svg")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_save_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "d.svg"
    path.write_text("old")

    def full(self: Path, content: bytes) -> int:
        with open(self, "wb") as file:
            file.write(content[:10])
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="no space left"):
        draw(diamond(), engine="own").save(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
