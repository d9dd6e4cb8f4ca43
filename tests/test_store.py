"""Decoded stores: made once by one writer, valid or made again, never half there."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import medmnist
import numpy as np
import pytest

import medmnist_fast as mf
from medmnist_fast import NpzError, store
from medmnist_fast._core import Archive

FLAG = "retinamnist"


@pytest.fixture
def root(generated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with one official file, and a cache folder that is not the user's."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "root"
    folder.mkdir()
    shutil.copy(generated / f"{FLAG}.npz", folder)
    yield folder
    folder.chmod(0o755)


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def assert_store_is_right(root: Path) -> None:
    with np.load(root / f"{FLAG}.npz") as expected, np.load(root / "decoded" / f"{FLAG}.npz") as stored:
        assert stored.files == expected.files
        for name in expected.files:
            assert np.array_equal(stored[name], expected[name])
    assert files_below(root) == [f"decoded/{FLAG}.npz", f"{FLAG}.npz"]


def test_mapped_images_are_those_of_the_file(root: Path) -> None:
    for split in ("train", "val", "test"):
        mapped, loaded = (mf.RetinaMNIST(split, root=root, mmap_mode=mode) for mode in ("r", None))
        assert np.array_equal(mapped.imgs, loaded.imgs)
        assert np.array_equal(mapped.labels, loaded.labels)
        assert (mapped.imgs.flags.writeable, loaded.imgs.flags.writeable) == (False, True)
        assert mapped.imgs.__array_interface__["data"][0] % 4096 == 0
    assert_store_is_right(root)


def test_a_mapped_set_feeds_the_loader(root: Path) -> None:
    batches = [
        [
            images
            for images, _ in mf.DataLoader(
                mf.RetinaMNIST("train", root=root, mmap_mode=mode), shuffle=True, seed=3, output="numpy"
            )
        ]
        for mode in (None, "r")
    ]
    assert all(np.array_equal(one, other) for one, other in zip(*batches, strict=True))


def test_upstream_opens_a_store(root: Path) -> None:
    store.open_store(root / f"{FLAG}.npz")
    theirs = medmnist.RetinaMNIST("test", root=root / "decoded")
    assert np.array_equal(theirs.imgs, mf.RetinaMNIST("test", root=root).imgs)


def test_a_store_is_made_once(root: Path) -> None:
    path = root / f"{FLAG}.npz"
    store.open_store(path)
    made = (root / "decoded" / path.name).stat()
    store.open_store(path)
    again = (root / "decoded" / path.name).stat()
    assert (made.st_ino, made.st_mtime_ns) == (again.st_ino, again.st_mtime_ns)
    assert store.find(path) == root / "decoded" / path.name


def rewrite(path: Path, flag: str) -> None:
    """Another set of the same shape in the file's place."""
    with np.load(path) as archive:
        members = {name: archive[name] for name in archive.files}
    members["train_images"] = members["train_images"] ^ np.uint8(1)
    np.savez_compressed(path, **members)
    assert flag in path.name


def touch(path: Path) -> None:
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns - 10**10))


def flip_a_byte(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))


def cut(path: Path) -> None:
    status = path.stat()
    with path.open("r+b") as file:
        file.truncate(status.st_size // 2)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("change", [lambda path: rewrite(path, FLAG), touch], ids=["rewritten", "touched"])
def test_a_changed_source_makes_its_store_stale(root: Path, change) -> None:
    path = root / f"{FLAG}.npz"
    store.open_store(path)
    change(path)
    assert store.find(path) is None
    mf.RetinaMNIST("train", root=root, mmap_mode="r")
    assert_store_is_right(root)


@pytest.mark.parametrize(
    "damage",
    [flip_a_byte, cut, touch, lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"PK\5\6" + bytes(18))],
    ids=["one bit", "cut short", "touched", "emptied", "another archive"],
)
def test_a_damaged_store_is_made_again(root: Path, damage) -> None:
    path = root / f"{FLAG}.npz"
    store.open_store(path)
    damage(root / "decoded" / path.name)
    assert store.find(path) is None
    mf.RetinaMNIST("train", root=root, mmap_mode="r")
    assert_store_is_right(root)


def test_one_writer_among_threads(root: Path) -> None:
    path = root / f"{FLAG}.npz"
    barrier = threading.Barrier(8)

    def open_store(_: int) -> int:
        barrier.wait()
        store.open_store(path)
        return (root / "decoded" / path.name).stat().st_ino

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(open_store, range(8)))) == 1
    assert_store_is_right(root)


OPEN = """
import sys, medmnist_fast as mf
images = mf.RetinaMNIST("train", root=sys.argv[1], mmap_mode="r").imgs
print(images.sum())
"""


def test_one_writer_among_processes(root: Path) -> None:
    # Generated sets are small, and a warning says so.
    command = [sys.executable, "-W", "ignore", "-c", OPEN, str(root)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    answers = {process.communicate(timeout=120) for process in processes}
    expected = str(mf.RetinaMNIST("train", root=root).imgs.sum()).encode() + b"\n"
    assert answers == {(expected, b"")}
    assert_store_is_right(root)


@pytest.fixture
def large_root(root: Path) -> Path:
    """A file that takes a while to decode."""
    rng = np.random.default_rng(0)
    noise = np.clip(rng.normal(128, 20, (8000, 28, 28, 3)), 0, 255).astype(np.uint8)
    with np.load(root / f"{FLAG}.npz") as archive:
        members = {name: archive[name] for name in archive.files}
    members["train_images"] = np.concatenate([noise] * 4)
    members["train_labels"] = np.zeros((32_000, 1), np.uint8)
    np.savez_compressed(root / f"{FLAG}.npz", **members)
    return root


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_killed_at_any_moment(large_root: Path) -> None:
    command = [sys.executable, "-m", "medmnist_fast", "prepare", "--flag", FLAG, "--root", str(large_root)]
    start = time.monotonic()
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    whole = time.monotonic() - start
    seen = set()
    for share in (0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95):
        shutil.rmtree(large_root / "decoded", ignore_errors=True)
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            time.sleep(share * whole)
            process.send_signal(signal.SIGKILL)
        folder = large_root / "decoded"
        seen.add(tuple(files_below(folder)) if folder.exists() else None)
        mapped = mf.RetinaMNIST("train", root=large_root, mmap_mode="r")
        assert np.array_equal(mapped.imgs, mf.RetinaMNIST("train", root=large_root).imgs)
        assert_store_is_right(large_root)
    assert len(seen) > 1, "it was always killed at the same moment"


LIMITED = """
import resource, sys, medmnist_fast as mf
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    mf.RetinaMNIST("train", root=sys.argv[1], mmap_mode="r")
except OSError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of file sizes on Windows")
@pytest.mark.parametrize("limit", [100, 5000, 60_000])
def test_a_write_that_fails_leaves_nothing(root: Path, limit: int) -> None:
    command = [sys.executable, "-c", LIMITED, str(root), str(limit)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    assert answer.stdout.startswith("OSError")
    assert f"{FLAG}.npz.part: File too large" in answer.stdout
    assert files_below(root) == [f"{FLAG}.npz"]
    mf.RetinaMNIST("train", root=root, mmap_mode="r")
    assert_store_is_right(root)


def test_a_full_disk_is_noticed_before_anything_is_written(root: Path) -> None:
    # A member that would not fit; all but the start of its stream is a hole, which is not looked at.
    size = int(shutil.disk_usage(root).free * 1.2) + (1 << 30)
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({size},)}}"
    npy = b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header.encode()
    stream = zlib.compressobj(wbits=-15)
    head = stream.compress(npy + bytes(2000)) + stream.flush(zlib.Z_FULL_FLUSH)
    path = root / "huge.npz"
    with zipfile.ZipFile(path, "w") as file:
        info = zipfile.ZipInfo("a.npy")
        file.writestr(info, head)
    content = bytearray(path.read_bytes())
    compressed = size // 1000
    directory = content.index(b"PK\1\2")
    data = directory - len(head)
    content[8:10] = (8).to_bytes(2, "little")
    entry = bytearray(content[directory : content.index(b"PK\5\6")])
    entry[10:12] = (8).to_bytes(2, "little")
    entry[20:28] = b"\xff" * 8
    entry[30:32] = (20).to_bytes(2, "little")
    extra = b"\1\0\x10\0" + (len(npy) + size).to_bytes(8, "little") + compressed.to_bytes(8, "little")
    entry = entry[: 46 + 5] + extra
    end = bytearray(content[content.index(b"PK\5\6") :])
    with path.open("wb") as file:
        file.write(content[:directory])
        start = data + compressed
        file.seek(start)
        file.write(entry)
        file.write(b"PK\6\6" + (44).to_bytes(8, "little") + b"\x2d\0\x2d\0" + bytes(8))
        file.write(b"".join(value.to_bytes(8, "little") for value in (1, 1, len(entry), start)))
        file.write(b"PK\6\7" + bytes(4) + (start + len(entry)).to_bytes(8, "little") + b"\1\0\0\0")
        end[8:20] = b"\xff" * 12
        file.write(end)
    with pytest.raises(OSError, match=r"huge\.npz: a decoded store takes \d+ bytes, \d+ are free") as caught:
        store.open_store(path)
    assert caught.value.errno == 28
    assert files_below(root / "decoded") == []
    path.unlink()


@pytest.mark.skipif(sys.platform != "linux", reason="no folder that refuses even a privileged user but on Linux: /sys")
def test_a_read_only_folder_falls_back_to_the_cache(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = root / f"{FLAG}.npz"
    refused, cache = Path("/sys/decoded") / path.name, store.places(path)[1]
    assert cache.is_relative_to(tmp_path / "cache")
    monkeypatch.setattr("medmnist_fast.store.places", lambda _: [refused, cache])
    assert np.array_equal(
        mf.RetinaMNIST("train", root=root, mmap_mode="r").imgs, mf.RetinaMNIST("train", root=root).imgs
    )
    assert files_below(root) == [path.name]
    assert store.find(path) == cache
    monkeypatch.setattr("medmnist_fast.store.places", lambda _: [refused])
    with pytest.raises(OSError, match="/sys/decoded"):
        mf.RetinaMNIST("train", root=root, mmap_mode="r")


def test_a_damaged_source_leaves_nothing(root: Path) -> None:
    path = root / f"{FLAG}.npz"
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as file:
        middle = file.getinfo("test_images.npy").header_offset + 2000
    content[middle : middle + 50] = bytes(50)
    path.write_bytes(content)
    with pytest.raises(NpzError, match='member "test_images" at byte'):
        mf.RetinaMNIST("train", root=root, mmap_mode="r")
    assert files_below(root) == [f"{FLAG}.npz"]


def test_interrupted_by_its_callback(large_root: Path) -> None:
    def report(done: int, _: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.open_store(large_root / f"{FLAG}.npz", report)
    assert files_below(large_root) == [f"{FLAG}.npz"]


def test_sets_above_the_threshold_are_mapped(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medmnist_fast.files.MAP_ABOVE", 1000)
    assert not mf.RetinaMNIST("train", root=root).imgs.flags.writeable
    assert_store_is_right(root)


def test_above_the_threshold_without_room_for_a_store(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Archive:
        raise OSError(28, "a decoded store takes 9 bytes, 3 are free")

    monkeypatch.setattr("medmnist_fast.files.MAP_ABOVE", 1000)
    monkeypatch.setattr("medmnist_fast.store.open_store", full)
    with pytest.warns(UserWarning, match="3 are free; decoding into memory instead"):
        assert mf.RetinaMNIST("train", root=root).imgs.flags.writeable
    with pytest.raises(OSError, match="3 are free"):
        mf.RetinaMNIST("train", root=root, mmap_mode="r")


@pytest.mark.parametrize("mode", ["r+", "c", "w+", True])
def test_other_modes_are_refused(root: Path, mode) -> None:
    with pytest.raises(ValueError, match=r"mmap_mode .*; allowed: None \(in memory\) and 'r'"):
        mf.RetinaMNIST("train", root=root, mmap_mode=mode)
    assert files_below(root) == [f"{FLAG}.npz"]
