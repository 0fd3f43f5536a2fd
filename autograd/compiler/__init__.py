"""The compiler: scalars in, tensors out.

Five steps, a room each: ``trace`` runs a function on symbols; ``tape`` writes its
graph, and the graph of its gradient, as a simplified straight-line program; ``forms``
and ``rows`` gather sums of products and order them by level; ``roll`` makes one
instruction over arrays of all scalars that are alike; ``run`` binds the instructions to
arrays, and ``c`` prints them as C loops. ``training`` makes the update of the
parameters a part of the program. ``source`` prints the straight-line program as Python,
``listing`` the plan.

The compiler knows no derivative: the gradient is a graph by the time it comes here.
"""

from __future__ import annotations

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from autograd.compiler.compiled import Compiled


class TraceError(TypeError):
    """A function cannot be compiled; the message names the line and the remedy."""


def compile(
    f: Callable[..., Any],
    *like: Any,
    batched: bool | Sequence[bool] = True,
    dtype: str = "float64",
    backend: str = "auto",
    threads: int | None = None,
) -> Compiled:
    """Compile a function of one sample, written in scalars, into array code.

    f takes numbers or nests of numbers, and gives a Value or a nest of them. The leaf
    Values that it captures are its parameters. ``like`` is one sample per argument;
    without it the first call shows the shapes. The result c is called on batches:
    ``c(X)`` gives outputs, ``c.value_and_grad(X)`` the mean and its gradient in the
    parameters, ``c.backward(X)`` adds that to their grads. ``batched`` tells which
    arguments have a batch axis. The parameters are read at each call; once some were
    added or removed, the function is to be compiled again. What cannot be traced, such
    as a branch on a traced number, is a TraceError that names line and remedy.

    ``backend`` is what runs it: "c" is the plan as C, built once by the compiler that
    the environment's CC names, or cc, gcc or clang, and kept in the user's cache;
    "numpy" needs no compiler; "auto" is C where there is one. In C, a large batch is
    divided over ``threads``, by default as many as pay; the same number of threads
    gives the same bits.

    >>> from autograd import Value, compile
    >>> w = Value(2.0)
    >>> c = compile(lambda x: (w * x - 1.0) ** 2, 0.0)
    >>> c([1.0, 2.0])
    array([1., 9.])
    >>> value, gradient = c.value_and_grad([1.0, 2.0])
    >>> value, gradient
    (5.0, array([7.]))
    """
    from autograd.compiler.compiled import Compiled

    return Compiled(f, like, batched, dtype, backend, threads)
