"""The benchmark of compiled steps runs and prints its tables; no time is tested."""

from __future__ import annotations

import pytest

from tests.benchmarks import native as benchmark
from tests.benchmarks import native_recurrence
from tests.benchmarks.compile_contestant import check_agreement
from tests.benchmarks.native_rows import BY_HAND, JAX, NEEDS, OURS_NUMPY, SCAN, TORCH


@pytest.mark.usefixtures("native")
def test_it_prints_its_tables(capsys, monkeypatch):
    for engine in (TORCH, JAX, SCAN):  # slow to load
        monkeypatch.setitem(NEEDS, engine, "no_such_engine")
    arguments = ["native", "--quick", "--row", "growth-4", "--clock", "wall"]
    monkeypatch.setattr("sys.argv", arguments)
    benchmark.main()
    printed = capsys.readouterr().out
    for words in ("MLP 2-4-4-1, 10 samples", "NumPy by hand", "C compiler", "wall's"):
        assert words in printed
    for engine in (TORCH, JAX, SCAN):
        assert f"{engine} (No module named 'no_such_engine') is missing" in printed


@pytest.mark.parametrize("row", ["digits-sgd", "digits-adam", "wide", "recurrence"])
def test_the_steps_by_hand_agree_with_the_plan_of_arrays(row):
    work = next(work for work in benchmark.works(quick=True) if work.name == row)
    names = OURS_NUMPY, BY_HAND
    check_agreement(work.title, {name: work.builders[name]() for name in names})


def test_contestants_that_disagree_stop_the_benchmark():
    epochs = native_recurrence.sequences(length=2, batch=2, steps=2)
    others = native_recurrence.sequences(length=3, batch=2, steps=2)
    contestants = {
        "one": native_recurrence.by_hand(epochs),
        "another": native_recurrence.by_hand(others),
    }
    with pytest.raises(SystemExit, match="another computes"):
        check_agreement("LSTM", contestants)


def test_a_verdict_says_whether_a_target_is_met():
    assert benchmark.verdict(0.7, 0.65) == "<= 0.65x: missed"
    assert benchmark.verdict(0.03, 1 / 30) == "<= 0.033x: met"
    assert benchmark.verdict(0.5, 1.0, " s") == "<= 1.00 s: met"
    assert benchmark.verdict(0.5, None) == ""
