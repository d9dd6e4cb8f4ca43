"""Items that Python makes one by one: in order, as torch's loader gives them, with draws of their own."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset, IterableDataset

import medmnist_fast as mf
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it
from medmnist_fast.loader.collation import collate
from medmnist_fast.loader.per_sample import PerSample, seed_generators


class Pair(NamedTuple):
    """An item's part."""

    a: Any
    b: Any


class Noisy(Dataset):
    """Every kind of random number, and a record of what was asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.wrong: int | None = None

    def __len__(self) -> int:
        return 23

    def __getitem__(self, index: int) -> dict[str, Any]:
        self.asked.append(index)
        if index == self.wrong:
            raise FileNotFoundError("it has vanished")
        drawn = [random.random(), np.random.rand(), torch.rand(()).item()]  # noqa: NPY002
        return {"index": index, "drawn": np.array(drawn), "pair": Pair(torch.ones(2) * index, str(index))}


def loader(dataset: Any, *arguments: Any, **options: Any) -> mf.DataLoader:
    with pytest.warns(UserWarning, match="one by one"):
        return mf.DataLoader(dataset, *arguments, **options)


def drawn(batches: Any) -> dict[int, bytes]:
    return {
        int(index): values.numpy().tobytes()
        for batch in batches
        for index, values in zip(batch["index"], batch["drawn"], strict=True)
    }


def test_draws_depend_on_seed_epoch_and_index_alone() -> None:
    expected = drawn(loader(Noisy(), 23, seed=1))
    assert len(set(expected.values())) == 23
    shuffled = loader(Noisy(), 4, shuffle=True, seed=1)
    assert drawn(shuffled) == expected
    assert drawn(shuffled) != expected, "another epoch"
    assert drawn(loader(Noisy(), 5, seed=2)) != expected, "another seed"
    first, second = (loader(Noisy(), 3, seed=1, rank=rank, world_size=2) for rank in range(2))
    assert drawn(first) | drawn(second) == expected


def test_generators_are_put_back() -> None:
    def states() -> tuple[Any, ...]:
        return random.getstate(), str(np.random.get_state()), torch.get_rng_state().tolist()  # noqa: NPY002

    before = states()
    batches = iter(loader(Noisy(), 4, seed=1))
    next(batches)
    assert states() == before
    broken = Noisy()
    broken.wrong = 2
    with pytest.raises(FileNotFoundError):
        next(iter(loader(broken, 4, seed=1)))
    assert states() == before


def test_items_come_in_order_and_no_sooner_than_they_are_asked_for() -> None:
    dataset = Noisy()
    batches = iter(loader(dataset, 4, sampler=[5, 3, 5, -1, 0, 1], num_workers=4))
    assert dataset.asked == []
    batch = next(batches)
    assert dataset.asked == batch["index"].tolist() == [5, 3, 5, -1]
    assert list(next(batches)["pair"].b) == ["0", "1"]


def test_batches_are_those_of_torchs_loader() -> None:
    stock = iter(torch.utils.data.DataLoader(Noisy(), 4))
    for ours, theirs in zip(loader(Noisy(), 4), stock, strict=True):
        assert list(ours) == list(theirs)
        assert type(ours["pair"]) is type(theirs["pair"])
        assert torch.equal(ours["pair"].a, theirs["pair"].a)
        assert ours["pair"].b == theirs["pair"].b
        assert torch.equal(ours["index"], theirs["index"])


def test_an_error_names_the_sample_and_the_loader_goes_on() -> None:
    dataset = Noisy()
    dataset.wrong = 6
    mine = loader(dataset, 4, seed=0)
    batches = iter(mine)
    next(batches)
    with pytest.raises(FileNotFoundError, match="it has vanished") as info:
        next(batches)
    assert info.value.__notes__ == ["sample 6 of the data set, epoch 0"]
    # The batch is passed over, as by torch's loader.
    assert next(batches)["index"].tolist() == [8, 9, 10, 11]
    dataset.wrong = None
    assert len(drawn(mine)) == 23


def test_collate_fn_and_samples_without_batches() -> None:
    assert next(iter(loader(Noisy(), 3, collate_fn=len))) == 3
    assert next(iter(loader(Noisy(), None)))["index"] == 0
    assert next(iter(loader(Noisy(), None, collate_fn=lambda item: item["index"] - 1))) == -1


def test_images_that_are_no_tensors_reach_a_collate_fn_as_they_are() -> None:
    dataset = mf.ArrayDataset(np.zeros((4, 3, 3), np.uint8), np.arange(4))
    batch = next(iter(loader(dataset, 2, collate_fn=list)))
    assert [image.size for image, _ in batch] == [(3, 3), (3, 3)]
    stock = next(iter(torch.utils.data.DataLoader(dataset, 2, collate_fn=list)))
    assert [label for _, label in batch] == [label for _, label in stock]


def test_what_a_collate_fn_draws_is_the_same_again_and_put_back() -> None:
    def noise(items: list[Any]) -> tuple[int, float, float, float]:
        return len(items), random.random(), np.random.rand(), torch.rand(()).item()  # noqa: NPY002

    mine = loader(Noisy(), 4, seed=3, collate_fn=noise)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first = list(mine)
    assert torch.equal(torch.get_rng_state(), before)
    assert len(set(first)) == 6
    mine.set_epoch(0)
    assert list(mine) == first
    assert list(mine) != first


def test_the_three_generators_draw_different_numbers() -> None:
    items = PerSample({0: 0}, None, 0, "numpy")
    assert items.batch([0], 0) == [0]
    words = []
    for index in range(50):
        seed_generators(0, 0, index)
        words.append(
            {
                *(random.getrandbits(32) for _ in range(8)),
                *np.random.randint(0, 2**32, 8, np.uint32).tolist(),  # noqa: NPY002
                *(word & 0xFFFFFFFF for word in torch.randint(0, 2**32, (8,)).tolist()),
            }
        )
    torch.seed()
    assert all(len(each) == 24 for each in words)
    assert len(set.union(*words)) > 50 * 24 - 5


def test_what_looks_like_the_end_of_an_epoch_is_an_error() -> None:
    class Ending(Noisy):
        def __getitem__(self, index: int) -> Any:
            return next(iter(())) if index == 5 else index

    batches = iter(loader(Ending(), 4))
    next(batches)
    with pytest.raises(RuntimeError, match="sample 5 of the data set, epoch 0, raised StopIteration"):
        next(batches)
    assert next(batches).tolist() == [8, 9, 10, 11]


def test_keys_that_are_no_numbers() -> None:
    table = {"a": 1, "b": 2, (3, 4): 5}
    mine = loader(table, 2, sampler=["b", "a", (3, 4)], output="numpy")
    assert [batch.tolist() for batch in mine] == [[2, 1], [5]]
    with pytest.raises(KeyError) as info:
        next(iter(loader(table, 2, sampler=["a", "c"])))
    assert info.value.__notes__ == ["sample c of the data set, epoch 0"]


def test_a_data_set_with_several_items_at_once_is_asked_one_by_one() -> None:
    class Both(Noisy):
        def __getitems__(self, indices: Any) -> Any:
            raise AssertionError("their draws would depend on the batch")

    assert drawn(loader(Both(), 5, seed=1)) == drawn(loader(Noisy(), 23, seed=1))


class Slow(Noisy):
    """Lets other threads run between the seeding and the draw."""

    def __getitem__(self, index: int) -> dict[str, Any]:
        time.sleep(0.001)
        return super().__getitem__(index)


def test_loaders_in_several_threads_do_not_disturb_each_other() -> None:
    expected = drawn(loader(Noisy(), 23, seed=1))
    loaders = [loader(Slow(), 4, seed=1) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(drawn, loaders)) == [expected] * 3


def test_a_data_set_may_itself_be_made_by_a_loader() -> None:
    class Nested(Noisy):
        def __getitem__(self, index: int) -> Any:
            inner = next(iter(loader(Noisy(), 2, seed=7)))
            return super().__getitem__(index) | {"inner": inner["drawn"]}

    mine = list(loader(Nested(), 5, seed=1))
    assert drawn(mine) == drawn(loader(Noisy(), 23, seed=1))
    assert len({batch["inner"].numpy().tobytes() for batch in mine[:-1]}) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_does_not_wait_for_a_thread_of_its_parent() -> None:
    script = (
        "import os, threading, warnings\n"
        "from medmnist_fast.loader.per_sample import PerSample, generators_put_back\n"
        "warnings.simplefilter('ignore', DeprecationWarning)\n"
        "held, done = threading.Event(), threading.Event()\n"
        "def hold():\n"
        "    with generators_put_back():\n"
        "        held.set()\n"
        "        done.wait()\n"
        "threading.Thread(target=hold).start()\n"
        "held.wait()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(PerSample([3, 4], None, 0, 'numpy').batch([1], 0)[0])\n"
        "status = os.waitpid(child, 0)[1]\n"
        "done.set()\n"
        "assert os.waitstatus_to_exitcode(status) == 4\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


class Stream(IterableDataset):
    """Numbers that come."""

    def __iter__(self) -> Iterator[int]:
        return iter(range(10))


def test_streams() -> None:
    for dataset in (Stream(), set(range(10))):
        stream = mf.DataLoader(dataset, 4, drop_last=True)
        assert [batch.tolist() for batch in stream] == [[0, 1, 2, 3], [4, 5, 6, 7]]
        first = mf.DataLoader(dataset, 4, seed=0)
        next(iter(first))
        second = mf.DataLoader(dataset, 3, seed=0)
        second.load_state_dict(first.state_dict())
        assert [batch.tolist() for batch in second] == [[4, 5, 6], [7, 8, 9]]
    with pytest.raises(TypeError):
        len(mf.DataLoader(Stream(), 4))
    for options in ({"shuffle": True}, {"sampler": [1]}, {"batch_sampler": [[1]]}, {"weights": "balanced"}):
        with pytest.raises(ValueError, match=f"{next(iter(options))} with a data set that is iterated over"):
            mf.DataLoader(Stream(), **options)
    assert [int(item) for item in mf.DataLoader(Stream(), None)] == list(range(10))


def test_stats() -> None:
    mine = loader(Noisy(), 4)
    list(mine)
    stats = mine.stats()
    assert (stats.samples, stats.batches, stats.slots_in_use) == (23, 6, 0)
    assert 0 < stats.wait_share <= 1
    assert stats.cpu_seconds_per_million > 0


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([1, 2], np.array([1, 2])),
        ([True, False], np.array([True, False])),
        ([1.5, 2], np.array([1.5, 2])),
        ([np.ones(2, np.float32)] * 3, np.ones((3, 2), np.float32)),
        ([torch.ones(2)] * 3, np.ones((3, 2), np.float32)),
        (["a", "b"], ["a", "b"]),
        ([b"a", b"b"], [b"a", b"b"]),
    ],
)
def test_collation_without_torch(samples: list[Any], expected: Any) -> None:
    batch = collate(samples, "numpy")
    if isinstance(expected, list):
        assert batch == expected
    else:
        assert np.array_equal(batch, expected)
        assert batch.dtype == expected.dtype


def test_nested_collation_without_torch() -> None:
    batch = collate([{"x": (1, [2.0]), "p": Pair(np.zeros(2), "s")}] * 2, "numpy")
    assert batch["x"][0].tolist() == [1, 1]
    assert batch["x"][1][0].tolist() == [2.0, 2.0]
    assert type(batch["x"]) is tuple
    assert type(batch["x"][1]) is list
    assert type(batch["p"]) is Pair
    assert batch["p"].a.shape == (2, 2)
    assert batch["p"].b == ["s", "s"]


@pytest.mark.parametrize(
    ("samples", "error", "message"),
    [
        (
            [np.zeros(2), np.zeros(3)],
            ValueError,
            r"the items have different shapes, \(2,\) and \(3,\); allowed: the same",
        ),
        ([(1, 2), (1,)], ValueError, "the items have different lengths, 2 and 1"),
        ([{"a": 1}, {"b": 1}], ValueError, r"the items have different keys, \['a'\] and \['b'\]"),
        (
            [({"a": [np.zeros(1)]},), ({"a": [np.zeros(2)]},)],
            ValueError,
            r"the items\[0\]\['a'\]\[0\] have different shapes",
        ),
        ([1, "a"], ValueError, "the items have different kinds, array or number and string"),
        ([(1, 2), "ab"], ValueError, "the items have different kinds, sequence and string"),
        ([({"a": 1},), (5,)], ValueError, r"the items\[0\] have different kinds, mapping and array or number"),
        ([1.0, None], TypeError, "the items are builtins.NoneType; allowed"),
        ([np.zeros(1), np.array([None])], TypeError, "the items are numpy.ndarray; allowed"),
        ([object()] * 2, TypeError, "the items are builtins.object; allowed: arrays, tensors, numbers"),
        ([None], TypeError, "the items are builtins.NoneType"),
    ],
)
def test_what_makes_no_batch(samples: list[Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        collate(samples, "numpy")


def test_pictures_make_no_batch() -> None:
    dataset = mf.ArrayDataset(np.zeros((4, 3, 3), np.uint8), np.arange(4), transform=lambda image: image)
    with pytest.raises(TypeError, match=r"the items\[0\] are PIL.Image.Image; allowed: arrays"):
        next(iter(loader(dataset, 2, output="numpy")))


def test_a_loaders_transform_is_used_where_items_are_fetched_one_by_one() -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 3, 4), dtype=np.uint8)
    dataset = mf.ArrayDataset(images, np.arange(6), transform=lambda image: np.asarray(image))  # noqa: PLW0108 - a lambda
    negative, _ = next(iter(loader(dataset, 6, transform=lambda image: 255 - np.asarray(image))))
    assert np.array_equal(negative, 255 - images)
    flipped = next(iter(loader(dataset, 6, transform=T.RandomHorizontalFlip(1), collate_fn=list)))
    assert np.array_equal([np.asarray(image) for image, _ in flipped], images[:, :, ::-1])
    assert dataset[0][0].tolist() == images[0].tolist()
    with pytest.raises(TypeError, match=r"a transform for a data set of builtins\.list"):
        mf.DataLoader([1, 2], transform=abs)
    with pytest.raises(TypeError, match="a transform for a data set that is iterated over"):
        mf.DataLoader(Stream(), transform=abs)


def test_a_target_transform_runs_once_whoever_makes_the_items() -> None:
    images = np.zeros((6, 3, 4), np.uint8)
    dataset = mf.ArrayDataset(images, np.arange(6), target_transform=lambda label: label + 10)
    expected = [10, 11, 12]
    assert next(iter(mf.DataLoader(dataset, 3)))[1].tolist() == expected
    assert [label for _, label in next(iter(loader(dataset, 3, collate_fn=list)))] == expected
    floats = mf.DataLoader(dataset, 3, transform=T.ToTensor(), collate_fn=list)
    assert [label for _, label in next(iter(floats))] == expected
    assert next(iter(mf.DataLoader(dataset, 3, resident=True)))[1].tolist() == expected


def test_what_functions_draw_for_batches_of_the_engine_is_reproducible() -> None:
    images = np.zeros((20, 3, 4), np.uint8)
    dataset = mf.ArrayDataset(images, np.arange(20), T.ToTensor(), lambda label: label + np.random.rand())  # noqa: NPY002

    def labels(batch_size: int, **options: Any) -> dict[int, float]:
        batches = mf.DataLoader(dataset, batch_size, shuffle=True, seed=4, **options)
        return {int(label): float(label) for _, labels in batches for label in labels}

    assert labels(3) == labels(20, num_workers=0)
    assert len(set(np.mod(list(labels(3).values()), 1))) == 20

    def mix(items: list[Any]) -> float:
        return torch.rand(()).item() + len(items)

    def mixed() -> list[float]:
        return list(mf.DataLoader(dataset, 3, shuffle=True, seed=4, collate_fn=mix))

    before = torch.get_rng_state()
    assert mixed() == mixed()
    assert len(set(mixed())) == 7
    assert torch.equal(torch.get_rng_state(), before)


def test_options_that_the_fallback_cannot_honour_are_refused() -> None:
    for options in ({"dtype": "float16"}, {"channels_last": True}):
        with pytest.raises(ValueError, match="dtype or channels_last, but samples must be fetched one by one: it is a"):
            mf.DataLoader(Noisy(), 2, **options)
    dataset = mf.ArrayDataset(np.zeros((6, 3, 4), np.uint8), np.arange(6), T.ToTensor())
    with pytest.raises(ValueError, match="dtype 'uint8' on a device with a collate_fn or batch_size None"):
        mf.DataLoader(dataset, 2, device="cpu", dtype="uint8", collate_fn=list)
