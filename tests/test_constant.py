"""detach, stop_gradient and no_grad."""

from __future__ import annotations

import asyncio
import threading

import pytest

from autograd import Value, backward, exp, gradient, no_grad, stop_gradient, sum


def test_a_detached_node_has_the_number_and_no_derivative():
    x = Value(3.0, label="x")
    y = x * x.detach()
    y.backward()
    assert (y.data, x.grad) == (9.0, 3.0)
    assert x.detach().label == "x"
    assert x.detach().args == ()


def test_a_constant_stands_as_its_number_in_the_args():
    x = Value(3.0)
    assert (x * x.detach()).args == (x, 3.0)
    assert sum([x, x.detach()]).args == (x, 3.0)


def test_a_sweep_never_touches_a_constant():
    x = Value(3.0)
    fixed = x.detach()
    (x * fixed * fixed.exp()).backward()
    assert fixed.grad == 0.0


def test_operations_on_constants_alone_give_constants():
    fixed = Value(2.0).detach()
    for y in (fixed + 1.0, 2.0 * fixed, fixed.exp(), exp(fixed), sum([fixed, 1.0])):
        assert y.args == ()
        with pytest.raises(ValueError, match="no graph"):
            backward(y)


def test_a_constant_exponent_is_one_that_may_be_looked_at():
    x = Value(-2.0)
    (x ** Value(3.0).detach()).backward()
    assert x.grad == 12.0


def test_stop_gradient_takes_numbers_too():
    x = Value(2.0)
    assert gradient(x * stop_gradient(x * x), x) == 4.0
    assert stop_gradient(2) == 2.0
    assert type(stop_gradient(2)) is float
    with pytest.raises(TypeError, match="expected a real number"):
        stop_gradient("2")


# ---- no_grad -----------------------------------------------------------------------


def is_recording() -> bool:
    return (Value(2.0) * 3.0).args != ()


def test_nothing_is_recorded_within_no_grad():
    x = Value(3.0)
    with no_grad():
        y = (x * x + x.exp() + sum([x, x])).tanh()
        assert y.args == ()
    assert is_recording()
    with pytest.raises(ValueError, match=r"no_grad\(\).*nothing to differentiate"):
        y.backward()
    assert x.grad == 0.0


def test_a_graph_made_before_is_differentiated_within_no_grad():
    x = Value(3.0)
    y = x * x
    with no_grad():
        y.backward()
        assert gradient(y, x) == 6.0
    assert x.grad == 6.0


def test_no_grad_ends_with_an_exception():
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert is_recording()


def test_no_grad_nests_also_with_one_object():
    quiet = no_grad()
    with quiet:
        with quiet:
            assert not is_recording()
        assert not is_recording()
    assert is_recording()


def test_no_grad_is_a_decorator():
    @no_grad()
    def predict(x: Value) -> Value:
        """Double x."""
        return x * 2.0

    assert predict(Value(2.0)).args == ()
    assert (predict.__name__, predict.__doc__) == ("predict", "Double x.")
    assert is_recording()


def test_no_grad_holds_for_its_thread_only():
    seen = []
    with no_grad():
        other = threading.Thread(target=lambda: seen.append(is_recording()))
        other.start()
        other.join()
        assert not is_recording()
    assert seen == [True]


def test_no_grad_holds_for_its_task_only():
    async def quiet(inside: asyncio.Event, done: asyncio.Event) -> bool:
        with no_grad():
            inside.set()
            await done.wait()
            return is_recording()

    async def main() -> list[bool]:
        inside, done = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(quiet(inside, done))
        await inside.wait()
        here = is_recording()
        done.set()
        return [here, await task]

    assert asyncio.run(main()) == [True, False]


def test_no_grad_does_not_decorate_what_runs_later():
    def numbers():
        yield Value(1.0)

    async def number():
        return Value(1.0)

    for function in (numbers, number):
        with pytest.raises(TypeError, match=f"around {function.__name__} would hold"):
            no_grad()(function)
