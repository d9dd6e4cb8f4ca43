"""Whether an official file is what it should be: checksums, counts, shapes; and what is remarkable about its images."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from medmnist_fast import _core, store
from medmnist_fast.catalog import INFO, SPLITS, size_flag
from medmnist_fast.checksums import md5
from medmnist_fast.dataset import DATASETS
from medmnist_fast.progress import Report


@dataclass
class Verification:
    """What was found; made by :func:`verify`.

    Attributes:
        problems: sentences; none if the file is right.
        blank: ``(split, index)`` of each image whose pixels are all the same.
        duplicates: groups of two and more ``(split, index)`` with identical images, within and across splits.
        facts: split to shape of its images, for those that could be read.
    """

    problems: list[str] = field(default_factory=list)
    blank: list[tuple[str, int]] = field(default_factory=list)
    duplicates: list[list[tuple[str, int]]] = field(default_factory=list)
    facts: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def across_splits(self) -> list[list[tuple[str, int]]]:
        """The duplicates that are in more than one split: a test image that was trained on."""
        return [group for group in self.duplicates if len({split for split, _ in group}) > 1]


def verify(path: Path, flag: str, size: int, step: Callable[[str], Report]) -> Verification:
    """Check a file, which is read twice, once as it is and once decoded, in bounded memory; and its decoded store.

    Args:
        path: the file.
        flag: the data set that it should be.
        size: its pixels per side.
        step: called with the name of each step; returns what is told of its progress.

    Raises:
        OSError: the file cannot be read.
    """
    found = Verification()
    expected = INFO[flag][f"MD5{size_flag(size)}"]
    actual = md5(path, step("MD5"))
    if actual != expected:
        found.problems.append(f"MD5 is {actual}, that of the official file is {expected}")
    try:
        archive = _core.Archive(path)
    except _core.NpzError as error:
        found.problems.append(str(error))
        return found
    names = [f"{split}_{kind}" for split in SPLITS for kind in ("images", "labels")]
    found.problems.extend(f"member {name!r} is missing" for name in names if name not in archive.names())
    found.problems.extend(
        f"member {name!r} is not one of the official ones" for name in archive.names() if name not in names
    )
    seen: dict[int, list[tuple[str, int]]] = {}
    for name in archive.names():
        try:
            found.problems.extend(_shape_problems(archive, name, flag, size))
            if not name.endswith("_images"):
                archive.verify(name, 1, step(name))
                continue
            split = name.removesuffix("_images")
            found.facts[split] = archive.entry(name)[1]
            for index, (digest, is_blank) in enumerate(archive.digests(name, step(name))):
                seen.setdefault(digest, []).append((split, index))
                if is_blank:
                    found.blank.append((split, index))
        except ValueError as error:
            found.problems.append(str(error))
    found.duplicates = [group for group in seen.values() if len(group) > 1]
    found.problems.extend(_store_problems(path, archive, step))
    return found


def _store_problems(path: Path, archive: _core.Archive, step: Callable[[str], Report]) -> Iterator[str]:
    """Damage in the decoded store, if there is one, that came without a write: it has the time that it should have."""
    for place in store.places(path):
        decoded = archive.find_store(place)
        if decoded is None:
            continue
        for name in decoded.names():
            try:
                decoded.verify(name, 1, step(f"decoded {name}"))
            except ValueError as error:
                yield f"{error}; `clean --decoded` removes the store"


def _shape_problems(archive: _core.Archive, name: str, flag: str, size: int) -> Iterator[str]:
    split, _, kind = name.rpartition("_")
    if split not in SPLITS or kind not in {"images", "labels"}:
        return
    facts, shape = archive.entry(name)
    info = INFO[flag]
    if kind == "images":
        channels = (3,) if info["n_channels"] == 3 else ()
        expected = (info["n_samples"][split], *(size,) * DATASETS[flag].spatial_dims, *channels)
    else:
        columns = len(info["label"]) if info["task"] == "multi-label, binary-class" else 1
        expected = (info["n_samples"][split], columns)
    if shape != expected:
        yield f"{name} has shape {shape}, that of the official file is {expected}"
    if kind == "images" and facts["descr"] != "|u1":
        yield f"{name} has dtype {facts['descr']}, that of the official file is |u1"
