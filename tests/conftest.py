"""Data for the tests: official files where they are at hand, else phantoms of the same layout."""

import signal
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from medmnist_fast import phantoms
from medmnist_fast._core import available_backends

OFFICIAL = Path(__file__).parents[2] / "shared" / "data"
SHAPES = {
    "chestmnist": "2-D grey, 14 labels",
    "pathmnist": "2-D RGB, multi-class",
    "retinamnist": "2-D RGB, ordinal",
    "breastmnist": "2-D grey, binary",
    "organmnist3d": "3-D, multi-class",
    "adrenalmnist3d": "3-D, binary",
}


def pytest_configure() -> None:
    """Ctrl-C ends the processes that tests start, also where a shell ignores it for what runs in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> list[str]:
    """The libraries whose answers ours must equal, and the back-ends that are compared."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("pillow", "torchvision", "torch", "numpy", "medmnist"))
    return [f"references: {versions}", f"back-ends: {', '.join(available_backends())}"]


@pytest.fixture(autouse=True)
def _no_default_root(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the home folder or the environment of the person who runs it, nor what another left at home."""
    home = str(tmp_path_factory.mktemp("home"))
    monkeypatch.delenv("MEDMNIST_ROOT", raising=False)
    monkeypatch.setenv("HOME", home)
    monkeypatch.setenv("USERPROFILE", home)


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of one small phantom set of each shape."""
    folder = tmp_path_factory.mktemp("generated")
    for flag in SHAPES:
        members = phantoms.generate(flag, samples={"train": 50, "val": 40, "test": 61})
        np.savez_compressed(folder / f"{flag}.npz", **members)
    return folder


@pytest.fixture(scope="session", params=["official", "generated"])
def data_root(request: pytest.FixtureRequest, generated: Path) -> Path:
    """A folder with breastmnist, retinamnist and adrenalmnist3d: once real, once generated."""
    if request.param == "generated":
        return generated
    if not OFFICIAL.is_dir():
        pytest.skip(f"no official files: {OFFICIAL} is missing")
    return OFFICIAL


@pytest.fixture(scope="session")
def official() -> Path:
    """The folder of official files."""
    if not OFFICIAL.is_dir():
        pytest.skip(f"no official files: {OFFICIAL} is missing")
    return OFFICIAL
