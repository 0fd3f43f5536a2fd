"""A layered order: every node in a column, the columns in an order with few crossings.

After Sugiyama, Tagawa and Toda (1981), "Methods for visual understanding of
hierarchical system structures". An edge that passes columns runs on a track: one vertex
in each of them, which keeps its place free. The edges of one tail share their track.

Where that would make too many vertices, the longest edges have no track: they are to
run around all columns. A node keeps the edge to its nearest head, which is never long.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

PATIENCE = 2  # sweeps without a gain before the search ends
WORK = 300_000  # vertices times sweeps, at most (but one sweep is always made)
TRACKS = (400, 3)  # vertices on tracks, at most: so many, and so many for each node

Edges = list[tuple[int, int]]
Neighbours = list[tuple[int, float]]


@dataclass(slots=True)
class Layers:
    """Vertices in columns. Those below ``count`` are nodes, the others lie on tracks.

    ``column`` is that of each vertex. ``before[v]`` are the neighbours in the column on
    the left, in argument order, and ``after[v]`` those on the right, both with the port
    of the edge: where it meets its head, -1/2 at the top to 1/2 at the bottom.
    ``tracks`` are the vertices of each edge from tail to head, with its port; tail and
    head alone where it passes columns and has no track.
    """

    count: int
    column: list[int]
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
    reach = _reach(column, edges)
    arity = [0] * count
    for _, head in edges:
        arity[head] += 1
    before: list[Neighbours] = [[] for _ in range(count)]
    tracks: list[tuple[list[int], float]] = []
    shared: dict[tuple[int, int], int] = {}  # (tail, column) -> vertex on its track
    place = [0] * count
    for tail, head in edges:
        port = (place[head] + 0.5) / arity[head] - 0.5
        place[head] += 1
        track = [tail]
        if column[head] - column[tail] <= reach:
            for c in range(column[tail] + 1, column[head]):
                vertex = shared.setdefault((tail, c), len(column))
                if vertex == len(column):
                    column.append(c)
                    before.append([(track[-1], 0.0)])
                track.append(vertex)
            before[head].append((track[-1], port))
        track.append(head)
        tracks.append((track, port))
    after: list[Neighbours] = [[] for _ in before]
    for head, neighbours in enumerate(before):
        for tail, port in neighbours:
            after[tail].append((head, port))
    columns: list[list[int]] = [[] for _ in range(max(column) + 1)]
    for vertex in _depth_first(before, count - 1):
        columns[column[vertex]].append(vertex)
    found = Layers(count, column, columns, before, after, tracks)
    _reduce_crossings(found)
    return found


def _reach(column: list[int], edges: Edges) -> int:
    """Give the length up to which edges have tracks, as far as there is room for them.

    A tail needs a vertex for each column but one between itself and its farthest head.
    """
    base, each = TRACKS
    room = base + each * len(column)
    spans: dict[int, set[int]] = {}
    for tail, head in edges:
        spans.setdefault(tail, set()).add(column[head] - column[tail])
    grows = [0] * (len(column) + 1)  # vertices that come in with each length
    for lengths in spans.values():
        shorter = 1
        for length in sorted(lengths):
            grows[length] += length - shorter
            shorter = length
    for length, more in enumerate(grows):
        room -= more
        if room < 0:
            return length - 1
    return len(column)


def _columns(count: int, edges: Edges) -> list[int]:
    """Place each node by its longest path to the output, so that leaves stand near."""
    distance = [0] * count
    for tail, head in reversed(edges):  # all edges out of head came before
        distance[tail] = max(distance[tail], distance[head] + 1)
    last = max(distance)
    return [last - d for d in distance]


def _depth_first(before: list[Neighbours], root: int) -> list[int]:
    """List the vertices so that a tree has no crossings, its args in order."""
    order: dict[int, None] = {}
    stack = [root]
    while stack:
        vertex = stack.pop()
        if vertex not in order:
            order[vertex] = None
            stack.extend(u for u, _ in reversed(before[vertex]))
    return list(order)


def _reduce_crossings(found: Layers) -> None:
    """Sort each column by the mean place of its neighbours, there and back again."""
    best, fewest, idle = found.columns, crossings(found), 0
    sweeps = max(WORK // len(found.before), 1)
    while fewest and idle < PATIENCE and sweeps:
        sweeps -= 1
        found.columns = [list(column) for column in found.columns]
        at = _places(found)
        for column in found.columns[1:]:
            _sort(column, found.before, -1.0, at)
        for column in reversed(found.columns[:-1]):
            _sort(column, found.after, 1.0, at)
        count = crossings(found)
        idle = 0 if count < fewest else idle + 1
        if count < fewest:
            best, fewest = found.columns, count
    found.columns = best


def _sort(
    column: list[int], neighbours: list[Neighbours], sign: float, at: list[float]
) -> None:
    """Sort the vertices that have neighbours; the others stay where they are.

    ``sign`` tells on which side these are: a port draws its two ends apart.
    """
    if len(column) == 1:
        return
    means: dict[int, float] = {}
    for v in column:
        near = neighbours[v]
        if len(near) == 1:
            means[v] = at[near[0][0]] + sign * near[0][1]
        elif near:
            means[v] = sum([at[u] + sign * port for u, port in near]) / len(near)
    movable = iter(sorted(means, key=means.__getitem__))
    for i, vertex in enumerate(column):
        if vertex in means:
            column[i] = vertex = next(movable)
        at[vertex] = i


def _places(found: Layers) -> list[float]:
    at = [0.0] * len(found.before)
    for column in found.columns:
        for i, vertex in enumerate(column):
            at[vertex] = i
    return at


def crossings(found: Layers) -> int:
    """Count the pairs of edges on tracks that cross."""
    at = _places(found)
    total = 0
    for column in found.columns:
        if len(column) == 1:
            continue
        ends: list[float] = []
        for v in column:
            for end in sorted([at[h] + port for h, port in found.after[v]]):
                above = bisect_right(ends, end)
                total += len(ends) - above
                ends.insert(above, end)
    return total
