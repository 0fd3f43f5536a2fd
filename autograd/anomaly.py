"""Where a NaN or an infinity came from: operations and sweeps, looked at one by one.

Under ``detect_anomaly()`` every node keeps the line of the program that made it, every
result is looked at when it is made, and every sweep when it is done.
"""

from __future__ import annotations

from math import isfinite, isnan

from autograd.chain_rule import watching
from autograd.constant import without_graph
from autograd.local_derivatives import local_derivatives
from autograd.operation import made_at, named, number, operands
from autograd.place import caller, warn
from autograd.primitives import detach
from autograd.value import Constant, Value, evaluate, new_node, recording

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from autograd.operation import Primitive
    from autograd.place import Place
    from autograd.value import Args, Scalar


class AnomalyError(FloatingPointError):
    """A value or a derivative that is not finite, found by :func:`detect_anomaly`."""


class detect_anomaly:
    """Find the operation that makes the first NaN or infinity, and its line.

    In the block an operation whose result is not finite is an AnomalyError, and so is
    a derivative that is not finite in a sweep; errors there name the operation, its
    operands and the line that made it. A sweep also refuses a node that is out of date,
    for an argument's ``data`` was set since it was computed, and ``backward()`` warns
    where it adds to a ``grad`` that an earlier step left. For this thread or asyncio
    task only. It is slow, and meant for the search.

    >>> x = Value(0.0, label="x")
    >>> with detect_anomaly():  # doctest: +ELLIPSIS
    ...     y = x.sqrt()
    ...     y.backward()
    Traceback (most recent call last):
    ZeroDivisionError: the derivative of sqrt(x = 0.0): ...division by zero; sqrt \
needs x >= 0, its derivative x > 0, as in sqrt(x + 1e-12); made at <doctest \
autograd.anomaly.detect_anomaly[1]>, line 2: y = x.sqrt()
    """

    def __init__(self) -> None:
        self._outer: list[tuple[Any, Watch | None]] = []

    def __enter__(self) -> None:
        mode, watch = outer = recording.get(), watching.get()
        if watch is None and mode in (None, without_graph):  # neither nested nor traced
            watch = Watch()
            mode = watch.without_graph if mode else watch.record
        try:
            self._outer.append(outer)
            recording.set(mode)
            watching.set(watch)
        except BaseException:  # Ctrl-C: no __exit__ follows
            self._set(*outer)
            raise

    def __exit__(self, *exception: object) -> None:
        self._set(*self._outer.pop())

    def _set(self, mode: Any, watch: Watch | None) -> None:
        recording.set(mode)
        watching.set(watch)


class Watched(Value):
    """A node that keeps the place in the program that made it."""

    __slots__ = ("place",)

    place: Place

    def __repr__(self) -> str:
        return super().__repr__().replace("Watched", "Value", 1)


class Watch:
    """What looks at each result when it is made, and at each sweep when it is done."""

    def __init__(self) -> None:
        self._last: dict[Value, float] = {}  # leaves and numbers at the last backward()

    def record(self, op: Primitive, args: Args) -> Value:
        """Record op(*args) and its place; raise where the result is not finite."""
        z = self.keep_place(op, args)
        if not isfinite(z.data):
            anomaly = AnomalyError(f"gives {z.data!r}{_cause(args, z.data)}")
            raise op.failure(args, anomaly, place=caller())
        return z

    def keep_place(self, op: Primitive, args: Args) -> Value:
        """Record op(*args) and the place in the program that it was called from."""
        place = caller()
        try:
            z = evaluate(op, args)
        except (ArithmeticError, ValueError) as error:
            raise type(error)(f"{error}{made_at(place)}") from None
        if op is detach:
            return Constant(z.data, getattr(args[0], "label", ""))
        if isinstance(z, Constant):
            return z
        node = new_node(Watched, z.data, op, z.args)
        assert isinstance(node, Watched)
        node.place = place
        return node

    def without_graph(self, op: Primitive, args: Args) -> Value:
        """Do so, and give a constant: the mode of no_grad()."""
        return Constant(self.record(op, args).data)

    # ---- sweeps ----------------------------------------------------------------------

    def check_adjoints(
        self, order: list[Value], wanted: set[Value] | None, adjoint: dict[Value, Any]
    ) -> None:
        """Raise where a node is out of date, or the first bad adjoint comes from."""
        _check_that_all_is_current(order)
        for z in reversed(order):
            if wanted is None or z in wanted:
                zbar = _number(adjoint[z])
                _check_sum("adjoint", z, zbar)
                for x, slope in local_derivatives(z, wanted):
                    _check_product(z, x, slope, "adjoint", z, zbar)
        for x in adjoint:
            _check_sum("adjoint", x, _number(adjoint[x]))

    def check_tangents(
        self, order: list[Value], wanted: set[Value], tangent: dict[Value, Any]
    ) -> None:
        """Raise where a node is out of date, or the first bad tangent comes from."""
        _check_that_all_is_current(order)
        known = set(tangent)
        for z in order:
            if z in wanted:
                for x, slope in local_derivatives(z, known):
                    _check_product(z, x, slope, "tangent", x, _number(tangent[x]))
                _check_sum("tangent", z, _number(tangent[z]))

    def check_grads(self, swept: Iterable[Value]) -> None:
        """Warn where backward() is to add to what an earlier step left in a grad."""
        leaves = {x: x.data for x in swept if not x.args}
        for x, data in leaves.items():
            before = self._last.get(x, data)
            if x.grad and before != data:
                warn(
                    f"backward() adds to the grad {x.grad!r} of {named(x)}, which was "
                    f"left when its number was {before!r}: call zero_grad before each "
                    "step, or the gradients of different steps add up"
                )
                break
        self._last = leaves


def _cause(args: Args, result: float) -> str:
    for x in args:
        if not isfinite(_number(x)):
            return f", for the operand {named(x)} is not finite"
    if isnan(result):
        return ", though its operands are finite"
    return ": it is beyond 1.8e308; scale the operands, or add their logarithms"


def _check_product(
    z: Value, x: Value, slope: float, what: str, of: Value, factor: float
) -> None:
    """Raise where dz/dx times an adjoint or a tangent is not finite."""
    term = factor * slope
    if not isfinite(term):
        assert z.op is not None
        error = AnomalyError(
            f"{slope!r} with respect to {named(x)}, times the {what} {factor!r} of "
            f"{named(of)}, gives {term!r}"
        )
        raise z.op.failure(z.args, error, "the derivative of ", _place(z))


def _check_sum(what: str, x: Value, total: float) -> None:
    """Raise where terms that are finite, each, add up to what is not."""
    if not isfinite(total):
        raise AnomalyError(
            f"the {what} of {named(x)} is {total!r}: so its terms add up, or it was "
            f"given{made_at(_place(x))}"
        )


def _check_that_all_is_current(order: Iterable[Value]) -> None:
    for z in order:
        assert z.op is not None
        try:
            now = repr(z.op.value(*map(_number, z.args)))
        except (ArithmeticError, ValueError) as error:
            now = f"an error ({error})"
        if now != repr(number(z.data)):
            raise RuntimeError(
                f"{z.op.name}({operands(z.args)}) was computed as {z.data!r}, and is "
                f"{now} now: data was set in between, so its derivatives would be "
                f"wrong; set the leaves first, then compute{made_at(_place(z))}"
            )


def _place(z: Value) -> Place | None:
    return getattr(z, "place", None)


def _number(x: Scalar) -> float:
    return number(x.data) if isinstance(x, Value) else x
