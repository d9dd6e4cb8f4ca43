"""Command lines as users of ``medmnist`` type them.

Fire reads them there: ``save retinamnist pictures``, ``-r data``, ``--download True``, ``--nodownload``.
"""

from collections import deque
from typing import Any

import typer
from typer.core import TyperCommand

_TRUTH = {"true": True, "1": True, "false": False, "0": False}


def as_medmnist(*names: str) -> type[TyperCommand]:
    """A command that also takes what that of ``medmnist`` takes, whose arguments have these names, in this order."""

    class Command(TyperCommand):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            flags = [param for param in self.params if getattr(param, "is_flag", False)]
            switches = {text for flag in flags for text in (*flag.opts, *flag.secondary_opts)}
            return super().parse_args(ctx, _translated(args, names, switches.union(ctx.help_option_names)))

    return Command


def _translated(args: list[str], names: tuple[str, ...], switches: set[str]) -> list[str]:
    """The same as options: ``--name VALUE``, and of those that take no value ``--name`` or ``--no-name``."""
    unnamed, ours, given = [], [], set()
    words = deque(args)
    while words:
        word = words.popleft()
        if not _is_option(word):
            unnamed.append(word)
            continue
        key, equals, value = word.partition("=")
        name = _meant(key, names)
        option = key if name is None else f"--{name}"
        given.add(name)
        if name is not None and option in switches:
            follows = bool(words) and not _is_option(words[0])
            ours.append(_switch(name, value if equals else words.popleft() if follows else "True"))
        elif key.startswith("--no") and (negated := key.removeprefix("--no")) in names:
            given.add(negated)
            ours.append(f"--no-{negated}")
        else:
            ours.append(f"{option}{equals}{value}")
            if not equals and option not in switches and words:
                ours.append(words.popleft())
    for name in names:
        if unnamed and name not in given:
            value = unnamed.pop(0)
            ours += [_switch(name, value)] if f"--{name}" in switches else [f"--{name}={value}"]
    return ours + unnamed


def _is_option(word: str) -> bool:
    return word.startswith("--") or (word.startswith("-") and word[1:2].isalpha())


def _meant(key: str, names: tuple[str, ...]) -> str | None:
    """The name that an option has in full; None if it is none of these."""
    text = key.lstrip("-")
    fitting = [name for name in names if name == text or (len(text) == 1 and name.startswith(text))]
    return fitting[0] if len(fitting) == 1 else None


def _switch(name: str, value: str) -> str:
    truth = _TRUTH.get(value.lower())
    if truth is None:
        raise typer.BadParameter(f"--{name} {value}; allowed: True or False")
    return f"--{name}" if truth else f"--no-{name}"
