"""A scene cut around its output, for a picture or a text that has less room."""

from __future__ import annotations

from autograd.drawing.scene import Scene, left_out
from autograd.drawing.style import ON_ARROWS

FREE = {"op", "more", *ON_ARROWS}  # what the limit does not count


def counted(scene: Scene) -> int:
    """Count the boxes and constants of a scene."""
    return sum(node.kind not in FREE for node in scene.nodes)


def tails_of(scene: Scene) -> list[list[int]]:
    """List, for each node, where its arrows come from, in argument order."""
    tails: list[list[int]] = [[] for _ in scene.nodes]
    for tail, head in scene.edges:
        tails[head].append(tail)
    return tails


def cut(scene: Scene, limit: int, noun: str, many: str = "") -> Scene:
    """Cut a scene to the ``limit`` boxes and constants that are nearest the output.

    >>> from autograd import Value
    >>> from autograd.drawing.scene import scene
    >>> found = cut(scene(-(-(-Value(1.0))), 9), 2, "node")
    >>> [node.texts[0] for node in found.nodes]
    ['… 1 more', 'neg', 'data 1', 'neg', 'data -1']
    """
    total = counted(scene)
    if total <= limit:
        return scene
    tails = tails_of(scene)
    kept = _nearest(scene, tails, limit)
    found = Scene(notes=[left_out(limit, total, noun, many), *scene.notes])
    numbers: dict[int, int] = {}
    for i, node in enumerate(scene.nodes):
        if i not in kept:
            continue
        ways, missing = [], []
        for tail in tails[i]:
            if tail in kept:
                ways.append(numbers[tail])
            else:
                missing.append(len(ways))
        if missing:
            ways.insert(missing[0], found.add("more", f"… {len(missing):,} more"))
        numbers[i] = len(found.nodes)
        found.nodes.append(node)
        found.edges.extend((way, numbers[i]) for way in ways)
    return found


def _nearest(scene: Scene, tails: list[list[int]], limit: int) -> set[int]:
    """Walk breadth first from the output over its arrows."""
    root = len(scene.nodes) - 1
    kept, queue, room = {root}, [root], limit - 1
    for i in queue:
        for tail in tails[i]:
            end = tail
            while scene.nodes[end].kind in ON_ARROWS:
                end = tails[end][0]
            if end not in kept:
                if scene.nodes[end].kind not in FREE:
                    if not room:
                        continue
                    room -= 1
                kept.add(end)
                queue.append(end)
            kept.add(tail)
    return kept
