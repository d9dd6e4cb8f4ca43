"""Training through :class:`medmnist_fast.DataLoader`, epoch by epoch."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from medmnist_fast.catalog import INFO
from medmnist_fast.dataset import DATASETS
from medmnist_fast.demo.model import small_cnn
from medmnist_fast.evaluator import Evaluator, Metrics
from medmnist_fast.loader import DataLoader
from medmnist_fast.transforms import Compose, Normalize, RandomHorizontalFlip, ToTensor

BATCH_SIZE = 64
LEARNING_RATE = 2e-3


@dataclass(frozen=True)
class Epoch:
    """What happened in one epoch."""

    number: int
    loss: float
    """Mean training loss."""
    val: Metrics
    images_per_second: float
    """Training images per second of the training pass, the network's work included."""
    wait_share: float
    """Share of the training pass that was spent waiting for batches, in 0 to 1."""


class Trainer:
    """A data set's three splits, a network, and the state of its training."""

    def __init__(self, flag: str, *, root: Path | None, size: int, epochs: int, seed: int) -> None:
        torch.manual_seed(seed)
        self.info = INFO[flag]
        self.epochs = epochs
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        normalize = [ToTensor(), Normalize([0.5], [0.5])]
        datasets = {split: DATASETS[flag](split, root=root, size=size) for split in ("train", "val", "test")}
        self.loaders = {
            "train": DataLoader(
                datasets["train"],
                BATCH_SIZE,
                shuffle=True,
                seed=seed,
                transform=Compose([RandomHorizontalFlip(), *normalize]),
            ),
            **{
                split: DataLoader(datasets[split], 4 * BATCH_SIZE, seed=seed, transform=Compose(normalize))
                for split in ("val", "test")
            },
        }
        self.evaluators = {split: Evaluator(flag, split, size=size, root=root) for split in ("val", "test")}
        self.test = datasets["test"]
        self.multi_label = self.info["task"] == "multi-label, binary-class"
        self.model = small_cnn(
            spatial_dims=self.test.spatial_dims,
            in_channels=self.info["n_channels"],
            outputs=len(self.info["label"]),
            size=size,
        ).to(self.device)
        self.loss = nn.BCEWithLogitsLoss() if self.multi_label else nn.CrossEntropyLoss()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=LEARNING_RATE, weight_decay=1e-2)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, epochs)

    @property
    def steps(self) -> int:
        """Training batches of all epochs together."""
        return self.epochs * len(self.loaders["train"])

    def train(self, on_step: Callable[[], object]) -> Iterator[Epoch]:
        """Train; calls ``on_step`` after each batch and yields after each epoch.

        Afterwards the model is that of the last epoch with the best sum of AUC and ACC. The sum because a validation
        split of a hundred samples often has its best AUC in an early epoch whose threshold is still far off.
        """
        best, best_state = -1.0, self.model.state_dict()
        for number in range(1, self.epochs + 1):
            start = time.perf_counter()
            loss, images, waited = self._train_epoch(on_step)
            seconds = time.perf_counter() - start
            self.schedule.step()
            val = self.evaluators["val"].evaluate(self.predict("val"))
            # The AUC is NaN where a class does not occur in the validation split.
            score = float(np.nansum(val))
            if score >= best:
                best = score
                best_state = {name: value.clone() for name, value in self.model.state_dict().items()}
            yield Epoch(number, loss, val, images / seconds, waited / seconds)
        self.model.load_state_dict(best_state)

    def _train_epoch(self, on_step: Callable[[], object]) -> tuple[float, int, float]:
        self.model.train()
        total, count, waited = 0.0, 0, 0.0
        batches = iter(self.loaders["train"])
        while True:
            start = time.perf_counter()
            batch = next(batches, None)
            waited += time.perf_counter() - start
            if batch is None:
                return total / count, count, waited
            images, labels = (tensor.to(self.device) for tensor in batch)
            loss = self.loss(self.model(images), labels.float() if self.multi_label else labels[:, 0])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(images)
            count += len(images)
            on_step()

    def predict(self, split: str) -> NDArray[np.float32]:
        """Probabilities of each class or label, (N, classes)."""
        self.model.eval()
        with torch.inference_mode():
            logits = torch.cat([self.model(images.to(self.device)) for images, _ in self.loaders[split]])
            scores = logits.sigmoid() if self.multi_label else logits.softmax(dim=1)
        return np.asarray(scores.cpu())
