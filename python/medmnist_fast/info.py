"""``medmnist.info``: what is known of the data sets, and where they are looked for by default."""

from medmnist_fast._core import __version__
from medmnist_fast.catalog import HOMEPAGE, INFO, default_root

DEFAULT_ROOT = str(default_root())

__all__ = ["DEFAULT_ROOT", "HOMEPAGE", "INFO", "__version__"]
