"""The environments of the peers, one each under ``target/peers/``, made by ``python -m benches.peers``.

A peer's packages stay out of the environment of this package, whose versions of NumPy and torch they would hold back.
"""

from dataclasses import dataclass
from pathlib import Path

from benches.peers.installation import FOLDER, Installation, Requirements

__all__ = ["CONTENDERS", "ENVIRONMENTS", "FOLDER", "Environment", "python_of", "why_absent"]


@dataclass(frozen=True)
class Environment:
    """What is installed, and the modules of ``benches.contenders`` that run with it."""

    requirements: Requirements
    contenders: tuple[str, ...]


ENVIRONMENTS = {
    "decode": Environment(
        Requirements(("numpy>=2", "isal>=1.7,<2", "zlib-ng>=1,<2", "deflate>=0.8,<1", "rapidgzip>=0.16,<1")),
        ("numpy_load", "isal", "zlib_ng", "libdeflate", "rapidgzip"),
    ),
    "spdl": Environment(Requirements(("numpy>=2", "spdl>=0.8,<0.9")), ("spdl",)),
    "ffcv": Environment(
        Requirements(
            ("ffcv>=1.0.2,<2", "numba>=0.61", "numpy>=2,<2.3"),
            build=("numpy>=2,<2.3", "setuptools", "wheel"),
            libraries=("opencv4", "libturbojpeg"),
            debian=("libopencv-dev", "libturbojpeg0-dev", "pkg-config"),
            needs_torch=True,
        ),
        ("ffcv",),
    ),
    "dali": Environment(Requirements(("numpy>=2", "nvidia-dali-cuda120>=1.50,<3")), ("dali",)),
    "grain": Environment(Requirements(("numpy>=2", "grain>=0.2.12,<0.3")), ("grain",)),
    "tfdata": Environment(Requirements(("numpy>=2", "tensorflow-cpu>=2.20,<3")), ("tfdata",)),
    # Its users give it to torch's DataLoader.
    "albumentations": Environment(
        Requirements(("numpy>=2", "albumentations>=2,<3"), needs_torch=True), ("albumentations",)
    ),
}
CONTENDERS = {contender: name for name, environment in ENVIRONMENTS.items() for contender in environment.contenders}
"""The environment of each contender that has one here."""


def python_of(contender: str, folder: Path = FOLDER) -> Path | None:
    """The interpreter that a contender runs in, or None where it is not made as it is asked for now."""
    made = installation(CONTENDERS[contender], folder)
    return made.python if made.is_made() else None


def why_absent(contender: str, folder: Path = FOLDER) -> str:
    """Why :func:`python_of` has none: what the last try to make it said."""
    return installation(CONTENDERS[contender], folder).why_absent()


def installation(name: str, folder: Path = FOLDER) -> Installation:
    """An environment by its name."""
    return Installation(name, ENVIRONMENTS[name].requirements, folder / name)
