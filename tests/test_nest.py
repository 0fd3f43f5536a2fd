"""Nests: numbers in lists and tuples, to any depth, and NumPy arrays."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from autograd import Value
from autograd.nest import flatten, holds_value, rebuild


def test_leaves_in_order_with_their_paths() -> None:
    v = Value(4.0)
    assert flatten([1, (True, [Fraction(1, 2)], ()), v], "a") == [
        ("a[0]", 1.0),
        ("a[1][0]", 1.0),
        ("a[1][1][0]", 0.5),
        ("a[2]", v),
    ]
    assert flatten(3) == [("x", 3.0)]
    assert flatten([]) == []


@pytest.mark.parametrize(
    ("nest", "path"),
    [
        ("ab", "w"),
        ([1.0, "b"], r"w\[1\]"),
        ([1.0, (2.0, [None])], r"w\[1\]\[1\]\[0\]"),
        ({"k": 1.0}, "w"),
        ([{1.0}], r"w\[0\]"),
        (1j, "w"),
        ((x for x in [1.0]), "w"),
    ],
)
def test_what_is_no_number_is_named_by_its_path(nest: Any, path: str) -> None:
    with pytest.raises(TypeError, match=f"^{path}: expected a real number"):
        flatten(nest, "w")


def test_arrays_are_nested_lists() -> None:
    np = pytest.importorskip("numpy")
    array = np.arange(6).reshape(2, 3)
    assert flatten(array)[-1] == ("x[1][2]", 5.0)
    assert rebuild(array, range(6)) == [[0, 1, 2], [3, 4, 5]]
    assert flatten(np.array(2.5)) == flatten(np.float32(2.5)) == [("x", 2.5)]
    assert holds_value(np.array([[1.0, Value(1.0)]]))
    assert not holds_value(np.ones(3))
    with pytest.raises(TypeError, match=r"^w\[0\]: expected a real number"):
        flatten(np.array(["a"]), "w")


@pytest.mark.parametrize("nest", [1.0, [], [1.0, (2.0, [3.0], ())], ((), [[4.0]])])
def test_rebuilding_from_its_own_leaves_gives_the_nest(nest: Any) -> None:
    assert rebuild(nest, [x for _, x in flatten(nest)]) == nest


def test_a_value_is_found_wherever_it_is() -> None:
    v = Value(1.0)
    for nest in (v, [v], (1.0, [2.0, (v,)]), {"k": [v]}):
        assert holds_value(nest)
    for other in (1.0, [], {"v": 1.0}, "v", None, [[1.0], (2.0,)]):
        assert not holds_value(other)
