"""Step 4c, roll: rows of one level and one shape become one instruction over arrays.

Rows are placed so that the operands of the next instructions are regular where the
program is: then an operand is a view, and nothing moves. A sum of parameters times one
set of batched rows is a matrix product.
"""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.compiler.contract import roll_gradients
from autograd.compiler.forms import NONE
from autograd.compiler.instructions import Elementwise, Product, Sum, places, regular
from autograd.compiler.progress import progress
from autograd.compiler.rows import Row, Rows

if TYPE_CHECKING:
    from autograd.compiler.instructions import InputKind, Places
    from autograd.compiler.tape import Tape


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
        self.place: dict[int, int] = {}
        self.parameters = slice(0, len(tape.parameters))
        self.sizes = [0, 0]  # of the shared and the batched arena
        self.ones: set[int] = set()  # batched places that hold 1
        self._put_all(tape.parameters, False)
        self._place_inputs(inputs)
        self.constants = {self._put(i, False): c for i, c in tape.constants.items()}
        self.shared: list[Elementwise | Sum] = []
        self.batched: list[Elementwise | Sum] = []
        for batched, program in ((False, self.shared), (True, self.batched)):
            mine = [row for row in rows.rows if row.batched is batched]
            mine.sort(key=lambda row: row.level)
            levels = groupby(mine, key=lambda row: row.level)
            for level in progress([list(rows) for _, rows in levels], "roll"):
                program += self._roll_level(level, batched)
        self.outputs = [(i in rows.batched, self.place[i]) for i in outputs]
        bias = [(k, row.bias) for k, row in enumerate(rows.gradients)]
        # Places in the gradient, and of what is added to it once for all samples.
        self.gradient_bias = _slices([(k, self.place[i]) for k, i in bias if i != NONE])
        self.gradients = roll_gradients(self, rows.gradients)

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
            (kind != "shared", self.place[block[0]] if block else 0, len(block))
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
            self.ones.add(self.sizes[True])
            self.sizes[True] += 1
        return start

    def _put(self, node: int, batched: bool) -> int:
        self.place[node] = self.sizes[batched]
        self.sizes[batched] += 1
        return self.place[node]

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
        place, batched, op = self.place, rows[0].batched, rows[0].op
        rows.sort(key=lambda row: [place[i] for i in row.args])
        start = self._put_all([row.node for row in rows], batched)
        assert op is not None
        args = [
            (column[0] in self._rows.batched, places(place[i] for i in column))
            for column in zip(*[row.args for row in rows])
        ]
        return Elementwise(op, batched, start, args)

    def _sum(self, rows: list[Row]) -> Sum:
        place, batched = self.place, rows[0].batched
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
        if not out.batched:  # rows of ones are batched
            return
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
        place = self.place
        terms = len(rows[0].scaled)
        matrix = places(place[p] for row in rows for p, _ in row.scaled)
        operand = places(place[u] for row in rows[::size] for _, u in row.scaled)
        return Product(
            place[rows[0].node],
            matrix.reshape(-1, size, terms),
            operand.reshape(-1, terms),
        )

    def constant(self, x: float) -> int:
        """Give the place of the constant x."""
        node = self.tape.constant(x)
        if node not in self.place:
            self.constants[self._put(node, False)] = x
        return self.place[node]


def _slices(pairs: list[tuple[int, int]]) -> list[tuple[Any, Any]]:
    """Give pairs of places as arrays, or as slices where they are consecutive."""
    if not pairs:
        return []
    to, source = (places(column) for column in zip(*pairs))
    return [(_as_slice(to), _as_slice(source))]


def _as_slice(numbers: Places) -> Any:
    """Give consecutive places as a slice, others as they are."""
    first, count = int(numbers[0]), len(numbers)
    consecutive = np.array_equal(numbers, np.arange(first, first + count))
    return slice(first, first + count) if consecutive else numbers
