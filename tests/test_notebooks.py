"""The notebooks run, and show what their committed outputs say.

``python -m tests.test_notebooks`` runs them and writes their outputs anew.
"""

import doctest
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

import autograd

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "demos" / "notebooks").glob("*.ipynb"))


def executed(path: Path) -> NotebookNode:
    """Run a notebook in an empty folder, with the pictures of our own layout."""
    notebook = nbformat.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        settings = {
            "IPYTHONDIR": folder,  # nobody's own configuration
            "PATH": folder,  # no Graphviz, whose versions differ
            "PYTHONPATH": str(ROOT),
        }
        with mock.patch.dict(os.environ, settings):
            resources = {"metadata": {"path": folder}}
            NotebookClient(
                notebook, timeout=120, kernel_name="python3", resources=resources
            ).execute(env=dict(os.environ))
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # the time of day
    notebook.metadata.language_info = {"name": "python"}
    return notebook


def outputs(notebook: NotebookNode) -> list[list[tuple[str, str]]]:
    """List what each code cell shows: the kind and the text of each output."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            shown = []
            for output in cell.outputs:
                if output.output_type == "stream":
                    shown.append((output.name, output.text))
                else:
                    shown.extend(sorted(output.data.items()))
            found.append(shown)
    return found


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_true(path: Path) -> None:
    assert outputs(nbformat.read(path, as_version=4)) == outputs(executed(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_solutions_are_true(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    solutions = [text for text in texts if "<details>" in text]
    assert len(solutions) >= 2
    for text in solutions:
        test = doctest.DocTestParser().get_doctest(
            text, dict(vars(autograd)), path.stem, str(path), 0
        )
        assert test.examples
        assert doctest.DocTestRunner().run(test).failed == 0


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_committed_notebooks_are_small_and_from_no_machine(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert path.stat().st_size < 200_000
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert not any(cell.metadata for cell in notebook.cells)
    assert str(ROOT) not in path.read_text("utf-8")


if __name__ == "__main__":
    for notebook_path in NOTEBOOKS:
        nbformat.write(executed(notebook_path), notebook_path)
