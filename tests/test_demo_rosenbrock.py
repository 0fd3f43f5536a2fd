"""The demo reaches the minimum with exact derivatives, and shows how."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

pytest.importorskip("scipy")
pytest.importorskip("matplotlib")

from demos import rosenbrock as demo


@pytest.fixture(scope="module")
def runs() -> dict[str, demo.Descent]:
    return {run.name: run for run in demo.descents()}


def test_exact_derivatives_reach_the_minimum(runs):
    assert runs["BFGS, grad"].error < 1e-9
    assert runs["Newton-CG, grad and hessian"].error < 1e-8


def test_differences_cost_more_and_end_farther_away(runs):
    exact, differences = runs["BFGS, grad"], runs["BFGS, differences"]
    assert differences.evaluations > 2 * exact.evaluations
    assert differences.error > 100 * exact.error


def test_counts(runs):
    assert runs["BFGS, grad"].curvatures == 0
    run = runs["Newton-CG, grad and hessian"]
    assert run.curvatures == len(run.path) - 1
    assert run.path[0] == demo.START


def test_newton_doubles_the_digits():
    xs = list(demo.newton(lambda x: x**2 - 2.0, 1.5, 4))
    errors = [abs(x - math.sqrt(2.0)) for x in xs[:-1]]
    assert xs[-1] == pytest.approx(math.sqrt(2.0), rel=1e-15)
    # e' = e^2 / (2 x), up to rounding
    for error, following in pairwise(errors):
        assert following < error**2


def test_it_prints_and_draws(tmp_path, capsys):
    demo.main(["--out", str(tmp_path / "new" / "folder")])
    file = tmp_path / "new" / "folder" / "paths.png"
    assert file.read_bytes().startswith(b"\x89PNG")
    printed = capsys.readouterr().out
    assert str(file) in printed
    assert "0.739085133215161|" in printed
    assert all(name in printed for name in ("BFGS, grad", "Newton-CG, differences"))


@pytest.mark.parametrize("options", [["--nonsense"], ["--out"], ["--out", "FILE/x"]])
def test_bad_options_are_one_line_and_exit_2(options, tmp_path, capsys):
    (tmp_path / "file").touch()
    options = [option.replace("FILE", str(tmp_path / "file")) for option in options]
    with pytest.raises(SystemExit) as stop:
        demo.main(options)
    assert stop.value.code == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert "error:" in error
