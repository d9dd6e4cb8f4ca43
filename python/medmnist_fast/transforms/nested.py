"""Transforms made of transforms."""

from collections.abc import Sequence

from medmnist_fast import _core
from medmnist_fast.transforms.base import Transform, checked


class _Nested(Transform):
    """Something with ``transforms``, printed as torchvision prints it."""

    transforms: list[Transform]

    def _branches(self) -> list[list[_core.Step]]:
        return [transform.steps() for transform in self.transforms]

    def _head(self) -> str:
        return ""

    def __repr__(self) -> str:
        lines = "".join(f"\n    {transform!r}" for transform in self.transforms)
        return f"{type(self).__name__}({self._head()}{lines}\n)"


class Compose(_Nested):
    """Several transforms in a row, as ``torchvision.transforms.Compose``."""

    def __init__(self, transforms: Sequence[Transform]) -> None:
        self.transforms = [checked(transform) for transform in transforms]

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [step for transform in self.transforms for step in transform.steps()]

    def parts(self) -> list[Transform]:  # noqa: D102 - see Transform
        return [part for transform in self.transforms for part in transform.parts()]


class RandomApply(_Nested):
    """All of ``transforms`` with probability ``p``, or none, as ``torchvision.transforms.RandomApply``.

    They must not change the sample's shape, nor its type.
    """

    def __init__(self, transforms: Sequence[Transform], p: float = 0.5) -> None:
        self.transforms = [checked(transform) for transform in transforms]
        self.p = float(p)
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.random_apply(self.p, Compose(self.transforms).steps())]

    def _head(self) -> str:
        return f"\n    p={self.p}"


class RandomChoice(_Nested):
    """One of ``transforms``, by the weights ``p``, as ``torchvision.transforms.RandomChoice``.

    Whichever it is, the sample's shape must be the same afterwards.
    """

    def __init__(self, transforms: Sequence[Transform], p: Sequence[float] | None = None) -> None:
        self.transforms = [checked(transform) for transform in transforms]
        self.p = None if p is None else [float(weight) for weight in p]
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        weights = [1.0] * len(self.transforms) if self.p is None else self.p
        return [_core.Step.random_choice(weights, self._branches())]

    def _head(self) -> str:
        return f"\n    p={self.p}"


class RandomOrder(_Nested):
    """All of ``transforms`` in random order, as ``torchvision.transforms.RandomOrder``.

    None of them may change the sample's shape.
    """

    def __init__(self, transforms: Sequence[Transform]) -> None:
        self.transforms = [checked(transform) for transform in transforms]
        self.steps()

    def steps(self) -> list[_core.Step]:  # noqa: D102 - see Transform
        return [_core.Step.random_order(self._branches())]
