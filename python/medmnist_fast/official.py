"""An official file: its name, address and checksum, wherever it is kept."""

from dataclasses import dataclass
from pathlib import Path

from medmnist_fast.catalog import INFO, file_name, size_flag
from medmnist_fast.checksums import Show, wrong_md5
from medmnist_fast.progress import show_progress


@dataclass(frozen=True)
class OfficialFile:
    """One of the files of the MedMNIST release.

    Attributes:
        flag: the data set, one of ``INFO``.
        size: pixels per side, one that the set comes in.
        root: the folder that it is in, or will be.
    """

    flag: str
    size: int
    root: Path

    @property
    def name(self) -> str:
        """Such as ``pathmnist_64.npz``."""
        return file_name(self.flag, self.size)

    @property
    def path(self) -> Path:
        """Where it is, or will be."""
        return self.root / self.name

    @property
    def url(self) -> str:
        """The address of the MedMNIST authors."""
        return str(INFO[self.flag][f"url{size_flag(self.size)}"])

    @property
    def md5(self) -> str:
        """Of the official content."""
        return str(INFO[self.flag][f"MD5{size_flag(self.size)}"])

    def corruption(self, show: Show = show_progress) -> str | None:
        """A sentence that says both MD5s and what to do, if the content is not the official one, else None.

        Raises:
            OSError: it cannot be read.
        """
        found = wrong_md5(self.path, self.md5, show)
        if found is None:
            return None
        again = f"medmnist-fast download --flag {self.flag} --size {self.size} --root {self.root} --force"
        return f"corrupt: expected MD5 {self.md5}, got {found}; delete it or download again ({again})"
