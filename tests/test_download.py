"""Downloads: a file is there whole and right, or not at all, whatever server, network, disk and user do."""

import errno
import hashlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import server as srv

import medmnist_fast as mf
from medmnist_fast import checksums, download
from medmnist_fast.cli import main
from medmnist_fast.cli.download import _files as wanted_files
from medmnist_fast.download import addresses, locking, partial, transfer
from medmnist_fast.official import OfficialFile

FLAG, NAME = "breastmnist", "breastmnist.npz"
CONTENT = random.Random(0).randbytes(300_000)
HALF = 150_000


@pytest.fixture(autouse=True)
def _surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the machine, a cache folder that is not the user's, and no waiting between requests."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", addresses.VARIABLE):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(transfer, "BACKOFF", 0.01)
    monkeypatch.setattr(transfer, "ATTEMPTS", 4)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For servers that stall; longer than a busy machine keeps one waiting that does not."""
    monkeypatch.setattr(transfer, "READ_TIMEOUT", 1.0)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[srv.Server]:
    """It has ``CONTENT`` as what INFO says is the official file."""
    with srv.running() as running:
        publish(running, monkeypatch, CONTENT)
        yield running


def publish(server: srv.Server, monkeypatch: pytest.MonkeyPatch, content: bytes, flag: str = FLAG) -> None:
    server.files[f"{flag}.npz"] = content
    monkeypatch.setitem(mf.INFO[flag], "MD5", hashlib.md5(content).hexdigest())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


def fetch(server: srv.Server, root: Path, **options: object) -> Path:
    return download.fetch(FLAG, root=root, url_template=server.template, **options)


def assert_whole(root: Path) -> None:
    assert (root / NAME).read_bytes() == CONTENT
    assert names(root) == [NAME]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def leave_part(root: Path, content: bytes, note: str | None = None) -> None:
    root.mkdir()
    (root / f"{NAME}.part").write_bytes(content)
    if note is not None:
        (root / f"{NAME}.part.json").write_text(note)


def test_a_file_is_fetched_once(server: srv.Server, root: Path) -> None:
    assert fetch(server, root) == root / NAME
    assert_whole(root)
    assert fetch(server, root) == root / NAME
    assert server.ranges == [(None, None)]
    assert server.requests[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "trouble",
    [
        [srv.answer(503)],
        [srv.answer(500), srv.answer(502), srv.answer(504)],
        [srv.answer(429, Retry_After=0)],
        [srv.answer(408)],
        [srv.stall(0)],
        [srv.cut(0)],
    ],
    ids=["503", "500 502 504", "429", "408", "stalls at once", "cuts at once"],
)
def test_passing_trouble_is_waited_out(server: srv.Server, root: Path, trouble: list[srv.Action]) -> None:
    server.plan = list(trouble)
    fetch(server, root)
    assert_whole(root)
    assert len(server.requests) == len(trouble) + 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("trouble", [srv.cut(HALF), srv.stall(HALF)], ids=["cut", "stalled"])
def test_goes_on_where_it_was_cut(server: srv.Server, root: Path, trouble: srv.Action) -> None:
    server.plan = [trouble, srv.answer(503)]
    fetch(server, root)
    assert_whole(root)
    assert server.ranges == [(None, None), *[(f"bytes={HALF}-", '"one"')] * 2]


def test_the_date_stands_in_for_a_weak_etag(server: srv.Server, root: Path) -> None:
    date = formatdate(usegmt=True)
    server.plan = [srv.cut(HALF, ETag='W/"weak"', Last_Modified=date), srv.ignore_range]
    fetch(server, root)
    assert_whole(root)
    assert server.ranges[1] == (f"bytes={HALF}-", date)


def test_an_etag_that_cannot_be_sent_back(server: srv.Server, root: Path) -> None:
    server.plan = [srv.cut(HALF, ETag='"\xe9"')]
    fetch(server, root)
    assert_whole(root)
    assert server.ranges[0:2] == [(None, None), (f"bytes={HALF}-", None)]


def test_any_number_of_cuts_with_progress(server: srv.Server, root: Path) -> None:
    def cut_on(handler: srv.Handler) -> None:
        start = int((handler.headers["Range"] or "bytes=0-")[6:-1])
        total = len(CONTENT)
        found = f"bytes {start}-{total - 1}/{total}"
        handler.head(206 if start else 200, Content_Length=total - start, Content_Range=found, ETag=server.etag)
        handler.wfile.write(CONTENT[start : start + 30_000])
        handler.close_connection = True

    server.plan = [cut_on] * 9
    fetch(server, root)
    assert_whole(root)


def test_cuts_without_progress_end(server: srv.Server, root: Path) -> None:
    server.plan = [srv.cut(HALF)] * 10
    with pytest.raises(download.DownloadError, match=r"gave up after 4 requests .*; 150000 bytes are kept") as caught:
        fetch(server, root)
    assert len(server.requests) == 4
    assert caught.value.__cause__ is not None
    assert names(root) == [f"{NAME}.part", f"{NAME}.part.json"]
    server.plan = []
    fetch(server, root)
    assert_whole(root)
    assert server.ranges[-1] == (f"bytes={HALF}-", '"one"')


@pytest.mark.usefixtures("impatient")
def test_a_server_that_stalls_for_ever(server: srv.Server, root: Path) -> None:
    server.plan = [srv.stall(0)] * 10
    with pytest.raises(download.DownloadError, match="gave up after 4 requests") as caught:
        fetch(server, root)
    assert type(caught.value.__cause__).__name__ == "ReadTimeout"
    assert names(root) == []


def test_nobody_listens(root: Path) -> None:
    with srv.running() as gone:
        template = gone.template
    with pytest.raises(download.DownloadError, match=r"127\.0\.0\.1.*refused") as caught:
        download.fetch(FLAG, root=root, url_template=template)
    assert isinstance(caught.value, OSError)
    assert type(caught.value.__cause__).__name__ == "ConnectError"


@pytest.mark.parametrize("status", [403, 404, 410, 304])
def test_a_refusal_is_final(server: srv.Server, root: Path, status: int) -> None:
    server.plan = [srv.answer(status)]
    with pytest.raises(download.DownloadError, match=rf"breastmnist\.npz: the server answered {status} .*--url-templ"):
        fetch(server, root)
    assert len(server.requests) == 1
    assert names(root) == []


@pytest.mark.parametrize("text", ["1", lambda: formatdate(time.time() + 2, usegmt=True)], ids=["seconds", "date"])
def test_retry_after_is_honoured(server: srv.Server, root: Path, text, monkeypatch: pytest.MonkeyPatch) -> None:
    waited = []
    monkeypatch.setattr("medmnist_fast.download.obtaining._Stop.pause", lambda _, seconds: waited.append(seconds))
    server.plan = [srv.answer(429, Retry_After=text if isinstance(text, str) else text())]
    fetch(server, root)
    assert 0.5 < max(waited) < 2.1
    assert_whole(root)


def test_a_server_that_asks_for_an_hour(server: srv.Server, root: Path) -> None:
    server.plan = [srv.answer(503, Retry_After=3600)]
    with pytest.raises(download.DownloadError, match="asks to wait for 3,600 s"):
        fetch(server, root)


@pytest.mark.parametrize("text", ["soon", "-1", "", "Fri, 99 Xyz"])
def test_a_senseless_retry_after_counts_as_none(server: srv.Server, root: Path, text: str) -> None:
    server.plan = [srv.answer(503, Retry_After=text)]
    fetch(server, root)
    assert_whole(root)


def test_the_pause_doubles_and_half_of_it_is_random() -> None:
    for failures in range(1, 12):
        longest = min(transfer.BACKOFF * 2 ** (failures - 1), transfer.LONGEST_BACKOFF)
        delays = {transfer._delay(failures, 0, "") for _ in range(20)}
        assert len(delays) > 1
        assert all(longest / 2 <= delay <= longest for delay in delays)


def test_range_ignored_means_starting_over(server: srv.Server, root: Path) -> None:
    server.plan = [srv.cut(HALF), srv.ignore_range]
    fetch(server, root)
    assert_whole(root)


def test_another_file_between_tries(server: srv.Server, root: Path) -> None:
    def change(handler: srv.Handler) -> None:
        srv.cut(HALF)(handler)
        server.etag, server.files[NAME] = '"two"', CONTENT

    server.files[NAME] = CONTENT[::-1]
    server.plan = [change]
    fetch(server, root)
    assert_whole(root)
    assert server.ranges == [(None, None), (f"bytes={HALF}-", '"one"')]


def test_another_file_between_tries_and_a_server_that_ignores_if_range(server: srv.Server, root: Path) -> None:
    def go_on(handler: srv.Handler) -> None:
        server.etag = '"two"'
        del handler.headers["If-Range"]
        srv.serve(handler)

    server.plan = [srv.cut(HALF), go_on]
    fetch(server, root)
    assert_whole(root)
    # The ETag of the rest was another one, so all of it was asked for again.
    assert server.ranges[2] == (None, None)


@pytest.mark.parametrize(
    "answer",
    [
        srv.part(CONTENT[:HALF], "bytes 0-149999/300000"),
        srv.part(CONTENT[HALF:], "bytes 150001-300000/300001"),
        srv.part(CONTENT[HALF:], "pages 1-2/3"),
        srv.part(CONTENT[HALF:][::-1], "bytes 150000-299999/300000"),
        srv.answer(416),
        srv.answer(206),
    ],
    ids=["from the start", "off by one", "no bytes", "of another file", "416", "without a range"],
)
def test_a_wrong_part_is_not_appended(server: srv.Server, root: Path, answer: srv.Action) -> None:
    server.plan = [srv.cut(HALF), answer]
    fetch(server, root)
    assert_whole(root)
    assert server.ranges[2] == (None, None)


def test_a_part_that_was_not_asked_for(server: srv.Server, root: Path) -> None:
    server.plan = [srv.part(CONTENT, f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}")]
    fetch(server, root)
    assert_whole(root)
    assert len(server.requests) == 2


def test_a_length_that_is_too_long(server: srv.Server, root: Path) -> None:
    server.plan = [srv.cut(len(CONTENT), Content_Length=len(CONTENT) + 1000)]
    fetch(server, root)
    assert_whole(root)


@pytest.mark.parametrize("length", [len(CONTENT) - 1, 0])
def test_a_length_that_is_too_short(server: srv.Server, root: Path, length: int) -> None:
    server.plan = [srv.cut(len(CONTENT), Content_Length=length)]
    with pytest.raises(download.DownloadError, match="corrupt: expected MD5"):
        fetch(server, root)
    assert names(root) == []


def test_wrong_bytes(server: srv.Server, root: Path) -> None:
    server.files[NAME] = wrong = CONTENT[:-1] + b"?"
    expected, got = (hashlib.md5(content).hexdigest() for content in (CONTENT, wrong))
    with pytest.raises(download.DownloadError, match=f"corrupt: expected MD5 {expected}, got {got}; nothing of it"):
        fetch(server, root)
    assert len(server.requests) == 1
    assert names(root) == []


@pytest.mark.parametrize(
    ("left", "note"),
    [
        (CONTENT[:HALF], None),
        (CONTENT[:HALF], "{half"),
        (CONTENT[:HALF], '{"url": 1}'),
        (CONTENT[:HALF], '["url"]'),
        (CONTENT[:HALF], '{"url": "URL", "validator": "a\\nb"}'),
        (CONTENT[:HALF], '{"url": "URL", "validator": null}'),
        (CONTENT[:HALF], '{"url": "http://elsewhere/breastmnist.npz", "validator": "other"}'),
        (b"?" * 20, None),
        (CONTENT + b"?", None),
        (b"", None),
    ],
    ids=[
        "a half",
        "half a note",
        "wrong note",
        "no note",
        "no header",
        "null",
        "of a mirror",
        "other bytes",
        "too long",
        "empty",
    ],
)
def test_what_an_earlier_process_left(server: srv.Server, root: Path, left: bytes, note: str | None) -> None:
    leave_part(root, left, note and note.replace("URL", f"{server.url}/files/{NAME}"))
    fetch(server, root)
    assert_whole(root)
    assert server.ranges[0] == (f"bytes={len(left)}-" if left else None, None)
    assert len(server.requests) == (1 if CONTENT.startswith(left) else 2)


def test_killed_between_the_last_byte_and_the_name(server: srv.Server, root: Path) -> None:
    leave_part(root, CONTENT)
    fetch(server, root)
    assert_whole(root)
    assert server.requests == []


actions = st.one_of(
    st.integers(0, len(CONTENT)).map(srv.cut),
    st.tuples(st.integers(0, len(CONTENT)), st.integers(0, len(CONTENT))).map(
        lambda ends: srv.part(CONTENT[ends[0] : ends[1]], f"bytes {ends[0]}-{ends[1] - 1}/{len(CONTENT)}")
    ),
    st.binary(max_size=20).map(lambda content: srv.part(content, f"bytes {HALF}-{HALF + len(content) - 1}/*")),
    st.sampled_from([408, 416, 429, 500, 503, 404]).map(srv.answer),
    st.sampled_from([srv.serve, srv.ignore_range]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=st.lists(actions, max_size=6), left=st.none() | st.binary(max_size=5) | st.just(CONTENT[:HALF]))
def test_whatever_happens_the_file_is_right_or_not_there(
    server: srv.Server, root: Path, plan: list[srv.Action], left: bytes | None
) -> None:
    shutil.rmtree(root, ignore_errors=True)
    if left is not None:
        leave_part(root, left)
    server.plan = list(plan)
    try:
        fetch(server, root)
    except download.DownloadError:
        assert set(names(root)) <= {f"{NAME}.part", f"{NAME}.part.json"}
        server.plan = []
        fetch(server, root)
    assert_whole(root)


FETCH = """
import sys
from medmnist_fast import INFO, download
flag, md5, template, root = sys.argv[1:]
INFO[flag]["MD5"] = md5
download.fetch(flag, root=root, url_template=template)
"""


def start(server: srv.Server, root: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", FETCH, FLAG, mf.INFO[FLAG]["MD5"], server.template, str(root)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_for_part(root: Path, size: int, name: str = NAME) -> None:
    path = root / f"{name}.part"
    deadline = time.monotonic() + 60
    while not path.exists() or path.stat().st_size < size:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals on Windows")
@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_stopped_in_the_middle(server: srv.Server, root: Path, name: str) -> None:
    server.plan = [srv.stall(HALF)]
    with start(server, root) as process:
        wait_for_part(root, HALF)
        process.send_signal(signal.Signals[name])
        _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert (b"KeyboardInterrupt" in errors) == (name == "SIGINT")
    left = {f"{NAME}.part", f"{NAME}.part.json"} | ({f"{NAME}.lock"} if name == "SIGKILL" else set())
    assert set(names(root)) == left
    fetch(server, root)
    assert_whole(root)
    assert server.ranges[-1] == (f"bytes={HALF}-", '"one"')


def test_two_processes_at_once(server: srv.Server, root: Path) -> None:
    server.plan = [srv.stall(HALF)]
    processes = [start(server, root) for _ in range(2)]
    wait_for_part(root, HALF)
    server.released.set()
    assert [process.communicate(timeout=60) for process in processes] == [(b"", b"")] * 2
    assert [process.returncode for process in processes] == [0, 0]
    assert_whole(root)
    assert len(server.requests) == 1


def test_who_waits_finds_what_the_other_made(server: srv.Server, root: Path) -> None:
    root.mkdir()
    path, waits = root / f"{NAME}.lock", threading.Event()
    thread = threading.Thread(target=lambda: fetch(server, root))
    with locking.lock(path, lambda _: waits.set()):
        thread.start()
        (root / NAME).write_bytes(CONTENT)
    thread.join()
    assert_whole(root)
    assert server.requests == []


def test_one_holder_among_threads(tmp_path: Path) -> None:
    inside, most, turns = [], [], []

    def work() -> None:
        for _ in range(30):
            with locking.lock(tmp_path / "lock", lambda _: time.sleep(0.001)):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.0005)
                inside.pop()
        turns.append(1)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(turns), set(most)) == (6, {1})
    assert names(tmp_path) == []


def test_a_full_disk_is_noticed_first(server: srv.Server, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(OSError, match="300000 bytes are missing of the download, 1000 are free in") as caught:
        fetch(server, root)
    assert caught.value.errno == errno.ENOSPC
    assert names(root) == []


def test_a_disk_that_fills_up(server: srv.Server, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = partial.PartialFile.write

    def full(self: partial.PartialFile, chunk: bytes) -> None:
        if self.size + len(chunk) > HALF:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(self, chunk)

    with monkeypatch.context() as context:
        context.setattr(partial.PartialFile, "write", full)
        with pytest.raises(OSError, match="No space left on device"):
            fetch(server, root)
    assert len(server.requests) == 1
    kept = (root / f"{NAME}.part").stat().st_size
    assert names(root) == [f"{NAME}.part", f"{NAME}.part.json"]
    fetch(server, root)
    assert_whole(root)
    assert server.ranges[1] == (f"bytes={kept}-", '"one"')


@pytest.mark.skipif(sys.platform != "linux", reason="no folder that refuses even a privileged user but on Linux: /sys")
def test_a_folder_that_cannot_be_written_to(server: srv.Server) -> None:
    with pytest.raises(OSError, match="/sys/medmnist"):
        fetch(server, Path("/sys/medmnist"))
    assert server.requests == []


def test_a_file_of_another_content_is_never_replaced_unasked(server: srv.Server, root: Path) -> None:
    root.mkdir()
    (root / NAME).write_bytes(b"mine")
    got = hashlib.md5(b"mine").hexdigest()
    with pytest.raises(mf.NpzError, match=rf"corrupt: expected MD5 .*, got {got}; delete it or download again \(med"):
        fetch(server, root)
    assert (root / NAME).read_bytes() == b"mine"
    assert server.requests == []
    fetch(server, root, force=True)
    assert_whole(root)
    fetch(server, root, force=True)
    assert len(server.requests) == 1


def test_a_replacement_that_fails_leaves_the_old_file(server: srv.Server, root: Path) -> None:
    root.mkdir()
    (root / NAME).write_bytes(b"mine")
    server.plan = [srv.answer(404)]
    with pytest.raises(download.DownloadError):
        fetch(server, root, force=True)
    assert (root / NAME).read_bytes() == b"mine"


def test_a_proxy_of_the_environment(server: srv.Server, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    download.fetch(FLAG, root=root, url_template="http://mirror.invalid/{filename}")
    assert_whole(root)
    assert server.requests[0].path == f"http://mirror.invalid/{NAME}"


def test_redirects_are_followed(server: srv.Server, root: Path) -> None:
    server.plan = [srv.answer(302, Location=f"/elsewhere/{NAME}")]
    fetch(server, root)
    assert_whole(root)
    server.plan = [srv.answer(302, Location=f"/elsewhere/{NAME}")] * 50
    (root / NAME).unlink()
    with pytest.raises(download.DownloadError, match="redirects"):
        fetch(server, root)


def test_secrets_of_an_address_are_not_shown(server: srv.Server, root: Path) -> None:
    template = server.template.replace("127", "user:secret@127") + "?token=secret"
    server.plan = [srv.cut(HALF), srv.answer(404)]
    with pytest.raises(download.DownloadError) as caught:
        download.fetch(FLAG, root=root, url_template=template)
    assert "secret" not in str(caught.value)
    assert "secret" not in (root / f"{NAME}.part.json").read_text()
    assert server.requests[0].path.endswith("?token=secret")


def test_addresses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = OfficialFile("pathmnist", 64, tmp_path)
    assert addresses.address(file) == mf.INFO["pathmnist"]["url_64"]
    assert addresses.address(file, "https://m/{flag}/{size}") == "https://m/pathmnist/64"
    monkeypatch.setenv(addresses.VARIABLE, "http://mirror/{filename}")
    assert addresses.address(file) == "http://mirror/pathmnist_64.npz"
    assert addresses.address(file, "http://m/{filename}") == "http://m/pathmnist_64.npz"


@pytest.mark.parametrize(
    "template",
    [
        "http://m/",
        "{filename}",
        "ftp://m/{filename}",
        "http://m/{flag}",
        "http://m/{name}",
        "http://m/{",
        "http://m/{0}",
        "http://m/{filename.x}",
        "http://m/{filename}{flag!z}",
        "http://m/{filename}{}",
    ],
)
def test_bad_templates(tmp_path: Path, template: str) -> None:
    with pytest.raises(ValueError, match=r"url_template .*; allowed: an http or https address with \{filename\}"):
        download.fetch(FLAG, root=tmp_path, url_template=template)


def test_bad_arguments(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="flag 'mnist'; allowed"):
        download.fetch("mnist", root=tmp_path)
    with pytest.raises(ValueError, match="comes in 28, 64"):
        download.fetch("organmnist3d", 224, root=tmp_path)
    with pytest.raises(ValueError, match="jobs = 9; allowed"):
        download.fetch_all([(FLAG, 28)], root=tmp_path, jobs=9)
    with pytest.raises(ValueError, match="address 'http://m:port/"):
        download.fetch(FLAG, root=tmp_path, url_template="http://m:port/{filename}")


class TestDataSets:
    """``download=True``."""

    @pytest.fixture
    def file(self, generated: Path) -> bytes:
        return (generated / NAME).read_bytes()

    @pytest.fixture
    def default_root(self, server: srv.Server, file: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        publish(server, monkeypatch, file)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        monkeypatch.setenv(addresses.VARIABLE, server.template)
        return tmp_path / ".medmnist"

    def test_the_first_download_makes_the_default_root(self, server: srv.Server, default_root: Path) -> None:
        with pytest.raises(FileNotFoundError, match=r"no folder .*\.medmnist"):
            mf.BreastMNIST("train")
        assert not default_root.exists()
        assert len(mf.BreastMNIST("train", download=True)) == 50
        assert names(default_root) == [NAME]
        assert len(mf.BreastMNIST("val", download=True)) == 40
        assert len(server.requests) == 1

    def test_a_truncated_file(self, default_root: Path, file: bytes) -> None:
        default_root.mkdir()
        (default_root / NAME).write_bytes(file[:5000])
        sentence = (
            f"corrupt: expected MD5 {hashlib.md5(file).hexdigest()}, got {hashlib.md5(file[:5000]).hexdigest()}; "
            "delete it or download again"
        )
        with pytest.raises(mf.NpzError, match=rf"a truncated one .*; {sentence}") as caught:
            mf.BreastMNIST("train")
        assert caught.value.offset == 0
        with pytest.raises(mf.NpzError, match=rf"breastmnist\.npz: {sentence}"):
            mf.BreastMNIST("train", download=True)
        assert (default_root / NAME).read_bytes() == file[:5000]

    def test_a_damaged_member(self, default_root: Path, file: bytes) -> None:
        content = bytearray(file)
        content[300] ^= 1
        default_root.mkdir()
        (default_root / NAME).write_bytes(content)
        with pytest.raises(mf.NpzError, match=r'member "train_images".*; corrupt: expected MD5 .*, got ') as caught:
            mf.BreastMNIST("train")
        assert caught.value.member == "train_images"

    def test_a_file_that_fails_for_another_reason(self, default_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        default_root.mkdir()
        np.savez(default_root / NAME, something=np.zeros(3))
        content = (default_root / NAME).read_bytes()
        monkeypatch.setitem(mf.INFO[FLAG], "MD5", hashlib.md5(content).hexdigest())
        with pytest.raises(mf.NpzError, match=r"it has something$"):
            mf.BreastMNIST("train")


class TestStamps:
    """A large file is hashed once."""

    @pytest.fixture(autouse=True)
    def hashed(self, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
        """The files that were hashed."""
        seen, md5 = [], checksums.md5

        def count(path: Path, report) -> str:
            seen.append(path)
            return md5(path, report)

        monkeypatch.setattr(checksums, "STAMP_ABOVE", 0)
        monkeypatch.setattr(checksums, "md5", count)
        return seen

    def test_not_again_after_a_download(self, server: srv.Server, root: Path, hashed: list[Path]) -> None:
        for _ in range(3):
            fetch(server, root)
        assert hashed == []
        assert names(root) == [f".{NAME}.md5.json", NAME]

    def test_once_for_a_file_that_was_there(self, server: srv.Server, root: Path, hashed: list[Path]) -> None:
        root.mkdir()
        (root / NAME).write_bytes(CONTENT)
        for _ in range(3):
            fetch(server, root)
        assert hashed == [root / NAME]

    def test_again_when_it_changed(self, server: srv.Server, root: Path, hashed: list[Path]) -> None:
        path = fetch(server, root)
        os.utime(path, ns=(0, 10**18))
        fetch(server, root)
        assert hashed == [path]
        path.write_bytes(CONTENT[:-1] + b"?")
        for _ in range(2):
            with pytest.raises(mf.NpzError, match="corrupt"):
                fetch(server, root)
        assert len(hashed) == 3
        path.write_bytes(CONTENT)
        fetch(server, root)
        assert len(hashed) == 4

    @pytest.mark.parametrize("text", ["", "{", "\xff", '{"size": 300000}'])
    def test_a_damaged_stamp_is_none(self, server: srv.Server, root: Path, hashed: list[Path], text: str) -> None:
        fetch(server, root)
        checksums.stamp_places(root / NAME)[0].write_text(text, encoding="latin-1")
        fetch(server, root)
        fetch(server, root)
        assert len(hashed) == 1

    @pytest.mark.skipif(sys.platform != "linux", reason="no folder that refuses a privileged user but on Linux: /sys")
    def test_in_the_cache_if_the_folder_cannot_be_written_to(
        self, server: srv.Server, root: Path, hashed: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cached = checksums.stamp_places(root / NAME)[1]
        assert cached.is_relative_to(tmp_path / "cache")
        monkeypatch.setattr(checksums, "stamp_places", lambda _: [Path("/sys/stamp"), cached])
        fetch(server, root)
        fetch(server, root)
        assert hashed == []
        assert cached.exists()
        assert names(root) == [NAME]
        monkeypatch.setattr(checksums, "stamp_places", lambda _: [Path("/sys/stamp"), Path("/sys/cached")])
        fetch(server, root)
        fetch(server, root)
        assert len(hashed) == 2


class TestSeveral:
    """Several files at once, and from a folder."""

    FLAGS = ("pathmnist", "breastmnist", "octmnist", "bloodmnist")

    @pytest.fixture
    def server(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[srv.Server]:
        with srv.running() as running:
            for index, flag in enumerate(self.FLAGS):
                publish(running, monkeypatch, CONTENT + bytes([index]), flag)
            yield running

    def fetch_all(self, server: srv.Server, root: Path, jobs: int = 3) -> dict[str, download.Outcome]:
        files = [(flag, 28) for flag in self.FLAGS]
        found = download.fetch_all(files, root, url_template=server.template, jobs=jobs)
        return {outcome.file.flag: outcome for outcome in found}

    def test_they_run_at_once(self, server: srv.Server, root: Path) -> None:
        barrier = threading.Barrier(3, timeout=20)

        def together(handler: srv.Handler) -> None:
            barrier.wait()
            srv.serve(handler)

        server.plan = [together] * 3
        found = self.fetch_all(server, root)
        assert {outcome.status for outcome in found.values()} == {"downloaded"}
        assert names(root) == sorted(server.files)
        assert {outcome.status for outcome in self.fetch_all(server, root).values()} == {"present"}

    @pytest.mark.parametrize("jobs", [1, 4])
    def test_one_that_fails_keeps_none_back(self, server: srv.Server, root: Path, jobs: int) -> None:
        del server.files["breastmnist.npz"]
        server.files["octmnist.npz"] = b"?"
        found = self.fetch_all(server, root, jobs)
        statuses = {flag: outcome.status for flag, outcome in found.items()}
        assert statuses == dict.fromkeys(self.FLAGS, "downloaded") | {"breastmnist": "failed", "octmnist": "failed"}
        assert "corrupt" in str(found["octmnist"].error)
        assert names(root) == ["bloodmnist.npz", "pathmnist.npz"]

    @pytest.mark.usefixtures("impatient")
    def test_who_stops_listening_stops_them(self, server: srv.Server, root: Path) -> None:
        server.plan = [srv.serve, *[srv.stall(HALF)] * 3]
        found = download.fetch_all([(flag, 28) for flag in self.FLAGS], root, url_template=server.template)
        outcome = next(found)
        begun = time.monotonic()
        found.close()
        assert time.monotonic() - begun < 10
        assert outcome.file.name in names(root)
        assert len([name for name in names(root) if name.endswith(".npz")]) == 1

    def test_a_folder_is_imported(self, server: srv.Server, root: Path, tmp_path: Path) -> None:
        folder = tmp_path / "disk"
        folder.mkdir()
        for name, content in server.files.items():
            (folder / name).write_bytes(content)
        (folder / "octmnist.npz").write_bytes(b"?")
        (folder / "mine.npz").write_bytes(b"mine")
        found = {outcome.file.flag: outcome for outcome in download.import_folder(folder, root)}
        assert {flag: outcome.status for flag, outcome in found.items()} == dict.fromkeys(self.FLAGS, "imported") | {
            "octmnist": "failed"
        }
        assert "octmnist.npz: corrupt: expected MD5" in str(found["octmnist"].error)
        assert names(root) == ["bloodmnist.npz", "breastmnist.npz", "pathmnist.npz"]
        assert (root / "pathmnist.npz").read_bytes() == server.files["pathmnist.npz"]
        again = list(download.import_folder(folder, root, files=[("pathmnist", 28), ("retinamnist", 28)]))
        assert [outcome.status for outcome in again] == ["present", "failed"]
        assert isinstance(again[1].error, FileNotFoundError)
        assert server.requests == []
        with pytest.raises(FileNotFoundError, match="there is no official file in"):
            download.import_folder(tmp_path, root)

    def test_an_import_of_what_is_not_there_keeps_what_arrived(
        self, server: srv.Server, root: Path, tmp_path: Path
    ) -> None:
        leave_part(root, CONTENT[:HALF])
        (outcome,) = download.import_folder(tmp_path, root, files=[(FLAG, 28)])
        assert isinstance(outcome.error, FileNotFoundError)
        assert names(root) == [f"{NAME}.part"]
        fetch(server, root)
        assert server.ranges == [(f"bytes={HALF}-", None)]

    def test_an_import_onto_a_full_disk(
        self, server: srv.Server, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / NAME).write_bytes(server.files[NAME])
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
        (outcome,) = download.import_folder(tmp_path, root)
        assert "has 300001 bytes, 1000 are free in" in str(outcome.error)
        assert names(root) == []


class Result(NamedTuple):
    """What a command printed, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


class TestCommandLine:
    """``medmnist-fast download`` and ``clean``."""

    @pytest.fixture
    def cli(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
        """The command line in this process."""
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(sys, "stdin", io.StringIO())

        def run(*arguments: str) -> Result:
            monkeypatch.setattr(sys, "argv", ["medmnist-fast", *arguments])
            with pytest.raises(SystemExit) as caught:
                main()
            output = capsys.readouterr()
            return Result(int(caught.value.code or 0), output.out, output.err)

        return run

    @pytest.mark.parametrize(
        ("flags", "size", "count"),
        [(None, "28", 18), (None, "64", 18), (None, "224", 12), (None, "all", 60), (["organmnist3d"] * 2, "all", 2)],
    )
    def test_what_flags_and_sizes_stand_for(self, flags: list[str] | None, size: str, count: int) -> None:
        files = wanted_files(flags, size)
        assert len(set(files)) == len(files) == count
        assert all(f"MD5{'' if pixels == 28 else f'_{pixels}'}" in mf.INFO[flag] for flag, pixels in files)

    def test_goes_on_after_a_failure_and_sums_up(
        self, cli: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with srv.running() as server:
            monkeypatch.setenv(addresses.VARIABLE, server.template)
            server.files = {NAME: b"?"}
            result = cli("download", "--flag=breastmnist", "--flag", "octmnist", f"--root={tmp_path / 'root'}")
        assert result.returncode == 1
        lines = sorted(result.stdout.splitlines())
        assert lines[0] == "2 failed"
        assert lines[1].startswith(f"breastmnist.npz: failed: {server.url}/files/{NAME}: corrupt: expected MD5")
        assert lines[2].startswith("octmnist.npz: failed: http")
        assert names(tmp_path / "root") == []

    def test_from_a_folder(self, cli: Callable[..., Result], tmp_path: Path, official: Path) -> None:
        arguments = ("download", "--from", str(official), "--root", str(tmp_path / "root"))
        result = cli(*arguments)
        assert (result.returncode, result.stderr) == (0, "")
        count = len(list(official.glob("*.npz")))
        assert result.stdout.splitlines()[-1] == f"{count} imported"
        assert names(tmp_path / "root") == sorted(path.name for path in official.glob("*.npz"))
        (tmp_path / "root" / NAME).write_bytes(b"mine")
        result = cli(*arguments, "--flag=breastmnist", "--size=all", "--json")
        assert result.returncode == 1
        facts = {entry["size"]: entry for entry in json.loads(result.stdout)}
        assert facts[64]["status"] == "present"
        assert "--force" in facts[28]["error"]
        assert (facts[28]["status"], facts[128]["status"]) == ("failed", "failed")
        result = cli(*arguments, "--flag=breastmnist", "--force")
        assert result.stdout == "breastmnist.npz: imported, 0.6 MB\n1 imported\n"

    @pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT on Windows")
    def test_ctrl_c(self, tmp_path: Path) -> None:
        with srv.running() as server:
            server.files = dict.fromkeys(("pathmnist.npz", "chestmnist.npz", "dermamnist.npz"), CONTENT)
            server.plan = [srv.stall(HALF)] * 3
            command = [sys.executable, "-m", "medmnist_fast", "download", "--root", str(tmp_path / "root")]
            command += ["--url-template", server.template]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                for name in server.files:
                    wait_for_part(tmp_path / "root", HALF, name)
                begun = time.monotonic()
                process.send_signal(signal.SIGINT)
                _, errors = process.communicate(timeout=60)
                assert time.monotonic() - begun < 15
        assert process.returncode != 0
        assert b"Traceback" not in errors
        assert [name for name in names(tmp_path / "root") if name.endswith(".npz")] == []

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--size", "32"], "--size '32'; allowed: 28, 64, 128, 224, all"),
            (["--flag", "mnist"], "flag 'mnist'; allowed: pathmnist"),
            (["--flag", "organmnist3d", "--size", "224"], "size 224; OrganMNIST3D comes in 28, 64"),
            (["--url-template", "http://m/"], "url_template 'http://m/'; allowed"),
            (["--from", "nowhere"], "there is no official file in nowhere"),
            (["--from", ".", "--url-template", "http://m/{filename}"], "--from and --url-template exclude each other"),
            (["--jobs", "0"], "Invalid value for '--jobs'"),
        ],
    )
    def test_bad_input(
        self,
        cli: Callable[..., Result],
        tmp_path: Path,
        arguments: list[str],
        message: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.chdir(tmp_path)
        result = cli("download", *arguments, "--root", str(tmp_path / "root"))
        assert result.returncode == 2
        assert message in result.stderr
        assert names(tmp_path) == []

    def test_clean_removes_what_it_knows(self, cli: Callable[..., Result], tmp_path: Path, generated: Path) -> None:
        root = tmp_path / "root"
        shutil.copytree(generated, root)
        (root / "pathmnist_64.npz").write_bytes(b"large")
        for suffix in partial.SUFFIXES:
            (root / f"pathmnist_64.npz{suffix}").write_bytes(b"half")
        checksums.stamp_places(root / NAME)[0].write_text("{}")
        mine = {"my_mnist.npz", "breastmnist_copy.npz", "breastmnist.npz.txt", "pathmnist_32.npz"}
        for name in mine:
            (root / name).write_bytes(b"mine")
        (root / "octmnist.npz").mkdir()
        before = set(names(root))
        asked = cli("clean", "--root", str(root))
        assert "Remove these 11 files (" in asked.stdout
        assert all(name not in asked.stdout for name in mine)
        assert set(names(root)) == before
        one = cli("clean", "--flag=pathmnist", "--size=64", "--yes", f"--root={root}")
        assert "removed 4 files" in one.stdout
        assert set(names(root)) == before - {"pathmnist_64.npz"} - {f"pathmnist_64.npz{s}" for s in partial.SUFFIXES}
        assert "removed 7 files" in cli("clean", "--yes", "--root", str(root)).stdout
        assert set(names(root)) == mine | {"octmnist.npz"}
        assert cli("clean", "--yes", "--root", str(root)).stdout == "no official files found\n"
