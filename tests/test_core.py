"""The engine's own checks: what the package never asks for is refused too, and never unsafe."""

from typing import Any

import numpy as np
import pytest

from medmnist_fast._core import Loader, Plan, Sampler, Step, evaluate, roof

OPTIONS: dict[str, Any] = {"batch_size": 2, "drop_last": False, "seed": 0, "threads": 1, "prefetch": 1}


def loader(plan: Plan, images: Any, labels: Any, **options: Any) -> Loader:
    shares = {"rank": 0, "world_size": 1, "remainder": "pad"}
    sampler = options.pop("sampler", Sampler.sequential(len(labels) if np.ndim(labels) else 1))
    selection = options.pop("selection", None)
    return Loader([(plan, images)], labels, selection, sampler, **(OPTIONS | shares | options))


@pytest.mark.parametrize(
    "axes",
    # The products are 1, 0 and 2**63 modulo 2**64.
    [[274177, 67280421310721], [2**32, 2**32], [2**31, 2**32], [2**63, 1]],
)
def test_shapes_beyond_memory_are_refused(axes: list[int]) -> None:
    with pytest.raises(ValueError, match="as many elements as memory can hold"):
        Plan([], 2, axes, False)


def test_unknown_dimensions_are_refused() -> None:
    with pytest.raises(ValueError, match="4 spatial dimensions; allowed: 2 or 3"):
        Plan([], 4, [1, 1, 1, 1], False)
    with pytest.raises(ValueError, match=r"a volume cannot have the shape \[4, 4\]; allowed: \(D, H, W\)"):
        Plan([], 3, [4, 4], False)


def test_samples_of_another_shape_are_refused() -> None:
    plan = Plan([Step.to_tensor()], 2, [2, 2], False)
    with pytest.raises(ValueError, match="samples of shape"):
        plan(np.zeros((4, 1), np.uint8), 0)
    for images in (np.zeros((2, 4, 4), np.uint8), np.zeros(16, np.uint8), np.zeros((), np.uint8)):
        with pytest.raises(ValueError, match="samples of shape"):
            loader(plan, images, np.zeros((2, 1), np.int64))


def test_fortran_order_is_refused_and_not_misread() -> None:
    plan = Plan([], 2, [2, 3], False)
    wrong: list[Any] = [
        lambda: plan(np.zeros((2, 3), np.uint8, order="F"), 0),
        lambda: loader(plan, np.zeros((5, 2, 3), np.uint8, order="F"), np.zeros((5, 1), np.int64)),
        lambda: loader(plan, np.zeros((5, 2, 3), np.uint8), np.zeros((5, 2), np.int64, order="F")),
        lambda: evaluate("multi-class", np.zeros((5, 1), np.int64), np.zeros((5, 2), order="F")),
    ]
    for call in wrong:
        with pytest.raises(ValueError, match="not C-contiguous"):
            call()


def test_scores_that_do_not_fit_are_refused() -> None:
    for labels, scores in [((5, 1), (4, 2)), ((0, 1), (0, 2)), ((5, 2), (5, 2)), ((5, 1), (5, 0))]:
        with pytest.raises(ValueError, match="do not fit together"):
            evaluate("multi-class", np.zeros(labels, np.int64), np.zeros(scores))
    with pytest.raises(ValueError, match=r"task .regression.; allowed: multi-class"):
        evaluate("regression", np.zeros((1, 1), np.int64), np.zeros((1, 1)))


def test_loaders_of_parts_that_do_not_fit_are_refused() -> None:
    plan, images, labels = Plan([], 2, [2, 3], False), np.zeros((5, 2, 3), np.uint8), np.zeros((5, 1), np.int64)
    for arguments, options, error, message in [
        ((images, labels[:4]), {}, ValueError, "5 images but 4 rows of labels"),
        ((images, np.array(0)), {}, ValueError, "5 images but 1 rows of labels"),
        ((images, labels.astype(np.int32)), {}, TypeError, "labels of another type; allowed: arrays of int64"),
        ((images, labels), {"selection": np.array([5], np.uint32)}, IndexError, "sample 5; allowed: 0 to 4"),
        ((images, labels), {"sampler": Sampler.sequential(6)}, IndexError, "sample 5; allowed: 0 to 4"),
        ((images, labels), {"rank": 1}, ValueError, "rank = 1"),
        ((images, labels), {"batch_size": 0}, ValueError, "batch_size = 0"),
    ]:
        with pytest.raises(error, match=message):
            loader(plan, *arguments, **options)


def test_passes_are_given_what_is_there() -> None:
    plan, images, labels = Plan([], 2, [2, 3], False), np.zeros((5, 2, 3), np.uint8), np.arange(5)
    batches = loader(plan, images, labels).pass_over(0)
    batches.give([4, -5, 2])
    assert next(batches)[1].tolist() == [4, 0, 2]
    for wrong in ([5], [-6], [0, 2**62]):
        with pytest.raises(IndexError, match=r"sample -?\d+; allowed: -5 to 4"):
            batches.give(wrong)
    lending = loader(plan, images, labels, lent_memory=True).pass_over(0)
    with pytest.raises(ValueError, match="not C-contiguous"):
        lending.lend((None, np.zeros((4, 12), np.uint8)[:, ::2]))
    read_only = np.zeros(12, np.uint8)
    read_only.flags.writeable = False
    with pytest.raises(Exception, match=r"writeable|read-only|NotWriteable"):
        lending.lend((None, read_only))
    lending.give([1, 2], (np.zeros((2, 1, 2, 3), np.uint8), np.zeros(3, np.uint8)))
    with pytest.raises(ValueError, match="3 bytes of memory for a batch; it needs 12"):
        next(lending)


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_the_roof_is_a_rate(dtype: str) -> None:
    for channels in (1, 3):
        rate = roof(500, 28 * 28, channels, dtype, 2)
        assert isinstance(rate, float)
        assert 0 < rate < float("inf")


def test_nonsense_has_no_roof() -> None:
    for arguments, message in [
        ((0, 784, 3, "float32", 2), "images = 0; allowed: 1 or more"),
        ((-1, 784, 3, "float32", 2), "images = -1; allowed: 1 or more"),
        ((9, 0, 3, "float32", 2), "pixels = 0; allowed: 1 to 16777216"),
        ((9, 1 << 60, 3, "float32", 2), "pixels = 1152921504606846976; allowed: 1 to 16777216"),
        ((9, -1, 3, "float32", 2), "pixels = -1; allowed: 1 or more"),
        ((9, 784, 4, "float32", 2), "channels = 4; allowed: 1, 3"),
        ((9, 784, 3, "float16", 2), "dtype = float16; allowed: float32, uint8"),
        ((9, 784, 3, "f32", 2), 'dtype "f32"; allowed: float32'),
        ((9, 784, 3, "uint8", 0), "num_threads = 0; allowed: 1 to 1024"),
        ((9, 784, 3, "uint8", -2), "num_threads = -2; allowed: 1 or more"),
    ]:
        with pytest.raises(ValueError, match=message):
            roof(*arguments)
