"""One writer among threads and processes."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_TURN = 0.1
"""Seconds between two tries to get a lock."""

if sys.platform == "win32":
    import msvcrt

    def _is_locked(file: IO[bytes]) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:
    import fcntl

    def _is_locked(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def lock(path: Path, pause: Callable[[float], None]) -> Iterator[None]:
    """Hold the lock file ``path``, which is made for it and removed again.

    The system releases the lock of a process that dies; what is left of its file keeps nobody out.

    Args:
        path: the lock file.
        pause: waits for so many seconds while another holds it; what it raises ends the wait.

    Raises:
        OSError: the file cannot be made, or its file system has no locks.
    """
    while True:
        file = path.open("ab")
        if _is_locked(file) and _is_current(file, path):
            break
        file.close()
        pause(_TURN)
    try:
        yield
    finally:
        # While it is held: who locks the removed file next finds that it is not the current one. (Windows removes no
        # file that another has open; then the last one does.)
        with suppress(OSError):
            path.unlink()
        file.close()


def _is_current(file: IO[bytes], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
