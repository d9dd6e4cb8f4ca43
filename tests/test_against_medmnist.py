"""Side by side with medmnist 3.0.2: same values, same types, same text, same files."""

from pathlib import Path
from typing import Any

import medmnist
import numpy as np
import pytest
import torch
import torchvision.transforms as tv
from conftest import OFFICIAL, SHAPES

import medmnist_fast as mf

OFFICIAL_SETS = [("breastmnist", 28), ("breastmnist", 64), ("retinamnist", 28), ("adrenalmnist3d", 28)]
SETS = [("generated", flag, 28) for flag in SHAPES] + [("official", flag, size) for flag, size in OFFICIAL_SETS]


@pytest.fixture(params=SETS, ids=lambda case: "-".join(map(str, case)))
def case(request: pytest.FixtureRequest, generated: Path) -> tuple[Path, str, int]:
    source, flag, size = request.param
    if source == "official" and not OFFICIAL.is_dir():
        pytest.skip(f"no official files: {OFFICIAL} is missing")
    return (OFFICIAL if source == "official" else generated), flag, size


def both(case: tuple[Path, str, int], split: str, **options: Any) -> tuple[Any, Any]:
    """Ours and theirs; theirs insists on the official counts, so both are told the counts of generated files."""
    root, flag, size = case
    name = mf.INFO[flag]["python_class"]
    ours, theirs = (getattr(package, name)(split, root=root, size=size, **options) for package in (mf, medmnist))
    ours.info = theirs.info = theirs.info | {"n_samples": theirs.info["n_samples"] | {split: len(theirs.imgs)}}
    return ours, theirs


@pytest.mark.parametrize("as_rgb", [False, True])
def test_items(case: tuple[Path, str, int], as_rgb: bool) -> None:
    for split in ("train", "val", "test"):
        ours, theirs = both(case, split, as_rgb=as_rgb)
        assert np.array_equal(ours.imgs, theirs.imgs)
        assert np.array_equal(ours.labels, theirs.labels)
        assert ours.labels.dtype == theirs.labels.dtype
        for index in range(0, len(ours), 7):
            (image, label), (expected, expected_label) = ours[index], theirs[index]
            assert type(image) is type(expected)
            assert getattr(image, "mode", None) == getattr(expected, "mode", None)
            image, expected = np.asarray(image), np.asarray(expected)
            assert (image.dtype, image.shape) == (expected.dtype, expected.shape)
            assert np.array_equal(image, expected)
            assert (label.dtype, label.shape) == (expected_label.dtype, expected_label.shape)
            assert np.array_equal(label, expected_label)


def test_attributes_and_text(case: tuple[Path, str, int]) -> None:
    ours, theirs = both(case, "val")
    for name in ("flag", "size", "size_flag", "info", "root", "split", "transform", "target_transform", "as_rgb"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert repr(ours) == repr(theirs)


def test_other_peoples_transforms_get_what_medmnist_gives_them(case: tuple[Path, str, int]) -> None:
    ours, theirs = both(case, "val", transform=np.asarray, target_transform=np.sum)
    assert np.array_equal(ours[3][0], theirs[3][0])
    assert ours[3][1] == theirs[3][1]


@pytest.mark.parametrize("as_rgb", [False, True])
def test_batches_equal_those_of_torch(case: tuple[Path, str, int], as_rgb: bool) -> None:
    """ToTensor + Normalize through torch's DataLoader and through ours, in order, bit for bit."""
    ours, theirs = both(case, "val", as_rgb=as_rgb)
    if ours.spatial_dims == 2:
        theirs.transform = tv.Compose([tv.ToTensor(), tv.Normalize([0.5], [0.25])])
    else:
        # Upstream's volumes are float64 in 0…1 already.
        theirs.transform = lambda volume: (torch.from_numpy(volume).float() - 0.5) / 0.25
    transform = mf.transforms.Compose([mf.transforms.ToTensor(), mf.transforms.Normalize([0.5], [0.25])])
    fast = mf.DataLoader(ours, 10, transform=transform)
    stock = torch.utils.data.DataLoader(theirs, 10)
    assert len(fast) == len(stock)
    for (images, labels), (expected, expected_labels) in zip(fast, stock, strict=True):
        assert images.dtype == expected.dtype
        assert torch.equal(images, expected)
        assert labels.dtype == expected_labels.dtype
        assert torch.equal(labels, expected_labels)


def test_metrics_and_result_files(case: tuple[Path, str, int], tmp_path: Path) -> None:
    root, flag, size = case
    evaluators = [package.Evaluator(flag, "test", size=size, root=root) for package in (mf, medmnist)]
    labels = evaluators[0].labels
    assert np.array_equal(labels, evaluators[1].labels)
    columns = 2 if mf.INFO[flag]["task"] == "binary-class" else len(mf.INFO[flag]["label"])
    rng = np.random.default_rng(0)
    # Two decimals: many ties.
    scores = rng.random((len(labels), columns)).round(2)
    ours, theirs = (
        evaluator.evaluate(scores, save_folder=folder, run="r")
        for evaluator, folder in zip(evaluators, [tmp_path, theirs_folder(tmp_path)], strict=True)
    )
    assert ours == pytest.approx(theirs, abs=1e-12)
    assert ours._fields == theirs._fields
    (written,), (expected,) = tmp_path.glob("*.csv"), theirs_folder(tmp_path).glob("*.csv")
    assert written.name == expected.name
    assert written.read_bytes() == expected.read_bytes()
    assert mf.Evaluator.parse_and_evaluate(written, root=root) == ours


def theirs_folder(folder: Path) -> Path:
    (folder / "theirs").mkdir(exist_ok=True)
    return folder / "theirs"
