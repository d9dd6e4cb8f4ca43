"""What a run of the benchmarks measures, and beside whom."""

from pathlib import Path

import numpy as np
import pytest
from benches import environments, throughput
from benches.rows import MemoryCurve, Row, Run
from benches.workloads import Workload

PYTHON = Path("python")
CONTENDERS = dict.fromkeys((*environments.HERE, "isal"), PYTHON) | {"ffcv": "no OpenCV"}


def names(group: throughput.Group, threads: int) -> set[str]:
    """Contenders of a group at a number of threads."""
    return {name for workload, name, _ in group if workload.threads == threads}


def test_decoders_and_loaders_are_not_mixed() -> None:
    decode, volumes, images = (
        set(environments.for_workload(CONTENDERS, workload))
        for workload in (
            Workload("retinamnist", 28, "decode"),
            Workload("nodulemnist3d", 28, "f32"),
            Workload("bloodmnist", 28, "f32"),
        )
    )
    assert decode == {"ours", "numpy_load", "spdl", "isal"}
    assert volumes == set(CONTENDERS) - {"numpy_load", "isal"}
    assert images == volumes - {"numpy_volumes"}


def test_absent_peers_keep_their_reason() -> None:
    [(_, _, why)] = [turn for turn in throughput.at(throughput.RATED[0], CONTENDERS) if turn[1] == "ffcv"]
    assert why == "no OpenCV"


def test_what_is_compared_is_in_one_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    for group in throughput.groups(["decoding"], CONTENDERS):
        assert names(group, 1) == names(group, 2) == {"ours", "numpy_load", "spdl", "isal"}
        assert len({(workload.flag, workload.size) for workload, _, _ in group}) == 1
    groups = list(throughput.groups(["varied"], CONTENDERS))
    scaled = [group for group in groups if len({workload.threads for workload, _, _ in group}) > 1]
    assert [group[0][0] for group in scaled] == list(throughput.VARIED)
    for group in scaled:
        assert names(group, 1) == names(group, 4) == {"ours", "roof", "stock", "stock_workers", "ffcv"}
        assert names(group, 2) > names(group, 1)
    for group in (group for group in groups if group not in scaled):
        assert names(group, 2) == {"ours", "stock", "stock_workers", "ffcv"}
    assert {group[0][0].batch_size for group in groups} == {*throughput.BATCH_SIZES, 128}


def test_no_workload_is_measured_twice() -> None:
    groups = throughput.groups(["rates", "rest", "varied", "decoding"], CONTENDERS)
    turns = [(workload, name) for group in groups for workload, name, _ in group]
    assert len(turns) == len(set(turns))


def test_unknown_contenders() -> None:
    assert set(environments.of(["ours", "roof"], with_peers=False)) == {"ours", "roof"}
    with pytest.raises(SystemExit, match=r"no contender dali; allowed: ours, "):
        environments.of(["dali"], with_peers=False)
    assert set(environments.of(["dali"], with_peers=True)) == {"dali"}


def test_official_files_that_are_missing_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run("2026-01-01", "0", "", {}, 5)
    told: list[str] = []
    group = throughput.at(Workload("retinamnist", 28, "f32"), {"ours": PYTHON})
    throughput.measure([group], throughput.Folders(tmp_path, None), run, told.append, run.rows.clear)
    assert told == [
        "1 of 1: 28 RGB (retinamnist), f32, batch 128, 2 threads: no official file; give --root or set MEDMNIST_ROOT"
    ]
    assert not run.rows
    np.savez(tmp_path / "retinamnist.npz")
    measured = []

    def measure(group: throughput.Group, folder: Path, _: int) -> tuple[list[Row], list[MemoryCurve]]:
        measured.append((group, folder))
        return [], []

    monkeypatch.setattr("benches.runner.measure", measure)
    throughput.measure([group], throughput.Folders(tmp_path / "generated", tmp_path), run, told.append, run.rows.clear)
    assert told[-1] == "1 of 1: 28 RGB (retinamnist), f32, batch 128, 2 threads"
    assert measured == [(group, tmp_path)]


def test_generated_sets_have_the_official_layout(tmp_path: Path) -> None:
    folders = throughput.Folders(tmp_path, None)
    workload = Workload("nodulemnist3d", 28, "f32")
    assert folders.of(workload) == tmp_path
    with np.load(workload.path(tmp_path)) as archive:
        assert archive["train_images"].shape == (1_158, 28, 28, 28)
        assert archive["test_labels"].shape == (8, 1)
        assert set(archive) == {
            f"{split}_{kind}" for split in ("train", "val", "test") for kind in ("images", "labels")
        }
