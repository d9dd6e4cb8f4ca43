"""Slices, lists, arrays and masks of data sets give what a loader gives for the same samples."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision.transforms as tv
from conftest import SHAPES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import medmnist_fast as mf
from medmnist_fast import transforms

NORMALIZED = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.5], [0.25])])
INDICES: list[Any] = [
    slice(10, 20),
    slice(None, None, -7),
    [3, 1, -1, 3],
    np.array([5, 0], np.uint8),
    torch.tensor([2, -40]),
    range(4, 9, 2),
    np.arange(40) % 9 == 4,
    [True] + [False] * 39,
]


def dataset(root: Path, flag: str, **options: Any) -> Any:
    return getattr(mf, mf.INFO[flag]["python_class"])("val", root=root, **options)


@pytest.mark.parametrize("flag", SHAPES)
@pytest.mark.parametrize("transform", [None, NORMALIZED, tv.Compose([tv.ToTensor(), tv.Normalize([0.5], [0.25])])])
def test_a_batch_is_that_of_a_loader(generated: Path, flag: str, transform: Any) -> None:
    if SHAPES[flag].startswith("3-D") and isinstance(transform, tv.Compose):
        transform = NORMALIZED
    val = dataset(generated, flag, transform=transform, as_rgb=True)
    for index in INDICES:
        chosen = np.arange(40)[np.asarray(index) if not isinstance(index, slice) else index]
        (expected, expected_labels), *_ = mf.DataLoader(val, batch_sampler=[chosen.tolist()])
        images, labels = val[index]
        assert type(images) is torch.Tensor
        assert (
            images.dtype == expected.dtype == (torch.uint8 if transform is None and images.ndim == 4 else torch.float32)
        )
        assert torch.equal(images, expected)
        assert torch.equal(labels, expected_labels)
        assert np.array_equal(labels, val.labels[chosen].astype(int))


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.slices(40) | st.lists(st.integers(-40, 39), max_size=12) | st.lists(st.booleans(), min_size=40, max_size=40))
def test_it_selects_as_numpy_does(generated: Path, index: Any) -> None:
    val = dataset(generated, "retinamnist")
    images, labels = val[index]
    expected = (
        np.asarray(index, bool if index and isinstance(index[0], bool) else int) if isinstance(index, list) else index
    )
    assert np.array_equal(images.permute(0, 2, 3, 1), val.imgs[expected])
    assert np.array_equal(labels, val.labels[expected])
    assert images.shape[1:] == (3, 28, 28)
    assert labels.shape[1:] == (1,)


def test_functions_are_called_for_each_sample_and_stacked(generated: Path) -> None:
    val = dataset(generated, "chestmnist", transform=lambda image: np.asarray(image) / 2, target_transform=np.sum)
    images, labels = val[[7, 3]]
    assert torch.equal(images, torch.from_numpy(val.imgs[[7, 3]] / 2))
    assert np.array_equal(labels, val.labels[[7, 3]].sum(axis=1))
    assert val[:0][0].shape == (0, 28, 28)


def test_array_datasets_too() -> None:
    images = np.random.default_rng(0).integers(0, 256, (9, 5, 6), np.uint8)
    array = mf.ArrayDataset(images, np.arange(9) / 2)
    pixels, labels = array[2:5]
    assert np.array_equal(pixels[:, 0], images[2:5])
    assert labels.tolist() == [1.0, 1.5, 2.0]


def test_one_index_is_one_item(generated: Path) -> None:
    val = dataset(generated, "breastmnist")
    for index in (3, np.int64(3), np.array(3), torch.tensor(3), -37):
        image, label = val[index]
        assert np.array_equal(image, val.imgs[3])
        assert label.shape == (1,)


@pytest.mark.parametrize(
    ("index", "error", "message"),
    [
        ([0, 40], IndexError, "index 40 of 40 samples; allowed: -40 to 39"),
        (np.array([-41]), IndexError, "index -41 of 40 samples"),
        ([True, False], IndexError, "a mask of 2 for 40 samples; allowed: as many"),
        ([0.5], TypeError, r"indices of float64 and shape \(1,\); allowed: whole numbers or bools in one dimension"),
        (["a"], TypeError, "indices of <U1"),
        (np.zeros((2, 2), int), TypeError, r"indices of int64 and shape \(2, 2\)"),
        ((1, 2), TypeError, r"index \(1, 2\); allowed: a whole number, a slice, a list or an array"),
        (40, IndexError, "index 40 is out of bounds"),
    ],
)
def test_bad_indices(generated: Path, index: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        dataset(generated, "breastmnist")[index]
