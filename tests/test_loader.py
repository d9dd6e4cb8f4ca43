"""The loader: same bytes for any number of threads, memory reused and never shared, clear refusals."""

import gc
import inspect
import itertools
import multiprocessing
import pickle
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision.transforms as tv

import medmnist_fast as mf
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it

AUGMENT = T.Compose([T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize([0.5], [0.5])])


@pytest.fixture
def train(data_root: Path) -> mf.MedMNIST:
    return mf.RetinaMNIST("train", root=data_root)


def contents(loader: mf.DataLoader) -> list[tuple[bytes, bytes]]:
    return [(images.numpy().tobytes(), labels.numpy().tobytes()) for images, labels in loader]


def test_same_seed_same_bytes_for_any_number_of_threads(train: mf.MedMNIST) -> None:
    def epochs(threads: int, **options: Any) -> list[list[tuple[bytes, bytes]]]:
        options = {"seed": 0, "transform": AUGMENT, "shuffle": True} | options
        loader = mf.DataLoader(train, 16, num_workers=threads, **options)
        return [contents(loader), contents(loader)]

    expected = epochs(1)
    assert epochs(0) == epochs(2) == epochs(5) == epochs(2, prefetch_factor=7) == expected
    assert expected[0] != expected[1]
    assert epochs(2, seed=1) != expected


def philox_order(length: int, seed: int, epoch: int) -> list[int]:
    """The documented order, written down a second time: Philox4x32-10, Lemire's bounded integers, Fisher-Yates."""
    mask = 2**32 - 1

    def words() -> Any:
        block = 0
        while True:
            c, k = [block, mask, 0, epoch], [seed & mask, seed >> 32]
            for _ in range(10):
                low, high = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
                c = [(high >> 32) ^ c[1] ^ k[0], high & mask, (low >> 32) ^ c[3] ^ k[1], low & mask]
                k = [(k[0] + 0x9E3779B9) & mask, (k[1] + 0xBB67AE85) & mask]
            yield from c
            block += 1

    stream = words()
    order = list(range(length))
    for last in range(length - 1, 0, -1):
        bound = last + 1
        while (product := next(stream) * bound) & mask < 2**32 % bound:
            pass
        order[last], order[product >> 32] = order[product >> 32], order[last]
    return order


@pytest.mark.parametrize(("seed", "epoch"), [(0, 0), (0, 1), (2**64 - 1, 7), (123456789, 2**32 - 1)])
def test_the_order_is_the_documented_one(train: mf.MedMNIST, seed: int, epoch: int) -> None:
    train.labels = np.arange(len(train))[:, np.newaxis]
    loader = mf.DataLoader(train, 16, shuffle=True, seed=seed)
    loader.set_epoch(epoch)
    order = torch.cat([labels for _, labels in loader])[:, 0].tolist()
    assert order == philox_order(len(train), seed, epoch)


def test_batches_hold_the_samples_they_should(train: mf.MedMNIST) -> None:
    loader = mf.DataLoader(train, 16, shuffle=True, seed=3)
    order = philox_order(len(train), 3, 0)
    for number, (images, labels) in enumerate(loader):
        indices = order[16 * number : 16 * (number + 1)]
        assert images.dtype == torch.uint8
        assert np.array_equal(images.numpy(), train.imgs[indices].transpose(0, 3, 1, 2))
        assert labels.dtype == torch.int64
        assert np.array_equal(labels.numpy(), train.labels[indices])


def test_half_of_the_samples_are_flipped_and_others_next_time(train: mf.MedMNIST) -> None:
    loader = mf.DataLoader(train, len(train), transform=T.RandomHorizontalFlip(), seed=0)
    pixels = torch.from_numpy(train.imgs).permute(0, 3, 1, 2)
    flipped = []
    for _ in range(2):
        ((images, _),) = loader
        is_same, is_mirrored = ((images == each).flatten(1).all(1) for each in (pixels, pixels.flip(-1)))
        assert (is_same | is_mirrored).all()
        flipped.append(is_mirrored)
    # Six standard deviations of fair draws.
    assert abs(flipped[0].sum() - len(train) / 2) < 3 * len(train) ** 0.5
    assert (flipped[0] != flipped[1]).any()


def test_shapes_and_types(data_root: Path) -> None:
    for cls, shape in [
        (mf.BreastMNIST, (1, 28, 28)),
        (mf.RetinaMNIST, (3, 28, 28)),
        (mf.AdrenalMNIST3D, (1, 28, 28, 28)),
    ]:
        val = cls("val", root=data_root)
        for as_rgb in (False, True):
            val.as_rgb = as_rgb
            images, labels = next(iter(mf.DataLoader(val, 4)))
            assert tuple(images.shape) == (4, 3 if as_rgb else shape[0], *shape[1:])
            assert images.dtype == (torch.uint8 if val.spatial_dims == 2 else torch.float32)
            assert tuple(labels.shape) == (4, 1)
        if val.spatial_dims == 3:
            assert torch.equal(images[:, :1], torch.from_numpy(val.imgs[:4, np.newaxis] / np.float32(255)))


def test_volumes_as_they_are_in_the_file() -> None:
    rng = np.random.default_rng(0)
    volumes = mf.ArrayDataset(rng.integers(0, 256, (7, 4, 5, 6), np.uint8), np.zeros((7, 1), np.uint8), spatial_dims=3)
    steps = T.Compose([T.RandomFlip(axes=(0, 1, 2)), T.RandomRotate90(axes=(0, 1))])
    square = mf.ArrayDataset(rng.integers(0, 256, (7, 5, 5, 5), np.uint8), np.zeros((7, 1), np.uint8), spatial_dims=3)
    [(images, _)] = mf.DataLoader(volumes, 7, dtype="uint8")
    assert images.dtype == torch.uint8
    assert np.array_equal(images[:, 0], volumes.imgs)
    [(pixels, _)], [(floats, _)] = (
        mf.DataLoader(square, 7, transform=steps, seed=3, dtype=dtype) for dtype in ("uint8", None)
    )
    assert torch.equal(pixels / 255, floats), "other draws"
    with pytest.raises(ValueError, match="dtype uint8, but the samples are float32"):
        mf.DataLoader(volumes, transform=T.ToTensor(), dtype="uint8")


def test_lengths(train: mf.MedMNIST) -> None:
    train.imgs, train.labels = train.imgs[:50], train.labels[:50]
    for batch_size, drop_last, sizes in [
        (16, False, [16, 16, 16, 2]),
        (16, True, [16] * 3),
        (50, True, [50]),
        (99, False, [50]),
    ]:
        loader = mf.DataLoader(train, batch_size, drop_last=drop_last)
        assert len(loader) == len(sizes)
        assert [len(images) for images, _ in loader] == sizes


def test_the_data_sets_own_transform_runs_unless_another_is_given(train: mf.MedMNIST) -> None:
    train.transform = T.ToTensor()
    assert next(iter(mf.DataLoader(train)))[0].dtype == torch.float32
    assert next(iter(mf.DataLoader(train, transform=T.RandomHorizontalFlip())))[0].dtype == torch.uint8


def test_numpy_output(train: mf.MedMNIST) -> None:
    images, labels = next(iter(mf.DataLoader(train, 4, output="numpy", transform=T.ToTensor())))
    assert type(images) is type(labels) is np.ndarray
    assert (images.dtype, labels.dtype) == (np.float32, np.int64)
    images += 1
    assert images.flags.c_contiguous


def test_memory_is_reused(train: mf.MedMNIST) -> None:
    loader = mf.DataLoader(train, 8, num_workers=2, transform=T.ToTensor())
    addresses = {images.data_ptr() for _ in range(10) for images, _ in loader}
    # Four batches ahead, one made by the consumer itself, the one in the loop variable and the one being assigned.
    assert len(addresses) <= 7
    assert all(address % 64 == 0 for address in addresses)


def test_kept_batches_are_never_overwritten(train: mf.MedMNIST) -> None:
    loader = mf.DataLoader(train, 8, num_workers=2, transform=T.ToTensor(), seed=0, shuffle=True)
    views = [images[1:, :, 3:5] for images, _ in loader]
    copies = [view.clone() for view in views]
    for _ in range(3):
        for images, _ in loader:
            images.zero_()
    gc.collect()
    assert all(torch.equal(view, copy) for view, copy in zip(views, copies, strict=True))


def test_labels_do_not_hold_on_to_images(train: mf.MedMNIST) -> None:
    loader = mf.DataLoader(train, 8, num_workers=1)
    kept, addresses = [], set()
    for images, labels in loader:
        kept.append(labels)
        addresses.add(images.data_ptr())
    assert len(kept) > 5 >= len(addresses)


def test_early_break_and_two_iterators(train: mf.MedMNIST) -> None:
    before = native_threads()
    loader = mf.DataLoader(train, 8, num_workers=2, seed=0, shuffle=True)
    for _ in range(3):
        for _ in loader:
            break
        assert native_threads() <= before + 2
    loader.set_epoch(0)
    first = iter(loader)
    head = next(first)
    loader.set_epoch(0)
    for ours, theirs in zip(itertools.chain([head], first), loader, strict=True):
        assert torch.equal(ours[0], theirs[0])
    del loader, first
    # The system lists a thread a moment longer than it runs.
    deadline = time.monotonic() + 10
    while native_threads() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert native_threads() <= before


def native_threads() -> int:
    """Threads of this process that Python does not know too; always 0 where the system does not list them."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.exists() else 0


def test_batches_outlive_loader_and_data_set(train: mf.MedMNIST) -> None:
    loader = mf.DataLoader(train, 8, num_workers=2)
    batches = iter(loader)
    images, _ = next(batches)
    expected = images.clone()
    del loader, batches, train
    gc.collect()
    assert torch.equal(images, expected)


def test_replaced_and_strided_pixels_are_taken_as_they_are(train: mf.MedMNIST) -> None:
    train.imgs = train.imgs[::2, :, ::-1]
    train.labels = train.labels[::2]
    images, _ = next(iter(mf.DataLoader(train, 4)))
    assert np.array_equal(images.numpy(), train.imgs[:4].transpose(0, 3, 1, 2))


def test_an_unseeded_loader_follows_torchs_generator(train: mf.MedMNIST) -> None:
    def order() -> bytes:
        torch.manual_seed(11)
        return contents(mf.DataLoader(train, 16, shuffle=True))[0][0]

    assert order() == order()
    assert order() != contents(mf.DataLoader(train, 16, shuffle=True))[0][0]


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork, which Windows has not")
def test_a_forked_child_can_iterate_anew_and_cannot_go_on(generated: Path) -> None:
    """In an interpreter of its own: forking one that has run torch is not safe."""
    code = f"""
import os, medmnist_fast as mf
val = mf.BreastMNIST("val", root={str(generated)!r})
loader = mf.DataLoader(val, 2, num_workers=2, output="numpy", seed=0)
expected = [images.tobytes() for images, _ in loader]
loader.set_epoch(0)
running = iter(loader)
kept = next(running)
pid = os.fork()
if pid == 0:
    try:
        next(running)
    except RuntimeError as error:
        assert "before the process forked" in str(error)
    else:
        os._exit(3)
    del running, kept
    loader.set_epoch(0)
    os._exit(0 if [images.tobytes() for images, _ in loader] == expected else 4)
_, status = os.waitpid(pid, 0)
assert os.waitstatus_to_exitcode(status) == 0, status
assert len([kept, *running]) == len(expected)
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("output", ["numpy", "torch"])
def test_several_python_threads_share_an_iterator(train: mf.MedMNIST, output: Any) -> None:
    train.labels = np.arange(len(train))[:, np.newaxis]
    batches = iter(mf.DataLoader(train, 1, num_workers=2, output=output))
    seen: list[int] = []
    threads = [
        threading.Thread(target=lambda: seen.extend(int(labels[0, 0]) for _, labels in batches)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(len(train)))


def test_python_threads_share_a_data_set_and_a_pipeline(train: mf.MedMNIST) -> None:
    """Whether the interpreter has a lock or not."""
    pipeline = T.Compose([T.RandomResizedCrop(20), T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize([0.5], [0.5])])

    def work(_: int) -> list[bytes]:
        loader = mf.DataLoader(train, 7, shuffle=True, seed=3, num_workers=2, transform=pipeline, output="numpy")
        batches = [images.tobytes() for _ in range(3) for images, _ in loader]
        items = [np.asarray(train[index][0]).tobytes() for index in range(20)]
        return [*batches, *items, pipeline.batch(np.asarray(train.imgs), seed=5).tobytes()]

    expected = work(0)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(8))) == [expected] * 8


def other_threads_ran_during(work: Callable[[], object]) -> bool:
    """Whether ``work`` let go of the interpreter lock, with involuntary switches turned off meanwhile."""
    gate, ran = threading.Lock(), []
    gate.acquire()
    thread = threading.Thread(target=lambda: ran.append(gate.acquire()))
    thread.start()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        # Opens the gate without letting go of the lock, as setting an event might.
        gate.release()
        work()
        return bool(ran)
    finally:
        sys.setswitchinterval(interval)
        thread.join()


@pytest.mark.skipif(sysconfig.get_config_var("Py_GIL_DISABLED") == 1, reason="there is no interpreter lock")
def test_the_interpreter_lock_is_free_while_batches_are_made_and_iterators_dropped(train: mf.MedMNIST) -> None:
    train.imgs = np.tile(train.imgs, (-(-20_000 // len(train)), 1, 1, 1))
    train.labels = np.zeros((len(train.imgs), 1), np.uint8)
    for threads in (0, 1):
        loader = mf.DataLoader(train, len(train), transform=AUGMENT, num_workers=threads, output="numpy")
        assert other_threads_ran_during(lambda loader=loader: next(iter(loader)))
    # The second half is in the making when the iterator is dropped.
    running = [iter(mf.DataLoader(train, len(train) // 2, transform=AUGMENT, num_workers=1, output="numpy"))]
    next(running[0])
    assert other_threads_ran_during(running.clear)
    assert not other_threads_ran_during(lambda: sum(range(1000)))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"batch_size": 0}, ValueError, "batch_size = 0; allowed: a whole number of at least 1"),
        ({"batch_size": -3}, ValueError, "batch_size = -3"),
        ({"batch_size": 2**64}, ValueError, "batch_size = 18446744073709551616; allowed: .* at most"),
        ({"num_workers": 2000}, ValueError, "num_workers = 2000; allowed: .* at most 1024"),
        ({"batch_size": 2.5}, TypeError, "batch_size = 2.5; allowed: a whole number"),
        ({"num_workers": -1}, ValueError, "num_workers = -1; allowed: a whole number of at least 0"),
        ({"prefetch_factor": 0}, ValueError, "prefetch_factor = 0"),
        ({"seed": -1}, ValueError, "seed = -1; allowed: a whole number of at least 0 and at most 1844"),
        ({"seed": 2**64}, ValueError, "seed = 18446744073709551616"),
        ({"output": "jax"}, ValueError, "output 'jax'; allowed: 'torch' or 'numpy'"),
        ({"transform": T.Normalize([0.5], [0.5])}, ValueError, "step 1 of the transform, Normalize"),
        (
            {"transform": T.Compose([T.ToTensor(), T.Normalize([0.5] * 2, [1, 1])])},
            ValueError,
            "2 values .* for 3-channel",
        ),
        ({"collate_fn": 3}, TypeError, "collate_fn of int; allowed: a function"),
        ({"worker_init_fn": "f"}, TypeError, "worker_init_fn of str; allowed: a function"),
        ({"timeout": -1}, ValueError, "timeout = -1; allowed: seconds of at least 0"),
        ({"timeout": float("nan")}, ValueError, "timeout = nan"),
        ({"timeout": "1"}, TypeError, "timeout = '1'; allowed: seconds"),
        ({"generator": 3}, TypeError, "a generator of int; allowed: torch.Generator"),
        ({"generator": torch.Generator(), "seed": 1}, ValueError, "seed = 1 and a generator; allowed: one of them"),
        ({"sampler": [1], "shuffle": True}, ValueError, "sampler and shuffle; allowed: one of them"),
        ({"sampler": 3}, TypeError, "sampler of int; allowed: an iterable"),
        ({"batch_sampler": 3}, TypeError, "batch_sampler of int; allowed: an iterable"),
        ({"batch_sampler": [[1]], "batch_size": 2}, ValueError, "batch_sampler with batch_size or drop_last"),
        ({"batch_sampler": [[1]], "sampler": [1]}, ValueError, "batch_sampler and sampler; allowed: one of them"),
        ({"batch_size": None, "drop_last": True}, ValueError, "drop_last = True with batch_size None"),
        ({"sampler": [1], "rank": 0, "world_size": 2}, ValueError, "rank, world_size or remainder with a sampler"),
        ({"rank": 0}, ValueError, "rank = 0 and world_size = None; allowed: both or neither"),
        ({"rank": 2, "world_size": 2}, ValueError, "rank = 2; allowed: .* at most 1"),
        ({"remainder": "fill"}, ValueError, "remainder 'fill'; allowed: 'pad', 'drop' or 'keep'"),
        ({"weights": "even"}, ValueError, "weights 'even'; allowed: one number per sample, or 'balanced'"),
        ({"weights": [1.0, 2.0]}, ValueError, r"2 weights for \d+ samples; allowed: as many of each"),
        ({"weights": [1.0], "sampler": [1]}, ValueError, "sampler and weights"),
        ({"output": "numpy", "device": "cpu"}, ValueError, "output 'numpy' with pin_memory, resident or device"),
        ({"resident": True, "transform": T.RandomHorizontalFlip()}, ValueError, "resident = True with .*Flip"),
        ({"resident": True, "transform": abs}, ValueError, "resident = True, but samples must be fetched one by one"),
    ],
)
def test_bad_arguments(train: mf.MedMNIST, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        mf.DataLoader(train, **options)


def test_bad_data_sets(train: mf.MedMNIST) -> None:
    pixels, train.imgs = train.imgs, train.imgs.astype(np.float32)
    with pytest.raises(TypeError, match="imgs are float32; allowed: uint8"):
        mf.DataLoader(train)
    train.imgs = pixels[:7]
    with pytest.raises(ValueError, match=r"7 images but \d+ rows of labels; allowed: as many of each"):
        mf.DataLoader(train)
    train.imgs, train.labels = pixels[:0], train.labels[:0]
    with pytest.raises(ValueError, match="the data set is empty: 0 samples"):
        mf.DataLoader(train)
    train.imgs = pixels
    for labels, found in [
        (np.zeros(len(pixels), np.uint8), "uint8 of shape"),
        (np.zeros((len(pixels), 0), np.uint8), "uint8 of shape"),
        (np.zeros((len(pixels), 1)), "float64 of shape"),
    ]:
        train.labels = labels
        with pytest.raises(ValueError, match=f"labels are {found} .*allowed: whole numbers of shape"):
            mf.DataLoader(train)


def test_epochs_are_numbered_up_to_a_limit(train: mf.MedMNIST) -> None:
    loader = mf.DataLoader(train, 16)
    with pytest.raises(ValueError, match="epoch = -1; allowed: a whole number of at least 0 and at most 4294967295"):
        loader.set_epoch(-1)
    loader.set_epoch(2**32 - 1)
    next(iter(loader))
    with pytest.raises(ValueError, match="epoch = 4294967296"):
        next(iter(loader))


def test_it_runs_in_a_spawned_child(generated: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        assert pool.apply(count_batches, (str(generated),)) == 20


def count_batches(root: str) -> int:
    return len(list(mf.DataLoader(mf.BreastMNIST("val", root=root), 2, num_workers=2, output="numpy")))


def test_every_argument_of_torchs_loader_is_taken_in_its_order() -> None:
    theirs = inspect.signature(torch.utils.data.DataLoader).parameters
    ours = inspect.signature(mf.DataLoader).parameters
    positional = [name for name, parameter in theirs.items() if parameter.kind is not inspect.Parameter.KEYWORD_ONLY]
    assert list(ours)[: len(positional)] == positional
    assert set(theirs) <= set(ours)


def test_attributes_that_frameworks_read(train: mf.MedMNIST) -> None:
    loader = mf.DataLoader(train, 16, shuffle=True, num_workers=1, drop_last=True, timeout=3, prefetch_factor=4)
    assert loader.dataset is train
    assert (loader.batch_size, loader.drop_last, loader.num_workers, loader.timeout) == (16, True, 1, 3.0)
    assert (loader.prefetch_factor, loader.batch_sampler, loader.collate_fn, loader.pin_memory) == (
        4,
        None,
        None,
        False,
    )
    assert len(loader) == len(train) // 16
    assert len(loader.sampler) == len(train)
    assert sorted(loader.sampler) == list(range(len(train)))


def test_a_sampler_of_anybody_names_the_samples(train: mf.MedMNIST) -> None:
    reference = torch.from_numpy(train.imgs).permute(0, 3, 1, 2)
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(1)).tolist()
    # Asked anew each epoch, and no further ahead than batches are made.
    asked: list[int] = []

    def endless() -> Iterator[int]:
        for position in itertools.count():
            asked.append(position)
            yield order[position % len(order)] - len(train) * (position % 2)

    class Endless:
        def __iter__(self) -> Iterator[int]:
            return endless()

    for threads in (0, 1, 3):
        loader = mf.DataLoader(train, 8, sampler=Endless(), num_workers=threads, prefetch_factor=2)
        for _ in range(2):
            asked.clear()
            for number, (images, _) in enumerate(itertools.islice(loader, 5)):
                assert torch.equal(images, reference[order[number * 8 : number * 8 + 8]])
            assert len(asked) <= 8 * (5 + 2 * max(threads, 1) + 1)
        with pytest.raises(TypeError, match="has no len"):
            len(loader)


def test_batch_samplers_of_any_sizes(train: mf.MedMNIST) -> None:
    chosen = [[3], [1, 2, 0, 4, 5, 6], [], [7, 7]]
    loader = mf.DataLoader(train, batch_sampler=chosen, num_workers=2)
    assert len(loader) == 4
    reference = torch.from_numpy(train.imgs).permute(0, 3, 1, 2)
    for _ in range(2):
        for (images, labels), indices in zip(loader, chosen, strict=True):
            assert torch.equal(images, reference[indices])
            assert labels.tolist() == train.labels[indices].tolist()


def test_a_sampler_that_fails_does_so_behind_the_batches_it_named(train: mf.MedMNIST) -> None:
    def failing() -> Iterator[int]:
        yield from range(20)
        raise KeyError("no more")

    class Failing:
        def __iter__(self) -> Iterator[int]:
            return failing()

    batches = iter(mf.DataLoader(train, 8, sampler=Failing(), num_workers=2, prefetch_factor=5))
    assert [len(next(batches)[0]) for _ in range(2)] == [8, 8]
    with pytest.raises(KeyError, match="no more"):
        next(batches)
    batches = iter(mf.DataLoader(train, 2, sampler=[0, 1, 2, len(train)], num_workers=2))
    assert len(next(batches)[0]) == 2
    with pytest.raises(IndexError, match=rf"sample {len(train)}; allowed: -{len(train)} to {len(train) - 1}"):
        next(batches)


def test_samples_without_batches(train: mf.MedMNIST) -> None:
    train.transform = tv.ToTensor()
    stock = torch.utils.data.DataLoader(train, None)
    ours = mf.DataLoader(train, None)
    assert len(ours) == len(stock) == len(train)
    for (image, label), (expected, expected_label) in zip(ours, stock, strict=True):
        assert torch.equal(image, expected)
        assert torch.equal(label, expected_label)


def test_collate_fn_and_target_transform_get_what_torchs_loader_gives_them(train: mf.MedMNIST) -> None:
    train.transform, train.target_transform = tv.ToTensor(), lambda label: int(label[0]) * 2

    def collate_fn(items: list[Any]) -> Any:
        assert isinstance(items, list)
        return torch.utils.data.default_collate([(image.mean(), label) for image, label in items])

    for options in ({}, {"collate_fn": collate_fn}):
        stock = torch.utils.data.DataLoader(train, 16, **options)
        for ours, theirs in zip(mf.DataLoader(train, 16, **options), stock, strict=True):
            assert all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True))


def test_an_error_of_a_target_transform_names_the_sample(train: mf.MedMNIST) -> None:
    train.labels = np.arange(len(train))[:, np.newaxis]

    def picky(label: Any) -> int:
        if label[0] == 21:
            raise ArithmeticError("21 again")
        return int(label[0])

    train.target_transform = picky
    loader = mf.DataLoader(train, 8, shuffle=True, seed=0, num_workers=2)
    for _ in range(2):
        with pytest.raises(ArithmeticError, match="21 again") as info:
            list(loader)
        assert "sample 21 of the data set" in info.value.__notes__[0]


def test_timeout(train: mf.MedMNIST) -> None:
    train.imgs = np.tile(train.imgs, (-(-20_000 // len(train)), 1, 1, 1))
    train.labels = np.zeros((len(train.imgs), 1), np.uint8)
    slow = T.Compose([T.Resize((300, 300)), T.GaussianBlur(23)])
    loader = mf.DataLoader(train, 600, transform=slow, num_workers=1, timeout=0.01)
    with pytest.raises(RuntimeError, match=r"no batch within timeout = 0.01 s"):
        next(iter(loader))


def test_stats(train: mf.MedMNIST) -> None:
    loader = mf.DataLoader(train, 16, num_workers=2)
    assert loader.stats().samples == loader.stats().images_per_second == loader.stats().wait_share == 0
    kept = [batch for epoch in range(2) for batch in loader]
    stats = loader.stats()
    assert (stats.samples, stats.batches, stats.slots_in_use) == (2 * len(train), len(kept), len(kept))
    assert 0 < stats.wait_share <= 1
    assert stats.images_per_second == pytest.approx(stats.samples / stats.seconds)
    assert stats.cpu_seconds_per_million > 0
    kept.clear()
    assert loader.stats().slots_in_use == 0


def test_a_pickled_loader_goes_on_where_it_stood(train: mf.MedMNIST) -> None:
    loader = mf.DataLoader(train, 16, shuffle=True, transform=AUGMENT)
    contents(loader)
    copy = pickle.loads(pickle.dumps(loader))
    assert contents(copy) == contents(loader)


def test_ranks_are_those_of_torch_distributed_even_if_it_is_initialised_later(
    train: mf.MedMNIST, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader = mf.DataLoader(train, 4, shuffle=True, output="numpy")
    assert len(loader) == -(-len(train) // 4)
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    shares = []
    for rank in range(2):
        monkeypatch.setattr(torch.distributed, "get_rank", lambda rank=rank: rank)
        loader.set_epoch(0)
        assert len(loader) == -(-len(train) // 8)
        shares.append([images.tobytes() for images, _ in loader])
        assert loader.seed == 0
        expected = mf.DataLoader(train, 4, shuffle=True, seed=0, rank=rank, world_size=2, output="numpy")
        assert shares[-1] == [images.tobytes() for images, _ in expected]
    assert shares[0] != shares[1]


def test_balanced_and_weighted(train: mf.MedMNIST) -> None:
    labels = torch.cat([labels for _, labels in mf.DataLoader(train, 16, weights="balanced", seed=0)])
    counts = torch.bincount(labels[:, 0])
    counts = counts[counts > 0]
    assert counts.sum() == len(train)
    assert counts.max() - counts.min() <= 1
    weights = np.zeros(len(train))
    weights[[3, 5]] = 1, 3
    train.labels = np.arange(len(train))[:, np.newaxis]
    seen = torch.cat([labels for _, labels in mf.DataLoader(train, 16, weights=weights, seed=0)])
    assert set(seen[:, 0].tolist()) == {3, 5}


def test_a_store_that_is_deleted_while_it_is_read(generated: Path, tmp_path: Path) -> None:
    shutil.copy(generated / "pathmnist.npz", tmp_path)
    mapped = mf.PathMNIST("train", root=tmp_path, mmap_mode="r")
    loader = mf.DataLoader(mapped, 4, num_workers=2)
    expected = contents(loader)
    batches = iter(loader)
    first = next(batches)
    if sys.platform != "win32":
        shutil.rmtree(tmp_path / "decoded")
    rest = [first, *batches]
    assert [(images.numpy().tobytes(), labels.numpy().tobytes()) for images, labels in rest] == expected


def test_a_pass_begins_with_its_first_batch(train: mf.MedMNIST) -> None:
    loader = mf.DataLoader(train, 16, shuffle=True, seed=0, output="numpy")
    expected = [[images.tobytes() for images, _ in loader] for _ in range(3)]
    again = mf.DataLoader(train, 16, shuffle=True, seed=0, output="numpy")
    unused, first = iter(again), iter(again)
    assert [images.tobytes() for images, _ in first] == expected[0]
    second = iter(again)
    again.set_epoch(2)
    assert [images.tobytes() for images, _ in second] == expected[2]
    del unused
