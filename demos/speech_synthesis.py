"""A source-filter synthesiser of vowels (Fant 1960, "Acoustic theory of speech").

The source is the airflow through the glottis, a pulse a period, with breath; the filter
is the vocal tract, a cascade of resonators, one a formant; the lips radiate the change
of the flow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import sosfilt

from demos.speech_vowels import Speaker

Array = NDArray[np.float64]

RATE = 16_000  # samples a second
SECONDS = (0.12, 0.25)  # the length of a token
SNR = (10.0, 30.0)  # decibels from the power of the voice down to that of the noise
JITTER = 0.005  # standard deviation of a period, relative
SHIMMER = 0.05  # standard deviation of a pulse's height, relative
GLIDE = 0.1  # F0 rises or falls by up to this part within a token
FADE = 0.015  # seconds in which a token swells, and in which it fades
# Klatt (1980), "Software for a cascade/parallel formant synthesizer", JASA 67, 971-995,
# table I: typical bandwidths of F1 to F3 in hertz; from F4 on all are the fourth.
BANDWIDTHS = (50.0, 70.0, 110.0, 250.0)
# From F4 on, the resonances of a tube of 17.5 cm that is closed at one end; the tracts
# of women and children are shorter, by the ratio of the published means of F3.
HIGHER = (3500.0, 4500.0, 5500.0, 6500.0, 7500.0)
SHORTER = (1.0, 1.17, 1.36)


def speak(
    speaker: Speaker,
    vowel: int,
    rng: np.random.Generator,
    seconds: float | None = None,
    snr: float | None = None,
) -> Array:
    """Give a token of a vowel as samples of mean square 1, noise included.

    Length and signal-to-noise ratio, in decibels, are drawn unless given.
    """
    length = rng.uniform(*SECONDS) if seconds is None else seconds
    ratio = rng.uniform(*SNR) if snr is None else snr
    formants = speaker.formants(vowel) * np.exp(speaker.slip * rng.standard_normal(3))
    higher = [f * SHORTER[speaker.group] * speaker.tract for f in HIGHER]
    flow = glottal_flow(speaker.fundamental(vowel), length, speaker.open, rng)
    flow += speaker.breath * flow.std() * rng.standard_normal(len(flow))
    filters = np.vstack([tract([*formants, *higher]), _lips(speaker.tilt)])
    voice = sosfilt(filters, flow)
    ramp = np.minimum(np.arange(1, len(voice) + 1) / (FADE * RATE), 1.0)
    voice *= ramp * ramp[::-1] / np.sqrt(np.mean(voice**2))
    noisy: Array = voice + 10.0 ** (-ratio / 20.0) * rng.standard_normal(len(voice))
    return np.asarray(noisy / np.sqrt(np.mean(noisy**2)))


def glottal_flow(
    f0: float, seconds: float, open_part: float, rng: np.random.Generator
) -> Array:
    """Give the airflow through the glottis: pulses of about f0 a second.

    Rosenberg (1971), "Effect of glottal pulse shape on the quality of natural vowels",
    JASA 49, 583-590, the trigonometric pulse: the flow rises as half a cosine for 5/7
    of the time for which the glottis is open, and falls as a quarter of one.
    """
    n = int(1.5 * f0 * seconds) + 4
    glide = 1.0 + rng.uniform(-GLIDE, GLIDE) * np.linspace(-0.5, 0.5, n)
    periods = glide / f0 * np.maximum(1.0 + JITTER * rng.standard_normal(n), 0.5)
    heights = 1.0 + SHIMMER * rng.standard_normal(n)
    starts = np.cumsum(periods) - periods[0] * (1.0 + rng.uniform())
    t = np.arange(round(seconds * RATE)) / RATE
    pulse = np.searchsorted(starts, t, side="right") - 1
    phase = (t - starts[pulse]) / periods[pulse]
    rises = 5.0 / 7.0 * open_part
    rising = 0.5 - 0.5 * np.cos(np.pi * phase / rises)
    falling = np.cos(0.5 * np.pi * (phase - rises) / (open_part - rises))
    shape = np.where(phase < rises, rising, np.where(phase < open_part, falling, 0.0))
    return np.asarray(heights[pulse] * shape)


def tract(formants: list[float]) -> Array:
    """Give the vocal tract as second-order sections: a resonator for each formant.

    y_t = (1 - b - c) x_t + b y_{t-1} + c y_{t-2}, where c = -exp(-2 pi B / rate) and
    b = 2 exp(-pi B / rate) cos(2 pi F / rate) (Klatt 1980): the poles lie at frequency
    F with bandwidth B, and a constant flow passes as it is. What lies too near half the
    rate is left out.
    """
    sections = []
    for i, formant in enumerate(formants):
        bandwidth = BANDWIDTHS[min(i, len(BANDWIDTHS) - 1)]
        if formant + bandwidth < RATE / 2:
            radius = np.exp(-np.pi * bandwidth / RATE)
            b = 2.0 * radius * np.cos(2.0 * np.pi * formant / RATE)
            c = -(radius**2)
            sections.append([1.0 - b - c, 0.0, 0.0, 1.0, -b, -c])
    return np.array(sections)


def _lips(tilt: float) -> Array:
    """Radiation, a difference; and the low-pass y_t = (1 - k) x_t + k y_{t-1}."""
    return np.array([[1.0 - tilt, tilt - 1.0, 0.0, 1.0, -tilt, 0.0]])
