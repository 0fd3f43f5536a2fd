"""Step 1, trace: run a function once on symbols, and keep the graph that it records.

A symbol is a Value without a number. While a function is traced, every operation makes
a symbol, and the numbers of the Values that it captured cannot be read either: what
depended on such a number would be frozen into the compiled function.
"""

from __future__ import annotations

import threading
from contextvars import ContextVar, copy_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from weakref import WeakSet

from autograd import primitives as table
from autograd.chain_rule import adjoints, watching
from autograd.compiler import TraceError
from autograd.nest import flatten, rebuild
from autograd.operation import Primitive
from autograd.place import caller
from autograd.value import Constant, Value, recording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


def refuse(what: str, remedy: str) -> NoReturn:
    """Raise a TraceError that names the line of the user's program being traced."""
    file, line = caller()
    raise TraceError(f"{Path(file).name}, line {line}: {what}; {remedy}")


_READ = "the number of a traced Value is not known while it is compiled"
_WRITE = "a compiled function sets v.data", "return the number instead"
_GRAD = "a compiled function uses v.grad", "use grad(f), or c.backward()"
_BRANCH = (
    "a compiled function cannot branch on a traced Value",
    "write where(condition, a, b), maximum or minimum",
)


class Symbol(Value):
    """A Value without a number: an input of a traced function, or a result of it.

    Comparisons give symbols, too, which ``where`` takes; they combine with ``&``, ``|``
    and ``1 - mask``.
    """

    __slots__ = ()

    @property
    def data(self) -> NoReturn:
        refuse(_READ, "compute with the Value itself, or pass the number in")

    @data.setter
    def data(self, number: float) -> NoReturn:
        refuse(*_WRITE)

    @property
    def grad(self) -> NoReturn:
        refuse(*_GRAD)

    @grad.setter
    def grad(self, number: float) -> NoReturn:
        refuse(*_GRAD)

    def __repr__(self) -> str:
        name = self.label or (self.op.name if self.op else "?")
        return f"<traced {name}>"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __bool__(self) -> NoReturn:
        refuse(*_BRANCH)

    def __float__(self) -> NoReturn:
        refuse(_READ, "use a function of autograd, such as v.exp(), not of math")

    def __int__(self) -> NoReturn:
        refuse(_READ, "a loop bound or an index must be a plain int")

    __index__ = __int__

    def backward(self) -> NoReturn:
        refuse("backward() inside a compiled function", "use grad(f), or c.backward()")

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Value):
            refuse("== on a traced Value", "write where(abs(v - w) <= tolerance, a, b)")
        return self is other

    # fmt: off
    def __lt__(self, other: Any) -> Any: return table.less(self, other)
    def __gt__(self, other: Any) -> Any: return table.less(other, self)
    def __le__(self, other: Any) -> Any: return table.less_equal(self, other)
    def __ge__(self, other: Any) -> Any: return table.less_equal(other, self)
    def __and__(self, other: Any) -> Any: return self * other
    def __rand__(self, other: Any) -> Any: return self * other
    def __or__(self, other: Any) -> Any: return table.maximum(self, other)
    def __ror__(self, other: Any) -> Any: return table.maximum(self, other)
    # fmt: on


def symbol(op: Primitive | None, args: tuple[Any, ...], label: str = "") -> Symbol:
    """Make the symbol op(*args), or an input where op is None."""
    node = object.__new__(Symbol)
    node.op, node.args, node.label = op, args, label
    return node


class Trace:
    """What one run of f on symbols recorded.

    ``inputs`` are the symbols, ``output`` is what f returned; ``made`` holds the leaves
    that f made itself, by id: they are constants of the compiled function.
    """

    def __init__(self, f: Callable[..., Any], like: Sequence[Any]) -> None:
        self.inputs: list[Symbol] = []
        self.made: dict[int, Value] = {}
        args = [rebuild(arg, self._symbols(i, arg)) for i, arg in enumerate(like)]
        try:
            _guard(self)
            self.output = recording_symbols(f, *args, trace=self)
        finally:
            try:
                _unguard(self)
            finally:  # once more, for Ctrl-C may have ended the first
                _unguard(self)
        self.outputs = [y for _, y in flatten(self.output, "the output of f")]

    def _symbols(self, position: int, arg: Any) -> Iterator[Symbol]:
        for path, _ in flatten(arg, f"x{position}"):
            self.inputs.append(symbol(None, (), path))
            yield self.inputs[-1]

    def differentiate(self, wrt: list[Value]) -> list[Any]:
        """Give d(output)/dx for each x, as nodes (or floats): the one chain rule."""
        (output,) = self.outputs
        if not isinstance(output, Value):
            return [0.0] * len(wrt)
        try:
            found = recording_symbols(adjoints, output, wrt, create_graph=True)
        except (ArithmeticError, ValueError) as error:  # at constants: in every sample
            raise FloatingPointError(str(error)) from None
        return [found.get(x, 0.0) for x in wrt]


# ---- while a function is traced, data and grad ask who uses them ---------------------

_current: ContextVar[Trace | None] = ContextVar("trace", default=None)
_lock = threading.Lock()
_tracing: WeakSet[Trace] = WeakSet()  # the traces that run, in any thread
_slots: dict[str, Any] = {name: Value.__dict__[name] for name in ("data", "grad")}


def _is_captured(value: Value) -> bool:
    """Tell whether a trace is running here, and the Value comes from outside of it."""
    trace = _current.get()
    outside = type(value) is not Constant
    return trace is not None and outside and id(value) not in trace.made


def _read_data(value: Value) -> float:
    if _is_captured(value):
        refuse(_READ, "compute with the Value itself; for branches write where(...)")
    data: float = _slots["data"].__get__(value)
    return data


def _write_data(value: Value, data: float) -> None:
    if _is_captured(value):
        try:
            _slots["data"].__get__(value)
        except AttributeError:  # a leaf that is being made
            _current.get().made[id(value)] = value  # type: ignore[union-attr]
        else:
            refuse(*_WRITE)
    _slots["data"].__set__(value, data)


def _read_grad(value: Value) -> float:
    if _is_captured(value):
        refuse(*_GRAD)
    grad: float = _slots["grad"].__get__(value)
    return grad


def _write_grad(value: Value, grad: float) -> None:
    if _is_captured(value):
        refuse(*_GRAD)
    _slots["grad"].__set__(value, grad)


def _guard(trace: Trace) -> None:
    with _lock:
        _tracing.add(trace)
        setattr(Value, "data", property(_read_data, _write_data))
        setattr(Value, "grad", property(_read_grad, _write_grad))


def _unguard(trace: Trace) -> None:
    with _lock:
        _tracing.discard(trace)
        if not _tracing:
            for name, slot in _slots.items():
                setattr(Value, name, slot)


def recording_symbols(
    function: Callable[..., Any], *args: Any, trace: Trace | None = None, **kwargs: Any
) -> Any:
    """Call a function with recording as symbols, in a context of its own.

    However the call ends, by Ctrl-C too, the mode of this thread or task is as before.
    """
    inside = copy_context()
    inside.run(recording.set, symbol)
    inside.run(watching.set, None)  # symbols have no numbers to look at
    inside.run(_current.set, trace)
    return inside.run(function, *args, **kwargs)
