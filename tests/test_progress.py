"""Progress: bars on a terminal, one line elsewhere, nothing for what is quick."""

import io
import threading
import time

import pytest

from medmnist_fast.progress import show_progress, show_several


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


def test_nothing_is_said_of_quick_work_in_a_pipe() -> None:
    stream = io.StringIO()
    with show_progress("hashing", stream) as report:
        report(1, 2)
    assert stream.getvalue() == ""


def test_one_line_for_each_work_that_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    timer = threading.Timer
    monkeypatch.setattr(threading, "Timer", lambda _, write: timer(0.01, write))
    stream = io.StringIO()
    with show_several(stream) as show, show("one") as first, show("two") as second:
        deadline = time.monotonic() + 30
        while stream.getvalue().count("\n") < 2:
            first(1, 2)
            second(0, 0)
            assert time.monotonic() < deadline
    assert sorted(stream.getvalue().splitlines()) == ["one …", "two …"]


def test_bars_below_each_other_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    stream = Terminal()
    with show_several(stream) as show, show("one") as first, show("two") as second:
        first(500_000, 1_000_000)
        second(0, 0)
        time.sleep(0.3)
    assert "0.5/1.0 MB" in stream.getvalue()
    lines = [line for line in stream.getvalue().splitlines() if "one" in line or "two" in line]
    assert {"one" in line for line in lines} == {"two" in line for line in lines} == {True, False}
