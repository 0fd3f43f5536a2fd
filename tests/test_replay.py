"""Replays: the engine's own numbers in the engine's own order, put into words."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import time
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

import autograd
from autograd import (
    Value,
    adjoints,
    dot,
    gradient,
    log,
    logsumexp,
    max,
    no_grad,
    primitive,
    replay,
    sin,
    sqrt,
    sum,
    where,
)
from autograd.drawing.player import Engine, Replay
from autograd.drawing.replay_steps import Step
from autograd.drawing.text import cells
from autograd.graph import nodes, topological_order
from autograd.local_derivatives import local_derivatives
from tests.laws_random import Program, points, programs, run

SVG = "{http://www.w3.org/2000/svg}"
ENGINES = [
    "own",
    pytest.param(
        "dot",
        marks=pytest.mark.skipif(
            shutil.which("dot") is None,
            reason="Graphviz's program dot is not installed",
        ),
    ),
]

HOSTILE = [
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 1</script>",
    "</textarea></svg><img src=x onerror='window.hacked = 1'>",
    "<!--",
    "{{data}} {{picture}}",
    "\"quoted\" & 'single' \\ backslash",
    "two\nlines\u2028and\u2029more",
    "\u05e9\u05dc\u05d5\u05dd",
    "\u202eoverride",
    "\U0001f984",
    "\ud800",
    "w" * 10_000,
]


def baydin() -> tuple[Value, Value, Value]:
    x1, x2 = Value(2.0, label="x1"), Value(5.0, label="x2")
    y = log(x1) + x1 * x2 - sin(x2)
    y.label = "y"
    return x1, x2, y


def chain(length: int) -> Value:
    x = Value(0.5, label="x")
    y = x
    for _ in range(length):
        y = y.sin()
    return y


def last_adjoints(passes: Replay, root: Value) -> list[float]:
    found = passes.running()
    return [found[name] for name in passes.names]


def bits(numbers: list[float]) -> list[str]:
    return [x.hex() for x in numbers]


def texts(steps: Any) -> list[str]:
    return [step.text for step in steps]


# ---- the numbers -------------------------------------------------------------------


@given(programs, points)
@settings(deadline=None, max_examples=60)
def test_the_last_adjoints_are_those_of_the_engine_bit_by_bit(
    program: Program, point: list[float]
) -> None:
    inputs = [Value(x) for x in point]
    root = run(program, autograd, inputs)
    passes = replay(root, limit=10_000)
    want = adjoints(root)
    values = nodes(root)
    assert bits(last_adjoints(passes, root)) == bits([want[z] for z in values])
    used = [x for x in inputs if x in want]
    found = [passes.running()[passes.names[values.index(x)]] for x in used]
    assert bits(found) == bits(gradient(root, used))
    assert all(z.grad == 0.0 for z in values)


@given(programs, points)
@settings(deadline=None, max_examples=60)
def test_steps_keep_the_order_of_the_engine(
    program: Program, point: list[float]
) -> None:
    root = run(program, autograd, [Value(x) for x in point])
    values = nodes(root)
    order = topological_order(root)
    passes = replay(root, limit=10_000)
    forward = [step for step in passes if step.kind == "forward"]
    backward = [step for step in passes if step.kind == "backward"]
    assert [values[step.node] for step in forward] == order
    assert [step.value for step in forward] == [z.data for z in order]
    assert [
        (values[step.node], values[step.target])
        for step in backward
        if step.target is not None
    ] == [(z, x) for z in reversed(order) for x, _ in local_derivatives(z)]
    complete: set[int] = set()
    for step in passes[len(forward) :]:
        # A node passes on what it has only when nothing more can come.
        assert step.kind == "seed" or step.node in complete
        assert step.target is not None
        assert step.target not in complete
        if step.complete:
            complete.add(step.target)
    assert complete == set(range(len(values)))


def test_the_example_of_baydin_et_al() -> None:
    """Table 3 of Baydin et al., "Automatic differentiation in machine learning"."""
    y = baydin()[2]
    passes = replay(y)
    assert texts(passes) == [
        "v1 = log(x1) = log(2.0) = 0.693147",
        "v2 = x1 * x2 = 2.0 * 5.0 = 10.0",
        "v3 = v1 + v2 = 0.693147 + 10.0 = 10.6931",
        "v4 = sin(x2) = sin(5.0) = -0.958924",
        "y = v3 - v4 = 10.6931 - -0.958924 = 11.6521",
        "dy/dy = 1.0",
        "dy/dv3 += dy/dy * dy/dv3 = 1.0 * 1.0 = 1.0",
        "dy/dv4 += dy/dy * dy/dv4 = 1.0 * -1.0 = -1.0",
        "dy/dx2 += dy/dv4 * dv4/dx2 = -1.0 * 0.283662 = -0.283662",
        "dy/dv1 += dy/dv3 * dv3/dv1 = 1.0 * 1.0 = 1.0",
        "dy/dv2 += dy/dv3 * dv3/dv2 = 1.0 * 1.0 = 1.0",
        "dy/dx1 += dy/dv2 * dv2/dx1 = 1.0 * 5.0 = 5.0",
        "dy/dx2 += dy/dv2 * dv2/dx2 = 1.0 * 2.0 = 2.0",
        "dy/dx1 += dy/dv1 * dv1/dx1 = 1.0 * 0.5 = 0.5",
    ]
    assert passes.running()["x1"] == 5.5
    assert round(passes.running()["x2"], 3) == 1.716
    assert passes[8] == Step(
        kind="backward",
        node=5,
        text="dy/dx2 += dy/dv4 * dv4/dx2 = -1.0 * 0.283662 = -0.283662",
        rule="v4 = sin(x2), so dv4/dx2 = cos(x2) = 0.283662",
        reason="the only consumer of v4, y, is done: dy/dv4 is complete",
        value=-math.cos(5.0),
        target=2,
        arg=0,
        complete=False,
    )
    assert passes[13].rule == "v1 = log(x1), so dv1/dx1 = 1.0 / x1 = 0.5"
    assert passes[1].reason == "x1 and x2 have their values, so v2 can be computed"


def test_the_diamond_that_shows_a_wrong_order() -> None:
    a = Value(3.0, label="a")
    b = a + a
    c = b * a
    d = c + b
    passes = replay(d)
    assert passes.running() == {"a": 14.0, "b": 4.0, "c": 1.0, "d": 1.0}
    visited = [step for step in passes if step.kind == "backward" and step.node == 1]
    assert [step.reason for step in visited] == [
        "all consumers of b are done (d and c): dd/db is complete",
        "b is still being visited: its next argument",
    ]
    assert visited[0].rule == "b = a + a, so db/da = 1.0 (argument 1 of 2)"
    assert passes.running(7) == {"d": 1.0, "c": 1.0, "b": 1.0 + 3.0}


# ---- operations of every kind ------------------------------------------------------


def rules(passes: Replay) -> list[str]:
    return [step.rule for step in passes if step.kind == "backward"]


def test_a_repeated_operand_gets_a_term_for_each_place() -> None:
    x = Value(3.0, label="x")
    *_, first, second = replay(x * x)
    assert (first.arg, second.arg) == (0, 1)
    assert (first.value, second.value) == (3.0, 6.0)
    assert (first.complete, second.complete) == (False, True)


def test_constants_and_detached_nodes_receive_nothing() -> None:
    x = Value(3.0, label="x")
    y = 2.0 * x * x.detach()
    assert texts(replay(y)) == [
        "v1 = 2.0 * x = 2.0 * 3.0 = 6.0",
        "y = v1 * 3.0 = 6.0 * 3.0 = 18.0",
        "dy/dy = 1.0",
        "dy/dv1 += dy/dy * dy/dv1 = 1.0 * 3.0 = 3.0",
        "dy/dx += dy/dv1 * dv1/dx = 3.0 * 2.0 = 6.0",
    ]
    assert replay(y).running()["x"] == gradient(y, x) == 6.0


def test_ties_of_max_share() -> None:
    x, y = Value(1.0, label="x"), Value(1.0, label="y")
    z = max([x, y, 0.0])
    assert replay(z).running() == {"z": 1.0, "x": 0.5, "y": 0.5}


def test_where_passes_zero_to_the_side_not_taken() -> None:
    x, y = Value(1.0, label="x"), Value(2.0, label="y")
    z = where(x > 0, x, y)
    assert replay(z).running() == {"z": 1.0, "x": 1.0, "y": 0.0}


def test_long_operations_are_elided() -> None:
    ws = [Value(float(i)) for i in range(9)]
    z = dot(ws, [0.5] * 9)
    first, *rest = replay(z)
    assert first.text == (
        "z = dot([ws[0], ws[1], ws[2], … 6 more], [0.5, 0.5, 0.5, … 6 more]) = "
        "dot([0.0, 1.0, 2.0, … 6 more], [0.5, 0.5, 0.5, … 6 more]) = 18.0"
    )
    assert first.reason == (
        "ws[0], ws[1], ws[2] and 6 more have their values, so z can be computed"
    )
    assert len(rest) == 10


@pytest.mark.parametrize(
    ("f", "rule"),
    [
        (lambda x: -x, "y = -x, so dy/dx = -1.0"),
        (lambda x: -(2.0 - x), "v1 = 2.0 - x, so dv1/dx = -1.0"),
        (lambda x: x**3, "y = x ** 3.0, so dy/dx = 3.0 * x ** 2.0 = 12.0"),
        (lambda x: 2.0**x, "y = 2.0 ** x, so dy/dx = y * 0.693147 = 2.77259"),
        (lambda x: 1.0 / x, "y = 1.0 / x, so dy/dx = -y / x = -0.25"),
        (lambda x: x.tanh(), "y = tanh(x), so dy/dx = 1.0 - y * y = 0.0706508"),
        (lambda x: x.sqrt(), "y = sqrt(x), so dy/dx = 0.5 / y = 0.353553"),
        (lambda x: x.cos(), "y = cos(x), so dy/dx = -sin(x) = -0.909297"),
        (lambda x: logsumexp([x]), "y = logsumexp([x]), so dy/dx = 1.0"),  # too long
    ],
)
def test_the_rule_in_symbols(f: Any, rule: str) -> None:
    x = Value(2.0, label="x")
    y = f(x)
    assert rules(replay(y))[-1] == rule


def test_a_users_primitive_shows_its_number() -> None:
    double = primitive(lambda x: 2.0 * x, 2.0, name="double")
    x = Value(3.0, label="x")
    y = double(x)
    assert rules(replay(y)) == ["y = double(x), so dy/dx = 2.0"]


def test_a_leaf_is_its_own_output() -> None:
    assert texts(replay(Value(3.0, label="x"))) == ["dx/dx = 1.0"]


def test_numbers_that_are_not_finite() -> None:
    x = Value(math.inf, label="x")
    y = x * 0.0
    passes = replay(y)
    assert math.isnan(passes[0].value)
    assert "nan" in passes.html


def test_an_error_in_a_rule_is_the_engines() -> None:
    x = Value(0.0, label="x")
    y = sqrt(x)
    with pytest.raises(ZeroDivisionError, match=r"derivative of sqrt\(x = 0.0\)"):
        replay(y)
    assert (x.grad, y.grad) == (0.0, 0.0)


# ---- a replay changes nothing and is not changed -----------------------------------


def test_it_touches_no_grad_and_no_label() -> None:
    y = baydin()[2]
    y.backward()
    before = [(z.data, z.grad, z.label) for z in nodes(y)]
    replay(y).html  # noqa: B018
    assert [(z.data, z.grad, z.label) for z in nodes(y)] == before


def test_it_is_a_snapshot() -> None:
    x1, _, y = baydin()
    passes, same = replay(y), replay(y)
    text = str(passes)
    x1.data, x1.label = 7.0, "other"
    y.backward()
    assert str(passes) == text
    assert passes.html == same.html


def test_under_no_grad_it_is_the_same() -> None:
    _, _, y = baydin()
    with no_grad():
        inside = replay(y)
    assert inside.running() == replay(y).running()


def test_two_replays_are_the_same_bytes() -> None:
    assert replay(baydin()[2]).html == replay(baydin()[2]).html


def test_the_page_does_not_depend_on_the_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = replay(baydin()[2]).html
    monkeypatch.setenv("COLUMNS", "40")
    assert replay(baydin()[2]).html == here


def test_it_is_a_sequence_of_immutable_steps() -> None:
    passes = replay(baydin()[2])
    assert len(passes) == len(list(passes)) == 14
    assert passes[-1] == list(passes)[-1]
    assert passes[:2] == (passes[0], passes[1])
    with pytest.raises(IndexError):
        passes[14]
    with pytest.raises(AttributeError):
        passes[0].text = ""  # type: ignore[misc]


# ---- names -------------------------------------------------------------------------


def test_names_come_from_labels_then_from_the_callers_variables() -> None:
    a = Value(2.0, label="weight")
    b = Value(3.0)
    loss = a * b + 1.0
    assert replay(loss).names == ("weight", "b", "v1", "loss")


def test_names_are_unique() -> None:
    xs = [Value(1.0, label="v1"), Value(2.0, label="x"), Value(3.0, label="x")]
    names = replay(sum([-x for x in xs])).names
    assert names == ("v1", "v2", "x", "v3", "x_2", "v4", "L")


def test_a_long_path_keeps_its_end_and_a_long_label_its_beginning() -> None:
    model = {"name_of_a_part_of_it": [[Value(1.0)]]}
    labelled = Value(2.0, label="a long name of another part of it")
    root = model["name_of_a_part_of_it"][0][0] * labelled
    assert replay(root).names[:2] == (
        "…ame_of_a_part_of_it'][0][0]",
        "a long name of another part…",
    )


# ---- text --------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_the_table_fits_the_terminal(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    rows = str(replay(baydin()[2])).splitlines()
    assert rows[0] == "replay of y: 5 steps forward, 9 backward"
    assert len(rows) == 1 + 14 + 1
    assert all(cells(row) <= columns for row in rows)
    assert rows[-1].endswith("5.5 ✓")
    assert rows[6].endswith("adjoint so far")


# ---- the page ----------------------------------------------------------------------


class Page(HTMLParser):
    """The elements and the texts of a page; what is not closed is an error."""

    VOID = frozenset({"meta", "input"})

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.texts: dict[str, str] = {}
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = dict(attrs)
        assert not [name for name in found if name.startswith("on")]
        self.addresses += [
            str(found[name]) for name in ("src", "href", "xlink:href") if name in found
        ]
        if tag not in self.VOID:
            self._open.append((tag, found))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        tag, attrs = self._open[-1] if self._open else ("", {})
        key = str(attrs.get("id") or tag)
        self.texts[key] = self.texts.get(key, "") + data


def test_the_page_is_whole_and_asks_for_nothing() -> None:
    page = Page(replay(baydin()[2]).html)
    assert page.tags.count("script") == 2
    assert page.addresses == []
    assert page.texts["title"] == "Replay of y"
    assert "default-src 'none'" in replay(baydin()[2]).html
    text = replay(baydin()[2]).html
    assert set(re.findall(r"\w+://[^\s\"'<]*", text)) <= {"http://www.w3.org/2000/svg"}
    assert "{{" not in text


def test_the_data_of_the_page_are_the_steps() -> None:
    passes = replay(baydin()[2])
    data = json.loads(Page(passes.html).texts["replay"])
    assert [step["text"] for step in data["steps"]] == texts(passes)
    assert [float(step["value"]) for step in data["steps"]] == [s.value for s in passes]
    assert [node["name"] for node in data["nodes"]] == [*passes.names]


@pytest.mark.parametrize("label", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_label_is_only_text(label: str) -> None:
    plain = Page(replay(Value(2.0, label="x") * Value(3.0, label="y")).html)
    root = Value(2.0, label=label) * Value(3.0, label="y")
    root.label = label
    passes = replay(root)
    text = passes.html
    text.encode()
    page = Page(text)
    assert page.tags == plain.tags
    data = json.loads(page.texts["replay"])
    assert data["nodes"][0]["name"] == passes.names[0]
    assert len(passes.names[0]) < 40
    assert not {"\u2028", "\u2029", "\u202e", "\n"} & set(page.texts["replay"])
    (frame,) = re.findall(r'srcdoc="([^"]*)"', passes._repr_html_())
    assert "<" not in frame
    assert len(str(passes).splitlines()) == 6
    picture(passes)  # is XML


def test_a_name_from_right_to_left_turns_nothing_around_it() -> None:
    x = Value(2.0, label="\u05d0")
    y = -x
    assert texts(replay(y))[0] == "y = -\u2068\u05d0\u2069 = --2.0 = -2.0".replace(
        "--2.0", "-2.0"
    )


def picture(passes: Replay) -> ElementTree.Element:
    text = passes.html
    return ElementTree.fromstring(text[text.index("<svg") : text.index("</svg>") + 6])


@pytest.mark.parametrize("engine", ENGINES)
def test_the_marks_of_the_picture_fit_the_steps(engine: Engine) -> None:
    """Every Value, operation and arrow that a step may light is marked, once."""
    x1, _, y = baydin()
    root = y * y + 2.0 * x1
    shown = picture(replay(root, engine=engine))

    def marked(key: str) -> list[str]:
        return sorted(g.attrib[key] for g in shown.iter() if key in g.attrib)

    values = nodes(root)
    place = {z: i for i, z in enumerate(values)}
    made = [(i, z) for i, z in enumerate(values) if z.args]
    assert marked("data-node") == sorted(str(i) for i in range(len(values)))
    assert marked("data-op") == sorted(str(i) for i, _ in made)
    assert marked("data-edge") == sorted(
        [str(i) for i, _ in made]
        + [f"{place[x]}-{i}" for i, z in made for x in z.args if isinstance(x, Value)]
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_the_arrows_marked_stand_where_they_should(engine: Engine) -> None:
    x1, _, y = baydin()
    shown = picture(replay(y * y + 2.0 * x1, engine=engine))
    groups = list(shown.iter(f"{SVG}g"))
    values = {g.attrib["data-node"]: box(g) for g in groups if "data-node" in g.attrib}
    ops = {g.attrib["data-op"]: box(g) for g in groups if "data-op" in g.attrib}
    for group in groups:
        if "data-edge" in group.attrib:
            *tail, head = group.attrib["data-edge"].split("-")
            start, end = (values[tail[0]], ops) if tail else (ops[head], values)
            (path,) = group.findall(f"{SVG}path")
            numbers = [float(x) for x in re.findall(r"-?[\d.]+", path.attrib["d"])]
            assert near(numbers[:2], start)
            assert near(numbers[-2:], end[head])


Box = tuple[float, float, float, float]


def box(group: ElementTree.Element) -> Box:
    """Give the left, top, right and bottom of a Value's or an operation's mark."""
    mark = next(m for m in group if m.tag in (f"{SVG}rect", f"{SVG}ellipse"))
    if mark.tag == f"{SVG}rect":
        x, y, width, height = (
            float(mark.attrib[k]) for k in ("x", "y", "width", "height")
        )
        return x, y, x + width, y + height
    x, y, rx, ry = (float(mark.attrib[k]) for k in ("cx", "cy", "rx", "ry"))
    return x - rx, y - ry, x + rx, y + ry


def near(point: list[float], at: Box) -> bool:
    (x, y), (left, top, right, bottom) = point, at
    return left - 12 <= x <= right + 12 and top - 12 <= y <= bottom + 12


# ---- files -------------------------------------------------------------------------


def test_save_writes_the_page_and_nothing_else(tmp_path: Path) -> None:
    passes = replay(baydin()[2])
    passes.save(tmp_path / "x.html")
    assert os.listdir(tmp_path) == ["x.html"]
    assert (tmp_path / "x.html").read_bytes() == passes.html.encode()


def test_save_refuses_another_suffix_and_a_missing_folder(tmp_path: Path) -> None:
    passes = replay(baydin()[2])
    with pytest.raises(ValueError, match=r"unknown suffix '.png' of 'x.png'"):
        passes.save(tmp_path / "x.png")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        passes.save(tmp_path / "missing" / "x.html")
    assert os.listdir(tmp_path) == []


# ---- what is refused ---------------------------------------------------------------


def test_a_large_graph_is_refused_at_once_with_the_remedy() -> None:
    y = chain(100_000)
    start = time.process_time()
    with pytest.raises(ValueError, match=r"200,001 steps.*replay a part.*draw\(root"):
        replay(y)
    assert time.process_time() - start < 1.0
    with pytest.raises(ValueError, match=r"14 steps.*limit is 13"):
        replay(baydin()[2], limit=13)
    assert len(replay(baydin()[2], limit=14)) == 14


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(TypeError, match=r"expected a Value to replay, got 3\.0"):
        replay(3.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="nothing to replay"):
        replay(Value(3.0).detach())
    with pytest.raises(ValueError, match="unknown engine 'neato'"):
        replay(baydin()[2], engine="neato")  # type: ignore[arg-type]


def test_five_hundred_steps_are_quick_and_small() -> None:
    start = time.process_time()
    passes = replay(chain(250), engine="own")
    size = len(passes.html.encode())
    assert time.process_time() - start < 1.0
    assert (len(passes), size < 1_000_000) == (501, True)
