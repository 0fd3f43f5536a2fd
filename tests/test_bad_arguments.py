"""Every public function meets bad arguments: a clear error, and nothing is changed.

The table stands in the modules of ``tests.bad_arguments``; that it is whole is found by
introspection.
"""

from __future__ import annotations

import inspect
import re
import warnings
from collections import Counter
from contextvars import copy_context
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from tests.bad_arguments import (
    compiling,
    differentiation,
    drawing,
    nn_fit,
    nn_losses,
    nn_models,
    nn_optim,
    values,
)
from tests.bad_arguments.interface import INNER, interface
from tests.bad_arguments.rows import Row, Table
from tests.bad_arguments.world import World

matplotlib.use("agg")
THEMES = (
    *(values, differentiation, drawing, compiling),
    *(nn_models, nn_losses, nn_optim, nn_fit),
)
TABLE: Table = {name: rows for theme in THEMES for name, rows in theme.TABLE.items()}
ROWS = [row for columns in TABLE.values() for rows in columns.values() for row in rows]
BARE = (AttributeError, KeyError, AssertionError, UnboundLocalError, RecursionError)
# How Python and NumPy speak of their own insides.
INSIDES = re.compile(
    "has no attribute|is not callable|is not iterable|not subscriptable|has no len|"
    "cannot unpack|to unpack|unhashable|cannot be interpreted|must be real number|"
    "bad operand|can't multiply|not supported between|inhomogeneous|setting an array|"
    "ufunc|broadcast|could not convert|ambiguous|valid indices|fspath"
)


COLUMNS = [(name, parameter) for name in TABLE for parameter in TABLE[name]]


@pytest.mark.parametrize(("name", "parameter"), COLUMNS)
def test_a_bad_argument_is_a_clear_error_and_changes_nothing(
    name: str, parameter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for row in TABLE[name][parameter]:
        check(row)


def check(row: Row) -> None:
    world = World(row.call)
    if row.error is None:
        assert world.run() == pytest.approx(row.result, nan_ok=True), row.call
        return
    before = world.look()
    with pytest.raises(row.error) as caught:
        world.run()
    message = str(caught.value)
    assert not isinstance(caught.value, BARE), row.call
    assert not INSIDES.search(message), (row.call, message)
    missing = [word for word in row.words if word not in message]
    assert missing == [], (row.call, message)
    assert world.look() == before, row.call


@pytest.mark.parametrize(
    "call",
    [
        *("having(c, grad=1.0)", "having(a, label='z')", "having(adam, steps=9)"),
        *("adam.step()", "history.cut(0, 0)", "compiled.assign([5.0])"),
        *("training.step([0], 0.1)", "model.zero_grad()", "untraced(3.0)"),
        *("random.random()", "np.random.rand()", "open('x', 'w').close()"),
        *("no_grad().__enter__()", "np.seterr(all='raise')"),
    ],
)
def test_what_changes_anything_would_be_seen(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changes() -> bool:
        world = World(call)
        before = world.look()
        world.run()
        return world.look() != before

    monkeypatch.chdir(tmp_path)
    with np.errstate():
        assert copy_context().run(changes)


# ---- the table is whole --------------------------------------------------------------


def test_each_name_and_each_parameter_has_rows() -> None:
    found = interface()
    assert set(TABLE) == set(found)
    missing = [
        f"{name}: {parameter}"
        for name, parameters in found.items()
        for parameter in parameters
        if not TABLE[name].get(parameter)
    ]
    unknown = [
        f"{name}: {parameter}"
        for name, columns in TABLE.items()
        for parameter in columns
        if parameter and parameter not in found[name]
    ]
    assert (missing, unknown) == ([], [])


def test_no_name_stands_in_two_themes_and_no_call_twice() -> None:
    assert sum(len(theme.TABLE) for theme in THEMES) == len(TABLE)
    twice = [call for call, n in Counter(row.call for row in ROWS).items() if n > 1]
    assert twice == []


def test_a_new_function_method_or_parameter_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = interface()
    monkeypatch.setattr(autograd, "brandnew", lambda x: x, raising=False)
    monkeypatch.setattr(autograd, "__all__", [*autograd.__all__, "brandnew"])
    monkeypatch.setattr(nn.Module, "prune", lambda self, share: None, raising=False)
    monkeypatch.setattr(nn, "mse", lambda predictions, targets, weights: None)
    new = {k: v for k, v in interface().items() if before.get(k) != v}
    assert new == {
        "autograd.brandnew": ["x"],
        "Module.prune": ["share"],
        "nn.mse": ["predictions", "targets", "weights"],
    }


def test_what_is_left_out_is_there_and_has_a_reason() -> None:
    for name, reason in INNER.items():
        where, _, last = name.rpartition(".")
        owner: Any = {"Primitive": autograd.Primitive, "nn.init": nn.init}.get(
            where, nn.metrics if where == "nn.metrics" else getattr(nn, where, None)
        )
        assert hasattr(owner, last)
        assert len(reason) > 20


# ---- what needs more than a row ------------------------------------------------------


def test_an_unknown_keyword_is_named() -> None:
    functions = [
        getattr(module, name)
        for module in (autograd, nn)
        for name in module.__all__
        if callable(getattr(module, name))
    ]
    for function in functions:
        if isinstance(function, type) and issubclass(function, Exception):
            continue
        with pytest.raises(TypeError, match=r"typo|no keyword|takes no arguments"):
            function(typo=1)


def test_a_compiler_that_fails_is_told_at_the_line_of_the_call(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    failing = tmp_path / "cc"
    failing.write_text("#!/bin/sh\necho no luck >&2\nexit 1\n")
    failing.chmod(0o755)
    monkeypatch.setenv("CC", str(failing))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    w = Value(2.0)
    c = autograd.compile(lambda x: w * x, 0.0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        line = inspect.currentframe().f_lineno + 1  # type: ignore[union-attr]
        c([1.0, 2.0])
    (warning,) = caught
    assert (warning.filename, warning.lineno) == (__file__, line)
    assert "the C compiler fails" in str(warning.message)
