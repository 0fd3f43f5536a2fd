"""The benchmark of the compiler runs and prints its tables; no time is tested."""

from __future__ import annotations

import gc

from tests.benchmarks import compile as benchmark


def test_it_prints_its_tables(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["compile", "--small"])
    gc.freeze()  # what earlier tests left would slow the peers' collector
    benchmark.main()
    printed = capsys.readouterr().out
    for work in benchmark.works(small=True):
        assert work.title in printed
    for words in ("NumPy by hand", "by minima", "target", "us/scalar"):
        assert words in printed
