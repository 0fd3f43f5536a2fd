"""A short attack finds nothing; with a fault planted, it finds the fault."""

from __future__ import annotations

import importlib.util
import io

import pytest

import nn
from nn.activations import ACTIVATIONS
from nn.losses import LOSSES
from nn.optim import OPTIMIZERS
from tests.attack.campaign import ALL, Campaign, report, verdict
from tests.attack.drawing import draw
from tests.attack.faults import FAULTS, Fault
from tests.attack.faults_of_plans import PLAN_FAULTS
from tests.attack.operations import OPERATIONS
from tests.attack.packs import beside, pieces
from tests.attack.point import Point
from tests.attack.program import Program
from tests.attack.shrink import shrink
from tests.attack.training import RULES
from tests.laws_table import TABLE

MOST = 400  # programs until a fault must have been found


def test_a_short_attack_finds_nothing():
    campaign = Campaign(1, [name for name in ALL if not name.startswith("c")])
    while campaign.programs < 25:
        campaign.step()
    assert campaign.found == []
    assert set(campaign.judged) == {name for name in ALL if not name.startswith("c")}


@pytest.mark.usefixtures("native")
def test_a_short_attack_on_c_finds_nothing(monkeypatch):
    monkeypatch.setenv("CFLAGS", "-O0")
    campaign = Campaign(1, ["c arrays", "c arrays float32"])
    while campaign.programs < 50:
        campaign.step()
    assert campaign.found == []
    assert campaign.judged.total() >= 20


@pytest.mark.parametrize("fault", FAULTS + PLAN_FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found(fault: Fault, monkeypatch, request):
    judges = [name for name in fault.judges if name in ALL]
    if judges[0].startswith("c"):
        request.getfixturevalue("native")
        monkeypatch.setenv("CFLAGS", "-O0")
    fault.plant(monkeypatch.setattr, monkeypatch.setitem)
    campaign = Campaign(fault.seed, judges)
    while not campaign.found and campaign.programs < MOST:
        campaign.step()
    assert campaign.found, f"not in {campaign.programs} programs"


def test_a_disagreement_is_reported_as_a_minimal_program(monkeypatch, capsys):
    fault = FAULTS[0]
    fault.plant(monkeypatch.setattr, monkeypatch.setitem)
    campaign = Campaign(fault.seed, ["mpmath"])
    while not campaign.found:
        campaign.step()
    name, program, _ = campaign.found[0]
    small = shrink(program, lambda p: verdict(ALL[name], p))
    assert [step[0] for step in small.steps] == ["cos"]
    exec(report(name, program), {})
    assert capsys.readouterr().out.count("\n") == 2


def test_a_disagreement_of_programs_side_by_side_is_reported_as_one(
    monkeypatch, capsys
):
    one = Program(((0.5,), (0.25,)), (2.0,), (("sin", (0,)), ("mul", (1, 2))))
    two = Program(((1.5, 3.0),), (), (("min", (0, 1)), ("exp", (2,))))
    pack = beside([one, one, two, one])

    def judge(program: Program) -> str | None:  # these two disturb each other
        names = {name for name, _ in program.steps}
        return "found" if {"min", "sin"} <= names else None

    monkeypatch.setitem(ALL, "numpy arrays", judge)
    text = report("numpy arrays", pack)
    assert text.count("    v") == 3
    assert text.startswith("# numpy arrays: found\n")
    exec(text, {})
    assert capsys.readouterr().out


def test_programs_side_by_side_keep_their_values():
    programs = [draw(f"1/{i}") for i in range(20)]
    programs = [p for p in programs if Point(p).finite and p.steps[-1][0] != "sum"]
    pack = beside(programs)
    results = Point(pack).results
    assert len(programs) > 5
    assert [results[a].data for a in pieces(pack)] == [Point(p).value for p in programs]


def test_a_mean_of_the_smallest_numbers_is_rounded_to_them():
    program = Program(((1.0,), (1.0,)), (5e-324,), (("abs", (1,)),))
    assert verdict(ALL["numpy"], program) is None
    assert verdict(ALL["numpy arrays"], program) is None


def test_all_of_nn_is_attacked():
    types = [x for x in vars(nn).values() if isinstance(x, type)]
    layers = {x for x in types if issubclass(x, nn.Module)} - {nn.Module}
    assert layers == {nn.Layer, nn.MLP, nn.Neuron, nn.Sequential}
    assert {"mlp", "sequential", "layer_softmax"} < set(OPERATIONS)
    for name in ACTIVATIONS.keys() - {"softmax"}:
        assert {f"neuron_{name}", f"layer_{name}"} < set(OPERATIONS)
    assert LOSSES.keys() < set(OPERATIONS)
    assert {name.split()[0].lower() for name in RULES} == set(OPTIMIZERS)


def test_the_same_seed_draws_the_same_program():
    assert draw("5/7") == draw("5/7") != draw("5/8")


def test_programs_reach_every_operation():
    programs = [draw(f"3/{i}") for i in range(1200)]
    used = {name for program in programs for name, _ in program.steps}
    assert used == set(OPERATIONS) > set(TABLE)
    assert {program.inputs for program in programs} > {0, 1, 2, 3}
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
