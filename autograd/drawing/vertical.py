"""How high everything stands: straight edges where there is room, no overlaps.

Each vertex is moved towards the mean of its neighbours, column after column, to and
fro, as far as its own column has room.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import inf

from autograd.drawing.layers import Layers, Neighbours

GAP = 12.0  # between the nodes of a column
TRACK = 8.0  # the height that an edge takes in a column which it passes
SPREAD = 0.8  # of the height of a node: where its incoming edges meet it
SWEEPS = 4
LARGE = 3_000  # vertices: from here on, half as many sweeps


def vertical(found: Layers, heights: Sequence[float]) -> list[float]:
    """Give the y of each vertex, given the heights of the nodes.

    >>> from autograd.drawing.layers import layers
    >>> vertical(layers(2, [(0, 1)]), [30.0, 20.0])
    [15.0, 15.0]
    """
    heights = [*heights, *[TRACK] * (len(found.before) - found.count)]
    behind = [
        [(u, -SPREAD * port * heights[v]) for u, port in neighbours]
        for v, neighbours in enumerate(found.before)
    ]
    ahead = [
        [(h, SPREAD * port * heights[h]) for h, port in _continuation(found, v)]
        for v in range(len(heights))
    ]
    # Tracks stay straight, and leaves make way for what has a place already.
    weights = [
        1e3 if v >= found.count else 1.0 if behind[v] else 0.01
        for v in range(len(heights))
    ]
    ys = [0.0] * len(heights)
    rooms = [_rooms(found, column, heights) for column in found.columns]
    columns = list(zip(found.columns, rooms, strict=True))
    for column, room in columns:
        for v, y in zip(column, accumulate(room, initial=-sum(room) / 2), strict=True):
            ys[v] = y

    def settle(column: list[int], room: list[float], pulls: list[Neighbours]) -> None:
        wanted = []
        fits, last = True, -inf
        for v, least in zip(column, [0.0, *room], strict=True):
            pull = pulls[v]
            if len(pull) == 1:
                y = ys[pull[0][0]] + pull[0][1]
            else:
                y = sum([ys[u] + d for u, d in pull]) / len(pull) if pull else ys[v]
            fits = fits and y - last >= least
            wanted.append(y)
            last = y
        if not fits:
            wanted = spread(wanted, [weights[v] for v in column], room)
        for v, y in zip(column, wanted, strict=True):
            ys[v] = y

    pairs = list(zip(behind, ahead, strict=True))
    rightward = [b or a for b, a in pairs]
    leftward = [a or b for b, a in pairs]
    for _ in range(SWEEPS if len(ys) < LARGE else SWEEPS // 2):
        for column, room in reversed(columns):
            settle(column, room, leftward)
        for column, room in columns:
            settle(column, room, rightward)
    leaves = [[] if b else a for b, a in pairs]
    for column, room in columns:  # at last each leaf goes close to where it is used
        settle(column, room, leaves)
    top = min(y - height / 2 for y, height in zip(ys, heights, strict=True))
    return [round(y - top, 1) for y in ys]


def _continuation(found: Layers, v: int) -> Neighbours:
    """List what pulls v to the right: where a track goes on, it alone."""
    after = found.after[v]
    track = [(h, port) for h, port in after if h >= found.count]
    return track if track and v >= found.count else after


def _rooms(found: Layers, column: list[int], heights: Sequence[float]) -> list[float]:
    """Give the least distances between the centres of a column."""
    rooms = []
    for u, v in pairwise(column):
        gap = GAP if max(u, v) < found.count else GAP / 2
        rooms.append((heights[u] + heights[v]) / 2 + gap)
    return rooms


def spread(
    wanted: Sequence[float], weights: Sequence[float], rooms: Sequence[float]
) -> list[float]:
    """Give the places nearest to those wanted, in order and ``rooms`` apart.

    The weighted least squares under an order, by pooling adjacent violators (Barlow,
    Bartholomew, Bremner and Brunk, 1972). Linear in time.

    >>> spread([0.0, 0.0, 9.0], [1.0, 1.0, 1.0], [2.0, 2.0])
    [-1.0, 1.0, 9.0]
    """
    offsets = list(accumulate(rooms, initial=0.0))
    blocks: list[tuple[float, float, int]] = []  # the place, weight and size of each
    for y, weight, offset in zip(wanted, weights, offsets, strict=True):
        place, size = y - offset, 1
        while blocks and blocks[-1][0] >= place:
            other, mass, members = blocks.pop()
            place = (place * weight + other * mass) / (weight + mass)
            weight, size = weight + mass, size + members
        blocks.append((place, weight, size))
    places = [place for place, _, size in blocks for _ in range(size)]
    return [place + offset for place, offset in zip(places, offsets, strict=True)]
