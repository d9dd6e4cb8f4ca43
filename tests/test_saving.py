"""``save``: files of pictures and a table of labels."""

import os
import stat
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import medmnist_fast as mf
from medmnist_fast import _core


def small(root: Path, flag: str = "retinamnist", split: str = "val", samples: int = 6) -> Any:
    dataset = getattr(mf, mf.INFO[flag]["python_class"])(split, root=root)
    dataset.imgs, dataset.labels = dataset.imgs[:samples], dataset.labels[:samples]
    return dataset


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.tuples(st.integers(1, 9), st.integers(1, 70), st.integers(1, 70)),
    is_rgb=st.booleans(),
    levels=st.sampled_from([1, 2, 256]),
    threads=st.integers(0, 3),
    seed=st.integers(0, 99),
)
def test_png_files_decode_to_the_pixels(
    tmp_path: Path, shape: tuple[int, int, int], is_rgb: bool, levels: int, threads: int, seed: int
) -> None:
    images = np.random.default_rng(seed).integers(0, levels, (*shape, *([3] if is_rgb else [])), np.uint8)
    paths = [tmp_path / f"{index}.png" for index in range(shape[0])]
    _core.write_pngs(images, paths, threads)
    for path, image in zip(paths, images, strict=True):
        with Image.open(path) as found:
            assert found.mode == ("RGB" if is_rgb else "L")
            assert np.array_equal(found, image)


def test_bad_arguments_of_the_engine(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"images of shape \[2, 3, 4, 5\]; allowed: \(N, H, W\) and \(N, H, W, 3\)"):
        _core.write_pngs(np.zeros((2, 3, 4, 5), np.uint8), [tmp_path / "a", tmp_path / "b"], 1)
    with pytest.raises(ValueError, match="12 bytes are not 2 images of"):
        _core.write_pngs(np.zeros((1, 3, 4), np.uint8), [tmp_path / "a", tmp_path / "b"], 1)
    assert not files(tmp_path)


def test_twice_is_once(generated: Path, tmp_path: Path) -> None:
    for _ in range(2):
        for split in ("train", "val", "test"):
            small(generated, split=split).save(tmp_path)
        if not (tmp_path / "first").exists():
            (tmp_path / "first").write_bytes((tmp_path / "retinamnist.csv").read_bytes())
    lines = (tmp_path / "retinamnist.csv").read_text().splitlines()
    assert (tmp_path / "first").read_text().splitlines() == lines
    assert len(lines) == 18
    assert [line.split(",")[0] for line in lines[::6]] == ["TRAIN", "VALIDATION", "TEST"]


def test_only_the_rows_of_the_split_are_replaced(generated: Path, tmp_path: Path) -> None:
    table = tmp_path / "retinamnist.csv"
    mine = ["# mine\r\n", "TRAIN,train0_1.png,1\n", "VALIDATION,other0_1.png,1\n", "VALIDATION,val1_x.png,good\n"]
    table.write_bytes(
        "".join([mine[0], "VALIDATION,val0_4.jpg,4\n", *mine[1:], "VALIDATION,val9_2.png,2\n", "é"]).encode()
    )
    val = small(generated, samples=2)
    val.save(tmp_path)
    rows = [f"VALIDATION,val{i}_{val.labels[i, 0]}.png,{val.labels[i, 0]}\n" for i in range(2)]
    assert table.read_bytes().decode() == "".join([mine[0], *rows, *mine[1:], "é"])
    small(generated, split="test", samples=1).save(tmp_path)
    label = small(generated, split="test").labels[0, 0]
    assert table.read_bytes().decode().endswith(f"é\nTEST,test0_{label}.png,{label}\n")


def test_labels_without_columns_and_no_samples(generated: Path, tmp_path: Path) -> None:
    val = small(generated, samples=2)
    val.labels = np.array([3, 12])
    val.save(tmp_path)
    assert (tmp_path / "retinamnist.csv").read_text() == "VALIDATION,val0_3.png,3\nVALIDATION,val1_12.png,12\n"
    small(generated, samples=0).save(tmp_path)
    assert (tmp_path / "retinamnist.csv").read_text() == ""


def test_nothing_else_is_touched(generated: Path, tmp_path: Path) -> None:
    folder = tmp_path / "retinamnist"
    folder.mkdir()
    mine = {"retinamnist/val0.png": b"mine", "retinamnist/train0_0.png": b"mine", "notes.csv": b"mine"}
    for name, content in mine.items():
        (tmp_path / name).write_bytes(content)
    small(generated).save(tmp_path, write_csv=False)
    found = files(tmp_path)
    assert found.items() >= mine.items()
    assert len(found) == len(mine) + 6
    assert "retinamnist.csv" not in found


def test_without_room_the_old_table_stays(generated: Path, tmp_path: Path) -> None:
    (tmp_path / "retinamnist.csv").write_bytes(b"mine\n")
    (tmp_path / "retinamnist").mkdir()
    val = small(generated)
    # A folder where the last image should go.
    blocked = tmp_path / "retinamnist" / f"val5_{val.labels[5, 0]}.png"
    blocked.mkdir()
    with pytest.raises(OSError, match="val5_"):
        val.save(tmp_path)
    assert (tmp_path / "retinamnist.csv").read_bytes() == b"mine\n"
    assert blocked.is_dir()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions bind neither root nor Windows")
def test_a_folder_that_cannot_be_written_to(generated: Path, tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(PermissionError):
        small(generated).save(tmp_path / "new")


@pytest.mark.parametrize("postfix", ["jpg", "bmp", "tiff", "PNG"])
def test_other_formats(generated: Path, tmp_path: Path, postfix: str) -> None:
    val = small(generated)
    val.save(tmp_path, postfix)
    for index, image in enumerate(val.imgs):
        with Image.open(tmp_path / "retinamnist" / f"val{index}_{val.labels[index, 0]}.{postfix}") as found:
            assert found.size == (28, 28)
            assert postfix == "jpg" or np.array_equal(found, image)


@pytest.mark.parametrize(
    ("flag", "change", "postfix", "error", "message"),
    [
        ("retinamnist", {}, "npy", ValueError, r"postfix 'npy'; allowed: one that Pillow writes, .*bmp.*png"),
        ("retinamnist", {}, ".png", ValueError, "without a dot"),
        ("retinamnist", {}, "../png", ValueError, "postfix"),
        ("organmnist3d", {}, "png", ValueError, "postfix 'png'; allowed for volumes: 'gif'"),
        ("retinamnist", {"imgs": np.zeros((6, 28, 28, 3))}, "png", TypeError, "images of float64; allowed: uint8"),
        ("retinamnist", {"labels": np.zeros((5, 1), int)}, "png", ValueError, "6 images and 5 labels"),
    ],
)
def test_bad_input_writes_nothing(
    generated: Path,
    tmp_path: Path,
    flag: str,
    change: dict[str, Any],
    postfix: str,
    error: type[Exception],
    message: str,
) -> None:
    dataset = small(generated, flag)
    for name, value in change.items():
        setattr(dataset, name, value)
    with pytest.raises(error, match=message):
        dataset.save(tmp_path / "new", postfix)
    assert not (tmp_path / "new").exists()
