"""MedMNIST at the speed of memory.

The same names and the same answers as ``medmnist``, over a Rust core: data sets (:class:`PathMNIST` and 17 others),
:class:`DataLoader`, :mod:`samplers`, :mod:`transforms`, :class:`Evaluator`, :mod:`npz` for any ``.npz`` file, and the
command line ``medmnist-fast``.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from medmnist_fast._core import NpzError, __version__

if TYPE_CHECKING:
    from medmnist_fast import dataset as dataset
    from medmnist_fast import download as download
    from medmnist_fast import evaluation as evaluation
    from medmnist_fast import evaluator as evaluator
    from medmnist_fast import info as info
    from medmnist_fast import npz, samplers, transforms
    from medmnist_fast.arrays import ArrayDataset
    from medmnist_fast.catalog import HOMEPAGE, INFO, default_root
    from medmnist_fast.dataset import (
        OCTMNIST,
        AdrenalMNIST3D,
        BloodMNIST,
        BreastMNIST,
        ChestMNIST,
        DermaMNIST,
        FractureMNIST3D,
        MedMNIST,
        MedMNIST2D,
        MedMNIST3D,
        NoduleMNIST3D,
        OrganAMNIST,
        OrganCMNIST,
        OrganMNIST3D,
        OrganMNISTAxial,
        OrganMNISTCoronal,
        OrganMNISTSagittal,
        OrganSMNIST,
        PathMNIST,
        PneumoniaMNIST,
        RetinaMNIST,
        SynapseMNIST3D,
        TissueMNIST,
        VesselMNIST3D,
    )
    from medmnist_fast.evaluation import ClassScores, Comparison, Difference, Interval, Report
    from medmnist_fast.evaluator import Evaluator, Metrics, getACC, getAUC, save_results
    from medmnist_fast.loader import DataLoader

__all__ = [
    "HOMEPAGE",
    "INFO",
    "OCTMNIST",
    "AdrenalMNIST3D",
    "ArrayDataset",
    "BloodMNIST",
    "BreastMNIST",
    "ChestMNIST",
    "ClassScores",
    "Comparison",
    "DataLoader",
    "DermaMNIST",
    "Difference",
    "Evaluator",
    "FractureMNIST3D",
    "Interval",
    "MedMNIST",
    "MedMNIST2D",
    "MedMNIST3D",
    "Metrics",
    "NoduleMNIST3D",
    "NpzError",
    "OrganAMNIST",
    "OrganCMNIST",
    "OrganMNIST3D",
    "OrganMNISTAxial",
    "OrganMNISTCoronal",
    "OrganMNISTSagittal",
    "OrganSMNIST",
    "PathMNIST",
    "PneumoniaMNIST",
    "Report",
    "RetinaMNIST",
    "SynapseMNIST3D",
    "TissueMNIST",
    "VesselMNIST3D",
    "__version__",
    "default_root",
    "getACC",
    "getAUC",
    "npz",
    "samplers",
    "save_results",
    "transforms",
]

_MODULES = frozenset({"dataset", "download", "evaluation", "evaluator", "info", "npz", "samplers", "transforms"})
"""What is imported as ``medmnist_fast.npz``; those that would hide names of a script are not in ``__all__``."""

_HOMES = ("catalog", "dataset", "arrays", "loader", "evaluator", "evaluation")
"""Where the other names are; what imports little comes first."""

if not TYPE_CHECKING:
    # To type checkers all names are those above, and a name that is none is an error.

    def __getattr__(name: str) -> object:
        """A module or a name, imported when it is first asked for: so this package is imported sooner than NumPy."""
        if name in _MODULES:
            return import_module(f"{__name__}.{name}")
        if name in __all__:
            for home in _HOMES:
                module = import_module(f"{__name__}.{home}")
                if hasattr(module, name):
                    return globals().setdefault(name, getattr(module, name))
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
