"""What there is to say of a model's scores, with intervals from a bootstrap."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from medmnist_fast import _core
from medmnist_fast.checks import whole_number

SUMMARY = (
    "AUC",
    "ACC",
    "balanced_accuracy",
    "f1_macro",
    "f1_micro",
    "quadratic_weighted_kappa",
    "average_precision",
    "expected_calibration_error",
)
PER_CLASS = ("AUC", "average_precision", "f1")


class Interval(NamedTuple):
    """Ends of a confidence interval."""

    low: float
    high: float


@dataclass(frozen=True)
class ClassScores:
    """One class against the rest, or one label of a multi-label task.

    Attributes:
        name: of the class.
        support: samples that have it.
        AUC: area under its ROC curve, 0 to 1; NaN if no sample has it, or every one.
        average_precision: 0 to 1; NaN if no sample has it.
        f1: 0 to 1; NaN if no sample has it and none is said to.
        intervals: of the three, by name; empty without a bootstrap.
    """

    name: str
    support: int
    AUC: float
    average_precision: float
    f1: float
    intervals: dict[str, Interval]


@dataclass(frozen=True)
class Report:
    """All that :meth:`Evaluator.report` says. Values are those of scikit-learn's functions to 1e-12.

    Attributes:
        n_samples: number of samples.
        AUC: as :meth:`Evaluator.evaluate` gives it, 0 to 1; NaN if a class is absent.
        ACC: likewise, 0 to 1.
        balanced_accuracy: mean recall of the classes that occur; multi-label: mean over labels of that.
        f1_macro: mean over classes, or labels, without those whose F1 is NaN.
        f1_micro: of all classes, or labels, together; the accuracy where a sample has one label.
        quadratic_weighted_kappa: Cohen's kappa, -1 to 1, for which a mistake weighs the squared distance of the
            classes, so it is of use where they are ordered; NaN for multi-label tasks, and if all is one class.
        average_precision: mean over classes, or labels; of class 1 for a binary task. NaN if a class is absent.
        expected_calibration_error: mean distance of confidence and hit rate over 15 bins of equal width, 0 to 1. The
            confidence is the largest score of a multi-class task, and the score of class 1, or of a label, otherwise;
            multi-label: mean over labels. NaN if scores are outside 0 to 1, and so no probabilities.
        classes: each class, or label.
        confusion: int64, samples by true class (rows) and predicted class (columns), (C, C); multi-label: (L, 2, 2).
        resamples: of the bootstrap; 0 without one.
        confidence: of the intervals.
        intervals: by name of the values above, percentiles over those resamples for which a value is not NaN; empty
            without a bootstrap.
    """

    n_samples: int
    AUC: float
    ACC: float
    balanced_accuracy: float
    f1_macro: float
    f1_micro: float
    quadratic_weighted_kappa: float
    average_precision: float
    expected_calibration_error: float
    classes: tuple[ClassScores, ...]
    confusion: NDArray[np.int64]
    resamples: int
    confidence: float
    intervals: dict[str, Interval]

    def as_dict(self) -> dict[str, Any]:
        """The same in dictionaries and lists for JSON; NaN becomes ``None``."""
        return {name: _for_json(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Difference:
    """How far one model is from another on the same samples.

    Attributes:
        value: first minus second.
        interval: of the difference; percentiles over the resamples.
        p_value: two-sided, of no difference: twice the share of resamples in which the sign is the other one, or zero.
    """

    value: float
    interval: Interval
    p_value: float


@dataclass(frozen=True)
class Comparison:
    """Two models on the same samples, by a paired bootstrap.

    Attributes:
        first: report on the first.
        second: report on the second.
        differences: of the summary's values, by name.
    """

    first: Report
    second: Report
    differences: dict[str, Difference]

    def as_dict(self) -> dict[str, Any]:
        """The same in dictionaries and lists for JSON; NaN becomes ``None``."""
        differences = {name: _for_json(asdict(difference)) for name, difference in self.differences.items()}
        return {"first": self.first.as_dict(), "second": self.second.as_dict(), "differences": differences}


@dataclass(frozen=True)
class Bootstrap:
    """How to resample: checked options.

    Raises:
        TypeError: ``resamples`` or ``seed`` is no whole number.
        ValueError: an option is outside its range.
    """

    resamples: int
    seed: int
    confidence: float

    def __post_init__(self) -> None:
        """Check."""
        whole_number("bootstrap", self.resamples, 0, 100_000)
        whole_number("seed", self.seed, 0, 2**64 - 1)
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence = {self.confidence!r}; allowed: numbers above 0 and below 1")

    def measures(self, task: str, labels: NDArray[np.int64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """All measures of each resample, (resamples, M)."""
        threads = _core.available_parallelism()
        return _core.bootstrap(task, labels, scores, self.resamples, self.seed, threads)

    def interval(self, values: NDArray[np.float64]) -> Interval:
        """Percentiles of the values that are not NaN."""
        defined = values[~np.isnan(values)]
        if not len(defined):
            return Interval(math.nan, math.nan)
        tail = 50 * (1 - self.confidence)
        low, high = np.percentile(defined, [tail, 100 - tail])
        return Interval(float(low), float(high))


def report(
    task: str,
    names: Sequence[str],
    labels: NDArray[np.int64],
    scores: NDArray[np.float64],
    bootstrap: Bootstrap,
    resampled: NDArray[np.float64] | None = None,
) -> Report:
    """Measure ``scores`` (N, C) against ``labels`` (N, L); ``resampled`` is what ``bootstrap`` gave for them before.

    Raises:
        ValueError: they do not fit together, or a score is NaN.
    """
    values, cells = _core.measure(task, labels, scores)
    intervals: list[Interval] = []
    if bootstrap.resamples:
        resampled = bootstrap.measures(task, labels, scores) if resampled is None else resampled
        intervals = [bootstrap.interval(column) for column in resampled.T]
    confusion = cells.astype(np.int64).reshape((-1, 2, 2) if labels.shape[1] > 1 else (len(names), len(names)))
    support = confusion.sum(2)[:, 1] if labels.shape[1] > 1 else confusion.sum(1)
    classes = []
    for index, name in enumerate(names):
        part = slice(start := len(SUMMARY) + index * len(PER_CLASS), start + len(PER_CLASS))
        auc, average_precision, f1 = values[part].tolist()
        named = dict(zip(PER_CLASS, intervals[part], strict=False))
        classes.append(ClassScores(name, int(support[index]), auc, average_precision, f1, named))
    return Report(
        n_samples=len(labels),
        **dict(zip(SUMMARY, values.tolist(), strict=False)),
        classes=tuple(classes),
        confusion=confusion,
        resamples=bootstrap.resamples,
        confidence=bootstrap.confidence,
        intervals=dict(zip(SUMMARY, intervals, strict=False)),
    )


def compare(
    task: str,
    names: Sequence[str],
    labels: NDArray[np.int64],
    scores: tuple[NDArray[np.float64], NDArray[np.float64]],
    bootstrap: Bootstrap,
) -> Comparison:
    """Compare two models on the same resamples of the same samples.

    Raises:
        ValueError: labels and scores do not fit together, a score is NaN, or there are no resamples.
    """
    if not bootstrap.resamples:
        raise ValueError("bootstrap = 0; a comparison needs at least 1 resample")
    resampled = [bootstrap.measures(task, labels, one) for one in scores]
    first, second = (
        report(task, names, labels, one, bootstrap, measures) for one, measures in zip(scores, resampled, strict=True)
    )
    differences = {}
    for index, name in enumerate(SUMMARY):
        by_resample = resampled[0][:, index] - resampled[1][:, index]
        differences[name] = Difference(
            getattr(first, name) - getattr(second, name), bootstrap.interval(by_resample), _p_value(by_resample)
        )
    return Comparison(first, second, differences)


def _p_value(differences: NDArray[np.float64]) -> float:
    """Counts the data themselves as one more resample, so it is never 0; NaN if no difference is defined."""
    defined = differences[~np.isnan(differences)]
    if not len(defined):
        return math.nan
    rarer = min(int((defined <= 0).sum()), int((defined >= 0).sum()))
    return min(1.0, 2 * (rarer + 1) / (len(defined) + 1))


def _for_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _for_json(one) for key, one in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_for_json(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value
