"""One file or several at once, from the network or from a folder."""

import errno
import queue
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Literal

from medmnist_fast._core import NpzError
from medmnist_fast.catalog import INFO, check_flag, default_root, file_name
from medmnist_fast.checks import whole_number
from medmnist_fast.checksums import Show, stamp
from medmnist_fast.dataset import DATASETS
from medmnist_fast.download.addresses import address
from medmnist_fast.download.locking import lock
from medmnist_fast.download.partial import Origin, PartialFile
from medmnist_fast.download.transfer import transfer
from medmnist_fast.official import OfficialFile
from medmnist_fast.progress import Report, show_progress

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Outcome:
    """What became of a file.

    Attributes:
        file: which one.
        status: ``"present"``: it was there already.
        error: why it failed.
    """

    file: OfficialFile
    status: Literal["downloaded", "imported", "present", "failed"]
    error: Exception | None = None


class _Stopped(Exception):  # noqa: N818 - no error
    """Nobody waits for the file any more."""


class _Stop:
    """Waiting that can be ended from outside."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def pause(self, seconds: float) -> None:
        if self._event.wait(seconds) if seconds else self._event.is_set():
            raise _Stopped


def fetch(
    flag: str,
    size: int | None = None,
    root: str | PathLike[str] | None = None,
    *,
    url_template: str | None = None,
    force: bool = False,
) -> Path:
    """Download an official file unless it is there.

    A file that is there is hashed, a large one only if it changed since the last time.

    Args:
        flag: the data set.
        size: pixels per side, 28 by default.
        root: the folder, which is made if it is missing; by default ``MEDMNIST_ROOT``, else ``~/.medmnist``.
        url_template: address of a mirror, such as ``https://example.org/medmnist/{filename}``, with the fields
            ``{flag}``, ``{size}`` and ``{filename}``; by default ``MEDMNIST_MIRROR``, else Zenodo.
        force: replaces a file that is there if its MD5 is not the official one.

    Returns:
        Where it is.

    Raises:
        ValueError: no such flag, size or template. Without ``force``, NpzError: another file is there; it stays.
        DownloadError: an OSError; the server refuses the file, does not answer, or sends other bytes.
        OSError: no room, or the folder cannot be written to.
    """
    file = _file(flag, size, root)
    url = address(file, url_template)
    _download(file, url, force=force, show=show_progress, stop=_Stop())
    return file.path


def fetch_all(
    files: Iterable[tuple[str, int]],
    root: str | PathLike[str] | None = None,
    *,
    url_template: str | None = None,
    force: bool = False,
    jobs: int = 3,
    show: Show = show_progress,
) -> Iterator[Outcome]:
    """Download several official files, each as by :func:`fetch`; one that fails does not keep the others back.

    Args:
        files: flag and size of each.
        root: the folder.
        url_template: address of a mirror.
        force: replaces files whose MD5 is not the official one.
        jobs: files that are downloaded at once, 1 to 8.
        show: called with what is done to a file; gives what is told of its progress.

    Yields:
        What became of each, in the order in which they are done.

    Raises:
        ValueError: no such flag, size, template or number of jobs.
    """
    number = whole_number("jobs", jobs, 1, 8)
    wanted = [_file(flag, size, root) for flag, size in files]
    urls = {file: address(file, url_template) for file in wanted}

    def download(file: OfficialFile, stop: _Stop) -> Outcome:
        return _outcome(file, lambda: _download(file, urls[file], force=force, show=show, stop=stop))

    return _at_once(wanted, download, number)


def import_folder(
    folder: str | PathLike[str],
    root: str | PathLike[str] | None = None,
    *,
    files: Iterable[tuple[str, int]] | None = None,
    force: bool = False,
    show: Show = show_progress,
) -> Iterator[Outcome]:
    """Copy official files from a folder, such as a disk that was carried to a machine without network.

    Args:
        folder: has files under their official names; others in it are left alone.
        root: where they are copied to, made if it is missing; by default ``MEDMNIST_ROOT``, else ``~/.medmnist``.
        files: flag and size of those to copy; by default all official ones that are there.
        force: replaces files whose MD5 is not the official one.
        show: called with what is done to a file; gives what is told of its progress.

    Yields:
        What became of each. One that is not there, or whose MD5 is not the official one, fails and is not copied.

    Raises:
        ValueError: no such flag or size.
        FileNotFoundError: there is no official file in the folder.
    """
    source = Path(folder)
    if files is None:
        known = [(flag, size) for flag in INFO for size in DATASETS[flag].available_sizes]
        files = [(flag, size) for flag, size in known if (source / file_name(flag, size)).is_file()]
        if not files:
            raise FileNotFoundError(f"there is no official file in {source}")
    wanted = [_file(flag, size, root) for flag, size in files]

    def copy(file: OfficialFile) -> Outcome:
        return _outcome(file, lambda: _import(file, source / file.name, force=force, show=show))

    return map(copy, wanted)


def _file(flag: str, size: int | None, root: str | PathLike[str] | None) -> OfficialFile:
    pixels = DATASETS[check_flag(flag)].check_size(size)
    return OfficialFile(flag, pixels, Path(root) if root is not None else default_root())


def _outcome(file: OfficialFile, obtain: Callable[[], Literal["downloaded", "imported", "present"]]) -> Outcome:
    try:
        return Outcome(file, obtain())
    except (OSError, ValueError, ImportError) as error:
        return Outcome(file, "failed", error)


def _download(
    file: OfficialFile, url: str, *, force: bool, show: Show, stop: _Stop
) -> Literal["downloaded", "present"]:
    def write(part: PartialFile, report: Report) -> None:
        transfer(url, part, file.root, file.md5, report, stop.pause)

    is_new = _obtain(file, write, f"downloading {file.name}", force=force, show=show, stop=stop)
    return "downloaded" if is_new else "present"


def _import(file: OfficialFile, source: Path, *, force: bool, show: Show) -> Literal["imported", "present"]:
    def write(part: PartialFile, report: Report) -> None:
        total, free = source.stat().st_size, shutil.disk_usage(file.root).free
        if total > free:
            raise OSError(errno.ENOSPC, f"{source} has {total} bytes, {free} are free in {file.root}")
        part.restart()
        part.begin(Origin(str(source), ""))
        with source.open("rb") as content:
            while chunk := content.read(_CHUNK):
                part.write(chunk)
                report(part.size, total)
        if part.md5 != file.md5:
            found = part.md5
            part.restart()
            raise ValueError(f"{source}: corrupt: expected MD5 {file.md5}, got {found}; it was not copied")

    is_new = _obtain(file, write, f"copying {file.name}", force=force, show=show, stop=_Stop())
    return "imported" if is_new else "present"


def _obtain(
    file: OfficialFile,
    write: Callable[[PartialFile, Report], None],
    text: str,
    *,
    force: bool,
    show: Show,
    stop: _Stop,
) -> bool:
    """Have ``write`` make the file unless it is there; whether it was made."""
    if _is_there(file, force=force, show=show):
        return False
    file.root.mkdir(parents=True, exist_ok=True)
    with show(text) as report:

        def wait(seconds: float) -> None:
            report(0, 0)
            stop.pause(seconds)

        with lock(file.path.with_name(f"{file.name}.lock"), wait):
            # Who waited for the lock finds what the other process made.
            if _is_there(file, force=force, show=lambda _: nullcontext(report)):
                return False
            with PartialFile(file.path) as part:
                write(part, report)
                part.finish()
            stamp(file.path, file.md5)
    return True


def _is_there(file: OfficialFile, *, force: bool, show: Show) -> bool:
    try:
        corruption = file.corruption(show)
    except FileNotFoundError:
        return False
    if corruption is not None and not force:
        raise NpzError(f"{file.path}: {corruption}")
    return corruption is None


def _at_once(
    files: list[OfficialFile], work: Callable[[OfficialFile, _Stop], Outcome], threads: int
) -> Iterator[Outcome]:
    """``work`` on each file, on a few threads; what it raises is raised here."""
    waiting: queue.SimpleQueue[OfficialFile] = queue.SimpleQueue()
    done: queue.SimpleQueue[Outcome | BaseException] = queue.SimpleQueue()
    stop = _Stop()
    for file in files:
        waiting.put(file)

    def run() -> None:
        with suppress(queue.Empty, _Stopped):
            while True:
                stop.pause(0)
                done.put(work(waiting.get_nowait(), stop))

    def run_or_tell() -> None:
        try:
            run()
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that asks
            done.put(error)

    # As daemons: one that waits for a server does not keep the process from ending.
    workers = [threading.Thread(target=run_or_tell, daemon=True) for _ in range(min(threads, len(files)))]
    for worker in workers:
        worker.start()
    try:
        for _ in files:
            outcome = done.get()
            if isinstance(outcome, BaseException):
                raise outcome
            yield outcome
    finally:
        stop.set()
        for worker in workers:
            worker.join(timeout=1)
