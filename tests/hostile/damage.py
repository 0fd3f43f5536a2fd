"""Ways to damage a file: as disks and networks do, and as a forger does."""

from __future__ import annotations

import gzip
import random
import struct
from collections.abc import Callable, Sequence
from zlib import crc32

Rng = random.Random

NUMBERS = [0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1]
BINARY = [struct.pack(f"{order}{kind}", min(n, 2 ** (8 * size) - 1))
    for order in "<>" for kind, size in (("B", 1), ("H", 2), ("I", 4), ("Q", 8))
    for n in [*NUMBERS, 10**18]]  # fmt: skip
WORDS = [
    b"1e999", b"-1e999", b"NaN", b"Infinity", b"null", b"true", b"-0", b"1e-400",
    b"9" * 400, b"9" * 5000, b"0." + b"1" * 5000, b"[" * 2000, b'{"a":' * 2000, b"[]",
    b'"\\ud800"', b'"\\u0000"', b"\x00", b"\xff\xfe", b"\xe2\x80\xa8", b"\x1b[2J",
    b'"', b"\\", b"\n", b"\r\n", b",", b":", b"{", b"}", b"]", b"../../x", b"/dev/zero",
    b"__import__('os').system('id')", b"cos\nsystem\n(S'id'\ntR.",
]  # fmt: skip


def flip(content: bytes, rng: Rng) -> bytes:
    """Turn some bits."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def truncate(content: bytes, rng: Rng) -> bytes:
    """Take the end away, or the beginning."""
    at = rng.randint(0, len(content))
    return content[:at] if rng.random() < 0.8 else content[at:]


def overwrite(content: bytes, rng: Rng) -> bytes:
    """Write something else over a part: noise, zeros, another place of the file."""
    at, length = rng.randint(0, len(content)), rng.choice((1, 2, 4, 8, 64, 512))
    noise = [rng.randbytes(length), bytes(length), content[:length]]
    return content[:at] + rng.choice(noise) + content[at + length :]


def insert(content: bytes, rng: Rng) -> bytes:
    """Put in what a reader may stumble over, or put it over what was there."""
    at = rng.randint(0, len(content))
    new = rng.choice(rng.choice((WORDS, BINARY)))
    return content[:at] + new + content[at + rng.choice((0, 0, len(new))) :]


def reorder(content: bytes, rng: Rng) -> bytes:
    """Take parts, lines where there are some, twice, not at all, or elsewhere."""
    parts = content.splitlines(keepends=True)
    if len(parts) < 3 or rng.random() < 0.3:
        ends = sorted(rng.randint(0, len(content)) for _ in range(3))
        parts = [content[a:b] for a, b in zip([0, *ends], [*ends, len(content)])]
    i, j = rng.randrange(len(parts)), rng.randrange(len(parts))
    how = rng.randrange(3)
    if how == 0:
        parts[i], parts[j] = parts[j], parts[i]
    elif how == 1:
        parts.insert(j, parts[i] * rng.choice((1, 1, 2, 50)))
    else:
        del parts[i]
    return b"".join(parts)


def noise(content: bytes, rng: Rng) -> bytes:
    """Keep a first part at most; the rest are bytes of any kind."""
    kept = content[: rng.choice((0, 2, 4, 8, 16, 40, 100))]
    return kept + rng.randbytes(rng.choice((0, 1, 10, 100, 1000)))


WAYS: Sequence[Callable[[bytes, Rng], bytes]] = (
    flip,
    truncate,
    overwrite,
    insert,
    insert,
    reorder,
    noise,
)


def damaged(content: bytes, rng: Rng) -> bytes:
    """Damage a file in one to three ways."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        content = rng.choice(WAYS)(content, rng)
    return content


def resealed(content: bytes) -> bytes:
    """Fit the checksum in the last line to what stands before it, as a forger does."""
    body = content[: content.rfind(b'"crc32"')] if b'"crc32"' in content else content
    return body + b'"crc32": "%08x"}\n' % crc32(body)


def packed(content: bytes) -> bytes:
    """Compress damaged content, so that what unpacks it finds nothing amiss."""
    return gzip.compress(content, 1, mtime=0)
