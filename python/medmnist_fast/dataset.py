"""The 18 data sets, with the names, arguments and items of ``medmnist``."""

import operator
import warnings
from abc import abstractmethod
from collections.abc import Callable, Sequence
from copy import deepcopy
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from medmnist_fast import id_map, montage, saving, summary
from medmnist_fast.catalog import INFO, check_split, default_root, size_flag
from medmnist_fast.files import SplitFile
from medmnist_fast.indexing import batch, chosen
from medmnist_fast.items import image_item, items, volume_item
from medmnist_fast.pickling import read_arrays, state_of


class MedMNIST(Sequence[Any]):
    """One split of an official file, decoded into memory; see :class:`MedMNIST2D` and :class:`MedMNIST3D`.

    Pickled, as for the processes of torch's loader, it is the file's path and the options, and is read again there;
    images and labels that were replaced or written into go along.

    Args:
        split: ``"train"``, ``"val"`` or ``"test"``.
        transform: called with each item's image; :class:`medmnist_fast.DataLoader` runs it too if it is one of
            :mod:`medmnist_fast.transforms`.
        target_transform: called with each item's label.
        download: downloads the file if it is missing, and refuses one whose MD5 is not the official one.
        as_rgb: repeats the channel of grey images three times.
        root: folder of the file; by default ``MEDMNIST_ROOT``, else ``~/.medmnist``.
        size: 28 (the default), 64, 128 or 224; 28 or 64 in 3-D. A text of digits will do.
        mmap_mode: ``None`` decodes the images into memory if they have at most 2 GiB. With ``"r"``, or above that, they
            are mapped from a decoded store: made the first time under ``decoded/`` beside the file (or in the user's
            cache folder), opened in milliseconds from then on, and shared between processes.
        strict: refuse a split that has not as many samples as the official one; otherwise a warning says so.

    Attributes:
        imgs: ``uint8``, (N, H, W), (N, H, W, 3) or (N, D, H, W). May be replaced; read-only if mapped.
        labels: (N, L) as in the file (``uint8`` in official ones). May be replaced.
        info: the set's entry of ``INFO``.
        root: as given, or the default folder.

    Raises:
        ValueError: no such split or size; the split is empty, or its images or labels are not those of this data set,
            or, with ``strict``, not as many.
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
        size: int | str | None = None,
        mmap_mode: Literal["r"] | None = None,
        *,
        strict: bool = False,
    ) -> None:
        if not hasattr(self, "flag"):
            raise TypeError(f"{type(self).__name__} is no data set of its own; use one of the 18, such as PathMNIST")
        self.info = INFO[self.flag]
        self.split = check_split(split)
        self.size = self.check_size(size)
        self.size_flag = size_flag(self.size)
        self.root = root if root is not None else default_root()
        self.transform = transform
        self.target_transform = target_transform
        self.as_rgb = as_rgb
        if mmap_mode not in {None, "r"}:
            raise ValueError(f"mmap_mode {mmap_mode!r}; allowed: None (in memory) and 'r' (mapped, read-only)")
        self._mmap_mode = mmap_mode
        file = SplitFile(Path(self.root), self.flag, self.size, split, download=download, mmap_mode=mmap_mode)
        self._open_images(file)
        self.labels = file.labels()
        if len(self.imgs) != len(self.labels):
            raise ValueError(
                f"{file.path}: split {split!r} has {len(self.imgs)} images and {len(self.labels)} labels; "
                "expected as many of each"
            )
        official = self.info["n_samples"][split]
        if len(self.imgs) != official:
            message = f"{file.path}: split {split!r} has {len(self.imgs)} samples; the official file has {official}"
            if strict:
                raise ValueError(message)
            warnings.warn(message, stacklevel=2)

    def _open_images(self, file: SplitFile) -> None:
        self.imgs = file.images(self.spatial_dims)
        self._mapped = file.mapped

    @classmethod
    def check_size(cls, size: int | str | None) -> int:
        """Return the size, 28 for ``None``; ValueError if the set does not come in it."""
        if size is None:
            return 28
        try:
            number = int(size) if isinstance(size, str) else operator.index(size)
        except (TypeError, ValueError):
            number = None
        if number not in cls.available_sizes:
            choices = ", ".join(map(str, cls.available_sizes))
            raise ValueError(f"size {size!r}; {cls.__name__} comes in {choices}")
        return number

    @property
    def classes(self) -> list[str]:
        """Names of the classes or labels, in their order."""
        return list(self.info["label"].values())

    def class_counts(self) -> NDArray[np.int64]:
        """Samples of each class, in the order of :attr:`classes`; of a multi-label set, samples with each label.

        Raises:
            ValueError: labels were replaced by some that the set has not.
        """
        return summary.class_counts(self)

    def mean_std(self) -> tuple[list[float], list[float]]:
        """Mean and standard deviation of the pixels of each channel, in 0…1: what ``Normalize`` takes.

        Both are those of NumPy over the whole split, the second with ``ddof=0``, but for the rounding of sums: these
        are exact. With ``as_rgb`` there are three of each. Images in memory are summed each time, since they can be
        written to, which takes as long as reading them. Mapped ones are summed once; of more than 256 MiB, whose
        reading one waits for, sums are kept beside the decoded store, under the checksum of the images.

        Raises:
            TypeError: images were replaced by some that are not ``uint8``.
            ValueError: there are none.
        """
        return summary.mean_std(self)

    def image_ids(self, csv: str | PathLike[str]) -> list[str]:
        """Names of the samples in the source data set: that of ``self[i]`` is the ``i``-th.

        Args:
            csv: table of this set by the authors of MedMNIST, who link to them in issue 49 of their repository: columns
                ``split``, ``index`` and ``image_id`` in any order, a line for each sample.

        Raises:
            OSError: it cannot be read.
            ValueError: it is no such table, or has not every sample of this split exactly once.
        """
        return id_map.image_ids(csv, self.split, len(self))

    def download(self) -> None:
        """Download the file of this data set if it is missing, as ``download=True`` does; see there.

        Raises:
            NpzError: there is one whose MD5 is not the official one.
            OSError: it cannot be downloaded.
        """
        from medmnist_fast.download import fetch

        fetch(self.flag, self.size, Path(self.root))

    def save(self, folder: str | PathLike[str], postfix: str | None = None, write_csv: bool = True) -> None:
        """Write every image to ``FOLDER/FLAG[_SIZE]/SPLIT<i>_<label>[_<label>…].POSTFIX``, and the labels to a table.

        The table is ``FOLDER/FLAG[_SIZE].csv``: lines ``TRAIN|VALIDATION|TEST,file,label[,label…]``, no header. Rows of
        this split are replaced when all images are written, others stay. Files of the very names above are overwritten;
        nothing else is.

        Args:
            folder: made if it does not exist.
            postfix: of images any that Pillow writes, ``"png"`` by default; PNG files hold the pixels as they are. Of
                volumes ``"gif"``: slices in an endless sequence, five a second.
            write_csv: write the table.

        Raises:
            OSError: a file cannot be written.
            TypeError: images were replaced by some that are not ``uint8``.
            ValueError: another postfix, or not as many images as labels.
        """
        saving.save(self, folder, postfix, write_csv=write_csv)

    def montage(
        self,
        length: int = 20,
        replace: bool = False,
        save_folder: str | PathLike[str] | None = None,
        *,
        seed: int | None = None,
        rng: np.random.Generator | np.random.RandomState | None = None,
    ) -> Any:
        """Samples chosen at random, as they are in the file, in a square.

        Args:
            length: samples per side, at least 1. If there are fewer than its square, the side is as long as they allow,
                and a warning says so.
            replace: a sample may come several times, so there are always enough.
            save_folder: writes ``FLAG[_SIZE]_SPLIT_montage.jpg`` there too, or ``.gif`` of volumes, in place of one
                that is there; made if it does not exist.
            seed: names the choice, below 2⁶⁴.
            rng: chooses instead. Without either, NumPy's global generator does, and chooses what ``medmnist`` would.

        Returns:
            A PIL image; of volumes a list of them, one per slice, with the same samples at the same places.

        Raises:
            OSError: the file cannot be written.
            TypeError: an ``rng`` of another kind.
            ValueError: a number outside its range, or both ``seed`` and ``rng``.
        """
        frames = montage.montage(self, length, replace=replace, save_folder=save_folder, seed=seed, rng=rng)
        return frames if self.spatial_dims == 3 else frames[0]

    def __getstate__(self) -> dict[str, Any]:
        return state_of(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        read_arrays(self, dict(state))

    def __copy__(self) -> Self:
        """A data set over the same images and labels."""
        return self._with_attributes(self.__dict__)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A data set with images and labels of its own."""
        attributes = {name: value for name, value in self.__dict__.items() if name != "_mapped"}
        return self._with_attributes(deepcopy(attributes, memo) | {"_mapped": None})

    def _with_attributes(self, attributes: dict[str, Any]) -> Self:
        made = type(self).__new__(type(self))
        made.__dict__.update(attributes)
        return made

    def __len__(self) -> int:
        return len(self.imgs)

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        """``(image, label)`` after the transforms; without them see the subclass. The label is int64 of shape (L,).

        A slice, a list or array of indices, or a mask gives a batch, as :class:`medmnist_fast.DataLoader` would: images
        (N, C, H, W) or (N, C, D, H, W), ``uint8`` or after ``ToTensor`` and for volumes ``float32``, and labels (N, L).

        Raises:
            IndexError: out of range.
            TypeError: no index.
        """
        indices = chosen(index, len(self))
        if indices is not None:
            return batch(self, indices)
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

    def __add__(self, other: Any) -> Any:
        """``torch.utils.data.ConcatDataset`` of both, as torch's data sets give."""
        from torch.utils.data import ConcatDataset

        both: list[Any] = [self, other]
        return ConcatDataset(both)

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
