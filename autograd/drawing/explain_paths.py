"""The chain rule multiplied out: a derivative as a sum over paths.

dL/dx is the sum, over every path of the graph from x to L, of the product of the local
derivatives along it (F. L. Bauer, Computational graphs and rounding error, SIAM Journal
on Numerical Analysis 11, 1974). A small graph may have more paths than there are atoms.
What can be added up over all of them, one sweep from x to L adds up without listing a
path; and the largest are found without the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush, nsmallest
from math import log, prod
from operator import itemgetter

from autograd.graph import dependents, topological_order
from autograd.local_derivatives import local_derivatives
from autograd.value import Value

# The logarithms that stand for 0 and for what is not finite. A path through an infinite
# or undefined local derivative comes first, else one through a 0 last: whatever else a
# path of a million factors has (of which none has a logarithm above 750).
ZERO, INFINITE = -1e12, 1e24

# A way on from a node towards x: the logarithm of the largest |product| that it leads
# to, its local derivative, and the argument that it goes to.
Way = tuple[float, float, Value]


@dataclass(frozen=True, slots=True)
class Path:
    """One path: its nodes from the root to wrt, as the chain rule is written.

    ``slopes[i]`` is the local derivative d nodes[i] / d nodes[i + 1], ``product`` the
    product of all.
    """

    nodes: tuple[Value, ...]
    slopes: tuple[float, ...]
    product: float


@dataclass(frozen=True, slots=True)
class Survey:
    """What holds of all paths from wrt to root together.

    ``count`` is their number, ``zeros`` the number of those that pass a local
    derivative of 0; ``total`` the sum of their products, ``absolute`` the sum of the
    products' absolute values. ``ways`` has, for each node above wrt in topological
    order, the ways on, that to the largest product first.
    """

    root: Value
    wrt: Value
    count: int
    zeros: int
    total: float
    absolute: float
    ways: dict[Value, list[Way]]


def survey(root: Value, wrt: Value) -> Survey:
    """Sweep once from wrt to root. Raises what a rule raises.

    >>> x = Value(3.0)
    >>> found = survey(x * x - x, x)
    >>> found.count, found.total, found.absolute
    (3, 5.0, 7.0)
    """
    order = topological_order(root)
    wanted = dependents(order, [wrt])
    order = [z for z in order if z in wanted and z is not wrt]
    if root not in wanted:
        return Survey(root, wrt, 0, 0, 0.0, 0.0, {})
    # Counts may have as many digits as the graph has nodes: what is known of a node is
    # dropped once its last consumer has read it.
    last = {x: z for z in order for x in z.args if type(x) is not float and x in wanted}
    ways: dict[Value, list[Way]] = {}
    # The count, zeros, total and absolute of each node, and the log of its largest.
    sums = {wrt: (1, 0, 1.0, 1.0, 0.0)}
    for z in order:
        count, zeros, total, absolute = 0, 0, 0.0, 0.0
        found: list[Way] = []
        for x, slope in local_derivatives(z, wanted):
            paths, through_zero, products, sizes, largest = sums[x]
            count += paths
            zeros += through_zero if slope else paths
            total += slope * products
            absolute += abs(slope) * sizes
            found.append((_log(slope) + largest, slope, x))
        if len(found) > 1:
            found.sort(key=itemgetter(0), reverse=True)
        ways[z] = found
        sums[z] = count, zeros, total, absolute, found[0][0]
        for _, _, x in found:
            if last[x] is z:
                sums.pop(x, None)
    count, zeros, total, absolute, _ = sums[root]
    return Survey(root, wrt, count, zeros, total, absolute, ways)


def _log(slope: float) -> float:
    size = abs(slope)
    if size == 0.0:
        return ZERO
    return log(size) if size < float("inf") else INFINITE


def largest_paths(found: Survey, limit: int) -> list[Path]:
    """List the paths of the largest |product|, largest first, at most ``limit``.

    Each path but the best turns off a better one: it follows that to some node, takes
    the next best way there, and from then on the best one. So the next best path is
    always among those that turn off a path already listed (E. L. Lawler, A procedure
    for computing the k best solutions, Management Science 18, 1972). Time is linear in
    the nodes of the paths listed.

    >>> x = Value(3.0)
    >>> [path.product for path in largest_paths(survey(x * x - x, x), limit=2)]
    [3.0, 3.0]
    """
    limit = min(limit, found.count)
    # A path is a list of turns: a node and the rank of the way taken from it.
    turns: list[list[tuple[Value, int]]] = []
    # A candidate: its size, whom it turns off, where, and the rank of the way it takes.
    queue: list[tuple[float, int, int, int]] = [(0.0, -1, 0, 0)]
    while len(turns) < limit:
        _, parent, place, rank = heappop(queue)
        path = _turn_off(found, turns[parent] if turns else [], place, rank)
        turns.append(path)
        missing = limit - len(turns)
        if missing:
            candidates = _candidates(found, path, place, len(turns) - 1)
            for candidate in nsmallest(missing, candidates):
                heappush(queue, candidate)
    paths = [_path(found, path) for path in turns]
    # The logarithms were rounded, the products are, too: the last word is theirs.
    return sorted(paths, key=_rank)


def _turn_off(
    found: Survey, parent: list[tuple[Value, int]], place: int, rank: int
) -> list[tuple[Value, int]]:
    path = parent[:place]
    z = parent[place][0] if parent else found.root
    while z is not found.wrt:
        path.append((z, rank))
        z, rank = found.ways[z][rank][2], 0
    return path


def _candidates(
    found: Survey, path: list[tuple[Value, int]], start: int, number: int
) -> list[tuple[float, int, int, int]]:
    """List what turns off this path at ``start`` or later, by the next best way."""
    candidates = []
    before = 0.0  # the logarithm of the product so far
    for place, (z, rank) in enumerate(path):
        ways = found.ways[z]
        if place >= start and rank + 1 < len(ways):
            size = before + ways[rank + 1][0]
            candidates.append((-size, number, place, rank + 1))
        before += _log(ways[rank][1])
    return candidates


def _path(found: Survey, turns: list[tuple[Value, int]]) -> Path:
    slopes = tuple(found.ways[z][rank][1] for z, rank in turns)
    nodes = (*(z for z, _ in turns), found.wrt)
    return Path(nodes, slopes, prod(slopes, start=1.0))


def _rank(path: Path) -> float:
    size = abs(path.product)
    return -size if size == size else -float("inf")  # what is undefined comes first
