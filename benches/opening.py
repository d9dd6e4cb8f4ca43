"""Opening a set of 224 pixels, each way in a fresh process: time until it is open and to a first batch, and memory.

Last comes what no way can do without: memory for a batch, written to for the first time. Of small pages: where a host
has to be asked for huge ones, they come later.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from benches.process import ROOT
from benches.report.targets import REOPENED, TOUCHED
from benches.rows import Opening
from benches.workloads import Workload

WORKLOAD = Workload("pathmnist", 224, "f32")
REPEATS = 3
WAYS = {
    "medmnist + torch DataLoader": "stock",
    "into memory": "memory",
    "decoded store, made": "make",
    REOPENED: "mapped",
    TOUCHED: "touch",
}

# What is imported is imported before the clock starts, and held in memory before.
STEP = r"""
import json, re, sys, time
from concurrent.futures import ThreadPoolExecutor
from math import prod
from pathlib import Path
import numpy as np
import torch
import medmnist, torchvision
import medmnist_fast as mf
from medmnist_fast import transforms as T
from benches.contenders import stock
from benches.workloads import Workload
way, folder, workload = sys.argv[1], Path(sys.argv[2]), Workload.from_dict(json.loads(sys.argv[3]))


def peak():
    # Not `ru_maxrss`, which a child on Linux starts with its parent's.
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) * 1024
    import resource
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

T.ToTensor, T.Normalize, mf.PathMNIST, mf.DataLoader, medmnist.PathMNIST
before = peak()
start = time.perf_counter()
if way == "touch":
    batch = np.empty((128, prod(workload.shape)), np.float32)
    opened = time.perf_counter()
    with ThreadPoolExecutor(workload.threads) as threads:
        list(threads.map(lambda part: part.fill(0), np.array_split(batch, workload.threads)))
    first, size = time.perf_counter(), batch.nbytes
else:
    if way == "stock":
        dataset = stock.stock_dataset(workload, folder)
        opened = time.perf_counter()
        loader = torch.utils.data.DataLoader(torch.utils.data.Subset(dataset, range(1024)), 128, shuffle=True)
    else:
        transform = T.Compose([T.ToTensor(), T.Normalize([0.5], [0.5])])
        mmap_mode = None if way == "memory" else "r"
        dataset = mf.PathMNIST("train", transform, root=folder, size=workload.size, mmap_mode=mmap_mode)
        opened = time.perf_counter()
        loader = mf.DataLoader(dataset, 128, shuffle=True, seed=0, num_workers=workload.threads)
    batches = iter(loader)
    next(batches)
    # Before the iterator goes, which waits for what it has begun.
    first, size = time.perf_counter(), dataset.imgs.nbytes
print(json.dumps([opened - start, first - start, peak() - before, size]))
"""


def measure(folder: Path) -> list[Opening]:
    """Medians of ``REPEATS`` processes for each way; a store is made anew each time it is made."""
    openings = []
    for title, way in WAYS.items():
        found = []
        for _ in range(REPEATS):
            if way == "make":
                shutil.rmtree(folder / "decoded", ignore_errors=True)
            found.append(_step(way, folder))
        opened, first, peak, size = (statistics.median(values) for values in zip(*found, strict=True))
        openings.append(Opening(title, WORKLOAD.flag, WORKLOAD.size, size / 1e6, opened, first, peak / 1e6))
    return openings


def _step(way: str, folder: Path) -> list[float]:
    command = [sys.executable, "-W", "ignore", "-c", STEP, way, str(folder), json.dumps(WORKLOAD.as_dict())]
    environment = os.environ | ({"NUMPY_MADVISE_HUGEPAGE": "0"} if way == WAYS[TOUCHED] else {})
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=environment)
    numbers: list[float] = json.loads(answer.stdout)
    return numbers
