"""The loader, and the rooms behind it.

``dataloader`` is what users see. It asks ``sources`` what the engine can read of a data set, ``batching`` which samples
a batch holds, and one of the ``fetchers`` for the batches; ``passes`` are the iterators, and ``resume`` the positions
that are saved. Where the engine cannot help, ``per_sample`` and ``collation`` do in Python what torch's loader does.
"""

from medmnist_fast.loader.dataloader import DataLoader, Statistics

__all__ = ["DataLoader", "Statistics"]
