"""What demos/gpt.py claims: it learns to write and to translate, or says why not."""

import random
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from matplotlib.image import imread

from demos import gpt as demo
from demos.gpt_model import GPT
from demos.gpt_names import DataError
from demos.gpt_training import Settings

LINE = "python -m demos.gpt: error: "


def corpus():
    """Give names that follow a rule which frequencies alone do not see."""
    rng = random.Random(0)
    return sorted(
        {"".join(rng.choice(("ab", "cd", "e")) for _ in range(3)) for _ in range(90)}
    )


def two_digits(seed):
    numbers = list(range(21, 100))
    held_out = random.Random(seed).sample(numbers, 16)
    return sorted(set(range(100)).difference(held_out)), sorted(held_out)


def make_small(patch, batch=8, width=8, heads=2):
    patch.setattr(demo, "names", corpus)
    patch.setattr(demo, "numbers", two_digits)
    patch.setattr(demo, "Settings", partial(Settings, batch=batch))
    patch.setattr(demo, "GPT", partial(GPT, width=width, heads=heads))


@pytest.fixture(autouse=True)
def small(monkeypatch):
    make_small(monkeypatch)


def field(name, text):
    (found,) = re.findall(rf"^{name} +(.*)$", text, re.M)
    return found


# ---- what is claimed ----------------------------------------------------------------


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    """Run the names, small; give the folder and what was printed."""
    out = tmp_path_factory.mktemp("gpt") / "new" / "folder"
    with pytest.MonkeyPatch.context() as patch:
        said = []
        make_small(patch)
        patch.setattr(demo, "say", said.append)
        argv = ["--steps", "60", "--samples", "6", "--out", str(out)]
        assert demo.main(argv) == 0
    return out, "\n".join(said)


def test_the_held_out_loss_is_below_the_unigram_baseline(whole_run):
    loss, baseline, less = re.search(
        r"^Held-out loss +(\S+) nats .*\(unigram\) (\S+): (\S+) less$",
        whole_run[1],
        re.M,
    ).groups()
    assert float(loss) < float(baseline) - 0.3
    assert float(less) == pytest.approx(float(baseline) - float(loss), abs=0.01)


def test_the_names_are_new_and_of_the_alphabet(whole_run):
    listing = whole_run[1].split("exist already):\n")[1].split("\n\n")[0]
    written = listing.split()
    assert len(set(written)) == len(written) > 0
    for name in written:
        assert set(name) <= set("abcde")
        assert name not in corpus()


def test_eager_and_compiled_are_timed_and_the_same(whole_run):
    text = whole_run[1]
    slow, fast, factor = re.search(
        r"^Time per sample +(\S+) ms eager, (\S+) ms compiled .*factor of (\S+)$",
        text,
        re.M,
    ).groups()
    ratio = float(slow) / float(fast)
    assert float(factor.replace(",", "")) == pytest.approx(ratio, rel=0.05)
    assert (
        float(
            re.match(
                r"they differ by at most (\S+) in 1 step$", field("Same losses", text)
            )[1]
        )
        < 1e-9
    )
    assert "million products a sample" in field("What limits it", text)


def test_the_picture_is_a_png_with_something_on_it(whole_run):
    out, text = whole_run
    assert str(out / "names.png") in field("Files", text)
    assert [path.name for path in out.iterdir()] == ["names.png"]
    picture = imread(out / "names.png")
    assert picture.shape[0] > 700
    assert picture.shape[1] > 1200
    assert picture[..., :3].std() > 0.05


def test_it_translates_numbers_that_it_has_not_seen(tmp_path, capsys, monkeypatch):
    make_small(monkeypatch, batch=16, width=16, heads=4)
    monkeypatch.setattr(demo, "png", lambda figure: b"a picture takes its time")
    argv = ["--task", "translate", "--steps", "150", "--out", str(tmp_path)]
    assert demo.main(argv) == 0
    text, bars = capsys.readouterr()
    right, numbers = re.match(
        r"(\d+) of (\d+) held-out numbers", field("Exact matches", text)
    ).groups()
    assert int(numbers) == 16
    assert int(right) >= 13  # 80%
    assert "150/150" in bars
    shown = re.findall(r"^  (\S+-\S+|\w+): (\w+)$", text, re.M)
    assert shown
    truth = {
        demo.spelled_english(demo.english(n)): demo.spelled_german(demo.german(n))
        for n in range(100)
    }
    assert all(truth[source] == target for source, target in shown)
    assert (tmp_path / "translate.png").exists()


def test_eager_training_is_the_same_training(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(demo, "png", lambda figure: b"a picture takes its time")
    models, train = [], demo.train

    def keep(model, *rest):
        models.append(model)
        return train(model, *rest)

    monkeypatch.setattr(demo, "train", keep)
    texts = []
    for eager in ([], ["--eager"]):
        argv = ["--steps", "3", "--samples", "2", "--out", str(tmp_path), *eager]
        assert demo.main(argv) == 0
        texts.append(capsys.readouterr().out)
    compiled, eager = (model.state_dict() for model in models)
    assert compiled == pytest.approx(eager, abs=1e-9)
    apart, steps = re.match(
        r"they differ by at most (\S+) in (\d) steps$", field("Same losses", texts[1])
    ).groups()
    assert float(apart) < 1e-9
    assert steps == "3"
    assert field("Held-out loss", texts[0]) == field("Held-out loss", texts[1])


def test_it_says_what_it_does_before_it_does_it(whole_run):
    steps = [
        "GPT: ",
        "Training: 60 steps",
        "Compiling",
        "Compiled in",
        "Time per",
        "In all",
    ]
    places = [whole_run[1].index(step) for step in steps]
    assert places == sorted(places)


def test_the_job_is_the_one_that_is_named():
    options = demo.parse([])
    assert (options.task, options.eager, options.out) == ("names", False, Path("gpt"))
    model = GPT(tokens=38, length=16)
    assert len(model.position[0]) == 16  # dimensions
    assert len(model.blocks) == 1
    assert len(model.blocks[0].heads) == 4
    # Three tables of 16 columns, four square matrices, and an MLP of 64 neurons.
    assert len(model.parameters()) == (38 + 16 + 38 + 4 * 16 + 2 * 64) * 16


# ---- errors -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--task", "sing"], "--task: invalid choice: 'sing'"),
        (["--steps", "0"], "--steps: expected a whole number from 1"),
        (["--steps", "many"], "'many'"),
        (["--samples", "-1"], "--samples"),
        (["--seed", "x"], "--seed"),
        (["--nonsense"], "unrecognized arguments"),
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
    assert err.startswith(LINE)
    assert err.count("\n") == 1


def test_a_library_without_source_is_one_line(tmp_path, monkeypatch, capsys):
    def none():
        raise DataError("there is no source")

    monkeypatch.setattr(demo, "names", none)
    assert demo.main(["--out", str(tmp_path / "gpt")]) == 2
    assert capsys.readouterr().err == f"{LINE}there is no source\n"
    assert not (tmp_path / "gpt").exists()


def test_a_disk_that_fails_at_the_end_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(demo, "png", lambda figure: b"a picture takes its time")
    (tmp_path / "names.png").mkdir()
    argv = ["--steps", "1", "--samples", "1", "--out", str(tmp_path)]
    assert demo.main(argv) == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert err.startswith(f"{LINE}cannot write into ")
    assert [path.name for path in tmp_path.iterdir()] == ["names.png"]


def test_an_interruption_is_one_line(tmp_path, monkeypatch, capsys):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "train", interrupt)
    assert demo.main(["--out", str(tmp_path / "gpt")]) == 130
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "gpt").exists()


def test_it_runs_as_a_command():
    root = Path(demo.__file__).parent.parent
    command = [sys.executable, "-m", "demos.gpt", "--seed", "no"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
