"""A contender's process from outside: requests, CPU time and memory of all that belongs to it."""

import json
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parent.parent
SAMPLE_SECONDS = 0.05
"""Between two looks at the memory."""
PATIENCE_SECONDS = 300
"""After which a process that does not answer is killed."""


class ContenderError(Exception):
    """What a contender answered in place of a result; ``status`` is a row's."""

    def __init__(self, status: str, why: str) -> None:
        super().__init__(why)
        self.status = status


class Process:
    """``benches.worker`` with one contender, in its environment."""

    def __init__(self, python: Path, contender: str) -> None:
        self._process = subprocess.Popen(
            [python, "-m", "benches.worker", contender],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._tree = psutil.Process(self._process.pid)

    def answer(self) -> dict[str, Any]:
        """The next line; the first comes by itself when the contender has imported what it needs."""
        late = threading.Timer(PATIENCE_SECONDS, self._process.kill)
        late.start()
        line = self._process.stdout.readline()  # type: ignore[union-attr]
        late.cancel()
        if not line:
            raise ContenderError("failed", f"its process ended with exit code {self._process.wait()}")
        reply: dict[str, Any] = json.loads(line)
        for status in ("unsupported", "failed"):
            if status in reply:
                raise ContenderError(status, reply[status])
        return reply

    def ask(self, **request: Any) -> dict[str, Any]:
        """One request, one answer."""
        try:
            print(json.dumps(request), file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise ContenderError("failed", f"its process ended with exit code {self._process.wait()}") from None
        return self.answer()

    def cpu_seconds(self) -> float:
        """CPU time so far, of the process, its threads and its children."""
        return sum(times.user + times.system for times in (member.cpu_times() for member in self._members()))

    def memory(self) -> int:
        """Bytes in memory now; pages that its processes share count once."""
        members = self._members()
        if len(members) == 1:
            return int(members[0].memory_info().rss)
        # Only Linux shares a page's bytes out among its processes; elsewhere a shared page counts for each.
        return sum(int(getattr(info, "pss", info.rss)) for info in (member.memory_full_info() for member in members))

    def close(self) -> None:
        """End it, with its children."""
        members = self._members()
        with suppress(BrokenPipeError):  # a request that a dead process did not take is written once more
            self._process.stdin.close()  # type: ignore[union-attr]
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            for member in members:
                member.kill()
            self._process.wait()
        self._process.stdout.close()  # type: ignore[union-attr]

    def _members(self) -> list[psutil.Process]:
        try:
            return [self._tree, *self._tree.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


class MemoryWatch:
    """Samples a process's memory within a ``with`` block."""

    def __init__(self, process: Process) -> None:
        self.seconds: list[float] = []
        self.rss_mb: list[float] = []
        self._process = process
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        start = time.perf_counter()
        while not self._is_over.wait(SAMPLE_SECONDS):
            try:
                megabytes = self._process.memory() / 1e6
            except psutil.Error:  # a child that ended meanwhile
                continue
            self.seconds.append(round(time.perf_counter() - start, 2))
            self.rss_mb.append(round(megabytes, 1))
