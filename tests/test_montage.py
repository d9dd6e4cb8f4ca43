"""``montage``: what is chosen, and what is refused. ``test_against_medmnist.py`` compares the pictures."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import medmnist_fast as mf


@pytest.fixture
def train(generated: Path) -> Any:
    return mf.RetinaMNIST("train", root=generated)


def test_a_seed_names_the_choice(train: Any) -> None:
    state = np.random.get_state()[1].copy()  # noqa: NPY002 - which is to stay as it is
    first, again, other = (np.asarray(train.montage(5, seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(first, train.montage(5, rng=np.random.default_rng(1)))
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_every_tile_is_a_sample_and_none_comes_twice(train: Any) -> None:
    square = np.asarray(train.montage(7, seed=0))
    assert square.shape == (196, 196, 3)
    tiles = square.reshape(7, 28, 7, 28, 3).swapaxes(1, 2).reshape(49, 28, 28, 3)
    matches = (tiles[:, None] == train.imgs).all(axis=(2, 3, 4))
    assert (matches.sum(axis=1) == 1).all()
    assert (matches.sum(axis=0) <= 1).all()


def test_it_shrinks_to_what_there_is_and_says_so(train: Any) -> None:
    with pytest.warns(
        UserWarning, match="50 samples are fewer than 20 by 20: the montage is 7 by 7; replace=True"
    ) as found:
        assert train.montage().size == (196, 196)
    assert found[0].filename == __file__
    assert train.montage(replace=True).size == (560, 560)
    train.imgs = train.imgs[:1]
    with pytest.warns(UserWarning, match="the montage is 1 by 1"):
        assert np.array_equal(train.montage(), train.imgs[0])


def test_it_is_saved_in_a_new_folder_and_over_the_last_one(train: Any, tmp_path: Path) -> None:
    for seed in (0, 1):
        train.montage(3, save_folder=tmp_path / "a" / "b", seed=seed)
    (path,) = (tmp_path / "a" / "b").iterdir()
    assert path.name == "retinamnist_train_montage.jpg"
    train.montage(3, save_folder=str(tmp_path), seed=1)
    assert path.read_bytes() == (tmp_path / path.name).read_bytes()


def test_volumes(generated: Path, tmp_path: Path) -> None:
    val = mf.OrganMNIST3D("val", root=generated)
    frames = val.montage(3, save_folder=tmp_path, seed=4)
    assert len(frames) == 28
    assert all(frame.mode == "L" and frame.size == (84, 84) for frame in frames)
    with Image.open(tmp_path / "organmnist3d_val_montage.gif") as image:
        assert (image.n_frames, image.info["duration"], image.info["loop"]) == (28, 200, 0)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"length": 0}, ValueError, "length = 0; allowed: a whole number of at least 1"),
        ({"length": 2.5}, TypeError, "length = 2.5; allowed"),
        ({"seed": -1}, ValueError, "seed = -1; allowed"),
        ({"seed": 1, "rng": np.random.default_rng()}, ValueError, "seed = 1 and rng = .*; allowed: one of them"),
        ({"rng": 3}, TypeError, "rng of int; allowed: numpy.random.Generator or RandomState"),
    ],
)
def test_bad_arguments(train: Any, arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        train.montage(**{"length": 3} | arguments)


def test_nothing_to_draw(train: Any) -> None:
    train.imgs = train.imgs[:0]
    with pytest.raises(ValueError, match="a montage of 0 samples; allowed: at least 1"):
        train.montage()
