"""What demos/digits.py claims: it learns to read, and draws; or says why not."""

import gzip
import io
import re
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from sklearn.datasets import load_digits

import nn
from demos import digits as demo
from demos import digits_model as model
from demos import digits_picture as picture
from demos.digits_data import Images, divide, from_idx, shipped
from demos.idx import IdxError

PLAIN = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
DOTTED = ("t10k-images.idx3-ubyte.gz", "t10k-labels.idx1-ubyte.gz")


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    """Run the demo as it is meant to be run; give its folder and what it printed."""
    out = tmp_path_factory.mktemp("digits")
    with pytest.MonkeyPatch.context() as patch:
        printed, bars = io.StringIO(), io.StringIO()
        patch.setattr(sys, "stdout", printed)
        patch.setattr(sys, "stderr", bars)
        assert demo.main(["--out", str(out)]) == 0
    return out, printed.getvalue(), bars.getvalue()


def idx(array):
    array = np.asarray(array, np.uint8)
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def bars(n, classes=2, size=6):
    """Give n images, each with a bar of ink whose height tells the class."""
    labels = np.arange(n) % classes
    pixels = np.zeros((n, size, size), np.uint8)
    for image, label in zip(pixels, labels, strict=True):
        image[label] = 255
    return pixels, labels


def write(folder, names, pixels, labels):
    for name, array in zip(names, (pixels, labels), strict=True):
        content = idx(array)
        packed = name.endswith(".gz")
        (folder / name).write_bytes(gzip.compress(content) if packed else content)


@pytest.fixture
def files(tmp_path):
    """Write the four files, with both spellings; give their folder."""
    folder = tmp_path / "files"
    folder.mkdir()
    write(folder, PLAIN, *bars(40))
    write(folder, DOTTED, *bars(10))
    return folder


@pytest.fixture
def quick(files, tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "png", lambda figure: b"a picture takes its time")
    return ["--idx", str(files), "--epochs", "30", "--out", str(tmp_path / "out")]


# ---- what is claimed ----------------------------------------------------------------


def test_it_reads_what_it_has_not_seen_in_seconds(whole_run):
    text = whole_run[1]
    assert "1,438 images to learn from, 359 held out, 8 x 8 pixels" in text
    (accuracy,) = re.findall(r"^Accuracy +(\S+)% on images held out", text, re.M)
    assert float(accuracy) >= 96.0
    (seconds,) = re.findall(r"^Training +(\S+) s, \S+ ms a step", text, re.M)
    assert float(seconds) < 10.0
    first, last = re.search(r"^Loss +(\S+) -> (\S+)$", text, re.M).groups()
    assert float(last) < 0.2 * float(first)


def test_the_confusion_adds_up_to_the_accuracy(whole_run):
    text = whole_run[1]
    rows = re.findall(r"^ +\d in truth ((?: +[\d.]+){10})$", text, re.M)
    counts = np.array([row.replace(".", "0").split() for row in rows], int)
    assert counts.shape == (10, 10)
    assert counts.sum() == 359
    assert set(counts.sum(axis=1)) <= {35, 36, 37}  # a fifth of each digit
    assert f"{np.trace(counts) / 359:.1%} on images held out" in text


def test_the_bar_comes_to_its_end_and_the_file_is_named(whole_run):
    out, text, bar = whole_run
    assert "2700/2700" in bar  # 60 epochs of 45 batches
    assert str(out / "digits.png") in text
    assert [p.name for p in out.iterdir()] == ["digits.png"]


def test_the_picture_is_a_png_with_something_on_it(whole_run):
    found = imread(whole_run[0] / "digits.png")
    assert found.shape[0] > 800
    assert found.shape[1] > 1500
    assert found[..., :3].std() > 0.05


def test_it_says_what_it_does_before_it_does_it(whole_run):
    text = whole_run[1]
    steps = ["Handwritten", "MLP, 2410", "Training:", "Asking", "Confusion", "Accuracy"]
    places = [text.index(step) for step in [*steps, "Loss", "Files"]]
    assert places == sorted(places)


# ---- data ---------------------------------------------------------------------------


def test_the_split_is_fixed_stratified_and_without_an_overlap():
    learnt, held_out = shipped()
    assert (len(learnt), len(held_out)) == (1438, 359)
    assert (learnt.pixels.min(), learnt.pixels.max()) == (0.0, 1.0)
    held, all_ = (np.bincount(x) for x in (held_out.labels, load_digits().target))
    assert held.tolist() == [round(n / 5) for n in all_.tolist()]
    known = {row.tobytes() for row in learnt.rows}
    assert not any(row.tobytes() in known for row in held_out.rows)
    again = shipped()[1]
    assert again.pixels.tobytes() == held_out.pixels.tobytes()
    assert held_out.labels[:8].tolist() == [5, 1, 1, 3, 4, 5, 5, 9]


def test_validation_holds_out_a_part_of_what_is_learnt_from():
    learnt, _ = shipped()
    less, validation = divide(learnt)
    assert len(less) + len(validation) == len(learnt)
    rows = {row.tobytes() for row in learnt.rows}
    assert all(row.tobytes() in rows for row in validation.rows)
    options = demo.parse(["--validate"])
    assert [len(part) for part in demo.data(options)] == [len(less), len(validation)]


def test_mnist_files_are_found_in_any_spelling(files):
    learnt, held_out = from_idx(files)
    pixels, labels = bars(40)
    assert (learnt.pixels * 255.0).tolist() == pixels.tolist()
    assert learnt.labels.tolist() == labels.tolist()
    assert held_out.rows.shape == (10, 36)
    assert len(from_idx(files, first=7)[0]) == 7


def refusal(folder, first=None):
    with pytest.raises(IdxError) as error:
        from_idx(folder, first)
    return str(error.value).replace(str(folder), "DIR")


def test_a_missing_file_names_what_was_looked_for(files):
    (files / DOTTED[1]).unlink()
    assert refusal(files) == (
        "DIR: none of these files is there: t10k-labels-idx1-ubyte, "
        "t10k-labels-idx1-ubyte.gz, t10k-labels.idx1-ubyte, t10k-labels.idx1-ubyte.gz"
    )
    assert "none of these files is there: train-images" in refusal(files / "absent")
    assert refusal(files / ("x" * 300)).endswith("File name too long")


@pytest.mark.parametrize(
    ("names", "pixels", "labels", "says"),
    [
        (
            PLAIN,
            *bars(40)[:1],
            np.zeros(39),
            "has 40 images, but DIR/train-labels-idx1",
        ),
        (PLAIN, np.zeros((9, 6, 6)), np.zeros(9), "is 0; expected 2 to 64 classes"),
        (PLAIN, np.zeros((9, 6, 6)), np.arange(9) * 20, "is 160; expected 2 to 64"),
        (
            PLAIN,
            np.zeros((2, 65, 65)),
            np.arange(2),
            "images of 65 x 65 pixels; at most",
        ),
        (PLAIN, np.zeros((0, 6, 6)), np.zeros(0), "0 x 6 x 6 pixels: there is nothing"),
        (PLAIN, np.zeros((3, 0, 6)), np.zeros(3), "3 x 0 x 6 pixels: there is nothing"),
        (PLAIN, np.zeros((4, 9)), np.zeros(4), "in 3 dimensions, got uint8 in 2"),
        (PLAIN, *bars(4)[:1], np.zeros((4, 1)), "in 1 dimensions, got uint8 in 2"),
        (
            DOTTED,
            *bars(4, size=5),
            "learn from have 6 x 6 pixels, those held out 5 x 5",
        ),
        (DOTTED, *bars(4, classes=3), "learn from is 1, but label 2 is held out"),
    ],
)
def test_files_that_do_not_belong_together(names, pixels, labels, says, files):
    write(files, names, pixels, labels)
    found = refusal(files)
    assert says in found
    assert found.startswith("DIR")


def test_too_many_pixels_name_the_remedy(files, monkeypatch):
    monkeypatch.setattr("demos.digits_data.MOST_NUMBERS", 36 * 12)
    assert refusal(files).endswith(
        "1,440 pixels in all; at most 432 are taken; take --first 12"
    )
    assert len(from_idx(files, first=12)[0]) == 12
    write(files, DOTTED, *bars(20))
    assert refusal(files, first=12).endswith("720 pixels in all; at most 432 are taken")


# ---- a small run --------------------------------------------------------------------


def test_it_learns_from_mnist_files(quick, tmp_path, capsys):
    assert demo.main(quick) == 0
    text = capsys.readouterr().out
    assert "40 images to learn from, 10 held out, 6 x 6 pixels" in text
    assert "Accuracy       100.0% on images held out, 100.0% on those" in text
    assert (tmp_path / "out" / "digits.png").exists()


def test_images_of_mnist_size_get_the_larger_network():
    images = Images(np.zeros((3, 28, 28)), np.array([0, 9, 4]))
    settings = model.settings_for(images)
    assert settings is model.LARGE
    network = model.network(images, settings, seed=0)
    assert [layer.nin for layer in network.layers] == [784, 128]
    assert len(network.layers[-1].neurons) == 10


def test_the_larger_settings_learn_too(files, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(model, "LARGE", replace(model.LARGE, hidden=8))
    write(files, PLAIN, *bars(40, size=17))
    write(files, DOTTED, *bars(4, size=17))
    argv = ["--idx", str(files), "--epochs", "100", "--out", str(tmp_path / "out")]
    assert demo.main(argv) == 0
    text = capsys.readouterr().out
    assert "Layer(289, 8, 'relu')" in text
    assert "Accuracy       100.0% on images held out" in text
    assert imread(tmp_path / "out" / "digits.png").std() > 0.05


def test_same_seed_same_bytes(tmp_path, capsys, files):
    argv = ["--idx", str(files), "--epochs", "2", "--seed", "5"]
    pictures, texts = [], []
    for name in ("first", "second"):
        assert demo.main([*argv, "--out", str(tmp_path / name)]) == 0
        pictures.append((tmp_path / name / "digits.png").read_bytes())
        texts.append(capsys.readouterr().out.split("\nTraining  ")[0])
    assert pictures[0] == pictures[1]
    assert texts[0] == texts[1]


# ---- the network and its picture ----------------------------------------------------


def test_the_model_is_the_one_that_is_named():
    learnt, _ = shipped()
    settings = model.settings_for(learnt)
    assert settings is model.SMALL
    network = model.network(learnt, settings, seed=0)
    assert [layer.nin for layer in network.layers] == [64, 32]
    assert len(network.layers[-1].neurons) == 10


def some_images(n=6):
    pixels, labels = bars(n, classes=3)
    return Images(pixels / 255.0, labels)


def test_probabilities_are_those_of_the_scalars():
    images = some_images()
    network = model.network(images, model.SMALL, seed=1)
    chances = model.probabilities(network, images)
    scores = np.exp(nn.predict(network, images.rows))
    assert chances == pytest.approx(scores / scores.sum(axis=1, keepdims=True))
    assert model.probabilities(network, images.at([2])) == pytest.approx(chances[2:3])


def test_the_neuron_that_sways_most_comes_first():
    network = nn.MLP(4, [2, 2])
    network.load_state_dict(
        dict.fromkeys(network.state_dict(), 0.0)
        | {"layers.0.neurons.0.w.1": 5.0, "layers.1.neurons.0.w.0": 0.1}
        | {"layers.0.neurons.1.w.2": 1.0, "layers.1.neurons.1.w.1": -2.0}
    )
    first, second = model.weights(network, (2, 2))
    assert first.tolist() == [[0.0, 0.0], [1.0, 0.0]]
    assert second.tolist() == [[0.0, 5.0], [0.0, 0.0]]


def test_mistakes_are_listed_the_surest_first():
    images = some_images(5)  # of 0, 1, 2, 0, 1
    chances = np.array(
        [[0.9, 0.1, 0], [0.6, 0.4, 0], [0.1, 0.1, 0.8], [0, 0.7, 0.3], [0, 0, 1]]
    )
    assert picture.mistakes(images, chances).tolist() == [4, 3, 1]
    assert demo.accuracy(chances, images) == 0.4
    assert demo.confused(chances, images).tolist() == [[1, 1, 0], [1, 0, 1], [0, 0, 1]]


@pytest.mark.parametrize("right", [True, False])
def test_all_right_and_all_wrong_are_drawn_too(right):
    images = some_images(60)
    called = images.labels if right else (images.labels + 1) % 3
    chances = np.eye(3)[called]
    confusion = demo.confused(chances, images)
    figure = picture.result_figure(confusion, np.zeros((3, 6, 6)), images, chances)
    titles = [part.get_suptitle() for part in figure.subfigs]
    assert ("No mistakes" if right else "Mistakes: the 24 surest of 60") in titles
    assert demo.png(figure).startswith(b"\x89PNG")


def test_a_confusion_of_many_classes_is_drawn_and_not_printed():
    confusion = np.diag(np.arange(1, 48))
    assert demo.table(confusion) == "Confusion      of 47 classes: see the picture\n"
    assert demo.table(np.array([[1200, 3], [0, 7]])) == (
        "Confusion          0    1  <- called\n"
        "   0 in truth   1200    3\n"
        "   1 in truth      .    7\n"
    )


# ---- errors -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--seed", "-1"], "--seed"),
        (["--epochs", "0"], "--epochs: expected a whole number from 1"),
        (["--epochs", "many"], "'many'"),
        (["--idx"], "--idx"),
        (["--first", "10"], "--first goes with --idx"),
        (["--idx", ".", "--first", "1"], "--first: expected a whole number from 2"),
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
    assert err.startswith("python -m demos.digits: error: ")
    assert err.count("\n") == 1


def test_a_bad_file_is_one_line_and_exit_code_2(quick, files, tmp_path, capsys):
    for content in (b"", b"\0\0\x08\x03", gzip.compress(idx([[[1]]]))[:-1]):
        (files / PLAIN[0]).write_bytes(content)
        assert demo.main(quick) == 2
        err = capsys.readouterr().err
        assert err.startswith(f"python -m demos.digits: error: {files / PLAIN[0]}: ")
        assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_too_few_images_to_validate_are_one_line(quick, capsys):
    assert demo.main([*quick, "--first", "4", "--validate"]) == 2
    assert "too few images to hold out a fifth of them" in capsys.readouterr().err


def test_a_disk_that_fails_at_the_end_is_one_line(quick, tmp_path, capsys):
    (tmp_path / "out" / "digits.png").mkdir(parents=True)
    assert demo.main(quick) == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert err.startswith("python -m demos.digits: error: cannot write into ")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["digits.png"]


def test_an_interruption_is_one_line(quick, tmp_path, monkeypatch, capsys):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "train", interrupt)
    assert demo.main(quick) == 130
    assert capsys.readouterr().err.count("\n") == 1
    monkeypatch.setattr(demo, "train", lambda *args: nn.History())  # before epoch 0
    assert demo.main(quick) == 130
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_training_cut_short_is_said_and_what_there_is_is_shown(quick, monkeypatch):
    def short(network, images, settings, seed):
        return model.train(network, images, replace(settings, epochs=2), seed)

    printed = io.StringIO()
    monkeypatch.setattr(demo, "train", short)
    monkeypatch.setattr(sys, "stdout", printed)
    assert demo.main(quick) == 0
    text = printed.getvalue()
    assert "Interrupted: the network is as it was in epoch 3." in text
    assert "Accuracy" in text


def test_it_runs_as_a_command():
    root = Path(demo.__file__).parent.parent
    command = [sys.executable, "-m", "demos.digits", "--epochs", "no"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
