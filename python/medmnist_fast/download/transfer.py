"""From an address to a partial file: retries, and goes on where it was cut."""

import email.utils
import errno
import random
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from medmnist_fast.download.partial import Origin, PartialFile
from medmnist_fast.progress import Report

if TYPE_CHECKING:
    import httpx2

CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 30.0
"""Seconds until a server has to be reached, and until its next bytes have to come."""

ATTEMPTS = 6
"""Requests in a row that may bring nothing new."""

BACKOFF, LONGEST_BACKOFF = 0.5, 60.0
"""Seconds before the second request, which double from then on; at most. A random half of them is left out."""

LONGEST_WAIT = 300.0
"""Seconds that a server may ask to wait."""

_REQUEST_TIMEOUT, _TOO_MANY_REQUESTS = 408, 429


class DownloadError(OSError):
    """A file could not be downloaded; what arrived of it is kept, and the next try goes on from there."""


class _Again(Exception):  # noqa: N818 - it says what to do
    """Another request may help, at the earliest after ``wait`` seconds."""

    def __init__(self, reason: str, wait: float = 0) -> None:
        super().__init__(reason)
        self.wait = wait


def transfer(
    url: str, part: PartialFile, folder: Path, md5: str, report: Report, pause: Callable[[float], None]
) -> None:
    """Write what ``url`` has into ``part`` until its MD5 is the expected one.

    Timeouts, connections that are cut, and the answers 408, 429 and 5xx are tried again after a while, or when the
    server says; what has arrived is not asked for again if the server can go on and still has the same file. Proxies
    and certificates are those that the environment names.

    Args:
        url: the address.
        part: what has arrived already.
        folder: where there has to be room for it.
        md5: of the whole file.
        report: told of the progress.
        pause: waits for so many seconds; also called with 0 for each chunk. What it raises ends the transfer.

    Raises:
        DownloadError: the server refuses it, does not answer in time, or has other bytes.
        OSError: no room, or it cannot be written.
        ValueError: ``url``, or a proxy that the environment names, is no address.
    """
    import httpx2

    try:
        shown = str(httpx2.URL(url).copy_with(userinfo=b"", query=None))
    except httpx2.InvalidURL as error:
        raise ValueError(f"address {url!r}: {error}") from error
    failures, furthest = 0, part.size
    timeout = httpx2.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT)
    headers = {"User-Agent": "medmnist_fast", "Accept-Encoding": "identity"}
    with httpx2.Client(timeout=timeout, headers=headers, follow_redirects=True) as client:
        while part.md5 != md5:
            try:
                _request(client, url, shown, part, folder, report, pause)
                _check(part, shown, md5)
            except (httpx2.TransportError, _Again) as error:
                if part.size > furthest:
                    furthest, failures = part.size, 0
                failures += 1
                if failures == ATTEMPTS or isinstance(error, httpx2.UnsupportedProtocol):
                    raise DownloadError(_given_up(shown, error, part.size)) from error
                pause(_delay(failures, error.wait if isinstance(error, _Again) else 0, shown))
            except httpx2.RequestError as error:
                raise DownloadError(f"{shown}: {error}") from error


def _request(
    client: "httpx2.Client",
    url: str,
    shown: str,
    part: PartialFile,
    folder: Path,
    report: Report,
    pause: Callable[[float], None],
) -> None:
    """One request for what is missing, written until it ends."""
    with client.stream("GET", url, headers=_range(part, shown)) as response:
        length = response.headers.get("Content-Length", "")
        total = int(length) if length.isdecimal() else 0
        origin = Origin(shown, _validator(response))
        if response.status_code == 206:
            total = _continuation(response, part, origin)
        elif response.status_code == 200:
            part.restart()
        else:
            _refuse(response, shown, part)
        _check_space(folder, total - part.size)
        part.begin(origin)
        for chunk in response.iter_raw():
            part.write(chunk)
            report(part.size, total)
            pause(0)


def _range(part: PartialFile, shown: str) -> dict[str, str]:
    if not part.size:
        return {}
    headers = {"Range": f"bytes={part.size}-"}
    # Of another server the rest is asked for in any case: if it is not that of the same file, the MD5 says so.
    if part.origin is not None and part.origin.url == shown and part.origin.validator:
        headers["If-Range"] = part.origin.validator
    return headers


def _validator(response: "httpx2.Response") -> str:
    """What If-Range may name: a strong ETag, or else the date; nothing that could not be sent back."""
    etag = str(response.headers.get("ETag", ""))
    validator = etag if etag and not etag.startswith("W/") else str(response.headers.get("Last-Modified", ""))
    return validator if validator.isascii() else ""


def _continuation(response: "httpx2.Response", part: PartialFile, origin: Origin) -> int:
    """Length of the whole file, 0 if unknown, if the response goes on where ``part`` ends."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
    is_other = part.origin is not None and part.origin.url == origin.url and part.origin.validator != origin.validator
    if not part.size or found is None or int(found[1]) != part.size or is_other:
        part.restart()
        raise _Again("the server sent another part than was asked for")
    return 0 if found[2] == "*" else int(found[2])


def _refuse(response: "httpx2.Response", shown: str, part: PartialFile) -> None:
    status = response.status_code
    answer = f"the server answered {status} {response.reason_phrase}".rstrip()
    if status == 416 and part.size:
        part.restart()
        raise _Again(answer)
    if status in {_REQUEST_TIMEOUT, _TOO_MANY_REQUESTS} or status >= 500:
        raise _Again(answer, _retry_after(response.headers.get("Retry-After", "")))
    raise DownloadError(f"{shown}: {answer}; for another address give url_template= (--url-template)")


def _retry_after(text: str) -> float:
    """Seconds from now, of a number or a date; 0 if it is neither."""
    if text.isdecimal():
        return float(text)
    try:
        date = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, date.timestamp() - time.time())


def _delay(failures: int, asked: float, shown: str) -> float:
    if asked > LONGEST_WAIT:
        raise DownloadError(f"{shown}: the server asks to wait for {asked:,.0f} s; try again then")
    longest = min(BACKOFF * 2.0 ** (failures - 1), LONGEST_BACKOFF)
    # So that those who were cut at once do not come back at once.
    return asked + longest * random.uniform(0.5, 1)  # noqa: S311 - not for security


def _check(part: PartialFile, shown: str, md5: str) -> None:
    """Whether a response that is complete made the file that was asked for."""
    if part.md5 == md5:
        return
    found = part.md5
    is_mixed = part.is_of_several_responses
    part.restart()
    if is_mixed:
        raise _Again(f"the parts that arrived are not of one file (MD5 {found}, expected {md5})")
    raise DownloadError(f"{shown}: corrupt: expected MD5 {md5}, got {found}; nothing of it is kept")


def _check_space(folder: Path, missing: int) -> None:
    free = shutil.disk_usage(folder).free
    if missing > free:
        raise OSError(errno.ENOSPC, f"{missing} bytes are missing of the download, {free} are free in {folder}")


def _given_up(shown: str, error: Exception, size: int) -> str:
    kept = f"; {size} bytes are kept, and the next try goes on from there" if size else ""
    return (
        f"{shown}: {str(error) or type(error).__name__}; gave up after {ATTEMPTS} requests that brought nothing{kept}"
    )
