"""Side by side with medmnist 3.0.2: same values, same types, same text, same files."""

import inspect
from pathlib import Path
from typing import Any

import medmnist
import medmnist.utils
import numpy as np
import pytest
import torch
import torchvision.transforms as tv
from conftest import OFFICIAL, SHAPES
from PIL import Image

import medmnist_fast as mf
from medmnist_fast import phantoms
from medmnist_fast.catalog import file_name
from medmnist_fast.dataset import DATASETS

OFFICIAL_SETS = [("breastmnist", 28), ("breastmnist", 64), ("retinamnist", 28), ("adrenalmnist3d", 28)]
LARGE_SETS = [(flag, size) for flag in SHAPES for size in DATASETS[flag].available_sizes[1:]]
SETS = [
    *(("generated", flag, 28) for flag in SHAPES),
    *(("large", flag, size) for flag, size in LARGE_SETS),
    *(("official", flag, size) for flag, size in OFFICIAL_SETS),
]


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of one phantom set of each shape in each size but 28."""
    folder = tmp_path_factory.mktemp("large")
    for flag, size in LARGE_SETS:
        members = phantoms.generate(flag, size, samples={"train": 10, "val": 11, "test": 40})
        np.savez(folder / file_name(flag, size), **members)
    return folder


@pytest.fixture(params=SETS, ids=lambda case: "-".join(map(str, case)))
def case(request: pytest.FixtureRequest) -> tuple[Path, str, int]:
    source, flag, size = request.param
    if source == "official":
        if not OFFICIAL.is_dir():
            pytest.skip(f"no official files: {OFFICIAL} is missing")
        return OFFICIAL, flag, size
    return request.getfixturevalue(source), flag, size


def both(case: tuple[Path, str, int], split: str, **options: Any) -> tuple[Any, Any]:
    """Ours and theirs; theirs insists on the official counts, so both are told the counts of generated files."""
    root, flag, size = case
    name = mf.INFO[flag]["python_class"]
    ours, theirs = (getattr(package, name)(split, root=root, size=size, **options) for package in (mf, medmnist))
    ours.info = theirs.info = theirs.info | {"n_samples": theirs.info["n_samples"] | {split: len(theirs.imgs)}}
    return ours, theirs


@pytest.mark.parametrize("as_rgb", [False, True])
def test_items(case: tuple[Path, str, int], as_rgb: bool) -> None:
    for split in ("train", "val", "test"):
        ours, theirs = both(case, split, as_rgb=as_rgb)
        assert np.array_equal(ours.imgs, theirs.imgs)
        assert np.array_equal(ours.labels, theirs.labels)
        assert ours.labels.dtype == theirs.labels.dtype
        for index in range(0, len(ours), 7):
            (image, label), (expected, expected_label) = ours[index], theirs[index]
            assert type(image) is type(expected)
            assert getattr(image, "mode", None) == getattr(expected, "mode", None)
            image, expected = np.asarray(image), np.asarray(expected)
            assert (image.dtype, image.shape) == (expected.dtype, expected.shape)
            assert np.array_equal(image, expected)
            assert (label.dtype, label.shape) == (expected_label.dtype, expected_label.shape)
            assert np.array_equal(label, expected_label)


def test_attributes_and_text(case: tuple[Path, str, int]) -> None:
    ours, theirs = both(case, "val")
    for name in ("flag", "size", "size_flag", "info", "root", "split", "transform", "target_transform", "as_rgb"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert repr(ours) == repr(theirs)


def test_other_peoples_transforms_get_what_medmnist_gives_them(case: tuple[Path, str, int]) -> None:
    ours, theirs = both(case, "val", transform=np.asarray, target_transform=np.sum)
    assert np.array_equal(ours[3][0], theirs[3][0])
    assert ours[3][1] == theirs[3][1]


@pytest.mark.parametrize("as_rgb", [False, True])
def test_batches_equal_those_of_torch(case: tuple[Path, str, int], as_rgb: bool) -> None:
    """ToTensor + Normalize through torch's DataLoader and through ours, in order, bit for bit."""
    ours, theirs = both(case, "val", as_rgb=as_rgb)
    if ours.spatial_dims == 2:
        theirs.transform = tv.Compose([tv.ToTensor(), tv.Normalize([0.5], [0.25])])
    else:
        # Upstream's volumes are float64 in 0…1 already.
        theirs.transform = lambda volume: (torch.from_numpy(volume).float() - 0.5) / 0.25
    transform = mf.transforms.Compose([mf.transforms.ToTensor(), mf.transforms.Normalize([0.5], [0.25])])
    fast = mf.DataLoader(ours, 10, transform=transform)
    stock = torch.utils.data.DataLoader(theirs, 10)
    assert len(fast) == len(stock)
    for (images, labels), (expected, expected_labels) in zip(fast, stock, strict=True):
        assert images.dtype == expected.dtype
        assert torch.equal(images, expected)
        assert labels.dtype == expected_labels.dtype
        assert torch.equal(labels, expected_labels)


@pytest.mark.parametrize("replace", [False, True])
def test_montages(case: tuple[Path, str, int], tmp_path: Path, replace: bool) -> None:
    """The same choice of NumPy's global generator, the same squares, the same files."""
    ours, theirs = both(case, "test")
    length = 8 if replace else 6
    squares = []
    for package, folder in ((ours, tmp_path / "ours"), (theirs, tmp_path / "theirs")):
        np.random.seed(5)  # noqa: NPY002 - what medmnist draws from
        made = package.montage(length, replace, folder)
        squares.append(made if isinstance(made, list) else [made])
    assert len(squares[0]) == len(squares[1])
    for square, expected in zip(*squares, strict=True):
        assert square.mode == expected.mode
        assert np.array_equal(square, expected)
    (written,), (expected_file,) = (tmp_path / "ours").iterdir(), (tmp_path / "theirs").iterdir()
    assert written.name == expected_file.name
    assert written.read_bytes() == expected_file.read_bytes()


def test_saved_files(case: tuple[Path, str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same names, pixels and table; GIF files are the same byte for byte."""
    # Their bar is drawn on standard error, which a test may not have.
    monkeypatch.setattr(medmnist.utils, "trange", range)
    folders = tmp_path / "ours", tmp_path / "theirs"
    for split in ("train", "val", "test"):
        for dataset, folder in zip(both(case, split), folders, strict=True):
            folder.mkdir(exist_ok=True)
            dataset.imgs, dataset.labels = dataset.imgs[:8], dataset.labels[:8]
            dataset.save(folder)
    names, expected = ({path.relative_to(folder) for path in folder.rglob("*.*")} for folder in folders)
    assert names == expected
    assert len(names) == 25
    for name in names:
        ours, theirs = (folder / name for folder in folders)
        if name.suffix == ".png":
            with Image.open(ours) as image, Image.open(theirs) as other:
                assert image.mode == other.mode
                assert np.array_equal(image, other)
        else:
            assert ours.read_bytes() == theirs.read_bytes()


def test_metrics_and_result_files(case: tuple[Path, str, int], tmp_path: Path) -> None:
    root, flag, size = case
    evaluators = [package.Evaluator(flag, "test", size=size, root=root) for package in (mf, medmnist)]
    for name in ("flag", "split", "size", "size_flag", "info", "root"):
        assert getattr(evaluators[0], name) == getattr(evaluators[1], name)
    labels = evaluators[0].labels
    assert np.array_equal(labels, evaluators[1].labels)
    columns = 2 if mf.INFO[flag]["task"] == "binary-class" else len(mf.INFO[flag]["label"])
    rng = np.random.default_rng(0)
    # Two decimals: many ties.
    scores = rng.random((len(labels), columns)).round(2)
    ours, theirs = (
        evaluator.evaluate(scores, save_folder=folder, run="r")
        for evaluator, folder in zip(evaluators, [tmp_path, theirs_folder(tmp_path)], strict=True)
    )
    assert ours == pytest.approx(theirs, abs=1e-12)
    assert ours._fields == theirs._fields
    (written,), (expected,) = tmp_path.glob("*.csv"), theirs_folder(tmp_path).glob("*.csv")
    assert written.name == expected.name
    assert written.read_bytes() == expected.read_bytes()
    assert mf.Evaluator.parse_and_evaluate(written, root=root) == ours


def test_methods_take_the_same_arguments() -> None:
    for name in (*[facts["python_class"] for facts in mf.INFO.values()], "Evaluator"):
        ours, theirs = getattr(mf, name), getattr(medmnist, name)
        methods = {key for key, value in inspect.getmembers(theirs, callable) if not key.startswith("_")} | {"__init__"}
        assert methods >= {"__init__", "download", "montage", "save"} or name == "Evaluator"
        for method in methods:
            found, expected = (
                list(inspect.signature(getattr(one, method)).parameters.values()) for one in (ours, theirs)
            )
            names = [parameter.name for parameter in expected]
            assert [parameter.name for parameter in found][: len(names)] == names
            for mine, other in zip(found, expected, strict=False):
                assert (mine.kind, mine.default is mine.empty) == (other.kind, other.default is other.empty)
                assert mine.default == other.default or mine.name in {"root", "postfix"}
            assert all(parameter.default is not parameter.empty for parameter in found[len(names) :])


def test_the_sum_of_two_is_torchs(case: tuple[Path, str, int]) -> None:
    ours, theirs = (one + other for one, other in zip(both(case, "val"), both(case, "test"), strict=True))
    assert type(ours) is type(theirs) is torch.utils.data.ConcatDataset
    assert len(ours) == len(theirs)
    assert np.array_equal(ours[len(ours) - 1][0], theirs[len(theirs) - 1][0])


def test_download_of_a_file_that_is_there(official: Path) -> None:
    for size in (28, 64):
        for dataset in (package.BreastMNIST("val", root=official, size=size) for package in (mf, medmnist)):
            dataset.download()


def theirs_folder(folder: Path) -> Path:
    (folder / "theirs").mkdir(exist_ok=True)
    return folder / "theirs"
