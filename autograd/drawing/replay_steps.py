"""The forward and the backward pass as steps, each with its reason.

The sweep is that of ``chain_rule.adjoints``, step by step: the same order, the same
local derivatives, the same sums, hence the same bits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from autograd.drawing.replay_words import (
    Phrase,
    derivative,
    formulas,
    listing,
    named,
    numeral,
    operation,
    shown,
)
from autograd.graph import topological_order
from autograd.local_derivatives import local_derivatives
from autograd.value import Value


@dataclass(frozen=True, slots=True)
class Step:
    """One step: one operation of the forward pass, or one term of the chain rule.

    ``kind`` is "forward", "seed" (the output's own adjoint, 1) or "backward". ``node``
    is the place in ``nodes(root)`` of the Value computed or visited. ``value`` is the
    number computed, or the adjoint of ``target`` from this step on; ``target`` is the
    place of the Value that receives a term, ``arg`` its position among the args of the
    visited node, and ``complete`` tells whether that was the last term. ``text``,
    ``rule`` and ``reason`` say what is done, by which rule, and why it is next.
    """

    kind: str
    node: int
    text: str
    rule: str
    reason: str
    value: float
    target: int | None = None
    arg: int | None = None
    complete: bool = True

    def __str__(self) -> str:
        return self.text


def count_steps(root: Value) -> int:
    """Count the steps of a replay without making them.

    >>> x = Value(3.0)
    >>> count_steps(x * x)  # one operation, the seed, and a term for each argument
    4
    """
    order = topological_order(root)
    terms = sum(1 for z in order for x in z.args if type(x) is not float)
    return len(order) + 1 + terms


def steps(values: Sequence[Value], names: Sequence[str]) -> list[Step]:
    """List the steps of both passes below the last of ``values``, which are all nodes.

    Raises what a rule raises, as ``backward`` does.
    """
    passes = _Passes(values, names)
    return [*passes.forward(), *passes.backward()]


class _Passes:
    def __init__(self, values: Sequence[Value], names: Sequence[str]) -> None:
        self.root = values[-1]
        self.order = topological_order(self.root)
        self.place = {z: i for i, z in enumerate(values)}
        self.name = dict(zip(values, names, strict=True))
        self.phrase = {z: named(name) for z, name in self.name.items()}

    def forward(self) -> list[Step]:
        return [self._computed(z) for z in self.order]

    def _computed(self, z: Value) -> Step:
        assert z.op is not None
        numbers = operation(z, lambda x: numeral(x.data if isinstance(x, Value) else x))
        known = dict.fromkeys(self.name[x] for x in z.args if type(x) is not float)
        have = "has its value" if len(known) == 1 else "have their values"
        return Step(
            kind="forward",
            node=self.place[z],
            text=f"{self.name[z]} = {self._operation(z)} = {numbers} = {shown(z.data)}",
            rule=z.op.name,
            reason=f"{listing(known)} {have}, so {self.name[z]} can be computed",
            value=z.data,
        )

    def backward(self) -> list[Step]:
        adjoint = {self.root: 1.0}
        missing = Counter(x for z in self.order for x in z.args if type(x) is not float)
        consumers: dict[Value, dict[str, None]] = {z: {} for z in self.place}
        found = [self._seed()]
        for z in reversed(self.order):
            zbar = adjoint[z]
            args = [i for i, x in enumerate(z.args) if type(x) is not float]
            reason = self._reason(z, list(consumers[z]))
            rules = formulas(z, self.phrase.get)
            slopes = local_derivatives(z)
            for i, (x, slope), rule in zip(args, slopes, rules, strict=True):
                term = zbar * slope
                # xbar += zbar * dz/dx
                adjoint[x] = adjoint[x] + term if x in adjoint else term
                missing[x] -= 1
                consumers[x][self.name[z]] = None
                found.append(
                    Step(
                        kind="backward",
                        node=self.place[z],
                        text=self._term(z, x, zbar, slope, term),
                        rule=self._rule(z, i, slope, rule),
                        reason=reason,
                        value=adjoint[x],
                        target=self.place[x],
                        arg=i,
                        complete=not missing[x],
                    )
                )
                reason = f"{self.name[z]} is still being visited: its next argument"
        return found

    def _seed(self) -> Step:
        name, place = self.name[self.root], self.place[self.root]
        return Step(
            kind="seed",
            node=place,
            text=f"{derivative(name, name)} = 1.0",
            rule="the derivative of the output with respect to itself is 1",
            reason=f"the backward pass begins at the output, {name}",
            value=1.0,
            target=place,
        )

    def _term(self, z: Value, x: Value, zbar: float, slope: float, term: float) -> str:
        output = self.name[self.root]
        xbar, upstream = (derivative(output, self.name[v]) for v in (x, z))
        factors = f"{shown(zbar)} * {shown(slope)}"
        local = derivative(self.name[z], self.name[x])
        return f"{xbar} += {upstream} * {local} = {factors} = {shown(term)}"

    def _rule(self, z: Value, arg: int, slope: float, formula: str) -> str:
        x = z.args[arg]
        what = derivative(self.name[z], self.name[x])
        number = shown(slope)
        value = f"{formula} = {number}" if formula not in ("", number) else number
        same = [i for i, y in enumerate(z.args) if y is x]
        where = f" (argument {arg + 1} of {len(z.args)})" if len(same) > 1 else ""
        return f"{self.name[z]} = {self._operation(z)}, so {what} = {value}{where}"

    def _reason(self, z: Value, consumers: list[str]) -> str:
        name = self.name[z]
        adjoint = derivative(self.name[self.root], name)
        if z is self.root:
            return f"nothing consumes the output, so {adjoint} is complete"
        who = listing(consumers)
        if len(consumers) == 1:
            return f"the only consumer of {name}, {who}, is done: {adjoint} is complete"
        return f"all consumers of {name} are done ({who}): {adjoint} is complete"

    def _operation(self, z: Value) -> str:
        def say(x: Value | float) -> Phrase:
            return self.phrase[x] if isinstance(x, Value) else numeral(x)

        return operation(z, say)
