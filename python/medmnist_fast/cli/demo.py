"""``medmnist-fast demo``."""

import os
import sys
import time
import warnings
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from medmnist_fast import phantoms
from medmnist_fast.catalog import INFO, check_flag, default_root, file_name, size_flag
from medmnist_fast.cli.options import Flag, Root
from medmnist_fast.dataset import DATASETS

if TYPE_CHECKING:
    from medmnist_fast.demo.training import Epoch, Trainer


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(epilog="Example: MEDMNIST_ROOT=data medmnist-fast demo --flag retinamnist --epochs 10")
    def demo(
        flag: Flag = "breastmnist",
        root: Root = None,
        size: Annotated[int, typer.Option(help="Pixels per side: 28, 64, 128 or 224; 28 or 64 in 3-D.")] = 28,
        epochs: Annotated[int, typer.Option(min=1, help="Passes over the training split.")] = 20,
        seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed of weights, order and transforms.")] = 0,
        out: Annotated[
            Path | None,
            typer.Option(help="Folder for result file and pictures.", show_default="demo/FLAG-N, the next free N"),
        ] = None,
    ) -> None:
        """Train a small network through the loader and score it.

        Without a data file in the default folder a small set of generated phantoms stands in.
        """
        for module in ("torch", "matplotlib"):
            if find_spec(module) is None:
                raise ImportError(f"demo needs {module}, which is not installed: pip install 'medmnist_fast[demo]'")
        size = DATASETS[check_flag(flag)].check_size(size)
        out = _output_folder(out, f"{flag}{size_flag(size)}")
        data = _find_data(root, flag, size)
        if data is None:
            data = phantoms.write(out / "phantoms", flag, size, seed=seed).parent
            url = INFO[flag][f"url{size_flag(size)}"]
            typer.echo(f"no {file_name(flag, size)} in {default_root()}; for the real set put it there from {url}")
            typer.echo(f"or give --root. This run trains on GENERATED PHANTOMS, not on medical images: {data}")
        run(flag, root=data, size=size, epochs=epochs, seed=seed, out=out, is_phantom=data.parent == out)


def run(flag: str, *, root: Path, size: int, epochs: int, seed: int, out: Path, is_phantom: bool) -> None:
    """Train, report, and write what came of it to ``out``."""
    from medmnist_fast.demo.pictures import save_curves, save_montage
    from medmnist_fast.demo.training import Trainer

    if is_phantom:
        # Whoever runs this has been told already.
        warnings.filterwarnings("ignore", ".* samples; the official file has")
    start = time.perf_counter()
    trainer = Trainer(flag, root=root, size=size, epochs=epochs, seed=seed)
    # Before the work, so that a folder that cannot be made does not cost it; after the data has proved readable.
    out.mkdir(parents=True, exist_ok=True)
    name = ("phantoms in the layout of " if is_phantom else "") + INFO[flag]["python_class"]
    counts = ", ".join(f"{len(loader.dataset)} {split}" for split, loader in trainer.loaders.items())
    typer.echo(f"{name} at {size} pixels ({counts}) on {trainer.device}, {epochs} epochs")
    history = _train(trainer)
    scores = trainer.predict("test")
    metrics = trainer.evaluators["test"].evaluate(scores, save_folder=out, run="phantoms" if is_phantom else "demo")
    title = f"{name}, {size} pixels: test AUC {metrics.AUC:.3f}, ACC {metrics.ACC:.3f}"
    save_montage(out / "montage.png", trainer.test, scores, title=title)
    save_curves(out / "curves.png", history, title=title)
    seconds = time.perf_counter() - start
    typer.echo(f"result file, montage.png and curves.png are in {out}; all of it took {seconds:.1f} s")
    typer.echo(f"test AUC {metrics.AUC:.3f} ACC {metrics.ACC:.3f}")


def _train(trainer: "Trainer") -> "list[Epoch]":
    history = []
    columns = (TextColumn("training"), BarColumn(), MofNCompleteColumn(), TextColumn("batches"), TimeRemainingColumn())
    # In a pipe the bar is left out and the lines below remain.
    with Progress(*columns, console=Console(), transient=True, disable=not sys.stdout.isatty()) as progress:
        task = progress.add_task("training", total=trainer.steps)
        for epoch in trainer.train(on_step=lambda: progress.advance(task)):
            history.append(epoch)
            line = (
                f"epoch {epoch.number:>3}  loss {epoch.loss:.4f}  val AUC {epoch.val.AUC:.3f} ACC {epoch.val.ACC:.3f}"
                f"  {epoch.images_per_second:>8,.0f} images/s  waiting for data {epoch.wait_share:.1%}"
            )
            progress.console.print(line, highlight=False, soft_wrap=True)
    return history


def _find_data(root: Path | None, flag: str, size: int) -> Path | None:
    """The folder to read; ``None`` if none was asked for and the default one has no such file."""
    folder = root or default_root()
    asked_for = root is not None or bool(os.environ.get("MEDMNIST_ROOT"))
    return folder if asked_for or (folder / file_name(flag, size)).exists() else None


def _output_folder(out: Path | None, name: str) -> Path:
    """The folder to write to, new or empty, so that nothing in it is overwritten."""
    if out is None:
        out = next(path for number in count(1) if not (path := Path("demo") / f"{name}-{number}").exists())
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FileExistsError(f"--out {out} exists and is not an empty folder; give a new or empty one")
    return out
