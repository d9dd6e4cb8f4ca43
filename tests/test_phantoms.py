"""Generated sets have the official layout, every class, and something to learn."""

from pathlib import Path

import numpy as np
import pytest

import medmnist_fast as mf
from medmnist_fast import phantoms


@pytest.mark.parametrize("flag", mf.INFO)
def test_layout(flag: str) -> None:
    info = mf.INFO[flag]
    members = phantoms.generate(flag, samples={"train": 30, "val": 12, "test": 11})
    assert list(members) == [f"{split}_{kind}" for split in ("train", "val", "test") for kind in ("images", "labels")]
    spatial = (28, 28, 28) if flag.endswith("3d") else (28, 28)
    assert members["val_images"].shape == (12, *spatial, *([3] if info["n_channels"] == 3 else []))
    assert members["val_images"].dtype == members["val_labels"].dtype == np.uint8
    labels = members["train_labels"]
    if info["task"] == "multi-label, binary-class":
        assert labels.shape == (30, len(info["label"]))
        assert set(np.unique(labels)) == {0, 1}
    else:
        assert labels.shape == (30, 1)
        assert set(np.unique(labels)) == set(range(len(info["label"])))


def test_the_lesion_is_at_the_level_of_the_class() -> None:
    members = phantoms.generate("pneumoniamnist", samples={"train": 60})
    images, labels = members["train_images"].astype(float), members["train_labels"][:, 0]
    brighter_below = images[:, 14:].sum((1, 2)) > images[:, :14].sum((1, 2))
    assert (brighter_below == (labels == 1)).mean() > 0.9


def test_a_seed_gives_the_same_set_and_files_are_left_alone(tmp_path: Path) -> None:
    first, again, other = (phantoms.generate("breastmnist", samples={"val": 5}, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first["val_images"], again["val_images"])
    assert not np.array_equal(first["val_images"], other["val_images"])
    path = phantoms.write(tmp_path, "breastmnist")
    assert len(mf.BreastMNIST("test", root=tmp_path)) == phantoms.SAMPLES["test"]
    content = path.read_bytes()
    with pytest.raises(FileExistsError):
        phantoms.write(tmp_path, "breastmnist")
    assert path.read_bytes() == content


def test_what_cannot_be_generated_is_refused() -> None:
    for arguments, message in [
        ({"flag": "mnist"}, "flag 'mnist'; allowed"),
        ({"flag": "breastmnist", "size": 30}, "size 30; BreastMNIST comes in"),
        ({"flag": "breastmnist", "samples": {"val": 0}}, "samples of val = 0; allowed: a whole number of at least 1"),
    ]:
        with pytest.raises(ValueError, match=message):
            phantoms.generate(**arguments)
