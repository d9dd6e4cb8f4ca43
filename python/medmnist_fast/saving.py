"""A data set as a folder of image files and a table of their labels."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from medmnist_fast import _core
from medmnist_fast.progress import show_progress

SPLIT_NAMES = {"train": "TRAIN", "val": "VALIDATION", "test": "TEST"}
"""How the table calls the splits, as Google's AutoML Vision wants it."""

FRAME_MILLISECONDS = 200

_AT_ONCE = 16 << 20
"""Bytes of pixels that are written in one go: about as often progress is shown, and Ctrl-C heard."""


def save(dataset: Any, folder: str | PathLike[str], postfix: str | None, *, write_csv: bool) -> None:
    """Write a data set's images, and its rows of the table; see :meth:`MedMNIST.save`."""
    images, labels = dataset.imgs, np.asarray(dataset.labels)
    if len(images) != len(labels):
        raise ValueError(f"{len(images)} images and {len(labels)} labels; allowed: as many of each")
    if images.dtype != np.uint8:
        raise TypeError(f"images of {images.dtype}; allowed: uint8")
    postfix = postfix or ("gif" if dataset.spatial_dims == 3 else "png")
    write = _writer(postfix, dataset.spatial_dims)
    name = f"{dataset.flag}{dataset.size_flag}"
    target = Path(folder) / name
    target.mkdir(parents=True, exist_ok=True)
    rows = [list(map(str, label)) for label in np.atleast_2d(labels.T).T.tolist()]
    files = [f"{dataset.split}{index}_{'_'.join(row)}.{postfix}" for index, row in enumerate(rows)]
    with show_progress(f"saving {dataset.split} to {target}") as report:
        step = max(1, _AT_ONCE * len(images) // max(1, images.nbytes))
        for start in range(0, len(images), step):
            part = slice(start, start + step)
            write(images[part], [target / file for file in files[part]])
            report(images[: part.stop].nbytes, images.nbytes)
    if write_csv:
        table = [
            f"{SPLIT_NAMES[dataset.split]},{file},{','.join(row)}\n" for file, row in zip(files, rows, strict=True)
        ]
        _replace_rows(target.with_name(f"{name}.csv"), dataset.split, "".join(table).encode())


def save_frames(frames: Sequence[Any], file: IO[bytes] | Path) -> None:
    """Write PIL images as a GIF that is played without end."""
    options = {"save_all": True, "append_images": frames[1:], "duration": FRAME_MILLISECONDS, "loop": 0}
    frames[0].save(file, format="GIF", **options)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of ``path`` when it is complete; until then, and after an error, that one stays."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _writer(postfix: str, spatial_dims: int) -> Callable[[NDArray[np.uint8], list[Path]], None]:
    """What writes some images to as many files."""
    if spatial_dims == 3:
        if postfix != "gif":
            raise ValueError(f"postfix {postfix!r}; allowed for volumes: 'gif'")
        return _write_volumes
    if postfix.lower() == "png":
        return _write_pngs
    from PIL import Image

    formats = {known[1:] for known, name in Image.registered_extensions().items() if name in Image.SAVE}
    if postfix.lower() not in formats:
        raise ValueError(
            f"postfix {postfix!r}; allowed: one that Pillow writes, without a dot: {', '.join(sorted(formats))}"
        )
    return _write_images


def _write_pngs(images: NDArray[np.uint8], paths: list[Path]) -> None:
    _core.write_pngs(np.ascontiguousarray(images), paths, _core.available_parallelism())


def _write_images(images: NDArray[np.uint8], paths: list[Path]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from PIL import Image

    def write(pixels: NDArray[np.uint8], path: Path) -> None:
        Image.fromarray(pixels).save(path)

    with ThreadPoolExecutor(_core.available_parallelism()) as pool:
        # To raise what one of them raised.
        list(pool.map(write, images, paths))


def _write_volumes(volumes: NDArray[np.uint8], paths: list[Path]) -> None:
    from PIL import Image

    # One after the other: most of Pillow's work on a GIF is Python's.
    for path, volume in zip(paths, volumes, strict=True):
        save_frames([Image.fromarray(frame) for frame in volume], path)


def _replace_rows(path: Path, split: str, rows: bytes) -> None:
    """Put rows of the table in the place of those that are there for the split; all others stay as they are."""
    known = re.compile(rf"{SPLIT_NAMES[split]},{split}\d+_[^,/]*,[\d,]+\s*".encode())
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    at = next((number for number, line in enumerate(lines) if known.fullmatch(line)), len(lines))
    before, behind = lines[:at], [line for line in lines[at:] if not known.fullmatch(line)]
    if before and not before[-1].endswith(b"\n"):
        before.append(b"\n")
    with replacing(path) as file:
        file.writelines([*before, rows, *behind])
