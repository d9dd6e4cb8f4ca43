"""The loader: a data set's samples, shuffled and transformed, in batches, on threads."""

from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medmnist_fast import _core
from medmnist_fast.checks import whole_number
from medmnist_fast.dataset import MedMNIST
from medmnist_fast.transforms import from_torchvision
from medmnist_fast.transforms.base import compile_plan
from medmnist_fast.transforms.kinds import as_output, seed_or_random
from medmnist_fast.transforms.values import dtype_name


class DataLoader:
    """Batches of a data set, made by threads of the engine outside Python's lock.

    Iterating yields ``(images, labels)``: images (N, C, H, W), or (N, C, D, H, W) for volumes, and int64 labels (N, L).
    Images are ``uint8`` as in the file, or ``float32`` after a ``ToTensor``; volumes are always scaled to ``float32``.
    The same seed gives the same bytes for any number of threads.

    The memory of a batch is used again once nothing refers to it any more; who keeps batches keeps them unharmed.
    ``dataset.imgs`` is read in place: do not write into it while you iterate.

    Args:
        dataset: one of the 18 data sets. Its ``imgs`` and ``labels`` are taken as they are now.
        batch_size: samples per batch, at least 1.
        shuffle: a new random order each epoch instead of the file's.
        transform: of :mod:`medmnist_fast.transforms`, or of torchvision, which is translated as by
            :func:`~medmnist_fast.transforms.from_torchvision`; by default the data set's own.
        seed: names the order and the random transforms, below 2⁶⁴. By default one is drawn from torch's global
            generator if torch is loaded, else from NumPy's.
        num_workers: threads, at most 1,024; 0 makes batches in the thread that asks for them. By default one per
            available CPU.
        prefetch_factor: batches that each thread makes ahead, at least 1.
        drop_last: leave out a last batch that is smaller than the others.
        output: ``"torch"`` or ``"numpy"``; by default torch tensors where torch is installed.
        dtype: of the images, as a name or torch's or NumPy's dtype: ``float32``, ``float16`` or ``bfloat16`` (torch
            only) of float samples, rounded to nearest, ties to even. By default what the transform gives.
        channels_last: images (N, H, W, C), or (N, D, H, W, C), instead of the channels first.

    Attributes:
        plan: what the transform was compiled to, readable with ``print(loader.plan)``.

    Raises:
        TypeError: a data set or transform of another kind, or a subclass with a ``__getitem__`` of its own.
        ValueError: a number outside its range, an empty data set, labels that are no whole numbers (N, L), or a
            transform that cannot be translated or does not fit the data.
        ImportError: ``output="torch"`` without torch.
    """

    def __init__(
        self,
        dataset: MedMNIST,
        batch_size: int = 1,
        shuffle: bool = False,
        *,
        transform: Any = None,
        seed: int | None = None,
        num_workers: int | None = None,
        prefetch_factor: int = 2,
        drop_last: bool = False,
        output: Literal["torch", "numpy"] | None = None,
        dtype: Any = None,
        channels_last: bool = False,
    ) -> None:
        if not isinstance(dataset, MedMNIST):
            raise TypeError(f"a data set of {type(dataset).__qualname__}; allowed: one of medmnist_fast's 18 data sets")
        if type(dataset).__getitem__ is not MedMNIST.__getitem__:
            name = type(dataset).__qualname__
            raise TypeError(
                f"{name} has a __getitem__ of its own, which this loader would pass by; allowed: MedMNIST's"
            )
        if dataset.target_transform is not None:
            raise TypeError("the data set has a target_transform, which this loader cannot run; allowed: None")
        if output not in (None, "torch", "numpy"):
            raise ValueError(f"output {output!r}; allowed: 'torch' or 'numpy'")
        self.dataset = dataset
        self.batch_size = whole_number("batch_size", batch_size, 1)
        self.drop_last = bool(drop_last)
        self.seed = seed_or_random(seed)
        self.num_workers = (
            _core.available_parallelism() if num_workers is None else whole_number("num_workers", num_workers, 0, 1024)
        )
        self.prefetch_factor = whole_number("prefetch_factor", prefetch_factor, 1)
        has_torch = find_spec("torch") is not None
        if output == "torch" and not has_torch:
            raise ImportError("output='torch' needs torch, which is not installed: pip install 'medmnist_fast[torch]'")
        self.output = output or ("torch" if has_torch else "numpy")
        self._epoch = 0
        images = np.ascontiguousarray(dataset.imgs)
        if images.dtype != np.uint8:
            raise TypeError(f"the data set's imgs are {images.dtype}; allowed: uint8")
        labels = np.asarray(dataset.labels)
        if labels.dtype.kind not in "biu" or labels.ndim != 2 or not labels.shape[1]:
            found = f"{labels.dtype} of shape {labels.shape}"
            raise ValueError(f"the data set's labels are {found}; allowed: whole numbers of shape (N, L), L at least 1")
        labels = np.require(labels, np.int64, ["C", "A"])
        transform = dataset.transform if transform is None else transform
        if type(transform).__module__.partition(".")[0] == "torchvision":
            transform = from_torchvision(transform)
        self.plan = compile_plan(
            transform,
            dataset.spatial_dims,
            images.shape[1:],
            to_rgb=dataset.as_rgb,
            dtype=None if dtype is None else dtype_name(dtype),
            channels_last=bool(channels_last),
        )
        if self.output == "numpy" and self.plan.dtype == "bfloat16":
            raise ValueError("dtype bfloat16 with output 'numpy', which has none; allowed: float32, float16")
        self._loader = _core.Loader(
            self.plan,
            images,
            labels,
            batch_size=self.batch_size,
            shuffle=bool(shuffle),
            drop_last=self.drop_last,
            seed=self.seed,
            threads=self.num_workers,
            prefetch=self.prefetch_factor,
        )

    def __len__(self) -> int:
        """Batches per epoch."""
        return len(self._loader)

    def set_epoch(self, epoch: int) -> None:
        """Name the next epoch, from 0; without it each iteration is the epoch after the one before."""
        self._epoch = _epoch_number(epoch)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        epoch = self._loader.epoch(_epoch_number(self._epoch))
        self._epoch += 1
        # A map and not a generator: several threads may share the iterator.
        return epoch if self.output == "numpy" else map(partial(_tensors, self.plan.dtype), epoch)


def _epoch_number(epoch: int) -> int:
    return whole_number("epoch", epoch, 0, 2**32 - 1)


def _tensors(dtype: str, batch: tuple[NDArray[Any], NDArray[Any]]) -> tuple[Any, Any]:
    images, labels = batch
    return as_output(images, dtype), as_output(labels)
