"""Another commit beside the working tree: checked out, built, and removed again."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "target" / "bench-compare"
"""Where checkouts are while they are needed; what cargo built of the working tree stays there, for the next time."""


class VersionError(Exception):
    """A version cannot be had or built; the message is a sentence for the person who asked for it."""


@contextmanager
def checkout(commit: str) -> Iterator[tuple[Path, str]]:
    """A worktree of ``commit`` and its short hash; the worktree is removed afterwards.

    Raises:
        VersionError: there is no such commit.
    """
    found = subprocess.run(
        ["git", "rev-parse", "--verify", "--quiet", "--short", "--end-of-options", f"{commit}^{{commit}}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        raise VersionError(f"BASE={commit}: no such commit here; allowed: what `git log` names, a branch or a tag")
    short = found.stdout.strip()
    folder = FOLDER / f"base-{short}"
    _remove(folder)
    try:
        _git("worktree", "add", "--quiet", "--detach", "--force", str(folder), short)
        yield folder, short
    finally:
        _remove(folder)


def package(tree: Path, name: str) -> Path:
    """Build the extension of the sources in ``tree``; a folder for ``PYTHONPATH`` with the package of just that.

    Raises:
        VersionError: it cannot be built.
    """
    manifest, source = tree / "rust" / "bindings" / "Cargo.toml", tree / "python" / "medmnist_fast"
    if not manifest.exists() or not source.exists():
        raise VersionError(f"{name} has no rust/bindings or no python/medmnist_fast: it is older than both")
    folder = FOLDER / f"package-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    release = cargo(tree, tree, name, "--package", "medmnist-bindings")
    # An extension that `make` built, perhaps of other sources, stays where it is.
    shutil.copytree(source, folder / "medmnist_fast", ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__"))
    built = next(
        (release / one for one in ("lib_core.so", "lib_core.dylib", "_core.dll") if (release / one).exists()), None
    )
    if built is None:
        raise VersionError(f"{name}: cargo built no _core in {release}")
    suffix = "pyd" if built.suffix == ".dll" else "abi3.so"
    shutil.copy(built, folder / "medmnist_fast" / f"_core.{suffix}")
    return folder


def cargo(tree: Path, workspace: Path, name: str, *arguments: str, is_locked: bool = True) -> Path:
    """``cargo build --release`` in a workspace of ``tree``; where the results are.

    Raises:
        VersionError: it fails; what cargo said is on standard error.
    """
    print(f"building {name} …", file=sys.stderr, flush=True)
    # Each version has a folder of its own: to cargo, packages at the same place in two checkouts are the same one, and
    # what it built of one version would be taken for the other.
    target = FOLDER / f"build-{workspace.name}" if tree == ROOT else tree / "target" / workspace.name
    command = ["cargo", "build", "--quiet", "--release", *(["--locked"] if is_locked else []), *arguments]
    if subprocess.run([*command, "--target-dir", str(target)], cwd=workspace, check=False).returncode:
        raise VersionError(f"{name} cannot be built: `{' '.join(command)}` failed")
    return target / "release"


def working_tree() -> str:
    """The commit that is checked out, with ``+`` behind it where files differ from it."""
    return f"{_git('rev-parse', '--short', 'HEAD')}{'+' if _git('status', '--porcelain') else ''}"


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _git("worktree", "prune")


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
