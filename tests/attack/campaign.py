"""A campaign: programs drawn from a seed, judged until the time is over."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from typing import TextIO

from autograd import Value
from autograd.compiler.c.build import compiler
from tests.attack import compiled, packs, sources, training
from tests.attack.drawing import draw
from tests.attack.judges import JUDGES, Judge
from tests.attack.others import OTHERS
from tests.attack.packs import Arrays, packed, pieces
from tests.attack.program import Program
from tests.attack.shrink import shrink

ALL: dict[str, Judge] = {
    **JUDGES,
    **OTHERS,
    "numpy": compiled.numpy,
    "numpy float32": compiled.numpy_float32,
    "numpy arrays": packs.numpy,
    "numpy second": compiled.second,
    "numpy training": training.numpy,
    "source": sources.source,
    "c": compiled.c,
    "c float32": compiled.c_float32,
    "c arrays": packs.c,
    "c arrays float32": packs.c_float32,
    "c training": training.c,
}
# What costs most sees one program in so many.
EVERY = {
    "mpmath": 2,
    "second mpmath": 3,
    "torch": 3,
    "source": 6,
    "numpy": 2,
    "numpy float32": 4,
    "numpy arrays": 5,
    "numpy second": 6,
    "numpy training": 8,
    "c": 120,
    "c float32": 300,
    "c training": 150,
}
# These see packs of programs, each in its turn.
TURNS = ["c arrays", "numpy arrays", "c arrays float32", "numpy arrays"]
PACK = 25


def verdict(judge: Judge, program: Program) -> str | None:
    """Judge a program; an error that no one expects is a disagreement, too."""
    try:
        return judge(program)
    except Exception as error:
        return f"an unexpected error: {type(error).__name__}: {error}"


def report(name: str, program: Program, seconds: float = 20.0) -> str:
    """Write a disagreement as a minimal program that shows it when it is run."""
    if name == "c arrays" and verdict(ALL["numpy arrays"], program):
        name = "numpy arrays"  # which takes no compiler, and is quicker to shrink
    judge = ALL[name]
    small = shrink(program, lambda p: verdict(judge, p), seconds)
    said = verdict(judge, small) or verdict(judge, program)
    backend, *options = name.split()
    dtype = "float32" if "float32" in options else "float64"
    if "arrays" in options:
        small = small.rounded() if dtype == "float32" else small
        arrays = Arrays(small, [Value(x) for x in small.parameters])
        return f"# {name}: {said}\n{arrays.text(backend, dtype)}"
    lines = [f"# {name}: {said}", small.text(), ""]
    if options in (["training"], ["second"]):
        lines += [
            "from tests.attack.campaign import ALL",
            "from tests.attack.program import Program",
            f"print(ALL[{name!r}]({small!r}))",
        ]
        return "\n".join(lines) + "\n"
    lines += [f"print([f(*map(Value, xs)).data for xs in samples])  # {name}"]
    if backend in ("c", "numpy"):
        lines += [
            f'c = compile(f, *samples[0], backend="{backend}", dtype="{dtype}")',
            "X = list(zip(*samples))",
            "print(c(*X), c.value_and_grad(*X))",
        ]
    lines += ["for xs in samples:"]
    lines += ["    print(gradient(f(*map(Value, xs)), parameters))"]
    return "\n".join(lines) + "\n"


class Campaign:
    """Programs attacked, and disagreements found, by judge."""

    def __init__(self, seed: int, judges: Iterable[str] | None = None) -> None:
        self.seed = seed
        self._every = EVERY if judges is None else {}
        wanted = list(ALL) if judges is None else list(judges)
        if compiler() is None:
            wanted = [name for name in wanted if not name.startswith("c")]
        self.turns = [name for name in TURNS if name in wanted]
        # NumPy sees arrays of single programs, too, where all judges are asked.
        alone = {*ALL} - {*TURNS} | {*self._every}
        self.judges = [name for name in wanted if name in alone]
        self.programs = 0
        self.judged: Counter[str] = Counter()
        self.found: list[tuple[str, Program, str]] = []

    def step(self) -> None:
        """Draw the next program and have it judged."""
        program = draw(f"{self.seed}/{self.programs}")
        self.programs += 1
        for name in self.judges:
            if self.programs % self._every.get(name, 1) == 0:
                self._judge(name, program, 1)
        if self.turns and self.programs % PACK == 0:
            name = self.turns[self.programs // PACK % len(self.turns)]
            numbers = range(self.programs - PACK, self.programs)
            dtype = "float32" if "float32" in name else "float64"
            programs = [draw(f"{self.seed}/{i}") for i in numbers]
            pack = packed([p for p in programs if len(p.steps) <= 80], dtype)
            if pack is not None:
                self._judge(name, pack, len(pieces(pack)))

    def _judge(self, name: str, program: Program, count: int) -> None:
        self.judged[name] += count
        said = verdict(ALL[name], program)
        if said:
            self.found.append((name, program, said))

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
                    text = report(name, program, 60.0 if "arrays" in name else 20.0)
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
