"""Train with Accelerate: ``accelerate launch examples/train_accelerate.py --root DIR``, or ``python`` for one process.

``prepare`` returns the loader as it is, because it wraps only torch's own. So the loader is given the device; its rank
is that of ``torch.distributed``, which an ``Accelerator`` has initialised.
"""

import argparse
from pathlib import Path

import torch
from accelerate import Accelerator
from torch import nn

import medmnist_fast as mf
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it


def main() -> None:
    """Train and say how it goes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--root", type=Path, help="folder of official files (default: MEDMNIST_ROOT, else ~/.medmnist)")
    parser.add_argument("--flag", default="retinamnist", help="a set of images with one label each")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=64, help="of each process")
    options = parser.parse_args()
    accelerator = Accelerator()
    torch.manual_seed(0)

    info = mf.INFO[options.flag]
    loader = mf.DataLoader(
        getattr(mf, info["python_class"])("train", root=options.root),
        options.batch_size,
        shuffle=True,
        seed=0,
        transform=T.Compose([T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize([0.5], [0.5])]),
        device=accelerator.device,
        pin_memory=accelerator.device.type == "cuda",
    )
    model = nn.Sequential(
        *(nn.Conv2d(info["n_channels"], 32, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(4)),
        *(nn.Flatten(), nn.Linear(32 * 4 * 4, len(info["label"]))),
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
    accelerator.register_for_checkpointing(loader)  # its state is saved by save_state, and loaded by load_state

    for epoch in range(options.epochs):
        total, samples = torch.zeros((), device=accelerator.device), 0
        for images, labels in loader:
            loss = nn.functional.cross_entropy(model(images), labels[:, 0])
            optimizer.zero_grad()
            accelerator.backward(loss)
            optimizer.step()
            total += loss.detach() * len(images)
            samples += len(images)
        mean = accelerator.reduce(total / samples, "mean").item()
        accelerator.print(f"epoch {epoch}: loss {mean:.3f}, {samples} samples on each of {accelerator.num_processes}")
    accelerator.end_training()


if __name__ == "__main__":
    main()
