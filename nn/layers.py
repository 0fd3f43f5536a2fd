"""Neurons, layers and networks."""

from __future__ import annotations

from math import isfinite

from autograd import Value, dot, softmax
from nn.activations import ACTIVATIONS, activation_function, identity
from nn.choice import count, finite, name_of
from nn.init import drawing
from nn.module import Module

TYPE_CHECKING = False  # true to a type checker; the module typing is slow to import
if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence
    from typing import Any

    from nn.activations import Function
    from nn.init import Init


class Neuron(Module):
    """One neuron: activation(w . x + b), for a sample x of nin numbers.

    The weighted sum is one node of the graph. Weights come from ``init``, chosen by the
    activation unless given, and ``rng``, by default the global state of ``random``; the
    bias starts at 0. ``nout`` is the width of the layer, which some initialisations
    look at.

    >>> neuron = Neuron(2, "tanh")
    >>> neuron.load_state_dict({"w.0": 1.0, "w.1": 2.0, "b": -3.0})
    >>> neuron([1.0, 1.0]).data
    0.0
    """

    def __init__(
        self,
        nin: int,
        activation: str | Function = "relu",
        init: Init | None = None,
        rng: random.Random | None = None,
        nout: int = 1,
    ) -> None:
        nin, nout = count("nin", nin, most=_MOST), count("nout", nout, most=_MOST)
        self.activation = activation_function(activation)
        if self.activation is softmax:
            raise ValueError(
                "softmax acts on the outputs of a layer, not on one neuron"
            )
        init, rng = drawing(init, rng, self.activation)
        weights = [init(nin, nout, rng) for _ in range(nin)]
        self.w = [Value(w if type(w) is float else finite("init", w)) for w in weights]
        if not all(map(isfinite, weights)):
            raise ValueError(f"init must give finite weights, got {weights!r:.60}")
        self.b = Value(0.0)

    def __call__(self, x: Any) -> Any:
        xs = x if type(x) is tuple else _sample(x)
        if len(xs) != len(self.w):
            raise _wrong_width(self, len(self.w), xs)
        return self.activation(dot(self.w, xs) + self.b)

    def describe(self) -> str:
        return f"Neuron({len(self.w)}, {name_of(self.activation)!r})"


class Layer(Module):
    """Neurons side by side, each of which sees the same nin inputs.

    A layer of one neuron gives a Value, a wider one a list of nout Values; a layer of
    one input takes a bare number. With ``"softmax"`` the outputs are probabilities.
    Another number of inputs than nin is a ValueError.

    >>> layer = Layer(2, 3, "softmax")
    >>> round(sum(p.data for p in layer([0.5, -0.5])), 9)
    1.0
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        activation: str | Function = "relu",
        init: Init | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.nin, nout = count("nin", nin, most=_MOST), count("nout", nout, most=_MOST)
        function = activation_function(activation)
        if function is softmax and nout == 1:
            raise ValueError(
                "softmax over one output is always 1; for two classes use 'sigmoid', "
                "or two outputs"
            )
        self.normalize = softmax if function is softmax else identity
        each = identity if function is softmax else function
        self.neurons = [Neuron(nin, each, init, rng, nout) for _ in range(nout)]

    def __call__(self, x: Any) -> Any:
        xs = _sample(x)
        if len(xs) != self.nin:
            raise _wrong_width(self, self.nin, xs)
        if len(self.neurons) == 1:
            return self.neurons[0](xs)
        return self.normalize([neuron(xs) for neuron in self.neurons])

    def describe(self) -> str:
        functions = (self.normalize, self.neurons[0].activation)
        function = next((f for f in functions if f is not identity), identity)
        return f"Layer({self.nin}, {len(self.neurons)}, {name_of(function)!r})"

    def __repr__(self) -> str:
        return f"{self.describe()}, {len(self.parameters())} parameters"


class MLP(Module):
    """A multi-layer perceptron: layers of the sizes nouts, one after the other.

    ``activation`` is that of the hidden layers, ``output_activation`` that of the last.

    >>> MLP(2, [16, 16, 1])
    MLP, 337 parameters
      layers.0: Layer(2, 16, 'relu'), 48 parameters
      layers.1: Layer(16, 16, 'relu'), 272 parameters
      layers.2: Layer(16, 1, 'identity'), 17 parameters
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        activation: str | Function = "relu",
        output_activation: str | Function = "identity",
        init: Init | None = None,
        rng: random.Random | None = None,
    ) -> None:
        nin, sizes = count("nin", nin, most=_MOST), _sizes(nouts)
        hidden, last = map(activation_function, (activation, output_activation))
        functions = [hidden] * (len(sizes) - 1) + [last]
        self.layers = [
            Layer(size, nout, function, init, rng)
            for size, nout, function in zip([nin, *sizes], sizes, functions)
        ]

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x


class Sequential(Module):
    """Modules and functions, each applied to what the one before it gives.

    A known activation is applied to each output of a layer, softmax to all of them;
    any other function gets what is there: a Value, or a list of them.

    >>> from autograd import tanh
    >>> Sequential(Layer(2, 4, "identity"), tanh, Layer(4, 1), lambda y: 10.0 * y)
    Sequential, 17 parameters
      layers.0: Layer(2, 4, 'identity'), 12 parameters
      layers.2: Layer(4, 1, 'relu'), 5 parameters
    """

    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        for layer in layers:
            if not callable(layer):
                raise TypeError(
                    "Sequential takes modules and functions, as in "
                    f"Sequential(Layer(2, 1), tanh), got {layer!r:.60}"
                )
        self.layers = list(layers)

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            if isinstance(x, list) and layer in _ELEMENTWISE:
                x = [layer(element) for element in x]
            else:
                x = layer(x)
        return x


_MOST = 10**8  # inputs or outputs of a layer; their Values take some 10 gigabytes
_ELEMENTWISE = tuple(f for f in ACTIVATIONS.values() if f is not softmax)


def _sizes(nouts: Any) -> list[int]:
    unordered = isinstance(nouts, (str, bytes, dict, set, frozenset))
    sizes = list(nouts) if hasattr(nouts, "__iter__") and not unordered else []
    if not sizes:
        raise ValueError(
            "MLP takes the sizes of its layers as a list, as in "
            f"MLP(2, [16, 1]), got {nouts!r:.60}"
        )
    return [count("nout", size, most=_MOST) for size in sizes]


def _sample(x: Any) -> tuple[Any, ...]:
    """Give the numbers of one sample; a bare number is a sample of one."""
    if hasattr(x, "tolist"):  # a NumPy array: floats are faster than its scalars
        x = x.tolist()
    return tuple(x) if hasattr(x, "__iter__") else (x,)


def _wrong_width(module: Module, nin: int, xs: Sequence[Any]) -> ValueError:
    inputs = "1 input" if nin == 1 else f"{nin} inputs"
    batch = any(hasattr(x, "__len__") for x in xs)
    remedy = "; for many samples write nn.predict(model, X)" if batch else ""
    return ValueError(f"{module.describe()} takes {inputs}, got {len(xs)}{remedy}")
