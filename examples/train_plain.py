"""Train a small network in plain PyTorch: ``python examples/train_plain.py --root DIR [--resume]``.

The checkpoint holds the loader's state, so a run that was stopped goes on with the very batch that it would have had
next, and ends with the same weights.
"""

import argparse
from pathlib import Path

import torch
from torch import nn

import medmnist_fast as mf
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it


def network(channels: int, classes: int) -> nn.Module:
    """For images of any size."""
    return nn.Sequential(
        *(nn.Conv2d(channels, 32, 3, stride=2), nn.ReLU(), nn.Conv2d(32, 64, 3, stride=2), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(64 * 4 * 4, classes)),
    )


def main() -> None:
    """Train, say how it goes, and save after each epoch."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--root", type=Path, help="folder of official files (default: MEDMNIST_ROOT, else ~/.medmnist)")
    parser.add_argument("--flag", default="retinamnist", help="a set of images with one label each")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--checkpoint", type=Path, default=Path("train_plain.pt"))
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    parser.add_argument("--stop-after", type=int, help="save and stop after so many batches")
    options = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(0)

    info = mf.INFO[options.flag]
    dataset = getattr(mf, info["python_class"])
    normalize = [T.ToTensor(), T.Normalize([0.5], [0.5])]
    train = mf.DataLoader(
        dataset("train", root=options.root),
        options.batch_size,
        shuffle=True,
        seed=0,
        transform=T.Compose([T.RandomHorizontalFlip(), *normalize]),
        device=device,
        pin_memory=device == "cuda",
    )
    val = mf.DataLoader(dataset("val", root=options.root), 256, transform=T.Compose(normalize), device=device)
    evaluator = mf.Evaluator(options.flag, "val", root=options.root)

    model = network(info["n_channels"], len(info["label"])).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    if options.resume:
        checkpoint = torch.load(options.checkpoint, map_location=device)
        model.load_state_dict(checkpoint["model"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        train.load_state_dict(checkpoint["loader"])

    def save() -> None:
        checkpoint = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "loader": train.state_dict()}
        torch.save(checkpoint, options.checkpoint)

    batches = 0
    while (epoch := train.state_dict()["epoch"]) < options.epochs:
        for images, labels in train:
            loss = nn.functional.cross_entropy(model(images), labels[:, 0])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            batches += 1
            if batches == options.stop_after:
                save()
                print(f"epoch {epoch}: stopped, saved to {options.checkpoint}")
                return
        with torch.inference_mode():
            scores = torch.cat([model(images).softmax(dim=1) for images, _ in val])
        metrics = evaluator.evaluate(scores.cpu().numpy())
        print(f"epoch {epoch}: last loss {loss.item():.3f}, val AUC {metrics.AUC:.3f} ACC {metrics.ACC:.3f}")
        save()


if __name__ == "__main__":
    main()
