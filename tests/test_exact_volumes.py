"""Volumes under transforms against NumPy (no differing byte) and torch (1e-5 of the range)."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.philox import Stream

from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it

EXAMPLES = settings(max_examples=60, deadline=None)
SEEDS = st.integers(0, 2**64 - 1)
LENGTHS = st.integers(1, 24)


@st.composite
def volumes(draw: st.DrawFn, cube: bool = False) -> np.ndarray:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    edge = draw(LENGTHS)
    shape = (edge,) * 3 if cube else (edge, draw(LENGTHS), draw(LENGTHS))
    return rng.integers(0, 256, shape, dtype=np.uint8)


def scaled(volume: np.ndarray) -> np.ndarray:
    return volume.astype(np.float32) / np.float32(255)


@EXAMPLES
@given(volume=volumes(), seed=SEEDS)
def test_flips(volume: np.ndarray, seed: int) -> None:
    # Step 0 is the ToTensor that stands before everything.
    stream = Stream(seed, step=1)
    axes = [axis for axis in range(3) if stream.chance(0.5)]
    ours = T.RandomFlip()(volume, seed=seed, spatial_dims=3)
    assert ours.shape == (1, *volume.shape)
    assert np.array_equal(ours[0], scaled(np.flip(volume, axes)))


@EXAMPLES
@given(volume=volumes(cube=True), seed=SEEDS)
def test_turns(volume: np.ndarray, seed: int) -> None:
    stream = Stream(seed, step=1)
    assert stream.chance(1)
    turns, plane = 1 + stream.below(3), [(0, 1), (0, 2), (1, 2)][stream.below(3)]
    ours = T.RandomRotate90(1)(volume, seed=seed, spatial_dims=3)
    assert np.array_equal(ours[0], scaled(np.rot90(volume, turns, plane)))


@EXAMPLES
@given(volume=volumes(), seed=SEEDS, data=st.data())
def test_crops(volume: np.ndarray, seed: int, data: st.DataObject) -> None:
    size = [data.draw(st.integers(1, length)) for length in volume.shape]
    stream = Stream(seed, step=1)
    starts = [
        stream.below(have - want + 1) if have > want else 0 for have, want in zip(volume.shape, size, strict=True)
    ]
    part = tuple(slice(start, start + length) for start, length in zip(starts, size, strict=True))
    ours = T.RandomCrop(size)(volume, seed=seed, spatial_dims=3)
    assert np.array_equal(ours[0], scaled(volume[part]))


@EXAMPLES
@given(volume=volumes(), size=st.tuples(LENGTHS, LENGTHS, LENGTHS))
def test_resize(volume: np.ndarray, size: tuple[int, int, int]) -> None:
    ours = T.Resize(size)(volume, spatial_dims=3)
    theirs = torch.nn.functional.interpolate(
        torch.from_numpy(scaled(volume))[None, None], size, mode="trilinear", align_corners=False
    )
    assert np.abs(ours[0] - theirs[0, 0].numpy()).max() <= 1e-5
    nearest = T.Resize(size, "nearest")(volume, spatial_dims=3)
    theirs = torch.nn.functional.interpolate(torch.from_numpy(scaled(volume))[None, None], size, mode="nearest")
    assert np.array_equal(nearest[0], theirs[0, 0].numpy())


def turn(first: int, second: int, angle: float) -> np.ndarray:
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = math.cos(angle)
    matrix[first, second], matrix[second, first] = -math.sin(angle), math.sin(angle)
    return matrix


@EXAMPLES
@given(volume=volumes(), seed=SEEDS)
def test_affine(volume: np.ndarray, seed: int) -> None:
    ours = T.RandomAffine(40, (0.1, 0.2, 0.3), (0.7, 1.4), interpolation="bilinear")(volume, seed=seed, spatial_dims=3)
    stream = Stream(seed, step=1)
    z, y, x = (math.radians(stream.uniform(-40, 40)) for _ in range(3))
    shares = zip((0.1, 0.2, 0.3), volume.shape, strict=True)
    shift = np.array([stream.uniform(-share, share) * length for share, length in shares])[::-1]
    scale = stream.uniform(0.7, 1.4)
    back = (turn(0, 1, z) @ turn(0, 2, y) @ turn(1, 2, x)).T / scale
    size = np.array(volume.shape[::-1], float)
    theta = np.concatenate([back * size / size[:, None], (-(back @ shift) * 2 / size)[:, None]], axis=1)
    grid = torch.nn.functional.affine_grid(
        torch.from_numpy(theta).double()[None], [1, 1, *volume.shape], align_corners=False
    )
    theirs = torch.nn.functional.grid_sample(
        torch.from_numpy(scaled(volume)).double()[None, None], grid, align_corners=False
    )
    assert np.abs(ours[0] - theirs[0, 0].numpy()).max() <= 1e-5


@EXAMPLES
@given(volume=volumes(), seed=SEEDS)
def test_intensity_scale(volume: np.ndarray, seed: int) -> None:
    factor = np.float32(Stream(seed, step=1).unit())
    assert np.array_equal(T.RandomIntensityScale()(volume, seed=seed, spatial_dims=3)[0], scaled(volume) * factor)
    half = T.RandomIntensityScale(train=False)(volume, spatial_dims=3)
    assert np.array_equal(half[0], scaled(volume) * np.float32(0.5))


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        (T.Resize((4, 4)), r"step 2 of the transform, Resize: size = \[4, 4\] for a volume; allowed: 1 or 3 lengths"),
        (T.RandomCrop(9), r"step 2 of the transform, RandomCrop: size = \[9, 9, 9\] of samples of \[4, 5, 6\]"),
        (T.ColorJitter(0.5), "step 2 of the transform, ColorJitter: got a volume; it takes images"),
        (T.RandomResizedCrop(4), "step 2 of the transform, RandomResizedCrop: got a volume; it takes images"),
        (T.RandomRotation(4), "step 2 of the transform, RandomRotation: got a volume"),
        (T.Pad(1), "step 2 of the transform, Pad: got a volume"),
        (T.TrivialAugmentWide(), "TrivialAugmentWide: got a volume"),
        (T.RandomErasing(), "RandomErasing: got a volume"),
        (T.RandomRotate90(axes=(0, 1)), "got lengths 4 and 5, which a quarter turn exchanges; allowed: equal"),
        (T.RandomFlip(axes=(3,)), "axis 3 of a sample with 3 spatial axes; allowed: -3 to 2"),
        (T.Resize(4, "lanczos"), "interpolation lanczos of a volume; allowed: nearest, bilinear"),
        (T.RandomAffine(4), "interpolation nearest of a volume; allowed: bilinear"),
        (T.RandomAffine(4, shear=3, interpolation="bilinear"), "shear of a volume; allowed: None"),
        (T.RandomAffine(4, (0, 0), interpolation="bilinear"), "translate has 2 shares for a volume; allowed: 3"),
    ],
)
def test_what_volumes_cannot_do(transform: T.Transform, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        transform(np.zeros((4, 5, 6), np.uint8), spatial_dims=3)
    with pytest.raises(ValueError, match="RandomIntensityScale: got an image; it takes volumes"):
        T.RandomIntensityScale()(np.zeros((4, 5), np.uint8))
