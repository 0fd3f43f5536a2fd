"""Walks over the graph below a node. All are loops: depth is no limit.

The walks are depth first and follow ``args`` in order, so that the same program gives
the same order on every run.
"""

from __future__ import annotations

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from autograd.value import Value


def topological_order(*roots: Value) -> list[Value]:
    """List the interior nodes below the roots: every node after its arguments.

    Leaves are not listed. O(nodes + edges).

    >>> from autograd import Value
    >>> a = Value(2.0)
    >>> b = a * a
    >>> c = b + a
    >>> topological_order(c) == [b, c]
    True
    """
    order: list[Value] = []
    seen: set[Value] = set()
    try:
        stack: list[Value | None] = [root for root in reversed(roots) if root.args]
    except AttributeError:
        raise _no_value(roots) from None
    pop, push = stack.pop, stack.append
    while stack:
        node = pop()
        if node is None:  # all arguments of the node below this mark are listed
            order.append(pop())  # type: ignore[arg-type]
        elif node not in seen:
            seen.add(node)
            push(node)
            push(None)
            for x in reversed(node.args):
                if type(x) is not float and x.args:
                    push(x)
    return order


def nodes(*roots: Value) -> list[Value]:
    """List every node below the roots, leaves and roots included, arguments first.

    >>> from autograd import Value
    >>> a = Value(2.0)
    >>> len(nodes(a * a + 1.0))
    3
    """
    found: dict[Value, None] = {}
    for z in topological_order(*roots):
        found.update(dict.fromkeys(x for x in z.args if type(x) is not float))
        found[z] = None
    found.update(dict.fromkeys(roots))
    return list(found)


def leaves(*roots: Value) -> list[Value]:
    """List the leaves below the roots in the order of their first use.

    >>> from autograd import Value
    >>> a, b = Value(2.0), Value(3.0)
    >>> leaves(b * a + b) == [b, a]
    True
    """
    return [node for node in nodes(*roots) if node.op is None]


def _no_value(roots: Iterable[Any]) -> TypeError:
    wrong = next(root for root in roots if not hasattr(root, "args"))
    remedy = "; give each on its own, as in leaves(*values)"
    return TypeError(
        f"expected a Value, got {wrong!r:.60} ({type(wrong).__name__})"
        + (remedy if hasattr(wrong, "__iter__") else "")
    )


def dependents(order: Iterable[Value], inputs: Iterable[Value]) -> set[Value]:
    """Give inputs and, of the nodes in topological order, all that depend on them."""
    found = set(inputs)
    for z in order:
        for x in z.args:
            if type(x) is not float and x in found:
                found.add(z)
                break
    return found


def copy_graph(root: Value, memo: dict[int, Any]) -> Value:
    """Copy every node below root; ``memo`` maps ids to copies, as in ``deepcopy``."""
    for node in nodes(root):
        if id(node) not in memo:
            twin = memo[id(node)] = node.__copy__()
            twin.args = tuple(x if type(x) is float else memo[id(x)] for x in node.args)
    copy: Value = memo[id(root)]
    return copy
