"""``medmnist-fast bench``: what it says, not how fast anything is."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_cli import cli

import medmnist_fast as mf
from medmnist_fast import benchmark
from medmnist_fast.benchmark import Measured, Stock, Task, check, what_limits

QUICK = ("--seconds=0.05", "--threads=2", "--batch-size=16")


def test_plain_lines_in_a_pipe(generated: Path) -> None:
    found = cli("bench", "--flag", "retinamnist", "--root", str(generated), *QUICK)
    assert found.returncode == 0, found.stderr
    assert "\x1b" not in found.stdout
    assert "retinamnist train, 50 of 28 pixels" in found.stdout
    assert "ToTensor, Normalize(0.5, 0.5); batches of 16; 5 interleaved rounds" in found.stdout
    rows = [line.split("  ")[0].strip() for line in found.stdout.splitlines() if " ±" in line]
    assert rows == [
        "medmnist_fast, 2 threads",
        "medmnist_fast, 1 thread",
        "torch DataLoader, 0 workers",
        "torch DataLoader, 2 workers",
        "roof, 2 threads",
    ]
    assert [line.split()[-1] for line in found.stdout.splitlines() if line.startswith("medmnist_fast, 2")] == ["exact"]
    *_, about, _, last = found.stdout.splitlines()
    assert about == "torch DataLoader: of medmnist's items; roof: a bare loop that only moves the pixels"
    assert last.startswith("what limits: ")
    assert "warning: " in found.stderr


@pytest.mark.parametrize(
    ("flag", "transform", "answer"),
    [
        ("breastmnist", "plain", "exact"),
        ("breastmnist", "trivial", "alike"),
        ("nodulemnist3d", "f32", "exact"),
        ("nodulemnist3d", "flip-rotate", "alike"),
    ],
)
def test_json_of_generated_images(flag: str, transform: str, answer: str) -> None:
    options = ("--flag", flag, "--synthetic", "--json", "--split=val", "--transform", transform)
    result = cli("bench", *options, *QUICK)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    about = {"flag": flag, "size": 28, "split": "val", "synthetic": True, "transform": transform, "batch_size": 16}
    assert about.items() <= found.items()
    assert found["images"] == mf.INFO[flag]["n_samples"]["val"]
    assert (found["threads"], found["rounds"], found["seconds"], found["answer"]) == (2, 5, 0.05, answer)
    contenders = {one["name"]: one for one in found["contenders"]}
    assert list(contenders) == ["ours", "ours_1_thread", "stock", "stock_workers", "roof"]
    for one in contenders.values():
        assert len(one["rates"]) == 5
        assert min(one["rates"]) <= one["rate"] <= max(one["rates"])
        assert one["spread"] >= 0
    assert contenders["roof"]["cpu_seconds_per_million"] is None
    assert contenders["stock"]["cpu_seconds_per_million"] > 0
    assert contenders["stock"]["title"] == "torch DataLoader, 0 workers"
    assert found["items"] == "items as medmnist makes them"
    assert 0 <= found["wait_share"] <= 1
    assert found["versions"]["medmnist_fast"] == mf.__version__


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    missing = cli("bench", "--flag=pathmnist", "--size=64", "--root", str(tmp_path))
    assert missing.returncode == 2
    assert missing.stdout == ""
    assert missing.stderr == (
        f"error: no file {tmp_path / 'pathmnist_64.npz'}; give --root, or fetch it (medmnist-fast download --flag "
        "pathmnist --size 64); --synthetic measures generated images of the same layout, in memory\n"
    )


def test_bad_input() -> None:
    for arguments, message in [
        (("--transform=blur",), "error: transform 'blur'; allowed for images: plain, f32, crop-flip, trivial\n"),
        (("--flag=nodulemnist3d", "--transform=trivial"), "allowed for volumes: plain, f32, flip-rotate\n"),
        (("--size=29",), "error: size 29; BreastMNIST comes in 28, 64, 128, 224\n"),
        (("--flag=x",), "error: "),
        (("--split=all",), "error: split 'all'"),
        (("--batch-size=0",), "--batch-size"),
    ]:
        result = cli("bench", "--synthetic", *arguments)
        assert result.returncode == 2
        assert message in result.stderr
        assert "Traceback" not in result.stderr
    assert "Example:" in cli("bench", "--help").stdout


@pytest.mark.parametrize("missing", ["torch", "torchvision"])
def test_without_torch_or_torchvision_it_says_so_and_goes_on(missing: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None; from medmnist_fast.cli import main\n"
        "sys.argv[1:] = ['bench', '--synthetic', '--seconds=0.01', '--split=val', '--threads=1']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    for workers in ("0 workers", "1 worker"):
        sentence = f"torch DataLoader, {workers}: not measured, {missing} is not installed\n"
        assert sentence in done.stdout
    rows = [line for line in done.stdout.splitlines() if "±" in line]
    assert [row.split("  ")[0].strip() for row in rows] == [
        "medmnist_fast, 1 thread",
        "roof, 1 thread",
    ]
    assert rows[0].split()[-1] == "exact"


def _task(transform: str = "f32", *, spatial_dims: int = 2) -> Task:
    shape = (9, 28, 28, 3) if spatial_dims == 2 else (9, 8, 8, 8)
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    return Task(images, spatial_dims, transform, 4, 2)


class _Broken(Task):
    """Batches as a broken loader would make them."""

    change: Any

    def loader(self, threads: int, count: int) -> Iterator[Any]:  # type: ignore[override]
        return ((self.change(images), labels) for images, labels in super().loader(threads, count))


def _swapped(images: Any) -> Any:
    return images[[1, 0, 2, 3]]


def _one_value(images: Any) -> Any:
    images = images.clone()
    images[0, 0, 0, 0] += 2.0**-23
    return images


def _half(images: Any) -> Any:
    return images.half()


def _no_axis(images: Any) -> Any:
    return images[:, 0]


@pytest.mark.parametrize("change", [_swapped, _one_value, _half, _no_axis])
def test_a_wrong_batch_is_noticed(change: Any) -> None:
    task = _task()
    assert check(task, Stock(task)) == "exact"
    broken = _Broken(task.images, 2, "f32", 4, 2)
    object.__setattr__(broken, "change", change)
    assert check(broken, Stock(task)) == "WRONG"


def test_a_random_batch_out_of_range_is_noticed() -> None:
    task = _task("crop-flip")
    assert check(task, Stock(task)) == "alike"
    broken = _Broken(task.images, 2, "crop-flip", 4, 2)
    object.__setattr__(broken, "change", lambda images: images * 3)
    assert check(broken, Stock(task)) == "WRONG"


def test_a_wrong_answer_ends_with_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from medmnist_fast.cli import app

    wrong = benchmark.Benchmark(
        {"ours": Measured("ours", "medmnist_fast", [1.0, 2.0, 3.0])}, "WRONG", 0.5, "nothing", "items"
    )
    monkeypatch.setattr(benchmark, "measure", lambda *_: wrong)
    result = CliRunner().invoke(app, ["bench", "--synthetic", "--split=val"])
    assert result.exit_code == 1
    assert "WRONG" in result.output


@pytest.mark.parametrize("spatial_dims", [2, 3])
@pytest.mark.parametrize("transform", ["plain", "f32"])
def test_the_reference_of_torch_and_of_numpy_are_one(
    transform: str, spatial_dims: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = _task(transform, spatial_dims=spatial_dims)
    with_torch = Stock(task)
    references = [with_torch.reference(task, index) for index in range(9)]
    monkeypatch.setitem(sys.modules, "torch", None)
    without = Stock(task)
    assert (with_torch.why, without.why) == ("", "torch is not installed")
    for index, expected in enumerate(references):
        found = without.reference(task, index)
        assert expected.dtype == found.dtype == task.dtype
        assert np.array_equal(expected, found)


def test_median_and_spread() -> None:
    one = Measured("ours", "ours", [10.0, 40.0, 20.0, 30.0, 50.0])
    assert (one.rate, one.spread) == (30.0, (40 - 20) / 2 / 30)


def test_what_limits_follows_from_the_figures() -> None:
    figures: dict[str, Any] = {"rate": 50, "one": 26, "roof": 100, "threads": 2, "wait_share": 0.9, "busy": 2.0}
    for changes, begins in [
        ({"rate": 85}, "moving the pixels: the rate is 85% of the roof"),
        ({}, "the work on the pixels: 2 threads are 1.92 times as fast as one, so more CPUs would help; 50%"),
        ({"one": 45}, "what threads share, such as memory bandwidth, or CPUs"),
        ({"wait_share": 0.1}, "taking the batches: the loop that takes batches waited in 10% of its time only"),
        ({"busy": 0.9}, "neither pixels nor memory: 0.90 CPUs worked for it, of 2 that its threads could use"),
        ({"busy": None}, "the work on the pixels"),
        ({"one": None, "threads": 1, "busy": 1.0}, "the work of one thread: the loop that takes batches waited in 90%"),
        ({"one": None, "threads": 0, "busy": 1.0, "wait_share": 0.0}, "the work of one thread"),
    ]:
        assert what_limits(**figures | changes).startswith(begins)
