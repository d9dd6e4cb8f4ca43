"""``medmnist.info``: facts, under the version of ``medmnist`` whose names and answers these are."""

from medmnist_fast.info import DEFAULT_ROOT, HOMEPAGE, INFO

__version__ = "3.0.2"

__all__ = ["DEFAULT_ROOT", "HOMEPAGE", "INFO", "__version__"]
