"""The evaluator against scikit-learn, and what it refuses."""

from pathlib import Path
from typing import Any

import medmnist.evaluator as theirs
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import accuracy_score, roc_auc_score

import medmnist_fast as mf
from medmnist_fast._core import evaluate
from medmnist_fast.evaluation import result_files
from medmnist_fast.evaluator import getACC, getAUC, save_results


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
    with pytest.raises(FileNotFoundError, match=r"no file .*dermamnist_64\.npz"):
        mf.Evaluator("dermamnist", "test", size=64, root=generated)


def test_any_local_size_serves(tmp_path: Path) -> None:
    labels = np.arange(9, dtype=np.uint8)[:, np.newaxis] % 2
    np.savez(tmp_path / "breastmnist_128.npz", test_labels=labels)
    for size, suffix in ((None, ""), (28, ""), (64, "_64"), (224, "_224")):
        evaluator = mf.Evaluator("breastmnist", "test", size=size, root=tmp_path)
        assert np.array_equal(evaluator.labels, labels)
        assert evaluator.size == (size or 28)
        name = f"breastmnist{suffix}_test_[AUC]1.000_[ACC]1.000@1.csv"
        assert evaluator.get_standard_evaluation_filename(mf.Metrics(1.0, 1.0), "1") == name
        (tmp_path / name).write_text("".join(f"{index},{index % 2}\n" for index in range(9)))
        assert mf.Evaluator.parse_and_evaluate(tmp_path / name, root=tmp_path) == (1, 1)
    # The size that was asked for comes first.
    np.savez(tmp_path / "breastmnist_64.npz", test_labels=1 - labels)
    assert np.array_equal(mf.Evaluator("breastmnist", "test", size=64, root=tmp_path).labels, 1 - labels)


@pytest.mark.parametrize("flag", ["retinamnist", "organmnist3d", "breastmnist", "chestmnist"])
def test_dummy_predictions_are_what_evaluate_wants(generated: Path, flag: str) -> None:
    evaluator = mf.Evaluator(flag, "test", root=generated)
    evaluator.labels = np.minimum(evaluator.labels, 1)
    dummy = evaluator.get_dummy_prediction(0)
    assert 0 <= evaluator.evaluate(dummy).ACC <= 1
    columns = 1 if flag == "breastmnist" else len(evaluator.info["label"])
    assert dummy.shape == (61, columns)
    assert dummy.min() >= 0
    assert dummy.max() <= 1
    if flag in {"retinamnist", "organmnist3d"}:
        assert dummy.sum(1) == pytest.approx(1)
    assert np.array_equal(dummy, evaluator.get_dummy_prediction(np.random.default_rng(0)))
    before = np.random.get_state()[1].copy()  # noqa: NPY002, the global generator is left alone
    assert not np.array_equal(dummy, evaluator.get_dummy_prediction())
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_one_sample_and_lists(tmp_path: Path) -> None:
    for flag, label, scores, acc in [
        ("retinamnist", [[2]], [[0.1, 0.1, 0.5, 0.2, 0.1]], 1),
        ("breastmnist", [[1]], [0.3], 0),
        ("breastmnist", [[1]], [[0.3, 0.7]], 1),
        ("chestmnist", [[1] * 7 + [0] * 7], [[0.6] * 14], 0.5),
    ]:
        np.savez(tmp_path / f"{flag}.npz", test_labels=np.array(label, np.uint8))
        metrics = mf.Evaluator(flag, "test", root=tmp_path).evaluate(scores)
        assert np.isnan(metrics.AUC)
        assert pytest.approx(acc) == metrics.ACC
        assert getACC(label, scores, mf.INFO[flag]["task"]) == acc
        assert np.isnan(getAUC(label, scores, mf.INFO[flag]["task"]))


@pytest.mark.parametrize("flag", ["retinamnist", "breastmnist", "chestmnist"])
def test_functions_equal_those_of_medmnist(generated: Path, flag: str) -> None:
    evaluator = mf.Evaluator(flag, "test", root=generated)
    task, labels = evaluator.info["task"], evaluator.labels
    columns = 2 if flag == "breastmnist" else len(evaluator.info["label"])
    scores = np.random.default_rng(1).random((61, columns)).round(1)
    cases = [(labels, scores), (labels.squeeze(), scores)]
    if flag == "breastmnist":
        cases += [(labels, scores[:, 1]), (labels.squeeze(), scores[:, 1:])]
    for y_true, y_score in cases:
        assert getAUC(y_true, y_score, task) == pytest.approx(theirs.getAUC(y_true, y_score, task), abs=1e-12)
        for threshold in (0.5, 0.2, 0.9):
            expected = theirs.getACC(y_true, y_score, task, threshold)
            assert getACC(y_true, y_score, task, threshold) == pytest.approx(expected, abs=1e-12)
            assert getACC(y_true.tolist(), y_score.tolist(), task, threshold=threshold) == pytest.approx(expected)
        assert getACC(y_true.astype(float), y_score.astype(np.float32), task) == getACC(y_true, y_score, task)
    assert (getAUC(labels, scores, task), getACC(labels, scores, task)) == evaluator.evaluate(scores)


@pytest.mark.parametrize(
    ("y_true", "y_score", "task", "error", "message"),
    [
        (
            [0, 1],
            [0.5],
            "binary-class",
            ValueError,
            r"y_true of shape \(2, 1\) and y_score of shape \(1, 1\); expected as",
        ),
        ([], [], "binary-class", ValueError, r"y_true of shape \(0, 1\)"),
        ([[0, 1]], [[0.5, 0.5]], "multi-class", ValueError, r"y_true of shape \(1, 2\)"),
        ([[0, 1]], [[0.5]], "multi-label, binary-class", ValueError, r"y_true of shape \(1, 2\)"),
        ([[[0]]], [[0.5]], "binary-class", ValueError, r"y_true of shape \(1, 1, 1\)"),
        ([0.5], [0.5], "binary-class", ValueError, "y_true has fractions or NaN; allowed: whole numbers"),
        ([np.nan], [0.5], "binary-class", ValueError, "y_true has fractions or NaN"),
        ([0], [np.nan], "binary-class", ValueError, "the score in row 0, column 0 is NaN"),
        ([0], ["high"], "binary-class", TypeError, "y_score has elements of type <U4; allowed: numbers"),
        (["no"], [0.5], "binary-class", TypeError, "y_true has elements of type <U2; allowed: numbers"),
        ([0], [0.5j], "binary-class", TypeError, "y_score has elements of type complex128"),
        ([0], [0.5], "regression", ValueError, "task .regression.; allowed: multi-class"),
    ],
)
def test_what_the_functions_refuse(
    y_true: list, y_score: list, task: str, error: type[Exception], message: str
) -> None:
    for function in (getAUC, getACC):
        with pytest.raises(error, match=message):
            function(y_true, y_score, task)


def test_save_results(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    save_results(np.array([[1], [0]]), np.array([[0.25, 0.75], [1, 0]], np.float32), path)
    assert path.read_bytes() == "\ufeffid,true_0,score_0,score_1\n0,1,0.25,0.75\n1,0,1.0,0.0\n".encode()
    table = np.genfromtxt(path, delimiter=",", names=True, encoding="utf-8-sig")
    assert table["score_1"].tolist() == [0.75, 0]
    with pytest.raises(FileExistsError):
        save_results([0], [1], path)
    save_results([0, 1], [True, False], tmp_path / "flat.csv")
    assert (tmp_path / "flat.csv").read_text("utf-8-sig").splitlines() == ["id,true_0,score_0", "0,0,1", "1,1,0"]
    with pytest.raises(ValueError, match=r"y_true of shape \(2, 1\) and y_score of shape \(3, 1\)"):
        save_results([0, 1], [1, 2, 3], tmp_path / "none.csv")
    assert not (tmp_path / "none.csv").exists()


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
    index_error = "indices; expected each of 0 to 60 once; for instance"
    for content, message in [
        (lines[:-1], f"60 {index_error} missing: 60$"),
        ([*lines, lines[0]], f"62 {index_error} repeated: 0$"),
        ([*lines[1:], lines[1]], f"61 {index_error} missing: 0; repeated: 1$"),
        ([*lines[:-1], "61,0.5\n"], f"61 {index_error} missing: 60; not among them: 61$"),
        ([*lines[1:], "-1,0.5\n"], f"{index_error} missing: 0; not among them: -1$"),
        ([*lines[1:], "0.5,0.5\n"], f"{index_error} missing: 0; not among them: 0.5$"),
        ([*lines[1:], "nan,0.5\n"], f"{index_error} missing: 0; not among them: nan$"),
        ([*lines[1:], "0,high\n"], "high.*expected lines of index and scores"),
        ([*lines[1:], "0,0.5#good\n"], "expected lines of index and scores"),
        ([*lines[1:], "0,0,5\n"], "expected lines of index and scores"),
        ([",0\n", *lines], "expected lines of index and scores, separated by commas, without a header"),
        ([line.replace(",", ";") for line in lines], "expected lines of index and scores, separated by commas"),
        (
            [f"{line.strip()},0,0\n" for line in lines],
            r"\.csv: y_score of shape \(61, 3\); expected \(61, 1\) or \(61, 2\)",
        ),
        ([*lines[1:], "0,nan\n"], r"\.csv: score 0 of sample 0 is NaN; allowed: numbers"),
        ([f"{number}\n" for number in range(61)], r"\.csv: one column; expected lines of index and scores"),
        (["\n"], r"\.csv: the file is empty"),
    ]:
        result_file.write_text("".join(content))
        with pytest.raises(ValueError, match=message):
            mf.Evaluator.parse_and_evaluate(result_file, root=generated)
    result_file.write_bytes(b"\x89PNG\xff")
    with pytest.raises(ValueError, match=r"\.csv: not text; expected lines"):
        mf.Evaluator.parse_and_evaluate(result_file, root=generated)
    for name in [
        "results.csv",
        "breast_test.csv",
        "breastmnist_64x_test.csv",
        "breastmnist_best.csv",
        "breastmnist_test.txt",
        "mybreastmnist_test.csv",
        "breastmnist.csv",
    ]:
        with pytest.raises(ValueError, match="is not named like a result file"):
            mf.Evaluator.parse_and_evaluate(result_file.with_name(name), root=generated)
    with pytest.raises(ValueError, match="size 32; BreastMNIST comes in 28, 64, 128, 224"):
        mf.Evaluator.parse_and_evaluate(result_file.with_name("breastmnist_32_test.csv"), root=generated)


@settings(max_examples=50, deadline=None)
@given(
    scores=hnp.arrays(
        st.sampled_from([np.float64, np.float32, np.int32]),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=9),
        elements={"allow_nan": False},
    ),
    data=st.data(),
)
def test_scores_come_back_to_the_bit(tmp_path_factory: pytest.TempPathFactory, scores: np.ndarray, data: Any) -> None:
    path = tmp_path_factory.mktemp("results") / "scores.csv"
    result_files.write(path, scores)
    lines = path.read_text().splitlines()
    assert lines[0].split(",")[0] == "0"
    path.write_text("\r\n".join(data.draw(st.permutations(lines))))
    assert np.array_equal(result_files.read(path, len(scores)).astype(scores.dtype), scores)


def test_large_indices_are_named_in_full(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("1234567,0.5\n")
    with pytest.raises(ValueError, match=r"missing: 0; not among them: 1234567$"):
        result_files.read(path, 1)


def test_names_of_result_files(generated: Path, result_file: Path) -> None:
    content = b"\xef\xbb\xbf" + result_file.read_bytes()
    for name in ["breastmnist_test.csv", "breastmnist_test-2.csv", "breastmnist_224_testing_[AUC]0.5@a_b.c.csv"]:
        result_file.with_name(name).write_bytes(content)
        assert mf.Evaluator.parse_and_evaluate(result_file.with_name(name), root=generated).ACC > 0
    assert mf.Evaluator.of_result_file("organmnist3d_val.csv", generated).split == "val"


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
