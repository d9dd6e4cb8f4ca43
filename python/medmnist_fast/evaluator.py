"""The official evaluation: AUC and accuracy, and the standard result file; reports and comparisons beside it."""

import time
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from medmnist_fast import _core
from medmnist_fast.catalog import INFO, check_flag, check_split, default_root, file_name, size_flag
from medmnist_fast.dataset import DATASETS
from medmnist_fast.evaluation import result_files
from medmnist_fast.evaluation.report import Bootstrap, Comparison, Report, compare, report
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
        size: of the file that the labels are read from; 28 by default. They are the same at every size, so without that
            file any other size of the data set serves.
        root: folder of the file; by default ``MEDMNIST_ROOT``, else ``~/.medmnist``.

    Raises:
        ValueError: no such flag, split or size, or labels that are not those of this data set.
        FileNotFoundError: no file of this data set.
        NpzError: the file is damaged.
    """

    def __init__(
        self, flag: str, split: str, size: int | str | None = None, root: str | PathLike[str] | None = None
    ) -> None:
        self.flag = check_flag(flag)
        self.split = check_split(split)
        self.size = DATASETS[flag].check_size(size)
        self.size_flag = size_flag(self.size)
        self.info = INFO[flag]
        self.root = root if root is not None else default_root()
        folder = Path(self.root)
        sizes = (self.size, *DATASETS[flag].available_sizes)
        local = next((size for size in sizes if (folder / file_name(flag, size)).exists()), self.size)
        self.labels = SplitFile(folder, flag, local, split).labels()

    def evaluate(self, y_score: Any, save_folder: str | PathLike[str] | None = None, run: str | None = None) -> Metrics:
        """AUC and ACC of ``y_score``.

        Multi-class and ordinal tasks: one column per class; the mean one-vs-rest AUC, and the largest score wins.
        Binary: the last column of one or two is the score of class 1, a yes above 0.5. Multi-label: one column per
        label, means over labels. The AUC is NaN if a class or label does not occur among the true ones, as for
        scikit-learn.

        Args:
            y_score: (N, columns), or (N,) for a binary task; an array, a tensor on the CPU, or lists.
            save_folder: writes the standard result file there; the folder is made if it is missing.
            run: the part behind ``@`` in its name; by default the time.

        Raises:
            TypeError: no numbers.
            ValueError: wrong shape or NaN.
            FileExistsError: the result file is there already.
        """
        scores = self._scores(y_score)
        aucs, acc = _core.evaluate(self.info["task"], self._labels(), _doubles(scores))
        metrics = Metrics(sum(aucs) / len(aucs), acc)
        if save_folder is not None:
            folder = Path(save_folder)
            folder.mkdir(parents=True, exist_ok=True)
            result_files.write(folder / self.get_standard_evaluation_filename(metrics, run), scores)
        return metrics

    def report(self, y_score: Any, *, bootstrap: int = 0, seed: int = 0, confidence: float = 0.95) -> Report:
        """Per-class AUC, balanced accuracy, F1, kappa, average precision, calibration error and confusion matrix.

        Args:
            y_score: as for :meth:`evaluate`.
            bootstrap: resamples for confidence intervals, up to 100,000; 0 for none.
            seed: of the resamples, 0 to 2⁶⁴ - 1; the same seed gives the same intervals on any number of threads.
            confidence: of the intervals, between 0 and 1.

        Raises:
            TypeError: no numbers.
            ValueError: wrong shape, NaN, or an option outside its range.
        """
        options = Bootstrap(bootstrap, seed, confidence)
        return report(self.info["task"], self._names(), self._labels(), _doubles(self._scores(y_score)), options)

    def compare(
        self, y_score: Any, other: Any, *, bootstrap: int = 1000, seed: int = 0, confidence: float = 0.95
    ) -> Comparison:
        """Compare two models by a paired bootstrap: both are scored on the same resamples.

        Args:
            y_score: of the first model, as for :meth:`evaluate`.
            other: of the second.
            bootstrap: resamples, 1 to 100,000.
            seed: as for :meth:`report`.
            confidence: likewise.

        Raises:
            TypeError: no numbers.
            ValueError: wrong shape, NaN, or an option outside its range.
        """
        options = Bootstrap(bootstrap, seed, confidence)
        first, second = (_doubles(self._scores(scores)) for scores in (y_score, other))
        return compare(self.info["task"], self._names(), self._labels(), (first, second), options)

    def get_standard_evaluation_filename(self, metrics: Metrics, run: str | None = None) -> str:
        """``{flag}{size_flag}_{split}_[AUC]0.xxx_[ACC]0.xxx@{run}.csv``."""
        values = "_".join(f"[{name}]{value:.3f}" for name, value in metrics._asdict().items())
        return f"{self.flag}{self.size_flag}_{self.split}_{values}@{time.time() if run is None else run}.csv"

    def get_dummy_prediction(self, rng: np.random.Generator | int | None = None) -> NDArray[np.float64]:
        """Random scores that :meth:`evaluate` accepts, 0 to 1; those of several classes sum to 1.

        Args:
            rng: a generator, or the seed of one; by default other scores at every call.

        Returns:
            float64, (N, number of classes); (N, 1) for a binary task.
        """
        dummy = np.random.default_rng(rng).random((len(self.labels), self._columns()[0]))
        has_classes = self.info["task"] in {"multi-class", "ordinal-regression"}
        return dummy / dummy.sum(1, keepdims=True) if has_classes else dummy

    @classmethod
    def of_result_file(cls, path: str | PathLike[str], root: str | PathLike[str] | None = None) -> Self:
        """The evaluator that a standard result file's name asks for.

        Raises:
            ValueError: the name is not of the form ``{flag}{size_flag}_{split}….csv``.
        """
        flag, split, size = result_files.parse_name(Path(path))
        return cls(flag, split, size=size, root=root)

    def read_result_file(self, path: str | PathLike[str]) -> NDArray[np.float64]:
        """The scores of a standard result file, (N, columns): lines of sample index and scores, without a header.

        Raises:
            ValueError: a number, the set of indices or the number of columns is wrong.
            OSError: the file cannot be read.
        """
        path = Path(path)
        scores = result_files.read(path, len(self.labels))
        try:
            self._scores(scores)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
        if np.isnan(scores).any():
            row, column = np.argwhere(np.isnan(scores))[0]
            raise ValueError(f"{path}: score {column} of sample {row} is NaN; allowed: numbers")
        return scores

    @classmethod
    def parse_and_evaluate(
        cls, path: str | PathLike[str], run: str | None = None, root: str | PathLike[str] | None = None
    ) -> Metrics:
        """Score a standard result file.

        Args:
            path: the file; its name says which set and split it is for.
            run: writes the standard result file of that run beside it; by default nothing is written.
            root: folder of the data file.

        Raises:
            ValueError: the name, a number, the set of indices or the number of columns is wrong.
            OSError: a file cannot be read, or the one to write is there already.
        """
        evaluator = cls.of_result_file(path, root)
        return evaluator.evaluate(evaluator.read_result_file(path), None if run is None else Path(path).parent, run)

    def _scores(self, y_score: Any) -> NDArray[Any]:
        scores = _numbers("y_score", y_score)
        allowed = [(len(self.labels), columns) for columns in self._columns()]
        if (column := _column(scores)).shape not in allowed:
            raise ValueError(f"y_score of shape {scores.shape}; expected {' or '.join(map(str, allowed))}")
        return column

    def _labels(self) -> NDArray[np.int64]:
        return np.ascontiguousarray(self.labels, dtype=np.int64)

    def _names(self) -> list[str]:
        return list(self.info["label"].values())

    def _columns(self) -> list[int]:
        return [1, 2] if self.info["task"] == "binary-class" else [len(self.info["label"])]


def getAUC(y_true: Any, y_score: Any, task: str) -> float:  # noqa: N802, medmnist's name
    """The AUC that :meth:`Evaluator.evaluate` gives.

    Args:
        y_true: whole numbers, (N, labels), or (N,) for one label.
        y_score: (N, columns), or (N,) for one column.
        task: as in ``INFO[flag]["task"]``.

    Raises:
        TypeError: no numbers.
        ValueError: the shapes do not fit, a label is no whole number, a score is NaN, or no such task.
    """
    aucs, _ = _evaluate(y_true, y_score, task, 0.5)
    return sum(aucs) / len(aucs)


def getACC(y_true: Any, y_score: Any, task: str, threshold: float = 0.5) -> float:  # noqa: N802, medmnist's name
    """The accuracy that :meth:`Evaluator.evaluate` gives; see :func:`getAUC`.

    Args:
        y_true: likewise.
        y_score: likewise.
        task: likewise.
        threshold: above which a score is a yes, in multi-label and binary tasks.

    Raises:
        TypeError: no numbers.
        ValueError: likewise.
    """
    return _evaluate(y_true, y_score, task, threshold)[1]


def save_results(y_true: Any, y_score: Any, outputpath: str | PathLike[str]) -> None:
    """Write labels beside scores: a CSV with the header ``id,true_0,…,score_0,…``, in UTF-8 with a byte order mark.

    Args:
        y_true: (N, labels), or (N,).
        y_score: (N, columns), or (N,).
        outputpath: the file.

    Raises:
        TypeError: no numbers.
        ValueError: not as many rows of each.
        FileExistsError: there is such a file; it is left alone.
    """
    columns = {"true": _column(_numbers("y_true", y_true)), "score": _column(_numbers("y_score", y_score))}
    truth, scores = columns.values()
    if truth.ndim != 2 or scores.ndim != 2 or len(truth) != len(scores):
        raise ValueError(_misfit(truth, scores))
    header = [f"{name}_{index}" for name, array in columns.items() for index in range(array.shape[1])]
    with new_file(Path(outputpath)) as file:
        file.write(f"{','.join(['id', *header])}\n".encode("utf-8-sig"))
        rows = enumerate(zip(truth, scores, strict=True))
        file.writelines(f"{index},{','.join(map(str, [*true, *score]))}\n".encode() for index, (true, score) in rows)


def _evaluate(y_true: Any, y_score: Any, task: str, threshold: float) -> tuple[list[float], float]:
    truth, scores = _column(_numbers("y_true", y_true)), _column(_numbers("y_score", y_score))
    if not (np.isfinite(truth).all() and np.array_equal(np.trunc(truth), truth)):
        raise ValueError("y_true has fractions or NaN; allowed: whole numbers")
    several = task == "multi-label, binary-class"
    if (
        not truth.size
        or truth.ndim != 2
        or scores.ndim != 2
        or len(truth) != len(scores)
        or truth.shape[1] != (scores.shape[1] if several else 1)
    ):
        raise ValueError(_misfit(truth, scores))
    return _core.evaluate(task, np.ascontiguousarray(truth, dtype=np.int64), _doubles(scores), threshold)


def _misfit(truth: NDArray[Any], scores: NDArray[Any]) -> str:
    return (
        f"y_true of shape {truth.shape} and y_score of shape {scores.shape}; expected as many rows of each, "
        "and one label per row, or as many as scores in a multi-label task"
    )


def _numbers(name: str, values: Any) -> NDArray[Any]:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} has elements of type {array.dtype}; allowed: numbers")
    return array.astype(np.uint8) if array.dtype.kind == "b" else array


def _column(array: NDArray[Any]) -> NDArray[Any]:
    return array.reshape(-1, 1) if array.ndim == 1 else array


def _doubles(scores: NDArray[Any]) -> NDArray[np.float64]:
    return np.ascontiguousarray(scores, dtype=np.float64)
