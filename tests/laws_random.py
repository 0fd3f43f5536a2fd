"""Programs at random, for laws that hold whatever the program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

# Each is written for a module m of functions, autograd or another, and keeps numbers of
# size 3 below 3 or so: however they are composed, roundings do not grow out of hand.
OPERATIONS: list[Callable[[Any, Any, Any], Any]] = [
    lambda m, x, y: (x + y) / 2.0,
    lambda m, x, y: 0.5 * (x - y),
    lambda m, x, y: m.sin(x * y),
    lambda m, x, y: m.tanh(x) * y,
    lambda m, x, y: x / (2.0 + m.cos(y)),
    lambda m, x, y: -m.atan(x),
    lambda m, x, y: m.exp(m.sin(x)) - 1.0,
    lambda m, x, y: m.log1p(x * x),
    lambda m, x, y: m.sqrt(1.0 + y**2) - 1.0,
    lambda m, x, y: (1.0 + x * x) ** m.tanh(y) / 4.0,
]

Program = list[tuple[int, int, int]]

programs: st.SearchStrategy[Program] = st.lists(
    st.tuples(
        st.integers(0, len(OPERATIONS) - 1), st.integers(0, 99), st.integers(0, 99)
    ),
    min_size=1,
    max_size=12,
)
points = st.lists(st.floats(-2.0, 2.0), min_size=1, max_size=3)


def run(program: Program, module: Any, inputs: Sequence[Any]) -> Any:
    """Compute a program: each step applies one operation to two earlier results."""
    results = list(inputs)
    for operation, i, j in program:
        x, y = results[i % len(results)], results[j % len(results)]
        results.append(OPERATIONS[operation](module, x, y))
    return results[-1]
