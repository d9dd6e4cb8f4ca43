"""What users of ``medmnist`` type means the same here. Fire, which reads it there, says what it means."""

import functools
import inspect
from typing import Any

import fire
import medmnist.__main__
import pytest
import typer
from fire.core import FireExit

from medmnist_fast.cli import app

COMMANDS = typer.main.get_command(app).commands
USAGE_ERROR = typer.BadParameter.__base__

LINES = [
    "available",
    "download",
    "download 64",
    "download all data",
    "download --size=all --root=data",
    "download --root data --size 224",
    "download -s 128 -r=data",
    "download --root=data 28",
    "clean",
    "clean data",
    "clean --root=data",
    "clean -r data",
    "info pathmnist",
    "info --flag=pathmnist",
    "info --flag pathmnist",
    "info -f pathmnist",
    "info -flag pathmnist",
    "save pathmnist out",
    "save pathmnist out jpg data True 64",
    "save pathmnist out jpg data 0",
    "save --flag=pathmnist --folder=out --postfix=jpg --root=data --download=True --size=64",
    "save --flag pathmnist --folder out --postfix jpg --root data --download True --size 64",
    "save --flag=pathmnist --folder=out --download=False",
    "save --flag=pathmnist --folder=out --download False",
    "save --download --flag=pathmnist --folder=out",
    "save --flag=pathmnist --folder=out --download",
    "save --flag=pathmnist --folder=out --nodownload",
    "save --folder=out pathmnist",
    "save out --flag=pathmnist",
    "save pathmnist --folder out jpg -r data -d -s 64",
    "save pathmnist out -p=jpg",
    "evaluate result.csv",
    "evaluate --path=result.csv",
    "evaluate --path result.csv",
    "evaluate -p result.csv",
]


@pytest.mark.parametrize("line", LINES)
def test_the_same_values(line: str) -> None:
    name, *words = line.split()
    theirs = getattr(medmnist.__main__, name)
    signature = inspect.signature(theirs)
    given: dict[str, Any] = {}

    @functools.wraps(theirs)
    def record(*args: Any, **options: Any) -> None:
        given.update(signature.bind(*args, **options).arguments)

    fire.Fire(record, command=words)
    defaults = {key: parameter.default for key, parameter in signature.parameters.items()}
    expected = {key: str(value) for key, value in given.items() if value != defaults[key]}
    found = COMMANDS[name].make_context(name, words).params
    assert {key: str(found[key]) for key in signature.parameters if found[key] not in {None, False}} == expected


@pytest.mark.parametrize("line", ["save -f pathmnist", "info pathmnist retinamnist --flag=breastmnist", "evaluate"])
def test_what_medmnist_refuses_is_refused(line: str) -> None:
    name, *words = line.split()
    with pytest.raises(FireExit):
        fire.Fire(getattr(medmnist.__main__, name), command=words)
    with pytest.raises(USAGE_ERROR):
        COMMANDS[name].make_context(name, words)


def test_options_of_ours_stay_what_they_are() -> None:
    context = COMMANDS["save"].make_context("save", ["pathmnist", "--split", "val", "out", "--no-download"])
    assert {key: str(value) for key, value in context.params.items() if value is not None} == {
        "flag": "pathmnist",
        "folder": "out",
        "split": "val",
        "download": "False",
    }
    assert COMMANDS["info"].make_context("info", ["--json", "pathmnist"]).params == {
        "flag": "pathmnist",
        "as_json": True,
    }
