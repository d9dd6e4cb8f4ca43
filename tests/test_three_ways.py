"""One implementation: on one image, on a batch and in a loader; for any threads, batch size and back-end."""

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import medmnist_fast as mf
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it
from medmnist_fast._core import available_backends

SEED = 11
EVERYTHING = [
    T.RandomResizedCrop(24),
    T.RandomHorizontalFlip(),
    T.RandomVerticalFlip(),
    T.RandomRotate90(),
    T.RandomRotation(30, "bilinear", fill=3),
    T.RandomAffine(20, (0.1, 0.1), (0.8, 1.2), 10),
    T.Pad(2, 5),
    T.RandomCrop(24, 3),
    T.RandomGrayscale(),
    T.GaussianBlur(3),
    T.GaussianNoise(0, 0.02),
    T.RandomInvert(0.2),
    T.RandomPosterize(4, 0.2),
    T.RandomSolarize(128, 0.2),
    T.RandomAdjustSharpness(2),
    T.RandomAutocontrast(),
    T.RandomEqualize(0.2),
    T.RandAugment(),
    T.TrivialAugmentWide(),
    T.AugMix(),
    T.RandomApply([T.ColorJitter(0.2, 0.2, 0.2), T.RandomHorizontalFlip()]),
    T.RandomChoice([T.RandomInvert(), T.CenterCrop(24)], [0.3, 0.7]),
    T.RandomOrder([T.RandomVerticalFlip(), T.RandomEqualize()]),
    T.CenterCrop(22),
]
FLOATS = [T.ToTensor(), T.Normalize([0.5], [0.5]), T.RandomErasing(), T.RandomHorizontalFlip()]
PIPELINES = {
    "pixels": T.Compose(EVERYTHING),
    "floats": T.Compose([*EVERYTHING, *FLOATS]),
    "in place": T.Compose([T.Resize(20, "bicubic"), T.ToTensor(), T.RandomErasing(value="random")]),
    "plain": T.Compose([T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize([0.5], [0.5])]),
}


@pytest.mark.parametrize("name", PIPELINES)
@pytest.mark.parametrize("cls", [mf.BreastMNIST, mf.RetinaMNIST])
def test_images(data_root: Path, cls: type[mf.MedMNIST], name: str) -> None:
    transform = PIPELINES[name]
    val = cls("val", root=data_root)
    batches = list(mf.DataLoader(val, 16, transform=transform, seed=SEED, output="numpy"))
    images = np.concatenate([images for images, _ in batches])
    for batch_size, threads in [(1, 0), (7, 1), (len(val), 3)]:
        loader = mf.DataLoader(val, batch_size, transform=transform, seed=SEED, num_workers=threads, output="numpy")
        assert np.array_equal(np.concatenate([images for images, _ in loader]), images)
    batch = transform.batch(val.imgs, seed=SEED)
    if images.dtype == np.uint8:
        assert np.array_equal(np.moveaxis(batch.reshape(*batch.shape[:3], -1), -1, 1), images)
    else:
        assert np.array_equal(batch, images)
    tensors = torch.from_numpy(val.imgs.reshape(*val.imgs.shape[:3], -1)).permute(0, 3, 1, 2)
    assert torch.equal(transform(tensors, seed=SEED), torch.from_numpy(images))
    assert torch.equal(transform.batch(tensors[5:], seed=SEED, first=5), torch.from_numpy(images[5:]))
    for index in (0, 3, 17):
        one = transform(val.imgs[index], seed=SEED, index=index)
        expected = images[index]
        if images.dtype == np.uint8:
            expected = np.moveaxis(expected, 0, -1).reshape(one.shape)
        assert np.array_equal(one, expected)
        pil = transform(Image.fromarray(val.imgs[index]), seed=SEED, index=index)
        assert np.array_equal(np.asarray(pil), expected)
        assert torch.equal(transform(tensors[index], seed=SEED, index=index), torch.from_numpy(images[index]))


def test_volumes(data_root: Path) -> None:
    affine = T.RandomAffine(10, (0.1, 0.1, 0.1), interpolation="bilinear")
    transform = T.Compose(
        [T.RandomFlip(), T.RandomRotate90(), T.RandomCrop(24), affine, T.Resize(26), T.RandomIntensityScale()]
    )
    val = mf.AdrenalMNIST3D("val", root=data_root)
    images = np.concatenate([b for b, _ in mf.DataLoader(val, 8, transform=transform, seed=SEED, output="numpy")])
    assert images.shape == (len(val), 1, 26, 26, 26)
    assert np.array_equal(transform.batch(val.imgs, seed=SEED, spatial_dims=3), images)
    assert np.array_equal(transform(val.imgs[3], seed=SEED, index=3, spatial_dims=3), images[3])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("as_rgb", [False, True])
@pytest.mark.parametrize("name", ["floats", "plain"])
def test_types_and_layouts(data_root: Path, dtype: torch.dtype, as_rgb: bool, name: str) -> None:
    val = mf.BreastMNIST("val", root=data_root, as_rgb=as_rgb)
    options: dict[str, Any] = {"transform": PIPELINES[name], "seed": SEED}
    expected = next(iter(mf.DataLoader(val, 16, **options)))[0]
    first = next(iter(mf.DataLoader(val, 16, dtype=dtype, **options)))[0]
    assert first.dtype == dtype
    assert torch.equal(first, expected.to(dtype))
    last = next(iter(mf.DataLoader(val, 16, dtype=dtype, channels_last=True, **options)))[0]
    assert last.is_contiguous()
    assert torch.equal(last.permute(0, 3, 1, 2), first)


def test_uint8_channels_last(data_root: Path) -> None:
    val = mf.RetinaMNIST("val", root=data_root)
    images, _ = next(iter(mf.DataLoader(val, 16, channels_last=True, dtype="uint8", output="numpy")))
    assert np.array_equal(images, val.imgs[:16])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dtype": "float32"}, "dtype float32, but the samples are uint8: put ToTensor .*; allowed: uint8"),
        ({"dtype": "uint8", "transform": T.ToTensor()}, "dtype uint8, but the samples are float32"),
        ({"dtype": "float64"}, 'dtype "float64"; allowed: float32, float16, bfloat16, uint8'),
        ({"dtype": "bfloat16", "transform": T.ToTensor(), "output": "numpy"}, "which has none; allowed: float32"),
    ],
)
def test_types_that_do_not_fit(data_root: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mf.DataLoader(mf.BreastMNIST("val", root=data_root), **options)


def test_the_plan_says_what_became_of_each_step(data_root: Path) -> None:
    transform = T.Compose([T.RandomResizedCrop(20), T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize([0.5], [0.5])])
    val = mf.BreastMNIST("val", root=data_root, as_rgb=True)
    text = repr(mf.DataLoader(val, transform=transform, dtype="bfloat16", channels_last=True).plan)
    for part in (
        "28, 28",
        "(20, 20, 3)",
        "RandomResizedCrop",
        "weights made once for each length",
        "no pass",
        "bfloat16, channels last",
    ):
        assert part in text
    assert len(text.splitlines()) == 6


def test_empty_batches() -> None:
    assert PIPELINES["floats"].batch(np.zeros((0, 28, 28, 3), np.uint8)).shape == (0, 3, 22, 22)
    assert PIPELINES["pixels"].batch(np.zeros((0, 28, 28), np.uint8)).shape == (0, 22, 22)


def test_transforms_can_be_pickled_after_use() -> None:
    image = np.arange(28 * 28, dtype=np.uint8).reshape(28, 28)
    transform = PIPELINES["floats"]
    first = transform(image, seed=SEED)
    assert np.array_equal(pickle.loads(pickle.dumps(transform))(image, seed=SEED), first)


def test_every_back_end_gives_the_same_bytes() -> None:
    script = (
        "import hashlib, numpy as np\n"
        "from tests.test_three_ways import PIPELINES, SEED\n"
        "images = np.random.default_rng(0).integers(0, 256, (64, 28, 28, 3), dtype=np.uint8)\n"
        "for name in PIPELINES:\n"
        "    print(hashlib.sha256(PIPELINES[name].batch(images, seed=SEED).tobytes()).hexdigest())\n"
    )
    root = Path(__file__).parents[1]
    answers = {}
    for backend in available_backends():
        environment = os.environ | {"MEDMNIST_FAST_SIMD": backend}
        answers[backend] = subprocess.check_output([sys.executable, "-c", script], env=environment, cwd=root, text=True)
    assert "scalar" in answers
    assert len(set(answers.values())) == 1, answers


def test_an_unknown_back_end_is_refused() -> None:
    script = "import numpy as np\nfrom medmnist_fast import transforms as T\nT.ToTensor()(np.zeros((2, 2), np.uint8))"
    environment = os.environ | {"MEDMNIST_FAST_SIMD": "mmx"}
    run = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert 'ValueError: MEDMNIST_FAST_SIMD is "mmx"; this processor can run: scalar' in run.stderr
