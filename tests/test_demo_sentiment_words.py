"""demos/sentiment_words.py: what a negation does to the words after it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, gradient
from demos import sentiment_words as demo


def counts(text):
    totals = {}
    for word in demo.words(text):
        for term, count in word.terms:
            totals[term] = totals.get(term, 0.0) + count
    return totals


@pytest.mark.parametrize(
    ("text", "term", "count"),
    [
        ("a boring film", "bor", 1.0),
        ("not a boring film", "bor", -1.0),
        ("it is not at all that boring", "bor", -1.0),
        ("it is not what I would have called boring", "bor", 1.0),  # out of reach
        ("not bad, boring", "bor", 1.0),  # a mark ends what a negation turns
        ("not bad but boring", "bor", 1.0),
        ("never, ever boring", "bor", 1.0),
        ("never boring", "not_bor", 1.0),
        ("without boring, never boring", "bor", -2.0),
        ("boring and not boring", "bor", 0.0),
        ("isn\N{RIGHT SINGLE QUOTATION MARK}t boring", "bor", -1.0),
        ("NEVER BORED", "bor", -1.0),
        ("not not boring", "not", 2.0),  # a negation is a word of its own
    ],
)
def test_what_a_negation_turns(text, term, count):
    assert counts(text)[term] == count


def test_function_words_have_no_say():
    assert counts("it is the one that we had with them") == {"one": 1.0}


@given(st.text())
def test_any_text_has_words_and_both_readings_agree_on_them(text):
    texts = [word.text for word in demo.words(text)]
    assert texts == [word.text for word in demo.plain_words(text)]
    assert all(any(c.isalnum() for c in t) for t in texts)
    assert demo.has_negation(text) == any(map(demo.is_negation, texts))


def test_a_row_over_values_gives_each_word_its_share():
    vocabulary = demo.Vocabulary([demo.words("not bad food"), demo.words("fresh")])
    text = demo.words("not bad, bad")
    weights = dict(zip(vocabulary.terms, (2.0, 3.0, 5.0, 7.0, 11.0, 13.0)))
    presence = [Value(1.0) for _ in text]
    row = vocabulary.row(text, presence)
    score = sum(w * x for w, x in zip(weights.values(), row, strict=True))
    negation, turned, plain = gradient(score, presence)
    assert negation == weights["not"]
    assert turned == weights["not_bad"] - weights["bad"]
    assert plain == weights["bad"]


def test_words_never_seen_add_nothing():
    vocabulary = demo.Vocabulary([demo.words("bad food")])
    (word,) = demo.words("excellent")
    assert not vocabulary.knows(word)
    assert vocabulary.row([word]) == [0.0, 0.0]


def test_a_vocabulary_keeps_the_most_frequent_terms():
    texts = [demo.words(text) for text in ("rain", "rain sun", "rain sun wind")]
    assert demo.Vocabulary(texts, most=2).terms == ["rain", "sun"]
