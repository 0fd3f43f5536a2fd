"""Step 4c, roll: rows of one level and one shape become one instruction over arrays.

There are two arenas of numbers. The shared arena holds one number per shared node:
constants, parameters, inputs without a batch axis, and results. The batched arena holds
a row per batched node: inputs, and results. An instruction fills consecutive places of
an arena; it names its operands by arrays of places. Rows are placed so that these
arrays are regular where the program is: then an operand is a view, and nothing moves.

A sum of parameters times one set of batched rows is a matrix product. So is a gradient:
products of two batched rows, summed over the batch.
"""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from autograd.compiler.forms import NONE
from autograd.compiler.rows import Row, Rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from autograd.compiler.tape import Tape
    from autograd.operation import Primitive

    Places = NDArray[np.intp]
    InputKind = Literal["shared", "narrow", "wide"]


class Elementwise:
    """out[i] = op(args[0][i], args[1][i], ...); each arg is (batched, places)."""

    def __init__(
        self, op: Primitive, batched: bool, start: int, args: list[tuple[bool, Places]]
    ) -> None:
        self.op, self.batched, self.start, self.args = op, batched, start, args
        self.count = len(args[0][1])


class Product:
    """out[s, i] = sum over t: matrix[s, i, t] * operand[s, t]: stacked matrix products.

    ``matrix`` are places of the shared arena, ``operand`` of the sum's own. Where it is
    ``biased``, the last column is a bias, and meets a row of ones.
    """

    def __init__(
        self, start: int, matrix: Places, operand: Places, biased: bool = False
    ) -> None:
        self.start, self.matrix, self.operand = start, matrix, operand
        self.biased = biased
        self.count = matrix.shape[0] * matrix.shape[1]


class Sum:
    """out = bias + sum of plus - sum of minus + products of rows + matrix products.

    ``bias``, and the entries of ``plus`` and ``minus``, are arrays of places, one for
    each row; ``products`` has (coefficients or None, places, places).
    """

    def __init__(self, batched: bool, start: int, count: int) -> None:
        self.batched, self.start, self.count = batched, start, count
        self.bias: Places | None = None
        self.plus: list[Places] = []
        self.minus: list[Places] = []
        self.products: list[tuple[NDArray[Any] | None, Places, Places]] = []
        self.matrices: list[Product] = []


class Contraction:
    """gradient[to[i, j]] += sum over s, batch: c[i, j] * left[s, i] * right[s, j]."""

    def __init__(
        self, to: Places, factors: NDArray[Any], left: Places, right: Places
    ) -> None:
        self.to, self.factors, self.left, self.right = to, factors, left, right


class BatchSum:
    """gradient[to[i]] += factor[i] * sum over the batch of rows[i]; factors are shared.

    With ``times`` it is the sum of rows[i] * times[i].
    """

    def __init__(
        self, to: Places, factors: Places, rows: Places, times: Places | None = None
    ) -> None:
        self.to, self.factors, self.rows, self.times = to, factors, rows, times


def places(numbers: Iterable[int]) -> Places:
    """Give places as an array."""
    return np.array(list(numbers), dtype=np.intp)


def regular(places: Places) -> tuple[int, ...] | None:
    """Give the step along each axis if places is an affine function of its indices."""
    origin = (0,) * places.ndim
    steps = []
    grid: Any = places[origin]
    for axis, size in enumerate(places.shape):
        second = (*origin[:axis], 1, *origin[axis + 1 :])
        steps.append(int(places[second] - places[origin]) if size > 1 else 0)
        shape = [-1 if k == axis else 1 for k in range(places.ndim)]
        grid = grid + steps[-1] * np.arange(size).reshape(shape)
    return tuple(steps) if np.array_equal(grid, places) else None


class Plan:
    """The rolled program: the layout of the arenas, and the instructions in order."""

    def __init__(
        self,
        tape: Tape,
        inputs: list[tuple[InputKind, int]],
        outputs: list[int],
        gradients: list[int],
    ) -> None:
        self.tape, self.wide = tape, 0
        kinds = [kind for kind, count in inputs for _ in range(count)]
        batched_inputs = [i for i, kind in zip(tape.inputs, kinds) if kind != "shared"]
        rows = Rows(tape, batched_inputs, outputs, gradients)
        self._rows = rows
        self._place: dict[int, int] = {}
        self.parameters = slice(0, len(tape.parameters))
        self.sizes = [0, 0]  # of the shared and the batched arena
        self.ones: list[int] = []  # batched places that hold 1
        self._put_all(tape.parameters, False)
        self._place_inputs(inputs)
        self.constants = {self._put(i, False): c for i, c in tape.constants.items()}
        self.shared: list[Elementwise | Sum] = []
        self.batched: list[Elementwise | Sum] = []
        for batched, program in ((False, self.shared), (True, self.batched)):
            mine = [row for row in rows.rows if row.batched is batched]
            mine.sort(key=lambda row: row.level)
            for _, level in groupby(mine, key=lambda row: row.level):
                program += self._roll_level(list(level), batched)
        self.outputs = [(i in rows.batched, self._place[i]) for i in outputs]
        self.gradients = self._roll_gradients()

    def _place_inputs(self, inputs: list[tuple[InputKind, int]]) -> None:
        """Place each array of inputs, wide ones first in the batched arena."""
        nodes = iter(self.tape.inputs)
        blocks = [(kind, list(islice(nodes, count))) for kind, count in inputs]
        for kind, block in sorted(blocks, key=lambda entry: entry[0] != "wide"):
            self._put_all(block, kind != "shared")
            if kind == "wide":
                self.wide = self.sizes[True]
        # For each array: whether it is batched, its first place, its size.
        self.arguments = [
            (kind != "shared", self._place[block[0]] if block else 0, len(block))
            for kind, block in blocks
        ]

    def _put_all(self, nodes: list[int], batched: bool) -> int:
        """Place nodes one after the other; give the place of the first.

        Behind several batched rows comes a row of ones: then the rows with it, times
        the weights with their bias, are one matrix product.
        """
        start = self.sizes[batched]
        for node in nodes:
            self._put(node, batched)
        if batched and len(nodes) > 1:
            self.ones.append(self.sizes[True])
            self.sizes[True] += 1
        return start

    def _put(self, node: int, batched: bool) -> int:
        self._place[node] = self.sizes[batched]
        self.sizes[batched] += 1
        return self._place[node]

    # ---- rows ------------------------------------------------------------------------

    def _roll_level(self, rows: list[Row], batched: bool) -> list[Elementwise | Sum]:
        groups: dict[Any, list[Row]] = {}
        for row in rows:
            kinds = tuple(i in self._rows.batched for i in row.args)
            groups.setdefault((row.shape(), kinds), []).append(row)
        return [
            self._elementwise(group) if group[0].op is not None else self._sum(group)
            for group in groups.values()
        ]

    def _elementwise(self, rows: list[Row]) -> Elementwise:
        place, batched, op = self._place, rows[0].batched, rows[0].op
        rows.sort(key=lambda row: [place[i] for i in row.args])
        start = self._put_all([row.node for row in rows], batched)
        assert op is not None
        args = [
            (column[0] in self._rows.batched, places(place[i] for i in column))
            for column in zip(*[row.args for row in rows])
        ]
        return Elementwise(op, batched, start, args)

    def _sum(self, rows: list[Row]) -> Sum:
        place, batched = self._place, rows[0].batched
        for row in rows:
            row.scaled.sort(key=lambda pu: (place[pu[1]], place[pu[0]]))
            row.plus.sort(key=place.__getitem__)
            row.minus.sort(key=place.__getitem__)
            row.products.sort(key=lambda t: (place[t[1]], place[t[2]]))
        sets = {row.node: tuple([place[u] for _, u in row.scaled]) for row in rows}
        users: dict[tuple[int, ...], int] = {}
        for operands in sets.values():
            users[operands] = users.get(operands, 0) + 1

        def order(row: Row) -> Any:
            # Rows over one set of operands side by side, sets of one size in a row.
            return (
                users[sets[row.node]],
                sets[row.node],
                [place[p] for p, _ in row.scaled[:1]],
                [place[u] for u in row.plus],
                [(place[u], place[v]) for _, u, v in row.products],
            )

        rows.sort(key=order)
        start = self._put_all([row.node for row in rows], batched)
        out = Sum(batched, start, len(rows))
        first = rows[0]
        if first.bias != NONE:
            out.bias = places(place[row.bias] for row in rows)
        for k in range(len(first.plus)):
            out.plus.append(places(place[row.plus[k]] for row in rows))
        for k in range(len(first.minus)):
            out.minus.append(places(place[row.minus[k]] for row in rows))
        for k in range(len(first.products)):
            c, u, v = zip(*[row.products[k] for row in rows])
            factors = None if set(c) == {1.0} else np.array(c)
            out.products.append(
                (factors, places(place[i] for i in u), places(place[i] for i in v))
            )
        if first.scaled:
            runs = groupby(rows, key=lambda row: users[sets[row.node]])
            for size, run in runs:
                out.matrices.append(self._product(list(run), size))
            self._take_bias_in(out)
        return out

    def _take_bias_in(self, out: Sum) -> None:
        """Make the bias a column of the matrix, where places allow: it meets a 1."""
        product = out.matrices[0]
        beyond = product.operand[:, -1:] + 1
        if out.bias is None or len(product.matrix) > 1 or beyond[0, 0] not in self.ones:
            return
        column = out.bias.reshape(1, -1, 1)
        if column.shape[1] != product.matrix.shape[1]:
            return
        matrix = np.concatenate([product.matrix, column], axis=2)
        if regular(matrix) is not None:
            operand = np.concatenate([product.operand, beyond], axis=1)
            out.matrices = [Product(product.start, matrix, operand, biased=True)]
            out.bias = None

    def _product(self, rows: list[Row], size: int) -> Product:
        place = self._place
        terms = len(rows[0].scaled)
        matrix = places(place[p] for row in rows for p, _ in row.scaled)
        operand = places(place[u] for row in rows[::size] for _, u in row.scaled)
        return Product(
            place[rows[0].node],
            matrix.reshape(-1, size, terms),
            operand.reshape(-1, terms),
        )

    # ---- gradients -------------------------------------------------------------------

    def _roll_gradients(self) -> list[Contraction | BatchSum]:
        place, gradients = self._place, self._rows.gradients
        bias = [
            (k, place[row.bias]) for k, row in enumerate(gradients) if row.bias != NONE
        ]
        self.gradient_bias = []  # places in the gradient, in the shared arena
        if bias:
            to, source = (_as_slice(places(column)) for column in zip(*bias))
            self.gradient_bias.append((to, source))
        by_left: dict[int, list[tuple[int, int, float]]] = {}
        single: list[tuple[int, int, int]] = []  # to, factor, row
        for k, row in enumerate(gradients):
            one, minus_one = self._constant(1.0), self._constant(-1.0)
            single += [(k, one, place[u]) for u in row.plus]
            single += [(k, minus_one, place[u]) for u in row.minus]
            single += [(k, place[p], place[u]) for p, u in row.scaled]
            for c, u, v in row.products:
                right, left = sorted((place[u], place[v]))
                by_left.setdefault(left, []).append((right, k, c))
        single = [term for term in single if not self._joins_block(*term, by_left)]
        found = self._contractions(by_left)
        if single:
            single.sort(key=lambda entry: entry[2])
            runs = _runs([row for _, _, row in single])
            for start, stop in runs if len(runs) <= 16 else [(0, len(single))]:
                columns = [places(column) for column in zip(*single[start:stop])]
                found.append(BatchSum(*columns))
        return found

    def _joins_block(
        self,
        to: int,
        factor: int,
        row: int,
        by_left: dict[int, list[tuple[int, int, float]]],
    ) -> bool:
        """Make a plain sum of a row its product with the ones behind its partners."""
        if row not in by_left or self.constants.get(factor) != 1.0:
            return False
        ones = max(by_left[row])[0] + 1
        if ones in self.ones:
            by_left[row].append((ones, to, 1.0))
        return ones in self.ones

    def _constant(self, x: float) -> int:
        node = self.tape.constant(x)
        if node not in self._place:
            self.constants[self._put(node, False)] = x
        return self._place[node]

    def _contractions(
        self, by_left: dict[int, list[tuple[int, int, float]]]
    ) -> list[Contraction | BatchSum]:
        """Group products into blocks: all pairs of some left and some right rows."""
        blocks: dict[Any, list[int]] = {}
        for row in sorted(by_left):
            by_left[row].sort()
            blocks.setdefault(tuple(r for r, _, _ in by_left[row]), []).append(row)
        stacks: dict[Any, list[tuple[list[int], Any]]] = {}
        loose: list[tuple[int, int, int, float]] = []  # to, left, right, factor
        for rights, lefts in blocks.items():
            if len(rights) * len(lefts) < 4:
                loose += [(k, i, r, c) for i in lefts for r, k, c in by_left[i]]
                continue
            targets = tuple(k for i in lefts for _, k, _ in by_left[i])
            factors = tuple(c for i in lefts for _, _, c in by_left[i])
            stacks.setdefault((targets, factors, len(lefts)), []).append(
                (lefts, rights)
            )
        found: list[Contraction | BatchSum] = []
        for (target, factors, count), pairs in stacks.items():
            shape = (count, len(target) // count)
            found.append(
                Contraction(
                    places(target).reshape(shape),
                    np.array(factors).reshape(shape),
                    np.array([lefts for lefts, _ in pairs], dtype=np.intp),
                    np.array([rights for _, rights in pairs], dtype=np.intp),
                )
            )
        if loose:
            loose.sort()
            to, left, right = (
                places(column) for column in zip(*[e[:3] for e in loose])
            )
            weights = places(self._constant(entry[3]) for entry in loose)
            found.append(BatchSum(to, weights, left, right))
        return found


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """Split a sorted list into (start, stop) of its runs of consecutive numbers."""
    cuts = [i for i in range(1, len(rows)) if rows[i] != rows[i - 1] + 1]
    return list(zip([0, *cuts], [*cuts, len(rows)]))


def _as_slice(numbers: Places) -> Any:
    """Give consecutive places as a slice, others as they are."""
    first, count = int(numbers[0]), len(numbers)
    consecutive = np.array_equal(numbers, np.arange(first, first + count))
    return slice(first, first + count) if consecutive else numbers
