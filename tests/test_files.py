"""New files are whole or not there; opening official ones is in test_dataset.py."""

from pathlib import Path

import pytest

from medmnist_fast.files import new_file


def write_half(path: Path, error: BaseException) -> None:
    with new_file(path) as file:
        file.write(b"half")
        raise error


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_failed_or_interrupted_write_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)):
        write_half(tmp_path / "new", error)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_exists_is_left_alone(tmp_path: Path) -> None:
    with new_file(tmp_path / "new") as file:
        file.write(b"first")
    with pytest.raises(FileExistsError):
        write_half(tmp_path / "new", OSError())
    assert (tmp_path / "new").read_bytes() == b"first"
