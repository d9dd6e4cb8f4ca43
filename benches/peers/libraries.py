"""Libraries of the system that a peer is built with, as FFCV is from its sdist."""

import shutil
import subprocess
from collections.abc import Iterable


def missing(names: Iterable[str]) -> list[str]:
    """Those that ``pkg-config`` does not know; all of them where there is no ``pkg-config``."""
    tool = shutil.which("pkg-config")
    return [name for name in names if tool is None or subprocess.run([tool, "--exists", name], check=False).returncode]


def apt_get(packages: Iterable[str]) -> bool:
    """Let ``apt-get`` install Debian's packages; whether it did."""
    tool = shutil.which("apt-get")
    return (
        tool is not None
        and not subprocess.run([tool, "install", "--yes", "--no-install-recommends", *packages], check=False).returncode
    )
