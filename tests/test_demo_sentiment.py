"""What demos/sentiment.py claims: it learns, explains and answers, or says why not."""

import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

import nn
from demos import sentiment as demo
from demos import sentiment_model as model
from demos.sentiment_data import Sentence
from demos.sentiment_words import plain_words, words

SMALL = "text,label\n" + "".join(
    f"{good} {thing},positive\n{bad} {thing},negative\n"
    f"not {bad} {thing},positive\nnot {good} {thing},negative\n"
    for good, bad in (("fine", "awful"), ("great", "nasty"))
    for thing in ("food", "day", "book", "song", "room")
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def nobody_types(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("never read\n"))


@pytest.fixture
def small_and_drawn(tmp_path):
    path = tmp_path / "small.csv"
    path.write_text(SMALL)
    return ["--csv", str(path), "--out", str(tmp_path / "out")]


@pytest.fixture
def small(small_and_drawn, monkeypatch):
    monkeypatch.setattr(demo, "png", lambda figure: b"a picture takes its time")
    return small_and_drawn


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    """Run the demo as it is meant to be run; give its folder and what it printed."""
    out = tmp_path_factory.mktemp("sentiment")
    with pytest.MonkeyPatch.context() as patch:
        printed, bars = io.StringIO(), io.StringIO()
        patch.setattr(sys, "stdin", io.StringIO())
        patch.setattr(sys, "stdout", printed)
        patch.setattr(sys, "stderr", bars)
        assert demo.main(["--out", str(out)]) == 0
    return out, printed.getvalue(), bars.getvalue()


# ---- what is claimed ----------------------------------------------------------------


def scores(text):
    found = re.findall(r"^  (\S.*?) +(\S+)% +(\S+)% +(\S+)%$", text, re.M)
    return {name: tuple(map(float, shares)) for name, *shares in found}


def test_it_is_right_on_sentences_it_has_not_seen(whole_run):
    found = scores(whole_run[1])
    assert list(found) == [c.name for c in model.untrained()]
    bag, logistic, mlp = found.values()
    assert logistic[0] >= 80.0
    assert mlp[0] >= 80.0
    assert logistic[1] >= bag[1] + 5.0  # with a negation
    assert mlp[1] >= bag[1] + 5.0


def test_the_confusion_adds_up_to_the_score(whole_run):
    text = whole_run[1]
    (tn, fp), (fn, tp) = re.findall(r"in truth +(\d+) +(\d+)$", text, re.M)
    tn, fp, fn, tp = map(int, (tn, fp, fn, tp))
    assert tn + fp == fn + tp == 125
    assert scores(text)["negations, MLP"][0] == round(100 * (tn + tp) / 250, 1)


def test_it_reports_times_bars_and_files(whole_run):
    out, text, bars = whole_run
    assert re.search(r"^In all +\d+\.\d s$", text, re.M)
    assert bars.count("100%") >= 3  # three progress bars came to their end
    assert str(out / "words.png") in text
    assert [p.name for p in out.iterdir()] == ["words.png"]


def test_the_picture_is_a_png_with_something_on_it(whole_run):
    picture = imread(whole_run[0] / "words.png")
    assert picture.shape[0] > 700
    assert picture.shape[1] > 1200
    assert picture[..., :3].std() > 0.05


def test_the_examples_are_explained_word_by_word(whole_run):
    text = whole_run[1]
    for example in demo.EXAMPLES:
        assert f"\n{example}\n" in text
    assert re.search(r"Not bad at all, and never boring\.\n  positive, \d+%", text)
    boring = re.search(r"^ +boring +\|(#+) +\+\d\.\d\d$", text, re.M)
    assert boring  # after "never" the word speaks for the sentence


# ---- a small run --------------------------------------------------------------------


def test_a_negation_is_learnt_where_a_bag_of_words_cannot(small, capsys):
    assert demo.main([*small, "--say", "not nasty"]) == 0
    text = capsys.readouterr().out
    bag, logistic, mlp = scores(text).values()
    assert bag[0] < 100.0  # like exclusive or, it is no weighted sum of the words
    assert logistic[0] == mlp[0] == 100.0
    assert "not nasty\n  positive" in text


def test_it_says_what_it_does_before_it_does_it(small, capsys):
    assert demo.main([*small, "--say", "fine"]) == 0
    text = capsys.readouterr().out
    steps = ["Sentiment: ", "bag of words", "MLP: ", "Held-out", "Confusion", "In all"]
    places = [text.index(step) for step in steps]
    assert places == sorted(places)


def test_same_seed_same_bytes(small_and_drawn, tmp_path, capsys):
    pictures, texts = [], []
    for _ in range(2):
        assert demo.main([*small_and_drawn, "--seed", "5"]) == 0
        pictures.append((tmp_path / "out" / "words.png").read_bytes())
        texts.append(re.sub(r"In all.*", "", capsys.readouterr().out))
    assert pictures[0] == pictures[1]
    assert texts[0] == texts[1]


def test_validation_learns_from_fewer_sentences(small, capsys):
    assert demo.main([*small, "--validate"]) == 0
    assert (
        "Sentiment: 25 sentences to learn from, 7 held out" in capsys.readouterr().out
    )


def test_a_terminal_gets_a_prompt_until_an_empty_line(small, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Terminal("not awful\n???\n\nnot reached\n"))
    assert demo.main(small) == 0
    text = capsys.readouterr().out
    assert "an empty line ends" in text
    assert "not awful\n  positive" in text
    assert "???\n" in text  # a text without words has an answer, too
    assert "not reached" not in text


def test_a_terminal_that_closes_ends_the_talk(small, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    assert demo.main(small) == 0


def test_what_is_said_on_the_command_line_needs_no_prompt(small, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Terminal("not read\n"))
    assert demo.main([*small, "--say", "fine", "--say", "nasty and zzz"]) == 0
    text = capsys.readouterr().out
    assert "an empty line ends" not in text
    assert "fine\n  positive" in text
    assert "nasty and zzz\n  negative" in text
    assert re.search(r"^ +zzz +\| +never seen$", text, re.M)


# ---- models and explanations --------------------------------------------------------


def trained(hidden):
    kinds = ("good", 1), ("bad", 0), ("not bad", 1), ("not good", 0)
    sentences = [Sentence(text, label) for text, label in kinds] * 5
    classifier = model.Classifier("small", words, hidden, 1e-4, 0.05, 100)
    return classifier.train(sentences, seed=0)


def test_shares_of_a_linear_score_add_up_to_it():
    classifier = trained(())
    score, slopes = classifier.explain("Not bad, bad, unheard-of!")
    (neuron,) = classifier.network.layers[0].neurons
    total = neuron.b.data + sum(slope for _, slope in slopes)
    assert score == pytest.approx(total, rel=1e-12)
    assert score == classifier.score("Not bad, bad, unheard-of!")
    assert [word.text for word, _ in slopes] == ["not", "bad", "bad", "unheard", "of"]


def test_shares_are_the_derivatives_by_differences():
    classifier = trained((3,))
    text = "not good"
    _, slopes = classifier.explain(text)
    read = words(text)
    for i, (_, slope) in enumerate(slopes):
        above, below = (
            nn.predict(
                classifier.network,
                [classifier.vocabulary.row(read, [1.0 + h * (i == j) for j in (0, 1)])],
            )[0]
            for h in (1e-6, -1e-6)
        )
        assert slope == pytest.approx((above - below) / 2e-6, abs=1e-8)


def test_explaining_leaves_the_network_alone():
    classifier = trained((3,))
    before = [(p.data, p.grad) for p in classifier.network.parameters()]
    classifier.explain("not good")
    assert before == [(p.data, p.grad) for p in classifier.network.parameters()]


def test_the_baseline_and_the_settings_are_the_ones_named():
    bag, logistic, mlp = model.untrained()
    assert (bag.reading, bag.hidden) == (plain_words, ())
    assert (logistic.reading, logistic.hidden) == (words, ())
    assert (mlp.reading, mlp.hidden) == (words, (4,))


def test_shares_of_no_sentences_are_shown_as_a_dash():
    sentences = [Sentence("good", 1), Sentence("bad", 0)]
    shares = demo.shares(np.array([True, False]), sentences)
    assert shares[0] == shares[2] == 0.5
    table = demo.report([("any", shares)], np.array([[1, 0], [1, 0]]))
    assert re.search(r"any +50\.0% +- +50\.0%", table)


# ---- errors -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--seed", "-1"], "--seed"),
        (["--seed", "x"], "--seed"),
        (["--say"], "--say"),
        (["--csv"], "--csv"),
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
    assert err.startswith("python -m demos.sentiment: error: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "mine.csv: No such file or directory"),
        ("text,label\nfine,good\n", "mine.csv: line 2: the label is 'good'"),
        ('text,label\n"fine,1\n', "mine.csv: line 2: a quotation mark"),
        (
            "text,label\n" + "".join(f"{i * '!'}?,{i % 2}\n" for i in range(40)),
            "there are no words to learn from",
        ),
    ],
)
def test_a_bad_file_is_one_line_and_exit_code_2(content, says, tmp_path, capsys):
    path = tmp_path / "mine.csv"
    if content is not None:
        path.write_text(content)
    assert demo.main(["--csv", str(path), "--out", str(tmp_path / "out")]) == 2
    err = capsys.readouterr().err
    assert err.startswith("python -m demos.sentiment: error: ")
    assert says in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_disk_that_fails_at_the_end_is_one_line(small, tmp_path, capsys):
    (tmp_path / "out" / "words.png").mkdir(parents=True)
    assert demo.main(small) == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert err.startswith("python -m demos.sentiment: error: ")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["words.png"]


def test_an_interruption_is_one_line(small, monkeypatch, capsys):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(nn, "fit", interrupt)
    assert demo.main(small) == 130
    assert capsys.readouterr().err.count("\n") == 1


def test_it_runs_as_a_command():
    root = Path(demo.__file__).parent.parent
    command = [sys.executable, "-m", "demos.sentiment", "--seed", "no"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
