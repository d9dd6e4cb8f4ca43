"""Random policies of torchvision, made of its operations on PIL images."""

from typing import Any

from medmnist_fast import _core
from medmnist_fast.checks import whole_number
from medmnist_fast.transforms.base import Transform
from medmnist_fast.transforms.parameters import fill_values, interpolation_name


class RandAugment(Transform):
    """``num_ops`` random operations at one magnitude, as ``torchvision.transforms.RandAugment`` on PIL images."""

    def __init__(
        self,
        num_ops: int = 2,
        magnitude: int = 9,
        num_magnitude_bins: int = 31,
        interpolation: Any = "nearest",
        fill: Any = None,
    ) -> None:
        self.num_ops, self.magnitude = whole_number("num_ops", num_ops, 0), whole_number("magnitude", magnitude, 0)
        self.num_magnitude_bins = whole_number("num_magnitude_bins", num_magnitude_bins, 2)
        self.interpolation, self.fill = interpolation_name(interpolation), fill
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        bins, fill = self.num_magnitude_bins, fill_values(self.fill)
        return [_core.Step.rand_augment(self.num_ops, self.magnitude, bins, self.interpolation, fill)]


class TrivialAugmentWide(Transform):
    """One random operation at a random magnitude, as ``torchvision.transforms.TrivialAugmentWide`` on PIL images."""

    def __init__(self, num_magnitude_bins: int = 31, interpolation: Any = "nearest", fill: Any = None) -> None:
        self.num_magnitude_bins = whole_number("num_magnitude_bins", num_magnitude_bins, 2)
        self.interpolation, self.fill = interpolation_name(interpolation), fill
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        fill = fill_values(self.fill)
        return [_core.Step.trivial_augment_wide(self.num_magnitude_bins, self.interpolation, fill)]


class AugMix(Transform):
    """The image mixed with chains of random operations, as ``torchvision.transforms.AugMix``.

    torchvision runs the operations of this policy on tensors; these are those on PIL images.
    """

    def __init__(
        self,
        severity: int = 3,
        mixture_width: int = 3,
        chain_depth: int = -1,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: Any = "bilinear",
        fill: Any = None,
    ) -> None:
        self.severity = whole_number("severity", severity, 1, 10)
        self.mixture_width = whole_number("mixture_width", mixture_width, 1, 16)
        self.chain_depth = whole_number("chain_depth", chain_depth, -1)
        self.alpha, self.all_ops = float(alpha), bool(all_ops)
        self.interpolation, self.fill = interpolation_name(interpolation), fill
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        depth = self.chain_depth if self.chain_depth > 0 else None
        return [
            _core.Step.aug_mix(
                self.severity,
                self.mixture_width,
                depth,
                self.alpha,
                self.all_ops,
                self.interpolation,
                fill_values(self.fill),
            )
        ]
