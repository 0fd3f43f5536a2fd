"""What the benchmark of the compiler times, and how contestants are compared."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Contestant:
    """A way to do a piece of work.

    ``run()`` is timed; it gives numbers: the loss, or a value and its gradient.
    ``after()`` gives the numbers that the runs left behind, such as theta. One that
    does a part of the work only has its time multiplied by ``scale``, and is compared
    with ``against``, which does the same part.
    """

    run: Callable[[], Any]
    after: Callable[[], Any] = tuple
    scale: float = 1.0
    against: Contestant | None = None


def numbers(nest: Any) -> Array:
    """Flatten a nest of numbers and arrays."""
    if isinstance(nest, (list, tuple)):
        return np.concatenate([np.empty(0), *map(numbers, nest)])
    return np.asarray(nest, float).reshape(-1)


def three_runs(contestant: Contestant) -> Array:
    return numbers([[contestant.run() for _ in range(3)], contestant.after()])


def check_agreement(title: str, contestants: dict[str, Contestant]) -> None:
    """Run each three times, and stop the program where they do not agree."""
    first, *rest = contestants.items()
    reference = three_runs(first[1])
    for name, contestant in rest:
        against = contestant.against
        want = three_runs(against) if against else reference
        got = three_runs(contestant)
        want = want[: len(got)]  # where what is left behind cannot be seen
        if len(got) < 3 or not close(got, want):
            sys.exit(f"{title}: {name} computes {got[:5]}, {first[0]} {want[:5]}")


def close(got: Array, want: Array) -> bool:
    return bool(np.allclose(got, want, rtol=TOLERANCE, atol=TOLERANCE))


def installed(
    builders: dict[str, Callable[[], Contestant]], missing: set[str]
) -> dict[str, Contestant]:
    """Build the contestants that are installed; add the others to ``missing``."""
    found = {}
    for name, build in builders.items():
        try:
            found[name] = build()
        except ImportError as error:
            missing.add(f"{name} ({error})")
    return found
