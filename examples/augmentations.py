"""Draw every transform on one image, several times each: ``python examples/augmentations.py [--root DIR] [--out PNG]``.

The image is the first of retinamnist's training split where the folder has it, else a generated phantom.
"""

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from medmnist_fast import phantoms
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it
from medmnist_fast.dataset import DATASETS

EDGE, DRAWS, LABEL, GAP = 96, 5, 190, 4

IMAGES: list[T.Transform] = [
    T.Resize(14, "nearest"),
    T.Resize(56, "lanczos"),
    T.CenterCrop(20),
    T.Pad(6, padding_mode="reflect"),
    T.RandomCrop(28, padding=6),
    T.RandomResizedCrop(28),
    T.RandomHorizontalFlip(),
    T.RandomVerticalFlip(),
    T.RandomFlip(axes=(0, 1)),
    T.RandomRotate90(),
    T.RandomRotation(45, "bilinear"),
    T.RandomAffine(20, (0.2, 0.2), (0.7, 1.3), 20, "bicubic"),
    T.ColorJitter(0.5, 0.5, 0.5, 0.1),
    T.Grayscale(3),
    T.RandomGrayscale(0.5),
    T.ToRGB(),
    T.GaussianBlur(5, (0.3, 3)),
    T.GaussianNoise(sigma=0.1),
    T.RandomErasing(1),
    T.RandomInvert(),
    T.RandomPosterize(2),
    T.RandomSolarize(100),
    T.RandomAdjustSharpness(6),
    T.RandomAutocontrast(),
    T.RandomEqualize(),
    T.RandAugment(),
    T.TrivialAugmentWide(),
    T.AugMix(severity=10),
    T.RandomApply([T.RandomInvert(1), T.RandomHorizontalFlip(1)]),
    T.RandomChoice([T.RandomInvert(1), T.RandomEqualize(1)]),
    T.RandomOrder([T.RandomSolarize(128), T.RandomRotation(30)]),
    T.Compose([T.ToTensor(), T.Normalize([0.5], [0.25]), T.RandomErasing(1, value="random")]),
    T.ConvertImageDtype("float16"),
]
VOLUMES: list[T.Transform] = [
    T.RandomFlip(),
    T.RandomRotate90(),
    T.RandomCrop(20),
    T.Resize((28, 20, 40)),
    T.RandomAffine(30, (0.1, 0.1, 0.1), (0.8, 1.2), interpolation="bilinear"),
    T.RandomIntensityScale(),
]


def main() -> None:
    """Draw the sheet and say where it is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--root", type=Path, default=os.environ.get("MEDMNIST_ROOT", "."), help="folder of official files"
    )
    parser.add_argument("--out", type=Path, default=Path("augmentations.png"), help="default: augmentations.png")
    options = parser.parse_args()
    image, volume = first(options.root, "retinamnist"), first(options.root, "organmnist3d", "adrenalmnist3d")
    rows = [(name(transform), [image, *draw_images(transform, image)]) for transform in IMAGES]
    middle = volume.astype(np.float32)[len(volume) // 2] / 255
    rows += [("3-D: " + name(transform), [middle, *draw_volumes(transform, volume)]) for transform in VOLUMES]
    rows += [(type(mix).__name__, draw_mixes(mix, image)) for mix in (T.MixUp(num_classes=2), T.CutMix(num_classes=2))]
    left, right = rows[: (len(rows) + 1) // 2], rows[(len(rows) + 1) // 2 :]
    width, height = LABEL + (DRAWS + 1) * (EDGE + GAP), len(left) * (EDGE + GAP)
    sheet = Image.new("RGB", (2 * width, height), "white")
    for column, part in enumerate((left, right)):
        for row, (label, pictures) in enumerate(part):
            y = row * (EDGE + GAP)
            ImageDraw.Draw(sheet).multiline_text((column * width + 6, y + 6), label, fill="black")
            for place, picture in enumerate(pictures):
                sheet.paste(tile(picture), (column * width + LABEL + place * (EDGE + GAP), y))
    sheet.save(options.out)
    print(f"{options.out}: {len(rows)} transforms; in each row the image, then {DRAWS} draws")


def name(transform: T.Transform) -> str:
    """The transform's name and what it is made of, in short lines."""
    inner = getattr(transform, "transforms", [])
    return "\n  ".join([type(transform).__name__, *(type(part).__name__ for part in inner)])


def first(root: Path, *flags: str) -> NDArray[np.uint8]:
    """The first training sample of the first set that is there, or of a phantom."""
    for flag in flags:
        if (root / f"{flag}.npz").exists():
            return np.asarray(DATASETS[flag]("train", root=root).imgs[0])
    return np.asarray(phantoms.generate(flags[0], samples={"train": 1, "val": 1, "test": 1})["train_images"][0])


def draw_images(transform: T.Transform, image: NDArray[np.uint8]) -> list[NDArray[Any]]:
    """What it makes of an image, with five seeds."""
    outs = [transform(image, seed=seed) for seed in range(DRAWS)]
    return [out if out.dtype == np.uint8 else np.moveaxis(out, 0, -1) for out in outs]


def draw_volumes(transform: T.Transform, volume: NDArray[np.uint8]) -> list[NDArray[Any]]:
    """The middle slice of what it makes of a volume, with five seeds."""
    outs = [transform(volume, seed=seed, spatial_dims=3)[0] for seed in range(DRAWS)]
    return [out[len(out) // 2] for out in outs]


def draw_mixes(mix: T.MixUp | T.CutMix, image: NDArray[np.uint8]) -> list[NDArray[Any]]:
    """The image, and what it becomes in a batch with its negative, with five seeds."""
    batch = T.ToTensor().batch(np.stack([image, 255 - image]))
    outs = [mix(batch, np.array([0, 1]), seed=seed)[0][0] for seed in range(DRAWS)]
    return [image, *(np.moveaxis(out, 0, -1) for out in outs)]


def tile(picture: NDArray[Any]) -> Image.Image:
    """A picture of any size and type in a square."""
    if picture.dtype != np.uint8:
        # Normalised values lie in about -2…2, others in 0…1.
        low, high = (0.0, 1.0) if picture.min() >= 0 else (-2.0, 2.0)
        picture = ((picture.astype(np.float64) - low) / (high - low) * 255).clip(0, 255).astype(np.uint8)
    image = Image.fromarray(picture.squeeze()).convert("RGB")
    scale = EDGE / 56
    size = (min(EDGE, round(image.width * scale)), min(EDGE, round(image.height * scale)))
    square = Image.new("RGB", (EDGE, EDGE), (235, 235, 235))
    square.paste(image.resize(size, Image.Resampling.NEAREST), ((EDGE - size[0]) // 2, (EDGE - size[1]) // 2))
    return square


if __name__ == "__main__":
    main()
