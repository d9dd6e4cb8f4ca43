"""The npz reader on files that are broken or lie: a typed error that says where, or the right array."""

import io
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medmnist_fast import NpzError, npz

ARRAY = np.arange(40, dtype=np.uint8)


def small_npz(*, compressed: bool = True) -> bytes:
    buffer = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(buffer, a=ARRAY)
    return buffer.getvalue()


def read(content: bytes | Path) -> np.ndarray:
    return npz.open(content)["a"]


@pytest.mark.parametrize("compressed", [False, True])
def test_truncation_at_every_byte(tmp_path: Path, compressed: bool) -> None:
    content = small_npz(compressed=compressed)
    path = tmp_path / "cut.npz"
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(NpzError, match=r"cut\.npz: at byte 0: not an npz file, or a truncated one") as caught:
            read(path)
        assert (caught.value.member, caught.value.offset) == (None, 0)


@pytest.mark.parametrize("compressed", [False, True])
def test_one_flipped_bit_at_every_byte(compressed: bool) -> None:
    content = small_npz(compressed=compressed)
    refused = 0
    for position in range(len(content)):
        for bit in range(8):
            flipped = bytearray(content)
            flipped[position] ^= 1 << bit
            try:
                array = read(bytes(flipped))
            except NpzError as error:
                assert error.offset >= 0  # noqa: PT017 - either answer is right, a wrong array is not
                refused += 1
            except KeyError:
                refused += 1
            else:
                assert np.array_equal(array, ARRAY)
    assert refused > 4 * len(content)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_differs_from_numpy_only_by_refusing(data: st.DataObject) -> None:
    content = bytearray(small_npz(compressed=data.draw(st.booleans())))
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            content[position] = data.draw(st.integers(0, 255))
        else:
            end = min(len(content), position + data.draw(st.integers(1, 30)))
            del content[position:end]
        if not content:
            return
    try:
        ours = read(bytes(content))
    except (NpzError, KeyError):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with np.load(io.BytesIO(bytes(content))) as theirs:
            assert np.array_equal(ours, theirs["a"])


def npy(array: np.ndarray | None = None, *, header: str | None = None, data: bytes = b"") -> bytes:
    if header is not None:
        return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode() + data
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, ARRAY if array is None else array, allow_pickle=True)
    return buffer.getvalue()


def zipped(payload: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        file.writestr("a.npy", payload)
    return buffer.getvalue()


def lying(
    payload: bytes, *, size: int, name: bytes = b"a.npy", local_name: bytes = b"a.npy", local_method: int = 8
) -> bytes:
    """An archive of one deflated member whose directory claims ``size`` bytes."""
    packed = zlib.compress(payload, wbits=-15)
    crc = zlib.crc32(payload)
    local = (
        struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, local_method, 0, 33, crc, 0, 0, len(local_name), 0)
        + local_name
        + packed
    )
    extra = struct.pack("<2HQ", 1, 8, size)
    entry = struct.pack(
        "<4s6H3I5H2I",
        b"PK\1\2",
        20,
        20,
        0,
        8,
        0,
        33,
        crc,
        len(packed),
        0xFFFFFFFF,
        len(name),
        len(extra),
        0,
        0,
        0,
        0,
        0,
    )
    entry += name + extra
    return local + entry + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(entry), len(local), 0)


HEADER = "{{'descr': '|u1', 'fortran_order': False, 'shape': {}}}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"hello", "not an npz file, or a truncated one .5 bytes"),
        (zipped(b"hello"), "npy header: the magic bytes"),
        (zipped(npy(np.array([{}, []], dtype=object))), "pickled objects are never loaded"),
        (zipped(npy(np.zeros(2, "U3"))), "numeric dtypes are read"),
        (zipped(npy(np.zeros(2, [("x", "f4")]))), "structured dtype"),
        (zipped(b"x", zipfile.ZIP_BZIP2), r"compression method 12; npz members are stored \(0\) or deflated \(8\)"),
        (zipped(b"x", zipfile.ZIP_LZMA), "compression method 14"),
        (zipped(npy(header=HEADER.format("(3,)"), data=b"12")), "describes 3 bytes of data, it holds 2"),
        (zipped(npy(header=HEADER.format("(2,)"), data=b"123")), "describes 2 bytes of data, it holds 3"),
        (zipped(npy(header=HEADER.format("(9223372036854775808,)"))), "more than memory can address"),
        (zipped(npy(header=HEADER.format("(9223372036854775807,)"))), "describes 9223372036854775807 bytes"),
        (zipped(npy(header=HEADER.format("(-1,)"))), "not a whole number"),
        (zipped(npy(header="x" * 20_000)), "20000 bytes long; at most 10000"),
        (lying(npy(), size=1 << 62), "claims 4611686018427387904 bytes from .*; DEFLATE expands at most 1032 : 1"),
        (lying(npy(), size=len(npy()) + 1), "describes 40 bytes of data, it holds 41"),
        (lying(npy(header=HEADER.format("(41,)"), data=bytes(40)), size=len(HEADER) + 10 - 2 + 3 + 41), "holds"),
        (lying(npy(), size=len(npy()), local_name=b"b.npy"), "its name is not the one in the directory"),
        (lying(npy(), size=len(npy()), local_method=0), "its method is not the one in the directory"),
        (lying(npy(), size=len(npy()), name=b"a\xff.np", local_name=b"a\xff.np"), "its name is not UTF-8"),
    ],
)
def test_lies_are_refused_by_name(content: bytes, message: str) -> None:
    with pytest.raises(NpzError, match=message) as caught:
        read(content)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value.offset, int)


@pytest.mark.parametrize(("bit", "what"), [(0, "encrypted"), (5, "compressed patched data"), (6, "strongly encrypted")])
def test_flags_of_other_data_are_refused(bit: int, what: str) -> None:
    content = bytearray(zipped(npy()))
    content[content.index(b"PK\1\2") + 8] |= 1 << bit
    with pytest.raises(NpzError, match=rf'member "a.npy" at byte .*: {what}; npz members are'):
        npz.open(bytes(content))


def test_newer_versions_of_the_format_are_refused() -> None:
    content = bytearray(zipped(npy()))
    version = content.index(b"PK\1\2") + 6
    content[version] = 63
    assert np.array_equal(read(bytes(content)), ARRAY)
    content[version] = 64
    with pytest.raises(NpzError, match=r'member "a.npy" at byte .*: ZIP version 6.4; npz members are'):
        npz.open(bytes(content))


def test_duplicate_and_overlapping_members_are_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a.npy", npy())
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("a.npy", npy())
    with pytest.raises(NpzError, match="two members of that name"):
        npz.open(buffer.getvalue())
    # Two entries for the same bytes, as in a bomb of overlapping members.
    content = zipped(npy(), zipfile.ZIP_STORED)
    start, end = content.index(b"PK\1\2"), content.index(b"PK\5\6")
    entry = content[start:end]
    entries = entry + entry.replace(b"a.npy", b"b.npy")
    tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 2, 2, len(entries), start, 0)
    with pytest.raises(NpzError, match=r'member "[ab].npy" at byte 0: overlaps what comes behind it'):
        npz.open(content[:start] + entries + tail)


@pytest.mark.parametrize("compressed", [False, True])
def test_a_file_that_shrinks_after_opening(tmp_path: Path, compressed: bool) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, 3_000_000, np.uint8)
    path = tmp_path / "shrinks.npz"
    (np.savez_compressed if compressed else np.savez)(path, a=pixels)
    archive = npz.open(path)
    with path.open("r+b") as file:
        file.truncate(1_000_000)
    for threads in (1, 2):
        with pytest.raises(NpzError, match=r'member "a" at byte .*: data reaches beyond the end of the file') as caught:
            archive._core.read("a", threads)
        assert caught.value.member == "a"
        assert 0 < caught.value.offset <= path.stat().st_size + (2 << 20)
    with pytest.raises(NpzError, match="data reaches beyond the end"):
        archive["a"]


def test_damage_deep_in_a_large_member_is_located(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pixels = np.clip(rng.normal(128, 20, 6_000_000), 0, 255).astype(np.uint8)
    path = tmp_path / "damaged.npz"
    np.savez_compressed(path, a=pixels)
    content = bytearray(path.read_bytes())
    at = len(content) // 2
    content[at : at + 40] = bytes(40)
    path.write_bytes(content)
    for threads in (1, 2, 4):
        with pytest.raises(NpzError, match=r'member "a" at byte') as caught:
            npz.open(path, num_threads=threads)["a"]
        if "CRC" not in str(caught.value):
            assert at - 100_000 < caught.value.offset <= len(content)
