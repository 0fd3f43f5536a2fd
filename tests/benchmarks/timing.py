"""Fair timing on a noisy machine: contestants take turns, and ratios are paired.

Each round times every contestant once, so that a slow moment of the machine hits all
alike. A ratio is taken within each round; its median is what is reported. The clock is
the processor's time for this process: what other programs take does not count.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median

Samples = dict[str, list[float]]  # seconds for each round, by contestant


@contextmanager
def collector(on: bool) -> Iterator[None]:
    """Run with Python's cyclic garbage collector on or off; it is on by default."""
    before = gc.isenabled()
    (gc.enable if on else gc.disable)()
    try:
        yield
    finally:
        (gc.enable if before else gc.disable)()


def interleaved(
    contestants: dict[str, Callable[[], object]],
    *,
    rounds: int,
    repeats: int = 1,
    collector_on: bool = True,
) -> Samples:
    """Time the contestants in turns; a sample is the mean of so many repeats.

    Before each sample all garbage is collected, so that nobody pays for another; then
    the contestant runs a sample unmeasured, so that it finds the garbage that it makes.
    """
    samples: Samples = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            gc.collect()
            with collector(collector_on):
                for _ in range(repeats):
                    run()
                start = time.process_time()
                for _ in range(repeats):
                    run()
                samples[name].append((time.process_time() - start) / repeats)
    return samples


def paired_ratio(samples: Samples, name: str, other: str) -> float:
    """Give the median over the rounds of (time of name) / (time of other)."""
    pairs = zip(samples[name], samples[other], strict=True)
    return median(ours / theirs for ours, theirs in pairs)


def in_words(ratio: float) -> str:
    """Put a ratio of times in words.

    >>> in_words(0.25), in_words(1.5)
    ('4.00x faster', '1.50x slower')
    """
    return f"{1 / ratio:.2f}x faster" if ratio < 1.0 else f"{ratio:.2f}x slower"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], words: int = 1) -> str:
    """Lay out cells in columns: so many columns of words to the left, then numbers.

    >>> print(table(["work", "time"], [["chain", "12"], ["sum", "7"]]))
    work   time
    -----  ----
    chain    12
    sum       7
    """
    lines = [list(header), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i < words else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
