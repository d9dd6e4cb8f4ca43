"""The transforms against torchvision: zero differing bytes, eager and compiled into a loader."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision.transforms as tv
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

import medmnist_fast as mf
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it

SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 40)).flatmap(
    lambda size: st.sampled_from([size, (*size, 3), (*size, 1)])
)
IMAGES = SHAPES.flatmap(lambda shape: hnp.arrays(np.uint8, shape))
PARAMETERS = st.floats(-2, 2, allow_subnormal=False)
STDS = PARAMETERS.filter(lambda std: abs(std) > 1e-3)


def channels(image: np.ndarray) -> int:
    return image.shape[2] if image.ndim == 3 else 1


@settings(max_examples=200, deadline=None)
@given(image=IMAGES, data=st.data())
def test_to_tensor_and_normalize_equal_torchvision(image: np.ndarray, data: st.DataObject) -> None:
    values = data.draw(st.sampled_from([1, channels(image)]))
    mean, std = (data.draw(st.lists(each, min_size=values, max_size=values)) for each in (PARAMETERS, STDS))
    ours = T.Compose([T.ToTensor(), T.Normalize(mean, std)])(image)
    theirs = tv.Compose([tv.ToTensor(), tv.Normalize(mean, std)])(image)
    assert ours.dtype == np.float32
    assert ours.shape == tuple(theirs.shape)
    assert ours.tobytes() == theirs.numpy().tobytes()


def test_every_pixel_value_is_exact_at_the_usual_parameters() -> None:
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for mean, std in [(0.5, 0.5), (0.485, 0.229), (0.456, 0.224), (0.406, 0.225), (0.1307, 0.3081)]:
        ours = T.Compose([T.ToTensor(), T.Normalize([mean], [std])])(image)
        theirs = tv.Compose([tv.ToTensor(), tv.Normalize([mean], [std])])(image)
        assert ours.tobytes() == theirs.numpy().tobytes()


@settings(max_examples=100, deadline=None)
@given(image=IMAGES)
def test_flip_equals_numpy_and_keeps_the_kind(image: np.ndarray) -> None:
    flipped = T.RandomHorizontalFlip(1)(image)
    assert flipped.shape == image.shape
    assert np.array_equal(flipped, image[:, ::-1])
    assert np.array_equal(T.RandomHorizontalFlip(0)(image), image)


def test_pil_images_give_what_torchvision_gives() -> None:
    rng = np.random.default_rng(0)
    for shape in [(7, 5), (7, 5, 3)]:
        image = Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8))
        tensor = T.ToTensor()(image)
        assert torch.equal(tensor, tv.ToTensor()(image))
        flipped = T.RandomHorizontalFlip(1)(image)
        assert flipped.mode == image.mode
        assert flipped.tobytes() == tv.RandomHorizontalFlip(1)(image).tobytes()


def test_a_seed_names_the_draws() -> None:
    flip, image = T.RandomHorizontalFlip(), np.arange(8, dtype=np.uint8).reshape(1, 8)
    draws = [flip(image, seed=seed)[0, 0] for seed in range(200)]
    assert draws == [flip(image, seed=seed)[0, 0] for seed in range(200)]
    # Six standard deviations of 200 fair draws.
    assert abs(sum(draw == 7 for draw in draws) - 100) < 43
    torch.manual_seed(0)
    first = [int(flip(image)[0, 0]) for _ in range(20)]
    torch.manual_seed(0)
    assert first == [int(flip(image)[0, 0]) for _ in range(20)]
    assert len(set(first)) == 2


def test_items_and_batches_agree(data_root: Path) -> None:
    """One implementation: what a data set's item is under a transform, a loader's sample is too."""
    transform = T.Compose([T.RandomHorizontalFlip(1), T.ToTensor(), T.Normalize([0.4], [0.2])])
    for cls in (mf.BreastMNIST, mf.RetinaMNIST, mf.AdrenalMNIST3D):
        for as_rgb in (False, True):
            val = cls("val", transform=transform, root=data_root, as_rgb=as_rgb)
            images, _ = next(iter(mf.DataLoader(val, 5)))
            expected = torch.stack([val[i][0] for i in range(5)])
            assert images.dtype == torch.float32
            assert torch.equal(images, expected)


def test_items_keep_their_kind_under_a_flip(data_root: Path) -> None:
    flip = T.RandomHorizontalFlip(1)
    for cls, mode in [(mf.BreastMNIST, "L"), (mf.RetinaMNIST, "RGB")]:
        val = cls("val", root=data_root, transform=flip)
        image, _ = val[2]
        assert image.mode == mode
        assert np.array_equal(np.asarray(image), val.imgs[2][:, ::-1])
    val = mf.AdrenalMNIST3D("val", root=data_root, transform=flip)
    assert torch.equal(val[2][0][0], torch.from_numpy(val.imgs[2][..., ::-1] / np.float32(255)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: T.Normalize([0.5], [0]), r"Normalize: std 0; allowed: finite numbers other than 0"),
        (lambda: T.Normalize([0.5], [float("nan")]), "std NaN"),
        (lambda: T.Normalize([float("inf")], [1]), "mean inf; allowed: finite"),
        (lambda: T.Normalize([0.5, 0.5], [1]), "2 values of mean and 1 of std"),
        (lambda: T.Normalize([], []), "0 values of mean"),
        (lambda: T.RandomHorizontalFlip(1.5), r"RandomHorizontalFlip: p = 1.5; allowed: a probability in 0 to 1"),
        (lambda: T.RandomHorizontalFlip(-0.1), r"p = -0.1"),
    ],
)
def test_bad_parameters_are_refused_at_once(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


GREY = np.zeros((4, 4), np.uint8)


@pytest.mark.parametrize(
    ("transform", "image", "error", "message"),
    [
        (
            T.Normalize([0.5], [0.5]),
            GREY,
            ValueError,
            "step 1 of the transform, Normalize: got uint8; .* ToTensor before",
        ),
        (
            T.Compose([T.ToTensor(), T.Normalize([0.5] * 3, [0.5] * 3)]),
            GREY,
            ValueError,
            "step 2 of the transform, Normalize: 3 values of mean and std for 1-channel data; allowed: 1 or 1",
        ),
        (T.Compose([T.ToTensor(), T.ToTensor()]), GREY, ValueError, "step 2 of the transform, ToTensor: got float32"),
        (T.ToTensor(), np.zeros((4, 4, 2), np.uint8), ValueError, r"an image cannot have the shape \[4, 4, 2\]"),
        (T.ToTensor(), np.zeros((0, 4), np.uint8), ValueError, "lengths of at least 1"),
        (T.ToTensor(), np.zeros((4, 4)), TypeError, "an array of float64; allowed: uint8"),
        (T.ToTensor(), "image.png", TypeError, "str is no image; allowed: a PIL image, a uint8"),
        (T.ToTensor(), Image.new("P", (4, 4)), TypeError, "an image of mode 'P'; allowed: L and RGB"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    transform: T.Transform, image: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        transform(image)


def test_seeds_out_of_range_are_refused() -> None:
    for seed in (-1, 2**64):
        with pytest.raises(ValueError, match=f"seed = {seed}; allowed: a whole number of at least 0"):
            T.ToTensor()(GREY, seed=seed)


def test_foreign_transforms_are_refused_by_name() -> None:
    with pytest.raises(
        TypeError,
        match=r"torchvision.*ToTensor is no transform of medmnist_fast\.transforms; allowed: AugMix, .*Compose",
    ):
        T.Compose([tv.ToTensor()])


def test_repr() -> None:
    pipeline = T.Compose([T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize([0.5], [0.5])])
    theirs = tv.Compose([tv.RandomHorizontalFlip(), tv.ToTensor(), tv.Normalize([0.5], [0.5])])
    assert repr(pipeline) == repr(theirs)
