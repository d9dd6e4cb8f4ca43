"""What the engine reads: subsets and concatenations in any nesting are one data set; everything else says why not."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision.transforms as tv
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import ConcatDataset, Dataset, Subset, random_split

import medmnist_fast as mf
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it
from medmnist_fast.loader.sources import Source, resolve, with_transform


def numbered(count: int, first: int = 0, **options: Any) -> mf.ArrayDataset:
    """Images that are known by their labels."""
    images = np.random.default_rng(first).integers(0, 256, (count, 3, 2, 3), dtype=np.uint8)
    return mf.ArrayDataset(images, np.arange(first, first + count), **options)


@st.composite
def nested(draw: st.DrawFn, depth: int = 3) -> Any:
    """Subsets and concatenations of a few arrays, some of them several times."""
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(LEAVES))
    inner = draw(nested(depth=depth - 1))
    if draw(st.booleans()):
        return ConcatDataset([inner, draw(nested(depth=depth - 1))])
    indices = draw(st.lists(st.integers(-len(inner), len(inner) - 1), min_size=1, max_size=20))
    kind = draw(st.sampled_from([list, np.array, torch.tensor]))
    return Subset(inner, kind(indices))


LEAVES = [numbered(5, 0, transform=tv.ToTensor()), numbered(1, 100), numbered(7, 200, transform=T.ToTensor())]


@settings(max_examples=150, deadline=None)
@given(nested())
def test_nested_data_sets_are_what_their_items_are(dataset: Any) -> None:
    source = resolve(dataset, T.ToTensor())
    assert isinstance(source, Source)
    assert len(source.parts) == len({id(part.images) for part in source.parts}) <= len(LEAVES)
    images, labels = next(iter(mf.DataLoader(dataset, len(dataset), transform=T.ToTensor())))
    assert len(images) == len(dataset)
    for index in range(len(dataset)):
        image, label = dataset[index]
        expected = image if isinstance(image, torch.Tensor) else tv.ToTensor()(image)
        assert torch.equal(images[index], expected)
        assert labels[index] == label


def test_parts_keep_their_transforms_and_channels(generated: Path) -> None:
    to_float = tv.Compose([tv.Resize(20), tv.ToTensor()])
    both = ConcatDataset(
        [
            mf.PathMNIST("val", root=generated, transform=tv.Compose([tv.CenterCrop(20), tv.ToTensor()])),
            mf.BreastMNIST("val", root=generated, transform=to_float, as_rgb=True),
        ]
    )
    for ours, theirs in zip(mf.DataLoader(both, 16, num_workers=2), torch.utils.data.DataLoader(both, 16), strict=True):
        assert all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True))
    different = ConcatDataset([both.datasets[0], mf.BreastMNIST("val", root=generated, transform=to_float)])
    with pytest.raises(
        ValueError, match=r"\[3, 20, 20\] \(float32\) and \[1, 20, 20\] \(float32\), which make no batch"
    ):
        mf.DataLoader(different, 4)


def test_a_split_by_torch() -> None:
    first, second = random_split(numbered(20), [0.75, 0.25], torch.Generator().manual_seed(0))
    seen = torch.cat([labels for part in (first, second) for _, labels in mf.DataLoader(part, 4, shuffle=True)])
    assert sorted(seen.tolist()) == list(range(20))


def test_draws_belong_to_the_index_in_the_data_set_that_is_loaded() -> None:
    flips = T.Compose([T.RandomHorizontalFlip(), T.RandomInvert(), T.ToTensor()])
    whole = numbered(20)
    part = Subset(whole, list(range(19, 9, -1)))
    images, _ = next(iter(mf.DataLoader(part, 10, transform=flips, seed=4)))
    for position, image in enumerate(images):
        expected = flips(whole.imgs[19 - position], seed=4, index=position)
        assert np.array_equal(image, expected)


class Squares(Dataset):
    """A data set of somebody's."""

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return torch.full((2,), float(index)), index**2


class OwnItems(mf.ArrayDataset):
    """Labels only."""

    def __getitem__(self, index: Any) -> Any:
        return super().__getitem__(index)[1]


class OwnTarget(mf.ArrayDataset):
    """Other labels."""

    def _target(self, index: Any) -> Any:
        return -super()._target(index)


class OwnSubset(Subset):
    """Might do anything."""


def shout(image: Any) -> Any:
    return image


@pytest.mark.parametrize(
    ("dataset", "reason"),
    [
        (Squares(), r"it is a \S*test_sources.Squares"),
        (Subset(Squares(), [1]), r"it is a \S*test_sources.Squares"),
        (OwnSubset(numbered(3), [1]), r"it is a \S*test_sources.OwnSubset"),
        ([1, 2, 3], "it is a builtins.list"),
        (OwnItems(numbered(3).imgs, [0, 1, 2]), "OwnItems has a __getitem__ of its own"),
        (OwnTarget(numbered(3).imgs, [0, 1, 2]), "OwnTarget has a _target of its own"),
        (numbered(3, transform=shout), "the transform is the function shout"),
        (numbered(3, transform=torch.nn.Identity()), r"the transform is a torch.nn.modules.\S*Identity"),
        (numbered(3, transform=tv.RandomPerspective()), "cannot translate from torchvision: RandomPerspective"),
        (numbered(3, transform=tv.Compose([tv.ToTensor(), shout])), r"cannot translate .*\[1\] function"),
        (
            ConcatDataset([numbered(3), mf.ArrayDataset(numbered(3).imgs, np.zeros((3, 1)))]),
            "its parts have labels of different types or shapes",
        ),
        (ConcatDataset([numbered(3), numbered(3, 9, target_transform=abs)]), "its parts have different target_trans"),
    ],
)
def test_reasons(dataset: Any, reason: str) -> None:
    with pytest.warns(UserWarning, match=f"one by one in Python, .*: {reason}") as warned:
        mf.DataLoader(dataset, 2)
    assert len(warned) == 1
    assert warned[0].filename == __file__


def test_indices_outside_are_refused() -> None:
    for index in (5, -6):
        with pytest.raises(IndexError, match=f"index {index} of a Subset of 5 samples; allowed: -5 to 4"):
            mf.DataLoader(Subset(numbered(5), [0, index]))
    with pytest.raises(ValueError, match="the data set is empty: 0 samples"):
        mf.DataLoader(Subset(numbered(5), []))


def test_subclasses_that_change_no_item_are_read(generated: Path) -> None:
    class Named(mf.BreastMNIST):
        """Mine."""

        def describe(self) -> str:
            return "mine"

    assert isinstance(resolve(Named("val", root=generated)), Source)


@pytest.mark.parametrize(
    ("indices", "error", "message"),
    [
        ([True, False, True], TypeError, "indices of bool of a Subset; allowed: whole numbers"),
        (torch.ones(5, dtype=torch.bool), TypeError, "indices of bool"),
        ([0.5, 1.5], TypeError, "indices of float64"),
        (["1"], TypeError, "indices of <U1"),
        (np.arange(4).reshape(2, 2), ValueError, r"indices of shape \(2, 2\) of a Subset; allowed: one dimension"),
    ],
)
def test_indices_of_other_kinds_are_refused(indices: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        resolve(Subset(numbered(5), indices))


@pytest.mark.parametrize("indices", [range(4, 0, -2), np.array([4, 2], np.uint64), (4, -3), [torch.tensor(4), 2]])
def test_any_whole_numbers_are_indices(indices: Any) -> None:
    source = resolve(Subset(numbered(5), indices))
    assert isinstance(source, Source)
    assert source.selection is not None
    assert source.selection.tolist() == [4, 2]
    assert source.selection.dtype == np.uint32


def test_an_array_that_must_be_copied_is_copied_once() -> None:
    images = np.zeros((5, 6, 4), np.uint8)[:, ::2]
    both = ConcatDataset([mf.ArrayDataset(images, np.arange(5), transform) for transform in (None, T.ToTensor())])
    source = resolve(both)
    assert isinstance(source, Source)
    first, second = (part.images for part in source.parts)
    assert first is second
    assert first.flags.c_contiguous


def test_one_method_may_transform_all_targets() -> None:
    class Shift:
        def by_one(self, label: int) -> int:
            return label + 1

    shift = Shift()
    both = ConcatDataset([numbered(2, target_transform=shift.by_one), numbered(2, 5, target_transform=shift.by_one)])
    labels = [label for _, labels in mf.DataLoader(both, 2) for label in labels.tolist()]
    assert labels == [1, 2, 6, 7]


def test_a_transform_is_something_to_call() -> None:
    with pytest.raises(
        TypeError, match=r"transform = \[ToTensor\(\)\]; allowed: a transform of medmnist_fast or torchv"
    ):
        mf.DataLoader(numbered(3), transform=[T.ToTensor()])


def test_another_transform_for_items_fetched_one_by_one() -> None:
    whole = ConcatDataset([Subset(numbered(5, transform=tv.ToTensor()), [4, 1]), OwnTarget(numbered(2).imgs, [1, 2])])
    other = with_transform(whole, np.asarray)
    assert [type(image) for image, _ in other] == [np.ndarray] * 4
    assert [label for _, label in other] == [label for _, label in whole] == [4, 1, -1, -2]
    assert isinstance(whole[0][0], torch.Tensor)
    assert other.datasets[0].dataset.imgs is whole.datasets[0].dataset.imgs
    with pytest.raises(
        TypeError, match=r"a transform for a data set of \S*Squares; allowed: for those of medmnist_fast,"
    ):
        with_transform(Subset(Squares(), [1]), np.asarray)
