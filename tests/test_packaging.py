"""The wheel and the sdist: what is in them, what they say, and that both work."""

from __future__ import annotations

import email
import re
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from email.message import Message
from pathlib import Path
from typing import NamedTuple

import graphviz
import numpy
import pytest

pytest.importorskip("hatchling", reason="building needs hatchling")

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]

SMOKE = """
import sys
from pathlib import Path

import autograd, nn
from autograd import Value, compile, draw, replay, tanh

assert Path(autograd.__file__).is_relative_to(sys.prefix), autograd.__file__
assert Path(nn.__file__).is_relative_to(sys.prefix), nn.__file__
a, b = Value(2.0, label="a"), Value(-3.0, label="b")
c = a * b + b.tanh()
c.backward()
assert (a.grad, round(b.grad, 4)) == (-3.0, 2.0099)
assert draw(c, engine="own").svg.startswith("<svg")
replay(c).save("player.html")
compiled = compile(lambda x: x * tanh(x), 1.0, backend="numpy")
assert compiled(2.0) == 2.0 * tanh(2.0)
assert "double" in compiled.source("c")
line = nn.Layer(1, 1, "identity")
nn.fit(line, [0, 1, 2], [1, 3, 5], lr=0.3, epochs=200, progress=False)
assert round(line(10.0).data, 3) == 21.0
print(autograd.__version__)
"""


class Built(NamedTuple):
    """The two files that are published."""

    wheel: Path
    sdist: Path


def build(tree: Path, folder: Path, *kinds: str) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-d", folder, *kinds]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("built")
    build(ROOT, folder)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return Built(wheel, sdist)


def files(*packages: str) -> set[str]:
    """List the files of the project in these folders, but for caches of any kind."""
    found = (p for folder in packages for p in (ROOT / folder).rglob("*"))
    inside = (p.relative_to(ROOT) for p in found if p.is_file())
    return {
        path.as_posix()
        for path in inside
        if not any(part == "__pycache__" or part[0] == "." for part in path.parts)
    }


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith("/METADATA"))
        return email.message_from_bytes(archive.read(name))


def test_the_wheel_holds_the_packages_whole_and_nothing_else(built: Built) -> None:
    info = f"chainrule-{PROJECT['version']}.dist-info"
    about = {f"{info}/{name}" for name in ("METADATA", "WHEEL", "RECORD")}
    assert names(built.wheel) == (
        files("autograd", "nn") | about | {f"{info}/licenses/LICENSE"}
    )
    assert {
        "autograd/compiler/c/loops.c",
        "autograd/drawing/player.html",
        "autograd/py.typed",
        "nn/py.typed",
    } <= names(built.wheel)


def test_the_sdist_holds_the_tests_and_the_demos_too(built: Built) -> None:
    top = f"chainrule-{PROJECT['version']}"
    with tarfile.open(built.sdist) as archive:
        found = {member.name.removeprefix(f"{top}/") for member in archive}
    about = {"LICENSE", "PKG-INFO", "README.md", "pyproject.toml", ".gitignore"}
    assert found == files("autograd", "nn", "tests", "demos") | about


def test_the_metadata_says_what_was_tested(built: Built) -> None:
    says = metadata(built.wheel)
    assert says["Requires-Python"] == PROJECT["requires-python"] == ">=3.11"
    assert says["License-Expression"] == "MIT"
    prefix = "Programming Language :: Python :: 3."
    tested = [
        int(name.removeprefix(prefix))
        for name in says.get_all("Classifier", [])
        if name.startswith(prefix)
    ]
    assert tested == list(range(11, 16))
    requires = [r for r in says.get_all("Requires-Dist", []) if "extra ==" not in r]
    assert requires == ["graphviz>=0.20", "numpy>=2.0"]
    for wanted in PROJECT["dependencies"]:
        assert re.fullmatch(r"[a-z]+>=[\d.]+", wanted)  # no ceiling that nobody tested


@pytest.mark.parametrize("kind", Built._fields)
def test_it_works_in_an_environment_of_its_own(
    built: Built, kind: str, tmp_path: Path
) -> None:
    wheel = built.wheel
    if kind == "sdist":
        with tarfile.open(built.sdist) as archive:
            archive.extractall(tmp_path, filter="data")
        (tree,) = tmp_path.iterdir()
        build(tree, tmp_path, "-t", "wheel")
        (wheel,) = tmp_path.glob("*.whl")
        assert names(wheel) == names(built.wheel)
    place = tmp_path / "environment"
    venv.create(place, with_pip=True)
    (python,) = (*place.glob("bin/python"), *place.glob("Scripts/python.exe"))
    install = [python, "-m", "pip", "install", "--no-index", "--no-deps", wheel]
    subprocess.run(install, check=True, capture_output=True)
    # NumPy and graphviz are those of this environment, found behind its own packages.
    (packages,) = (*place.glob("lib/*/site-packages"), *place.glob("Lib/site-packages"))
    paths = {str(Path(module.__file__).parent.parent) for module in (numpy, graphviz)}
    (packages / "needed.pth").write_text("\n".join(sorted(paths)), encoding="utf-8")
    done = subprocess.run(
        [python, "-I", "-W", "error", "-c", SMOKE],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == PROJECT["version"]
    assert (tmp_path / "player.html").is_file()
