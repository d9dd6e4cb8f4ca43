"""A loader in a process: interrupted, at its end, and over many epochs. Each in an interpreter of its own."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PREAMBLE = """
import gc, os, signal, sys, threading, time
import medmnist_fast as mf
from medmnist_fast import transforms as T
train = mf.PathMNIST("train", root=sys.argv[1])
"""


def run(code: str, root: Path, *, status: int = 0) -> str:
    code = PREAMBLE + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-c", code, str(root)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == status, done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals to itself, which Windows has not")
def test_ctrl_c_while_waiting_and_between_batches(generated: Path) -> None:
    out = run(
        """
        import numpy as np
        slow = T.Compose([T.Resize((400, 400)), T.GaussianBlur(23)])
        many = mf.ArrayDataset(np.zeros((20_000, 28, 28), np.uint8), np.zeros(20_000, int), slow)
        for threads in (0, 1):
            loader = mf.DataLoader(many, 2_000 if threads else 20, num_workers=threads, prefetch_factor=1)
            timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
            timer.start()
            start = time.monotonic()
            try:
                for _ in loader:
                    pass
            except KeyboardInterrupt:
                assert time.monotonic() - start < 30
                print("interrupted")
            timer.join()
            loader = mf.DataLoader(train, 8, num_workers=threads)
            print(len(list(loader)))
        """,
        generated,
    )
    assert out.split() == ["interrupted", "7"] * 2


@pytest.mark.parametrize("output", ["numpy", "torch"])
def test_the_interpreter_exits_with_everything_alive(generated: Path, output: str) -> None:
    code = f"""
        loader = mf.DataLoader(train, 2, shuffle=True, num_workers=3, output={output!r})
        batches = iter(loader)
        kept = [next(batches), next(batches)]
        other = iter(loader)
        next(other)
        print(len(kept))
    """
    assert run(code, generated) == "2\n"


def test_the_interpreter_exits_while_another_thread_iterates(generated: Path) -> None:
    # Without torch: its tensors over arrays end the process where a daemon thread frees one at exit, ours or not.
    code = """
        loader = mf.DataLoader(train, 2, num_workers=1, output="numpy")
        def forever():
            while True:
                for _ in loader:
                    pass
        threading.Thread(target=forever, daemon=True).start()
        time.sleep(0.2)
        print("end")
    """
    assert run(code, generated) == "end\n"


def test_an_exception_in_the_loop_lets_go_of_everything(generated: Path) -> None:
    out = run(
        """
        loader = mf.DataLoader(train, 4, num_workers=2, output="numpy")
        def broken():
            for images, labels in loader:
                raise ArithmeticError("mine")
        for _ in range(3):
            try:
                broken()
            except ArithmeticError as error:
                print(error)
            gc.collect()
            assert loader.stats().slots_in_use == 0, loader.stats()
        """,
        generated,
    )
    assert out.split() == ["mine"] * 3


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc/self/statm, which only Linux has")
def test_memory_is_flat_over_epochs(generated: Path) -> None:
    out = run(
        """
        import numpy as np
        def resident():
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
        images = np.zeros((512, 112, 112, 3), np.uint8)
        steps = T.Compose([T.RandomHorizontalFlip(), T.ToTensor()])
        dataset = mf.ArrayDataset(images, np.zeros(512, int), steps)
        loader = mf.DataLoader(dataset, 64, shuffle=True, num_workers=2, output="numpy")
        sizes = []
        for epoch in range(31):
            for batch in loader:
                pass
            next(iter(loader))
            sizes.append(resident())
        # A batch is 10 MB. Loops that are left let go of their memory: thirty of them would hold 300 MB and more. How
        # many of the ring's seven buffers are in use at a time is chance; each stays once it was needed.
        print(max(sizes) - sizes[0])
        """,
        generated,
    )
    assert int(out) < 80 << 20


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork, which Windows has not")
def test_stock_loaders_with_forked_workers_over_our_items(generated: Path) -> None:
    out = run(
        """
        import torch
        train.transform = T.Compose([T.ToTensor(), T.Normalize([0.5], [0.5])])
        # The engine's threads are there when the workers are forked.
        ours = [images for images, _ in mf.DataLoader(train, 8, num_workers=2)]
        stock = torch.utils.data.DataLoader(train, 8, num_workers=2, multiprocessing_context="fork")
        assert all(torch.equal(a, b) for a, (b, _) in zip(ours, stock, strict=True))
        print("same")
        """,
        generated,
    )
    assert out == "same\n"
