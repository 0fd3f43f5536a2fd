"""Labels that mean harm: in every output they are text, and only that.

The law is that a picture, a page, a formula or a C file has the same structure, element
by element and command by command, whatever its labels say.
"""

from __future__ import annotations

import math
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest

import autograd
import nn
from autograd import (
    Value,
    compile,
    draw,
    explain,
    primitive,
    replay,
    to_dot,
    to_latex,
    tree,
)
from autograd.printable import printable

HOSTILE = [
    # HTML and SVG
    "</script><script>window.hacked=1</script>",
    "<!--<script>window.hacked=1",
    "--><img src=x onerror=window.hacked=1>",
    "]]><svg onload=window.hacked=1>",
    "\"onload='window.hacked=1'",
    "&lt;script&gt;&#60;b&#62;",
    "{{data}}{{hash}}",
    "</text><a href='javascript:window.hacked=1'>",
    "\u2028window.hacked=1\u2029",
    "${window.hacked=1}`",
    # DOT
    '"]; evil[URL="x"]; a[label="',
    "<<B>evil</B>>",
    "<b>",
    "\\N\\G\\l\\",
    'x" shape=point //',
    # LaTeX
    "\\input{/etc/passwd}",
    "\\write18{id}",
    "$$ \\href{x}{y} $$",
    "}}{ % ^^5cend",
    "\\end{aligned} & \\\\",
    # terminals
    "\x1b[2J\x1b[31m",
    "\x1b]8;;http://x\x1b\\y\x1b]8;;\x1b\\",
    "\x1b]52;c;aWQ=\x07",
    "\rall is well\x08\x08\x7f",
    "\x9b2J\x9d0;x\x9c",
    "\u202egnp.exe\u2066\u2069\u200f",
    "in\u200bvis\ufeffible\u00ad\U000e0041",
    "two\nlines\tand\x00zero",
    "\ud800",
    "\u05d0\u05d1\u05d2",
    # C
    "*/ int evil; /*",
    "*\\\n/ int evil; /\\\n*",
    "*??/\n/ int evil; /*",
    "x // \\",
    "x // ??/",
    "\nint evil;",
    '"; evil(); "',
    "%s%n{0}{out}",
    "2nd order",
    # Python
    "__import__('os').system('id')",
    "\nimport os\n",
    # matplotlib
    "$\\frac{1}$",
    "_x",
]
# Between them, text from right to left turns nothing that stands around it.
ISOLATES = "\u2068\u2069"


def doubled(name: str) -> Any:
    return primitive(
        lambda x: float(x) * 2.0,
        lambda z, x: 2.0,
        name=name,
        numpy=lambda x: x * 2.0,
        c="x * 2",
    )


def graph(label: str, name: str | None = None) -> tuple[Value, Value]:
    """Give x and a root, with this label and an operation of this name."""
    x, y = Value(3.0, label=label), Value(2.0, label="y")
    root = doubled(name or label)(x) * y + x
    root.label = f"L{label}"
    return root, x


def assert_plain(text: str) -> None:
    """Assert that no character of a text can act on a terminal."""
    found = {ch for ch in text if not ch.isprintable()} - set("\n\u200c\u200d")
    assert found <= set(ISOLATES), f"{found} in {text!r:.300}"
    depth = 0
    for ch in text:
        depth = 0 if ch == "\n" else depth + (ch == "\u2068") - (ch == "\u2069")
        assert depth in (0, 1)


# ---- terminals -----------------------------------------------------------------------


@pytest.mark.parametrize("label", HOSTILE)
def test_no_text_acts_on_a_terminal(label):
    root, x = graph(label)
    texts: list[Any] = [root, x, f"{x}", tree(root), tree(root, partials=True)]
    texts += [draw(root, engine="own"), explain(root, x), replay(root, engine="own")]
    texts += [*replay(root, engine="own"), to_latex(root), root.op, x.detach()]
    for thing in texts:
        assert_plain(str(thing))
        assert_plain(repr(thing))
    passes = replay(root, engine="own")
    for step in passes:
        for part in (step.text, step.rule, step.reason):
            assert_plain(part)
    for name in passes.running():
        assert_plain(name)


@pytest.mark.parametrize("label", HOSTILE)
def test_no_error_of_an_operation_acts_on_a_terminal(label):
    def fails(x: float) -> float:
        raise ValueError("no")

    op = doubled(label)
    bad = primitive(lambda x: "a", lambda z, x: 1.0, name=label)  # type: ignore[arg-type,return-value]
    opaque = primitive(lambda x: math.sin(x), lambda z, x: 1.0, name=label)
    deeds: list[Callable[[], object]] = [
        lambda: op(1.0, 2.0),
        lambda: op("a"),
        lambda: op(Value(1.0))._record,  # type: ignore[attr-defined]
        lambda: bad(1.0),
        lambda: bad(Value(1.0)),
        lambda: primitive(fails, 1.0, name=label, needs="x > 0")(2.0),
        lambda: primitive(fails, 1.0, name=label)(Value(2.0)),
        lambda: primitive(abs, name=label),
        lambda: primitive(abs, "a", name=label),  # type: ignore[arg-type]
        lambda: primitive(lambda *x: 1.0, 1.0, name=label, c="1"),
        lambda: compile(lambda x: opaque(x), 1.0, backend="numpy")([1.0]),
        lambda: compile(lambda x: opaque(x), 1.0, backend="numpy").source(),
        lambda: __import__("pickle").dumps(op),
    ]
    errors = 0
    for deed in deeds:
        try:
            deed()
        except Exception as error:
            errors += 1
            assert_plain(str(error))
    assert errors >= len(deeds) - 2


@pytest.mark.parametrize("label", HOSTILE)
def test_no_listing_acts_on_a_terminal(label):
    op = doubled(label)
    c = compile(lambda x: op(x) + 1.0, 1.0, backend="numpy")
    for text in (str(c), repr(c), c.tape, c.source("c")):
        assert_plain(text)


@pytest.mark.parametrize("label", HOSTILE)
def test_no_error_that_names_a_value_acts_on_a_terminal(label):
    x = Value(0.0, label=label)
    kind = type("".join(set(label) - {"\x00", "\ud800"}), (nn.Module,), {})
    model = kind()
    model.part = {label: Value(1.0, label=label)}
    model.inner = {label: kind()}
    optimizer = nn.SGD([Value(1.0, label=label)], lr=0.1)
    optimizer.parameters[0].grad = math.nan
    history = nn.History()
    state = history.state_dict() | {"metrics": {label: ["a"]}}
    deeds: list[Callable[[], object]] = [
        lambda: autograd.log(x),
        lambda: 1.0 / x,
        lambda: autograd.gradient(x.sqrt(), [x]),
        lambda: explain(x.sqrt(), x),
        lambda: replay(x.sqrt()),
        lambda: compile(lambda y: y / x, 1.0, backend="numpy")(1.0),
        lambda: compile(lambda y: y / x, 1.0, backend="numpy")([1.0]),
        lambda: compile(lambda y: x if y > x else y, 1.0, backend="numpy"),
        lambda: model(1.0),
        lambda: Value(model),
        lambda: model.load_state_dict({f"{label}!": 1.0}),
        lambda: model.load_state_dict({}),
        lambda: model.load_state_dict({f"part.{label}": "a"}),
        lambda: optimizer.step(),
        lambda: history.load_state_dict(state),
    ]
    for deed in deeds:
        with pytest.raises((ArithmeticError, ValueError, TypeError, RuntimeError)) as e:
            deed()
        assert_plain(str(e.value))
    history.add_steps([1.0], [0.1], 0.1)
    history.epoch_loss, history.metrics = [1.0], {label: [1.0]}
    c = compile(lambda y: y * x, 1.0, backend="numpy")
    for thing in (model, model.describe(), history, c.tape, optimizer):
        assert_plain(repr(thing) if not isinstance(thing, str) else thing)


def test_what_is_printable_stays_as_it_is():
    for text in ("tanh", "é(x)", "重み", "a b", "\\", "\N{PARTY POPPER}"):
        assert printable(text) == text
        assert doubled(text).name == text
    assert printable("\n\x1b\x9b\u202e\ud800") == r"\n\x1b\x9b\u202e\ud800"


# ---- SVG and HTML --------------------------------------------------------------------

FITS = {
    "textLength",
    "lengthAdjust",
    "textlength",
    "lengthadjust",
}  # of letters that the font may lack


def shape_of_svg(svg: str) -> list[tuple[str, list[str]]]:
    """List the elements with the names of their attributes; text is not looked at."""
    found = ElementTree.fromstring(svg)
    return [(e.tag.rpartition("}")[2], sorted(set(e.attrib) - FITS))
        for e in found.iter()]  # fmt: skip


class Elements(HTMLParser):
    """The elements that a browser would make, with the names of their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[str]]] = []
        self.comments = 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found.append((tag, sorted({name for name, _ in attrs} - FITS)))

    def handle_comment(self, data: str) -> None:
        self.comments += 1


@pytest.mark.parametrize("label", HOSTILE)
def test_a_picture_has_the_same_elements_whatever_it_says(label, tmp_path):
    plain, found = (
        draw(graph(name)[0], engine="own", partials=True) for name in ("w", label)
    )
    shape = shape_of_svg(plain.svg)
    assert shape_of_svg(found.svg) == shape
    assert {tag for tag, _ in shape} <= {"svg", "g", "rect", "text", "path", "ellipse",
        "polygon"}  # fmt: skip
    found.save(tmp_path / "x.html")
    plain.save(tmp_path / "y.html")
    page, other = (
        (tmp_path / name).read_text("utf-8") for name in ("x.html", "y.html")
    )
    assert Elements(page).found == Elements(other).found
    assert shape_of_svg(page) == shape_of_svg(other)  # it is XML, too


@pytest.mark.parametrize("label", HOSTILE)
def test_a_player_has_the_same_elements_whatever_it_says(label):
    plain, found = (replay(graph(name)[0], engine="own") for name in ("w", label))
    pages = Elements(plain.html), Elements(found.html)
    assert pages[0].found == pages[1].found
    assert pages[0].comments == pages[1].comments
    assert [tag for tag, _ in pages[1].found].count("script") == 2
    assert "\x1b" not in found.html
    assert "\u2028" not in found.html
    frames = Elements(plain._repr_html_()), Elements(found._repr_html_())
    assert frames[0].found == frames[1].found
    assert len(frames[1].found) == 1


@pytest.mark.parametrize("level", ["neuron", "layer", "module"])
def test_names_of_classes_attributes_and_keys_are_text(level):
    def model(name: str) -> Any:
        kind = type(name, (nn.Module,), {"__call__": lambda self, x: x * self.w})
        part = kind()
        part.w = Value(2.0)
        setattr(part, name, {name: [Value(1.0)]})
        return part

    def picture(name: str) -> Any:
        inner, outer = model(name), model(name)
        outer.inner = inner
        own = vars(inner)[name][name][0]
        root = outer(inner(Value(1.0, label="x"))) + own
        shown = draw(root, collapse=level, model=outer, engine="own")
        assert_plain(repr(shown))
        return shape_of_svg(shown.svg)

    plain = picture("plain")
    for name in HOSTILE:
        if "\x00" not in name and "\ud800" not in name:  # Python has no such class
            assert len(picture(name)) == len(plain)


# ---- a real browser ------------------------------------------------------------------

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)
DRIVER = shutil.which("chromedriver")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    webdriver: Any = pytest.importorskip("selenium.webdriver", reason="needs selenium")
    if not (BROWSER and DRIVER):
        pytest.skip("needs Chromium and its driver, chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


def all_labels(plain: bool) -> Value:
    """Give a graph with every label in it."""
    root = Value(1.0, label="x")
    for k, label in enumerate(HOSTILE):
        shown = f"w{k}" if plain else label
        root = doubled(shown)(root) * Value(0.5, label=shown)
        root.label = f"{k}{shown}"
    return root


COUNT = """
const all = [...document.querySelectorAll("*")];
return [window.hacked ?? null, all.map((element) => element.tagName).join(" "),
    all.some((e) => [...e.attributes].some((a) => a.name.startsWith("on")))]
"""


def test_in_a_browser_no_script_runs_and_no_element_appears(browser, tmp_path):
    for name in ("player.html", "page.html", "picture.svg", "notebook.html"):
        seen = []
        for plain in (True, False):
            root, path = all_labels(plain), tmp_path / name
            if name == "player.html":
                replay(root, engine="own").save(path)
            elif name == "notebook.html":
                frame = replay(root, engine="own")._repr_html_()
                path.write_text(f"<!DOCTYPE html>{frame}", "utf-8")
            else:
                draw(root, engine="own", limit=999).save(path)
            browser.get(path.as_uri())
            browser.get_log("browser")
            seen.append(browser.execute_script(COUNT))
            if name == "notebook.html":
                browser.switch_to.frame(0)
                seen[-1] += browser.execute_script(COUNT)
                browser.switch_to.default_content()
            assert browser.get_log("browser") == []
        assert seen[0] == seen[1]
        assert seen[1][0] is None
        assert seen[1][2] is False


# ---- DOT -----------------------------------------------------------------------------


def test_graphviz_reads_labels_as_text(tmp_path):
    if shutil.which("dot") is None:
        pytest.skip("needs Graphviz's program dot")
    shapes = []
    for plain in (True, False):
        done = subprocess.run(
            ["dot", "-Tsvg"],
            input=to_dot(all_labels(plain), limit=999).source.encode(),
            capture_output=True,
            check=True,
        )
        assert not done.stderr
        found = ElementTree.fromstring(done.stdout)
        nodes = [e for e in found.iter() if e.get("class") in ("node", "edge")]
        shapes.append([sorted({child.tag for child in e}) for e in nodes])
        own = shape_of_svg(draw(all_labels(plain), limit=999, engine="dot").svg)
        shapes[-1].append([tag for tag, _ in own])
        tags = {e.tag.rpartition("}")[2] for e in found.iter()}
        assert tags == {"svg", "g", "title", "text", "path", "polygon", "ellipse"}
    assert shapes[0] == shapes[1]


# ---- LaTeX ---------------------------------------------------------------------------

OWN = {"aligned", "begin", "end", "frac", "partial", "mathrm", "operatorname", "cdot"}
OWN |= {"left", "right", "backslash", "lbrace", "rbrace", "sim", "wedge", "times"}


@pytest.mark.parametrize("label", HOSTILE)
def test_a_formula_has_no_command_of_a_label(label):
    root, x = graph(label)
    root = root.tanh() * x
    for text in (str(to_latex(root)), explain(root, x)._repr_latex_()):
        assert "^^" not in text
        assert text.count("$") - text.count(r"\$") in (0, 4)  # our own $$ and $$
        assert not re.search(r"(?<!\\)[%#~]", text)
        assert not re.search(r"<[/!a-zA-Z]", text)
        commands = set(re.findall(r"\\([A-Za-z]+)", text))
        assert commands <= OWN | {"tanh", "text", "gathered", "ldots", "cdots"}
        depth = 0
        for token in re.findall(r"\\.|[{}]", text.replace("\n", " ")):
            depth += (token == "{") - (token == "}")
            assert depth >= 0
        assert depth == 0
    plain, _ = graph("w")
    lines, rows = str(to_latex(graph(label)[0])), str(to_latex(plain))
    for mark in ("&=", r" \\" + "\n", r"\begin", r"\end"):
        assert lines.count(mark) == rows.count(mark)


# ---- C -------------------------------------------------------------------------------


def without_comments(text: str) -> str:
    """Give what a C compiler is left with: trigraphs, then joined lines, come first."""
    joined = text.replace("??/", "\\").replace("\\\n", "")
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", joined, flags=re.DOTALL)


def code_with(name: str) -> str:
    """Give the C code, but for comments and the names of its own functions."""
    twice, w = doubled(name), Value(0.5, label=name)
    c = compile(lambda x: twice(x * w) + twice(x) * w, 1.0, backend="numpy")
    code = re.sub(r"\b\w+_(\d+)\b", r"function_\1", without_comments(c.source("c")))
    return " ".join(code.split())


def test_a_name_is_not_in_c_but_in_comments():
    plain = code_with("plain")
    assert plain.isascii()
    for name in HOSTILE:
        assert code_with(name) == plain


@pytest.mark.parametrize("command", ["gcc", "clang"])
def test_a_compiler_takes_all_names_without_a_warning(command, tmp_path):
    if shutil.which(command) is None:
        pytest.skip(f"{command} is not installed")
    ops = [doubled(name) for name in HOSTILE]
    ws = [Value(0.5, label=name) for name in HOSTILE]

    def f(x: Any) -> Any:
        for op, w in zip(ops, ws, strict=True):
            x = op(x) * w
        return x

    c = compile(f, 1.0, backend="numpy")
    c.export(tmp_path / "model.c")
    flags = ["-std=c11", "-O0", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    subprocess.run(
        [command, *flags, "-DSELF_CHECK", "model.c", "-lm"], cwd=tmp_path, check=True
    )
    assert subprocess.run([tmp_path / "a.out"], capture_output=True).returncode == 0
    second = doubled("2nd order")
    compile(lambda x: second(x), 1.0, backend="numpy").export(tmp_path / "model.c")
    subprocess.run(
        [command, *flags, "-fsyntax-only", "model.c"], cwd=tmp_path, check=True
    )


def test_the_name_of_an_exported_file_is_a_name(tmp_path):
    c = compile(lambda x: x * x, 1.0, backend="numpy")
    for name in ("a b", "a;b", "int", "x*/", "main", "0a", "a\n", "", "while", "exp",
        "free", "printf", "_Bool", "I", "NULL", "tanhf", "stdout"):  # fmt: skip
        with pytest.raises(ValueError, match="name"):
            c.export(tmp_path / f"{name}.c")
    assert list(tmp_path.iterdir()) == []


# ---- plots ---------------------------------------------------------------------------


def test_names_of_metrics_in_a_plot_are_text(tmp_path):
    matplotlib = pytest.importorskip("matplotlib", reason="needs matplotlib")
    matplotlib.use("agg")
    import matplotlib.pyplot

    names = [name for name in HOSTILE if set(name) & set("$<_")][:10:2]
    history = nn.History()
    history.add_steps([2.0, 1.0], [0.1, 0.1], 0.01)
    history.epoch_loss = [2.0, 1.0]
    history.metrics = {name: [0.5, 0.25] for name in names}
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        figure, axes = matplotlib.pyplot.subplots(1, 3, figsize=(30.0, 5.0))
        history.plot(axes)
        figure.savefig(tmp_path / "x.svg")
        found = ElementTree.parse(tmp_path / "x.svg")
    matplotlib.pyplot.close(figure)
    texts = {"".join(e.itertext()).strip("\u200b") for e in found.iter()
        if e.tag.endswith("}text")}  # fmt: skip
    assert {name.strip() for name in names} <= {text.strip() for text in texts}
    assert not [e for e in found.iter() if e.tag.endswith(("}script", "}a", "}image"))]


def test_progress_shows_no_name(capsys):
    model = nn.MLP(1, [1])
    model.label = "\x1b[2J"  # type: ignore[assignment]
    for p in model.parameters():
        p.label = "\x1b[2J"
    pytest.importorskip("tqdm", reason="needs tqdm")
    nn.fit(model, [[1.0]], [1.0], "mse", epochs=2, compile=False, progress=True)
    shown = capsys.readouterr().err
    assert "fit" in shown
    assert "\x1b[2J" not in shown
