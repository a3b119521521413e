"""Reads a posted multipart form part by part from the request's stream: nothing is held whole in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from server.errors import FieldError, InvalidForm

MAX_PARTS = 40
MAX_FIELD_BYTES = 64 * 1024
_END = b""


class BodyCut(InvalidForm):
    """The body ended before the form did: the connection broke, or its length was a lie."""

    def __init__(self) -> None:
        """Carries one field error, for the file."""
        super().__init__([FieldError("file", "cut")])


@dataclass
class Part:
    """One field of the form; `file_name` is None for plain text. Its bytes are read from the reader, once."""

    name: str
    file_name: str | None
    _reader: MultipartReader = field(repr=False)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes of this part as they arrive; raises BodyCut."""
        async for chunk in self._reader._data():
            yield chunk

    async def text(self) -> str:
        """The whole of a small text field; raises InvalidForm over 64 KiB or when it is no UTF-8."""
        body = bytearray()
        async for chunk in self.chunks():
            body += chunk
            if len(body) > MAX_FIELD_BYTES:
                raise InvalidForm([FieldError(self.name, "too_long")])
        try:
            return body.decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise InvalidForm([FieldError(self.name, "unreadable")]) from error


class MultipartReader:
    """Iterate over `parts()`; what of a part was not read is skipped when the next one is asked for."""

    def __init__(self, content_type: str, stream: AsyncIterator[bytes]) -> None:
        """Raises InvalidForm when the content type is not multipart/form-data with a boundary."""
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise InvalidForm([FieldError("file", "unreadable")])
        self._stream = stream
        self._events: deque[Part | bytes] = deque()
        self._complete = False
        self._headers: dict[str, str] = {}
        self._name = bytearray()
        self._value = bytearray()
        self._in_part = False
        self._parts = 0
        try:
            self._parser = self._new_parser(boundary)
        except FormParserError as error:
            raise InvalidForm([FieldError("file", "unreadable")]) from error

    def _new_parser(self, boundary: bytes) -> MultipartParser:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._headers.clear,
                "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._header_end,
                "on_headers_finished": self._part_begins,
                "on_part_data": lambda data, start, end: self._events.append(data[start:end]),
                "on_part_end": lambda: self._events.append(_END),
                "on_end": self._finished,
            },
        )

    async def parts(self) -> AsyncIterator[Part]:
        """Each part in the order of the body; raises BodyCut, InvalidForm."""
        while True:
            if self._in_part:
                async for _ in self._data():
                    pass
            event = await self._next()
            if event is None:
                return
            if isinstance(event, Part):
                self._in_part = True
                yield event

    async def _data(self) -> AsyncIterator[bytes]:
        while self._in_part:
            event = await self._next()
            if event is None or isinstance(event, Part):
                raise BodyCut
            if event == _END:
                self._in_part = False
                return
            yield event

    async def _next(self) -> Part | bytes | None:
        while not self._events:
            if self._complete:
                return None
            try:
                chunk = await anext(self._stream)
            except StopAsyncIteration:
                raise BodyCut from None
            if chunk:
                try:
                    self._parser.write(chunk)
                except FormParserError as error:
                    raise InvalidForm([FieldError("file", "unreadable")]) from error
        return self._events.popleft()

    def _header_end(self) -> None:
        if 0 in self._value:
            raise InvalidForm([FieldError("file", "unreadable")])
        self._headers[self._name.decode("latin-1").lower()] = self._value.decode("utf-8", "replace")
        self._name.clear()
        self._value.clear()

    def _part_begins(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise InvalidForm([FieldError("file", "too_many")])
        _, options = parse_options_header(self._headers.get("content-disposition", "").encode())
        name = options.get(b"name", b"").decode("utf-8", "replace")
        file_name = options.get(b"filename")
        self._events.append(Part(name, None if file_name is None else file_name.decode("utf-8", "replace"), self))

    def _finished(self) -> None:
        self._complete = True
