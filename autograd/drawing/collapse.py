"""A graph with a box for each neuron, layer or module of the model that it runs.

A node that reads a parameter belongs to the part which owns it. A node that reads none
belongs to the part that its arguments belong to, as an activation does, and what mixes
several parts to the one around them all: a softmax over neurons to their layer. After
the last parameter comes the loss, which has a box of its own.

Where the same part is run again on what came of it, as in a recurrent network, each run
is a step with a box of its own. So the boxes form no cycle: let the parts be numbered
in the order of the least depth at which they are met, and let

    step(z) = max over args x of z:  step(x) + [number(x) > number(z)].

Then (step, number) never falls along an arrow, and a box is one such pair.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile

from autograd.drawing.owners import Chain, Owner
from autograd.drawing.scene import Scene, checked
from autograd.drawing.text import LONGEST, compact, legible, plural, tail_of
from autograd.graph import nodes
from autograd.value import Value

INPUTS, LOSS = (Owner("inputs", ""),), (Owner("loss", ""),)
ACTIVATIONS = {"tanh", "sigmoid", "relu", "leaky_relu", "softplus", "erf", "sin"}
COUNTED = 30  # arrows at most, for numbers to stand on them
COUNTS = "on the arrows: how many Values pass"

Key = tuple[int, int]  # (step, number of the part)


@dataclass(slots=True)
class Box:
    """What a box stands for. A parameter is in every box that reads it."""

    part: Chain
    parameters: dict[Value, None] = field(default_factory=dict)
    values: list[Value] = field(default_factory=list)
    passing: dict[Value, None] = field(default_factory=dict)  # read in other boxes


def collapsed(root: Value, owners: Mapping[Value, Chain], name: str) -> Scene:
    """Give the scene of the boxes, given the part of a model that owns each parameter.

    ``name`` is for the box of the loss. Raises ValueError where no node below root
    reads a parameter.
    """
    values = nodes(checked(root, 1))
    if root in owners or not any(z in owners for z in values):
        raise ValueError(
            "no parameter of a model below this Value to collapse it by; models are "
            "objects with parameters(), among the variables of the caller or given "
            "as model="
        )
    part = _parts(values, owners)
    key = _keys(values, part)
    boxes: dict[Key, Box] = {}
    arrows: dict[tuple[Key, Key], dict[Value, None]] = {}
    for z, place in key.items():
        box = boxes.setdefault(place, Box(part[z]))
        box.values.append(z)
        for x in z.args:
            if type(x) is not float:
                if x in owners:
                    box.parameters[x] = None
                elif key[x] != place:
                    boxes[key[x]].passing[x] = None
                    arrows.setdefault((key[x], place), {})[x] = None
    boxes[key[root]].passing[root] = None
    return _scene(root, boxes, arrows, key[root], name)


def _parts(values: list[Value], owners: Mapping[Value, Chain]) -> dict[Value, Chain]:
    """Say for each node that is no parameter which part it belongs to."""
    ahead = _ahead_of_parameters(values, owners)
    uses = Counter(x for z in values for x in {*z.args} if type(x) is not float)
    found: dict[Value, Chain] = {}
    order: dict[Chain, int] = {}
    for z in values:
        if z in owners:
            continue
        args = [x for x in z.args if type(x) is not float]
        own = next((owners[x] for x in args if x in owners), None)
        among = {found[x]: None for x in args if x not in owners}
        among.pop(INPUTS, None)
        if own:
            found[z] = own
        elif not among:
            found[z] = INPUTS
        elif z not in ahead and not (_activates(z) and uses[args[0]] == 1):
            found[z] = LOSS
        else:
            found[z] = _around(among) or max(among, key=order.__getitem__)  # the latest
        order.setdefault(found[z], len(order))
    return found


def _around(parts: Iterable[Chain]) -> Chain:
    """Give the innermost part that all these lie in; () where there is none."""
    levels = takewhile(lambda owners: len({*owners}) == 1, zip(*parts))
    return tuple(owners[0] for owners in levels)


def _activates(z: Value) -> bool:
    return len(z.args) == 1 and z.op is not None and z.op.name in ACTIVATIONS


def _ahead_of_parameters(
    values: list[Value], owners: Mapping[Value, Chain]
) -> set[Value]:
    """Find the nodes whose result is worked on together with a parameter."""
    ahead: set[Value] = set()
    for z in reversed(values):
        args = [x for x in z.args if type(x) is not float]
        if z in ahead or any(x in owners for x in args):
            ahead.update(x for x in args if x not in owners)
    return ahead


def _keys(values: list[Value], part: Mapping[Value, Chain]) -> dict[Value, Key]:
    """Give for each node the box that it is in: see the top of this module."""
    before = {
        z: [x for x in z.args if type(x) is not float and x in part]
        for z in values
        if z in part
    }
    depth: dict[Value, int] = {}
    met: dict[Chain, int] = {}  # the least depth at which each part is met
    for z, args in before.items():
        depth[z] = 1 + max([depth[x] for x in args], default=0)
        met[part[z]] = min(depth[z], met.get(part[z], depth[z]))
    number = {chain: i for i, chain in enumerate(sorted(met, key=met.__getitem__))}
    number |= {INPUTS: -1, LOSS: len(values)}
    keys: dict[Value, Key] = {}
    for z, args in before.items():
        mine = number[part[z]]
        steps = [step + (other > mine) for step, other in (keys[x] for x in args)]
        keys[z] = (max(steps, default=0), mine)
    return keys


# ---- the scene -----------------------------------------------------------------------


def _scene(
    root: Value,
    boxes: dict[Key, Box],
    arrows: Mapping[tuple[Key, Key], Mapping[Value, None]],
    last: Key,
    name: str,
) -> Scene:
    found = Scene()
    numbers: dict[Key, int] = {}
    steps = Counter(box.part for box in boxes.values())
    into: dict[Key, list[Key]] = {place: [] for place in boxes}
    for tail, head in arrows:
        into[head].append(tail)
    counts = len(arrows) <= COUNTED
    for place in sorted(boxes, key=lambda place: (place == last, place)):
        box, tails = boxes[place], []
        for tail in sorted(into[place]):
            number = numbers[tail]
            if counts:
                count = found.add("count", f"{len(arrows[tail, place]):,}")
                found.edges.append((number, count))
                number = count
            tails.append(number)
        title = name if name and box.part is LOSS else box.part[-1].path
        step = f", step {place[0] + 1}" if steps[box.part] > 1 else ""
        number = numbers[place] = found.add(
            "result" if place == last else "group",
            *_lines(box, root.grad != 0.0),
            name=tail_of(title, LONGEST - len(step)) + step,
        )
        found.edges.extend((tail, number) for tail in tails)
    if counts and arrows:
        found.notes.append(COUNTS)
    return found


def _lines(box: Box, differentiated: bool) -> list[str]:
    """Say what is in a box, and between which numbers its results lie."""
    kind = box.part[-1].kind
    lines = [legible(kind)] if kind else []
    if box.parameters:
        lines.append(plural(len(box.parameters), "parameter"))
    lines.append(plural(len(box.values), "Value"))
    results = list(box.passing)
    if len(results) == 1:
        lines.append(f"data {compact(results[0].data)}")
    else:
        low, high = (pick(z.data for z in results) for pick in (min, max))
        lines.append(f"data {compact(low)} to {compact(high)}")
    if differentiated and (box.parameters or results != box.values):
        sizes = [abs(z.grad) for z in (box.parameters or box.passing)]
        lines.append(f"|grad| to {compact(max(sizes))}")
    return lines
