"""``medmnist-fast evaluate``."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from medmnist_fast.cli.options import Root
from medmnist_fast.cli.spelling import as_medmnist
from medmnist_fast.evaluation import Comparison, Interval, Report
from medmnist_fast.evaluation.report import PER_CLASS, SUMMARY
from medmnist_fast.evaluator import Evaluator


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        cls=as_medmnist("path"),
        epilog="Example: medmnist-fast evaluate --path 'breastmnist_test_[AUC]0.901_[ACC]0.863@1.csv' --plot roc.png",
    )
    def evaluate(
        path: Annotated[Path, typer.Option(help="Result file: lines of sample index and scores.")],
        path2: Annotated[
            Path | None, typer.Option(help="Result file of another model, to compare on the same resamples.")
        ] = None,
        root: Root = None,
        bootstrap: Annotated[int, typer.Option(help="Resamples for 95 % intervals; 0 for none.")] = 1000,
        seed: Annotated[int, typer.Option(help="Of the resamples.")] = 0,
        plot: Annotated[
            Path | None, typer.Option(help="Draw ROC curves and a reliability diagram of --path to this new file.")
        ] = None,
        *,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        """Score a standard result file, named FLAG[_SIZE]_SPLIT….csv; it is not changed."""
        if plot is not None and find_spec("matplotlib") is None:
            raise ImportError("--plot needs matplotlib, which is not installed: pip install 'medmnist_fast[demo]'")
        evaluator = Evaluator.of_result_file(path, root)
        scores = evaluator.read_result_file(path)
        result: Report | Comparison
        if path2 is None:
            result = first = evaluator.report(scores, bootstrap=bootstrap, seed=seed)
        else:
            other = _second(evaluator, path2, root)
            result = evaluator.compare(scores, other, bootstrap=bootstrap, seed=seed)
            first = result.first
        if plot is not None:
            from medmnist_fast.evaluation.pictures import save_picture

            title = f"{evaluator.info['python_class']}, {evaluator.split} split, {first.n_samples} samples"
            labels = evaluator.labels.astype(np.int64)
            save_picture(plot, evaluator.info["task"], labels, scores, first, title=title)
        if as_json:
            about = {"flag": evaluator.flag, "split": evaluator.split, "seed": seed}
            typer.echo(json.dumps(about | result.as_dict(), indent=2, ensure_ascii=False, allow_nan=False))
            return
        typer.echo(f"AUC {first.AUC:.3f} ACC {first.ACC:.3f}")
        tables = _tables(result) if isinstance(result, Report) else [_differences(result)]
        # In a pipe lines are as long as they are.
        console = Console(width=None if Console().is_terminal else 400, highlight=False)
        for table in tables:
            console.print(table)
        if plot is not None:
            typer.echo(f"picture: {plot}")


def _second(evaluator: Evaluator, path: Path, root: Path | None) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    second = Evaluator.of_result_file(path, root)
    if (second.flag, second.split) != (evaluator.flag, evaluator.split):
        raise ValueError(
            f"--path2 is about {second.flag} {second.split} and --path about {evaluator.flag} {evaluator.split}; "
            "expected the same data set and split"
        )
    return evaluator.read_result_file(path)


def _tables(report: Report) -> list[Table]:
    # Without a bootstrap there are none.
    intervals = [f"{report.confidence:.0%} interval"] if report.resamples else []
    summary = _table(f"{report.n_samples} samples", "measure", "value", *intervals)
    for name in SUMMARY:
        ends = [_interval(report.intervals.get(name)) for _ in intervals]
        summary.add_row(_title(name), _number(getattr(report, name)), *ends)
    classes = _table("classes", "class", "samples", *map(_title, PER_CLASS), *(f"AUC, {name}" for name in intervals))
    for one in report.classes:
        values = [_number(getattr(one, name)) for name in PER_CLASS]
        ends = [_interval(one.intervals.get("AUC")) for _ in intervals]
        classes.add_row(escape(one.name), str(one.support), *values, *ends)
    if report.confusion.ndim == 3:
        columns = ["true -", "false +", "false -", "true +"]
        rows = report.confusion.reshape(-1, 4)
    else:
        columns = [f"as {index}" for index in range(len(report.classes))]
        rows = report.confusion
    confusion = _table("predictions", "class", *columns)
    for index, (one, row) in enumerate(zip(report.classes, rows, strict=True)):
        confusion.add_row(escape(f"{index} {one.name}"), *map(str, row))
    return [summary, classes, confusion]


def _differences(comparison: Comparison) -> Table:
    first, second = comparison.first, comparison.second
    interval = f"{first.confidence:.0%} interval"
    table = _table(f"{first.n_samples} samples", "measure", "--path", "--path2", "difference", interval, "p")
    for name, difference in comparison.differences.items():
        values = [getattr(first, name), getattr(second, name), difference.value]
        table.add_row(
            _title(name), *map(_number, values), _interval(difference.interval), _number(difference.p_value, 4)
        )
    return table


def _table(title: str, name: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE if Console().is_terminal else None)
    table.add_column(name)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _title(name: str) -> str:
    return name.replace("_", " ")


def _number(value: float, digits: int = 3) -> str:
    return "-" if np.isnan(value) else f"{value:.{digits}f}"


def _interval(interval: Interval | None) -> str:
    if interval is None or np.isnan(interval.low):
        return "-"
    return f"{interval.low:.3f} to {interval.high:.3f}"
