"""The data sets: items, attributes, and what they refuse."""

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import medmnist_fast as mf
from medmnist_fast import phantoms


def save(folder: Path, **changes: np.ndarray) -> Path:
    """A valid BreastMNIST file but for the changes."""
    members = phantoms.generate("breastmnist", samples={"train": 4, "val": 2, "test": 3}) | changes
    np.savez_compressed(folder / "breastmnist.npz", **members)
    return folder


def test_is_a_sequence_of_items(tmp_path: Path) -> None:
    train = mf.BreastMNIST("train", root=save(tmp_path), target_transform=lambda label: label + 5)
    items = list(train)
    assert len(items) == len(train) == 4
    assert all(np.array_equal(label, train.labels[i].astype(int) + 5) for i, (_, label) in enumerate(items))
    assert np.array_equal(np.asarray(train[-1][0]), train.imgs[3])
    with pytest.raises(IndexError):
        train[4]


@pytest.mark.parametrize("size", [28, "28", np.int64(28), np.array(28), None])
def test_sizes_like_whole_numbers(tmp_path: Path, size: Any) -> None:
    val = mf.BreastMNIST("val", root=save(tmp_path), size=size)
    assert (val.size, type(val.size), val.size_flag) == (28, int, "")


@pytest.mark.parametrize("size", ["large", "28.0", 28.0, (28, 28), True, -28, "", b"28"])
def test_sizes_that_are_none(tmp_path: Path, size: Any) -> None:
    with pytest.raises(ValueError, match=re.escape(f"size {size!r}; BreastMNIST comes in 28, 64, 128, 224")):
        mf.BreastMNIST("val", root=save(tmp_path), size=size)


def test_other_counts_than_the_official_ones(tmp_path: Path) -> None:
    message = r"breastmnist\.npz: split 'train' has 4 samples; the official file has 546"
    with pytest.warns(UserWarning, match=message) as found:
        train = mf.BreastMNIST("train", root=save(tmp_path))
    assert [warning.filename for warning in found] == [__file__]
    assert len(train) == 4
    assert "Number of datapoints: 4\n" in repr(train)
    with pytest.raises(ValueError, match=message):
        mf.BreastMNIST("train", root=tmp_path, strict=True)


def test_official_counts_are_taken_as_they_are(tmp_path: Path) -> None:
    images, labels = np.zeros((546, 28, 28), np.uint8), np.zeros((546, 1), np.uint8)
    root = save(tmp_path, train_images=images, train_labels=labels)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(mf.BreastMNIST("train", root=root, strict=True)) == 546


def test_the_root_stays_as_it_was_given(tmp_path: Path) -> None:
    assert mf.BreastMNIST("val", root=str(save(tmp_path))).root == str(tmp_path)


def test_the_root_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDMNIST_ROOT", str(save(tmp_path)))
    assert len(mf.BreastMNIST("val")) == 2


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda root: mf.BreastMNIST("training", root=root), ValueError, "split 'training'; allowed: train, val, test"),
        (
            lambda root: mf.BreastMNIST("train", root=root, size=32),
            ValueError,
            "size 32; BreastMNIST comes in 28, 64, ",
        ),
        (lambda root: mf.OrganMNIST3D("train", root=root, size=128), ValueError, "OrganMNIST3D comes in 28, 64$"),
        (lambda root: mf.BreastMNIST("train", root=root / "no"), FileNotFoundError, r"no folder .*no to find breastm"),
        (
            lambda root: mf.PathMNIST("train", root=root),
            FileNotFoundError,
            r"no file .*pathmnist\.npz; put it there from",
        ),
        (
            lambda _: mf.BreastMNIST("train"),
            FileNotFoundError,
            r"no folder .*home\d+.\.medmnist .*or set MEDMNIST_ROOT",
        ),
    ],
)
def test_bad_arguments(tmp_path: Path, make: Callable, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make(save(tmp_path))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"train_images": np.zeros((4, 64, 64), np.uint8)},
            r"train_images is uint8 of shape \(4, 64, 64\); expected uint8 of",
        ),
        ({"train_images": np.zeros((4, 28, 28, 4), np.uint8)}, r"expected uint8 of shape \(N, 28, 28\)$"),
        ({"train_images": np.zeros((4, 28, 28, 3), np.uint8)}, r"of shape \(4, 28, 28, 3\); expected uint8"),
        ({"train_images": np.uint8(4)}, r"of shape \(\); expected uint8"),
        ({"train_labels": np.full((4, 1), 7, np.uint8)}, "with values 7 to 7; expected 0 to 1"),
        ({"train_images": np.zeros((4, 28, 28), np.float32)}, "train_images is float32"),
        (
            {"train_labels": np.zeros((3, 1), np.uint8)},
            "split 'train' has 4 images and 3 labels; expected as many of each",
        ),
        ({"train_labels": np.zeros(4, np.uint8)}, r"of shape \(4,\); expected whole numbers of shape \(N, 1\)"),
        ({"train_labels": np.zeros((4, 1))}, "train_labels is float64"),
        (
            {"train_images": np.zeros((0, 28, 28), np.uint8), "train_labels": np.zeros((0, 1), np.uint8)},
            r"breastmnist\.npz: split 'train' is empty \(0 images\); expected at least 1",
        ),
    ],
)
def test_bad_contents(tmp_path: Path, changes: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mf.BreastMNIST("train", root=save(tmp_path, **changes))
    assert len(mf.BreastMNIST("test", root=tmp_path)) == 3


def test_the_bases_are_no_data_sets() -> None:
    with pytest.raises(TypeError, match="MedMNIST2D is no data set of its own"):
        mf.MedMNIST2D("train")


def test_without_a_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    with pytest.raises(FileNotFoundError, match=r"no home folder .* or set MEDMNIST_ROOT"):
        mf.BreastMNIST("train")


def test_damaged_files(tmp_path: Path) -> None:
    path = save(tmp_path) / "breastmnist.npz"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(mf.NpzError, match="a truncated one"):
        mf.BreastMNIST("train", root=tmp_path)
    flipped = bytearray(content)
    flipped[300] ^= 1
    path.write_bytes(flipped)
    with pytest.raises(mf.NpzError, match='member "train_images"'):
        mf.BreastMNIST("train", root=tmp_path)
    np.savez(path, something=np.zeros(3))
    with pytest.raises(mf.NpzError, match="no member 'train_images', so this is no MedMNIST file; it has something"):
        mf.BreastMNIST("train", root=tmp_path)
