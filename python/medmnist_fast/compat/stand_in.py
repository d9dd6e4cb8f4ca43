"""Putting ours in the place of theirs, and theirs back."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from medmnist_fast.arrays import ArrayDataset
from medmnist_fast.compat.iteration import accelerated
from medmnist_fast.compat.report import Report
from medmnist_fast.dataset import MedMNIST

DATALOADER = "torch.utils.data.dataloader"
MODULES = str(Path(__file__).with_name("modules"))


@contextmanager
def replaced(report: Report | None = None) -> Iterator[Report]:
    """While this lasts, ``import medmnist`` gives ours, and torch's ``DataLoader`` goes over ours where it can.

    Neither has to be installed, or imported before: torch is changed when something imports it. Loaders that were made
    before are included. Afterwards all is as it was, the real ``medmnist`` in ``sys.modules`` too.

    A loader that is left to torch gets the items of our data sets one by one, from the script's own transforms: the
    same draws and bits as with ``medmnist``.

    Args:
        report: what is done is written there; by default a new one.

    Yields:
        The report.
    """
    report = Report() if report is None else report
    with ExitStack() as undo:

        def patch(module: ModuleType) -> None:
            stock = module.DataLoader.__iter__
            module.DataLoader.__iter__ = accelerated(stock, report)
            undo.callback(setattr, module.DataLoader, "__iter__", stock)

        for kind in (MedMNIST, ArrayDataset):
            undo.callback(setattr, kind, "__getitems__", kind.__getitems__)
            setattr(kind, "__getitems__", _one_by_one)  # noqa: B010 - a method, to a type checker
        undo.enter_context(_our_medmnist(report))
        if DATALOADER in sys.modules:
            patch(sys.modules[DATALOADER])
        else:
            undo.enter_context(_first_finder(_OnImport(DATALOADER, patch)))
        yield report


def _one_by_one(dataset: Any, indices: Sequence[int]) -> list[Any]:
    return [dataset[index] for index in indices]


@contextmanager
def _our_medmnist(report: Report) -> Iterator[None]:
    theirs = _taken_out("medmnist")
    # Worker processes that are spawned import the script, with this path and without our finder: where medmnist is not
    # installed, they find ours.
    sys.path.append(MODULES)
    with _first_finder(_StandIn()):
        try:
            yield
        finally:
            if MODULES in sys.path:
                sys.path.remove(MODULES)
            report.has_medmnist = bool(_taken_out("medmnist"))
            sys.modules.update(theirs)


def _taken_out(package: str) -> dict[str, ModuleType]:
    """A package's modules, which are imported anew the next time."""
    names = [name for name in sys.modules if name.partition(".")[0] == package]
    return {name: sys.modules.pop(name) for name in names}


@contextmanager
def _first_finder(finder: MetaPathFinder) -> Iterator[None]:
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _StandIn(MetaPathFinder):
    """Finds ``medmnist`` in this package, its modules where it is, and others where the real one is, if installed."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname != "medmnist":
            return None
        ours = PathFinder.find_spec(fullname, [MODULES], target)
        theirs = PathFinder.find_spec(fullname, path, target)
        if ours is not None and theirs is not None:
            # medmnist.utils, which nobody has to import.
            ours.submodule_search_locations = [
                *(ours.submodule_search_locations or ()),
                *(theirs.submodule_search_locations or ()),
            ]
        return ours


class _OnImport(MetaPathFinder):
    """Calls a function with a module as soon as it has run."""

    def __init__(self, name: str, then: Callable[[ModuleType], None]) -> None:
        self._name, self._then = name, then

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def run_and_tell(module: ModuleType) -> None:
                run(module)
                self._then(module)

            setattr(spec.loader, "exec_module", run_and_tell)  # noqa: B010 - a method, to a type checker
        return spec
