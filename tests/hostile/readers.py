"""What reads files, each with a good file, and what must hold of a damaged one."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

import nn
from demos import sentiment_data, speech_wav
from demos.idx import IdxError, read_idx
from tests.hostile.damage import Rng, damaged, packed, resealed

X, Y = [[0.0, 0.5], [1.0, -0.5], [0.25, 1.0]], [1.0, 0.0, 0.5]


class Reader(NamedTuple):
    """``read`` raises ``error`` or gives what is right; ``damage`` makes a bad file."""

    good: bytes
    read: Callable[[Path], object]
    error: type[Exception]
    damage: Callable[[bytes, Rng], bytes] = damaged


def readers() -> dict[str, Reader]:
    """Give all of them by name; the good files are made here."""
    images = bytes([0, 0, 8, 3]) + struct.pack(">3I", 3, 4, 5) + bytes(range(60))
    numbers = np.linspace(-1.0, 1.0, 24).astype(">f8").tobytes()
    doubles = bytes([0, 0, 14, 2]) + struct.pack(">2I", 4, 6) + numbers
    known = {
        "parameters": Reader(_saved(), _parameters, ValueError, _forged),
        "model, optimiser, history": Reader(_saved(), _all, ValueError, _forged),
        "checkpoint": Reader(_checkpoint(), _resume, ValueError, _forged),
        "IDX": Reader(images, _idx, IdxError),
        "IDX of doubles": Reader(doubles, _idx, IdxError),
        "IDX, gzip": Reader(packed(images), _idx, IdxError),
        "IDX, forged gzip": Reader(
            images, _idx, IdxError, lambda good, rng: packed(damaged(good, rng))
        ),
        "CSV": Reader(_table(), _csv, sentiment_data.DataError),
        "WAV": Reader(_sound(), _wav, speech_wav.RecordingError),
    }
    return known


# ---- what nn.save and fit wrote ------------------------------------------------------


def model_of(seed: int) -> nn.MLP:
    return nn.MLP(2, [3, 1], "tanh", rng=random.Random(seed))


def fit(model: Any, path: Path, epochs: int, resume: bool = False) -> nn.History:
    return nn.fit(
        model,
        X,
        Y,
        "mse",
        "adam",
        epochs=epochs,
        validation=(X, Y),
        checkpoint=path,
        resume=resume,
        compile=False,
        progress=False,
    )


def _saved() -> bytes:
    model = model_of(0)
    optimizer = nn.Adam(model.named_parameters(), lr=0.05)
    options: dict[str, Any] = {"epochs": 4, "compile": False, "progress": False}
    history = nn.fit(model, X, Y, "mse", optimizer, **options)
    with TemporaryDirectory() as folder:
        nn.save(f"{folder}/x", model, optimizer, history)
        return Path(folder, "x").read_bytes()


def _checkpoint() -> bytes:
    with TemporaryDirectory() as folder:
        fit(model_of(0), Path(folder, "x"), 3)
        return Path(folder, "x").read_bytes()


def _forged(good: bytes, rng: Rng) -> bytes:
    """Damage a file; of two such, one has a checksum that fits."""
    bad = damaged(good, rng)
    return resealed(bad) if rng.random() < 0.5 else bad


def _state(*parts: Any) -> str:
    return repr([part.state_dict() for part in parts])


def _judged(path: Path, read: Callable[[], object], *parts: Any) -> None:
    """Read; the parts are as before if that fails, and hold finite numbers if not."""
    before = _state(*parts)
    try:
        read()
    except ValueError:
        if _state(*parts) != before:
            raise AssertionError("it was refused, and changed something") from None
        raise
    assert all(map(isfinite, _numbers([part.state_dict() for part in parts])))


def _numbers(nest: Any) -> Iterator[float]:
    if isinstance(nest, (dict, list)):
        for part in nest.values() if isinstance(nest, dict) else nest:
            yield from _numbers(part)
    else:
        yield nest


def _parameters(path: Path) -> None:
    model = model_of(5)
    _judged(path, lambda: nn.load(path, model), model)


def _all(path: Path) -> None:
    model, history = model_of(5), nn.History()
    optimizer = nn.Adam(model.parameters())
    _judged(
        path,
        lambda: nn.load(path, model, optimizer, history),
        model,
        optimizer,
        history,
    )
    assert repr(history).isprintable()


def _resume(path: Path) -> None:
    model = model_of(0)
    _judged(path, lambda: fit(model, path, 0, resume=True), model)


# ---- the readers of the demos --------------------------------------------------------


def _idx(path: Path) -> None:
    array = read_idx(path)
    assert array.nbytes < 2**20


def _csv(path: Path) -> None:
    for sentence in sentiment_data.read(path):
        assert sentence.text
        assert sentence.label in (0, 1)


def _wav(path: Path) -> None:
    assert isfinite(float(np.abs(speech_wav.read(path)).sum()))


def _table() -> bytes:
    rows = [f'"good, nr {i}",positive\nbad {i},negative' for i in range(12)]
    return "\n".join(["text,label", *rows, ""]).encode()


def _sound() -> bytes:
    return speech_wav.wav(np.sin(np.arange(2400) / 5.0))
