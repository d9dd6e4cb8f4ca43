"""Decoded stores: where they are, and how they are made, found and removed.

A store is an official file decoded once: an ordinary ``.npz`` whose members are stored and page-aligned, so that its
images are mapped instead of read. ``numpy.load`` and ``medmnist`` open it as any other.
"""

import hashlib
from pathlib import Path

from medmnist_fast import _core
from medmnist_fast.progress import Report

FOLDER = "decoded"
"""Beside the official files."""

SUMS = ".sums.json"
SUFFIXES = ("", ".part", ".lock", SUMS)
"""A store; one on its way, or left by a process that was killed; what keeps a second writer away; sums of pixels."""


def beside(path: Path) -> Path:
    """Where the store of an official file is, if its folder can be written to."""
    return path.parent / FOLDER / path.name


def places(path: Path) -> list[Path]:
    """Where the store of an official file may be: beside it, else in the user's cache folder."""
    from platformdirs import user_cache_path

    # Files of the same name from two folders have two stores.
    origin = hashlib.sha256(str(path.parent.resolve()).encode()).hexdigest()[:16]
    return [beside(path), user_cache_path("medmnist_fast") / FOLDER / origin / path.name]


def find(path: Path) -> Path | None:
    """The store of an official file, if there is a valid one.

    Raises:
        OSError: the official file cannot be opened.
        NpzError: it is damaged.
    """
    archive = _core.Archive(path)
    return next((place for place in places(path) if archive.find_store(place) is not None), None)


def open_store(path: Path, report: Report | None = None) -> _core.Archive:
    """Open the store of an official file; make it first if there is no valid one.

    One process makes it, others wait for it. It is written under another name, synced and renamed; memory is bounded.

    Raises:
        OSError: the official file cannot be opened, or no store be written: for want of space, or of permission in both
            places. Nothing is left behind.
        NpzError: the official file is damaged.
    """
    # Most of the time it is there, and nothing else has to be looked up.
    found = _core.Archive(path).find_store(beside(path))
    return found or _core.Archive.open_store(path, places(path), _core.available_parallelism(), report)


def leftovers(path: Path) -> list[Path]:
    """All there is of stores of an official file, valid or not, which itself need not exist."""
    found = [place.with_name(place.name + suffix) for place in places(path) for suffix in SUFFIXES]
    return [file for file in found if file.is_file()]
