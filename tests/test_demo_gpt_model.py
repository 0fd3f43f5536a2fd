"""The GPT of the demo against PyTorch, against itself as arrays, and its laws."""

import random

import pytest

from autograd import Value, gradient
from demos.gpt_model import GPT, attend, attention, rms_norm, write
from demos.gpt_task import END, Pair, Task
from demos.gpt_training import Compiled, Settings, multiplications, train_eagerly

WORDS = ["abca", "bcab", "cabc", "abc", "bca", "cab", "ab", "ca"]


@pytest.fixture(scope="module")
def task():
    pairs = [Pair((), tuple(word)) for word in WORDS]
    return Task(pairs, pairs[:3])


def small(task, layers=1):
    return GPT(len(task.symbols), task.length, width=8, heads=2, layers=layers, seed=3)


def nothing(steps, loss):
    """Show no progress."""


# ---- against PyTorch ----------------------------------------------------------------


@pytest.mark.parametrize("layers", [1, 2])
def test_the_gradient_equals_that_of_pytorch(layers):
    torch = pytest.importorskip("torch")
    model = GPT(tokens=7, length=6, width=8, heads=2, layers=layers, seed=1)
    tokens, targets, mask = [0, 3, 1, 6, 2], [3, 1, 6, 2, 0], [0.0, 1.0, 1.0, 0.0, 1.0]
    # With weights this small every score is almost the same; make them larger.
    for parameter in model.parameters():
        parameter.data *= 6.0
    loss = model.surprise(tokens, targets, mask)
    slopes = gradient(loss, model.parameters())

    def tensor(rows):
        numbers = [[p.data for p in row] for row in rows]
        return torch.tensor(numbers, dtype=torch.float64, requires_grad=True)

    def norm(x):
        return torch.nn.functional.rms_norm(x, (8,), eps=1e-5)

    token, position, head = map(tensor, (model.token, model.position, model.head))
    names = ("query", "key", "value", "out", "up", "down")
    blocks = [[tensor(getattr(block, n)) for n in names] for block in model.blocks]
    x = norm(token[tokens] + position[: len(tokens)])
    for query, key, value, out, up, down in blocks:
        h = norm(x)
        q, k, v = ((h @ w.T).view(5, 2, 4).transpose(0, 1) for w in (query, key, value))
        mixed = torch.nn.functional.scaled_dot_product_attention(
            q, k, v, is_causal=True
        )
        x = x + mixed.transpose(0, 1).reshape(5, 8) @ out.T
        x = x + torch.relu(norm(x) @ up.T) @ down.T
    nats = torch.nn.functional.cross_entropy(
        x @ head.T, torch.tensor(targets), reduction="none"
    )
    total = (nats * torch.tensor(mask)).sum()
    total.backward()
    assert loss.data == pytest.approx(total.item(), rel=1e-12)
    tensors = [token, position, *[w for block in blocks for w in block], head]
    expected = [g for w in tensors for g in w.grad.ravel().tolist()]
    assert slopes == pytest.approx(expected, rel=1e-9, abs=1e-12)


# ---- laws ---------------------------------------------------------------------------


def test_rms_norm_gives_a_mean_square_of_one():
    y = [y_i.data for y_i in rms_norm([Value(x) for x in (3.0, -4.0, 12.0)])]
    assert sum(y_i**2 for y_i in y) / 3 == pytest.approx(1.0, rel=1e-6)
    assert y[1] / y[0] == pytest.approx(-4.0 / 3.0)


def test_attention_weights_follow_the_keys():
    # Scores 0 and log 3 after the division by sqrt(1): weights 1/4 and 3/4.
    query, keys = [Value(1.0986122886681098)], [[0.0], [1.0]]
    mixture, weights = attend(query, keys, [[8.0, 0.0], [0.0, 4.0]])
    assert [w.data for w in weights] == pytest.approx([0.25, 0.75], rel=1e-14)
    assert [m.data for m in mixture] == pytest.approx([2.0, 3.0], rel=1e-14)


def test_no_position_sees_what_is_later(task):
    model = small(task, layers=2)
    one, other = model([0, 1, 2, 3]), model([0, 1, 3, 1])
    for t in range(2):
        assert [z.data for z in one[t]] == [z.data for z in other[t]]
    assert [z.data for z in one[2]] != [z.data for z in other[2]]


def test_one_hot_rows_give_the_loss_of_numbers(task):
    model = small(task)
    for pair in task.learnt:
        numbers = model.surprise(*task.sample(pair))
        rows = model.surprise(*(array[0].tolist() for array in task.arrays([pair])))
        assert rows.data == pytest.approx(numbers.data, rel=1e-14)
        assert gradient(rows, model.parameters()) == pytest.approx(
            gradient(numbers, model.parameters()), rel=1e-9, abs=1e-14
        )


def test_attention_gives_shares_of_the_positions_so_far(task):
    heads = attention(small(task, layers=2), [0, 1, 2])
    assert len(heads) == 4
    for weights in heads:
        assert [len(shares) for shares in weights] == [1, 2, 3]
        assert [sum(shares) for shares in weights] == pytest.approx([1.0] * 3)


def test_a_width_that_no_head_divides_is_an_error():
    with pytest.raises(ValueError, match="width of 10 cannot be divided among 4 heads"):
        GPT(tokens=3, length=2, width=10, heads=4)


def test_products_are_counted():
    model = GPT(tokens=3, length=2, width=4, heads=2)
    # Entries: 3 * 4 twice, 4 * 16, 2 * 64; two positions; three pairs of them.
    assert multiplications(model) == 3 * ((24 + 64 + 128) * 2 + 2 * 4 * 3)


# ---- writing ------------------------------------------------------------------------


def test_writing_is_repeatable_and_within_the_alphabet(task):
    model = small(task)
    for seed in range(5):
        one, other = (write(model, [], 1.0, random.Random(seed)) for _ in range(2))
        assert one == other
        assert set(one) <= set(range(1, len(task.symbols)))
        assert len(one) <= task.length


def test_writing_cold_takes_the_likeliest_token(task):
    model = small(task)
    source = [2, 3]
    row = [*source, END]
    while len(row) <= task.length:
        scores = [z.data for z in model(row)[-1]]
        row.append(scores.index(max(scores)))
        if row[-1] == END:
            break
    assert write(model, source) == [token for token in row[3:] if token != END]


# ---- training -----------------------------------------------------------------------


def check_same_training(task):
    settings = Settings(steps=15, batch=4)
    one, other = small(task), small(task)
    eager = train_eagerly(one, task, settings, 15, nothing)
    program = Compiled(other, task, settings)
    compiled = program.train(nothing)
    assert compiled.loss == pytest.approx(eager.loss, abs=1e-9)
    assert other.state_dict() == pytest.approx(one.state_dict(), abs=1e-9)
    nats = sum(one.surprise(*task.sample(pair)).data for pair in task.held_out)
    loss = program.loss(task.held_out)
    assert loss == pytest.approx(nats / task.asked(task.held_out), abs=1e-9)
    assert loss < task.unigram()


def test_eager_and_compiled_training_are_the_same(task):
    check_same_training(task)


def test_training_in_c_is_the_same(task, native):
    check_same_training(task)


def test_each_sample_comes_once_before_any_comes_again():
    settings = Settings(steps=5, batch=4, seed=7)
    batches = settings.batches(10)
    assert batches.shape == (5, 4)
    assert sorted(batches.ravel()[:10]) == sorted(batches.ravel()[10:]) == [*range(10)]
    assert (batches == settings.batches(10)).all()


def test_a_loss_that_is_not_finite_is_an_error(task):
    model = small(task)
    program = Compiled(model, task, Settings(steps=2, batch=2, lr=1e308))
    with pytest.raises(FloatingPointError):
        program.train(nothing)
