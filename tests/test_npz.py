"""The npz reader against zipfile and numpy.load, on valid files; broken ones are in test_npz_hostile.py."""

import gc
import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from medmnist_fast import NpzError, npz

DTYPES = hnp.boolean_dtypes() | hnp.integer_dtypes() | hnp.unsigned_integer_dtypes() | hnp.floating_dtypes()
ARRAYS = hnp.arrays(
    DTYPES | hnp.complex_number_dtypes(), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
)


def same(array: np.ndarray, expected: np.ndarray) -> bool:
    return (array.dtype, array.shape) == (expected.dtype, expected.shape) and array.tobytes() == expected.tobytes()


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_equals_numpy_on_every_member(data_root: Path, threads: int) -> None:
    files = sorted(data_root.glob("*.npz"))
    assert files
    for path in files:
        with np.load(path) as expected, npz.open(path, num_threads=threads) as archive:
            assert (archive.files, list(archive), len(archive)) == (expected.files, expected.files, len(expected))
            for name in expected.files:
                assert same(archive[name], expected[name])
            for name, array in archive.load().items():
                assert same(array, expected[name])


@settings(max_examples=150, deadline=None)
@given(array=ARRAYS, compressed=st.booleans(), fortran=st.booleans(), version=st.sampled_from([(1, 0), (2, 0), (3, 0)]))
def test_equals_numpy_on_any_array(
    array: np.ndarray, compressed: bool, fortran: bool, version: tuple[int, int]
) -> None:
    array = np.asfortranarray(array) if fortran else array
    member, buffer = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array(member, array, version=version)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as file:
        file.writestr("array.npy", member.getvalue())
    buffer.seek(0)
    with np.load(buffer) as theirs:
        expected = theirs["array"]
    archive = npz.open(buffer.getvalue())
    info, read = archive.info("array"), archive["array"]
    assert same(read, expected)
    assert (info.shape, info.dtype) == (expected.shape, expected.dtype)
    assert read.flags.f_contiguous == expected.flags.f_contiguous


def archive_of(array: np.ndarray, *, compressed: bool) -> bytes:
    buffer = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(buffer, a=array)
    return buffer.getvalue()


def test_shape_and_sizes_are_known_before_anything_is_inflated(tmp_path: Path) -> None:
    array = np.arange(60_000, dtype=">u2").reshape(3, 100, 200)
    content = bytearray(archive_of(array, compressed=True))
    # Ruin all but the beginning of the stream: `info` does not see it.
    content[20_000:30_000] = bytes(10_000)
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    info = npz.open(path).info("a")
    with zipfile.ZipFile(path) as file:
        expected = file.getinfo("a.npy")
    assert (info.shape, info.dtype, info.fortran_order) == ((3, 100, 200), np.dtype(">u2"), False)
    assert (info.file_size, info.compress_size, info.CRC) == (expected.file_size, expected.compress_size, expected.CRC)
    assert (info.name, info.compress_type) == ("a", "deflated")
    with pytest.raises(NpzError):
        npz.open(path)["a"]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda data: np.frombuffer(data, np.uint8)])
def test_any_buffer(kind: type) -> None:
    array = np.arange(1000)
    for compressed in (False, True):
        archive = npz.open(kind(archive_of(array, compressed=compressed)))
        assert same(archive["a"], array)
        assert "<bytes>" in repr(archive)


def test_stored_bytes_are_a_view_that_outlives_everything(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (50, 28, 28), np.uint8)
    path = tmp_path / "a.npz"
    path.write_bytes(archive_of(pixels, compressed=False))
    archive = npz.open(path)
    first, second = archive["a"], archive["a"]
    assert not first.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0, 0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        first.setflags(write=True)
    maps = Path("/proc/self/maps")
    if maps.exists():
        address = first.__array_interface__["data"][0]
        ranges = [line.split() for line in maps.read_text(encoding="utf-8").splitlines() if line.endswith(str(path))]
        assert any(int(span.split("-")[0], 16) <= address < int(span.split("-")[1], 16) for span, *_ in ranges)
    archive.close()
    del archive
    gc.collect()
    path.unlink()
    assert same(first, pixels)
    del first
    assert same(second, pixels)


def test_a_view_into_a_buffer_is_in_the_buffer() -> None:
    content = archive_of(np.arange(200, dtype=np.uint8), compressed=False)
    whole = np.frombuffer(content, np.uint8)
    view = npz.open(content)["a"]
    assert np.shares_memory(view, whole)
    assert same(view, np.arange(200, dtype=np.uint8))
    # Wider elements would not be aligned, and are copied.
    wide = archive_of(np.arange(200), compressed=False)
    copy = npz.open(wide)["a"]
    assert copy.flags.writeable
    assert copy.flags.aligned
    assert not np.shares_memory(copy, np.frombuffer(wide, np.uint8))


def test_decoded_arrays_belong_to_the_caller(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, a=np.arange(1000))
    archive = npz.open(path)
    first, second = archive["a"], archive["a"]
    archive.close()
    path.unlink()
    first += 1
    assert np.array_equal(first, np.arange(1, 1001))
    assert np.array_equal(second, np.arange(1000))


def test_data_descriptors_comments_directories_and_any_order() -> None:
    class Unseekable(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise io.UnsupportedOperation

        def seek(self, *_: int) -> int:
            raise io.UnsupportedOperation

    # A stream that cannot seek back: sizes follow the data (general purpose flag, bit 3).
    stream = Unseekable()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("z", "b", "a"):
            with file.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, np.full(5, ord(name)))
        file.comment = b"a comment with PK\5\6 in it" * 100
    archive = npz.open(stream.getvalue())
    assert archive.files == ["z", "b", "a"]
    assert all(same(archive[name], np.full(5, ord(name))) for name in archive)
    assert stream.getvalue()[6] & 8


def test_many_members(tmp_path: Path) -> None:
    # More than 65,535, which take zip64.
    path = tmp_path / "many.npz"
    member = io.BytesIO()
    np.lib.format.write_array(member, np.arange(3, dtype=np.uint8))
    with zipfile.ZipFile(path, "w") as file:
        for index in range(66_000):
            file.writestr(zipfile.ZipInfo(f"{index}.npy"), member.getvalue())
    archive = npz.open(path)
    assert len(archive) == 66_000
    assert archive["65999"].tolist() == [0, 1, 2]


def test_more_than_four_gigabytes(tmp_path: Path) -> None:
    """A sparse file with a stored member of 4.5 GB and, behind it, a small deflated one."""
    header = io.BytesIO()
    size = (9 << 29) + 1
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (size,)})
    small = io.BytesIO()
    np.lib.format.write_array(small, np.arange(7))
    crc, zeros = zlib.crc32(header.getvalue()), bytes(1 << 24)
    for _ in range(size >> 24):
        crc = zlib.crc32(zeros, crc)
    crc = zlib.crc32(zeros[: size % (1 << 24)], crc)
    packed = zlib.compress(small.getvalue(), wbits=-15)
    members = [
        ("big.npy", 0, crc, len(header.getvalue()) + size, len(header.getvalue()) + size, header.getvalue()),
        ("small.npy", 8, zlib.crc32(small.getvalue()), len(packed), len(small.getvalue()), packed),
    ]
    path = tmp_path / "large.npz"
    directory = b""
    with path.open("wb") as file:
        for name, method, checksum, compressed, length, data in members:
            offset = file.tell()
            file.write(struct.pack("<4s5H3I2H", b"PK\3\4", 45, 0, method, 0, 33, 0, *[0xFFFFFFFF] * 2, len(name), 0))
            file.write(name.encode())
            start = file.tell()
            file.write(data)
            file.seek(start + compressed)
            extra = struct.pack("<2H3Q", 1, 24, length, compressed, offset)
            fields = (
                b"PK\1\2",
                45,
                45,
                0,
                method,
                0,
                33,
                checksum,
                *[0xFFFFFFFF] * 2,
                len(name),
                len(extra),
                0,
                0,
                0,
                0,
            )
            directory += struct.pack("<4s6H3I5H2I", *fields, 0xFFFFFFFF) + name.encode() + extra
        start = file.tell()
        file.write(directory)
        file.write(struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 2, 2, len(directory), start))
        file.write(struct.pack("<4sIQI", b"PK\6\7", 0, start + len(directory), 1))
        file.write(struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, *[0xFFFF] * 2, *[0xFFFFFFFF] * 2, 0))
    with zipfile.ZipFile(path) as reference:
        assert [info.file_size for info in reference.infolist()] == [member[4] for member in members]
    archive = npz.open(path)
    assert archive.info("big").shape == (size,)
    assert same(archive["small"], np.arange(7))
    big = archive["big"]
    assert (big.shape, big[-1], big.flags.writeable) == ((size,), 0, False)


def test_masks_that_expand_two_hundredfold_load_with_the_default_limits() -> None:
    masks = np.zeros((300, 64, 64, 64), np.uint8)
    masks[:, 20:40, 20:40, 20:40] = 255
    content = archive_of(masks, compressed=True)
    archive = npz.open(content)
    assert archive.info("a").file_size / archive.info("a").compress_size > 200
    assert np.array_equal(archive["a"], masks)


def test_bad_arguments(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        npz.open(tmp_path / "nowhere.npz")
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        npz.open(tmp_path)
    with pytest.raises(TypeError, match="source is int; allowed: a path, bytes, or any buffer"):
        npz.open(3)  # type: ignore[arg-type]
    content = archive_of(np.arange(3), compressed=False)
    with pytest.raises(ValueError, match=r"num_threads = 0; allowed: .* at least 1"):
        npz.open(content, num_threads=0)
    archive = npz.open(content)
    with pytest.raises(KeyError, match=r"no member .*b.*; it has a"):
        archive["b"]
    with pytest.raises(KeyError, match="no member"):
        archive.load(["a", "b"])
    archive.close()
    with pytest.raises(ValueError, match="is closed"):
        archive["a"]
