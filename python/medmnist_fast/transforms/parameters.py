"""Parameters as torchvision's users write them, to what the engine takes."""

from collections.abc import Sequence
from enum import Enum
from numbers import Real
from typing import Any

from medmnist_fast.checks import whole_number

PILLOW = ("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming")
"""The names of ``PIL.Image.Resampling`` 0 to 5."""


def interpolation_name(value: Any) -> str:
    """A name, an enum of Pillow or torchvision, or Pillow's number, as the engine's name.

    Raises:
        TypeError: none of these.
        ValueError: an unknown one.
    """
    allowed = f"{', '.join(PILLOW)}, or Pillow's or torchvision's enum"
    name = value.value if isinstance(value, Enum) and isinstance(value.value, str) else value
    if isinstance(name, int) and not isinstance(name, bool) and 0 <= name < len(PILLOW):
        return PILLOW[name]
    if not isinstance(name, str):
        error = ValueError if isinstance(name, int) else TypeError
        raise error(f"interpolation {value!r}; allowed: {allowed}")
    name = "nearest" if name == "nearest-exact" else name
    if name not in PILLOW:
        raise ValueError(f"interpolation {value!r}; allowed: {allowed}")
    return name


def lengths(name: str, value: Any) -> list[int]:
    """One whole number or several."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [whole_number(name, each, 1, 2**20) for each in value]
    return [whole_number(name, value, 1, 2**20)]


def pair(name: str, value: Any) -> tuple[float, float]:
    """Two numbers."""
    numbers = floats(name, value)
    if len(numbers) != 2:
        raise ValueError(f"{name} = {value!r}; allowed: two numbers")
    return numbers[0], numbers[1]


def floats(name: str, value: Any) -> list[float]:
    """One number or several."""
    values = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    if not all(isinstance(each, Real) for each in values):
        raise TypeError(f"{name} = {value!r}; allowed: a number, or a sequence of numbers")
    return [float(each) for each in values]


def fill_values(value: Any) -> list[float]:
    """What lies outside: one number, one per channel, or ``None`` for 0."""
    return [0.0] if value is None else floats("fill", value)


def symmetric(name: str, value: Any) -> tuple[float, float]:
    """A number stands for the range from its negative to it."""
    if isinstance(value, Sequence):
        return pair(name, value)
    number = floats(name, value)[0]
    if not number >= 0:
        raise ValueError(f"{name} = {value!r}; allowed: a number of at least 0, or two numbers")
    return -number, number


def borders(value: Any) -> tuple[int, int, int, int]:
    """Padding: one number, (left and right, top and bottom), or (left, top, right, bottom)."""
    values = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    numbers = [whole_number("padding", each, 0, 2**20) for each in values]
    if len(numbers) not in {1, 2, 4}:
        raise ValueError(f"padding = {value!r}; allowed: 1, 2 or 4 whole numbers")
    left, top, right, bottom = (numbers * 4)[:4] if len(numbers) < 4 else numbers
    return left, top, right, bottom
