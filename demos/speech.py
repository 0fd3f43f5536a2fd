"""Speech: which vowel is spoken, whoever speaks?

python -m demos.speech [--wav FILE]

A synthesiser speaks ten vowels with the voices of men, women and children about
published mean formants. An MLP, written in scalars with ``nn``, learns to tell the
vowels from the energies in 24 bands, and is asked about speakers it has never heard.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix
from threadpoolctl import threadpool_limits

from demos.options import folder, whole
from demos.output import complain, png, say, write_whole
from demos.speech_features import FILTERS, features
from demos.speech_model import TOKENS, NearestMean, Network, Sounds
from demos.speech_picture import Example, Shares, confusion_figure, spectrogram_figure
from demos.speech_synthesis import SNR, speak
from demos.speech_vowels import GROUPS, ONE_OF, WORDS, mean_speaker, table
from demos.speech_wav import RecordingError, read, wav

Array = NDArray[np.float64]

HELD_OUT = 3  # one speaker is held out for so many that are learnt from
SAMPLES = ("heed", "hod", "who'd")  # vowels that are drawn, and written to be heard
SAMPLE_SECONDS, SAMPLE_SNR = 0.5, 30.0
BAR = 30  # characters of the bar of a probability of 1
NOTICE = """
The data is synthetic: no person has spoken. Each vowel is steady, and a speaker
differs from the means below by factors drawn at random. Real speech moves, and varies
in more ways: the accuracy says how well the network tells these sounds, not how well
it would tell a person's."""

# ---- the job ------------------------------------------------------------------------


def main(argv: Sequence[str] | None = None) -> int:
    """Train, report, draw and listen; give the exit code."""
    options = parse(argv)
    try:
        # The matrices are small: one thread computes faster than several that wait.
        with threadpool_limits(1):
            run(options)
    except RecordingError as error:
        return complain("speech", str(error))
    except OSError as error:
        reason = error.strerror or error
        return complain("speech", f"cannot write into {options.out}: {reason}")
    except KeyboardInterrupt:
        text = "interrupted; no file was left half written"
        return complain("speech", text, code=130)
    return 0


def run(options: argparse.Namespace) -> None:
    """Do the work that the options ask for, saying each step before it is taken."""
    started = perf_counter()
    recordings = [(path, features(read(path))) for path in options.wav]
    say(f"{NOTICE}\n\n{table()}\nSource: Peterson and Barney (1952), table II.\n")
    learnt, held_out = sounds(options.speakers, options.seed, options.validate)
    say(f"\nTraining: an MLP on {FILTERS} energies of each sound.")
    network = Network(learnt, options.epochs, options.seed)
    called = {
        "nearest class mean": NearestMean(learnt).vowels(held_out.X),
        "MLP": network.vowels(held_out.X),
    }
    shares = {name: right(held_out, vowels) for name, vowels in called.items()}
    say(report(shares))
    confusion = confusion_matrix(
        held_out.vowel, called["MLP"], labels=range(len(WORDS))
    )
    say(f"\nDrawing, and writing sounds into {options.out}.")
    options.out.mkdir(parents=True, exist_ok=True)
    files = write(options.out, options.seed, confusion, shares)
    say(f"\nIn all         {perf_counter() - started:.1f} s")
    for k, (name, what) in enumerate(files):
        say(f"{'' if k else 'Files':15}{options.out / name}  {what}")
    for path, heard in recordings:
        say(f"\n{path}\n{answer(network.probabilities(heard[None])[0])}")


def sounds(speakers: int, seed: int, validate: bool) -> tuple[Sounds, Sounds]:
    """Give the sounds to learn from and those held out, of different speakers.

    To validate, some of the speakers to learn from take the place of the held-out ones,
    who are not heard at all: settings are to be chosen by the former.
    """
    total = speakers + max(1, speakers // HELD_OUT)
    if validate:
        total, speakers = speakers, speakers - max(1, speakers // (HELD_OUT + 1))
    say(
        f"Synthesising: men, women and children, {speakers} of each to learn from\n"
        f"and {total - speakers} others of each held out, seed {seed}; each speaks "
        f"{len(WORDS)} vowels {TOKENS} times,\n"
        f"{SNR[0]:g} to {SNR[1]:g} dB above white noise."
    )
    return Sounds(range(speakers), seed), Sounds(range(speakers, total), seed)


# ---- what is measured and said ------------------------------------------------------


def right(sounds: Sounds, called: NDArray[np.int64]) -> list[float]:
    """Give the share that is called rightly of all sounds, and of each group's."""
    groups = [sounds.group >= 0, *(sounds.group == g for g in range(len(GROUPS)))]
    return [float((called == sounds.vowel)[group].mean()) for group in groups]


def report(shares: Shares) -> str:
    """Give the table of the shares right."""
    heads = "".join(f"{head:>10}" for head in ("all", *GROUPS))
    lines = [f"\n{'Held-out speakers, right':26}{heads}"]
    for name, row in shares.items():
        lines.append(f"  {name:24}" + "".join(f"{share:10.1%}" for share in row))
    return "\n".join(lines)


def answer(probabilities: Array) -> str:
    """Give the probabilities of the vowels of a recording, the largest first."""
    lines = []
    for vowel in np.argsort(-probabilities, kind="stable"):
        p = float(probabilities[vowel])
        lines.append(f"  {WORDS[vowel]:6}{p:7.1%}  {'#' * round(BAR * p)}")
    return "\n".join(line.rstrip() for line in lines)


# ---- files --------------------------------------------------------------------------


def write(
    out: Path, seed: int, confusion: NDArray[np.int64], shares: Shares
) -> list[tuple[str, str]]:
    """Write the pictures and sounds; give the names of files, and what they are."""
    examples = list(spoken(seed))
    write_whole(out / "spectrograms.png", png(spectrogram_figure(examples)))
    write_whole(out / "confusion.png", png(confusion_figure(confusion, shares)))
    for samples, _, group, vowel in examples:
        word = WORDS[vowel].replace("'", "")
        write_whole(out / f"{ONE_OF[group]}-{word}.wav", wav(samples))
    words = ", ".join(SAMPLES)
    return [
        ("spectrograms.png", "the voices over time, and the formants"),
        ("confusion.png", "what was called what, and the shares right"),
        ("*.wav", f"{words}, each by a man, a woman and a child"),
    ]


def spoken(seed: int) -> Iterator[Example]:
    """Speak what is drawn and written, by the mean speaker of each group."""
    rng = np.random.default_rng(seed)
    for group in range(len(GROUPS)):
        speaker = mean_speaker(group)
        for vowel in map(WORDS.index, SAMPLES):
            samples = speak(speaker, vowel, rng, SAMPLE_SECONDS, SAMPLE_SNR)
            yield samples, speaker.formants(vowel), group, vowel


# ---- options ------------------------------------------------------------------------


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the options; what is wrong with them is one line on stderr, exit code 2."""
    parser = argparse.ArgumentParser(
        prog="python -m demos.speech",
        usage=argparse.SUPPRESS,  # an error is one line, without the usage above it
        description="Tell synthetic vowels of speakers never heard, and a recording's.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add: Callable[..., Any] = parser.add_argument
    add(
        "--wav",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a recording of one vowel to judge; may be given more than once",
    )
    add(
        "--speakers",
        type=whole(2, 1000),
        default=48,
        help="men, women and children each to learn from; a third more are held out",
    )
    add(
        "--validate",
        action="store_true",
        help="hold out a quarter of the speakers to learn from instead of the others",
    )
    add("--epochs", type=whole(1, 10_000), default=40, help="passes over the sounds")
    add("--seed", type=whole(0, 2**32 - 1), default=0, help="of voices and weights")
    add("--out", type=folder, default=Path("speech"), help="folder for the files")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
