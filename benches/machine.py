"""What a figure was measured on."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import psutil

from medmnist_fast._core import available_parallelism

PACKAGES = ("medmnist_fast", "medmnist", "torch", "torchvision", "spdl-core", "numpy")
ROOT = Path(__file__).parent.parent


def describe() -> str:
    """Machine and versions in two lines."""
    return f"{machine()}\n" + ", ".join(f"{name} {version}" for name, version in versions().items())


def machine() -> str:
    """Processor, CPUs, memory, system."""
    cpus = f"{available_parallelism()} of {os.cpu_count()} CPUs"
    memory = f"{psutil.virtual_memory().total / 2**30:.0f} GiB"
    return f"{_processor()}, {cpus}, {memory}, {platform.system()} {platform.machine()}"


def versions() -> dict[str, str]:
    """Python's, and those of the packages that are measured in its environment."""
    return {"Python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def commit() -> str:
    """What is measured: the commit, with ``+`` behind it where files differ from it."""
    git = ["git", "-C", str(ROOT)]
    try:
        name = subprocess.run([*git, "rev-parse", "--short=10", "HEAD"], check=True, capture_output=True, text=True)
        changed = subprocess.run([*git, "status", "--porcelain"], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return name.stdout.strip() + ("+" if changed.stdout else "")


def _processor() -> str:
    """The processor's name; ``platform.processor`` has none on Linux."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"
