"""compile: a function of one sample, in scalars, runs whole batches as arrays."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from numbers import Real
from threading import Lock
from typing import Any

import numpy as np

from autograd.arguments import flag, function, one_of
from autograd.compiler.arrays import shape_of
from autograd.compiler.backend import check_backend
from autograd.compiler.program import Program
from autograd.compiler.runner import Runner
from autograd.compiler.training import Training
from autograd.files import checked_path, write_whole
from autograd.value import Value
from autograd.whole import set_data, set_grads

Array = np.ndarray[Any, Any]


class Compiled:
    """A compiled function; see :func:`autograd.compile`."""

    def __init__(
        self,
        f: Callable[..., Any],
        like: Sequence[Any],
        batched: bool | Sequence[bool] = True,
        dtype: Any = "float64",
        backend: str = "auto",
        threads: int | None = None,
    ) -> None:
        function("compile", f)
        self._f, self._batched = f, batched
        self._dtype = _dtype(dtype)
        check_backend(backend, threads)
        self._backend, self._threads = backend, threads
        self._lock = Lock()  # for the first call, which traces
        self._runner: Runner | None = None
        if like:
            self._runner = self._compile(like)

    def _traced(self) -> Runner:
        if self._runner is None:
            raise RuntimeError(
                "this function has not been traced: call it once, or give compile a "
                "sample, as in compile(f, [0.0, 0.0])"
            )
        return self._runner

    def _prepare(self, args: Sequence[Any]) -> Runner:
        if self._runner is not None:
            return self._runner
        with self._lock:
            if self._runner is None:
                flags = _flags(self._batched, len(args))
                like = [
                    _sample(arg, i) if flag and not isinstance(arg, Real) else arg
                    for i, (arg, flag) in enumerate(zip(args, flags))
                ]
                self._runner = self._compile(like)
            return self._runner

    def _compile(self, like: Sequence[Any]) -> Runner:
        flags = _flags(self._batched, len(like))
        program = Program(self._f, like, flags)
        return Runner(program, self._dtype, self._backend, self._threads)

    # ---- running ---------------------------------------------------------------------

    def __call__(self, *args: Any) -> Any:
        """Compute f for a batch: arrays with a leading batch axis in, such arrays out.

        A function of single numbers takes single numbers, too, and gives numbers.
        """
        runner = self._prepare(args)
        program = runner.program
        whole = len(args) == len(program.arguments)
        if whole and program.takes_numbers and all(map(_is_number, args)):
            return program.call_numbers(args)
        with np.errstate(all="ignore"):  # judged by the program itself
            return runner.call(args)

    def value_and_grad(
        self, *args: Any, theta: Array | None = None
    ) -> tuple[float, Array]:
        """Give the mean of f over the batch, and its gradient in the parameters.

        The gradient is flat, in the order of ``parameters``. Without ``theta`` the
        Values of the parameters are read; with it, theta holds their numbers. A result
        that is not finite is a FloatingPointError that names the sample.
        """
        runner = self._prepare(args)
        with np.errstate(all="ignore"):
            return runner.value_and_grad(args, theta)

    def backward(self, *args: Any) -> float:
        """Add the gradient of the mean to each parameter's grad; give the mean."""
        value, gradient = self.value_and_grad(*args)
        parameters = self.parameters
        slopes = zip(parameters, gradient.tolist(), strict=True)
        set_grads(parameters, [p.grad + slope for p, slope in slopes])
        return value

    def training(
        self,
        *args: Any,
        update: Callable[..., Sequence[Any]],
        parameters: Sequence[Value],
        states: int = 0,
        clip: float | None = None,
    ) -> Training:
        """Give steps of training on the samples in args, as one program.

        ``update(x, g, lr, t, *state)`` is the rule for one parameter: its gradient, the
        learning rate, the number of the step from 1, and ``states`` numbers of its own
        that begin at 0; it gives the new x and the new state. It moves ``parameters``.
        With ``clip``, gradients of a greater norm are scaled down to it first.

        >>> from autograd import Value, compile
        >>> w = Value(0.0)
        >>> c = compile(lambda x, y: (w * x - y) ** 2, 0.0, 0.0)
        >>> def descend(x, g, lr, t):
        ...     return [x - lr * g]
        >>> t = c.training([1.0, 2.0], [3.0, 6.0], update=descend, parameters=[w])
        >>> t.run(None, sizes=[2, 2], rates=[0.1, 0.1])
        array([22.5  ,  5.625])
        >>> t.position
        (array([2.25]), [], 2)
        """
        runner = self._prepare(args)
        with np.errstate(all="ignore"):
            return Training(runner, args, update, parameters, states, clip)

    # ---- parameters ------------------------------------------------------------------

    @property
    def parameters(self) -> list[Value]:
        """The leaf Values that f captured, in the order of their first use."""
        return list(self._traced().program.parameters)

    def get_theta(self) -> Array:
        """Read the parameters' numbers into one flat array."""
        return self._traced().read_theta()

    def assign(self, theta: Any) -> None:
        """Write the numbers of theta into the parameters."""
        runner = self._traced()
        set_data(runner.program.parameters, runner.check_theta(theta).tolist())

    # ---- showing itself --------------------------------------------------------------

    @property
    def tape(self) -> str:
        """The scalar program that was traced, one operation per line."""
        return self._traced().program.tape.listing()

    def source(self, language: str = "python") -> str:
        """Give f, and its gradient in the parameters, as source.

        "python" is straight-line code for single numbers; "c" the plan for batches, as
        ``export`` writes it.
        """
        one_of("language", language, ("python", "c"))
        if language == "c":
            return self._c_file("model", ())
        return self._traced().program.source()

    def export(self, path: str | os.PathLike[str], *samples: Any) -> None:
        """Write f as one C file of its own, for other programs.

        The file has a function that bears the file's name, its gradient, and the
        parameters' numbers; a comment at its head says more. Compiled with -DSELF_CHECK
        it becomes a program that checks itself on ``samples``: a batch for each
        argument, or else the one sample that f was compiled for. It is written whole or
        not at all.
        """
        target = checked_path(path, "model.c")
        if target.suffix != ".c" or not target.stem.isidentifier():
            raise ValueError(
                "the file's name is that of the C function, as in export('model.c'), "
                f"got {target.name!r}"
            )
        text = self._c_file(target.stem, samples)
        write_whole(target, text.encode())

    def _c_file(self, name: str, samples: Sequence[Any]) -> str:
        from autograd.compiler.c.export import Export

        runner = self._traced()
        program = runner.program
        with program.lock:
            return Export(runner, name, samples or program.one_sample()).text()

    def __str__(self) -> str:
        return str(self._runner.program) if self._runner else repr(self)

    def __repr__(self) -> str:
        name = getattr(self._f, "__name__", type(self._f).__name__)
        if self._runner is None:
            return f"<compiled {name}, not traced yet>"
        return f"<compiled {name}: {self._runner.program.summary()}>"


def _is_number(x: Any) -> bool:
    return type(x) is float or isinstance(x, Real)


def _flags(batched: bool | Sequence[bool], count: int) -> list[bool]:
    if isinstance(batched, (list, tuple)):
        flags = [flag("batched", x) for x in batched]
    elif isinstance(batched, bool):
        flags = [batched] * count
    else:
        raise TypeError(
            "batched is True, False or a list with one of them for each argument, got "
            f"{batched!r:.60}"
        )
    if len(flags) != count:
        raise ValueError(
            f"batched has {len(flags)} entries, but the function was given {count} "
            "arguments"
        )
    return flags


def _dtype(given: Any) -> np.dtype[Any]:
    dtype: np.dtype[Any] | None
    try:
        dtype = np.dtype(given)
    except (TypeError, ValueError):
        dtype = None
    if dtype is None or dtype not in (np.dtype("float64"), np.dtype("float32")):
        raise ValueError(f"dtype is float64 or float32, got {given!r:.60}")
    return dtype


def _sample(batch: Any, position: int) -> Any:
    """Take the first sample of an argument, to trace with."""
    if isinstance(batch, (list, tuple)) and shape_of(batch) is None:
        return type(batch)(_sample(part, position) for part in batch)
    try:
        return batch[0]
    except (IndexError, TypeError, KeyError):
        raise ValueError(
            f"argument {position}: expected a batch of samples, got {batch!r:.60}"
        ) from None
