"""What the network hears: the energy of a sound in bands, on a logarithmic scale."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from demos.speech_synthesis import RATE

Array = NDArray[np.float64]

FRAME, HOP = 400, 160  # samples: 25 ms long, one every 10 ms
FFT = 512
FILTERS = 24
LOWEST, HIGHEST = 80.0, 4000.0  # hertz: within what a telephone's 8,000 a second carry
FLOOR = 1e-5  # of the strongest band's energy: what lies 50 dB lower is not heard


def mel(hertz: NDArray[np.floating[Any]]) -> Array:
    """Give the pitch in mel: about as many for each step that sounds equal.

    O'Shaughnessy (1987), "Speech communication": 2595 log10(1 + f / 700).

    >>> mel(np.array([0.0, 1000.0])).round()
    array([   0., 1000.])
    """
    return np.asarray(2595.0 * np.log10(1.0 + hertz / 700.0))


def filter_bank() -> Array:
    """Give the filters' weights on the bins of the spectrum, a row each.

    Each is a triangle; their tops stand at equal distances in mel, and each starts and
    ends where its neighbours have their tops.
    """
    bins = mel(np.fft.rfftfreq(FFT, 1.0 / RATE))
    low, high = mel(np.array([LOWEST, HIGHEST]))
    step = (high - low) / (FILTERS + 1)
    tops = low + step * np.arange(1, FILTERS + 1)
    return np.asarray(np.maximum(0.0, 1.0 - np.abs(bins - tops[:, None]) / step))


BANK = filter_bank()


def spectrogram(samples: Array, frame: int = FRAME, hop: int = HOP) -> Array:
    """Give the power of each frame, a row each, at FFT // 2 + 1 frequencies.

    Frames are smoothed by Hann's window; there must be samples for one.
    """
    frames = np.lib.stride_tricks.sliding_window_view(samples, frame)[::hop]
    return np.asarray(np.abs(np.fft.rfft(frames * np.hanning(frame), FFT)) ** 2)


def features(samples: Array) -> Array:
    """Give the logarithms of the energies in the bands, their mean taken away.

    Of the mean spectrum over time: so the loud frames count most; and how loud the
    whole is does not count.
    """
    energies = BANK @ spectrogram(samples).mean(axis=0)
    logs = np.log(energies + FLOOR * energies.max())
    return np.asarray(logs - logs.mean())
