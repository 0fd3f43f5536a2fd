"""Export: one C file that compiles without a warning, checks itself, and is right."""

from __future__ import annotations

import ctypes
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value, compile, dot, exp, log, softmax, tanh

COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]
STRICT = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O1"]

pytestmark = pytest.mark.skipif(not COMPILERS, reason="no C compiler")


def network(dtype: str = "float64") -> Any:
    random.seed(3)
    model = nn.MLP(3, [5, 2], activation="tanh")
    return compile(
        lambda x, y: nn.cross_entropy([model(x)], [y]),
        [0.1, 0.2, 0.3],
        [1.0, 0.0],
        dtype=dtype,
    )


def recurrence() -> Any:
    w, u = Value(0.5), [Value(0.1), Value(-0.3)]

    def f(xs: Any) -> Any:
        h = 0.0
        for x in xs:
            h = tanh(w * h + dot(u, x))
        return h * h

    return compile(f, [[0.1, 0.2]] * 5)


PROGRAMS = {
    "network": network,
    "single": lambda: network("float32"),
    "recurrence": recurrence,
    "outputs": lambda: compile(lambda x: softmax([x[0], x[1], x[0] * x[1]]), [0.3, 1]),
    "constant": lambda: compile(lambda x: [1.0, x], 0.5),
    "shared": lambda: compile(lambda x, s: exp(x) * s, 0.5, 2.0, batched=[True, False]),
}


def run(program: Path, compiler: str, *flags: str) -> subprocess.CompletedProcess[str]:
    binary = program.with_suffix("")
    command = [
        compiler,
        *STRICT,
        *flags,
        "-DSELF_CHECK",
        str(program),
        "-o",
        str(binary),
    ]
    subprocess.run([*command, "-lm"], check=True, capture_output=True)
    return subprocess.run([str(binary)], capture_output=True, text=True)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_file_compiles_without_a_warning_and_checks_itself(
    name: str, compiler: str, tmp_path: Path
) -> None:
    path = tmp_path / f"{name}.c"
    PROGRAMS[name]().export(path)
    done = run(path, compiler)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("relative error: ")
    without_check = [compiler, *STRICT, "-c", str(path), "-o", str(tmp_path / "f.o")]
    subprocess.run(without_check, check=True)


@pytest.mark.skipif("gcc" not in COMPILERS, reason="needs gcc")
@pytest.mark.parametrize("name", ["network", "recurrence"])
def test_it_runs_clean_under_the_sanitizers(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.c"
    PROGRAMS[name]().export(path)
    done = run(path, "gcc", "-fsanitize=address,undefined", "-fno-sanitize-recover")
    assert (done.returncode, done.stderr) == (0, "")


def test_another_program_gets_what_the_compiled_function_gives(tmp_path: Path) -> None:
    c = network()
    path, library = tmp_path / "net.c", tmp_path / "net.so"
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(9, 3)), np.eye(2)[rng.integers(0, 2, 9)]
    c.export(path, X[:4], Y[:4])
    command = [COMPILERS[0], "-O1", "-shared", "-fPIC", str(path), "-o", str(library)]
    subprocess.run([*command, "-lm"], check=True)
    loaded = ctypes.CDLL(str(library))
    out, gradient = np.empty(9), np.empty(len(c.parameters))
    value, many = ctypes.c_double(), ctypes.c_long(9)

    def pointer(x: Any) -> Any:
        return ctypes.c_void_p(x.ctypes.data)

    theta = 2.0 * c.get_theta()
    assert loaded.net(pointer(X), pointer(Y), many, pointer(out)) == 0
    samples = pointer(X), pointer(Y), many
    found = ctypes.byref(value), pointer(gradient)
    assert loaded.net_value_and_grad(pointer(theta), *samples, *found) == 0
    np.testing.assert_allclose(out, c(X, Y), rtol=1e-12)
    expected, slopes = c.value_and_grad(X, Y, theta=theta)
    assert value.value == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-10, atol=1e-14)
    stored = (ctypes.c_double * len(theta)).in_dll(loaded, "net_theta")
    assert np.array_equal(stored, c.get_theta())


def test_a_wrong_number_in_the_file_fails_its_check(tmp_path: Path) -> None:
    path = tmp_path / "net.c"
    network().export(path)
    text = path.read_text()
    start = text.index("net_theta[")
    first = text[text.index("{", start) + 1 : text.index(",", start)].strip()
    path.write_text(text.replace(first, "9.5", 1))
    assert run(path, COMPILERS[0]).returncode == 1


def test_source_is_the_file_without_a_name_of_its_own() -> None:
    text = network().source("c")
    assert "int model(" in text
    assert "int model_value_and_grad(" in text
    assert "matmul     (5xB)" in text  # a comment says what a loop stands for


def test_an_unknown_language_names_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="known are python, c"):
        network().source("fortran")


@pytest.mark.parametrize("name", ["model.txt", "my model.c", "main.c", "product.c"])
def test_the_name_must_be_free_in_c(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="name"):
        network().export(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_samples_whose_result_is_not_finite_are_refused(tmp_path: Path) -> None:
    c = compile(lambda x: log(x), 0.5)
    with pytest.raises(FloatingPointError, match="give export samples"):
        c.export(tmp_path / "f.c", [-1.0])
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no folder .*nowhere"):
        network().export(tmp_path / "nowhere" / "model.c")
