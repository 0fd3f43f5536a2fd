"""What all tests share: NumPy runs compiled functions unless a test asks for C."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import find
from hypothesis import strategies as st

NONE = "no-compiler"  # for CC in most tests; to build each plan would take minutes
COMPILER = os.environ.get("CC", "").replace(NONE, "")  # a person's own, for tests in C
os.environ["CC"] = NONE


def pytest_collection_finish() -> None:
    """Spare the cyclic collector what modules and tests hold: it is there to stay."""
    # Hypothesis asks the collector who holds its random numbers, which is then frozen.
    find(st.none(), lambda _: True)
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a cache folder for libraries that all tests in C share."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def native(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this test use the C compiler, at little optimisation; skip where none is."""
    from autograd.compiler.c.build import compiler

    if COMPILER:
        monkeypatch.setenv("CC", COMPILER)
    else:
        monkeypatch.delenv("CC")
    if compiler() is None:
        pytest.skip("no C compiler")
    monkeypatch.setenv("CFLAGS", "-O1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))


@pytest.fixture(params=["numpy", "c"])
def backend(request: pytest.FixtureRequest) -> str:
    """Run the test twice: by NumPy, and with the C compiler for "auto" to find."""
    if request.param == "c":
        request.getfixturevalue("native")
    return str(request.param)
