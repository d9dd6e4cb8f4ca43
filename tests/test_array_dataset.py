"""Arrays as a data set: the items of MedMNIST's, any layout in, and clear refusals."""

from typing import Any

import numpy as np
import pytest
import torch
import torchvision.transforms as tv
from PIL import Image

import medmnist_fast as mf
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it

GREY = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)
RGB = np.arange(5 * 4 * 3 * 3, dtype=np.uint8).reshape(5, 4, 3, 3)
VOLUMES = np.arange(5 * 2 * 4 * 3, dtype=np.uint8).reshape(5, 2, 4, 3)
LABELS = np.arange(5)


@pytest.mark.parametrize(
    ("images", "expected", "spatial_dims"),
    [
        (GREY, GREY, 2),
        (GREY[..., np.newaxis], GREY, 2),
        (RGB, RGB, 2),
        (VOLUMES, VOLUMES, 3),
        (torch.from_numpy(GREY), GREY, 2),
        (torch.from_numpy(GREY)[:, None], GREY, 2),
        (torch.from_numpy(RGB).permute(0, 3, 1, 2), RGB, 2),
        (torch.from_numpy(VOLUMES)[:, None], VOLUMES, 3),
        (GREY.tolist(), None, 2),
    ],
)
def test_layouts(images: Any, expected: Any, spatial_dims: int) -> None:
    if expected is None:
        with pytest.raises(TypeError, match="images of int64; allowed: uint8"):
            mf.ArrayDataset(images, LABELS)
        return
    dataset = mf.ArrayDataset(images, LABELS, spatial_dims=spatial_dims)
    assert np.array_equal(dataset.imgs, expected)
    assert len(dataset) == 5
    batch, labels = next(iter(mf.DataLoader(dataset, 5)))
    values = expected if expected.ndim == 4 and spatial_dims == 2 else expected[..., np.newaxis]
    values = np.moveaxis(values, -1, 1)
    if spatial_dims == 3:
        values = values / np.float32(255)
    assert np.array_equal(batch.numpy(), values)
    assert labels.tolist() == LABELS.tolist()


def test_memory_is_shared() -> None:
    assert np.shares_memory(mf.ArrayDataset(GREY, LABELS).imgs, GREY)
    assert np.shares_memory(mf.ArrayDataset(torch.from_numpy(GREY), LABELS).imgs, GREY)


def test_a_mapped_array_stays_mapped(tmp_path: Any) -> None:
    np.save(tmp_path / "images.npy", RGB)
    dataset = mf.ArrayDataset(np.load(tmp_path / "images.npy", mmap_mode="r"), LABELS)
    assert isinstance(dataset.imgs, np.memmap)
    images, _ = next(iter(mf.DataLoader(dataset, 5, channels_last=True)))
    assert np.array_equal(images, RGB)


@pytest.mark.parametrize(
    ("labels", "dtype", "shape"),
    [
        (LABELS.tolist(), np.int64, (5,)),
        (LABELS.astype(np.uint8), np.int64, (5,)),
        (LABELS > 2, np.int64, (5,)),
        (LABELS[:, np.newaxis].astype(np.int32), np.int64, (5, 1)),
        (torch.arange(10).reshape(5, 2), np.int64, (5, 2)),
        (LABELS.astype(np.float32), np.float32, (5,)),
        (np.linspace(0, 1, 15).reshape(5, 3), np.float64, (5, 3)),
    ],
)
def test_labels(labels: Any, dtype: Any, shape: tuple[int, ...]) -> None:
    dataset = mf.ArrayDataset(RGB, labels)
    assert (dataset.labels.dtype, dataset.labels.shape) == (dtype, shape)
    for output in ("numpy", "torch"):
        _, batch = next(iter(mf.DataLoader(dataset, 5, output=output)))
        assert np.array_equal(np.asarray(batch), np.asarray(labels, dtype))
        assert np.asarray(batch).dtype == dtype
    stock = torch.utils.data.DataLoader(mf.ArrayDataset(RGB, labels, tv.ToTensor()), 5)
    assert next(iter(stock))[1].numpy().dtype == dtype
    assert next(iter(stock))[1].shape == shape


def test_items() -> None:
    image, label = mf.ArrayDataset(GREY, LABELS)[2]
    assert image.mode == "L"
    assert np.array_equal(image, GREY[2])
    assert label == 2
    assert mf.ArrayDataset(RGB, LABELS)[-1][0].mode == "RGB"
    assert mf.ArrayDataset(GREY, LABELS, as_rgb=True)[0][0].mode == "RGB"
    volume, label = mf.ArrayDataset(VOLUMES, LABELS[:, None], spatial_dims=3)[1]
    assert np.array_equal(volume, VOLUMES[1][np.newaxis] / 255)
    assert label.tolist() == [1]
    dataset = mf.ArrayDataset(RGB, LABELS, np.asarray, lambda label: label + 10)
    assert np.array_equal(dataset[3][0], RGB[3])
    assert dataset[3][1] == 13
    assert repr(dataset) == "ArrayDataset of uint8 images (5, 4, 3, 3), int64 labels (5,)"
    assert isinstance(Image.fromarray(RGB[0]), Image.Image)


@pytest.mark.parametrize(
    ("images", "labels", "options", "error", "message"),
    [
        (RGB.astype(float), LABELS, {}, TypeError, "images of float64; allowed: uint8"),
        (torch.zeros(5, 3, 4, 3), LABELS, {}, TypeError, "images of float32; allowed: uint8"),
        (RGB[:4], LABELS, {}, ValueError, "4 images and 5 labels; allowed: as many of each"),
        (RGB[0, 0], LABELS, {}, ValueError, r"images of shape \(3, 3\); allowed: \(N, H, W\)"),
        (RGB[..., :2], LABELS, {}, ValueError, r"images of shape \(5, 4, 3, 2\); allowed: .* 1 or 3 channels"),
        (torch.from_numpy(RGB), LABELS, {}, ValueError, r"images of shape \(5, 4, 3, 3\); allowed: .* in front of H"),
        (GREY, LABELS, {"spatial_dims": 3}, ValueError, r"images of shape \(5, 4, 3\); allowed: \(N, D, H, W\)$"),
        (RGB, LABELS, {"spatial_dims": 4}, ValueError, "spatial_dims = 4; allowed: a whole number of at least 2"),
        (RGB, list("abcde"), {}, TypeError, "labels of <U1; allowed: whole numbers, bools, float32 or float64"),
        (RGB, LABELS.astype(complex), {}, TypeError, "labels of complex128"),
        (RGB, np.full(5, 2**63, np.uint64), {}, ValueError, "labels up to 9223372036854775808; allowed: .* of int64"),
        (RGB, np.zeros((5, 0)), {}, ValueError, r"labels of shape \(5, 0\); allowed: \(N,\) or \(N, L\)"),
        (RGB, np.zeros((5, 1, 1)), {}, ValueError, r"labels of shape \(5, 1, 1\)"),
    ],
)
def test_bad_arrays(images: Any, labels: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        mf.ArrayDataset(images, labels, **options)


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("as_rgb", [True, False])
def test_several_items_at_once_are_the_items(ours: bool, as_rgb: bool) -> None:
    library = T if ours else tv
    transform = library.Compose([library.Resize((6, 6)), library.ToTensor(), library.Normalize([0.5], [0.25])])
    for images in (GREY, RGB):
        dataset = mf.ArrayDataset(images, LABELS, transform, as_rgb=as_rgb)
        items = dataset.__getitems__([4, -5, 1, 1])
        for (image, label), index in zip(items, [4, -5, 1, 1], strict=True):
            expected, expected_label = dataset[index]
            assert torch.equal(image, expected)
            assert label == expected_label
        # A transform that is replaced is not remembered.
        dataset.transform = library.ToTensor()
        assert dataset.__getitems__([2])[0][0].shape == (3 if as_rgb or images is RGB else 1, 4, 3)
        dataset.transform = None
        assert dataset.__getitems__([2])[0][0].mode == ("RGB" if as_rgb or images is RGB else "L")
    volumes = mf.ArrayDataset(VOLUMES, LABELS, T.RandomFlip(0), spatial_dims=3, as_rgb=as_rgb)
    assert torch.equal(volumes.__getitems__([3])[0][0], volumes[3][0])


def test_stock_loaders_give_the_same_with_it(generated: Any) -> None:
    class OneByOne(mf.PathMNIST):
        def __getitem__(self, index: Any) -> Any:
            return super().__getitem__(index)

    transform = tv.Compose([tv.ToTensor(), tv.Normalize([0.5], [0.5])])
    quick, slow = (cls("train", root=generated, transform=transform) for cls in (mf.PathMNIST, OneByOne))
    for ours, theirs in zip(*(torch.utils.data.DataLoader(one, 16) for one in (quick, slow)), strict=True):
        assert all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True))
    # An item of one's own is asked for.
    assert len(slow.__getitems__([1, 2])) == 2


def test_a_seed_of_torch_reproduces_random_items() -> None:
    dataset = mf.ArrayDataset(RGB, LABELS, T.Compose([T.RandomHorizontalFlip(), T.RandomInvert(), T.ToTensor()]))

    def items() -> list[torch.Tensor]:
        torch.manual_seed(3)
        return [image for image, _ in dataset.__getitems__([0, 1, 2, 0, 1, 2, 0, 0, 0])]

    assert all(torch.equal(one, other) for one, other in zip(items(), items(), strict=True))
    # Each item has draws of its own.
    assert len({image.numpy().tobytes() for image in items()}) > 3


def test_several_items_take_any_whole_numbers() -> None:
    dataset = mf.ArrayDataset(RGB, LABELS, T.ToTensor())
    assert dataset.__getitems__([]) == []
    indices = [np.uint8(3), torch.tensor(-1), 2]
    for (image, label), index in zip(dataset.__getitems__(indices), (3, 4, 2), strict=True):
        assert torch.equal(image, dataset[index][0])
        assert label == index
    for index in (5, -6):
        with pytest.raises(IndexError, match=f"index {index} is out of bounds"):
            dataset.__getitems__([0, index])
    with pytest.raises(TypeError, match="'float' object cannot be interpreted as an integer"):
        dataset.__getitems__([0.5])


def test_several_items_follow_a_transform_that_is_changed_in_place() -> None:
    transform = tv.Compose([tv.ToTensor()])
    dataset = mf.ArrayDataset(RGB, LABELS, transform)
    dataset.__getitems__([0])
    transform.transforms.append(tv.Normalize([0.5], [0.25]))
    assert torch.equal(dataset.__getitems__([1])[0][0], dataset[1][0])
    transform.transforms.append(tv.Lambda(lambda image: image[0]))
    assert torch.equal(dataset.__getitems__([1])[0][0], dataset[1][0])
    del transform.transforms[1:]
    assert torch.equal(dataset.__getitems__([1])[0][0], dataset[1][0])


def test_several_items_where_the_engine_cannot_help() -> None:
    class Equal(mf.ArrayDataset):
        """Without a hash."""

        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            return True

    assert torch.equal(Equal(RGB, LABELS, tv.ToTensor()).__getitems__([1])[0][0], tv.ToTensor()(RGB[1]))
    dataset = mf.ArrayDataset(GREY, LABELS, tv.ToTensor())
    dataset.imgs = GREY.astype(np.float32)
    assert torch.equal(dataset.__getitems__([1])[0][0], torch.from_numpy(dataset.imgs[1:2]))
    volumes = mf.ArrayDataset(VOLUMES, LABELS, tv.Lambda(torch.from_numpy), spatial_dims=3)
    assert volumes.__getitems__([1])[0][0].dtype == torch.float64
    unfit = mf.ArrayDataset(GREY, LABELS, T.Compose([T.ToTensor(), T.Normalize([0.5] * 2, [1.0] * 2)]))
    with pytest.raises(ValueError, match=r"2 values .* for 1-channel"):
        unfit.__getitems__([1])


def test_stock_loaders_of_volumes_in_worker_processes() -> None:
    dataset = mf.ArrayDataset(VOLUMES, LABELS, T.Compose([T.ToTensor(), T.Normalize([0.5], [0.5])]), spatial_dims=3)
    first = dataset.__getitems__([0, 1])
    # What was remembered stays behind.
    for options in ({}, {"num_workers": 1, "multiprocessing_context": "spawn"}):
        images, labels = next(iter(torch.utils.data.DataLoader(dataset, 2, **options)))
        assert torch.equal(images, torch.stack([image for image, _ in first]))
        assert torch.equal(images, torch.stack([dataset[index][0] for index in range(2)]))
        assert labels.tolist() == [0, 1]
