"""What demos/backprop_by_hand.py claims: hand and graph agree, and it would notice."""

import re

import numpy as np
import pytest

from demos import backprop_by_hand as demo


def differences(text):
    return [float(x) for x in re.findall(r"  max difference (\S+)$", text, re.M)]


@pytest.mark.parametrize(
    "argv",
    [[], ["2", "1", "--samples", "1"], ["4", "3", "5", "3", "2", "--seed", "3"]],
)
def test_hand_and_graph_agree(argv, capsys):
    assert demo.main(argv) == 0
    text = capsys.readouterr().out
    found = differences(text)
    assert len(found) > 50
    assert max(found) <= 1e-12
    assert "numbers by hand equal the graph's to 1e-12" in text


def test_the_printed_numbers_are_equal_line_by_line(capsys):
    demo.main([])
    text = capsys.readouterr().out
    hand = re.findall(r"^ +hand  +(.*)$", text, re.M)
    graph = re.findall(r"^ +graph  +(.*)$", text, re.M)
    assert len(hand) == len(differences(text))
    for by_hand, by_graph in zip(hand, graph, strict=True):
        numbers = [
            [float(x) for x in line.split("...")[0].split()]
            for line in (by_hand, by_graph)
        ]
        assert numbers[0] == pytest.approx(numbers[1], abs=2e-9)


def test_every_equation_of_the_textbook_stands_there(capsys):
    demo.main(["2", "3", "1", "--samples", "4"])
    text = capsys.readouterr().out
    for equation in (
        "z1 = W1 x + b1",
        "a1 = f(z1)",
        "J = 1/2 (yhat - y)^2",
        "delta2 = (yhat - y) yhat (1 - yhat)",
        "J = -(y log yhat + (1 - y) log(1 - yhat))",
        "delta2 = a_L - y",
        "delta1 = (W2^T delta2) * f'(z1)",
        "dJ/dW2 = delta2 a1^T",
        "dJ/db1 = delta1",
        "dJ/dW1 = delta1 x^T / m",
        "delta1 = delta2 W2^T * f'(z1)",
        "dE/dW2 = a1^T delta2",
        "W1 := W1 - eta dJ/dW1",
        "The update subtracts",
        "f = g_m(...g_1(x))",
    ):
        assert equation in text
    assert all(line.isascii() and len(line) <= 80 for line in text.splitlines())


def test_the_first_step_of_the_textbook_network(capsys):
    demo.main([])
    text = capsys.readouterr().out
    z1 = 0.1 * 0.35 + 0.8 * 0.9 + 0.2
    z2 = 0.4 * 0.35 + 0.6 * 0.9 - 0.1
    assert f"{z1:.9f}  {z2:.9f}" in text


def test_a_minus_makes_the_cost_fall_and_a_plus_makes_it_rise(capsys):
    demo.main([])
    steps = re.findall(
        r"J was (\S+), is now (\S+); a plus would make it (\S+)\.$",
        capsys.readouterr().out,
        re.M,
    )
    assert len(steps) == 4
    for was, now, uphill in steps:
        assert float(now) < float(was) < float(uphill)


def test_multiplications_are_counted():
    # J3 J2 J1 of shapes (1, 3), (3, 4), (4, 5):
    # (J3 J2) J1 takes 1*3*4 + 1*4*5, and J3 (J2 J1) takes 3*4*5 + 1*3*5.
    jacobians = [np.ones((4, 5)), np.ones((3, 4)), np.ones((1, 3))]
    backward, from_last = demo.multiply_out(jacobians, backward=True)
    forward, from_first = demo.multiply_out(jacobians, backward=False)
    assert (from_last, from_first) == (32, 75)
    assert np.array_equal(backward, forward)
    assert np.array_equal(backward, np.full((1, 5), 12.0))


WRONG = {
    "f'": ("f_prime", lambda a: a),
    "dJ/dW without the mean": (
        "gradients",
        lambda delta, a: (
            [d @ before.T for d, before in zip(delta, a, strict=False)],
            [d.sum(axis=1, keepdims=True) for d in delta],
        ),
    ),
    "a plus in the update": (
        "descend",
        lambda W, dW: [w + demo.ETA * g for w, g in zip(W, dW, strict=True)],
    ),
    "a slope off by 1e-9": ("f_prime", lambda a: a * (1.0 - a) + 1e-9),
    "not a number": ("f_prime", lambda a: np.full_like(a, np.nan)),
    "a wrong shape": ("f_prime", lambda a: (a * (1.0 - a))[:, :1]),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_formula_is_detected(fault, monkeypatch, capsys):
    monkeypatch.setattr(demo, *WRONG[fault])
    assert demo.main([]) == 1
    text = capsys.readouterr().out
    assert text.splitlines()[-1].startswith("NOT EQUAL to 1e-12, by hand and by the")
    assert "numbers by hand equal" not in text


def test_a_wrong_delta_is_named(monkeypatch, capsys):
    cost = demo.HALF_SQUARED_ERROR
    forgot = demo.Cost(
        cost.name, cost.equation, cost.value, cost.delta_equation, lambda a, y: a - y
    )
    monkeypatch.setattr(demo, "COSTS", (forgot,))
    assert demo.main([]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert "delta2 = (yhat - y) yhat (1 - yhat)" in last
    assert "z1 = W1 x + b1" not in last


def test_arrays_of_other_shapes_are_not_equal(capsys):
    check = demo.Comparison()
    check.show("dW", np.ones((2, 1)), np.ones((1, 2)))
    assert check.conclude() == 1
    assert "NOT EQUAL" in capsys.readouterr().out


@pytest.mark.parametrize(
    "argv",
    [
        ["3"],
        ["2", "0", "1"],
        ["2", "-1", "1"],
        ["2", "x", "1"],
        ["2", "1.5"],
        ["2", "1", "--samples", "0"],
        ["2", "1", "--seed", "-1"],
        ["2", "1", "--nonsense"],
        ["100000", "100000"],
    ],
)
def test_bad_options_are_one_line_and_exit_code_2(argv, capsys):
    with pytest.raises(SystemExit) as exit_:
        demo.main(argv)
    assert exit_.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("python -m demos.backprop_by_hand: error: ")
    assert err.count("\n") == 1
