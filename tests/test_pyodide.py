"""The theory, the transforms and the pictures in Pyodide, the browser's Python.

Needs Node.js, and the environment variable PYODIDE: a folder with the npm package
pyodide in ``node_modules``, and in ``packages`` the wheels for it of graphviz,
hypothesis, mpmath and pytest. NumPy is not among them: all this runs without it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROGRAMS = Path(__file__).parent / "pyodide"
HOME = os.environ.get("PYODIDE", "")
NODE = shutil.which("node")

pytestmark = [
    pytest.mark.skipif(NODE is None, reason="needs Node.js"),
    pytest.mark.skipif(
        not HOME, reason="needs PYODIDE, a folder with Pyodide and packages for it"
    ),
]

DOCTESTS = [
    *("operation", "primitives", "value", "constant", "graph", "chain_rule"),
    "local_derivatives",
    *("functions", "nest", "point", "transforms", "check", "custom"),
    *("anomaly", "arguments", "place", "printable", "whole"),
]
TESTS = [
    *("primitives", "constant", "graph", "chain_rule", "functions", "nest"),
    *("transforms", "check", "custom", "laws_graphs", "literature", "tree", "explain"),
]
LEFT_OUT = {
    "there are no threads": ["constant.py::test_no_grad_holds_for_its_thread_only"],
    "the event loop is the browser's": [
        "constant.py::test_no_grad_holds_for_its_task_only"
    ],
    "for its size: Python runs some twenty times slower there": [
        "explain.py::test_a_graph_of_a_hundred_thousand_nodes",
        "explain.py::test_a_chain_of_a_million",
        "tree.py::test_depth_and_width_are_no_limit",
    ],
}


def in_pyodide(program: str, *arguments: str) -> str:
    """Run a program of tests/pyodide in the project's root; give what it printed."""
    command = [str(NODE), PROGRAMS / "run.mjs", Path(HOME).resolve(), ROOT]
    done = subprocess.run(
        [*command, PROGRAMS / program, *arguments],
        capture_output=True,
        encoding="utf-8",
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_pictures_and_a_network_trained_by_hand() -> None:
    assert "pictures: done" in in_pyodide("pictures.py")


def test_the_tests_of_the_theory_pass_there() -> None:
    left_out = [f"--deselect=tests/test_{t}" for ts in LEFT_OUT.values() for t in ts]
    report = in_pyodide(
        "theory.py",
        *(f"autograd/{name}.py" for name in DOCTESTS),
        *(f"tests/test_{name}.py" for name in TESTS),
        *left_out,
    )
    assert "pytest ended with 0" in report, report
    counted = re.search(r"(\d+) passed", report)
    assert counted, report
    assert int(counted[1]) >= 600, report
