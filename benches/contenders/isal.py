"""Intel's ISA-L through its wheel, ``zlib``'s interface."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from isal import isal_zlib

from benches.contenders import zip_member
from benches.workloads import Workload

TITLE = "ISA-L (isal)"
PACKAGES = ("isal",)


def open(workload: Workload, folder: Path) -> Callable[[], Iterator[tuple[Any, Any]]]:  # noqa: A001 - every contender's
    """See ``benches.contenders``."""
    zip_member.refuse_threads(workload)
    return zip_member.open_with(lambda member: isal_zlib.decompress(member.stream, -15, member.size), workload, folder)
