"""The shipped sentences are what their card says; a bad file is an error in a line."""

import csv
import os
import re
from collections import Counter
from statistics import median

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer

from demos import sentiment_data as demo
from demos.sentiment_words import NEGATIONS, has_negation

CARD = demo.SHIPPED.with_suffix(".md")
FINE = "".join(f"nice {i},positive\nbad {i},negative\n" for i in range(12))
GOOD = f"text,label\n{FINE}".encode()


def rows(part=None):
    with demo.SHIPPED.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if part in (None, row["split"])]


def words(text):
    return re.findall(r"[\w']+", text.lower())


# ---- the shipped file ---------------------------------------------------------------


def figures(part):
    chosen = rows(part)
    lengths = [len(words(row["text"])) for row in chosen]
    negated = Counter(row["label"] for row in chosen if has_negation(row["text"]))
    labels = Counter(row["label"] for row in chosen)
    return {
        "sentences": len(chosen),
        "positive": labels["positive"],
        "negative": labels["negative"],
        "positive with a negation": negated["positive"],
        "negative with a negation": negated["negative"],
        "fewest words": min(lengths),
        "median words": median(lengths),
        "most words": max(lengths),
    }


def test_the_card_gives_the_figures_of_the_file():
    stated = {
        name: (int(train), int(held_out))
        for name, train, held_out in re.findall(
            r"^\| ([a-z ]+) \| (\d+) \| (\d+) \|$", CARD.read_text("utf-8"), re.M
        )
    }
    train, held_out = figures("train"), figures("held-out")
    assert stated == {name: (train[name], held_out[name]) for name in train}
    assert train["positive"] == train["negative"]
    assert held_out["positive"] == held_out["negative"]
    assert len(rows()) == train["sentences"] + held_out["sentences"]


def test_the_card_gives_domains_shares_and_new_words():
    card = " ".join(CARD.read_text("utf-8").split())
    domains = Counter(row["domain"] for row in rows())
    listed = ", ".join(f"{name} {n}" for name, n in sorted(domains.items()))
    assert f"Sentences by domain: {listed}." in card
    train, held_out = (
        {word for row in rows(part) for word in words(row["text"])}
        for part in ("train", "held-out")
    )
    assert f"{len(held_out - train)} of {len(held_out)} do not occur" in card
    for part, name in (("train", "training"), ("held-out", "held-out")):
        share = np.mean([has_negation(row["text"]) for row in rows(part)])
        assert f"{share:.0%} of the {name} part" in card
    (negations,) = re.findall(r"holds one of: (.*), or a word", card)
    assert set(negations.split(", ")) == NEGATIONS


def test_no_sentence_stands_there_twice():
    texts = [" ".join(words(row["text"])) for row in rows()]
    assert len(texts) == len(set(texts))


def four_words(text):
    found = words(text)
    return {tuple(found[i : i + 4]) for i in range(len(found) - 3)}


def skeleton(text):
    kept = (w if w in ENGLISH_STOP_WORDS or "'" in w else "_" for w in words(text))
    return " ".join(kept)


@pytest.mark.parametrize("trait", [four_words, lambda text: {skeleton(text)}])
def test_the_parts_share_no_phrase_and_no_skeleton(trait):
    train, held_out = (
        set().union(*(trait(row["text"]) for row in rows(part)))
        for part in ("train", "held-out")
    )
    assert train.isdisjoint(held_out)


def test_no_sentence_of_one_part_is_near_to_one_of_the_other():
    texts = [[row["text"] for row in rows(part)] for part in ("train", "held-out")]
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), use_idf=False)
    train, held_out = map(grams.fit(texts[0] + texts[1]).transform, texts)
    nearest = (train @ held_out.T).max()
    assert nearest <= 0.5
    assert f"the largest is {nearest:.5f};" in " ".join(CARD.read_text().split())


def test_the_shipped_file_is_read_as_it_stands():
    learnt, held_out = demo.parts(demo.read(demo.SHIPPED), seed=0)
    assert [s.text for s in learnt] == [row["text"] for row in rows("train")]
    assert [s.text for s in held_out] == [row["text"] for row in rows("held-out")]
    assert all(
        s.label == (row["label"] == "positive")
        for s, row in zip(learnt, rows("train"), strict=True)
    )


def test_choices_are_made_without_the_held_out_part():
    sentences = demo.read(demo.SHIPPED)
    learnt, validated = demo.validation(sentences, seed=0)
    assert not any(s.held_out for s in [*learnt, *validated])
    assert len(learnt) + len(validated) == 1534


# ---- other files --------------------------------------------------------------------


def read(tmp_path, content):
    path = tmp_path / "mine.csv"
    path.write_bytes(content)
    return demo.read(path)


def test_a_plain_file_is_read_and_a_fifth_is_drawn(tmp_path):
    sentences = read(tmp_path, GOOD)
    assert sentences[:2] == [demo.Sentence("nice 0", 1), demo.Sentence("bad 0", 0)]
    learnt, held_out = demo.parts(sentences, seed=3)
    assert sorted(map(repr, learnt + held_out)) == sorted(map(repr, sentences))
    assert len(held_out) == 5
    assert demo.parts(sentences, seed=3) == (learnt, held_out)


def test_what_is_common_in_other_files_is_understood(tmp_path):
    content = (
        "\ufeff id , Label,TEXT\r\n\r\n"
        '1,POS,"It said ""good"", and\r\nit was, truly"\r\n'
        "2, 0 ,schön war's nicht\r\n"
    ) + "".join(f"3,{i % 2},text {i}\r\n" for i in range(30))
    sentences = read(tmp_path, content.encode())
    assert sentences[0] == demo.Sentence('It said "good", and\r\nit was, truly', 1)
    assert sentences[1] == demo.Sentence("schön war's nicht", 0)


def test_a_sentence_counts_once_also_across_the_split(tmp_path):
    content = "text,label,split\nSame,1,train\nsame,1,held-out\n" + "".join(
        f"w{i},{i % 2},{('train', 'held-out', 'test')[i % 3]}\n" for i in range(40)
    )
    sentences = read(tmp_path, content.encode())
    assert len(sentences) == 41
    assert sentences[0] == demo.Sentence("Same", 1, False)
    assert Counter(s.held_out for s in sentences) == {False: 15, True: 26}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "line 1: expected a header with one column 'text'"),
        (b"\n\n", "line 1: expected a header"),
        (b"sentence,label\nfine,1\n", "line 1: expected a header with one column 'te"),
        (b"\ntext;label\nfine;1\n", "line 2: expected a header with one column 'text'"),
        (b"text,label,label\n", "line 1: expected a header with one column 'label'"),
        (GOOD + b"fine,perhaps\n", "line 26: the label is 'perhaps'; expected one of"),
        (GOOD + b"fine,\n", "line 26: the label is ''"),
        (GOOD + b" ,negative\n", "line 26: the text is empty"),
        (GOOD + b"good, cheap,positive\n", "line 26: expected 2 fields as in the"),
        (GOOD + b"lonely\n", "line 26: expected 2 fields as in the header, got 1"),
        (GOOD + b"caf\xe9,positive\n", "line 26: byte 0xE9 is not UTF-8"),
        ("text,label\n".encode("utf-16"), "line 1: the file is UTF-16"),
        (GOOD + b"a\0b,positive\n", "line 26: a NUL character"),
        (GOOD + b'\n"two\nlines,positive\nmore', "line 27: a quotation mark is open"),
        (GOOD + b'"a"b,positive\n', "line 26: ',' expected after '\"'"),
        (GOOD + b"x" * 140_000 + b",positive\n", "line 26: field larger than"),
        (b"text,label\nfine,1\n", "1 positive sentences, each counted once; at least"),
        (b"text,label\n" + 30 * b"good,1\nbad,0\n", "1 positive sentences, each"),
        (b"text,label,split\na,1,later\n", "line 2: the split is 'later'"),
        (
            GOOD.replace(b"\n", b",train\n").replace(b",train", b",split", 1),
            "the part 'held-out' of the split needs both labels",
        ),
    ],
)
def test_a_fault_is_named_with_file_and_line(content, says, tmp_path):
    with pytest.raises(demo.DataError) as caught:
        read(tmp_path, content)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'mine.csv'}: ")
    assert says in message
    assert "\n" not in message


def test_a_file_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "MOST_ROWS", 20)
    with pytest.raises(demo.DataError, match="line 22: more than 20 rows"):
        read(tmp_path, GOOD)
    monkeypatch.setattr(demo, "MOST_BYTES", 100)
    with pytest.raises(demo.DataError, match="larger than"):
        read(tmp_path, GOOD)


def test_what_the_system_refuses_is_said(tmp_path):
    with pytest.raises(
        demo.DataError, match=r"nowhere\.csv: No such file or directory"
    ):
        demo.read(tmp_path / "nowhere.csv")
    with pytest.raises(demo.DataError, match="this is not a file"):
        demo.read(tmp_path)
    with pytest.raises(demo.DataError, match="File name too long"):
        demo.read(tmp_path / ("x" * 300))


def test_a_file_that_never_ends_is_not_begun(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(demo.DataError, match="this is not a file"):
        demo.read(tmp_path / "pipe")


DAMAGE = st.one_of(
    st.binary(max_size=200),
    st.text(alphabet='",\n\r\0 ae1;', max_size=200).map(str.encode),
)


@settings(deadline=None, max_examples=300)
@given(place=st.integers(0, len(GOOD)), gone=st.integers(0, 60), damage=DAMAGE)
@example(place=0, gone=0, damage=b"\xef\xbb\xbf")
@example(place=0, gone=len(GOOD), damage=b'"')
def test_a_damaged_file_is_an_error_or_is_read(place, gone, damage, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "damaged.csv"
    path.write_bytes(GOOD[:place] + damage + GOOD[place + gone :])
    message = ""
    try:
        sentences = demo.read(path)
    except demo.DataError as error:
        message = str(error)
    if message:
        assert message.startswith(f"{path}: ")
        assert "\n" not in message
    else:
        assert all(s.text.strip() and s.label in (0, 1) for s in sentences)
        labels = Counter(s.label for s in sentences)
        assert min(labels[0], labels[1]) >= demo.LEAST_OF_A_LABEL
