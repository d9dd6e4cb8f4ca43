"""Transforms with torchvision's names, parameters and answers.

Each works in three ways with one implementation: on one image (``transform(image)``), on a batch
(``transform.batch(images)``), and compiled into the plan of a :class:`medmnist_fast.DataLoader`, which runs the whole
pipeline on one image at a time and writes it straight into its batch. Bytes equal torchvision's on PIL images. A seed
gives the same draws in all three ways.

One image is a PIL image (``L`` or ``RGB``), a ``uint8`` array of shape (H, W), (H, W, 1) or (H, W, 3), or a ``uint8``
tensor (C, H, W). The kind that went in comes out. After :class:`ToTensor` results are ``float32`` (C, H, W): an array
for an array, a tensor for a tensor and, as from torchvision, for a PIL image (an array where torch is not installed).
Volumes, with ``spatial_dims=3``, are (D, H, W).
"""

from typing import Any

from medmnist_fast.transforms.base import Transform
from medmnist_fast.transforms.batches import CutMix, MixUp
from medmnist_fast.transforms.colour import (
    ColorJitter,
    GaussianBlur,
    Grayscale,
    RandomAdjustSharpness,
    RandomAutocontrast,
    RandomEqualize,
    RandomGrayscale,
    RandomInvert,
    RandomPosterize,
    RandomSolarize,
)
from medmnist_fast.transforms.geometry import (
    CenterCrop,
    Pad,
    RandomCrop,
    RandomFlip,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomRotate90,
    RandomVerticalFlip,
    Resize,
)
from medmnist_fast.transforms.nested import Compose, RandomApply, RandomChoice, RandomOrder
from medmnist_fast.transforms.policies import AugMix, RandAugment, TrivialAugmentWide
from medmnist_fast.transforms.values import (
    ConvertImageDtype,
    GaussianNoise,
    Normalize,
    RandomErasing,
    RandomIntensityScale,
    ToRGB,
    ToTensor,
)
from medmnist_fast.transforms.warps import RandomAffine, RandomRotation


def from_torchvision(transform: Any) -> Transform:
    """Translate a transform of ``torchvision.transforms`` or ``torchvision.transforms.v2``, nested ones throughout.

    ``ToImage`` and ``PILToTensor`` are what every image of ours is. ``ToDtype(torch.float32, scale=True)`` becomes
    :class:`ConvertImageDtype`, which divides by 255 where v2 multiplies by 1/255.

    Raises:
        ValueError: what cannot be translated, each by its name and with the reason.
    """
    from medmnist_fast.transforms.foreign import translate

    return translate(transform)


__all__ = [
    "AugMix",
    "CenterCrop",
    "ColorJitter",
    "Compose",
    "ConvertImageDtype",
    "CutMix",
    "GaussianBlur",
    "GaussianNoise",
    "Grayscale",
    "MixUp",
    "Normalize",
    "Pad",
    "RandAugment",
    "RandomAdjustSharpness",
    "RandomAffine",
    "RandomApply",
    "RandomAutocontrast",
    "RandomChoice",
    "RandomCrop",
    "RandomEqualize",
    "RandomErasing",
    "RandomFlip",
    "RandomGrayscale",
    "RandomHorizontalFlip",
    "RandomIntensityScale",
    "RandomInvert",
    "RandomOrder",
    "RandomPosterize",
    "RandomResizedCrop",
    "RandomRotate90",
    "RandomRotation",
    "RandomSolarize",
    "RandomVerticalFlip",
    "Resize",
    "ToRGB",
    "ToTensor",
    "Transform",
    "TrivialAugmentWide",
    "from_torchvision",
]
