"""Words: from a sentence to a row of numbers that knows what a negation does.

A word is known by its stem, so that "enjoy", "enjoyed" and "enjoyable" share what is
learned about any of them. After a negation a word counts -1 in place of 1: "not
boring" is evidence against what "boring" is evidence for. It counts for a term of its
own beside that, marked ``not_``, because the turn is not always a full one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


STEM = 5  # letters of a word, after an ending is taken off, that it is known by
ENDINGS = ("ing", "ed", "es", "s", "e")
SCOPE = 4  # words after a negation that it turns; a mark or a "but" ends it earlier
NEGATIONS = _set(
    "not no never nothing nobody none nor neither nowhere without hardly barely "
    "scarcely cannot"
)
TURNS = frozenset({"but", "yet"})
FUNCTION_WORDS = _set(  # too common to have an opinion
    "the a an is are was were be been it its this that and of to in on at for with my "
    "our your his her their we i you he she they me us him them as by from has have "
    "had do does did so"
)
TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[.,;:!?]")


@dataclass(frozen=True)
class Word:
    """A word as it stands in the text, and what it adds to which terms."""

    text: str
    terms: tuple[tuple[str, float], ...]


def is_negation(token: str) -> bool:
    """Tell whether a token, in small letters, is a negation.

    >>> [is_negation(token) for token in ("never", "isn't", "nice")]
    [True, True, False]
    """
    return token in NEGATIONS or token.endswith("n't")


def has_negation(text: str) -> bool:
    """Tell whether a negation stands in the text."""
    return any(map(is_negation, _tokens(text)))


def stem(token: str) -> str:
    """Give what a word is known by: without one ending, the first few letters.

    At least three letters stand before an ending.

    >>> [stem(t) for t in ("like", "liked", "boring", "disappoints", "red", "king")]
    ['lik', 'lik', 'bor', 'disap', 'red', 'king']
    """
    for ending in ENDINGS:
        if token.endswith(ending) and len(token) >= len(ending) + 3:
            token = token.removesuffix(ending)
            break
    return token[:STEM]


def plain_words(text: str) -> list[Word]:
    """Give the words as the plain bag of words counts them, negations like any other.

    >>> [word.terms for word in plain_words("Not bad!")]
    [(('not', 1.0),), (('bad', 1.0),)]
    """
    return [Word(t, ((t, 1.0),)) for t in _tokens(text) if t[0].isalnum()]


def words(text: str) -> list[Word]:
    """Give the words with what each adds to its terms, negations minded.

    >>> for word in words("It isn't boring, but long"):
    ...     print(word.text, *word.terms)
    it
    isn't ("isn't", 1.0)
    boring ('bor', -1.0) ('not_bor', 1.0)
    but ('but', 1.0)
    long ('long', 1.0)
    """
    found, reach = [], 0  # reach: how many more words the last negation turns
    for token in _tokens(text):
        if not token[0].isalnum():
            reach = 0
            continue
        if is_negation(token):
            found.append(Word(token, ((token, 1.0),)))
            reach = SCOPE
            continue
        if token in TURNS:
            reach = 0
        known = stem(token)
        terms: tuple[tuple[str, float], ...] = ((known, 1.0),)
        if token in FUNCTION_WORDS:
            terms = ()
        elif reach > 0:
            terms = ((known, -1.0), (f"not_{known}", 1.0))
        found.append(Word(token, terms))
        reach -= 1
    return found


class Vocabulary:
    """The terms of a training set, each with its place in a row of numbers.

    The most frequent terms where there are more than ``most``.

    >>> vocabulary = Vocabulary([words("not bad"), words("bad food")])
    >>> vocabulary.terms
    ['bad', 'food', 'not', 'not_bad']
    >>> vocabulary.row(words("bad, bad weather"))
    [2.0, 0.0, 0.0, 0.0]
    """

    def __init__(self, texts: Iterable[Sequence[Word]], most: int = 20_000) -> None:
        counts: Counter[str] = Counter()
        spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for text in texts:
            for word in text:
                for term, _ in word.terms:
                    counts[term] += 1
                    spellings[term][word.text] += 1
        self.terms = sorted(term for term, _ in counts.most_common(most))
        self._places = {term: i for i, term in enumerate(self.terms)}
        self._spellings = spellings

    def row(self, text: Sequence[Word], presence: Sequence[Any] | None = None) -> Any:
        """Give how much of each term the text holds; unknown words add nothing.

        ``presence`` has a number for each word, by default 1. Given Values, the row is
        a graph over them: the gradient of what is computed from the row then says what
        each word, with all its terms, brought about.
        """
        row: list[Any] = [0.0] * len(self.terms)
        for word, p in zip(text, presence or [1.0] * len(text), strict=True):
            for term, count in word.terms:
                if term in self._places:
                    row[self._places[term]] += count * p
        return row

    def knows(self, word: Word) -> bool:
        """Tell whether the word adds anything to a row."""
        return any(term in self._places for term, _ in word.terms)

    def spelled(self, term: str) -> str:
        """Give a term as people write it: the word that it most often stands for.

        >>> Vocabulary([words("never disappoints")]).spelled("not_disap")
        'not ... disappoints'
        """
        word = self._spellings[term].most_common(1)[0][0]
        return f"not ... {word}" if term.startswith("not_") else word


def _tokens(text: str) -> list[str]:
    return TOKEN.findall(text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower())
