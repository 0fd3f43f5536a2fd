"""The progress bar of a long compilation."""

import pytest

from autograd import Value, compile
from autograd.compiler import progress


def program(x):
    return Value(2.0) * x + x * x


def test_what_is_large_and_takes_long_shows_a_bar(monkeypatch, capsys):
    pytest.importorskip("tqdm")
    monkeypatch.setattr(progress, "_LARGE", 1)
    monkeypatch.setattr(progress, "_DELAY", 0.0)
    assert compile(program, 0.0)([3.0]).tolist() == [15.0]
    error = capsys.readouterr().err
    assert "compile: write the tape" in error
    assert "compile: roll" in error


def test_what_is_small_shows_none(capsys):
    assert compile(program, 0.0)([3.0]).tolist() == [15.0]
    assert capsys.readouterr().err == ""
