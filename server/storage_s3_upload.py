"""One multipart upload of S3 over presigned requests, the part of the SDK that is public for it; blocking calls."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import cast
from xml.sax.saxutils import escape, unescape

from minio.error import MinioException
from urllib3 import BaseHTTPResponse

from storage_config.client import S3Client

EXPIRES = timedelta(hours=1)
UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")
GONE = 404


class UploadRefused(MinioException):
    """The store answered a step of the upload with an error, or with something that cannot be read."""


class MultipartUpload:
    """Begun when it is made; then `send` for each part in order, and `complete` or `abort`."""

    def __init__(self, client: S3Client, key: str) -> None:
        self._client = client
        self._key = key
        self._tags: list[str] = []
        answer = self._request("POST", {"uploads": ""})
        found = UPLOAD_ID.search(answer.data)
        if found is None:
            raise UploadRefused("no upload id in the answer")
        self._id = unescape(found[1].decode(), {"&quot;": '"', "&#34;": '"', "&#39;": "'"})

    def send(self, body: bytes | bytearray) -> None:
        """Send the next part: 5 MiB at least, unless it is the last."""
        number = len(self._tags) + 1
        answer = self._request("PUT", {"partNumber": str(number), "uploadId": self._id}, body)
        tag = answer.headers.get("etag")
        if not tag:
            raise UploadRefused("no ETag for a part")
        self._tags.append(tag.strip('"'))

    def complete(self, size: int) -> None:
        """Join the parts into the object of `size` bytes; a lost answer is settled by asking for the object."""
        parts = "".join(
            f'<Part><PartNumber>{number}</PartNumber><ETag>"{escape(tag)}"</ETag></Part>'
            for number, tag in enumerate(self._tags, 1)
        )
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        try:
            # S3 answers 200 before it has joined the parts, and may still put an error into the body.
            if b"<Error>" in self._request("POST", {"uploadId": self._id}, body).data:
                raise UploadRefused("the parts could not be joined")
        except Exception:
            if not self._is_there(size):
                raise

    def abort(self) -> None:
        """Drop the parts; an upload that is gone is fine."""
        self._request("DELETE", {"uploadId": self._id}, accept=GONE)

    def _is_there(self, size: int) -> bool:
        try:
            found = self._client.minio.stat_object(bucket_name=self._client.bucket, object_name=self._key)
        except MinioException:
            return False
        return bool(found.size == size)

    def _request(
        self, method: str, query: dict[str, str], body: bytes | bytearray | None = None, accept: int | None = None
    ) -> BaseHTTPResponse:
        return _request(self._client, method, self._key, query, body, accept)


def put_whole(client: S3Client, key: str, body: bytes | bytearray) -> None:
    """Store a small object by one request; unlike the SDK's own it hashes and copies nothing."""
    _request(client, "PUT", key, {}, body)


def _request(
    client: S3Client,
    method: str,
    key: str,
    query: dict[str, str],
    body: bytes | bytearray | None = None,
    accept: int | None = None,
) -> BaseHTTPResponse:
    url = client.minio.get_presigned_url(
        method, bucket_name=client.bucket, object_name=key, expires=EXPIRES, extra_query_params={**query}
    )
    # urllib3 sends any buffer as it is, whatever its types say.
    answer = client.http.request(method, url, body=cast("bytes | None", body), redirect=False)
    if answer.status >= 300 and answer.status != accept:
        raise UploadRefused(f"{method} answered {answer.status}")
    return answer
