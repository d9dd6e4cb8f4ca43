"""Checks of what users type."""

import operator
import sys
from typing import Any


def whole_number(name: str, value: Any, minimum: int, maximum: int = sys.maxsize) -> int:
    """Return ``value`` as an int.

    Raises:
        TypeError: it is no whole number.
        ValueError: it is not in ``minimum`` to ``maximum``.
    """
    allowed = f"a whole number of at least {minimum} and at most {maximum}"
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} = {value!r}; allowed: {allowed}") from None
    if not minimum <= number <= maximum:
        raise ValueError(f"{name} = {value!r}; allowed: {allowed}")
    return number
