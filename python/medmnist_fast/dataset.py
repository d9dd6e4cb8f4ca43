"""The 18 data sets, with the names, arguments and items of ``medmnist``."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from medmnist_fast.catalog import INFO, check_split, default_root, size_flag
from medmnist_fast.files import SplitFile
from medmnist_fast.items import image_item, items, volume_item


class MedMNIST(Sequence[Any]):
    """One split of an official file, decoded into memory; see :class:`MedMNIST2D` and :class:`MedMNIST3D`.

    Args:
        split: ``"train"``, ``"val"`` or ``"test"``.
        transform: called with each item's image; :class:`medmnist_fast.DataLoader` runs it too if it is one of
            :mod:`medmnist_fast.transforms`.
        target_transform: called with each item's label.
        download: downloads the file if it is missing, and refuses one whose MD5 is not the official one.
        as_rgb: repeats the channel of grey images three times.
        root: folder of the file; by default ``MEDMNIST_ROOT``, else ``~/.medmnist``.
        size: 28 (the default), 64, 128 or 224; 28 or 64 in 3-D.
        mmap_mode: ``None`` decodes the images into memory if they have at most 2 GiB. With ``"r"``, or above that, they
            are mapped from a decoded store: made the first time under ``decoded/`` beside the file (or in the user's
            cache folder), opened in milliseconds from then on, and shared between processes.

    Attributes:
        imgs: ``uint8``, (N, H, W), (N, H, W, 3) or (N, D, H, W). May be replaced; read-only if mapped.
        labels: (N, L) as in the file (``uint8`` in official ones). May be replaced.
        info: the set's entry of ``INFO``.

    Raises:
        ValueError: no such split or size; the split is empty, or its images or labels are not those of this data set.
        FileNotFoundError: no such folder or file.
        NpzError: the file is damaged; the message names the member.
        OSError: it cannot be downloaded.
    """

    flag: ClassVar[str]
    available_sizes: ClassVar[list[int]]
    spatial_dims: ClassVar[int]

    def __init__(
        self,
        split: str,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
        as_rgb: bool = False,
        root: str | PathLike[str] | None = None,
        size: int | None = None,
        mmap_mode: Literal["r"] | None = None,
    ) -> None:
        if not hasattr(self, "flag"):
            raise TypeError(f"{type(self).__name__} is no data set of its own; use one of the 18, such as PathMNIST")
        self.info = INFO[self.flag]
        self.split = check_split(split)
        self.size = self.check_size(size)
        self.size_flag = size_flag(self.size)
        self.root = Path(root) if root is not None else default_root()
        self.transform = transform
        self.target_transform = target_transform
        self.as_rgb = as_rgb
        if mmap_mode not in {None, "r"}:
            raise ValueError(f"mmap_mode {mmap_mode!r}; allowed: None (in memory) and 'r' (mapped, read-only)")
        file = SplitFile(self.root, self.flag, self.size, split, download=download, mmap_mode=mmap_mode)
        self.imgs, self.labels = file.images(self.spatial_dims), file.labels()
        if len(self.imgs) != len(self.labels):
            raise ValueError(
                f"{file.path}: split {split!r} has {len(self.imgs)} images and {len(self.labels)} labels; "
                "expected as many of each"
            )

    @classmethod
    def check_size(cls, size: int | None) -> int:
        """Return the size, 28 for ``None``; ValueError if the set does not come in it."""
        size = 28 if size is None else size
        if size not in cls.available_sizes:
            choices = ", ".join(map(str, cls.available_sizes))
            raise ValueError(f"size {size!r}; {cls.__name__} comes in {choices}")
        return int(size)

    def __len__(self) -> int:
        return len(self.imgs)

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        """``(image, label)`` after the transforms; without them see the subclass. The label is int64 of shape (L,)."""
        return self._image(self.imgs[index]), self._target(index)

    def __getitems__(self, indices: Sequence[int]) -> list[tuple[Any, Any]]:
        """Several items at once, as torch's ``DataLoader`` asks for them; quicker with transforms the engine knows."""
        own = type(self)
        if own.__getitem__ is not MedMNIST.__getitem__ or own._image not in {MedMNIST2D._image, MedMNIST3D._image}:
            return [self[index] for index in indices]
        return items(self, indices)

    def _target(self, index: Any) -> Any:
        """An item's label: int64 of shape (L,), transformed."""
        target = self.labels[index].astype(int)
        return target if self.target_transform is None else self.target_transform(target)

    @abstractmethod
    def _image(self, pixels: NDArray[np.uint8]) -> Any:
        """An item's image, transformed."""

    def __repr__(self) -> str:
        lines = [
            f"Dataset {type(self).__name__} of size {self.size} ({self.flag}{self.size_flag})",
            f"Number of datapoints: {len(self)}",
            f"Root location: {self.root}",
            f"Split: {self.split}",
            f"Task: {self.info['task']}",
            f"Number of channels: {self.info['n_channels']}",
            f"Meaning of labels: {self.info['label']}",
            f"Number of samples: {self.info['n_samples']}",
            f"Description: {self.info['description']}",
            f"License: {self.info['license']}",
        ]
        return "\n    ".join(lines)


class MedMNIST2D(MedMNIST):
    """Images: an item without transforms is ``(PIL image of mode L or RGB, label)``."""

    available_sizes: ClassVar[list[int]] = [28, 64, 128, 224]
    spatial_dims: ClassVar[int] = 2

    def _image(self, pixels: NDArray[np.uint8]) -> Any:
        return image_item(pixels, self.transform, as_rgb=self.as_rgb)


class MedMNIST3D(MedMNIST):
    """Volumes: an item without transforms is ``(float64 of shape (1 or 3, D, H, W) in 0…1, label)``.

    A transform of :mod:`medmnist_fast.transforms` gives what it gives in a loader: ``float32``, as a torch tensor where
    torch is installed.
    """

    available_sizes: ClassVar[list[int]] = [28, 64]
    spatial_dims: ClassVar[int] = 3

    def _image(self, pixels: NDArray[np.uint8]) -> Any:
        return volume_item(pixels, self.transform, as_rgb=self.as_rgb)


class PathMNIST(MedMNIST2D):
    """Colorectal cancer histology, RGB, 9 tissues."""

    flag = "pathmnist"


class ChestMNIST(MedMNIST2D):
    """Chest X-rays, grey, 14 labels."""

    flag = "chestmnist"


class DermaMNIST(MedMNIST2D):
    """Dermatoscopy, RGB, 7 classes."""

    flag = "dermamnist"


class OCTMNIST(MedMNIST2D):
    """Retinal OCT, grey, 4 classes."""

    flag = "octmnist"


class PneumoniaMNIST(MedMNIST2D):
    """Paediatric chest X-rays, grey, binary."""

    flag = "pneumoniamnist"


class RetinaMNIST(MedMNIST2D):
    """Fundus photographs, RGB, 5 ordered grades of retinopathy."""

    flag = "retinamnist"


class BreastMNIST(MedMNIST2D):
    """Breast ultrasound, grey, binary; 0 is malignant."""

    flag = "breastmnist"


class BloodMNIST(MedMNIST2D):
    """Blood cell microscopy, RGB, 8 classes."""

    flag = "bloodmnist"


class TissueMNIST(MedMNIST2D):
    """Kidney cortex microscopy, grey, 8 classes."""

    flag = "tissuemnist"


class OrganAMNIST(MedMNIST2D):
    """Abdominal CT, axial slices, grey, 11 organs."""

    flag = "organamnist"


class OrganCMNIST(MedMNIST2D):
    """Abdominal CT, coronal slices, grey, 11 organs."""

    flag = "organcmnist"


class OrganSMNIST(MedMNIST2D):
    """Abdominal CT, sagittal slices, grey, 11 organs."""

    flag = "organsmnist"


class OrganMNIST3D(MedMNIST3D):
    """Abdominal CT volumes, 11 organs; their order differs from that of the 2-D organ sets."""

    flag = "organmnist3d"


class NoduleMNIST3D(MedMNIST3D):
    """Lung nodule CT volumes, binary."""

    flag = "nodulemnist3d"


class AdrenalMNIST3D(MedMNIST3D):
    """Shapes of adrenal glands, binary."""

    flag = "adrenalmnist3d"


class FractureMNIST3D(MedMNIST3D):
    """Rib fracture CT volumes, 3 classes."""

    flag = "fracturemnist3d"


class VesselMNIST3D(MedMNIST3D):
    """Shapes of brain vessels, binary: healthy or aneurysm."""

    flag = "vesselmnist3d"


class SynapseMNIST3D(MedMNIST3D):
    """Electron microscopy of synapses, binary: inhibitory or excitatory."""

    flag = "synapsemnist3d"


OrganMNISTAxial = OrganAMNIST
OrganMNISTCoronal = OrganCMNIST
OrganMNISTSagittal = OrganSMNIST

DATASETS: dict[str, type[MedMNIST]] = {
    cls.flag: cls for base in (MedMNIST2D, MedMNIST3D) for cls in base.__subclasses__()
}
"""Flag to class, in the order of ``INFO``."""
