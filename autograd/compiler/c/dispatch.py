"""Many calls as data: a table of numbers, and a loop that makes a call of each entry.

A compiler's time grows with the text, and faster than it; so a long list of calls
becomes entries of the table of places: which function it is, then its arguments.
"""

from __future__ import annotations

import re
from itertools import groupby

_FEW = 100  # calls that are printed one by one
_CALL = re.compile(r"(\w+)\(([^()]*)\);")
# An argument: an address or a step, with the number that tells it from others.
_FORMS = (
    (re.compile(r"r(?: \+ (\d+) \* TILE)?"), "r + (long)c[{}] * TILE"),
    (re.compile(r"s(?: \+ (\d+))?"), "s + c[{}]"),
    (re.compile(r"table \+ (\d+)"), "table + c[{}]"),
    (re.compile(r"(-?\d+) \* TILE"), "(long)c[{}] * TILE"),
    (re.compile(r"(-?\d+)"), "c[{}]"),
)
_NAMES = ("n", "wide", "g", "scale", "add", "lines", "block", "NULL")


def dispatched(calls: list[str], table: list[int]) -> list[str]:
    """Give C lines that make these calls, many of them through the table."""
    if sum(line.endswith(");") for line in calls) <= _FEW:
        return calls
    lines: list[str] = []
    kept = [line for line in calls if not line.startswith("/*")]
    for simple, run in groupby(kept, key=lambda line: bool(_CALL.fullmatch(line))):
        listed = list(run)
        if simple and len(listed) > _FEW:
            lines += _loop(listed, table)
        else:
            lines += listed
    return lines


def _loop(calls: list[str], table: list[int]) -> list[str]:
    start, shapes = len(table), dict[str, int]()
    for call in calls:
        shape, numbers = _parse(call)
        table.append(shapes.setdefault(shape, len(shapes)))
        table += numbers
    cases = []
    for shape, k in shapes.items():
        count = shape.count("c[")
        cases += [f"    case {k}:", f"        {shape};", f"        c += {count};"]
        cases.append("        break;")
    return [
        f"/* {len(calls)} calls, as the table lists them: function, arguments. */",
        f"for (const int *c = table + {start}; c < table + {len(table)};)",
        "    switch (*c++) {",
        *[f"    {line}" for line in cases],
        "    }",
    ]


def _parse(call: str) -> tuple[str, list[int]]:
    """Split a call into its shape, in C, and its numbers."""
    match = _CALL.fullmatch(call)
    assert match is not None
    name, arguments = match.groups()
    parts, numbers = [], list[int]()
    for argument in arguments.split(", "):
        if argument in _NAMES:
            parts.append(argument)
            continue
        text = "1 * TILE" if argument == "TILE" else argument
        for pattern, form in _FORMS:
            found = pattern.fullmatch(text)
            if found is not None:
                parts.append(form.format(len(numbers)))
                numbers.append(int(found.group(1) or 0))
                break
        else:
            parts.append(argument)
    return f"{name}({', '.join(parts)})", numbers
