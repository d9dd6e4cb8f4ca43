"""The official evaluation: AUC and accuracy, and the standard result file."""

import re
import time
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from medmnist_fast import _core
from medmnist_fast.catalog import INFO, SPLITS, check_flag, check_split, default_root, size_flag
from medmnist_fast.dataset import DATASETS
from medmnist_fast.files import SplitFile, new_file


class Metrics(NamedTuple):
    """Area under the ROC curve and accuracy, both in 0 to 1."""

    AUC: float
    ACC: float


class Evaluator:
    """Scores predictions for one split as ``medmnist.Evaluator`` does.

    Args:
        flag: the data set.
        split: ``"train"``, ``"val"`` or ``"test"``.
        size: of the file that the labels are read from; 28 by default.
        root: folder of the file; by default ``MEDMNIST_ROOT``, else ``~/.medmnist``.

    Raises:
        ValueError: no such flag, split or size, or labels that are not those of this data set.
        FileNotFoundError: no such file.
        NpzError: the file is damaged.
    """

    def __init__(self, flag: str, split: str, size: int | None = None, root: str | PathLike[str] | None = None) -> None:
        self.flag = check_flag(flag)
        self.split = check_split(split)
        self.size = DATASETS[flag].check_size(size)
        self.size_flag = size_flag(self.size)
        self.info = INFO[flag]
        self.root = Path(root) if root is not None else default_root()
        self.labels = SplitFile(self.root, flag, self.size, split).labels()

    def evaluate(self, y_score: Any, save_folder: str | PathLike[str] | None = None, run: str | None = None) -> Metrics:
        """AUC and ACC of ``y_score``.

        Multi-class and ordinal tasks: one column per class; the mean one-vs-rest AUC, and the largest score wins.
        Binary: the last column of one or two is the score of class 1, a yes above 0.5. Multi-label: one column per
        label, means over labels. The AUC is NaN if a class or label does not occur among the true ones, as for
        scikit-learn.

        Args:
            y_score: (N, columns), or (N,) for a binary task.
            save_folder: writes the standard result file there; the folder is made if it is missing.
            run: the part behind ``@`` in its name; by default the time.

        Raises:
            ValueError: wrong shape or NaN.
            FileExistsError: the result file is there already.
        """
        given = np.asarray(y_score)
        scores = given.reshape(-1, 1) if given.ndim == 1 else given
        allowed = [(len(self.labels), columns) for columns in self._columns()]
        if scores.shape not in allowed:
            raise ValueError(f"y_score of shape {given.shape}; expected {' or '.join(map(str, allowed))}")
        aucs, acc = _core.evaluate(
            self.info["task"],
            np.ascontiguousarray(self.labels, dtype=np.int64),
            np.ascontiguousarray(scores, dtype=np.float64),
        )
        metrics = Metrics(sum(aucs) / len(aucs), acc)
        if save_folder is not None:
            folder = Path(save_folder)
            folder.mkdir(parents=True, exist_ok=True)
            _write_result_file(folder / self.get_standard_evaluation_filename(metrics, run), scores)
        return metrics

    def _columns(self) -> list[int]:
        if self.info["task"] == "binary-class":
            return [1, 2]
        return [len(self.info["label"])]

    def get_standard_evaluation_filename(self, metrics: Metrics, run: str | None = None) -> str:
        """``{flag}{size_flag}_{split}_[AUC]0.xxx_[ACC]0.xxx@{run}.csv``."""
        values = "_".join(f"[{name}]{value:.3f}" for name, value in metrics._asdict().items())
        return f"{self.flag}{self.size_flag}_{self.split}_{values}@{time.time() if run is None else run}.csv"

    @classmethod
    def of_result_file(cls, path: str | PathLike[str], root: str | PathLike[str] | None = None) -> Self:
        """The evaluator that a standard result file's name asks for.

        Raises:
            ValueError: the name is not of the form ``{flag}{size_flag}_{split}….csv``.
        """
        flags, splits = ("|".join(names) for names in (INFO, SPLITS))
        match = re.fullmatch(rf"({flags})(?:_(\d+))?_({splits})(?:[_@].*)?\.csv", Path(path).name)
        if match is None:
            raise ValueError(
                f"{Path(path).name!r} is not named like a result file; expected FLAG[_SIZE]_SPLIT….csv, "
                "such as octmnist_test_[AUC]0.672_[ACC]0.892@3.csv"
            )
        flag, size, split = match.groups()
        return cls(flag, split, size=int(size) if size else None, root=root)

    @classmethod
    def parse_and_evaluate(
        cls, path: str | PathLike[str], run: str | None = None, root: str | PathLike[str] | None = None
    ) -> Metrics:
        """Score a standard result file: lines of sample index and scores, without a header.

        Args:
            path: the file; its name says which set and split it is for.
            run: writes the standard result file of that run beside it; by default nothing is written.
            root: folder of the data file.

        Raises:
            ValueError: the name, a number, the set of indices or the number of columns is wrong.
            OSError: a file cannot be read.
        """
        path = Path(path)
        evaluator = cls.of_result_file(path, root)
        scores = _read_result_file(path, len(evaluator.labels))
        try:
            return evaluator.evaluate(scores, None if run is None else path.parent, run)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error


def _write_result_file(path: Path, scores: NDArray[Any]) -> None:
    with new_file(path) as file:
        file.writelines(f"{index},{','.join(map(str, row))}\n".encode() for index, row in enumerate(scores))


def _read_result_file(path: Path, samples: int) -> NDArray[np.float64]:
    expected = "expected lines of index and scores, separated by commas"
    lines = path.read_text(encoding="utf-8").splitlines()
    if not any(line.strip() for line in lines):
        raise ValueError(f"{path}: the file is empty; {expected}")
    try:
        table = np.loadtxt(lines, delimiter=",", ndmin=2)
    except ValueError as error:
        raise ValueError(f"{path}: {error}; {expected}") from error
    if table.shape[1] < 2:
        raise ValueError(f"{path}: one column; {expected}")
    indices, scores = table[:, 0], table[:, 1:]
    order = np.argsort(indices, kind="stable")
    if len(indices) != samples or not np.array_equal(indices[order], np.arange(samples)):
        missing = ", ".join(map(str, np.setdiff1d(np.arange(samples), indices)[:5]))
        detail = f"; missing, for instance: {missing}" if missing else ""
        raise ValueError(f"{path}: {len(indices)} indices; expected each of 0 to {samples - 1} once{detail}")
    return scores[order]
