"""MD5 of official files, and stamps that save hashing gigabytes again."""

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from medmnist_fast.progress import Report, show_progress

Show = Callable[[str], AbstractContextManager[Report]]
"""Called with what is being done; gives what is told of its progress."""

STAMP_ABOVE = 16 << 20
"""Bytes up to which a file gets no stamp: it is hashed in less than a tenth of a second."""

_CHUNK = 1 << 20


def md5(path: Path, report: Report) -> str:
    """MD5 of a file, in hexadecimal digits.

    Raises:
        OSError: it cannot be read.
    """
    digest, done, total = hashlib.md5(usedforsecurity=False), 0, path.stat().st_size
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            report(done, total)
    return digest.hexdigest()


def wrong_md5(path: Path, expected: str, show: Show = show_progress) -> str | None:
    """The MD5 of a file if it is not the expected one, else None.

    A large file whose MD5 was right gets a stamp beside it, or in the user's cache folder if its own cannot be written
    to. While size and time of modification are those of the stamp, it is not hashed again.

    Raises:
        OSError: it cannot be read.
    """
    before = path.stat()
    if before.st_size <= STAMP_ABOVE:
        found = md5(path, lambda *_: None)
        return None if found == expected else found
    stamp = _stamp(before, expected)
    if any(_read(place) == stamp for place in stamp_places(path)):
        return None
    with show(f"checking {path.name}") as report:
        found = md5(path, report)
    if found != expected:
        return found
    after = path.stat()
    if _stamp(after, expected) == stamp:
        _write(path, stamp)
    return None


def stamp(path: Path, md5: str) -> None:
    """Note that a file, as it is now, has this MD5."""
    status = path.stat()
    if status.st_size > STAMP_ABOVE:
        _write(path, _stamp(status, md5))


def stamp_places(path: Path) -> list[Path]:
    """Where the stamp of a file may be: beside it, else in the user's cache folder."""
    from platformdirs import user_cache_path

    name = f".{path.name}.md5.json"
    # Files of the same name from two folders have two stamps.
    origin = hashlib.sha256(str(path.parent.resolve()).encode()).hexdigest()[:16]
    return [path.with_name(name), user_cache_path("medmnist_fast") / "md5" / origin / name]


def _stamp(status: os.stat_result, expected: str) -> str:
    return json.dumps({"size": status.st_size, "mtime_ns": status.st_mtime_ns, "md5": expected})


def _read(place: Path) -> str | None:
    try:
        return place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _write(path: Path, text: str) -> None:
    beside, cached = stamp_places(path)
    # Without a stamp all works, only slower. Half of one is none: it is compared as a whole.
    try:
        beside.write_text(text, encoding="utf-8")
    except OSError:
        with suppress(OSError):
            cached.parent.mkdir(parents=True, exist_ok=True)
            cached.write_text(text, encoding="utf-8")
