"""Many threads, and tasks, at once: each gets what it would get alone.

Each law runs some rounds with threads switched every few microseconds, and raises
AssertionError where a result differs from that of a single thread, in the last bit.
"""

from __future__ import annotations

import asyncio
import random
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import autograd
import nn
from autograd import Value, compile, gradient, no_grad
from autograd.value import recording

THREADS = 8


@contextmanager
def hectic() -> Iterator[None]:
    """Switch threads as often as the interpreter can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


def together(work: Callable[[int], Any], threads: int = THREADS) -> list[Any]:
    """Do work(0), work(1), ... in a thread each, begun at the same moment."""
    barrier = threading.Barrier(threads)

    def begin(i: int) -> Any:
        barrier.wait()
        return work(i)

    with hectic(), ThreadPoolExecutor(threads) as pool:
        return list(pool.map(begin, range(threads)))


def agree(work: Callable[[int], Any], rounds: int, threads: int = THREADS) -> None:
    """Check that threads at once get what a single thread gets."""
    want = [work(i) for i in range(threads)]
    for _ in range(rounds):
        assert together(work, threads) == want


# ---- laws ----------------------------------------------------------------------------


def own_graphs(rounds: int) -> None:
    """Each thread builds, differentiates, explains and copies a graph of its own."""

    def work(seed: int) -> Any:
        draw = random.Random(seed)
        xs = [Value(draw.uniform(0.5, 2.0)) for _ in range(5)]
        y = xs[0]
        for _ in range(60):
            a, b = draw.choice(xs), draw.choice(xs)
            y = draw.choice([y * a + b, (y - b).tanh() + a, autograd.sum([y, a, b])])
        y.backward()
        second = gradient(gradient(y, xs[0], create_graph=True), xs)
        hvp = autograd.hvp(lambda v: v[0] * v[1].exp())([0.5, 0.1 * seed], [1.0, 2.0])
        return [x.grad for x in xs], second, hvp

    agree(work, rounds)


def shared_model(rounds: int) -> None:
    """All threads ask one model for predictions, while others compute without it."""
    model = nn.MLP(2, [6, 1], init=nn.init.uniform(-1.0, 1.0))
    X = [[0.1 * i, -0.2 * i] for i in range(10)]

    def work(i: int) -> Any:
        if i % 2:
            return nn.predict(model, X[i:])
        loss = autograd.sum([model(x) ** 2 for x in X[:3]])  # records, beside no_grad
        return gradient(loss, model.parameters())

    agree(work, rounds)


def shared_compiled(backend: str, rounds: int) -> None:
    """All threads call one compiled function, with batches and parameters of theirs."""
    model = nn.MLP(2, [8, 1], init=nn.init.uniform(-1.0, 1.0))
    c = compile(lambda x: model(x) ** 2, [0.0, 0.0], backend=backend)
    theta = c.get_theta()

    def work(i: int) -> Any:
        X = [[0.1 * k, 0.3 * i] for k in range(5 + i)]
        value, slopes = c.value_and_grad(X, theta=theta * (1.0 + 0.1 * i))
        return value, slopes.tolist(), c(X).tolist()

    agree(work, rounds)


def compiled_at_once(backend: str, rounds: int) -> None:
    """Threads meet at the first call of one function, and compile others meanwhile."""
    for k in range(rounds):
        w = Value(0.5 + 0.25 * k)
        shared = compile(lambda x, w=w: (w * x).tanh() ** 2, backend=backend)

        def work(i: int, w: Value = w, shared: Any = shared) -> Any:
            own = compile(lambda x: (w * x).tanh() ** 2, 0.0, backend="numpy")
            first = shared if i % 2 else own
            value, slopes = first.value_and_grad([0.5, 1.0, 2.0])
            # Values can be read and written while another thread traces.
            y = Value(1.0 + i) * 2.0
            y.backward()
            return round(value, 14), round(float(slopes[0]), 14), y.args[0].grad

        assert together(work) == [work(i) for i in range(THREADS)]


def fits(compiled: bool, rounds: int) -> None:
    """Each thread trains a model of its own."""

    def work(seed: int) -> Any:
        model = nn.MLP(2, [3, 1], init=nn.init.uniform(0.5, 0.5))
        for k, p in enumerate(model.parameters()):
            p.data = random.Random(100 * seed + k).uniform(-1.0, 1.0)
        X = [[0.1 * i, 0.2 * seed] for i in range(6)]
        history = nn.fit(
            model, X, [a * b for a, b in X], optimizer="adam", epochs=6, batch_size=3,
            seed=seed, progress=False, compile=compiled,
        )  # fmt: skip
        return history.loss, [p.data for p in model.parameters()]

    agree(work, rounds)


# ---- no_grad -------------------------------------------------------------------------


def is_recorded() -> bool:
    """Tell whether an operation makes a node here and now."""
    return bool((Value(2.0) * 3.0).args)


def no_grad_in_threads(rounds: int) -> None:
    """Half of the threads go in and out of no_grad; the others record all the time."""

    def work(i: int) -> None:
        for _ in range(300):
            if i % 2:
                with no_grad():
                    assert not is_recorded()
                    with no_grad():
                        assert not is_recorded()
                    assert not is_recorded()
            assert is_recorded()

    for _ in range(rounds):
        together(work)


async def _task(i: int) -> None:
    for _ in range(20):
        if i % 2:
            with no_grad():
                assert not is_recorded()
                await asyncio.sleep(0)  # the others run here
                assert not is_recorded()
        assert is_recorded()
        await asyncio.sleep(0)
        assert is_recorded()


def no_grad_in_tasks(rounds: int) -> None:
    """Tasks that wait inside no_grad do not switch it on in others."""

    async def main() -> None:
        await asyncio.gather(*[_task(i) for i in range(THREADS)])
        assert is_recorded()
        with no_grad():  # a task begins with what its maker has
            assert not await asyncio.create_task(_recorded())
            assert not await asyncio.to_thread(is_recorded)
        assert is_recorded()

    for _ in range(rounds):
        asyncio.run(main())


async def _recorded() -> bool:
    return is_recorded()


def no_grad_is_left(rounds: int) -> None:
    """However no_grad is left, recording is on afterwards."""
    for _ in range(rounds):
        for error in (ValueError, KeyboardInterrupt, GeneratorExit, SystemExit):
            try:
                with no_grad(), no_grad():
                    raise error
            except error:
                pass
            assert is_recorded()

        @no_grad()
        def fails() -> None:
            assert not is_recorded()
            raise ValueError

        try:
            fails()
        except ValueError:
            assert is_recorded()

        def numbers() -> Iterator[float]:
            with no_grad():
                yield (Value(1.0) * 2.0).data

        for number in numbers():
            assert number == 2.0
        assert is_recorded()
        assert recording.get() is None
