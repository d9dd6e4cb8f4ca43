"""``medmnist-fast run``."""

import sys
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        epilog="Example: medmnist-fast run --report train.py --epochs 3",
        # What follows the script is the script's, but for a --report at the very end.
        context_settings={"allow_interspersed_args": False},
    )
    def run(
        script: Annotated[str, typer.Argument(help="Script, or with -m a module.", metavar="SCRIPT")],
        arguments: Annotated[
            list[str] | None, typer.Argument(help="Arguments of the script.", metavar="[ARGUMENTS]...")
        ] = None,
        is_module: Annotated[bool, typer.Option("-m", help="Run a module, as python -m does.")] = False,
        report: Annotated[
            bool,
            typer.Option(
                "--report",
                help="Say on standard error what was accelerated, what not, and why. Before the script, or at the end.",
            ),
        ] = False,
    ) -> None:
        """Run an unchanged script with medmnist and torch's DataLoader replaced.

        Batches keep their number, order, shapes and types. A loader for which that cannot be is left to torch. Random
        transforms draw other numbers than torchvision's, governed by torch.manual_seed too.

        Processes that the script starts are left as they are. For several ranks, let each of them be run:
        torchrun --nproc-per-node 2 -m medmnist_fast.compat train.py

        A script that has a --report of its own gets it where another one stands before the script.
        """
        from medmnist_fast.compat import Report, replaced
        from medmnist_fast.compat.running import run_module, run_script

        words = list(arguments or [])
        if not report and words[-1:] == ["--report"]:
            words.pop()
            report = True
        done = Report()
        try:
            with replaced(done):
                (run_module if is_module else run_script)(script, words)
        finally:
            # Behind all that the script has printed.
            sys.stdout.flush()
            if report:
                typer.echo(str(done), err=True)
