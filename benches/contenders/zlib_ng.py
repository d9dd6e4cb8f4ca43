"""zlib-ng through its wheel, ``zlib``'s interface."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from zlib_ng import zlib_ng

from benches.contenders import zip_member
from benches.workloads import Workload

TITLE = "zlib-ng"
PACKAGES = ("zlib-ng",)


def open(workload: Workload, folder: Path) -> Callable[[], Iterator[tuple[Any, Any]]]:  # noqa: A001 - every contender's
    """See ``benches.contenders``."""
    zip_member.refuse_threads(workload)
    return zip_member.open_with(lambda member: zlib_ng.decompress(member.stream, -15, member.size), workload, folder)
