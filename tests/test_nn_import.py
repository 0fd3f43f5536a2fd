"""Importing nn: what it loads, and on which autograd it stands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import nn

ROOT = Path(nn.__file__).parent.parent


def python(code, *path):
    """Run the code in an interpreter of its own; give what it did."""
    return subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path))},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_public_name_is_there():
    assert all(hasattr(nn, name) for name in nn.__all__)
    assert sorted(nn.__all__) == sorted(set(nn.__all__))
    assert set(nn.__all__) <= set(dir(nn))
    assert [name for name in dir(nn) if not name.startswith("_")] == sorted(nn.__all__)


def test_no_third_party_package_is_loaded():
    code = """
import sys
before = set(sys.modules)
import nn
names = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(names - set(sys.stdlib_module_names) - {"autograd", "nn"}))
slow = {"typing", "dataclasses", "inspect", "contextlib", "re", "enum"}
print(*sorted(names & slow))
"""
    done = python(code, ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


@pytest.mark.parametrize("content", ["", "from numpy import *\ngrad = None\n"])
def test_the_other_autograd_is_told_apart(tmp_path, content):
    package = tmp_path / "autograd"
    package.mkdir()
    (package / "__init__.py").write_text(content)
    done = python("import nn", tmp_path, ROOT)
    assert done.returncode == 1
    assert "ImportError: nn stands on this project's package autograd" in done.stderr
    assert "pip uninstall autograd" in done.stderr
