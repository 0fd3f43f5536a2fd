"""Large graphs: the layout keeps its laws and its time, whatever the graph."""

import itertools
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, sum, tanh
from autograd.drawing import layers as layering
from autograd.drawing.layers import Layers, layers
from autograd.drawing.layout import lanes, own_layout
from autograd.drawing.scene import Scene, scene
from autograd.drawing.svg import svg
from autograd.drawing.vertical import spread, vertical
from tests.benchmarks import draw as benchmark
from tests.test_drawing import (
    assert_edges_run_between_their_boxes,
    assert_no_overlap,
    graphs,
    slow,
)


def skipping(size: int, seed: int) -> Value:
    """A chain with a connection into each node from anywhere before it."""
    rng = random.Random(seed)
    values = [Value(rng.random())]
    for _ in range(size):
        values.append(values[-1] - rng.choice(values))
    return values[-1]


def around(found: Layers) -> list[list[int]]:
    """List the edges that pass columns and have no track."""
    column = found.column
    return [
        t for t, _ in found.tracks if len(t) == 2 and column[t[1]] > column[t[0]] + 1
    ]


# ---- long edges run around the columns ---------------------------------------------


@slow
@given(st.integers(0, 25), st.integers(0, 10**6), st.sampled_from([0, 3, 20]))
def test_edges_without_a_track_keep_the_laws(size: int, seed: int, room: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layering, "TRACKS", (room, 0))
        found = scene(skipping(size, seed), 10**6)
        arranged = layers(len(found.nodes), found.edges)
        assert len(arranged.before) - arranged.count <= room
        layout = own_layout(found)
    assert_no_overlap(layout)
    assert_edges_run_between_their_boxes(found, layout)


@slow
@given(graphs, st.sampled_from([0, 5]))
def test_without_tracks_random_graphs_keep_the_laws(root: Value, room: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layering, "TRACKS", (room, 0))
        found = scene(root, 200)
        layout = own_layout(found)
    assert_no_overlap(layout)
    assert_edges_run_between_their_boxes(found, layout)


def test_every_node_keeps_the_edge_to_its_nearest_head() -> None:
    found = scene(skipping(600, 3), 10**6)
    arranged = layers(len(found.nodes), found.edges)
    base, each = layering.TRACKS
    assert len(arranged.before) - arranged.count <= base + each * arranged.count
    assert around(arranged)
    assert all(arranged.after[v] for v in range(arranged.count - 1))
    assert len({v for column in arranged.columns for v in column}) == len(
        arranged.before
    )


def test_lanes_of_edges_that_overlap_differ() -> None:
    found = scene(skipping(600, 3), 10**6)
    arranged = layers(len(found.nodes), found.edges)
    heights = [node.size[1] for node in found.nodes]
    ys = vertical(arranged, heights)
    lane = lanes(arranged, ys, heights)
    spans: dict[float, list[tuple[int, int]]] = {}
    for tail, y in lane.items():
        heads = [head for t, head in around(arranged) if t == tail]
        ends = [arranged.column[head] for head in heads]
        spans.setdefault(y, []).append((arranged.column[tail], max(ends)))
        top, bottom = min(ys), max(ys)
        assert not top - 7 < y < bottom + 7
    for taken in spans.values():
        taken.sort()
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(taken))


# ---- time --------------------------------------------------------------------------


def network(samples: int) -> Value:
    """A hidden layer of 8 over so many samples; the weights are used by all of them."""
    rng = random.Random(0)
    w = [Value(rng.random()) for _ in range(8)]
    return sum([tanh(u * rng.random()) for _ in range(samples) for u in w])


@pytest.mark.parametrize(
    "root",
    [
        skipping(2_400, 0),  # took 37 seconds with a track for each edge
        network(300),
        sum([Value(1.0) for _ in range(5_000)]),
    ],
    ids=["skips", "network", "wide"],
)
def test_thousands_of_nodes_take_seconds(root: Value) -> None:
    found = scene(root, 10**6)
    start = time.process_time()
    text = svg(found, own_layout(found))
    assert time.process_time() - start < 10.0  # 1 to 2, and an allowance
    assert text.count("<path") == len(found.edges)


def test_the_first_node_is_at_the_top() -> None:
    found: Scene = scene(skipping(50, 1), 10**6)
    tops = [box.y - box.height / 2 for box in own_layout(found).boxes]
    assert min(tops) == pytest.approx(0.0, abs=0.1)


@given(
    st.lists(st.tuples(st.floats(-99, 99), st.floats(0.1, 9)), min_size=1, max_size=9)
)
def test_spread_places_are_the_nearest_in_order(
    wanted: list[tuple[float, float]],
) -> None:
    ys, weights = map(list, zip(*wanted, strict=True))
    rooms = [5.0] * (len(ys) - 1)
    places = spread(ys, weights, rooms)
    assert all(b - a >= 5.0 - 1e-9 for a, b in itertools.pairwise(places))

    def cost(at: list[float]) -> float:
        pairs = zip(at, ys, weights, strict=True)
        return float(sum([w * (a - y) ** 2 for a, y, w in pairs]))

    # Moving any end of the row outwards, which is always allowed, does not help.
    for i in range(len(places)):
        for step in (-1e-3, 1e-3):
            moved = [
                p + step if (j <= i if step < 0 else j >= i) else p
                for j, p in enumerate(places)
            ]
            assert cost(moved) >= cost(places) - 1e-9


# ---- the benchmark -----------------------------------------------------------------


def test_the_benchmark_prints_its_tables(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["draw", "--small"])
    benchmark.main()
    printed = capsys.readouterr().out
    for name in benchmark.GRAPHS:
        assert printed.count(name) == 3  # one size, and two calls
    assert "draw, cut to 200" in printed


def test_the_graphs_of_the_benchmark_have_the_size_they_say() -> None:
    from autograd.graph import nodes

    for make in benchmark.GRAPHS.values():
        assert 0.75 * 500 < len(nodes(make(500))) <= 501
