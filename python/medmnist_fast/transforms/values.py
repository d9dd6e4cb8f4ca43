"""Types, normalisation, channels, noise and erasing."""

from collections.abc import Sequence
from typing import Any

from medmnist_fast import _core
from medmnist_fast.transforms.base import Transform
from medmnist_fast.transforms.parameters import floats, pair


class ToTensor(Transform):
    """``uint8`` in 0…255, channels last, to ``float32`` in 0…1, channels first: division by 255.

    Equals ``torchvision.transforms.ToTensor``. (torchvision's v2 ``ToDtype(scale=True)`` multiplies by 1/255 instead
    and rounds differently.)
    """

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.to_tensor()]


class ConvertImageDtype(Transform):
    """``uint8`` to a floating type in 0…1; equals ``torchvision.transforms.ConvertImageDtype`` in ``float32``.

    16-bit types are the ``float32`` answer rounded to nearest, ties to even, and stand at the end of the arithmetic.

    Args:
        dtype: ``"float32"``, ``"float16"`` or ``"bfloat16"``, or torch's or NumPy's name for it.
    """

    def __init__(self, dtype: Any = "float32") -> None:
        self.dtype = dtype_name(dtype)
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.convert_image_dtype(self.dtype)]


class Normalize(Transform):
    """``(x - mean) / std`` per channel in ``float32``; equals ``torchvision.transforms.Normalize``.

    Args:
        mean: one value, or one per channel.
        std: as many values, finite and not 0.

    Raises:
        ValueError: the values are none of that.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        self.mean = [float(value) for value in mean]
        self.std = [float(value) for value in std]
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.normalize(self.mean, self.std)]


class ToRGB(Transform):
    """Repeats the channel of grey images three times, in the last pass: it costs none of its own."""

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.to_rgb()]


class GaussianNoise(Transform):
    """Normally distributed noise, as ``torchvision.transforms.v2.GaussianNoise``.

    Args:
        mean: of the noise; 1 is the whole range of values.
        sigma: its standard deviation, at least 0.
        clip: keep values in their range; ``uint8`` values wrap around without it.
    """

    def __init__(self, mean: float = 0.0, sigma: float = 0.1, clip: bool = True) -> None:
        self.mean, self.sigma, self.clip = float(mean), float(sigma), bool(clip)
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.gaussian_noise(self.mean, self.sigma, self.clip)]


class RandomErasing(Transform):
    """Overwrites a rectangle with probability ``p``, as ``torchvision.transforms.RandomErasing``.

    Args:
        p: probability in 0 to 1.
        scale: range of the rectangle's share of the area.
        ratio: range of its height to its width.
        value: a number, one per channel, or ``"random"`` for normally distributed noise (``float32`` only).
    """

    def __init__(
        self, p: float = 0.5, scale: Sequence[float] = (0.02, 0.33), ratio: Sequence[float] = (0.3, 3.3), value: Any = 0
    ) -> None:
        if isinstance(value, str) and value != "random":
            raise ValueError(f"value = {value!r}; allowed: numbers, or 'random'")
        self.p, self.scale, self.ratio = float(p), pair("scale", scale), pair("ratio", ratio)
        self.value = value
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        value = None if isinstance(self.value, str) else floats("value", self.value)
        return [_core.Step.random_erasing(self.p, self.scale, self.ratio, value)]


class RandomIntensityScale(Transform):
    """Volumes times a random number of 0 to 1, the ``Transform3D`` of the MedMNIST experiments.

    Args:
        train: draw the factor; at evaluation (``False``) it is 0.5.
    """

    def __init__(self, train: bool = True) -> None:
        self.train = bool(train)

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.random_intensity_scale(self.train)]


def dtype_name(dtype: Any) -> str:
    """``"float32"`` for itself, ``torch.float32`` and ``numpy.float32``."""
    if isinstance(dtype, str):
        return dtype
    return str(getattr(dtype, "__name__", dtype)).removeprefix("torch.")
