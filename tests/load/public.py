"""Every public function on large graphs: what it must give, or how it refuses.

``ROWS`` has one entry for each name in ``autograd.__all__``, and some for what Python
itself does with a Value. A row does its work on a graph and checks it. A refusal is an
error whose message has the words that the row names: the size, the limit, the remedy.
"""

from __future__ import annotations

import copy
import math
import pickle
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import autograd
from autograd import Value
from tests.load.graphs import Graph, graphs

Work = Callable[[Graph], None]


def near(x: float, want: float) -> bool:
    return math.isclose(x, want, rel_tol=1e-9)


@dataclass(frozen=True)
class Row:
    """The work to do on a graph; for graphs in ``refused``, the words of the refusal.

    ``least`` nodes are needed for that. ``on`` names the graphs that the row is for:
    what is one operation more on a graph needs no more than one.
    """

    work: Work
    refused: dict[str, str] = field(default_factory=dict)
    least: int = 0
    on: tuple[str, ...] = ("chain", "sum", "plus", "fan")

    def run(self, graph: Graph) -> str:
        """Do the work; say "works" or "refused", or raise what is wrong."""
        words = self.refused.get(graph.name)
        if words is None:
            self.work(graph)
            return "works"
        try:
            self.work(graph)
        except (ValueError, TypeError) as error:
            if not re.search(words, str(error), re.DOTALL):
                raise AssertionError(f"unclear refusal: {error}") from error
            return "refused"
        raise AssertionError(f"expected a refusal with {words!r}")


def everywhere(words: str) -> dict[str, str]:
    return dict.fromkeys(Row.on, words)


# ---- on a graph ----------------------------------------------------------------------


def grown(graph: Graph) -> tuple[Value, Any]:
    """Give the output and the variables of a graph."""
    x = graph.variables()
    return graph.f(x), x


def _backward(graph: Graph) -> None:
    y, x = grown(graph)
    autograd.backward(y)
    assert near(graph.first(x).grad, graph.slope)
    y.backward()
    assert near(graph.first(x).grad, 2.0 * graph.slope)


def _zero_grad(graph: Graph) -> None:
    y, x = grown(graph)
    y.backward()
    autograd.zero_grad(y)
    assert graph.first(x).grad == y.grad == 0.0


def _adjoints(graph: Graph) -> None:
    y, x = grown(graph)
    assert near(autograd.adjoints(y)[graph.first(x)], graph.slope)


def _gradient(graph: Graph) -> None:
    y, x = grown(graph)
    assert near(graph.first(autograd.gradient(y, x)), graph.slope)
    connected = autograd.gradient(y, graph.first(x), create_graph=True)
    assert near(connected.data, graph.slope)


def _leaves(graph: Graph) -> None:
    y, x = grown(graph)
    assert autograd.leaves(y) == (x if graph.wide else [x])


def _topological_order(graph: Graph) -> None:
    y, _ = grown(graph)
    order = autograd.topological_order(y)
    assert order[-1] is y
    assert len(order) >= (1 if graph.name == "sum" else graph.n - 1)


def _copy(graph: Graph) -> None:
    y, x = grown(graph)
    assert copy.copy(y).args is y.args
    twin, x_twin = copy.deepcopy([y, x])
    del y
    assert near(autograd.gradient(twin, graph.first(x_twin)), graph.slope)


def _pickle_output(graph: Graph) -> None:
    pickle.dumps(grown(graph)[0])


def _pickle_leaves(graph: Graph) -> None:
    y, _ = grown(graph)
    leaves = autograd.leaves(y)
    assert len(pickle.loads(pickle.dumps(leaves))) == len(leaves)


def _text(graph: Graph) -> None:
    y, _ = grown(graph)
    for text in (repr(y), str(y), f"{y:.3f}", f"{y}", y.__format__("")):
        assert len(text) < 100
    assert (y > 0) is True
    assert hash(y) == hash(y)
    assert y.detach().data == y.data


def _free(graph: Graph) -> None:
    y, _ = grown(graph)
    del y


def _draw(graph: Graph) -> None:
    y, _ = grown(graph)
    for options in ({}, {"partials": True, "direction": "down"}, {"expand": True}):
        picture = autograd.draw(y, engine="own", **options)  # type: ignore[arg-type]
        assert len(picture.svg) < 2_000_000
        assert "left" in picture.svg
        assert len(repr(picture)) < 20_000


def _tree(graph: Graph) -> None:
    y, _ = grown(graph)
    assert re.search("50 of .* left out", str(autograd.tree(y)))


def _to_dot(graph: Graph) -> None:
    y, _ = grown(graph)
    assert len(autograd.to_dot(y).source) < 500_000


def _to_latex(graph: Graph) -> None:
    y, x = grown(graph)
    autograd.to_latex(y, graph.first(x))


def _replay(graph: Graph) -> None:
    autograd.replay(grown(graph)[0])


def _explain(graph: Graph) -> None:
    y, x = grown(graph)
    found = autograd.explain(y, graph.first(x))
    assert near(found.derivative, graph.slope)
    assert found.agrees
    assert len(str(found)) < 20_000
    assert len(found._repr_latex_()) < 50_000


# ---- functions of functions ----------------------------------------------------------


def _grad(graph: Graph) -> None:
    found = autograd.grad(graph.f)(graph.argument())
    assert near(graph.first(found), graph.slope)


def _value_and_grad(graph: Graph) -> None:
    y, found = autograd.value_and_grad(graph.f)(graph.argument())
    assert near(y, graph.value)
    assert near(graph.first(found), graph.slope)


def _jacobian(graph: Graph) -> None:
    found = autograd.jacobian(graph.f)(graph.argument())
    assert near(graph.first(found), graph.slope)


def _hessian(graph: Graph) -> None:
    assert autograd.hessian(graph.f)(graph.argument()) == 0.0


def _hvp(graph: Graph) -> None:
    found = autograd.hvp(graph.f)(graph.argument(), graph.argument())
    assert graph.first(found) == 0.0


def _jvp(graph: Graph) -> None:
    x = graph.argument()
    y, slope = autograd.jvp(graph.f)((x,), (x,))
    assert near(y, graph.value)
    assert near(slope, graph.slope * (graph.n if graph.wide else 1))


def _vjp(graph: Graph) -> None:
    y, pullback = autograd.vjp(graph.f)(graph.argument())
    assert near(y, graph.value)
    assert near(graph.first(pullback(3.0)), 3.0 * graph.slope)


def _derivative(graph: Graph) -> None:
    assert near(autograd.derivative(graph.f)(graph.argument()), graph.slope)


def _gradcheck(graph: Graph) -> None:
    few = graphs(graph.n // 20)[graph.name]  # it evaluates f a hundred times
    assert autograd.gradcheck(few.f, few.argument())


def _compile(graph: Graph) -> None:
    x = graph.argument()
    c = autograd.compile(graph.f, x, backend="numpy")
    assert near(c([x])[0], graph.value)


def _compile_parameters(graph: Graph) -> None:
    x = graph.variables()
    c = autograd.compile(lambda s: graph.f(x) * s, 1.0, backend="numpy")
    value, slopes = c.value_and_grad([1.0, 1.0])
    assert near(value, graph.value)
    assert near(slopes[0], graph.slope)


def _no_grad(graph: Graph) -> None:
    with autograd.no_grad():
        y, _ = grown(graph)
    assert near(y.data, graph.value)
    assert y.args == ()


def _stop_gradient(graph: Graph) -> None:
    y, _ = grown(graph)
    assert autograd.stop_gradient(y).args == ()


def _detect_anomaly(graph: Graph) -> None:
    with autograd.detect_anomaly():
        y, x = grown(graph)
        y.backward()
    assert near(graph.first(x).grad, graph.slope)


# ---- primitives and compositions -----------------------------------------------------


def on_output(op: Callable[..., Any], *more: Any, scale: float = 0.5) -> Work:
    """One more operation on the output of the graph, differentiated through it all."""

    def work(graph: Graph) -> None:
        y, x = grown(graph)
        z = op(y * (scale / graph.value), *more)
        (slope,) = autograd.gradient(z, [graph.first(x)])
        t = Value(scale)
        outer = autograd.gradient(op(t, *more), t)
        want = outer * graph.slope * scale / graph.value
        assert math.isclose(slope, want, rel_tol=1e-6, abs_tol=1e-15)

    return work


def over(reduction: Callable[..., Any]) -> Work:
    """A reduction over as many operands as the graph has nodes."""

    def work(graph: Graph) -> None:
        if graph.wide:
            xs = graph.variables()
        else:
            x = graph.variables()
            xs = [x * 1.0 for _ in range(graph.n)]
        y = reduction(xs)
        total = sum(autograd.gradient(y, autograd.leaves(y)))
        assert 0.0 < total < math.inf

    return work


def each_of(function: Callable[..., Any]) -> Work:
    """A function that gives as many Values as it takes: one of them differentiated."""

    def work(graph: Graph) -> None:
        xs = [Value(1.0 + k % 7) for k in range(graph.n)]
        ys = function(xs)
        assert len(ys) == graph.n
        assert autograd.gradient(ys[0], xs[0]) > 0.0

    return work


def _custom(graph: Graph) -> None:
    twice = autograd.primitive(lambda x: x + x, 2.0, name="twice")
    on_output(twice)(graph)


def _types(graph: Graph) -> None:
    """Errors and types: nothing to run on a graph."""


_OP = [
    "tan",
    "sin",
    "asin",
    "acos",
    "atan",
    "cos",
    "cosh",
    "sinh",
    "tanh",
    "erf",
    "exp",
    "expm1",
    "log",
    "log1p",
    "sqrt",
    "sigmoid",
    "softplus",
    "relu",
    "leaky_relu",
    "abs",
    "sign",
    "step",
    "gelu",
    "silu",
]
_LATEX = r"operands is more than limit=200 allows: give a higher limit, a part of"
_PICKLE = r"stands on a graph, which is not pickled; pickle the parameters"
_STEPS = r"has [\d,]+ steps.*limit is 1,000.*replay a part of it"
_DEEP = r"chain of [\d,]+ operations.*up to 100,000 can be compiled.*Call the function"
_ENTRIES = r"[\d,]+ x [\d,]+ numbers.*at most 25,000,000.*hvp, jvp and vjp"
_WIDE, _FLAT, _DEEPEST = ("sum", "fan"), ("sum",), ("chain",)
_NEST = r"expected a real number, got \[1\.0"

ROWS: dict[str, Row] = {
    "backward": Row(_backward),
    "zero_grad": Row(_zero_grad),
    "adjoints": Row(_adjoints),
    "gradient": Row(_gradient),
    "leaves": Row(_leaves),
    "topological_order": Row(_topological_order),
    "draw": Row(_draw),
    "tree": Row(_tree),
    "to_dot": Row(_to_dot),
    "to_latex": Row(_to_latex, everywhere(_LATEX)),
    "replay": Row(_replay, everywhere(_STEPS)),
    "explain": Row(_explain),
    "grad": Row(_grad),
    "value_and_grad": Row(_value_and_grad),
    "jacobian": Row(_jacobian),
    "hessian": Row(_hessian, {"sum": _ENTRIES, "plus": _ENTRIES}, least=6_000),
    "hvp": Row(_hvp),
    "jvp": Row(_jvp),
    "vjp": Row(_vjp),
    "derivative": Row(_derivative, {"sum": _NEST, "plus": _NEST}),
    "gradcheck": Row(_gradcheck),
    "compile": Row(_compile, {"chain": _DEEP}, least=202_000),
    "compile, parameters": Row(_compile_parameters, {"chain": _DEEP}, least=202_000),
    "no_grad": Row(_no_grad),
    "stop_gradient": Row(_stop_gradient),
    "detect_anomaly": Row(_detect_anomaly),
    "primitive": Row(_custom),
    **{
        name: Row(on_output(getattr(autograd, name)), on=(graph,))
        for name, graph in zip(_OP, cycle(Row.on), strict=False)
    },
    "atan2": Row(on=_DEEPEST, work=on_output(autograd.atan2, 2.0)),
    "hypot": Row(on=_DEEPEST, work=on_output(autograd.hypot, 2.0)),
    "maximum": Row(on=_DEEPEST, work=on_output(autograd.maximum, 0.1)),
    "minimum": Row(on=_DEEPEST, work=on_output(autograd.minimum, 0.9)),
    "where": Row(
        on=_DEEPEST, work=on_output(lambda x: autograd.where(x > 0, x * x, x))
    ),
    "sum": Row(on=_WIDE, work=over(autograd.sum)),
    "mean": Row(on=_WIDE, work=over(autograd.mean)),
    "prod": Row(on=_WIDE, work=over(autograd.prod)),
    "max": Row(on=_WIDE, work=over(autograd.max)),
    "min": Row(on=_WIDE, work=over(autograd.min)),
    "logsumexp": Row(on=_WIDE, work=over(autograd.logsumexp)),
    "dot": Row(on=_WIDE, work=over(lambda xs: autograd.dot(xs, xs))),
    "softmax": Row(on=_FLAT, work=each_of(autograd.softmax)),
    "log_softmax": Row(on=_FLAT, work=each_of(autograd.log_softmax)),
    "Value": Row(_text),
    "Primitive": Row(_types, on=()),
    "AnomalyError": Row(_types, on=()),
    "GradcheckError": Row(_types, on=()),
    "TraceError": Row(_types, on=()),
    "copy": Row(_copy),
    "pickle": Row(_pickle_output, everywhere(_PICKLE)),
    "pickle, leaves": Row(_pickle_leaves),
    "free": Row(_free),
}
