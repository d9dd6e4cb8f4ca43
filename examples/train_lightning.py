"""Train with Lightning: ``python examples/train_lightning.py --root DIR``.

The loader goes to ``Trainer.fit`` as it is. Lightning names its epochs, puts its state into checkpoints and gives it
back on resuming; it wraps only torch's own loaders, so ranks are those of ``torch.distributed``.
"""

import argparse
from pathlib import Path

import lightning
import torch
from torch import nn

import medmnist_fast as mf
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it


class Classifier(lightning.LightningModule):
    """A small network for images of any size."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            *(nn.Conv2d(channels, 32, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(4)),
            *(nn.Flatten(), nn.Linear(32 * 4 * 4, classes)),
        )

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        """The loss of a batch."""
        images, labels = batch
        loss = nn.functional.cross_entropy(self.net(images), labels[:, 0])
        self.log("loss", loss, on_step=False, on_epoch=True)
        return loss

    def on_train_epoch_end(self) -> None:
        """Say how it goes."""
        loss = self.trainer.callback_metrics["loss"].item()
        self.print(f"epoch {self.current_epoch}: loss {loss:.3f}, {self.trainer.num_training_batches} batches")

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Stochastic gradient descent."""
        return torch.optim.SGD(self.parameters(), lr=0.05)


def main() -> None:
    """Train and save a checkpoint."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--root", type=Path, help="folder of official files (default: MEDMNIST_ROOT, else ~/.medmnist)")
    parser.add_argument("--flag", default="retinamnist", help="a set of images with one label each")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--checkpoint", type=Path, default=Path("train_lightning.ckpt"))
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    options = parser.parse_args()
    lightning.seed_everything(0)

    info = mf.INFO[options.flag]
    train = getattr(mf, info["python_class"])("train", root=options.root)
    loader = mf.DataLoader(
        train,
        options.batch_size,
        shuffle=True,
        seed=0,
        transform=T.Compose([T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize([0.5], [0.5])]),
        pin_memory=torch.cuda.is_available(),  # Lightning copies to the device itself
    )
    trainer = lightning.Trainer(
        max_epochs=options.epochs,
        devices=1,
        logger=False,
        enable_progress_bar=False,
        enable_checkpointing=False,
        enable_model_summary=False,
    )
    model = Classifier(info["n_channels"], len(info["label"]))
    trainer.fit(model, loader, ckpt_path=options.checkpoint if options.resume else None)
    trainer.save_checkpoint(options.checkpoint)


if __name__ == "__main__":
    main()
