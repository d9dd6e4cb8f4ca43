"""Transforms of whole batches: what a training loop mixes after the loader."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmnist_fast.checks import whole_number
from medmnist_fast.transforms.kinds import seed_or_random
from medmnist_fast.transforms.parameters import floats


class _Mix(ABC):
    """Mixes each sample of a batch with the one before it, by a share drawn from Beta(alpha, alpha).

    Args:
        alpha: of the distribution, above 0.
        num_classes: of labels (N,) or (N, 1), which become one-hot; labels (N, classes) are mixed as they are.
    """

    def __init__(self, *, alpha: float = 1.0, num_classes: int | None = None) -> None:
        self.alpha = floats("alpha", alpha)[0]
        if not 0 < self.alpha < float("inf"):
            raise ValueError(f"{type(self).__name__}: alpha = {alpha!r}; allowed: a finite number above 0")
        self.num_classes = None if num_classes is None else whole_number("num_classes", num_classes, 1)

    def __call__(self, images: Any, labels: Any, *, seed: int | None = None) -> tuple[Any, Any]:
        """Mix a batch.

        Args:
            images: (N, C, H, W), or (N, C, D, H, W) for volumes, arrays or tensors.
            labels: (N,), (N, 1) or (N, classes), of the same kind.
            seed: names the draws; by default drawn as that of the other transforms.

        Returns:
            Images of the type that went in, and ``float32`` labels (N, classes).

        Raises:
            ValueError: shapes, types or labels that do not fit.
        """
        rng = np.random.default_rng(seed_or_random(seed))
        name = type(self).__name__
        if images.ndim not in {4, 5} or len(images) != len(labels):
            shapes = f"images {tuple(images.shape)} and labels {tuple(labels.shape)}"
            raise ValueError(f"{name}: {shapes}; allowed: (N, C, H, W) or (N, C, D, H, W), and N labels")
        share = float(rng.beta(self.alpha, self.alpha))
        mixed, share = self._mix(images, share, rng)
        hot = _one_hot(name, labels, self.num_classes)
        return mixed, _roll(hot) * (1.0 - share) + hot * share

    @abstractmethod
    def _mix(self, images: Any, share: float, rng: np.random.Generator) -> tuple[Any, float]:
        """The mixed images, and the share that is left of each."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(alpha={self.alpha}, num_classes={self.num_classes})"


class MixUp(_Mix):
    """Weighted means of samples and of their labels; the formulas of ``torchvision.transforms.v2.MixUp``."""

    def _mix(self, images: Any, share: float, rng: np.random.Generator) -> tuple[Any, float]:  # noqa: ARG002
        if "float" not in str(images.dtype):
            raise ValueError(f"MixUp: images of {images.dtype}; allowed: floating types, so put ToTensor before it")
        return _roll(images) * (1.0 - share) + images * share, share


class CutMix(_Mix):
    """A rectangle of another sample, labels by area; the formulas of ``torchvision.transforms.v2.CutMix``.

    The rectangle lies in the last two axes, of volumes in every slice.
    """

    def _mix(self, images: Any, share: float, rng: np.random.Generator) -> tuple[Any, float]:
        height, width = images.shape[-2:]
        x, y = int(rng.integers(width)), int(rng.integers(height))
        half = 0.5 * (1.0 - share) ** 0.5
        half_width, half_height = int(half * width), int(half * height)
        left, right = max(x - half_width, 0), min(x + half_width, width)
        top, bottom = max(y - half_height, 0), min(y + half_height, height)
        mixed = images.clone() if hasattr(images, "clone") else images.copy()
        mixed[..., top:bottom, left:right] = _roll(images)[..., top:bottom, left:right]
        return mixed, 1.0 - (right - left) * (bottom - top) / (width * height)


def _roll(batch: Any) -> Any:
    """Each sample's neighbour: the one before it."""
    return np.roll(batch, 1, 0) if isinstance(batch, np.ndarray) else batch.roll(1, 0)


def _one_hot(name: str, labels: Any, num_classes: int | None) -> Any:
    """Labels as ``float32`` (N, classes), of the kind that went in."""
    is_array = isinstance(labels, np.ndarray)
    values: NDArray[Any] = labels if is_array else labels.detach().cpu().numpy()
    if values.ndim == 2 and values.shape[1] > 1:
        if num_classes not in {None, values.shape[1]}:
            raise ValueError(f"{name}: labels of {values.shape[1]} classes; allowed: num_classes = {num_classes}")
        hot = values.astype(np.float32)
    else:
        values = values.reshape(len(values))
        if num_classes is None:
            raise ValueError(
                f"{name}: labels {tuple(labels.shape)} without num_classes; allowed: the number of classes"
            )
        if values.dtype.kind not in "biu" or (values.size and not 0 <= values.min() <= values.max() < num_classes):
            raise ValueError(f"{name}: labels are not whole numbers below num_classes = {num_classes}")
        hot = np.eye(num_classes, dtype=np.float32)[values.astype(np.int64)]
    if is_array:
        return hot
    import torch

    return torch.from_numpy(hot).to(labels.device)


__all__: Sequence[str] = ["CutMix", "MixUp"]
