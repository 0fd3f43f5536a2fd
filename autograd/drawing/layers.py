"""A layered order: every node in a column, the columns in an order with few crossings.

After Sugiyama, Tagawa and Toda (1981), "Methods for visual understanding of
hierarchical system structures". An edge that passes columns runs on a track: one vertex
in each of them, which keeps its place free. The edges of one tail share their track.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

PATIENCE = 4  # sweeps without a gain before the search ends

Edges = list[tuple[int, int]]
Neighbours = list[tuple[int, float]]


@dataclass(slots=True)
class Layers:
    """Vertices in columns. Those below ``count`` are nodes, the others lie on tracks.

    ``before[v]`` are the neighbours in the column on the left, in argument order, and
    ``after[v]`` those on the right, both with the port of the edge: where it meets its
    head, -1/2 at the top to 1/2 at the bottom. ``tracks`` are the vertices of each edge
    from tail to head, with its port.
    """

    count: int
    columns: list[list[int]]
    before: list[Neighbours]
    after: list[Neighbours]
    tracks: list[tuple[list[int], float]]


def layers(count: int, edges: Edges) -> Layers:
    """Arrange nodes 0..count-1 with these edges, which are listed as in a ``Scene``.

    >>> found = layers(4, [(0, 1), (0, 1), (1, 2), (0, 3), (2, 3)])
    >>> found.columns  # 4 and 5 lie on the track of 0 -> 3
    [[0], [4, 1], [5, 2], [3]]
    """
    column = _columns(count, edges)
    tails: list[list[int]] = [[] for _ in range(count)]
    tracks: list[tuple[list[int], int]] = []
    shared: dict[tuple[int, int], int] = {}  # (tail, column) -> vertex on its track
    for tail, head in edges:
        track = [tail]
        for c in range(column[tail] + 1, column[head]):
            vertex = shared.setdefault((tail, c), len(column))
            if vertex == len(column):
                column.append(c)
                tails.append([track[-1]])
            track.append(vertex)
        tracks.append(([*track, head], len(tails[head])))
        tails[head].append(track[-1])

    def port(head: int, place: int) -> float:
        return (place + 0.5) / len(tails[head]) - 0.5

    found = Layers(
        count=count,
        columns=[[] for _ in range(max(column) + 1)],
        before=[
            [(u, port(v, i)) for i, u in enumerate(us)] for v, us in enumerate(tails)
        ],
        after=[[] for _ in tails],
        tracks=[(track, port(track[-1], place)) for track, place in tracks],
    )
    for head, neighbours in enumerate(found.before):
        for tail, at in neighbours:
            found.after[tail].append((head, at))
    for vertex in _depth_first(tails, count - 1):
        found.columns[column[vertex]].append(vertex)
    _reduce_crossings(found)
    return found


def _columns(count: int, edges: Edges) -> list[int]:
    """Place each node by its longest path to the output, so that leaves stand near."""
    distance = [0] * count
    for tail, head in reversed(edges):  # all edges out of head came before
        distance[tail] = max(distance[tail], distance[head] + 1)
    return [max(distance) - d for d in distance]


def _depth_first(tails: list[list[int]], root: int) -> list[int]:
    """List the vertices so that a tree has no crossings, its args in order."""
    order: dict[int, None] = {}
    stack = [root]
    while stack:
        vertex = stack.pop()
        if vertex not in order:
            order[vertex] = None
            stack.extend(reversed(tails[vertex]))
    return list(order)


def _reduce_crossings(found: Layers) -> None:
    """Sort each column by the mean place of its neighbours, there and back again."""
    best, fewest, idle = found.columns, crossings(found), 0
    while fewest and idle < PATIENCE:
        found.columns = [list(column) for column in found.columns]
        at = _places(found)
        for column in found.columns[1:]:
            _sort(
                column, {v: [at[u] - p for u, p in found.before[v]] for v in column}, at
            )
        for column in reversed(found.columns[:-1]):
            _sort(
                column, {v: [at[h] + p for h, p in found.after[v]] for v in column}, at
            )
        count = crossings(found)
        idle = 0 if count < fewest else idle + 1
        if count < fewest:
            best, fewest = found.columns, count
    found.columns = best


def _sort(column: list[int], keys: dict[int, list[float]], at: list[float]) -> None:
    """Sort the vertices that have neighbours; the others stay where they are."""
    slots = [i for i, v in enumerate(column) if keys[v]]
    movable = sorted(
        (column[i] for i in slots), key=lambda v: sum(keys[v]) / len(keys[v])
    )
    for i, vertex in zip(slots, movable, strict=True):
        column[i] = vertex
    for i, vertex in enumerate(column):
        at[vertex] = i


def _places(found: Layers) -> list[float]:
    at = [0.0] * len(found.before)
    for column in found.columns:
        for i, vertex in enumerate(column):
            at[vertex] = i
    return at


def crossings(found: Layers) -> int:
    """Count the pairs of edges that cross."""
    at = _places(found)
    total = 0
    for column in found.columns:
        ends: list[float] = []
        for v in column:
            for end in sorted([at[h] + port for h, port in found.after[v]]):
                above = bisect_right(ends, end)
                total += len(ends) - above
                ends.insert(above, end)
    return total
