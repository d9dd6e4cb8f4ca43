"""What benchmarks say of a contender's batch."""

from pathlib import Path

import numpy as np
import pytest
from benches.answers import judge
from benches.contenders import ours
from benches.process import ContenderError, Process
from benches.runner import measure
from benches.workloads import Workload
from numpy.typing import NDArray

FLOATS = Workload("bloodmnist", 28, "f32", batch_size=16)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small sets under the names of generated ones."""
    folder = tmp_path_factory.mktemp("sets")
    rng = np.random.default_rng(0)
    for flag, shape in {"bloodmnist": (28, 28, 3), "pneumoniamnist": (28, 28), "nodulemnist3d": (28, 28, 28)}.items():
        members = {
            f"{split}_images": rng.integers(0, 256, (64, *shape), np.uint8) for split in ("train", "val", "test")
        }
        members |= {f"{split}_labels": rng.integers(0, 2, (64, 1), np.uint8) for split in ("train", "val", "test")}
        np.savez(folder / f"{flag}.npz", **members)  # type: ignore[arg-type]
    return folder


def batch(workload: Workload, folder: Path) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """A right one."""
    images, labels = next(ours.open(workload, folder)())
    return np.asarray(images).copy(), np.asarray(labels).copy()


@pytest.mark.parametrize("flag", ["bloodmnist", "pneumoniamnist"])
@pytest.mark.parametrize(
    ("pipeline", "answer"),
    [("u8", "exact"), ("f32", "exact"), ("upscale", "exact"), ("decode", "exact"), ("crop_flip", "alike")],
)
def test_ours_is_right(flag: str, pipeline: str, answer: str, folder: Path) -> None:
    workload = Workload(flag, 28, pipeline, batch_size=16 if answer == "exact" else 64)  # type: ignore[arg-type]
    assert judge(workload, folder, *batch(workload, folder)) == answer


def test_volumes(folder: Path) -> None:
    for pipeline, answer in {"u8": "exact", "f32": "exact", "flip_turn": "exact up to flips and turns"}.items():
        workload = Workload("nodulemnist3d", 28, pipeline, batch_size=16)  # type: ignore[arg-type]
        assert judge(workload, folder, *batch(workload, folder)) == answer


def test_sets_that_hold_an_image_twice(tmp_path: Path) -> None:
    volumes = np.random.default_rng(0).integers(0, 2, (16, 28, 28, 28), np.uint8)
    volumes[8:] = volumes[:8]
    labels = np.repeat([[0], [1]], 8, axis=0).astype(np.uint8)
    np.savez(tmp_path / "nodulemnist3d.npz", train_images=volumes, train_labels=labels)
    workload = Workload("nodulemnist3d", 28, "u8", batch_size=16)
    assert judge(workload, tmp_path, volumes[:, None], labels) == "exact"
    assert judge(workload, tmp_path, volumes[:, None], labels[::-1]) == "exact"
    assert judge(workload, tmp_path, volumes[:, None], np.zeros(16)) == "WRONG: labels of others"
    thrice = np.concatenate([volumes[:1], volumes[8:], volumes[:7]])[:, None]
    assert (
        judge(workload, tmp_path, thrice, np.concatenate([[0], labels[8:, 0], labels[:7, 0]]))
        == "WRONG: an image twice"
    )


def test_volumes_are_known_however_they_are_turned(tmp_path: Path) -> None:
    volumes = np.random.default_rng(0).integers(0, 2, (2, 28, 28, 28), np.uint8)
    # As many ones in either, so that only their places tell which is which.
    volumes[1] = np.random.default_rng(1).permutation(volumes[0].ravel()).reshape(28, 28, 28)
    labels = np.array([[0], [1]], np.uint8)
    np.savez(tmp_path / "nodulemnist3d.npz", train_images=volumes, train_labels=labels)
    workload = Workload("nodulemnist3d", 28, "flip_turn", batch_size=2)
    for axes in ((1, 2), (1, 3), (2, 3)):
        turned = np.flip(np.rot90(volumes, 1, axes), axes[0])[:, None]
        batch = (turned / np.float32(255) - np.float32(0.5)) / np.float32(0.5)
        assert judge(workload, tmp_path, batch, labels) == "exact up to flips and turns"
        assert judge(workload, tmp_path, batch, labels[::-1]) == "WRONG: labels of others"
        assert judge(workload, tmp_path, np.roll(batch, 1, -1), labels) == "WRONG: images that are not in the set"


def test_wrong_answers_are_noticed(folder: Path) -> None:
    images, labels = batch(FLOATS, folder)
    assert judge(FLOATS, folder, images, labels) == "exact"
    assert judge(FLOATS, folder, images + np.float32(1e-4), labels) == "close: within 0.0001"
    assert judge(FLOATS, folder, images, 1 - labels) == "WRONG: labels of others"
    assert judge(FLOATS, folder, images[:-1], labels[:-1]).startswith("WRONG: float32 (15, 3, 28, 28) instead of")
    assert judge(FLOATS, folder, images.astype(np.float64), labels).startswith("WRONG: float64")
    assert judge(FLOATS, folder, images[:, ::-1], labels) == "WRONG: images that are not in the set"
    twice = np.concatenate([images[:1], images[:-1]])
    assert judge(FLOATS, folder, twice, labels) == "WRONG: an image twice"


def test_wrong_augmentation_is_noticed(folder: Path) -> None:
    workload = Workload("bloodmnist", 28, "crop_flip", batch_size=64)
    untouched, labels = batch(Workload("bloodmnist", 28, "f32", batch_size=64), folder)
    assert judge(workload, folder, untouched, labels).startswith("alike in shape only: values spread 0.5")
    assert judge(workload, folder, untouched * np.float32(2), labels) == "WRONG: values outside -1 to 1"


def test_rows_say_what_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benches.runner.ROUND_SECONDS", 0.01)
    import sys

    here = Path(sys.executable)
    contenders = {"ours": here, "numpy_volumes": here, "nobody": here, "ffcv": "needs Debian's libopencv-dev"}
    rows, curves = measure([(FLOATS, name, python) for name, python in contenders.items()], folder, 3)
    assert [(row.contender, row.status) for row in rows] == [
        ("ours", "ok"),
        ("numpy_volumes", "unsupported"),
        ("nobody", "failed"),
        ("ffcv", "absent"),
    ]
    assert len(rows[0].rates) == 3
    assert rows[0].answer == "exact"
    assert rows[0].rate > 0
    assert rows[1].why == "it is for volumes"
    assert "benches.contenders.nobody" in rows[2].why
    assert rows[3].why == "needs Debian's libopencv-dev"
    assert [curve.contender for curve in curves] == ["ours"]


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_process_that_dies(tmp_path: Path, is_gone: bool) -> None:
    import sys

    process = Process(Path(sys.executable), "ours")
    process.answer()
    process._process.kill()
    if is_gone:  # so that nobody reads the request; else it depends
        process._process.wait()
    with pytest.raises(ContenderError, match="its process ended with exit code -9"):
        process.ask(do="check", path=str(tmp_path / "batch.npz"))
    process.close()
