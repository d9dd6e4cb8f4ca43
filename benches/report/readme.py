"""``python -m benches.report.readme [FILE.json] [--check]``: README's figures, from a committed run.

They stand between two comments, and nobody writes them by hand: ``--check`` fails where README says anything else.
"""

import argparse
import os
import sys
from collections import Counter
from pathlib import Path

from benches.report.cells import (
    BATCH_SIZE,
    BEATS_OURS,
    NONE,
    THREADS,
    TIMES,
    Cell,
    compared,
    is_wrong,
    reason,
    threads_in_words,
    title_of,
    versions_of,
)
from benches.report.targets import Verdict, judge
from benches.rows import OURS, ROOF, STOCK, Row, Run
from benches.workloads import LAYOUTS, PIPELINES

BEGIN, END = "<!-- benches: begin -->", "<!-- benches: end -->"
ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benches" / "results"
SHOWN = ("peers_bloodmnist", "threads", "memory")
"""Pictures that README shows; it links to the others."""
MISSES = "‡"


def main() -> None:
    """Write README, or say that it differs."""
    parser = argparse.ArgumentParser(prog="python -m benches.report.readme")
    parser.add_argument("file", type=Path, nargs="?", help="the run (default: the newest in benches/results)")
    parser.add_argument("--readme", type=Path, default=ROOT / "README.md", help="the file that is written")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if it would change")
    options = parser.parse_args()
    try:
        path = options.file or newest(RESULTS)
        text = options.readme.read_bytes().decode()
        written = replace_block(text, block(Run.read(path), path, options.readme.parent))
    except (OSError, ValueError) as error:
        parser.error(str(error))
    if options.check:
        if written != text:
            sys.exit(f"{options.readme} differs from {path}: run `python -m benches.report.readme`")
    else:
        options.readme.write_bytes(written.encode())


def newest(folder: Path) -> Path:
    """The run of the latest date.

    Raises:
        FileNotFoundError: There is none.
    """
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise FileNotFoundError(f"{folder} has no *.json: `python -m benches` writes one")
    return max(paths, key=lambda path: (Run.read(path).date, path.name))


def replace_block(text: str, new: str) -> str:
    """``text`` with ``new`` between its two markers, all else as it was.

    Raises:
        ValueError: Markers are missing, out of order or there twice.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"README needs one line {BEGIN!r} and below it one line {END!r}")
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{new}\n{END}{rest.split(END)[1]}"


def block(run: Run, path: Path, base: Path) -> str:
    """Machine, rates, targets and pictures, in Markdown; links are relative to ``base``."""
    verdicts = judge(run)
    parts = [
        f"{run.machine}; {run.date}, commit {run.commit}; medians of {run.rounds} interleaved rounds; "
        f"{', '.join(f'{name} {number}' for name, number in versions_of(run).items())}.",
        *_rates(run, verdicts),
        *_missing(run),
        *_targets(verdicts),
        *_pictures(path, base),
    ]
    return "\n\n".join(parts)


def _rates(run: Run, verdicts: list[Verdict]) -> list[str]:
    missed = {verdict.workload for verdict in verdicts if verdict.verdict == "MISSED"}
    flags, pipelines = list(LAYOUTS), list(PIPELINES)
    some = [cell for cell in compared(run) if cell.measured]
    some.sort(key=lambda cell: (flags.index(cell.workload.flag), pipelines.index(cell.workload.pipeline)))
    if not some:
        return []
    ours, stock = (_escape(title_of(run, contender)) for contender in (OURS, STOCK))
    lines = [
        f"Images per second on {threads_in_words(THREADS)}, batch {BATCH_SIZE}, shuffled; in brackets how many times "
        f"as fast {ours} is:",
        "",
        f"| | {ours} | fastest peer | {stock} | roof |",
        "|---|---:|---:|---:|---:|",
        *(_line(cell, is_missed=cell.workload in missed) for cell in some),
    ]
    notes = []
    if any(BEATS_OURS in line for line in lines):
        notes.append(f"{BEATS_OURS} faster than {ours}: [DESIGN.md](DESIGN.md) says why.")
    if any(MISSES in line for line in lines):
        notes.append(f"{MISSES} misses an aim, see below.")
    return ["\n".join(lines), *([" ".join(notes)] if notes else [])]


def _line(cell: Cell, *, is_missed: bool) -> str:
    ours, peer = cell.of(OURS), cell.best_peer
    if ours:
        figure = f"**{ours.rate:,.0f}**" + (f" ({_escape(ours.answer)})" if is_wrong(ours) else "")
    else:
        figure = cell.rows[OURS].status if OURS in cell.rows else "not run"
    best = _beside(ours, peer)
    if peer:
        best += f", {_escape(peer.title)}" + (f" {BEATS_OURS}" if cell.beats_ours(peer) else "")
    columns = (
        cell.workload.title + (f" {MISSES}" if is_missed else ""),
        figure,
        best,
        _beside(ours, cell.of(STOCK)),
        _beside(ours, cell.of(ROOF)),
    )
    return f"| {' | '.join(columns)} |"


def _beside(ours: Row | None, other: Row | None) -> str:
    """Its rate, and how many times as fast ours is."""
    if other is None:
        return NONE
    if ours is None:
        return f"{other.rate:,.0f}"
    ratio = ours.rate / other.rate
    return f"{other.rate:,.0f} ({ratio:,.{2 if ratio < 10 else 1 if ratio < 100 else 0}f} {TIMES})"


def _missing(run: Run) -> list[str]:
    """Who could not be installed, and who failed; what a contender has no means for is no news here."""
    tried = Counter(row.title for row in run.rows)
    reasons = Counter((row.title, reason(row)) for row in run.rows if row.status in {"absent", "failed"})
    if not reasons:
        return []
    sentences = (
        f"{_escape(title)} at {count} of {tried[title]} workloads ({_escape(why)})"
        if count < tried[title]
        else f"{_escape(title)} ({_escape(why)})"
        for (title, why), count in reasons.items()
    )
    return [f"Not measured: {'; '.join(sentences)}."]


def _targets(verdicts: list[Verdict]) -> list[str]:
    lines = ["| aim | | found | |", "|---|---:|---:|---|"]
    for verdict in verdicts:
        word = "**missed**" if verdict.verdict == "MISSED" else verdict.verdict
        why = f" ({_escape(verdict.why)})" if verdict.why else ""
        lines.append(f"| {_escape(verdict.title)} | {verdict.aim} | {verdict.found} | {word}{why} |")
    return ["\n".join(lines)]


def _pictures(path: Path, base: Path) -> list[str]:
    """Of the folder that is named as the run."""
    pictures = {picture.stem: picture for picture in sorted(path.with_suffix("").glob("*.svg"))}
    links = {name: Path(os.path.relpath(picture, base)).as_posix() for name, picture in pictures.items()}
    shown = [f"![{name.replace('_', ' ')}]({links.pop(name)})" for name in SHOWN if name in links]
    others = [f"[{name.replace('_', ' ')}]({link})" for name, link in links.items()]
    return [*shown, *([f"More pictures: {', '.join(others)}."] if others else [])]


def _escape(text: str) -> str:
    """What would end a cell of a table or be markup."""
    for character in "\\|*_<[]`":
        text = text.replace(character, f"\\{character}")
    return text.replace("\n", " ")


if __name__ == "__main__":
    main()
