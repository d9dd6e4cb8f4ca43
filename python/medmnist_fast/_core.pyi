"""The engine. Arguments are checked for what would be unsafe; the package gives them their meaning."""

from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Archive",
    "Epoch",
    "Loader",
    "NpzError",
    "Plan",
    "Sampler",
    "Step",
    "__version__",
    "available_backends",
    "available_parallelism",
    "bootstrap",
    "channel_sums",
    "evaluate",
    "measure",
    "roof",
    "write_pngs",
]

__version__: str

class NpzError(ValueError):
    """A file is not the npz archive it should be: not a ZIP file, truncated, corrupt, or of an unsupported kind.

    Attributes:
        member: the member that is at fault, or None.
        offset: where in the file, in bytes.
    """

    member: str | None
    offset: int

@final
class Archive:
    """An open ``.npz`` file; members are decoded when they are read."""

    def __new__(cls, path: str | PathLike[str]) -> Self:
        """Read the directory. Raises OSError or NpzError."""

    @staticmethod
    def from_bytes(content: NDArray[np.uint8]) -> Archive:
        """An archive in C-contiguous memory, which is kept alive and not copied. Raises NpzError."""

    @staticmethod
    def open_store(
        source: str | PathLike[str],
        places: Sequence[str | PathLike[str]],
        threads: int,
        progress: Callable[[int, int], None] | None,
    ) -> Archive:
        """The decoded store of a file, made where the first of ``places`` allows. Raises OSError, NpzError."""

    def find_store(self, place: str | PathLike[str]) -> Archive | None:
        """The decoded store of this file at ``place``, if there is one and it is valid."""

    def names(self) -> list[str]:
        """Members without ``.npy``, in the file's order."""

    def entry(self, name: str) -> tuple[dict[str, Any], tuple[int, ...]]:
        """What directory and npy header say of a member, and its shape. Raises KeyError, NpzError."""

    def read(self, name: str, threads: int) -> NDArray[Any]:
        """Decode a member, checking its CRC-32. Raises KeyError, NpzError or MemoryError."""

    def read_all(self, names: Sequence[str], threads: int) -> list[NDArray[Any]]:
        """Decode several at once."""

    def view(self, name: str, verify: bool) -> NDArray[np.uint8] | None:
        """A stored ``|u1`` member in place, read-only; its CRC-32 is checked if asked for. None for other members."""

    def verify(self, name: str, threads: int, progress: Callable[[int, int], None] | None) -> None:
        """Decode a member, check it and keep nothing. Raises KeyError, NpzError."""

    def digests(self, name: str, progress: Callable[[int, int], None] | None) -> list[tuple[int, bool]]:
        """128-bit hash of each entry along the first axis, and whether its bytes are all equal; checks the CRC-32."""

@final
class Sampler:
    """The order of any epoch. The constructors raise ValueError."""

    @staticmethod
    def sequential(items: int) -> Sampler: ...
    @staticmethod
    def shuffled(items: int, num_samples: int | None = None) -> Sampler:
        """All once, or the first ``num_samples`` of shuffles one after the other."""

    @staticmethod
    def weighted(weights: NDArray[np.float64], num_samples: int, replacement: bool) -> Sampler:
        """``weights`` (N,), C-contiguous."""

    @staticmethod
    def balanced(classes: NDArray[np.int64], num_samples: int) -> Sampler:
        """``classes`` (N,), C-contiguous."""

    def subset(self, indices: NDArray[np.uint32]) -> Sampler:
        """The same order with ``indices[i]`` (N,), C-contiguous, in the place of ``i``. Raises ValueError."""

    def __len__(self) -> int:
        """Samples of an epoch, on all ranks together."""

    @property
    def largest(self) -> int | None:
        """The largest index that an epoch may contain; None if there is none."""

    def shard_len(self, rank: int, world_size: int, remainder: str, start: int) -> int:
        """Samples of a rank, of an epoch whose first ``start`` are used. Raises ValueError."""

    def indices(
        self, seed: int, epoch: int, rank: int, world_size: int, remainder: str, start: int = 0
    ) -> NDArray[np.int64]:
        """The samples of a rank in order, of an epoch whose first ``start`` are used. Raises ValueError."""

@final
class Step:
    """One checked transform. The constructors raise ValueError."""

    @staticmethod
    def to_tensor() -> Step: ...
    @staticmethod
    def convert_image_dtype(name: str) -> Step: ...
    @staticmethod
    def normalize(mean: Sequence[float], std: Sequence[float]) -> Step: ...
    @staticmethod
    def grayscale(channels: int) -> Step: ...
    @staticmethod
    def to_rgb() -> Step: ...
    @staticmethod
    def random_horizontal_flip(p: float) -> Step: ...
    @staticmethod
    def random_vertical_flip(p: float) -> Step: ...
    @staticmethod
    def random_flip(p: float, axes: Sequence[int]) -> Step: ...
    @staticmethod
    def random_rotate90(p: float, axes: Sequence[int] | None) -> Step: ...
    @staticmethod
    def center_crop(size: Sequence[int]) -> Step: ...
    @staticmethod
    def random_crop(
        size: Sequence[int], padding: Sequence[int] | None, pad_if_needed: bool, fill: Sequence[float], mode: str
    ) -> Step: ...
    @staticmethod
    def pad(padding: Sequence[int], fill: Sequence[float], mode: str) -> Step: ...
    @staticmethod
    def resize(
        size: Sequence[int], max_size: int | None, interpolation: str, region: Sequence[float] | None
    ) -> Step: ...
    @staticmethod
    def random_resized_crop(
        size: Sequence[int], scale: Sequence[float], ratio: Sequence[float], interpolation: str
    ) -> Step: ...
    @staticmethod
    def random_rotation(
        degrees: Sequence[float], interpolation: str, center: Sequence[float] | None, fill: Sequence[float]
    ) -> Step: ...
    @staticmethod
    def random_affine(
        degrees: Sequence[float],
        translate: Sequence[float] | None,
        scale: Sequence[float] | None,
        shear: Sequence[Sequence[float]] | None,
        interpolation: str,
        fill: Sequence[float],
        center: Sequence[float] | None,
    ) -> Step: ...
    @staticmethod
    def color_jitter(
        brightness: Sequence[float] | None,
        contrast: Sequence[float] | None,
        saturation: Sequence[float] | None,
        hue: Sequence[float] | None,
    ) -> Step: ...
    @staticmethod
    def random_grayscale(p: float) -> Step: ...
    @staticmethod
    def gaussian_blur(kernel: Sequence[int], sigma: Sequence[float]) -> Step: ...
    @staticmethod
    def gaussian_noise(mean: float, sigma: float, clip: bool) -> Step: ...
    @staticmethod
    def random_erasing(
        p: float, scale: Sequence[float], ratio: Sequence[float], value: Sequence[float] | None
    ) -> Step: ...
    @staticmethod
    def random_invert(p: float) -> Step: ...
    @staticmethod
    def random_posterize(bits: int, p: float) -> Step: ...
    @staticmethod
    def random_solarize(threshold: float, p: float) -> Step: ...
    @staticmethod
    def random_adjust_sharpness(factor: float, p: float) -> Step: ...
    @staticmethod
    def random_autocontrast(p: float) -> Step: ...
    @staticmethod
    def random_equalize(p: float) -> Step: ...
    @staticmethod
    def rand_augment(num_ops: int, magnitude: int, bins: int, interpolation: str, fill: Sequence[float]) -> Step: ...
    @staticmethod
    def trivial_augment_wide(bins: int, interpolation: str, fill: Sequence[float]) -> Step: ...
    @staticmethod
    def aug_mix(
        severity: int,
        width: int,
        depth: int | None,
        alpha: float,
        all_ops: bool,
        interpolation: str,
        fill: Sequence[float],
    ) -> Step: ...
    @staticmethod
    def random_intensity_scale(train: bool) -> Step: ...
    @staticmethod
    def random_apply(p: float, steps: Sequence[Step]) -> Step: ...
    @staticmethod
    def random_choice(weights: Sequence[float], steps: Sequence[Sequence[Step]]) -> Step: ...
    @staticmethod
    def random_order(steps: Sequence[Sequence[Step]]) -> Step: ...

@final
class Plan:
    """A pipeline compiled for samples of one shape. Its ``repr`` says what became of each step."""

    def __new__(
        cls,
        steps: Sequence[Step],
        spatial_dims: int,
        sample_axes: Sequence[int],
        to_rgb: bool,
        dtype: str | None = None,
        channels_last: bool = False,
    ) -> Self:
        """Compile. Raises ValueError, naming the step that does not fit."""

    def __call__(self, samples: NDArray[np.uint8], seed: int, epoch: int = 0, first: int = 0) -> NDArray[Any]:
        """Contiguous samples (N, ...), channels last, to ``shape`` each; sample ``i`` draws as index ``first + i``."""

    @property
    def dtype(self) -> str:
        """Of the elements it makes; bfloat16 comes as 16-bit integers."""

    @property
    def shape(self) -> list[int]:
        """Of one sample it makes."""

@final
class Loader:
    """A data set, an order, and how to cut epochs into batches."""

    def __new__(
        cls,
        parts: Sequence[tuple[Plan, NDArray[np.uint8]]],
        labels: NDArray[np.int64] | NDArray[np.float32] | NDArray[np.float64],
        selection: NDArray[np.uint32] | None,
        sampler: Sampler,
        *,
        rank: int,
        world_size: int,
        remainder: str,
        batch_size: int,
        drop_last: bool,
        seed: int,
        threads: int,
        prefetch: int,
        lent_memory: bool = False,
        wrap: tuple[Callable[[Any], Any], Callable[[Any], Any]] | None = None,
    ) -> Self:
        """Lay the parts one after the other, with their labels; sample ``i`` is sample ``selection[i]`` of them.

        The images of each part, (N, …), are read in place. All arrays are C-contiguous. ``wrap`` turns the arrays of
        images and of labels into what users get.
        """

    def len(self, start: int = 0) -> tuple[int, int]:
        """Samples and batches of this rank from position ``start`` of an epoch's order on."""

    def epoch(self, epoch: int, start: int = 0, timeout: float = 0.0) -> Epoch:
        """Begin an epoch; a batch may take ``timeout`` seconds, or for ever if that is 0."""

    def pass_over(self, epoch: int, timeout: float = 0.0) -> Epoch:
        """Begin a pass whose batches are named by ``Epoch.give``."""

    @property
    def ahead(self) -> int:
        """Batches that are made before they are asked for."""

    def statistics(self) -> tuple[int, int, float, float, float, int]:
        """Samples, batches, seconds, seconds waited, seconds of CPU, slots in use."""

@final
class Epoch:
    """Iterator over batches ``(images, labels)``: (B, C, …) in the plan's type, and (B, …) as the labels given."""

    def __iter__(self) -> Self: ...
    def __next__(self) -> tuple[Any, Any]: ...
    def __length_hint__(self) -> int: ...
    def give(self, indices: Sequence[int], memory: tuple[Any, NDArray[np.uint8]] | None = None) -> None:
        """Add a batch of these samples, counted from the end if negative. Raises IndexError. See ``lend``."""

    def lend(self, memory: tuple[Any, NDArray[np.uint8]]) -> None:
        """Add memory for one more batch: what is given back for its images, such as a tensor, and the bytes of that."""

def available_backends() -> list[str]:
    """What ``MEDMNIST_FAST_SIMD`` can force on this processor."""

def available_parallelism() -> int:
    """CPUs that this process may use: the smaller of its affinity and its cgroup's quota."""

def evaluate(
    task: str, y_true: NDArray[np.int64], y_score: NDArray[np.float64], threshold: float = 0.5
) -> tuple[list[float], float]:
    """AUC of each class and accuracy, for a task as ``INFO`` names it; C-contiguous (N, L) and (N, C)."""

def measure(
    task: str, y_true: NDArray[np.int64], y_score: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.uint64]]:
    """All measures of a report, and the cells of its confusion matrices one after the other.

    AUC, accuracy, balanced accuracy, F1 (macro, micro), quadratic weighted kappa, average precision, expected
    calibration error; then AUC, average precision and F1 of each class.
    """

def bootstrap(
    task: str, y_true: NDArray[np.int64], y_score: NDArray[np.float64], resamples: int, seed: int, threads: int
) -> NDArray[np.float64]:
    """The same measures of each resample, (resamples, 8 + 3 C)."""

def channel_sums(pixels: NDArray[np.uint8], channels: int, threads: int) -> list[tuple[int, int]]:
    """Sum and sum of squares of each of 1 or 3 interleaved channels; C-contiguous."""

def write_pngs(images: NDArray[np.uint8], paths: Sequence[str | PathLike[str]], threads: int) -> None:
    """Write each of (N, H, W) or (N, H, W, 3), C-contiguous, to a PNG file, over what is there. Raises OSError."""

def roof(images: int, pixels: int, channels: int, dtype: str, num_threads: int) -> float:
    """Images per second of a bare loop on threads that gathers, converts and writes, in some 0.2 s.

    Random ones of so many images (the first 160 MB of them) of so many pixels or voxels, of 1 or 3 channels, become
    float32 planes by one multiply-add per value (not exact), or are copied as uint8. It takes up to 800 MB. Raises
    ValueError.
    """
