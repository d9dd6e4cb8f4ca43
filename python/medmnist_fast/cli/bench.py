"""``medmnist-fast bench``."""

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from medmnist_fast import _core
from medmnist_fast.catalog import INFO, check_flag, check_split, default_root, file_name
from medmnist_fast.cli.options import Flag, Root, plain_warnings
from medmnist_fast.dataset import DATASETS

if TYPE_CHECKING:
    from medmnist_fast.benchmark import Benchmark

_GENERATED_BYTES = 256 << 20
"""Of ``--synthetic`` images at most: more than caches hold."""
_READ_BY_MEDMNIST = 1 << 30
"""Bytes of images up to which medmnist too opens the file: np.load takes five seconds and as much memory again."""
_PACKAGES = ("medmnist_fast", "medmnist", "torch", "torchvision", "numpy", "pillow")


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(epilog="Example: medmnist-fast bench --flag pathmnist --root data --transform crop-flip")
    def bench(
        *,
        flag: Flag = "breastmnist",
        size: Annotated[int | None, typer.Option(help="Pixels per side.", show_default="28")] = None,
        split: Annotated[str, typer.Option(help="train, val or test.")] = "train",
        root: Root = None,
        batch_size: Annotated[int, typer.Option(min=1, help="Images per batch.")] = 128,
        threads: Annotated[
            int | None, typer.Option(min=0, max=1024, help="Of our loader.", show_default="one per CPU")
        ] = None,
        transform: Annotated[
            str, typer.Option(help="plain, f32, crop-flip or trivial; of volumes plain, f32 or flip-rotate.")
        ] = "f32",
        seconds: Annotated[
            float, typer.Option(min=0.01, max=60, help="Of a round of each contender; there are five.")
        ] = 0.5,
        synthetic: Annotated[
            bool, typer.Option("--synthetic", help="Random pixels in the set's layout, made in memory.")
        ] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        """Measure images per second here, on your data: our loader, torch's, and what moving the pixels costs.

        The roof is a bare loop that gathers, converts and writes as many pixels.

        The exit code is 1 if a batch of ours is not what the reference gives.
        """
        # Not above: they import the loader, which other commands do not need.
        from medmnist_fast.benchmark import ROUNDS, Stock, Task, measure

        dataset = DATASETS[check_flag(flag)]
        pixels = dataset.check_size(size)
        check_split(split)
        number = _core.available_parallelism() if threads is None else threads
        path = (root or default_root()) / file_name(flag, pixels)
        if not synthetic and not path.exists():
            raise FileNotFoundError(
                f"no file {path}; give --root, or fetch it (medmnist-fast download --flag {flag} --size {pixels}); "
                "--synthetic measures generated images of the same layout, in memory"
            )
        with plain_warnings():
            if synthetic:
                images = _generated(flag, pixels, split)
            else:
                images = dataset(split, root=path.parent, size=pixels).imgs
            task = Task(images, dataset.spatial_dims, transform, batch_size, number)
            can_medmnist = not synthetic and find_spec("medmnist") is not None and images.nbytes <= _READ_BY_MEDMNIST

            def medmnist(transform: Any) -> Any:
                import medmnist

                cls = getattr(medmnist, INFO[flag]["python_class"])
                return cls(split=split, root=str(path.parent), size=pixels, transform=transform)

            stock = Stock(task, medmnist if can_medmnist else None)
            # On a terminal only.
            with Console(stderr=True).status("warming up") as status:
                found = measure(
                    task, stock, seconds, lambda done, rounds: status.update(f"round {done + 1} of {rounds}")
                )
        about = {
            "machine": _machine(),
            "versions": _versions(),
            "flag": flag,
            "size": pixels,
            "split": split,
            "images": len(images),
            "synthetic": synthetic,
            "transform": transform,
            "batch_size": batch_size,
            "threads": number,
            "rounds": ROUNDS,
            "seconds": seconds,
        }
        if as_json:
            typer.echo(json.dumps(about | found.as_dict(), indent=2, ensure_ascii=False, allow_nan=False))
        else:
            _print(about, found)
        if found.answer == "WRONG":
            raise typer.Exit(1)


def _generated(flag: str, size: int, split: str) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """As many as the official split has, or as many as fit."""
    info = INFO[flag]
    shape = (size,) * DATASETS[flag].spatial_dims + ((3,) if info["n_channels"] == 3 else ())
    count = min(info["n_samples"][split], max(1, _GENERATED_BYTES // int(np.prod(shape))))
    return np.random.default_rng(0).integers(0, 256, (count, *shape), dtype=np.uint8)


def _print(about: dict[str, Any], found: "Benchmark") -> None:
    from medmnist_fast.benchmark import TITLES

    # In a pipe lines are as long as they are.
    console = Console(width=None if Console().is_terminal else 400, highlight=False)
    typer.echo(about["machine"])
    typer.echo(", ".join(f"{name} {number}" for name, number in about["versions"].items()))
    what = "generated images in the layout of " if about["synthetic"] else ""
    table = Table(
        title=f"{what}{about['flag']} {about['split']}, {about['images']:,} of {about['size']} pixels\n"
        f"{TITLES[about['transform']]}; batches of {about['batch_size']}; {about['rounds']} interleaved rounds",
        title_justify="left",
        pad_edge=False,
        box=SIMPLE if console.is_terminal else None,
    )
    table.add_column("", no_wrap=True)
    for column in ("images/s", "spread", "ours is", "CPU-s/M", "answer"):
        table.add_column(column, justify="right")
    ours = found.contenders["ours"].rate
    absent = []
    for name, one in found.contenders.items():
        if one.why:
            absent.append(f"{one.title}: not measured, {one.why}")
            continue
        cpu = one.cpu_seconds_per_million
        table.add_row(
            escape(one.title),
            f"{one.rate:,.0f}",
            f"±{one.spread:.0%}",
            "" if name == "ours" else _times(ours / one.rate),
            "-" if cpu is None else f"{cpu:,.1f}",
            found.answer if name == "ours" else "",
        )
    console.print(table)
    for sentence in absent:
        typer.echo(sentence)
    typer.echo(f"torch DataLoader: of {found.items}; roof: a bare loop that only moves the pixels")
    typer.echo("CPU-s/M: CPU-seconds per million images, all threads and processes")
    typer.echo(f"what limits: {found.limits}")


def _times(ratio: float) -> str:
    return f"{ratio:,.0f} x" if ratio >= 10 else f"{ratio:.2f} x"


def _machine() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or "unknown processor"
    cpus = f"{_core.available_parallelism()} of {os.cpu_count()} CPUs"
    return f"{processor}, {cpus}, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def _versions() -> dict[str, str]:
    """Of the packages that are installed."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
