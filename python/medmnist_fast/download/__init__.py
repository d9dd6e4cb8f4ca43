"""Official files from the network or from a folder: whole and right, or not at all.

>>> from medmnist_fast import download
>>> download.fetch("breastmnist", 64, root="data")
PosixPath('data/breastmnist_64.npz')

A file is written under another name, hashed on the way, and gets its own name when its MD5 is the official one. What
arrives before a cut, a Ctrl-C or a crash stays, and the next try goes on from there. Of several processes one downloads
and the others wait for it.
"""

from medmnist_fast.download.obtaining import Outcome, fetch, fetch_all, import_folder
from medmnist_fast.download.transfer import DownloadError

__all__ = ["DownloadError", "Outcome", "fetch", "fetch_all", "import_folder"]
