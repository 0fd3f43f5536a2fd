"""save and load: exact round trips, and what files that are not right get."""

from __future__ import annotations

import json
import math
import os
import random
import struct
from typing import Any
from zlib import crc32

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nn
from autograd import Value
from nn import store


def model_of(seed: int = 0) -> nn.MLP:
    return nn.MLP(2, [3, 1], "tanh", rng=random.Random(seed))


X, Y = [[0.0, 0.5], [1.0, -0.5], [0.25, 1.0]], [1.0, 0.0, 0.5]


def trained(seed: int = 0) -> tuple[nn.MLP, nn.Adam, nn.History]:
    model = model_of(seed)
    optimizer = nn.Adam(model.named_parameters(), lr=0.05)
    options: dict[str, Any] = {"compile": False, "progress": False}
    options |= {"validation": (X, Y), "metrics": [largest_error]}
    history = nn.fit(model, X, Y, "mse", optimizer, epochs=4, **options)
    return model, optimizer, history


def largest_error(predictions: Any, targets: Any) -> float:
    return max(abs(p - y) for p, y in zip(predictions, targets, strict=True))


def state(*parts: Any) -> str:
    """Give all numbers exactly, as text."""
    return repr([part.state_dict() for part in parts])


@pytest.fixture
def saved(tmp_path: Any) -> Any:
    path = tmp_path / "model.json"
    model, optimizer, history = trained()
    nn.save(path, model, optimizer, history)
    return path


def resealed(path: Any, old: str, new: str) -> None:
    """Change a file as a person would who fits its checksum to the change."""
    text = path.read_text()
    assert old in text
    body = text.replace(old, new)[: -len('"crc32": "01234567"}\n')].encode()
    path.write_bytes(body + b'"crc32": "%08x"}\n' % crc32(body))


# ---- it comes back -------------------------------------------------------------------


def test_model_optimiser_and_history_come_back_exactly(tmp_path):
    model, optimizer, history = trained()
    saved = tmp_path / "x"
    nn.save(saved, model, optimizer, history)
    twin = model_of(seed=1)
    other, lists = nn.Adam(twin.parameters(), lr=0.9), nn.History()
    nn.load(saved, twin, other, lists)
    assert state(twin, other, lists) == state(model, optimizer, history)
    assert other.lr == 0.05
    assert repr(lists) == repr(history)


def test_training_goes_on_as_if_it_had_not_stopped(saved):
    model, optimizer, _ = trained()
    twin = model_of(seed=1)
    other = nn.Adam(twin.parameters())
    nn.load(saved, twin, other)
    for m, o in ((model, optimizer), (twin, other)):
        nn.fit(m, X, Y, "mse", o, epochs=3, compile=False, progress=False)
    assert state(twin, other) == state(model, optimizer)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_finite_float_comes_back_with_the_same_bits(tmp_path, numbers):
    model, twin = Parameters(numbers), Parameters([1.0] * len(numbers))
    nn.save(tmp_path / "x", model)
    nn.load(tmp_path / "x", twin)
    bits = [struct.pack("d", x) for x in numbers]
    assert [struct.pack("d", p.data) for p in twin.values] == bits


class Parameters(nn.Module):
    def __init__(self, numbers: Any) -> None:
        self.values = [Value(x) for x in numbers]


def test_the_file_is_json_that_a_person_can_read(saved):
    found = json.loads(saved.read_text())
    model, optimizer, history = trained()
    assert (found["format"], found["version"]) == ("nn", 1)
    assert found["parameters"] == model.state_dict()
    assert found["optimizer"]["class"] == "Adam"
    assert found["optimizer"]["lr"] == 0.05
    assert found["optimizer"]["steps"] == 4
    assert found["optimizer"]["state"]["mean"] == optimizer.state["mean"]
    assert found["history"]["loss"] == history.loss
    assert found["history"]["metrics"] == history.metrics


def test_names_may_hold_any_text(tmp_path):
    class Odd(nn.Module):
        def __init__(self, x: float) -> None:
            names = ['a"b', "[{" * 30, "é\n\\", "", "日本", "crc32"]
            self.inner = {name: Value(x) for name in names}

    model, twin = Odd(0.5), Odd(0.0)
    nn.save(tmp_path / "x", model)
    nn.load(tmp_path / "x", twin)
    assert state(twin) == state(model)


def test_a_model_without_names_has_its_parameters_by_position(tmp_path):
    class Line:
        def __init__(self, x: float) -> None:
            self.slope = Value(x)

        def parameters(self) -> list[Value]:
            return [self.slope]

    line = Line(0.0)
    nn.save(tmp_path / "x", Line(0.1))
    nn.load(tmp_path / "x", line)
    assert line.slope.data == 0.1


def test_a_schedule_stays_as_it_is(tmp_path):
    model = model_of()
    schedule = nn.cosine_decay(0.1, 10)
    nn.save(tmp_path / "x", model, nn.SGD(model.parameters(), lr=schedule))
    assert json.loads((tmp_path / "x").read_text())["optimizer"]["lr"] is None
    for lr in (0.3, schedule):
        optimizer = nn.SGD(model.parameters(), lr=lr)
        nn.load(tmp_path / "x", model, optimizer)
        assert optimizer.lr is lr


def test_an_edited_file_loads_when_it_says_so(saved):
    text = saved.read_text()
    name, number = next(iter(json.loads(text)["parameters"].items()))
    saved.write_text(text.replace(repr(number), "0.125"))
    model = model_of()
    with pytest.raises(ValueError, match=r'was edited.*write "crc32": null'):
        nn.load(saved, model)
    lines = saved.read_text().splitlines()
    saved.write_text("\n".join([*lines[:-1], '"crc32": null}\n']))
    nn.load(saved, model)
    assert model.state_dict()[name] == 0.125


# ---- the whole file or none ----------------------------------------------------------


def test_a_disk_that_fails_leaves_the_old_file(saved, monkeypatch):
    before = saved.read_bytes()

    def fails(descriptor: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="disk full"):
        nn.save(saved, model_of(3))
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_a_link_is_written_through(saved):
    link = saved.parent / "link"
    link.symlink_to(saved)
    nn.save(link, model_of(3))
    assert link.is_symlink()
    twin = model_of()
    nn.load(saved, twin)
    assert state(twin) == state(model_of(3))


def test_what_cannot_be_saved(tmp_path):
    model = model_of()
    cases: list[tuple[Any, Any, str]] = [
        ((tmp_path / "no" / "x", model), FileNotFoundError, "there is no folder"),
        ((tmp_path, model), ValueError, "no regular file"),
        ((tmp_path / "x", 3), TypeError, r"has parameters\(\)"),
        ((tmp_path / "x", model, "adam"), TypeError, "optimizer must be an nn.Opti"),
        ((tmp_path / "x", model, None, []), TypeError, "history must be a nn.History"),
    ]
    for arguments, error, message in cases:
        with pytest.raises(error, match=message):
            nn.save(*arguments)
    model.layers[0].neurons[0].b.data = math.nan
    with pytest.raises(ValueError, match=r"parameter layers.0.neurons.0.b is nan"):
        nn.save(tmp_path / "x", model)
    assert list(tmp_path.iterdir()) == []


# ---- files that are not right --------------------------------------------------------


def refused(path: Any, message: str, model: Any = None) -> None:
    """Assert that the file is refused, and that nothing was changed."""
    model = model or model_of(seed=5)
    optimizer, history = nn.Adam(model.parameters()), nn.History()
    before = state(model, optimizer, history)
    with pytest.raises(ValueError, match=message) as caught:
        nn.load(path, model, optimizer, history)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 700 + len(str(path))
    assert state(model, optimizer, history) == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a file that nn.save wrote"),
        (b"\x80\x04\x95", "not a file that nn.save wrote"),
        (b"[" * 100_000, "not a file that nn.save wrote"),
        (b"{}", "not a file that nn.save wrote"),
        (b'{"format": "nn"}', "not a file that nn.save wrote"),
        (b'{"format": "nn", "version": 1', "truncated"),
        (b'{"format": "nn", "version": 2,\n', "version 2 .* up to version 1"),
        (b'{"format": "nn", "version": true,\n', "not a file that nn.save"),
        (b'{"format": "nn", "version": ' + b"9" * 150, "version 1e\\+150"),
        (b'{"format": "nn", "version": 1,\n"parameters": {', "truncated"),
    ],
)
def test_foreign_files(tmp_path, content, message):
    (tmp_path / "x").write_bytes(content)
    refused(tmp_path / "x", message)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"layers.0.neurons.0.b"',
            '"c"',
            "missing: layers.0.neurons.0.b; unknown .* c",
        ),
        ('"parameters": {', '"parameters": {"b": 1, ', "unknown to this model: b"),
        ('"parameters": {', '"parameters": {"b": 1, "b": 1,', "stands there twice"),
        ('.0.b": ', '.0.b": 1e999, "": ', "too many|twice|finite|unknown"),
        ('.0.b": ', '.0.b": NaN, "": ', "NaN is no finite number"),
        ('.0.b": ', '.0.b": [[[[[[[]]]]]]], "": ', "too many lists|unknown|finite"),
        ('"parameters": {', '"parameters": {' + "1" * 9000, "more than .* bytes"),
        ('"class": "Adam"', '"class": "SGD"', "its optimiser is 'SGD', not 'Adam'"),
        ('"steps": 4', '"steps": -4', "steps must be a whole number"),
        ('"steps": 4', '"steps": 4.0', "steps must be a whole number"),
        ('"steps": 4', '"steps": true', "steps must be a whole number"),
        ('"lr": 0.05', '"lr": -0.05', "lr must be at least 0"),
        ('"lr": 0.05', '"lr": "fast"', "lr must hold finite numbers"),
        ('"lr": 0.05', '"lr": 1' + "0" * 400, "lr must hold finite numbers"),
        ('"mean": [', '"mean": [0, ', "mean must be a list of 13 numbers"),
        ('"mean": ', '"spread": ', "the state must hold mean, mean_square"),
        ('"optimizer": ', '"options": ', "there is no optimizer in it"),
        ('"history": ', '"optimizer": ', "optimizer stands there twice"),
        ('"history": {', '"history": [{', "damaged: history"),
        ('"loss": [', '"loss": [[], ', "loss must hold finite numbers"),
        ('"loss": [', '"loss": [' + "[]," * 2000, "too many lists"),
        ('"loss": [', '"loss": [' + "[" * 990, "damaged: history"),
        ('"loss": [', '"loss": [1, ', "lists of the history differ in length"),
        ('"metrics": {', '"metrics": {"a": [], ', "differ in length"),
        ('"seconds"', '"hours"', "a history must hold epoch_loss"),
    ],
)
def test_damaged_files(saved, old, new, message):
    text = saved.read_text()
    resealed(saved, old, new) if text.count(old) else pytest.fail("no such text")
    refused(saved, message)


def test_another_model_is_refused(saved):
    refused(saved, "missing: layers.2", nn.MLP(2, [3, 1, 1]))
    wide = nn.MLP(2, [9, 1])
    refused(saved, "of another model; missing: .* and 19 more", wide)
    resealed(saved, '"parameters": null', '"parameters": ["w"]')
    refused(saved, "moves other parameters")


def test_what_is_not_in_the_file_is_an_error(tmp_path):
    nn.save(tmp_path / "x", model_of())
    refused(tmp_path / "x", "there is no optimizer in it")


def test_a_large_file_is_refused_before_it_is_read(tmp_path):
    model = model_of()
    with open(tmp_path / "x", "wb") as file:
        file.write(b'{"format": "nn", "version": 1,\n"parameters": {')
        file.seek(10**11)  # a hole: the file takes no room on the disk
        file.write(b"}")
    with pytest.raises(ValueError, match=r"parameters take more than .* bytes"):
        nn.load(tmp_path / "x", model)


def test_what_is_not_wanted_is_passed_over(saved):
    model = model_of()
    resealed(saved, '"loss": [', '"loss": [' + "[" * 200_000)
    nn.load(saved, model)
    assert state(model) == state(trained()[0])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_pipes_devices_and_folders_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero", tmp_path):
        with pytest.raises(ValueError, match="no regular file"):
            nn.load(path, model_of())
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / "none", model_of())


# ---- any bytes -----------------------------------------------------------------------

GOOD = b""


def good() -> bytes:
    """Give the bytes of a file that is right, made once."""
    global GOOD
    if not GOOD:
        from tempfile import TemporaryDirectory

        with TemporaryDirectory() as folder:
            nn.save(f"{folder}/x", *trained())
            with open(f"{folder}/x", "rb") as file:
                GOOD = file.read()
    return GOOD


def loads_or_is_refused(path: Any, content: bytes) -> bool:
    """Load the bytes; assert that the result is right, or an error and no change."""
    path.write_bytes(content)
    model = model_of(seed=5)
    optimizer, history = nn.Adam(model.parameters()), nn.History()
    before = state(model, optimizer, history)
    try:
        nn.load(path, model, optimizer, history)
    except ValueError as error:
        message = str(error)
    else:
        return True
    assert message.endswith("nothing was loaded")
    assert state(model, optimizer, history) == before
    return False


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(st.data())
def test_a_file_with_other_bytes_is_refused(tmp_path, data):
    content = good()
    at = data.draw(st.integers(0, len(content) - 1))
    length = data.draw(st.integers(0, 8))
    new = data.draw(st.binary(max_size=8))
    changed = content[:at] + new + content[at + length :]
    assert loads_or_is_refused(tmp_path / "x", changed) == (changed == content)


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(st.data())
def test_a_forged_file_is_refused_or_holds_numbers(tmp_path, data):
    """The checksum fits, so that all that comes behind it is met."""
    content = good()[: -len('"crc32": "01234567"}\n')]
    pieces = [b"[", b"{", b"}", b'"', b",", b"1e999", b"null", b"-0", b"NaN", b"\n"]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content)))
        end = at + data.draw(st.integers(0, 30))
        new = data.draw(st.sampled_from(pieces) | st.binary(max_size=8))
        content = content[:at] + new * data.draw(st.integers(0, 9)) + content[end:]
    loads_or_is_refused(tmp_path / "x", content + store._last_line(crc32(content)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary())
def test_any_bytes_are_refused(tmp_path, content):
    assert not loads_or_is_refused(tmp_path / "x", content)
