"""Handwritten digits: a network learns to read them, scalar by scalar.

python -m demos.digits [--idx DIR]

An MLP 64-32-10 learns from 1,438 of scikit-learn's digits and is asked about the 359
others: softmax cross-entropy, Adam, minibatches, compiled by ``nn.fit``. A picture
shows what it takes for what, its mistakes, and what its hidden neurons look at. With
``--idx`` it learns from MNIST's own files, if you have them: an MLP 784-128-10.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix
from threadpoolctl import threadpool_limits

from demos.digits_data import Images, divide, from_idx, shipped
from demos.digits_model import (
    LARGE,
    SMALL,
    network,
    probabilities,
    settings_for,
    train,
    weights,
)
from demos.digits_picture import result_figure
from demos.idx import IdxError
from demos.options import folder, whole
from demos.output import complain, png, say, write_whole

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

WIDEST_TABLE = 16  # classes; a confusion of more is drawn, and not printed

# ---- the job ------------------------------------------------------------------------


def main(argv: Sequence[str] | None = None) -> int:
    """Train, report and draw; give the exit code."""
    options = parse(argv)
    try:
        # The matrices are small: one thread computes faster than several that wait.
        with threadpool_limits(1):
            run(options)
    except IdxError as error:
        return complain("digits", str(error))
    except OSError as error:
        return complain(
            "digits", f"cannot write into {options.out}: {error.strerror or error}"
        )
    except KeyboardInterrupt:
        return complain("digits", "interrupted; no file was left half written", 130)
    return 0


def run(options: argparse.Namespace) -> None:
    """Do the work that the options ask for, saying each step before it is taken."""
    started = perf_counter()
    learnt, held_out = data(options)
    height, width = learnt.pixels.shape[1:]
    say(
        f"Handwritten digits: {len(learnt):,} images to learn from, {len(held_out):,} "
        f"held out, {height} x {width} pixels, seed {options.seed}."
    )
    settings = settings_for(learnt)
    settings = replace(settings, epochs=options.epochs or settings.epochs)
    model = network(learnt, settings, options.seed)
    say(f"{model}\n")
    say(
        f"Training: {settings.epochs} epochs of Adam in batches of {settings.batch}, "
        f"softmax cross-entropy + {settings.l2:g} L2."
    )
    began = perf_counter()
    history = train(model, learnt, settings, options.seed)
    seconds, done = perf_counter() - began, len(history.epoch_loss)
    if not done:
        raise KeyboardInterrupt  # fit keeps what it has; here it has nothing
    if done < settings.epochs:
        say(f"\nInterrupted: the network is as it was in epoch {done + 1}.")
    say("\nAsking the network about all images, and drawing.")
    chances = probabilities(model, held_out)
    known = accuracy(probabilities(model, learnt), learnt)
    confusion = confused(chances, held_out)
    options.out.mkdir(parents=True, exist_ok=True)
    picture = options.out / "digits.png"
    looks = weights(model, (height, width))
    write_whole(picture, png(result_figure(confusion, looks, held_out, chances)))
    say(
        f"\n{table(confusion)}"
        f"\nAccuracy       {accuracy(chances, held_out):.1%} on images held out, "
        f"{known:.1%} on those learnt from"
        f"\nLoss           {history.epoch_loss[0]:.4f} -> {history.epoch_loss[-1]:.4f}"
        f"\nTraining       {seconds:.1f} s, "
        f"{1e3 * median(history.seconds):.3g} ms a step (median)"
        f"\nIn all         {perf_counter() - started:.1f} s"
        f"\nFiles          {picture}  the confusion, the mistakes, the hidden neurons"
    )


def data(options: argparse.Namespace) -> tuple[Images, Images]:
    """Give the images to learn from and those held out, as the options say."""
    if options.idx is None:
        learnt, held_out = shipped()
    else:
        say(f"Reading MNIST's files in {options.idx}.")
        learnt, held_out = from_idx(options.idx, options.first)
    if not options.validate:
        return learnt, held_out
    learnt, held_out = divide(learnt)
    if not len(held_out):
        raise IdxError(f"{options.idx}: too few images to hold out a fifth of them")
    return learnt, held_out


# ---- what is measured ---------------------------------------------------------------


def accuracy(chances: Array, images: Images) -> float:
    """Give the share of images whose likeliest class is the right one."""
    return float(np.mean(chances.argmax(axis=1) == images.labels))


def confused(chances: Array, images: Images) -> Counts:
    """Count how many images of each class (rows) were called what (columns)."""
    classes = range(chances.shape[1])
    counts: Counts = confusion_matrix(
        images.labels, chances.argmax(axis=1), labels=classes
    )
    return counts


def table(confusion: Counts) -> str:
    """Give the confusion as text, dots for none; one too wide is not printed."""
    classes = len(confusion)
    if classes > WIDEST_TABLE:
        return f"Confusion      of {classes} classes: see the picture\n"
    width = max(4, len(str(confusion.max())) + 1)
    head = "".join(f"{j:>{width}}" for j in range(classes))
    lines = [f"Confusion      {head}  <- called"]
    for i, row in enumerate(confusion.tolist()):
        cells = "".join(f"{count or '.':>{width}}" for count in row)
        lines.append(f"  {i:>2} in truth  {cells}")
    return "\n".join(lines) + "\n"


# ---- options ------------------------------------------------------------------------


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the options; what is wrong with them is one line on stderr, exit code 2."""
    parser = argparse.ArgumentParser(
        prog="python -m demos.digits",
        usage=argparse.SUPPRESS,  # an error is one line, without the usage above it
        description="Train an MLP to read digits, and draw what it learned.",
    )
    add: Callable[..., Any] = parser.add_argument
    add("--idx", type=Path, metavar="DIR", help="learn from MNIST's four files in DIR")
    add("--first", type=whole(2, 10**9), help="learn from so many images of them only")
    add(
        "--epochs",
        type=whole(1, 100_000),
        help=f"default: {SMALL.epochs}, for MNIST {LARGE.epochs}",
    )
    add(
        "--validate",
        action="store_true",
        help="hold out a fifth of what there is to learn from, instead of the test set",
    )
    add(
        "--seed",
        type=whole(0, 2**32 - 1),
        default=0,
        help="of weights and batches (default: 0)",
    )
    add(
        "--out",
        type=folder,
        default=Path("digits"),
        help="folder for the picture (default: digits)",
    )
    options = parser.parse_args(argv)
    if options.first is not None and options.idx is None:
        parser.error("--first goes with --idx")
    return options


if __name__ == "__main__":
    sys.exit(main())
