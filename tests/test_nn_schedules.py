"""Learning-rate schedules: by hand and against PyTorch."""

import pickle

import pytest

from nn import cosine_decay, linear_warmup, step_decay


def pytorch_rates(make, steps, lr=0.4):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    schedule, rates = make(torch.optim.lr_scheduler, optimizer), []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
@pytest.mark.filterwarnings("ignore::UserWarning:torch")
@pytest.mark.parametrize(
    ("schedule", "theirs", "steps"),
    [
        (step_decay(0.4, 5, 0.3), lambda s, o: s.StepLR(o, 5, 0.3), 30),
        (cosine_decay(0.4, 20), lambda s, o: s.CosineAnnealingLR(o, 20), 21),
        (
            cosine_decay(0.4, 20, final=0.1),
            lambda s, o: s.CosineAnnealingLR(o, 20, eta_min=0.1),
            21,
        ),
        (linear_warmup(0.4, 5), lambda s, o: s.LinearLR(o), 12),
        (linear_warmup(0.4, 8, start=0.1), lambda s, o: s.LinearLR(o, 0.1, 1.0, 8), 12),
        (
            linear_warmup(cosine_decay(0.4, 10), 5, start=0.2),
            lambda s, o: s.SequentialLR(
                o, [s.LinearLR(o, 0.2, 1.0, 5), s.CosineAnnealingLR(o, 10)], [5]
            ),
            16,
        ),
    ],
)
def test_pytorch_gives_the_same_rates(schedule, theirs, steps):
    rates = [schedule(step) for step in range(steps)]
    assert rates == pytest.approx(pytorch_rates(theirs, steps), rel=1e-12, abs=1e-16)


def test_rates_by_hand():
    halves = step_decay(1.0, every=2, gamma=0.5)
    assert [halves(k) for k in range(6)] == [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    down = cosine_decay(2.0, steps=2, final=1.0)
    assert [down(k) for k in range(4)] == pytest.approx([2.0, 1.5, 1.0, 1.0])
    up = linear_warmup(halves, steps=2, start=0.0)
    assert [up(k) for k in range(6)] == [0.0, 0.5, 1.0, 1.0, 0.5, 0.5]


def test_schedules_can_be_pickled():
    schedule = linear_warmup(cosine_decay(0.4, 10), 5)
    assert pickle.loads(pickle.dumps(schedule))(7) == schedule(7)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: step_decay(-1.0, 5), "lr must be at least 0"),
        (lambda: step_decay(1.0, 0), "every must be at least 1"),
        (lambda: step_decay(1.0, 5, -0.5), "gamma must be at least 0"),
        (lambda: cosine_decay(float("nan"), 5), "lr must be at least 0 and finite"),
        (lambda: cosine_decay(1.0, 0), "steps must be at least 1"),
        (lambda: cosine_decay(1.0, 5, float("inf")), "final must be"),
        (lambda: linear_warmup(-1.0, 5), "lr must be at least 0"),
        (lambda: linear_warmup(1.0, 5, start=-1.0), "start must be at least 0"),
    ],
)
def test_bad_options_are_errors_that_teach(make, message):
    with pytest.raises(ValueError, match=message):
        make()
