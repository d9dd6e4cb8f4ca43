"""Train a small network with ``medmnist`` and stock PyTorch; nothing in here knows of ``medmnist_fast``.

``python examples/upstream_style_train.py --root DIR`` runs it with ``medmnist`` itself, and
``medmnist-fast run --report examples/upstream_style_train.py --root DIR`` with ours in its place.
"""

import argparse
import time

import medmnist
import torch
from medmnist import INFO, Evaluator
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms


def network(channels: int, classes: int) -> nn.Module:
    """For images of any size."""
    return nn.Sequential(
        *(nn.Conv2d(channels, 16, 3, stride=2), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(32 * 3 * 3, classes)),
    )


def main() -> None:
    """Train, and say what came of it and how much of each epoch was spent on data."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--root", help="folder of the .npz files (default: ~/.medmnist)")
    parser.add_argument("--flag", default="retinamnist", help="a set of images with one label each")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--augment", action="store_true", help="random crops and flips")
    options = parser.parse_args()
    torch.manual_seed(0)

    info = INFO[options.flag]
    dataset = getattr(medmnist, info["python_class"])
    where = {} if options.root is None else {"root": options.root}
    plain = [transforms.ToTensor(), transforms.Normalize([0.5], [0.5])]
    augment = [transforms.RandomResizedCrop(28, (0.7, 1.0)), transforms.RandomHorizontalFlip()]
    train = DataLoader(
        dataset("train", transform=transforms.Compose(augment + plain if options.augment else plain), **where),
        batch_size=options.batch_size,
        shuffle=True,
        num_workers=options.workers,
    )
    test = DataLoader(dataset("test", transform=transforms.Compose(plain), **where), batch_size=options.batch_size)

    model = network(info["n_channels"], len(info["label"]))
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for epoch in range(options.epochs):
        waited, batches = 0.0, 0
        asked = time.perf_counter()
        for images, labels in train:
            waited += time.perf_counter() - asked
            loss = nn.functional.cross_entropy(model(images), labels[:, 0])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            batches += 1
            asked = time.perf_counter()
        waited += time.perf_counter() - asked
        last = f"last {tuple(images.shape)} {images.dtype}, labels {tuple(labels.shape)} {labels.dtype}"
        print(f"epoch {epoch}: loss {loss.item():.6f}, {batches} batches, {last}")
        print(f"epoch {epoch}: {waited:.4f} s of data")
    with torch.inference_mode():
        scores = torch.cat([model(images).softmax(dim=1) for images, _ in test])
    metrics = Evaluator(options.flag, "test", **where).evaluate(scores.numpy())
    print(f"test AUC {metrics.AUC:.6f} ACC {metrics.ACC:.6f}")


if __name__ == "__main__":
    main()
