"""Labelled sentences from a CSV file; what is wrong with a file names its line."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from sklearn.model_selection import train_test_split

SHIPPED = Path(__file__).parent / "data" / "sentiment.csv"
LABELS = {"positive": 1, "pos": 1, "1": 1, "negative": 0, "neg": 0, "0": 0}
PARTS = {"train": False, "held-out": True, "test": True}
LEAST_OF_A_LABEL = 10  # sentences; fewer cannot be split into two parts that mean much
MOST_ROWS = 20_000
MOST_LINES = 10 * MOST_ROWS
MOST_BYTES = 20_000_000
SHARE_HELD_OUT = 0.2


class DataError(ValueError):
    """What is wrong with a file of sentences, and in which line."""


@dataclass(frozen=True)
class Sentence:
    """A text, its label (1 positive, 0 negative), and the part it belongs to.

    ``held_out`` is None where the file does not say.
    """

    text: str
    label: int
    held_out: bool | None = None


def read(path: Path) -> list[Sentence]:
    """Read the sentences of a CSV file with a header that has text and label.

    A column ``split`` (train, held-out) is minded where there is one, other columns
    are not. Empty lines are skipped; a sentence that comes again with the same label
    is left out, since one half of a pair would give the other away. A DataError names
    file and line, counted from 1.
    """
    try:
        if path.exists() and not path.is_file():
            raise DataError("this is not a file")  # reading a pipe may never end
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise DataError(f"the file is larger than {MOST_BYTES // 10**6} MB")
        found = _sentences(_records(_decoded(content)))
        sentences = _each_once(found)
        _check_amount(sentences)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    except ValueError as error:  # no file can have such a name
        raise DataError(f"{path}: {error}") from None
    return sentences


def parts(
    sentences: Sequence[Sentence], seed: int
) -> tuple[list[Sentence], list[Sentence]]:
    """Give the sentences to learn from and those held out.

    As the file says; where it does not, a fifth of each label is drawn to be held out.
    """
    if sentences[0].held_out is None:
        return _drawn(sentences, seed)
    return (
        [sentence for sentence in sentences if not sentence.held_out],
        [sentence for sentence in sentences if sentence.held_out],
    )


def _drawn(
    sentences: Sequence[Sentence], seed: int
) -> tuple[list[Sentence], list[Sentence]]:
    labels = [sentence.label for sentence in sentences]
    learnt, held_out = train_test_split(
        list(sentences), test_size=SHARE_HELD_OUT, random_state=seed, stratify=labels
    )
    return learnt, held_out


def validation(
    sentences: Sequence[Sentence], seed: int
) -> tuple[list[Sentence], list[Sentence]]:
    """Divide what there is to learn from: choices are made on a fifth of it."""
    learnt, _ = parts(sentences, seed)
    return _drawn(learnt, seed)


# ---- from bytes to records ----------------------------------------------------------


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError("line 1: the file is UTF-16; save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"line {line}: byte 0x{content[error.start]:02X} is not UTF-8; "
            "save the file as UTF-8"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DataError(f"line {line}: a NUL character; this is not a text file")
    return text


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Give each record that is not empty with the line on which it begins."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason = str(error)
            if "unexpected end" in reason:
                reason = "a quotation mark is opened and never closed"
            raise DataError(f"line {line}: {reason}") from None
        if line > MOST_LINES:
            raise DataError(f"line {line}: more than {MOST_LINES:,} lines; take a part")
        if fields:
            yield line, fields


# ---- from records to sentences ------------------------------------------------------


def _sentences(records: Iterator[tuple[int, list[str]]]) -> Iterator[Sentence]:
    line, header = next(records, (1, []))
    columns = [name.strip().lower() for name in header]
    for name in ("text", "label"):
        if columns.count(name) != 1:
            raise DataError(
                f"line {line}: expected a header with one column {name!r} and commas "
                f"in between, got {','.join(header)!r:.60}"
            )
    for number, (line, fields) in enumerate(records, 1):
        if number > MOST_ROWS:
            raise DataError(f"line {line}: more than {MOST_ROWS:,} rows; take a part")
        if len(fields) != len(columns):
            raise DataError(
                f"line {line}: expected {len(columns)} fields as in the header, got "
                f"{len(fields)}; a text with a comma stands in quotation marks"
            )
        yield _sentence(line, dict(zip(columns, fields, strict=True)))


def _sentence(line: int, row: dict[str, str]) -> Sentence:
    text, label = row["text"].strip(), row["label"].strip().lower()
    if not text:
        raise DataError(f"line {line}: the text is empty")
    if label not in LABELS:
        raise DataError(
            f"line {line}: the label is {row['label']!r:.40}; "
            f"expected one of {', '.join(LABELS)}"
        )
    held_out = None
    if "split" in row:
        part = row["split"].strip().lower()
        if part not in PARTS:
            raise DataError(
                f"line {line}: the split is {row['split']!r:.40}; "
                f"expected one of {', '.join(PARTS)}"
            )
        held_out = PARTS[part]
    return Sentence(text, LABELS[label], held_out)


def _each_once(sentences: Iterable[Sentence]) -> list[Sentence]:
    first: dict[tuple[str, int], Sentence] = {}
    for sentence in sentences:
        first.setdefault((sentence.text.lower(), sentence.label), sentence)
    return list(first.values())


def _check_amount(sentences: Sequence[Sentence]) -> None:
    counts = Counter(sentence.label for sentence in sentences)
    for label, name in ((1, "positive"), (0, "negative")):
        if counts[label] < LEAST_OF_A_LABEL:
            raise DataError(
                f"{counts[label]} {name} sentences, each counted once; "
                f"at least {LEAST_OF_A_LABEL} are needed"
            )
    if sentences[0].held_out is None:
        return
    for held_out, name in ((False, "train"), (True, "held-out")):
        if len({s.label for s in sentences if s.held_out is held_out}) < 2:
            raise DataError(f"the part {name!r} of the split needs both labels")
