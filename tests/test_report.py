"""Reports, intervals and comparisons against scikit-learn, and what they refuse."""

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from philox import Stream
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

import medmnist_fast as mf
from medmnist_fast import _core
from medmnist_fast.evaluation.pictures import reliability, roc_curve, save_picture
from medmnist_fast.evaluation.report import PER_CLASS, SUMMARY, Bootstrap, Interval, report

TASKS = ("multi-class", "ordinal-regression", "binary-class", "multi-label, binary-class")
NONE = Bootstrap(0, 0, 0.95)


def calibration_error(hits: np.ndarray, confidences: np.ndarray) -> float:
    true, predicted = calibration_curve(hits, confidences, n_bins=15, pos_label=1)
    counts = np.bincount(np.searchsorted(np.linspace(0, 1, 16)[1:-1], confidences))
    return float(np.abs(true - predicted) @ counts[counts > 0] / counts.sum())


def average_precision(positive: np.ndarray, scores: np.ndarray) -> float:
    # scikit-learn says 0 where nothing is there to be found.
    return sk.average_precision_score(positive, scores) if positive.any() else math.nan


def reference(task: str, labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What scikit-learn says: the values in the order of the engine's, and confusion matrices."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if task == "multi-label, binary-class":
            predicted = (scores > 0.5).astype(int)
            columns = [(labels[:, k], scores[:, k]) for k in range(labels.shape[1])]
            balanced = np.mean([sk.balanced_accuracy_score(y, s > 0.5) for y, s in columns])
            accuracy = np.mean([sk.accuracy_score(y, s > 0.5) for y, s in columns])
            kappa, error = math.nan, np.mean([calibration_error(y, s) for y, s in columns])
            truth, classes = labels, range(len(columns))
            confusion = sk.multilabel_confusion_matrix(truth, predicted)
        else:
            truth = labels[:, 0]
            if task == "binary-class":
                score = scores[:, -1]
                predicted, classes = (score > 0.5).astype(int), range(2)
                columns = [(truth == 0, -score), (truth == 1, score)]
                error = calibration_error(truth == 1, score)
            else:
                predicted, classes = scores.argmax(1), range(scores.shape[1])
                columns = [(truth == k, scores[:, k]) for k in classes]
                error = calibration_error(truth == predicted, scores.max(1))
            balanced, accuracy = sk.balanced_accuracy_score(truth, predicted), sk.accuracy_score(truth, predicted)
            kappa = sk.cohen_kappa_score(truth, predicted, labels=list(classes), weights="quadratic")
            confusion = sk.confusion_matrix(truth, predicted, labels=list(classes))
        f1_macro, f1_micro, f1 = (
            sk.f1_score(truth, predicted, labels=list(classes), average=average, zero_division=np.nan)
            for average in ("macro", "micro", None)
        )
        aucs = [sk.roc_auc_score(*column) for column in columns]
        precisions = [average_precision(*column) for column in columns]
    precision = precisions[1] if task == "binary-class" else np.mean(precisions)
    summary = [np.mean(aucs), accuracy, balanced, f1_macro, f1_micro, kappa, precision, error]
    return np.array([*summary, *np.transpose([aucs, precisions, f1]).ravel()], dtype=float), confusion


@st.composite
def predictions(draw: st.DrawFn) -> tuple[str, np.ndarray, np.ndarray]:
    """Labels of a few classes, some of them absent, and scores with many ties."""
    task = draw(st.sampled_from(TASKS))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    samples, classes = draw(st.integers(1, 60)), draw(st.integers(2, 5))
    steps = draw(st.sampled_from([1, 4, 15, 10**9]))
    columns = draw(st.integers(1, 2)) if task == "binary-class" else classes
    scores = rng.integers(0, steps + 1, (samples, columns)) / steps
    if task == "multi-label, binary-class":
        return task, rng.integers(0, 2, (samples, classes)), scores
    several = task in {"multi-class", "ordinal-regression"}
    return task, rng.integers(0, draw(st.integers(1, classes if several else 2)), (samples, 1)), scores


@settings(max_examples=300, deadline=None)
@given(case=predictions())
def test_a_report_equals_scikit_learn(case: tuple[str, np.ndarray, np.ndarray]) -> None:
    task, labels, scores = case
    names = [f"class {k}" for k in range(2 if task == "binary-class" else scores.shape[1])]
    ours = report(task, names, labels, scores, NONE)
    expected, confusion = reference(task, labels, scores)
    per_class = [getattr(one, name) for one in ours.classes for name in PER_CLASS]
    found = [*(getattr(ours, name) for name in SUMMARY), *per_class]
    assert found == pytest.approx(expected, abs=1e-12, nan_ok=True)
    assert np.array_equal(ours.confusion, confusion)
    assert [one.name for one in ours.classes] == names
    labelled = labels.sum(0) if task == "multi-label, binary-class" else np.bincount(labels[:, 0], minlength=len(names))
    assert [one.support for one in ours.classes] == labelled.tolist()
    assert ours.n_samples == len(labels)
    assert ours.intervals == {}


@settings(max_examples=20, deadline=None)
@given(case=predictions(), seed=st.integers(0, 2**64 - 1))
def test_resamples_are_philox_draws_scored_by_scikit_learn(case: tuple[str, np.ndarray, np.ndarray], seed: int) -> None:
    task, labels, scores = case
    found = _core.bootstrap(task, labels, scores, 4, seed, 2)
    for resample, values in enumerate(found):
        stream = Stream(seed, step=2**32 - 2, epoch=resample)
        drawn = [stream.below(len(labels)) for _ in labels]
        assert values == pytest.approx(reference(task, labels[drawn], scores[drawn])[0], abs=1e-12, nan_ok=True)
    assert np.array_equal(found, _core.bootstrap(task, labels, scores, 4, seed, 1), equal_nan=True)


@pytest.fixture
def retina(generated: Path) -> tuple[mf.Evaluator, np.ndarray, np.ndarray]:
    """An evaluator, scores of a good model and of a random one."""
    evaluator = mf.Evaluator("retinamnist", "test", root=generated)
    rng = np.random.default_rng(0)
    noise = rng.random((len(evaluator.labels), 5))
    good = noise + 2 * np.eye(5)[evaluator.labels[:, 0]]
    return evaluator, good / good.sum(1, keepdims=True), noise / noise.sum(1, keepdims=True)


def test_intervals_hold_the_value(retina: tuple[mf.Evaluator, np.ndarray, np.ndarray]) -> None:
    evaluator, _, scores = retina
    found = evaluator.report(scores, bootstrap=500, seed=1)
    assert pytest.approx(evaluator.evaluate(scores), abs=1e-15) == (found.AUC, found.ACC)
    assert list(found.intervals) == list(SUMMARY)
    for name in ("AUC", "ACC", "quadratic_weighted_kappa", "average_precision"):
        assert found.intervals[name].low < getattr(found, name) < found.intervals[name].high
    for one in found.classes:
        assert list(one.intervals) == list(PER_CLASS)
        assert one.intervals["AUC"].low <= one.AUC <= one.intervals["AUC"].high
    again = evaluator.report(scores, bootstrap=500, seed=1)
    assert again.as_dict() == found.as_dict()
    assert evaluator.report(scores, bootstrap=500, seed=2).intervals != found.intervals
    wider = evaluator.report(scores, bootstrap=500, seed=1, confidence=0.99).intervals["AUC"]
    assert wider.low < found.intervals["AUC"].low < found.intervals["AUC"].high < wider.high
    # The percentiles themselves.
    values = _core.bootstrap("ordinal-regression", evaluator.labels.astype(np.int64), scores, 500, 1, 1)[:, 1]
    assert found.intervals["ACC"] == Interval(*np.percentile(values, [2.5, 97.5]))


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    # Scores whose AUC is known, 0.75: the mean of 1 for one half of the positives and 1/2 for the other.
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        labels = np.repeat([0, 1], 100)[:, np.newaxis]
        scores = rng.random(200) + labels[:, 0] * (rng.random(200) < 0.5)
        low, high = report(
            "binary-class", ["no", "yes"], labels, scores[:, np.newaxis] / 2, Bootstrap(200, 0, 0.9)
        ).intervals["AUC"]
        covered += low <= 0.75 <= high
    # 90 %; six standard deviations of the binomial are 25, and the percentile method is a little short.
    assert 150 <= covered <= 200


def test_an_absent_class_is_nan_and_said_so(retina: tuple[mf.Evaluator, np.ndarray, np.ndarray]) -> None:
    evaluator, _, scores = retina
    evaluator.labels = np.minimum(evaluator.labels, 3)
    found = evaluator.report(scores, bootstrap=20)
    assert np.isnan([found.AUC, found.average_precision, found.classes[4].AUC]).all()
    assert found.classes[4].support == 0
    assert not np.isnan([found.ACC, found.balanced_accuracy, found.f1_macro, found.classes[3].AUC]).any()
    assert np.isnan(found.intervals["AUC"]).all()
    values = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert values["AUC"] is None
    assert values["intervals"]["AUC"] == [None, None]
    assert values["confusion"] == found.confusion.tolist()


def test_scores_that_are_no_probabilities_have_no_calibration(
    retina: tuple[mf.Evaluator, np.ndarray, np.ndarray],
) -> None:
    evaluator, scores, _ = retina
    for wrong in (scores - 1, scores * 3, np.where(scores == scores.max(), np.inf, scores)):
        assert np.isnan(evaluator.report(wrong).expected_calibration_error)
    assert not np.isnan(evaluator.report(scores).expected_calibration_error)


def test_one_sample() -> None:
    found = report("multi-class", ["a", "b"], np.array([[1]]), np.array([[0.25, 0.75]]), Bootstrap(5, 0, 0.95))
    assert (found.ACC, found.f1_macro, found.expected_calibration_error) == (1, 1, 0.25)
    assert np.isnan([found.AUC, found.quadratic_weighted_kappa]).all()
    assert found.intervals["ACC"] == (1, 1)


def test_a_comparison_is_paired(retina: tuple[mf.Evaluator, np.ndarray, np.ndarray]) -> None:
    evaluator, good, poor = retina
    found = evaluator.compare(good, poor, bootstrap=400, seed=3)
    assert found.first.as_dict() == evaluator.report(good, bootstrap=400, seed=3).as_dict()
    assert found.second.as_dict() == evaluator.report(poor, bootstrap=400, seed=3).as_dict()
    auc = found.differences["AUC"]
    assert auc.value == found.first.AUC - found.second.AUC
    assert auc.interval.low > 0
    assert auc.p_value == 2 / 401
    reverse = evaluator.compare(poor, good, bootstrap=400, seed=3).differences["AUC"]
    assert (reverse.value, reverse.p_value) == (-auc.value, auc.p_value)
    assert reverse.interval == pytest.approx((-auc.interval.high, -auc.interval.low), abs=1e-15)
    # A paired difference of a model and its copy is nothing, however few the samples.
    same = evaluator.compare(poor, poor.copy())
    assert same.differences["ACC"].interval == (0, 0)
    assert same.differences["ACC"].p_value == 1
    labels = evaluator.labels.astype(np.int64)
    by_hand = [_core.bootstrap("ordinal-regression", labels, scores, 400, 3, 1)[:, 1] for scores in (good, poor)]
    expected = np.percentile(by_hand[0] - by_hand[1], [2.5, 97.5])
    assert found.differences["ACC"].interval == pytest.approx(expected, abs=1e-15)
    json.dumps(found.as_dict(), allow_nan=False)


def test_p_values_are_uniform_where_there_is_no_difference() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(120)[:, np.newaxis] % 2
    evaluator = mf.Evaluator.__new__(mf.Evaluator)
    evaluator.info, evaluator.labels = mf.INFO["breastmnist"], labels
    p_values = [
        evaluator.compare(rng.random(120), rng.random(120), bootstrap=200).differences["AUC"].p_value
        for _ in range(200)
    ]
    # Half of them below 1/2; six standard deviations are 42.
    assert abs(sum(p < 0.5 for p in p_values) - 100) < 42
    assert sum(p < 0.05 for p in p_values) < 30


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"bootstrap": -1}, ValueError, "bootstrap = -1; allowed: a whole number of at least 0"),
        ({"bootstrap": 100_001}, ValueError, "bootstrap = 100001; allowed: .* at most 100000"),
        ({"bootstrap": 1.5}, TypeError, "bootstrap = 1.5; allowed: a whole number"),
        ({"seed": -1}, ValueError, "seed = -1; allowed"),
        ({"seed": 2**64}, ValueError, "seed = 18446744073709551616; allowed"),
        ({"confidence": 95}, ValueError, "confidence = 95; allowed: numbers above 0 and below 1"),
        ({"confidence": math.nan}, ValueError, "confidence = nan; allowed"),
    ],
)
def test_bad_options(
    retina: tuple[mf.Evaluator, np.ndarray, np.ndarray], options: dict, error: type[Exception], message: str
) -> None:
    evaluator, good, poor = retina
    with pytest.raises(error, match=message):
        evaluator.report(good, **options)
    with pytest.raises(error, match=message):
        evaluator.compare(good, poor, **options)


def test_what_a_report_refuses(retina: tuple[mf.Evaluator, np.ndarray, np.ndarray]) -> None:
    evaluator, good, poor = retina
    with pytest.raises(ValueError, match=r"y_score of shape \(61, 4\); expected \(61, 5\)"):
        evaluator.report(good[:, :4])
    with pytest.raises(ValueError, match="the score in row 2, column 1 is NaN"):
        evaluator.report(np.where(np.arange(305).reshape(61, 5) == 11, np.nan, good))
    with pytest.raises(ValueError, match="bootstrap = 0; a comparison needs at least 1 resample"):
        evaluator.compare(good, poor, bootstrap=0)
    with pytest.raises(ValueError, match="label 5; allowed: 0 to 4"):
        _core.measure("multi-class", np.array([[5]]), np.zeros((1, 5)))
    with pytest.raises(ValueError, match="label -1; allowed: 0 to 1"):
        _core.measure("binary-class", np.array([[-1]]), np.zeros((1, 1)))


@settings(max_examples=60, deadline=None)
@given(case=predictions())
def test_curves_equal_scikit_learn(case: tuple[str, np.ndarray, np.ndarray]) -> None:
    _, labels, scores = case
    positive, score = labels[:, 0] == 1, scores[:, -1]
    false_rate, true_rate = roc_curve(positive, score)
    if positive.all() or not positive.any():
        assert false_rate.size == true_rate.size == 0
    else:
        expected = sk.roc_curve(positive, score, drop_intermediate=False)
        assert false_rate == pytest.approx(expected[0], abs=1e-12)
        assert true_rate == pytest.approx(expected[1], abs=1e-12)
    true, predicted = calibration_curve(positive, score, n_bins=15, pos_label=1)
    ours = reliability(positive, score)
    assert ours[0] == pytest.approx(predicted, abs=1e-12)
    assert ours[1] == pytest.approx(true, abs=1e-12)


@pytest.mark.parametrize("flag", ["retinamnist", "breastmnist", "chestmnist"])
def test_pictures(generated: Path, tmp_path: Path, flag: str) -> None:
    evaluator = mf.Evaluator(flag, "test", root=generated)
    evaluator.labels = evaluator.labels.copy()
    evaluator.labels[:, -1] = np.minimum(evaluator.labels[:, -1], 3 if flag == "retinamnist" else 1)
    scores = evaluator.get_dummy_prediction(0)
    for number, drawn in enumerate((scores, scores * 2)):
        path = tmp_path / f"{number}.png"
        labels = evaluator.labels.astype(np.int64)
        found = evaluator.report(drawn, bootstrap=5 * number)
        save_picture(path, evaluator.info["task"], labels, drawn, found, title=flag)
        content = path.read_bytes()
        assert content.startswith(b"\x89PNG")
        with pytest.raises(FileExistsError):
            save_picture(path, evaluator.info["task"], labels, drawn, found, title="other")
        assert path.read_bytes() == content
    with pytest.raises(ValueError, match="Format 'nonsense' is not supported"):
        save_picture(tmp_path / "x.nonsense", evaluator.info["task"], labels, scores, found, title=flag)
    assert not (tmp_path / "x.nonsense").exists()
