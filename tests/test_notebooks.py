"""The notebooks, run from top to bottom by a plain interpreter; and that they are committed without outputs."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))


def cells(path: Path) -> list[dict[str, Any]]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    return notebook["cells"]


def run(path: Path, cwd: Path) -> list[str]:
    """Lines that its code printed, in a fresh interpreter without a display, a home folder or data."""
    code = "\n".join("".join(cell["source"]) for cell in cells(path) if cell["cell_type"] == "code")
    environment = {name: value for name, value in os.environ.items() if name != "MEDMNIST_ROOT"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=250,
        cwd=cwd,
        env=environment | {"MPLBACKEND": "agg", "TMPDIR": str(cwd), "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_cleared(path: Path) -> None:
    found = cells(path)
    assert len({cell["id"] for cell in found}) == len(found)
    code = [cell for cell in found if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert len(code) < len(found)


def auc(lines: list[str]) -> float:
    match = re.fullmatch(r"test AUC ([01]\.\d{3}) ACC [01]\.\d{3}", lines[-1])
    assert match
    return float(match[1])


def test_getting_started(tmp_path: Path) -> None:
    lines = run(EXAMPLES / "getting_started.ipynb", tmp_path)
    assert "torch.Size([64, 1, 28, 28]) torch.float32 torch.Size([64, 1]) torch.int64" in lines
    assert auc(lines) > 0.7


def test_without_pytorch(tmp_path: Path) -> None:
    # The last cell looks whether torch was imported.
    lines = run(EXAMPLES / "getting_started_without_pytorch.ipynb", tmp_path)
    assert "ndarray (64, 3, 28, 28) float32 (64, 1)" in lines
    assert auc(lines) > 0.7
