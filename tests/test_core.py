"""The engine's own checks: what the package never asks for is refused too, and never unsafe."""

from typing import Any

import numpy as np
import pytest

from medmnist_fast._core import Loader, Plan, Step, evaluate

OPTIONS = {"batch_size": 2, "shuffle": False, "drop_last": False, "seed": 0, "threads": 1, "prefetch": 1}


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
            Loader(plan, images, np.zeros((2, 1), np.int64), **OPTIONS)


def test_fortran_order_is_refused_and_not_misread() -> None:
    plan = Plan([], 2, [2, 3], False)
    wrong: list[Any] = [
        lambda: plan(np.zeros((2, 3), np.uint8, order="F"), 0),
        lambda: Loader(plan, np.zeros((5, 2, 3), np.uint8, order="F"), np.zeros((5, 1), np.int64), **OPTIONS),
        lambda: Loader(plan, np.zeros((5, 2, 3), np.uint8), np.zeros((5, 2), np.int64, order="F"), **OPTIONS),
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
