"""A campaign: programs drawn from a seed, judged until the time is over."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from typing import TextIO

from autograd.compiler.c.build import compiler
from tests.attack import compiled
from tests.attack.drawing import draw
from tests.attack.judges import JUDGES, Judge
from tests.attack.packs import Pack, by_parameters
from tests.attack.program import Program
from tests.attack.shrink import shrink

ALL: dict[str, Judge] = {
    **JUDGES,
    "numpy": compiled.numpy,
    "numpy float32": compiled.numpy_float32,
    "source": compiled.source,
    "c": compiled.c,
    "c float32": compiled.c_float32,
}
# What costs most sees one program in so many.
EVERY = {"mpmath": 2, "torch": 3, "source": 6, "numpy float32": 3, "numpy": 2}
PACKED = ("c", "c float32")  # whose programs are compiled many at once
PACK = 25


def verdict(judge: Judge, program: Program) -> str | None:
    """Judge a program; an error that no one expects is a disagreement, too."""
    try:
        return judge(program)
    except Exception as error:
        return f"an unexpected error: {type(error).__name__}: {error}"


def report(name: str, judge: Judge, program: Program, seconds: float = 20.0) -> str:
    """Write a disagreement as a minimal program that shows it when it is run."""
    small = shrink(program, lambda p: verdict(judge, p), seconds)
    said = verdict(judge, small) or verdict(judge, program)
    lines = [f"# {name}: {said}", small.text(), ""]
    lines += [f"print([f(*xs).data for xs in samples])  # {name}"]
    if name.startswith(("c", "numpy")):
        backend, *single = name.split()
        dtype = single[0] if single else "float64"
        lines += [
            f'c = compile(f, *samples[0], backend="{backend}", dtype="{dtype}")',
            "X = list(zip(*samples))",
            "print(c(*X), c.value_and_grad(*X))",
        ]
    lines += ["for xs in samples:", "    print(gradient(f(*xs), parameters))"]
    return "\n".join(lines) + "\n"


class Campaign:
    """Programs attacked, and disagreements found, by judge."""

    def __init__(self, seed: int, judges: Iterable[str] | None = None) -> None:
        self.seed = seed
        self._every = EVERY if judges is None else {}
        wanted = list(ALL) if judges is None else list(judges)
        if compiler() is None:
            wanted = [name for name in wanted if name not in PACKED]
        self.packed = [name for name in PACKED if name in wanted]
        self.judges = {name: ALL[name] for name in wanted if name not in PACKED}
        self.programs = 0
        self.judged: Counter[str] = Counter()
        self.found: list[tuple[str, Program, str]] = []

    def step(self) -> None:
        """Draw the next program and have it judged."""
        program = draw(f"{self.seed}/{self.programs}")
        self.programs += 1
        for name, judge in self.judges.items():
            if self.programs % self._every.get(name, 1) == 0:
                self._note(name, program, verdict(judge, program))
        if self.packed and self.programs % PACK == 0:
            numbers = range(self.programs - PACK, self.programs)
            self._pack([draw(f"{self.seed}/{i}") for i in numbers])

    def _note(self, name: str, program: Program, said: str | None) -> None:
        self.judged[name] += 1
        if said:
            self.found.append((name, program, said))

    def _pack(self, programs: list[Program]) -> None:
        programs = [p for p in programs if len(p.steps) <= 60]
        mixed = [by_parameters(p) if k % 2 else p for k, p in enumerate(programs)]
        # By turns: float64 is what most programs are written in.
        turn = self.programs // PACK % 3 == 0
        for name in self.packed:
            if (name == "c float32") is turn or len(self.packed) == 1:
                pack = Pack(mixed, "float32" if name == "c float32" else "float64")
                self.judged[name] += len(pack.programs)
                try:
                    said = pack.disagreements("c")
                except FloatingPointError as error:
                    said = [(p, f"in a pack: {error}") for p in pack.programs]
                    said = [(p, s) for p, s in said if verdict(ALL[name], p)]
                self.found += [(name, program, text) for program, text in said]

    def run(self, minutes: float, out: TextIO) -> None:
        """Attack for so many minutes; print each disagreement as it is found."""
        start = time.monotonic()
        shown: Counter[str] = Counter()
        printed = 0
        while (passed := time.monotonic() - start) < 60.0 * minutes:
            known = len(self.found)
            self.step()
            for name, program, said in self.found[known:]:
                shown[name] += 1
                if shown[name] <= 3:  # then they are counted: they may be all alike
                    text = report(name, ALL[name], program)
                    number = f"{self.seed}/{self.programs - 1}"
                    print(f"\n# program {number}: {said}\n{text}",
                          file=out, flush=True)  # fmt: skip
            if passed // 30.0 > printed:
                printed += 1
                print(self.summary(passed), file=out, flush=True)
        print(self.summary(time.monotonic() - start), file=out, flush=True)

    def summary(self, seconds: float) -> str:
        """Say how many programs were attacked, and who disagreed how often."""
        rate = 60.0 * self.programs / max(seconds, 1e-9)
        parts = ", ".join(f"{name} {count:,}" for name, count in self.judged.items())
        found = Counter(name for name, _, _ in self.found)
        text = ", ".join(f"{name} {count}" for name, count in found.items())
        return (
            f"{self.programs:,} programs in {seconds:.0f} s, {rate:,.0f} a minute "
            f"({parts}); disagreements: {text or 'none'}"
        )
