"""Samplers: torch's meanings, DistributedSampler's shares, the documented draws, and clear refusals."""

import bisect
import itertools
import math
import pickle
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.philox import Stream
from torch.testing._internal.distributed.fake_pg import FakeStore
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

from medmnist_fast import samplers as S  # noqa: N812 - as transforms are T
from medmnist_fast._core import Sampler as Core

ORDER = 2**32 - 1
"""The purpose that the draws of an order are named with."""

WEIGHTS = [0.5, 0.0, 3.0, 1.0, 0.0, 2.0, 0.25] * 4
LABELS = [2, 2, 2, 2, 2, 2, -1, -1, 5] * 2


def each_kind(**options: Any) -> dict[str, S.Sampler]:
    """One sampler of each kind and mode, by its description, over 28 samples or fewer."""
    return {
        "sequence of 10": S.SequentialSampler(range(10), **options),
        "shuffle of 10": S.RandomSampler(range(10), **options),
        "shuffle, 25 of 10": S.RandomSampler(range(10), num_samples=25, **options),
        "uniform, 10 of 10 with replacement": S.RandomSampler(range(10), replacement=True, **options),
        "weighted (crc32 27bb61c1), 28 of 28 with replacement": S.WeightedRandomSampler(WEIGHTS, **options),
        "weighted (crc32 27bb61c1), 14 of 28 without replacement": S.WeightedRandomSampler(
            WEIGHTS, 14, replacement=False, **options
        ),
        "class-balanced (crc32 f01c6b1d), 18 of 18": S.ClassBalancedSampler(LABELS, **options),
        "sequence of 6 indices (crc32 4ca51611)": S.SubsetSequentialSampler([7, 3, 3, 9, 0, 8], **options),
        "shuffle of 6 indices (crc32 4ca51611)": S.SubsetRandomSampler([7, 3, 3, 9, 0, 8], **options),
    }


KINDS = list(each_kind(seed=0))


@pytest.fixture
def rank_2_of_5() -> Iterator[None]:
    """``torch.distributed``, initialised with a backend that talks to nobody."""
    torch.distributed.init_process_group("fake", rank=2, world_size=5, store=FakeStore())
    yield
    torch.distributed.destroy_process_group()


def test_every_kind_says_what_it_is() -> None:
    assert [sampler.describe() for sampler in each_kind().values()] == KINDS
    assert repr(S.RandomSampler(range(3))) == "<RandomSampler: shuffle of 3>"


def test_orders_have_the_documented_draws() -> None:
    """A second implementation: tests/philox.py beside what the engine's modules say."""
    seed, epoch = 2**64 - 3, 5

    def stream(index: int = 0) -> Stream:
        return Stream(seed, ORDER, index, epoch)

    def check(sampler: S.Sampler, expected: list[int]) -> None:
        sampler.set_epoch(epoch)
        assert list(sampler) == expected, sampler

    rounds = stream()
    expected = [item for _ in range(3) for item in rounds.shuffle(list(range(10)))]
    check(S.RandomSampler(range(10), seed=seed), expected[:10])
    check(S.RandomSampler(range(10), num_samples=25, seed=seed), expected[:25])
    check(S.SubsetRandomSampler(range(100, 90, -1), seed=seed), [100 - item for item in expected[:10]])

    relative = [weight / max(WEIGHTS) for weight in WEIGHTS]
    sums = list(itertools.accumulate(relative))
    expected = [bisect.bisect_right(sums, stream(position).unit() * sums[-1]) for position in range(50)]
    check(S.WeightedRandomSampler(WEIGHTS, 50, seed=seed), expected)

    draws = stream()
    keys = [(-math.log(1 - draws.unit()) / weight, item) for item, weight in enumerate(relative) if weight]
    check(S.WeightedRandomSampler(WEIGHTS, 20, replacement=False, seed=seed), [item for _, item in sorted(keys)])

    draws = stream()
    expected = []
    for number, items in enumerate(draws.shuffle([[6, 7, 15, 16], [0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14], [8, 17]])):
        share = 3 + (number < 2)
        rounds = [item for _ in range(-(-share // len(items))) for item in draws.shuffle(list(items))]
        expected += rounds[:share]
    check(S.ClassBalancedSampler(LABELS, 11, seed=seed), draws.shuffle(expected))


@pytest.mark.parametrize("remainder", ["pad", "drop"])
def test_shares_are_those_of_distributed_sampler(remainder: Any) -> None:
    for length, world_size in itertools.product(range(1, 18), range(1, 40)):
        order = list(S.RandomSampler(range(length), seed=1, rank=0, world_size=1))
        for rank in range(world_size):
            theirs = DistributedSampler(range(length), world_size, rank, shuffle=False, drop_last=remainder == "drop")
            ours = S.RandomSampler(range(length), seed=1, rank=rank, world_size=world_size, remainder=remainder)
            assert list(ours) == [order[position] for position in theirs]
            assert len(ours) == len(theirs)


@pytest.mark.parametrize("kind", KINDS)
def test_keeping_gives_every_sample_once(kind: str) -> None:
    order = list(each_kind(seed=3, rank=0, world_size=1)[kind])
    for world_size in range(1, 30):
        ranks = [
            each_kind(seed=3, rank=rank, world_size=world_size, remainder="keep")[kind] for rank in range(world_size)
        ]
        lengths = [len(sampler) for sampler in ranks]
        shares = [list(sampler) for sampler in ranks]
        assert shares == [order[rank::world_size] for rank in range(world_size)]
        assert lengths == [len(share) for share in shares]


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    remainder=st.sampled_from(["pad", "drop", "keep"]),
    worlds=st.lists(st.integers(1, 12), min_size=1, max_size=4),
    data=st.data(),
)
def test_an_epoch_goes_on_with_any_number_of_ranks(kind: str, remainder: str, worlds: list[int], data: Any) -> None:
    core = each_kind()[kind].core
    order = core.indices(4, 0, 0, 1, remainder).tolist()
    seen: list[int] = []
    for world_size in worlds:
        start = len(seen)
        shares = [core.indices(4, 0, rank, world_size, remainder, start).tolist() for rank in range(world_size)]
        assert [len(share) for share in shares] == [
            core.shard_len(rank, world_size, remainder, start) for rank in range(world_size)
        ]
        steps = data.draw(st.integers(0, (len(order) - start) // world_size))
        seen += [share[step] for step in range(steps) for share in shares]
        assert seen == order[: len(seen)]


@pytest.mark.parametrize("kind", KINDS)
def test_epochs_follow_each_other_or_are_named(kind: str) -> None:
    sampler = each_kind(seed=8)[kind]
    epochs = [list(sampler) for _ in range(3)]
    assert sampler.epoch == 3
    assert (epochs[0] == epochs[1]) is (epochs[1] == epochs[2]) is kind.startswith("sequence")
    sampler.set_epoch(1)
    assert [list(sampler), list(sampler)] == epochs[1:]
    assert all(type(index) is int for index in epochs[0])
    assert list(each_kind(seed=9)[kind]) != epochs[0] or kind.startswith("sequence")


@pytest.mark.parametrize("kind", KINDS)
def test_a_pickled_sampler_goes_on_alike(kind: str) -> None:
    sampler = each_kind(rank=1, world_size=3, remainder="drop")[kind]
    list(sampler)
    copy = pickle.loads(pickle.dumps(sampler))
    assert (copy.describe(), copy.epoch, copy.seed, len(copy)) == (kind, 1, sampler.seed, len(sampler))
    assert (copy.rank, copy.world_size, copy.remainder) == (1, 3, "drop")
    assert list(copy) == list(sampler)


@pytest.mark.parametrize("kind", KINDS)
def test_torchs_loader_takes_them(kind: str) -> None:
    expected = list(each_kind(seed=2)[kind])
    data = TensorDataset(torch.arange(28))
    sampler = each_kind(seed=2)[kind]
    batches = DataLoader(data, batch_size=4, sampler=sampler)
    assert len(batches) == math.ceil(len(expected) / 4)
    assert torch.cat([batch for (batch,) in batches]).tolist() == expected
    if not kind.startswith("sequence"):
        assert torch.cat([batch for (batch,) in batches]).tolist() != expected


def test_what_the_indices_are_of() -> None:
    numbers = [(sampler.num_items, sampler.largest) for sampler in each_kind().values()]
    assert numbers == [(10, 9)] * 4 + [(28, 27)] * 2 + [(18, 17)] + [(None, 9)] * 2
    assert S.SubsetRandomSampler([]).largest is None
    assert S.SubsetRandomSampler([2**32 - 1]).largest == 2**32 - 1
    assert list(S.SubsetSequentialSampler([])) == list(S.SequentialSampler([])) == []


def test_frequencies_are_those_of_the_weights() -> None:
    draws = 200_000
    for sampler, weights in [
        (S.WeightedRandomSampler(WEIGHTS, draws, seed=1), WEIGHTS),
        (S.RandomSampler(range(28), replacement=True, num_samples=draws, seed=1), [1] * 28),
    ]:
        counts = Counter(sampler)
        for item, weight in enumerate(weights):
            p = weight / sum(weights)
            assert abs(counts[item] - draws * p) <= 6 * math.sqrt(draws * p * (1 - p)), (item, counts)


def test_without_replacement_nothing_comes_twice_and_heavy_samples_first() -> None:
    weights = np.r_[np.zeros(20), np.ones(20), np.full(20, 1000.0)]
    sampler = S.WeightedRandomSampler(weights, 40, replacement=False, seed=0)
    firsts = Counter()
    for _ in range(200):
        order = list(sampler)
        assert sorted(order) == list(range(20, 60))
        firsts[order[0]] += 1
    assert sum(count for item, count in firsts.items() if item >= 40) > 190


@settings(max_examples=150, deadline=None)
@given(
    labels=st.lists(st.integers(-3, 3), min_size=1, max_size=60),
    num_samples=st.integers(1, 200),
    seed=st.integers(0, 2**64 - 1),
)
def test_classes_are_balanced_exactly(labels: list[int], num_samples: int, seed: int) -> None:
    order = list(S.ClassBalancedSampler(labels, num_samples, seed=seed))
    assert len(order) == num_samples
    of_class = Counter(labels[item] for item in order)
    shares = [of_class[label] for label in set(labels)]
    assert max(shares) - min(shares) <= 1
    counts = Counter(order)
    for label in set(labels):
        times = [counts[item] for item, other in enumerate(labels) if other == label]
        assert max(times) - min(times) <= 1


def test_arrays_and_tensors_of_any_type_are_taken_and_copied() -> None:
    for labels in (np.array(LABELS, np.int8)[:, np.newaxis], torch.tensor(LABELS), np.array(LABELS)[::1]):
        assert list(S.ClassBalancedSampler(labels, seed=0)) == list(S.ClassBalancedSampler(LABELS, seed=0))
    weights = np.repeat(np.array(WEIGHTS), 2)
    sampler = S.WeightedRandomSampler(weights[::2], seed=0)
    weights[:] = 0
    expected = list(S.WeightedRandomSampler(torch.tensor(WEIGHTS, dtype=torch.float32), seed=0))
    assert list(sampler) == expected
    with pytest.raises(ValueError, match="read-only"):
        sampler.weights[0] = 1


def test_an_unseeded_sampler_follows_torchs_generator() -> None:
    def order() -> list[int]:
        return list(S.RandomSampler(range(100)))

    torch.manual_seed(5)
    first, second = order(), order()
    assert first != second
    torch.manual_seed(5)
    assert [order(), order()] == [first, second]


def test_without_torch_distributed_there_is_one_rank() -> None:
    assert S.this_rank() == (0, 1)
    sampler = S.RandomSampler(range(10))
    assert (sampler.rank, sampler.world_size, len(sampler)) == (0, 1, 10)


@pytest.mark.usefixtures("rank_2_of_5")
def test_ranks_are_torch_distributeds() -> None:
    assert S.this_rank() == (2, 5)
    sampler = S.RandomSampler(range(10))
    assert (sampler.rank, sampler.world_size, len(sampler), sampler.seed) == (2, 5, 2, 0)
    assert list(sampler) == list(S.RandomSampler(range(10), seed=0, rank=0, world_size=1))[2::5]
    assert S.RandomSampler(range(10), seed=7).seed == 7
    alone = S.RandomSampler(range(10), rank=0, world_size=1)
    assert (alone.rank, alone.world_size, len(alone)) == (0, 1, 10)


def test_ranks_made_before_torch_distributed_agree(request: pytest.FixtureRequest) -> None:
    sampler = S.RandomSampler(range(10))
    request.getfixturevalue("rank_2_of_5")
    assert (sampler.rank, sampler.world_size, sampler.seed, len(sampler)) == (2, 5, 0, 2)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: S.SequentialSampler(5), TypeError, r"data_source of int has no length; allowed: .* len\(\)"),
        (lambda: S.RandomSampler([]), ValueError, "data_source is empty; allowed: 1 sample or more"),
        (lambda: S.RandomSampler([1], num_samples=0), ValueError, "num_samples = 0; allowed: .* at least 1"),
        (lambda: S.RandomSampler([1], num_samples=2**32), ValueError, "num_samples = 4294967296; allowed: .* at most"),
        (lambda: S.RandomSampler([1], num_samples=1.5), TypeError, "num_samples = 1.5; allowed: a whole number"),
        (lambda: S.RandomSampler([1], replacement=1), TypeError, "replacement = 1; allowed: True or False"),
        (lambda: S.RandomSampler([1], seed=-1), ValueError, "seed = -1"),
        (lambda: S.RandomSampler([1], rank=1), ValueError, "rank = 1 and world_size = None; allowed: both or neither"),
        (lambda: S.RandomSampler([1], world_size=2), ValueError, "rank = None and world_size = 2; allowed: both"),
        (lambda: S.RandomSampler([1], rank=2, world_size=2), ValueError, "rank = 2; allowed: .* at most 1"),
        (lambda: S.RandomSampler([1], rank=-1, world_size=2), ValueError, "rank = -1; allowed: .* at least 0"),
        (lambda: S.RandomSampler([1], rank=0, world_size=0), ValueError, "world_size = 0; allowed: .* at least 1"),
        (
            lambda: S.RandomSampler([1], remainder="some"),
            ValueError,
            "remainder 'some'; allowed: 'pad', 'drop' or 'keep'",
        ),
        (lambda: S.RandomSampler([1]).set_epoch(2**32), ValueError, "epoch = 4294967296; allowed: .* at most"),
        (lambda: S.WeightedRandomSampler([1, math.nan]), ValueError, r"weights\[1\] = NaN; allowed: finite numbers"),
        (lambda: S.WeightedRandomSampler([math.inf]), ValueError, r"weights\[0\] = inf; allowed: finite numbers"),
        (lambda: S.WeightedRandomSampler([1, 2, -1]), ValueError, r"weights\[2\] = -1; allowed: .* at least 0"),
        (lambda: S.WeightedRandomSampler([0, 0]), ValueError, "none of 2 weights is above 0; allowed: at least one"),
        (lambda: S.WeightedRandomSampler([], 1), ValueError, "none of 0 weights is above 0; allowed: at least one"),
        (
            lambda: S.WeightedRandomSampler(["a"]),
            TypeError,
            r"weights are <U1 of shape \(1,\); allowed: numbers \(N,\)",
        ),
        (lambda: S.WeightedRandomSampler(np.ones((2, 2))), ValueError, r"float64 of shape \(2, 2\); allowed: numbers"),
        (lambda: S.WeightedRandomSampler([[1], [1, 2]]), ValueError, "weights are rows of different lengths; allowed"),
        (lambda: S.WeightedRandomSampler([1], 0), ValueError, "num_samples = 0; allowed: .* at least 1"),
        (lambda: S.WeightedRandomSampler([1], replacement=None), TypeError, "replacement = None; allowed: True or"),
        (
            lambda: S.WeightedRandomSampler([1, 0, 2], 3, replacement=False),
            ValueError,
            "num_samples = 3 without replacement; allowed: 1 to 2, the weights above 0",
        ),
        (
            lambda: S.ClassBalancedSampler(np.zeros((5, 14), int)),
            ValueError,
            r"labels are int64 of shape \(5, 14\); allowed: whole numbers \(N,\) or \(N, 1\)",
        ),
        (lambda: S.ClassBalancedSampler([0.5]), TypeError, "labels are float64 .* allowed: whole numbers"),
        (lambda: S.ClassBalancedSampler([]), ValueError, "labels are empty; allowed: 1 or more"),
        (lambda: S.ClassBalancedSampler([1], 0), ValueError, "num_samples = 0; allowed: .* at least 1"),
        (lambda: S.SubsetRandomSampler([3, -1]), ValueError, r"indices\[1\] = -1; allowed: 0 to 4294967295"),
        (lambda: S.SubsetRandomSampler([2**32]), ValueError, r"indices\[0\] = 4294967296; allowed: 0 to 4294967295"),
        (lambda: S.SubsetRandomSampler([2**63]), ValueError, r"indices\[0\] = 9223372036854775808; allowed: 0 to"),
        (lambda: S.SubsetRandomSampler([2**70]), TypeError, "indices are object .* allowed: whole numbers"),
        (lambda: S.SubsetSequentialSampler([True]), TypeError, "indices are bool .* allowed: whole numbers"),
        (lambda: S.SubsetSequentialSampler({1, 2}), TypeError, "indices are object .* allowed: whole numbers"),
        (lambda: S.SubsetSequentialSampler(3), ValueError, r"indices are int64 of shape \(\); allowed: whole numbers"),
        (lambda: S.RandomSampler([1], shuffle=True), TypeError, "unexpected keyword argument 'shuffle'"),
        (S.Sampler, TypeError, "abstract"),
    ],
)
def test_nonsense_is_refused_by_name(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_the_engine_checks_for_itself() -> None:
    core = Core.shuffled(4)
    for call, message in [
        (lambda: core.indices(0, 0, 0, 1, "keep", 5), "start = 5; allowed: 0 to 4, the samples of an epoch"),
        (lambda: core.shard_len(0, 1, "keep", 5), "start = 5; allowed: 0 to 4"),
        (lambda: core.indices(0, 0, 3, 3, "keep"), "rank = 3; allowed: 0 to 2"),
        (lambda: core.indices(0, 0, 0, 0, "keep"), "world_size = 0; allowed: 1 to 4294967295"),
        (lambda: core.shard_len(0, 1, "", 0), 'remainder ""; allowed: pad, drop or keep'),
        (lambda: core.subset(np.zeros(3, np.uint32)), "3 indices for 4 items; allowed: as many of each"),
        (lambda: core.subset(np.zeros(8, np.uint32)[::2]), "not C-contiguous"),
        (lambda: Core.sequential(2**32), "items = 4294967296; allowed: at most 4294967295"),
        (lambda: Core.shuffled(0, 1), "items = 0; allowed: 1 or more"),
        (lambda: Core.balanced(np.zeros(0, np.int64), 1), "items = 0; allowed: 1 or more"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()


def test_a_subset_of_a_subset_follows_both() -> None:
    outer, inner = np.arange(100, 120, dtype=np.uint32), np.array([4, 0, 19], np.uint32)
    core = Core.shuffled(3).subset(inner).subset(outer)
    expected = outer[inner][Core.shuffled(3).indices(1, 0, 0, 1, "pad")]
    assert np.array_equal(core.indices(1, 0, 0, 1, "pad"), expected)
    assert core.largest == 119
    with pytest.raises(ValueError, match="19 indices; allowed: more than 19, which is asked for"):
        Core.shuffled(3).subset(inner).subset(outer[:19])
