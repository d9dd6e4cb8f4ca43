"""What ``import medmnist`` gives to scripts under ``medmnist-fast run``."""

from . import dataset, evaluator, info
from .dataset import (
    OCTMNIST,
    AdrenalMNIST3D,
    BloodMNIST,
    BreastMNIST,
    ChestMNIST,
    DermaMNIST,
    FractureMNIST3D,
    NoduleMNIST3D,
    OrganAMNIST,
    OrganCMNIST,
    OrganMNIST3D,
    OrganSMNIST,
    PathMNIST,
    PneumoniaMNIST,
    RetinaMNIST,
    SynapseMNIST3D,
    TissueMNIST,
    VesselMNIST3D,
)
from .evaluator import Evaluator
from .info import HOMEPAGE, INFO, __version__

__all__ = [
    "HOMEPAGE",
    "INFO",
    "OCTMNIST",
    "AdrenalMNIST3D",
    "BloodMNIST",
    "BreastMNIST",
    "ChestMNIST",
    "DermaMNIST",
    "Evaluator",
    "FractureMNIST3D",
    "NoduleMNIST3D",
    "OrganAMNIST",
    "OrganCMNIST",
    "OrganMNIST3D",
    "OrganSMNIST",
    "PathMNIST",
    "PneumoniaMNIST",
    "RetinaMNIST",
    "SynapseMNIST3D",
    "TissueMNIST",
    "VesselMNIST3D",
    "__version__",
    "dataset",
    "evaluator",
    "info",
]
