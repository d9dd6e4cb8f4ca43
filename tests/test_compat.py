"""Scripts written for ``medmnist`` and torch's loader see under ``medmnist-fast run`` what they saw before."""

import importlib
import importlib.machinery
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import medmnist
import medmnist.dataset
import medmnist.info
import numpy as np
import pytest
import torch
import torchvision.transforms as tv
from conftest import OFFICIAL
from torch.utils.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    Sampler,
    Subset,
    SubsetRandomSampler,
    WeightedRandomSampler,
    default_collate,
)
from torchvision.transforms import v2

import medmnist_fast as mf
from medmnist_fast.compat import Report, replaced

EXAMPLE = Path(__file__).parents[1] / "examples" / "upstream_style_train.py"
STOCK_ITER = DataLoader.__iter__
TO_FLOAT = tv.Compose([tv.ToTensor(), tv.Normalize([0.5], [0.5])])
MODULES = ["medmnist", "medmnist.info", "medmnist.dataset", "medmnist.evaluator"]


@pytest.fixture(autouse=True)
def _any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """The original refuses to count samples of files that are not the official ones."""
    monkeypatch.setattr(medmnist.dataset.MedMNIST, "__len__", lambda self: len(self.imgs))


Make = Callable[[Any, Path], DataLoader]


def twice(make: Make, root: Path, epochs: int = 2) -> tuple[list[Any], list[Any], Report]:
    """All batches of some epochs, and what the global generator then gives: stock, and replaced."""

    def run() -> list[Any]:
        package = importlib.import_module("medmnist")
        torch.manual_seed(3)
        loader = make(package, root)
        seen: list[Any] = [len(loader)]
        for _ in range(epochs):
            seen.extend(loader)
        return [*seen, torch.rand(1)]

    theirs = run()
    with replaced() as report:
        ours = run()
    return theirs, ours, report


def assert_same(theirs: Any, ours: Any) -> None:
    assert type(theirs) is type(ours)
    if isinstance(theirs, torch.Tensor):
        assert theirs.dtype == ours.dtype
        assert theirs.shape == ours.shape
        assert torch.equal(theirs, ours)
    elif isinstance(theirs, list | tuple):
        for one, other in zip(theirs, ours, strict=True):
            assert_same(one, other)
    elif isinstance(theirs, dict):
        assert theirs.keys() == ours.keys()
        assert_same(list(theirs.values()), list(ours.values()))
    else:
        assert theirs == ours


class Backwards(Sampler):
    """A script's own."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.length - 1, -1, -1))

    def __len__(self) -> int:
        return self.length


def collate_in_dict(items: list[Any]) -> dict[str, Any]:
    images, labels = default_collate(items)
    return {"images": images, "labels": labels, "kinds": {type(item) for item in items}}


def path(package: Any, root: Path, **options: Any) -> Any:
    return package.PathMNIST("train", root=root, transform=TO_FLOAT, **options)


def breast(package: Any, root: Path, **options: Any) -> Any:
    return package.BreastMNIST("val", root=root, **{"transform": TO_FLOAT, **options})


ACCELERATED: dict[str, Make] = {
    "in order": lambda m, root: DataLoader(path(m, root), 16),
    "shuffled": lambda m, root: DataLoader(path(m, root), 16, shuffle=True),
    "drop_last": lambda m, root: DataLoader(path(m, root), 16, shuffle=True, drop_last=True),
    "workers": lambda m, root: DataLoader(path(m, root), 16, shuffle=True, num_workers=2, prefetch_factor=4),
    "workers that persist": lambda m, root: DataLoader(
        path(m, root), 16, shuffle=True, num_workers=1, persistent_workers=True, multiprocessing_context="fork"
    ),
    "generator": lambda m, root: DataLoader(
        path(m, root), 16, shuffle=True, generator=torch.Generator().manual_seed(9)
    ),
    "multi-label": lambda m, root: DataLoader(
        m.ChestMNIST("train", root=root, transform=TO_FLOAT, as_rgb=True), 7, shuffle=True
    ),
    "weighted": lambda m, root: DataLoader(
        path(m, root), 16, sampler=WeightedRandomSampler(np.arange(1, 51).tolist(), 30)
    ),
    "subset sampler": lambda m, root: DataLoader(path(m, root), 16, sampler=SubsetRandomSampler(range(5, 40))),
    "own sampler": lambda m, root: DataLoader(path(m, root), 16, sampler=Backwards(50)),
    "batch_sampler": lambda m, root: DataLoader(
        path(m, root), batch_sampler=BatchSampler(Backwards(50), 7, drop_last=True)
    ),
    "subset": lambda m, root: DataLoader(Subset(path(m, root), [4, 4, 49, 0, 7]), 2, shuffle=True),
    "concatenated": lambda m, root: DataLoader(
        ConcatDataset([breast(m, root), m.PneumoniaMNIST("val", root=root, transform=TO_FLOAT)]), 16, shuffle=True
    ),
    "target_transform": lambda m, root: DataLoader(
        breast(m, root, target_transform=lambda label: float(label[0])), 16, shuffle=True
    ),
    "collate_fn": lambda m, root: DataLoader(path(m, root), 16, shuffle=True, collate_fn=collate_in_dict),
    "resized": lambda m, root: DataLoader(
        breast(m, root, transform=tv.Compose([tv.Resize(40), tv.CenterCrop(36), tv.ToTensor()])), 16
    ),
    "bytes": lambda m, root: DataLoader(breast(m, root, transform=tv.PILToTensor()), 16),
    "volumes": lambda m, root: DataLoader(m.OrganMNIST3D("val", root=root), 16, shuffle=True),
    "volumes as RGB": lambda m, root: DataLoader(m.AdrenalMNIST3D("val", root=root, as_rgb=True), 16),
}


@pytest.fixture(scope="session")
def root(generated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated sets, and a second binary one."""
    folder = tmp_path_factory.mktemp("compat")
    for file in generated.iterdir():
        (folder / file.name).hardlink_to(file)
    members = mf.phantoms.generate("pneumoniamnist", samples={"train": 8, "val": 9, "test": 8})
    np.savez(folder / "pneumoniamnist.npz", **members)
    return folder


@pytest.mark.parametrize("make", ACCELERATED.values(), ids=ACCELERATED)
def test_every_batch_is_the_same(make: Make, root: Path) -> None:
    theirs, ours, report = twice(make, root)
    assert_same(theirs, ours)
    assert [line.reason for line in report.lines.values()] == [None]
    (line,) = report.lines.values()
    assert (line.passes, line.batches) == (2, len(ours) - 2)
    assert 0 < line.seconds < 60


def test_the_last_bit_of_v2(root: Path) -> None:
    """It multiplies with 1/255 where v1 divides by 255."""
    transform = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
    theirs, ours, report = twice(lambda m, root: DataLoader(breast(m, root, transform=transform), 16), root)
    for (expected, labels), (images, own_labels) in zip(theirs[1:-1], ours[1:-1], strict=True):
        assert_same(labels, own_labels)
        assert (type(images), images.dtype) == (torch.Tensor, torch.float32)
        torch.testing.assert_close(images, expected, rtol=1e-6, atol=0)
    assert [line.reason for line in report.lines.values()] == [None]


class Own(Dataset):
    """A script's own."""

    indices = None
    labels = ("any", 1)

    @property
    def dataset(self) -> Any:
        raise RuntimeError

    def __len__(self) -> int:
        return 5

    def __getitem__(self, index: int) -> int:
        return index


class OwnStream(IterableDataset):
    """Likewise."""

    def __iter__(self) -> Iterator[int]:
        return iter(range(5))


class OwnLoader(DataLoader):
    """Likewise."""

    def __iter__(self) -> Any:
        return map(len, super().__iter__())


def nothing(_: int) -> None:
    """Of a worker."""


LEFT: dict[str, tuple[Make, str]] = {
    "a function": (
        lambda m, root: DataLoader(breast(m, root, transform=lambda image: tv.ToTensor()(image) / 2), 16),
        r"the transform is the function .*<lambda>",
    ),
    "volumes with a function": (
        lambda m, root: DataLoader(m.OrganMNIST3D("val", root=root, transform=np.negative), 16),
        "the transform is the function negative",
    ),
    "own data set": (lambda _m, _root: DataLoader(Own(), 2), "it is a .*Own"),
    "stream": (lambda _m, _root: DataLoader(OwnStream(), 2), "it is a .*OwnStream"),
    "items": (lambda m, root: DataLoader(breast(m, root), batch_size=None), "batch_size is None"),
    "worker_init_fn": (
        lambda m, root: DataLoader(breast(m, root), 16, num_workers=1, worker_init_fn=nothing),
        "worker_init_fn would not be called",
    ),
    "own class": (lambda m, root: OwnLoader(breast(m, root), 16), "OwnLoader, a class of the script's own"),
    "images for a collate_fn": (
        lambda m, root: DataLoader(breast(m, root, transform=None), 16, collate_fn=len),
        "its collate_fn gets images that no ToTensor makes tensors of",
    ),
    # torch rounds tensors in another way than Pillow does images.
    "tensors made grey": (
        lambda m, root: DataLoader(
            m.PathMNIST(
                "val",
                root=root,
                transform=v2.Compose([v2.ToImage(), v2.Grayscale(), v2.ToDtype(torch.float32, scale=True)]),
            ),
            16,
        ),
        "a sample would have other pixels than with torch",
    ),
}


@pytest.mark.parametrize(("make", "reason"), LEFT.values(), ids=LEFT)
def test_others_are_left_to_torch(make: Make, reason: str, root: Path) -> None:
    torch.manual_seed(3)
    theirs = list(make(medmnist, root))
    with replaced() as report:
        torch.manual_seed(3)
        loader = make(importlib.import_module("medmnist"), root)
        ours = list(loader)
        if type(loader) is DataLoader:
            assert type(iter(loader)).__module__ == "torch.utils.data.dataloader"
    assert_same(theirs, ours)
    assert all(re.search(reason, line.reason or "") for line in report.lines.values())
    assert {line.batches for line in report.lines.values()} == {0}


def test_what_fails_with_torch_fails_as_there(root: Path) -> None:
    with replaced() as report:
        dataset = importlib.import_module("medmnist").BreastMNIST("val", root=root)
        with pytest.raises(TypeError, match="default_collate: batch must contain tensors"):
            next(iter(DataLoader(dataset, 4)))
        volumes = importlib.import_module("medmnist").OrganMNIST3D("val", root=root, transform=tv.ToTensor())
        with pytest.raises(ValueError, match="should be 2/3 dimensional"):
            next(iter(DataLoader(volumes, 4)))
    assert None not in [line.reason for line in report.lines.values()]


def test_the_default_dtype_is_torchs(root: Path) -> None:
    torch.set_default_dtype(torch.float64)
    try:
        theirs, ours, report = twice(ACCELERATED["in order"], root)
    finally:
        torch.set_default_dtype(torch.float32)
    assert_same(theirs, ours)
    (line,) = report.lines.values()
    assert re.search(r"would be .*, torch.float32, .*, and is .*, torch.float64, .* with torch", line.reason or "")


def test_random_transforms_are_governed_by_the_seed(root: Path) -> None:
    with replaced() as report:
        package = importlib.import_module("medmnist")
        flips = tv.Compose([tv.RandomHorizontalFlip(), tv.RandomRotation(20), tv.ToTensor()])

        def epochs(seed: int) -> list[torch.Tensor]:
            torch.manual_seed(seed)
            loader = DataLoader(package.PathMNIST("train", root=root, transform=flips), 50)
            return [images for _ in range(3) for images, _ in loader]

        first, again, other = epochs(1), epochs(1), epochs(2)
    assert_same(first, again)
    assert len({images.numpy().tobytes() for images in first + other}) == 6
    (line,) = report.lines.values()
    assert (line.reason, line.passes) == (None, 9)


def test_workers_that_persist_draw_anew_in_each_epoch(root: Path) -> None:
    flips = tv.Compose([tv.RandomRotation(90), tv.ToTensor()])
    with replaced():
        loader = DataLoader(
            mf.PathMNIST("train", root=root, transform=flips), 50, num_workers=1, persistent_workers=True
        )
        assert not torch.equal(next(iter(loader))[0], next(iter(loader))[0])


def test_iterators_of_one_loader_are_independent(root: Path) -> None:
    flips = tv.Compose([tv.RandomRotation(90), tv.ToTensor()])
    with replaced():
        loader = DataLoader(mf.PathMNIST("train", root=root, transform=flips), 16)
        torch.manual_seed(0)
        expected = [list(loader), list(loader)]
        torch.manual_seed(0)
        both = iter(loader), iter(loader)
        assert [len(one) for one in both] == [4, 4]
        found = list(zip(*both, strict=True))
    assert_same(expected, [list(column) for column in zip(*found, strict=True)])


def test_what_scripts_change_between_epochs_counts(root: Path) -> None:
    def run(package: Any) -> list[Any]:
        dataset = breast(package, root)
        loader = DataLoader(dataset, 40)
        seen = list(loader)
        dataset.transform = tv.Compose([tv.Resize(14), tv.ToTensor()])
        seen += loader
        dataset.transform.transforms[0].size = 7
        seen += loader
        dataset.labels[3] = 1 - dataset.labels[3]
        seen += loader
        dataset.imgs = 255 - dataset.imgs
        seen += loader
        dataset.target_transform = int
        dataset.labels = dataset.labels[:, 0]
        dataset.transform = tv.Compose([tv.ToTensor(), torch.neg])
        return seen + list(loader)

    with replaced() as report:
        ours = run(importlib.import_module("medmnist"))
    assert_same(run(medmnist), ours)
    assert [line.passes for line in report.lines.values() if line.reason is None] == [1] * 5
    assert sum(line.reason is not None for line in report.lines.values()) == 1


def test_set_epoch_of_a_sampler_is_the_scripts_to_call(root: Path) -> None:
    class Told(Backwards):
        def set_epoch(self, epoch: int) -> None:
            raise AssertionError(epoch)

    with replaced():
        assert len(list(DataLoader(path(mf, root), 16, sampler=Told(50)))) == 4


def test_classes_stay_torchs(root: Path) -> None:
    with replaced():
        loader = DataLoader(path(mf, root), 16, shuffle=True)
        assert type(loader) is DataLoader is torch.utils.data.dataloader.DataLoader
        assert isinstance(loader.sampler, torch.utils.data.RandomSampler)
        assert issubclass(OwnLoader, DataLoader)
        with pytest.raises(ValueError, match="mutually exclusive"):
            DataLoader(path(mf, root), shuffle=True, sampler=Backwards(3))
        assert DataLoader.__iter__ is not STOCK_ITER
    assert DataLoader.__iter__ is STOCK_ITER
    assert type(iter(loader)).__module__ == "torch.utils.data.dataloader"


def test_names_of_medmnist() -> None:
    theirs = {name: vars(sys.modules[name]) for name in MODULES}
    with replaced() as report:
        for name in MODULES:
            ours = importlib.import_module(name)
            defined = {key for key, value in theirs[name].items() if getattr(value, "__module__", None) in MODULES}
            facts = theirs[name].keys() & {"INFO", "HOMEPAGE", "__version__"}
            assert (defined | facts) - vars(ours).keys() <= {"get_default_root"}
        package = importlib.import_module("medmnist")
        assert package.PathMNIST is mf.PathMNIST
        assert package.Evaluator is mf.Evaluator
        assert package.__version__ == medmnist.__version__ == "3.0.2"
        assert package.dataset is sys.modules["medmnist.dataset"]
        # Of what is only theirs, theirs.
        utils = importlib.import_module("medmnist.utils")
        assert Path(utils.__file__).parent == Path(medmnist.__file__).parent
        assert {"montage2d", "save2d", "SPLIT_DICT"} <= vars(utils).keys()
    assert report.has_medmnist
    assert sys.modules["medmnist"] is medmnist
    assert sys.modules["medmnist.dataset"] is medmnist.dataset


# As a person runs it.


def python(*arguments: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=200,
        cwd=cwd,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "", "COLUMNS": "200", "TERM": "dumb", **environment},
    )


RUN = ["-m", "medmnist_fast", "run"]
SCOPE = "(in this process; those that it started were left as they are)"
SCRIPT = """
import sys, helper
print(__name__, sys.argv, sys.path[0], __file__, __spec__, sys.modules["__main__"].helper is helper, helper.__file__)
print(sorted(name for name in globals() if name != "__annotations__"))
kind, *_ = sys.argv[1:]
if kind == "fail":
    try:
        1 / 0
    except ZeroDivisionError as error:
        raise KeyError("gone") from error
if kind == "interrupt":
    raise KeyboardInterrupt
sys.exit({"number": 7, "text": "no such thing", "fine": None}[kind])
"""


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "script.py").write_text(SCRIPT)
    (tmp_path / "folder" / "helper.py").write_text("")
    (tmp_path / "folder" / "wrong.py").write_text("if True:\nprint(1)\n")
    (tmp_path / "helper.py").write_text("")
    return tmp_path


@pytest.mark.parametrize("kind", ["fail", "interrupt", "number", "text", "fine"])
def test_as_python_runs_it(scripts: Path, kind: str) -> None:
    arguments = ["folder/script.py", kind, "--report", "-m", "--help"]
    theirs = python(*arguments, cwd=scripts)
    ours = python(*RUN, *arguments, cwd=scripts)
    assert (ours.returncode, ours.stdout) == (theirs.returncode, theirs.stdout)
    assert ours.stderr == theirs.stderr
    assert "__main__ ['folder/script.py'" in ours.stdout


def test_modules_as_python_runs_them(scripts: Path) -> None:
    for kind in ("number", "fine"):
        theirs = python("-m", "folder.script", kind, "-m", cwd=scripts)
        ours = python("-m", "medmnist_fast.compat", "-m", "folder.script", kind, "-m", cwd=scripts)
        assert theirs.stdout.startswith("__main__ ")
        assert (ours.returncode, ours.stderr) == (theirs.returncode, theirs.stderr)
        # The loader is another one.
        same = [re.sub("ModuleSpec.*?loader=[^)]*[)]", "", done.stdout.splitlines()[0]) for done in (theirs, ours)]
        assert same[0] == same[1]


def test_scripts_that_do_not_start(scripts: Path) -> None:
    wrong = python(*RUN, "folder/wrong.py", cwd=scripts)
    assert wrong.returncode == 1
    assert wrong.stderr == python("folder/wrong.py", cwd=scripts).stderr
    missing = python(*RUN, "missing.py", cwd=scripts)
    assert missing.returncode == 2
    assert missing.stderr.startswith("error: [Errno 2] No such file or directory: ")
    assert python(*RUN, cwd=scripts).returncode == 2


def test_a_report_may_be_asked_for_at_the_end(scripts: Path) -> None:
    (scripts / "echo.py").write_text("import sys; print(sys.argv[1:])")
    at_the_end, the_scripts_own = (
        python(*RUN, *arguments, cwd=scripts)
        for arguments in (["echo.py", "3", "--report"], ["--report", "echo.py", "3", "--report"])
    )
    assert (at_the_end.returncode, at_the_end.stdout) == (0, "['3']\n")
    assert (the_scripts_own.returncode, the_scripts_own.stdout) == (0, "['3', '--report']\n")
    assert at_the_end.stderr.splitlines()[-1] == the_scripts_own.stderr.splitlines()[-1]
    assert at_the_end.stderr.splitlines()[-1] == "  no DataLoader was iterated over"


def test_nothing_heavy_is_imported_for_a_script_without_torch(scripts: Path, root: Path) -> None:
    (scripts / "light.py").write_text(
        "import sys\n"
        "from medmnist import INFO, PathMNIST\n"
        f"assert len(PathMNIST('val', root={str(root)!r})) == 40 and len(INFO) == 18\n"
        "assert not {'torch', 'sklearn', 'pandas'} & set(sys.modules)\n"
    )
    done = python(*RUN, "--report", "light.py", cwd=scripts)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    # Before them is a warning about the number of samples.
    *_, first, second = done.stderr.splitlines()
    assert first == f"medmnist_fast {mf.__version__}, in the place of medmnist {SCOPE}"
    assert second == "  no DataLoader was iterated over"


def test_the_example_trains_the_same_network(tmp_path: Path) -> None:
    if not OFFICIAL.is_dir():
        pytest.skip(f"no official files: {OFFICIAL} is missing")
    arguments = [EXAMPLE, "--root", OFFICIAL, "--flag", "breastmnist"]
    theirs = python(*arguments, cwd=tmp_path, OMP_NUM_THREADS="1")
    ours = python("-m", "medmnist_fast.compat", "--report", *arguments, cwd=tmp_path, OMP_NUM_THREADS="1")
    assert (theirs.returncode, ours.returncode) == (0, 0), theirs.stderr + ours.stderr
    without_times = [re.sub(r"[\d.]+ s of data", "", done.stdout) for done in (theirs, ours)]
    assert without_times[0] == without_times[1]
    assert without_times[0].count("batches, last") == 2
    head, train, test = ours.stderr.splitlines()
    assert head.endswith(f"in the place of medmnist {SCOPE}")
    assert re.fullmatch(
        r"  DataLoader of BreastMNIST\('train', size=28\) \(upstream_style_train.py:\d+\) "
        r"accelerated: 2 passes, 10 batches, \d+\.\d{3} s of waiting for them",
        train,
    )
    assert "BreastMNIST('test', size=28)" in test


def test_the_report_says_why(root: Path, scripts: Path) -> None:
    (scripts / "train.py").write_text(
        "from medmnist import PathMNIST\n"
        "from torch.utils.data import DataLoader\n"
        "from torchvision.transforms import ToTensor\n"
        "def own(image):\n"
        "    return ToTensor()(image)\n"
        f"root = {str(root)!r}\n"
        "for transform in (ToTensor(), own):\n"
        "    for images, labels in DataLoader(PathMNIST('val', transform, root=root), 10):\n"
        "        pass\n"
        "raise ValueError('enough')\n"
    )
    done = python(*RUN, "--report", "train.py", cwd=scripts)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    begin = lines.index("Traceback (most recent call last):")
    assert lines[begin + 1 : begin + 4] == [
        f'  File "{scripts / "train.py"}", line 10, in <module>',
        "    raise ValueError('enough')",
        "ValueError: enough",
    ]
    assert re.search(r"PathMNIST\('val', size=28\) \(train.py:8\) accelerated: 1 pass, 4 batches", done.stderr)
    assert lines[-1].endswith("(train.py:8) left to torch (1 pass): the transform is the function own")


SPAWNING = """
import sys
from torch.utils.data import DataLoader
from medmnist import BreastMNIST
from torchvision.transforms import ToTensor
def own(image):
    return ToTensor()(image)
if __name__ == "__main__":
    for transform in (own, ToTensor()):
        dataset = BreastMNIST("val", transform, root=sys.argv[1])
        loader = DataLoader(dataset, 20, num_workers=1, multiprocessing_context=sys.argv[2])
        print([float(images.double().sum()) for images, labels in loader])
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_that_are_spawned_import_the_script(scripts: Path, official: Path, method: str) -> None:
    if method not in torch.multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} on this system")
    (scripts / "spawning.py").write_text(SPAWNING)
    theirs = python("spawning.py", official, method, cwd=scripts)
    ours = python(*RUN, "--report", "spawning.py", official, method, cwd=scripts)
    assert (theirs.returncode, ours.returncode) == (0, 0), theirs.stderr + ours.stderr
    assert ours.stdout == theirs.stdout
    assert "left to torch (1 pass): the transform is the function own" in ours.stderr
    assert "accelerated: 1 pass, 4 batches" in ours.stderr


def test_spawned_processes_find_medmnist_where_it_is_not_installed() -> None:
    before = list(sys.path)
    with replaced():
        spec = importlib.machinery.PathFinder.find_spec("medmnist", sys.path[-1:])
        assert sys.path[:-1] == before
        assert spec is not None
        assert spec.origin is not None
        assert Path(spec.origin).is_relative_to(Path(mf.__file__).parent)
    assert sys.path == before


def test_ranks_of_torchrun(scripts: Path, root: Path) -> None:
    (scripts / "ranks.py").write_text(
        "import sys\n"
        "import torch.distributed as dist\n"
        "from medmnist import BreastMNIST\n"
        "from torch.utils.data import DataLoader, DistributedSampler\n"
        "from torchvision.transforms import ToTensor\n"
        "dist.init_process_group('gloo')\n"
        "dataset = BreastMNIST('val', ToTensor(), root=sys.argv[1])\n"
        "loader = DataLoader(dataset, 10, sampler=DistributedSampler(dataset, shuffle=False))\n"
        "batches = [int(labels.sum()) for images, labels in loader]\n"
        "found = [None, None]\n"
        "dist.all_gather_object(found, batches)\n"
        "if dist.get_rank() == 0:\n"
        "    print(found)\n"
        "dist.destroy_process_group()\n"
    )
    arguments = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "medmnist_fast.compat"]
    done = python(*arguments, "--report", "ranks.py", root, cwd=scripts)
    assert done.returncode == 0, done.stderr
    labels = mf.BreastMNIST("val", root=root).labels[:, 0]
    shares = [[int(labels[rank::2][at : at + 10].sum()) for at in (0, 10)] for rank in (0, 1)]
    assert done.stdout.strip() == str(shares)
    assert done.stderr.count("accelerated: 1 pass, 2 batches") == 2
