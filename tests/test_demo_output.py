"""What demos/output.py promises: whole files, valid pictures, one line of complaint."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from demos.output import complain, png, say, write_whole


def test_what_is_said_stands_before_what_follows(capfd):
    say("first")
    assert capfd.readouterr().out == "first\n"  # flushed, and not in a buffer


def test_a_complaint_is_one_line_on_stderr_and_an_exit_code(capsys):
    assert complain("moons", "no room") == 2
    assert complain("moons", "interrupted", 130) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "python -m demos.moons: error: no room",
        "python -m demos.moons: error: interrupted",
    ]


def test_a_figure_becomes_a_png(tmp_path):
    figure = Figure(figsize=(2.0, 1.0))
    figure.subplots().plot([0.0, 1.0])
    write_whole(tmp_path / "picture.png", png(figure))
    picture = imread(tmp_path / "picture.png")
    assert picture.shape[:2] == (130, 260)
    assert np.ptp(picture[..., :3]) == 1.0  # black on white
    assert png(figure) == (tmp_path / "picture.png").read_bytes()


def test_a_file_is_replaced(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_breaks_off_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "picture.png"
    path.write_bytes(b"old")

    def half(self, content):
        with self.open("wb") as file:
            file.write(content[:1])
        raise OSError("disk full")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="disk full"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
