"""Sentiment: is a sentence for or against, and which of its words say so?

python -m demos.sentiment [--say TEXT] [--csv FILE]

Three models learn from the same sentences, written in scalars with ``nn``: a logistic
regression on the plain bag of words, and a logistic regression and an MLP on words that
know about negations. For a sentence, the gradient of the MLP's score with respect to
the presence of each word shows which words carry the decision.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from math import exp
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix
from threadpoolctl import threadpool_limits

from demos.options import folder, whole
from demos.output import complain, png, say, write_whole
from demos.sentiment_data import SHIPPED, DataError, Sentence, parts, read, validation
from demos.sentiment_model import Classifier, untrained
from demos.sentiment_picture import result_figure
from demos.sentiment_words import has_negation

EXAMPLES = (
    "Not bad at all, and never boring.",
    "I can't say I liked it.",
    "The waiter was friendly but the soup was cold.",
)
BAR = 12  # characters of the longest bar

# ---- the job ------------------------------------------------------------------------


def main(argv: Sequence[str] | None = None) -> int:
    """Train, report, draw and answer; give the exit code."""
    options = parse(argv)
    try:
        # The matrices are small: one thread computes faster than several that wait.
        with threadpool_limits(1):
            run(options)
    except DataError as error:
        return complain("sentiment", str(error))
    except OSError as error:
        return complain(
            "sentiment", f"cannot write into {options.out}: {error.strerror or error}"
        )
    except KeyboardInterrupt:
        return complain(
            "sentiment", "interrupted; no file was left half written", code=130
        )
    return 0


def run(options: argparse.Namespace) -> None:
    """Do the work that the options ask for, saying each step before it is taken."""
    started = perf_counter()
    divide = validation if options.validate else parts
    learnt, held_out = divide(read(options.csv), options.seed)
    negated = sum(has_negation(sentence.text) for sentence in held_out)
    say(
        f"Sentiment: {len(learnt):,} sentences to learn from, {len(held_out):,} held "
        f"out ({negated:,} with a negation), seed {options.seed}."
    )
    bag, logistic, mlp = (c.train(learnt, options.seed) for c in untrained())
    labels = np.array([sentence.label for sentence in held_out])
    called = [(c.name, c.labels(held_out)) for c in (bag, logistic, mlp)]
    scores = [(name, shares(given == labels, held_out)) for name, given in called]
    confusion = confusion_matrix(labels, called[-1][1], labels=[0, 1])
    say(report(scores, confusion))
    options.out.mkdir(parents=True, exist_ok=True)
    picture = options.out / "words.png"
    write_whole(picture, png(result_figure(weights(logistic), scores, confusion)))
    say(
        f"In all         {perf_counter() - started:.1f} s"
        f"\nFiles          {picture}  the heaviest words, the scores, the confusion"
    )
    say(
        f"\nBy words, {mlp.name}: a bar is the gradient of the score with respect to"
        "\nthe presence of the word; to the right it speaks for positive."
    )
    for text in options.say or EXAMPLES:
        say("\n" + answer(mlp, text))
    if sys.stdin.isatty() and not options.say:
        converse(mlp)


# ---- what is measured ----------------------------------------------------------------


def shares(
    right: NDArray[np.bool_], sentences: Sequence[Sentence]
) -> tuple[float, float, float]:
    """Give the share that is right of all sentences, with and without a negation."""
    negated = np.array([has_negation(sentence.text) for sentence in sentences])
    groups = (right, right[negated], right[~negated])
    all_, with_, without = (
        float(group.mean()) if group.size else float("nan") for group in groups
    )
    return all_, with_, without


def weights(classifier: Classifier) -> list[tuple[str, float]]:
    """Give the terms of a logistic regression, as people write them, with weights."""
    (neuron,) = classifier.network.layers[0].neurons
    vocabulary = classifier.vocabulary
    return [
        (vocabulary.spelled(term), w.data)
        for term, w in zip(vocabulary.terms, neuron.w, strict=True)
    ]


# ---- what is said -------------------------------------------------------------------


def report(
    scores: Sequence[tuple[str, Sequence[float]]], confusion: NDArray[np.int64]
) -> str:
    """Give the table of what the models got right, and the confusion of the last."""
    lines = ["", f"{'Held-out sentences right':28}all   negated   other"]
    for name, shares in scores:
        all_, with_, without = (
            f"{share:.1%}" if share == share else "-" for share in shares
        )
        lines.append(f"  {name:24}{all_:>7}{with_:>9}{without:>9}")
    (tn, fp), (fn, tp) = confusion.tolist()
    lines += [
        "",
        f"{'Confusion, ' + scores[-1][0]:30}called negative   called positive",
        f"  negative in truth         {tn:>13}{fp:>18}",
        f"  positive in truth         {fn:>13}{tp:>18}",
        "",
    ]
    return "\n".join(lines)


def answer(classifier: Classifier, text: str) -> str:
    """Say what the classifier thinks of a text, with a bar for each word."""
    score, parts_ = classifier.explain(text)
    p = 1.0 / (1.0 + exp(-max(-700.0, min(700.0, score))))
    verdict = f"positive, {p:.0%}" if score > 0.0 else f"negative, {1.0 - p:.0%}"
    lines = [f"{text}\n  {verdict}"]
    largest = max((abs(slope) for _, slope in parts_), default=0.0) or 1.0
    for word, slope in parts_:
        bar = "#" * round(BAR * abs(slope) / largest)
        left, right = (bar, "") if slope < 0.0 else ("", bar)
        number = f"{slope:+.2f}" if word.terms else ""
        if word.terms and not classifier.vocabulary.knows(word):
            number = "never seen"
        lines.append(f"  {word.text:>16.16} {left:>{BAR}}|{right:{BAR}} {number}")
    return "\n".join(line.rstrip() for line in lines)


def converse(classifier: Classifier) -> None:
    """Answer what is typed, line by line, until an empty line or the end of input."""
    say("\nType a sentence; an empty line ends.")
    while True:
        try:
            text = input("> ").strip()
        except EOFError:
            return
        if not text:
            return
        say(answer(classifier, text))


# ---- options ------------------------------------------------------------------------


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the options; what is wrong with them is one line on stderr, exit code 2."""
    parser = argparse.ArgumentParser(
        prog="python -m demos.sentiment",
        usage=argparse.SUPPRESS,  # an error is one line, without the usage above it
        description="Tell positive sentences from negative ones, and by which words.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add: Callable[..., Any] = parser.add_argument
    add("--say", action="append", metavar="TEXT", help="a sentence to judge")
    add("--csv", type=Path, default=SHIPPED, help="sentences: columns text and label")
    add(
        "--validate",
        action="store_true",
        help="hold out a fifth of the training part instead of the held-out part",
    )
    add("--seed", type=whole(0, 2**32 - 1), default=0, help="of weights and batches")
    add("--out", type=folder, default=Path("sentiment"), help="folder for the picture")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
