"""Building C text: compilers that are missing or fail, and a cache that is damaged."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from autograd import Value, compile
from autograd.compiler.c import build
from autograd.compiler.c.build import CompilerError

pytestmark = pytest.mark.usefixtures("native")
ROOT = Path(__file__).parent.parent
w = Value(3.0)


def f(x: Any) -> Any:
    return w * x + 1.0


def run(backend: str = "auto") -> list[float]:
    result: list[float] = compile(f, 0.0, backend=backend)([1.0, 2.0]).tolist()
    return result


RIGHT = [4.0, 7.0]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Give a cache of this test's own: the folder in which ours is to be made."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def commands(monkeypatch):
    """Count the compiler's runs."""
    found: list[Any] = []
    run = subprocess.run

    def counted(*args: Any, **options: Any) -> Any:
        found.append(args)
        return run(*args, **options)

    monkeypatch.setattr(build.subprocess, "run", counted)
    return found


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


# ---- compilers -----------------------------------------------------------------------


def test_without_a_compiler_auto_is_numpy_without_noise(home, monkeypatch):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(home))
    assert run() == run("numpy") == RIGHT
    with pytest.raises(CompilerError, match=r"no C compiler.*gcc.*CC.*numpy"):
        compile(f, backend="c")
    assert list(home.iterdir()) == []


def test_a_missing_choice_is_named(monkeypatch):
    monkeypatch.setenv("CC", "icc -fast")
    assert run() == RIGHT
    with pytest.raises(CompilerError, match=r"CC is 'icc -fast'"):
        compile(f, 0.0, backend="c")


def test_a_choice_with_arguments_is_taken(home, commands, monkeypatch):
    chosen = build.compiler()[0]
    monkeypatch.setenv("CC", f"{chosen} -DOWN='a b'")
    assert run("c") == RIGHT
    ((command,),) = commands
    assert command[:2] == [chosen, "-DOWN=a b"]
    run("c")
    assert len(commands) == 1
    monkeypatch.setenv("CC", f"{chosen} -DOWN='a c'")  # may be another library
    run("c")
    assert len(commands) == 2


FAILING = {
    "fails": ("echo 'disk on fire' >&2; exit 1", "disk on fire"),
    "says nothing": ("exit 3", "code 3: no message"),
    "gives nothing": ("echo garbage; exit 0", "failed"),
    "prints bytes": (r"printf '\377\376' >&2; exit 1", "failed with code 1"),
    "is killed": ("kill -9 $$", "code -9"),
    "reads nothing": ("exec <&-; exit 1", "failed"),
}
WRITES = 'while [ $# -gt 0 ]; do if [ "$1" = -o ]; then {}; fi; shift; done'
FAILING["gives junk"] = (WRITES.format('echo junk > "$2"'), "cannot be loaded")
FAILING["gives another library"] = (
    WRITES.format('echo "int other;" | cc -shared -x c - -o "$2"'),
    "cannot be loaded",
)


@pytest.mark.parametrize("name", FAILING)
def test_a_compiler_that_fails(name, home, monkeypatch):
    text, message = FAILING[name]
    if "cc" in text.split() and shutil.which("cc") is None:
        pytest.skip("no cc")
    own = script(home / "compiler", text)
    monkeypatch.setenv("CC", own)
    with pytest.raises(CompilerError, match=message) as caught:
        run("c")
    assert "compiler" in str(caught.value)
    assert "numpy" in str(caught.value)
    with pytest.warns(RuntimeWarning, match="NumPy runs this function") as found:
        assert run() == RIGHT
    assert len(found) == 1
    assert message in str(found[0].message)
    kept = home / "chainrule"
    assert not kept.exists() or list(kept.iterdir()) == []


@pytest.mark.parametrize("variable", ["CC", "CFLAGS"])
def test_quotes_that_do_not_close(variable, monkeypatch):
    monkeypatch.setenv(variable, "gcc 'no end")
    with pytest.raises(CompilerError, match=variable):
        run("c")
    with pytest.warns(RuntimeWarning, match=variable):
        assert run() == RIGHT


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "C"}, "unknown backend 'C'.*auto, numpy, c"),
        ({"threads": 0}, "threads.*0"),
        ({"threads": 2.0}, "threads.*2.0"),
        ({"threads": "all"}, "threads.*'all'"),
    ],
)
def test_choices_are_checked_at_once(options, message):
    with pytest.raises(ValueError, match=message):
        compile(f, **options)


# ---- the cache -----------------------------------------------------------------------


def libraries(home: Path) -> list[Path]:
    return sorted((home / "chainrule").iterdir())


def test_a_plan_is_built_once(home, commands):
    assert run("c") == run("c") == RIGHT
    (only,) = libraries(home)
    assert only.suffix == ".so"
    assert len(commands) == 1
    assert (home / "chainrule").stat().st_mode & 0o777 == 0o700


def other_library(home: Path) -> bytes:
    compile(lambda x: x - w, 0.0, backend="c")([1.0])
    return max(libraries(home), key=lambda path: path.stat().st_mtime_ns).read_bytes()


@pytest.mark.parametrize("damage", ["empty", "truncated", "foreign", "a folder"])
def test_a_damaged_library_is_built_anew(damage, home, commands):
    run("c")
    (only,) = libraries(home)
    content = only.read_bytes()
    if damage == "a folder":
        only.unlink()
        only.mkdir()
    else:
        foreign = other_library(home)
        only.unlink()  # the file that is loaded already is not written to
        new = {"empty": b"", "truncated": content[:-500], "foreign": foreign}
        only.write_bytes(new[damage])
    before = len(commands)
    assert run("c") == RIGHT
    assert len(commands) == before + 1


def assert_works_without_a_cache(commands: list[Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run() == run("c") == RIGHT
    assert len(commands) == 2


def test_a_file_where_the_folder_should_be(home, commands):
    (home / "chainrule").write_text("mine")
    assert_works_without_a_cache(commands)
    assert (home / "chainrule").read_text() == "mine"


def test_a_home_that_is_a_file(home, commands, monkeypatch):
    (home / "file").write_text("mine")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "file"))
    assert_works_without_a_cache(commands)


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_others_write_to_is_not_used(mode, home, commands):
    folder = home / "chainrule"
    folder.mkdir()
    folder.chmod(mode)
    assert_works_without_a_cache(commands)
    assert list(folder.iterdir()) == []


def test_a_folder_of_someone_else_is_not_used(home, commands, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    assert_works_without_a_cache(commands)


@pytest.mark.parametrize("call", ["write_bytes", "replace"])
def test_a_cache_that_cannot_be_written(call, home, commands, monkeypatch):
    def full(*args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, call, full)
        assert_works_without_a_cache(commands)
    assert libraries(home) == []
    assert run("c") == RIGHT
    assert len(libraries(home)) == 1


def test_a_read_only_folder(home, commands):
    folder = home / "chainrule"
    folder.mkdir(mode=0o500)
    if os.access(folder, os.W_OK):
        pytest.skip("this user may write everywhere")
    assert_works_without_a_cache(commands)


def test_the_oldest_go(home, monkeypatch):
    monkeypatch.setattr(build, "_MOST_FILES", 2)
    for k in range(4):
        compile(lambda x, k=k: sum([x] * k, w) ** 2, 0.0, backend="c")([1.0])
        for age, path in enumerate(libraries(home)):
            os.utime(path, ns=(age + 10**9 * k, age + 10**9 * k))
    assert len(libraries(home)) == 2


def test_processes_that_build_at_once(home):
    program = """
from autograd import Value, compile
w = Value(3.0)
print(compile(lambda x: w * x + 1.0, 0.0, backend="c")([1.0, 2.0]).tolist())
"""
    command = [sys.executable, "-c", program]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    outputs = [process.communicate()[0].strip() for process in running]
    assert outputs == [str(RIGHT)] * 3
    assert {path.suffix for path in libraries(home)} == {".so"}
    assert run("c") == RIGHT
