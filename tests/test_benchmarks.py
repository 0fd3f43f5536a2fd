"""The benchmarks run and print their tables; what they measure is not tested."""

from __future__ import annotations

import gc
import sys

import pytest

from tests.benchmarks import eager
from tests.benchmarks.timing import collector, interleaved, paired_ratio


def test_eager_prints_its_tables(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["eager", "--small"])
    gc.freeze()  # what earlier tests left would slow the peers' collector
    eager.main()
    printed = capsys.readouterr().out
    for work in eager.works(small=True):
        assert work.title in printed
    for words in ("collector", "minimum", "bytes per node", "import autograd"):
        assert words in printed


def test_a_missing_peer_is_named_and_left_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "xad", None)
    monkeypatch.setitem(sys.modules, "micrograd", None)
    monkeypatch.setattr(eager, "works", lambda small: [])
    monkeypatch.setattr(eager, "memory", lambda names, nodes: iter(()))
    monkeypatch.setattr(eager, "imports", lambda names, rounds: iter(()))
    head, *missing = list(eager.report(small=True))[:3]
    assert head.endswith(": autograd")
    assert [line.split(" is missing")[0] for line in missing] == ["micrograd", "xad"]


def test_engines_that_disagree_are_not_timed():
    class Engine:
        def __init__(self, name: str, result: float) -> None:
            self.name, self.result = name, result

    work = eager.Work("work", "us", 1, {}, lambda e: lambda: [e.result], rounds=1)
    engines = [Engine("autograd", 1.0), Engine("other", 1.0 + 1e-6)]
    with pytest.raises(SystemExit, match="work: other computes"):
        eager.check_agreement(work, engines)


def test_contestants_take_turns():
    turns = []
    runs = {name: lambda name=name: turns.append(name) for name in "ab"}
    samples = interleaved(runs, rounds=2)
    assert "".join(turns) == "aabbaabb"  # each runs once unmeasured
    assert [len(times) for times in samples.values()] == [2, 2]


def test_a_ratio_is_paired_within_rounds():
    samples = {"a": [1.0, 20.0, 3.0], "b": [2.0, 40.0, 6.0]}
    assert paired_ratio(samples, "a", "b") == 0.5


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_is_as_before_afterwards(on):
    before = gc.isenabled()
    with collector(on):
        assert gc.isenabled() is on
    assert gc.isenabled() is before
    with pytest.raises(KeyError), collector(not before):
        raise KeyError
    assert gc.isenabled() is before
