"""What demos/speech.py claims: it tells vowels of new speakers, or says why not."""

import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from scipy.io import wavfile

import nn
from demos import speech as demo
from demos import speech_model as model
from demos.speech_synthesis import RATE, speak
from demos.speech_vowels import GROUPS, WORDS, mean_speaker
from demos.speech_wav import wav

SMALL = ["--speakers", "2", "--epochs", "3"]
FILES = [
    *("child-heed.wav", "child-hod.wav", "child-whod.wav", "confusion.png"),
    *("man-heed.wav", "man-hod.wav", "man-whod.wav", "spectrograms.png"),
    *("woman-heed.wav", "woman-hod.wav", "woman-whod.wav"),
]


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    """Run the demo nearly as large as it is meant; give its folder and its text."""
    out = tmp_path_factory.mktemp("speech") / "new" / "folder"
    recording = out.parent.parent / "mine.wav"
    samples = speak(mean_speaker(1), WORDS.index("hawed"), np.random.default_rng(5))
    recording.write_bytes(wav(samples))
    argv = ["--speakers", "24", "--out", str(out), "--wav", str(recording)]
    with pytest.MonkeyPatch.context() as patch:
        printed, bars = io.StringIO(), io.StringIO()
        patch.setattr(sys, "stdout", printed)
        patch.setattr(sys, "stderr", bars)
        assert demo.main(argv) == 0
    return out, printed.getvalue(), bars.getvalue()


@pytest.fixture
def no_pictures(monkeypatch):
    monkeypatch.setattr(demo, "png", lambda figure: b"a picture takes its time")


# ---- what is claimed ----------------------------------------------------------------


def shares(text):
    found = re.findall(r"^  (\S.*?) +(\S+)% +(\S+)% +(\S+)% +(\S+)%$", text, re.M)
    return {name: tuple(map(float, row)) for name, *row in found}


def test_it_tells_vowels_of_speakers_it_has_not_heard(whole_run):
    found = shares(whole_run[1])
    assert list(found) == ["nearest class mean", "MLP"]
    means, mlp = found.values()
    assert mlp[0] >= 90.0
    assert mlp[0] >= means[0] + 5.0
    assert min(mlp[1:]) >= 85.0  # men, women and children
    for row in (means, mlp):
        assert row[0] == pytest.approx(np.mean(row[1:]), abs=0.1)  # groups are as large


def test_it_says_that_the_data_is_synthetic_and_what_it_is_made_of(whole_run):
    text = whole_run[1]
    assert "The data is synthetic: no person has spoken." in text
    assert "Peterson and Barney (1952)" in text
    assert re.search(
        r"heed +136 +270 2290 3010 +235 .* 272 +370 3200 3730$", text, re.M
    )
    steps = ["synthetic", "heed", "Synthesising", "Training", "Held-out", "In all"]
    places = [text.index(step) for step in steps]
    assert places == sorted(places)


def test_a_recording_is_judged(whole_run):
    out, text, _ = whole_run
    judged = text[text.index(str(out.parent.parent / "mine.wav")) :]
    found = re.findall(r"^  (\S+) +(\S+)%", judged, re.M)
    assert sorted(word for word, _ in found) == sorted(WORDS)
    assert found[0][0] == "hawed"
    percents = [float(p) for _, p in found]
    assert percents == sorted(percents, reverse=True)
    assert sum(percents) == pytest.approx(100.0, abs=0.6)


def test_the_pictures_are_png_and_the_sounds_are_wav(whole_run):
    out, text, bar = whole_run
    assert sorted(p.name for p in out.iterdir()) == FILES
    for name in ("confusion.png", "spectrograms.png"):
        assert str(out / name) in text
        picture = imread(out / name)
        assert picture.shape[0] > 800
        assert picture.shape[1] > 1200
        assert picture[..., :3].std() > 0.05  # not blank
    for path in out.glob("*.wav"):
        rate, samples = wavfile.read(path)
        assert (rate, samples.dtype, samples.shape) == (RATE, np.int16, (RATE // 2,))
        assert 25_000 < np.abs(samples).max() < 32_767
    assert "100%" in bar  # the progress bar came to its end


def test_no_speaker_is_both_learnt_from_and_held_out(capsys):
    heard = []

    class Noted:
        def __init__(self, numbers, seed):
            heard.append(set(numbers))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "Sounds", Noted)
        for validate in (False, True):
            demo.sounds(48, 0, validate)
    learnt, held_out, fewer, from_learnt = heard
    assert (len(learnt), len(held_out)) == (48, 16)
    assert not learnt & held_out
    assert not fewer & from_learnt
    assert fewer | from_learnt == learnt  # to validate, nobody held out is heard


def test_sounds_are_all_vowels_by_all_groups_and_follow_the_seed():
    sounds = model.Sounds([3, 1], seed=7)
    assert sounds.X.shape == (len(GROUPS) * 2 * len(WORDS) * model.TOKENS, 24)
    assert np.isfinite(sounds.X).all()
    assert np.bincount(sounds.vowel).tolist() == len(WORDS) * [6 * model.TOKENS]
    alone = model.Sounds([1], seed=7)  # a speaker sounds the same in any company
    n = len(WORDS) * model.TOKENS
    assert (alone.X[:n] == sounds.X[n : 2 * n]).all()
    assert not (model.Sounds([1], seed=8).X == alone.X).all()
    tokens = alone.X[: model.TOKENS]
    assert not (tokens[0] == tokens[1]).all()


def test_the_nearest_mean_is_the_nearest():
    sounds = model.Sounds([0], seed=0)
    sounds.X = np.arange(len(sounds.X))[:, None] * np.ones(3)
    sounds.vowel = np.arange(len(sounds.X)) % len(WORDS)
    classifier = model.NearestMean(sounds)
    back = classifier.means * classifier.scale.deviation + classifier.scale.mean
    assert classifier.vowels(back).tolist() == list(range(len(WORDS)))


def test_probabilities_are_the_softmax_of_the_logits():
    sounds = model.Sounds([0], seed=0)
    network = model.Network(sounds, 1, seed=0)
    p = network.probabilities(sounds.X[:3])
    logits = np.array(nn.predict(network.mlp, network.scale(sounds.X[:3])))
    assert p.sum(axis=1) == pytest.approx([1.0, 1.0, 1.0])
    ratio = np.log(p[:, 0] / p[:, 1])
    assert ratio == pytest.approx(logits[:, 0] - logits[:, 1])
    assert (network.vowels(sounds.X[:3]) == logits.argmax(axis=1)).all()


def test_same_seed_same_bytes(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(demo, "SAMPLES", ("had",))
    kept = []
    for name in ("first", "second"):
        out = tmp_path / name
        assert demo.main([*SMALL, "--seed", "5", "--out", str(out)]) == 0
        text = capsys.readouterr().out.replace(name, "")
        files = [path.read_bytes() for path in sorted(out.iterdir())]
        kept.append((re.sub(r"In all.*", "", text), files))
    assert kept[0] == kept[1]


# ---- errors -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--epochs", "0"], "--epochs: expected a whole number from 1"),
        (["--speakers", "1"], "--speakers: expected a whole number from 2"),
        (["--speakers", "1e9"], "'1e9'"),
        (["--seed", "-1"], "--seed"),
        (["--wav"], "--wav: expected one argument"),
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
    assert err.startswith("python -m demos.speech: error: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "mine.wav: there is no such file"),
        (b"", "mine.wav: the file is empty"),
        (b"ID3\x04 and a song", "mine.wav: not a WAV file that can be read"),
    ],
)
def test_a_bad_recording_is_one_line_before_any_work(content, says, tmp_path, capsys):
    path, out = tmp_path / "mine.wav", tmp_path / "out"
    if content is not None:
        path.write_bytes(content)
    assert demo.main(["--wav", str(path), "--out", str(out)]) == 2
    text, err = capsys.readouterr()
    assert text == ""
    assert err.startswith("python -m demos.speech: error: ")
    assert says in err
    assert err.count("\n") == 1
    assert not out.exists()


def test_it_runs_as_a_command():
    root = Path(demo.__file__).parent.parent
    command = [sys.executable, "-m", "demos.speech", "--seed", "no"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1


def test_a_disk_that_fails_at_the_end_is_one_line(tmp_path, no_pictures, capsys):
    (tmp_path / "confusion.png").mkdir()
    assert demo.main([*SMALL, "--out", str(tmp_path)]) == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert err.startswith("python -m demos.speech: error: cannot write into ")


def test_an_interruption_is_one_line(tmp_path, monkeypatch, capsys):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(nn, "fit", interrupt)
    assert demo.main([*SMALL, "--out", str(tmp_path / "out")]) == 130
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()
