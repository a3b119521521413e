"""A body that trickles in: a pause or a pace that no phone has ends the request, so that nobody holds a place for ever."""

from __future__ import annotations

import asyncio
import time

from litestar.types import HTTPReceiveMessage, Receive
from litestar.types.asgi_types import WebSocketReceiveMessage

from server.errors import TooSlow

PAUSE_SECONDS = 60.0
GRACE_SECONDS = 60.0
BYTES_PER_SECOND = 500


class PatientReceive:
    """ASGI's `receive` until the body is complete; only time spent waiting for the sender counts."""

    def __init__(self, receive: Receive) -> None:
        """Nothing has come yet."""
        self._receive = receive
        self._complete = False
        self._waited = 0.0
        self._bytes = 0

    async def __call__(self) -> HTTPReceiveMessage | WebSocketReceiveMessage:
        """The next message; raises TooSlow."""
        if self._complete:
            return await self._receive()
        began = time.monotonic()
        try:
            async with asyncio.timeout(PAUSE_SECONDS):
                message = await self._receive()
        except TimeoutError as error:
            raise TooSlow from error
        self._waited += time.monotonic() - began
        if message["type"] == "http.request":
            self._bytes += len(message["body"])
            self._complete = not message["more_body"]
        else:
            self._complete = True
        if self._waited > GRACE_SECONDS and self._bytes < self._waited * BYTES_PER_SECOND and not self._complete:
            raise TooSlow
        return message
