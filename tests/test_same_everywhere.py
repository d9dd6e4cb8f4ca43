"""The same bytes on every machine: digests of what transforms make of one image of each kind, drawn by one seed.

Pillow's and torchvision's own answers depend on how they were compiled: where a processor multiplies and adds in one
step, as on arm64, compilers may join the two. Ours do not, so what was compared with the references on x86-64 holds
elsewhere (sines, of which a last bit may differ among systems, decide hardly any pixel).
"""

import hashlib

import numpy as np
import pytest
from numpy.typing import NDArray

from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it


def pixels(*shape: int) -> NDArray[np.uint8]:
    """Waves and noise, from integers alone."""
    at = np.arange(np.prod(shape), dtype=np.uint64).reshape(shape)
    noise = (at * np.uint64(2_654_435_761) >> np.uint64(13)) % np.uint64(64)
    wave = sum(np.uint64(3) * np.abs(axis.astype(np.int64) - 20).astype(np.uint64) for axis in np.indices(shape)[:2])
    return ((wave + noise) % np.uint64(256)).astype(np.uint8)


IMAGES = {"grey": pixels(8, 45, 52), "RGB": pixels(8, 45, 52, 3)}
TRANSFORMS: dict[str, T.Transform] = {
    "resize nearest": T.Resize((61, 33), "nearest"),
    "resize box": T.Resize((61, 33), "box"),
    "resize bilinear": T.Resize((61, 33), "bilinear"),
    "resize hamming": T.Resize((61, 33), "hamming"),
    "resize bicubic": T.Resize((61, 33), "bicubic"),
    "resize lanczos": T.Resize((61, 33), "lanczos"),
    "resized crop": T.RandomResizedCrop(40),
    "crop": T.RandomCrop(50, padding=6, padding_mode="reflect"),
    "flip": T.Compose([T.RandomHorizontalFlip(), T.RandomVerticalFlip()]),
    "quarter turn": T.Compose([T.CenterCrop(40), T.RandomRotate90(p=1)]),
    "rotation nearest": T.RandomRotation(180, "nearest"),
    "rotation bilinear": T.RandomRotation(180, "bilinear"),
    "affine bicubic": T.RandomAffine(180, (0.2, 0.2), (0.5, 2.0), 20, "bicubic"),
    "invert": T.RandomInvert(),
    "posterize": T.RandomPosterize(3),
    "solarize": T.RandomSolarize(100),
    "sharpness": T.RandomAdjustSharpness(6),
    "autocontrast": T.RandomAutocontrast(),
    "equalize": T.RandomEqualize(),
    "blur": T.GaussianBlur(5, (0.3, 3)),
    "jitter": T.ColorJitter(0.5, 0.5, 0.5),
    "trivial": T.TrivialAugmentWide(),
    "floats": T.Compose([T.ToTensor(), T.Normalize([0.485], [0.229])]),
    "erasing": T.Compose([T.ToTensor(), T.Normalize([0.5], [0.5]), T.RandomErasing(1)]),
}
RGB_ONLY: dict[str, T.Transform] = {
    "hue": T.ColorJitter(0, 0, 0, 0.5),
    "grayscale": T.RandomGrayscale(0.5),
    "rand augment": T.RandAugment(),
}
DIGESTS = {
    "grey, resize nearest": "2c5e141f054d",
    "grey, resize box": "6582a83c6ef7",
    "grey, resize bilinear": "7b978e7b269f",
    "grey, resize hamming": "20a49848add5",
    "grey, resize bicubic": "6a4ed75c2c29",
    "grey, resize lanczos": "30ab75d7121e",
    "grey, resized crop": "9bf36f7513ed",
    "grey, crop": "f39f18bf0868",
    "grey, flip": "80fae645f0d7",
    "grey, quarter turn": "b8813b9ecafc",
    "grey, rotation nearest": "a5a9c9adb7a8",
    "grey, rotation bilinear": "00510c9d1262",
    "grey, affine bicubic": "78a4b6c04984",
    "grey, invert": "8c0d5cb927bc",
    "grey, posterize": "7b8c7b730200",
    "grey, solarize": "bc5ec282926a",
    "grey, sharpness": "0ef30955b059",
    "grey, autocontrast": "58150299806c",
    "grey, equalize": "4addde8f476f",
    "grey, blur": "9192075dc7bf",
    "grey, jitter": "559a4d3f573c",
    "grey, trivial": "8ffa3ed1e431",
    "grey, floats": "2f06f0dd5a62",
    "grey, erasing": "47d342646be8",
    "RGB, resize nearest": "a1d1dd96d623",
    "RGB, resize box": "46136d1aa31b",
    "RGB, resize bilinear": "09870462fda5",
    "RGB, resize hamming": "e218c1f9aaa4",
    "RGB, resize bicubic": "c387fe33e3c4",
    "RGB, resize lanczos": "b9126ff380b1",
    "RGB, resized crop": "e0092342bdb3",
    "RGB, crop": "ce6df4273167",
    "RGB, flip": "a0d177f4e890",
    "RGB, quarter turn": "b5579027c35f",
    "RGB, rotation nearest": "dc86e98d7d3d",
    "RGB, rotation bilinear": "05d5ff115f4e",
    "RGB, affine bicubic": "7ac2ea5fbbfd",
    "RGB, invert": "c98be752fbcc",
    "RGB, posterize": "c6937bbdc973",
    "RGB, solarize": "c4927b344537",
    "RGB, sharpness": "ed5d755c41ce",
    "RGB, autocontrast": "f8a85b520fa7",
    "RGB, equalize": "05f58d6cdf9a",
    "RGB, blur": "cd668a192a90",
    "RGB, jitter": "6d6d54113e81",
    "RGB, trivial": "30052feee343",
    "RGB, floats": "939e9dc43e9a",
    "RGB, erasing": "b33799a6ca05",
    "RGB, hue": "953711c864f1",
    "RGB, grayscale": "5cffae2beb63",
    "RGB, rand augment": "a5ff6f789a54",
}


def digest(kind: str, name: str) -> str:
    """Of a batch's type, shape and bytes."""
    batch = np.ascontiguousarray(({**TRANSFORMS, **RGB_ONLY})[name].batch(IMAGES[kind], seed=7))
    return hashlib.blake2b(f"{batch.dtype} {batch.shape}".encode() + batch.tobytes(), digest_size=6).hexdigest()


@pytest.mark.parametrize(
    ("kind", "name"), [("grey", name) for name in TRANSFORMS] + [("RGB", name) for name in {**TRANSFORMS, **RGB_ONLY}]
)
def test_bytes(kind: str, name: str) -> None:
    assert digest(kind, name) == DIGESTS[f"{kind}, {name}"]
