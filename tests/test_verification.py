"""`verify`, `prepare` and `clean`: what they find, make and remove, and nothing else."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import OFFICIAL
from tests.test_cli import cli

from medmnist_fast import phantoms, store
from medmnist_fast.catalog import INFO
from medmnist_fast.verification import Verification, verify


def silent(_: str):
    return lambda *_: None


def verified(path: Path, flag: str = "retinamnist") -> Verification:
    return verify(path, flag, 28, silent)


@pytest.fixture
def members() -> dict[str, np.ndarray]:
    """A set with the official counts and shapes."""
    return phantoms.generate("retinamnist", samples=INFO["retinamnist"]["n_samples"])


@pytest.fixture
def root(generated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two official files and one that is not."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for flag in ("breastmnist", "adrenalmnist3d"):
        shutil.copy(generated / f"{flag}.npz", tmp_path)
    (tmp_path / "my_mnist.npz").write_bytes(b"mine")
    return tmp_path


@pytest.mark.parametrize("compressed", [True, False])
def test_blank_and_duplicate_images_are_found(tmp_path: Path, members: dict[str, np.ndarray], compressed: bool) -> None:
    members["train_images"][7] = 200
    members["val_images"][3] = members["train_images"][10]
    members["test_images"][0] = members["train_images"][10]
    members["test_images"][5] = members["test_images"][6]
    path = tmp_path / "retinamnist.npz"
    (np.savez_compressed if compressed else np.savez)(path, **members)
    found = verified(path)
    assert found.blank == [("train", 7)]
    assert sorted(map(sorted, found.duplicates)) == [
        [("test", 0), ("train", 10), ("val", 3)],
        [("test", 5), ("test", 6)],
    ]
    assert found.across_splits == [group for group in found.duplicates if len(group) == 3]
    assert found.facts == {"train": (1080, 28, 28, 3), "val": (120, 28, 28, 3), "test": (400, 28, 28, 3)}
    assert [problem[:6] for problem in found.problems] == ["MD5 is"]


def test_every_problem_is_named(tmp_path: Path, members: dict[str, np.ndarray]) -> None:
    del members["val_labels"]
    members["extra"] = np.arange(3)
    members["train_images"] = members["train_images"][:-1]
    members["test_images"] = members["test_images"].astype(np.int16)
    members["test_labels"] = members["test_labels"][:, 0]
    path = tmp_path / "retinamnist.npz"
    np.savez_compressed(path, **members)
    content = bytearray(path.read_bytes())
    start = content.index(b"val_images.npy") + 5000
    content[start : start + 30] = bytes(30)
    path.write_bytes(content)
    problems = "\n".join(verified(path).problems)
    for sentence in (
        "MD5 is",
        "member 'val_labels' is missing",
        "member 'extra' is not one of the official ones",
        "train_images has shape (1079, 28, 28, 3), that of the official file is (1080, 28, 28, 3)",
        "test_images has dtype <i2",
        "test_labels has shape (400,), that of the official file is (400, 1)",
        'member "val_images" at byte',
    ):
        assert sentence in problems
    path.write_bytes(b"hello")
    assert "not an npz file" in verified(path).problems[-1]


def test_a_store_that_rotted_is_found(root: Path) -> None:
    path = root / "breastmnist.npz"
    store.open_store(path)
    decoded = root / "decoded" / path.name
    status = decoded.stat()
    content = bytearray(decoded.read_bytes())
    content[6000] ^= 1
    decoded.write_bytes(content)
    # As if nobody had written to it.
    os.utime(decoded, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert store.find(path) == decoded
    (problem,) = [problem for problem in verified(path, "breastmnist").problems if "decoded" in problem]
    assert 'member "train_images" at byte' in problem
    assert problem.endswith("`clean --decoded` removes the store")


@pytest.mark.skipif(not OFFICIAL.is_dir(), reason=f"no official files: {OFFICIAL} is missing")
def test_official_files_are_right() -> None:
    result = cli("verify", "--all", "--root", str(OFFICIAL))
    assert result.returncode == 0, result.stdout
    lines = result.stdout.splitlines()
    assert sum(": ok (train" in line for line in lines) == len(list(OFFICIAL.glob("*.npz")))
    # One image of the breast set is in the training and in the test split.
    assert lines.count("    identical: train[115], test[76]") == 2


def test_other_files_are_not(generated: Path) -> None:
    as_json = cli("verify", "--flag", "breastmnist", "--root", str(generated), "--json")
    assert as_json.returncode == 1
    (facts,) = json.loads(as_json.stdout)
    assert facts["path"] == str(generated / "breastmnist.npz")
    assert facts["problems"][0].startswith("MD5 is ")
    assert facts["shapes"]["val"] == [40, 28, 28]
    assert (facts["blank"], facts["identical"]) == ([], [])
    result = cli("verify", "--flag", "breastmnist", "--root", str(generated))
    assert result.returncode == 1
    assert "DAMAGED or not official" in result.stdout
    assert "problem: MD5 is" in result.stdout


def below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_prepare_and_clean(root: Path) -> None:
    before = below(root)
    first = cli("prepare", "--all", "--root", str(root))
    assert first.returncode == 0, first.stderr
    assert [line.split(":")[0] for line in first.stdout.splitlines()] == ["breastmnist.npz", "adrenalmnist3d.npz"]
    assert all(" MB in " in line and " MB/s) to " in line for line in first.stdout.splitlines())
    stores = {"decoded/breastmnist.npz", "decoded/adrenalmnist3d.npz"}
    assert below(root) == before | stores
    again = cli("prepare", "--flag", "breastmnist", "--size", "28", "--root", str(root))
    assert "up to date" in again.stdout
    mine = root / "decoded" / "mine.npz"
    mine.write_bytes(b"mine")
    # Left by a process that was killed.
    (root / "decoded" / "breastmnist_64.npz.part").write_bytes(b"half")
    asked = cli("clean", "--decoded", "--root", str(root))
    assert "Remove these 3 files (" in asked.stdout
    assert stores <= below(root)
    one = cli("clean", "--decoded", "--flag", "breastmnist", "--yes", "--root", str(root))
    assert "removed 2 files" in one.stdout
    cli("clean", "--decoded", "--yes", "--root", str(root))
    assert below(root) == before | {"decoded/mine.npz"}
    mine.unlink()
    cli("prepare", "--flag", "breastmnist", "--root", str(root))
    cli("clean", "--decoded", "--yes", "--root", str(root))
    assert not (root / "decoded").exists()
    assert "no decoded stores found" in cli("clean", "--decoded", "--root", str(root)).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prepare"], "give --flag FLAG for one data set, or --all"),
        (["prepare", "--flag", "nomnist"], "flag 'nomnist'; allowed: pathmnist"),
        (["prepare", "--flag", "breastmnist", "--size", "32"], "size 32; BreastMNIST comes in 28, 64, 128, 224"),
        (["prepare", "--flag", "pathmnist"], "pathmnist.npz"),
        (["prepare", "--all", "--size", "224"], "none of the official files asked for is in"),
        (["verify"], "give --flag FLAG for one data set, or --all"),
        (["verify", "--flag", "pathmnist"], "pathmnist.npz"),
        (["clean", "--decoded", "--flag", "nomnist"], "flag 'nomnist'"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(root: Path, arguments: list[str], message: str) -> None:
    before = below(root)
    result = cli(*arguments, "--root", str(root))
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert below(root) == before


def test_leftovers_are_only_those_of_the_file(root: Path) -> None:
    store.open_store(root / "breastmnist.npz")
    assert store.leftovers(root / "breastmnist.npz") == [root / "decoded" / "breastmnist.npz"]
    assert store.leftovers(root / "adrenalmnist3d.npz") == []
