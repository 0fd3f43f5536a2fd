"""The plan as C: what its text says, that any compiler takes it, that it is clean."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autograd import Value, compile, dot, primitive, tanh
from autograd.compiler.c.file import gradient_file
from autograd.compiler.program import Program
from tests.laws_c import PROGRAMS, SEVERAL, irregular, recurrence, texts_of

ROOT = Path(__file__).parent.parent


def gradient_text(f: Any, like: Any) -> str:
    return gradient_file(Program(f, [like], [True]).plan(True), "double").text


def functions(text: str) -> list[str]:
    return re.findall(r"^static [\w *]*?(\w+)\(", text, re.MULTILINE)


# ---- any compiler takes it -----------------------------------------------------------


@pytest.mark.parametrize("real", ["double", "float"])
@pytest.mark.parametrize("command", ["gcc", "clang"])
def test_it_is_iso_c_without_a_warning(command, real, tmp_path):
    if shutil.which(command) is None:
        pytest.skip(f"{command} is not installed")
    names = [*PROGRAMS, *SEVERAL]
    if real == "float":
        names = ["layers", "extremes", "irregular"]
    for name in names:
        for what, text in texts_of(name, real).items():
            (tmp_path / f"{name} {what}.c").write_text(text)
    flags = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-pedantic-errors"]
    done = subprocess.run(
        [command, *flags, "-Werror", "-fsyntax-only", *map(str, tmp_path.glob("*.c"))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_it_runs_clean_under_sanitizers(tmp_path):
    gcc = shutil.which("gcc")
    if gcc is None or sys.platform != "linux":
        pytest.skip("needs gcc's sanitizers")
    library = subprocess.run(
        [gcc, "-print-file-name=libasan.so"], capture_output=True, text=True
    ).stdout.strip()
    if not os.path.isabs(library):
        pytest.skip("gcc has no address sanitizer here")
    script = """
from tests.laws_c import exercise
for name in ("layers", "penalty", "irregular", "several outputs"):
    exercise(name, "float64", [1, 85])
print("clean")
"""
    flags = "-O0 -fsanitize=address,undefined -fno-sanitize-recover=all"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={
            **os.environ,
            "CC": gcc,
            "CFLAGS": flags,
            "XDG_CACHE_HOME": str(tmp_path),
            "LD_PRELOAD": library,
            "ASAN_OPTIONS": "detect_leaks=0",
        },
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "clean\n"), done.stderr[-2000:]


# ---- as long as the program is different, not as it is long --------------------------


def test_a_recurrence_of_any_length_has_the_same_functions():
    few, many = (gradient_text(recurrence(n), [0.1]) for n in (30, 300))
    assert len(functions(few)) == len(functions(many)) < 30
    assert len(many.splitlines()) < 6_000


def test_little_structure_is_printed_as_tables():
    plan = Program(irregular(20_000), [[0.1] * 4], [True]).plan(True)
    file = gradient_file(plan, "double")
    assert len(file.functions) < 200  # of 20,000
    assert len(file.text.splitlines()) < 8_000
    assert len(file.sections[0].memory.table) > 40_000


def test_the_numbers_of_parameters_and_constants_are_not_in_it():
    def program(seed: int) -> Any:
        import random

        draw = random.Random(seed)
        ws = [Value(draw.random()) for _ in range(6)]
        factors = [draw.random() for _ in range(3)]

        def f(x: Any) -> Any:
            h = [tanh(dot(ws[k : k + 2], x) * c + c) for k, c in enumerate(factors)]
            return dot(h, ws[3:]) ** 2 + factors[0] * dot(ws, ws)

        return f

    texts = {gradient_text(program(seed), [0.5, 0.5]) for seed in range(3)}
    assert len(texts) == 1


# ---- a reader finds the scalars ------------------------------------------------------


def test_each_instruction_has_a_comment():
    c = compile(lambda x: tanh(dot([w, v], x)) ** 2, [0.0, 0.0])
    text = gradient_file(c._runner.program.plan(True), "double").text
    lines = [line.strip() for line in str(c).splitlines() if not line.endswith(":")]
    assert lines
    for line in lines:
        assert f"/* {line} */" in text


w, v = Value(0.5), Value(-0.25)


@pytest.mark.parametrize("name", ["a*/b", "/*", "x\\", "é(x)\n", '"', "%s{0}", "??/"])
@pytest.mark.usefixtures("native")
def test_a_name_cannot_break_it(name):
    twice = primitive(
        lambda x: float(x) * 2.0,
        lambda z, x: 2.0,
        name=name,
        numpy=lambda x: x * 2.0,
        c="x /* two */ * 2",
    )
    c = compile(lambda x: twice(x * w), 1.0, backend="c")
    assert c([1.0, 3.0]).tolist() == [1.0, 3.0]
    assert c.value_and_grad([1.0, 3.0])[1].tolist() == [4.0]
