"""A pickled data set is a path and options, and whatever the user changed."""

import copy
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import medmnist_fast as mf
from medmnist_fast import phantoms, transforms

SMALL = 4000
"""Bytes: names, options and INFO. The images of 50 samples alone have 39,200."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    members = phantoms.generate("breastmnist", samples={"train": 50, "val": 4, "test": 4})
    np.savez_compressed(tmp_path / "breastmnist.npz", **members)
    return tmp_path


@pytest.mark.parametrize("mmap_mode", [None, "r"])
def test_without_pixels(root: Path, mmap_mode: str | None) -> None:
    train = mf.BreastMNIST(
        "train",
        transforms.Compose([transforms.ToTensor()]),
        np.sum,
        as_rgb=True,
        root=root,
        mmap_mode=mmap_mode,
        size="28",
    )
    train.note = "mine"
    pickled = pickle.dumps(train)
    assert len(pickled) < SMALL
    again = pickle.loads(pickled)
    assert np.array_equal(again.imgs, train.imgs)
    assert again.imgs.flags.writeable == (mmap_mode is None)
    assert again.labels.dtype == train.labels.dtype
    assert np.array_equal(again.labels, train.labels)
    assert repr(again) == repr(train)
    assert (again.note, again.as_rgb, again.root, again.target_transform) == ("mine", True, root, np.sum)
    assert torch.equal(again[3][0], train[3][0])
    # And so is the pickle of a pickle.
    assert len(pickle.dumps(again)) < SMALL


def test_what_was_changed_goes_along(root: Path) -> None:
    train = mf.BreastMNIST("train", root=root)
    train.imgs[7, 3, 3] ^= 1
    written = pickle.loads(pickle.dumps(train))
    assert np.array_equal(written.imgs, train.imgs)
    train.imgs = train.imgs[:9]
    train.labels = train.labels[:9] * 0
    replaced = pickle.loads(pickle.dumps(train))
    assert len(replaced) == 9
    assert np.array_equal(replaced.imgs, train.imgs)
    assert not replaced.labels.any()
    train.imgs = np.asfortranarray(mf.BreastMNIST("train", root=root).imgs)
    assert np.array_equal(pickle.loads(pickle.dumps(train)).imgs, train.imgs)


def test_replaced_images_of_a_mapped_set(root: Path) -> None:
    train = mf.BreastMNIST("train", root=root, mmap_mode="r")
    train.imgs = 255 - train.imgs
    assert np.array_equal(pickle.loads(pickle.dumps(train)).imgs, train.imgs)


def test_without_its_file_a_data_set_takes_everything_along(root: Path) -> None:
    train = mf.BreastMNIST("train", root=root)
    (root / "breastmnist.npz").unlink()
    assert np.array_equal(pickle.loads(pickle.dumps(train)).imgs, train.imgs)


def test_another_file_is_refused(root: Path) -> None:
    pickled = pickle.dumps(mf.BreastMNIST("train", root=root))
    other = phantoms.generate("breastmnist", samples={"train": 50, "val": 4, "test": 4}, seed=1)
    np.savez(root / "breastmnist.npz", **other)
    with pytest.raises(ValueError, match=r"breastmnist\.npz: CRC-32 of train_images is \w{8}; expected \w{8}, as when"):
        pickle.loads(pickled)
    (root / "breastmnist.npz").unlink()
    with pytest.raises(FileNotFoundError, match=r"no file .*breastmnist\.npz"):
        pickle.loads(pickled)


def test_a_process_in_another_folder_finds_the_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root.parent)
    train = mf.BreastMNIST("train", root=root.name)
    (root / "pickled").write_bytes(pickle.dumps(train))
    code = "import pickle, sys; d = pickle.load(open('pickled', 'rb')); print(d.imgs.sum(), d.root)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == [str(train.imgs.sum()), root.name]


def test_processes_of_torch(root: Path) -> None:
    train = mf.BreastMNIST("train", root=root, transform=transforms.ToTensor())
    loader = torch.utils.data.DataLoader(train, 10, num_workers=1, multiprocessing_context="spawn")
    images = torch.cat([images for images, _ in loader])
    assert torch.equal(images, train[:][0])


def test_copies(root: Path) -> None:
    train = mf.BreastMNIST("train", root=root)
    shallow, deep = copy.copy(train), copy.deepcopy(train)
    assert shallow.imgs is train.imgs
    assert deep.imgs is not train.imgs
    assert np.array_equal(deep.imgs, train.imgs)
    shallow.transform = np.asarray
    assert train.transform is None
    assert len(pickle.dumps(shallow)) < SMALL
    assert len(pickle.dumps(deep)) < SMALL
