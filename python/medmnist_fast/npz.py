"""Any ``.npz`` file, fast: what :func:`numpy.load` reads of one, without pickles.

>>> from medmnist_fast import npz
>>> archive = npz.open("breastmnist.npz")
>>> archive.info("train_images").shape  # nothing is inflated for this
(546, 28, 28)
>>> images = archive["train_images"]  # inflated on all CPUs, CRC-32 checked
>>> arrays = archive.load()  # all of them, several at once

Members are stored or deflated, of numeric dtypes (``b i u f c``), npy 1.0 to 3.0, zip64 where they need it. A stored
``uint8`` member is not copied: it is a read-only view into the mapped file (or into the buffer), which it keeps alive.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from os import PathLike, fspath
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from medmnist_fast import _core
from medmnist_fast.checks import whole_number

__all__ = ["Archive", "ArrayInfo", "open"]


@dataclass(frozen=True)
class ArrayInfo:
    """What an archive says of an array, before the array is read.

    Attributes:
        name: the member's name, without ``.npy``.
        shape: length of each axis.
        dtype: with its byte order.
        fortran_order: whether the first axis varies fastest.
        compress_type: how the member is kept.
        compress_size: bytes in the archive.
        file_size: bytes when read, npy header included.
        CRC: CRC-32 of these bytes.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran_order: bool
    compress_type: Literal["stored", "deflated"]
    compress_size: int
    file_size: int
    CRC: int


class Archive(Mapping[str, NDArray[Any]]):
    """The arrays of an ``.npz`` file by name; made by :func:`open`.

    An array is read each time it is asked for, and belongs to the caller. It outlives the archive.
    """

    def __init__(self, core: _core.Archive, source: str, num_threads: int) -> None:
        self._core: _core.Archive | None = core
        self._source, self._num_threads = source, num_threads
        self._names = core.names()

    @property
    def files(self) -> list[str]:
        """Names in the order of the file, as ``NpzFile`` has them."""
        return list(self._names)

    def info(self, name: str) -> ArrayInfo:
        """Shape, dtype and sizes of an array, which is not read for it.

        Raises:
            KeyError: no array of that name.
            NpzError: its header is damaged, or it claims more bytes than it can have.
        """
        facts, shape = self._open().entry(name)
        return ArrayInfo(
            name=name,
            shape=shape,
            dtype=np.dtype(facts["descr"]),
            fortran_order=facts["fortran_order"],
            compress_type="deflated" if facts["is_deflated"] else "stored",
            compress_size=facts["compress_size"],
            file_size=facts["file_size"],
            CRC=facts["CRC"],
        )

    def __getitem__(self, name: str) -> NDArray[Any]:
        """The array; its CRC-32 is checked.

        Raises:
            KeyError: no array of that name.
            NpzError: it is damaged.
            MemoryError: it is larger than the machine's memory.
        """
        core = self._open()
        view = core.view(name, verify=True)
        return core.read(name, self._num_threads) if view is None else view

    def load(self, names: Iterable[str] | None = None) -> dict[str, NDArray[Any]]:
        """Several arrays, or all, read at once on the archive's threads; errors as for one.

        They are all copies, stored ones too.
        """
        names = self._names if names is None else list(names)
        return dict(zip(names, self._open().read_all(names, self._num_threads), strict=True))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __repr__(self) -> str:
        return f"Archive {self._source!r} with keys: {', '.join(self._names) or 'none'}"

    def close(self) -> None:
        """Close the file. Arrays stay; asking for more raises ValueError."""
        self._core = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> _core.Archive:
        if self._core is None:
            raise ValueError(f"archive {self._source!r} is closed")
        return self._core


def open(  # noqa: A001 - npz.open, as gzip.open and zipfile's
    source: str | PathLike[str] | bytes | bytearray | memoryview | NDArray[np.uint8], *, num_threads: int | None = None
) -> Archive:
    """Open an ``.npz`` file.

    Args:
        source: path of a file, or the bytes of one in anything with the buffer protocol. Such memory is not copied, and
            not to be changed while the archive or a view into it is in use.
        num_threads: threads that inflate; by default as many as there are CPUs for this process.

    Raises:
        OSError: the file cannot be opened.
        NpzError: it is no npz file, or a damaged one; a ValueError with ``member`` and ``offset``.
        TypeError: ``source`` is neither a path nor a buffer.
        ValueError: ``num_threads`` is less than 1.
    """
    threads = _core.available_parallelism() if num_threads is None else whole_number("num_threads", num_threads, 1)
    if isinstance(source, str | PathLike):
        return Archive(_core.Archive(source), fspath(source), threads)
    try:
        buffer = memoryview(source)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"source is {type(source).__name__}; allowed: a path, bytes, or any buffer") from None
    return Archive(_core.Archive.from_bytes(np.frombuffer(buffer, np.uint8)), "<bytes>", threads)
