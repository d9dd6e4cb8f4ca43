"""Batches in pinned memory, on a device, and from a resident set: the same bytes as without.

There is a GPU nowhere here: pinned memory is replaced by ordinary memory, and the device is the CPU. What differs on
CUDA is tested beside a simulated one in ``test_devices.py``.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import BatchSampler, SequentialSampler, Subset

import medmnist_fast as mf
from medmnist_fast import devices
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it
from medmnist_fast.loader import fetchers

FLIPPED = T.Compose([T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize([0.5, 0.4, 0.3], [0.3, 0.2, 0.1])])
PLAIN = T.Compose([T.ToTensor(), T.Normalize([0.5], [0.3])])


@pytest.fixture
def train(generated: Path) -> mf.MedMNIST:
    return mf.PathMNIST("train", root=generated)


def assert_same(ours: Any, theirs: Any) -> None:
    count = 0
    for one, other in zip(ours, theirs, strict=True):
        assert all(torch.equal(a, b) and a.dtype == b.dtype for a, b in zip(one, other, strict=True))
        count += 1
    assert count


@pytest.fixture
def lent(monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """Ordinary memory in place of pinned memory, and what was lent."""
    blocks: list[torch.Tensor] = []

    def ordinary(shape: Any, dtype: torch.dtype) -> torch.Tensor:
        blocks.append(torch.full(tuple(shape), 7, dtype=dtype))
        return blocks[-1]

    monkeypatch.setattr(devices, "pins", bool)
    monkeypatch.setattr(fetchers, "pinned_like", ordinary)
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: tensor)
    return blocks


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("threads", [0, 1, 3])
def test_pinned_memory_is_what_comes_back(
    train: mf.MedMNIST, lent: list[torch.Tensor], threads: int, dtype: str
) -> None:
    options: dict[str, Any] = {"shuffle": True, "seed": 2, "transform": FLIPPED, "num_workers": threads, "dtype": dtype}
    pinned, ordinary = (mf.DataLoader(train, 8, pin_memory=pin, **options) for pin in (True, False))
    for _ in range(2):
        lent.clear()
        batches = list(pinned)
        assert_same(batches, ordinary)
        addresses = {block.data_ptr() for block in lent}
        assert {images.data_ptr() for images, _ in batches} <= addresses
        # No more blocks than batches and those made ahead.
        assert len(lent) <= len(batches) + 2 * max(1, threads) + 1


def test_pinned_memory_of_batches_that_a_sampler_names(train: mf.MedMNIST, lent: list[torch.Tensor]) -> None:
    def batches() -> Any:
        return BatchSampler(SequentialSampler(train), 7, False)

    options: dict[str, Any] = {"seed": 0, "transform": FLIPPED, "num_workers": 2}
    pinned = mf.DataLoader(train, batch_sampler=batches(), pin_memory=True, **options)
    assert_same(pinned, mf.DataLoader(train, batch_sampler=batches(), **options))
    assert {block.shape[0] for block in lent} == {7, len(train) % 7}


def test_without_an_accelerator_pinning_warns_and_goes_on(train: mf.MedMNIST) -> None:
    if devices.can_pin():
        pytest.skip("there is an accelerator")
    with pytest.warns(UserWarning, match="pin_memory = True, but there is no accelerator") as warned:
        loader = mf.DataLoader(train, 8, pin_memory=True)
    assert warned[0].filename == __file__
    assert_same(loader, mf.DataLoader(train, 8))


@pytest.mark.parametrize("channels_last", [False, True])
def test_bytes_that_travel_are_normalised_on_the_device(train: mf.MedMNIST, channels_last: bool) -> None:
    options: dict[str, Any] = {"shuffle": True, "seed": 2, "transform": FLIPPED, "channels_last": channels_last}
    there = mf.DataLoader(train, 8, device="cpu", dtype="uint8", **options)
    assert there.plan.dtype == "uint8"
    assert_same(there, mf.DataLoader(train, 8, **options))
    # A set without a float pipeline stays as it is.
    raw = {"dtype": torch.uint8, "channels_last": channels_last}
    assert_same(mf.DataLoader(train, 8, device="cpu", **raw), mf.DataLoader(train, 8, **raw))


def test_volumes_travel_as_bytes(generated: Path) -> None:
    volumes = mf.OrganMNIST3D("train", root=generated, as_rgb=True)
    flips = T.Compose([T.RandomFlip(), T.RandomRotate90()])
    there = mf.DataLoader(volumes, 8, device="cpu", dtype="uint8", transform=flips, seed=1)
    assert_same(there, mf.DataLoader(volumes, 8, transform=flips, seed=1))


def test_a_position_on_the_way_to_a_device(train: mf.MedMNIST) -> None:
    def loader() -> mf.DataLoader:
        return mf.DataLoader(train, 8, shuffle=True, seed=2, transform=FLIPPED, device="cpu")

    whole = list(loader())
    first = loader()
    batches = iter(first)
    for _ in range(3):
        next(batches)
    second = loader()
    second.load_state_dict(first.state_dict())
    assert_same(second, whole[3:])


@pytest.mark.parametrize("flag", ["pathmnist", "breastmnist", "organmnist3d", "chestmnist"])
def test_a_resident_set_gives_the_same(generated: Path, flag: str) -> None:
    for as_rgb in (False, True):
        dataset = getattr(mf, mf.INFO[flag]["python_class"])("train", root=generated, as_rgb=as_rgb)
        part = Subset(dataset, [3, -1, 5, 5, 0])
        for one, options in [
            (dataset, {"transform": PLAIN, "shuffle": True, "seed": 1}),
            (part, {"transform": PLAIN, "channels_last": True}),
            (dataset, {"transform": PLAIN, "dtype": "float16", "weights": np.arange(len(dataset)), "seed": 3}),
            (dataset, {"sampler": [4, 2, 1], "drop_last": True}),
        ]:
            assert_same(mf.DataLoader(one, 2, resident=True, **options), mf.DataLoader(one, 2, **options))


def test_what_a_resident_set_cannot_do(train: mf.MedMNIST) -> None:
    with pytest.raises(
        ValueError, match=r"resident = True with RandomHorizontalFlip\(p=0.5\); allowed: ToTensor and Norm"
    ):
        mf.DataLoader(train, 2, resident=True, transform=FLIPPED)
    both = torch.utils.data.ConcatDataset([train, mf.ArrayDataset(train.imgs, train.labels)])
    with pytest.raises(ValueError, match="resident = True for 2 arrays of images; allowed: one"):
        mf.DataLoader(both, 2, resident=True)


def test_devices_that_are_not_there_are_refused(train: mf.MedMNIST) -> None:
    for device in ("cuda:99", "tpu"):
        for resident in (False, True):
            with pytest.raises((RuntimeError, AssertionError)):
                mf.DataLoader(train, 2, resident=resident, device=device)


def test_items_that_python_makes_travel_too() -> None:
    items = [{"x": torch.ones(2) * number, "name": str(number)} for number in range(5)]
    with pytest.warns(UserWarning, match="one by one"):
        loader = mf.DataLoader(items, 2, device="cpu")
    assert [batch["x"][:, 0].tolist() for batch in loader] == [[0, 1], [2, 3], [4]]
