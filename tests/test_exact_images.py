"""Images under transforms against Pillow and torchvision: no differing byte, whatever size, content and draws."""

import math
import platform
from typing import Any

import numpy as np
import pytest
import torch
import torchvision.transforms as tv
import torchvision.transforms.functional as F  # noqa: N812 - as everybody writes it
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.conftest import OFFICIAL
from tests.philox import Stream

from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it

EXAMPLES = settings(max_examples=150, deadline=None)
FILTERS = {
    name: Image.Resampling[name.upper()] for name in ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")
}
MODES = {name: F.InterpolationMode(name) for name in ("nearest", "bilinear", "bicubic")}
SIZES = st.one_of(st.integers(1, 40), st.integers(1, 300))
SEEDS = st.integers(0, 2**64 - 1)
FILLS = st.integers(0, 255)


def _real() -> list[np.ndarray]:
    """Real images, grey and RGB, where there are official files."""
    images: list[np.ndarray] = []
    for flag in ("breastmnist", "retinamnist"):
        if (OFFICIAL / f"{flag}.npz").exists():
            with np.load(OFFICIAL / f"{flag}.npz") as archive:
                images.extend(archive["val_images"][:40])
    return images


REAL = _real()


@st.composite
def images(draw: st.DrawFn, least: int = 1, most: int = 300) -> Image.Image:
    """Random content of few or all values, gradients, or a part of a real image."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    grey = draw(st.booleans())
    kind = draw(st.sampled_from(["noise", "few", "smooth", "real"]))
    if kind == "real" and REAL and least <= 28:
        pixels = REAL[draw(st.integers(0, len(REAL) - 1))]
        height, width = draw(st.integers(least, 28)), draw(st.integers(least, 28))
        return Image.fromarray(np.ascontiguousarray(pixels[:height, :width]))
    height, width = (min(max(draw(SIZES), least), most) for _ in range(2))
    shape = (height, width) if grey else (height, width, 3)
    if kind == "few":
        pixels = rng.choice(rng.integers(0, 256, 3), shape)
    elif kind == "smooth":
        pixels = np.add.outer(np.arange(height), np.arange(width))
        pixels = (pixels if grey else pixels[..., None] * [1, 2, 3]) % 256
    else:
        pixels = rng.integers(0, 256, shape)
    return Image.fromarray(pixels.astype(np.uint8))


def same(ours: Image.Image, theirs: Image.Image) -> None:
    assert (ours.mode, ours.size) == (theirs.mode, theirs.size)
    assert ours.tobytes() == theirs.tobytes()


def same_interpolated(ours: Image.Image, theirs: Image.Image) -> None:
    """As ``same``, if Pillow was compiled for x86-64.

    For arm64 its compiler joins products and sums, so that its own answers differ by one here and there from those
    elsewhere. Ours do not: ``test_same_everywhere``.
    """
    if platform.machine() in {"x86_64", "AMD64"}:
        same(ours, theirs)
        return
    assert (ours.mode, ours.size) == (theirs.mode, theirs.size)
    differences = np.abs(np.asarray(ours, np.int16) - np.asarray(theirs, np.int16))
    assert differences.max() <= 1
    assert np.count_nonzero(differences) <= max(3, differences.size // 200)


@EXAMPLES
@given(image=images(), height=SIZES, width=SIZES, name=st.sampled_from(sorted(FILTERS)), data=st.data())
def test_resize(image: Image.Image, height: int, width: int, name: str, data: st.DataObject) -> None:
    box = None
    if data.draw(st.booleans()):
        left, right = sorted(data.draw(st.floats(0, image.width, width=32)) for _ in range(2))
        upper, lower = sorted(data.draw(st.floats(0, image.height, width=32)) for _ in range(2))
        assume(right - left > 1e-3 and lower - upper > 1e-3)
        box = (left, upper, right, lower)
    same(
        T.Resize((height, width), interpolation=name, box=box)(image),
        image.resize((width, height), FILTERS[name], box),
    )


@EXAMPLES
@given(image=images(), edge=st.integers(1, 80), data=st.data())
def test_resize_of_the_shorter_edge(image: Image.Image, edge: int, data: st.DataObject) -> None:
    assume(max(image.size) * edge // min(image.size) < 3000)
    most = data.draw(st.one_of(st.none(), st.integers(edge + 1, 200)))
    assume(most is None or int(most * edge / max(1, int(edge * max(image.size) / min(image.size)))) >= 1)
    same(T.Resize(edge, max_size=most)(image), tv.Resize(edge, max_size=most)(image))


def random_part(stream: Stream, height: int, width: int, scale: Any, ratio: Any) -> tuple[int, int, int, int]:
    """``RandomResizedCrop.get_params`` over our draws."""
    for _ in range(10):
        area = height * width * stream.uniform(*scale)
        aspect = math.exp(stream.uniform(math.log(ratio[0]), math.log(ratio[1])))
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            return stream.below(height - h + 1), stream.below(width - w + 1), h, w
    if width / height < min(ratio):
        w, h = width, round(width / min(ratio))
    elif width / height > max(ratio):
        w, h = round(height * max(ratio)), height
    else:
        w, h = width, height
    return (height - h) // 2, (width - w) // 2, h, w


@EXAMPLES
@given(image=images(), size=st.tuples(SIZES, SIZES), seed=SEEDS, name=st.sampled_from(sorted(FILTERS)))
def test_random_resized_crop(image: Image.Image, size: tuple[int, int], seed: int, name: str) -> None:
    ours = T.RandomResizedCrop(size, interpolation=name)(image, seed=seed)
    top, left, h, w = random_part(Stream(seed), image.height, image.width, (0.08, 1.0), (3 / 4, 4 / 3))
    theirs = F.resized_crop(image, top, left, h, w, list(size), F.InterpolationMode(name))
    same(ours, theirs)


@EXAMPLES
@given(image=images(), size=st.tuples(st.integers(1, 320), st.integers(1, 320)))
def test_center_crop(image: Image.Image, size: tuple[int, int]) -> None:
    same(T.CenterCrop(size)(image), tv.CenterCrop(size)(image))


def fills(image: Image.Image) -> st.SearchStrategy[Any]:
    return FILLS if image.mode == "L" else st.one_of(FILLS, st.tuples(FILLS, FILLS, FILLS))


@EXAMPLES
@given(image=images(most=60), data=st.data(), mode=st.sampled_from(["constant", "edge", "reflect", "symmetric"]))
def test_pad(image: Image.Image, data: st.DataObject, mode: str) -> None:
    edge = min(image.size) - (mode == "reflect")
    padding = data.draw(st.lists(st.integers(0, 40 if mode in {"constant", "edge"} else edge), min_size=4, max_size=4))
    fill = data.draw(fills(image))
    same(T.Pad(padding, fill, mode)(image), tv.Pad(padding, fill, mode)(image))


@EXAMPLES
@given(image=images(most=60), data=st.data(), seed=SEEDS, size=st.tuples(st.integers(1, 70), st.integers(1, 70)))
def test_random_crop(image: Image.Image, data: st.DataObject, seed: int, size: tuple[int, int]) -> None:
    padding = data.draw(st.one_of(st.none(), st.integers(0, 20)))
    fill = data.draw(fills(image))
    ours = T.RandomCrop(size, padding, pad_if_needed=True, fill=fill)(image, seed=seed)
    theirs = image if padding is None else F.pad(image, padding, fill)
    if theirs.width < size[1]:
        theirs = F.pad(theirs, [size[1] - theirs.width, 0], fill)
    if theirs.height < size[0]:
        theirs = F.pad(theirs, [0, size[0] - theirs.height], fill)
    stream = Stream(seed)
    top, left = (
        stream.below(have - want + 1) if have > want else 0
        for have, want in zip((theirs.height, theirs.width), size, strict=True)
    )
    same(ours, F.crop(theirs, top, left, *size))


@EXAMPLES
@given(image=images(), seed=SEEDS)
def test_flips_and_turns(image: Image.Image, seed: int) -> None:
    pixels = np.asarray(image)
    same(T.RandomHorizontalFlip(1)(image), Image.fromarray(np.ascontiguousarray(pixels[:, ::-1])))
    same(T.RandomVerticalFlip(1)(image), Image.fromarray(np.ascontiguousarray(pixels[::-1])))
    square = np.ascontiguousarray(pixels[: min(image.size), : min(image.size)])
    stream = Stream(seed)
    assert stream.chance(1)
    turned = np.rot90(square, 1 + stream.below(3))
    assert np.array_equal(T.RandomRotate90(1)(square, seed=seed), turned)


ANGLES = st.one_of(st.floats(-720, 720), st.sampled_from([0.0, 90.0, 180.0, 270.0, -90.0, 45.0, 360.0]))


@EXAMPLES
@given(image=images(), angle=ANGLES, name=st.sampled_from(sorted(MODES)), data=st.data())
def test_rotation(image: Image.Image, angle: float, name: str, data: st.DataObject) -> None:
    center = data.draw(st.one_of(st.none(), st.tuples(st.floats(-50, 350), st.floats(-50, 350))))
    fill = data.draw(fills(image))
    ours = T.RandomRotation((angle, angle), name, center=center, fill=fill)(image)
    theirs = F.rotate(image, angle, MODES[name], center=None if center is None else list(center), fill=fill)
    (same if name == "nearest" else same_interpolated)(ours, theirs)


@EXAMPLES
@given(image=images(), seed=SEEDS, name=st.sampled_from(sorted(MODES)), data=st.data())
def test_affine(image: Image.Image, seed: int, name: str, data: st.DataObject) -> None:
    fill = data.draw(fills(image))
    center = data.draw(st.one_of(st.none(), st.tuples(st.floats(-50, 350), st.floats(-50, 350))))
    translate = data.draw(st.one_of(st.none(), st.tuples(st.floats(0, 1), st.floats(0, 1))))
    ours = T.RandomAffine(
        180, translate, scale=(0.5, 2.0), shear=(-30, 30, -20, 20), interpolation=name, fill=fill, center=center
    )(image, seed=seed)
    stream = Stream(seed)
    angle = stream.uniform(-180, 180)
    shift = [0, 0]
    if translate is not None:
        lengths = zip(translate, image.size, strict=True)
        shift = [round(stream.uniform(-share * length, share * length)) for share, length in lengths]
    scale = stream.uniform(0.5, 2.0)
    shear = [stream.uniform(-30, 30), stream.uniform(-20, 20)]
    theirs = F.affine(image, angle, shift, scale, shear, MODES[name], fill, None if center is None else list(center))
    (same if name == "nearest" else same_interpolated)(ours, theirs)


FACTORS = st.one_of(st.floats(0, 3, width=32), st.sampled_from([0.0, 1.0, 0.5]))


@EXAMPLES
@given(image=images(), factor=FACTORS, hue=st.floats(-0.5, 0.5))
def test_colours(image: Image.Image, factor: float, hue: float) -> None:
    pair = (factor, factor)
    # A range of 1 to 1 is no change, as in torchvision, where enhancing by 1 is none either.
    same(T.ColorJitter(brightness=pair)(image), F.adjust_brightness(image, factor))
    same(T.ColorJitter(contrast=pair)(image), F.adjust_contrast(image, factor))
    same(T.ColorJitter(saturation=pair)(image), F.adjust_saturation(image, factor))
    same(T.RandomAdjustSharpness(factor, p=1)(image), F.adjust_sharpness(image, factor))
    if image.mode == "RGB" and hue != 0:
        same(T.ColorJitter(hue=(hue, hue))(image), F.adjust_hue(image, hue))


@EXAMPLES
@given(image=images(), seed=SEEDS)
def test_color_jitter_runs_in_the_order_it_draws(image: Image.Image, seed: int) -> None:
    image = image.convert("RGB")
    ours = T.ColorJitter(0.4, 0.4, 0.4, 0.2)(image, seed=seed)
    stream = Stream(seed)
    order = stream.shuffle([0, 1, 2, 3])
    factors = [stream.uniform(0.6, 1.4) for _ in range(3)] + [stream.uniform(-0.2, 0.2)]
    adjust = [F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue]
    for which in order:
        image = adjust[which](image, factors[which])
    same(ours, image)


@EXAMPLES
@given(image=images(), bits=st.integers(1, 8), threshold=st.floats(-1, 257))
def test_tables(image: Image.Image, bits: int, threshold: float) -> None:
    same(T.RandomInvert(1)(image), F.invert(image))
    same(T.RandomPosterize(bits, 1)(image), F.posterize(image, bits))
    same(T.RandomSolarize(threshold, 1)(image), F.solarize(image, threshold))
    same(T.RandomAutocontrast(1)(image), F.autocontrast(image))
    same(T.RandomEqualize(1)(image), F.equalize(image))
    ours = T.Compose([T.RandomInvert(1), T.RandomPosterize(bits, 1), T.RandomEqualize(1), T.RandomHorizontalFlip(1)])
    same(ours(image), F.hflip(F.equalize(F.posterize(F.invert(image), bits))))


@EXAMPLES
@given(image=images())
def test_grey(image: Image.Image) -> None:
    for channels in (1, 3):
        same(T.Grayscale(channels)(image), tv.Grayscale(channels)(image))
    same(T.RandomGrayscale(1)(image), tv.RandomGrayscale(1)(image))
    same(T.ToRGB()(image), image.convert("RGB"))


@settings(max_examples=60, deadline=None)
@given(image=images(least=6, most=80), kernel=st.tuples(*[st.sampled_from([1, 3, 5, 9])] * 2), sigma=st.floats(0.1, 5))
def test_blur_is_within_one(image: Image.Image, kernel: tuple[int, int], sigma: float) -> None:
    ours = torch.from_numpy(np.array(T.GaussianBlur(kernel, sigma)(image))).int()
    theirs = F.gaussian_blur(F.pil_to_tensor(image), list(kernel), [sigma, sigma]).permute(1, 2, 0).int()
    difference = (ours.reshape(theirs.shape) - theirs).abs()
    assert difference.max() <= 1
    # The smallest images have fewer than a thousand values.
    assert (difference > 0).sum() <= 1 + difference.numel() / 1000


def apply_drawn(
    stream: Stream, space: dict[str, Any], image: Image.Image, pick: Any, mode: Any, fill: Any
) -> Image.Image:
    """One operation of torchvision's policies over our draws."""
    from torchvision.transforms.autoaugment import _apply_op

    name = list(space)[stream.below(len(space))]
    magnitudes, signed = space[name]
    magnitude = float(magnitudes[pick()].item()) if magnitudes.ndim > 0 else 0.0
    if signed and stream.below(2):
        magnitude = -magnitude
    return _apply_op(image, name, magnitude, mode, fill)


@settings(max_examples=400, deadline=None)
@given(image=images(most=80), seed=SEEDS, name=st.sampled_from(sorted(MODES)), bins=st.integers(2, 40), data=st.data())
def test_policies(image: Image.Image, seed: int, name: str, bins: int, data: st.DataObject) -> None:
    fill = data.draw(st.one_of(st.none(), FILLS))
    fill_of_channels = None if fill is None else [fill] * len(image.getbands())
    stream = Stream(seed)
    theirs = tv.TrivialAugmentWide(bins, MODES[name], fill_of_channels)
    expected = apply_drawn(
        stream, theirs._augmentation_space(bins), image, lambda: stream.below(bins), MODES[name], fill_of_channels
    )
    same(T.TrivialAugmentWide(bins, name, fill)(image, seed=seed), expected)
    stream, magnitude = Stream(seed), data.draw(st.integers(0, bins - 1))
    space = tv.RandAugment(2, magnitude, bins)._augmentation_space(bins, (image.height, image.width))
    expected = image
    for _ in range(2):
        expected = apply_drawn(stream, space, expected, lambda: magnitude, MODES[name], fill_of_channels)
    same(T.RandAugment(2, magnitude, bins, name, fill)(image, seed=seed), expected)


@settings(max_examples=100, deadline=None)
@given(image=images(most=60), seed=SEEDS, all_ops=st.booleans(), depth=st.sampled_from([-1, 1, 2]))
def test_aug_mix(image: Image.Image, seed: int, all_ops: bool, depth: int) -> None:
    stream = Stream(seed)
    first, second = stream.gamma(1.0), stream.gamma(1.0)
    kept, mixed = np.float32(first / (first + second)), np.float32(second / (first + second))
    gammas = [stream.gamma(1.0) for _ in range(3)]
    space = tv.AugMix(all_ops=all_ops)._augmentation_space(10, (image.height, image.width))
    mix = kept * np.asarray(image, np.float32)
    for gamma in gammas:
        weight = np.float32(gamma / sum(gammas)) * mixed
        chain = image
        for _ in range(depth if depth > 0 else 1 + stream.below(3)):
            chain = apply_drawn(stream, space, chain, lambda: stream.below(3), MODES["bilinear"], None)
        mix += weight * np.asarray(chain, np.float32)
    ours = np.asarray(T.AugMix(all_ops=all_ops, chain_depth=depth)(image, seed=seed)).astype(int)
    # Truncation of a sum in float32: the last bit of a logarithm may decide.
    assert np.abs(ours - mix.astype(np.uint8).astype(int)).max() <= 1


@EXAMPLES
@given(image=images(least=2, most=60), seed=SEEDS, value=st.floats(-2, 2, width=32))
def test_erasing(image: Image.Image, seed: int, value: float) -> None:
    tensor = tv.ToTensor()(image)
    _, height, width = tensor.shape
    stream = Stream(seed, step=1)
    assert stream.chance(1)
    expected = tensor
    for _ in range(10):
        area = height * width * stream.uniform(0.02, 0.33)
        aspect = math.exp(stream.uniform(math.log(0.3), math.log(3.3)))
        h, w = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if h < height and w < width:
            top, left = stream.below(height - h + 1), stream.below(width - w + 1)
            expected = F.erase(tensor, top, left, h, w, torch.tensor([value])[:, None, None])
            break
    ours = T.Compose([T.ToTensor(), T.RandomErasing(1, value=value)])(image, seed=seed)
    assert torch.equal(ours, expected)


@EXAMPLES
@given(image=images(most=80), mean=st.floats(-1, 1), std=st.floats(0.05, 3))
def test_sixteen_bits_are_the_rounded_answer(image: Image.Image, mean: float, std: float) -> None:
    expected = tv.Compose([tv.ToTensor(), tv.Normalize([mean], [std])])(image)
    for dtype in (torch.float16, torch.bfloat16, torch.float32):
        plain = T.ConvertImageDtype(dtype)(image)
        assert torch.equal(plain, tv.ToTensor()(image).to(dtype))
        ours = T.Compose([T.ToTensor(), T.Normalize([mean], [std]), T.ConvertImageDtype(dtype)])(image)
        assert ours.dtype == dtype
        assert torch.equal(ours, expected.to(dtype))


def test_noise_has_its_moments_and_its_range() -> None:
    image = np.full((200, 200), 128, np.uint8)
    # Noise is truncated towards 0.
    noisy = T.GaussianNoise(0.1, 0.05)(image, seed=1).astype(float)
    assert abs(noisy.mean() - 128 - 25) < 0.5
    assert abs(noisy.std() - 0.05 * 255) < 0.3
    floats = T.Compose([T.ToTensor(), T.GaussianNoise(0, 2)])(image, seed=1)
    assert floats.min() == 0
    assert floats.max() == 1
    assert np.array_equal(T.GaussianNoise(0, 0)(image, seed=1), image)


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (1, 7), (7, 1, 3)])
def test_the_smallest_images(shape: tuple[int, ...]) -> None:
    pixels = np.full(shape, 7, np.uint8)
    steps = [
        T.Resize((3, 5)),
        T.RandomResizedCrop(4),
        T.RandomRotation(30),
        T.RandomAffine(20, (0.1, 0.1), (0.5, 2), 10),
        T.ColorJitter(0.5, 0.5, 0.5),
        T.RandomEqualize(1),
        T.RandomAutocontrast(1),
        T.RandomAdjustSharpness(2, 1),
        T.RandAugment(),
        T.AugMix(),
        T.RandomErasing(1),
        T.GaussianBlur(3),
        T.CenterCrop(4),
    ]
    assert T.Compose(steps)(pixels, seed=0).shape[:2] == (4, 4)
    for step in steps:
        if not isinstance(step, T.GaussianBlur):
            assert step(pixels, seed=0).dtype == np.uint8
