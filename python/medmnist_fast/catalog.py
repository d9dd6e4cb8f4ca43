"""What is known of the 18 official data sets: names, tasks, classes, sample counts, checksums, licences.

The facts and descriptions are those of the MedMNIST authors, release 3.0.2 (Yang et al., "MedMNIST v2", Scientific
Data 10, 41, 2023), kept in ``catalog.json``.
"""

import json
import os
from pathlib import Path
from typing import Any

HOMEPAGE = "https://github.com/MedMNIST/MedMNIST/"
_FILE_URL = "https://zenodo.org/records/10519652/files/{name}?download=1"

SPLITS = ("train", "val", "test")


def size_flag(size: int) -> str:
    """The part of file names that stands for the size: nothing for 28, else ``_64``, ``_128``, ``_224``."""
    return "" if size == 28 else f"_{size}"


def file_name(flag: str, size: int) -> str:
    """Name of the official file, such as ``pathmnist_64.npz``."""
    return f"{flag}{size_flag(size)}.npz"


def default_root() -> Path:
    """Where data files are looked for: the environment variable ``MEDMNIST_ROOT``, else ``~/.medmnist``.

    Nothing is created.

    Raises:
        FileNotFoundError: the variable is not set and there is no home folder.
    """
    root = os.environ.get("MEDMNIST_ROOT")
    if root:
        return Path(root)
    try:
        return Path.home() / ".medmnist"
    except RuntimeError as error:
        raise FileNotFoundError("no home folder to find data in; give root= (--root) or set MEDMNIST_ROOT") from error


def _entry(flag: str, facts: dict[str, Any]) -> dict[str, Any]:
    files = {}
    for size, md5 in facts["md5"].items():
        suffix = size_flag(int(size))
        files[f"url{suffix}"] = _FILE_URL.format(name=file_name(flag, int(size)))
        files[f"MD5{suffix}"] = md5
    return {
        "python_class": facts["python_class"],
        "description": facts["description"],
        **files,
        "task": facts["task"],
        "label": {str(index): name for index, name in enumerate(facts["classes"])},
        "n_channels": facts["n_channels"],
        "n_samples": facts["n_samples"],
        "license": facts["license"],
    }


def _load() -> dict[str, dict[str, Any]]:
    text = Path(__file__).with_name("catalog.json").read_text(encoding="utf-8")
    return {flag: _entry(flag, facts) for flag, facts in json.loads(text).items()}


INFO = _load()
"""Flag to facts, with the keys of ``medmnist.INFO``."""


def check_flag(flag: str) -> str:
    """Return ``flag`` if it is one of the 18.

    Raises:
        ValueError: it is not; the message lists those there are.
    """
    if flag not in INFO:
        raise ValueError(f"flag {flag!r}; allowed: {', '.join(INFO)}")
    return flag


def check_split(split: str) -> str:
    """Return ``split`` if it is one of train, val and test.

    Raises:
        ValueError: it is not.
    """
    if split not in SPLITS:
        raise ValueError(f"split {split!r}; allowed: {', '.join(SPLITS)}")
    return split
