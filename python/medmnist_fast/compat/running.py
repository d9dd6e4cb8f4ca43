"""Running a script or a module as ``python`` does."""

import io
import os
import runpy
import signal
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType, TracebackType
from typing import NoReturn

HERE = Path(__file__).parent


def run_script(script: str, arguments: list[str]) -> None:
    """``python script.py …``: its folder is first in ``sys.path``, and it is the module ``__main__``.

    Raises:
        OSError: it cannot be read.
        SystemExit: it ended in that, or in an exception, whose traceback is written first.
    """
    path = str(Path(script).absolute())
    with io.open_code(path) as file:
        source = file.read()
    sys.argv[:] = [script, *arguments]
    _first_in_path(str(Path(script).resolve().parent))
    main = ModuleType("__main__")
    main.__dict__.update(
        __file__=path,
        __cached__=None,
        __loader__=SourceFileLoader("__main__", path),
        __builtins__=sys.modules["builtins"],
        __annotations__={},
    )
    sys.modules["__main__"] = main
    try:
        exec(compile(source, path, "exec", dont_inherit=True), main.__dict__)  # noqa: S102 - what it is for
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - as the interpreter does
        _end(error)


def run_module(module: str, arguments: list[str]) -> None:
    """``python -m module …``: the working folder is first in ``sys.path``.

    Raises:
        SystemExit: it ended in that, or in an exception, whose traceback is written first.
    """
    sys.argv[:] = [module, *arguments]
    _first_in_path(str(Path.cwd()))
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - as the interpreter does
        _end(error)


def _first_in_path(folder: str) -> None:
    if not sys.flags.safe_path:
        sys.path[0] = folder


def _end(error: BaseException) -> NoReturn:
    """What the interpreter does with an exception that nobody catches, without the frames of this package."""
    traceback = error.__traceback__
    while traceback is not None and _is_ours(traceback):
        traceback = traceback.tb_next
    error.__traceback__ = traceback
    sys.excepthook(type(error), error, traceback)
    if isinstance(error, KeyboardInterrupt):
        # Shells want to see that it was the signal that ended it.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    raise SystemExit(1)


def _is_ours(traceback: TracebackType) -> bool:
    return Path(traceback.tb_frame.f_code.co_filename).parent == HERE
