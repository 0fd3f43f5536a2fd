"""Laws on what a graph costs: depth, memory, imports; and the same bits again."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import autograd
from autograd import Value, gradient
from tests.laws_programs import readme_expression

ROOT = Path(__file__).resolve().parents[1]


def python(*arguments: str, **environment: str) -> str:
    """Run a fresh interpreter in the project's folder and give what it prints."""
    run = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return run.stdout


# ---- depth -------------------------------------------------------------------------


def test_a_chain_of_a_million_nodes():
    lines = python("-m", "tests.laws_deep_chain").splitlines()
    slope = (1.0 - 1e-7) ** 500_000
    name, grad = lines[0].split()
    assert (name, float(grad)) == ("grad", pytest.approx(slope, rel=1e-9))
    assert lines[1:] == [
        "copied True",
        "same gradient True",
        "freed True",
        "limit untouched True",
    ]


# ---- memory ------------------------------------------------------------------------


def expression() -> tuple[Value, list[Value]]:
    a, b = Value(-4.0, label="a"), Value(2.0, label="b")
    g = readme_expression(a, b, Value.relu)
    return g + autograd.logsumexp([a, b, g]) + autograd.where(a > 0, a, b), [a, b]


def backward() -> None:
    output, _ = expression()
    output.backward()


def second_order() -> None:
    output, xs = expression()
    for slope in gradient(output, xs, create_graph=True):
        slope.backward()


def copied() -> None:
    import copy

    output, _ = expression()
    copy.deepcopy(output).backward()


def failing() -> None:
    x = Value(0.0)
    y = expression()[0] * x.sqrt()
    with pytest.raises(ZeroDivisionError):
        y.backward()


def without_graph() -> None:
    with autograd.no_grad():
        expression()


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def values_among(objects: list[object]) -> list[object]:
    return [x for x in objects if issubclass(type(x), Value)]


def count_values() -> int:
    return len(values_among(gc.get_objects()))


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize(
    "use", [backward, second_order, copied, failing, without_graph]
)
def test_a_dropped_graph_is_freed_without_the_collector(use: Callable[[], None]):
    before = count_values()
    use()
    assert count_values() == before


@pytest.mark.usefixtures("no_collector")
def test_a_graph_has_no_reference_cycles():
    gc.set_debug(gc.DEBUG_SAVEALL)  # keep what only the collector would free
    try:
        second_order()
        gc.collect()
        assert values_among(gc.garbage) == []
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


def test_counting_values_sees_a_graph():  # or the tests above could not fail
    before = count_values()
    output, xs = expression()
    assert count_values() - before > 20
    del output, xs


# ---- the same bits -----------------------------------------------------------------

PROGRAM = """
import sys
junk = [object() for _ in range(int(sys.argv[1]))]  # other addresses
from autograd import Value, gradient, leaves, softmax, topological_order
xs = [Value(0.1 * i, label=f"x{i}") for i in range(7)]
ys = [(a * b - a / (b + 2.0)).tanh() for a in xs for b in xs]
root = sum(softmax(ys)[3:6]) * xs[1].exp()
root.backward()
order = topological_order(root)
print(repr([x.grad for x in xs]))
print(repr(order))
print(repr(leaves(root)))
for slope in gradient(root, xs, create_graph=True):
    print(repr(slope), repr(gradient(slope, xs)), repr(topological_order(slope)))
"""


def test_a_rerun_gives_the_same_bits_whatever_the_hash_seed():
    runs = {
        python("-c", PROGRAM, junk, PYTHONHASHSEED=seed)
        for seed, junk in [("0", "0"), ("1", "12345"), ("4242", "3")]
    }
    assert len(runs) == 1
    assert len(runs.pop()) > 10_000


# ---- imports -----------------------------------------------------------------------

FOREIGN = """
import sys
before = set(sys.modules)
import PACKAGE
new = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(new - set(sys.stdlib_module_names) - {"autograd", "nn"}))
print(sorted(new & {"asyncio", "dataclasses", "inspect", "random", "typing"}))
"""


def test_importing_autograd_loads_nothing_large():
    # -S: site and what it loads for other packages stay away
    printed = python("-S", "-c", FOREIGN.replace("PACKAGE", "autograd"))
    assert printed.splitlines() == ["[]", "[]"]


def test_importing_nn_loads_no_third_party_package():
    printed = python("-S", "-c", FOREIGN.replace("PACKAGE", "nn"))
    assert printed.splitlines()[0] == "[]"
