"""A user's own primitive, with the standing of those in the table.

What the table may take for granted of itself is checked here at every use: that there
is one partial for each argument, and that values and rules give numbers.
"""

from __future__ import annotations

import sys

from autograd.arguments import function
from autograd.operation import Primitive, number
from autograd.printable import printable
from autograd.value import Constant, Value

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from autograd.operation import Rule


class CustomPrimitive(Primitive):
    """A primitive that :func:`primitive` made.

    ``definition`` is the value function as it was given. Where it is written in
    autograd's own functions, it can be called with Values, too. ``numpy`` is the same
    function for arrays, or None, and ``c`` the value as a C expression, or None.
    """

    __slots__ = ("c", "definition", "module", "numpy")

    definition: Callable[..., Any]
    numpy: Callable[..., Any] | None
    c: str | None
    module: str

    if not TYPE_CHECKING:  # the signature is that of every primitive

        def __call__(self, *args: Any) -> Any:
            rules = self.partials
            if not callable(rules) and len(rules) != len(args):
                raise TypeError(
                    f"{self.name} was called with {_count(args, 'argument')}, "
                    f"but it has {_count(rules, 'partial')}"
                )
            return super().__call__(*args)

    def __copy__(self) -> CustomPrimitive:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> CustomPrimitive:
        return self

    def __reduce__(self) -> Any:  # by reference to a module's name, like a function
        for name, entry in vars(sys.modules[self.module]).items():
            if entry is self:
                return _look_up, (self.module, name)
        raise TypeError(
            f"the primitive {self.name} is not a global name of {self.module}, "
            "so it cannot be pickled"
        )


def primitive(
    value: Callable[..., float],
    *partials: Rule,
    name: str | None = None,
    together: Callable[..., Any] | None = None,
    needs: str = "",
    numpy: Callable[..., Any] | None = None,
    c: str | None = None,
) -> CustomPrimitive:
    """Make a primitive from its value and its local derivatives.

    ``value`` maps floats to a float. There is one partial for each argument: a number,
    or a rule written with operators and autograd's functions, called as
    ``rule(z, x, ...)`` with the output first. Instead, ``together`` gives all partials
    at once, as a sequence. ``name`` (that of ``value`` if left out) stands in errors
    and pictures, with escapes for what is not printable; ``needs`` says in words where
    the operation is defined. ``numpy`` is the value for arrays: the compiler needs it
    where ``value`` uses ``math``, for it can look into autograd's own functions only.
    ``c`` is the value as a C expression of the parameters that ``value`` names, for
    plans in C.

    The primitive takes numbers and Values, has derivatives of every order, and can be
    checked with ``gradcheck``. A wrong number of partials, and a value or a partial
    that is no real number, is a TypeError at the first use.

    sinc(x) = sin(x) / x has a limit at 0: it is 1 - x^2/6 + ..., its derivative is
    -x/3 + .... ``where`` takes any number but 0 for true, and both of its sides are
    computed, so the divisor is guarded, too:

    >>> from autograd import cos, derivative, sin, where
    >>> def guarded(x):
    ...     return where(x, x, 1.0)
    >>> sinc = primitive(
    ...     lambda x: where(x, sin(x) / guarded(x), 1.0),
    ...     lambda z, x: where(x, (cos(x) - z) / guarded(x), -x / 3.0),
    ...     name="sinc",
    ... )
    >>> sinc(0.0), sinc(Value(0.0))
    (1.0, Value(1.0, grad=0.0, op='sinc'))
    >>> derivative(sinc)(2.0), derivative(sinc, order=2)(0.0)
    (-0.43539777497999166, -0.3333333333333333)
    """
    _check_parts(value, name, together, needs, numpy, c)
    if name is None:
        name = getattr(value, "__name__", "<lambda>")
        if name == "<lambda>":
            raise ValueError("a primitive made from a lambda needs a name=")
    name = printable(name)
    if c is not None:
        _check_names(name, value)
    if bool(partials) == (together is not None):
        raise TypeError(f"{name} needs a partial for each argument, or together=")
    op = CustomPrimitive(
        name,
        _checked_value(name, value),
        *[_checked_rule(name, rule) for rule in partials],
        together=together and _checked_rules(name, together),
        needs=needs,
    )
    op.definition, op.numpy, op.c = value, numpy, c
    op.module = sys._getframe(1).f_globals.get("__name__", "__main__")
    return op


def _check_parts(
    value: Any, name: Any, together: Any, needs: Any, numpy: Any, c: Any
) -> None:
    function("primitive", value)
    for what, f in (("together", together), ("numpy", numpy)):
        if f is not None:
            function(f"primitive: {what}=", f)
    for what, text in (("name", name), ("needs", needs), ("c", c)):
        if not isinstance(text, str) and (text is not None or what == "needs"):
            raise TypeError(f"primitive: {what}= takes a text, got {text!r:.60}")


def _check_names(name: str, value: Callable[..., Any]) -> None:
    """See that a C expression can name each argument of the value function."""
    from inspect import signature

    kinds = [p.kind for p in signature(value).parameters.values()]
    if any(
        kind not in (kind.POSITIONAL_ONLY, kind.POSITIONAL_OR_KEYWORD) for kind in kinds
    ):
        raise TypeError(
            f"{name}: c= is an expression of named parameters, so the value function "
            "must name each of its arguments, not take *args or keywords"
        )


def _checked_value(name: str, value: Callable[..., Any]) -> Callable[..., float]:
    def checked(*args: float) -> float:
        return _real(value(*args), f"the value of {name}")

    return checked


def _checked_rule(name: str, rule: Any) -> Rule:
    if not callable(rule):
        return _real(rule, f"a partial of {name}")

    def checked(z: Any, *args: Any) -> Any:
        return _scalar(_apply(rule, name, z, args), name)

    return checked


def _checked_rules(name: str, together: Callable[..., Any]) -> Callable[..., Any]:
    def checked(z: Any, *args: Any) -> Any:
        slopes = _apply(together, name, z, args)
        if not isinstance(slopes, (list, tuple)) or len(slopes) != len(args):
            raise TypeError(
                f"the partials of {name} are a sequence of {len(args)} "
                f"for {_count(args, 'argument')}, got {slopes!r:.60}"
            )
        return [_scalar(slope, name) for slope in slopes]

    return checked


def _apply(rule: Callable[..., Any], name: str, z: Any, args: tuple[Any, ...]) -> Any:
    try:
        return rule(z, *args)
    except TypeError as error:
        raise TypeError(
            f"the derivative of {name}, called as rule(z, x, ...) with "
            f"{_count(args, 'argument')} after z: {error}"
        ) from error


def _scalar(slope: Any, name: str) -> Any:
    if isinstance(slope, Value):
        return slope.data if isinstance(slope, Constant) else slope
    return _real(slope, f"the derivative of {name}")


def _real(x: Any, what: str) -> float:
    try:
        return number(x)
    except TypeError as error:
        raise TypeError(f"{what}: {error}") from None


def _count(things: Any, noun: str) -> str:
    return f"{len(things)} {noun}{'s' * (len(things) != 1)}"


def _look_up(module: str, name: str) -> Any:
    __import__(module)
    return getattr(sys.modules[module], name)
