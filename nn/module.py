"""Module: anything that has parameters.

A parameter is a leaf Value that the module can reach: through its attributes, in the
order in which they were set, through lists, tuples and dicts, and through the modules
among them. Nothing has to be registered.
"""

from __future__ import annotations

from reprlib import recursive_repr

from autograd import Value, zero_grad
from autograd.printable import printable
from autograd.whole import set_data
from nn.choice import mapping

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any


class Module:
    """The base of all layers and models: finds, saves and loads their parameters.

    A subclass sets its parameters and its inner modules as attributes, and defines
    ``__call__``. A parameter shared by several modules counts once, under its first
    name. Copies (``copy.deepcopy``) and pickles go on learning.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.intercept = Value(2.0), Value(1.0)
    ...
    ...     def __call__(self, x):
    ...         return self.slope * x + self.intercept
    >>> line = Line()
    >>> line(3.0).data, len(line.parameters())
    (7.0, 2)
    """

    def __call__(self, x: Any) -> Any:
        raise NotImplementedError(
            f"{self.describe()} says nowhere what it computes: define __call__(self, x)"
        )

    def parameters(self) -> list[Value]:
        """List the parameters, each once, in the order in which they were set."""
        return [parameter for _, parameter in self.named_parameters()]

    def named_parameters(self) -> list[tuple[str, Value]]:
        """List (name, parameter); names are paths like ``layers.0.neurons.1.w.0``.

        >>> from nn import Neuron
        >>> [name for name, _ in Neuron(2).named_parameters()]
        ['w.0', 'w.1', 'b']
        """
        found = [
            (name, part)
            for name, part in _parts(self)
            # A Constant or an interior node, kept for later, is not a parameter.
            if type(part) is Value and part.op is None
        ]
        if len(dict(found)) < len(found):
            names = [name for name, _ in found]
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"two parameters have the name {twice!r}; rename a key")
        return found

    def zero_grad(self) -> None:
        """Set the grad of every parameter to 0."""
        zero_grad(self.parameters())

    def state_dict(self) -> dict[str, float]:
        """Give the numbers of all parameters by name, ready to be saved as JSON.

        >>> from nn import Neuron, init
        >>> Neuron(1, init=init.uniform(2.0, 2.0)).state_dict()
        {'w.0': 2.0, 'b': 0.0}
        """
        return {name: parameter.data for name, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set all parameters to the numbers of a ``state_dict()`` of an equal model.

        Missing and unknown names, and entries that are not numbers, are listed in one
        ValueError; then nothing is loaded.
        """
        mapping("load_state_dict", state)
        parameters = dict(self.named_parameters())
        numbers: dict[str, float] = {}
        faults: dict[str, list[str]] = {
            "missing": [name for name in parameters if name not in state],
            "unknown to this model": [name for name in state if name not in parameters],
            "not one number": [],
        }
        for name in [name for name in parameters if name in state]:
            try:
                numbers[name] = Value(state[name]).data
            except (TypeError, OverflowError):
                faults["not one number"].append(f"{name} = {state[name]!r:.40}")
        if len(numbers) < max(len(parameters), len(state)):
            raise ValueError(f"nothing loaded; {_listing(faults)}")
        set_data(list(parameters.values()), [numbers[name] for name in parameters])

    def describe(self) -> str:
        """Give the module in a few words, as its repr and its errors name it."""
        return printable(type(self).__name__)

    @recursive_repr("...")
    def __repr__(self) -> str:
        inner = [
            f"  {printable(name)}: {part!r}".replace("\n", "\n  ")
            for name, part in _parts(self, enter_modules=False)
            if isinstance(part, Module)
        ]
        n = len(self.parameters())
        head = f"{self.describe()}, {n} parameter{'s' if n != 1 else ''}"
        return "\n".join([head, *inner])


def _listing(faults: Mapping[str, list[str]], at_most: int = 5) -> str:
    """Say what is wrong, a few names of each kind: "missing: w.0, w.1; unknown: v"."""
    return "; ".join(
        f"{kind}: {', '.join(printable(str(name)) for name in names[:at_most])}"
        + (f" and {len(names) - at_most} more" if len(names) > at_most else "")
        for kind, names in faults.items()
        if names
    )


def _parts(root: Module, enter_modules: bool = True) -> Iterator[tuple[str, Any]]:
    """Walk over the Values and Modules below root, each once, with their paths."""
    stack: list[tuple[str, Any]] = [("", root)]
    seen: dict[int, Any] = {}  # keeps what it has seen alive, so that ids stay unique
    while stack:
        path, part = stack.pop()
        if id(part) in seen:
            continue
        seen[id(part)] = part
        if isinstance(part, Value):
            yield path, part
            continue
        if isinstance(part, Module) and part is not root:
            yield path, part
            if not enter_modules:
                continue
        prefix = f"{path}." if path else ""
        entries = [(f"{prefix}{key}", entry) for key, entry in _entries(path, part)]
        stack.extend(reversed(entries))


def _entries(path: str, container: Any) -> Iterable[tuple[Any, Any]]:
    """Give (key, entry) for what a module or a container holds; else nothing."""
    if isinstance(container, Module):
        return vars(container).items()
    if isinstance(container, dict):
        return container.items()
    if isinstance(container, (list, tuple)):
        return enumerate(container)
    if getattr(container, "dtype", None) == "O":  # a NumPy array of objects
        return enumerate(container.tolist())
    if isinstance(container, (set, frozenset)) and any(
        isinstance(entry, (Value, Module)) for entry in container
    ):
        raise TypeError(
            f"{path} is a set, whose order changes from run to run; "
            "keep parameters and modules in a list, a tuple or a dict"
        )
    return ()
