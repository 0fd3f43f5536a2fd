"""Steps 2 and 3, tape: the graph as a straight-line program, simplified on the way.

Equal expressions are computed once, constants are folded, and 1 * x, x + 0 and the like
disappear. What nothing uses was never reached from the outputs, so it is gone already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd import primitives as table
from autograd.compiler import TraceError
from autograd.compiler.progress import progress
from autograd.compiler.trace import recording_symbols, symbol
from autograd.custom import CustomPrimitive
from autograd.graph import topological_order
from autograd.operation import Primitive
from autograd.printable import printable
from autograd.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ALIASES = (table.identity, table.detach)
_COMMUTATIVE = (table.add, table.mul)


class Tape:
    """A straight-line program: node i is an input, a parameter, a constant or an op.

    ``ops[i]`` is a Primitive, or None for a leaf; ``args[i]`` are indices below i.
    ``inputs``, ``parameters`` and ``outputs`` list indices; ``constants`` maps indices
    to numbers.
    """

    def __init__(self, inputs: Sequence[Value], parameters: Sequence[Value]) -> None:
        self.ops: list[Primitive | None] = []
        self.args: list[tuple[int, ...]] = []
        self.labels: dict[int, str] = {}
        self.constants: dict[int, float] = {}
        self.outputs: list[int] = []
        self._known: dict[Any, int] = {}
        self._index: dict[Value, int] = {}
        self.inputs = [self._leaf(x) for x in inputs]
        self.parameters = [self._leaf(x) for x in parameters]

    def _leaf(self, x: Value) -> int:
        index = self._index[x] = self._append(None, ())
        if x.label:
            self.labels[index] = x.label
        return index

    def _append(self, op: Primitive | None, args: tuple[int, ...]) -> int:
        # Where Ctrl-C fell between these two lines, the first overwrites what it left.
        self.ops[len(self.args) :] = [op]
        self.args.append(args)
        return len(self.args) - 1

    def record(
        self, roots: Iterable[Value | float], order: list[Value] | None = None
    ) -> list[int]:
        """Append the graph below the roots; give the index of each root.

        ``order`` is the topological order below the roots, where it is known.
        """
        roots = list(roots)
        index = self._index
        if order is None:
            order = topological_order(*[x for x in roots if isinstance(x, Value)])
        for node in progress(order, "write the tape"):
            if node not in index:
                op, args = node.op, tuple([self._operand(x) for x in node.args])
                assert op is not None
                if isinstance(op, CustomPrimitive) and op.numpy is None:
                    index[node] = self._expand(op, args)
                else:
                    index[node] = self.emit(op, args)
                if node.label:
                    self.labels.setdefault(index[node], node.label)
        return [self._operand(x) for x in roots]

    def _expand(self, op: CustomPrimitive, args: tuple[int, ...]) -> int:
        """Write a user's own primitive as what its value function is made of."""
        inputs = [symbol(None, (), f"{op.name}'s argument") for _ in args]
        self._index.update(zip(inputs, args))
        try:
            output = recording_symbols(op.definition, *inputs)
        except TraceError as error:
            raise TraceError(
                f"the primitive {op.name} cannot be compiled: {error}, or give its "
                "value for arrays: primitive(..., numpy=...)"
            ) from None
        return self.record([output])[0]

    def _operand(self, x: Value | float) -> int:
        if not isinstance(x, Value):
            return self.constant(x)
        if x not in self._index:  # a leaf that the traced function made: a constant
            self._index[x] = self.constant(x.data)
        return self._index[x]

    def constant(self, x: float) -> int:
        """Give the index of the constant x."""
        key = (x.hex(), None)  # tells -0.0 from 0.0, and equals itself where x is NaN
        if key not in self._known:
            index = self._append(None, ())
            self.constants[index] = x
            self._known[key] = index
        return self._known[key]

    def emit(self, op: Primitive, args: tuple[int, ...]) -> int:
        """Give the index of op(*args), simplified; a new node where it is none yet."""
        if op is table.logsumexp:
            return self._logsumexp(args)
        simpler = self._simplify(op, args)
        if isinstance(simpler, int):
            return simpler
        op, args = simpler
        key = (op, tuple(sorted(args)) if op in _COMMUTATIVE else args)
        if key not in self._known:
            self._known[key] = self._append(op, args)
        return self._known[key]

    def _logsumexp(self, xs: tuple[int, ...]) -> int:
        """Expand it as its derivative is written: both share their exponentials."""
        largest = self.emit(table.max, xs)
        shifted = [self.emit(table.sub, (x, largest)) for x in xs]
        weights = tuple([self.emit(table.exp, (x,)) for x in shifted])
        total = self.emit(table.log, (self.emit(table.sum, weights),))
        return self.emit(table.add, (largest, total))

    def _simplify(
        self, op: Primitive, args: tuple[int, ...]
    ) -> int | tuple[Primitive, tuple[int, ...]]:
        if op in _ALIASES:
            return args[0]
        numbers = [self.constants.get(i) for i in args]
        if None not in numbers:
            try:
                return self.constant(op.value(*numbers))
            except (ArithmeticError, ValueError):
                return op, args  # raises, or gives inf or NaN, when it runs
        if len(args) == 2 and not callable(op.partials):
            return self._simplify_binary(op, *args, *numbers)
        if op is table.where and numbers[0] is not None:
            return args[1] if numbers[0] else args[2]
        if op is table.neg and self.ops[args[0]] is table.neg:
            return self.args[args[0]][0]
        if op is table.sum and len(args) == 1:
            return args[0]
        return op, args

    def _simplify_binary(
        self, op: Primitive, x: int, y: int, a: float | None, b: float | None
    ) -> int | tuple[Primitive, tuple[int, ...]]:
        if op is table.general_power and b is not None:
            op = table.power
        if (op is table.add and a == 0.0) or (op is table.mul and a == 1.0):
            return y
        if (op in (table.add, table.sub) and b == 0.0) or (
            op in (table.mul, table.div, table.power) and b == 1.0
        ):
            return x
        if op is table.power and b == 2.0:
            return self.emit(table.mul, (x, x))
        if op is table.mul and -1.0 in (a, b):
            return self.emit(table.neg, (y if a == -1.0 else x,))
        return op, (x, y)

    def is_like(self, other: Tape) -> bool:
        """Tell whether this is the same program, constants included."""
        return (
            self.ops == other.ops
            and self.args == other.args
            and repr(self.constants) == repr(other.constants)
        )

    def name(self, i: int) -> str:
        """Name node i as the listing does."""
        if i in self.constants:
            return repr(self.constants[i])
        return printable(str(self.labels.get(i, ""))) or f"v{i}"

    def listing(self) -> str:
        """List the operations, one per line."""
        lines = []
        for i, (op, args) in enumerate(zip(self.ops, self.args)):
            if op is not None:
                names = [self.name(j) for j in args]
                infix = len(names) == 2 and not op.name.isidentifier()
                text = f" {op.name} ".join(names) if infix else ", ".join(names)
                lines.append(f"v{i} = {text if infix else f'{op.name}({text})'}")
        return "\n".join(lines)

    def __len__(self) -> int:
        return len(self.args)
