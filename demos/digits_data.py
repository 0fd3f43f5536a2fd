"""Images of handwritten digits: those that scikit-learn ships, or MNIST's own files."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from demos.idx import IdxError, read_idx
from demos.options import is_there

SHARE_HELD_OUT = 0.2
SPLIT_SEED = 0  # the split is one and the same, whatever the seed of a run
INK = 16.0  # the darkest pixel of scikit-learn's images
MOST_CLASSES = 64
MOST_PIXELS = 4_096  # of one image: 64 x 64
MOST_NUMBERS = 60_000_000  # pixels to learn from; MNIST has 47 million


@dataclass(frozen=True)
class Images:
    """Images of n digits, (n, height, width) from 0 to 1, and what they show, (n,)."""

    pixels: NDArray[np.float64]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def rows(self) -> NDArray[np.float64]:
        """The images as samples, (n, height * width)."""
        return self.pixels.reshape(len(self), -1)

    def at(self, indices: Any) -> Images:
        """Give the images with these indices."""
        return Images(self.pixels[indices], self.labels[indices])


def shipped() -> tuple[Images, Images]:
    """Give scikit-learn's 1,797 digits, a fifth of them held out.

    They are the test part of the UCI set "Optical Recognition of Handwritten Digits"
    (Alpaydin and Kaynak, 1998), 8 x 8 pixels of 17 shades. Who wrote which is not
    known, so both parts hold digits by the same 13 people.
    """
    digits: Any = load_digits()
    return divide(Images(digits.images / INK, digits.target.astype(np.int64)))


def divide(images: Images) -> tuple[Images, Images]:
    """Hold out a fifth of the images of each class: drawn at random, always alike."""
    order = list(range(len(images)))
    random.Random(SPLIT_SEED).shuffle(order)
    drawn = np.array(order)
    held_out = np.zeros(len(images), bool)
    for label in np.unique(images.labels):
        members = drawn[images.labels[drawn] == label]
        held_out[members[: round(SHARE_HELD_OUT * len(members))]] = True
    return images.at(~held_out), images.at(held_out)


# ---- MNIST's files ------------------------------------------------------------------


def from_idx(folder: Path, first: int | None = None) -> tuple[Images, Images]:
    """Read the four files of MNIST: images to learn from, and those held out.

    Names are MNIST's own, as ``train-images-idx3-ubyte``, with ``-`` or ``.`` before
    idx, and ``.gz`` behind or not. With ``first``, only so many images are learnt from.
    What is missing or wrong, or does not belong together, is an IdxError that names it.
    """
    learnt = _pair(folder, "train", first)
    held_out = _pair(folder, "t10k", None)
    sizes = [_by(part.pixels.shape[1:]) for part in (learnt, held_out)]
    if sizes[0] != sizes[1]:
        raise IdxError(
            f"{folder}: the images to learn from have {sizes[0]} pixels, "
            f"those held out {sizes[1]}"
        )
    greatest, other = int(learnt.labels.max()), int(held_out.labels.max())
    if not 1 <= greatest < MOST_CLASSES:
        raise IdxError(
            f"{folder}: the greatest label to learn from is {greatest}; expected 2 to "
            f"{MOST_CLASSES} classes, counted from 0"
        )
    if other > greatest:
        raise IdxError(
            f"{folder}: the greatest label to learn from is {greatest}, but label "
            f"{other} is held out"
        )
    return learnt, held_out


def _pair(folder: Path, part: str, first: int | None) -> Images:
    """Read the images and the labels of a part, train or t10k."""
    place = _find(folder, f"{part}-images", 3)
    pixels = _bytes(place, 3)
    labels_place = _find(folder, f"{part}-labels", 1)
    labels = _bytes(labels_place, 1)
    if len(pixels) != len(labels):
        raise IdxError(
            f"{place} has {len(pixels):,} images, but {labels_place} has "
            f"{len(labels):,} labels"
        )
    if not pixels.size:
        raise IdxError(f"{place}: {_by(pixels.shape)} pixels: there is nothing to see")
    if pixels[0].size > MOST_PIXELS:
        raise IdxError(
            f"{place}: images of {_by(pixels.shape[1:])} pixels; at most "
            f"{MOST_PIXELS:,} pixels make one"
        )
    pixels, labels = pixels[:first], labels[:first]
    if pixels.size > MOST_NUMBERS:
        remedy = f"; take --first {MOST_NUMBERS // pixels[0].size}"
        raise IdxError(
            f"{place}: {pixels.size:,} pixels in all; at most {MOST_NUMBERS:,} are "
            f"taken{remedy if part == 'train' else ''}"
        )
    return Images(pixels / 255.0, labels.astype(np.int64))


def _find(folder: Path, name: str, dimensions: int) -> Path:
    """Give the file of that name which is there, in any of the usual spellings."""
    spelled = [f"{name}{mark}idx{dimensions}-ubyte" for mark in "-."]
    names = [plain + ending for plain in spelled for ending in ("", ".gz")]
    try:
        for path in (folder / each for each in names):
            if is_there(path):
                return path
    except OSError as error:
        raise IdxError(f"{folder}: {error.strerror or error}") from None
    raise IdxError(f"{folder}: none of these files is there: {', '.join(names)}")


def _bytes(path: Path, dimensions: int) -> NDArray[np.uint8]:
    array = read_idx(path)
    if array.ndim != dimensions or array.dtype != np.uint8:
        raise IdxError(
            f"{path}: expected unsigned bytes in {dimensions} dimensions, "
            f"got {array.dtype} in {array.ndim}"
        )
    return array


def _by(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))
