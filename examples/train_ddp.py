"""Train on several processes: ``torchrun --nproc-per-node 2 examples/train_ddp.py --root DIR [--resume]``.

Each rank gets its part of each epoch, and a checkpoint may be resumed by another number of ranks, in the middle of an
epoch too: at its end, the ranks together have seen every sample once.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

import medmnist_fast as mf
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it


def parse() -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--root", type=Path, help="folder of official files (default: MEDMNIST_ROOT, else ~/.medmnist)")
    parser.add_argument("--flag", default="retinamnist", help="a set of images with one label each")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=64, help="of each rank")
    parser.add_argument("--checkpoint", type=Path, default=Path("train_ddp.pt"))
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    parser.add_argument("--stop-after", type=int, help="save and stop after so many batches")
    return parser.parse_args()


def main() -> None:
    """Train one rank's part."""
    options = parse()
    has_gpu = torch.cuda.is_available()
    device = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if has_gpu else torch.device("cpu")
    if has_gpu:
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if has_gpu else "gloo")
    train(options, device)
    dist.destroy_process_group()
    time.sleep(0.5)  # gloo's threads drop their last work late, and abort where the interpreter is gone (torch 2.15)


def train(options: argparse.Namespace, device: torch.device) -> None:
    """Train; rank 0 prints and saves."""
    torch.manual_seed(0)
    info = mf.INFO[options.flag]
    dataset = getattr(mf, info["python_class"])("train", root=options.root)
    # A second label tells the samples apart, in order to show that none is lost or comes twice.
    dataset.labels = np.column_stack([dataset.labels, np.arange(len(dataset))])
    loader = mf.DataLoader(  # its rank and number of ranks are those of torch.distributed
        dataset,
        options.batch_size,
        shuffle=True,
        seed=0,
        transform=T.Compose([T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize([0.5], [0.5])]),
        remainder="keep",
        device=device,
        pin_memory=device.type == "cuda",
    )
    model = DistributedDataParallel(
        nn.Sequential(
            *(nn.Conv2d(info["n_channels"], 32, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(4)),
            *(nn.Flatten(), nn.Linear(32 * 4 * 4, len(info["label"]))),
        ).to(device)
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    seen: list[int] = []  # by all ranks, in this epoch
    if options.resume:
        checkpoint = torch.load(options.checkpoint, map_location=device)
        model.load_state_dict(checkpoint["model"])
        loader.load_state_dict(checkpoint["loader"])
        seen = checkpoint["seen"]

    batches, is_stopped = 0, False
    while not is_stopped and (epoch := loader.state_dict()["epoch"]) < options.epochs:
        mine: list[int] = []
        with model.join():  # without padding, some ranks may have a batch more
            for images, labels in loader:
                loss = nn.functional.cross_entropy(model(images), labels[:, 0])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                mine += labels[:, 1].tolist()
                batches += 1
                is_stopped = batches == options.stop_after
                if is_stopped:
                    break
        parts: list[tuple[list[int], bool]] = [([], False)] * dist.get_world_size()
        dist.all_gather_object(parts, (mine, is_stopped))
        seen += [index for part, _ in parts for index in part]
        is_stopped = any(stopped for _, stopped in parts)
        if not is_stopped and sorted(seen) != list(range(len(dataset))):
            raise SystemExit(f"epoch {epoch}: {len(seen)} samples, {len(set(seen))} different ones, of {len(dataset)}")
        if dist.get_rank() == 0:
            left = f"stopped with {len(dataset) - len(seen)} to go" if is_stopped else "each of them once"
            print(f"epoch {epoch}: {len(seen)} samples, {left}; this run on {len(parts)} ranks")
        seen = seen if is_stopped else []
        if dist.get_rank() == 0:
            state = {"model": model.state_dict(), "loader": loader.state_dict(), "seen": seen}
            torch.save(state, options.checkpoint)


if __name__ == "__main__":
    main()
