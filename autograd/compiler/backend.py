"""Which array code runs a plan: C where a compiler is found, else NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from autograd.arguments import one_of
from autograd.compiler.c.build import CompilerError, compiler, missing_compiler
from autograd.compiler.c.program import SpellingError
from autograd.compiler.c.run import Native
from autograd.compiler.pause import collector_paused
from autograd.place import warn

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.compiler.program import Program

Built = TypeVar("Built")
BACKENDS = ("auto", "numpy", "c")


def check_backend(backend: str, threads: int | None) -> None:
    """Raise what is wrong with a choice, before anything is traced."""
    one_of("backend", backend, BACKENDS)
    if backend == "c" and compiler() is None:
        raise missing_compiler()
    if threads is not None and (type(threads) is not int or threads < 1):
        raise ValueError(f"threads is a whole number from 1 on, got {threads!r:.60}")


class Natives:
    """The plans of a program as built by a C compiler, each at its first use."""

    def __init__(
        self, program: Program, dtype: Any, backend: str, threads: int | None
    ) -> None:
        self._program, self._dtype = program, dtype
        self.backend, self._threads = backend, threads
        self._built: dict[bool, Native | None] = {}

    def take(self, with_gradient: bool) -> Native | None:
        """Give a plan that was built, or None where NumPy is to run it."""
        if with_gradient not in self._built:
            with self._program.lock:
                if with_gradient not in self._built:
                    self._built[with_gradient] = self._build(with_gradient)
        return self._built[with_gradient]

    def _build(self, with_gradient: bool) -> Native | None:
        plan = self._program.plan
        return self.attempt(
            lambda: Native(
                plan(with_gradient), with_gradient, self._dtype, self._threads
            )
        )

    def attempt(self, build: Callable[[], Built]) -> Built | None:
        """Build something in C, or give None where NumPy is to do it."""
        if self.backend == "numpy":
            return None
        try:
            if self.backend == "auto" and compiler() is None:
                return None
            with collector_paused():
                return build()
        except (CompilerError, SpellingError) as error:
            if self.backend == "c":
                raise
            if isinstance(error, CompilerError):
                text = f"NumPy runs this function, for the C compiler fails: {error}"
                warn(text)
            return None
