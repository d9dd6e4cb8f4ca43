"""``python -m benches.report FILE.json [--pictures DIR]``: the tables of a stored run, and its pictures."""

import argparse
from pathlib import Path

from benches.report.pictures import write_pictures
from benches.report.tables import print_run, report_console
from benches.rows import Run


def main() -> None:
    """Print, and draw where asked to."""
    parser = argparse.ArgumentParser(prog="python -m benches.report")
    parser.add_argument("file", type=Path, help="what a run of the benchmarks wrote")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="folder that pictures are written to, as SVG")
    options = parser.parse_args()
    if not options.file.is_file():
        parser.error(f"{options.file} is not a file")
    run = Run.read(options.file)
    console = report_console()
    print_run(run, console)
    if options.pictures:
        for path in write_pictures(run, options.pictures):
            console.print(str(path), markup=False)


if __name__ == "__main__":
    main()
