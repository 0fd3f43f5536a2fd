"""fit compiles the loss: the same training, faster, and honest where it cannot."""

from __future__ import annotations

import random
import warnings
from typing import Any

import numpy as np
import pytest

import nn
from autograd import TraceError, Value, relu, softmax
from autograd import max as largest
from autograd import sum as total
from nn import fit
from nn.optim import OPTIMIZERS

pytestmark = pytest.mark.usefixtures("backend")
RNG = np.random.default_rng(0)
X = RNG.uniform(-1.0, 1.0, (20, 3)).tolist()
Y = [row[0] * row[1] - row[2] for row in X]


def model_of(*layers: int, seed: int = 1, **options: Any) -> nn.MLP:
    random.seed(seed)
    return nn.MLP(3, list(layers) or [5, 1], **options)


def numbers(model: Any) -> list[float]:
    return [p.data for p in model.parameters()]


def both(make: Any, *data: Any, **options: Any) -> tuple[Any, Any]:
    """Train one model eagerly and one compiled; assert that they agree."""
    results = []
    for compiled in (False, True):
        model = make()
        optimizer = options.get("optimizer")
        chosen = dict(options)
        if callable(optimizer) and not isinstance(optimizer, type):
            chosen["optimizer"] = optimizer(model)
        history = fit(model, *data, progress=False, compile=compiled, **chosen)
        results.append((model, history))
    (eager, slow), (compiled, fast) = results
    assert fast.loss == pytest.approx(slow.loss, rel=1e-9, abs=1e-12)
    assert fast.epoch_loss == pytest.approx(slow.epoch_loss, rel=1e-9, abs=1e-12)
    assert fast.learning_rate == slow.learning_rate
    assert numbers(compiled) == pytest.approx(numbers(eager), rel=1e-8, abs=1e-10)
    return eager, compiled


OPTIMISERS: dict[str, Any] = {
    **{name: lambda m, o=o: o(m.parameters()) for name, o in OPTIMIZERS.items()},
    "momentum": lambda m: nn.SGD(m.parameters(), lr=0.05, momentum=0.9),
    "nesterov": lambda m: nn.SGD(
        m.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01
    ),
    "decay": lambda m: nn.AdamW(m.parameters(), lr=0.01, weight_decay=0.1),
}
SCHEDULES = {
    "step": nn.step_decay(0.1, every=20, gamma=0.5),
    "cosine": nn.cosine_decay(0.1, steps=40),
    "warmup": nn.linear_warmup(nn.cosine_decay(0.1, steps=30), steps=10),
    "own": lambda step: 0.1 / (1.0 + step),
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_fifty_steps_of_every_optimiser(name):
    both(model_of, X, Y, optimizer=OPTIMISERS[name], epochs=50)


@pytest.mark.parametrize("name", SCHEDULES)
def test_fifty_steps_of_every_schedule(name):
    both(model_of, X, Y, lr=SCHEDULES[name], epochs=17, batch_size=7)


@pytest.mark.parametrize("loss", sorted(nn.losses.LOSSES))
def test_fifty_steps_of_every_loss(loss):
    targets: list[Any] = [float(y > 0.0) for y in Y]
    options: dict[str, Any] = {"activation": "tanh"}
    layers = [4, 1]
    if loss == "hinge":
        targets = [2.0 * t - 1.0 for t in targets]
    if loss == "cross_entropy":
        targets, layers = [int(t) + int(y > 0.5) for t, y in zip(targets, Y)], [4, 3]

    def make() -> Any:
        model = model_of(*layers, **options)
        if loss == "binary_cross_entropy":
            return nn.Sequential(model, lambda y: y.sigmoid())
        return model

    both(make, X, targets, loss=loss, l2=1e-3, lr=0.1, epochs=17, batch_size=8)


def test_probabilities_for_targets():
    targets = np.eye(3)[[k % 3 for k in range(20)]].tolist()
    both(lambda: model_of(3), X, targets, loss="cross_entropy", lr=0.1, epochs=50)


def test_several_outputs_and_a_layer_of_softmax():
    targets = [[y, -y] for y in Y]
    both(lambda: model_of(4, 2), X, targets, lr=0.1, epochs=50)

    def make() -> Any:
        random.seed(1)
        return nn.Sequential(nn.Layer(3, 4), softmax, nn.Layer(4, 1))

    both(make, X, Y, lr=0.1, epochs=50)


def test_parameters_that_the_loss_does_not_use():
    class Half(nn.Module):
        def __init__(self) -> None:
            self.used, self.unused = model_of(), model_of()

        def __call__(self, x: Any) -> Any:
            return self.used(x)

    for name in ("sgd", "adamw"):
        with pytest.warns(RuntimeWarning, match=r"on unused\..*: no gradient reaches"):
            both(Half, X, Y, optimizer=name, epochs=20)


def test_parameters_that_the_optimiser_leaves_out():
    both(
        model_of,
        X,
        Y,
        optimizer=lambda m: nn.Adam(m.parameters()[:4], lr=0.1),
        epochs=20,
    )


def test_the_state_of_the_optimiser_goes_on():
    results = []
    for first, second in [(False, False), (True, True), (True, False), (False, True)]:
        model = model_of()
        optimizer = nn.Adam(model.parameters(), lr=0.05)
        losses = []
        for compiled in (first, second):
            history = fit(
                model,
                X,
                Y,
                optimizer=optimizer,
                epochs=10,
                progress=False,
                compile=compiled,
            )
            losses += history.loss
        assert optimizer.steps == 20
        results.append(losses)
    for losses in results[1:]:
        assert losses == pytest.approx(results[0], rel=1e-9)


# ---- where it cannot -----------------------------------------------------------------


class Branches(nn.Module):
    def __init__(self) -> None:
        self.w = Value(0.5)

    def __call__(self, x: Any) -> Any:
        y = self.w * x[0]
        if y > 0.0:  # the branch
            return y
        return relu(y) * 0.1


def branch_line() -> int:
    with open(__file__) as file:
        return next(i for i, line in enumerate(file, 1) if "# the branch" in line)


def test_a_model_that_branches_trains_eagerly_with_a_warning():
    model, twin = Branches(), Branches()
    with pytest.warns(RuntimeWarning, match="eagerly") as caught:
        history = fit(model, X, Y, lr=0.1, epochs=5, progress=False)
    (warning,) = caught
    message = str(warning.message)
    assert f"test_compile_fit.py, line {branch_line()}" in message
    assert "\n" not in message
    assert warning.filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        slow = fit(twin, X, Y, lr=0.1, epochs=5, progress=False, compile=False)
    assert history.loss == slow.loss
    assert model.w.data == twin.w.data != 0.5


def test_compile_true_makes_it_an_error_and_changes_nothing():
    model = Branches()
    with pytest.raises(TraceError, match=rf"line {branch_line()}"):
        fit(model, X, Y, epochs=5, progress=False, compile=True)
    assert (model.w.data, model.w.grad) == (0.5, 0.0)


def test_a_model_that_draws_random_numbers_trains_eagerly():
    class Dropout(nn.Module):
        def __init__(self) -> None:
            self.inner = model_of()

        def __call__(self, x: Any) -> Any:
            return self.inner([xi * float(random.random() < 0.8) for xi in x])

    random.seed(3)
    with pytest.warns(RuntimeWarning, match="not deterministic"):
        history = fit(Dropout(), X, Y, lr=0.1, epochs=5, progress=False)
    assert len(history.loss) == 5


# ---- interruptions and callbacks -----------------------------------------------------


@pytest.mark.parametrize("compiled", [False, True])
def test_interrupted_it_leaves_the_last_whole_step(compiled):
    def stop(epoch: int, history: Any) -> None:
        if epoch == 2:
            raise KeyboardInterrupt

    model, twin = model_of(), model_of()
    with pytest.warns(RuntimeWarning, match="fit was interrupted"):
        fit(model, X, Y, lr=0.1, progress=False, callback=stop, compile=compiled)
    fit(twin, X, Y, lr=0.1, epochs=3, progress=False, compile=compiled)
    assert numbers(model) == numbers(twin)


def test_interrupted_inside_a_step_it_leaves_the_last_whole_step(monkeypatch):
    from nn.compiled_step import CompiledStep

    run, steps = CompiledStep.__call__, []

    def interrupted(self: Any, batches: Any, rates: Any, place: Any) -> list[float]:
        if len(steps) == 3:
            raise KeyboardInterrupt
        steps.append(len(batches))
        return run(self, batches, rates, place)

    model, twin = model_of(), model_of()
    with monkeypatch.context() as patch:
        patch.setattr(CompiledStep, "__call__", interrupted)
        with pytest.warns(RuntimeWarning, match="fit was interrupted"):
            fit(model, X, Y, lr=0.1, progress=False, compile=True)
    fit(twin, X, Y, lr=0.1, epochs=sum(steps), progress=False, compile=True)
    assert numbers(model) == numbers(twin)


def test_a_callback_sees_the_parameters_and_the_state():
    seen: dict[bool, list[Any]] = {False: [], True: []}
    for compiled, found in seen.items():
        model = model_of()
        optimizer = nn.Adam(model.parameters(), lr=0.1)

        def look(
            epoch: int, history: Any, m: Any = model, o: Any = optimizer, f: Any = found
        ) -> None:
            f.append([*numbers(m), o.steps, *[x for s in o.state.values() for x in s]])

        fit(
            model,
            X,
            Y,
            optimizer=optimizer,
            epochs=4,
            progress=False,
            callback=look,
            compile=compiled,
        )
    assert np.array(seen[True]) == pytest.approx(np.array(seen[False]), rel=1e-9)


def test_what_a_callback_does_to_the_parameters_holds():
    # Weight clipping, for one: "no hidden synchronisation" is not "silently undone".
    def make_clip(model: Any) -> Any:
        def clip(epoch: int, history: Any) -> None:
            for p in model.parameters():
                p.data = max(-0.1, min(0.1, p.data))

        return clip

    results = []
    for compiled in (False, True):
        model = model_of()
        history = fit(
            model,
            X,
            Y,
            lr=0.5,
            epochs=10,
            progress=False,
            callback=make_clip(model),
            compile=compiled,
        )
        results.append([*history.loss, *numbers(model)])
    assert results[1] == pytest.approx(results[0], rel=1e-9, abs=1e-12)


def test_what_a_callback_does_to_the_rate_holds():
    results = []
    for compiled in (False, True):
        model = model_of()
        optimizer = nn.SGD(model.parameters(), lr=0.5)

        def halve(epoch: int, history: Any, o: Any = optimizer) -> None:
            o.lr = o.lr / 2.0

        options: dict[str, Any] = {"progress": False, "compile": compiled}
        history = fit(
            model, X, Y, optimizer=optimizer, epochs=8, callback=halve, **options
        )
        results.append(history.loss)
        assert history.learning_rate[:3] == [0.5, 0.25, 0.125]
    assert results[1] == pytest.approx(results[0], rel=1e-9)


# ---- what is not finite --------------------------------------------------------------


def test_a_loss_that_is_not_finite_is_explained_as_by_eager():
    class Log(nn.Module):
        def __init__(self) -> None:
            self.w = Value(1.0, label="w")

        def __call__(self, x: Any) -> Any:
            return (self.w * x[0]).log()

    rows = [[1.0], [2.0], [-3.0], [4.0]]
    messages = []
    for compiled in (False, True):
        model = Log()
        with pytest.raises((FloatingPointError, ValueError)) as caught:
            fit(
                model,
                rows,
                [0.0] * 4,
                batch_size=2,
                shuffle=False,
                progress=False,
                compile=compiled,
            )
        notes = getattr(caught.value, "__notes__", [])
        messages.append(" ".join([str(caught.value), *notes]))
        assert (model.w.data != 1.0) is True  # the first batch was fine
    for message in messages:
        assert "log(-" in message
        assert "epoch 0, batch 1, row 2" in message
    assert messages[0] == messages[1]


def test_a_rate_too_large_ends_as_by_eager():
    kinds = []
    for compiled in (False, True):
        model = model_of(activation="relu")
        with pytest.raises(FloatingPointError, match="epoch") as caught:
            fit(model, X, Y, lr=1e6, epochs=200, progress=False, compile=compiled)
        kinds.append(str(caught.value).split(":")[0])
        assert np.isfinite(numbers(model)).all()
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("pick", [total, largest])
def test_a_loss_that_is_no_mean_over_samples_trains_eagerly(pick):
    def loss(predictions, targets):
        return pick([(p - y) ** 2 for p, y in zip(predictions, targets, strict=True)])

    def trained(compile):
        model = nn.Layer(1, 1, "identity", init=nn.init.uniform(0.5, 0.5))
        options = {"lr": 0.01, "epochs": 3, "progress": False, "compile": compile}
        return nn.fit(model, [1.0, 2.0, 3.0], [1.0, 0.0, 2.0], loss, **options).loss

    with pytest.warns(RuntimeWarning, match="not the mean of the losses"):
        losses = trained(None)
    assert losses == trained(False)
    with pytest.raises(TraceError, match="not the mean of the losses"):
        trained(True)
