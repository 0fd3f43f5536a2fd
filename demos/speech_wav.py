"""Recordings: from a WAV file to samples that the features take, and back."""

from __future__ import annotations

import warnings
from io import BytesIO
from math import gcd
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.io import wavfile
from scipy.signal import resample_poly

from demos.options import is_there
from demos.speech_synthesis import RATE

Array = NDArray[np.float64]

LARGEST = 50_000_000  # bytes
MOST_CHUNKS = 1_000  # of which a file has a few; each takes SciPy's reader its time
RATES = (8_000, 192_000)
SHORTEST, LISTENED = 0.1, 0.3  # seconds that must be there, and that are listened to
QUIETEST = 1e-4  # a peak below this part of full scale is silence
READ = {"int16": 32768.0, "float32": 1.0, "float64": 1.0}  # and their full scale


class RecordingError(ValueError):
    """A recording cannot be used; the message names the file and the reason."""


def read(path: Path) -> Array:
    """Give the loudest part of a recording at ``RATE``, its channels added.

    The file is a WAV of 16-bit whole or of 32- or 64-bit floating-point numbers, of any
    number of channels, at 8,000 to 192,000 samples a second. What is no such file, is
    damaged, too long, shorter than 0.1 s, silent or not finite is a RecordingError.
    """
    rate, samples = _decoded(path)
    if not RATES[0] <= rate <= RATES[1]:
        raise RecordingError(
            f"{path}: {rate:,} samples a second; expected {RATES[0]:,} to {RATES[1]:,}"
        )
    if len(samples) < SHORTEST * rate:
        raise RecordingError(
            f"{path}: the sound is {len(samples) / rate:.3f} s long; a vowel needs "
            f"at least {SHORTEST} s"
        )
    peak = np.abs(samples).max()
    if peak >= QUIETEST:
        mono = (samples / peak).reshape(len(samples), -1).mean(axis=1)
        part = loudest(mono - mono.mean(), round(LISTENED * rate))
        common = gcd(rate, RATE)
        heard = np.asarray(resample_poly(part, RATE // common, rate // common))
        if np.abs(heard).max() >= QUIETEST:
            return heard
    raise RecordingError(f"{path}: the recording is silent")


def loudest(samples: Array, n: int) -> Array:
    """Give the n samples in a row with the most energy; all where there are no more.

    >>> loudest(np.array([0.0, 1.0, -3.0, 2.0, 0.0]), 2)
    array([-3.,  2.])
    """
    if len(samples) <= n:
        return samples
    sums = np.cumsum(np.concatenate([[0.0], samples**2]))
    start = int(np.argmax(sums[n:] - sums[:-n]))
    return samples[start : start + n]


def wav(samples: Array) -> bytes:
    """Give samples at ``RATE`` as a 16-bit WAV file, as loud as is safe."""
    content = BytesIO()
    whole = np.round(samples * (0.9 * 32767.0 / np.abs(samples).max()))
    wavfile.write(content, RATE, whole.astype(np.int16))
    return content.getvalue()


def _decoded(path: Path) -> tuple[int, Array]:
    content = _bytes(path)
    if _has_many_chunks(content):
        raise RecordingError(f"{path}: damaged: it has more than {MOST_CHUNKS:,} parts")
    try:
        with warnings.catch_warnings():
            # Only chunks that are not sound, and an end that comes early: both common.
            warnings.simplefilter("ignore", wavfile.WavFileWarning)
            rate, samples = wavfile.read(BytesIO(content))
    except Exception as error:  # whatever damaged bytes lead SciPy's reader into
        known = isinstance(error, ValueError)
        raise RecordingError(
            f"{path}: not a WAV file that can be read: "
            f"{error if known else 'it is damaged, or holds no sound'}"
        ) from error
    kind = samples.dtype.newbyteorder("=").name
    if kind not in READ:
        bits = {"uint8": "8-bit", "int32": "24- or 32-bit", "int64": "64-bit"}
        raise RecordingError(
            f"{path}: {bits.get(kind, kind)} samples; expected 16-bit or "
            "floating-point, as in: sox in.wav -b 16 out.wav"
        )
    if not np.isfinite(samples).all():
        raise RecordingError(f"{path}: a sample is not a finite number")
    return rate, samples.astype(float) / READ[kind]


def _has_many_chunks(content: bytes) -> bool:
    order: Literal["big", "little"] = "big" if content[:4] == b"RIFX" else "little"
    place = 12
    for _ in range(MOST_CHUNKS):
        size = int.from_bytes(content[place + 4 : place + 8], order)
        place += 8 + size + size % 2
        if place >= len(content):
            return False
    return True


def _bytes(path: Path) -> bytes:
    try:
        if not (is_there(path) and path.is_file()):
            raise RecordingError(f"{path}: there is no such file")
        if path.stat().st_size > LARGEST:
            raise RecordingError(
                f"{path}: larger than {LARGEST:,} bytes; cut the vowel out of it"
            )
        content = path.read_bytes()
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror or error}") from None
    if not content:
        raise RecordingError(f"{path}: the file is empty")
    return content
