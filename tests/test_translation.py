"""torchvision's pipelines as ours, and batches mixed as torchvision mixes them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision.transforms as tv
from torchvision.transforms import v2

import medmnist_fast as mf
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it

FIRST = [
    tv.Resize(30, tv.InterpolationMode.BICUBIC, max_size=60),
    tv.CenterCrop((28, 26)),
    tv.Pad((1, 2), 3, "constant"),
    tv.RandomCrop(24, 2, fill=4),
    tv.RandomResizedCrop(24, (0.2, 1)),
    tv.RandomHorizontalFlip(0.3),
    tv.RandomVerticalFlip(),
    tv.RandomRotation(10, tv.InterpolationMode.BILINEAR),
    tv.RandomAffine(10, (0.1, 0.2), (0.5, 2), (1, 2, 3, 4)),
    tv.ColorJitter(0.1, (0.5, 1.5), 0.2, 0.1),
    tv.RandomGrayscale(),
    tv.GaussianBlur(3, (0.5, 1)),
    tv.RandomInvert(),
    tv.RandomPosterize(3),
    tv.RandomSolarize(100),
    tv.RandomAdjustSharpness(2),
    tv.RandomAutocontrast(),
    tv.RandomEqualize(),
    tv.RandAugment(),
    tv.TrivialAugmentWide(),
    tv.AugMix(),
    tv.RandomApply([tv.RandomInvert()], 0.2),
    tv.RandomChoice([tv.RandomInvert(), tv.RandomEqualize()], [1, 2]),
    tv.RandomOrder([tv.RandomInvert(), tv.RandomEqualize()]),
    tv.Grayscale(3),
    tv.ToTensor(),
    tv.Normalize([0.5], [0.25]),
    tv.RandomErasing(0.5, value=1.0),
]


def test_first_version() -> None:
    ours = T.from_torchvision(tv.Compose(FIRST))
    assert isinstance(ours, T.Compose)
    assert [type(part).__name__ for part in ours.transforms] == [type(part).__name__ for part in FIRST]
    assert ours.transforms[3].padding == 2
    assert ours.transforms[8].shear == (1, 2, 3, 4)
    assert ours(np.zeros((40, 50, 3), np.uint8)).shape == (3, 24, 24)


def test_second_version() -> None:
    theirs = [
        v2.ToImage(),
        *(getattr(v2, type(part).__name__)() for part in FIRST if type(part).__name__ in {"RandomInvert", "AugMix"}),
        v2.RandomResizedCrop(24),
        v2.RandomAffine(10, fill=3),
        v2.RGB(),
        v2.RandomChoice([v2.RandomInvert(), v2.RandomEqualize()], p=[0.2, 0.8]),
        v2.ToDtype(torch.float32, scale=True),
        v2.GaussianNoise(),
        v2.Normalize([0.5], [0.25]),
    ]
    ours = T.from_torchvision(v2.Compose(theirs))
    out = ours(np.zeros((40, 50), np.uint8))
    assert out.shape == (3, 24, 24)
    assert out.dtype == np.float32


def test_deterministic_pipelines_give_torchvisions_bytes() -> None:
    theirs = tv.Compose(
        [tv.Resize(30), tv.CenterCrop(24), tv.RandomEqualize(1), tv.ToTensor(), tv.Normalize([0.5] * 3, [0.25] * 3)]
    )
    image = tv.ToPILImage()(torch.randint(0, 256, (3, 50, 40), dtype=torch.uint8))
    assert torch.equal(T.from_torchvision(theirs)(image), theirs(image))


def test_a_loader_translates_what_its_data_set_has(data_root: Path) -> None:
    theirs = tv.Compose([tv.Resize(30), tv.ToTensor(), tv.Normalize([0.5], [0.25])])
    train = mf.RetinaMNIST("train", root=data_root, transform=theirs)
    images, _ = next(iter(mf.DataLoader(train, 8)))
    assert torch.equal(images, torch.stack([train[index][0] for index in range(8)]))
    with pytest.warns(
        UserWarning, match=r"one by one in Python, .*Compose\[0\] Lambda: there is no such transform here"
    ):
        mf.DataLoader(train, 8, transform=tv.Compose([tv.Lambda(abs)]))


def test_what_cannot_be_translated_is_named_one_by_one() -> None:
    theirs = tv.Compose(
        [
            tv.RandomPerspective(),
            tv.RandomHorizontalFlip(),
            tv.RandomApply([tv.Lambda(abs)]),
            tv.RandomRotation(10, expand=True),
            v2.ToDtype(torch.float32, scale=False),
            torch.nn.Identity(),
        ]
    )
    with pytest.raises(ValueError, match="cannot translate from torchvision") as caught:
        T.from_torchvision(theirs)
    for part in (
        "Compose[0] RandomPerspective: there is no such transform here",
        "Compose[2] RandomApply[0] Lambda: there is no such transform here",
        "Compose[3] RandomRotation: RandomRotation: expand = True",
        "Compose[4] ToDtype: scale = False; allowed: True",
        "Compose[5] Identity: it is torch.nn",
    ):
        assert part in str(caught.value)
    assert "[1]" not in str(caught.value)


def beta(seed: int) -> tuple[float, np.random.Generator]:
    rng = np.random.default_rng(seed)
    return float(rng.beta(0.8, 0.8)), rng


@pytest.mark.parametrize("kind", ["tensor", "array"])
@pytest.mark.parametrize("shape", [(6, 3, 9, 7), (5, 1, 4, 9, 7)])
@pytest.mark.parametrize("labels_of", ["N", "N1", "hot"])
def test_mixes_are_torchvisions(kind: str, shape: tuple[int, ...], labels_of: str) -> None:
    torch.manual_seed(0)
    images, labels = torch.rand(shape), torch.randint(0, 4, (shape[0],))
    hot = torch.nn.functional.one_hot(labels, 4).float()
    given: Any = {"N": labels, "N1": labels[:, None], "hot": hot}[labels_of]
    inputs = (images, given) if kind == "tensor" else (images.numpy(), given.numpy())
    # torchvision mixes images only; slices of a volume are as good as channels.
    flat = images.reshape(shape[0], -1, *shape[-2:])
    for seed in range(5):
        share, rng = beta(seed)
        mixed, mixed_labels = T.MixUp(alpha=0.8, num_classes=4)(*inputs, seed=seed)
        reference = v2.MixUp(alpha=0.8, num_classes=4)
        parameters = {"labels": labels, "batch_size": shape[0], "lam": share}
        close(mixed, reference.transform(flat, parameters).reshape(shape))
        close(mixed_labels, hot.roll(1, 0) * (1 - share) + hot * share)
        mixed, mixed_labels = T.CutMix(alpha=0.8, num_classes=4)(*inputs, seed=seed)
        height, width = shape[-2:]
        x, y, half = int(rng.integers(width)), int(rng.integers(height)), 0.5 * (1 - share) ** 0.5
        box = (
            max(x - int(half * width), 0),
            max(y - int(half * height), 0),
            min(x + int(half * width), width),
            min(y + int(half * height), height),
        )
        area = 1 - (box[2] - box[0]) * (box[3] - box[1]) / (height * width)
        parameters = {"labels": labels, "batch_size": shape[0], "box": box, "lam_adjusted": area}
        close(mixed, v2.CutMix(num_classes=4).transform(flat, parameters).reshape(shape))
        close(mixed_labels, hot.roll(1, 0) * (1 - area) + hot * area)


def close(ours: Any, theirs: torch.Tensor) -> None:
    assert type(ours) in {np.ndarray, torch.Tensor}
    assert np.abs(np.asarray(ours) - theirs.numpy()).max() <= 1e-6


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: T.MixUp(alpha=0), "MixUp: alpha = 0; allowed: a finite number above 0"),
        (lambda: T.MixUp()(torch.rand(2, 1, 4, 4), torch.zeros(2).long()), "without num_classes"),
        (lambda: T.CutMix(num_classes=2)(torch.rand(2, 1, 4, 4), torch.tensor([0, 2])), "whole numbers below"),
        (lambda: T.CutMix(num_classes=2)(torch.rand(2, 4, 4), torch.tensor([0, 1])), r"allowed: \(N, C, H, W\)"),
        (lambda: T.CutMix(num_classes=2)(torch.rand(3, 1, 4, 4), torch.tensor([0, 1])), "and N labels"),
        (lambda: T.CutMix(num_classes=2)(torch.rand(2, 1, 4, 4), torch.rand(2, 3)), "labels of 3 classes"),
        (
            lambda: T.MixUp(num_classes=2)(torch.zeros(2, 1, 4, 4, dtype=torch.uint8), torch.tensor([0, 1])),
            "images of torch.uint8; allowed: floating types",
        ),
    ],
)
def test_batches_that_cannot_be_mixed(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


IMAGE = np.zeros((4, 5), np.uint8)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: T.RandomCrop(9)(IMAGE), r"RandomCrop: size = \[9, 9\] of samples of \[4, 5\]; allowed: at most that"),
        (lambda: T.ColorJitter(hue=0.1)(IMAGE), r"step 1 of the transform, ColorJitter: hue: got 1 channel \(grey\)"),
        (lambda: T.GaussianBlur(4), r"kernel_size = \[4, 4\]; allowed: odd"),
        (lambda: T.GaussianBlur(3, 0), "sigma = 0.0; allowed: more than 0"),
        (lambda: T.GaussianBlur(9)(IMAGE), "kernel_size 9 for an axis of 4; allowed: at most 7"),
        (lambda: T.RandomRotation(10, expand=True), "expand = True makes samples of different shapes"),
        (lambda: T.RandomRotation(10, "lanczos"), "allowed: nearest, bilinear, bicubic"),
        (lambda: T.RandomRotation(-1), "degrees = -1; allowed: a number of at least 0"),
        (lambda: T.Resize(4, "best"), "interpolation 'best'; allowed: nearest, lanczos"),
        (lambda: T.Resize(4, 9), "interpolation 9; allowed"),
        (lambda: T.Resize(0), "size = 0; allowed: a whole number of at least 1"),
        (lambda: T.Resize(4, antialias=False), "antialias = False"),
        (lambda: T.Resize((4, 4), box=(0, 0, 9, 9))(IMAGE), r"box \(0, 0, 9, 9\); allowed"),
        (lambda: T.Resize((4, 4), max_size=9), "max_size"),
        (
            lambda: T.RandomResizedCrop(4, scale=(1, 0.5)),
            r"scale = \(1.0, 0.5\); allowed: two finite numbers in 0 to 1",
        ),
        (lambda: T.Pad(1, (1, 2, 3))(IMAGE), "3 values of fill for 1-channel data; allowed: 1 or 1"),
        (lambda: T.Pad(1, 0.5)(IMAGE), "fill 0.5 for uint8 pixels; allowed: whole numbers in 0 to 255"),
        (lambda: T.Pad(1, padding_mode="wrap"), 'padding_mode "wrap"; allowed: constant'),
        (lambda: T.Pad((1, 2, 3)), "allowed: 1, 2 or 4 whole numbers"),
        (lambda: T.RandomErasing(value="noise"), "value = 'noise'; allowed: numbers, or 'random'"),
        (lambda: T.RandomErasing(value="random")(IMAGE), "value 'random': got uint8; it takes float32"),
        (lambda: T.RandomPosterize(0), "bits = 0"),
        (lambda: T.RandomSolarize(float("nan")), "threshold = NaN; allowed: a finite number"),
        (lambda: T.RandomAdjustSharpness(-1), "sharpness_factor = -1.0; allowed"),
        (lambda: T.ColorJitter(-0.1), "brightness = -0.1; allowed"),
        (lambda: T.ColorJitter(hue=0.6), r"hue = \(-0.6, 0.6\); allowed: two finite numbers in -0.5 to 0.5"),
        (lambda: T.RandAugment(magnitude=31), "magnitude = 31; allowed: less than num_magnitude_bins = 31"),
        (lambda: T.AugMix(severity=11), "severity = 11"),
        (lambda: T.AugMix(alpha=0), "alpha = 0; allowed: a finite number above 0"),
        (lambda: T.RandomApply([], 2), "RandomApply: p = 2; allowed: a probability in 0 to 1"),
        (lambda: T.RandomChoice([]), "RandomChoice: 0 transforms; allowed: 1 to 64"),
        (lambda: T.RandomChoice([T.ToRGB()], [1, 2]), r"p = \[1.0, 2.0\]; allowed: a number of at least 0 for each"),
        (lambda: T.RandomApply([T.ToTensor()])(IMAGE), "step 1 inside it, ToTensor: changes the type"),
        (lambda: T.RandomApply([T.Resize(9)])(IMAGE), "by chance; allowed: one shape for all samples"),
        (lambda: T.Grayscale(2), "num_output_channels = 2; allowed: 1 or 3"),
        (lambda: T.Compose([T.ToTensor(), T.Resize(3)])(IMAGE), "step 2 of the transform, Resize: got float32"),
        (lambda: T.ConvertImageDtype("uint8"), "ConvertImageDtype: uint8; allowed: float32, float16, bfloat16"),
        (
            lambda: T.Compose([T.ConvertImageDtype("float16"), T.Normalize([0], [1])])(IMAGE),
            "step 2 of the transform, Normalize: got float16; it takes float32",
        ),
    ],
)
def test_mistakes_are_refused_with_what_is_allowed(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
