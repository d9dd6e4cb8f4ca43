"""The loader on a CUDA device: the same bytes as on the host, memory that is not reused too soon, clean ends."""

import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import medmnist_fast as mf
from medmnist_fast import devices
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it
from medmnist_fast.transforms.base import compile_plan
from medmnist_fast.transforms.kinds import as_output

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")

CUDA = torch.device("cuda", 0)
FLIPPED = T.Compose([T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize([0.5, 0.4, 0.3], [0.3, 0.2, 0.1])])
PLAIN = T.Compose([T.ToTensor(), T.Normalize([0.5], [0.3])])


@pytest.fixture
def train(generated: Path) -> mf.MedMNIST:
    return mf.PathMNIST("train", root=generated)


@pytest.fixture
def busy() -> Any:
    """Keeps the device at work for some milliseconds, so that what is queued behind has to wait."""
    square = torch.rand(4096, 4096, device=CUDA)

    def work() -> None:
        for _ in range(10):
            square @ square

    work()
    torch.cuda.synchronize()
    return work


def assert_same(there: Any, here: Any) -> None:
    """Batches on the device, and the same on the host; compared after all of them are queued."""
    there, here = list(there), list(here)
    assert len(there) == len(here) > 0
    for one, other in zip(there, here, strict=True):
        for a, b in zip(one, other, strict=True):
            assert a.device == CUDA
            assert (a.dtype, a.shape, a.stride()) == (b.dtype, b.shape, b.stride())
            assert torch.equal(a.cpu().view(torch.uint8), b.view(torch.uint8))


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("std", [(0.5,), (0.3, 0.21, 1e-3)])
def test_every_value_has_the_engines_bits(dtype: str, channels_last: bool, std: tuple[float, ...]) -> None:
    steps = T.Compose([T.ToTensor(), T.Normalize([0.123456] * len(std), std), T.Normalize([-3.1], [7.3])])
    images = np.stack([np.arange(256, dtype=np.uint8).reshape(1, 16, 16) + shift for shift in (0, 1, 7)], -1)
    options: dict[str, Any] = {"to_rgb": False, "dtype": dtype, "channels_last": channels_last}
    host, normalization = devices.compile_for_device(steps, 2, (16, 16, 3), **options)
    assert normalization is not None
    whole = compile_plan(steps, 2, (16, 16, 3), **options)
    there = normalization.apply(as_output(host(images, 0)).to(CUDA))
    assert torch.equal(there.cpu().view(torch.uint8), as_output(whole(images, 0), dtype).view(torch.uint8))


@pytest.mark.parametrize("threads", [0, 1, 3])
@pytest.mark.parametrize("pin", [False, True])
@pytest.mark.parametrize("dtype", [None, "uint8"])
@pytest.mark.parametrize("channels_last", [False, True])
def test_batches_are_those_of_the_host(
    train: mf.MedMNIST, threads: int, pin: bool, dtype: str | None, channels_last: bool
) -> None:
    options: dict[str, Any] = {"shuffle": True, "seed": 2, "transform": FLIPPED, "channels_last": channels_last}
    here = mf.DataLoader(train, 8, **options)
    there = mf.DataLoader(train, 8, device="cuda", dtype=dtype, pin_memory=pin, num_workers=threads, **options)
    for _ in range(3):
        assert_same(there, here)


def test_volumes(generated: Path) -> None:
    volumes = mf.OrganMNIST3D("train", root=generated, as_rgb=True)
    flips = T.Compose([T.RandomFlip(), T.RandomRotate90()])
    options: dict[str, Any] = {"transform": flips, "seed": 1}
    assert_same(mf.DataLoader(volumes, 8, device=CUDA, dtype="uint8", **options), mf.DataLoader(volumes, 8, **options))


@pytest.mark.parametrize("flag", ["pathmnist", "breastmnist", "organmnist3d", "chestmnist"])
@pytest.mark.parametrize("as_rgb", [False, True])
def test_a_resident_set_gives_the_same(generated: Path, flag: str, as_rgb: bool) -> None:
    dataset = getattr(mf, mf.INFO[flag]["python_class"])("train", root=generated, as_rgb=as_rgb)
    for options in ({}, {"channels_last": True}, {"dtype": "float16"}):
        options |= {"transform": PLAIN, "shuffle": True, "seed": 1}
        assert_same(
            mf.DataLoader(dataset, 8, device=CUDA, resident=True, **options), mf.DataLoader(dataset, 8, **options)
        )


def test_a_set_that_does_not_fit_is_refused_before_it_is_read() -> None:
    images = np.broadcast_to(np.zeros((), np.uint8), (1 << 30, 28, 28, 3))
    with pytest.raises(MemoryError, match=r"the set has 2,35\d.\d GiB, and cuda:0 has .* GiB free"):
        devices.Resident(images, np.zeros(1 << 30, np.uint8), CUDA)


def test_memory_of_the_host_is_not_reused_while_a_copy_waits(train: mf.MedMNIST, busy: Any) -> None:
    options: dict[str, Any] = {"shuffle": True, "seed": 4, "transform": PLAIN}
    on_host = mf.DataLoader(train, 4, **options)
    here = [batch for _ in range(4) for batch in on_host]

    def through(loader: mf.DataLoader) -> Any:
        """As a training loop does: no tensor on the host outlives its step, and the device is behind."""
        for _ in range(4):
            busy()
            for batch in loader:
                yield [tensor.to(CUDA, non_blocking=True) for tensor in batch]

    assert_same(through(mf.DataLoader(train, 4, pin_memory=True, **options)), here)
    assert_same(through(mf.DataLoader(train, 4, device=CUDA, dtype="uint8", pin_memory=True, **options)), here)


def test_memory_of_the_device_is_not_reused_while_it_is_read(train: mf.MedMNIST, busy: Any) -> None:
    loader = mf.DataLoader(train, 8, device=CUDA, dtype="uint8", transform=PLAIN)
    sums = []
    for images, _ in loader:
        busy()  # the tensor is gone on the host before this is through
        sums.append(images.double().sum())
        del images
    expected = [images.double().sum() for images, _ in mf.DataLoader(train, 8, transform=PLAIN)]
    assert torch.allclose(torch.stack(sums).cpu(), torch.stack(expected))


def test_the_stream_that_asks_waits_for_the_copy(train: mf.MedMNIST, busy: Any) -> None:
    own = torch.cuda.Stream(CUDA)
    with torch.cuda.stream(own):
        busy()
        batches = [[tensor.clone() for tensor in batch] for batch in mf.DataLoader(train, 8, device=CUDA)]
    own.synchronize()
    assert_same(batches, mf.DataLoader(train, 8))


def test_leaving_early_beginning_again_and_two_at_once(train: mf.MedMNIST) -> None:
    def loader(**options: Any) -> mf.DataLoader:
        return mf.DataLoader(train, 8, transform=PLAIN, **options)

    there, here = loader(device=CUDA, pin_memory=True), list(loader())
    for _ in there:
        break
    assert_same(there, here)
    pairs = list(zip(there, there, strict=True))
    for side in (0, 1):
        assert_same([pair[side] for pair in pairs], here)


def test_a_position_counts_what_was_handed_out(train: mf.MedMNIST) -> None:
    def loader(**options: Any) -> mf.DataLoader:
        return mf.DataLoader(train, 8, shuffle=True, seed=2, transform=FLIPPED, **options)

    first, second = loader(device=CUDA), loader(device=CUDA)
    assert_same(itertools.islice(first, 3), list(loader())[:3])
    batches = iter(first)
    for _ in range(2):
        next(batches)
    second.load_state_dict(first.state_dict())
    here = loader()
    here.load_state_dict(first.state_dict())
    assert_same(second, here)


def test_an_error_arrives_at_its_batch(train: mf.MedMNIST) -> None:
    def label(value: Any) -> Any:
        label.calls += 1
        if label.calls == 20:
            raise ValueError("this one")
        return value

    label.calls = 0
    dataset = mf.PathMNIST("train", root=train.root, target_transform=label)
    loader = mf.DataLoader(dataset, 8, device=CUDA, num_workers=0)
    got = []
    with pytest.raises(ValueError, match="this one"):
        got.extend(loader)
    assert [len(labels) for _, labels in got] == [8, 8]
    assert all(images.device == CUDA for images, _ in got)


@pytest.mark.parametrize(
    "end",
    [
        "",
        "sys.exit(0)",
        "loader = batches = batch = None",
        "pid = os.fork()\n"
        "if not pid:\n"
        "    del batches\n"
        "    sys.exit(sum(len(labels) for _, labels in on_host) != 64)\n"
        "sys.exit(os.waitpid(pid, 0)[1])",
    ],
    ids=["end of the file", "sys.exit", "collected", "forked child"],
)
def test_a_process_ends_with_copies_under_way(end: str) -> None:
    code = f"""
import os, sys
import numpy as np, torch
import medmnist_fast as mf
dataset = mf.ArrayDataset(np.zeros((64, 28, 28, 3), np.uint8), np.arange(64))
on_host = mf.DataLoader(dataset, 4)
loader = mf.DataLoader(dataset, 4, device="cuda", pin_memory=True)
batches = iter(loader)
batch = next(batches)
{end}
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert not done.stderr
    assert done.returncode == 0
