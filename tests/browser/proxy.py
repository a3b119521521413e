"""A network that breaks: a TCP proxy on 127.0.0.1 that cuts connections after given numbers of bytes, or slows them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from urllib.parse import urlsplit

PIECE = 16 * 1024


class BrokenNetwork:
    """`address` leads to a server through the proxy.

    `cuts`: so many bytes more from the browser each time, then every connection is reset. `rate`: bytes a second that
    the browser can send, 0 for no limit. `down`: new connections are reset at once. `freeze()`: the connections that
    are open now carry nothing any more, and nobody is told.
    """

    def __init__(self) -> None:
        self.cuts: list[int] = []
        self.cuts_done = 0
        self.sent = 0
        self.rate = 0
        self.down = False
        self.address = ""
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._until_cut = 0
        self._era = 0
        self._over = asyncio.Event()

    async def start(self, target: str) -> None:
        """Listen on a free port and forward to `target`, an http address."""
        place = urlsplit(target)
        assert place.hostname
        self._target = (place.hostname, place.port or 80)
        listening = _narrow(socket.socket())
        listening.bind(("127.0.0.1", 0))
        self._server = await asyncio.start_server(self._serve, sock=listening)
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """End everything."""
        self._server.close()
        self.rate = 0
        self._over.set()
        self.break_all()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def break_all(self) -> None:
        """Reset every connection that is open now."""
        for writer in tuple(self._writers):
            writer.transport.abort()
        self._writers.clear()

    def freeze(self) -> None:
        """As when a phone leaves the reach of its mast."""
        self._era += 1

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.down:
            writer.transport.abort()
            return
        outgoing = _narrow(socket.socket())
        outgoing.setblocking(False)
        await asyncio.get_running_loop().sock_connect(outgoing, self._target)
        there, onward = await asyncio.open_connection(sock=outgoing)
        self._writers |= {writer, onward}
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await asyncio.gather(self._forward(reader, onward, True), self._forward(there, writer, False))
        finally:
            self._tasks.discard(task)
            for end in (writer, onward):
                self._writers.discard(end)
                with contextlib.suppress(OSError):
                    end.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, from_browser: bool) -> None:
        era = self._era
        with contextlib.suppress(OSError):
            while piece := await reader.read(PIECE):
                if era != self._era:
                    await self._over.wait()
                writer.write(piece)
                await writer.drain()
                if from_browser:
                    await self._count(len(piece))
            writer.close()

    async def _count(self, size: int) -> None:
        self.sent += size
        self._until_cut += size
        if self.cuts and self._until_cut >= self.cuts[0]:
            self.cuts.pop(0)
            self._until_cut = 0
            self.cuts_done += 1
            self.break_all()
        if self.rate:
            await asyncio.sleep(size / self.rate)


def _narrow(end: socket.socket) -> socket.socket:
    """Little waits in the kernel's buffers, so that what the browser takes for sent has been forwarded."""
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        end.setsockopt(socket.SOL_SOCKET, option, 4 * PIECE)
    return end
