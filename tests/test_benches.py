"""Benchmarks that check bytes: that they run, and that they notice."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import OFFICIAL

ROOT = Path(__file__).parents[1]
SMALL = ["--minutes", "0.001", "--images", "300"]


def run(*arguments: str, returncode: int = 0) -> list[str]:
    """Lines that a Python process printed, those of its errors last."""
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=200,
        cwd=ROOT,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == returncode, done.stdout + done.stderr
    return [*done.stdout.splitlines(), *done.stderr.splitlines()]


@pytest.mark.parametrize("command", [["benches/soak.py"], ["-m", "benches.soak"]])
def test_soak(command: list[str]) -> None:
    *epochs, last = run(*command, *SMALL)
    assert len(epochs) >= 4
    assert last == "clean: no byte differed and memory did not grow"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        # What a thread count must not do, and what memory must not.
        (
            "was = soak.begun; soak.begun = lambda loader, epoch: was(loader, epoch + (loader.num_workers == 4))",
            "epoch 0 is [0-9a-f]{8} on 1 thread and [0-9a-f]{8}.* on 4",
        ),
        (
            "soak.resident_megabytes = iter([50.0, 80.0, 100.0, 163.0, 165.0]).__next__",
            "memory grew by 65 MB after 3 epochs; allowed: 64 MB",
        ),
    ],
)
def test_soak_notices(change: str, message: str) -> None:
    code = f"import sys; from benches import soak; {change}; sys.argv[1:] = ['--minutes', '1', '--images', '300']"
    lines = run("-c", f"{code}; soak.main()", returncode=1)
    assert re.fullmatch(message, lines[-1])


def test_gpu_without_a_gpu() -> None:
    assert run("-m", "benches.gpu") == ["no GPU: nothing measured"]


def test_gpu_on_a_cpu() -> None:
    lines = run("-m", "benches.gpu", "--device", "cpu")
    assert [line.split(":")[0] for line in lines[3:8]] == [
        "ResNet-18 step, 28 pixels",
        "  of that",
        "ResNet-18 step, 32 pixels",
        "  of that",
        "pinned uint8 batches",
    ]
    assert [line for line in lines if "batches by the" in line] == [
        "20 batches by the loader's copies: none with other bytes than the set's",
        "20 batches by the user's copies: none with other bytes than the set's",
    ]


def test_saving_beside_medmnist() -> None:
    if not OFFICIAL.is_dir():
        pytest.skip(f"no official files: {OFFICIAL} is missing")
    lines = run("-m", "benches.saving", "--rounds", "1", "--root", str(OFFICIAL))
    assert re.match(r"1,600 PNG files in .*, identical pixels; \d\.\d\d MB, medmnist 2\.53 MB", lines[2])
    for line, name in zip(lines[3:], ("save, PNG", "montage, 2-D", "montage, 3-D"), strict=True):
        assert re.fullmatch(rf"{name}: [\d,.]+ ms, medmnist [\d,.]+ ms: \d+\.\d x; target >= 3 x: (met|MISSED)", line)


def test_a_stored_run_is_not_overwritten(tmp_path: Path) -> None:
    stored = tmp_path / "zen-4.2.json"
    stored.write_text("a run")
    *_, last = run("-m", "benches", "kernels", "--output", str(tmp_path / "zen-4.2"), returncode=2)
    assert last.endswith(f"{stored} is there already; name another, or remove it")
    assert stored.read_text() == "a run"
