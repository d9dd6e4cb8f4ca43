"""Importing stays light, and everything but tensors works without torch."""

import subprocess
import sys
from pathlib import Path


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_only_numpy_is_imported_and_nothing_is_created() -> None:
    run(
        "import sys, pathlib, medmnist_fast\n"
        "heavy = {'torch', 'sklearn', 'pandas', 'PIL', 'matplotlib', 'rich', 'typer', 'httpx2', 'platformdirs'}\n"
        "heavy &= set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert not (pathlib.Path.home() / '.medmnist').exists()"
    )


def test_without_torch_batches_are_arrays(generated: Path) -> None:
    run(
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "import numpy as np, medmnist_fast as mf\n"
        "from medmnist_fast import transforms as T\n"
        "pipeline = T.Compose([T.RandomHorizontalFlip(), T.ToTensor()])\n"
        f"val = mf.BreastMNIST('val', transform=pipeline, root={str(generated)!r})\n"
        "np.random.seed(0)\n"
        "images, labels = next(iter(mf.DataLoader(val, 4, shuffle=True)))\n"
        "assert type(images) is np.ndarray and images.dtype == np.float32 and labels.dtype == np.int64\n"
        "assert type(val[0][0]) is np.ndarray\n"
        "np.random.seed(0)\n"
        "again, _ = next(iter(mf.DataLoader(val, 4, shuffle=True)))\n"
        "assert np.array_equal(images, again)\n"
        "try:\n"
        "    mf.DataLoader(val, output='torch')\n"
        "except ImportError as error:\n"
        "    assert 'medmnist_fast[torch]' in str(error)\n"
        "else:\n"
        "    raise AssertionError('no torch, no tensors')"
    )
