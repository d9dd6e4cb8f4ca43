"""Train a linear model with scikit-learn, without torch: ``python examples/train_sklearn.py --root DIR``."""

import argparse
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import SGDClassifier

import medmnist_fast as mf
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it


def main() -> None:
    """Train batch by batch and say how it goes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--root", type=Path, help="folder of official files (default: MEDMNIST_ROOT, else ~/.medmnist)")
    parser.add_argument("--flag", default="retinamnist", help="a set with one label for each image or volume")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=64)
    options = parser.parse_args()

    info = mf.INFO[options.flag]
    dataset = getattr(mf, info["python_class"])
    normalize = [T.ToTensor(), T.Normalize([0.5], [0.5])]
    train = mf.DataLoader(
        dataset("train", root=options.root),
        options.batch_size,
        shuffle=True,
        seed=0,
        transform=T.Compose([T.RandomHorizontalFlip(), *normalize]),
        output="numpy",
    )
    val = mf.DataLoader(dataset("val", root=options.root), 256, transform=T.Compose(normalize), output="numpy")

    model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=1e-4, random_state=0)
    classes = np.arange(len(info["label"]))
    for epoch in range(options.epochs):
        for images, labels in train:
            model.partial_fit(images.reshape(len(images), -1), labels[:, 0], classes)
        right = [model.predict(images.reshape(len(images), -1)) == labels[:, 0] for images, labels in val]
        print(f"epoch {epoch}: val ACC {np.concatenate(right).mean():.3f}")
    assert "torch" not in sys.modules  # noqa: S101 - what this example is there to show


if __name__ == "__main__":
    main()
