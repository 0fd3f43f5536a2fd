"""Keeping work: parameters, the state of the optimiser and the history, in a file."""

from __future__ import annotations

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    import os
    from typing import Any

    from nn.history import History
    from nn.optimizer import Optimizer


def save(
    path: str | os.PathLike[str],
    model: Any,
    optimizer: Optimizer | None = None,
    history: History | None = None,
) -> None:
    """Write the model's parameters to a file as JSON, each number exactly.

    With an ``optimizer``, its state, the number of its steps and, where it is a number,
    its learning rate; with a ``history``, its lists. The file is complete or as it was
    before; one that was there keeps its permissions, and one that is write-protected is
    a PermissionError. A parameter that is not finite is a ValueError that names it.

    >>> from tempfile import TemporaryDirectory
    >>> from nn import Neuron, init
    >>> neuron, twin = Neuron(1, init=init.uniform(0.1, 0.1)), Neuron(1)
    >>> with TemporaryDirectory() as folder:
    ...     save(f"{folder}/neuron.json", neuron)
    ...     load(f"{folder}/neuron.json", twin)
    >>> twin.state_dict()
    {'w.0': 0.1, 'b': 0.0}
    """
    from nn import contents, store

    store.write(path, contents.sections(model, optimizer, history))


def load(
    path: str | os.PathLike[str],
    model: Any,
    optimizer: Optimizer | None = None,
    history: History | None = None,
) -> None:
    """Set the model's parameters to those of a file that ``save`` or ``fit`` wrote.

    What else is given is set, too: an optimiser of the same class that moves the same
    parameters, and a history, whose lists are replaced. A schedule stays as it is.
    Loading runs no code. A file that is foreign, damaged, too large or newer, or does
    not fit, is a ValueError that says why; then nothing is changed.
    """
    from nn import contents

    contents.restore(path, model, optimizer, history)
