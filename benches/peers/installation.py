"""One environment: whether it is there as asked for, and how it is made."""

import importlib.util
import json
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benches.peers.libraries import missing

FOLDER = Path(__file__).parents[2] / "target" / "peers"
TRY = "python -m benches.peers"


class AbsentError(Exception):
    """An environment cannot be made here; the message says why."""


@dataclass(frozen=True)
class Requirements:
    """What pip is asked for, and what must be there beforehand."""

    packages: tuple[str, ...]
    build: tuple[str, ...] = ()
    """What the packages are built with; where there is any they are built in the environment itself, not apart."""
    libraries: tuple[str, ...] = ()
    """Names that ``pkg-config`` must know."""
    debian: tuple[str, ...] = ()
    """Debian's packages that bring them."""
    needs_torch: bool = False
    """torch and its CUDA libraries weigh some 3 GB and more, and any of its versions will do, so it is not installed
    again: the packages beside the maker's torch are visible behind the environment's own. pip finds them there and
    adds what is missing or has to be of another version."""


@dataclass(frozen=True)
class Installation:
    """The environment of ``requirements`` in ``folder``."""

    name: str
    requirements: Requirements
    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def is_made(self) -> bool:
        """Whether it is there, and made for what is asked for now."""
        try:
            return bool(json.loads(self._stamp.read_text(encoding="utf-8")) == self._asked())
        except (FileNotFoundError, AbsentError):
            return False

    def why_absent(self) -> str:
        """What the last try to make it ended with."""
        if self._reason.exists():
            return self._reason.read_text(encoding="utf-8").strip()
        return f"{'made for other requirements' if self._stamp.exists() else 'not made'}: {TRY} {self.name}"

    def make(self) -> None:
        """Make it anew; ``AbsentError`` where that cannot be, with the reason kept for :meth:`why_absent`."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        try:
            self._install()
            self._stamp.write_text(json.dumps(self._asked()), encoding="utf-8")
        except AbsentError as error:
            self._reason.write_text(f"{error}\n", encoding="utf-8")
            raise

    def _install(self) -> None:
        wanted = self.requirements
        if absent := missing(wanted.libraries):
            names = ", ".join(absent)
            raise AbsentError(f"pkg-config does not find {names}: apt-get install {' '.join(wanted.debian)}")
        shared = _beside_torch() if wanted.needs_torch else None
        self._run(sys.executable, "-m", "venv", str(self.folder))
        if shared is not None:
            (site_packages,) = self.folder.glob("lib/python*/site-packages")
            (site_packages / "beside_torch.pth").write_text(f"{shared}\n", encoding="utf-8")
        if wanted.build:
            self._pip(*wanted.build)
        self._pip(*(["--no-build-isolation"] if wanted.build else []), *wanted.packages)

    def _pip(self, *arguments: str) -> None:
        self._run(str(self.python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *arguments)

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False, errors="replace")
        with (self.folder / "log.txt").open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}\n")
        if done.returncode:
            raise AbsentError(last_meaningful(f"{done.stdout}\n{done.stderr}"))

    def _asked(self) -> dict[str, Any]:
        """As JSON gives it back."""
        shared = str(_beside_torch()) if self.requirements.needs_torch else None
        asked = {**asdict(self.requirements), "python": sys.version, "shared": shared}
        values: dict[str, Any] = json.loads(json.dumps(asked))
        return values

    @property
    def _stamp(self) -> Path:
        return self.folder / "made.json"

    @property
    def _reason(self) -> Path:
        return self.folder / "absent.txt"


def last_meaningful(output: str) -> str:
    """The last line of pip's output that says what is wrong."""
    lines = [line.strip(" │╰─>") for line in output.splitlines()]
    told = [line for line in lines if line and not line.startswith(("[", "hint:", "note:", "See above"))]
    errors = [line for line in told if line.lower().startswith(("error:", "fatal error:"))]
    return (errors or told or ["no output"])[-1].removeprefix("ERROR: ")


def _beside_torch() -> Path:
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        raise AbsentError("it needs torch in the environment that makes it: pip install torch")
    return Path(spec.origin).parents[1]
