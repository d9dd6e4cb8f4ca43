"""``python -m benches``: everything that is measured, beside everything it is compared with.

Rates and openings are a run that can be stored (``--output``), shown again (``python -m benches.report``) and drawn;
tables of one question each (kernels, the loader's own cost, evaluation, saving, memory) follow it.
"""

import argparse
import os
import tempfile
import warnings
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benches import compat, environments, evaluation, importing, kernels, loader, memory, opening, saving, throughput
from benches.machine import commit, describe, machine, versions
from benches.report.pictures import write_pictures
from benches.report.tables import print_run, report_console
from benches.rows import Run

RATES = ("rates", "rest", "varied", "decoding")
TABLES = ("kernels", "loader", "evaluation", "importing", "saving", "compat", "memory")
LONG = {"rest", "varied", "evaluation", "importing", "saving", "compat", "memory"}
"""What there is no time for unless it is asked for."""


def main() -> None:
    """Run what is asked for and print it."""
    parser = argparse.ArgumentParser(prog="python -m benches", description=__doc__)
    names = [*RATES, "opening", *TABLES]
    parser.add_argument(
        "only",
        nargs="*",
        metavar="PART",
        help=f"of {', '.join(names)}, or all; by default what takes less than ten minutes",
    )
    parser.add_argument("--rounds", type=int, default=5, help="timed rounds per contender, at least 5 (default: 5)")
    parser.add_argument("--peers", action="store_true", help="and the peers of `python -m benches.peers`")
    parser.add_argument("--contender", action="append", help="this contender only; may be repeated")
    parser.add_argument("--gigabytes", type=float, default=3, help="size of the larger generated set (default: 3)")
    parser.add_argument("--root", type=Path, default=os.environ.get("MEDMNIST_ROOT"), help="folder of official files")
    parser.add_argument(
        "--output", type=Path, help="write the run to OUTPUT.json and its pictures to the folder OUTPUT"
    )
    options = parser.parse_args()
    if options.rounds < 5:
        parser.error(f"--rounds {options.rounds}; allowed: 5 or more, for a median that means something")
    if unknown := set(options.only) - {*names, "all"}:
        parser.error(f"no part {', '.join(sorted(unknown))}; allowed: {', '.join(names)}, all")
    stored = options.output and options.output.with_name(f"{options.output.name}.json")
    if stored and stored.exists():
        parser.error(f"--output {options.output}: {stored} is there already; name another, or remove it")
    chosen = names if "all" in options.only else options.only or [name for name in names if name not in LONG]
    # Generated sets have fewer samples than the official files.
    warnings.filterwarnings("ignore", message=".* samples; the official file has")
    console = report_console()
    console.print(describe(), markup=False)
    run = Run(datetime.now(UTC).date().isoformat(), commit(), machine(), versions(), options.rounds)
    with tempfile.TemporaryDirectory() as scratch:
        folders = throughput.Folders(Path(scratch), options.root)
        contenders = environments.of(options.contender, with_peers=options.peers)
        groups = list(throughput.groups(chosen, contenders))

        def keep() -> None:
            if stored:
                run.write(stored)

        throughput.measure(groups, folders, run, lambda line: console.print(line, style="dim"), keep)
        if "opening" in chosen:
            run.openings.extend(opening.measure(folders.of(opening.WORKLOAD)))
        if run.rows or run.openings:
            keep()
            print_run(run, console)
            if options.output:
                write_pictures(run, options.output)
        single(chosen, options, Path(scratch), console)


def single(chosen: list[str], options: argparse.Namespace, scratch: Path, console: Console) -> None:
    """The tables of one question each."""
    rounds = options.rounds
    runs = {
        "kernels": lambda: kernels.run(rounds, console),
        "loader": lambda: loader.run(scratch, rounds, console),
        "evaluation": lambda: evaluation.run(rounds, console),
        "importing": lambda: importing.run(rounds, console),
        "saving": lambda: saving.run(scratch, options.root, rounds, console),
        "compat": lambda: compat.run(scratch, rounds, console),
        "memory": lambda: memory.run(scratch, options.gigabytes, console),
    }
    for name in TABLES:
        if name in chosen:
            runs[name]()


if __name__ == "__main__":
    main()
