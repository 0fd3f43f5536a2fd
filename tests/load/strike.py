"""Ctrl-C at a chosen place: the k-th at which CPython acts on a signal.

It does so as a function begins, after a call of C, and at the end of a loop's body.
Here the interrupt comes at each such place in turn, once, so that no moment is left to
luck; or, harsher than any signal, before every opcode.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from opcode import opmap
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import autograd
import nn

PACKAGES = tuple(str(Path(package.__path__[0])) for package in (autograd, nn))
JUMPS = {opmap[name] for name in ("JUMP_BACKWARD",) if name in opmap}


class Strike:
    """Raises KeyboardInterrupt at the k-th place in autograd and nn, then no more."""

    def __init__(self, k: int, opcodes: bool = False) -> None:
        self._k, self._seen, self._opcodes = k, 0, opcodes
        self._bytes: dict[CodeType, bytes] = {}

    @property
    def missed(self) -> bool:
        """Tell whether the work ended before the k-th place."""
        return self._seen < self._k

    def __enter__(self) -> None:
        self._outer = sys.gettrace(), sys.getprofile()
        self._hook = sys.unraisablehook
        # Python itself drops what is raised where a generator is closed: say nothing.
        sys.unraisablehook = lambda raised: None
        if not self._opcodes:
            sys.setprofile(self._called)
        # CPython 3.12 sends events of opcodes only if a frame asked before settrace.
        sys._getframe().f_trace_opcodes = True
        sys.settrace(self._entered)

    def __exit__(self, *exception: object) -> None:
        sys.settrace(self._outer[0])
        sys.setprofile(self._outer[1])
        sys.unraisablehook = self._hook

    def _pass(self) -> None:
        self._seen += 1
        if self._seen == self._k:
            raise KeyboardInterrupt

    def _called(self, frame: FrameType, event: str, argument: Any) -> None:
        if event in ("call", "c_return") and _is_ours(frame):
            self._pass()

    def _entered(self, frame: FrameType, event: str, argument: Any) -> Any:
        if not _is_ours(frame):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if self._opcodes:
            return self._every
        code = frame.f_code
        ops = self._bytes.setdefault(code, code.co_code)
        if JUMPS.isdisjoint(ops[::2]):
            return None
        last = 0

        def after_jump(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal last
            if event == "opcode":
                if last in JUMPS:
                    self._pass()
                last = ops[frame.f_lasti]
            return after_jump

        return after_jump

    def _every(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "opcode":
            self._pass()
        return self._every


def _is_ours(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(PACKAGES)


def strikes(
    work: Callable[[], Any], opcodes: bool = False, stride: int = 1
) -> Iterator[Any]:
    """Run work again and again, struck at each place in turn; stop once it is missed.

    Yields what work gave, or the KeyboardInterrupt that came out of it.
    """
    k = 1
    while True:
        strike, result = Strike(k, opcodes), None
        try:
            with strike:
                result = work()
        except KeyboardInterrupt as interrupt:
            result = interrupt
        if strike.missed:
            return
        yield result
        k += stride
