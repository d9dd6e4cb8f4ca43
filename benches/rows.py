"""What was measured: a row for each contender and workload, and a run of them with its machine."""

import json
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from benches.workloads import Workload

OURS, ROOF, STOCK = "ours", "roof", "stock"
"""Names of the contenders that others are set beside."""

Status = Literal["ok", "unsupported", "absent", "failed"]
"""``unsupported``: the contender cannot do the workload; ``absent``: it could not be installed."""


@dataclass(frozen=True)
class Row:
    """One contender at one workload; ``why`` says what is missing where ``status`` is not ``ok``."""

    workload: Workload
    contender: str
    """The name of its module in ``benches/contenders``."""
    title: str
    versions: dict[str, str] = field(default_factory=dict)
    """Of the packages that it is made of."""
    status: Status = "ok"
    why: str = ""
    rates: list[float] = field(default_factory=list)
    """Images per second of each round."""
    cpu_seconds_per_million: float | None = None
    """Of all its processes and threads, per million images."""
    peak_rss_mb: float | None = None
    """Of its processes together, pages that they share counted once."""
    first_batch_seconds: float | None = None
    """From opening the set to a first batch, in a process that has imported what it needs."""
    answer: str = ""
    """What comparing a batch with the reference gave: begins with ``exact``, ``close``, ``alike`` or ``WRONG``."""

    @property
    def rate(self) -> float:
        """Median images per second."""
        return statistics.median(self.rates)

    @property
    def spread(self) -> float:
        """Half the interquartile range as a share of the median."""
        first, _, third = statistics.quantiles(self.rates, n=4)
        return (third - first) / 2 / self.rate

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """From JSON."""
        return cls(**{**values, "workload": Workload.from_dict(values["workload"])})


@dataclass(frozen=True)
class MemoryCurve:
    """Memory of a contender's processes over an epoch."""

    workload: Workload
    contender: str
    title: str
    seconds: list[float]
    rss_mb: list[float]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """From JSON."""
        return cls(**{**values, "workload": Workload.from_dict(values["workload"])})


@dataclass(frozen=True)
class Opening:
    """A way to open a set, in a fresh process that has imported what it needs."""

    title: str
    flag: str
    size: int
    megabytes: float
    """Of the training images, decoded."""
    open_seconds: float
    first_batch_seconds: float
    peak_rss_mb: float
    """Above what the process had before."""


@dataclass(frozen=True)
class Run:
    """All that one run of the benchmarks measured."""

    date: str
    commit: str
    """With ``+`` behind it where files differ from the commit."""
    machine: str
    versions: dict[str, str]
    rounds: int
    rows: list[Row] = field(default_factory=list)
    memory: list[MemoryCurve] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """As JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Self:
        """What :meth:`write` wrote."""
        values = json.loads(path.read_text(encoding="utf-8"))
        values["rows"] = [Row.from_dict(row) for row in values["rows"]]
        values["memory"] = [MemoryCurve.from_dict(curve) for curve in values["memory"]]
        values["openings"] = [Opening(**opening) for opening in values["openings"]]
        return cls(**values)
