"""Vowels and who speaks them: published means, and speakers drawn about them.

The means are those of Peterson and Barney (1952), "Control methods used in a study of
the vowels", Journal of the Acoustical Society of America 24, 175-184, table II: ten
vowels of American English, each between h and d, by 33 men, 28 women and 15 children.
How speakers differ from the means is not in that table: the spreads below are chosen
here, in the order of magnitude that phoneticians report.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

GROUPS = ("men", "women", "children")
ONE_OF = ("man", "woman", "child")


# The mean F0, F1, F2 and F3 of men, of women and of children, in hertz.
FIGURES = """
    heed   i   136  270 2290 3010   235  310 2790 3310   272  370 3200 3730
    hid    ɪ   135  390 1990 2550   232  430 2480 3070   269  530 2730 3600
    head   ɛ   130  530 1840 2480   223  610 2330 2990   260  690 2610 3570
    had    æ   127  660 1720 2410   210  860 2050 2850   251 1010 2320 3320
    hod    ɑ   124  730 1090 2440   212  850 1220 2810   256 1030 1370 3170
    hawed  ɔ   129  570  840 2410   216  590  920 2710   263  680 1060 3180
    hood   ʊ   137  440 1020 2240   232  470 1160 2680   276  560 1410 3310
    who'd  u   141  300  870 2240   231  370  950 2670   274  430 1170 3260
    hud    ʌ   130  640 1190 2390   221  760 1400 2780   261  850 1590 3360
    heard  ɝ   133  490 1350 1690   218  500 1640 1960   261  560 1820 2160
"""  # noqa: RUF001
_ROWS = [line.split() for line in FIGURES.strip().splitlines()]
WORDS = tuple(row[0] for row in _ROWS)
SYMBOLS = tuple(row[1] for row in _ROWS)
MEANS: Array = np.array([row[2:] for row in _ROWS], dtype=float).reshape(-1, 3, 4)

# Standard deviations of the logarithm of a factor, and limits of what is uniform.
TRACT = 0.05  # of all formants together: the length of a speaker's vocal tract
HABIT = 0.04  # of each formant of each vowel of a speaker: an accent
SLIP = 0.02  # of each formant of each token: nobody says a thing twice alike
PITCH = 0.15  # of F0, by speaker
OPEN = (0.5, 0.75)  # the part of a period for which the glottis is open, by speaker
TILT = (0.0, 0.5)  # pole of a low-pass: from a bright voice to a dull one, by speaker
BREATH = (0.0, 0.1)  # noise of the air in the glottis, beside the pulses, by speaker


@dataclass(frozen=True)
class Speaker:
    """A speaker: factors on the means of the group, and how the voice sounds."""

    group: int
    tract: float
    habits: Array  # for each vowel, of F1, F2 and F3
    pitch: float
    open: float
    tilt: float
    breath: float
    slip: float

    def formants(self, vowel: int) -> Array:
        """Give where this speaker puts F1, F2 and F3 of a vowel, in hertz."""
        means: Array = MEANS[vowel, self.group, 1:]
        return np.asarray(means * self.tract * self.habits[vowel])

    def fundamental(self, vowel: int) -> float:
        """Give F0 of a vowel, in hertz."""
        return float(MEANS[vowel, self.group, 0] * self.pitch)


def draw_speaker(group: int, rng: np.random.Generator) -> Speaker:
    """Draw a speaker of a group at random."""
    return Speaker(
        group,
        tract=float(np.exp(TRACT * rng.standard_normal())),
        habits=np.exp(HABIT * rng.standard_normal((len(WORDS), 3))),
        pitch=float(np.exp(PITCH * rng.standard_normal())),
        open=rng.uniform(*OPEN),
        tilt=rng.uniform(*TILT),
        breath=rng.uniform(*BREATH),
        slip=SLIP,
    )


def mean_speaker(group: int) -> Speaker:
    """Give the speaker whose formants are the published means.

    >>> mean_speaker(0).formants(WORDS.index("who'd"))
    array([ 300.,  870., 2240.])
    """
    habits = np.ones((len(WORDS), 3))
    return Speaker(group, 1.0, habits, 1.0, open=0.56, tilt=0.0, breath=0.0, slip=0.0)


def table() -> str:
    """Give the published means as a table, in hertz.

    >>> print("\\n".join(table().splitlines()[:3]))
    Mean, Hz         men                   women                children
               F0   F1   F2   F3      F0   F1   F2   F3      F0   F1   F2   F3
      heed    136  270 2290 3010     235  310 2790 3310     272  370 3200 3730
    """
    heads = [f"{group:^19}" for group in GROUPS], 3 * ["  F0   F1   F2   F3"]
    lines = [f"{'Mean, Hz':9}" + "    ".join(heads[0]), " " * 9 + "    ".join(heads[1])]
    for word, means in zip(WORDS, MEANS, strict=True):
        groups = ("".join(f"{hertz:5.0f}" for hertz in group)[1:] for group in means)
        lines.append(f"  {word:7}" + "    ".join(groups))
    return "\n".join(line.rstrip() for line in lines)
