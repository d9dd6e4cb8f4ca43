"""What a figure was measured on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from medmnist_fast._core import available_parallelism

PACKAGES = ("medmnist_fast", "medmnist", "torch", "torchvision", "spdl-io", "numpy")


def describe() -> str:
    """Machine and versions in two lines."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    cpus = f"{available_parallelism()} of {os.cpu_count()} CPUs"
    machine = f"{_processor()}, {cpus}, {platform.system()} {platform.machine()}"
    return f"{machine}\nPython {platform.python_version()}, {versions}"


def _processor() -> str:
    """The processor's name; ``platform.processor`` has none on Linux."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"
