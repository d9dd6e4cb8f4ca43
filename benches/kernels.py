"""One image operation at a time, one thread: ours beside Pillow, OpenCV and fast_image_resize (``cykooz-resizer``)."""

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
from cykooz_resizer import FilterType, ImageData, PixelType, ResizeAlg, ResizeOptions, Resizer
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.table import Table

from benches.interleave import interleave
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it
from medmnist_fast.transforms.base import compile_plan

SIZES = [(256, 32), (256, 224), (28, 224), (224, 64)]
COUNT = 16
"""Images per call of ours; peers are called once for each, as they are made to be."""

Pixels = NDArray[np.uint8]


def run(rounds: int, console: Console) -> None:
    """Measure and print."""
    cv2.setNumThreads(1)
    table = Table(
        title=f"bilinear resize of RGB images, one thread, microseconds per image; {rounds} interleaved rounds\n"
        "in brackets: bytes that differ from Pillow's",
        title_justify="left",
    )
    for column in ("", *CONTENDERS, "ours is"):
        table.add_column(column, justify="right" if column else "left")
    rng = np.random.default_rng(0)
    for side, target in SIZES:
        images = rng.integers(0, 256, (COUNT, side, side, 3), dtype=np.uint8)
        runs = {name: make(images, target) for name, make in CONTENDERS.items()}
        reference = np.stack(runs["Pillow"]())
        differ = {name: float(np.mean(np.stack(run()) != reference)) for name, run in runs.items()}
        timings = interleave({name: partial(run) for name, run in runs.items()}, rounds)
        times = {name: timing.median / COUNT * 1e6 for name, timing in timings.items()}
        cells = [f"{time:,.1f} ({differ[name]:.0%})" for name, time in times.items()]
        table.add_row(f"{side} to {target}", *cells, _verdict(times, differ))
    console.print(table)
    console.print(
        "OpenCV's INTER_LINEAR looks at four pixels however many there are: where it shrinks, it leaves most of the "
        "image out.\n",
        markup=False,
    )


def _verdict(times: dict[str, float], differ: dict[str, float]) -> str:
    faster = [name for name, time in times.items() if time < times["ours"]]
    if differ["ours"]:
        return "WRONG"
    return "the fastest" if not faster else f"slower than {', '.join(faster)}"


def ours(images: Pixels, target: int) -> Callable[[], list[Pixels]]:
    """The plan of a ``Resize``."""
    plan = compile_plan(T.Resize((target, target)), 2, images.shape[1:], to_rgb=False, channels_last=True)
    return lambda: list(plan(images, 0, 0, 0))


def pillow(images: Pixels, target: int) -> Callable[[], list[Pixels]]:
    """The reference."""
    pictures = [Image.fromarray(image) for image in images]
    return lambda: [np.asarray(picture.resize((target, target), Image.Resampling.BILINEAR)) for picture in pictures]


def opencv(images: Pixels, target: int, interpolation: int) -> Callable[[], list[Pixels]]:
    """``cv2.resize``."""

    def run() -> list[Pixels]:
        return [cv2.resize(image, (target, target), interpolation=interpolation) for image in images]

    return run


def fast_image_resize(images: Pixels, target: int) -> Callable[[], list[Pixels]]:
    """The Rust crate of that name, by its Python wheel."""
    side = images.shape[1]
    resizer, options = Resizer(), ResizeOptions(ResizeAlg.convolution(FilterType.bilinear))
    sources = [ImageData(side, side, PixelType.U8x3, image.tobytes()) for image in images]
    out = ImageData(target, target, PixelType.U8x3)

    def run() -> list[Pixels]:
        results = []
        for source in sources:
            resizer.resize(source, out, options)
            results.append(np.frombuffer(out.get_buffer(), np.uint8).reshape(target, target, 3))
        return results

    return run


CONTENDERS: dict[str, Callable[[Pixels, int], Callable[[], list[Pixels]]]] = {
    "ours": ours,
    "Pillow": pillow,
    "cv2 INTER_LINEAR": partial(opencv, interpolation=cv2.INTER_LINEAR),
    "cv2 INTER_AREA": partial(opencv, interpolation=cv2.INTER_AREA),
    "fast_image_resize": fast_image_resize,
}
