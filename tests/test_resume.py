"""Positions: a pass that goes on elsewhere gives what was left, byte for byte, and nothing else is let in."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch.utils.data import BatchSampler, DistributedSampler, SequentialSampler

import medmnist_fast as mf
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it

SAMPLES = 103
STEPS = T.Compose([T.RandomHorizontalFlip(), T.RandomRotation(20), T.ToTensor()])


@pytest.fixture(scope="module")
def numbered() -> mf.ArrayDataset:
    """Images whose labels are their indices."""
    images = np.random.default_rng(0).integers(0, 256, (SAMPLES, 6, 5, 3), dtype=np.uint8)
    return mf.ArrayDataset(images, np.arange(SAMPLES))


def loader(dataset: Any, **options: Any) -> mf.DataLoader:
    defaults = {"batch_size": 8, "shuffle": True, "seed": 5, "transform": STEPS, "num_workers": 2}
    return mf.DataLoader(dataset, **(defaults | options))


def by_sample(batches: Any) -> list[tuple[int, bytes]]:
    """Index and bytes of each sample, in order."""
    return [
        (int(label), image.numpy().tobytes())
        for images, labels in batches
        for image, label in zip(images, labels, strict=True)
    ]


def through_json(state: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(state))


def take(iterator: Iterator[Any], batches: int) -> list[tuple[int, bytes]]:
    return by_sample(next(iterator) for _ in range(batches))


def test_from_any_batch_with_other_threads_and_batch_size(numbered: mf.ArrayDataset) -> None:
    whole = by_sample(loader(numbered))
    for taken in range(14):
        first = loader(numbered)
        seen = take(iter(first), min(taken, 13))
        state = through_json(first.state_dict())
        for options in ({}, {"num_workers": 0}, {"batch_size": 5, "num_workers": 3, "prefetch_factor": 4}):
            second = loader(numbered, **options)
            second.load_state_dict(state)
            assert seen + by_sample(second) == whole
            # The epoch after that is an ordinary one.
            second.set_epoch(0)
            assert by_sample(second) == whole


def test_twice_in_an_epoch_and_into_the_next(numbered: mf.ArrayDataset) -> None:
    first = loader(numbered)
    epochs = [by_sample(first), by_sample(first)]
    second = loader(numbered)
    seen = take(iter(second), 3)
    third = loader(numbered, batch_size=7)
    third.load_state_dict(second.state_dict())
    seen += take(iter(third), 4)
    fourth = loader(numbered, batch_size=10)
    fourth.load_state_dict(third.state_dict())
    assert [seen + by_sample(fourth), by_sample(fourth)] == epochs


def test_at_the_last_batch_nothing_is_left_and_behind_it_the_next_epoch_begins(numbered: mf.ArrayDataset) -> None:
    first = loader(numbered)
    batches = iter(first)
    take(batches, len(first))
    state = first.state_dict()
    assert (state["epoch"], state["samples"]) == (0, SAMPLES)
    second = loader(numbered)
    second.load_state_dict(state)
    assert by_sample(second) == []
    expected = loader(numbered)
    expected.set_epoch(1)
    assert by_sample(second) == by_sample(expected)

    assert next(batches, None) is None
    state = first.state_dict()
    assert (state["epoch"], state["samples"]) == (1, 0)


def test_a_state_before_the_first_batch_and_of_set_epoch(numbered: mf.ArrayDataset) -> None:
    first = loader(numbered)
    assert (first.state_dict()["epoch"], first.state_dict()["samples"]) == (0, 0)
    first.set_epoch(4)
    assert first.state_dict()["epoch"] == 4
    take(iter(first), 2)
    state = first.state_dict()
    assert (state["epoch"], state["samples"]) == (4, 16)
    second = loader(numbered)
    second.load_state_dict(state)
    assert second.state_dict() == state
    # As a training loop does at the top of each epoch.
    second.set_epoch(4)
    assert len(by_sample(second)) == SAMPLES - 16
    second.load_state_dict(state)
    second.set_epoch(5)
    assert len(by_sample(second)) == SAMPLES
    # Frameworks tell the sampler.
    second.load_state_dict(state)
    second.sampler.set_epoch(9)
    assert len(by_sample(second)) == SAMPLES
    assert second.state_dict()["epoch"] == 10


def test_what_drop_last_left_out_is_left(numbered: mf.ArrayDataset) -> None:
    first = loader(numbered, drop_last=True)
    assert len(take(iter(first), len(first))) == 96
    second = loader(numbered, drop_last=True)
    second.load_state_dict(first.state_dict())
    assert by_sample(second) == []
    third = loader(numbered, batch_size=3, drop_last=True)
    third.load_state_dict(first.state_dict())
    assert by_sample(third) == by_sample(loader(numbered))[96:102]


@settings(max_examples=40, deadline=None)
@example(before=2, after=1, batch_sizes=(1, 1), share=1.0, remainder="keep")
@given(
    before=st.integers(1, 5),
    after=st.integers(1, 5),
    batch_sizes=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    share=st.floats(0, 1),
    remainder=st.sampled_from(["pad", "keep"]),
)
def test_another_world_size_deals_out_what_is_left(
    before: int, after: int, batch_sizes: tuple[int, int], share: float, remainder: Any
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (SAMPLES, 3, 2), dtype=np.uint8)
    numbered = mf.ArrayDataset(images, np.arange(SAMPLES))

    def ranks(world_size: int, batch_size: int) -> list[mf.DataLoader]:
        sharing = {"world_size": world_size, "remainder": remainder, "num_workers": 1}
        return [loader(numbered, batch_size=batch_size, rank=rank, **sharing) for rank in range(world_size)]

    old = ranks(before, batch_sizes[0])
    # Ranks are in step; with "keep" the last batch of some may be empty.
    steps = int(share * min(map(len, old)))
    seen = [pair for one in old for pair in take(iter(one), steps)]
    states = [one.state_dict() for one in old]
    assert all(state == states[0] for state in states)
    new = ranks(after, batch_sizes[1])
    for one in new:
        one.load_state_dict(states[0])
    rest = [by_sample(one) for one in new]
    everything = dict(by_sample(loader(numbered)))
    assert dict([*seen, *(pair for part in rest for pair in part)]) == everything
    lengths = {len(part) for part in rest}
    count = len(seen) + sum(map(len, rest))
    if remainder == "keep":
        assert count == SAMPLES
        assert max(lengths) - min(lengths) <= 1
    else:
        assert len(lengths) == 1
        assert count < SAMPLES + before + after


def test_samplers_in_python_are_asked_anew_and_passed_over(numbered: mf.ArrayDataset) -> None:
    def sampled(**options: Any) -> mf.DataLoader:
        sampler = DistributedSampler(numbered, 2, 1, seed=3)
        return loader(numbered, shuffle=None, sampler=sampler, **options)

    whole = by_sample(sampled())
    assert [index for index, _ in whole] == list(DistributedSampler(numbered, 2, 1, seed=3))
    first = sampled()
    seen = take(iter(first), 3)
    second = sampled(batch_size=9)
    second.load_state_dict(through_json(first.state_dict()))
    assert seen + by_sample(second) == whole
    # Its set_epoch is called.
    second.set_epoch(1)
    assert by_sample(second) != whole

    def batched() -> mf.DataLoader:
        return mf.DataLoader(
            numbered, batch_sampler=BatchSampler(SequentialSampler(numbered), 10, False), transform=STEPS
        )

    first = batched()
    take(iter(first), 4)
    second = batched()
    second.load_state_dict(first.state_dict() | {"seed": second.seed})
    assert [index for index, _ in by_sample(second)] == list(range(40, SAMPLES))
    second.load_state_dict(first.state_dict() | {"seed": second.seed, "samples": 41})
    with pytest.raises(ValueError, match="9 samples before the end of a batch of the batch_sampler"):
        next(iter(second))


def test_python_transforms_draw_the_same_after_resuming(numbered: mf.ArrayDataset) -> None:
    def noisy(image: Any) -> torch.Tensor:
        return torch.from_numpy(np.asarray(image) + np.random.rand()) + torch.rand(())  # noqa: NPY002

    def slow(batch_size: int) -> mf.DataLoader:
        dataset = mf.ArrayDataset(numbered.imgs, numbered.labels, transform=noisy)
        with pytest.warns(UserWarning, match="one by one in Python"):
            return mf.DataLoader(dataset, batch_size, shuffle=True, seed=1)

    whole = by_sample(slow(8))
    first = slow(8)
    seen = take(iter(first), 5)
    np.random.rand(3)  # noqa: NPY002 - what others draw does not matter
    second = slow(13)
    second.load_state_dict(first.state_dict())
    assert seen + by_sample(second) == whole


def test_other_states_are_refused(numbered: mf.ArrayDataset) -> None:
    state = loader(numbered).state_dict()
    shorter = mf.ArrayDataset(numbered.imgs[:-1], numbered.labels[:-1])
    darker = mf.ArrayDataset(numbered.imgs // 2, numbered.labels)
    relabelled = mf.ArrayDataset(numbered.imgs, numbered.labels[::-1])
    for other in (shorter, darker, relabelled):
        with pytest.raises(ValueError, match=r"a state whose (dataset|order) is .*; allowed: that of this loader"):
            loader(other).load_state_dict(state)
    for options, key in [({"seed": 6}, "seed is 5"), ({"shuffle": False}, "order is 'shuffle of 103'")]:
        with pytest.raises(ValueError, match=f"a state whose {key}"):
            loader(numbered, **options).load_state_dict(state)
    with pytest.raises(TypeError, match="a state of list; allowed: a dict that state_dict"):
        loader(numbered).load_state_dict([1, 2])
    with pytest.raises(ValueError, match="a state without dataset, epoch, order"):
        loader(numbered).load_state_dict({"seed": 5})
    for wrong in (-1, 2.5, "3", True, None):
        with pytest.raises(ValueError, match=r"a state whose samples is .*; allowed: a whole number of at least 0"):
            loader(numbered).load_state_dict(state | {"samples": wrong})
    # Refused ones have changed nothing.
    unchanged = loader(numbered)
    with pytest.raises(ValueError, match="a state whose seed"):
        unchanged.load_state_dict(state | {"seed": 1, "epoch": 3})
    assert unchanged.state_dict() == state
