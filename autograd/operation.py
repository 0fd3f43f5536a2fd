"""What a primitive is: an operation with its local derivatives beside its value.

The primitives themselves stand in ``primitives``.
"""

from __future__ import annotations

from numbers import Real

from autograd.printable import printable

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, overload

    from autograd.place import Place
    from autograd.value import Value

    Rule = Callable[..., Any] | float


def number(x: object) -> float:
    """Give the real number x as a float.

    Numbers are int, float, bool (0 or 1), Fraction, NumPy's real scalars (rounded to
    float64 where they have more digits), and NumPy arrays of one element. Anything else
    is a TypeError, a Decimal too, as in its sums with floats; an int or a Fraction
    beyond the range of floats is an OverflowError.

    >>> number(True), number(3)
    (1.0, 3.0)
    """
    if type(x) is float:
        return x
    if isinstance(x, Real):
        try:
            return float(x)
        except OverflowError:
            kind = printable(type(x).__name__)
            raise OverflowError(
                f"expected a number below 1.8e308, got a larger {kind}, which no "
                "float64 can hold; scale it, or take its logarithm first"
            ) from None
        except TypeError:  # numpy.timedelta64 passes for an integer
            pass
    mask = getattr(x, "mask", None)  # of a masked array: what is missing is no number
    missing = mask is not None and mask.any()
    if getattr(x, "size", None) == 1 and hasattr(x, "item") and not missing:
        return number(x.item())  # an array of one element, or numpy.bool_
    kind = printable(type(x).__name__)
    if hasattr(x, "shape"):
        raise TypeError(
            f"expected one real number, got an array ({kind}) of shape {x.shape}; "
            "a Value is one number: make one Value per element"
        )
    raise TypeError(
        f"expected a real number, got {x!r:.60} ({kind}); "
        "convert it first, for example with float(...)"
    )


_NEVER_OPERANDS = (str, bytes, complex, list, tuple, dict, set, type(None))


def is_foreign(x: object) -> bool:
    """Tell whether x may know better what x op Value is, as a NumPy array does.

    What never is an operand is a TypeError.

    >>> is_foreign(1.0), is_foreign(range(3))
    (False, True)
    """
    if type(x) is float or hasattr(x, "_record") or isinstance(x, Real):
        return False
    if isinstance(x, _NEVER_OPERANDS):
        number(x)  # raises
    return True


class Primitive:
    """An operation that the chain rule knows: its name, value and local derivatives.

    ``value`` maps floats to a float. ``partials`` has one rule for each argument, or it
    is one function that gives the derivatives for all arguments at once. ``needs`` says
    in words where the operation is defined, for error messages; ``default`` is the last
    argument where it is left out.

    Called with numbers it gives a float; given any Value it gives a Value.

    >>> from autograd import sin, tanh
    >>> sin(0.0), tanh.name
    (0.0, 'tanh')
    """

    __slots__ = ("arity", "default", "name", "needs", "partials", "value")

    def __init__(
        self,
        name: str,
        value: Callable[..., float],
        *partials: Rule,
        together: Callable[..., Any] | None = None,
        needs: str = "",
        default: float | None = None,
    ) -> None:
        self.name = name
        self.value = value
        self.partials: Any = together or partials
        self.arity = len(partials) or None  # None: any number
        self.needs = needs
        self.default = default

    if TYPE_CHECKING:

        @overload
        def __call__(self, *args: float) -> float: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, *args: float | Value) -> Value: ...

    def __call__(self, *args: Any) -> Any:
        for x in args:
            if type(x) is not float:
                return self._general(args)
        if (
            len(args) != self.arity
            and self.arity is not None
            and (self.default is None or len(args) != 1)
        ):
            return self._general(args)  # raises
        try:
            return self.value(*args)
        except (ArithmeticError, ValueError) as error:
            raise self.failure(args, error) from None

    def _general(self, args: tuple[Any, ...]) -> Any:
        if self.default is not None and len(args) == 1:
            args = (*args, self.default)
        if self.arity not in (None, len(args)):
            many = f"{self.arity} argument{'s' * (self.arity != 1)}"
            raise TypeError(f"{self.name} takes {many}, got {len(args)}")
        for x in args:
            if hasattr(x, "_record"):
                return x._record(self, args)
        return Primitive.__call__(self, *[number(x) for x in args])

    def failure(
        self,
        args: Sequence[Any],
        error: Exception,
        what: str = "",
        place: Place | None = None,
    ) -> Exception:
        """Give the error with the operation, its operands and its place in words."""
        needs = f"; {self.name} needs {self.needs}" if self.needs else ""
        reason = error.args[-1] if error.args else error  # without an errno
        text = f"{self.name}({operands(args)}): {reason}{needs}"
        return type(error)(f"{what}{text}{made_at(place)}")

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> Any:
        # The built-in primitives are one object each, also in copies and pickles.
        from autograd import primitives

        for key, entry in vars(primitives).items():
            if entry is self:
                return _table_entry, (key,)
        raise TypeError(f"the primitive {self.name} is not one that pickle can find")


def _table_entry(key: str) -> Primitive:
    from autograd import primitives

    entry: Primitive = vars(primitives)[key]
    return entry


def made_at(place: Place | None) -> str:
    """Say at the end of an error where in the program a node was made."""
    if place is None:
        return ""
    from autograd.place import words

    return f"; made at {words(place)}"


def operands(args: Sequence[Any]) -> str:
    """Name the operands in an error: of many, the first few."""
    shown = ", ".join(map(named, args[:8]))
    return f"{shown}, ... ({len(args)} operands)" if len(args) > 8 else shown


def named(x: Any) -> str:
    """Give an operand's number, after its label; while f is traced it has none."""
    if type(x) is float:
        return repr(x)
    try:
        number = repr(x.data)
    except TypeError:
        return repr(x)
    return f"{printable(str(x.label))} = {number}" if x.label else number


class Reduction(Primitive):
    """A primitive over sequences of any one length; their elements are its arguments.

    >>> from autograd import dot
    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    """

    __slots__ = ("sequences",)

    def __init__(
        self,
        name: str,
        value: Callable[..., float],
        *,
        together: Callable[..., Any],
        sequences: int = 1,
    ) -> None:
        super().__init__(name, value, together=together)
        self.sequences = sequences

    if TYPE_CHECKING:

        @overload  # type: ignore[override]
        def __call__(  # type: ignore[overload-overlap]
            self, *sequences: Iterable[float]
        ) -> float: ...
        @overload
        def __call__(self, *sequences: Iterable[float | Value]) -> Value: ...

    def __call__(self, *sequences: Any) -> Any:
        if len(sequences) != self.sequences:
            raise TypeError(
                f"{self.name} takes {self.sequences} sequence"
                f"{'s' * (self.sequences > 1)}, got {len(sequences)}"
            )
        for xs in sequences:
            if not hasattr(xs, "__iter__"):
                raise TypeError(
                    f"{self.name} takes sequences, as in {self.name}([x, y]), "
                    f"got {xs!r:.60}"
                )
        columns = [tuple(xs) for xs in sequences]
        if len(columns) == 2 and len(columns[0]) != len(columns[1]):
            lengths = f"{len(columns[0])} and {len(columns[1])}"
            raise ValueError(f"{self.name} needs equal lengths, got {lengths}")
        args = columns[0] if len(columns) == 1 else columns[0] + columns[1]
        for x in args:
            if hasattr(x, "_record"):
                return x._record(self, args)
        return super().__call__(*args)
