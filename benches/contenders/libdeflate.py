"""libdeflate through its wheel."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import deflate

from benches.contenders import zip_member
from benches.workloads import Workload

TITLE = "libdeflate (deflate)"
PACKAGES = ("deflate",)


def open(workload: Workload, folder: Path) -> Callable[[], Iterator[tuple[Any, Any]]]:  # noqa: A001 - every contender's
    """See ``benches.contenders``."""
    zip_member.refuse_threads(workload)
    return zip_member.open_with(lambda member: deflate.deflate_decompress(member.stream, member.size), workload, folder)
