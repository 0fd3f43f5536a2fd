"""A short attack finds nothing; with a fault planted, it finds the fault."""

from __future__ import annotations

import importlib.util
import io

import pytest

from tests.attack.campaign import ALL, Campaign, report, verdict
from tests.attack.drawing import draw
from tests.attack.faults import FAULTS, Fault
from tests.attack.operations import OPERATIONS
from tests.attack.program import Program
from tests.attack.shrink import shrink
from tests.laws_table import TABLE

MOST = 400  # programs until a fault must have been found


def test_a_short_attack_finds_nothing():
    campaign = Campaign(1, [name for name in ALL if not name.startswith("c")])
    while campaign.programs < 40:
        campaign.step()
    assert campaign.found == []
    assert set(campaign.judged) >= {"forward", "graph", "mpmath", "numpy", "source"}


@pytest.mark.usefixtures("native")
def test_a_short_attack_on_c_finds_nothing(monkeypatch):
    monkeypatch.setenv("CFLAGS", "-O0")
    campaign = Campaign(1, ["c", "c float32"])
    while campaign.programs < 25:
        campaign.step()
    assert campaign.found == []
    assert campaign.judged.total() >= 5


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found(fault: Fault, monkeypatch, request):
    judges = [name for name in fault.judges if name in ALL]
    if "c" in judges:
        request.getfixturevalue("native")
        monkeypatch.setenv("CFLAGS", "-O0")
    fault.plant(monkeypatch.setattr, monkeypatch.setitem)
    campaign = Campaign(2, judges)
    while not campaign.found and campaign.programs < MOST:
        campaign.step()
    assert campaign.found, f"not in {campaign.programs} programs"


def test_a_disagreement_is_reported_as_a_minimal_program(monkeypatch, capsys):
    fault = FAULTS[0]
    fault.plant(monkeypatch.setattr, monkeypatch.setitem)
    campaign = Campaign(2, ["mpmath"])
    while not campaign.found:
        campaign.step()
    name, program, _ = campaign.found[0]
    small = shrink(program, lambda p: verdict(ALL[name], p))
    assert [step[0] for step in small.steps] == ["cos"]
    exec(report(name, ALL[name], program), {})
    assert capsys.readouterr().out.count("\n") == 2


def test_the_same_seed_draws_the_same_program():
    assert draw("5/7") == draw("5/7") != draw("5/8")


def test_programs_reach_every_operation():
    programs = [draw(f"3/{i}") for i in range(1500)]
    used = {name for program in programs for name, _ in program.steps}
    assert used == set(OPERATIONS) > set(TABLE)
    assert {program.inputs for program in programs} == {0, 1, 2, 3}
    assert max(len(program.steps) for program in programs) >= 100


def test_a_campaign_says_how_many_programs_it_attacked():
    out = io.StringIO()
    Campaign(1, ["forward"]).run(0.002, out)
    assert "programs in 0 s" in out.getvalue()
    assert out.getvalue().endswith("disagreements: none\n")


def test_pytorch_is_asked_where_it_is_installed():
    assert ("torch" in ALL) is (importlib.util.find_spec("torch") is not None)


def test_text_of_a_program_gives_its_numbers_back():
    program = Program(((0.5, float("inf")),), (-0.0,), (("add", (0, 2)),))
    namespace: dict[str, object] = {}
    exec(program.text(), namespace)
    assert namespace["samples"] == [(0.5, float("inf"))]
    assert namespace["f"](0.5, 1.0).data == 0.5
