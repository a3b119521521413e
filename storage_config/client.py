"""Makes the one S3 client of a process, with timeouts and retries of our own."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import urllib3
from minio import Minio

from storage_config.settings import S3Settings

CONNECTIONS = 16
"""Connections kept open to the store, and so the useful number of threads."""


@dataclass(frozen=True)
class S3Client:
    """The SDK's client, the connection pool below it (for presigned requests), and the bucket they serve.

    `public` signs links at the address that browsers reach the store by; None where they are not given any.
    """

    minio: Minio
    http: urllib3.PoolManager
    bucket: str
    public: Minio | None = None


def make_client(settings: S3Settings) -> S3Client:
    """Make a client; no request is sent. The region is always passed, or presigning would ask the network for it."""
    http = urllib3.PoolManager(
        maxsize=CONNECTIONS,
        block=False,
        timeout=urllib3.Timeout(connect=5, read=60),
        retries=urllib3.Retry(total=3, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504), raise_on_status=True),
    )

    def client(endpoint: str, secure: bool) -> Minio:
        return Minio(
            endpoint=endpoint,
            access_key=settings.access_key,
            secret_key=settings.secret_key,
            region=settings.region,
            secure=secure,
            http_client=http,
        )

    shown = urlsplit(settings.public_url)
    public = client(shown.netloc, shown.scheme == "https") if settings.public_url else None
    return S3Client(client(settings.endpoint, settings.secure), http, settings.bucket, public)
