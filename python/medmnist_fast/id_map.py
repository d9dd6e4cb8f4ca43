"""Where samples come from: the tables in which the authors of MedMNIST name the source of each."""

from os import PathLike
from pathlib import Path

from medmnist_fast.catalog import SPLITS

_COLUMNS = ("split", "index", "image_id")


def image_ids(path: str | PathLike[str], split: str, samples: int) -> list[str]:
    """Names in the source data set, of each sample of a split; see :meth:`MedMNIST.image_ids`."""
    import csv

    found: dict[int, str] = {}
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if not set(_COLUMNS) <= set(rows.fieldnames or ()):
            has = ",".join(rows.fieldnames or ()) or "nothing"
            raise ValueError(f"{path}: the first line is {has}; expected columns {','.join(_COLUMNS)}")
        for row in rows:
            name, number, image_id = (row[column] for column in _COLUMNS)
            place = f"{path}, line {rows.line_num}"
            if name not in SPLITS:
                raise ValueError(f"{place}: split {name!r}; expected {', '.join(SPLITS)}")
            if name != split:
                continue
            if not (number or "").isdecimal() or int(number) >= samples:
                raise ValueError(f"{place}: index {number!r} of {samples} samples; expected 0 to {samples - 1}")
            if not image_id:
                raise ValueError(f"{place}: no image_id; expected one")
            if int(number) in found:
                raise ValueError(f"{place}: index {number} comes twice; expected once")
            found[int(number)] = image_id
    missing = next((index for index in range(samples) if index not in found), None)
    if missing is not None:
        raise ValueError(f"{path}: no row for index {missing} of split {split!r}; expected all of 0 to {samples - 1}")
    return [found[index] for index in range(samples)]
