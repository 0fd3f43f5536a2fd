"""The benchmark of the demos runs and prints its tables; no time is tested."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from tests.benchmarks import demos as benchmark
from tests.benchmarks import demos_jobs, demos_micro, demos_ours, demos_rows
from tests.benchmarks.demos_rows import EAGER, MICROGPT, MICROGRAD, NUMPY, TORCH, C


@pytest.fixture(autouse=True)
def no_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)  # slow to load


def row(name):
    return next(row for row in benchmark.rows() if row.name == name)


def test_it_prints_its_tables_and_names_what_is_missing(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "micrograd.nn", None)
    arguments = ["demos", "--quick", "--row", "moons", "gpt"]
    monkeypatch.setattr("sys.argv", arguments)
    benchmark.main()
    printed = capsys.readouterr().out
    for words in ("MLP 2-3-1, relu, hinge", "4 positions", NUMPY, EAGER, MICROGPT):
        assert words in printed
    for words in (f"{C} (no C compiler", f"{TORCH} (import of", f"{MICROGRAD} (import"):
        assert words in printed
    assert "is missing, and left out" in printed


@pytest.mark.usefixtures("native")
def test_compiled_in_c_trains_as_eagerly():
    found = benchmark.build_all(row("moons"), demos_jobs.of_moons(True), set())
    assert {C, NUMPY, EAGER} <= set(found)


@pytest.mark.parametrize("name", ["sentiment", "speech", "gpt-translate"])
def test_all_train_alike(name):
    chosen = row(name)
    found = benchmark.build_all(chosen, chosen.job(True), set())
    assert {NUMPY, EAGER, *chosen.others} <= set(found)


def test_micrograd_trains_alike():
    pytest.importorskip("micrograd")
    assert MICROGRAD in benchmark.build_all(row("moons"), row("moons").job(True), set())


def test_a_trainer_that_differs_stops_the_benchmark(monkeypatch):
    def with_other_weights(job):
        trainer = demos_ours.eager(job)
        return trainer._replace(theta=lambda: trainer.theta() + 1e-6)

    builders = {EAGER: demos_ours.eager, "other": with_other_weights}
    monkeypatch.setattr(demos_rows.Row, "builders", lambda self: builders)
    with pytest.raises(SystemExit, match="moons: other trains otherwise"):
        benchmark.build_all(row("moons"), demos_jobs.of_moons(True), set())


def test_the_scalars_of_microgpt_differentiate():
    x, y = demos_micro.Scalar(2.0), demos_micro.Scalar(3.0)
    z = (x * y - x / y + (x**2).log() + (-y).exp() + x.relu()) * 2.0
    z.backward()
    assert x.grad == pytest.approx(2.0 * (3.0 - 1.0 / 3.0 + 1.0 + 1.0))
    assert y.grad == pytest.approx(2.0 * (2.0 + 2.0 / 9.0 - np.exp(-3.0)))


def test_an_accuracy_is_what_the_demo_says(monkeypatch):
    from demos import moons

    def small(argv):
        print("Accuracy       75.0% on the training set")
        return 0 if "--out" in argv else 1

    monkeypatch.setattr(moons, "main", small)
    said = benchmark.accuracy(row("moons"))
    assert said.startswith(
        "python -m demos.moons: Accuracy  75.0% on the training set;"
    )
    monkeypatch.setattr(moons, "main", lambda argv: 2)
    with pytest.raises(SystemExit, match="moons: the demo ended with code 2"):
        benchmark.accuracy(row("moons"))


def test_a_verdict_says_whether_a_target_is_met():
    assert benchmark.verdict(1.2, 1.0) == ">= 1x: met"
    assert benchmark.verdict(399.0, 400.0) == ">= 400x: missed"
    assert benchmark.verdict(2.0, None) == ""
