"""What must hold wherever Ctrl-C falls: all or nothing, and no mode left behind.

Each law gives how many places it was struck at, and raises AssertionError where it does
not hold.
"""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Callable
from contextlib import suppress
from tempfile import TemporaryDirectory
from typing import Any

import autograd
import nn
from autograd import Value, compile, draw, gradient
from autograd.chain_rule import watching
from autograd.value import recording
from tests.load.strike import strikes

SLOTS = {name: vars(Value)[name] for name in ("data", "grad")}


def check_modes() -> None:
    """Check that nothing was left switched on or off."""
    assert recording.get() is None
    assert watching.get() is None
    assert gc.isenabled()
    assert {name: vars(Value)[name] for name in SLOTS} == SLOTS


def _graph() -> tuple[list[Value], Value]:
    a, b, c = Value(0.5, label="a"), Value(-1.5, label="b"), Value(2.0, label="c")
    y = (a * b + c).tanh() * a + autograd.sum([a, b, c, a * a]) / c
    return [a, b, c], y


def backward() -> int:
    """Strike ``backward`` before every opcode: leaves' grads are old or complete."""
    leaves, y = _graph()
    want = [x + 1.0 for x in gradient(y, leaves)]
    struck = 0
    leaves, y = _graph()

    def work() -> None:
        for x in leaves:
            x.grad = 1.0
        y.backward()

    for _ in strikes(work, opcodes=True):
        struck += 1
        grads = [x.grad for x in leaves]
        assert grads in ([1.0, 1.0, 1.0], want), grads
        check_modes()
    return struck


def readers(stride: int) -> int:
    """Strike what reads a graph: it changes nothing."""
    leaves, y = _graph()
    y.backward()

    def state() -> Any:
        order = autograd.topological_order(y)
        return [(z.data, z.grad, z.op, z.args) for z in [*leaves, *order]]

    kept = state()
    jobs: list[Callable[[], Any]] = [
        lambda: gradient(y, leaves),
        lambda: gradient(y, leaves, create_graph=True),
        lambda: draw(y, engine="own").svg,
        lambda: str(autograd.explain(y, leaves[0])),
        lambda: autograd.to_latex(y),
        lambda: list(autograd.replay(y)),
        lambda: autograd.hessian(lambda x: x[0] * x[1].exp())([1.0, 2.0]),
        lambda: autograd.jvp(lambda x: x * x.sin())((1.0,), (1.0,)),
    ]
    struck = 0
    for job in jobs:
        job()  # what loads at the first call is not attacked
        for _ in strikes(job, stride=stride):
            struck += 1
            assert state() == kept
            check_modes()
    return struck


def compiling(stride: int) -> int:
    """Strike a compilation and its first calls; afterwards the function is right."""
    w, b = Value(0.5), Value(-1.0)
    X = [0.5, 1.0, 2.0]
    want = compile(lambda x: (w * x + b).tanh() ** 2, 0.0).value_and_grad(X)
    struck = 0
    made: list[Any] = []

    def work() -> None:
        made[:] = [compile(lambda x: (w * x + b).tanh() ** 2, backend="numpy")]
        made[0].value_and_grad(X)
        made[0].backward(X)
        made[0].assign([0.5, -1.0])

    for _ in strikes(work, stride=stride):
        struck += 1
        check_modes()
        assert (w.data, b.data) == (0.5, -1.0)
        grads = [w.grad, b.grad]
        assert grads in ([0.0, 0.0], want[1].tolist()), grads
        w.grad = b.grad = 0.0
        for c in made:  # struck or not, a Compiled goes on
            value, slopes = c.value_and_grad(X)
            assert value == want[0]
            assert slopes.tolist() == want[1].tolist()
    return struck


# ---- training ------------------------------------------------------------------------

X, Y = [[0.0, 1.0], [1.0, 0.5], [-1.0, 2.0], [0.3, -0.7]], [1.0, -1.0, 0.5, 0.0]
EPOCHS = 4


class Run:
    """A run of ``fit`` of two steps an epoch, the same each time."""

    def __init__(self, compiled: bool, path: str | None) -> None:
        model = nn.MLP(2, [2, 1], init=nn.init.uniform(0.5, 0.5))
        for k, p in enumerate(model.parameters()):
            p.data = 0.3 + 0.1 * (k % 5)
        self.model, self._compiled, self._path = model, compiled, path
        self.optimizer = nn.Adam(model.named_parameters(), lr=0.05)

    def fit(self, callback: Any = None, resume: bool = False) -> nn.History:
        return nn.fit(
            self.model, X, Y, optimizer=self.optimizer, epochs=EPOCHS, batch_size=2,
            validation=(X, Y), checkpoint=self._path, resume=resume, progress=False,
            compile=self._compiled, callback=callback,
        )  # fmt: skip

    def position(self) -> Any:
        numbers = [p.data for p in self.model.parameters()]
        return numbers, self.optimizer.state_dict()


def fit(compiled: bool, stride: int) -> int:
    """Strike ``fit``: the model is at a whole step, and the run goes on bit for bit."""
    with TemporaryDirectory() as folder:
        path = os.path.join(folder, "run.json")
        whole = Run(compiled, path)
        losses = whole.fit().loss
        end, struck, run = whole.position(), 0, whole

        def work() -> nn.History:
            nonlocal run
            if os.path.exists(path):
                os.remove(path)
            run = Run(compiled, path)
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                history = run.fit()
            said = any("interrupted" in str(warning.message) for warning in told)
            assert history.interrupted is said
            return history

        positions: dict[int, Any] = {}
        for result in strikes(work, stride=stride):
            struck += 1
            check_modes()
            position = run.position()
            steps = position[1]["steps"]
            assert position == positions.setdefault(steps, position), steps
            if isinstance(result, nn.History):
                assert result.loss == losses[:steps]
            assert set(os.listdir(folder)) <= {"run.json"}
            again = Run(compiled, path)
            assert again.fit(resume=True).loss == losses
            assert again.position() == end
        return struck


def callbacks(compiled: bool) -> int:
    """Raise in each callback in turn: the model is at the end of that epoch."""
    ends: list[Any] = []
    run = Run(compiled, None)
    run.fit(lambda epoch, history: ends.append(run.position()))
    for at in range(EPOCHS):
        for error in (ValueError, KeyboardInterrupt, SystemExit):
            run = Run(compiled, None)

            def stop(epoch: int, history: nn.History) -> None:
                if epoch == at:  # noqa: B023
                    raise error  # noqa: B023

            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if error is KeyboardInterrupt:
                    assert run.fit(stop).interrupted
                else:
                    with suppress(error):
                        run.fit(stop)
            check_modes()
            assert run.position() == ends[at]
    return EPOCHS * 3


# ---- signals -------------------------------------------------------------------------


def storm(seconds: float) -> int:
    """Send SIGINT at random moments of ``backward``; in the main thread only."""
    import random
    import signal
    import time

    draw = random.Random(1)
    xs = [Value(1.0 + 0.001 * i) for i in range(200)]
    y = autograd.sum([x * x.tanh() for x in xs])
    one = gradient(y, xs)
    two = [a + b for a, b in zip(one, one, strict=True)]
    outer = signal.signal(signal.SIGALRM, signal.default_int_handler)
    struck, end = 0, time.perf_counter() + seconds
    try:
        while time.perf_counter() < end:
            for x in xs:
                x.grad = 0.0
            y.backward()
            try:
                signal.setitimer(signal.ITIMER_REAL, draw.uniform(1e-6, 1e-3))
                y.backward()
                signal.setitimer(signal.ITIMER_REAL, 0.0)
            except KeyboardInterrupt:
                struck += 1
            assert [x.grad for x in xs] in (one, two)
            check_modes()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, outer)
    return struck
