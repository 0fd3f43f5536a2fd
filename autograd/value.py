"""Value: one number, and a node of the computational graph.

An operator does two things: it computes a float, and it remembers which primitive made
it from which arguments. It knows no derivative; those stand in ``primitives``.
"""

from __future__ import annotations

from contextvars import ContextVar
from numbers import Real

from autograd import primitives as table
from autograd.operation import Primitive, is_foreign, number
from autograd.refusals import Refusals

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Args = tuple[Any, ...]  # of Values, and of floats for constants

# How an operation is recorded in this thread or task; None: as a node of the graph.
recording: ContextVar[Callable[[Primitive, Args], Value] | None]
recording = ContextVar("recording", default=None)


class Value(Refusals):
    """One real number that remembers how it was computed.

    ``data`` is the number (float64), ``grad`` the derivative that ``backward()`` left
    here, ``op`` the primitive that made the node (None for a leaf), ``args`` its
    arguments in order (Values, and floats for constants), ``label`` a name for people.

    Operators and functions follow the rules of Python's floats and raise what floats
    raise. Two Values are equal only if they are the same node, in a dict or a set, too;
    ``<`` and its kin compare the data. What is no real number is a TypeError.

    >>> a = Value(2.0, label="a")
    >>> b = Value(-3.0, label="b")
    >>> c = a * b + b.tanh()
    >>> c.backward()
    >>> a
    Value(2.0, grad=-3.0, label='a')
    """

    __slots__ = ("args", "data", "grad", "label", "op")

    data: float
    grad: float
    op: Primitive | None
    args: Args
    label: str

    def __init__(self, data: float, label: str = "") -> None:
        if isinstance(data, Value):
            raise TypeError(
                f"{data!r} is a Value already; use it as it is, "
                "or take its number: Value(v.data)"
            )
        if not isinstance(label, str):
            raise TypeError(
                f"label is a text, got {label!r:.60} ({type(label).__name__}); a Value "
                "is made of its number and, if you like, a name: Value(2.0, 'x')"
            )
        self.data = number(data)
        self.grad = 0.0
        self.op = None
        self.args = ()
        self.label = label

    # ---- operators -----------------------------------------------------------------

    # fmt: off
    def __add__(self, y: Scalar) -> Value: return binary(table.add, self, y)
    def __radd__(self, x: float) -> Value: return binary(table.add, x, self)
    def __sub__(self, y: Scalar) -> Value: return binary(table.sub, self, y)
    def __rsub__(self, x: float) -> Value: return binary(table.sub, x, self)
    def __mul__(self, y: Scalar) -> Value: return binary(table.mul, self, y)
    def __rmul__(self, x: float) -> Value: return binary(table.mul, x, self)
    def __truediv__(self, y: Scalar) -> Value: return binary(table.div, self, y)
    def __rtruediv__(self, x: float) -> Value: return binary(table.div, x, self)
    def __pow__(self, y: Scalar) -> Value:
        constant = not isinstance(y, Value) or isinstance(y, Constant)
        return binary(table.power if constant else table.general_power, self, y)
    def __rpow__(self, x: float) -> Value:
        return binary(table.general_power, x, self)
    def __neg__(self) -> Value: return unary(table.neg, self)
    def __pos__(self) -> Value: return self
    def __abs__(self) -> Value: return unary(table.abs, self)
    # fmt: on

    # ---- functions, as methods -----------------------------------------------------

    # fmt: off
    def exp(self) -> Value: return unary(table.exp, self)
    def log(self) -> Value: return unary(table.log, self)
    def log1p(self) -> Value: return unary(table.log1p, self)
    def expm1(self) -> Value: return unary(table.expm1, self)
    def sqrt(self) -> Value: return unary(table.sqrt, self)
    def sin(self) -> Value: return unary(table.sin, self)
    def cos(self) -> Value: return unary(table.cos, self)
    def tan(self) -> Value: return unary(table.tan, self)
    def asin(self) -> Value: return unary(table.asin, self)
    def acos(self) -> Value: return unary(table.acos, self)
    def atan(self) -> Value: return unary(table.atan, self)
    def atan2(self, x: Scalar) -> Value: return table.atan2(self, x)
    def hypot(self, y: Scalar) -> Value: return table.hypot(self, y)
    def sinh(self) -> Value: return unary(table.sinh, self)
    def cosh(self) -> Value: return unary(table.cosh, self)
    def tanh(self) -> Value: return unary(table.tanh, self)
    def erf(self) -> Value: return unary(table.erf, self)
    def sigmoid(self) -> Value: return unary(table.sigmoid, self)
    def softplus(self) -> Value: return unary(table.softplus, self)
    def relu(self) -> Value: return unary(table.relu, self)
    def leaky_relu(self, slope: Scalar = 0.01) -> Value:
        return table.leaky_relu(self, slope)
    def abs(self) -> Value: return unary(table.abs, self)
    def sign(self) -> Value: return unary(table.sign, self)
    def step(self) -> Value: return unary(table.step, self)
    def maximum(self, y: Scalar) -> Value: return table.maximum(self, y)
    def minimum(self, y: Scalar) -> Value: return table.minimum(self, y)
    # fmt: on

    # NumPy calls these by its own names on arrays of objects.
    arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2

    # ---- differentiation -------------------------------------------------------------

    def backward(self) -> None:
        """Differentiate with respect to all below: see :func:`autograd.backward`."""
        from autograd.chain_rule import backward

        backward(self)

    def detach(self) -> Value:
        """Give a Value with the same number that every derivative takes for a constant.

        >>> x = Value(3.0)
        >>> y = x * x.detach()
        >>> y.backward()
        >>> x.grad  # not 6: the second factor is held fixed
        3.0
        """
        mode = recording.get()
        return mode(table.detach, (self,)) if mode else Constant(self.data, self.label)

    # ---- equality is identity, order is by data ------------------------------------

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Real):
            raise TypeError(
                "Values are compared as nodes; to compare numbers write "
                f"v.data == {other!r}"
            )
        return self is other if isinstance(other, Value) else NotImplemented

    # fmt: off
    def __lt__(self, y: Scalar) -> bool: return self.data < _data(y)
    def __le__(self, y: Scalar) -> bool: return self.data <= _data(y)
    def __gt__(self, y: Scalar) -> bool: return self.data > _data(y)
    def __ge__(self, y: Scalar) -> bool: return self.data >= _data(y)
    # fmt: on

    # ---- text, copies, pickles -------------------------------------------------------

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        op = f", op={self.op.name!r}" if self.op else ""
        return f"{type(self).__name__}({self.data!r}, grad={self.grad!r}{op}{label})"

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)

    def __copy__(self) -> Value:
        twin = new_node(type(self), self.data, self.op, self.args)
        twin.grad, twin.label = self.grad, self.label
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        from autograd.graph import copy_graph

        return copy_graph(self, memo)

    def __reduce__(self) -> tuple[Any, ...]:
        if self.args:
            raise TypeError(
                f"{self!r} stands on a graph, which is not pickled; "
                "pickle the parameters (the leaves), or v.detach()"
            )
        return type(self), (self.data, self.label), (None, {"grad": self.grad})

    _record: Callable[[Primitive, Args], Value]


class Constant(Value):
    """A Value that every derivative takes for a constant, as it takes plain numbers.

    ``detach()`` makes one, and so does every operation under ``no_grad()``. In the args
    of another node it stands as its number.
    """

    __slots__ = ()


Scalar = Value | float


# ---- recording an operation --------------------------------------------------------

_new = object.__new__


def new_node(cls: type[Value], data: float, op: Primitive | None, args: Args) -> Value:
    node = _new(cls)
    node.data = data
    node.grad = 0.0
    node.op = op
    node.args = args
    node.label = ""
    return node


def unary(op: Primitive, x: Value) -> Value:
    """Give the node op(x)."""
    if type(x) is Value and recording.get() is None:
        a = x.data
        if type(a) is float:
            try:
                return new_node(Value, op.value(a), op, (x,))
            except (ArithmeticError, ValueError) as error:
                raise op.failure((x,), error) from None
    return record(op, (x,))


def binary(op: Primitive, x: Scalar, y: Scalar) -> Value:
    """Give the node op(x, y), or NotImplemented for operands of foreign types."""
    if recording.get() is None:
        a = x.data if type(x) is Value else x
        b = y.data if type(y) is Value else y
        if type(a) is float and type(b) is float:
            try:
                return new_node(Value, op.value(a, b), op, (x, y))
            except (ArithmeticError, ValueError) as error:
                raise op.failure((x, y), error) from None
    if type(x) is int or type(y) is int:  # once more with floats, the fast way
        x, y = [number(t) if type(t) is int else t for t in (x, y)]
        return binary(op, x, y)
    if is_foreign(x) or is_foreign(y):
        return NotImplemented  # type: ignore[no-any-return]
    return record(op, (x, y))


def record(op: Primitive, args: Args) -> Value:
    """Give the node op(*args); under no_grad() or a trace, what takes its place."""
    if not _PLAIN.issuperset(map(type, args)):
        args = tuple([_operand(x) for x in args])
    mode = recording.get()
    if mode is not None:
        return mode(op, args)
    return evaluate(op, args)


def evaluate(op: Primitive, args: Args) -> Value:
    """Give the node op(*args) whatever the mode; a Constant if no arg is a Value."""
    numbers = [x if type(x) is float else x.data for x in args]
    if not _FLOAT.issuperset(map(type, numbers)):
        numbers = [number(x) for x in numbers]  # a person may set v.data to an int
    try:
        data = op.value(*numbers)
    except (ArithmeticError, ValueError) as error:
        raise op.failure(args, error) from None
    if _FLOAT.issuperset(map(type, args)):
        return Constant(data)
    return new_node(Value, data, op, args)


Value._record = staticmethod(record)

_FLOAT = frozenset({float})
_PLAIN = frozenset({float, Value})


def _operand(x: Any) -> Scalar:
    if isinstance(x, Value):
        return x.data if isinstance(x, Constant) else x
    return number(x)


def _data(x: Scalar) -> float:
    return x.data if isinstance(x, Value) else number(x)
