"""Scripts written for ``medmnist`` and torch's ``DataLoader``, run unchanged: ``medmnist-fast run script.py``.

``import medmnist`` gives ``medmnist_fast`` under the names of ``medmnist`` (``stand_in``), and torch's ``DataLoader``
keeps its class, its checks and its attributes; only what it is iterated over changes (``iteration``), and only where
the batches mean the same (``decision``). ``running`` does what ``python script.py`` does, ``report`` says what came of
it.
"""

from medmnist_fast.compat.report import Report
from medmnist_fast.compat.stand_in import replaced

__all__ = ["Report", "replaced"]
