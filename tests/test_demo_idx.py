"""What demos/idx.py promises: the array, or an error in words that names the file."""

import gzip
import os
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demos.idx import LARGEST_RATIO, TYPES, IdxError, read_idx

CODES = {np.dtype(name): code for code, name in TYPES.items()}
fuzzed = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def header(code, *shape):
    return bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)


def idx(array):
    """Write an array as the format says, by a way of its own."""
    entries = array.astype(array.dtype.newbyteorder(">")).tobytes()
    return header(CODES[array.dtype], *array.shape) + entries


IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
GOOD = idx(IMAGES)


@pytest.fixture
def file(tmp_path):
    """Give a function that writes a file and gives its path."""
    path = tmp_path / "some-images"

    def write(content):
        path.write_bytes(content)
        return path

    return write


def refusal(path, **limits):
    with pytest.raises(IdxError) as error:
        read_idx(path, **limits)
    text = str(error.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text.removeprefix(f"{path}: ")


# ---- what is read -------------------------------------------------------------------


def test_the_header_of_mnist(file):
    """As printed on the page of the database: magic 2051, 28 x 28; magic 2049."""
    pixels = bytes(28 * 28 * 3)
    assert struct.unpack(">I", header(0x08, 3, 28, 28)[:4]) == (2051,)
    images = read_idx(file(struct.pack(">4I", 2051, 3, 28, 28) + pixels))
    assert (images.shape, images.dtype) == ((3, 28, 28), np.uint8)
    labels = read_idx(file(struct.pack(">2I", 2049, 3) + b"\x05\x00\x04"))
    assert labels.tolist() == [5, 0, 4]


@pytest.mark.parametrize(
    ("code", "content", "expected"),
    [
        (0x08, "ff", 255),
        (0x09, "ff", -1),
        (0x0B, "fffe", -2),
        (0x0C, "00000102", 258),
        (0x0D, "3fc00000", 1.5),  # IEEE 754: 1.5 is 0x3fc00000
        (0x0E, "c000000000000000", -2.0),
    ],
)
def test_each_type_most_significant_byte_first(code, content, expected, file):
    (entry,) = read_idx(file(header(code, 1) + bytes.fromhex(content)))
    assert entry == expected
    assert entry.dtype.isnative


@fuzzed
@given(
    st.sampled_from(list(CODES)).flatmap(
        lambda dtype: arrays.arrays(
            dtype, arrays.array_shapes(min_dims=0, max_dims=6, min_side=0, max_side=4)
        )
    ),
    st.booleans(),
)
def test_what_is_written_is_read(file, array, packed):
    content = idx(array)
    found = read_idx(file(gzip.compress(content, mtime=0) if packed else content))
    assert found.dtype == array.dtype
    assert found.shape == array.shape
    assert found.tobytes() == array.tobytes()  # bit by bit, nan too


def test_the_last_dimension_is_the_fastest(file):
    assert read_idx(file(GOOD)).tolist() == IMAGES.tolist()


def test_gzip_is_known_by_its_bytes_in_any_number_of_members(tmp_path):
    plain, packed = tmp_path / "plain.gz", tmp_path / "packed"
    plain.write_bytes(GOOD)
    packed.write_bytes(gzip.compress(GOOD[:7]) + gzip.compress(GOOD[7:]))
    for path in (plain, packed):
        assert read_idx(path).tolist() == IMAGES.tolist()


def test_the_array_may_be_written_into(file):
    for content in (GOOD, idx(IMAGES.astype(np.int32))):
        array = read_idx(file(content))
        array[0, 0, 0] = 7
        assert array[0, 0, 0] == 7


# ---- what is refused ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "truncated: 0 bytes, and a header has at least 4"),
        (GOOD[:3], "truncated: 3 bytes"),
        (b"\x89PNG" + GOOD, "the magic number is 0x89504e47; an IDX file begins with"),
        (b"\0\1" + GOOD[2:], "the magic number is 0x00010803"),
        (header(0x0A, 1) + b"1", "the type of the entries is 0x0a; known are 0x08, "),
        (header(0x08, *[1] * 33) + b"1", "33 dimensions; at most 32"),
        (GOOD[:10], "truncated: it ends within the sizes of 3 dimensions"),
        (
            GOOD[:-1],
            "truncated: the header promises 2 x 3 x 4 entries, 40 bytes in all, but "
            "the file has 39",
        ),
        (GOOD + b"\0", "2 x 3 x 4 entries, but there are bytes after byte 40"),
        (header(0x0E, *[2**32 - 1] * 32), "truncated: "),
        (header(0x08, 0, *[2**32 - 1] * 31), "array is too big"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_wrong_file_is_an_error_in_words(content, says, packed, file):
    found = refusal(file(gzip.compress(content) if packed else content))
    if packed:
        says = says.replace("the file has 39", "there are only 39")
    assert says in found


def test_a_damaged_gzip_file_is_an_error_in_words(file):
    packed = gzip.compress(GOOD, mtime=0)
    flipped = bytes([*packed[:-8], packed[-8] ^ 1, *packed[-7:]])
    for content in (packed[:5], packed[:-9], packed[:-1], flipped, packed + b"more"):
        found = refusal(file(content))
        assert found.startswith("the gzip file is damaged: ")
    worse = packed[:10] + b"\xff" + packed[11:]
    assert "damaged" in refusal(file(worse))


def test_what_is_no_file_is_an_error_in_words(tmp_path):
    assert refusal(tmp_path / "absent") == "No such file or directory"
    assert refusal(tmp_path) == "this is not a file"
    assert refusal(tmp_path / ("x" * 300)) == "File name too long"
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe") == "this is not a file"  # and no endless wait


# ---- memory -------------------------------------------------------------------------


def peak_of_refusal(path, **limits):
    tracemalloc.start()
    try:
        found = refusal(path, **limits)
        return found, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("packed", [False, True])
def test_a_promise_that_the_file_cannot_keep_takes_no_memory(packed, file):
    content = header(0x0E, 1000, 1000, 100) + bytes(1000)  # 800 MB
    path = file(gzip.compress(content) if packed else content)
    found, peak = peak_of_refusal(path)
    assert "promises 1000 x 1000 x 100 entries, 800,000,016 bytes in all" in found
    assert ("unpacked it can have at most" in found) == packed
    assert peak < 1_000_000


def test_a_gzip_bomb_is_not_unpacked(file):
    zeros = bytes(2**20)
    packer = zlib.compressobj(wbits=31)
    parts = [packer.compress(header(0x08, 64 * 2**20))]
    parts += [packer.compress(zeros) for _ in range(64)]
    path = file(b"".join([*parts, packer.flush()]))
    assert path.stat().st_size > 64 * 2**20 / LARGEST_RATIO  # the bound holds
    found, peak = peak_of_refusal(path, most_bytes=2**20)
    assert "67,108,872 bytes; at most 1,048,576 are read" in found
    assert peak < 1_000_000


def test_a_bomb_behind_a_small_array_is_not_unpacked(file):
    path = file(gzip.compress(GOOD + bytes(64 * 2**20)))
    found, peak = peak_of_refusal(path)
    assert found.endswith("bytes after byte 40")
    assert peak < 1_000_000


def test_a_large_plain_file_is_not_read(file):
    path = file(b"")
    os.truncate(path, 2**31)  # a hole: it takes no room on the disk
    found, peak = peak_of_refusal(path)
    assert found == "the file has 2,147,483,648 bytes; at most 1,073,741,824 are read"
    assert peak < 1_000_000


# ---- any bytes ----------------------------------------------------------------------


def is_right_or_refused(path, content):
    try:
        found = read_idx(path)
    except IdxError:
        refusal(path)
    else:
        assert idx(found) == content


@fuzzed
@given(st.binary(max_size=60))
@example(b"\0\0\x08\0\x2a")  # an array without dimensions: one number
def test_any_bytes(file, content):
    is_right_or_refused(file(content), content)


@fuzzed
@given(
    st.sampled_from([*TYPES, 0, 7, 10, 255]),
    st.lists(st.integers(0, 3) | st.integers(0, 2**32 - 1), max_size=40),
    st.binary(max_size=40),
)
def test_any_header(file, code, shape, rest):
    content = header(code, *shape) + rest
    is_right_or_refused(file(content), content)


@fuzzed
@given(st.data())
def test_any_damage(file, data):
    """Bytes changed, left out or put in: of a plain file, and of a packed one."""
    packed = data.draw(st.booleans())
    content = bytearray(gzip.compress(GOOD, mtime=0) if packed else GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        end = start + data.draw(st.integers(0, 2))
        content[start:end] = data.draw(st.binary(max_size=2))
    path = file(bytes(content))
    if bytes(content[:2]) == b"\x1f\x8b":
        try:
            content[:] = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            refusal(path)
            return
    is_right_or_refused(path, bytes(content))
