"""A judge of compiled training: one step of an optimiser against the same by hand.

Each step is judged from a position that is given, so that roundings of earlier ones
play no part: an error e in the gradient moves the update by its derivative times e.
"""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np

import nn
from autograd import Value, compile, gradient
from tests.attack.compiled import in_bounds
from tests.attack.point import Point, differs
from tests.attack.program import Program
from tests.laws_compile import absolute_path_products, rounding_scale

RULES: dict[str, Any] = {
    "SGD": lambda ps: nn.SGD(ps, lr=0.1),
    "SGD with decay": lambda ps: nn.SGD(ps, lr=0.1, weight_decay=0.03),
    "SGD with momentum": lambda ps: nn.SGD(ps, lr=0.1, momentum=0.9),
    "SGD by Nesterov": lambda ps: nn.SGD(ps, lr=0.1, momentum=0.8, nesterov=True),
    "RMSProp": lambda ps: nn.RMSProp(ps, lr=0.1, weight_decay=0.1),
    "RMSProp with momentum": lambda ps: nn.RMSProp(ps, lr=0.1, momentum=0.5),
    "Adagrad": lambda ps: nn.Adagrad(ps, lr=0.1, weight_decay=0.02),
    "Adam": lambda ps: nn.Adam(ps, lr=0.1),
    "Adam with decay": lambda ps: nn.Adam(ps, lr=0.1, weight_decay=0.3),
    "AdamW": lambda ps: nn.AdamW(ps, lr=0.1, weight_decay=0.3),
}
_BEYOND = 0.25  # a trained parameter that the loss does not depend on


class Step:
    """A step of training on chosen samples, by hand and compiled."""

    def __init__(self, program: Program, points: list[Point], backend: str) -> None:
        rng = random.Random(repr(program.steps))
        self.points, self.rate = points, rng.uniform(0.01, 0.3)
        # Training is to stand elsewhere than where the Values are.
        self.parameters = [Value(x) for x in program.moved().parameters]
        trained = [*self.parameters, Value(_BEYOND)]
        self.name = rng.choice(list(RULES))
        self.optimizer = RULES[self.name](trained)
        self.clip = rng.choice([None, 0.01, 1.0, 100.0])
        count = len(program.samples)
        self.chosen = [rng.randrange(count) for _ in range(rng.choice([1, 3, 90]))]
        numbers = np.array([*program.parameters, _BEYOND])
        state = [
            np.array([rng.uniform(0.1, 1.0) for _ in trained])
            for _ in self.optimizer.state
        ]
        self.before = numbers, state, rng.choice([0, 1, 50])
        loss = compile(
            program.function(self.parameters), *program.samples[0], backend=backend
        )
        self._training = loss.training(
            *map(np.array, zip(*program.samples)),
            update=self.optimizer.update,
            parameters=trained,
            states=len(state),
            clip=self.clip,
        )

    def run(self) -> tuple[Any, Any]:
        """Make a step, then once more together with a second: both begin alike."""
        order, count = self.chosen, len(self.chosen)
        self._training.position = self.before
        losses = self._training.run(order, [count], [self.rate])
        once = losses, self._training.position
        self._training.run(order[::-1], [count], [self.rate])
        apart = self._training.position
        self._training.position = self.before
        self._training.run(order + order[::-1], [count] * 2, [self.rate] * 2)
        together = self._training.position
        pairs = zip((apart[0], *apart[1]), (together[0], *together[1]))
        same = apart[2] == together[2] and all(np.array_equal(a, b) for a, b in pairs)
        return once, same

    def gradient(self) -> tuple[list[float], list[float]]:
        """Give the mean gradient, clipped, and how far it may be off."""
        chosen, n = [self.points[i] for i in self.chosen], len(self.chosen)
        leaves = len(chosen[0].leaves)
        places = range(leaves - len(self.parameters), leaves)
        slopes = [math.fsum(p.gradient[k] for p in chosen) / n for k in places]
        t = chosen[0].tolerance
        bounds = [t * sum(p.gradient_scales[k] for p in chosen) / n for k in places]
        slopes, bounds = [*slopes, 0.0], [*bounds, 0.0]
        if self.clip is not None:
            norm = math.hypot(*slopes) + 1e-6
            ratio = min(1.0, self.clip / norm)
            spread = sum(bounds) / norm
            bounds = [ratio * (b + abs(g) * spread) for g, b in zip(slopes, bounds)]
            slopes = [ratio * g for g in slopes]
        return slopes, bounds


def judge(program: Program, backend: str) -> str | None:
    """Compare a step of training with the optimiser's own rule."""
    if not program.inputs or not program.parameters:
        return None
    points = [Point(program, i) for i in range(len(program.samples))]
    if not all(in_bounds(p, "float64") and p.largest < 1e6 for p in points):
        return None
    step = Step(program, points, backend)
    slopes, bounds = step.gradient()
    if max(bounds) > 1e-6:
        return None
    (losses, (numbers, state, _)), same = step.run()
    if not len(losses):
        return f"{step.name}: the step goes wrong"
    if not same:
        return f"{step.name}: two steps in one call are not two steps"
    for i, (x, g, bound) in enumerate(zip(step.before[0].tolist(), slopes, bounds)):
        leaf, slope = Value(x), Value(g)
        old = [column.tolist()[i] for column in step.before[1]]
        after = step.optimizer.update(leaf, slope, step.rate, step.before[2] + 1, *old)
        found = [numbers[i], *[column[i] for column in state]]
        for want, given in zip(after, found):
            moved = abs(gradient(want, [slope])[0]) * bound
            scale = rounding_scale(want, absolute_path_products(want))
            if differs(float(given), want.data, 1e-12 * scale + moved):
                what = f"parameter {i}" if want is after[0] else f"state of {i}"
                how = f"{step.name}, clip {step.clip}"
                return f"{how}: {what} is {given!r}, by hand {want.data!r}"
    return None


def numpy(program: Program) -> str | None:
    """Compare with steps that NumPy makes."""
    return judge(program, "numpy")


def c(program: Program) -> str | None:
    """Compare with steps in C."""
    return judge(program, "c")
