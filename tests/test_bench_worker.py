"""What a contender's process times."""

import weakref
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from benches.worker import _Loads
from benches.workloads import Workload


class Passes:
    """A contender whose passes are one batch of 5 images each; it remembers whether the last one was alive still."""

    def __init__(self) -> None:
        self.count = 0
        self.found_alive: list[bool] = []
        self._last: Any = lambda: None

    def __call__(self) -> Iterator[tuple[Any, Any]]:
        self.found_alive.append(self._last() is not None)
        images = np.zeros((5, 2), np.uint8)
        self._last = weakref.ref(images)
        self.count += 1
        yield images, np.zeros(5)


@pytest.mark.parametrize(("pipeline", "untimed"), [("decode", 1), ("f32", 0)])
def test_a_round_of_decoding_begins_with_a_pass_that_is_not_counted(pipeline: Any, untimed: int) -> None:
    passes = Passes()
    loads = _Loads(SimpleNamespace(open=lambda *_: passes))
    loads.open(Workload("pathmnist", 224, pipeline).as_dict(), "")
    before = passes.count
    reply = loads.round(0.01)
    assert reply["images"] == 5 * (passes.count - before - untimed) > 0
    assert not any(passes.found_alive)
