"""micrograd's README expression on two numbers: its value and both derivatives."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograd import compile, relu, value_and_grad
from tests.benchmarks import peers
from tests.benchmarks.compile_contestant import Contestant
from tests.laws_programs import readme_expression

A, B = -4.0, 2.0
Builders = dict[str, Callable[[], Contestant]]


def ours() -> Contestant:
    c = compile(value_and_grad(_expression, argnums=(0, 1)), A, B)
    return Contestant(partial(c, A, B))


def _expression(a: Any, b: Any) -> Any:
    return readme_expression(a, b, relu)


def by_hand() -> Contestant:
    return Contestant(partial(_by_hand, A, B))


def _by_hand(a: float, b: float) -> tuple[float, tuple[float, float]]:
    """Simplify c and d on paper, and differentiate them."""
    up, down = float(a + b > 0.0), float(b - a > 0.0)
    c = 2.0 * (2.0 * (a + b) + 1.0) + 1.0 - a
    d = 12.0 * (a * b + b**3) + 4.0 * up * (a + b) + down * (b - a)
    e = c - d
    f = e * e
    g = f / 2.0 + 10.0 / f
    slope = e - 20.0 / (f * e)
    da = 3.0 - (12.0 * b + 4.0 * up - down)
    db = 4.0 - (12.0 * (a + 3.0 * b * b) + 4.0 * up + down)
    return g, (slope * da, slope * db)


def engine(e: peers.Engine) -> Contestant:
    """Let an eager engine do it; its gradient comes without the value."""

    def f(inputs: Any, relu: Callable[[Any], Any]) -> Any:
        return readme_expression(*inputs, relu)

    value = _by_hand(A, B)[0]
    return Contestant(lambda: (value, e.gradient(f, [A, B])))


def jax_jit() -> Contestant:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    f = partial(readme_expression, relu=lambda x: jnp.maximum(x, 0.0))
    compiled = jax.jit(jax.value_and_grad(f, (0, 1)))
    return Contestant(lambda: [float(x) for x in jax.tree.leaves(compiled(A, B))])


def casadi_function() -> Contestant:
    import casadi as ca

    ab = ca.SX.sym("ab", 2)
    y = readme_expression(ab[0], ab[1], lambda x: ca.fmax(x, 0.0))
    f = ca.Function("f", [ab], [y, ca.gradient(y, ab)])
    buffer, trigger = f.buffer()
    point, value, slopes = np.array([A, B]), np.zeros(1), np.zeros(2)
    buffer.set_arg(0, memoryview(point))
    buffer.set_res(0, memoryview(value))
    buffer.set_res(1, memoryview(slopes))
    kept = f, buffer, point  # the buffer owns nothing

    def run() -> Any:
        trigger()
        return value[0], slopes[0], slopes[1]

    return Contestant(run, lambda: (kept, ())[1])


def builders() -> Builders:
    return {
        "autograd": ours,
        "Python floats by hand": by_hand,
        "autograd, eager": lambda: engine(peers.available()[0][0]),
        "JAX jit": jax_jit,
        "CasADi": casadi_function,
        "micrograd": lambda: engine(peers.micrograd()),
    }
