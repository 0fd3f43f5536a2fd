"""IDX, the file format of MNIST: one array, of any type and any number of dimensions.

Two zero bytes, the code of a type, the number of dimensions, the size of each as four
bytes, then the entries, the last dimension fastest; all numbers have their most
significant byte first (LeCun, Cortes and Burges, "The MNIST database", section "File
formats"). A file compressed by gzip is known by its first bytes, whatever its name.
"""

from __future__ import annotations

import struct
import zlib
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: "i2", 0x0C: "i4", 0x0D: "f4", 0x0E: "f8"}
MOST_DIMENSIONS = 32  # of an array of any NumPy
MOST_BYTES = 2**30
LARGEST_RATIO = 1032  # of deflate: a length of 258 in two bits, RFC 1951
CHUNK = 2**20
PIECE = 2**12  # bytes that are unpacked together, of which a member may use 20


class IdxError(ValueError):
    """What is wrong with an IDX file, and with which one."""


def read_idx(path: Path, most_bytes: int = MOST_BYTES) -> NDArray[Any]:
    """Read the array that an IDX file holds, plain or compressed by gzip.

    Its shape is that of the file, its type the file's in the order of bytes of this
    machine. What the header promises is compared with the size of the file before
    there is memory for it, and no more than ``most_bytes`` is ever unpacked. A file
    that is missing, damaged, too short, too long or too large is an IdxError that
    names it.
    """
    try:
        if path.exists() and not path.is_file():
            raise IdxError("this is not a file")  # reading a pipe may never end
        with path.open("rb") as file:
            return _read(file, path.stat().st_size, most_bytes)
    except IdxError as error:
        raise IdxError(f"{path}: {error}") from None
    except (EOFError, zlib.error) as error:
        raise IdxError(f"{path}: the gzip file is damaged: {error}") from None
    except OSError as error:
        raise IdxError(f"{path}: {error.strerror or error}") from None
    except ValueError as error:  # no file can have such a name
        raise IdxError(f"{path}: {error}") from None


def _read(file: IO[bytes], size: int, most_bytes: int) -> NDArray[Any]:
    if size > most_bytes:
        raise IdxError(f"the file has {size:,} bytes; at most {most_bytes:,} are read")
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    if not packed:
        return _array(file, size, "the file has", most_bytes)
    ceiling = size * LARGEST_RATIO
    return _array(Unpacked(file), ceiling, "unpacked it can have at most", most_bytes)


class Unpacked:
    """What the members of a gzip file hold, one behind the other (RFC 1952).

    Zeros may stand between members, and behind the last. Python's own reader takes them
    byte by byte: minutes for a file that is a hole.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._packed = file, b""
        self._member: Any = None

    def read(self, count: int) -> bytes:
        """Give some bytes, at most so many (1 or more); none at the end."""
        while True:
            self._packed = self._packed or self._file.read(PIECE)
            if not self._packed:
                if self._member is None:
                    return b""
                raise EOFError("it ends before its end-of-stream marker")
            if self._member is None:
                self._packed = self._packed.lstrip(b"\0")
                if self._packed:
                    self._member = zlib.decompressobj(wbits=31)  # with gzip's header
                continue
            content: bytes = self._member.decompress(self._packed, count)
            if self._member.eof:
                self._packed, self._member = self._member.unused_data, None
            else:
                self._packed = self._member.unconsumed_tail
            if content:
                return content


def _array(file: Any, size: int, has: str, most_bytes: int) -> NDArray[Any]:
    """Read the array; ``size`` bounds what the file can hold, ``has`` says how."""
    dtype, shape = _header(file)
    start = 4 + 4 * len(shape)
    whole = start + dtype.itemsize * prod(shape)
    promise = f"the header promises {' x '.join(map(str, shape)) or 'one'} entries"
    if whole > size:
        raise IdxError(
            f"truncated: {promise}, {whole:,} bytes in all, but {has} {size:,}"
        )
    if whole > most_bytes:
        raise IdxError(f"{promise}, {whole:,} bytes; at most {most_bytes:,} are read")
    content = _up_to(file, whole - start)
    if len(content) < whole - start:
        raise IdxError(
            f"truncated: {promise}, {whole:,} bytes in all, but there are only "
            f"{start + len(content):,}"
        )
    if file.read(1):
        raise IdxError(f"{promise}, but there are bytes after byte {whole:,}")
    try:
        entries = np.frombuffer(content, dtype).reshape(shape)
    except ValueError as error:  # such as 0 entries, in dimensions that are too large
        raise IdxError(f"{promise}: {error}") from None
    return entries.astype(dtype.newbyteorder("="), copy=False)


def _header(file: Any) -> tuple[np.dtype[Any], tuple[int, ...]]:
    magic = _up_to(file, 4)
    if len(magic) < 4:
        raise IdxError(f"truncated: {len(magic)} bytes, and a header has at least 4")
    zeros, code, dimensions = magic[:2], magic[2], magic[3]
    if zeros != b"\0\0":
        raise IdxError(
            f"the magic number is 0x{magic.hex()}; an IDX file begins with 0x0000"
        )
    if code not in TYPES:
        known = ", ".join(f"0x{known:02x}" for known in TYPES)
        raise IdxError(f"the type of the entries is 0x{code:02x}; known are {known}")
    if dimensions > MOST_DIMENSIONS:
        raise IdxError(f"{dimensions} dimensions; at most {MOST_DIMENSIONS} are read")
    sizes = _up_to(file, 4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise IdxError(
            f"truncated: it ends within the sizes of {dimensions} dimensions"
        )
    shape = struct.unpack(f">{dimensions}I", sizes)
    return np.dtype(">" + TYPES[code]), shape


def _up_to(file: Any, count: int) -> bytearray:
    """Read so many bytes, or as many as there are: memory follows what has come."""
    content = bytearray()
    while len(content) < count:
        chunk = file.read(min(CHUNK, count - len(content)))
        if not chunk:
            break
        content += chunk
    return content
