"""A server on this machine that does to a download what networks do."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Action = Callable[["Handler"], None]
"""How one request is answered."""


@dataclass
class Request:
    """What came."""

    path: str
    headers: dict[str, str]


class Handler(BaseHTTPRequestHandler):
    """Answers as the plan says, and as a server should when it is through."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.requests.append(Request(self.path, dict(self.headers)))
            action = self.server.plan.pop(0) if self.server.plan else serve
        if self.name in self.server.files:
            action(self)
        else:
            self.head(404, Content_Length=0)

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2].partition("?")[0]

    @property
    def content(self) -> bytes:
        return self.server.files[self.name]

    def head(self, status: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """``files`` by name, their ``etag``, the ``plan`` for the next requests, and the ``requests`` there were."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.etag = '"one"'
        self.plan: list[Action] = []
        self.requests: list[Request] = []
        self.lock = threading.Lock()
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def template(self) -> str:
        return f"{self.url}/files/{{filename}}"

    @property
    def ranges(self) -> list[tuple[str | None, str | None]]:
        """``Range`` and ``If-Range`` of each request."""
        return [(request.headers.get("Range"), request.headers.get("If-Range")) for request in self.requests]

    def handle_error(self, *_: object) -> None:
        """Clients go away; that is what is tested."""


@contextmanager
def running() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
            thread.join()


def serve(handler: Handler) -> None:
    """As a server should: ranges, If-Range, ETag."""
    content, etag = handler.content, handler.server.etag
    asked = handler.headers["Range"]
    if asked is None or handler.headers["If-Range"] not in {None, etag}:
        handler.head(200, Content_Length=len(content), ETag=etag)
        handler.wfile.write(content)
        return
    start = int(asked.removeprefix("bytes=").removesuffix("-"))
    if start >= len(content):
        handler.head(416, Content_Length=0, Content_Range=f"bytes */{len(content)}")
        return
    found = f"bytes {start}-{len(content) - 1}/{len(content)}"
    handler.head(206, Content_Length=len(content) - start, Content_Range=found, ETag=etag)
    handler.wfile.write(content[start:])


def ignore_range(handler: Handler) -> None:
    del handler.headers["Range"]
    serve(handler)


def answer(status: int, **headers: object) -> Action:
    return lambda handler: handler.head(status, Content_Length=0, **headers)


def cut(size: int, **headers: object) -> Action:
    """Close the connection after so many bytes."""

    def act(handler: Handler) -> None:
        headers_ = {"Content_Length": len(handler.content), "ETag": handler.server.etag} | headers
        handler.head(200, **headers_)
        handler.wfile.write(handler.content[:size])
        handler.close_connection = True

    return act


def stall(size: int) -> Action:
    """Say nothing more after so many bytes, until released."""

    def act(handler: Handler) -> None:
        handler.head(200, Content_Length=len(handler.content), ETag=handler.server.etag)
        handler.wfile.write(handler.content[:size])
        handler.server.released.wait(20)
        handler.wfile.write(handler.content[size:])

    return act


def part(content: bytes, content_range: str) -> Action:
    """A 206 of any bytes that says anything of them."""

    def act(handler: Handler) -> None:
        handler.head(206, Content_Length=len(content), Content_Range=content_range, ETag=handler.server.etag)
        handler.wfile.write(content)

    return act
