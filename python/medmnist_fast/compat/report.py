"""What was accelerated, what was not, and why."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from medmnist_fast._core import __version__
from medmnist_fast.dataset import MedMNIST


@dataclass
class Line:
    """Loaders of one kind of data set that were iterated over in one place, and came out alike.

    Attributes:
        reason: why torch's loader was left as it was; None where ours made the batches.
        passes: times that an iterator was asked for.
        batches: batches that ours yielded.
        seconds: in which ours was waited for, all preparations included.
    """

    reason: str | None
    passes: int = 0
    batches: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        passes = f"{self.passes:,} {'pass' if self.passes == 1 else 'passes'}"
        if self.reason is not None:
            return f"left to torch ({passes}): {self.reason}"
        return f"accelerated: {passes}, {self.batches:,} batches, {self.seconds:.3f} s of waiting for them"


@dataclass
class Report:
    """What happened while :func:`~medmnist_fast.compat.replaced` lasted.

    Attributes:
        has_medmnist: whether ``medmnist`` was imported.
        lines: by place and name of the data set and by reason.
    """

    has_medmnist: bool = False
    lines: dict[tuple[str, str, str | None], Line] = field(default_factory=dict)

    def line(self, place: str, dataset: str, reason: str | None) -> Line:
        """The line for a pass."""
        return self.lines.setdefault((place, dataset, reason), Line(reason))

    def __str__(self) -> str:
        medmnist = "in the place of medmnist" if self.has_medmnist else "not needed: medmnist was not imported"
        scope = "in this process; those that it started were left as they are"
        loaders = [f"DataLoader of {dataset} ({place}) {line}" for (place, dataset, _), line in self.lines.items()]
        return "\n  ".join(
            [f"medmnist_fast {__version__}, {medmnist} ({scope})", *(loaders or ["no DataLoader was iterated over"])]
        )


def name_of(dataset: Any) -> str:
    """A data set in a few words: its class, and of MedMNIST's also split and size."""
    from torch.utils.data import Subset

    name = type(dataset).__qualname__
    if type(dataset) is Subset:
        return f"{name} of {name_of(dataset.dataset)}"
    return f"{name}({dataset.split!r}, size={dataset.size})" if isinstance(dataset, MedMNIST) else name


def place_of_caller() -> str:
    """File and line of the nearest caller that is no installed library: of the script's loop, whatever wraps it."""
    frame: FrameType | None = sys._getframe(1)
    nearest = None
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if not _OURS.intersection(path.parents):
            nearest = nearest or frame
            if not {"site-packages", "dist-packages"}.intersection(path.parts):
                return f"{path.name}:{frame.f_lineno}"
        frame = frame.f_back
    return "unknown" if nearest is None else f"{Path(nearest.f_code.co_filename).name}:{nearest.f_lineno}"


_OURS = {Path(__file__).parent}
