"""The gallery that is committed is what its program makes."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from demos import gallery


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("gallery")
    gallery.write(out)
    return out


def test_the_committed_files_are_what_the_program_makes(fresh: Path) -> None:
    committed = {path.name: path.read_bytes() for path in gallery.HERE.iterdir()}
    made = {path.name: path.read_bytes() for path in fresh.iterdir()}
    assert sorted(committed) == sorted(made)
    different = [name for name in made if made[name] != committed[name]]
    assert not different, "run python -m demos.gallery"


def test_the_page_shows_every_picture(fresh: Path) -> None:
    page = (fresh / "README.md").read_text("utf-8")
    shown = re.findall(r"!\[[^]]+\]\(([^)]+)\)", page)
    assert sorted(shown) == sorted(path.name for path in fresh.glob("*.svg"))
    assert page.count("\n## ") == len(gallery.EXHIBITS)
    for name in shown:
        ElementTree.parse(fresh / name)


def test_the_programs_on_the_page_are_those_that_ran() -> None:
    about, program = gallery.source(gallery.an_expression)
    assert about.startswith("Every Value is a box")
    assert program.startswith("a, b, c, f = Value(2.0)")
    assert program.endswith('backward()\ndraw(L, engine="own")\n')


def test_it_says_what_it_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gallery.main(["--out", str(tmp_path / "g")]) == 0
    count = len(list((tmp_path / "g").iterdir()))
    assert f"{count} files written into" in capsys.readouterr().out
