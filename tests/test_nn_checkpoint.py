"""fit with a checkpoint: it goes on, after any interruption, to the same bits."""

from __future__ import annotations

import json
import random
from itertools import chain
from typing import Any

import numpy as np
import pytest

import nn
from nn.batches import Batches
from nn.steps import EagerStep

pytestmark = pytest.mark.usefixtures("backend")
RNG = np.random.default_rng(0)
X = RNG.uniform(-1.0, 1.0, (11, 2)).tolist()
Y = [float(a * b > 0.0) for a, b in X]
HELD = RNG.uniform(-1.0, 1.0, (6, 2)).tolist(), [0, 1, 1, 0, 1, 0]


class Stopped(Exception):
    """A crash: what fit knows nothing of."""


def model_of() -> nn.MLP:
    return nn.MLP(2, [4, 1], "tanh", rng=random.Random(1))


def train(path: Any = None, stop: Any = None, **options: Any) -> Any:
    """Train a fresh model; with stop=(epoch, error), a callback raises that there."""
    model = model_of()

    def look(epoch: int, history: nn.History) -> None:
        if stop is not None and epoch == stop[0]:
            raise stop[1]

    chosen: dict[str, Any] = {"batch_size": 4, "epochs": 7, "l2": 1e-3, "seed": 3}
    chosen |= {"progress": False, "lr": 0.05, "optimizer": "adam", **options}
    if stop is not None:
        chosen["callback"] = look
    if path is not None:
        chosen["checkpoint"] = path
    loss = "binary_cross_entropy_with_logits"
    history = nn.fit(model, X, Y, loss, **chosen)
    return model.state_dict(), {**history.state_dict(), "seconds": None}


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("stopped", [0, 4])
def test_it_goes_on_to_the_same_bits_after_a_crash(tmp_path, compile, every, stopped):
    options: dict[str, Any] = {"compile": compile, "every": every}
    whole = train(compile=compile)
    with pytest.raises(Stopped):
        train(tmp_path / "x", (stopped, Stopped()), **options)
    assert (tmp_path / "x").exists() == (stopped >= every)
    assert train(tmp_path / "x", resume=True, **options) == whole


@pytest.mark.parametrize("compile", [False, True])
def test_it_goes_on_with_validation_and_momentum(tmp_path, compile):
    def options() -> dict[str, Any]:
        return {
            "compile": compile,
            "validation": HELD,
            "metrics": ["accuracy"],
            "patience": 50,
            "optimizer": lambda named: nn.SGD(named, lr=0.5, momentum=0.9),
            "lr": None,
            "clip_norm": 0.1,
        }

    whole = train(**options())
    with pytest.raises(Stopped):
        train(tmp_path / "x", (3, Stopped()), **options())
    assert train(tmp_path / "x", resume=True, **options()) == whole


@pytest.mark.parametrize("compile", [False, True])
def test_more_epochs_go_on_from_a_run_that_ended(tmp_path, compile):
    whole = train(epochs=9, compile=compile)
    train(tmp_path / "x", epochs=4, every=3, compile=compile)
    kept = tmp_path / "x"
    assert train(kept, epochs=9, resume=True, compile=compile) == whole
    before = kept.read_bytes()
    assert train(kept, epochs=9, resume=True, compile=compile) == whole
    assert train(kept, epochs=2, resume=True, compile=compile) == whole
    assert kept.read_bytes() == before


def test_early_stopping_goes_on_as_it_would_have(tmp_path):
    def options() -> dict[str, Any]:
        held = HELD[0], [1, 0, 0, 1, 0, 1]
        return {"compile": False, "validation": held, "patience": 3, "lr": 0.02}

    whole = train(epochs=40, **options())
    epochs = len(whole[1]["epoch_loss"])
    best = int(np.argmin(whole[1]["validation_loss"]))
    assert epochs == best + 4 < 40
    for stopped in (best - 1, best + 1):
        path = tmp_path / f"{stopped}"
        with pytest.raises(Stopped):
            train(path, (stopped, Stopped()), epochs=40, **options())
        assert train(path, epochs=40, resume=True, **options()) == whole
    # The file has the last parameters, from which more patience goes on.
    patient = {**options(), "patience": 4}
    resumed = train(path, epochs=40, resume=True, **patient)
    assert resumed == train(epochs=40, **patient)


@pytest.mark.parametrize("compile", [False, True])
def test_ctrl_c_inside_an_epoch_loses_no_step(tmp_path, monkeypatch, compile):
    from nn.compiled_step import CompiledStep

    kind = CompiledStep if compile else EagerStep
    run, calls = kind.__call__, []

    def interrupted(self: Any, batches: Any, rates: Any, place: Any) -> Any:
        calls.append(len(batches))
        losses = run(self, batches[:1] if compile else batches, rates[:1], place)
        if len(calls) == 6:  # after the parameters moved, before it is put down
            raise KeyboardInterrupt
        self.at_once = 1
        return losses

    whole = train(compile=compile)
    with monkeypatch.context() as patch:
        patch.setattr(kind, "__call__", interrupted)
        with pytest.warns(RuntimeWarning, match="before epoch 1, batch 2"):
            _, history = train(tmp_path / "x", every=100, compile=compile)
    assert history["loss"] == whole[1]["loss"][:5]
    assert len(history["epoch_loss"]) == 1
    kept = json.loads((tmp_path / "x").read_text())
    assert kept["history"]["loss"] == history["loss"]
    assert kept["optimizer"]["steps"] == 5
    assert train(tmp_path / "x", every=100, resume=True, compile=compile) == whole


@pytest.mark.parametrize("compile", [False, True])
def test_ctrl_c_in_a_callback_leaves_the_last_file(tmp_path, compile):
    with pytest.warns(RuntimeWarning, match="fit was interrupted before epoch 5") as w:
        train(tmp_path / "x", (4, KeyboardInterrupt()), every=2, compile=compile)
    assert w[0].filename == __file__
    kept = json.loads((tmp_path / "x").read_text())
    assert len(kept["history"]["epoch_loss"]) == 4
    whole = train(compile=compile)
    assert train(tmp_path / "x", every=2, resume=True, compile=compile) == whole


def test_a_rate_that_a_callback_changed_is_kept(tmp_path):
    def trained(stop: int, **options: Any) -> Any:
        model = model_of()
        optimizer = nn.SGD(model.parameters(), lr=0.5)

        def halve(epoch: int, history: nn.History) -> None:
            optimizer.lr = 0.5 ** (epoch + 2)
            if epoch == stop:
                raise Stopped

        given: dict[str, Any] = {"epochs": 6, "callback": halve, "progress": False}
        history = nn.fit(model, X, Y, optimizer=optimizer, **given, **options)
        return history.loss, model.state_dict()

    whole = trained(99)
    options = {"checkpoint": tmp_path / "x"}
    with pytest.raises(Stopped):
        trained(3, **options)
    assert trained(99, resume=True, **options) == whole


@pytest.mark.parametrize("compile", [False, True])
def test_parameters_that_do_not_move_come_from_the_file_too(tmp_path, compile):
    def trained(seed: int, **options: Any) -> Any:
        model = nn.MLP(2, [4, 1], "tanh", rng=random.Random(seed))
        optimizer = nn.SGD(model.layers[1].parameters(), lr=0.1)
        options |= {"compile": compile, "progress": False, "batch_size": 4}
        history = nn.fit(model, X, Y, optimizer=optimizer, **options)
        return history.loss, model.state_dict()

    whole = trained(1, epochs=5)
    trained(1, epochs=2, checkpoint=tmp_path / "x")
    assert trained(2, epochs=5, checkpoint=tmp_path / "x", resume=True) == whole


def test_ctrl_c_while_validating_leaves_whole_epochs(tmp_path):
    calls = []

    def metric(predictions: Any, targets: Any) -> float:
        calls.append(None)
        if len(calls) == 4:  # the first is before the first step
            raise KeyboardInterrupt
        return 1.0

    given = {"validation": HELD, "metrics": [metric], "compile": False}
    with pytest.warns(RuntimeWarning, match="before epoch 3, batch 0"):
        _, history = train(tmp_path / "x", **given)
    assert len(history["loss"]) == 9
    columns = [history["validation_loss"], *history["metrics"].values()]
    assert [len(c) for c in [history["epoch_loss"], *columns]] == [2, 2, 2]
    assert train(tmp_path / "x", resume=True, **given) == train(**given)


def test_without_resume_it_begins_anew_and_load_reads_the_file(tmp_path):
    whole = train(tmp_path / "x", epochs=3)
    assert train(tmp_path / "x", epochs=3) == whole
    model, history = model_of(), nn.History()
    optimizer = nn.Adam(model.parameters())
    nn.load(tmp_path / "x", model, optimizer, history)
    assert (model.state_dict(), history.loss) == (whole[0], whole[1]["loss"])
    assert optimizer.steps == 9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 4}, "another run: seed is 3 there and 4 here. Resume with the"),
        ({"lr": 0.1}, r"lr is 0.05 there and 0.1 here"),
        ({"batch_size": 5}, "batch_size is 4 there and 5 here"),
        ({"shuffle": False}, "shuffle is True there and False here"),
        ({"l2": 0.0}, r"l2 is 0.001 there and 0.0 here"),
        ({"clip_norm": 1.0}, r"clip_norm is None there and 1.0 here"),
        ({"optimizer": "adamw"}, "its optimiser is 'Adam', not 'AdamW'"),
        (
            {"optimizer": lambda p, lr: nn.Adam(p, lr, eps=1e-3)},
            "settings is .* there and .*0.001",
        ),
        ({"validation": HELD}, "validation is None there"),
        ({"validation": HELD, "metrics": ["accuracy"]}, "metrics is"),
        ({"validation": HELD, "patience": 2}, "early_stopping is False there"),
    ],
)
def test_another_run_is_not_gone_on_with(tmp_path, options, message):
    train(tmp_path / "x", epochs=1, compile=False)
    before = (tmp_path / "x").read_bytes()
    with pytest.raises(ValueError, match=message):
        train(tmp_path / "x", resume=True, compile=False, **options)
    assert (tmp_path / "x").read_bytes() == before


def test_other_data_is_not_gone_on_with(tmp_path):
    def on(y: Any, model: Any, **options: Any) -> None:
        given = {"checkpoint": tmp_path / "x", "epochs": 2, "progress": False}
        nn.fit(model, X, y, compile=False, **given, **options)

    on(Y, model_of())
    model = model_of()
    before = model.state_dict()
    with pytest.raises(ValueError, match=r"data is .* there and .* here"):
        on([*Y[:-1], 0.5], model, resume=True)
    nn.save(tmp_path / "x", model_of(), nn.SGD(model_of().parameters()), nn.History())
    with pytest.raises(ValueError, match="there is no training in it"):
        on(Y, model, resume=True)
    assert model.state_dict() == before


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"resume": True}, ValueError, "give checkpoint=path"),
        ({"checkpoint": "no/such/folder/x"}, FileNotFoundError, "there is no folder"),
        ({"checkpoint": 3}, TypeError, "PathLike"),
        ({"checkpoint": "x", "every": 0}, ValueError, "every must be at least 1"),
        ({"checkpoint": "x", "seed": None}, TypeError, "seed must be a whole number"),
    ],
)
def test_bad_options_are_errors_before_the_first_step(options, error, message):
    with pytest.raises(error, match=message):
        train(compile=False, **options)


@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_go_on_anywhere(shuffle):
    batches = Batches(7, 3, shuffle, seed=5)
    whole = batches.after(0)
    steps = [next(whole).tolist() for _ in range(12)]
    for k in (0, 3, 6, 9):
        assert sorted(chain(*steps[k : k + 3])) == [*range(7)]
    assert (steps[0] == [0, 1, 2]) != shuffle
    for k in range(12):
        assert next(batches.after(k)).tolist() == steps[k]
        assert batches.share(k) == len(steps[k]) / 7
