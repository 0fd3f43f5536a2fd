"""Files that mean harm: an error, in bounded memory and time, and nothing else.

What is read here is read in a process of its own, whose memory is limited and in which
an audit hook refuses all but reading (``tests.hostile.guard``). The attack that goes on
looking is ``python -m tests.hostile``.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import re
import signal
import stat
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest

import nn
from autograd import Value, draw
from autograd.files import write_whole
from demos.idx import IdxError, read_idx
from tests.hostile.damage import resealed
from tests.hostile.readers import model_of

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's limits")


def child(script: str, *arguments: Any, **options: Any) -> str:
    """Run a program in a process of its own; give what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


# ---- the standing attack -------------------------------------------------------------


def test_the_standing_attack_finds_nothing():
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile", "--minutes", "0.02", "--seed", "8"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    files, _, refused, read = (
        int(n.replace(",", "")) for n in re.findall(r"([\d,]+) [dbr]", done.stdout)[:4]
    )
    assert files == refused + read
    assert refused > read > 0  # what is damaged in a number only can be read
    assert files > 20


FORBIDDEN = """
import importlib, pickle, os, socket, subprocess, sys
from tests.hostile.guard import ForbiddenError, only_reading

class Evil:
    def __reduce__(self):
        return os.system, ("echo evil",)

evil, own = pickle.dumps(Evil()), sys.argv[1]
deeds = {
    "pickle": lambda: pickle.loads(evil),
    "exec": lambda: exec("1"),
    "eval": lambda: eval("1"),
    "import": lambda: importlib.import_module("this"),
    "other file": lambda: open("/etc/passwd"),
    "write": lambda: open(own, "a"),
    "remove": lambda: os.remove(own),
    "program": lambda: subprocess.run(["true"]),
    "fork": os.fork,
    "socket": socket.socket,
    "folder": lambda: os.mkdir(own + "x"),
    "list": lambda: os.listdir("/"),
}
open(own, "w").close()
for name, deed in deeds.items():
    try:
        with only_reading(own):
            open(own).close()
            deed()
    except ForbiddenError:
        continue
    print(name)
"""


def test_the_guard_sees_all_that_is_forbidden(tmp_path):
    assert child(FORBIDDEN, tmp_path / "x") == ""


FAULTY = """
import json, os, sys
from pathlib import Path
from tests.hostile.__main__ import Attack
from tests.hostile.readers import Reader

def refuses(path):
    raise ValueError(f"{path}: bad")

def without_name(path):
    raise ValueError("bad")

def unprintable(path):
    raise ValueError(f"{path}: \\x1b[2J")

def other_error(path):
    raise KeyError(str(path))

def evaluates(path):
    eval(path.read_text())

def swallows(path):
    try:
        os.listdir("/")
    except Exception:
        pass

def changes(path):
    assert False, "it was refused, and changed something"

def leaves(path):
    path.with_name("left").write_bytes(b"")

def endless(path):
    bytes(2**40)

attack = Attack(1, Path(sys.argv[1]))
for read in (refuses, without_name, unprintable, other_error, evaluates, swallows,
        changes, leaves, endless):
    attack.finding = ""
    attack.read(read.__name__, Reader(b"", read, ValueError), b"1")
    print(attack.finding)
"""


def test_the_standing_attack_finds_readers_that_are_wrong(tmp_path):
    right, *found = child(FAULTY, tmp_path).split("\n")[:-1]
    assert right == ""
    assert [text.split(":")[1].strip() for text in found] == [
        "a message that is not right",
        "a message that is not right",
        "KeyError",
        "ForbiddenError",
        "ForbiddenError",
        "AssertionError",
        "ForbiddenError",
        "MemoryError",
    ]


# ---- files of other kinds ------------------------------------------------------------


class Evil:
    """Unpickled, it leaves a trace."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("/tmp/unpickled-by-nn-load",)


def npy(header: str, content: bytes = b"") -> bytes:
    """Write a .npy file of version 2.0 with this header, whatever it claims."""
    text = header.encode("latin1")
    return b"\x93NUMPY\x02\x00" + struct.pack("<I", len(text)) + text + content


def zipped(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for name, part in members.items():
            file.writestr(name, part)
    return content.getvalue()


def array_header(shape: Any, kind: str = "<f8") -> str:
    return f"{{'descr': {kind!r}, 'fortran_order': False, 'shape': {shape!r}}}\n"


def foreign_files() -> dict[str, bytes]:
    bomb = npy(array_header((2**22,)), bytes(2**24))
    objects = npy(array_header((1,), "|O"), pickle.dumps([Evil()]))
    return {
        "pickle": pickle.dumps(Evil()),
        "old pickle": pickle.dumps({"w": Evil()}, protocol=0),
        "npz bomb": zipped({"w.npy": bomb}),
        "gzip bomb": gzip.compress(bytes(2**24)),
        "bomb in a bomb": gzip.compress(gzip.compress(bytes(2**24))),
        "npy of objects": objects,
        "npz of objects": zipped({"w.npy": objects}),
        "npy, header of 100 MB": npy(array_header((1,)) + " " * 10**8),
        "npy, 10^18 entries": npy(array_header((10**9, 10**9))),
        "npy, negative": npy(array_header((-1, -(2**62)))),
        "npz with paths": zipped({"../../x": b"x", "/etc/x": b"x", "a\0b": b"x"}),
        "torch": zipped({"archive/data.pkl": pickle.dumps(Evil())}),
        "yaml": b"!!python/object/apply:os.mkdir [/tmp/unpickled-by-nn-load]\n",
        "python": b"import os; os.mkdir('/tmp/unpickled-by-nn-load')\n",
        "marshal": b"\xe3\x00\x00\x00\x00",
        "JSON bomb": b"[" * 10**7,
        "UTF-16": '{"format": "nn", "version": 1,\n'.encode("utf-16"),
        "zeros": bytes(10**7),
        "lines": b"\n" * 10**6,
    }


READ_ALL = """
import sys, time
from contextlib import suppress
from pathlib import Path
from tests.hostile.guard import limit_memory, only_reading, peak_memory
from tests.hostile.readers import readers

known = readers()
for reader in known.values():
    for bad in (b"", reader.good[:100], b"PK", b"[["):
        path = Path(sys.argv[1], "warm")
        path.write_bytes(bad)
        with suppress(reader.error):
            reader.read(path)
path.unlink()
before = peak_memory()
limit_memory(2**28)
for path in sorted(Path(sys.argv[1]).iterdir()):
    for name, reader in known.items():
        began = time.process_time()
        try:
            with only_reading(path):
                reader.read(path)
            print("read:", path, name)
        except reader.error as error:
            if str(path) not in str(error) or not str(error).isprintable():
                print("message:", path, name, repr(error))
        if time.process_time() - began > 5.0:
            print("slow:", path, name)
print((peak_memory() - before) // 2**20)
"""


def test_files_of_other_kinds_are_refused_by_every_reader(tmp_path):
    for name, content in foreign_files().items():
        (tmp_path / name).write_bytes(content)
    *findings, peak = child(READ_ALL, tmp_path).splitlines()
    assert findings == []
    assert int(peak) < 230  # MB; the largest file has 100, and two copies are made
    assert not Path("/tmp/unpickled-by-nn-load").exists()


# ---- files that are mostly holes -----------------------------------------------------

HEAD = b'{"format": "nn", "version": 1,\n'


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("parameters", r"parameters take more than [\d,]+ bytes"),
        ("history", "there are zeros in it"),
        ("training", "there are zeros in it"),
        ("x" * 50, "there are zeros in it"),
    ],
)
def test_a_hole_of_a_terabyte_is_not_read(tmp_path, section, message):
    path = tmp_path / "x"
    path.write_bytes(HEAD + b'"%s": {' % section.encode())
    os.truncate(path, 2**40)  # it takes no room on the disk
    began = time.process_time()
    with pytest.raises(ValueError, match=message) as caught:
        nn.load(path, model_of(0), history=nn.History())
    assert time.process_time() - began < 2.0
    assert str(caught.value).startswith(repr(str(path)))


MEMORY = """
import sys, nn
from tests.hostile.guard import limit_memory, peak_memory
from tests.hostile.readers import model_of
model = model_of(0)
limit_memory(2**28)
for path in sys.argv[1:]:
    before = peak_memory()
    try:
        nn.load(path, model, history=nn.History())
        print("read")
    except ValueError as error:
        print(str(error)[-400:])
    print((peak_memory() - before) / 1e6)
"""
LONG = 2**21  # bytes
LONG_HISTORIES = [
    (b"[" + b"0," * (LONG // 2) + b"0]", "the lists of the history differ in length"),
    (b"9" * LONG, "damaged: history"),  # a whole number of 2 million digits
    (b'"' + b"a" * LONG + b'"', "loss must be a list"),
    (b"0." + b"3" * LONG, "loss must be a list"),
    (b"[" * LONG, "too many lists"),
]


def test_a_long_history_takes_memory_in_proportion(tmp_path):
    nn.save(tmp_path / "good", model_of(0), history=nn.History())
    good = (tmp_path / "good").read_bytes()
    paths = [tmp_path / str(k) for k in range(len(LONG_HISTORIES))]
    for path, (content, _) in zip(paths, LONG_HISTORIES, strict=True):
        loss = b'"loss": ' + content
        path.write_bytes(resealed(good.replace(b'"loss": []', loss)))
    said = child(MEMORY, *paths).splitlines()
    for (_, message), line, peak in zip(
        LONG_HISTORIES, said[::2], said[1::2], strict=True
    ):
        assert message in line
        assert float(peak) < 30 * LONG / 1e6  # a number of two bytes becomes a float


def test_a_gzip_file_behind_which_is_a_hole_is_read_at_once(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(b"\0\0\x08\x01\0\0\0\x01\x07"))
    os.truncate(path, 2**28)  # Python's gzip needs minutes for it
    began = time.process_time()
    assert read_idx(path).tolist() == [7]
    assert time.process_time() - began < 5.0


def test_members_of_gzip_with_long_headers_or_nothing_in_them(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"\x1f\x8b\x08\x08" + bytes(6) + b"a" * 10**7)
    with pytest.raises(IdxError, match="gzip file is damaged"):
        read_idx(path)
    whole = gzip.compress(b"\0\0\x08\x01\0\0\0\x01\x07")
    path.write_bytes(gzip.compress(b"") * 20_000 + bytes(9999) + whole)
    assert read_idx(path).tolist() == [7]


def test_a_sound_of_too_many_parts_and_a_table_of_too_many_lines(tmp_path):
    from demos import sentiment_data, speech_wav

    path = tmp_path / "x"
    path.write_bytes(b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 6_000_000)
    with pytest.raises(speech_wav.RecordingError, match="more than 1,000 parts"):
        speech_wav.read(path)
    path.write_bytes(b"text,label\n" + b"\n" * 19_000_000)
    with pytest.raises(sentiment_data.DataError, match="more than 200,000 lines"):
        sentiment_data.read(path)


# ---- names of files ------------------------------------------------------------------


def test_names_that_are_no_files(tmp_path):
    from demos import sentiment_data, speech_wav

    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    names = ["pipe", "loop", "gone", "", "a\0b", "\ud800", "\udc80", "x" * 300, "x/y"]
    paths = [tmp_path / name for name in names]
    paths += [Path("/dev/zero"), Path("/dev/full"), Path("/proc/self/mem")]
    for path in paths:
        for read, error in (
            (read_idx, IdxError),
            (sentiment_data.read, sentiment_data.DataError),
            (speech_wav.read, speech_wav.RecordingError),
        ):
            with pytest.raises(error) as caught:
                read(path)
            assert str(path) in str(caught.value)
        with pytest.raises((ValueError, OSError)) as refusal:
            nn.load(path, model_of(0))
        assert repr(str(path)) in str(refusal.value)
    for number in (0, 1.5, None):
        with pytest.raises(TypeError):
            nn.load(number, model_of(0))  # type: ignore[arg-type]


def test_names_in_a_file_cannot_act_on_a_terminal(tmp_path):
    nn.save(tmp_path / "x", model_of(0))
    names = [r"\u001b]52;c;Zm9v\u0007", r"\u202e\u200b", r"\r\n\b", r"\ud800"]
    for name in names:
        text = (tmp_path / "x").read_text().replace("layers.0.neurons.0.b", name)
        (tmp_path / "y").write_bytes(resealed(text.encode()))
        with pytest.raises(ValueError, match="unknown to this model") as caught:
            nn.load(tmp_path / "y", model_of(0))
        assert str(caught.value).isprintable()
    model = model_of(0)
    holder = type("M", (nn.Module,), {})()
    holder.part = {"\x1b[2J": model.layers[0].neurons[0].b}
    holder.part["\x1b[2J"].data = float("nan")
    with pytest.raises(ValueError, match=r"parameter part.\\x1b\[2J is nan"):
        nn.save(tmp_path / "z", holder)


def test_a_demo_complains_without_acting_on_a_terminal(capsys):
    from demos.output import complain

    complain("digits", "\x1b]0;x\x07/a\r\n\u202e: no such file")
    assert capsys.readouterr().err == (
        "python -m demos.digits: error: \\x1b]0;x\\x07/a\\r\\n\\u202e: no such file\n"
    )


# ---- writing -------------------------------------------------------------------------

SAVES = """
import sys, nn
from tests.hostile.readers import model_of
models = [nn.MLP(50, [50, 1]) for _ in range(2)]
for k, model in enumerate(models):
    for p in model.parameters():
        p.data = float(k)
nn.save(sys.argv[1], models[0])
print("begin", flush=True)
for i in range(10**9):
    nn.save(sys.argv[1], models[i % 2])
"""


def test_a_process_that_is_killed_leaves_a_whole_file(tmp_path):
    path, twin = tmp_path / "x", nn.MLP(50, [50, 1])
    seen = set()
    for k in range(3):
        command = [sys.executable, "-c", SAVES, str(path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.05 + 0.013 * k)
            process.send_signal(signal.SIGKILL)
        nn.load(path, twin)
        (number,) = set(twin.state_dict().values())  # of one model, not of both
        seen.add(number)
    assert seen <= {0.0, 1.0}


FULL = """
import resource, sys
from pathlib import Path
import nn
from autograd import Value, compile, draw, replay
from demos.output import write_whole
from tests.hostile.readers import fit, model_of

folder = Path(sys.argv[1])
model, x = model_of(0), Value(3.0, label="x")
wide = nn.MLP(9, [9, 1])
c = compile(lambda x: x * x, 1.0, backend="numpy")
jobs = {
    "model.json": lambda path: nn.save(path, wide),
    "run.json": lambda path: fit(model, path, 9),
    "x.svg": draw(x * x, engine="own").save,
    "x.html": replay(x * x, engine="own").save,
    "model.c": c.export,
    "x.png": lambda path: write_whole(path, bytes(9999)),
}
for name in jobs:
    (folder / name).write_text("before")
for name, job in jobs.items():
    job(Path(sys.argv[2], name))  # all is loaded before the disk is full
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
for name, job in jobs.items():
    try:
        job(folder / name)
        print("written:", name)
    except OSError as error:
        pass
for path in folder.iterdir():
    if path.name not in jobs or path.read_text() != "before":
        print("left:", path)
"""


def test_a_full_disk_leaves_the_old_files_and_nothing_else(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert child(FULL, tmp_path / "a", tmp_path / "b") == ""


def test_a_device_that_is_full_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="no regular file"):
        nn.save("/dev/full", model_of(0))
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


@pytest.mark.parametrize(
    "save",
    [lambda path: nn.save(path, model_of(1)), draw(Value(1.0), engine="own").save],
)
def test_a_file_that_is_protected_is_not_replaced(save, tmp_path, monkeypatch):
    path = tmp_path / "x.svg"
    path.write_text("mine")
    before = path.read_bytes()
    path.chmod(0o444)
    if os.geteuid() == 0:  # who may do anything
        monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(PermissionError, match="write-protected") as caught:
        save(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_private_stays_private(tmp_path):
    path = tmp_path / "x"
    nn.save(path, model_of(0))
    path.chmod(0o600)
    nn.save(path, model_of(1))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_planted_for_the_unfinished_file_is_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    folder = tmp_path / "shared"
    folder.mkdir()
    jobs = {
        "x.json": lambda path: nn.save(path, model_of(0)),
        "x.svg": draw(Value(1.0), engine="own").save,
        "x": lambda path: write_whole(path, b"new"),
    }
    for name in jobs:  # names that could be foreseen
        (folder / f".{name}.{os.getpid()}").symlink_to(victim)
    for name, job in jobs.items():
        job(folder / name)
    assert victim.read_text() == "mine"


def test_long_names_are_no_trouble(tmp_path):
    for name in ("é" * 120 + ".svg", "x" * 250 + ".svg"):
        draw(Value(1.0), engine="own").save(tmp_path / name)
        nn.save(tmp_path / name.replace("svg", "nn"), model_of(0))
    assert len(list(tmp_path.iterdir())) == 4


def test_a_forged_checksum_is_a_checksum(tmp_path):
    """The attack reaches what comes behind the checksum: this is how it is made."""
    nn.save(tmp_path / "x", model_of(0))
    content = (tmp_path / "x").read_bytes()
    assert resealed(content) == content
    body = content[: content.rfind(b'"crc32"')]
    assert f"{crc32(body):08x}".encode() in content
    assert np.isfinite(json.loads(content)["parameters"]["layers.0.neurons.0.b"])
