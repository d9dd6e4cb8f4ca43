"""The catalogue is medmnist's."""

import hashlib
from pathlib import Path

import medmnist
import pytest

import medmnist_fast as mf
from medmnist_fast.catalog import file_name
from medmnist_fast.dataset import DATASETS


def test_info_is_equal_down_to_the_order_of_keys() -> None:
    assert mf.INFO == medmnist.INFO
    assert list(mf.INFO) == list(medmnist.INFO)
    for flag, entry in mf.INFO.items():
        assert list(entry) == list(medmnist.INFO[flag])
        assert list(entry["label"]) == list(medmnist.INFO[flag]["label"])
    assert mf.HOMEPAGE == medmnist.HOMEPAGE


def test_there_is_a_class_for_each_set() -> None:
    assert list(DATASETS) == list(mf.INFO)
    for flag, cls in DATASETS.items():
        theirs = getattr(medmnist, mf.INFO[flag]["python_class"])
        assert cls is getattr(mf, theirs.__name__)
        assert (cls.flag, cls.available_sizes) == (theirs.flag, theirs.available_sizes)
        assert issubclass(cls, mf.MedMNIST3D) == issubclass(theirs, medmnist.dataset.MedMNIST3D)
    assert mf.OrganMNISTAxial is mf.OrganAMNIST
    assert mf.OrganMNISTCoronal is mf.OrganCMNIST
    assert mf.OrganMNISTSagittal is mf.OrganSMNIST


def test_checksums_are_those_of_the_official_files(data_root: Path) -> None:
    official = data_root.name == "data"
    for path in data_root.glob("*.npz"):
        flag, _, size = path.stem.partition("_")
        assert path.name == file_name(flag, int(size or 28))
        checksum = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        assert (checksum == mf.INFO[flag][f"MD5_{size}" if size else "MD5"]) == official


def test_default_root(monkeypatch: pytest.MonkeyPatch) -> None:
    assert mf.default_root() == Path.home() / ".medmnist"
    monkeypatch.setenv("MEDMNIST_ROOT", "/somewhere")
    assert mf.default_root() == Path("/somewhere")
    assert not (Path.home() / ".medmnist").exists()
