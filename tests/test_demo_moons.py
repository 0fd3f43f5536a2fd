"""What demos/moons.py claims: it trains and draws, or says in a line why not."""

import random
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.image import imread

import nn
from autograd import Value, leaves
from demos import moons as demo
from demos import options

SMALL = ["--epochs", "2", "--samples", "8", "--hidden", "3"]
FILES = ["moons.png", "neuron.svg"]


@pytest.fixture(autouse=True)
def coarse_grid(monkeypatch):
    monkeypatch.setattr(demo, "GRID", (12, 9))


def test_a_moderate_run_learns_reports_and_draws(tmp_path, capsys):
    out = tmp_path / "new" / "folder"
    argv = ["--epochs", "40", "--samples", "60", "--hidden", "8", "8"]
    assert demo.main([*argv, "--out", str(out)]) == 0
    text, bar = capsys.readouterr()
    (accuracy,) = re.findall(r"^Accuracy +(\S+)% on the training set$", text, re.M)
    assert float(accuracy) >= 90.0
    (first, last) = re.search(r"^Loss +(\S+) -> (\S+)$", text, re.M).groups()
    assert float(last) < 0.5 * float(first)
    (step,) = re.findall(r"^Time per step +(\S+) ms", text, re.M)
    assert float(step) > 0.0
    assert "40/40" in bar  # the progress bar came to its end
    for name in FILES:
        assert str(out / name) in text
    assert sorted(p.name for p in out.iterdir()) == FILES


def test_it_says_what_it_does_before_it_does_it(tmp_path, capsys):
    assert demo.main([*SMALL, "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    steps = ["Two moons: 8 points", "MLP, 13 parameters", "Training", "Drawing"]
    places = [text.index(step) for step in [*steps, "Accuracy", "Files"]]
    assert places == sorted(places)


def test_the_files_are_a_png_and_an_svg(tmp_path):
    assert demo.main([*SMALL, "--out", str(tmp_path)]) == 0
    picture = imread(tmp_path / "moons.png")
    assert picture.shape[0] > 500
    assert picture.shape[1] > 1000
    assert picture[..., :3].std() > 0.05  # not blank
    root = ElementTree.parse(tmp_path / "neuron.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = {"".join(element.itertext()) for element in root.iter()}
    assert {"w1", "w2", "x1", "x2", "b", "relu"} <= texts


def test_same_seed_same_bytes(tmp_path, capsys):
    for name in ("first", "second"):
        assert demo.main([*SMALL, "--out", str(tmp_path / name)]) == 0
    first, second = (
        [(tmp_path / name / file).read_bytes() for file in FILES]
        for name in ("first", "second")
    )
    assert first == second


def test_the_job_is_the_one_that_is_named():
    options = demo.parse([])
    assert (options.samples, options.hidden) == (100, [16, 16])
    assert (demo.NOISE, demo.L2, options.out) == (0.1, 1e-4, Path("moons"))
    X, y = demo.points(100, seed=0)
    assert X.shape == (100, 2)
    assert sorted(y.tolist()) == 50 * [-1.0] + 50 * [1.0]


def test_the_neuron_shows_its_gradients_and_leaves_the_model_alone():
    model = nn.MLP(2, [4, 1], rng=random.Random(0))
    X, _ = demo.points(10, seed=0)
    before = [(p.data, p.grad, p.label) for p in model.parameters()]
    output = demo.neuron_graph(model, X)
    assert output.data > 0.0
    found = {leaf.label: leaf for leaf in leaves(output)}
    assert list(found) == ["w1", "w2", "x1", "x2", "b"]
    assert found["w1"].grad == found["x1"].data  # da/dw = x where the neuron fires
    assert found["x2"].grad == found["w2"].data
    assert found["b"].grad == 1.0
    assert before == [(p.data, p.grad, p.label) for p in model.parameters()]


def test_a_layer_that_never_fires_is_drawn_too():
    model = nn.MLP(2, [1, 1], init=nn.init.uniform(0.0, 0.0))
    output = demo.neuron_graph(model, np.zeros((3, 2)))
    assert isinstance(output, Value)
    assert output.data == 0.0


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--epochs", "0"], "--epochs: expected a whole number from 1"),
        (["--epochs", "-5"], "'-5'"),
        (["--epochs", "many"], "'many'"),
        (["--epochs", "1.5"], "'1.5'"),
        (["--epochs", "9" * 5000], "expected a whole number"),
        (["--samples", "1"], "--samples: expected a whole number from 2"),
        (["--samples", "1000000000"], "to 100,000"),
        (["--seed", "-1"], "--seed"),
        (["--seed", "x"], "--seed"),
        (["--hidden", "0"], "--hidden"),
        (["--hidden", "16", "-16"], "--hidden"),
        (["--hidden", "16,16"], "'16,16'"),
        (["--hidden"], "--hidden: expected at least one argument"),
        (["--hidden", "9999", "9999"], "too many for one step"),
        (["--nonsense"], "unrecognized arguments"),
        (["--out"], "--out"),
        (["--out", "x" * 300], "File name too long"),
    ],
)
def test_bad_options_are_one_line_and_exit_code_2(argv, says, capsys):
    with pytest.raises(SystemExit) as exit_:
        demo.main(argv)
    assert exit_.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert err.startswith("python -m demos.moons: error: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("inside", ["", "/folder"])
def test_out_that_is_a_file_is_refused_before_any_work(inside, tmp_path, capsys):
    (tmp_path / "file").write_text("precious")
    with pytest.raises(SystemExit) as exit_:
        demo.main(["--out", f"{tmp_path}/file{inside}"])
    assert exit_.value.code == 2
    assert "file is a file, not a folder" in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "precious"


def test_out_that_is_not_writable_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(options.os, "access", lambda path, mode: False)  # also for root
    with pytest.raises(SystemExit) as exit_:
        demo.main(["--out", str(tmp_path)])
    assert exit_.value.code == 2
    assert "is not writable" in capsys.readouterr().err


def test_a_disk_that_fails_at_the_end_is_one_line(tmp_path, monkeypatch, capsys):
    (tmp_path / "moons.png").mkdir()
    assert demo.main([*SMALL, "--out", str(tmp_path)]) == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert err.startswith("python -m demos.moons: error: cannot write into ")
    assert [p.name for p in tmp_path.iterdir()] == ["moons.png"]  # and no rest


def test_an_interruption_is_one_line(tmp_path, monkeypatch, capsys):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "train", interrupt)
    assert demo.main([*SMALL, "--out", str(tmp_path / "moons")]) == 130
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "moons").exists()


def test_it_runs_as_a_command(tmp_path):
    root = Path(demo.__file__).parent.parent
    command = [sys.executable, "-m", "demos.moons", "--epochs", "no"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
