"""Official files: find them, open them, check that they hold what their name says. New files: whole or not at all."""

import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from medmnist_fast import _core, store
from medmnist_fast.catalog import INFO
from medmnist_fast.official import OfficialFile
from medmnist_fast.progress import show_progress

MAP_ABOVE = 2 << 30
"""Bytes of images that are decoded into memory at most, unless they have to be."""


class Mapped(NamedTuple):
    """Images in a decoded store: nobody can write to them, so while they are there they are what the file holds.

    Attributes:
        images: those images.
        path: of the official file.
        member: their name in it.
        checksum: CRC-32 of the member.
    """

    images: weakref.ref[NDArray[np.uint8]]
    path: Path
    member: str
    checksum: int


class SplitFile:
    """One split of an official file.

    Args:
        root: folder of the file.
        flag: the data set, one of ``INFO``.
        size: pixels per side.
        split: ``"train"``, ``"val"`` or ``"test"``.
        download: fetches a file that is missing, and checks the MD5 of one that is there.
        mmap_mode: ``"r"`` maps the images from the decoded store, ``None`` does if they are larger than ``MAP_ABOVE``.

    Attributes:
        path: of the file.
        mapped: the images that were last read, if they are mapped.

    Raises:
        FileNotFoundError: no such folder or file.
        NpzError: the file is damaged, or with ``download`` not the official one.
        OSError: it cannot be downloaded.
    """

    def __init__(
        self, root: Path, flag: str, size: int, split: str, *, download: bool = False, mmap_mode: str | None = None
    ) -> None:
        self.mapped: Mapped | None = None
        self._file = OfficialFile(flag, size, root)
        self.path = self._file.path
        self.flag, self.size, self.split, self._mmap_mode = flag, size, split, mmap_mode
        if download:
            from medmnist_fast.download import fetch

            fetch(flag, size, root)
        if not self.path.exists():
            raise FileNotFoundError(self._missing())
        with self._explained():
            self._archive = _core.Archive(self.path)

    def images(self, spatial_dims: int) -> NDArray[np.uint8]:
        """``uint8`` pixels, (N, H, W), (N, H, W, 3) or (N, D, H, W).

        Raises:
            NpzError: the member is missing or damaged.
            ValueError: it has another type or shape, or no samples.
        """
        with self._explained():
            images = self._images()
        sample = (self.size,) * spatial_dims + ((3,) if INFO[self.flag]["n_channels"] == 3 else ())
        if images.dtype != np.uint8 or images.ndim == 0 or images.shape[1:] != sample:
            expected = f"(N, {', '.join(map(str, sample))})"
            raise ValueError(f"{self._found('images', images)}; expected uint8 of shape {expected}")
        if not len(images):
            raise ValueError(f"{self.path}: split {self.split!r} is empty (0 images); expected at least 1")
        return images

    def labels(self) -> NDArray[Any]:
        """Whole numbers, (N, L): L is 1, or the number of labels for a multi-label task.

        Raises:
            NpzError: the member is missing or damaged.
            ValueError: it has another type or shape, no samples, or a label that the data set has not.
        """
        with self._explained():
            labels = self._member("labels")
        info = INFO[self.flag]
        is_multi_label = info["task"] == "multi-label, binary-class"
        columns = len(info["label"]) if is_multi_label else 1
        largest = 1 if is_multi_label else len(info["label"]) - 1
        found = self._found("labels", labels)
        if labels.dtype.kind not in "iu" or labels.ndim != 2 or labels.shape[1] != columns:
            raise ValueError(f"{found}; expected whole numbers of shape (N, {columns})")
        if not len(labels):
            raise ValueError(f"{self.path}: split {self.split!r} is empty (0 labels); expected at least 1")
        if labels.min() < 0 or labels.max() > largest:
            raise ValueError(f"{found} with values {labels.min()} to {labels.max()}; expected 0 to {largest}")
        return labels

    def _images(self) -> NDArray[Any]:
        name = self._name("images")
        facts, _ = self._archive.entry(name)
        if self._mmap_mode is None and facts["file_size"] <= MAP_ABOVE:
            return self._member("images")
        try:
            with show_progress(f"decoding {self.path.name}") as report:
                archive = store.open_store(self.path, report)
        except OSError as error:
            if self._mmap_mode is not None:
                raise
            warnings.warn(f"{error}; decoding into memory instead", stacklevel=4)
            return self._member("images")
        # Written and checked when it was made, and not modified since.
        view = archive.view(name, verify=False)
        if view is None:
            return archive.read(name, 1)
        self.mapped = Mapped(weakref.ref(view), self.path, name, archive.entry(name)[0]["CRC"])
        return view

    def _member(self, kind: str) -> NDArray[Any]:
        return self._archive.read(self._name(kind), _core.available_parallelism())

    def _name(self, kind: str) -> str:
        name, names = f"{self.split}_{kind}", self._archive.names()
        if name not in names:
            has = ", ".join(names) or "none at all"
            raise _core.NpzError(f"{self.path}: no member {name!r}, so this is no MedMNIST file; it has {has}")
        return name

    def _found(self, kind: str, array: NDArray[Any]) -> str:
        return f"{self.path}: {self.split}_{kind} is {array.dtype} of shape {array.shape}"

    def _missing(self) -> str:
        if not self.path.parent.is_dir():
            folder, name = self.path.parent, self.path.name
            return f"no folder {folder} to find {name} in; give root= (--root) or set MEDMNIST_ROOT"
        fetch = f"download=True or `medmnist-fast download --flag {self.flag} --size {self.size}`"
        return f"no file {self.path}; put it there from {self._file.url} ({fetch}), give root= or set MEDMNIST_ROOT"

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Damage is said to be what it most often is: a download that went wrong."""
        try:
            yield
        except _core.NpzError as error:
            corruption = self._file.corruption()
            if corruption is not None:
                error.args = (f"{error}; {corruption}",)
            raise


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write; it is removed again if writing fails or is interrupted.

    Raises:
        FileExistsError: there is one of that name; it is left alone.
    """
    with path.open("xb") as file:
        try:
            yield file
        except BaseException:
            file.close()
            path.unlink()
            raise
