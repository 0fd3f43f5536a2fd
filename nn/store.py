"""A file of sections: one JSON text, in which each section is a line of its own.

    {"format": "nn", "version": 1,
    "parameters": {"w.0": 0.5, "b": 0.0},
    "crc32": "9d1e3f5b"}

A reader takes the lines that it wants and keeps to a limit for each, so that no file
can make it use more memory than what it was asked for. To read is to parse numbers,
names and lists: nothing in a file is ever run.
"""

from __future__ import annotations

import json
import os
import stat
from errno import EACCES
from typing import TYPE_CHECKING, Any, BinaryIO
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Path = str | os.PathLike[str]
    Limit = tuple[int, int]  # bytes, and brackets that open

FORMAT, VERSION = "nn", 1
HEAD = 200  # bytes of a first line at most
START = 40  # bytes that tell the name of a section
MOST = 2**30  # bytes of a section
PIECE = 2**20  # bytes that are read together


def path_of(path: Any) -> str:
    """Give the path of a file as text.

    >>> path_of(3)
    Traceback (most recent call last):
        ...
    TypeError: expected the path of a file (str or os.PathLike), got 3
    """
    try:
        return os.fsdecode(path)
    except TypeError:
        raise TypeError(
            f"expected the path of a file (str or os.PathLike), got {path!r:.60}"
        ) from None


def write(path: Path, sections: Mapping[str, Any]) -> None:
    """Write the sections to a file, which is complete or as it was before."""
    lines = [f'{{"format": "{FORMAT}", "version": {VERSION}']
    for name, content in sections.items():
        lines.append(f'"{name}": {json.dumps(content, allow_nan=False)}')
        if len(lines[-1]) > MOST:
            raise ValueError(
                f"{name} would take {len(lines[-1]):,} bytes; a file takes {MOST:,}"
            )
    body = (",\n".join(lines) + ",\n").encode("ascii")
    write_whole(path, body + _last_line(crc32(body)))


def _last_line(check: int) -> bytes:
    return b'"crc32": "%08x"}\n' % check


def write_whole(path: Path, content: bytes) -> None:
    """Write a file: all of it or, where something fails, nothing of it.

    A file that was there keeps its permissions; one that is write-protected is a
    PermissionError.
    """
    path = path_of(path)
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"there is no folder {folder!r}")
    there = os.path.lexists(target)
    if there and not os.path.isfile(target):
        raise ValueError(f"{path!r} is there, and it is no regular file")
    if there and not os.access(target, os.W_OK):  # renaming would not mind
        raise PermissionError(EACCES, "the file is write-protected", path)
    # A name that nobody can foresee: else a link could stand there, to any file.
    unfinished = os.path.join(folder, f".{name[:40]}.{os.urandom(8).hex()}")
    try:
        with open(unfinished, "xb") as file:
            if there and _mode(unfinished) != _mode(target):  # private stays private
                os.chmod(unfinished, _mode(target))
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # else a power failure may leave an empty file
        os.replace(unfinished, target)
    finally:
        if os.path.lexists(unfinished):
            os.unlink(unfinished)


def _mode(path: str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def read(path: Path, limits: Mapping[str, Limit]) -> dict[str, Any]:
    """Give the sections that limits name, as far as they are there.

    A limit is a number of bytes and one of opening brackets, which bounds the memory
    that the section takes. A file that is foreign, damaged, too large or of a newer
    version is a ValueError that says so.
    """
    path = path_of(path)  # a number would be read as an open file
    try:
        with open(path, "rb", opener=_opener) as file:
            lines = _lines(file, limits)
        return {name: _parsed(name, lines[name], limits[name][1]) for name in lines}
    except ValueError as error:
        raise ValueError(f"{path!r}: {error}; nothing was loaded") from None
    except OSError as error:
        error.filename = error.filename or path  # a disk that fails names no file
        raise


def _opener(path: str, flags: int) -> int:
    """Open a regular file; a pipe or a device could keep a reader for ever."""
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError("this is no regular file")
    return descriptor


def _lines(file: BinaryIO, limits: Mapping[str, Limit]) -> dict[str, bytes]:
    """Give the lines of the sections that are wanted; pass over the others."""
    head = file.readline(HEAD)
    _check_head(head)
    found: dict[str, bytes] = {}
    check = crc32(head)
    while True:
        start = file.readline(START)
        name = start.partition(b":")[0].strip(b'" ').decode("ascii", "replace")
        if name == "crc32":
            break
        wanted, pieces = name in limits, [start]
        check, size = crc32(start, check), len(start)
        for piece in _rest_of_line(file, start):
            check, size = crc32(piece, check), size + len(piece)
            if wanted:
                pieces.append(piece)
                most = limits[name][0]
                if size > most + START:
                    raise ValueError(
                        f"its {name} take more than {most:,} bytes, more than they can "
                        "need"
                    )
            if b"\0" in piece:  # a hole costs no disk, and may never end
                raise ValueError("the file is damaged: there are zeros in it")
        if wanted:
            if name in found:
                raise ValueError(f"the file is damaged: {name} stands there twice")
            found[name] = b"".join(pieces)
    if start + file.readline(START) not in (_last_line(check), b'"crc32": null}\n'):
        raise ValueError(
            "the file is damaged, or was edited: its checksum does not fit. For a file "
            'that was edited on purpose, write "crc32": null} in its last line'
        )
    return found


def _rest_of_line(file: BinaryIO, piece: bytes) -> Iterator[bytes]:
    while not piece.endswith(b"\n"):
        piece = file.readline(PIECE)
        if not piece:
            raise ValueError("the file ends before its last line: it is truncated")
        yield piece


def _check_head(head: bytes) -> None:
    try:
        entries = json.loads(head.decode().rstrip(",\n") + "}")
        format, version = entries["format"], entries["version"]
    except (ValueError, RecursionError, KeyError, TypeError):
        format, version = None, 0
    if format != FORMAT or type(version) is not int or version < 1:
        raise ValueError("this is not a file that nn.save wrote")
    if version > VERSION:
        raise ValueError(
            f"the file has version {version:.10g} of the format, and this package "
            f"reads up to version {VERSION}: install a newer one"
        )


def _parsed(name: str, line: bytes, brackets: int) -> Any:
    if line.count(b"[") + line.count(b"{") > brackets:
        raise ValueError(f"the file is damaged: {name} hold too many lists")
    try:
        text = "{" + line.decode().removesuffix(",\n") + "}"
        entries = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
        (content,) = entries.values()
    except (ValueError, RecursionError, AttributeError) as error:
        raise ValueError(f"the file is damaged: {name}: {error!s:.80}") from None
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        raise ValueError("a name stands there twice")
    return entries


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no finite number")
