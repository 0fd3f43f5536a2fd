"""A scene as a text tree: the output on top, arguments below what they make."""

from __future__ import annotations

import sys
from shutil import get_terminal_size
from unicodedata import bidirectional

from autograd.drawing.cut import cut, tails_of
from autograd.drawing.scene import Scene
from autograd.drawing.style import ON_ARROWS
from autograd.drawing.text import cells, clip

LIMIT = 50  # nodes: what fits on a screen or two
ROOM = 36  # cells that a line keeps for its text
NARROWEST = 40
ISOLATE = "\u2068{}\u2069"  # keeps right-to-left text from reordering its line
LINES = ("├─ ", "└─ ", "│  ", "   ")
PLAIN = ("|- ", "`- ", "|  ", "   ")  # where the terminal lacks these letters


class Tree:
    """A graph as text: what ``print`` shows, and a session that it is entered into."""

    def __init__(self, scene: Scene, limit: int = LIMIT) -> None:
        self.scene = scene
        self.limit = limit

    def __repr__(self) -> str:
        return shown(self.scene, self.limit)


def shown(scene: Scene, limit: int) -> str:
    """Give the text for this terminal: as wide as it is, in letters that it has."""
    width = max(get_terminal_size().columns, NARROWEST)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        "".join([*LINES, "…"]).encode(encoding)
    except UnicodeEncodeError:
        text = outline(scene, limit, width, PLAIN).replace("…", "~")
    else:
        text = outline(scene, limit, width)
    return text.encode(encoding, "backslashreplace").decode(encoding)


def outline(
    scene: Scene, limit: int, width: int, glyphs: tuple[str, ...] = LINES
) -> str:
    """Give the tree of a scene. A node that is used again is shown once, with a number
    in brackets, and called by it; a branch too deep for the width goes on below.

    >>> from autograd import Value
    >>> from autograd.drawing.scene import scene
    >>> x = Value(3.0, label="x")
    >>> print(outline(scene(x * x + 1.0, 9), 9, 80))
    +  data 10  grad ?
    ├─ *  data 9  grad ?
    │  ├─ x  data 3  grad ?  [1]
    │  └─ [1] x
    └─ 1
    """
    found = cut(scene, limit, "node")
    writer = _Writer(found, width, glyphs)
    writer.write()
    writer.lines.extend(clip(note, width) for note in found.notes)
    return "\n".join(writer.lines)


class _Writer:
    """Walks the tree of a scene and keeps the lines; a loop, so that depth is free."""

    def __init__(self, scene: Scene, width: int, glyphs: tuple[str, ...]) -> None:
        self.scene, self.width, self.glyphs = scene, width, glyphs
        self.lines: list[str] = []
        self.tails = tails_of(scene)
        uses = [0] * len(scene.nodes)
        for tail, _ in scene.edges:
            uses[tail] += 1
        self.shared = [count > 1 for count in uses]
        self.numbers: dict[int, int] = {}  # of what is referred to
        self.done: set[int] = set()
        self.later: list[int] = []  # branches that go on below

    def write(self) -> None:
        root = len(self.scene.nodes) - 1
        self._branch(root)
        for node in self.later:
            self.lines.append("")
            self._branch(node, again=True)

    def _branch(self, top: int, again: bool = False) -> None:
        # (node, its local derivative, what stands before it and before what is below)
        stack = [(top, "", "", "")]
        deepest = max(self.width - ROOM, 6)
        while stack:
            node, slope, lead, below = stack.pop()
            first = again and node == top
            if node in self.done and not first:
                self._line(lead, f"{self._reference(node)} {self._name(node)}", slope)
                continue
            self.done.add(node)
            args = self._args(node)
            end = f"  {self._reference(node)}" if self.shared[node] or first else ""
            if args and len(below) > deepest and not first:
                self.later.append(node)
                end = f"  {self._reference(node)} goes on below"
                args = []
            self._line(lead, self._text(node), slope, end)
            branches = [
                (arg, slope, below + glyph, below + indent)
                for (arg, slope), glyph, indent in zip(
                    args,
                    [self.glyphs[0]] * (len(args) - 1) + [self.glyphs[1]],
                    [self.glyphs[2]] * (len(args) - 1) + [self.glyphs[3]],
                    strict=False,
                )
            ]
            stack.extend(reversed(branches))

    def _op(self, node: int) -> int | None:
        tails = self.tails[node]
        is_op = bool(tails) and self.scene.nodes[tails[0]].kind == "op"
        return tails[0] if is_op else None

    def _args(self, node: int) -> list[tuple[int, str]]:
        """List the args of a node with the numbers on their arrows."""
        op = self._op(node)
        found = []
        for tail in self.tails[node if op is None else op]:
            slope = ""
            while self.scene.nodes[tail].kind in ON_ARROWS:
                slope = self.scene.nodes[tail].lines[0]
                tail = self.tails[tail][0]
            found.append((tail, slope))
        return found

    def _reference(self, node: int) -> str:
        return f"[{self.numbers.setdefault(node, len(self.numbers) + 1)}]"

    def _name(self, node: int) -> str:
        name = self.scene.nodes[node].name
        letters = {bidirectional(ch) for ch in name}
        return ISOLATE.format(name) if letters & {"R", "AL", "AN"} else name

    def _text(self, node: int) -> str:
        op = self._op(node)
        lines = [" ".join(line.split()) for line in self.scene.nodes[node].lines]
        parts = [self._name(node), *lines]
        if op is not None:
            parts.insert(1, self.scene.nodes[op].lines[0])
        return "  ".join(part for part in parts if part)

    def _line(self, lead: str, text: str, slope: str, end: str = "") -> None:
        if slope:
            end = f"  ({slope}){end}"
        room = max(self.width - cells(lead) - cells(end), 8)
        line = f"{lead}{clip(text, room)}{end}".rstrip()
        self.lines.append(clip(line, self.width))
