"""The load test in small: ``python -m tests.load`` is the same at full size."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

import pytest

import autograd
from autograd import TraceError, Value, compile
from tests.load import growth, interrupts, threads
from tests.load.child import measured, on_small_stack
from tests.load.graphs import graphs
from tests.load.public import ROWS

N = 3_000  # nodes: three times what a recursion may go down
needs_proc = pytest.mark.skipif(
    not os.path.exists("/proc/self/statm"), reason="reads memory from /proc"
)


# ---- large graphs --------------------------------------------------------------------


def test_every_public_name_has_a_row():
    assert set(autograd.__all__) <= set(ROWS)
    assert {name for name, row in ROWS.items() if not row.on} == {
        name for name in autograd.__all__ if name.endswith("Error")
    } | {"Primitive"}


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.on])
def test_a_public_function_on_large_graphs(name: str):
    row = ROWS[name]
    for shape in row.on:
        n = max(N, row.least) if shape in row.refused else N
        on_small_stack(lambda: row.run(graphs(n)[shape]))  # noqa: B023


@needs_proc
def test_a_child_measures_a_hundred_thousand_nodes():
    outcome = measured("backward", "chain", 100_000)
    assert outcome.said == "works"
    assert outcome.mib < 400
    assert "words" not in measured("free", "plus", 100).said


@needs_proc
def test_a_child_says_what_went_wrong():
    assert "KeyError" in measured("backward", "knot", 10).said


@pytest.mark.parametrize("shape", ["chain", "plus"])
def test_a_deep_graph_is_freed_on_a_small_stack(shape: str):
    def work() -> None:
        graph = graphs(100_000)[shape]
        y = graph.f(graph.variables())
        del y

    on_small_stack(work)


def test_a_chain_of_scaled_sums_compiles_in_linear_time():
    weights = [Value(0.5) for _ in range(4_000)]

    def average(x: Any) -> Any:
        m = x
        for w in weights:
            m = 0.9 * m + w
        return m

    c = compile(average, 0.0, backend="numpy")
    rows = c._traced().program.plan(False)._rows.rows
    terms = sum(len(row.scaled) for row in rows)
    assert terms < 10 * len(weights)
    m = 1.0
    for _ in weights:
        m = 0.9 * m + 0.5
    assert c([1.0])[0] == pytest.approx(m, rel=1e-12)
    _, slopes = c.value_and_grad([1.0])
    assert slopes[-5:] == pytest.approx([0.9**k for k in (4, 3, 2, 1, 0)], rel=1e-12)


def test_a_long_weighted_sum_stays_one_product():
    # What was scaled a few times only is still taken in: a mean of a mean, for one.
    weights = [Value(0.1 * k) for k in range(200)]
    xs = [1.0 + 0.01 * k for k in range(200)]
    c = compile(lambda x: -(autograd.dot(weights, x) / 200.0) * 3.0, xs)
    assert len(c._traced().program.plan(False).batched) == 1


def test_a_deep_program_is_refused_when_it_is_rolled_too(monkeypatch):
    # Prefix sums, each used again: additions that no sum takes in.
    monkeypatch.setattr("autograd.compiler.rows.MOST_LEVELS", 500)

    def prefixes(x: Any) -> Any:
        total, found = x, []
        for _ in range(600):
            total = total + x
            found.append(total)
        return found

    c = compile(prefixes, 1.0, backend="numpy")
    with pytest.raises(TraceError, match=r"chain of 60. operations"):
        c([1.0, 2.0])
    assert math.isclose(c(1.0)[-1], 601.0)


def test_a_large_jacobian_is_refused_before_its_sweeps():
    with pytest.raises(ValueError, match="5,001 x 5,001 numbers are too many"):
        autograd.jacobian(lambda x: [2.0 * v for v in x])([1.0] * 5_001)


# ---- many steps ----------------------------------------------------------------------


@needs_proc
@pytest.mark.parametrize("on", [True, False], ids=["collector", "no collector"])
def test_hand_written_steps_leave_nothing_behind(on: bool):
    with growth.collector(on):
        found = growth.grown(600, growth.eager_step())
    assert found.traced < 20.0
    assert found.objects < 50
    assert found.mib < 4.0
    assert found.ratio < 3.0  # and not 5, as where a step takes time with each before


@needs_proc
@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "eager"])
def test_steps_of_fit_leave_nothing_behind(compiled: bool):
    found = growth.fit_steps(compiled, 2_000 if compiled else 400, on=False)
    assert found.objects < 50
    assert found.mib < 4.0
    assert found.ratio < 3.0


@needs_proc
def test_compilations_leave_nothing_behind():
    found = growth.grown(40, growth.compilation("numpy"))
    assert found.traced < 60.0
    assert found.objects < 60
    assert found.mib < 8.0


# ---- Ctrl-C --------------------------------------------------------------------------


def test_ctrl_c_at_any_opcode_of_backward():
    assert interrupts.backward() > 500


def test_ctrl_c_at_any_opcode_of_backward_in_a_thread():
    on_small_stack(interrupts.backward)


def test_ctrl_c_in_what_reads_a_graph():
    assert interrupts.readers(stride=801) > 30


def test_ctrl_c_while_compiling():
    assert interrupts.compiling(stride=97) > 20


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "eager"])
def test_ctrl_c_in_fit(compiled: bool):
    assert interrupts.fit(compiled, stride=2_503) > 5


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "eager"])
def test_an_error_in_a_callback(compiled: bool):
    interrupts.callbacks(compiled)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs SIGALRM")
def test_signals_at_random_moments_of_backward():
    assert interrupts.storm(0.5) > 5


# ---- threads and tasks ---------------------------------------------------------------


def test_graphs_of_eight_threads():
    threads.own_graphs(3)


def test_a_model_of_eight_threads():
    threads.shared_model(3)


def test_a_compiled_function_of_eight_threads(backend: str):
    threads.shared_compiled(backend, 3)


def test_eight_threads_compile_at_once(backend: str):
    threads.compiled_at_once(backend, 1)


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "eager"])
def test_eight_threads_train(compiled: bool):
    threads.fits(compiled, 1)


@pytest.mark.parametrize(
    "law",
    [threads.no_grad_in_threads, threads.no_grad_in_tasks, threads.no_grad_is_left],
)
def test_no_grad_is_for_one_thread_or_task(law: Callable[[int], None]):
    law(3)
