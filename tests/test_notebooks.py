"""The notebooks run, and show what their committed outputs say.

``python -m tests.test_notebooks [PART OF A NAME...]`` runs them, all of them or those
so named, and writes their outputs anew.
"""

import os
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import matplotlib.font_manager  # noqa: F401  its first import says so, which takes long
import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "demos" / "notebooks").glob("*.ipynb"))
LARGEST = 300_000  # bytes of a notebook that a web page shows at once
SETTINGS = {
    "CC": "no-compiler",
    "COLUMNS": "80",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYTHONPATH": str(ROOT),
}

# Run in the notebook's kernel after the cell: a solution may use what the page defined.
CHECK = """
import doctest as _doctest
_doctest.DocTestRunner().run(
    _doctest.DocTestParser().get_doctest({text!r}, dict(globals()), "solution", None, 0)
)
"""


@cache
def executed(path: Path) -> tuple[NotebookNode, list[str]]:
    """Run a notebook in an empty folder; give it, and what its solutions say."""
    notebook = nbformat.read(path, as_version=4)
    verdicts = []
    with TemporaryDirectory() as folder:
        # Nobody's own configuration; no Graphviz, whose versions differ.
        settings = {**SETTINGS, "IPYTHONDIR": folder, "PATH": folder}
        resources = {"metadata": {"path": folder}}
        client = NotebookClient(
            notebook,
            timeout=120,
            kernel_name="python3",
            resources=resources,
            coalesce_streams=True,  # where the kernel cuts its text is chance
        )
        with (
            mock.patch.dict(os.environ, settings),
            client.setup_kernel(env={**os.environ, **settings}),
        ):
            for place, cell in enumerate(list(notebook.cells)):
                client.execute_cell(cell, place)
                if is_solution(cell):
                    verdicts.append(checked(client, cell.source))
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # the time of day
        for output in cell.get("outputs", []):
            if "<iframe" in output.get("data", {}).get("text/html", ""):
                del output.data["text/html"]  # a player plays only where it was run
    notebook.metadata.language_info = {"name": "python"}
    return notebook, verdicts


def checked(client: NotebookClient, text: str) -> str:
    """Run the examples in a text in the client's kernel; give what doctest says."""
    check = nbformat.v4.new_code_cell(CHECK.format(text=text))
    client.nb.cells.append(check)
    client.execute_cell(check, len(client.nb.cells) - 1, store_history=False)
    client.nb.cells.pop()
    said = [o.text if "text" in o else o.data["text/plain"] for o in check.outputs]
    return "".join(said)


def is_solution(cell: NotebookNode) -> bool:
    return cell.cell_type == "markdown" and "<details>" in cell.source


def outputs(notebook: NotebookNode) -> list[list[tuple[str, str]]]:
    """List what each code cell shows: the kind and the text of each output.

    Pictures by matplotlib are left out: their pixels change with its version.
    """
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            shown = []
            for output in cell.outputs:
                if output.output_type == "stream":
                    shown.append((output.name, output.text))
                else:
                    data = {k: v for k, v in output.data.items() if k != "image/png"}
                    shown.extend(sorted(data.items()))
            found.append(shown)
    return found


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_true(path: Path) -> None:
    assert outputs(nbformat.read(path, as_version=4)) == outputs(executed(path)[0])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_solutions_are_true(path: Path) -> None:
    _, verdicts = executed(path)
    assert len(verdicts) >= 2
    for verdict in verdicts:
        assert verdict.startswith("TestResults(failed=0, attempted="), verdict
        assert "attempted=0" not in verdict


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_committed_notebooks_are_small_and_from_no_machine(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert path.stat().st_size < LARGEST
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert not any(cell.metadata for cell in notebook.cells)
    assert str(ROOT) not in path.read_text("utf-8")


if __name__ == "__main__":
    for notebook_path in NOTEBOOKS:
        names = sys.argv[1:]
        if not names or any(name in notebook_path.stem for name in names):
            nbformat.write(executed(notebook_path)[0], notebook_path)
