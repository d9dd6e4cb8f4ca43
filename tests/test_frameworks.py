"""Frameworks: each example as a person runs it, and what frameworks do with a loader that is not torch's."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch

import medmnist_fast as mf

EXAMPLES = Path(__file__).parents[1] / "examples"
# One thread, so that sums are the same in each run; and the CPU.
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]


def needs(package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(find_spec(package) is None, reason=f"{package} is not installed")


def run(*arguments: str | Path, cwd: Path) -> list[str]:
    """Lines that a Python process printed."""
    command = [sys.executable, *map(str, arguments)]
    # Frameworks write to stderr what they like; it is shown if the process fails.
    done = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=200, cwd=cwd, env=ENVIRONMENT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def example(name: str, root: Path, cwd: Path, *arguments: str, launcher: list[str] | None = None) -> list[str]:
    common = ["--root", str(root), "--flag", "retinamnist", "--batch-size", "8"]
    return run(*(launcher or []), EXAMPLES / f"train_{name}.py", *common, *arguments, cwd=cwd)


def test_a_stopped_run_ends_with_the_weights_of_one_that_was_not(generated: Path, tmp_path: Path) -> None:
    # 50 samples are 7 batches.
    whole = example("plain", generated, tmp_path, "--epochs", "2", "--checkpoint", "whole.pt")
    stopped = example("plain", generated, tmp_path, "--epochs", "2", "--checkpoint", "two.pt", "--stop-after", "10")
    resumed = example("plain", generated, tmp_path, "--epochs", "2", "--checkpoint", "two.pt", "--resume")
    assert [line.split(":")[0] for line in whole] == ["epoch 0", "epoch 1"]
    assert stopped == [whole[0], "epoch 1: stopped, saved to two.pt"]
    assert resumed == whole[1:]
    first, second = (torch.load(tmp_path / name) for name in ("whole.pt", "two.pt"))
    assert first["loader"] == second["loader"]
    assert all(torch.equal(weights, second["model"][name]) for name, weights in first["model"].items())


def test_ranks_share_each_epoch_and_others_resume_it(generated: Path, tmp_path: Path) -> None:
    def ddp(ranks: int, *arguments: str) -> list[str]:
        return example("ddp", generated, tmp_path, *arguments, launcher=[*TORCHRUN, str(ranks)])

    assert ddp(2, "--epochs", "2", "--stop-after", "6") == [
        "epoch 0: 50 samples, each of them once; this run on 2 ranks",
        "epoch 1: 32 samples, stopped with 18 to go; this run on 2 ranks",
    ]
    shutil.copy(tmp_path / "train_ddp.pt", tmp_path / "again.pt")
    for ranks in (1, 3):
        shutil.copy(tmp_path / "again.pt", tmp_path / "train_ddp.pt")
        assert ddp(ranks, "--epochs", "3", "--resume") == [
            f"epoch 1: 50 samples, each of them once; this run on {ranks} ranks",
            f"epoch 2: 50 samples, each of them once; this run on {ranks} ranks",
        ]


def test_scikit_learn_needs_no_torch(generated: Path, tmp_path: Path) -> None:
    lines = example("sklearn", generated, tmp_path, "--epochs", "2")
    assert [line.split(" ACC")[0] for line in lines] == ["epoch 0: val", "epoch 1: val"]


@needs("accelerate")
def test_accelerate(generated: Path, tmp_path: Path) -> None:
    lines = example("accelerate", generated, tmp_path, "--epochs", "2")
    assert [line.split(", ")[1] for line in lines] == ["50 samples on each of 1"] * 2


ACCELERATE = """
import itertools, sys
from accelerate import Accelerator
import medmnist_fast as mf

root, folder = sys.argv[1:]
accelerator = Accelerator()
loader = mf.DataLoader(mf.RetinaMNIST("train", root=root), 8, shuffle=True, seed=0)
assert accelerator.prepare(loader) is loader
accelerator.register_for_checkpointing(loader)
running = iter(loader)
for _ in range(3):
    next(running)
accelerator.save_state(folder)
expected = [labels.tolist() for _, labels in running]
loader.set_epoch(5)
accelerator.load_state(folder)
assert [labels.tolist() for _, labels in loader] == expected
"""


@needs("accelerate")
def test_accelerate_leaves_the_loader_alone_and_keeps_its_state(generated: Path, tmp_path: Path) -> None:
    run("-c", ACCELERATE, generated, tmp_path / "state", cwd=tmp_path)


@needs("lightning")
def test_lightning(generated: Path, tmp_path: Path) -> None:
    first = example("lightning", generated, tmp_path, "--epochs", "2")
    then = example("lightning", generated, tmp_path, "--epochs", "3", "--resume")
    whole = example("lightning", generated, tmp_path, "--epochs", "3")
    assert [line.split(":")[0] for line in whole] == ["epoch 0", "epoch 1", "epoch 2"]
    assert [*first, *then] == whole
    assert all(line.endswith("7 batches") for line in whole)


LIGHTNING = """
import sys
import lightning, torch
import numpy as np
import medmnist_fast as mf

class Recorder(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.seen = []
        self.weight = torch.nn.Parameter(torch.zeros(()))
    def training_step(self, batch):
        self.seen += batch[1][:, 0].tolist()
        return self.weight * 0
    def on_train_batch_end(self, *_):
        self.trainer.save_checkpoint(f"{self.trainer.global_step}.ckpt")
    def validation_step(self, batch):
        pass
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1)

def new_loader():
    train = mf.RetinaMNIST("train", root=sys.argv[1])
    train.labels = np.arange(len(train))[:, None]
    return mf.DataLoader(train, 8, shuffle=True, seed=0)

def fit(checkpoint=None):
    loader, val = new_loader(), mf.DataLoader(mf.RetinaMNIST("val", root=sys.argv[1]), 8)
    options = {"logger": False, "enable_progress_bar": False, "enable_checkpointing": False, "devices": 1}
    trainer = lightning.Trainer(max_epochs=3, accelerator="cpu", **options)
    model = Recorder()
    trainer.fit(model, loader, val, ckpt_path=checkpoint)
    assert trainer.train_dataloader is loader
    return model.seen

loader = new_loader()
expected = [index for _ in range(3) for _, labels in loader for index in labels[:, 0].tolist()]
assert fit() == expected, "each epoch in an order of its own"
# An epoch of 50 samples is 7 batches.
for batches, samples in [(3, 24), (10, 74), (14, 100)]:
    assert fit(f"{batches}.ckpt") == expected[samples:], f"resumed after {batches} batches"
"""


@needs("lightning")
def test_lightning_names_the_epochs_and_keeps_the_state(generated: Path, tmp_path: Path) -> None:
    run("-c", LIGHTNING, generated, cwd=tmp_path)


def test_what_frameworks_read(generated: Path) -> None:
    train = mf.RetinaMNIST("train", root=generated)
    loader: Any = mf.DataLoader(train, 8, shuffle=True, seed=0, drop_last=True)
    assert (loader.dataset, loader.batch_size, loader.drop_last, len(loader)) == (train, 8, True, 6)
    loader.sampler.set_epoch(3)
    assert loader.state_dict()["epoch"] == 3
    assert not isinstance(loader, torch.utils.data.DataLoader)
