"""fit and its history: real training, determinism, and what bad input gets."""

import gc
import math
import random
import sys

import numpy as np
import pytest

import nn
from autograd import Value, log, sqrt

XOR_X, XOR_Y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]


def net(*sizes, activation="tanh", seed=0):
    return nn.MLP(sizes[0], sizes[1:], activation, rng=random.Random(seed))


def fit(model, X, y, *args, **options):
    return nn.fit(model, X, y, *args, progress=False, **options)


# ---- it learns ----------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "adamw", "adagrad"])
def test_xor_is_learned(optimizer):
    model = net(2, 8, 1)
    fit(
        model,
        XOR_X,
        XOR_Y,
        "binary_cross_entropy_with_logits",
        optimizer,
        lr=0.1 if optimizer != "adagrad" else 0.5,
        epochs=150,
    )
    assert [p > 0 for p in nn.predict(model, XOR_X)] == [False, True, True, False]


def test_classes_are_learned_from_numpy_arrays():
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    X = rng.normal(size=(60, 2)) * 0.2 + np.array([[0, 1], [1, -1], [-1, -1]])[y]
    model = net(2, 3)
    history = fit(model, X, y, "cross_entropy", lr=0.5, epochs=10, batch_size=10)
    outputs = np.array(nn.predict(model, X))
    assert (outputs.argmax(axis=1) == y).all()
    assert len(history.loss) == 60


def test_moons_are_separated():
    datasets = pytest.importorskip("sklearn.datasets")
    X, y = datasets.make_moons(40, noise=0.1, random_state=0)
    model = net(2, 16, 16, 1, activation="relu", seed=1)
    options = {"lr": 0.05, "epochs": 30, "batch_size": 10, "l2": 1e-4}
    fit(model, X, 2 * y - 1, "hinge", "adam", **options)
    assert [p > 0 for p in nn.predict(model, X)] == (y == 1).tolist()


def test_several_outputs_are_fitted():
    X = [[k / 10] for k in range(10)]
    y = [[2 * x, 1 - x] for (x,) in X]
    model = nn.Layer(1, 2, "identity", rng=random.Random(0))
    fit(model, X, y, lr=0.5, epochs=500)
    assert nn.predict(model, [0.5])[0] == pytest.approx([1.0, 0.5], abs=1e-6)


# ---- it does what the loop by hand does ---------------------------------------------


def test_fit_is_the_loop_by_hand():
    X, y = [[0.5, -1.0], [1.5, 2.0], [-0.3, 0.2]], [1, -1, 1]
    model, twin = net(2, 4, 1), net(2, 4, 1)
    history = fit(model, X, y, "hinge", lr=0.1, l2=0.01, epochs=5)
    for k in range(5):
        loss = nn.hinge([twin(x) for x in X], y)
        loss = loss + 0.01 * sum(p * p for p in twin.parameters())
        assert history.loss[k] == pytest.approx(loss.data, rel=1e-12)
        twin.zero_grad()
        loss.backward()
        for p in twin.parameters():
            p.data -= 0.1 * p.grad
    ours, theirs = model.state_dict(), twin.state_dict()
    assert ours == pytest.approx(theirs, rel=1e-12)
    assert history.epoch_loss == history.loss


def test_history_records_steps_and_epochs():
    model = nn.Layer(1, 1, "identity", init=nn.init.uniform(0.0, 0.0))
    seen = []
    history = fit(
        model,
        [1, 2, 3, 4, 5],
        [1, 2, 3, 4, 5],
        lr=nn.step_decay(0.01, every=2, gamma=0.5),
        epochs=2,
        batch_size=2,
        shuffle=False,
        callback=lambda epoch, history: seen.append((epoch, len(history.loss))),
    )
    assert len(history.loss) == len(history.seconds) == 6
    assert history.learning_rate == [0.01, 0.01, 0.005, 0.005, 0.0025, 0.0025]
    assert history.loss[0] == (1 + 4) / 2
    assert len(history.epoch_loss) == 2
    first = 2 * history.loss[0] + 2 * history.loss[1] + history.loss[2]
    assert history.epoch_loss[0] == pytest.approx(first / 5)
    assert seen == [(0, 3), (1, 6)]
    assert repr(history).startswith("History of 2 epochs, 6 steps in ")
    assert min(history.seconds) > 0.0


def test_no_epochs_do_nothing():
    model = net(2, 1)
    before = model.state_dict()
    assert repr(fit(model, XOR_X, XOR_Y, epochs=0)) == "History of 0 epochs"
    assert model.state_dict() == before


def run(seed=0, **options):
    model = net(2, 3, 1)
    history = fit(model, XOR_X, XOR_Y, lr=0.1, epochs=4, seed=seed, **options)
    return history.loss, model.state_dict()


def test_the_same_seed_gives_the_same_bits():
    state = random.getstate()
    first = run(batch_size=1)
    random.seed(99)
    assert run(batch_size=1) == first
    assert run(batch_size=1, seed=1) != first
    assert run(batch_size=1, shuffle=False) == run(1, batch_size=1, shuffle=False)
    random.setstate(state)
    run(batch_size=1)
    assert random.getstate() == state


def test_one_batch_is_never_shuffled():
    assert run(seed=0) == run(seed=1) == run(batch_size=4) == run(batch_size=100)


def test_names_functions_classes_and_instances_choose_the_same():
    def trained(loss, optimizer, **options):
        model = net(2, 3, 1)
        choice = optimizer(model) if type(optimizer) is type(run) else optimizer
        return fit(model, XOR_X, XOR_Y, loss, choice, epochs=3, **options).loss

    expected = trained("mse", "adam", lr=0.01)
    assert trained(nn.mse, nn.Adam, lr=0.01) == expected
    assert trained(nn.mse, lambda m: nn.Adam(m.parameters(), lr=0.01)) == expected


def test_an_optimiser_keeps_its_state_between_fits():
    model, twin = net(2, 3, 1), net(2, 3, 1)
    optimizer = nn.Adam(model.parameters())
    losses = []
    for _ in range(2):
        losses += fit(model, XOR_X, XOR_Y, optimizer=optimizer, epochs=3).loss
    assert losses == fit(twin, XOR_X, XOR_Y, optimizer="adam", epochs=6).loss
    assert optimizer.steps == 6


def test_parameters_that_the_optimiser_leaves_out_stay():
    model = net(2, 3, 1)
    frozen = [p.data for p in model.layers[0].parameters()]
    fit(model, XOR_X, XOR_Y, optimizer=nn.SGD(model.layers[1].parameters(), lr=0.1))
    assert [p.data for p in model.layers[0].parameters()] == frozen


def test_any_callable_with_parameters_can_be_trained():
    class Line:
        def __init__(self):
            self.slope = Value(0.0)

        def parameters(self):
            return [self.slope]

        def __call__(self, x):
            return self.slope * x[0]

    line = Line()
    fit(line, [1, 2], [3, 6], lr=0.1)
    assert line.slope.data == pytest.approx(3.0)


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_as_it_was(enabled):
    was = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        seen = []

        def loss(predictions, targets):
            seen.append(gc.isenabled())
            return nn.mse(predictions, targets)

        fit(net(2, 1), XOR_X, XOR_Y, loss, epochs=1, compile=False)
        assert gc.isenabled() is enabled
        with pytest.raises(TypeError):
            fit(net(2, 1), XOR_X, XOR_Y, lambda p, y: None, epochs=1)
        assert gc.isenabled() is enabled
        assert seen == [False]
    finally:
        (gc.enable if was else gc.disable)()


# ---- clipping ------------------------------------------------------------------------


@pytest.mark.parametrize("compile", [False, True])
def test_clipping_is_that_of_torch(compile):
    torch = pytest.importorskip("torch")
    X, y = [[0.5, -1.0], [1.5, 2.0], [-0.3, 0.2]], [1.0, -1.0, 5.0]
    model = net(2, 4, 1)
    rows, targets = (torch.tensor(t, dtype=torch.float64) for t in (X, y))
    first, second = model.layers
    weights = [
        torch.tensor(t, dtype=torch.float64, requires_grad=True)
        for t in (
            [[w.data for w in n.w] for n in first.neurons],
            [n.b.data for n in first.neurons],
            [w.data for w in second.neurons[0].w],
            second.neurons[0].b.data,
        )
    ]
    optimizer = torch.optim.SGD(weights, lr=0.1)
    losses, norms = [], []
    for _ in range(20):
        hidden = torch.tanh(rows @ weights[0].T + weights[1])
        loss = ((hidden @ weights[2] + weights[3] - targets) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(weights, 0.5)))
        optimizer.step()
        losses.append(loss.item())
    options = {"lr": 0.1, "epochs": 20, "clip_norm": 0.5, "compile": compile}
    assert fit(model, X, y, **options).loss == pytest.approx(losses, rel=1e-12)
    assert max(norms) > 0.5


def test_clip_grad_norm_gives_the_norm_and_leaves_small_gradients():
    torch = pytest.importorskip("torch")
    values = [Value(1.0), Value(2.0), Value(3.0)]
    for slopes in ([3.0, -4.0, 12.0], [0.1, 0.2, 0.0], [0.0, 0.0, 0.0]):
        tensors = [torch.zeros((), dtype=torch.float64) for _ in slopes]
        for value, tensor, slope in zip(values, tensors, slopes):
            value.grad = slope
            tensor.grad = torch.tensor(slope, dtype=torch.float64)
        norm = torch.nn.utils.clip_grad_norm_(tensors, 2.0)
        assert nn.clip_grad_norm(values, 2.0) == pytest.approx(float(norm))
        expected = [float(tensor.grad) for tensor in tensors]
        assert [value.grad for value in values] == pytest.approx(expected)


# ---- progress -----------------------------------------------------------------------


def test_a_bar_is_drawn_and_can_be_turned_off(capsys):
    pytest.importorskip("tqdm")
    nn.fit(net(2, 1), XOR_X, XOR_Y, epochs=3, progress=True)
    assert "3/3" in capsys.readouterr().err
    nn.fit(net(2, 1), XOR_X, XOR_Y, epochs=3, progress=False)
    assert capsys.readouterr().err == ""


def test_without_tqdm_there_is_no_bar_and_true_says_what_to_install(
    monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    nn.fit(net(2, 1), XOR_X, XOR_Y, epochs=3)
    assert capsys.readouterr().err == ""
    with pytest.raises(ImportError, match="pip install tqdm"):
        nn.fit(net(2, 1), XOR_X, XOR_Y, epochs=3, progress=True)


# ---- interrupted, or not finite -----------------------------------------------------


def test_interrupted_it_leaves_the_last_whole_step():
    model, twin = net(2, 3, 1), net(2, 3, 1)
    calls = []

    def loss(predictions, targets):
        calls.append(None)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return nn.mse(predictions, targets)

    with pytest.warns(RuntimeWarning, match="before epoch 3, batch 0: .* after 3 s"):
        history = fit(model, XOR_X, XOR_Y, loss, lr=0.1, compile=False)
    assert history.interrupted
    whole = fit(twin, XOR_X, XOR_Y, lr=0.1, epochs=3, compile=False)
    assert model.state_dict() == twin.state_dict()
    assert history.loss == whole.loss
    assert ", interrupted: loss" in repr(history)
    assert not whole.interrupted


class Root(nn.Module):
    """sqrt(a + x): no slope at 0; log(a + x): no value there."""

    def __init__(self, function):
        self.a, self.function = Value(0.0, label="a"), function

    def __call__(self, x):
        return self.function(self.a + x[0])


def test_a_loss_that_is_not_finite_names_epoch_batch_and_row():
    model = nn.Layer(1, 1, "identity", init=nn.init.uniform(1.0, 1.0))
    before = model.state_dict()
    X, y = [1.0, 2.0, 1e200, 3.0], [1.0, 2.0, 0.0, 3.0]
    with pytest.raises(FloatingPointError, match=r"^epoch 0, batch 1, row 2: "):
        fit(model, X, y, lr=0.0, batch_size=2, shuffle=False)
    assert model.state_dict() == before
    with pytest.raises(FloatingPointError, match=r"row 0: \*\(1.0, inf\): gives inf"):
        fit(model, X[:1], y[:1], lambda predictions, targets: predictions[0] * math.inf)


def test_a_slope_that_is_not_finite_names_the_row():
    model = Root(sqrt)
    with pytest.raises(FloatingPointError, match=r"row 1: the derivative of sqrt"):
        fit(model, [1.0, 0.0], [1.0, 1.0])
    assert model.a.data == 0.0


def test_outside_its_domain_an_operation_names_the_row_in_a_note():
    with pytest.raises(ValueError, match=r"^log\(") as caught:
        fit(Root(log), [1.0, 0.0], [1.0, 1.0])
    assert caught.value.__notes__ == ["This happened in fit, epoch 0, batch 0, row 1."]


def test_a_rate_too_large_ends_in_an_error_not_in_nan():
    model = net(2, 3, 1, activation="relu")
    with pytest.raises(FloatingPointError, match=r"^epoch \d+, batch 0.*smaller lr"):
        fit(model, XOR_X, XOR_Y, lr=1e30)
    assert all(map(math.isfinite, model.state_dict().values()))


# ---- bad input ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        ([], [], ValueError, "X is empty"),
        (np.zeros((0, 2)), [], ValueError, "X is empty"),
        ([[1, 2]], [], ValueError, "y is empty"),
        ([[1, 2], [3, 4]], [1], ValueError, "X has 2 rows and y has 1"),
        (
            [[1, 2], [3]],
            [1, 2],
            ValueError,
            "X is ragged: row 1 has length 1, row 0 .* 2",
        ),
        ([[1, 2], []], [1, 2], ValueError, "row 1 of X is empty"),
        ([[1, 2], [3, 4]], [[1, 0], [1]], ValueError, "y is ragged: row 1"),
        ([[1, 2], [3, math.nan]], [1, 2], ValueError, "row 1, column 1 is nan"),
        ([[1, 2], [math.inf, 4]], [1, 2], ValueError, "row 1, column 0 is inf"),
        (np.array([[1, np.nan]]), [1], ValueError, "X must .*row 0, column 1 is nan"),
        (
            [[1, 2], [3, 4]],
            [1, math.nan],
            ValueError,
            "y must .*row 1, column 0 is nan",
        ),
        ([[1, 2], [3, "a"]], [1, 2], TypeError, r"row 1, column 1 is 'a' \(str\)"),
        ([[1, 2], "ab"], [1, 2], TypeError, r"row 1, column 0 is 'ab' \(str\)"),
        ([[1, 2], [3, None]], [1, 2], TypeError, "row 1, column 1 is None"),
        ([[1, 2], [3, 1j]], [1, 2], TypeError, "row 1, column 1 is 1j"),
        ([[1, 2], [3, Value(1.0)]], [1, 2], TypeError, "row 1, column 1 is Value"),
        ([[[1, 2]], [[3, 4]]], [1, 2], TypeError, r"row 0, column 0 is \[1, 2\]"),
        ("ab", [1, 2], TypeError, "X must be a list of rows or an array, got 'ab'"),
        (3.0, [1], TypeError, "X must be a list of rows or an array, got 3.0"),
        ([[1, 2]], None, TypeError, "y must be a list of rows or an array, got None"),
        (
            [[1, 2, 3]],
            [1],
            ValueError,
            r"Layer\(2, 1, 'identity'\) takes 2 inputs, got 3",
        ),
    ],
)
def test_unfit_data_names_the_row_and_changes_nothing(X, y, error, message):
    model = net(2, 1)
    before = model.state_dict()
    with pytest.raises(error, match=message):
        fit(model, X, y)
    assert model.state_dict() == before


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"loss": "mae"}, ValueError, "unknown loss 'mae'; known are: binary_cross_e"),
        ({"loss": 3}, TypeError, "name of a known loss, or a function, got 3"),
        ({"loss": lambda p, y: 1.0}, TypeError, "the loss must be one Value, got 1.0"),
        (
            {"optimizer": "sdg"},
            ValueError,
            "unknown optimizer 'sdg'; .*: adagrad, adam",
        ),
        ({"optimizer": 3}, TypeError, "name of a known optimizer"),
        ({"lr": -1.0}, ValueError, "lr must be at least 0 and finite, got -1.0"),
        ({"lr": math.inf}, ValueError, "lr must be at least 0 and finite, got inf"),
        ({"lr": "fast"}, TypeError, "lr: expected a real number"),
        ({"l2": -1.0}, ValueError, "l2 must be at least 0"),
        ({"epochs": -1}, ValueError, "epochs must be at least 0"),
        ({"epochs": 1.5}, TypeError, "epochs must be a whole number"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1"),
        (
            {"optimizer": nn.SGD([Value(1.0)])},
            ValueError,
            "the optimiser holds no parameter of this model",
        ),
        (
            {"optimizer": nn.SGD([Value(1.0)]), "lr": 0.1},
            ValueError,
            "lr was given beside an optimiser",
        ),
    ],
)
def test_bad_options_are_errors_that_teach(options, error, message):
    model = net(2, 1)
    before = model.state_dict()
    with pytest.raises(error, match=message):
        fit(model, XOR_X, XOR_Y, **options)
    assert model.state_dict() == before


def test_models_without_parameters_are_refused():
    with pytest.raises(TypeError, match=r"has parameters\(\), such as an nn.Module"):
        fit(lambda x: x, [1], [1])
    with pytest.raises(ValueError, match="the model has no parameters"):
        fit(nn.Sequential(lambda x: x[0]), [1], [1])


def test_predict_names_unfit_rows():
    with pytest.raises(ValueError, match=r"X must .* row 1, column 0 is nan"):
        nn.predict(net(1, 1), [1.0, math.nan])
    with pytest.raises(ValueError, match="takes 1 input, got 2"):
        nn.predict(net(1, 1), [[1.0, 2.0]])


def test_data_may_be_any_kind_of_number():
    from fractions import Fraction

    from nn.data import samples, targets

    rows = [[True, np.float32(0.5)], [Fraction(1, 4), np.int8(3)]]
    assert samples(rows) == [(1.0, 0.5), (0.25, 3.0)]
    assert samples(np.array([1, 2])) == [(1.0,), (2.0,)]
    assert all(type(x) is float for row in samples(rows) for x in row)
    assert targets(np.array([2, 0])) == [2, 0]
    assert [type(t) for t in targets([np.int64(2), 0.0, True])] == [int, float, int]
    assert targets([[1.0], [2.0]]) == [(1.0,), (2.0,)]


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.longdouble])
def test_arrays_of_floats_are_taken_as_lists_are(kind):
    from nn.data import samples

    X = np.array([[0.1, -2.5], [3.0, 1e4], [0.0, -0.0]], kind)
    for array in (X, X.T, X[::-1, ::-1], np.asfortranarray(X)):
        assert repr(samples(array)) == repr(samples([list(row) for row in array]))
    for bad in (math.nan, math.inf, -math.inf):
        X[1, 0] = bad
        with pytest.raises(ValueError, match=rf"row 1, column 0 is {bad}"):
            samples(X)
    for shape in ((0, 2), (2, 0)):
        with pytest.raises(ValueError, match="is empty"):
            samples(np.zeros(shape, kind))
    with pytest.raises(TypeError, match="row 0, column 0"):
        samples(np.zeros((2, 2, 2), kind))


def test_a_long_double_beyond_a_float_is_refused():
    from nn.data import samples

    if np.finfo(np.longdouble).maxexp == 1024:
        pytest.skip("a long double is a float here")
    with pytest.raises(ValueError, match="row 0, column 1 is "):
        samples(np.array([[1.0, np.finfo(np.longdouble).max]]))
