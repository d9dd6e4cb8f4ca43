"""The peers of the benchmarks: what can be said of them without installing any."""

import importlib.util
import json
import re
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from benches import peers
from benches.contenders import zip_member
from benches.contenders.batches import Batches, Order
from benches.peers.installation import AbsentError, Installation, Requirements, last_meaningful
from benches.workloads import UnsupportedError, Workload

ROOT = Path(__file__).parents[1]


def fake(folder: Path, requirements: Requirements) -> Installation:
    """As ``make`` leaves it, but for the packages."""
    made = Installation("fake", requirements, folder / "fake")
    made.folder.mkdir()
    (made.folder / "made.json").write_text(json.dumps(made._asked()), encoding="utf-8")
    return made


def test_table_names_modules_and_requirements() -> None:
    contenders = [name for environment in peers.ENVIRONMENTS.values() for name in environment.contenders]
    assert len(contenders) == len(set(contenders)) == len(peers.CONTENDERS)
    for contender, environment in peers.CONTENDERS.items():
        assert importlib.util.find_spec(f"benches.contenders.{contender}"), contender
        wanted = peers.ENVIRONMENTS[environment].requirements
        for package in (*wanted.packages, *wanted.build):
            assert re.fullmatch(r"[a-z0-9-]+((>=|<)[0-9.]+(,(<)[0-9.]+)?)?", package), package
        assert bool(wanted.libraries) == bool(wanted.debian)


def test_absent_is_none_with_a_reason(tmp_path: Path) -> None:
    assert peers.python_of("grain", tmp_path) is None
    assert peers.why_absent("grain", tmp_path) == "not made: python -m benches.peers grain"


def test_reason_of_the_last_try_is_kept(tmp_path: Path) -> None:
    wanted = Requirements((), libraries=("no-such-library",), debian=("libnone-dev", "pkg-config"))
    absent = Installation("fake", wanted, tmp_path / "fake")
    with pytest.raises(AbsentError) as error:
        absent.make()
    reason = "pkg-config does not find no-such-library: apt-get install libnone-dev pkg-config"
    assert str(error.value) == absent.why_absent() == reason
    assert not absent.is_made()


def test_made_for_what_is_asked_for_now(tmp_path: Path) -> None:
    made = fake(tmp_path, Requirements(("numpy>=2",)))
    assert made.is_made()
    assert made.python == tmp_path / "fake" / "bin" / "python"
    changed = Installation("fake", Requirements(("numpy>=3",)), made.folder)
    assert not changed.is_made()
    assert changed.why_absent() == "made for other requirements: python -m benches.peers fake"


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("Collecting x\nERROR: No matching distribution found for x\n\n[notice] A new release", "No matching"),
        (
            "ERROR: first\n  it failed\n  ╰─> [1 lines of output]\n      error: no compiler\n\nnote: not pip",
            "error: no compiler",
        ),
        ("only this\nhint: See above for details.", "only this"),
        ("", "no output"),
    ],
)
def test_last_meaningful_line(output: str, line: str) -> None:
    assert last_meaningful(output).startswith(line)


def test_unknown_name() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benches.peers", "numpi"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f"NAME numpi; allowed: {', '.join(peers.ENVIRONMENTS)}" in done.stderr


@pytest.mark.parametrize("shape", [(3, 5, 5), (40, 28, 28, 3), (2, 4, 4, 4)])
def test_zip_member(tmp_path: Path, shape: tuple[int, ...]) -> None:
    images = np.random.default_rng(0).integers(0, 9, shape, np.uint8)
    path = tmp_path / "set.npz"
    np.savez_compressed(path, train_labels=np.zeros(3), train_images=images)
    member = zip_member.read(path)
    with zipfile.ZipFile(path) as archive:
        entry, content = archive.getinfo(zip_member.MEMBER), archive.read(zip_member.MEMBER)
    assert (len(member.stream), member.size, member.crc32) == (entry.compress_size, len(content), entry.CRC)
    assert zlib.decompress(member.stream, -15) == content
    np.testing.assert_array_equal(zip_member.array(content), images)
    assert zip_member.array(content).dtype == np.uint8


def test_stored_member_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", train_images=np.zeros((2, 3, 3), np.uint8))
    with pytest.raises(UnsupportedError, match=re.escape("train_images.npy is stored as it is: nothing to inflate")):
        zip_member.read(tmp_path / "set.npz")


@pytest.mark.parametrize("flag", ["bloodmnist", "pneumoniamnist", "nodulemnist3d"])
@pytest.mark.parametrize("pipeline", ["u8", "f32"])
def test_batches(tmp_path: Path, flag: str, pipeline: str) -> None:
    workload = Workload(flag, 28, pipeline, batch_size=4)  # type: ignore[arg-type]
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (10, *workload.stored_shape), np.uint8)
    labels = rng.integers(0, 2, (10, 1), np.uint8)
    np.savez(workload.path(tmp_path), train_images=images, train_labels=labels)
    batches = Batches(workload, tmp_path, alive=2)
    rows = list(Order(10, 4))
    assert len(rows) == len(Order(10, 4)) == 2
    assert len(set(np.concatenate(rows))) == 8
    stored = np.moveaxis(images, -1, 1) if workload.layout.channels == 3 else images[:, None]
    # Two batches are alive at once.
    for chosen, (batch, targets) in zip(rows, [batches(chosen) for chosen in rows], strict=True):
        expected = stored[chosen]
        if pipeline == "f32":
            expected = (expected / np.float32(255) - np.float32(0.5)) / np.float32(0.5)
        assert batch.shape == (4, *workload.shape)
        assert batch.dtype == expected.dtype
        np.testing.assert_allclose(batch, expected, rtol=0, atol=2e-7 if pipeline == "f32" else 0)
        np.testing.assert_array_equal(targets, labels[chosen, 0])


def test_decoders_share_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="one thread"):
        zip_member.refuse_threads(Workload("retinamnist", 28, "decode", threads=2))
    with pytest.raises(UnsupportedError, match="it only inflates"):
        zip_member.open_with(lambda member: member.stream, Workload("retinamnist", 28, "f32"), tmp_path)
