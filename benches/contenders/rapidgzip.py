"""rapidgzip, which inflates one stream with several threads; the member is wrapped as a gzip file in memory for it."""

import io
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import rapidgzip
from numpy.typing import NDArray

from benches.contenders import zip_member
from benches.contenders.zip_member import Deflated
from benches.workloads import Workload

TITLE = "rapidgzip"
PACKAGES = ("rapidgzip",)
GZIP_HEADER = b"\x1f\x8b\x08" + bytes(6) + b"\xff"


def open(workload: Workload, folder: Path) -> Callable[[], Iterator[tuple[Any, Any]]]:  # noqa: A001 - every contender's
    """See ``benches.contenders``."""

    def inflate(member: Deflated) -> NDArray[np.uint8]:
        trailer = struct.pack("<II", member.crc32, member.size % 2**32)
        wrapped = io.BytesIO(GZIP_HEADER + member.stream + trailer)
        content = np.empty(member.size, np.uint8)
        # Faster than read(), and than a file descriptor in memory.
        with rapidgzip.open(wrapped, parallelization=workload.threads) as file:
            file.readinto(content.data)
        return content

    return zip_member.open_with(inflate, workload, folder)
