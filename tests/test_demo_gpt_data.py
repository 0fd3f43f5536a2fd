"""What the GPT of the demo learns from: names, number words, and their tokens."""

import re
import subprocess
import sys
from math import log
from pathlib import Path

import numpy as np
import pytest

from demos import gpt_names
from demos.gpt_names import DataError, names
from demos.gpt_numbers import english, german, numbers, spelled_english, spelled_german
from demos.gpt_task import Pair, Task

# ---- names --------------------------------------------------------------------------


def test_names_are_those_of_the_library():
    found = names()
    assert found == sorted(set(found))
    assert len(found) > 3000
    assert {"json", "argparse", "ordereddict", "literal_eval", "namedtuple"} <= set(
        found
    )
    for name in found:
        assert re.fullmatch(r"[a-z0-9_]{3,15}", name)
        assert name == name.strip("_")


def test_reading_names_imports_no_module_that_it_names():
    code = (
        "import glob, importlib, sys; "  # what pathlib imports when it reads a folder
        "from demos.gpt_names import names; before = set(sys.modules); "
        "found = names(); print(sorted((set(sys.modules) - before) & set(found)))"
    )
    root = Path(gpt_names.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True)
    assert done.stdout.decode().strip() == "[]"


def test_definitions_are_found_at_any_depth():
    source = (
        "class One:\n    def two(self): ...\n\tasync def three(): ...\nx = 'def no'\n"
    )
    assert gpt_names.DEFINITION.findall(source) == ["One", "two", "three"]


def test_sources_are_sorted_and_hold_no_tests(tmp_path):
    for name in ("json/decoder.py", "json/tests/test_it.py", "abc.py", "other.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("def f(): ...\n")
    found = [str(p.relative_to(tmp_path)) for p in gpt_names.sources(tmp_path)]
    assert found == ["abc.py", str(Path("json/decoder.py"))]


def test_a_library_without_source_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(gpt_names.sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(DataError, match="does not hold the source of Python's library"):
        names()


# ---- number words -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "in_english", "in_german"),
    [
        (0, "zero", "null"),
        (1, "one", "eins"),
        (12, "twelve", "zwölf"),
        (16, "sixteen", "sechzehn"),
        (17, "seventeen", "siebzehn"),
        (20, "twenty", "zwanzig"),
        (21, "twenty-one", "einundzwanzig"),
        (30, "thirty", "dreißig"),
        (44, "forty-four", "vierundvierzig"),
        (66, "sixty-six", "sechsundsechzig"),
        (77, "seventy-seven", "siebenundsiebzig"),
        (100, "one hundred", "einhundert"),
        (101, "one hundred and one", "einhunderteins"),
        (217, "two hundred and seventeen", "zweihundertsiebzehn"),
        (555, "five hundred and fifty-five", "fünfhundertfünfundfünfzig"),
        (999, "nine hundred and ninety-nine", "neunhundertneunundneunzig"),
    ],
)
def test_known_numbers(n, in_english, in_german):
    assert spelled_english(english(n)) == in_english
    assert spelled_german(german(n)) == in_german


def test_every_number_has_its_own_words():
    for language, spelled in ((english, spelled_english), (german, spelled_german)):
        assert len({spelled(language(n)) for n in range(1000)}) == 1000


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_held_out_numbers_are_new_but_their_words_are_not(seed):
    learnt, held_out = numbers(seed)
    assert sorted([*learnt, *held_out]) == list(range(1000))
    assert len(held_out) == round(0.3 * 979)
    assert (learnt, held_out) == numbers(seed)
    for language in (english, german):
        known = {piece for n in learnt for piece in language(n)}
        assert all(known.issuperset(language(n)) for n in held_out)
    assert numbers(seed + 1) != (learnt, held_out)


# ---- tokens -------------------------------------------------------------------------


@pytest.fixture
def task():
    learnt = [Pair(("x",), ("a", "b")), Pair(("x", "y"), ("a",))]
    return Task(learnt, [Pair((), ("b",))])


def test_a_pair_is_a_row_of_which_the_target_is_asked_for(task):
    assert task.symbols == ["", "a", "b", "x", "y"]
    assert task.sample(task.learnt[0]) == ([3, 0, 1, 2], [0, 1, 2, 0], [0, 1, 1, 1])
    assert task.sample(task.learnt[1]) == ([3, 4, 0, 1], [4, 0, 1, 0], [0, 0, 1, 1])
    assert task.sample(task.held_out[0]) == ([0, 2], [2, 0], [1, 1])
    assert task.length == 4
    assert task.decode(task.encode("ab")) == ("a", "b")


def test_arrays_are_the_samples_as_one_hot_rows(task):
    pairs = [*task.learnt, *task.held_out]
    tokens, targets, mask = task.arrays(pairs)
    assert tokens.shape == targets.shape == (3, 4, 5)
    assert mask.shape == (3, 4)
    for i, pair in enumerate(pairs):
        now, following, asked = task.sample(pair)
        n = len(now)
        for array, numbers_ in ((tokens, now), (targets, following)):
            assert np.array_equal(array[i, :n], np.eye(5)[numbers_])
            assert not array[i, n:].any()
        assert mask[i].tolist() == asked + [0.0] * (4 - n)
    assert task.asked(pairs) == mask.sum()


def test_the_baseline_is_the_entropy_of_frequencies(task):
    # Asked for are a, b, END, a, END, each of five symbols once more.
    counts = {"": 3, "a": 3, "b": 2, "x": 1, "y": 1}
    assert task.unigram() == pytest.approx(
        (log(10 / counts["b"]) + log(10 / counts[""])) / 2, rel=1e-15
    )
