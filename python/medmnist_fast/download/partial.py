"""What has arrived of a file so far, under a name of its own until it is whole and right."""

import hashlib
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

SUFFIXES = (".part", ".part.json", ".lock")
"""What has arrived; where it came from; what keeps a second writer away."""

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Origin:
    """Where bytes came from.

    Attributes:
        url: the address.
        validator: the server's ETag, or else its date, of the file that they are of; empty if it gave none.
    """

    url: str
    validator: str


class PartialFile:
    """``FILE.part``, hashed as it is written, and ``FILE.part.json``, which says where it came from.

    What an earlier process left is read again, so that it is part of the hash.

    Args:
        path: the file that it will be.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._target = path
        self._path, self._note = (path.with_name(path.name + suffix) for suffix in SUFFIXES[:2])
        self._path.touch()
        # Unbuffered: what has arrived survives the process.
        self._file = self._path.open("r+b", buffering=0)
        self._digest = hashlib.md5(usedforsecurity=False)
        self.size = 0
        while chunk := self._file.read(_CHUNK):
            self._count(chunk)
        self.origin = self._read_origin()
        self._responses = 1 if self.size else 0

    @property
    def md5(self) -> str:
        """Of what has arrived."""
        return self._digest.hexdigest()

    @property
    def is_of_several_responses(self) -> bool:
        """Whether its bytes may be those of several files."""
        return self._responses > 1

    def begin(self, origin: Origin) -> None:
        """What is written from now on is of another response."""
        self._responses += 1
        if origin != self.origin:
            self._note.write_text(json.dumps(asdict(origin)), encoding="utf-8")
            self.origin = origin

    def write(self, chunk: bytes) -> None:
        """Append. Raises OSError."""
        rest = memoryview(chunk)
        while rest:
            written = self._file.write(rest)
            self._count(rest[:written])
            rest = rest[written:]

    def restart(self) -> None:
        """Forget what has arrived."""
        self._file.seek(0)
        self._file.truncate()
        self._digest = hashlib.md5(usedforsecurity=False)
        self.size = self._responses = 0

    def finish(self) -> None:
        """Make it the file, on the disk too. Raises OSError."""
        os.fsync(self._file.fileno())
        self.close()
        self._path.replace(self._target)
        self._note.unlink(missing_ok=True)
        if sys.platform != "win32":
            folder = os.open(self._target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def discard(self) -> None:
        """Remove it."""
        self.close()
        self._path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def close(self) -> None:
        """Close it and keep it."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        # Nothing came: nothing to go on from.
        if not self.size and error is not None:
            self.discard()

    def _count(self, chunk: bytes | memoryview) -> None:
        self._digest.update(chunk)
        self.size += len(chunk)

    def _read_origin(self) -> Origin | None:
        """None if there is no note, or half of one: what is missing is then asked for without it."""
        try:
            origin = Origin(**json.loads(self._note.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
        is_header = isinstance(origin.validator, str) and origin.validator.isascii() and origin.validator.isprintable()
        return origin if is_header else None
