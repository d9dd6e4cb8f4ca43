"""Figures of a split: brightness, classes, and where samples come from."""

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import SHAPES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import medmnist_fast as mf
from medmnist_fast import _core, store, summary, transforms


def dataset(root: Path, flag: str, **options: Any) -> Any:
    return getattr(mf, mf.INFO[flag]["python_class"])("val", root=root, **options)


@pytest.mark.parametrize("flag", SHAPES)
@pytest.mark.parametrize("mmap_mode", [None, "r"])
def test_mean_and_std_are_numpys(generated: Path, flag: str, mmap_mode: str | None) -> None:
    val = dataset(generated, flag, mmap_mode=mmap_mode)
    values = val.imgs.astype(np.float64).reshape(-1, mf.INFO[flag]["n_channels"]) / 255
    for _ in range(2):
        means, stds = val.mean_std()
        assert means == pytest.approx(values.mean(axis=0), rel=1e-12)
        assert stds == pytest.approx(values.std(axis=0), rel=1e-12)
    transforms.Normalize(means, stds)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    count=st.integers(1, 3000),
    channels=st.sampled_from([1, 3]),
    threads=st.integers(0, 5),
    low=st.integers(0, 255),
    seed=st.integers(0, 99),
)
def test_sums_are_exact(count: int, channels: int, threads: int, low: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(low, 256, (count, channels), np.uint8)
    values = pixels.astype(np.int64)
    expected = list(zip(values.sum(axis=0).tolist(), (values**2).sum(axis=0).tolist(), strict=True))
    assert _core.channel_sums(pixels, channels, threads) == expected


def test_sums_of_other_numbers_of_channels() -> None:
    with pytest.raises(ValueError, match="channels = 2; allowed: 1, 3"):
        _core.channel_sums(np.zeros(4, np.uint8), 2, 1)


def test_what_was_written_or_replaced_is_summed_anew(generated: Path) -> None:
    val = dataset(generated, "breastmnist")
    assert val.mean_std() != ([0.0], [0.0])
    val.imgs[:] = 0
    assert val.mean_std() == ([0.0], [0.0])
    mapped = dataset(generated, "breastmnist", mmap_mode="r", as_rgb=True)
    first = mapped.mean_std()
    assert len(first[0]) == len(first[1]) == 3
    mapped.imgs = mapped.imgs[:5, ::2]
    part = mapped.imgs / 255
    assert mapped.mean_std()[0] == pytest.approx([part.mean()] * 3, rel=1e-12)
    mapped.imgs = np.full((5, 28, 28), 255, np.uint8)
    assert mapped.mean_std() == ([1.0] * 3, [0.0] * 3)


@pytest.fixture
def summed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Bytes that the engine was asked to sum; sums of any number are kept."""
    asked: list[int] = []
    real = _core.channel_sums

    def channel_sums(pixels: Any, channels: int, threads: int) -> Any:
        asked.append(pixels.nbytes)
        return real(pixels, channels, threads)

    monkeypatch.setattr(_core, "channel_sums", channel_sums)
    monkeypatch.setattr(summary, "_AT_ONCE", 1000)
    return asked


def own_folder(generated: Path, folder: Path) -> Path:
    shutil.copy(generated / "retinamnist.npz", folder)
    return folder


def test_sums_of_mapped_images_are_kept_beside_the_store(generated: Path, tmp_path: Path, summed: list[int]) -> None:
    root = own_folder(generated, tmp_path)
    first = dataset(root, "retinamnist", mmap_mode="r").mean_std()
    assert sum(summed) == 40 * 28 * 28 * 3
    kept = root / "decoded" / "retinamnist.npz.sums.json"
    (line,) = kept.read_text().splitlines()
    assert json.loads(line)[0] == "val_images"
    summed.clear()
    again = dataset(root, "retinamnist", mmap_mode="r")
    assert again.mean_std() == pickle.loads(pickle.dumps(again)).mean_std() == first
    assert summed == []
    assert mf.RetinaMNIST("train", root=root, mmap_mode="r").mean_std() != first
    assert len(kept.read_text().splitlines()) == 2
    # In memory they may be written to.
    summed.clear()
    assert dataset(root, "retinamnist").mean_std() == first
    assert sum(summed) == 40 * 28 * 28 * 3
    assert kept in store.leftovers(root / "retinamnist.npz")


def test_kept_sums_are_not_those_of_a_file_that_changed(generated: Path, tmp_path: Path, summed: list[int]) -> None:
    root = own_folder(generated, tmp_path)
    opened = dataset(root, "retinamnist", mmap_mode="r")
    first = dataset(root, "retinamnist", mmap_mode="r").mean_std()
    with np.load(root / "retinamnist.npz") as archive:
        members = {name: 255 - archive[name] if name == "val_images" else archive[name] for name in archive.files}
    (root / "retinamnist.npz").unlink()
    np.savez_compressed(root / "retinamnist.npz", **members)
    changed = dataset(root, "retinamnist", mmap_mode="r").mean_std()
    assert changed[0] == pytest.approx([1 - mean for mean in first[0]], rel=1e-12)
    assert opened.mean_std() == first
    summed.clear()
    assert dataset(root, "retinamnist", mmap_mode="r").mean_std() == changed
    assert summed == []


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_damaged_line_of_sums_is_none(generated: Path, tmp_path: Path, summed: list[int], cut: int) -> None:
    root = own_folder(generated, tmp_path)
    first = dataset(root, "retinamnist", mmap_mode="r").mean_std()
    kept = root / "decoded" / "retinamnist.npz.sums.json"
    line = kept.read_text().strip()
    kept.write_text(f"\n7\n[]\n[1, 2, 3]\n{line[:-cut]}")
    summed.clear()
    assert dataset(root, "retinamnist", mmap_mode="r").mean_std() == first
    assert sum(summed) == 40 * 28 * 28 * 3


@pytest.mark.parametrize("flag", SHAPES)
def test_class_counts(generated: Path, flag: str) -> None:
    val = dataset(generated, flag)
    counts = val.class_counts()
    assert val.classes == list(mf.INFO[flag]["label"].values())
    assert counts.dtype == np.int64
    assert len(counts) == len(val.classes)
    if flag == "chestmnist":
        expected = [int(column.sum()) for column in val.labels.T]
    else:
        expected = [int((val.labels == label).sum()) for label in range(len(counts))]
    assert counts.tolist() == expected


def test_class_counts_of_other_labels(generated: Path) -> None:
    val = dataset(generated, "retinamnist")
    val.labels = np.array([4, 4, 0])
    assert val.class_counts().tolist() == [1, 0, 0, 0, 2]
    val.labels = val.labels[:0]
    assert val.class_counts().tolist() == [0] * 5
    for labels, message in [
        (np.array([[5]]), "labels of 5 to 5; allowed: 0 to 4"),
        (np.array([[-1], [0]]), "labels of -1 to 0"),
        (np.zeros((3, 2), int), r"labels of int64 and shape \(3, 2\); allowed: whole numbers, \(N, 1\)"),
        (np.zeros((3, 1)), "labels of float64"),
    ]:
        val.labels = labels
        with pytest.raises(ValueError, match=message):
            val.class_counts()


@pytest.mark.parametrize(
    ("imgs", "error", "message"),
    [
        (np.zeros((2, 28, 28)), TypeError, "images of float64; allowed: uint8"),
        (np.zeros((0, 28, 28), np.uint8), ValueError, r"images of shape \(0, 28, 28\); allowed: at least one"),
    ],
)
def test_images_without_a_mean(generated: Path, imgs: Any, error: type[Exception], message: str) -> None:
    val = dataset(generated, "breastmnist")
    val.imgs = imgs
    with pytest.raises(error, match=message):
        val.mean_std()


def table(folder: Path, rows: list[str], header: str = "split,index,image_id") -> Path:
    path = folder / "breastmnist.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


ROWS = [
    f"{split},{index},{split}-case ({index})" for split in ("test", "val", "train") for index in reversed(range(40))
]


def test_image_ids(generated: Path, tmp_path: Path) -> None:
    val = dataset(generated, "breastmnist")
    expected = [f"val-case ({index})" for index in range(40)]
    assert val.image_ids(table(tmp_path, ROWS)) == expected
    turned = [f"{row.split(',')[2]},x,{','.join(row.split(',')[:2])}" for row in ROWS]
    assert val.image_ids(str(table(tmp_path, turned, "\ufeffimage_id,label,split,index"))) == expected


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        (
            ROWS,
            "split,number,image_id",
            "the first line is split,number,image_id; expected columns split,index,image_id",
        ),
        ([], "", "the first line is nothing; expected columns"),
        (ROWS[:50], None, "no row for index 0 of split 'val'; expected all of 0 to 39"),
        ([*ROWS, "val,3,again"], None, "line 122: index 3 comes twice; expected once"),
        (["val,40,a"], None, "line 2: index '40' of 40 samples; expected 0 to 39"),
        (["val,-1,a"], None, "line 2: index '-1'"),
        (["val,one,a"], None, "line 2: index 'one'"),
        (["val,1"], None, "line 2: no image_id; expected one"),
        (["VALIDATION,1,a"], None, "line 2: split 'VALIDATION'; expected train, val, test"),
    ],
)
def test_bad_tables(generated: Path, tmp_path: Path, rows: list[str], header: str | None, message: str) -> None:
    path = table(tmp_path, rows, *([] if header is None else [header]))
    with pytest.raises(ValueError, match=message):
        dataset(generated, "breastmnist").image_ids(path)


def test_no_table(generated: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        dataset(generated, "breastmnist").image_ids(tmp_path / "no.csv")
