"""What users have without us: torch's loader over items."""

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medmnist_fast.benchmark.task import Task


class Stock:
    """What is compared with: torch's ``DataLoader`` over PIL images, one by one, with torchvision's transforms.

    Args:
        task: what is done.
        medmnist: makes the data set of ``medmnist``, where that can open the file, given the transform.

    Attributes:
        title: of which items.
        why: what is missing, if anything.
    """

    def __init__(self, task: Task, medmnist: Callable[[Any], Any] | None = None) -> None:
        self.why = _why_not(("torch", "torchvision") if task.spatial_dims == 2 else ("torch",))
        self.title = "medmnist's items" if medmnist else "items as medmnist makes them"
        self._items: Any = None
        if not self.why:
            transform = _torchvision(task) if task.spatial_dims == 2 else _Volumes(task.transform)
            self._items = _OneByOne(task, transform) if medmnist is None else medmnist(transform)

    def loader(self, task: Task, workers: int, count: int) -> Iterable[Any]:
        """Torch's, of the first samples."""
        from torch.utils.data import DataLoader as TorchLoader
        from torch.utils.data import Subset

        items = Subset(self._items, range(count))
        return TorchLoader(items, task.batch_size, shuffle=True, num_workers=workers, persistent_workers=workers > 0)

    def reference(self, task: Task, index: int) -> NDArray[Any]:
        """What a sample becomes: its item, or the same by NumPy where there is no torch."""
        if self._items is not None:
            return np.asarray(self._items[index][0])
        pixels: NDArray[Any] = task.images[index]
        pixels = pixels[np.newaxis] if task.channels == 1 else np.moveaxis(pixels, -1, 0)
        if task.dtype == "uint8":
            return pixels
        # Images as torchvision computes, volumes as medmnist does.
        values = pixels / np.float32(255) if task.spatial_dims == 2 else (pixels / 255.0).astype(np.float32)
        return values if task.transform == "plain" else (values - np.float32(0.5)) / np.float32(0.5)


def _why_not(modules: tuple[str, ...]) -> str:
    """What keeps us from importing them, if anything."""
    for name in modules:
        try:
            import_module(name)
        except ModuleNotFoundError:
            return f"{name} is not installed"
        # A torchvision that does not fit torch raises RuntimeError.
        except (ImportError, RuntimeError) as error:
            return f"{name} cannot be imported: {error}"
    return ""


class _OneByOne:
    """Items without ``__getitems__``, which torch's loader would ask for whole batches."""

    def __init__(self, task: Task, transform: Callable[[Any], Any]) -> None:
        self._items = task.dataset(len(task.images))
        self._items.transform = transform

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> Any:
        return self._items[index]


def _torchvision(task: Task) -> Any:
    from torchvision import transforms

    floats = [transforms.ToTensor(), transforms.Normalize([0.5], [0.5])]
    steps = {
        "plain": [transforms.PILToTensor()],
        "f32": floats,
        "crop-flip": [transforms.RandomResizedCrop(task.size), transforms.RandomHorizontalFlip(), *floats],
        "trivial": [transforms.TrivialAugmentWide(), *floats],
    }
    return transforms.Compose(steps[task.transform])


class _Volumes:
    """What users of ``medmnist`` do with volumes, float64 (1, D, H, W) in 0…1; a class, so that it can be pickled."""

    def __init__(self, transform: str) -> None:
        self._transform = transform

    def __call__(self, volume: NDArray[np.float64]) -> Any:
        import torch

        if self._transform == "flip-rotate":
            for axis in (1, 2, 3):
                if torch.rand(()) < 0.5:
                    volume = np.flip(volume, axis)
            axes = [(1, 2), (1, 3), (2, 3)][int(torch.randint(3, ()))]
            volume = np.ascontiguousarray(np.rot90(volume, int(torch.randint(4, ())), axes))
        values = torch.from_numpy(volume).float()
        return values if self._transform == "plain" else (values - 0.5) / 0.5
