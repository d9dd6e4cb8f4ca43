"""The npz reader against zipfile and numpy.load, on valid and on broken files."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from medmnist_fast import NpzError
from medmnist_fast._core import Archive

DTYPES = hnp.boolean_dtypes() | hnp.integer_dtypes() | hnp.unsigned_integer_dtypes() | hnp.floating_dtypes()
ARRAYS = hnp.arrays(
    DTYPES | hnp.complex_number_dtypes(), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
)


def test_equals_numpy_on_every_member(data_root: Path) -> None:
    files = sorted(data_root.glob("*.npz"))
    assert files
    for path in files:
        with np.load(path) as expected:
            archive = Archive(path)
            assert archive.names() == expected.files
            for name in expected.files:
                array = archive.read(name, 1)
                assert (array.dtype, array.shape) == (expected[name].dtype, expected[name].shape)
                assert np.array_equal(array, expected[name])


@settings(max_examples=150, deadline=None)
@given(array=ARRAYS, compressed=st.booleans(), fortran=st.booleans())
def test_equals_numpy_on_any_array(
    tmp_path_factory: pytest.TempPathFactory, array: np.ndarray, compressed: bool, fortran: bool
) -> None:
    path = tmp_path_factory.mktemp("npz") / "any.npz"
    array = np.asfortranarray(array) if fortran else array
    (np.savez_compressed if compressed else np.savez)(path, first=np.arange(3), array=array)
    read = Archive(path).read("array", 1)
    with np.load(path) as expected:
        assert (read.dtype, read.shape) == (expected["array"].dtype, expected["array"].shape)
        assert read.flags.f_contiguous == expected["array"].flags.f_contiguous
        assert read.tobytes() == expected["array"].tobytes()


def test_arrays_outlive_their_archive_and_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, a=np.arange(1000))
    archive = Archive(path)
    first, second = archive.read("a", 1), archive.read("a", 1)
    del archive
    path.unlink()
    first += 1
    assert first.base is not None
    assert np.array_equal(first, np.arange(1, 1001))
    assert np.array_equal(second, np.arange(1000))


def small_npz() -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, a=np.arange(40, dtype=np.uint8))
    return buffer.getvalue()


def read_bytes(folder: Path, content: bytes) -> np.ndarray:
    path = folder / "broken.npz"
    path.write_bytes(content)
    return Archive(path).read("a", 1)


def test_truncation_at_every_byte(tmp_path: Path) -> None:
    content = small_npz()
    for length in range(len(content)):
        with pytest.raises(NpzError, match=r"broken\.npz: not an npz file, or a truncated one"):
            read_bytes(tmp_path, content[:length])


def test_one_flipped_bit_at_every_byte(tmp_path: Path) -> None:
    content = small_npz()
    refused = 0
    for position in range(len(content)):
        flipped = bytearray(content)
        flipped[position] ^= 1 << position % 8
        try:
            array = read_bytes(tmp_path, bytes(flipped))
        except (NpzError, KeyError) as error:
            assert "broken.npz" in str(error)  # noqa: PT017 - either answer is right, a wrong array is not
            refused += 1
        else:
            assert np.array_equal(array, np.arange(40))
    assert refused > len(content) / 2


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NpzError, match=r"not an npz file.*5 bytes"):
        read_bytes(tmp_path, b"hello")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Archive(tmp_path / "nowhere.npz")
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        Archive(tmp_path)
    path = tmp_path / "one.npz"
    np.savez(path, a=1)
    with pytest.raises(KeyError, match=r"no member .*; it has a"):
        Archive(path).read("b", 1)


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    path = tmp_path / "objects.npz"
    np.savez(path, a=np.array([{}, []], dtype=object))
    with pytest.raises(NpzError, match="pickled objects are never loaded"):
        Archive(path).read("a", 1)


def test_a_member_that_is_no_array(tmp_path: Path) -> None:
    path = tmp_path / "text.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.npy", "hello")
    with pytest.raises(NpzError, match='member "a": npy header: the magic bytes'):
        Archive(path).read("a", 1)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compression_is_named(tmp_path: Path, method: int) -> None:
    path = tmp_path / "method.npz"
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr("a.npy", "hello")
    with pytest.raises(NpzError, match=rf"compression method {method}; npz members are stored \(0\) or deflated \(8\)"):
        Archive(path)
