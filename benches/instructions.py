"""``python -m benches.instructions [--base COMMIT] [NAME ...]``: instructions of single kernels, counted by callgrind.

They repeat where times on a shared machine do not. A case of ``benches/micro`` runs once and three times; half the
difference is one run, without what comes before and after it. valgrind knows no AVX-512, so what is counted is the
back-end for AVX2, or what ``MEDMNIST_FAST_SIMD`` names.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benches.versions import ROOT, VersionError, cargo, checkout, working_tree
from medmnist_fast._core import available_backends

MICRO = Path("benches/micro")
RUNS = 1, 3


def main() -> None:
    """Count and print; exit code 2 where valgrind or the base is missing, 1 where a case fails."""
    parser = argparse.ArgumentParser(prog="python -m benches.instructions")
    parser.add_argument("--base", help="commit, branch or tag to count beside the working tree")
    parser.add_argument("names", nargs="*", metavar="NAME", help="part of the names of cases (default: all)")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        parser.exit(2, "error: valgrind is not installed (Debian: apt-get install valgrind)\n")
    try:
        simd = _backend()
        titles, counts = _count(options.base, options.names, simd)
    except VersionError as error:
        parser.exit(2, f"error: {error}\n")
    console = Console(width=None if Console().is_terminal else 120, highlight=False)
    table = Table(title=f"instructions by callgrind, back-end {simd}", title_justify="left")
    for column in ("", *titles, *(["new / base"] if options.base else []), "of"):
        table.add_column(column, justify="right" if column not in {"", "of"} else "left")
    for name, (unit, found) in counts.items():
        cells = ["-" if count is None else f"{count:,.1f}" for count in found]
        if options.base:
            base, new = found
            cells.append("-" if base is None or new is None else f"{new / base:.4f}")
        table.add_row(name, *cells, f"one {unit}")
    console.print(table)
    if any(found[-1] is None for _, found in counts.values()):
        sys.exit(1)


def _backend() -> str:
    """What is counted."""
    asked = os.environ.get("MEDMNIST_FAST_SIMD")
    countable = [name for name in available_backends() if name != "avx512"]
    if asked and asked not in countable:
        raise VersionError(f"MEDMNIST_FAST_SIMD is {asked!r}; valgrind can run: {', '.join(countable)}")
    return asked or countable[-1]


def _count(
    base: str | None, names: list[str], simd: str
) -> tuple[list[str], dict[str, tuple[str, list[float | None]]]]:
    """Columns, and for each case its unit and the instructions per unit in each column."""
    with ExitStack() as stack:
        programs = {}
        if base is not None:
            tree, short = stack.enter_context(checkout(base))
            # Today's cases with the engine of then: the crate finds it by its path.
            shutil.rmtree(tree / MICRO, ignore_errors=True)
            shutil.copytree(ROOT / MICRO, tree / MICRO)
            # Its dependencies need not be those of today's lock file.
            programs[f"base {short}"] = _program(tree, f"base-{short}", is_locked=False)
        programs[f"new {working_tree()}"] = _program(ROOT, "new")
        listed = subprocess.run([programs[list(programs)[-1]]], capture_output=True, text=True, check=True).stdout
        cases = [line.split() for line in listed.splitlines()]
        chosen = [case for case in cases if not names or any(name in case[0] for name in names)]
        if not chosen:
            raise VersionError(f"{', '.join(names)}: no such case; allowed: parts of {', '.join(c[0] for c in cases)}")
        counts = {}
        for name, amount, unit in chosen:
            print(f"{name} …", file=sys.stderr, flush=True)
            found = [_per_run(program, name, simd) for program in programs.values()]
            counts[name] = (unit, [None if one is None else one / int(amount) for one in found])
        return list(programs), counts


def _program(tree: Path, name: str, *, is_locked: bool = True) -> Path:
    """The binary of a version."""
    return cargo(tree, tree / MICRO, name, "--bin", "instructions", is_locked=is_locked) / "instructions"


def _per_run(program: Path, name: str, simd: str) -> float | None:
    """Instructions of one run; None where this version cannot do the case."""
    few, many = (_total(program, name, runs, simd) for runs in RUNS)
    return None if few is None or many is None else (many - few) / (RUNS[1] - RUNS[0])


def _total(program: Path, name: str, runs: int, simd: str) -> int | None:
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, name, str(runs)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"MEDMNIST_FAST_SIMD": simd},
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or found is None:
        said = [line for line in done.stderr.splitlines() if not line.startswith("==")]
        print(f"{name}: {' '.join(said) or done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    return int(found[1])


if __name__ == "__main__":
    main()
