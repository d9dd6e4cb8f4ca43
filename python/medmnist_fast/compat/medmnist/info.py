"""``medmnist.info``: facts, under the version of ``medmnist`` whose names and answers these are."""

from medmnist_fast.catalog import HOMEPAGE, INFO, default_root

__version__ = "3.0.2"
DEFAULT_ROOT = str(default_root())

__all__ = ["DEFAULT_ROOT", "HOMEPAGE", "INFO", "__version__"]
