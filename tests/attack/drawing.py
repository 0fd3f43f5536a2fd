"""Programs at random. The same seed draws the same program."""

from __future__ import annotations

import math
import random

from tests.attack.nets import draw_net
from tests.attack.operations import NAMES, OPERATIONS
from tests.attack.program import Operand, Program, Step
from tests.laws_compile import JUMPS, NUMBERS, ORDERS

MOODS = ("tame", "extreme", "wild")
_OFTEN = ["add", "mul", "dot", "sum", "sub"]
_ROUND = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 3.0)
_EDGES = (5e-324, -5e-324, 2.2250738585072014e-308, 1e300, -1e300, 1e-300, 1e-160)
_LARGEST = {"tame": 1e3, "extreme": 1e300, "wild": math.inf}
_TRIES = 12
_REGULAR = 0.12  # the share of programs that are nets


def draw_number(rng: random.Random, mood: str) -> float:
    """Draw a number: mostly ordinary, some round, some extreme where the mood is."""
    kind = rng.random()
    if kind < 0.2:
        return rng.choice(_ROUND)
    if mood == "tame" or kind < 0.6:
        return rng.uniform(-2.0, 2.0)
    if kind < 0.7:
        return rng.choice(_EDGES)
    if kind < 0.75:
        return rng.randrange(-1000, 1000) * 5e-324
    if mood == "wild" and kind < 0.8:
        return rng.choice([math.inf, -math.inf])
    reach = rng.choice([10.0, 100.0, 300.0])
    return rng.choice([1.0, -1.0]) * 10.0 ** rng.uniform(-reach, reach)


def _length(rng: random.Random) -> int:
    kind = rng.random()
    if kind < 0.85:
        return rng.randint(1, 18)
    return rng.randint(20, 60) if kind < 0.98 else rng.randint(100, 300)


class _Draft:
    """A program as it grows: its steps, and the numbers that its results have."""

    def __init__(self, rng: random.Random, mood: str, leaves: list[float]) -> None:
        self.rng, self.mood = rng, mood
        self.numbers: list[float] = list(leaves)
        self._leaves = len(leaves)
        self.steps: list[Step] = []
        self.raised = False
        self._recent = rng.choice([2, 4, 8, 1000])  # deep programs, and wide ones

    def operand(self) -> Operand:
        if self.rng.random() < 0.08:
            if self.mood == "tame":
                return self.rng.choice(NUMBERS)
            return draw_number(self.rng, self.mood)
        return len(self.numbers) - self.rng.randint(
            1, min(self._recent, len(self.numbers))
        )

    def operands(self, name: str) -> tuple[Operand, ...]:
        operation, rng = OPERATIONS[name], self.rng
        count = rng.choice(operation.arities)
        tail = (rng.choice(operation.tail),) if operation.tail else ()
        if name in JUMPS | ORDERS and rng.random() < 0.4:
            # Of leaves, which are exact: at a kink or a tie no rounding decides.
            found = [rng.randrange(self._leaves) for _ in range(count)]
            alike = self.numbers[found[0]] if name in ORDERS else 0.0
            found[-1] = self._leaf_like(alike, found[-1], {found[0]} - {found[-1]})
            found[0] = self._leaf_like(alike, found[0], {found[-1]})
            if count > 1 and rng.random() < 0.5:  # a tie with a constant
                found[-1] = self.numbers[found[0]]
        elif rng.random() < 0.1:
            found = [self.operand()] * count  # the same one everywhere
        else:
            found = [self.operand() for _ in range(count)]
        found = [*found[: count - len(tail)], *tail]
        if not any(type(a) is int for a in found):
            found[0] = rng.randrange(len(self.numbers))
        return tuple(found)

    def _leaf_like(self, x: float, otherwise: int, but: set[int]) -> int:
        """Give a leaf that has this number, any such one, or else the one given."""
        alike = [i for i in range(self._leaves) if self.numbers[i] == x]
        return self.rng.choice([i for i in alike if i not in but] or [otherwise])

    def grow(self) -> bool:
        """Append a step; tell whether one was found whose value the mood admits."""
        for _ in range(_TRIES):
            name = self.rng.choice(NAMES + _OFTEN * 3)
            operands = self.operands(name)
            data = [self.numbers[a] if type(a) is int else a for a in operands]
            try:
                number = OPERATIONS[name].ours(*data)
            except (ArithmeticError, ValueError):
                if self.mood != "wild" or self.rng.random() < 0.8:
                    continue
                number, self.raised = math.nan, True
            if self.mood != "wild" and not abs(number) <= _LARGEST[self.mood]:
                continue
            self.steps.append((name, operands))
            self.numbers.append(number)
            return True
        return False


def draw(seed: str) -> Program:
    """Draw a program, of the mood that the seed decides."""
    rng = random.Random(seed)
    if rng.random() < _REGULAR:
        return draw_net(rng)
    mood = rng.choices(MOODS, [6, 3, 1])[0]
    inputs, parameters = rng.choice([0, 1, 1, 2, 2, 3]), rng.randint(1, 5)
    leaves: list[float] = []
    for _ in range(inputs + parameters):
        again = leaves and rng.random() < 0.25
        leaves.append(rng.choice([0.0, *leaves]) if again else draw_number(rng, mood))
    draft = _Draft(rng, mood, leaves)
    for _ in range(_length(rng)):
        if not draft.grow() or draft.raised:
            break
    if rng.random() < 0.4:  # several results take part in the output
        last = len(draft.numbers)
        chosen = tuple(range(max(0, last - rng.randint(2, 5)), last))
        draft.steps.append(("sum", chosen))
    if not draft.steps:
        draft.steps.append(("identity", (len(leaves) - 1,)))
    samples = [tuple(leaves[:inputs])]
    for _ in range(rng.choice([0, 1, 2, 4])):
        samples.append(tuple(_nearby(rng, mood, x) for x in samples[0]))
    program = Program(tuple(samples), tuple(leaves[inputs:]), tuple(draft.steps))
    return prune(program)


def _nearby(rng: random.Random, mood: str, x: float) -> float:
    kind = rng.random()
    if kind < 0.3:
        return x
    return x * rng.uniform(0.9, 1.1) if kind < 0.9 else draw_number(rng, mood)


def prune(program: Program) -> Program:
    """Drop the steps and the parameters that the output does not need."""
    leaves, steps = program.leaves, program.steps
    used = {leaves + len(steps) - 1} if steps else set()
    for k in range(len(steps) - 1, -1, -1):
        if leaves + k in used:
            used |= {a for a in steps[k][1] if type(a) is int}
    kept = [i for i in range(leaves + len(steps)) if i < program.inputs or i in used]
    place = {old: new for new, old in enumerate(kept)}
    return Program(
        program.samples,
        tuple(
            x for i, x in enumerate(program.parameters) if program.inputs + i in used
        ),
        tuple(
            (name, tuple(place[a] if type(a) is int else a for a in operands))
            for k, (name, operands) in enumerate(steps)
            if leaves + k in used
        ),
    )
