"""What a pickled data set carries: its options, and of its arrays only those that are not what its file holds."""

import zlib
from pathlib import Path
from typing import Any

import numpy as np

from medmnist_fast import _core
from medmnist_fast.catalog import file_name
from medmnist_fast.files import SplitFile

_MEMBERS = {"imgs": "images", "labels": "labels"}
_PLACE = "_pickled_from"


def state_of(dataset: Any) -> dict[str, Any]:
    """The attributes, with the path and checksums of the file in place of arrays that it holds byte for byte.

    The bytes are compared by CRC-32, but for mapped images, which nobody can write to. So an array that was replaced or
    written into is in the state, and all of them are if the file is gone or another one.
    """
    state: dict[str, Any] = dataset.__dict__.copy()
    opened = state.pop("_mapped")
    path = Path(dataset.root).absolute() / file_name(dataset.flag, dataset.size)
    checksums = {}
    for attribute, kind in _MEMBERS.items():
        array = state[attribute]
        is_mapped = opened is not None and opened.images() is array
        checksum = _checksum(path, f"{dataset.split}_{kind}", array, is_mapped=is_mapped)
        if checksum is not None:
            checksums[attribute] = checksum
            del state[attribute]
    return state | {_PLACE: (path, checksums)}


def read_arrays(dataset: Any, state: dict[str, Any]) -> None:
    """Set what a state says, and read from the file what it has not.

    Raises:
        FileNotFoundError: the file is gone.
        ValueError: it is another one than when the data set was pickled.
    """
    path, checksums = state.pop(_PLACE)
    dataset.__dict__.update(state)
    dataset._mapped = None
    if not checksums:
        return
    file = SplitFile(path.parent, dataset.flag, dataset.size, dataset.split, mmap_mode=dataset._mmap_mode)
    for attribute, expected in checksums.items():
        name = f"{dataset.split}_{_MEMBERS[attribute]}"
        found = _core.Archive(path).entry(name)[0]["CRC"]
        if found != expected:
            raise ValueError(
                f"{path}: CRC-32 of {name} is {found:08x}; expected {expected:08x}, as when it was pickled"
            )
    if "imgs" in checksums:
        dataset._open_images(file)
    if "labels" in checksums:
        dataset.labels = file.labels()


def _checksum(path: Path, name: str, array: Any, *, is_mapped: bool) -> int | None:
    """The CRC-32 of a member of the file if ``array`` is what it holds, else None."""
    import zipfile

    if not isinstance(array, np.ndarray) or not array.flags.c_contiguous:
        return None
    try:
        facts, shape = _core.Archive(path).entry(name)
        expected: int = facts["CRC"]
        if is_mapped:
            return expected
        if array.shape != shape or array.dtype.str != facts["descr"] or facts["fortran_order"]:
            return None
        with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as member:
            header = member.read(facts["file_size"] - array.nbytes)
    except (OSError, _core.NpzError, KeyError):
        return None
    return expected if zlib.crc32(array.data, zlib.crc32(header)) == expected else None
