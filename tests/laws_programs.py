"""Programs that several laws and benchmarks run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def readme_expression(a: Any, b: Any, relu: Callable[[Any], Any]) -> Any:
    """Compute the expression in micrograd's README: 24.7041 at a = -4, b = 2."""
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + relu(b + a)
    d += 3 * d + relu(b - a)
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    return g


def chain(x: Any, w: Any, b: Any, steps: int, relu: Callable[[Any], Any]) -> Any:
    """Compute x := relu(x w + b) again and again: three nodes a step."""
    for _ in range(steps):
        x = relu(x * w + b)
    return x
