"""What ``replay`` gives: steps that can be read, looped over and played."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from html import escape
from pathlib import Path
from types import FrameType
from typing import Any, Literal, overload

from autograd.arguments import whole
from autograd.drawing import draw
from autograd.drawing.explain_names import distinct
from autograd.drawing.names import names_of
from autograd.drawing.replay_steps import Step, count_steps, steps
from autograd.drawing.replay_words import isolated, shown
from autograd.drawing.text import cells, clip, compact, plural
from autograd.files import checked_path, write_whole
from autograd.graph import copy_graph, nodes
from autograd.value import Constant, Value

Engine = Literal["auto", "dot", "own"]
WIDTH = 100  # columns of the table that a page shows where scripts do not run
FRAME = (
    "width:100%;height:640px;border:1px solid #cbd2d9;border-radius:8px;"
    "resize:vertical;overflow:auto"
)


class Replay:
    """The steps of a forward and a backward pass: a sequence that shows itself.

    A loop gives each :class:`Step`; ``print`` a table; a notebook shows the player, and
    ``save("x.html")`` writes it to a file. ``names`` are the names of the Values, in
    the order of ``nodes(root)``. It is a snapshot and changes no Value.
    """

    def __init__(
        self, root: Value, caller: FrameType, limit: int, engine: Engine
    ) -> None:
        _check(root, limit)
        values = nodes(root)
        fallbacks = [(z, "L" if z is root else "v#") for z in values]
        names = distinct(fallbacks, names_of(values, caller))
        self.names = tuple([isolated(names[z]) for z in values])
        self.steps = tuple(steps(values, self.names))
        # The picture is drawn of a copy, which may bear names, and of all adjoints on
        # the way the longest to write: so the boxes have room for each in its turn.
        memo: dict[int, Any] = {}
        self._root = copy_graph(root, memo)
        for z, name in names.items():
            memo[id(z)].label = name
            memo[id(z)].grad = 0.0
        for step in self.steps:
            if step.target is not None:
                twin = memo[id(values[step.target])]
                twin.grad = max(twin.grad, step.value, key=lambda x: len(compact(x)))
        self._root.grad = 1.0
        constants = sum(type(x) is float for z in values for x in z.args)
        self._picture = draw(self._root, limit=len(values) + constants, engine=engine)

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Step, ...]: ...
    def __getitem__(self, index: int | slice) -> Step | tuple[Step, ...]:
        try:
            return self.steps[index]
        except IndexError:
            raise IndexError(
                f"the replay has {len(self)} steps, counted from 0, got {index!r:.60}"
            ) from None
        except TypeError:
            raise TypeError(
                f"a step of a replay has a whole number, got {index!r:.60}"
            ) from None

    def running(self, count: int | None = None) -> dict[str, float]:
        """Give the adjoints after so many steps (all if left out), by name.

        >>> from autograd import Value, replay
        >>> x = Value(3.0, label="x")
        >>> passes = replay(x * x)
        >>> passes.running(3), passes.running()
        ({'L': 1.0, 'x': 3.0}, {'L': 1.0, 'x': 6.0})
        """
        after = len(self) if count is None else whole("count", count, least=0)
        found = self._running(after)
        return {self.names[place]: adjoint for place, adjoint in found.items()}

    def _running(self, count: int) -> dict[int, float]:
        return {s.target: s.value for s in self.steps[:count] if s.target is not None}

    # ---- text ------------------------------------------------------------------------

    def __repr__(self) -> str:
        return self._table(shutil.get_terminal_size().columns)

    def _table(self, width: int) -> str:
        forward = sum(step.kind == "forward" for step in self.steps)
        rows = [
            f"replay of {self.names[-1]}: {plural(forward, 'step')} forward, "
            f"{len(self) - forward:,} backward"
        ]
        digits = len(str(len(self)))
        for number, step in enumerate(self.steps, start=1):
            if number == forward + 1:
                rows.append(f"{'':{digits}}  {'adjoint so far':>{width - digits - 2}}")
            so_far = _so_far(step)
            room = max(width - digits - 4 - len(so_far), 10)
            text = _cut(step.text, room)
            pad = " " * (room - cells(text))
            rows.append(f"{number:{digits}}  {text}{pad}  {so_far}".rstrip())
        return "\n".join(rows)

    # ---- the player ------------------------------------------------------------------

    @cached_property
    def html(self) -> str:
        """The player as one HTML page that needs no other file and no network."""
        template = (Path(__file__).parent / "player.html").read_text("utf-8")
        *_, script = re.findall(r"<script>(.*?)</script>", template, re.DOTALL)
        digest = hashlib.sha256(script.encode()).digest()
        parts = {
            "hash": f"sha256-{base64.b64encode(digest).decode()}",
            "title": escape(f"Replay of {self.names[-1]}"),
            "table": escape(self._table(WIDTH)),
            "picture": self._picture.svg,
            "data": _json(self._data()),
        }
        return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)

    def _data(self) -> dict[str, Any]:
        values = nodes(self._root)
        terms = Counter(step.target for step in self.steps)
        return {
            "nodes": [
                {
                    "name": name,
                    "short": shown(z.data),
                    "leaf": not z.args,
                    "terms": terms[place],
                }
                for place, (z, name) in enumerate(zip(values, self.names, strict=True))
            ],
            "steps": [
                {
                    "kind": step.kind,
                    "node": step.node,
                    "target": step.target,
                    "edge": _occurrence(values[step.node], step.arg),
                    "text": step.text,
                    "rule": step.rule,
                    "reason": step.reason,
                    "value": repr(step.value),
                    "short": compact(step.value),
                    "complete": step.complete,
                }
                for step in self.steps
            ],
        }

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the player to a file "x.html". It is complete or it is not there.

        Raises ValueError for another suffix, FileNotFoundError for a missing folder.

        >>> from tempfile import TemporaryDirectory
        >>> from autograd import Value, replay
        >>> with TemporaryDirectory() as folder:
        ...     replay(-Value(1.0)).save(f"{folder}/x.html")
        """
        target = checked_path(path, "replay.html")
        if target.suffix.lower() not in (".html", ".htm"):
            raise ValueError(
                f"unknown suffix {target.suffix!r} of {target.name!r}; known is .html"
            )
        write_whole(target, self.html.encode())

    def _repr_html_(self) -> str:
        # In a frame of its own: the script runs there, and can reach nothing outside.
        title = escape(f"Replay of {self.names[-1]}")
        return (
            f'<iframe sandbox="allow-scripts" title="{title}" style="{FRAME}" '
            f'srcdoc="{escape(self.html)}"></iframe>'
        )


def _check(root: Any, limit: int) -> None:
    if not isinstance(root, Value):
        raise TypeError(f"expected a Value to replay, got {root!r:.60}")
    if isinstance(root, Constant):
        raise ValueError(
            f"{root!r} has no graph: it was computed under no_grad() or detached, "
            "so there is nothing to replay"
        )
    limit, count = whole("limit", limit), count_steps(root)
    if count > limit:
        raise ValueError(
            f"a replay of this graph has {count:,} steps, too many to follow (limit is "
            f"{limit:,}); replay a part of it, the Value of one neuron or of one "
            "sample's loss, look at the whole by draw(root), or set limit="
        )


def _so_far(step: Step) -> str:
    if step.kind == "forward":
        return ""
    return f"{shown(step.value)} {'✓' if step.complete else ' '}"


def _cut(text: str, room: int) -> str:
    """Cut text in its middle: what is computed, and its result, stay."""
    if cells(text) <= room:
        return text
    head = clip(text, room // 2)
    tail = clip(text[::-1], room + 1 - cells(head))[::-1]
    return head + tail.removeprefix("…")


def _occurrence(z: Value, arg: int | None) -> int | None:
    """Count the earlier args that are the same Value: each has an arrow of its own."""
    if arg is None:
        return None
    return sum(x is z.args[arg] for x in z.args[:arg])


def _json(data: Any) -> str:
    """Write JSON that may stand in HTML: no label in it ends the element."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)  # all ASCII
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
