"""Number words in English and German, made by rule, from 0 to 999.

A word is a tuple of pieces: English is divided at spaces and hyphens, German, which
writes a number as one word, where it is put together.

>>> spelled_english(english(742)), spelled_german(german(742))
('seven hundred and forty-two', 'siebenhundertzweiundvierzig')
"""

from __future__ import annotations

import random

Pieces = tuple[str, ...]

ONES, TENS, EINER, ZEHNER = map(
    str.split,
    (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen "
        "fourteen fifteen sixteen seventeen eighteen nineteen",
        "twenty thirty forty fifty sixty seventy eighty ninety",
        "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn "
        "vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn",
        "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    ),
)
SIMPLE = 21  # numbers below are words that the others are made of: all are learnt
HELD_OUT = 0.3


def english(n: int) -> Pieces:
    """Name a number below 1000 in English.

    >>> english(305)
    ('three', 'hundred', 'and', 'five')
    """
    hundreds, rest = divmod(n, 100)
    if hundreds:
        below = ("and", *english(rest)) if rest else ()
        return (ONES[hundreds], "hundred", *below)
    tens, ones = divmod(n, 10)
    if n < 20:
        return (ONES[n],)
    return (TENS[tens - 2], ONES[ones]) if ones else (TENS[tens - 2],)


def german(n: int) -> Pieces:
    """Name a number below 1000 in German: ones before tens, and no s before the end.

    >>> german(101), german(21)
    (('ein', 'hundert', 'eins'), ('ein', 'und', 'zwanzig'))
    """
    hundreds, rest = divmod(n, 100)
    if hundreds:
        return (_stem(hundreds), "hundert", *(german(rest) if rest else ()))
    tens, ones = divmod(n, 10)
    if n < 20:
        return (EINER[n],)
    whole = ZEHNER[tens - 2]
    return (_stem(ones), "und", whole) if ones else (whole,)


def _stem(digit: int) -> str:
    return "ein" if digit == 1 else EINER[digit]


def spelled_english(pieces: Pieces) -> str:
    """Write pieces as English does: forty-two has a hyphen.

    >>> spelled_english(("forty", "two"))
    'forty-two'
    """
    text = " ".join(pieces)
    for tens in TENS:
        text = text.replace(f"{tens} ", f"{tens}-")
    return text


def spelled_german(pieces: Pieces) -> str:
    """Write pieces as German does: as one word."""
    return "".join(pieces)


def numbers(seed: int) -> tuple[list[int], list[int]]:
    """Divide the numbers: those to learn from, and those held out."""
    numbers = list(range(SIMPLE, 1000))
    held_out = random.Random(seed).sample(numbers, round(HELD_OUT * len(numbers)))
    return sorted(set(range(1000)).difference(held_out)), sorted(held_out)
