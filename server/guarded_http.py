"""HTTP/1.1 with bounds on what uvicorn leaves unbounded: a request's head has a size and a time, readers have to read."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 30.0
UNREAD_SECONDS = 60.0
WANTED_FILES = 16_384

_ANSWER = b"HTTP/1.1 %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class GuardedHttp(HttpToolsProtocol):
    """uvicorn's protocol, which by itself takes endless headers and waits for ever; bodies are the gate's matter."""

    head_seconds = HEAD_SECONDS
    unread_seconds = UNREAD_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As uvicorn calls it."""
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._in_head = True
        self._saw_body = False
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first head is awaited from here on."""
        super().connection_made(transport)
        _drop_when_unread(transport.get_extra_info("socket"), self.unread_seconds)
        self._head_begins()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any longer."""
        self._head_ends()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what is head, or trailer, or talk between chunks: all that is no body.

        One piece of the transport (256 KiB) may go over before it is noticed.
        """
        self._saw_body = False
        super().data_received(data)
        self._head_bytes = 0 if self._saw_body else self._head_bytes + len(data)
        if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self._refuse(b"431 Request Header Fields Too Large")

    def on_body(self, body: bytes) -> None:
        """Bytes that the application counts itself."""
        self._saw_body = True
        super().on_body(body)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; trailers are of no use here."""
        if self._in_head:
            super().on_header(name, value)

    def on_message_begin(self) -> None:
        """A further request on the same connection."""
        super().on_message_begin()
        self._head_begins()

    def on_headers_complete(self) -> None:
        """The head is there; what follows is body."""
        self._head_ends()
        super().on_headers_complete()

    def _head_begins(self) -> None:
        self._head_ends()
        self._head_bytes = 0
        self._in_head = True
        self._head_timer = self.loop.call_later(self.head_seconds, self._refuse, b"408 Request Timeout")

    def _head_ends(self) -> None:
        self._in_head = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self, status: bytes) -> None:
        self._head_ends()
        if not self.transport.is_closing():
            if self.cycle is None or self.cycle.response_complete:
                self.transport.write(_ANSWER % status)
            self.transport.close()


def _drop_when_unread(connection: Any, seconds: float) -> None:
    """Have the kernel end the connection when nothing that was sent has been taken for so long.

    Only the kernel knows how much lies in its own buffer: megabytes, which a phone on a slow network may take minutes
    to read. A system or a socket without this option is left as it is.
    """
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None and connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, option, int(seconds * 1000))


def allow_many_connections() -> None:
    """Raise this process's own limit of open files, which is often 1,024, so that idle connections don't use it up."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(hard, WANTED_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
