"""The 18 data sets, with the names, arguments and items of ``medmnist``."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from medmnist_fast import _core
from medmnist_fast.catalog import INFO, check_split, default_root, file_name, size_flag
from medmnist_fast.transforms import Transform, as_output


class MedMNIST(Sequence[Any]):
    """One split of an official file, decoded into memory; see :class:`MedMNIST2D` and :class:`MedMNIST3D`.

    Args:
        split: ``"train"``, ``"val"`` or ``"test"``.
        transform: called with each item's image. One of :mod:`medmnist_fast.transforms` gets the pixels as they are in
            the file; :class:`medmnist_fast.DataLoader` runs it too. Any other callable gets what ``medmnist`` gives it.
        target_transform: called with each item's label.
        download: asks for a missing file to be fetched. This version cannot: it raises and says where the file is.
        as_rgb: repeats the channel of grey images three times.
        root: folder of the file; by default ``MEDMNIST_ROOT``, else ``~/.medmnist``.
        size: 28 (the default), 64, 128 or 224; 28 or 64 in 3-D.

    Attributes:
        imgs: ``uint8``, (N, H, W), (N, H, W, 3) or (N, D, H, W). May be replaced.
        labels: (N, L) as in the file (``uint8`` in official ones). May be replaced.
        info: the set's entry of ``INFO``.

    Raises:
        ValueError: no such split or size; the split is empty or not of the size that the file's name says.
        FileNotFoundError: no such folder or file.
        NpzError: the file is damaged; the message names the member.
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
    ) -> None:
        self.info = INFO[self.flag]
        self.split = check_split(split)
        self.size = self.check_size(size)
        self.size_flag = size_flag(self.size)
        self.root = Path(root) if root is not None else default_root()
        self.transform = transform
        self.target_transform = target_transform
        self.as_rgb = as_rgb
        self.imgs, self.labels = self._read(download=download)

    @classmethod
    def check_size(cls, size: int | None) -> int:
        """Return the size, 28 for ``None``; ValueError if the set does not come in it."""
        size = 28 if size is None else size
        if size not in cls.available_sizes:
            choices = ", ".join(map(str, cls.available_sizes))
            raise ValueError(f"size {size!r}; {cls.__name__} comes in {choices}")
        return int(size)

    def _read(self, *, download: bool) -> tuple[NDArray[np.uint8], NDArray[Any]]:
        path = self.root / file_name(self.flag, self.size)
        if not path.exists():
            raise FileNotFoundError(missing_file(path, self.info[f"url{self.size_flag}"], download=download))
        archive = _core.Archive(path)
        images, labels = (read_member(archive, path, f"{self.split}_{kind}") for kind in ("images", "labels"))
        pixels = (len(images), *[self.size] * self.spatial_dims)
        allowed = [pixels, (*pixels, 3)] if self.spatial_dims == 2 else [pixels]
        if images.dtype != np.uint8 or images.shape not in allowed:
            shapes = " or ".join(map(str, allowed))
            raise ValueError(
                f"{path}: {self.split}_images is {images.dtype} of shape {images.shape}; expected uint8 of {shapes}"
            )
        if labels.ndim != 2 or labels.dtype.kind not in "iu" or len(labels) != len(images):
            raise ValueError(
                f"{path}: {self.split}_labels is {labels.dtype} of shape {labels.shape}; "
                f"expected whole numbers of shape ({len(images)}, number of labels)"
            )
        if not len(images):
            raise ValueError(f"{path}: split {self.split!r} is empty (0 images); expected at least 1")
        return images, labels

    def __len__(self) -> int:
        return len(self.imgs)

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        """``(image, label)`` after the transforms; without them see the subclass. The label is int64 of shape (L,)."""
        pixels, target = self.imgs[index], self.labels[index].astype(int)
        if isinstance(self.transform, Transform):
            image = as_output(self.transform.run(pixels, spatial_dims=self.spatial_dims, to_rgb=self.as_rgb))
        else:
            image = self._image(pixels)
            if self.transform is not None:
                image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target

    @abstractmethod
    def _image(self, pixels: NDArray[np.uint8]) -> Any:
        """What a transform that is not ours, or the user, gets to see."""

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
        from PIL import Image

        image = Image.fromarray(pixels)
        return image.convert("RGB") if self.as_rgb else image


class MedMNIST3D(MedMNIST):
    """Volumes: an item without transforms is ``(float64 of shape (1 or 3, D, H, W) in 0…1, label)``."""

    available_sizes: ClassVar[list[int]] = [28, 64]
    spatial_dims: ClassVar[int] = 3

    def _image(self, pixels: NDArray[np.uint8]) -> Any:
        return np.stack([pixels / 255.0] * (3 if self.as_rgb else 1))


def missing_file(path: Path, url: str, *, download: bool = False) -> str:
    """One sentence for a file that is not there."""
    if not path.parent.is_dir():
        return f"no folder {path.parent} to find {path.name} in; give root= (--root) or set MEDMNIST_ROOT"
    asked = " (download=True was asked for, and this version cannot download)" if download else ""
    return f"no file {path}{asked}; put it there from {url}, give root= (--root) or set MEDMNIST_ROOT"


def read_member(archive: _core.Archive, path: Path, name: str) -> NDArray[Any]:
    """A member of an official file.

    Raises:
        NpzError: it is missing or damaged.
    """
    names = archive.names()
    if name not in names:
        raise _core.NpzError(f"{path}: no member {name!r}, so this is no MedMNIST file; it has {', '.join(names)}")
    return archive.read(name)


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
