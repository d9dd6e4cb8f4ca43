"""Standard result files: CSV of sample index and scores, without a header, named for what they are about."""

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmnist_fast.catalog import INFO, SPLITS
from medmnist_fast.files import new_file

_NAME = re.compile(rf"({'|'.join(INFO)})(?:_(\d+))?_({'|'.join(SPLITS)}).*\.csv", re.DOTALL)


def parse_name(path: Path) -> tuple[str, str, int | None]:
    """Flag, split and size that a file's name says, ``None`` for 28.

    Raises:
        ValueError: the name is not of the form ``{flag}{size_flag}_{split}….csv``.
    """
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise ValueError(
            f"{path.name!r} is not named like a result file; expected FLAG[_SIZE]_SPLIT….csv, "
            "such as octmnist_test_[AUC]0.672_[ACC]0.892@3.csv"
        )
    flag, size, split = match.groups()
    return flag, split, int(size) if size else None


def write(path: Path, scores: NDArray[Any]) -> None:
    """Write ``scores`` (N, C), in the shortest form that reads back to the same numbers.

    Raises:
        FileExistsError: there is such a file; it is left alone.
    """
    with new_file(path) as file:
        file.writelines(f"{index},{','.join(map(str, row))}\n".encode() for index, row in enumerate(scores))


def read(path: Path, samples: int) -> NDArray[np.float64]:
    """The scores in the order of their indices, (samples, C); lines may be in any order.

    Raises:
        ValueError: there is text among the numbers, rows differ in length, or indices are not 0 to ``samples`` - 1.
        OSError: the file cannot be read.
    """
    expected = "expected lines of index and scores, separated by commas, without a header"
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not text; {expected}") from error
    if not any(line.strip() for line in lines):
        raise ValueError(f"{path}: the file is empty; {expected}")
    try:
        table = np.loadtxt(lines, delimiter=",", ndmin=2, comments=None)
    except ValueError as error:
        raise ValueError(f"{path}: {error}; {expected}") from error
    if table.shape[1] < 2:
        raise ValueError(f"{path}: one column; {expected}")
    indices, scores = table[:, 0], table[:, 1:]
    problems = _wrong_indices(indices, samples)
    if problems:
        raise ValueError(
            f"{path}: {len(indices)} indices; expected each of 0 to {samples - 1} once; for instance {problems}"
        )
    return scores[np.argsort(indices)]


def _wrong_indices(indices: NDArray[np.float64], samples: int) -> str:
    found, counts = np.unique(indices, return_counts=True)
    wrong = {
        "missing": np.setdiff1d(np.arange(samples), found),
        "repeated": found[counts > 1],
        "not among them": np.setdiff1d(found, np.arange(samples)),
    }
    return "; ".join(
        f"{kind}: {', '.join(f'{one:.15g}' for one in some[:5])}" for kind, some in wrong.items() if len(some)
    )
