"""Comparing two versions: what follows from rates, and what is said where there is nothing to compare."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benches import versions  # noqa: E402
from benches.compare import Compared, Version  # noqa: E402
from benches.versions import VersionError  # noqa: E402
from benches.workloads import Workload  # noqa: E402

WORKLOAD = Workload("bloodmnist", 28, "f32")


def python(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ({} if path is None else {"PATH": path})
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment, timeout=60)


def test_intervals_and_verdicts() -> None:
    base = [100.0] * 11
    new = [101.0, 130.0, 102.0, 90.0, 104.0, 103.0, 105.0, 106.0, 107.0, 108.0, 109.0]
    one = Compared(WORKLOAD, (base, new))
    # Of eleven, the binomial's 2.5 % are one at each end.
    assert one.interval == (1.01, 1.09)
    assert one.verdict == "faster"
    assert Compared(WORKLOAD, (new, base)).verdict == "slower"
    new[0] = 99.0
    assert one.interval == (0.99, 1.09)
    assert one.verdict == "no difference seen"
    six = Compared(WORKLOAD, ([1.0] * 6, [2.0, 1.5, 3.0, 1.25, 1.75, 4.0]))
    assert six.interval == (1.25, 4.0)


def test_rounds_are_paired() -> None:
    base = [100.0, 50.0, 200.0, 100.0, 25.0, 400.0]
    assert Compared(WORKLOAD, (base, [1.1 * rate for rate in base])).interval == pytest.approx((1.1, 1.1))


@given(st.lists(st.floats(1, 1e6), min_size=6, max_size=40))
def test_the_interval_of_a_version_beside_itself_has_one_in_it(rates: list[float]) -> None:
    assert Compared(WORKLOAD, (rates, rates)).verdict == "no difference seen"


def test_a_base_that_is_not_there() -> None:
    for module in ("benches.compare", "benches.instructions"):
        arguments = ("nosuch",) if module == "benches.compare" else ("--base", "nosuch")
        found = python(module, *arguments)
        assert found.returncode == 2, found.stderr
        assert found.stdout == ""
        assert found.stderr == (
            "error: BASE=nosuch: no such commit here; allowed: what `git log` names, a branch or a tag\n"
        )


def test_too_few_rounds() -> None:
    found = python("benches.compare", "HEAD", "--rounds", "5")
    assert found.returncode == 2
    assert "--rounds 5; allowed: 6 or more" in found.stderr


def test_without_valgrind(tmp_path: Path) -> None:
    found = python("benches.instructions", path=str(tmp_path))
    assert found.returncode == 2
    assert found.stderr == "error: valgrind is not installed (Debian: apt-get install valgrind)\n"


def test_another_package_than_the_one_to_be_measured_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(VersionError, match="base cannot be imported: its process has died"),
        Version("base", tmp_path, tmp_path),
    ):
        pass


def test_a_version_that_dies(tmp_path: Path) -> None:
    with Version("base", ROOT / "python", tmp_path) as version:
        version._process.kill()
        version._process.wait()
        assert version.ask(do="check") == {"failed": "its process has died"}


def test_versions_are_built_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Cargo takes packages at the same place in two checkouts for one, and would reuse what it built of the other."""
    calls = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    base, new = versions.cargo(tmp_path, tmp_path, "base"), versions.cargo(ROOT, ROOT, "new")
    assert base.is_relative_to(tmp_path)
    assert new.is_relative_to(versions.FOLDER)
    assert [Path(command[-1]) / "release" for command in calls] == [base, new]


def test_a_build_that_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(VersionError, match=r"base has no rust/bindings or no python/medmnist_fast"):
        versions.package(tmp_path, "base")
    failed = subprocess.CompletedProcess([], 101)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(VersionError, match="base cannot be built: `cargo build --quiet --release --locked` failed"):
        versions.cargo(tmp_path, tmp_path, "base")
