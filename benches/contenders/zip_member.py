"""The training images' member of an ``.npz`` as it lies in the file, for contenders that only inflate."""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from benches.workloads import UnsupportedError, Workload

MEMBER = "train_images.npy"
LOCAL_HEADER = 30
"""Bytes before the name in front of a member, the lengths of name and extra field their last four."""


@dataclass(frozen=True)
class Deflated:
    """A member's raw DEFLATE stream and what the directory says of its content."""

    stream: bytes
    size: int
    crc32: int


def read(path: Path, name: str = MEMBER) -> Deflated:
    """A member, not inflated."""
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo(name)
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise UnsupportedError(f"{name} is stored as it is: nothing to inflate")
    with path.open("rb") as file:
        file.seek(entry.header_offset)
        header = file.read(LOCAL_HEADER)
        lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        file.seek(lengths, io.SEEK_CUR)
        return Deflated(file.read(entry.compress_size), entry.file_size, entry.CRC)


def array(content: Any) -> NDArray[np.uint8]:
    """A view of an inflated ``.npy``."""
    # Its header is tens of bytes; a stream over all of it would be a copy.
    head = io.BytesIO(memoryview(content)[:4096])
    version = npy.read_magic(head)
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read_header(head)
    pixels: NDArray[np.uint8] = np.frombuffer(content, dtype, offset=head.tell())
    return pixels.reshape(shape)


def open_with(
    inflate: Callable[[Deflated], Any], workload: Workload, folder: Path
) -> Callable[[], Iterator[tuple[Any, Any]]]:
    """A contender's ``open``: each pass reads the member, has it inflated and looks at it as an array."""
    if workload.pipeline != "decode":
        raise UnsupportedError("it only inflates")

    def epoch() -> Iterator[tuple[Any, Any]]:
        images = array(inflate(read(workload.path(folder))))
        yield images, np.zeros(len(images))

    return epoch


def refuse_threads(workload: Workload) -> None:
    """For contenders that inflate a stream with one thread."""
    if workload.threads > 1:
        raise UnsupportedError("it inflates with one thread")
