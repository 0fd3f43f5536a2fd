"""Learning-rate schedules: pure functions from the number of a step to its rate.

Steps are counted from 0. An optimiser takes a schedule wherever it takes a number, and
a schedule is anything that can be called with a step: these three are only the usual.
"""

from __future__ import annotations

import math
from functools import partial

from nn.choice import count, real

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable

    Schedule = Callable[[int], float]


def step_decay(lr: float, every: int, gamma: float = 0.1) -> Schedule:
    """Multiply the rate by gamma after every so many steps.

    >>> schedule = step_decay(1.0, every=10, gamma=0.5)
    >>> schedule(0), schedule(9), schedule(10), schedule(25)
    (1.0, 1.0, 0.5, 0.25)
    """
    gamma = real("gamma", gamma)
    return partial(_step_decay, real("lr", lr), count("every", every), gamma)


def _step_decay(lr: float, every: int, gamma: float, step: int) -> float:
    return lr * gamma ** (count("step", step, least=0) // every)


def cosine_decay(lr: float, steps: int, final: float = 0.0) -> Schedule:
    """Go from lr down to final along half a cosine in so many steps, then stay there.

    Loshchilov and Hutter (2017), "SGDR", arXiv:1608.03983, eq. 5, without restarts.

    >>> schedule = cosine_decay(1.0, steps=10)
    >>> schedule(0), round(schedule(5), 9), schedule(10), schedule(99)
    (1.0, 0.5, 0.0, 0.0)
    """
    final = real("final", final)
    return partial(_cosine_decay, real("lr", lr), count("steps", steps), final)


def _cosine_decay(lr: float, steps: int, final: float, step: int) -> float:
    turn = math.pi * min(count("step", step, least=0), steps) / steps
    return final + (lr - final) * (1.0 + math.cos(turn)) / 2.0


def linear_warmup(
    schedule: float | Schedule, steps: int, start: float = 1 / 3
) -> Schedule:
    """Raise the rate in so many steps from the fraction start of it to all of it.

    Then a schedule runs from its own step 0; a number stays.

    >>> schedule = linear_warmup(cosine_decay(1.0, steps=10), steps=4, start=0.0)
    >>> schedule(0), schedule(2), schedule(4), round(schedule(9), 9)
    (0.0, 0.5, 1.0, 0.5)
    """
    if not callable(schedule):
        schedule = real("lr", schedule)
    if real("start", start) > 1.0:
        raise ValueError(f"start is a fraction of the rate, at most 1, got {start!r}")
    return partial(_warmup, schedule, count("steps", steps), float(start))


def _warmup(schedule: float | Schedule, steps: int, start: float, step: int) -> float:
    fraction = start + (1.0 - start) * min(count("step", step, least=0), steps) / steps
    later = max(step - steps, 0)
    rate = real("lr", schedule(later)) if callable(schedule) else schedule
    return fraction * rate
