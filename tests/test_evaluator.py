"""The evaluator against scikit-learn, and what it refuses."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import accuracy_score, roc_auc_score

import medmnist_fast as mf
from medmnist_fast._core import evaluate


@settings(max_examples=200, deadline=None)
@given(
    samples=st.lists(
        st.tuples(st.integers(0, 1), st.floats(-1e300, 1e300) | st.integers(0, 3)), min_size=2, max_size=80
    )
)
def test_auc_equals_scikit_learn(samples: list[tuple[int, float]]) -> None:
    labels, scores = np.array([label for label, _ in samples]), np.array([float(score) for _, score in samples])
    assume(0 < labels.sum() < len(labels))
    (auc,), acc = evaluate("binary-class", labels[:, np.newaxis], scores[:, np.newaxis])
    assert auc == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    assert acc == accuracy_score(labels, scores > 0.5)


@settings(max_examples=50, deadline=None)
@given(scores=hnp.arrays(np.float64, (40, 3), elements=st.integers(0, 5).map(lambda value: value / 5)), data=st.data())
def test_tasks_equal_scikit_learn(scores: np.ndarray, data: st.DataObject) -> None:
    classes = np.array(data.draw(st.permutations(range(40)))) % 3
    aucs, acc = evaluate("multi-class", classes[:, np.newaxis], scores)
    assert aucs == pytest.approx([roc_auc_score(classes == k, scores[:, k]) for k in range(3)], abs=1e-12)
    assert acc == accuracy_score(classes, scores.argmax(1))
    assert evaluate("ordinal-regression", classes[:, np.newaxis], scores) == (aucs, acc)
    labels = (classes[:, np.newaxis] == np.arange(3)).astype(np.int64)
    aucs, acc = evaluate("multi-label, binary-class", labels, scores)
    assert aucs == pytest.approx([roc_auc_score(labels[:, k], scores[:, k]) for k in range(3)], abs=1e-12)
    assert acc == pytest.approx(
        np.mean([accuracy_score(labels[:, k], scores[:, k] > 0.5) for k in range(3)]), abs=1e-12
    )


def test_an_absent_class_gives_nan(generated: Path) -> None:
    evaluator = mf.Evaluator("retinamnist", "test", root=generated)
    evaluator.labels = np.minimum(evaluator.labels, 3)
    metrics = evaluator.evaluate(np.full((61, 5), 0.2))
    assert np.isnan(metrics.AUC)
    assert 0 <= metrics.ACC <= 1


def test_scores_of_other_shapes_are_refused(generated: Path) -> None:
    for flag, shapes, allowed in [
        ("retinamnist", [(61, 4), (60, 5), (61,), (61, 5, 1)], r"expected \(61, 5\)"),
        ("breastmnist", [(61, 3), (2, 61), (60,)], r"expected \(61, 1\) or \(61, 2\)"),
        ("chestmnist", [(61, 13), (61,)], r"expected \(61, 14\)"),
    ]:
        evaluator = mf.Evaluator(flag, "test", root=generated)
        for shape in shapes:
            with pytest.raises(
                ValueError, match=rf"y_score of shape {str(shape).replace('(', '.').replace(')', '.')}; {allowed}"
            ):
                evaluator.evaluate(np.zeros(shape))


def test_binary_scores_come_in_three_shapes(generated: Path) -> None:
    evaluator = mf.Evaluator("breastmnist", "test", root=generated)
    scores = np.random.default_rng(0).random(61)
    expected = evaluator.evaluate(scores)
    assert evaluator.evaluate(scores[:, np.newaxis]) == expected
    assert evaluator.evaluate(np.column_stack([1 - scores, scores])) == expected
    assert evaluator.evaluate(scores.tolist()) == expected


def test_nan_is_refused(generated: Path) -> None:
    scores = np.zeros((61, 5))
    scores[3, 4] = np.nan
    with pytest.raises(ValueError, match="the score in row 3, column 4 is NaN"):
        mf.Evaluator("retinamnist", "test", root=generated).evaluate(scores)


def test_bad_arguments(generated: Path) -> None:
    with pytest.raises(ValueError, match="flag 'mnist'; allowed: pathmnist, chestmnist"):
        mf.Evaluator("mnist", "test", root=generated)
    with pytest.raises(ValueError, match="split 'valid'; allowed: train, val, test"):
        mf.Evaluator("pathmnist", "valid", root=generated)
    with pytest.raises(ValueError, match="size 60; PathMNIST comes in 28, 64, 128, 224"):
        mf.Evaluator("pathmnist", "test", size=60, root=generated)
    with pytest.raises(FileNotFoundError, match=r"no file .*pathmnist_64\.npz"):
        mf.Evaluator("pathmnist", "test", size=64, root=generated)


@pytest.fixture
def result_file(generated: Path, tmp_path: Path) -> Path:
    evaluator = mf.Evaluator("breastmnist", "test", root=generated)
    evaluator.evaluate(np.linspace(0, 1, 61), save_folder=tmp_path / "made", run="a.b")
    (path,) = (tmp_path / "made").iterdir()
    assert path.name.endswith("@a.b.csv")
    return path


def test_result_files_are_read_back_in_any_order(generated: Path, result_file: Path) -> None:
    expected = mf.Evaluator.parse_and_evaluate(result_file, root=generated)
    lines = result_file.read_text().splitlines(keepends=True)
    result_file.write_text("".join(reversed(lines)))
    assert mf.Evaluator.parse_and_evaluate(result_file, root=generated) == expected
    assert list(result_file.parent.iterdir()) == [result_file]
    mf.Evaluator.parse_and_evaluate(result_file, run="again", root=generated)
    assert len(list(result_file.parent.glob("*@again.csv"))) == 1
    with pytest.raises(FileExistsError):
        mf.Evaluator.parse_and_evaluate(result_file, run="again", root=generated)


def test_broken_result_files_are_refused(generated: Path, result_file: Path) -> None:
    lines = result_file.read_text().splitlines(keepends=True)
    for content, message in [
        (lines[:-1], "60 indices; expected each of 0 to 60 once; missing, for instance: 60"),
        ([*lines, lines[0]], "62 indices; expected each of 0 to 60 once$"),
        ([*lines[1:], lines[1]], "61 indices; expected each of 0 to 60 once; missing, for instance: 0"),
        ([*lines[1:], "0,high\n"], "high.*expected lines of index and scores"),
        (
            [f"{line.strip()},0,0\n" for line in lines],
            r"\.csv: y_score of shape \(61, 3\); expected \(61, 1\) or \(61, 2\)",
        ),
        ([*lines[1:], "0,1,2\n"], "expected lines of index and scores"),
        ([*lines[1:], "0,nan\n"], r"\.csv: the score in row 0, column 0 is NaN"),
        ([f"{number}\n" for number in range(61)], r"\.csv: one column; expected lines of index and scores"),
        (["\n"], r"\.csv: the file is empty"),
    ]:
        result_file.write_text("".join(content))
        with pytest.raises(ValueError, match=message):
            mf.Evaluator.parse_and_evaluate(result_file, root=generated)
    for name in [
        "results.csv",
        "breast_test.csv",
        "breastmnist_64x_test.csv",
        "breastmnist_testing.csv",
        "breastmnist.csv",
    ]:
        with pytest.raises(ValueError, match="is not named like a result file"):
            mf.Evaluator.parse_and_evaluate(result_file.with_name(name), root=generated)
    plain = result_file.rename(result_file.with_name("breastmnist_test.csv"))
    plain.write_text("".join(lines))
    assert mf.Evaluator.parse_and_evaluate(plain, root=generated).ACC > 0


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(9, np.uint8), r"test_labels is uint8 of shape \(9,\); expected whole numbers of shape \(N, 1\)"),
        (np.uint8(3), r"of shape \(\)"),
        (np.zeros((9, 1)), "test_labels is float64"),
        (np.zeros((9, 3), np.uint8), r"of shape \(9, 3\)"),
        (np.zeros((0, 1), np.uint8), r"split 'test' is empty \(0 labels\)"),
        (np.full((9, 1), 2, np.uint8), "with values 2 to 2; expected 0 to 1"),
        (np.full((9, 1), -1, np.int8), "with values -1 to -1; expected 0 to 1"),
    ],
)
def test_labels_of_another_kind_are_refused(tmp_path: Path, labels: np.ndarray, message: str) -> None:
    np.savez(tmp_path / "breastmnist.npz", test_labels=labels)
    with pytest.raises(ValueError, match=message):
        mf.Evaluator("breastmnist", "test", root=tmp_path)
