"""No data becomes code: what runs was written here, or made of names and numbers.

The packages are read as syntax trees: each place that runs code, starts a program or
opens a file is known here. What the compiler writes and runs is read so, too.
"""

from __future__ import annotations

import ast
import math
import os
import random
import re
import stat
import tempfile
from collections import namedtuple
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import autograd
from autograd import Value, compile, primitive, primitives
from autograd.compiler import program
from autograd.compiler.c import build
from autograd.operation import Reduction
from tests.test_hostile_labels import HOSTILE, doubled

ROOT = Path(__file__).parent.parent

# ---- what the packages call ----------------------------------------------------------

RUNS = {"eval", "exec", "compile", "__import__", "execfile"}
OPENS = {"open", "read_bytes", "write_bytes", "read_text", "write_text", "fdopen"}
MODULES = {
    *("pickle", "marshal", "shelve", "yaml", "dill", "joblib", "cloudpickle", "code"),
    *("importlib", "runpy", "pty", "subprocess", "ctypes", "socket", "urllib", "http"),
    *("multiprocessing", "builtins", "cffi", "numba", "tomllib", "xml", "zipfile"),
}
OF_OS = re.compile(r"system|popen|exec\w*|spawn\w*|posix_spawn\w*|fork\w*|startfile")
OF_NUMPY = {"load", "fromfile", "loadtxt", "genfromtxt", "memmap", "save", "savez"}

KNOWN = {
    # The compiler runs the source that it wrote, builds C and loads it.
    ("autograd/compiler/program.py", "exec"),
    ("autograd/compiler/c/build.py", "subprocess"),
    ("autograd/compiler/c/build.py", "ctypes"),
    ("autograd/compiler/c/run.py", "ctypes"),
    ("autograd/compiler/c/train.py", "ctypes"),
    ("autograd/compiler/c/build.py", "read_bytes"),
    ("autograd/compiler/c/build.py", "write_bytes"),
    ("autograd/compiler/c/build.py", "read_text"),  # /proc/cpuinfo
    ("autograd/compiler/c/loops.py", "read_text"),  # its own loops.c
    # Graphviz's program is given DOT.
    ("autograd/drawing/dot.py", "subprocess"),
    ("autograd/drawing/player.py", "read_text"),  # its own player.html
    # Pickle, which runs what it likes by itself, finds a person's primitive so.
    ("autograd/custom.py", "__import__"),
    ("autograd/primitives.py", "builtins"),  # whose names its own hide
    ("autograd/files.py", "write_bytes"),
    ("nn/store.py", "open"),
}


def deeds(tree: ast.AST) -> set[str]:
    """Find what runs code, starts programs or opens files, by whatever name it goes."""
    found, own = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {a.name.split(".")[0] for a in node.names} & MODULES
        elif isinstance(node, ast.ImportFrom):
            found |= {(node.module or "").split(".")[0]} & MODULES
            own |= {a.asname or a.name for a in node.names}
            if node.module == "os":
                found |= {a.name for a in node.names if OF_OS.fullmatch(a.name)}
        elif isinstance(node, ast.FunctionDef | ast.arg):
            own.add(node.name if isinstance(node, ast.FunctionDef) else node.arg)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in RUNS | {"open"} - own:
            found |= {node.id} - own  # autograd.compile is no builtin
        elif isinstance(node, ast.Attribute):
            base = node.value.id if isinstance(node.value, ast.Name) else ""
            if node.attr in OPENS or node.attr.startswith("__builtins"):
                found.add(node.attr)
            if base == "os" and OF_OS.fullmatch(node.attr):
                found.add(f"os.{node.attr}")
            if base in ("np", "numpy") and node.attr in OF_NUMPY:
                found.add(f"numpy.{node.attr}")
        elif isinstance(node, ast.keyword) and node.arg in ("shell", "allow_pickle"):
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False
    return found


def test_the_packages_run_and_open_what_is_known_and_nothing_else():
    found = {
        (str(path.relative_to(ROOT)), deed)
        for package in ("autograd", "nn")
        for path in (ROOT / package).rglob("*.py")
        for deed in deeds(ast.parse(path.read_text("utf-8")))
    }
    assert found == KNOWN


def test_the_demos_run_no_data():
    found = set[str]()
    for path in (ROOT / "demos").rglob("*.py"):
        found |= deeds(ast.parse(path.read_text("utf-8")))
    assert found <= OPENS


@pytest.mark.parametrize(
    ("text", "deed"),
    [
        ("eval(x)", "eval"),
        ("run = exec", "exec"),
        ("compile(x, '', 'exec')", "compile"),
        ("from importlib import import_module", "importlib"),
        ("import pickle as p", "pickle"),
        ("os.system(x)", "os.system"),
        ("from os import execv", "execv"),
        ("np.load(x)", "numpy.load"),
        ("Path(x).read_text()", "read_text"),
    ],
)
def test_the_search_finds_what_it_looks_for(text, deed):
    assert deed in deeds(ast.parse(text))
    assert (
        deeds(ast.parse("import re\nfrom autograd import compile\ncompile(f)")) == set()
    )
    with pytest.raises(AssertionError):
        deeds(ast.parse("run(x, shell=True)"))


# ---- what the compiler runs ----------------------------------------------------------

NODES = {
    *("Module", "Import", "alias", "FunctionDef", "arguments", "arg", "Assign"),
    *("AugAssign", "Return", "Name", "Load", "Store", "Constant", "BinOp", "UnaryOp"),
    *("Add", "Sub", "Mult", "Div", "Pow", "USub", "Compare", "Lt", "LtE", "Gt", "GtE"),
    *("Eq", "NotEq", "IfExp", "BoolOp", "Or", "And", "Call", "Attribute", "Subscript"),
    *("Tuple", "List", "If", "Raise", "GeneratorExp", "comprehension", "Starred"),
}
VARIABLE = re.compile(r"v\d+|x\d+|opaque\d+|[pexyz]|xs|parameters|value|value_and_grad")
HELPERS = {"real_power", "sigmoid", "softplus", "largest", "smallest"}
BUILTINS = {
    "math",
    "abs",
    "float",
    "isinstance",
    "complex",
    "ValueError",
    "next",
    "max",
}
BUILTINS |= {"min"}
TEXTS = {"inf", "-inf", "nan", "a fractional power of a negative number is complex"}


def audit(source: str) -> None:
    """Assert that source holds only names and numbers that the compiler made."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        assert type(node).__name__ in NODES, ast.dump(node)[:200]
        match node:
            case ast.Import():
                assert [a.name for a in node.names] == ["math"]
            case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name):
                assert VARIABLE.fullmatch(name) or name in HELPERS | BUILTINS, name
            case ast.Attribute():
                assert isinstance(node.value, ast.Name)
                assert node.value.id == "math"
                assert callable(getattr(math, node.attr))
            case ast.Constant(value=str() as text):
                assert text in TEXTS
            case ast.Constant():
                assert type(node.value) in (int, float)
    assert "#" not in source
    assert "\\" not in source


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keep all source that the compiler runs, after a look at it."""
    texts: list[str] = []

    def looked_at(text: str, namespace: dict[str, Any]) -> None:
        audit(text)
        assert all(re.fullmatch(r"opaque\d+", name) for name in namespace)
        texts.append(text)
        exec(text, namespace)

    monkeypatch.setattr(program, "exec", looked_at, raising=False)
    return texts


def test_the_audit_sees_what_is_not_the_compilers():
    for text in (
        "__import__('os')",
        "import os",
        "x0.__class__",
        "math.__loader__.load_module",
        "lambda: 1",
        "[x for x in ()]",
        "'text'",
        "v1 = open",
        "1 # evil",
        "b'x'",
        "f'{x}'",
        "def evil(): return 1",
    ):
        with pytest.raises((AssertionError, AttributeError)):
            audit(text)


ALL = [op for op in vars(primitives).values() if isinstance(op, autograd.Primitive)]


def applied(op: Any, x: Any, w: Any, constant: float) -> Any:
    """Apply an operation to an input, a parameter and a number, as it takes them."""
    if op is primitives.power:
        return x**constant
    if isinstance(op, Reduction):
        return op(*[[x, w, constant]] * op.sequences)
    count = 2 if callable(op.partials) else len(op.partials)
    return op(*[x, constant, w][:count])


def test_of_every_primitive_only_names_and_numbers_are_run(executed):
    w, seen = Value(0.75), set()
    for op in ALL:
        for constant in (0.5, 2.0, math.inf, -math.inf, math.nan, -0.0, 5e-324, 1e308):
            c = compile(lambda x: applied(op, x, w, constant), 0.5, backend="numpy")  # noqa: B023
            audit(c.source())
            with suppress(ArithmeticError):
                c(0.5)
            seen.add(op.name)
    assert len(seen) >= 40
    assert len(executed) >= 200


@pytest.mark.parametrize("label", HOSTILE)
def test_labels_names_and_functions_are_not_in_what_is_run(label, executed):
    plain = primitive(lambda x: x * x, lambda z, x: 2.0 * x, name=label)
    opaque = doubled(label)
    w = Value(0.5, label=label)

    def f(x: Any, y: Any) -> Any:
        x.label = y.label = label
        z = plain(x) * w + y
        z.label = label
        return z

    f.__name__ = f.__qualname__ = label.replace("\ud800", "")
    c = compile(f, 0.5, 0.25, backend="numpy")
    assert c(0.5, 0.25) == 0.375
    audit(c.source())
    c = compile(lambda x, y: opaque(f(x, y)), 0.5, 0.25, backend="numpy")
    assert c(0.5, 0.25) == 0.75
    assert len(executed) == 2
    with pytest.raises(TypeError, match="no Python source"):
        c.source()


def test_a_primitive_that_cannot_be_looked_into_is_called_by_a_number(executed):
    hostile = '__import__("os").system("id")'
    opaque = primitive(
        lambda x: math.sin(x), lambda z, x: 1.0, name=hostile, numpy=lambda x: x
    )
    c = compile(lambda x: opaque(x) + 1.0, 0.5, backend="numpy")
    assert c(0.5) == math.sin(0.5) + 1.0
    assert executed
    assert "os" not in executed[0]
    assert "opaque0(x0)" in executed[0]


class Number(float):
    """A number whose text is a program."""

    def __repr__(self) -> str:
        return "__import__('os').mkdir('evil')"

    __str__ = __repr__
    __format__ = float.__format__


def test_numbers_are_written_as_numbers(executed):
    w = Value(Number(0.5))
    assert type(w.data) is float
    w.data = Number(0.25)
    v = Value(2.0)
    v.data = 3  # an int, set past the check
    c = compile(lambda x: x * w + w.detach() * Number(2.0) + v, 1.0, backend="numpy")
    assert c(1.0) == 0.25 + 0.5 + 3.0
    source = c.source()
    audit(source)
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    assert namespace["value"](1.0) == 3.75
    numpy = pytest.importorskip("numpy")
    w.data = numpy.float64(0.125)
    audit(c.source())
    assert "parameters = [0.125, 3.0]" in c.source()


KEYS = ['"]; import os #', "x): pass\nimport os", "__class__", "a\0b"]


@pytest.mark.parametrize("key", KEYS)
def test_keys_of_nested_arguments_are_refused(key, executed):
    with pytest.raises(TypeError):
        compile(lambda d: d[key], {key: 1.0}, backend="numpy")
    with pytest.raises(TypeError):
        compile(lambda x: {key: x}, 1.0, backend="numpy")(1.0)
    with pytest.raises(TypeError):
        compile(lambda d: d[0], [{key: 1.0}], backend="numpy")([[1.0]])
    assert executed == []


class Row(tuple):
    def __repr__(self) -> str:
        return "__import__('os').mkdir('evil')"


def test_classes_of_nested_results_are_not_in_what_is_run(executed):
    pair = namedtuple("pair", "a b")
    c = compile(lambda x: Row((x, [Row((x * x,))])), 2.0, backend="numpy")
    assert c(2.0) == (2.0, [(4.0,)])
    audit(c.source())
    d = compile(lambda x: pair(x, x * x), 2.0, backend="numpy")
    assert tuple(d(2.0)) == (2.0, 4.0)
    audit(d.source())
    assert len(executed) == 2


def test_programs_of_any_shape_are_names_and_numbers(executed):
    rng = random.Random(0)
    unary = [op for op in ALL if op.name in ("sin", "tanh", "exp", "relu", "sigmoid")]
    for _ in range(25):
        w = [Value(rng.uniform(-1.0, 1.0), label=rng.choice(HOSTILE)) for _ in range(3)]
        steps = [(rng.randrange(4), rng.random(), rng.randrange(9)) for _ in range(30)]

        def f(x: Any, w: Any = w, steps: Any = steps) -> Any:
            pool = [x, *w]
            for kind, number, place in steps:
                a, b = pool[place % len(pool)], pool[(place + 1) % len(pool)]
                new = [a + b, a * number, a - b, unary[place % len(unary)](a)][kind]
                pool.append(new)
            return pool[-1], [pool[-2]]

        c = compile(f, 0.5, backend="numpy")
        c(0.5)
        audit(c.source())
    assert len(executed) == 25


# ---- the C compiler: its folders and its command -------------------------------------

needs_users = pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs users")


def run_c() -> None:
    w = Value(3.0)
    assert compile(lambda x: w * x, 0.0, backend="c")([2.0]).tolist() == [6.0]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@needs_users
@pytest.mark.usefixtures("native")
class TestFolders:
    """Where other users could put a library of their own, none is loaded."""

    def test_the_cache_is_private(self, tmp_path, monkeypatch):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        old = os.umask(0)
        try:
            run_c()
        finally:
            os.umask(old)
        assert mode(tmp_path / "chainrule") == 0o700
        files = list((tmp_path / "chainrule").iterdir())
        assert {mode(path) for path in files} == {0o600}

    @pytest.mark.parametrize("bits", [0o777, 0o707, 0o770, 0o702])
    def test_a_cache_that_others_write_is_not_used(self, tmp_path, monkeypatch, bits):
        folder = tmp_path / "chainrule"
        folder.mkdir()
        folder.chmod(bits)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        run_c()
        assert list(folder.iterdir()) == []

    def test_nor_one_that_others_can_exchange(self, tmp_path, monkeypatch):
        shared = tmp_path / "shared"
        shared.mkdir()
        monkeypatch.setenv("XDG_CACHE_HOME", str(shared / "mine"))
        shared.chmod(0o777)
        run_c()
        assert list((shared / "mine" / "chainrule").iterdir()) == []
        shared.chmod(0o1777)  # sticky, as /tmp is
        run_c()
        assert len(list((shared / "mine" / "chainrule").iterdir())) == 1

    def test_nor_one_that_is_somebody_elses(self, tmp_path, monkeypatch):
        if os.geteuid():
            pytest.skip("needs the right to give files away")
        mine, link = tmp_path / "mine", tmp_path / "chainrule"
        mine.mkdir(mode=0o700)
        link.symlink_to(mine)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        os.chown(link, 12345, 12345, follow_symlinks=False)
        run_c()
        assert list(mine.iterdir()) == []
        os.chown(link, 0, 0, follow_symlinks=False)
        os.chown(tmp_path, 12345, 12345)  # who may rename what is in it
        run_c()
        assert list(mine.iterdir()) == []
        os.chown(tmp_path, 0, 0)
        run_c()
        assert len(list(mine.iterdir())) == 1

    def test_the_compiler_writes_where_nobody_else_does(self, tmp_path, monkeypatch):
        seen = []
        run = build._run

        def watched(text: str, command: list[str], target: Path) -> None:
            seen.append(target.parent)
            assert mode(target.parent) == 0o700
            run(text, command, target)

        monkeypatch.setattr(build, "_run", watched)
        (tmp_path / "tmp").mkdir()
        (tmp_path / "tmp").chmod(0o777)
        (tmp_path / "cache").mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        run_c()
        assert seen[0].parent == tmp_path / "cache" / "chainrule"
        (tmp_path / "cache").chmod(0o777)
        with pytest.raises(build.CompilerError, match=r"other users can .* in TMPDIR"):
            run_c()
        assert list((tmp_path / "tmp").iterdir()) == []

    def test_only_its_own_files_go_when_there_are_too_many(self, tmp_path, monkeypatch):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        monkeypatch.setattr(build, "_MOST_FILES", 1)
        (tmp_path / "chainrule").mkdir(mode=0o700)
        other = tmp_path / "chainrule" / "libother.so"
        other.write_bytes(b"")
        os.utime(other, (0, 0))
        run_c()
        monkeypatch.setenv("CFLAGS", "-O0")
        run_c()
        assert len(list((tmp_path / "chainrule").iterdir())) == 2
        assert other.exists()


@pytest.mark.parametrize(
    "command",
    [
        "cc; touch {}",
        "cc && touch {}",
        "$(touch {})",
        "`touch {}`",
        "| touch {}",
        "'cc; touch {}'",
        "{}/",
        "/",
        "\ud800",
    ],
)
def test_no_shell_reads_the_command_of_the_compiler(command, tmp_path, monkeypatch):
    trace = tmp_path / "trace"
    if "\ud800" in command:
        command = "cc\udcff"  # a byte that is no UTF-8
    monkeypatch.setenv("CC", command.format(trace))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(build.CompilerError):
        run_c()
    assert not trace.exists()


@pytest.mark.usefixtures("native")
def test_no_shell_reads_its_flags(tmp_path, monkeypatch):
    trace = tmp_path / "trace"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for flags in (f"; touch {trace}", f"$(touch {trace})", f"-O0 | touch {trace}"):
        monkeypatch.setenv("CFLAGS", flags)
        with pytest.raises(build.CompilerError):
            run_c()
        assert not trace.exists()
