"""MedMNIST at the speed of memory.

The same names and the same answers as ``medmnist``, over a Rust core: data sets (:class:`PathMNIST` and 17 others),
:class:`DataLoader`, :mod:`samplers`, :mod:`transforms`, :class:`Evaluator`, :mod:`npz` for any ``.npz`` file, and the
command line ``medmnist-fast``.
"""

from medmnist_fast import npz, samplers, transforms
from medmnist_fast._core import NpzError, __version__
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
from medmnist_fast.evaluator import Evaluator, Metrics
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
    "DataLoader",
    "DermaMNIST",
    "Evaluator",
    "FractureMNIST3D",
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
    "RetinaMNIST",
    "SynapseMNIST3D",
    "TissueMNIST",
    "VesselMNIST3D",
    "__version__",
    "default_root",
    "npz",
    "samplers",
    "transforms",
]
