"""Colours and blur."""

from collections.abc import Sequence
from typing import Any

from medmnist_fast import _core
from medmnist_fast.checks import whole_number
from medmnist_fast.transforms.base import Transform
from medmnist_fast.transforms.parameters import floats, pair

Range = tuple[float, float] | None


class Grayscale(Transform):
    """Luma, in one channel or repeated in three; equals ``torchvision.transforms.Grayscale`` on PIL images."""

    def __init__(self, num_output_channels: int = 1) -> None:
        self.num_output_channels = whole_number("num_output_channels", num_output_channels, 1, 3)
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.grayscale(self.num_output_channels)]


class ColorJitter(Transform):
    """Random brightness, contrast, saturation and hue, in random order, as ``torchvision.transforms.ColorJitter``.

    Each equals torchvision's ``adjust_*`` on PIL images.

    Args:
        brightness: the factor is drawn from max(0, 1 - brightness) to 1 + brightness, or from a given range.
        contrast: likewise.
        saturation: likewise.
        hue: drawn from -hue to hue, or from a given range within -0.5 to 0.5; RGB only.
    """

    def __init__(self, brightness: Any = 0, contrast: Any = 0, saturation: Any = 0, hue: Any = 0) -> None:
        self.brightness = _around("brightness", brightness, 1.0)
        self.contrast = _around("contrast", contrast, 1.0)
        self.saturation = _around("saturation", saturation, 1.0)
        self.hue = _around("hue", hue, 0.0)
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.color_jitter(self.brightness, self.contrast, self.saturation, self.hue)]


class RandomGrayscale(Transform):
    """Grey in as many channels as before, with probability ``p``, as ``torchvision.transforms.RandomGrayscale``."""

    def __init__(self, p: float = 0.1) -> None:
        self.p = float(p)
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.random_grayscale(self.p)]


class GaussianBlur(Transform):
    """A Gaussian blur, as ``torchvision.transforms.GaussianBlur``; values may differ from torchvision's by 1.

    Args:
        kernel_size: an odd number, or one along x and one along y.
        sigma: range of the standard deviation in pixels, or the one.
    """

    def __init__(self, kernel_size: int | Sequence[int], sigma: Any = (0.1, 2.0)) -> None:
        sizes = list(kernel_size) if isinstance(kernel_size, Sequence) else [kernel_size] * 2
        if len(sizes) != 2:
            raise ValueError(f"kernel_size = {kernel_size!r}; allowed: an odd number, or two")
        self.kernel_size = (whole_number("kernel_size", sizes[0], 1), whole_number("kernel_size", sizes[1], 1))
        self.sigma = pair("sigma", sigma) if isinstance(sigma, Sequence) else (float(sigma), float(sigma))
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.gaussian_blur(self.kernel_size, self.sigma)]


class RandomInvert(Transform):
    """The negative, with probability ``p``; equals ``torchvision.transforms.RandomInvert``."""

    def __init__(self, p: float = 0.5) -> None:
        self.p = float(p)
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.random_invert(self.p)]


class RandomPosterize(Transform):
    """Keeps the upper ``bits`` (1 to 8), with probability ``p``; equals ``torchvision.transforms.RandomPosterize``."""

    def __init__(self, bits: int, p: float = 0.5) -> None:
        self.bits, self.p = whole_number("bits", bits, 1, 8), float(p)
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.random_posterize(self.bits, self.p)]


class RandomSolarize(Transform):
    """The negative of values of at least ``threshold``, with probability ``p``.

    Equals ``torchvision.transforms.RandomSolarize`` on PIL images.
    """

    def __init__(self, threshold: float, p: float = 0.5) -> None:
        self.threshold, self.p = float(threshold), float(p)
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.random_solarize(self.threshold, self.p)]


class RandomAdjustSharpness(Transform):
    """Softer (factor below 1) or sharper, with probability ``p``.

    Equals ``torchvision.transforms.RandomAdjustSharpness`` on PIL images.
    """

    def __init__(self, sharpness_factor: float, p: float = 0.5) -> None:
        self.sharpness_factor, self.p = float(sharpness_factor), float(p)
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.random_adjust_sharpness(self.sharpness_factor, self.p)]


class RandomAutocontrast(Transform):
    """Stretches each channel to 0…255, with probability ``p``.

    Equals ``torchvision.transforms.RandomAutocontrast`` on PIL images.
    """

    def __init__(self, p: float = 0.5) -> None:
        self.p = float(p)
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.random_autocontrast(self.p)]


class RandomEqualize(Transform):
    """Equalises each channel's histogram, with probability ``p``.

    Equals ``torchvision.transforms.RandomEqualize`` on PIL images.
    """

    def __init__(self, p: float = 0.5) -> None:
        self.p = float(p)
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.random_equalize(self.p)]


def _around(name: str, value: Any, center: float) -> Range:
    """The range of a factor; ``None`` where nothing would change, as in torchvision."""
    if value is None:
        return None
    if isinstance(value, Sequence):
        low, high = pair(name, value)
    else:
        number = floats(name, value)[0]
        if not number >= 0:
            raise ValueError(f"ColorJitter: {name} = {value!r}; allowed: a number of at least 0, or a range")
        low, high = center - number, center + number
        low = max(low, 0.0) if center else low
    return None if low == high == center else (low, high)
