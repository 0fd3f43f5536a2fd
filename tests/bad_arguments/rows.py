"""What a row of the table is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

# How messages show what is not written as Python shows it.
SHOWN = {
    "dict()": "{}",
    "np.zeros(2)": "array([0., 0.])",
    "2**70": "1180591620717411303424",
    "-1e-6": "-1e-06",
    "[print]": "[<built-in function print>]",
    "[neuron]": "[Neuron(2, 'tanh')",
}

Table = dict[str, dict[str, list["Row"]]]  # name of the interface, parameter, rows


class Row(NamedTuple):
    """A call, and the error that it is, with words of its message; or its result."""

    call: str
    error: type[Exception] | None
    words: tuple[str, ...] = ()
    result: Any = None


def no(call: str, error: type[Exception], *words: str) -> Row:
    """The call is an error whose message contains all these words."""
    return Row(call, error, words)


def each(
    call: str, given: Iterable[str], error: type[Exception], *words: str
) -> list[Row]:
    """Each of the given arguments in the place of ``{}`` is such an error.

    In a word, ``{}`` stands for the argument as a message shows it.
    """
    return [
        no(
            call.replace("{}", argument),
            error,
            *[word.replace("{}", SHOWN.get(argument, argument)) for word in words],
        )
        for argument in given
    ]


def yes(call: str, result: Any) -> Row:
    """The call is accepted on purpose, and this is its result."""
    return Row(call, None, (), result)


# ---- arguments of a wrong kind, as they are written ----------------------------------

NOT_NUMBERS = [
    *("None", "'2'", "b'2'", "1j", "[2.0]", "(2.0,)", "dict()", "np.zeros(2)"),
]
NOT_WHOLE = ["None", "'2'", "2.5", "[2]", "True", "nan", "a"]
NOT_FUNCTIONS = ["None", "'square'", "3.0", "[square]", "np.zeros(2)"]
NOT_VALUES = ["None", "'a'", "3.0", "[a]", "np.zeros(2)", "a.data"]
NOT_FLAGS = ["None", "'no'", "2", "[]", "0.0"]
NOT_PATHS = ["None", "3", "2.5", "['x']", "np.zeros(2)"]
NOT_ITERABLE = ["None", "3", "2.5", "a", "square"]
